"""The share of a job: what is kept of it, and what one who joins shares is told when something is wrong."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from commands import command
from mixture_folder import RATE, make_sounds

from audiolab.bin import score
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError
from audiolab.synthesis.speechlike import speech_like
from audiolab.tasks.scored import Scored, part_path, read_parts, write_part


@dataclass(frozen=True)
class Row:
    system: str
    order: int
    values: dict[str, float]


def test_a_share_keeps_all_digits_and_what_has_no_value(tmp_path):
    values = {"level": 1 / 3, "single": np.float32(0.1), "none": math.nan}
    one = Scored({2: Row("a", 24, values)}, ["b"], {2: ["r"]}, {2: ["u"]}, frozenset(["words"]), {"n": [1]})
    two = Scored({1: "broken", 0: "silent"}, ["b", "a"], {}, {0: ["v"]}, frozenset(["speaker"]), {"n": [1]})
    for job, scored in ((1, one), (2, two)):
        write_part(scored, tmp_path / "s.csv", Part(job, 2), {"alpha": 0.41})
    found = read_parts(tmp_path / "s.csv", 2, {"alpha": 0.41}, Row, 3)
    assert list(found.rows) == [2]
    row = found.rows[2]
    assert (row.system, row.order) == ("a", 24)
    assert row.values["level"] == 1 / 3
    assert row.values["single"] == float(np.float32(0.1))
    assert math.isnan(row.values["none"])
    assert found.failures == ["a", "b", "silent", "broken"]
    assert found.refusals == ["r", "v", "u"]
    assert found.asked == {"words", "speaker"}
    assert found.facts == {"n": [1]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tree: tree | {"given": {"alpha": 0.4}}, "was given other alpha than --join"),
        (lambda tree: tree | {"given": {"alpha": 0.41, "beta": 1}}, "2_of_2.json: its job was given other beta than"),
        (lambda tree: tree | {"given": {}}, "2_of_2.json: its job was given other alpha than --join"),
        (lambda tree: tree | {"facts": {"n": 2}}, "2_of_2.json: tells other facts than 1_of_2.json; the data changed"),
        (lambda tree: tree | {"results": {}}, "s.parts: holds 1 of 2 items; the data changed: run all jobs again"),
        (lambda tree: tree | {"results": {"x": "silent"}}, "no part of scores .*; remove it and run its job again"),
        (lambda tree: tree | {"results": {"1": {"system": "a"}}}, "no part of scores .*; remove it"),
        (lambda tree: {"results": {}}, "no part of scores; remove it"),
        (lambda tree: tree | {"more": 1}, "no part of scores .*; remove it"),
    ],
)
def test_what_is_wrong_with_shares_is_told(tmp_path, change, says):
    for job in (1, 2):
        write_part(Scored({job - 1: "silent"}, facts={"n": 1}), tmp_path / "s.csv", Part(job, 2), {"alpha": 0.41})
    path = part_path(tmp_path / "s.csv", 2, 2)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(AudiolabError, match=says):
        read_parts(tmp_path / "s.csv", 2, {"alpha": 0.41}, Row, 2)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that scores four mixtures, of which one was made silent and one is too short."""
    generator = np.random.default_rng(0)
    make_sounds(tmp_path / "speech", {"a-x": 0.3 * speech_like(4.0, RATE, 120, generator)}, {"a-x": "de"})
    make_sounds(tmp_path / "noise", {"n-a": 0.1 * generator.standard_normal(4 * RATE)})
    settings = MixtureSettings(str(tmp_path / "speech"), str(tmp_path / "noise"), 4, seconds=[1, 1], snr=[0, 0])
    make_mixtures(settings, tmp_path / "data" / "set")
    mixtures = MixtureDir(tmp_path / "data" / "set")
    made = tmp_path / "made"
    made.mkdir()
    for index, name in enumerate(mixtures.ids):
        wave = sum(mixtures.parts(index))
        soundfile.write(made / f"{name}.wav", (0 * wave, wave[:9], wave, wave)[index], RATE, "FLOAT")
    files = {name: made / f"{name}.wav" for name in mixtures.ids}
    write_data_dir(made, {"wav.scp": files, "utt2spk": dict.fromkeys(files, "a")})
    (tmp_path / "runs.tsv").write_text(f"system\tseed\tset\tdir\nx\t0\tset\t{made}\n")
    given = {"runs": tmp_path / "runs.tsv", "data": tmp_path / "data"}
    return lambda out, **options: command(monkeypatch, score, "se", out=tmp_path / out, **given, **options)


