"""A data dir that jobs make is the one that is made at once."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from enhancer_folder import make_run
from mixture_folder import RATE, make_sounds

from audiolab.bin import apply
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureSettings
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.parts import Part, join
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.tasks.vc.apply import convert_data_dir


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that enhances five mixtures by the command."""
    generator = np.random.default_rng(0)
    make_sounds(tmp_path / "speech", {"a-x": 0.1 * generator.standard_normal(RATE)}, {"a-x": "de"})
    make_sounds(tmp_path / "noise", {"n-a": 0.1 * generator.standard_normal(RATE)})
    settings = MixtureSettings(str(tmp_path / "speech"), str(tmp_path / "noise"), 5, seconds=[0.2, 0.3], snr=[0, 0])
    make_mixtures(settings, tmp_path / "set")
    model = make_run(tmp_path / "run")

    def apply_to(out, *more):
        words = ["apply", "se", "--model", model, "--data", tmp_path / "set", "--out", out, *more]
        monkeypatch.setattr(sys, "argv", list(map(str, words)))
        apply.main()

    return apply_to


def content(folder):
    """Return the tables and samples of a data dir, without its place."""
    tables = DataDir(folder).tables
    waves = {name: soundfile.read(path)[0].tolist() for name, path in tables.pop("wav.scp").items()}
    return tables, waves


def test_mixtures_enhanced_in_jobs_are_those_enhanced_at_once(run, tmp_path):
    run(tmp_path / "whole")
    for job in (2, 1, 3):
        run(tmp_path / "jobs", "--nj", 3, "--job", job)
    run(tmp_path / "jobs", "--nj", 3, "--join")
    assert content(tmp_path / "jobs") == content(tmp_path / "whole")
    assert len(content(tmp_path / "whole")[1]) == 5
    assert {path.parent for path in map(Path, DataDir(tmp_path / "jobs").table("wav.scp").values())} == {
        tmp_path / "jobs" / "wav"
    }
    assert not (tmp_path / "jobs" / "parts").exists()


def test_what_is_wrong_with_jobs_is_told(run, tmp_path):
    for words in (["--nj", 2], ["--nj", 2, "--job", 3]):
        with pytest.raises(AudiolabError, match="apply: with --nj 2 give --job 1 to 2 or, when all are done, --join"):
            run(tmp_path / "out", *words)
    with pytest.raises(AudiolabError, match="--nj 9: there are 5 utterances; give as many jobs or fewer"):
        run(tmp_path / "out", "--nj", 9, "--job", 1)
    run(tmp_path / "out", "--nj", 2, "--job", 1)
    with pytest.raises(
        AudiolabError,
        match=r"2_of_2.json: not there; of 2 jobs these did not end well: 2; .* --nj 2 --job 2, then --join",
    ):
        run(tmp_path / "out", "--nj", 2, "--join")
    assert not (tmp_path / "out" / "wav.scp").exists()
    with Part(2, 2).making(tmp_path / "out", {"alike": 1}):
        write_data_dir(tmp_path / "out" / "parts" / "2_of_2", DataDir(tmp_path / "out" / "parts" / "1_of_2").tables)
    with pytest.raises(AudiolabError, match=r"1_of_2: its job was given other alike than --join; give the same, or"):
        join(tmp_path / "out", 2, {"alike": 1})
    with Part(1, 2).making(tmp_path / "out", {"alike": 1}):
        write_data_dir(tmp_path / "out" / "parts" / "1_of_2", DataDir(tmp_path / "out" / "parts" / "2_of_2").tables)
    with pytest.raises(AudiolabError, match="is another job's too; run all jobs again"):
        join(tmp_path / "out", 2, {"alike": 1})


@pytest.mark.parametrize("given", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3}])
def test_options_that_only_a_job_or_only_the_join_was_given_are_told(tmp_path, given):
    for job in (1, 2):
        with Part(job, 2).making(tmp_path, {"a": 1, "b": 2}):
            write_data_dir(Part(job, 2).folder(tmp_path), {"utt2spk": {f"a-{job}": "a"}})
    with pytest.raises(AudiolabError, match=r"1_of_2: its job was given other [bc] than --join; give the same, or run"):
        join(tmp_path, 2, given)
    assert join(tmp_path, 2, {"b": 2, "a": 1}).utterances == ["a-1", "a-2"]


