"""egs/mailabs/tts1 without data: what options ask for, and what is refused before anything runs."""

import pytest
from recipe_copy import Recipe, calls_of_make_mini

from audiolab.bin.train import parse
from audiolab.config import to_dict

pytestmark = pytest.mark.recipe


GIVEN = [f"--data_conf.{part}_{kind}=x" for part in ("train", "valid") for kind in ("labels", "feats")]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return Recipe(tmp_path_factory.mktemp("checkout"), "mailabs/tts1", {"corpus": "mini"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"corpus": "mailabs"}, "--corpus is real or mini, not 'mailabs'"),
        ({"eval_part": "valid"}, "--eval_part is test or dev, not 'valid'"),
        ({"portuguese": "mls"}, "--portuguese mls: give ttsportuguese or cmltts"),
        ({"corpus": "real", "portuguese": "cmltts"}, "--portuguese_config local/cmltts.yaml: there is no such file"),
        ({"prepare_config": "nosuch.yaml"}, "--prepare_config nosuch.yaml: there is no such file"),
        ({"features": "nosuch.yaml"}, "--features nosuch.yaml: there is no such file"),
        ({"adapted": "PL"}, "--adapted PL: give codes of languages, as pl and pt-br"),
        ({"front_end": "letters"}, "--front_end letters: give phones or units"),
        ({"phones": "ipa"}, "--phones ipa: give by_language or shared"),
        ({"neighbours": 3}, "--neighbours 3: give 0, 1 or 2"),
        ({"begun": "mlms_two"}, "--begun mlms_two is none of --systems"),
        ({"systems": "mlms_rand mlms_two"}, "mlms_two.yaml: no such file"),
        ({"versions": "v5"}, "--versions v5: give some of v1, v2, v3 and v4"),
        ({"postfilter": "off"}, "--postfilter off: give a number, as 1.4"),
        ({"seeds": "0 x"}, "--seeds '0 x': give whole numbers, not negative"),
        ({"max_steps": 0}, "--max_steps 0: give a whole number, 1 or more"),
    ],
)
def test_what_is_refused_before_anything_runs(recipe, changes, told):
    errors = recipe.fail(expdir="exp/none", **changes)
    assert len(errors) == 1
    assert told in errors[0]
    assert not (recipe / "exp").exists()


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        ({}, "baseline:mlms_rand baseline:v2 baseline:v3 v2:v3"),
        ({"versions": "v1 v3"}, "baseline:mlms_rand baseline:v3"),
        ({"adapted": ""}, "baseline:mlms_rand"),
        ({"begun": "mlms_fixed", "versions": ""}, "baseline:mlms_fixed"),
    ],
)
def test_what_listeners_compare(recipe, options, pairs):
    assert recipe.asked(**options)["pairs"] == pairs


def test_units_have_a_model(recipe):
    assert "units_model" not in recipe.asked()
    assert recipe.asked(front_end="units")["units_model"] == "--units data/mini/lang/units.model"


def test_the_mini_corpora_have_few_sentences_of_new_languages(recipe):
    sizes = {
        "mailabs": {"sentences": 60, "adaptation_sentences": 28},
        "cmltts": {"sentences": 28},
    }
    calls = calls_of_make_mini(recipe, sizes)
    assert [call.split()[1] for call in calls] == ["mailabs", "cmltts"]


def test_other_mini_corpora_lie_elsewhere(recipe):
    sizes = "--mini_sentences 61 --mini_adaptation_sentences 312"
    found = recipe.settled(f"--corpus mini {sizes}", "$db_root $portuguese_root $data ${mini_mailabs[*]}")
    folder = "downloads/mini_61_312"
    counts = "--sentences 61 --adaptation_sentences 312"
    assert found == f"{folder}/mailabs {folder}/cmltts data/mini_61_312 {counts}"
    assert recipe.settled(f"--corpus mini {sizes} --seed 7", "$db_root") == "downloads/mini_s7_61_312/mailabs"


STUDIES = {
    "codes": ("mlms_rand mlms_onehot mlms_fixed", "0 1 2 3 4", "", "--baseline mlms_rand"),
    "bases": ("mlms_l1 mlms_l2 mlms_l4 mlms_rand", "0 1 2", "", "--baseline mlms_rand"),
    "amounts": (
        "mlms_rand",
        "0 1 2",
        "v2 v3",
        "--baseline mlms_rand " + " ".join(f"--baseline baseline_{count}" for count in (10, 30, 100, 300)),
    ),
}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("corpus", ["real", "mini"])
def test_what_a_study_trains(recipe, corpus, name):
    assert {path.stem for path in (recipe / "conf/studies").iterdir()} == STUDIES.keys()
    shown = recipe.settled(f"--corpus {corpus} --study {name}", "$systems/$seeds/$versions/${compared[*]}/$tag")
    *found, tag = shown.split("/")
    assert tuple(found) == STUDIES[name]
    assert tag == (f"mini_60_312_{name}" if (corpus, name) == ("mini", "amounts") else f"{corpus}_{name}")


@pytest.mark.parametrize("folder", ["conf", "conf/mini"])
def test_who_is_adapted_to_has_as_many_steps_as_who_is_trained_alone(recipe, folder):
    """In the study of amounts, at most, with the same patience, and the same rates as the one alone has."""
    lines = (recipe / folder / "studies/amounts.conf").read_text().splitlines()
    (options,) = [line.removeprefix("few_options=") for line in lines if line.startswith("few_options=")]
    alone, adapted = (
        parse(["--config", str(recipe / folder / f"{name}.yaml"), "--expdir", "x", *GIVEN, *options.split()])[1]
        for name in ("baseline_small", "adapt_v2")
    )
    assert to_dict(alone.trainer) == to_dict(adapted.trainer)
    assert to_dict(alone.optim) == to_dict(adapted.optim)


def test_utterances_of_a_new_language_by_count(recipe):
    newcomers = recipe.settled("--corpus mini --amounts '0 10'", "$(readers() { echo pl:nina ro:ion; } && newcomers)")
    assert newcomers == "pl:nina::0 pl:nina:_10:10 ro:ion::0 ro:ion:_10:10"
    assert recipe.asked(amounts="10")["pairs"] == "baseline:mlms_rand"


@pytest.mark.parametrize("changes", [{"versions": ""}, {"adapted": ""}])
def test_nothing_need_be_adapted(recipe, changes):
    """The plan is well; only the corpora are not there."""
    (error,) = recipe.fail("--stage", "data", expdir="exp/none", db_root="downloads/nosuch", **changes)
    assert "there is no such file or folder" in error
