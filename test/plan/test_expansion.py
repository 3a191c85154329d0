"""Phases as jobs: values of axes, folders of other phases, waves, and all that is wrong at once."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.plan.expansion import Plan
from audiolab.plan.phases import Phase, Phases

STAGE = {"stage": "3:train"}
SETTINGS = {"exp": "my exp", "options": "--a 'b c'"}


def plan(phases, axes, targets, kinds=None, words=None, settings=SETTINGS):
    kinds = kinds or {"seed": "number", "source:target": "name", "config": "file"}
    return Plan(Phases("phases.yaml", kinds, words or {}, {p.name: p for p in phases}), settings, axes, targets)


def train(name, arguments="", **changes):
    return Phase(name, "train", "3:train", **{"over": ("seed",), "folder": f"{{exp}}/{name}_s{{seed}}"} | changes,
                 arguments=arguments)  # fmt: skip


def words(made, name):
    return [job.words for job in made.jobs.values() if job.phase.name == name]


def test_placeholders_are_filled_in_after_words_are_apart():
    phase = train(
        "a", "--config {config:stem} --dir {folder} {*options} {both} '{phase} {seed}'", over=("config", "seed")
    )
    made = plan([phase], {"config": ["conf/x.yaml"], "seed": ["0", "1"]}, ["a"], words={"both": "-b {seed}"})
    assert words(made, "a") == [
        ["--config", "x", "--dir", f"my exp/a_s{seed}", "--a", "b c", "-b", seed, f"a {seed}"] for seed in "01"
    ]


def test_parts_of_a_value():
    phase = train("a", "{source} {target}", over=("source:target",), folder="{source}-{target}")
    made = plan([phase], {"source:target": ["A:B", "C:D"]}, ["a"])
    assert words(made, "a") == [["A", "B"], ["C", "D"]]


def test_a_folder_is_that_of_the_same_values_and_makes_a_need():
    made = plan([train("a"), train("b", "{a}")], {"seed": ["0", "1"]}, ["b"])
    assert words(made, "b") == [["my exp/a_s0"], ["my exp/a_s1"]]
    assert made.jobs["b", (("seed", "1"),)].needs == {("a", (("seed", "1"),)): None}


def test_several_folders():
    phases = [train("a"), train("all", "{*a}", over=(), folder="x"), train("one", "{a:first}", over=(), folder="y")]
    made = plan(phases, {"seed": ["0", "1"]}, ["all", "one"])
    assert words(made, "all") == [["my exp/a_s0", "my exp/a_s1"]]
    assert words(made, "one") == [["my exp/a_s0"]]
    assert len(made.jobs["one", ()].needs) == 1
    with pytest.raises(AudiolabError, match=r"b: there are 2 jobs of a; write \{a:first\} or \{\*a\}"):
        plan([train("a"), train("b", "{a}", over=(), folder="x")], {"seed": ["0", "1"]}, ["b"])


def test_only_what_is_asked_for_is_made_and_what_an_axis_names_is_needed():
    phases = [
        train("a"),
        train("b"),
        train("c", over=("method", "seed"), needs=("{method}",), folder="{method}_c{seed}"),
    ]
    made = plan(phases, {"seed": ["7"], "method": ["b"]}, ["c"], {"seed": "number", "method": ("a", "b")})
    assert [key[0] for key in made.jobs] == ["c", "b"]
    made = plan(phases, {"seed": ["7"], "method": ["all"]}, ["c"], {"seed": "number", "method": ("a", "b")})
    assert sorted(key[0] for key in made.jobs) == ["a", "b", "c", "c"]


def test_waves_are_as_early_as_can_be_and_verbs_stand_together():
    """Against the longest path to each job; what another stage makes counts as made."""
    phases = [train("a"), train("b", "{a}"), train("c", "{a} {b}"), train("d"), train("e", "{d}")]
    phases.append(Phase("rank", "rank_domains", "3:train", ("seed",), "{exp}/r{seed}", "{a}"))
    phases.append(Phase("apply", "enhance", "4:infer", ("seed",), "{exp}/e{seed}", "{a} {c} {rank} {e}"))
    made = plan(phases, {"seed": ["0", "1"]}, ["apply"])

    def depth(key):
        return 1 + max(map(depth, made.jobs[key].needs), default=0)

    waves = made.waves("train")
    found = {(j.phase.name, j.values["seed"]): n for n, wave in enumerate(waves, 1) for j in wave}
    assert found == {(key[0], job.values["seed"]): depth(key) for key, job in made.jobs.items() if key[0] != "apply"}
    for wave in waves:
        verbs = [job.phase.verb for job in wave]
        assert [v for n, v in enumerate(verbs) if n == 0 or verbs[n - 1] != v] == list(dict.fromkeys(verbs))
    assert [len(wave) for wave in made.waves("infer")] == [2]
    assert {job.phase.name for job in made.needed_from("infer")} == {"a", "c", "rank", "e"}
    assert made.needed_from("train") == []


def test_all_that_is_wrong_is_told_at_once():
    phases = [train("a", "{nix} --config no.yaml"), train("b", needs=("aa", "a")), train("c", folder="same")]
    phases.append(Phase("d", "rnak", "3:train", (), "d"))
    with pytest.raises(AudiolabError) as error:
        plan(phases, {"seed": ["0", "1"]}, ["b", "c", "d"])
    for told in (
        "a: unknown {nix}; ", "b needs unknown phase 'aa'", "a: no.yaml: no such file", "same would be made twice by c",
        "d: there is no command audiolab.bin.rnak",
    ):  # fmt: skip
        assert told in str(error.value)


@pytest.mark.parametrize(
    ("phases", "axes", "targets", "told"),
    [
        ([train("a", "{b}"), train("b", "{a}")], {"seed": ["0"]}, ["a"], "phases wait for each other: "),
        ([train("a")], {"seed": ["x"]}, ["a"], "seed 'x': give whole numbers"),
        ([train("a")], {}, ["a"], "a is over 'seed', of which no values are given"),
        ([train("a")], {"sed": ["0"]}, ["a"], "there is no axis 'sed'; did you mean 'seed'?"),
        ([train("abc")], {"seed": ["0"]}, ["abd"], "there is no phase 'abd'; did you mean 'abc'?"),
        ([train("a", "--x 'y")], {"seed": ["0"]}, ["a"], "a: a quote that does not end: --x 'y"),
        ([train("a", "{seed:stm}")], {"seed": ["0"]}, ["a"], "{seed:stm} means nothing"),
    ],
)
def test_what_cannot_be_is_told(phases, axes, targets, told):
    with pytest.raises(AudiolabError) as error:
        plan(phases, axes, targets)
    assert told in str(error.value)


def test_words_in_a_circle():
    with pytest.raises(AudiolabError, match="words stand in one another in a circle"):
        plan([train("a", "{x}")], {"seed": ["0"]}, ["a"], words={"x": "{y}", "y": "{x}"})


def test_the_value_of_an_axis_is_given_by_the_phase():
    phases = [train("a", over=("config", "seed"), folder="{config:stem}_{seed}")]
    phases.append(train("b", "{a}", folder="b{seed}", where={"config": "{chosen}"}))
    axes = {"config": ["conf/x.yaml", "conf/y.yaml"], "seed": ["0"]}
    made = plan(phases, axes, ["b"], settings=SETTINGS | {"chosen": "conf/y.yaml"})
    assert words(made, "b") == [["y_0"]]


def test_what_is_listed_lies_in_one_folder_each():
    phases = [train(name, folder="same", over=(), listed={"dir": "{folder}"}) for name in "ab"]
    with pytest.raises(AudiolabError, match=r"^same would be made 2 times$"):
        plan(phases, {}, ["a", "b"])


def test_a_yaml_in_a_jobs_own_folder_is_made_by_it():
    """It need not be there before; one beside the folder must."""
    made = plan([train("a", "--out {folder}/about.yaml", folder="a", over=())], {}, ["a"])
    assert [job.reads for job in made.jobs.values()] == [[]]
    with pytest.raises(AudiolabError, match=r"^b: bb/about\.yaml: no such file$"):
        plan([train("b", "--config bb/about.yaml", folder="b", over=())], {}, ["b"])


def test_rows_of_what_is_only_listed_may_share_a_folder():
    """Such as several pairs of speakers that one data dir has."""
    phases = [train("a", folder="same", over=())]
    phases.append(Phase("pair", over=("seed",), listed={"pair": "{seed}", "dir": "{a}"}))
    made = plan(phases, {"seed": ["0", "1"]}, ["pair"])
    assert [job.listed for job in made.jobs.values() if job.listed] == [
        {"pair": "0", "dir": "same"}, {"pair": "1", "dir": "same"}
    ]  # fmt: skip


def in_rounds(**changes):
    """A student learns from labels, which the student of the round before makes, or at first a teacher."""
    return [
        train("teacher"),
        train("labels", "--model {student:before:teacher}", over=("round", "seed"), folder="labels_{round}_s{seed}")
        if not changes else train("labels", "--model {student:before:teacher}", **changes),
        train("student", "{labels}", over=("round", "seed"), folder="student_{round}_s{seed}"),
    ]  # fmt: skip


KINDS = {"seed": "number", "round": "rounds", "size": "name"}


def test_a_round_stands_on_the_one_before():
    made = plan(in_rounds(), {"seed": ["3"], "round": ["1", "2", "3"]}, ["student"], KINDS)
    assert words(made, "labels") == [["--model", "my exp/teacher_s3"]] + [
        ["--model", f"student_{number}_s3"] for number in "12"
    ]
    waves = [[job.folder for job in wave] for wave in made.waves("train")]
    folders = ["labels_1_s3", "student_1_s3", "labels_2_s3", "student_2_s3", "labels_3_s3", "student_3_s3"]
    assert waves == [["my exp/teacher_s3"], *([folder] for folder in folders)]


def test_a_later_round_alone_needs_all_before_it():
    phases = [*in_rounds(), Phase("last", "train", "3:train", ("seed",), "last", "{student}", where={"round": "2"})]
    made = plan(phases, {"seed": ["0"], "round": ["1", "2", "3"]}, ["last"], KINDS)
    assert sorted(job.folder for job in made.jobs.values()) == [
        "labels_1_s0", "labels_2_s0", "last", "my exp/teacher_s0", "student_1_s0", "student_2_s0",
    ]  # fmt: skip


def test_one_of_several_students_makes_the_labels_of_the_next_round():
    phases = in_rounds(over=("round", "seed"), folder="labels_{round}_s{seed}", where={"size": "large"})
    phases[2] = train("student", "{labels}", over=("size", "round", "seed"), folder="{size}_{round}_s{seed}")
    axes = {"seed": ["0"], "round": ["1", "2"], "size": ["small", "large"]}
    made = plan(phases, axes, ["student"], KINDS)
    assert words(made, "labels") == [["--model", "my exp/teacher_s0"], ["--model", "large_1_s0"]]
    assert words(made, "student") == [["labels_1_s0"], ["labels_2_s0"]] * 2
    del phases[1]
    phases.append(train("labels", "{student:before:teacher}", over=("round", "seed"), folder="l_{round}_s{seed}"))
    with pytest.raises(AudiolabError, match="labels: there are 2 jobs of student, of which one is wanted"):
        plan(phases, axes, ["student"], KINDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{student:before}", r"labels: write \{PHASE:before:OTHER\}"),
        ("{student:first:teacher}", r"labels: write \{PHASE:before:OTHER\}"),
        ("{studnet:before:teacher}", "labels: unknown phase 'studnet'; did you mean 'student'"),
        ("{student:before:taecher}", "labels: unknown phase 'taecher'; did you mean 'teacher'"),
        ("{teacher:before:teacher}", "both phases must be over one axis of rounds"),
    ],
)
def test_what_is_wrong_about_rounds(text, message):
    phases = in_rounds()
    phases[1] = train("labels", text, over=("round", "seed"), folder="labels_{round}_s{seed}")
    with pytest.raises(AudiolabError, match=message):
        plan(phases, {"seed": ["0"], "round": ["1"]}, ["labels"], KINDS)


def test_rounds_are_numbers():
    with pytest.raises(AudiolabError, match="round 'x': give whole numbers"):
        plan(in_rounds(), {"seed": ["0"], "round": ["x"]}, ["student"], KINDS)
