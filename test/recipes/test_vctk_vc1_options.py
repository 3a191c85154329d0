"""egs/vctk/vc1 and egs/voxceleb/vc1 without data: what options ask for, and what is refused before anything runs."""

import re
import subprocess

import pytest
from recipe_copy import Recipe

from audiolab.config import load_yaml

pytestmark = pytest.mark.recipe


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return Recipe(tmp_path_factory.mktemp("checkout"), "vctk/vc1", {"corpus": "mini"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"corpus": "vctk"}, "--corpus is real or mini, not 'vctk'"),
        ({"eval_part": "valid"}, "--eval_part is test or dev, not 'valid'"),
        ({"num_speakers": 1}, "--num_speakers 1: give a whole number, 2 or more"),
        ({"large_speakers": 3}, "--large_speakers 3: give a whole number, 5 or more"),
        ({"valid_speakers": 1}, "--valid_speakers 1: give a whole number, 2 or more"),
        ({"first_set": "middle"}, "--first_set middle: give large or small"),
        ({"hold_out": "speakers"}, "--hold_out speakers: give prompts or utterances"),
        ({"judges": "dnsmos word"}, "--judges 'dnsmos word': give some of dnsmos, speaker and words"),
        ({"sweep": "necks"}, "--sweep necks: give some of bottleneck, freq, neck_batch and neck_lambda"),
        ({"encoder_corpora": "vox"}, "--encoder_corpora vox: give librispeech, or nothing"),
        ({"extra_speakers": "nosuch"}, "--extra_speakers nosuch: there is no such folder"),
        ({"prepare_config": "nosuch.yaml"}, "--prepare_config nosuch.yaml: there is no such file"),
        ({"neural": "autovc_n32_f32"}, "--neural autovc_n32_f32 is none of --systems"),
        ({"systems": "autovc cycleautovc", "neural": "autovc cycleautovc"}, "give the name of one YAML"),
        ({"systems": "autovc autvc", "neural": ""}, "autvc.yaml: no such file"),
        ({"seeds": "0 x"}, "--seeds '0 x': give whole numbers, not negative"),
        ({"max_steps": 0}, "--max_steps 0: give a whole number, 1 or more"),
    ],
)
def test_what_is_refused_before_anything_runs(recipe, changes, told):
    errors = recipe.fail(expdir="exp/none", **changes)
    assert len(errors) == 1
    assert told in errors[0]
    assert not (recipe / "exp").exists()


# What is trained: YAMLs, each with the one that it begins with
EXPERIMENTS = {
    "e1": {f"autovc{each}": f"autovc{each}" for each in ("", "_n64", "_n16_f128", "_n32_f32", "_n256_f8")},
    "e3": {"autovc_n64": "autovc_n64"},
    "e4": {"autovc": "autovc"},
    "e6": {"cycleautovc_style": "cycleautovc", "cycleautovc_finetune_style": "autovc_early"},
    "e7": {"cycleautovc_style": "cycleautovc", "cycleautovc_nostyle": "cycleautovc"},
    "e8": {
        f"cycleautovc{each}_style": f"cycleautovc{each}"
        for each in (
            "",
            "_n64_l0.3",
            "_n64_l0.1",
            *(f"_n{neck}_{how}" for neck in (16, 32) for how in ("b8", "l0.3", "l0.1")),
        )
    },
    "e10": {
        f"cycleautovc{each}_style": f"cycleautovc{each}"
        for each in ("", "_n64_b2", "_n64_b4", *(f"_n{neck}_b{batch}" for neck in (16, 32) for batch in (2, 4, 8)))
    },
    "": {
        "autovc": "autovc",
        "autovc_n64_b8": "autovc_n64_b8",
        "cycleautovc_style": "cycleautovc",
        "cycleautovc_n16_b2_style": "cycleautovc_n16_b2",
    },
}