def test_failures_and_refusals_of_jobs_are_those_of_one_call(run, tmp_path):
    run("whole.csv", allow_failures=True)
    for job in (1, 2, 3):
        run("jobs.csv", nj=3, job=job)
    with pytest.raises(AudiolabError, match=r"1 recordings could not be used, .*: 9 samples .*--allow_failures"):
        run("jobs.csv", nj=3, join=True)
    run("jobs.csv", nj=3, join=True, allow_failures=True)  # the jobs need not run again for that
    for kind in ("csv", "yaml"):
        assert (tmp_path / f"jobs.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()
    assert "the enhanced speech is silent" in (tmp_path / "jobs.yaml").read_text()
    assert not (tmp_path / "jobs.parts").exists()


def test_parts_of_another_number_of_jobs_go(run, tmp_path):
    run("s.csv", nj=3, job=1)
    run("s.csv", nj=2, job=2)
    assert [path.name for path in (tmp_path / "s.parts").iterdir()] == ["2_of_2.json"]
    run("s.csv", allow_failures=True)
    assert not (tmp_path / "s.parts").exists()


@pytest.mark.parametrize("changed", ["made/{}.wav", "data/set/utt2lang", "speech/wav/a-x.wav"])
def test_shares_of_other_audio_are_not_joined(run, tmp_path, changed):
    """Another sample in what was made or in the speech of the mixtures, or another table of them."""
    path = tmp_path / changed.format(MixtureDir(tmp_path / "data" / "set").ids[3])
    run("s.csv", nj=2, job=1)
    before = path.read_bytes()
    path.write_bytes(before[:-3] + bytes([before[-3] ^ 1]) + before[-2:])
    run("s.csv", nj=2, job=2)
    with pytest.raises(AudiolabError, match=r"1_of_2.json: its job was given other recordings than --join; .* run it"):
        run("s.csv", nj=2, join=True, allow_failures=True)
    path.write_bytes(before)
    with pytest.raises(AudiolabError, match=r"2_of_2.json: its job was given other recordings than --join"):
        run("s.csv", nj=2, join=True, allow_failures=True)
    run("s.csv", nj=2, job=2)
    run("s.csv", nj=2, join=True, allow_failures=True)


def test_a_job_that_died_is_named_and_how_it_is_made(run, monkeypatch, tmp_path):
    for job in (1, 2, 3):
        run("s.csv", nj=3, job=job)
    with monkeypatch.context() as broken:
        broken.setattr("audiolab.tasks.scored.json.dump", lambda *_: 1 / 0)
        for job in (2, 3):  # what an earlier run left of them is gone
            with pytest.raises(ZeroDivisionError):
                run("s.csv", nj=3, job=job)
    with pytest.raises(AudiolabError, match=r"s.parts/2_of_3.json: not there; .*: 2, 3; .* --nj 3 --job 2 and so on"):
        run("s.csv", nj=3, join=True)
    assert not (tmp_path / "s.csv").exists()


def test_wrong_numbers_of_jobs_are_refused(run):
    for options in ({"job": 3}, {"job": 1, "join": True}):
        with pytest.raises(
            AudiolabError, match="score se: with --nj 2 give --job 1 to 2 or, when all are done, --join"
        ):
            run("s.csv", nj=2, **options)


def test_more_jobs_than_items_leave_some_without_work(run, tmp_path):
    """As on a cluster, where nobody has counted them."""
    run("one.csv", allow_failures=True)
    for job in range(1, 10):
        run("s.csv", nj=9, job=job)
    run("s.csv", nj=9, join=True, allow_failures=True)
    assert (tmp_path / "s.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
