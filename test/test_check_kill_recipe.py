"""`tools/check_kill_recipe.py` on small recipes: one that goes on where it was killed, and ones that do not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = """#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[[ $* == whole || $* == "whole --stage work" ]]
echo "### stage 0 (work), now"
mkdir -p made
for number in {1..8}; do
  if [[ ! -e made/$number ]]; then
    part=made/$number%s
    printf 'half, ' >"$part"
    sleep 0.2
    echo "$1" >>"$part"
    if [[ $part != "made/$number" ]]; then mv "$part" "made/$number"; fi
  fi
done
"""
"""A stage whose parts are written one by one, each first into what stands behind its name."""


def checked(folder, script, *options):
    """Run the tool on a recipe that is in a copy of the checkout of this one recipe; return how it ended."""
    checkout = folder / "here"
    (checkout / "egs/toy/a1").mkdir(parents=True)
    (checkout / "tools").mkdir()
    for name in ("check_kill_recipe.py", "checkout.py"):
        (checkout / "tools" / name).write_bytes((ROOT / "tools" / name).read_bytes())
    (checkout / "egs/toy/a1/run.sh").write_text(script)
    (checkout / "egs/toy/a1/run.sh").chmod(0o755)
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    tool = [sys.executable, checkout / "tools/check_kill_recipe.py"]
    command = [*tool, "--recipe", "toy/a1", "--folder", folder / "runs", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_recipe_that_goes_on_is_the_same(tmp_path):
    done = checked(tmp_path, RUN % ".tmp", "--moments", "6", "--seed", "1", "--", "whole")
    assert done.returncode == 0, done.stderr
    assert "6 kills" in done.stdout
    assert "by stage: " in done.stdout
    for kind in ("all", "one", "run.sh"):
        assert f"  {kind} after " in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is another"),  # takes what is half written for the whole
        (".$RANDOM", "is left over"),
    ],
)
def test_what_a_kill_leaves_is_told(tmp_path, name, told):
    done = checked(tmp_path, RUN % name, "--moments", "8", "--", "whole")
    assert done.returncode == 1
    assert told in done.stdout
    assert "differs from" in done.stderr


def test_a_recipe_that_fails_is_no_ground_for_kills(tmp_path):
    done = checked(tmp_path, "#!/bin/sh\nexit 3\n")
    assert done.returncode == 1
    assert "run.sh fails by itself" in done.stderr
