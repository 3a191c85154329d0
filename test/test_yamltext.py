"""YAML from anywhere: what is plain is read as PyYAML reads it, bombs and tricks are refused with their line."""

import time

import pytest
import yaml

from audiolab.errors import AudiolabError
from audiolab.yamltext import parse_yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
"""``a9`` stands for 10¹⁰ letters."""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: 1\nb: {c: [1, 2.5, -3e-2, .inf], d: 'x: y', e: null, f: ~, g: yes}\n",
        "a: |\n  two\n  lines\nb: >-\n  one\n  line\n? c\n: 2020-01-02\n",
        "a: &x {p: 1, q: [2]}\nb: *x\nc: {<<: *x, q: 3}\nd: [&y 5, *y]\n",
        "a: !!str 5\nb: !!int 5\nc: ! 5\nd: !!map {}\ne: !!float 1.5\n",
        "1: x\n0x10: y\ntrue: z\n",
    ],
)
def test_plain_yaml_is_read_as_pyyaml_reads_it(text):
    assert parse_yaml(text, "f")[0] == yaml.safe_load(text)


def test_lines_of_keys():
    assert parse_yaml("a: 1\n\nb:\n  c: 2\n  d: [{e: 3}]\n", "f")[1] == [
        (("a",), 1), (("b",), 3), (("b", "c"), 4), (("b", "d"), 5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, ": not valid YAML: too large; its aliases stand for more than 65536 characters"),
        ("a: &a [1, *a]\n", "f:1: not valid YAML: the alias 'a' stands within what it stands for"),
        ("a: *b\n", "f:1: not valid YAML: found undefined alias"),
        ("a:\n  " + "[" * 5000, "f:2: not valid YAML: more than 50 sections or lists in one another"),
        ("a:\n" + "".join(f"{' ' * n}b:\n" for n in range(1, 500)), "f:50: not valid YAML: more than 50"),
        ("a: !!bool maybe\n", "f:1: not valid YAML: the tag 'tag:yaml.org,2002:bool' cannot stand before this value"),
        ("a: !!set {x}\n", "f:1: not valid YAML: the tag 'tag:yaml.org,2002:set'"),
        ("a: !!timestamp x\n", "f:1: not valid YAML: the tag"),
        ("a: !!binary '!'\n", "f:1: not valid YAML: the tag"),
        ("a: !!int x\n", "f:1: not valid YAML: the tag"),
        ("a: !!python/name:os.system x\n", "f:1: not valid YAML: the tag"),
        ("a: 1\nb: [{c: 1, c: 2}]\n", "f:2: key 'c' is given twice"),
        (f"a: {'9' * 5000}\n", "f:1: not valid YAML: a number of 5000 characters"),
        (f"a: 1{':59' * 9000}\n", "f:1: not valid YAML: a number of 27001 characters"),
        ("a: 2020-02-30\n", "f: not valid YAML: day is out of range"),
        ("a: =\n", "f:1: not valid YAML: could not determine a constructor"),
        ("a: 1\nb: \x07\n", "f:2: not valid YAML: the character U+0007"),
        ("{a: 1}: 2\n", "f:1: a key is a single word"),
        ("a: 1\n--- \nb: 2\n", "f:2: not valid YAML: but found another document"),
    ],
)
def test_what_is_refused_is_refused_at_once(text, message):
    begin = time.process_time()
    with pytest.raises(AudiolabError) as caught:
        parse_yaml(text, "f")
    assert message in str(caught.value)
    assert time.process_time() - begin < 1


def test_aliases_may_stand_for_some_values():
    tree, _ = parse_yaml(f"a: &a {'x' * 1000}\nb: [{', '.join(['*a'] * 65)}]\n", "f")
    assert tree["b"] == ["x" * 1000] * 65
