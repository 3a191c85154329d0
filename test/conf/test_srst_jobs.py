"""What each phase of `dns/se1` is trained on and begins with, as its plan calls the trainer."""

import pytest
from resolved import EGS

from audiolab.plan.expansion import Plan
from audiolab.plan.phases import read_phases
from audiolab.plan.running import arrays, write_tasks

BEGUN_WITH = {
    "source": {}, "oracle": {}, "source_bn": {"init": "source"}, "classifier": {"init": "source"},
    "remixit": {"init": "source"}, "dann": {"init": "source", "init_classifier": "classifier"},
    "dann_classifier": {"init": "dann"}, "dann_remixit": {"init": "dann"}, "srst_random": {"init": "dann"},
    "srst_similar": {"init": "dann"},
}  # fmt: skip
METHODS = [phase for phase in BEGUN_WITH if "classifier" not in phase]
OF_STUDIES = {
    "longer:source:longer": {"init": "source"},
    "longest:source:longest": {"init": "source"},
    "classifier_3x3:source:classifier_3x3": {"init": "source"},
    "dann_b0:source:dann_b0": {"init": "source", "init_classifier": "classifier"},
    "dann_3x3:classifier_3x3:adversarial": {"init": "source", "init_classifier": "classifier_3x3"},
    "b0_srst:dann_b0:self_trained": {"init": "dann_b0"},
    "longest_bn:longest:statistics": {"init": "longest"},
}
SETTINGS = {
    "exp": "exp",
    "conf": "conf",
    "data": "data",
    "percent": "20",
    "nj": "1",
    "job_utterances": "9",
    "train_options": "--trainer.max_steps 3",
}


@pytest.fixture(scope="module")
def recipe():
    """Return the recipe's phases."""
    return read_phases(EGS / "dns/se1/local/phases.yaml")


@pytest.fixture
def made(recipe, monkeypatch):
    """Return a call that gives the plan of methods with seeds 4 and 5 and one set."""
    monkeypatch.chdir(EGS / "dns/se1")

    def made(*methods, further=()):
        axes = {"method": methods, "seed": ["4", "5"], "set": ["x"]} | ({"row:begun:by": further} if further else {})
        return Plan(recipe, SETTINGS, axes, ["noisy", "enhanced", *(["enhanced_further"] if further else [])])

    return made


def job_of(plan, phase, seed="4"):
    return plan.jobs[phase, (("seed", seed),)]


def options_of(job):
    return dict(zip(job.words[::2], job.words[1::2], strict=True))


def test_all_methods_and_phases_are_listed_here(recipe):
    assert sorted(recipe.axes["method"]) == sorted(METHODS)
    trained = {phase.name for phase in recipe.phases.values() if phase.verb == "train"}
    assert trained == {*BEGUN_WITH, *(row.split(":")[-1] for row in OF_STUDIES)}


@pytest.mark.parametrize("phase", BEGUN_WITH)
def test_a_phase_has_its_data_and_begins_with_the_right_runs(made, phase):
    config = "classifier" if phase == "dann_classifier" else "srst" if phase.startswith("srst") else phase
    expected = {"--config": f"conf/{config}.yaml", "--expdir": f"exp/{phase}_s4", "--seed": "4"}
    domains = {"source": "oracle" if phase == "oracle" else "source"}
    if phase not in ("source", "oracle"):
        domains["target"] = "target"
    for domain, name in domains.items():
        expected |= {f"--data_conf.{domain}_{part}": f"data/{name}_{part}" for part in ("train", "valid")}
    expected |= {f"--system_conf.{key}": f"exp/{run}_s4" for key, run in BEGUN_WITH[phase].items()}
    if phase.startswith("srst"):
        expected["--data_conf.source_pool"] = f"exp/{phase}_s4/source_pool"
    job = job_of(made("all"), phase)
    assert options_of(job) == expected | {"--trainer.max_steps": "3"}
    assert {path for path in job.reads if "mixtures" in path} == {
        f"data/.stamp/mixtures_{name}.json" for name in domains.values()
    }


