import base64
import csv
import io
import json
import re
import sys
from collections import Counter

import numpy as np
import pytest
import soundfile
from scipy import stats

from audiolab.bin import listening_test
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.report.listening import write_test
from audiolab.report.listening_design import lists, usable
from audiolab.report.opinions import collect, mos
from audiolab.tasks.vc.listening import draw

HEADER = "test,listener,list,position,sample,naturalness,similarity\n"


@pytest.fixture
def systems(experiment):
    """Return the systems of a test: one with two pairs, one with one."""
    demo = experiment / "exp" / "demo"
    dirs = [DataDir(demo / "softgan" / pair / "last" / "eval") for pair in ("A-X", "B-Y")]
    return {"OurSoftGAN": dirs, "BaseLine": dirs[:1]}


@pytest.fixture
def corpora(experiment):
    """Return the sources and the references."""
    return DataDir(experiment / "data" / "eval"), DataDir(experiment / "data" / "ref")


def test_the_draw_has_each_utterance_in_all_versions_and_pairs_in_turn(systems, corpora):
    pool = draw({"OurSoftGAN": systems["OurSoftGAN"]}, *corpora, 5, seed=5)
    assert sorted(Counter(row[0].target for row in pool).values()) == [2, 3]
    for row in pool:
        assert [sample.system for sample in row] == ["OurSoftGAN", "source", "target"]
        assert len({(s.source, s.target, sentence_of(s.clip.utterance)) for s in row}) == 1
        assert len({sample.excerpt.utterance for sample in row}) == 1
        assert row[0].excerpt.utterance.startswith(f"{row[0].target}_")
        assert sentence_of(row[0].excerpt.utterance) != sentence_of(row[0].clip.utterance)
    names = [sample.name for row in pool for sample in row]
    assert len(set(names)) == 15
    again = draw({"OurSoftGAN": systems["OurSoftGAN"]}, *corpora, 5, seed=5)
    assert [[(s.name, s.clip.utterance) for s in row] for row in again] == [
        [(s.name, s.clip.utterance) for s in row] for row in pool
    ]
    assert [s.name for row in draw({"OurSoftGAN": systems["OurSoftGAN"]}, *corpora, 5, seed=6) for s in row] != names


def test_only_what_all_systems_converted_is_heard_and_some_may_be_left_out(systems, corpora):
    assert {row[0].target for row in draw(systems, *corpora, 99, seed=0)} == {"X"}  # BaseLine has one pair
    left = draw(systems, *corpora, 99, seed=0, leave_out=["BaseLine", "source"])
    assert [sample.system for sample in left[0]] == ["OurSoftGAN", "target"]
    assert {row[0].target for row in left} == {"X", "Y"}


SIZES = [(16, 3, 15), (25, 8, 15), (7, 8, 8), (2, 3, 3), (1, 4, 4), (30, 5, 12), (9, 4, 30)]


