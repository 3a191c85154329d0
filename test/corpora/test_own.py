"""Users' own recordings by a table: which data dir each goes to, and that every fault names its line in time."""

import logging
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiolab.bin import prepare_own
from audiolab.corpora.own import NAMES, prepare
from audiolab.corpora.own_table import COLUMNS, USES
from audiolab.corpora.splits import set_of
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir.combine import combine_data_dirs
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

PARTS = ("train", "valid", "test")
HEADER = "use\tpath\tspeaker\tlanguage\tpart\tclean"


ROOT = Path(__file__).parents[2]


def write(path, seconds=0.3, rate=16000, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng([*path.name.encode()])
    soundfile.write(path, generator.uniform(-0.5, 0.5, (round(seconds * rate), channels)), rate)


@pytest.fixture
def rows(tmp_path):
    """Write recordings of many rates and formats below ``in/`` and return the table's rows, all with their part."""
    listed = []
    for number, part in enumerate(PARTS):
        for use, name, rate, channels in (
            ("speech_source", f"s/anna{part}/1.wav", 16000, 1),
            ("noise_source", f"n/hall {part}.flac", 48000, 2),
            ("speech_target", f"de/t{part}/1.ogg", 44100, 1),
            ("speech_target", f"zh/u{part}/1.wav", 8000, 1),
            ("noise_target", f"m/street-{part}.wav", 22050, 1),
            ("speech_english", f"en/e{part}/1.mp3", 24000, 1),
            ("pair", f"noisy/p{number}.wav", 48000, 1),
        ):
            speech, pair = use.startswith("speech"), use == "pair"
            write(tmp_path / "in" / name, 0.3 + 0.1 * number, rate, channels)
            clean = name.replace("noisy", "clean") if pair else ""
            if pair:
                write(tmp_path / "in" / clean, 0.3 + 0.1 * number, rate)
            folders = name.split("/")
            language = folders[0] if use in ("speech_target", "speech_english") else ""
            speaker = folders[1] if speech else ""
            listed.append([use, name, speaker, language, "" if pair else part, clean])
    return listed


def table_of(tmp_path, rows, header=HEADER):
    path = tmp_path / "in" / "recordings.tsv"
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def made(tmp_path, rows, header=HEADER):
    return prepare(table_of(tmp_path, rows, header), tmp_path / "data")


def test_each_recording_comes_to_its_set(tmp_path, rows):
    paths = made(tmp_path, rows)
    assert [path.name for path in paths] == list(NAMES)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(NAMES)
    for path in paths:
        assert not any(fault.fatal for fault in validate(path, feats=False, text=False))
    root = tmp_path / "in"
    for number, part in enumerate(PARTS):
        target = DataDir(tmp_path / f"data/speech_target_{part}")
        ids = [f"t{part}-de_t{part}_1", f"u{part}-zh_u{part}_1"]
        assert target.table("wav.scp") == dict(zip(ids, (f"{root}/de/t{part}/1.ogg", f"{root}/zh/u{part}/1.wav")))
        assert target.table("utt2lang") == dict(zip(ids, ("de", "zh")))
        assert target.table("utt2spk") == dict(zip(ids, (f"t{part}", f"u{part}")))
        assert [float(value) for value in target.table("utt2dur").values()] == pytest.approx([0.3 + 0.1 * number] * 2)
        noise = DataDir(tmp_path / f"data/noise_source_{part}")
        assert noise.table("wav.scp") == {f"n_hall_{part}": f"{root}/n/hall {part}.flac"}
        assert noise.table("utt2spk") == {f"n_hall_{part}": f"n_hall_{part}"}
        assert DataDir(tmp_path / f"data/speech_english_{part}").speakers == [f"e{part}"]
        assert not DataDir(tmp_path / f"data/speech_source_{part}").has("utt2lang")


def test_pairs_and_mixtures_can_be_made_of_them(tmp_path, rows):
    """What the recipe's next stages do with the dirs: pairs give speech and noise, mixtures come at 16 kHz."""
    made(tmp_path, rows)
    data = tmp_path / "data"
    pairs = MixtureDir(data / "pairs")
    assert (pairs.ids, pairs.rate, len(pairs)) == ([f"noisy_p{n}" for n in range(3)], 48000, 3)
    speech, noise = pairs.parts(1)
    for signal, name in ((speech, "clean/p1.wav"), (speech + noise, "noisy/p1.wav")):
        assert np.abs(signal - soundfile.read(tmp_path / "in" / name)[0]).max() < 1e-6
    combine_data_dirs(data / "speech_oracle_train", [data / "speech_target_train", data / "speech_english_train"])
    settings = MixtureSettings(
        str(data / "speech_oracle_train"), str(data / "noise_target_train"), 6, seconds=[0.2, 0.2], balance=True
    )
    make_mixtures(settings, data / "mixed")
    assert sorted(DataDir(data / "mixed").table("utt2lang").values()) == ["de", "de", "en", "en", "zh", "zh"]
    assert {len(MixtureDir(data / "mixed").parts(n)[0]) for n in range(6)} == {3200}


def test_where_no_part_is_given_a_speaker_decides(tmp_path, rows):
    """By its hash; where one of its lines names a part, all of it has that one, and with a recorded pair it is test."""
    held_out = next(name for name in (f"x{n}" for n in range(99)) if set_of(name) == "valid")
    for name in ("a1", "a2", "b1", "b2", "c1"):
        write(tmp_path / "in" / f"{name}.wav")
    write(tmp_path / "in/clean.wav", rate=48000)
    write(tmp_path / "in/noisy.wav", rate=48000)
    rows += [
        ["speech_source", "a1.wav", held_out, "", "", ""],
        ["speech_target", "a2.wav", held_out, "fr", "", ""],
        ["speech_source", "b1.wav", "etrain", "", "", ""],  # who is listed with a part elsewhere
        ["noise_source", "c1.wav", held_out, "", "test", ""],  # a noise of a speaker's name is another thing
        ["pair", "noisy.wav", "bob", "", "", "clean.wav"],
        ["speech_target", "b2.wav", "bob", "de", "", ""],
    ]
    made(tmp_path, rows)
    sets = {name: set(DataDir(tmp_path / "data" / name).utterances) for name in NAMES}
    assert {f"{held_out}-a1"} <= sets["speech_source_valid"]
    assert {f"{held_out}-a2"} <= sets["speech_target_valid"]
    assert {"etrain-b1"} <= sets["speech_source_train"]
    assert {f"{held_out}-c1"} <= sets["noise_source_test"]
    assert {"bob-b2"} <= sets["speech_target_test"]
    assert {"bob-noisy"} <= sets["pairs"]


@pytest.mark.parametrize(
    ("row", "other"),
    [
        (["noise_target", "n/hall train.flac", "hall", "", "test", ""], "noise_source"),
        (["pair", "noisy/p0.wav", "", "", "", "s/annatrain/../annatrain/1.wav"], "speech_source"),
    ],
)
def test_a_recording_under_two_names_is_not_in_two_parts(tmp_path, rows, row, other):
    """What is trained on must not come again in a test, whatever it is called there."""
    with pytest.raises(AudiolabError, match=rf"recordings\.tsv:\d+: .* is for test here, for train in .* \({other}\)"):
        made(tmp_path, [listed for listed in rows if listed[1] != row[1] or listed[0] != row[0]] + [row])
    assert not (tmp_path / "data").exists()


def test_what_may_be_absent_and_an_earlier_table(tmp_path, rows, caplog):
    """English, pairs and the source's test sets; the dirs of the table before lose what it named."""
    caplog.set_level(logging.INFO)
    made(tmp_path, rows)
    (tmp_path / "data/pairs/notes").write_text("mine\n")
    fewer = [row for row in rows if row[0] not in ("speech_english", "pair")]
    fewer = [row for row in fewer if (row[0][-6:], row[4]) != ("source", "test")]
    paths = made(tmp_path, fewer)
    absent = {f"speech_english_{part}" for part in PARTS} | {"speech_source_test", "noise_source_test", "pairs"}
    assert {path.name for path in paths} == set(NAMES) - absent
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(set(NAMES) - absent | {"pairs"})
    assert [path.name for path in (tmp_path / "data/pairs").iterdir()] == ["notes"]
    assert "speech_english_train: emptied" in caplog.text


def test_columns_in_any_order_as_spreadsheets_write_them(tmp_path, rows):
    """Without empty columns, with Windows' line ends, a byte order mark, blank lines, and no tabs at a line's end."""
    rows = [row for row in rows if row[0] != "pair"]
    lines = ["\t".join([row[4], row[1], row[0], row[2], row[3]]).rstrip() for row in rows]
    text = "\r\n".join(["part\tpath\tuse\tspeaker\tlanguage", *lines, "", "\t\t\t"])
    table = tmp_path / "in" / "recordings.tsv"
    table.write_bytes(b"\xef\xbb\xbf" + text.encode())
    other, plain = prepare(table, tmp_path / "other"), made(tmp_path, rows)
    assert [path.name for path in other] == [path.name for path in plain]
    for one, two in zip(other, plain):
        assert DataDir(one).tables == DataDir(two).tables


def test_languages_that_a_part_lacks_are_told(tmp_path, rows, caplog):
    caplog.set_level(logging.WARNING)
    made(tmp_path, [row for row in rows if row[1] != "zh/uvalid/1.wav"])
    assert "nothing of use 'speech_target' for valid in zh" in caplog.text


def test_the_command(tmp_path, rows, monkeypatch):
    """Its paths are relative to the table's folder, wherever it is called."""
    table_of(tmp_path, rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["prepare_own", "--table", "in/recordings.tsv", "--dest", "data"])
    prepare_own.main()
    entry = DataDir("data/speech_source_train").table("wav.scp")["annatrain-s_annatrain_1"]
    assert entry == "in/s/annatrain/1.wav"
    assert not any(fault.fatal for fault in validate("data/speech_source_train", feats=False, text=False))


def fails_in_the_last_line(tmp_path, rows, row, message):
    """A table that ends with a wrong row is refused in one line, which names that line, and nothing is written."""
    with pytest.raises(AudiolabError, match=message) as caught:
        made(tmp_path, [*rows, list(row.values())])
    assert f"recordings.tsv:{len(rows) + 2}: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("use", "values", "message"),
    [
        ("speech_source", {"use": "speech_sorce"}, "unknown use 'speech_sorce'; did you mean 'speech_source'"),
        ("speech_source", {"use": ""}, "unknown use ''"),
        ("speech_source", {"path": ""}, "'path' is empty"),
        ("speech_source", {"speaker": ""}, "'speaker' is empty; a line of use 'speech_source' needs it"),
        ("speech_target", {"language": ""}, "'language' is empty; a line of use 'speech_target' needs it"),
        ("speech_target", {"language": "German"}, "'German' is no code of a language"),
        ("noise_target", {"language": "de"}, "'language' is 'de', but is for other uses than 'noise_target'"),
        ("noise_target", {"part": "dev"}, "unknown part 'dev'; it is train, valid, test or empty"),
        ("speech_target", {"clean": "x.wav"}, "'clean' is 'x.wav', but is for other uses"),
        ("speech_source", {"path": "gone.wav"}, "in/gone.wav: cannot open"),
        ("noise_source", {"path": "cut.wav"}, "in/cut.wav: truncated: 20 bytes fewer"),
        ("noise_target", {"path": "recordings.tsv"}, "in/recordings.tsv: no audio that can be read"),
        ("noise_target", {"path": "."}, "in: cannot open"),
        ("speech_source", {"path": "./s/annatrain/1.wav"}, "the same id, 'annatrain-s_annatrain_1', as .*:2: "),
        ("speech_english", {"path": "de/ttrain/1.ogg", "speaker": "ttrain"}, "same id, 'ttrain-de_ttrain_1', as .*:4:"),
        ("speech_english", {"speaker": "tvalid"}, r"'tvalid' is for train here, for valid in .*:11 \(speech_target\)"),
        ("noise_source", {"speaker": "m_street_test"}, r"noise 'm_street_test' is for train here, for test in .*:20 "),
        (
            "noise_source",
            {"speaker": "m street-test"},
            "have the id 'm_street_test', which 'm_street_test' of .*:20",
        ),
        ("pair", {"clean": ""}, "'clean' is empty; a line of use 'pair' needs it"),
        ("pair", {"part": "test"}, "'part' is 'test', but is for other uses"),
        (
            "pair",
            {"clean": "clean/p1.wav"},
            r"in/clean/p1.wav: 19200 samples at 48000 Hz, .*new.wav has 14400 at 48000",
        ),
        ("pair", {"clean": "gone.wav"}, r"in/gone.wav: cannot open"),
        ("pair", {"speaker": "annatrain"}, r"'annatrain' is for test here, for train in .*:2 \(speech_source\)"),
        ("pair", {"path": "en/etest/1.mp3"}, r"etest/1.mp3: has 24000 Hz, the first pair 48000 Hz; all pairs need one"),
        ("pair", {"path": "/x" * 121 + ".wav"}, "too long for a file's name"),
    ],
)
def test_a_wrong_line(tmp_path, rows, use, values, message):
    write(tmp_path / "in/new.wav", rate=48000)
    write(tmp_path / "in/cut.wav")
    (tmp_path / "in/cut.wav").write_bytes((tmp_path / "in/cut.wav").read_bytes()[:-20])
    good = next(row for row in rows if row[0] == use)
    row = dict(zip(HEADER.split("\t"), good)) | {"path": "new.wav"} | values
    fails_in_the_last_line(tmp_path, rows, row, message)


