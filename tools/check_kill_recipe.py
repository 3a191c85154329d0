"""Kill a recipe's ``run.sh`` with SIGKILL at many moments, give the same command again, and compare all that it made.

    python tools/check_kill_recipe.py --recipe vctk/vc1 --folder scratch/k --moments 9 -- --corpus mini --max_steps 50

Runs the recipe, with the options behind ``--``, in a copy of the checkout to its end; and in another one, at the same
place, with kills: in turn of all its processes at once, as when the power fails; of one of them, whichever, as when
memory is short; and of ``run.sh`` alone, while its stage goes on. When all processes have ended, the same command is
given again, from the stage on that was killed, as one would; the last one is whole. A run that ends before all kills
have come is compared, and another is begun. Every file below the recipe's folder must be the same: archives and
tables byte for byte, ``.pt`` by what is in it; logs, stamps and run.json, which tell when they were made, are left
out. Exit status 0: all the same.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

import torch
from checkout import copy_checkout

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.training.determinism import same

MARK = "CHECK_KILL_RECIPE"
"""Environment variable by whose value all processes of a run are found, orphans too."""

KINDS = ("all", "one", "run.sh")
NOT_COMPARED = re.compile(r"(^|/)(log|\.stamp|tensorboard)/|(^|/)run\.json$|\.log$")
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


class Check:
    """Runs of one command.

    Args:
        recipe: Name of the recipe's folder below ``egs/``.
        options: Of its ``run.sh``.
        folder: New folder for all runs.
        moments: What is random.
        timeout: Seconds that a run may take.
    """

    def __init__(self, recipe: str, options: list[str], folder: Path, moments: random.Random, timeout: float) -> None:
        self.recipe, self.options, self.folder = recipe, options, folder
        self.moments, self.timeout = moments, timeout
        self.checkout, self.source = folder / "checkout", folder / "source"
        folder.mkdir(parents=True)
        copy_checkout(self.source)
        self.begin()
        began = time.monotonic()
        if not self.run():
            raise AudiolabError(f"run.sh fails by itself; see {self.log}")
        self.seconds = time.monotonic() - began
        self.made = self.checkout.rename(folder / "whole") / "egs" / recipe
        print(f"{recipe} takes {self.seconds:.0f} s when left alone", flush=True)

    @property
    def log(self) -> Path:
        """Return where the output of all calls in the present copy goes."""
        return self.checkout / "calls.log"

    def begin(self) -> None:
        """Make a new copy of the checkout, as it was at first: it may be worked on meanwhile."""
        shutil.copytree(self.source, self.checkout)

    def run(self, after: float | None = None, kind: str = "", stage: str = "") -> bool:
        """Call ``run.sh`` and wait for the end of all its processes; return whether it ended well.

        Args:
            after: Seconds from its beginning to the kill; None: no kill.
            kind: What is killed, of `KINDS`.
            stage: From which on; all of them otherwise.
        """
        token = secrets.token_hex(8)
        environment = os.environ | {MARK: token, "AUDIOLAB_BACKEND": "local", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(self.checkout / "egs" / self.recipe / "run.sh"), *self.options]
        command += ["--stage", stage] if stage else []
        with open(self.log, "ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
            try:
                self._watch(process, token, after, kind)
            finally:
                kill(processes(token))
                process.wait()
        return process.returncode == 0

    def _watch(self, process: subprocess.Popen, token: str, after: float | None, kind: str) -> None:
        began = time.monotonic()
        while process.poll() is None or processes(token):
            passed = time.monotonic() - began
            if passed > self.timeout:
                raise AudiolabError(f"no end after {self.timeout:g} s; see {self.log}")
            if after is not None and passed >= after:
                after = None
                self._kill(process.pid, token, kind)
            time.sleep(0.1 if after is None else min(0.1, max(after - passed, 0)))

    def _kill(self, first: int, token: str, kind: str) -> None:
        if kind == "run.sh":
            kill([first])
        elif kind == "one":
            victim = self.moments.choice(processes(token) or [first])
            print(f"  one: {command_of(victim)}", flush=True)
            kill([victim])
        else:
            while found := processes(token):  # some may have begun while others were stopped
                kill(found)

    def stage(self) -> str:
        """Return the stage that the newest call was in; none if it had begun none."""
        said = self.log.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"^### stage \S+ \((\w+)\), ", said, re.M)
        return found[-1] if found else ""

    def trial(self, kinds: cycle, count: int) -> Counter[str]:
        """Kill a run until it has come to its end, ``count`` times at most, and compare; return kills by stage.

        Kills come so late that what is redone does not keep the run from its end: at a random moment of twice the
        share of the whole time that there is for each, and of more each time that a call ends in the stage of the one
        before it.
        """
        self.begin()
        kills: Counter[str] = Counter()
        longest, before = 2 * self.seconds / count, ""
        while kills.total() < count:
            kind = next(kinds)
            after = self.moments.uniform(0.0, longest)
            if self.run(after, kind, before):
                break
            stage = self.stage()
            longest, before = (1.3 * longest if stage == before else longest), stage
            kills[stage or "before all"] += 1
            print(f"  {kind} after {after:.1f} s: stage {stage or '-'}", flush=True)
        if not self.run():
            raise AudiolabError(f"run.sh does not go on to its end after the kills; see {self.log}")
        faults = differences(self.made, self.checkout / "egs" / self.recipe)
        for fault in faults:
            print(f"  {fault}")
        if faults:
            raise AudiolabError(f"{self.checkout} differs from {self.folder / 'whole'} in {len(faults)} files (above)")
        return kills


def processes(token: str) -> list[int]:
    """Return the processes of a run that have not ended, of whatever parent."""
    wanted, found = f"{MARK}={token}".encode(), []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):  # empty when it has ended
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # it has ended since, or is not ours
            continue
    return sorted(found)


def command_of(process: int) -> str:
    """Return the beginning of a process's command."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return "one that ended by itself just now"
    return " ".join(words)[:100]


