"""Change one place of the code or the configs at a time, and see whether the tests that cover it notice.

    python tools/check_mutations.py --system softgan --jobs 2
    python tools/check_mutations.py --system srst --only "SNR|anchor"
    python tools/check_mutations.py --list

The changes are listed in ``tools/mutations/``: file, old text, new text, tests. Each is made in a copy of the tracked
files, never in the checkout. A change that no test notices survives; it is named, and the exit status is 1 unless the
list says why nothing can notice it. First the tests run on the copy as it is, for a test that fails anyway notices
nothing. Tests run in forks of this process, which has loaded the libraries once for all of them.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mutations import SYSTEMS, Mutation, faults, mutations

from audiolab import cli
from audiolab.errors import AudiolabError

ROOT = Path(__file__).resolve().parents[1]
PASSED, FAILED, NOT_COLLECTED = 0, 1, 2
"""Exit statuses of pytest."""
LIBRARIES = (
    "torch",
    "scipy.signal",
    "sklearn.linear_model",
    "librosa",
    "soundfile",
    "pesq",
    "pystoi",
    "yaml",
    "pytest",
)
"""What tests load, beside audiolab itself."""


def main() -> None:
    """Run the command."""
    options = _options()
    listed = [each for system in options.system for each in mutations(system)]
    chosen = [each for each in listed if re.search(options.only, f"{each.file}: {each.name}")]
    if not chosen:
        raise AudiolabError(f"--only '{options.only}': no mutation is in such a file or has such a name; see --list")
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
    parser.add_argument("--only", default="", metavar="REGEX", help="those whose line in --list has it")
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


@dataclass
class Child:
    """A pytest that runs in a fork.

    Attributes:
        process: Its id.
        copy: The copy that it runs on, and where its output goes, ``output`` beside it.
        ends: When it has run too long.
        finish: Is told its exit status, or None when it ran too long.
    """

    process: int
    copy: Path
    ends: float
    finish: Callable[[int | None], None]

    def poll(self) -> bool:
        """Return whether it has ended; end it when it has run too long."""
        done, status = os.waitpid(self.process, os.WNOHANG)
        if not done and time.monotonic() < self.ends:
            return False
        if not done:
            os.killpg(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        self.finish(os.waitstatus_to_exitcode(status) if done else None)
        return True


def _run(chosen: list[Mutation], copies: list[Path], timeout: float) -> list[bool]:
    """Return of each mutation whether a test noticed it."""
    _preload()
    tests = list(dict.fromkeys(test for mutation in chosen for test in mutation.tests))
    shares = [tests[number :: len(copies)] for number in range(len(copies))]
    failed: list[Path] = []

    def unchanged(share: list[str]) -> Callable[[Path], Child]:
        def start(copy: Path) -> Child:
            return _fork(copy, share, 4 * timeout, lambda status: None if status == PASSED else failed.append(copy))

        return start

    _share_out([unchanged(share) for share in shares if share], copies)
    if failed:
        print(_output(failed[0]), file=sys.stderr)
        raise AudiolabError("tests fail on the code as it is (above), so they can notice nothing; mend them first")
    verdicts: dict[Mutation, bool] = {}
    _share_out([lambda copy, each=each: _start(each, copy, timeout, verdicts) for each in chosen], copies)
    return [verdicts[each] for each in chosen]


def _start(mutation: Mutation, copy: Path, timeout: float, verdicts: dict[Mutation, bool]) -> Child:
    """Make a mutation and begin its tests; the end of them takes it back."""
    before = mutation.apply(copy)

    def finish(status: int | None) -> None:
        (copy / mutation.file).write_text(before, encoding="utf-8")
        if status not in (PASSED, FAILED, NOT_COLLECTED, None):
            raise AudiolabError(f"{mutation.name}: pytest ended with {status}:\n{_output(copy)}")
        found = verdicts[mutation] = status != PASSED
        state = "noticed" if found else "survives" if mutation.survives else "SURVIVES"
        print(f"{state:9} {mutation.file}: {mutation.name}", flush=True)

    return _fork(copy, ["-x", *mutation.tests], timeout, finish)


def _share_out(starts: Iterable[Callable[[Path], Child]], copies: list[Path]) -> None:
    """Start children one after the other, as many at a time as there are copies, and wait for all of them."""
    waiting, free, running = list(starts), list(copies), []
    try:
        while waiting or running:
            while waiting and free:
                running.append(waiting.pop(0)(free.pop()))
            time.sleep(0.02)
            for child in list(running):
                if child.poll():
                    running.remove(child)
                    free.append(child.copy)
    finally:
        for child in running:
            os.killpg(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)


def _preload() -> None:
    """Load what all tests load, with one thread: a process with more may not be forked."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    for name in LIBRARIES:
        importlib.import_module(name)


def _fork(copy: Path, arguments: list[str], timeout: float, finish: Callable[[int | None], None]) -> Child:
    """Begin pytest on a copy, in a fork with a process group of its own."""
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        status = FAILED
        try:
            os.setpgid(0, 0)
            status = _pytest(copy, arguments)
        finally:
            os._exit(status)
    return Child(process, copy, time.monotonic() + timeout, finish)


def _pytest(copy: Path, arguments: list[str]) -> int:
    """Run pytest on a copy, and on the audiolab that is in it.

    Nothing compiled is kept, for a change of one character may leave a file's size and time as they were.
    """
    output = os.open(copy.with_suffix(".output"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("audiolab", "mutations")]:
        del sys.modules[name]
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in ("", str(ROOT), str(ROOT / "tools")))]
    importlib.invalidate_caches()
    vars(sys.modules["__main__"]).pop("__file__", None)  # processes that tests spawn would import this file
    import pytest

    return int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments]))


def _output(copy: Path) -> str:
    return copy.with_suffix(".output").read_text(encoding="utf-8", errors="replace")


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