@pytest.mark.parametrize(("given", "conditions", "samples"), SIZES)
def test_lists_are_a_latin_square(given, conditions, samples):
    """All cells equally often over the lists; each list all conditions, and no utterance twice if that can be."""
    utterances = usable(given, conditions)
    assert given - conditions < utterances <= given
    found = lists(utterances, conditions, samples)
    assert {len(cells) for cells in found} == {samples}
    (times,) = set(Counter(cell for cells in found for cell in cells).values())
    assert times * utterances * conditions == len(found) * samples
    assert len({cell for cells in found for cell in cells}) == utterances * conditions
    for cells in found:
        assert len(set(cells)) == samples
        counts = Counter(condition for _, condition in cells)
        assert len(counts) == conditions
        assert max(counts.values()) - min(counts.values()) <= 1
        assert max(Counter(utterance for utterance, _ in cells).values()) == -(-samples // utterances)


def test_listeners_in_order_are_balanced_before_all_lists_are_out():
    """Ten listeners of 15 samples: no cell is heard twice while another was not at all."""
    found = lists(25, 8, 15)[:10]
    heard = Counter(cell for cells in found for cell in cells)
    assert set(heard.values()) == {1}
    by_condition = Counter(condition for cells in found for _, condition in cells)
    assert max(by_condition.values()) - min(by_condition.values()) <= 1


@pytest.mark.parametrize("sizes", [(4, 2, 3), (5, 3, 16), (5, 3, 0)])
def test_what_is_no_square_is_refused(sizes):
    with pytest.raises(ValueError, match="no square"):
        lists(*sizes)


def shown(page):
    return json.loads(page.split('id="shown">')[1].split("</script>")[0])


def test_the_page_is_blind_and_sound(systems, corpora, check, tmp_path):
    pool = draw(systems, *corpora, 9, seed=1)
    test = write_test(pool, tmp_path / "test.html", tmp_path / "key.csv", 5, "Voices <1>", seconds=0.3)
    page = (tmp_path / "test.html").read_text()
    found = check(page)
    assert found.problems == []
    assert "Voices <1>" in found.text
    without_audio = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    for word in ("OurSoftGAN", "BaseLine", "A-X", "X-A", "X_", "A_", "last/eval", str(tmp_path)):
        assert word.lower() not in without_audio.lower()
    key = {row["sample"]: row for row in csv.DictReader((tmp_path / "key.csv").read_text().splitlines())}
    held = shown(page)
    assert test.size == len(page.encode())
    assert (test.utterances, test.systems, test.lists) == (3, 4, len(held["lists"]))  # 4 have a divisor with 4
    assert set(key) == set(held["trials"]) == {sample.name for row in pool[:3] for sample in row}
    assert list(held["trials"]) == sorted(held["trials"])
    for sample, row in key.items():
        numbers = [str(number) for number, of_list in enumerate(held["lists"], start=1) if sample in of_list]
        assert row["lists"].split() == numbers
    assert {row["test"] for row in key.values()} == {test.name}
    assert f'data-test="{test.name}"' in page
    clips = [soundfile.read(io.BytesIO(base64.b64decode(uri.split(",")[1]))) for uri in held["clips"]]
    assert len(clips) < 2 * len(key)  # what several samples share is there once
    assert {rate for _, rate in clips} == {16000}  # the lowest of 16 and 22.05 kHz
    levels = [20 * np.log10(np.sqrt(np.mean(wave[800:-800] ** 2))) for wave, _ in clips]
    assert np.ptp(levels) < 1.0
    write_test(pool, tmp_path / "again.html", tmp_path / "again.csv", 5, "Voices <1>", seconds=0.3)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "test.html").read_bytes()


def test_a_page_holds_as_many_utterances_as_it_may(systems, corpora, tmp_path):
    pool = draw({"OurSoftGAN": systems["OurSoftGAN"]}, *corpora, 8, seed=1)
    paths = tmp_path / "t.html", tmp_path / "k.csv"
    whole = write_test(pool, *paths, 5)
    limit = 0.6 * whole.size / 1e6
    small = write_test(pool, *paths, 5, max_mb=limit)
    assert 1 < small.utterances < whole.utterances == 8
    assert small.size < limit * 1e6 + 60_000  # the page's own
    with pytest.raises(AudiolabError, match=r"there are 0 utterances in 3 versions .*; give --samples"):
        write_test(pool, *paths, 5, max_mb=0.001)