def kill(victims: list[int]) -> None:
    """Send SIGKILL to processes, stopping all of them before the first ends, so that none sees another's end."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for victim in victims:
            try:
                os.kill(victim, number)
            except ProcessLookupError:
                continue


def files(folder: Path) -> set[str]:
    """Return the names of a recipe's files that are compared."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {name for name in names if not NOT_COMPARED.search(name)}


def differences(wanted: Path, found: Path) -> list[str]:
    """Return in which files two recipe folders differ, one line each."""
    ours, theirs = files(wanted), files(found)
    faults = [f"{name} is missing" for name in sorted(ours - theirs)]
    faults += [f"{name} is left over" for name in sorted(theirs - ours)]
    both = sorted(ours & theirs)
    return faults + [f"{name} is another" for name in both if not equal(wanted / name, found / name)]


def equal(one: Path, other: Path) -> bool:
    """Return whether two files hold the same."""
    if one.suffix == ".pt":
        return same(*(torch.load(path, weights_only=True) for path in (one, other)))
    contents = [path.read_bytes() for path in (one, other)]
    if one.suffix == ".html":  # the page tells when its runs were trained
        contents = [TIME.sub(b"", content) for content in contents]
    return contents[0] == contents[1]


def parse() -> argparse.Namespace:
    """Return the options; ``options`` are those of the recipe."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", required=True, metavar="CORPUS/TASK", help="whose run.sh is killed")
    parser.add_argument("--folder", type=Path, required=True, help="new folder for the runs")
    parser.add_argument("--moments", type=cli.positive, default=12, help="kills in all (default: 12)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--timeout", type=float, default=3600.0, help="longest run, s (default: 3600)")
    words, options = sys.argv[1:], []
    if "--" in words:
        words, options = words[: words.index("--")], words[words.index("--") + 1 :]
    return argparse.Namespace(**vars(parser.parse_args(words)), options=options)


def main() -> None:
    """Run undisturbed, then with the kills, and compare."""
    given = parse()
    check = Check(given.recipe, given.options, given.folder.absolute(), random.Random(given.seed), given.timeout)
    kinds, kills, trials = cycle(KINDS), Counter[str](), 0
    while kills.total() < given.moments:
        trials += 1
        if trials > given.moments:
            raise AudiolabError(f"only {kills.total()} kills in {trials - 1} runs")
        kills += check.trial(kinds, given.moments - kills.total())
        check.checkout.rename(given.folder / f"killed{trials}")
    told = ", ".join(f"{stage} {count}" for stage, count in sorted(kills.items()))
    print(f"{kills.total()} kills in {trials} run(s), by stage: {told}; all the same")


if __name__ == "__main__":
    cli.run(main)
