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
from audiolab.errors import AudiolabError
from audiolab.metrics.conversions import sentence_of
from audiolab.report.listening import draw, write_test
from audiolab.report.opinions import collect, mos

HEADER = "test,listener,position,sample,naturalness,similarity\n"


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


def test_the_draw_is_balanced_seeded_and_fair(systems, corpora):
    samples = draw(systems, *corpora, 14, seed=5)
    assert sorted(Counter(sample.system for sample in samples).values()) == [3, 3, 4, 4]
    assert [(s.name, s.system, s.clip.utterance) for s in draw(systems, *corpora, 14, seed=5)] == [
        (s.name, s.system, s.clip.utterance) for s in samples
    ]
    assert [s.name for s in draw(systems, *corpora, 14, seed=6)] != [s.name for s in samples]
    assert len({s.name for s in samples}) == 14
    assert len({(s.system, str(s.clip.datadir.path), s.clip.utterance) for s in samples}) == 14
    for sample in samples:
        assert sample.excerpt.utterance.startswith(f"{sample.target}_")
        assert sentence_of(sample.excerpt.utterance) != sentence_of(sample.clip.utterance)


def test_the_page_is_blind_and_sound(systems, corpora, check, tmp_path):
    samples = draw(systems, *corpora, 14, seed=1)
    test = write_test(samples, tmp_path / "test.html", tmp_path / "key.csv", "Voices <1>", seconds=0.3)
    page = (tmp_path / "test.html").read_text()
    found = check(page)
    assert found.problems == []
    assert "Voices <1>" in found.text
    without_audio = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    for word in ("OurSoftGAN", "BaseLine", "A-X", "X-A", "X_", "A_", "last/eval", str(tmp_path)):
        assert word.lower() not in without_audio.lower()
    key = list(csv.DictReader((tmp_path / "key.csv").read_text().splitlines()))
    trials = json.loads(page.split('id="trials">')[1].split("</script>")[0])
    assert [row["sample"] for row in key] == [trial["id"] for trial in trials]
    assert {row["test"] for row in key} == {test}
    assert f'data-test="{test}"' in page
    clips = [soundfile.read(io.BytesIO(base64.b64decode(t[k].split(",")[1]))) for t in trials for k in t if k != "id"]
    assert {rate for _, rate in clips} == {16000}  # the lowest of 16 and 22.05 kHz
    levels = [20 * np.log10(np.sqrt(np.mean(wave[800:-800] ** 2))) for wave, _ in clips]
    assert np.ptp(levels) < 1.0
    write_test(samples, tmp_path / "again.html", tmp_path / "again.csv", "Voices <1>", seconds=0.3)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "test.html").read_bytes()


def test_what_a_test_refuses(systems, corpora, tmp_path):
    samples = draw(systems, *corpora, 4, seed=0)
    with pytest.raises(AudiolabError, match="names the system 'OurSoftGAN'"):
        write_test(samples, tmp_path / "t.html", tmp_path / "k.csv", "oursoftgan, a test")
    with pytest.raises(AudiolabError, match="too few"):
        draw(systems, *corpora, 3, seed=0)
    with pytest.raises(AudiolabError, match="'OurSoftGAN' has 8 utterances, 10 are needed"):
        draw(systems, *corpora, 40, seed=0)
    with pytest.raises(AudiolabError, match="call the system something else"):
        draw({"target": systems["BaseLine"]}, *corpora, 3, seed=0)


def test_ids_without_a_sentence_are_told(systems, corpora, tmp_path):
    sources, references = corpora
    (tmp_path / "ref").mkdir()
    for table in references.path.iterdir():
        (tmp_path / "ref" / table.name).write_text(table.read_text().replace("X_9", "X9").replace("X_2", "X2"))
    with pytest.raises(AudiolabError, match=r"its id does not end in _<sentence>"):
        draw(systems, sources, DataDir(tmp_path / "ref"), 14, seed=0)


def test_mos_is_student_t():
    ratings = np.array([4, 5, 3, 4, 2, 5, 4])
    found = mos(ratings)
    assert found.mean == pytest.approx(27 / 7)
    assert found.half_width == pytest.approx(2.446912 * 1.069045 / 7**0.5, rel=1e-6)  # t(.975, 6), s = sqrt(8 / 7)
    expected = stats.t.interval(0.95, 6, loc=ratings.mean(), scale=stats.sem(ratings))
    np.testing.assert_allclose((found.low, found.high), expected, rtol=1e-12)
    assert np.isnan(mos(np.array([3])).low)


def written_key(folder):
    rows = "".join(f"t1,s{n},{'alpha' if n < 2 else 'target'},A,X,X_{n},X_9\n" for n in range(3))
    (folder / "key.csv").write_text("test,sample,system,source,target,utterance,excerpt\n" + rows)
    return folder / "key.csv"


def test_collecting_gives_each_system_its_ratings(tmp_path, monkeypatch, capsys):
    key = written_key(tmp_path)
    (tmp_path / "a.csv").write_text(f"{HEADER}t1,anna,1,s2,5,5\nt1,anna,2,s0,2,3\nt1,anna,3,s1,3,3\n")
    (tmp_path / "b.csv").write_text(f"\ufeff{HEADER}t1,ben,1,s1,1,5\r\nt1,ben,2,s0,2,1\r\nt1,ben,3,s2,4,5\r\n")
    alpha, target = collect([tmp_path / "a.csv", tmp_path / "b.csv"], key)
    assert (alpha.system, alpha.ratings, alpha.listeners) == ("alpha", 4, 2)
    assert (alpha.naturalness.mean, alpha.similarity.mean) == (2.0, 3.0)
    assert alpha.naturalness.half_width == pytest.approx(3.182446 * np.sqrt(2 / 3) / 2, rel=1e-6)  # t(.975, 3)
    assert (target.naturalness.mean, target.similarity.mean, target.similarity.half_width) == (4.5, 5.0, 0.0)
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    out = tmp_path / "mos.md"
    monkeypatch.setattr(sys, "argv", ["listening_test", "collect", *files, "--key", str(key), "--out", str(out)])
    listening_test.main()
    assert "| alpha | 2.00 ± 1.30 | 3.00 ± 2.60 | 4 | 2 |" in capsys.readouterr().out
    assert "| target | 4.50 ± 6.35 | 5.00 ± 0.00 | 2 | 2 |" in out.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}t1,anna,1,s0,6,5\n", r"a.csv:2: naturalness is '6'"),
        (f"{HEADER}t1,anna,1,s0,4,\n", r"a.csv:2: similarity is ''"),
        (f"{HEADER}t1,anna,1,s0,4,2.5\n", r"a.csv:2: similarity is '2.5'"),
        (f"{HEADER}t2,anna,1,s0,4,4\n", r"a.csv:2: test 't2' sample 's0' is not in"),
        (f"{HEADER}t1,anna,1,s0,4,4\nt1,anna,2,s0,4,4\n", r"a.csv:3: 'anna' rated 's0' in .*a.csv:2 already"),
        (f"{HEADER}t1,anna,1,s0,4\n", r"a.csv:2: 5 columns in place of 6"),
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
