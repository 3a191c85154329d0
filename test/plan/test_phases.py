"""Reading what a recipe makes: what is wrong with the file or with the values of axes is told."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.plan.phases import axis_problems, read_phases

GOOD = """
axes: {seed: number, method: [a, b]}
words: {run: --expdir X}
phases:
  a: {stage: 3:train, verb: train, over: seed, folder: "{exp}/a", arguments: "{run}", needs: [b]}
  b: {listed: {system: b}}
"""


def test_a_file_is_read(tmp_path):
    (tmp_path / "phases.yaml").write_text(GOOD)
    read = read_phases(tmp_path / "phases.yaml")
    assert read.axes == {"seed": "number", "method": ("a", "b")}
    assert read.words == {"run": "--expdir X"}
    phase = read.phases["a"]
    assert (phase.over, phase.needs, phase.reads, phase.folder) == (("seed",), ("b",), (), "{exp}/a")
    assert (phase.stage_name, phase.made_by) == ("train", "stage 3 (train)")
    assert read.phases["b"].listed == {"system": "b"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("words:", "wrds:", "phases.yaml:3: unknown key 'wrds'; did you mean 'words'?"),
        (
            "seed: number",
            "seed: nmber",
            "axis 'seed' is 'nmber'; give one of number, name, file, rounds, or its values",
        ),
        ("over: seed", "over: sed", "a is over unknown axis 'sed'; did you mean 'seed'?"),
        ("needs:", "nedes:", "phases.yaml:5: phase 'a' has an unknown key 'nedes'; did you mean 'needs'?"),
        ("stage: 3:train, ", "", "phase 'a' has a verb; give its folder and its stage, as 3:train, too"),
        ("3:train", "train", "phase 'a' has a verb; give its folder and its stage, as 3:train, too"),
        ("{listed: {system: b}}", "{folder: x}", "phase 'b' has no verb"),
        ("{listed: {system: b}}", "1", "phases.yaml:6: phase 'b' is 1; give its verb, folder and arguments"),
        ("{run: --expdir X}", "[1]", "'words' is [1]; give names with what they are"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, old, new, told):
    assert old in GOOD
    (tmp_path / "phases.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(AudiolabError) as error:
        read_phases(tmp_path / "phases.yaml")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("axis", "known", "values", "told"),
    [
        ("seed", "number", ["0", "12"], []),
        ("seed", "number", ["0", "-1"], ["seed '0 -1': give whole numbers, not negative"]),
        ("set", "name", ["a", "b", "a"], ["set a is named 2 times; name each once"]),
        ("set", "name", ["../a"], ["set: the id '../a' has a '/' in it, and files are named by ids"]),
        ("set", "name", [], ["no set is given"]),
        ("method", ("source", "dann"), ["sorce"], ["unknown method 'sorce'; did you mean 'source'?"]),
        ("method", ("source", "dann"), [], ["no method; known are: dann, source"]),
        ("config", "file", ["conf/a.yaml"], []),
        ("source:target", "name", ["A:B"], []),
        ("source:target", "name", ["A-B"], ["source:target 'A-B' is not SOURCE:TARGET"]),
        ("source:target", "name", ["A:A"], ["source:target 'A:A' is not SOURCE:TARGET"]),
        ("source:target", "name", ["A:"], ["source:target 'A:' is not SOURCE:TARGET"]),
        ("a:b:c", "name", ["A:A:C", "A::", "A:B:"], []),
        ("a:b:c", "name", [":B:C", "A:B"], ["a:b:c ':B:C' is not A:B:C", "a:b:c 'A:B' is not A:B:C"]),
    ],
)
def test_values_of_an_axis(axis, known, values, told):
    assert axis_problems(axis, known, values) == told