@pytest.mark.parametrize("row", OF_STUDIES)
def test_a_row_of_a_study_has_its_data_and_begins_with_the_right_runs(made, row):
    name, _, by = row.split(":")
    plan, begun = made("source", further=[row]), OF_STUDIES[row]
    job = plan.jobs[by, (("seed", "4"),) if by == name else (("row:begun:by", row), ("seed", "4"))]
    config = "source_bn" if by == "statistics" else f"studies/{name}"
    expected = {"--config": f"conf/{config}.yaml", "--expdir": f"exp/{name}_s4", "--seed": "4"}
    domains = ["source"] if by in ("longer", "longest") else ["source", "target"]
    for domain in domains:
        expected |= {f"--data_conf.{domain}_{part}": f"data/{domain}_{part}" for part in ("train", "valid")}
    expected |= {f"--system_conf.{key}": f"exp/{run}_s4" for key, run in begun.items()}
    if by == "self_trained":
        expected["--data_conf.source_pool"] = "exp/srst_random_s4/source_pool"
    assert options_of(job) == expected | {"--trainer.max_steps": "3"}
    assert {path for path in job.reads if "mixtures" in path} == {f"data/.stamp/mixtures_{d}.json" for d in domains}
    runs = {f"exp/{run}_s4" for run in {"source", *begun.values()}}
    trained = [each.folder for wave in plan.waves("train") for each in wave]
    assert all(trained.index(run) < trained.index(job.folder) for run in runs)
    listed = [tuple(each.listed.values()) for each in plan.jobs.values() if each.phase.name == "enhanced_further"]
    assert listed == [(name, s, "x", f"exp/{name}_s{s}/enhanced/x") for s in "45"]


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("pool_random", {"--data": "source", "--random": "4", "--pool": "srst_random", "--percent": "20"}),
        (
            "pool_similar",
            {"--data": "source", "--model": 1, "--pool": "srst_similar", "--percent": "20", "--out": "source"},
        ),
        ("decisions", {"--data": "target", "--model": 1, "--out": "target"}),
    ],
)
def test_pools_are_ranked_by_the_classifier_that_was_trained_after_dat(made, phase, expected):
    forms = {
        "--data": "data/{}_train", "--model": "exp/dann_classifier_s4", "--pool": "exp/{}_s4/source_pool",
        "--out": "exp/srst_similar_s4/{}_decisions",
    }  # fmt: skip
    expected = {key: forms.get(key, "{}").format(value) for key, value in expected.items()}
    assert options_of(job_of(made("all"), phase)) == expected


def test_a_method_brings_what_it_stands_on_and_no_more(made):
    phases = [job.phase.name for wave in made("srst_similar").waves("train") for job in wave]
    names = ["source", "classifier", "dann", "dann_classifier", "decisions", "pool_similar", "srst_similar"]
    assert sorted(phases) == sorted(2 * names)
    assert phases[:8:2] == phases[1:8:2] == names[:4]


def test_trainings_and_rankings_of_a_wave_are_arrays_of_their_own(made, tmp_path):
    write_tasks(tmp_path / "train.tsv", made("all"), "train")
    found = [(verb, set(phases)) for _, verb, phases in arrays(tmp_path / "train.tsv")]
    assert found == [
        ("train", {"source", "oracle"}), ("rank_domains", {"pool_random"}),
        ("train", {"source_bn", "classifier", "remixit"}), ("train", {"dann"}),
        ("train", {"dann_remixit", "dann_classifier", "srst_random"}),
        ("rank_domains", {"pool_similar", "decisions"}), ("train", {"srst_similar"}),
    ]  # fmt: skip


def test_what_is_scored(made):
    listed = [tuple(job.listed.values()) for job in made("source", "dann").jobs.values() if job.listed]
    assert listed == [
        ("noisy", "-", "x", "-"),
        *((m, s, "x", f"exp/{m}_s{s}/enhanced/x") for m in ("source", "dann") for s in "45"),
    ]
