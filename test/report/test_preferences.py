"""A preference test: what listeners get tells nothing, the key tells all, and votes are counted and tested."""

import csv
import math

import numpy as np
import pytest
import soundfile
from commands import command

from audiolab.bin import preference_test
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import UNTRAINED
from audiolab.report.preferences import (
    KEY_COLUMNS,
    MANIFEST_COLUMNS,
    Preference,
    collect,
    preference_table,
    sign_test,
    write_test,
)
from audiolab.tasks.runs import Run
from audiolab.tasks.tts.preference import draw, parse_comparisons

RATE = 16000
SYSTEMS = {"baseline": 0.05, "v2": 0.1, "v3": 0.3}
VOICES = {"P": "pl", "B": "pt-br"}
COUNT = 5


def tone(system, name, rate):
    """Return a sound that tells which system made it and which utterance it is."""
    pitch = 300 + 100 * list(SYSTEMS).index(system) + 13 * int(name[-1]) + 7 * (name[0] == "P")
    return SYSTEMS[system] * np.sin(2 * np.pi * pitch * np.arange(rate // 4) / rate)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with what three systems spoke, of which the last has a higher rate, and their list."""
    root = tmp_path_factory.mktemp("made")
    rows = []
    for system in SYSTEMS:
        rate = RATE * (1 + (system == "v3"))
        (root / system / "wav").mkdir(parents=True)
        names = [f"{speaker}_{n}" for speaker in VOICES for n in range(COUNT)]
        for name in names:
            soundfile.write(root / system / "wav" / f"{name}.wav", tone(system, name, rate), rate)
        tables = {
            "wav.scp": {name: str(root / system / "wav" / f"{name}.wav") for name in names},
            "utt2spk": {name: name[0] for name in names},
            "utt2lang": {name: VOICES[name[0]] for name in names},
            "text": {name: f"it says, {name}" for name in names},
        }
        write_data_dir(root / system, tables)
        rows += [f"{system}\t{seed}\t{VOICES[s]}\t{s}\t{root / system}" for seed in "01" for s in VOICES]
    lines = ["system\tseed\tlanguage\tspeaker\tdir", *rows, f"vocoded\t{UNTRAINED}\tpl\tP\t-"]
    (root / "scored.tsv").write_text("\n".join(lines) + "\n")
    return root


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def make(made, monkeypatch, tmp_path):
    """Return a function that makes a test, and gives (manifest, key)."""

    def run(*compare, out="test", **options):
        given = {"scored": made / "scored.tsv", "out": tmp_path / out, "key": tmp_path / f"{out}_key.csv"} | options
        command(monkeypatch, preference_test, "make", "--compare", *compare, **given)
        return read(given["out"] / "manifest.csv"), read(given["key"])

    return run


def test_what_listeners_get_tells_nothing_and_the_key_all(make, tmp_path, capsys):
    manifest, key = make("baseline:v2", "baseline:v3", "v2:v3", sentences=4)
    assert len(manifest) == len(key) == 3 * 2 * 4
    assert tuple(manifest[0]) == MANIFEST_COLUMNS
    assert tuple(key[0]) == KEY_COLUMNS
    text = (tmp_path / "test" / "manifest.csv").read_text()
    assert not any(system in text for system in SYSTEMS)
    assert [row["language"] for row in manifest] == ["pl"] * 12 + ["pt-br"] * 12
    files = {row[place] for row in manifest for place in ("first", "second")}
    assert files == {f"wav/{path.name}" for path in (tmp_path / "test" / "wav").iterdir()}
    assert len(files) == 48
    for row, told in zip(manifest, key):
        assert (row["test"], row["pair"], row["language"]) == (told["test"], told["pair"], told["language"])
        assert row["text"] == f"it says, {told['utterance']}"
        assert {told["first"], told["second"]} == {told["a"], told["b"]}
        for place in ("first", "second"):
            wave, rate = soundfile.read(tmp_path / "test" / row[place])
            assert rate == RATE
            loudest = np.argmax(np.abs(np.fft.rfft(wave))) * rate / len(wave)
            expected = tone(told[place], told["utterance"], RATE)
            assert loudest == pytest.approx(np.argmax(np.abs(np.fft.rfft(expected))) * 4, abs=8)
            assert 20 * np.log10(np.sqrt(np.mean(wave[800:-800] ** 2))) == pytest.approx(-26, abs=0.5)
    assert "24 pairs; votes are to be a CSV test,listener,pair,vote" in capsys.readouterr().out


def test_each_comparison_and_voice_is_balanced(make):
    _, key = make("baseline:v2", "baseline:v3", sentences=4)
    for b in ("v2", "v3"):
        for language in ("pl", "pt-br"):
            rows = [row for row in key if (row["b"], row["language"]) == (b, language)]
            assert len({row["utterance"] for row in rows}) == 4
            assert sorted(row["first"] for row in rows) == ["baseline", "baseline", b, b]
    of_pl = [row["b"] for row in key[:8]]
    assert of_pl != sorted(of_pl)


def test_of_an_odd_number_either_system_may_be_first_once_more(make):
    alone = [make("baseline:v2", out=f"t{seed}", sentences=1, languages="pl", seed=seed)[1] for seed in range(12)]
    assert {row["first"] for (row,) in alone} == {"baseline", "v2"}
    of_three = [row["first"] for row in make("baseline:v2", sentences=3, languages="pl")[1]]
    assert {of_three.count("baseline"), of_three.count("v2")} == {1, 2}


def test_the_seed_says_all(make, tmp_path):
    one, again, other = (make("baseline:v2", out=f"t{n}", seed=seed) for n, seed in enumerate((3, 3, 4)))
    assert one == again != other
    wavs = [sorted((tmp_path / f"t{n}" / "wav").iterdir()) for n in range(2)]
    assert [path.read_bytes() for path in wavs[0]] == [path.read_bytes() for path in wavs[1]]
    assert len(one[0]) == 2 * COUNT  # fewer than are asked for


def test_files_of_an_earlier_test_go(make, tmp_path):
    make("baseline:v2", sentences=4)
    (tmp_path / "test" / "wav" / "mine.wav").write_text("stays")
    manifest, _ = make("v2:v3", sentences=1, seed=1)
    files = {row[place] for row in manifest for place in ("first", "second")}
    assert {f"wav/{path.name}" for path in (tmp_path / "test" / "wav").iterdir()} == files | {"wav/mine.wav"}


def test_languages_are_chosen(make):
    manifest, _ = make("v2:v3", languages="pl")
    assert {row["language"] for row in manifest} == {"pl"}


def test_what_cannot_be_compared_is_refused(make, made, tmp_path):
    for compare, message in (
        ("baseline", "--compare: 'baseline' is not A:B, two systems"),
        ("v2:v2", "--compare: 'v2:v2' is not A:B"),
        ("v2:v4", "--compare v2:v4: no system 'v4' is listed; known are: baseline, v2, v3"),
        ("v2:vocoded", "no system 'vocoded' is listed"),
    ):
        with pytest.raises(AudiolabError, match=message):
            make(compare)
    with pytest.raises(AudiolabError, match="there is no voice that both of them have"):
        make("v2:v3", languages="de")
    with pytest.raises(AudiolabError, match=r"the key must not lie in .*test, which listeners see"):
        make("v2:v3", key=tmp_path / "test" / "sub" / "key.csv")
    lonely = write_data_dir(tmp_path / "x", {"utt2spk": {"P_9": "P"}, "utt2lang": {"P_9": "pl"}})
    runs = [Run("v2", "0", ("pl", "P"), str(made / "v2")), Run("x", "0", ("pl", "P"), str(lonely.path))]
    with pytest.raises(AudiolabError, match="have no utterance of pl P in common"):
        draw(runs, [("v2", "x")], 4, np.random.default_rng(0))


def vote(path, key, said):
    """Write votes: (listener, pair's place, system or neutral)."""
    lines = ["test,listener,pair,vote"]
    for listener, place, system in said:
        row = key[place]
        word = next((word for word in ("first", "second") if row[word] == system), "neutral")
        lines.append(f"{row['test']},{listener},{row['pair']},{word}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_votes_are_counted_and_tested(make, tmp_path, monkeypatch, capsys):
    _, key = make("baseline:v3", sentences=5)
    said = [(f"l{n}", place, "v3") for n in range(3) for place in range(5)]
    said += [("l9", place, system) for place, system in enumerate(["baseline", "v3", "neutral", "v3", "v3"])]
    said += [("l0", 5, "baseline"), ("l1", 5, "v3"), ("l2", 6, "neutral")]
    both = [vote(tmp_path / "a.csv", key, said[:7]), vote(tmp_path / "b.csv", key, said[7:])]
    polish, portuguese = collect(both, tmp_path / "test_key.csv")
    assert (polish.language, polish.a, polish.b) == ("pl", "baseline", "v3")
    assert (polish.preferred, polish.neutral, polish.listeners) == ((1, 18), 1, 4)
    expected = 2 * sum(math.comb(19, k) for k in (0, 1)) / 2**19
    assert polish.p == pytest.approx(expected)
    assert polish.better == "v3"
    assert (portuguese.preferred, portuguese.neutral, portuguese.p, portuguese.better) == ((1, 1), 1, 1.0, "")
    row = preference_table([polish]).rows[0]
    assert [row[name] for name in ("for a", "for b", "no")] == [5.0, 90.0, 5.0]
    key = tmp_path / "test_key.csv"
    command(monkeypatch, preference_test, "collect", *map(str, both), key=key, out=tmp_path / "t.md")
    line = "| pl | baseline | v3 | 5.0 | 90.0 | 5.0 | 20 | 4 | 0.0001 | v3 |"
    assert line in capsys.readouterr().out
    assert line in (tmp_path / "t.md").read_text()


def test_who_is_preferred():
    def of(*preferred):
        return Preference("pl", "x", "y", preferred, 3, 2, sign_test(*preferred)).better

    assert [of(9, 0), of(0, 9), of(6, 1), of(0, 0)] == ["x", "y", "", ""]


def test_the_sign_test():
    assert sign_test(0, 0) == 1
    assert sign_test(5, 5) == 1
    assert sign_test(0, 8) == pytest.approx(2 / 256)
    assert sign_test(8, 0) == pytest.approx(2 / 256)
    assert sign_test(1, 6) == pytest.approx(2 * 8 / 128)


def test_votes_that_are_none_are_refused(make, tmp_path):
    _, key = make("baseline:v3", sentences=2)
    where, test = tmp_path / "test_key.csv", key[0]["test"]
    for text, message in (
        (f"{test},l,0001,maybe", r"v.csv:2: the vote is 'maybe', none of first, second, neutral"),
        (f"{test},l,0099,first", r"v.csv:2: test '.*' pair '0099' is not in .*key.csv"),
        ("other,l,0001,first", r"v.csv:2: test 'other' pair '0001' is not in"),
        (f"{test},l,0001,first\n{test},l,0001,first", r"v.csv:3: 'l' voted on pair 0001 in .*v.csv:2 too; drop one"),
        ("", "there is no vote in these files"),
    ):
        (tmp_path / "v.csv").write_text(f"test,listener,pair,vote\n{text}" + "\n" * bool(text))
        with pytest.raises(AudiolabError, match=message):
            collect([tmp_path / "v.csv"], where)


def test_the_commands_are_named(monkeypatch, capsys):
    for words in ([], ["--help"]):
        with pytest.raises(SystemExit) as ended:
            command(monkeypatch, preference_test, *words)
        assert not ended.value.code
        assert "preference_test make|collect" in capsys.readouterr().out
    with pytest.raises(AudiolabError, match="no command 'mak'; did you mean 'make'"):
        command(monkeypatch, preference_test, "mak")


def test_a_comparison_is_two_names():
    assert parse_comparisons(["a:b", "b:c:d"]) == [("a", "b"), ("b", "c:d")]


def test_silence_stays_silence(made, tmp_path):
    """A recording of silence has no level, and is written as it is."""
    pairs = draw([Run(s, "0", ("pl", "P"), str(made / s)) for s in ("v2", "v3")], [("v2", "v3")], 1,
                 np.random.default_rng(0))  # fmt: skip
    silent = DataDir(made / "v2").table("wav.scp")[pairs[0].clips[0].utterance]
    before = soundfile.read(silent)
    soundfile.write(silent, np.zeros(RATE // 4), RATE)
    write_test(pairs, tmp_path / "t", tmp_path / "k.csv", np.random.default_rng(0))
    soundfile.write(silent, before[0], before[1])
    levels = [np.abs(soundfile.read(path)[0]).max() for path in (tmp_path / "t" / "wav").iterdir()]
    assert min(levels) == 0 < max(levels)