def test_what_a_test_refuses(systems, corpora, tmp_path):
    pool, paths = draw(systems, *corpora, 4, seed=0), (tmp_path / "t.html", tmp_path / "k.csv")
    with pytest.raises(AudiolabError, match="names the system 'OurSoftGAN'"):
        write_test(pool, *paths, 4, "oursoftgan, a test")
    for samples in (3, 13):
        with pytest.raises(AudiolabError, match=f"{samples} samples for a listener: .* give --samples from 4 to 12"):
            write_test(pool, *paths, samples)
    with pytest.raises(AudiolabError, match="call the system something else"):
        draw({"target": systems["BaseLine"]}, *corpora, 3, seed=0)
    with pytest.raises(AudiolabError, match="no system 'BaseLien'; did you mean 'BaseLine'"):
        draw(systems, *corpora, 3, seed=0, leave_out=["BaseLien"])
    with pytest.raises(AudiolabError, match="no converting system is left"):
        draw(systems, *corpora, 3, seed=0, leave_out=list(systems))
    with pytest.raises(AudiolabError, match="no utterance was converted by all of one, two"):
        draw({"one": systems["OurSoftGAN"][:1], "two": systems["OurSoftGAN"][1:]}, *corpora, 3, seed=0)


@pytest.mark.parametrize("broken", ["t.html", "k.csv"])
def test_page_and_key_are_written_both_or_none(systems, corpora, tmp_path, broken):
    pool, paths = draw(systems, *corpora, 3, seed=0), [tmp_path / "t.html", tmp_path / "k.csv"]
    for path in paths:
        path.write_text("before")
    paths[["t.html", "k.csv"].index(broken)] = tmp_path / "t.html" / "below" if broken == "k.csv" else tmp_path
    with pytest.raises(AudiolabError):
        write_test(pool, *paths, 4)
    assert {(tmp_path / name).read_text() for name in ("t.html", "k.csv")} == {"before"}


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seconds", "0"), ("--seconds", "nan"), ("--seconds", "-1"), ("--seconds", "inf"), ("--samples", "0"),
     ("--utterances", "-3"), ("--max_mb", "nan"), ("--max_mb", "x")],
)  # fmt: skip
def test_numbers_that_make_no_test_are_refused(monkeypatch, option, value):
    given = ["--systems", "a=b", "--data", "d", "--reference", "r", "--out", "o.html", "--key", "k.csv"]
    monkeypatch.setattr(sys, "argv", ["listening_test", "make", *given, f"{option}={value}"])
    with pytest.raises(AudiolabError, match=f"argument {option}: '{value}' is no"):
        listening_test.main()


def test_ids_without_a_sentence_are_told(systems, corpora, tmp_path):
    sources, references = corpora
    (tmp_path / "ref").mkdir()
    for table in references.path.iterdir():
        (tmp_path / "ref" / table.name).write_text(table.read_text().replace("X_9", "X9").replace("X_2", "X2"))
    with pytest.raises(AudiolabError, match=r"its id does not end in _<sentence>"):
        draw(systems, sources, DataDir(tmp_path / "ref"), 3, seed=0)


def test_mos_is_student_t():
    ratings = np.array([4, 5, 3, 4, 2, 5, 4])
    found = mos(ratings)
    assert found.mean == pytest.approx(27 / 7)
    assert found.half_width == pytest.approx(2.446912 * 1.069045 / 7**0.5, rel=1e-6)  # t(.975, 6), s = sqrt(8 / 7)
    expected = stats.t.interval(0.95, 6, loc=ratings.mean(), scale=stats.sem(ratings))
    np.testing.assert_allclose((found.low, found.high), expected, rtol=1e-12)
    assert np.isnan(mos(np.array([3])).low)


def written_key(folder):
    rows = "".join(
        f"t1,s{n},{lists},{'alpha' if n < 3 else 'target'},A,X,X_{n},X_9\n"
        for n, lists in enumerate(("1 2", "1", "2", "1", "2"))
    )
    (folder / "key.csv").write_text("test,sample,lists,system,source,target,utterance,excerpt\n" + rows)
    return folder / "key.csv"