@pytest.mark.parametrize("tag", EXPERIMENTS)
def test_each_experiment_of_the_page_trains_what_it_says(recipe, tag):
    commands = re.findall(r"`\./run\.sh (--tag (e\d+) .*)`", (recipe / "README.md").read_text())
    found = {name: options for options, name in commands} | {"": ""}
    assert found.keys() == EXPERIMENTS.keys()
    converters = [each.split(":") for each in recipe.settled(found[tag], "${converters[*]}").split()]
    assert {system: begun for system, begun, _ in converters} == EXPERIMENTS[tag]
    assert all((recipe / f"conf/{name}.yaml").is_file() for system, begun, _ in converters for name in (system, begun))


@pytest.mark.parametrize("folder", ["conf", "conf/mini"])
def test_the_study_of_the_cycle_has_equal_steps(recipe, folder):
    """Of all that a converter stands on."""
    converters = recipe.settled(f"--study cycle --conf {folder}", "${converters[*]}").split()
    steps = {}
    for each in converters:
        system, begun, by = each.split(":")
        phases = {
            "converter": [system],
            "continued": [begun, system],
            "finetuned": [begun, "cycleautovc_finetune", system],
        }
        trees = [load_yaml(recipe / folder / f"{name}.yaml")[0] for name in phases[by]]
        steps[system] = sum(tree["trainer"]["max_steps"] for tree in trees)
    assert len(converters) == 8
    assert len(set(steps.values())) == 1, steps


def test_a_study_sets_options_that_others_go_before(recipe):
    shown = recipe.settled("--corpus mini --study cycle --seeds 5", "$seeds/$expdir/$nostyle")
    assert shown == "5/exp/mini_cycle/true"
    compared = recipe.settled("--corpus mini --study cycle", "${compared[*]}").split()
    begun = ("autovc_begun_small", "autovc_n64_b8_begun_small")
    assert compared[1::2] == ["unconverted", "autovc", "autovc_n64", *begun, "cycleautovc_style", "cycleautovc_nostyle"]
    (told,) = recipe.fail(study="wheels")
    assert told.startswith("error: --study wheels: there is no ")
    assert told.endswith("/conf/mini/studies/wheels.conf; there are: cycle")


def test_a_sweep_adds_its_systems_once(recipe):
    shown = recipe.asked(systems="autovc", sweep="bottleneck", neural="")
    names = ["unconverted", *(recipe / "conf/mini/sweep_bottleneck.txt").read_text().split()]
    assert shown["compared"].split() == [word for name in names for word in ("--baseline", name)]


def test_the_large_sets_utterances_can_be_fewer(recipe):
    assert "large_utts" not in recipe.asked()["sizes"]
    assert recipe.asked(large_utts=15)["sizes"].endswith("large_utts\\ 15")


def test_voxceleb_has_the_same_options_and_stages(recipe):
    other = recipe.root / "egs/voxceleb/vc1/run.sh"
    for arguments in (["--help"], ["--list"]):
        own, its = (
            subprocess.run([run, *arguments], capture_output=True, text=True, env=recipe.environment, check=True).stdout
            for run in (recipe / "run.sh", other)
        )
        assert own.replace(str(recipe / "run.sh"), "") == its.replace(str(other), "")


def test_voxceleb_holds_out_utterances(recipe):
    other = Recipe.__new__(Recipe)
    other.__dict__ |= recipe.__dict__ | {"folder": recipe.root / "egs/voxceleb/vc1"}
    shown = other.asked()
    assert "downloads/mini/voxceleb" in shown["roots"]
    assert "hold_out\\ utterances" in shown["sizes"]
    assert "hold_out\\ prompts" in recipe.asked()["sizes"]
    assert "hold_out\\ prompts" in other.asked(hold_out="prompts")["sizes"]


@pytest.mark.parametrize(
    ("neural", "heard"),
    [
        ("autovc", "autovc:autovc:converter"),
        ("cycleautovc", "cycleautovc_style:cycleautovc:continued"),
        ("cycleautovc_finetune", "cycleautovc_finetune_style:autovc_early:finetuned"),
        ("", ""),
    ],
)
def test_any_system_can_be_heard_by_the_vocoder(recipe, neural, heard):
    options = f"--corpus mini --nostyle true --neural '{neural}' --systems 'autovc cycleautovc cycleautovc_finetune'"
    assert recipe.settled(options, "$spoken") == heard
