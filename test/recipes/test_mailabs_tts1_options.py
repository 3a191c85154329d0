"""egs/mailabs/tts1 without data: what options ask for, and what is refused before anything runs."""

import pytest
from recipe_copy import Recipe, calls_of_make_mini

pytestmark = pytest.mark.recipe


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


@pytest.mark.parametrize("changes", [{"versions": ""}, {"adapted": ""}])
def test_nothing_need_be_adapted(recipe, changes):
    """The plan is well; only the corpora are not there."""
    (error,) = recipe.fail("--stage", "data", expdir="exp/none", db_root="downloads/nosuch", **changes)
    assert "there is no such file or folder" in error