def test_collecting_gives_each_listener_the_same_weight(tmp_path, monkeypatch, capsys):
    """Of list 1 Anna rated all; Ben, of list 2, stopped early: his one rating of alpha counts as her two."""
    key = written_key(tmp_path)
    (tmp_path / "a.csv").write_text(f"{HEADER}t1,anna,1,1,s3,5,5\nt1,anna,1,2,s0,2,3\nt1,anna,1,3,s1,4,3\n")
    (tmp_path / "b.csv").write_text(f"\ufeff{HEADER}t1,ben,2,1,s2,1,5\r\nt1,ben,2,3,s4,4,5\r\n")
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    (alpha, target), notes = collect(files, key)
    assert notes == ["'ben' rated 2 of 3 samples."]
    assert (alpha.system, alpha.ratings, alpha.listeners) == ("alpha", 3, 2)
    assert (alpha.naturalness.mean, alpha.similarity.mean) == (2.0, 4.0)  # of 3 and 1, of 3 and 5
    assert alpha.naturalness.half_width == pytest.approx(12.706205 * np.sqrt(2) / np.sqrt(2), rel=1e-6)  # t(.975, 1)
    assert (target.naturalness.mean, target.similarity.mean, target.similarity.half_width) == (4.5, 5.0, 0.0)
    out = tmp_path / "mos.md"
    arguments = ["listening_test", "collect", *map(str, files), "--key", str(key), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    listening_test.main()
    assert "| alpha | 2.00 ± 12.71 | 4.00 ± 12.71 | 3 | 2 |" in capsys.readouterr().out
    assert "| target | 4.50 ± 6.35 | 5.00 ± 0.00 | 2 | 2 |" in out.read_text()
    assert out.read_text().endswith("\n\n'ben' rated 2 of 3 samples.\n")


def test_answers_that_were_sent_twice_count_once(tmp_path):
    """Saved early and again at the end, as browsers name such files."""
    key, early = written_key(tmp_path), f"{HEADER}t1,anna,1,1,s3,5,5\nt1,anna,1,2,s0,2,3\n"
    (tmp_path / "a.csv").write_text(early)
    (tmp_path / "a(1).csv").write_text(early + "t1,anna,1,3,s1,4,3\n")
    once, nothing = collect([tmp_path / "a(1).csv"], key)
    assert nothing == []
    twice, notes = collect([tmp_path / "a.csv", tmp_path / "a(1).csv"], key)
    assert str(twice) == str(once)  # NaN, for the interval of one listener, equals nothing
    (note,) = notes
    assert note == f"{tmp_path}/a(1).csv: answers of 'anna' that are in {tmp_path}/a.csv too count once."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}t1,anna,1,1,s0,6,5\n", r"a.csv:2: naturalness is '6'"),
        (f"{HEADER}t1,anna,1,1,s0,4,\n", r"a.csv:2: similarity is ''"),
        (f"{HEADER}t1,anna,1,1,s0,4,2.5\n", r"a.csv:2: similarity is '2.5'"),
        (f"{HEADER}t2,anna,1,1,s0,4,4\n", r"a.csv:2: test 't2' sample 's0' is not in"),
        (f"{HEADER}t1,anna,1,1,s0,4,4\nt1,anna,1,2,s0,4,3\n", r"a.csv:3: 'anna' rated 's0' in .*a.csv:2 otherwise"),
        (f"{HEADER}t1,anna,1,1,s0,4,4\nt1,anna,2,2,s2,4,3\n", r"a.csv:3: 'anna' has list 1 elsewhere, not 2"),
        (f"{HEADER}t1,anna,2,1,s1,4,4\n", r"a.csv:2: sample 's1' is not in list '2'"),
        (f"{HEADER}t1,anna,1,1,s0,4\n", r"a.csv:2: 6 columns in place of 7"),
        (HEADER, "no answer"),
        ("listener,sample\n", r"a.csv:1: the columns must be"),
        ("", r"a.csv:1: the columns must be"),
    ],
)
def test_wrong_answers_are_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(AudiolabError, match=message):
        collect([tmp_path / "a.csv"], written_key(tmp_path))


def test_unknown_commands_name_the_nearest(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["listening_test", "colect"])
    with pytest.raises(AudiolabError, match="did you mean 'collect'"):
        listening_test.main()
