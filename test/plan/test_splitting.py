"""A job that is split: the same bits as at once, gone on with where it was stopped, never made of two things."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from enhancer_folder import make_run
from mixture_folder import RATE, make_sounds

from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureSettings
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.stamp import write_stamp
from audiolab.errors import AudiolabError
from audiolab.plan.expansion import Plan
from audiolab.plan.phases import Phase, Phases
from audiolab.plan.running import arrays, check_made, read_tasks, run_rows, run_task, write_tasks

ENHANCED = Phase(
    "enhanced", "apply", "1:infer", folder="out", makes=("wav.scp",), reads=("set",), utterances={"data": "set"},
    split={"nj": "{nj}", "least": "{least}"}, arguments="se --model {model} --data set --out {folder}",
)  # fmt: skip


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Work in a folder with five mixtures and two models."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    make_sounds(Path("speech"), {"a-x": 0.1 * generator.standard_normal(RATE)})
    make_sounds(Path("noise"), {"n-a": 0.1 * generator.standard_normal(RATE)})
    make_mixtures(MixtureSettings("speech", "noise", 5, seconds=[0.2, 0.3], snr=[0, 0]), Path("set"))
    for seed, name in enumerate(("one", "other")):
        make_run(Path(name), seed=seed)


def plan(nj, least=1, model="one", phases=(ENHANCED,)):
    settings = {"nj": str(nj), "least": str(least), "model": model}
    return Plan(Phases(Path("p"), {}, {}, {p.name: p for p in phases}), settings, {}, [p.name for p in phases])


def tasks(nj, **changes):
    write_tasks("jobs.tsv", plan(nj, **changes), "infer")
    return [task for _, task in read_tasks("jobs.tsv")]


def run(nj, **changes):
    tasks(nj, **changes)
    run_rows("jobs.tsv", 1, 1)


def made():
    """Return the hashes of what was made; nothing of parts may be left."""
    assert not Path("out/parts").exists()
    assert [path.name for path in Path("out/.stamp").iterdir()] == ["enhanced.json"]
    files = [Path("out/wav.scp"), *sorted(Path("out/wav").iterdir())]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


@pytest.mark.parametrize(
    ("nj", "least", "parts"),
    [(1, 1, [""]), (2, 1, ["1/2", "2/2", "join/2"]), (9, 2, ["1/2", "2/2", "join/2"]), (9, 3, [""])],
)
def test_into_how_many_jobs(nj, least, parts):
    found = tasks(nj, least=least)
    assert [task.part for task in found] == parts
    if len(found) == 1:
        assert arrays("jobs.tsv") == [("1:1", "apply", ["enhanced"])]
    else:
        assert arrays("jobs.tsv") == [("1:2", "apply", ["enhanced"]), ("3:3", "join", ["enhanced"])]
        assert found[1].command[-4:] == ("--nj", "2", "--job", "2")
        assert found[2].command[-3:] == ("--nj", "2", "--join")
    assert {tuple(task.options.items()) for task in found} == {tuple(tasks(1)[0].options.items())}


def test_of_one_speaker_and_behind_it_what_needs_it():
    write_data_dir("data", {"utt2spk": {"A_1": "A", "A_2": "A", "B_1": "B"}})
    halves = {"utterances": {"data": "data", "speaker": "A"}, "split": {"nj": "9", "least": "1"}}
    first = Phase("first", "apply", "1:infer", folder="a", **halves)
    second = Phase("second", "apply", "1:infer", folder="b", needs=("first",))
    write_tasks("jobs.tsv", plan(1, phases=(first, second)), "infer")
    found = [(wave, task.phase, task.part) for wave, task in read_tasks("jobs.tsv")]
    assert found == [(1, "first", "1/2"), (1, "first", "2/2"), (2, "first", "join/2"), (3, "second", "")]


def test_the_same_bits_and_another_number_of_jobs_makes_nothing_anew(capsys):
    run(1)
    before = made()
    run(3)
    assert capsys.readouterr().out.count("is there already, made of the same") == 4
    Path("out/.stamp/enhanced.json").unlink()
    run(3)
    assert made() == before
    capsys.readouterr()
    for nj in (1, 2, 3):
        run(nj)
    assert "audiolab.bin" not in capsys.readouterr().out


def test_a_join_that_dies_keeps_the_parts(capsys, monkeypatch):
    first, second, join = tasks(2)
    run_task(first)
    run_task(second)
    with monkeypatch.context() as patched:
        patched.setattr("audiolab.datadir.parts.write_data_dir", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            run_task(join)
    capsys.readouterr()
    run(2)
    assert capsys.readouterr().out.count("is there already, made of the same") == 2
    joined = made()
    Path("out/.stamp/enhanced.json").unlink()
    run(1)
    assert made() == joined


def test_what_was_stopped_goes_on(capsys):
    first, second, join = tasks(2)
    run_task(first)
    with pytest.raises(AudiolabError, match="out: part 2/2 of enhanced is not made; run the stage that lists these"):
        run_task(join)
    assert not first.is_fresh() or not Path("out/wav.scp").exists()
    capsys.readouterr()
    run(2)
    said = capsys.readouterr().out
    assert "enhanced, part 1/2 is there already" in said
    assert said.count("# audiolab.bin.apply") == 2
    split = made()
    Path("out/.stamp/enhanced.json").unlink()
    run(1)
    assert made() == split
    assert second.is_fresh()


@pytest.mark.parametrize("gone", ["out/parts/2_of_2", "out/parts"])
def test_a_part_whose_folder_is_gone_is_made_anew(gone, capsys):
    run(1)
    before = made()
    Path("out/.stamp/enhanced.json").unlink()
    first, second, join = tasks(2)
    run_task(first)
    run_task(second)
    shutil.rmtree(gone)
    with pytest.raises(AudiolabError, match=r"out: part ./2 of enhanced is not made; run the stage that lists these"):
        run_task(join)
    capsys.readouterr()
    run(2)
    assert capsys.readouterr().out.count("is there already") == (gone != "out/parts")
    assert made() == before


@pytest.mark.parametrize("between", [1, 3])
def test_parts_of_two_models_are_never_joined(between):
    """A part of the one is made; then all by the other, at once or in more jobs; then all by the one again."""
    run(1)
    before = made()
    Path("out/.stamp/enhanced.json").unlink()
    run_task(tasks(2)[0])
    run(between, model="other")
    assert made() != before
    run(2)
    assert made() == before


def test_a_part_withdraws_the_stamps_of_other_numbers_of_jobs():
    """Parts count of the number of jobs alone that was begun last."""
    run_task(tasks(2)[0])
    assert tasks(2)[0].is_fresh()
    run_task(tasks(3)[1])
    assert tasks(3)[1].is_fresh()
    assert not tasks(2)[0].is_fresh()
    run_task(tasks(3)[0])
    assert [task.is_fresh() for task in tasks(3)] == [True, True, False, False]


def test_a_part_withdraws_the_stamp_of_the_whole():
    """So that what was overwritten in part does not count, if another command is taken back."""
    run(1)
    before = made()
    run_task(tasks(2, model="other")[0])
    assert not tasks(1)[0].is_fresh()
    run(1)
    assert made() == before


def test_parts_of_an_input_that_was_changed_since_are_not_joined():
    first, second, join = tasks(2)
    run_task(first)
    run_task(second)
    Path("set/utt2lang").write_text(Path("set/utt2spk").read_text())
    with pytest.raises(AudiolabError, match="out: part 1/2 of enhanced is not made"):
        run_task(join)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(AudiolabError, match="enhanced: split: nj is 'x'; give a whole number, 1 or more"):
        plan("x")
    with pytest.raises(AudiolabError, match="enhanced: split: least is '0'; give a whole number, 1 or more"):
        plan(1, least=0)


def test_speakers_without_utterances_are_told_before_an_earlier_stage_runs():
    write_data_dir("data", {"utt2spk": {"A_1": "A"}})
    train = Phase("train", "join_scp", "1:train", folder="m", arguments="set/utt2spk --out m/x")
    later = {"verb": "apply", "stage": "2:infer", "needs": ("train",)}
    phases = [train]
    for name, data, speaker in (("a", "data", "A"), ("b", "data", "B"), ("c", "data", "C"), ("d", "not_yet", "B")):
        phases.append(Phase(name, **later, folder=name, utterances={"data": data, "speaker": speaker}))
    told = "^data: no utterances of B, C, for b, c; name speakers who have some$"
    with pytest.raises(AudiolabError, match=told):
        check_made(plan(1, phases=phases), "train")
    check_made(plan(1, phases=phases[:2]), "train")


def test_what_was_kept_without_a_stamp_is_told():
    """A pool, say, of before there were plans, with a model that was trained on it."""
    kept = Phase("pool", "join_scp", "1:infer", folder="m", arguments="set/utt2spk --out m/pool", kept_for="model")
    write_data_dir("m", {"utt2spk": {"a": "a"}})
    Path("m/model").touch()
    write_tasks("jobs.tsv", plan(1, phases=[kept]), "infer")
    told = (
        "m: has model, and no stamp tells with which pool it was made, as before there were plans; give another --tag"
    )
    with pytest.raises(AudiolabError, match=told):
        run_rows("jobs.tsv", 1, 0)
    write_stamp("m", "pool", [], {})
    with pytest.raises(AudiolabError, match="m: has model, made with another pool than is asked for"):
        run_rows("jobs.tsv", 1, 0)