def test_speakers_stay_apart(tmp_path, rows):
    """Names that differ in a mark are two speakers; two that would be one by their ids are refused."""
    good = next(row for row in rows if row[0] == "speech_source")
    write(tmp_path / "in/new.wav", rate=48000)
    row = dict(zip(HEADER.split("\t"), good)) | {"path": "new.wav"}
    good[2] = "anna train"
    told = r"tsv:23: 'anna-train' would have the id 'anna_train', which 'anna train' of .*tsv:2 has; rename one of them"
    fails_in_the_last_line(tmp_path, rows, row | {"speaker": "anna-train"}, told)
    good[2] = "राम"
    made(tmp_path, [*rows, list((row | {"speaker": "रोम"}).values())])
    assert {"राम", "रोम"} <= set(DataDir(tmp_path / "data/speech_source_train").speakers)


def test_a_table_or_recording_in_a_data_dir_that_is_written_is_refused(tmp_path, rows):
    made(tmp_path, rows)
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    new = tmp_path / "data/noise_target_test/new.wav"
    write(new, rate=48000)
    with pytest.raises(AudiolabError, match=r"noise_target_test: holds .*new.wav, which is read"):
        made(tmp_path, [*rows, ["noise_target", str(new), "", "", "test", ""]])
    new.unlink()
    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()} == before


