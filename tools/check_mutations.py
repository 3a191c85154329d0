"""Change one place of the code or the configs at a time, and see whether the tests that cover it notice.

    python tools/check_mutations.py --system softgan --jobs 2
    python tools/check_mutations.py --system srst --only "SNR|anchor"
    python tools/check_mutations.py --list

The changes are listed in ``tools/mutations/``: file, old text, new text, tests. Each is made in a copy of the tracked
files, never in the checkout. A change that no test notices survives; it is named, and the exit status is 1 unless the
list says why nothing can notice it. First the tests run on the copy as it is, for a test that fails anyway notices
nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutations import SYSTEMS, Mutation, faults, mutations

from audiolab import cli
from audiolab.errors import AudiolabError

ROOT = Path(__file__).resolve().parents[1]
PASSED, FAILED, NOT_COLLECTED = 0, 1, 2
"""Exit statuses of pytest."""


def main() -> None:
    """Run the command."""
    options = _options()
    chosen = [each for system in options.system for each in mutations(system) if re.search(options.only, each.name)]
    if not chosen:
        raise AudiolabError(f"--only '{options.only}': no mutation has such a name; --list shows all")
    if options.list:
        for each in chosen:
            print(f"{each.file}: {each.name}")
        return
    broken = [fault for system in options.system for fault in faults(system, ROOT)]
    if broken:
        raise AudiolabError("tools/mutations does not fit the code:\n  " + "\n  ".join(broken))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="audiolab-mutations-") as folder:
        verdicts = _run(chosen, _copies(Path(folder), options.jobs), options.timeout)
    _tell(chosen, verdicts, time.monotonic() - began)


def _options() -> argparse.Namespace:
    parser = cli.ArgumentParser(prog="check_mutations.py", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--system", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="whose list; all by default"
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="mutations whose name has it")
    parser.add_argument("--jobs", type=int, default=1, help="mutations at a time, each in a copy of its own")
    parser.add_argument("--timeout", type=float, default=600, help="of one mutation's tests [s]")
    parser.add_argument("--list", action="store_true", help="print the mutations' names, and make none")
    options = parser.parse_args()
    if options.jobs < 1 or not options.timeout > 0:
        raise AudiolabError("--jobs and --timeout must be positive")
    return options


def _copies(folder: Path, count: int) -> list[Path]:
    """Return copies of the tracked files as they are in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    copies = [folder / str(number) for number in range(count)]
    for copy in copies:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
    return copies


def _run(chosen: list[Mutation], copies: list[Path], timeout: float) -> list[bool]:
    """Return of each mutation whether a test noticed it."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def noticed(mutation: Mutation) -> bool:
        copy = free.get()
        before = mutation.apply(copy)
        try:
            found = _notice(copy, mutation.tests, timeout)
        finally:
            (copy / mutation.file).write_text(before, encoding="utf-8")
            free.put(copy)
        state = "noticed" if found else "survives" if mutation.survives else "SURVIVES"
        print(f"{state:9} {mutation.file}: {mutation.name}", flush=True)
        return found

    tests = list(dict.fromkeys(test for mutation in chosen for test in mutation.tests))
    with ThreadPoolExecutor(len(copies)) as pool:
        unchanged = list(pool.map(lambda share: _unchanged(copies[share], tests[share :: len(copies)], timeout * 4),
                                  range(len(copies))))  # fmt: skip
        if not all(unchanged):
            raise AudiolabError("tests fail on the code as it is (above), so they can notice nothing; mend them first")
        return list(pool.map(noticed, chosen))


def _unchanged(copy: Path, tests: list[str], timeout: float) -> bool:
    """Return whether tests pass on a copy without a mutation; show what they say otherwise."""
    if not tests:
        return True
    done = _pytest(copy, tests, timeout)
    if done.returncode != PASSED:
        print(done.stdout, file=sys.stderr)
    return done.returncode == PASSED


def _notice(copy: Path, tests: tuple[str, ...], timeout: float) -> bool:
    try:
        done = _pytest(copy, ["-x", *tests], timeout)
    except subprocess.TimeoutExpired:
        return True
    if done.returncode not in (PASSED, FAILED, NOT_COLLECTED):
        raise AudiolabError(f"pytest {' '.join(tests)} ended with {done.returncode}:\n{done.stdout}")
    return done.returncode != PASSED


def _pytest(copy: Path, arguments: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run pytest on a copy; nothing compiled is kept, for a change of one character may leave size and time as is."""
    own = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=copy, env=os.environ | own, timeout=timeout, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _tell(chosen: list[Mutation], verdicts: list[bool], seconds: float) -> None:
    """Print the survivors; raise for one that is not explained, or explained though it is noticed."""
    survivors = [each for each, noticed in zip(chosen, verdicts) if not noticed]
    print(f"{len(chosen)} mutations, {len(survivors)} survive, {seconds / 60:.1f} minutes")
    for each in survivors:
        print(f"  {each.file}: {each.name}: {each.survives or 'no test notices it'}")
    wrong = [each.name for each in survivors if not each.survives]
    stale = [each.name for each, noticed in zip(chosen, verdicts) if noticed and each.survives]
    if wrong:
        raise AudiolabError(f"{len(wrong)} survive without a reason: write a test, or say in the list why none can be")
    if stale:
        raise AudiolabError(f"said to survive, but noticed: {', '.join(stale)}; take the reason out of the list")


if __name__ == "__main__":
    cli.run(main)
