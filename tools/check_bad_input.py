#!/usr/bin/env python3
"""Shows what bad input gives: breaks the mini recipe in every way of bad_input_cases.py, and prints a table.

The recipe is run once, in a copy of this checkout below the folder for temporary files; each fault is made in a copy
of what that left. A line that is not as it should be (a traceback, exit status, several lines, words that are missing)
is marked, and makes this end with status 1. It takes some minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bad_input_cases import VALIDATE, Case, cases
from checkout import copy_checkout

from audiolab import cli
from audiolab.errors import AudiolabError

OPTIONS = (
    "--corpus=mini", "--mini_train=11", "--mini_eval=2", "--pairs=VCC2SF4:VCC2TF1", "--nj=2", "--max_steps=12",
    "--train_options=--system_conf.generator.channels 8 16 --system_conf.discriminator.channels 4 4 8 8 "
    "--system_conf.discriminator.hidden 16",
)  # fmt: skip
FRAME = re.compile(r"error: (run\.sh: stage|run\.py: .* failed; run )")
"""What is said around the cause: which stage failed, and how its job is run again."""


def main() -> None:
    """Run the cases whose names have the given words in them, or all."""
    parser = cli.ArgumentParser(prog="check_bad_input.py", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only the cases with one of these in their names")
    words = parser.parse_args().words
    chosen = [case for case in cases() if not words or any(word in case.what for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        made = copy_checkout(Path(folder) / "checkout") / "egs" / "vcc2018" / "vc1"
        done = call(made, ("--stop_stage=infer",))
        if done.returncode:
            raise AudiolabError(f"the recipe itself fails: {done.stderr.strip().splitlines()[-1]}")
        print("| what was wrong | exit status | what the user saw |\n|---|---:|---|")
        bad = sum(not check(made, case) for case in chosen)
    if bad:
        raise AudiolabError(f"{bad} of {len(chosen)} cases are not as they should be; they are marked with !!!")
    print(f"{len(chosen)} cases, all as they should be", file=sys.stderr)


def check(made: Path, case: Case) -> bool:
    """Make the fault in a copy, run the command, print a row; return whether it is as it should be."""
    folder = made.parent / "broken"
    shutil.copytree(made, folder)
    try:
        case.damage(folder)
        done = call(folder, case.command)
        harm = (folder / "harm").exists()
    finally:
        shutil.rmtree(folder)
    lines = told(done, case)
    problems = []
    if done.returncode != case.status:
        problems.append(f"exit status is not {case.status}")
    if "Traceback" in done.stdout + done.stderr:
        problems.append("a traceback")
    if case.status and len(lines) != 1 and case.command != VALIDATE:
        problems.append(f"{len(lines)} lines")
    problems += [f"no '{words}'" for words in case.told if words not in done.stdout + done.stderr]
    problems += ["the code ran"] * harm
    shown = " … ".join(lines[:2]).replace(str(made.parents[2]), "").replace("|", "\\|")
    mark = f"!!! {', '.join(problems)}: " if problems else ""
    print(f"| {case.what} | {done.returncode} | {mark}{shown} |", flush=True)
    return not problems


def told(done: subprocess.CompletedProcess, case: Case) -> list[str]:
    """Return the lines that tell the cause, without those around them; each once, though it is in a log too."""
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    if case.status == 0:
        return [line for line in lines if any(words in line for words in case.told)] or ["(converted)"]
    if case.command == VALIDATE:
        return [line for line in lines if re.match(r"\S+(:\d+)?: ", line)]
    return list(dict.fromkeys(line for line in lines if line.startswith("error: ") and not FRAME.match(line)))


def call(folder: Path, command: tuple[str, ...]) -> subprocess.CompletedProcess:
    """Run ``run.sh`` with options, or another command, in the recipe's folder."""
    root = folder.parents[2]
    path = [str(Path(sys.executable).parent), str(root / "utils"), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": str(root)}
    if command[0].startswith("--"):
        command = (str(folder / "run.sh"), *OPTIONS, *command)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    cli.run(main)
