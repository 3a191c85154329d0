"""What each phase of `dns/se1` is trained on and begins with, as its jobs call the trainer."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from resolved import jobs_of

ARGUMENTS = SimpleNamespace(expdir=Path("exp"), conf=Path("conf"))
BEGUN_WITH = {
    "source": {}, "oracle": {}, "source_bn": {"init": "source"}, "classifier": {"init": "source"},
    "remixit": {"init": "source"}, "dann": {"init": "source", "init_classifier": "classifier"},
    "dann_classifier": {"init": "dann"}, "dann_remixit": {"init": "dann"}, "srst_random": {"init": "dann"},
    "srst_similar": {"init": "dann"},
}  # fmt: skip


@pytest.fixture(scope="module")
def jobs():
    """Return the recipe's script as a module."""
    return jobs_of("dns/se1")


def options_of(jobs, phase):
    """Return the options of a phase's training with seed 4."""
    job = jobs.training(jobs.known_phases()[phase], "4", 1, ARGUMENTS)
    module, *words = jobs.train_command(job, Path("data"))
    assert module == "audiolab.bin.train"
    return dict(zip(words[::2], words[1::2]))


def test_all_phases_are_listed_here(jobs):
    assert set(jobs.known_phases()) == set(BEGUN_WITH)


@pytest.mark.parametrize("phase", BEGUN_WITH)
def test_a_phase_has_its_data_and_begins_with_the_right_runs(jobs, phase):
    config = "classifier" if phase == "dann_classifier" else "srst" if phase.startswith("srst") else phase
    expected = {"--config": f"conf/{config}.yaml", "--expdir": f"exp/{phase}_s4", "--seed": "4"}
    for part in ("train", "valid"):
        expected[f"--data_conf.source_{part}"] = f"data/{'oracle' if phase == 'oracle' else 'source'}_{part}"
        if phase not in ("source", "oracle"):
            expected[f"--data_conf.target_{part}"] = f"data/target_{part}"
    expected |= {f"--system_conf.{key}": f"exp/{run}_s4" for key, run in BEGUN_WITH[phase].items()}
    if phase.startswith("srst"):
        expected["--data_conf.source_pool"] = f"exp/{phase}_s4/source_pool"
    assert options_of(jobs, phase) == expected


def test_what_was_scored_stands_on_its_phases(jobs, tmp_path):
    """Of two seeds and all phases only what made the scored sets, and what those runs began with or were ranked by."""
    arguments = SimpleNamespace(expdir=tmp_path, conf=Path("conf"), seeds=["4", "5"], methods=["all"])
    jobs.write_trainings(arguments)
    made = ("srst_similar", "4", "target", tmp_path / "srst_similar_s4/enhanced/target")
    jobs.write_jobs(tmp_path / "scored.tsv", jobs.SCORED, [dict(zip(jobs.SCORED, made))])
    phases = ("source", "classifier", "dann", "dann_classifier", "srst_similar")
    assert jobs.scored_runs(tmp_path) == [f"{phase}_s4" for phase in phases]


def test_the_pool_is_ranked_by_the_classifier_that_was_trained_after_dat(jobs):
    rows = {name: jobs.training(row, "4", 1, ARGUMENTS) for name, row in jobs.known_phases().items()}
    assert {name: row["ranked_by"] for name, row in rows.items() if row["ranked_by"] != jobs.NONE} == {
        "srst_similar": "exp/dann_classifier_s4"
    }