def test_a_job_that_fails_leaves_nothing_to_join_and_what_was_there(run, tmp_path):
    """Neither its own earlier part, nor audio of other jobs in what is used until all are joined."""
    run(tmp_path / "out")
    before = content(tmp_path / "out")
    for job in (1, 2):
        run(tmp_path / "out", "--nj", 2, "--job", job)

    def fails():
        with Part(2, 2).making(tmp_path / "out", {}):
            raise AudiolabError("the disk is full")

    with pytest.raises(AudiolabError, match="the disk is full"):
        fails()
    with pytest.raises(AudiolabError, match="these did not end well: 2;"):
        run(tmp_path / "out", "--nj", 2, "--join")
    assert content(tmp_path / "out") == before


def test_what_is_killed_while_it_joins_is_joined_again(run, tmp_path, monkeypatch):
    run(tmp_path / "whole")
    for job in (1, 2):
        run(tmp_path / "out", "--nj", 2, "--job", job)
    with monkeypatch.context() as patched:
        patched.setattr("audiolab.datadir.parts.write_data_dir", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            run(tmp_path / "out", "--nj", 2, "--join")
    run(tmp_path / "out", "--nj", 2, "--join")
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.mark.parametrize("words", [(), ("--nj", 2, "--join")])
@pytest.mark.parametrize("renames", [0, 1, 4, 5, 9])  # of five recordings and as many tables
def test_what_is_killed_while_audio_is_replaced_is_no_valid_data_dir(run, tmp_path, monkeypatch, words, renames):
    """Old audio and new lie there together, and some of the tables: neither the old dir nor the new one."""
    out = tmp_path / "out"
    run(out)
    for job in (1, 2):
        run(out, "--nj", 2, "--job", job) if words else None
    replace, done = os.replace, []

    def killed(source, target):
        if Path(target).parent in (out, out / "wav"):
            if len(done) == renames:
                pytest.fail("killed")
            done.append(target)
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("audiolab.files.os.replace", killed)
        with pytest.raises(pytest.fail.Exception, match="killed"):
            run(out, *words)
    faults = validate(out, feats=False, text=False, wav=False)
    assert f"{out}/utt2spk: no such file" in [str(fault) for fault in faults if fault.fatal]
    run(out, *words)
    assert not [fault for fault in validate(out, feats=False, text=False) if fault.fatal]


def test_parts_of_another_number_of_jobs_go(run, tmp_path):
    out = tmp_path / "out"
    run(out, "--nj", 3, "--job", 1)
    run(out, "--nj", 2, "--job", 1)
    run(out, "--nj", 2, "--job", 2)
    assert {path.name for path in (out / "parts").iterdir()} == {"1_of_2", "1_of_2.json", "2_of_2", "2_of_2.json"}
    run(out)
    assert not (out / "parts").exists()


def test_one_job_needs_no_join_and_may_have_one(run, tmp_path):
    run(tmp_path / "out", "--nj", 1, "--job", 1)
    before = content(tmp_path / "out")
    run(tmp_path / "out", "--nj", 1, "--join")
    assert content(tmp_path / "out") == before


class Quieter:
    """A converter of speaker A to B."""

    source, target = "A", "B"

    def convert(self, wave, rate, limiter=None):
        return wave / 2


def test_conversions_in_jobs_are_those_at_once(tmp_path):
    files = {f"A_{n}": tmp_path / f"{n}.wav" for n in range(5)}
    for number, path in enumerate(files.values()):
        soundfile.write(path, 0.1 * np.random.default_rng(number).standard_normal(800), RATE)
    data = write_data_dir(tmp_path / "data", {"wav.scp": files, "utt2spk": dict.fromkeys(files, "A"), "text": files})
    convert_data_dir(Quieter(), data, tmp_path / "whole", RATE)
    for job in (1, 2):
        part = Part(job, 2)
        with part.making(tmp_path / "jobs", {}):
            convert_data_dir(Quieter(), data, tmp_path / "jobs", RATE, part)
    assert join(tmp_path / "jobs", 2, {}).utterances == [f"B-A_{n}" for n in range(5)]
    assert content(tmp_path / "jobs") == content(tmp_path / "whole")