def test_all_wrong_lines_are_told_at_once(tmp_path, rows):
    rows[1][0], rows[4][3], rows[6][5] = "nose_source", "german", ""
    with pytest.raises(AudiolabError, match=r"tsv:3: unknown use 'nose_source'.* \(wrong too: 6, 8\)$"):
        made(tmp_path, rows)
    for row in rows:
        row[0] = "x"
    with pytest.raises(AudiolabError, match=r"tsv:2: .* \(wrong too: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 10 more\)$"):
        made(tmp_path, rows)
    assert not (tmp_path / "data").exists()


def test_pairs_below_the_rate_of_scores(tmp_path, rows):
    row = ["pair", "zh/utest/1.wav", "", "", "", "zh/utest/1.wav"]
    others = [row for row in rows if row[0] != "pair"]
    fails_in_the_last_line(tmp_path, others, dict(enumerate(row)), "has 8000 Hz, .* need one rate of 16000 Hz or more")


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        (
            ("noise_source", "train", "valid", "test"),
            "no line of use 'noise_source'; needed are speech_source, noise_s",
        ),
        (
            ("noise_source", "valid"),
            r"'noise_source' for valid, .* train: n_hall_train; test: n_hall_test; .*fill 'part'",
        ),
        (
            ("speech_target", "test"),
            "nothing of use 'speech_target' for test, there is only train: ttrain utrain; valid",
        ),
        (("speech_english", "valid", "test"), "nothing of use 'speech_english' for valid and test"),
        (
            ("speech_target", "test", "speech_source", "valid"),
            "'speech_source' for valid, there .*; nothing of use 'speech_target' for test, there is",
        ),
        (
            ("noise_source", "train", "valid", "test", "noise_target", "train", "valid", "test"),
            "no line of use 'noise_source', 'noise_target'; needed are speech_source, noise_s",
        ),
    ],
)
def test_a_set_that_would_be_empty(tmp_path, rows, dropped, message):
    out, use = set(), ""
    for word in dropped:
        use = word if "_" in word else use
        out.add((use, word))
    with pytest.raises(AudiolabError, match=message):
        made(tmp_path, [row for row in rows if (row[0], row[4]) not in out])
    assert not (tmp_path / "data").exists()


