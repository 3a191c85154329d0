"""egs/musdb18/svs1 without data: what its options ask for, and what is refused before anything runs."""

import pytest
from recipe_copy import Recipe

pytestmark = pytest.mark.recipe


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return Recipe(tmp_path_factory.mktemp("checkout"), "musdb18/svs1", {"corpus": "mini"})


@pytest.fixture
def songs(tmp_path):
    def make(*parts):
        for part in parts:
            (tmp_path / part).mkdir()
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"corpus": "musdb"}, "--corpus is real or mini, not 'musdb'"),
        ({"eval_part": "valid"}, "--eval_part is test or dev, not 'valid'"),
        ({"iterations": 0}, "--iterations 0: give a whole number, 1 or more"),
        ({"museval": "slow"}, "--museval slow: give fast or full"),
        ({"students": "large"}, "--students large: give SIZE:PERCENT, as large:25"),
        ({"students": ""}, "--students is empty: name some, as large:25, or leave DAMP out"),
        ({"seeds": "0 x"}, "--seeds '0 x': give whole numbers, not negative"),
        ({"labelled": "musdb18 foo"}, "--labelled 'musdb18 foo': give some of musdb18, mir1k and ccmixter"),
        ({"labelled": ""}, "--labelled is empty, and --stems has no folder train: name something to train on"),
        ({"unlabelled": "mir1k"}, '--unlabelled mir1k: give damp, or nothing: --unlabelled ""'),
        ({"unlabelled": "", "candidates": "medium_10s_p0_damp"}, "those that end in _damp need --unlabelled damp"),
        ({"iterations": 2, "students": "large:50"}, "--best large:25 is none of --students 'large:50'"),
        ({"iterations": 2, "unlabelled": ""}, "--iterations 2: rounds of self-training need --unlabelled damp"),
        ({"prepare_conf": "conf"}, "--prepare_conf conf/activity.yaml: it is to hold musdb18.yaml"),
        *[
            ({name: "nosuch"}, f"--{name} nosuch: there is no such folder")
            for name in ("db_root", "damp_root", "stems")
        ],
        ({"prepare_conf": "nosuch"}, "--prepare_conf nosuch: there is no such folder"),
        ({"students": "huge:25"}, "student_huge.yaml: no such file"),
        ({"candidates": "medium_1s_p0"}, "medium_1s_p0.yaml: no such file"),
        ({"teacher": "taecher"}, "taecher.yaml: no such file"),
    ],
)
def test_what_is_refused_before_anything_runs(recipe, changes, told):
    errors = recipe.fail(expdir="exp/none", **changes)
    assert any(told in error for error in errors), errors
    assert not (recipe / "exp").exists()


def test_that_damp_is_missing_is_told_before_the_other_corpora_are_downloaded(recipe):
    [told] = recipe.fail(corpus="real", db_root=".")
    assert told.startswith("error: DAMP-VSEP is not in ./damp; it is given to those who sign an agreement")


def test_songs_of_ones_own_are_trained_on_validated_with_and_scored(recipe, songs):
    """Each in the folder that says so; those for validation are what is scored for choices."""
    corpora = {"labelled": "musdb18", "unlabelled": ""}
    own = songs("train", "valid", "test")
    sets = recipe.asked(**corpora, stems=own)["sets"]
    assert sets == "musdb18_train stems_train musdb18_valid stems_valid musdb18_test stems_test"
    alone = corpora | {"labelled": ""}
    assert recipe.asked(**alone, stems=own)["sets"] == "stems_train musdb18_valid stems_valid musdb18_test stems_test"
    assert recipe.asked(**corpora)["sets"] == "musdb18_train musdb18_valid musdb18_test"


def test_what_the_plan_is_asked_for_without_damp(recipe, songs):
    """Those rows of Table 1 that need none of it; the songs for validation judge each training."""
    own = songs("valid", "musdb18", "mir1k")
    options = {"unlabelled": "", "candidates": "all", "eval_part": "dev", "stems": own, "db_root": own, "verbose": 2}
    [told, _] = recipe.fail("--stop_stage", "download", **options)
    assert told == f"error: {own}/ccmixter: there is no such folder; --db_root says where it lies"
    done = recipe.call("--stop_stage", "download", **options, labelled="musdb18 mir1k")
    assert done.returncode == 0, done.stderr
    assert "valid=dump/mini/musdb18_valid dump/mini/stems_valid" in done.stderr
    assert "set=musdb18_valid stems_valid" in done.stderr
    assert "'candidate=medium_2.5s_p0 medium_10s_p0 small_10s_p0'" in done.stderr
    assert "candidate_damp" not in done.stderr.replace("separated_candidate_damp", "")
