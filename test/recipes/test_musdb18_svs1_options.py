"""egs/musdb18/svs1 without data: what its options ask for, and what is refused before anything runs."""

import pytest
from recipe_copy import Recipe

from audiolab.config import load_yaml

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
        ({"by_chance": "large"}, "--by_chance large: give SIZE:PERCENT, as large:25"),
        ({"least_gain": "much"}, "--least_gain much: give a number of dB, or -inf"),
        ({"continued": "huge"}, "student_huge.yaml: no such file"),
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


def study(recipe, name, folder):
    """Return what a study trains, by its options: name of the option -> its words."""
    names = ("students", "by_chance", "controls", "continued", "candidates", "iterations", "least_gain", "best")
    names = (*names, "seeds")
    corpus = "mini" if folder == "conf/mini" else "real"
    shown = recipe.settled(f"--corpus {corpus} --study {name}", "|".join(f"${each}" for each in names))
    return dict(zip(names, map(str.split, shown.split("|"))))


@pytest.fixture
def steps(recipe):
    def steps(folder, name):
        return load_yaml(recipe / folder / f"{name}.yaml")[0]["trainer"]["max_steps"]

    return steps


@pytest.mark.parametrize("folder", ["conf", "conf/mini"])
def test_labels_are_held_against_controls_of_as_many_steps(recipe, steps, folder):
    """Of the student alone, and of all that it stands on."""
    trained = study(recipe, "labels", folder)
    own = {size: steps(folder, f"student_{size}") for size in ("large", "medium")}
    teacher = steps(folder, "teacher")
    assert {each.split(":")[0] for each in trained["students"]} == {"large", "medium"}
    assert own["large"] == own["medium"]
    assert trained["controls"] == ["large", "large_x2"]
    assert steps(folder, "student_large_x2") == teacher + own["large"]
    assert trained["continued"] == ["medium"]
    network = "system_conf"
    assert (
        load_yaml(recipe / folder / "student_medium.yaml")[0][network]
        == (load_yaml(recipe / folder / "teacher.yaml")[0][network])
    )
    assert teacher + steps(folder, "student_medium") == steps(folder, "student_large_x2")
    assert trained["seeds"] == ["0", "1", "2"]


@pytest.mark.parametrize("folder", ["conf", "conf/mini"])
def test_chosen_labels_are_held_against_as_many_by_chance(recipe, folder):
    trained = study(recipe, "filter", folder)
    assert trained["by_chance"] == ["large:50", "large:25"]
    assert trained["students"] == ["large:100", *trained["by_chance"]]
    assert (trained["controls"], trained["seeds"]) == (["large"], ["0", "1", "2"])
    compared = recipe.settled(f"--corpus mini --study filter --conf {folder}", "${compared[*]}").split()[1::2]
    assert compared[:3] == ["mixture", "teacher", "control_large"]
    assert compared[3:] == ["drawn_large_50_1", "drawn_large_25_1", "student_large_100_1"]


@pytest.mark.parametrize("folder", ["conf", "conf/mini"])
def test_each_round_is_held_against_a_control_of_as_many_steps(recipe, steps, folder):
    """All rounds are gone through, whatever validation says."""
    trained = study(recipe, "rounds", folder)
    assert (trained["iterations"], trained["least_gain"]) == (["3"], ["-inf"])
    assert trained["students"] == trained["best"]
    together = [steps(folder, "teacher") + number * steps(folder, "student_large") for number in (1, 2, 3)]
    assert [steps(folder, f"student_{size}") for size in trained["controls"]] == together
    assert trained["seeds"] == ["0", "1", "2"]


def test_labels_of_tracks_that_do_not_bleed_are_held_against_the_tracks(recipe, steps):
    trained = study(recipe, "bleeding", "conf/mini")
    assert trained["candidates"] == ["student_large_damp"]
    assert steps("conf/mini", "student_large_damp") == steps("conf/mini", "student_large")
    assert set(trained["students"]) < set(study(recipe, "labels", "conf/mini")["students"])
    shown = recipe.settled("--corpus mini --study bleeding", "$damp_root|$data|$expdir|${compared[*]}").split("|")
    assert shown[:3] == ["downloads/mini/damp_dry", "data/mini_dry", "exp/mini_dry_bleeding"]
    assert shown[3].endswith("--baseline student_large_damp --baseline student_large_100_1")


def test_a_study_sets_options_that_others_go_before(recipe):
    assert (
        recipe.settled("--corpus mini --study rounds --seeds 5", "$seeds/$expdir/$iterations") == "5/exp/mini_rounds/3"
    )
    (told,) = recipe.fail(study="wheels")
    assert told.startswith("error: --study wheels: there is no conf/mini/studies/wheels.conf; there are: ")
    assert told.endswith("bleeding filter labels rounds")
