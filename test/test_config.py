"""Configs: precedence, types, and messages that name the file, the line and the nearest key."""

from dataclasses import dataclass
from typing import Literal

import pytest

from audiolab.config import from_dict, load_yaml, option, parse, save_yaml, to_dict
from audiolab.errors import AudiolabError


@dataclass
class Inner:
    rate: float = option(1.5, "a rate", "Hz")
    mode: Literal["fast", "exact"] = "fast"
    sizes: list[int] = option(lambda: [1, 2], "sizes")
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self):
        if self.low > self.high:
            raise ValueError("low is above high")
        if len(self.sizes) > 2:
            raise ValueError("that is too much")


@dataclass
class Outer:
    steps: int = option(help="how many")
    inner: Inner = option(Inner)
    limit: float | None = None
    name: str = "x"
    flag: bool = False

    def __post_init__(self):
        if self.steps < 0:
            raise ValueError("steps must not be negative")


def write(folder, text, name="c.yaml"):
    (folder / name).write_text(text)
    return str(folder / name)


def test_command_line_goes_over_yaml_over_defaults(tmp_path):
    path = write(tmp_path, "steps: 3\ninner:\n  rate: 1e-4\n  sizes: [5]\n")
    config = parse(Outer, ["--config", path, "--inner.mode", "exact", "--inner.sizes", "7", "8", "--limit", "2"])
    assert config == Outer(3, Inner(1e-4, "exact", [7, 8]), 2.0)
    assert isinstance(config.limit, float)


def test_saved_config_gives_the_same_config(tmp_path):
    config = Outer(2, Inner(0.1, sizes=[]), None, "null", True)
    save_yaml(config, tmp_path / "saved.yaml")
    assert parse(Outer, ["--config", str(tmp_path / "saved.yaml")]) == config
    assert from_dict(Outer, to_dict(config)) == config


@pytest.mark.parametrize(
    ("text", "argv", "message"),
    [
        ("steps: 1\ninner:\n  rte: 2\n", [], "c.yaml:3: unknown key 'inner.rte'; did you mean 'rate'?"),
        ("steps: 1\nstpes: 2\n", [], "c.yaml:2: unknown key 'stpes'; did you mean 'steps'?"),
        ("steps: 1.5\n", [], "c.yaml:1: 'steps' must be int, not 1.5"),
        ("steps: true\n", [], "c.yaml:1: 'steps' must be int, not True"),
        ("steps: 1\ninner: 4\n", [], "c.yaml:2: 'inner' is a section of keys, not 4"),
        ("steps: 1\ninner:\n  sizes: 3\n", [], "c.yaml:3: 'inner.sizes' must be list of int, not 3"),
        ("steps: 1\ninner: {mode: fats}\n", [], "c.yaml:2: 'inner.mode' is 'fats'; did you mean 'fast'?"),
        ("steps: 1\nsteps: 2\n", [], "c.yaml:2: key 'steps' is given twice"),
        ("name: a\n", [], "c.yaml: 'steps' must be given: how many"),
        ("- 1\n", [], "c.yaml:1: a config is a mapping"),
        ("a: [1\n", [], "not valid YAML"),
        ("[steps, name]: 1\n", [], "c.yaml:1: a key is a single word"),
        ("steps: 2020-13-01\n", [], "not valid YAML: month must be in 1..12"),
        ("", ["--steps", "2020-13-01"], "--steps must be int, not '2020-13-01'"),
        ("steps: 1\ninner: {rate: .nan}\n", [], "c.yaml:2: 'inner.rate' must be float, not nan"),
        ("steps: 1\n", ["--inner.rate", "inf"], "'inner.rate' must be float, not 'inf'"),
        ("steps: 1\ninner: 4\n", ["--inner.rate", "2"], "c.yaml:2: 'inner' is a section of keys, not 4"),
        ("base:\nsteps: 1\n", [], "c.yaml:1: base is None, which is no file"),
        ("steps: 1\nbase: none.yaml\n", [], "c.yaml:2: base is 'none.yaml', which is no file"),
        ("steps: 1\n", ["--flag", "yes please"], "'flag' must be true|false"),
        ("steps: 1\n", ["--inner.raet", "2"], "unknown argument '--inner.raet'; did you mean '--inner.rate'?"),
        ("steps: -1\n", [], "c.yaml:1: steps must not be negative"),
        ("name: a\nsteps: 1\n", ["--steps", "-2"], "--steps: steps must not be negative"),
        ("steps: 1\ninner:\n  low: 3.0\n", [], "c.yaml:3: inner: low is above high"),
        (
            "steps: 1\ninner:\n  low: 3.0\n",
            ["--inner.high", "2"],
            "c.yaml:3 and --inner.high: inner: low is above high",
        ),
        ("steps: 1\ninner:\n  rate: 1.0\n", ["--inner.low", "3"], "--inner.low: inner: low is above high"),
        ("steps: 1\ninner:\n  rate: 1.0\n  sizes: [1, 2, 3]\n", [], "c.yaml:2: inner: that is too much"),
        ("steps: 1\n", ["--inner.mode", "fats"], "--inner.mode: 'inner.mode' is 'fats'; did you mean 'fast'?"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, argv, message):
    path = write(tmp_path, text)
    with pytest.raises(AudiolabError) as error:
        parse(Outer, ["--config", path, *argv], prog="train")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_help_shows_meaning_unit_and_default(capsys):
    with pytest.raises(SystemExit):
        parse(Outer, ["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "a rate [Hz] (default: 1.5)" in shown
    assert "sizes (default: [1, 2])" in shown
    assert "how many --inner.rate FLOAT a rate" in shown  # required: no default


def test_missing_config_is_named(tmp_path):
    with pytest.raises(AudiolabError, match=r"none\.yaml: cannot read"):
        parse(Outer, ["--config", str(tmp_path / "none.yaml")])


def test_yaml_can_run_no_code(tmp_path):
    path = write(tmp_path, "steps: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(AudiolabError, match="not valid YAML"):
        load_yaml(path)


def test_base_gives_what_is_not_given(tmp_path):
    write(tmp_path, "steps: 3\ninner:\n  rate: 2.0\n  mode: exact\n", "base.yaml")
    path = write(tmp_path, "base: base.yaml\ninner:\n  rate: 4.0\n")
    assert parse(Outer, ["--config", path]) == Outer(3, Inner(4.0, "exact"))


def test_an_empty_section_leaves_the_base_as_it_is(tmp_path):
    write(tmp_path, "steps: 3\ninner:\n  rate: 2.0\n", "base.yaml")
    path = write(tmp_path, "base: base.yaml\ninner:\n  # rate: 4.0\n")
    assert parse(Outer, ["--config", path]) == Outer(3, Inner(2.0))
    assert parse(Outer, ["--config", path, "--inner.mode", "exact"]) == Outer(3, Inner(2.0, "exact"))


def test_base_keeps_its_own_lines_in_messages(tmp_path):
    write(tmp_path, "steps: 3\ninner:\n  rate: high\n", "base.yaml")
    path = write(tmp_path, "base: base.yaml\n")
    with pytest.raises(AudiolabError, match=r"base\.yaml:3: 'inner.rate' must be float"):
        parse(Outer, ["--config", path])


def test_base_that_is_its_own_is_refused(tmp_path):
    write(tmp_path, "base: c.yaml\n", "base.yaml")
    path = write(tmp_path, "base: base.yaml\n")
    with pytest.raises(AudiolabError, match="is based on itself"):
        parse(Outer, ["--config", path])
