"""utils/parse_options.sh, sourced by scripts as recipes do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

UTILS = Path(__file__).parents[2] / "utils"
SCRIPT = f"""#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
nj=4       # jobs at a time
resume=true
tag=       # the experiment's name: --tag="a b"
names="a b # c" # a list
learning_rate=0.1
list=false
help_message="Usage: recipe.sh"
  indented=1
. {UTILS}/parse_options.sh
later=1
printf '%s\\n' "nj=$nj" "resume=$resume" "tag=$tag" "rate=$learning_rate" "list=$list" "home=$HOME" "$@"
printf 'scratch=%s\\n' "$(compgen -v _po_ || true)$(compgen -A function _po_ || true)"
printf 'given=%s\\n' "${{PARSED_OPTIONS[*]}}"
"""


@pytest.fixture
def recipe(tmp_path):
    script = tmp_path / "recipe" / "recipe.sh"
    script.parent.mkdir()
    script.write_text(SCRIPT)

    def run(*args, **env):
        command = ["bash", "recipe/recipe.sh", *args]
        environment = {**os.environ, **env}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=10)

    return run


def values(done):
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def error(done):
    """Return the one line of a refusal."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: recipe.sh: ")
    return line


def test_forms_of_an_option(recipe):
    for args in (["--learning-rate", "2"], ["--learning_rate", "2"], ["--learning-rate=2"], ["--learning_rate=2"]):
        assert values(recipe(*args))["rate"] == "2"


def test_defaults_rest_and_cleanliness(recipe):
    done = recipe("--nj", "-3", "--tag", "", "a b", "--nj", "9")
    assert values(done) | {"nj": "-3", "tag": "", "scratch": "", "given": "--nj -3 --tag "} == values(done)
    assert done.stdout.splitlines()[6:9] == ["a b", "--nj", "9"]
    assert "--nj" in recipe("--", "--nj").stdout.splitlines()


@pytest.mark.parametrize(
    "value", ["$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "x[$(touch pwned)]", "a'b\"\\"]
)
def test_values_are_never_evaluated(recipe, tmp_path, value):
    assert values(recipe("--tag", value))["tag"] == value
    assert values(recipe(f"--tag={value}"))["tag"] == value
    (tmp_path / "recipe" / "options").write_text(f"tag={value}!")
    assert values(recipe("--config", "options"))["tag"] == f"{value}!"
    error(recipe("--nj", value))
    error(recipe(f"--{value}", "1"))
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--tag"], "--tag needs a value"),
        (["--tag", "--nj", "3"], "--tag needs a value"),
        (["--nj", "abc"], "--nj takes an integer, not 'abc'"),
        (["--nj", "3.5"], "--nj takes an integer"),
        (["--nj", "08"], "--nj takes an integer"),
        (["--nj", ""], "--nj takes an integer"),
        (["--resume", "yes"], "--resume takes true or false, not 'yes'"),
        (["--resume", "--nj", "3"], "--resume needs a value"),
        (["--list", "all"], "--list takes true or false, not 'all'"),
        (["--lerning-rate", "1"], "unknown option --lerning-rate; did you mean '--learning_rate'?"),
        (["-nj", "3"], "unknown option -nj; did you mean '--nj'?"),
        (["--zzzzzzzz", "1"], "known are: --nj, --resume, --tag, --names, --learning_rate, --list"),
        (["--config", "nosuch"], "cannot read the file 'nosuch'"),
    ],
)
def test_refusals(recipe, args, message):
    assert message in error(recipe(*args))


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "IFS", "BASH_ENV", "_po_names", "_po_default", "inherited", "indented", "later"]
)
def test_only_what_the_script_assigns_above_is_an_option(recipe, name):
    assert f"unknown option --{name}" in error(recipe(f"--{name}", "1", inherited="0", later="0"))


def test_options_may_have_any_name(tmp_path):
    """What parse_options.sh needs for itself hides no variable of the script, and takes no option's value."""
    text = (UTILS / "parse_options.sh").read_text()
    words = set(re.findall(r"[a-z][a-z0-9_]*", text)) - {"config", "help", "help_message", "list"}
    names = sorted(word for word in words if not word.startswith("_"))
    assert len(names) > 100
    echo = "\n".join(f"echo {name}=${name}" for name in names)
    assigned = "\n".join(f"{name}=before" for name in names)
    (tmp_path / "recipe.sh").write_text(f"set -euo pipefail\n{assigned}\n. {UTILS}/parse_options.sh\n{echo}\n")
    (tmp_path / "options").write_text("".join(f"{name}=config\n" for name in names[::2]))
    given = [word for name in names[::3] for word in (f"--{name}", "given")]
    command = ["bash", "recipe.sh", "--config", "options", *given]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    wanted = dict.fromkeys(names, "before") | dict.fromkeys(names[::2], "config") | dict.fromkeys(names[::3], "given")
    assert values(done) == wanted


def test_an_inherited_variable_does_not_disturb(recipe):
    assert values(recipe(_po_default="x", _po_names="y", nj="7", IFS=":"))["nj"] == "4"


def test_config_comes_first_and_names_its_faults(recipe, tmp_path):
    config = tmp_path / "recipe" / "options"
    config.write_bytes(b'# comment\r\n\r\nnj=7\r\ntag="no $(value)"')
    for args in (["--config=options"], ["--nj", "2", "--config", "options"]):
        done = values(recipe(*args))
        assert done["tag"] == "no $(value)"
        assert done["nj"] == ("2" if "--nj" in args else "7")
    for text, message in {
        "nj=1\nnjj=2\n": "options:2: unknown option njj; did you mean 'nj'?",
        "resume=1": "options:1: resume takes true or false",
        "touch pwned": "options:1: a line is name=value",
    }.items():
        config.write_text(text)
        assert message in error(recipe("--config", "options"))


def test_help_and_list(recipe):
    done = recipe("--help", "--nosuch")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: recipe.sh\n")
    assert "--nj INT                       jobs at a time (default: 4)\n" in done.stdout
    assert '--tag TEXT                     the experiment\'s name: --tag="a b" (default: )\n' in done.stdout
    assert "--names TEXT                   a list (default: a b # c)\n" in done.stdout


def test_what_is_false_needs_no_value_to_become_true(recipe):
    assert values(recipe("--list"))["list"] == "true"
    assert values(recipe("--list", "--nj", "2")) | {"list": "true", "nj": "2"} == values(recipe("--list", "--nj", "2"))
    assert values(recipe("--list", "false"))["list"] == "false"
