"""egs/vcc2018/vc1: what its studies train, without a run of them."""

import pytest
from recipe_copy import Recipe
from test_vcc2018_vc1 import NAME

from audiolab.config import load_yaml

pytestmark = pytest.mark.recipe

STUDIES = {
    "labels": ("softgan_energy", "softgan_energy_fastd", "softgan_energy_std1", "softgan_energy_std1_fastd"),
    "ingredients": ("softgan_energy", "gan_energy"),
    "claims": ("softgan_energy",),
    "cross_gender": ("softgan_energy",),
}
"""With what each compares its systems."""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Return a call that gives what a study settles: its configs, by name, and values of run.sh."""
    recipe = Recipe(tmp_path_factory.mktemp("studies"), NAME, {})

    def studied(study, corpus="mini", options=""):
        names = ("configs", "seeds", "pairs", "max_steps", "train_options", "judges", "judged", "f0_config", "expdir")
        asked = f"--study {study} --corpus {corpus} {options}"
        shown = recipe.settled(asked, "|".join(f"${name}" for name in (*names, "note", "{baselines[*]}")))
        found = dict(zip((*names, "note", "baselines"), shown.split("|")))
        paths = [recipe / name for name in found["configs"].split()]
        return {path.stem: load_yaml(path)[0] for path in paths}, found

    studied.recipe = recipe
    return studied


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize(("corpus", "steps"), [("mini", "1000"), ("real", "10000")])
def test_a_study_trains_all_its_systems_alike(studied, study, corpus, steps):
    """As many steps, by one option of all, over three seeds; whatever a YAML says of steps is its base's."""
    configs, found = studied(study, corpus)
    assert len(configs) >= 3
    assert (found["max_steps"], found["seeds"], found["judged"]) == (steps, "0 1 2", "0")
    assert found["judges"] == "dnsmos speaker words"
    assert len({str(sorted(tree["trainer"].items())) for tree in configs.values()}) == 1
    assert "trainer" not in found["train_options"]
    assert found["expdir"] == f"exp/{corpus}_{study}"
    baselines = found["baselines"].removeprefix("--baseline ").split(" --baseline ")
    assert baselines == ["unconverted", "mean_shift", "mean_variance", *STUDIES[study]]
    assert set(STUDIES[study]) <= configs.keys()
    assert "?" in found["note"]
    pairs = [tuple(name[5] for name in pair.split(":")) for pair in found["pairs"].split()]
    assert pairs == ([("F", "M"), ("M", "F")] if study == "cross_gender" else [("F", "F")])
    assert found["f0_config"] == ("conf/convert_f0.yaml" if study == "cross_gender" else "")


def knobs(configs):
    """Return the knobs of SoftGAN's ingredients that each config has."""
    of = [tree["system_conf"] for tree in configs.values()]
    return [(each["rho_gen"], each["rho_dis"], each["anchors"]) for each in of]


def test_labels_are_crossed_with_the_weight_of_the_other_losses_and_the_rate(studied):
    configs, _ = studied("labels")
    others = [(tree["system_conf"]["feature_std"], tree["optim"]["discriminator"]["lr"]) for tree in configs.values()]
    labels = [(0.1, 0.9, "both"), (1.0, 1.0, "none")]
    expected = {(each, (std, rate)) for each in labels for std in (1.0, 10.0) for rate in (1e-4, 1e-3)}
    assert len(configs) == 8
    assert set(zip(knobs(configs), others)) == expected


def test_ingredients_are_there_with_and_without_each_other(studied):
    configs, found = studied("ingredients")
    expected = {(gen, dis, anchors) for gen in (0.1, 1.0) for dis in (0.9, 1.0) for anchors in ("both", "none")}
    assert len(configs) == 8
    assert set(knobs(configs)) == expected
    assert found["train_options"] == "--system_conf.feature_std 1"


def test_claims_and_what_may_help_between_genders(studied):
    assert set(studied("claims")[0]) == {
        "softgan_energy",
        *(f"softgan_energy_{each}" for each in ("cycle1", "cycle10", "kernel3", "kernel4")),
    }
    assert set(studied("cross_gender")[0]) == {
        "softgan_energy",
        "softgan_energy_frames256",
        "softgan_energy_bottleneck",
    }


def test_a_study_sets_options_that_others_go_before(studied):
    _, found = studied("labels", options="--seeds 5 --max_steps 7 --tag mine")
    assert (found["seeds"], found["max_steps"], found["expdir"]) == ("5", "7", "exp/mine")
    (told,) = studied.recipe.fail(study="wheels")
    assert told.endswith(
        "--study wheels: there is no conf/studies/wheels.conf; there are: claims cross_gender ingredients labels"
    )


@pytest.mark.parametrize("name", ["mini_steps", "real_steps"])
def test_steps_of_a_corpus_are_a_whole_number(studied, name):
    assert studied.recipe.fail(**{name: 0}) == [f"error: --{name} 0: give a whole number, 1 or more"]
