"""The studies of `dns/se1`: what each trains, and that what it compares has as many steps behind the source model."""

from pathlib import Path

import pytest
from resolved import EGS, training

from audiolab.plan.expansion import Plan
from audiolab.plan.phases import read_phases

RECIPE = EGS / "dns/se1"
SETTINGS = {"exp": "exp", "data": "data", "percent": "30", "nj": "1", "job_utterances": "9", "train_options": ""}
STUDIES = {
    "adversary": {"source", "longer", "dann_b0", "dann", "dann_k5", "dann_3x3"},
    "teacher": {
        "source", "longest", "remixit_static", "remixit_renewed", "b0_share0", "b0_srst", "dann_share0", "dann_renewed",
        "srst_random", "srst_similar",
    },
    "leak": {
        "source", "oracle", "dann_b0", "dann", "dann_last", "dann_decoder", "dann_leak", "dann_leak_b0",
        "dann_released",
    },
    "statistics": {
        each + ending
        for each in ("source", "remixit", "dann", "dann_remixit", "srst_random", "srst_similar", "oracle", "longest")
        for ending in ("", "_bn")
    },
    "domains": {"source", "oracle", "dann_b0", "dann", "remixit"},
}  # fmt: skip
"""What is scored."""

STOOD_ON = {
    "adversary": {"classifier", "classifier_3x3"},
    "teacher": {"classifier", "dann_b0", "dann", "dann_classifier"},
    "leak": {"classifier"},
    "statistics": {"classifier", "dann_classifier"},
    "domains": {"classifier"},
}
"""What else is trained for that."""

PLAIN = ("source", "oracle")
"""Trained from the beginning."""

FOLDERS = ("conf", "conf/mini")


def options_of(folder, study):
    """Return the options of a study's file."""
    lines = (RECIPE / folder / f"studies/{study}.conf").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def planned(folder, study, monkeypatch):
    """Return the plan of a study with one seed."""
    monkeypatch.chdir(RECIPE)
    options = options_of(folder, study)
    axes = {"method": options["methods"].split(), "row:begun:by": options["further"].split()}
    axes |= {"seed": ["0"], "set": ["x"]}
    phases = read_phases("local/phases.yaml")
    return Plan(phases, SETTINGS | {"conf": folder}, axes, ["noisy", "enhanced", "enhanced_further"])


def trainings_of(plan):
    """Return name -> options of the trainings."""
    jobs = [job for job in plan.jobs.values() if job.phase.verb == "train"]
    return {Path(job.folder).name.removesuffix("_s0"): dict(zip(job.words[::2], job.words[1::2])) for job in jobs}


def epochs_behind(name, runs):
    """Return for how many epochs a model was trained since the source model, those that it stands on included."""
    options = runs[name]
    begun = options.get("--system_conf.init", "")
    required = [key.removeprefix("--") for key in options if key.startswith(("--data_conf", "--system_conf.init"))]
    config = training(options["--config"], *required)
    if config["system"] == "se_statistics":  # which makes no step
        return epochs_behind(Path(begun).name.removesuffix("_s0"), runs)
    if name == "source":
        return 0
    own = config["trainer.max_epochs"]
    assert config["trainer.max_steps"] is None
    assert config["trainer.batch_size"] == training(runs["source"]["--config"], *required[:2])["trainer.batch_size"]
    return own + (epochs_behind(Path(begun).name.removesuffix("_s0"), runs) if begun else 0)


@pytest.mark.parametrize("folder", FOLDERS)
def test_all_studies_are_listed_here(folder):
    assert {path.stem for path in (RECIPE / folder / "studies").glob("*.conf")} == STUDIES.keys()


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("study", STUDIES)
def test_what_a_study_trains(study, folder, monkeypatch):
    plan, options = planned(folder, study, monkeypatch), options_of(folder, study)
    rows = STUDIES[study] | ({"dann_1e3", "dann_1e3_b0"} if (study, folder) == ("adversary", "conf") else set())
    assert {job.listed["system"] for job in plan.jobs.values() if job.listed} == {"noisy", *rows}
    assert trainings_of(plan).keys() == rows | STOOD_ON[study]
    assert set(options["baselines"].split()) <= rows
    assert options["seeds"] == "0 1 2"


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("study", STUDIES)
def test_what_is_compared_has_as_many_steps(study, folder, monkeypatch):
    """Of `statistics` each row is compared with its own."""
    plan = planned(folder, study, monkeypatch)
    runs = trainings_of(plan)
    rows = [job.listed["system"] for job in plan.jobs.values() if job.listed and job.listed["system"] != "noisy"]
    epochs = {name: epochs_behind(name, runs) for name in rows}
    if study == "statistics":
        assert all(epochs[name] == epochs[f"{name}_bn"] for name in epochs if not name.endswith("_bn"))
        return
    compared = {name: count for name, count in epochs.items() if name not in PLAIN}
    dann, student = (2, 2) if folder == "conf/mini" else (50, 20)
    assert compared == dict.fromkeys(compared, dann + student if study == "teacher" else dann)
