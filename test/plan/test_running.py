"""Jobs of a table: what is fresh is passed over, what they need is there, what they made is stamped."""

import json
from pathlib import Path

import pytest

from audiolab.datadir.stamp import write_stamp
from audiolab.errors import AudiolabError
from audiolab.plan.expansion import Plan
from audiolab.plan.phases import Phase, Phases
from audiolab.plan.running import arrays, check_made, made_with, read_tasks, run_rows, run_task, write_tasks
from audiolab.plan.task import Task


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Work in a folder with two tables."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).write_text(f"{name} 1\n")


def joined(folder, *parts, **changes):
    """Return the job that joins tables to ``<folder>/out``."""
    words = (*parts, "--out", f"{folder}/out")
    return Task(**{"phase": "joined", "folder": folder, "verb": "join_scp", "words": words, "reads": parts} | changes)


def times_run(capsys):
    return capsys.readouterr().out.count("# audiolab.bin.join_scp ")


def test_a_job_is_run_stamped_and_passed_over(capsys):
    run_task(joined("x", "a", "b"))
    assert Path("x/out").read_text() == "a 1\nb 1\n"
    stamp = json.loads(Path("x/.stamp/joined.json").read_text())
    assert set(stamp["inputs"]) == {"a", "b"}
    assert times_run(capsys) == 1
    run_task(joined("x", "a", "b"))
    assert times_run(capsys) == 0


@pytest.mark.parametrize("change", ["an input", "an argument", "what it made", "the stamp"])
def test_what_is_not_fresh_is_made_again(capsys, change):
    task = joined("x", "a", "b", makes=("out",))
    run_task(task)
    if change == "an input":
        Path("a").write_text("a 2\n")
    elif change == "an argument":
        task = joined("x", "a", makes=("out",))
    else:
        Path("x/out" if change == "what it made" else "x/.stamp/joined.json").unlink()
    capsys.readouterr()
    run_task(task)
    assert times_run(capsys) == 1
    assert task.is_fresh()


def test_what_follows_is_stale_when_what_it_needs_was_made_of_other_things():
    first, second = joined("x", "a"), joined("y", "x/out", needs=("x/.stamp/joined.json",), reads=())
    run_task(first)
    run_task(second)
    assert second.is_fresh()
    Path("a").write_text("a 2\n")
    assert second.is_fresh()  # for it looks at its own inputs; what it needs comes before it
    run_task(first)
    assert not second.is_fresh()
    Path("x/.stamp/joined.json").unlink()
    assert not second.is_fresh()
    with pytest.raises(AudiolabError, match="x has nothing of joined yet; run "):
        run_task(second)


def test_a_job_that_fails_leaves_no_stamp(capsys):
    with pytest.raises(SystemExit) as ended:
        run_task(joined("x", "a", "nix", reads=("a",)))
    assert ended.value.code == 1
    assert "nix" in capsys.readouterr().err
    assert [path.name for path in Path("x/.stamp").iterdir()] == ["joined.begun"]


def test_what_was_made_of_it_keeps_it(capsys):
    task = joined("x", "a", kept_for="model")
    run_task(task)
    Path("x/model").touch()
    run_task(task)  # of the same
    with pytest.raises(AudiolabError, match="x: has model, made with another joined than is asked for; take back"):
        run_task(joined("x", "b", kept_for="model"))
    assert Path("x/out").read_text() == "a 1\n"


def test_of_several_machines_one_stamps(monkeypatch):
    monkeypatch.setenv("SLURM_NODEID", "1")
    run_task(joined("x", "a"))
    assert Path("x/out").exists()
    assert not Path("x/.stamp").exists()


def test_arguments_of_this_machine_do_not_count():
    run_task(joined("x", "a"), ["b"])
    assert Path("x/out").read_text() == "a 1\nb 1\n"
    assert joined("x", "a").is_fresh()


def plan():
    """Return a plan of two jobs, and one of a later stage."""
    words = {"verb": "join_scp", "over": ("part",)}
    phases = (
        Phase(
            "first",
            **words,
            stage="1:one",
            folder="my {part}",
            reads=("{part}",),
            makes=("out",),
            arguments="{part} --out '{folder}/out'",
        ),
        Phase("second", **words, stage="2:two", folder="{part}2", arguments="'{first}/out' --out {folder}/out"),
    )
    return Plan(Phases("p", {"part": "name"}, {}, {p.name: p for p in phases}), {}, {"part": ["a", "b"]}, ["second"])


def test_tables():
    assert write_tasks("jobs.tsv", plan(), "one") == 2
    found = read_tasks("jobs.tsv")
    assert [wave for wave, _ in found] == [1, 1]
    assert found[0][1].words == ("a", "--out", "my a/out")
    assert found[0][1].reads == ("a",)
    assert arrays("jobs.tsv") == [("1:2", "join_scp", ["first"])]
    with pytest.raises(AudiolabError, match=r"jobs\.tsv: has 2 jobs, there is no number 3"):
        run_rows("jobs.tsv", 3, 0)


@pytest.mark.parametrize(("first", "step", "made"), [(1, 0, "a"), (2, 0, "b"), (1, 1, "ab"), (2, 2, "b")])
def test_a_job_takes_one_row_or_several(first, step, made):
    write_tasks("jobs.tsv", plan(), "one")
    run_rows("jobs.tsv", first, step)
    assert [name for name in "ab" if Path(f"my {name}/out").exists()] == list(made)


def test_what_no_phase_makes_and_is_gone_is_told_with_what_to_do():
    Path("b").unlink()
    with pytest.raises(AudiolabError) as error:
        check_made(plan(), "one")
    assert str(error.value) == "first: b: no such file or folder; run the stages before one with the same options"


def test_all_that_another_stage_has_not_made_is_told_at_once():
    told = "my a was never made: run stage 1 (one) first; my b was never made: run stage 1 (one) first"
    with pytest.raises(AudiolabError) as error:
        check_made(plan(), "two")
    assert str(error.value) == told
    write_tasks("one.tsv", plan(), "one")
    run_rows("one.tsv", 1, 1)
    check_made(plan(), "two")
    Path("my a/out").rename("elsewhere")
    with pytest.raises(AudiolabError, match=r"^my a: its out is gone; run stage 1 \(one\) again$"):
        check_made(plan(), "two")
    Path("elsewhere").rename("my a/out")
    Path("b").write_text("b 2\n")
    with pytest.raises(AudiolabError, match=r"^my b was made from an older b: run stage 1 \(one\) again$"):
        check_made(plan(), "two")


def test_the_runs_that_something_stands_on():
    """By stamps alone, whatever tables there are now; each behind those that it stands on."""
    write_stamp("other", "data", ["a"], {})
    made = [
        ("z", "train", "other/.stamp/data.json"),
        ("y", "rank", "z/.stamp/s.json"),
        ("x", "train", "y/.stamp/s.json"),
    ]
    for folder, verb, need in (*made, ("w", "enhance", "x/.stamp/s.json")):
        write_stamp(folder, "s", [need], {"command": f"{verb} --out {folder}"})
    assert made_with(["w"], "train") == ["z", "x"]
    assert made_with(["z", "nix"], "train") == ["z"]