def test_few_speakers_without_parts(tmp_path, rows):
    """The hash sends them where it does; that leaves sets empty is told with what to do."""
    rows = [row if row[0] != "speech_target" else [*row[:4], "", ""] for row in rows]
    alone = [row for row in rows if row[0] != "speech_target" or row[1].startswith("de/ttrain")]
    with pytest.raises(AudiolabError, match=f"there is only {set_of('ttrain')}: ttrain; .*fill 'part'"):
        made(tmp_path, alone)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "recordings.tsv: empty; its header is use, path, speaker"),
        (b"use\tpath\n", "no recording is listed"),
        (b"use,path\n", "recordings.tsv:1: unknown column 'use,path'"),
        (b"use\tpath\tlangage\n", r"recordings.tsv:1: unknown column 'langage'; did you mean 'language'\?"),
        (b"use\tpath\tuse\n", "recordings.tsv:1: column 'use' is there twice"),
        (b"use\tspeaker\n", "recordings.tsv:1: no column 'path'"),
        (b"use\tpath\nnoise_source\ta\tb\n", "recordings.tsv:2: 3 fields, but the header has 2 columns"),
        ("use\tpath\nnoise_source\té\n".encode("latin1"), r"recordings.tsv:2: not UTF-8"),
    ],
)
def test_tables_that_are_none(tmp_path, content, message):
    table = tmp_path / "recordings.tsv"
    table.write_bytes(content)
    with pytest.raises(AudiolabError, match=message) as caught:
        prepare(table, tmp_path / "data")
    assert "\n" not in str(caught.value)
    with pytest.raises(AudiolabError, match=r"gone\.tsv: cannot read this table: No such file"):
        prepare(tmp_path / "gone.tsv", tmp_path / "data")


def test_the_documentation_has_all_columns_and_uses():
    section = (ROOT / "docs/data-formats.md").read_text().split("## Tables of recordings")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == COLUMNS
    uses = next(line for line in section.splitlines() if line.startswith("| `use` |"))
    assert set(USES) <= set(re.findall(r"`(\w+)`", uses))


def test_the_example_of_the_readme(tmp_path):
    """Every line of it passes the checks; that it is too few is told."""
    section = (ROOT / "egs/dns/se1/README.md").read_text().split("## Recordings of your own")[1]
    block = next(block for block in section.split("\n\n") if block.startswith("    use "))
    header, *lines = block.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", header)]
    rows = [[line[a:b].strip() for a, b in zip(starts, [*starts[1:], None])] for line in lines]
    assert {row[0] for row in rows} == set(USES)
    for path in (path for row in rows for path in (row[1], row[5]) if path):
        write(tmp_path / "in" / path)
    with pytest.raises(AudiolabError, match="nothing of use 'speech_source' for valid, there is only train: anna"):
        made(tmp_path, rows, "\t".join(header.split()))
