"""What run.py and slurm.py share: how a call is read, what a job's log says, and how failures are reported."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from argparse import REMAINDER, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from audiolab.cli import ArgumentParser, positive
from audiolab.errors import AudiolabError, did_you_mean

USAGE = """
One job for each value of JOB: the word JOB (or another name) is replaced in the log's name and in all arguments.
JOB=1:N may be left out for a single job; options may stand behind it too. The command is run as it stands, without a
shell; when it is one single argument it is a bash command line ('sort x | uniq >y'). Every job writes its own log,
behind what an earlier call has written there. When jobs fail the others go on, then the last lines of the first failing
log are shown with the command that runs the failed ones again.
"""
MOST_JOBS = 1_000_000
TAIL_LINES = 20
TAIL_BYTES = 64 * 1024
PICKS = ("all", "failed", "incomplete")
_BEGUN = re.compile("# (Started at|Handed over)")  # behind it, what is in a log is of the job
_RANGE = re.compile(r"[A-Za-z_]\w*=[^./]*")  # or what was meant to be one; a log has a dot or a slash in its name


@dataclass(frozen=True)
class Job:
    """One job of a call: its number, its log, the arguments to run."""

    number: int
    log: Path
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A call of a launcher.

    Attributes:
        variable: What is replaced by a job's number, or "" for a single job.
        first: First job's number.
        last: Last job's number.
        log: The log's name, with the variable in it.
        command: The command's arguments, with the variable in them.
        words: Options and further words as they were given, but for ``--pick``.
    """

    variable: str
    first: int
    last: int
    log: str
    command: tuple[str, ...]
    words: tuple[str, ...]

    def jobs(self) -> list[Job]:
        """Return the call's jobs in order."""
        return [self.job(number) for number in range(self.first, self.last + 1)]

    def job(self, number: int) -> Job:
        """Return job ``number``."""
        texts = [self.log, *self.command]
        if self.variable:
            texts = [text.replace(self.variable, str(number)) for text in texts]
        return Job(number, Path(texts[0]), tuple(texts[1:]))


def make_parser(prog: str, description: str) -> ArgumentParser:
    """Return the parser of the options that all launchers take, as Kaldi's run.pl does."""
    parser = ArgumentParser(
        prog=prog, description=description, epilog=USAGE, usage=f"{prog} [options] [JOB=1:N] LOG COMMAND [ARGUMENT ...]"
    )
    parser.add_argument("--mem", type=_memory, default=None, metavar="4G", help="memory of a job; for the scheduler")
    parser.add_argument("--gpu", type=_count, default=0, help="GPUs of a job, its own while it runs")
    parser.add_argument("--num-threads", type=positive, default=1, help="threads of a job (OMP_NUM_THREADS and such)")
    parser.add_argument(
        "--cores", type=positive, default=None, metavar="N", help="cores of a job; for Slurm; default: one a thread"
    )
    parser.add_argument(
        "--nodes", type=positive, default=None, metavar="N", help="machines of a job, which runs on each; for Slurm"
    )
    parser.add_argument("--max-jobs-run", type=positive, default=None, help="jobs at a time; default: as many as fit")
    parser.add_argument("--pick", type=_picks, default="all", help="which jobs, by their logs: all, failed, incomplete")
    parser.add_argument("--quiet", action="store_true", help="do not say how far the jobs are")
    parser.add_argument("rest", nargs=REMAINDER, help="[JOB=1:N] LOG COMMAND [ARGUMENT ...]")
    return parser


def read_command_line(parser: ArgumentParser, argv: Sequence[str]) -> tuple[Namespace, Call]:
    """Return the options in ``argv`` and the call behind them; options may stand behind ``JOB=1:N`` too, as in Kaldi.

    Raises:
        AudiolabError: An unknown option; no log or command; many jobs would share one log; no range of jobs.
    """
    args = parser.parse_args(argv)
    options, rest = list(argv[: len(argv) - len(args.rest)]), args.rest
    if len(rest) > 1 and _RANGE.fullmatch(rest[0]) and rest[1].startswith("-"):
        args = parser.parse_args([*options, *rest[1:]])
        options += rest[1 : len(rest) - len(args.rest)]
        rest = [rest[0], *args.rest]
    return args, read_call(options, rest, parser.prog)


def read_call(options: Sequence[str], rest: Sequence[str], prog: str) -> Call:
    """Return the call in ``rest``, the words behind the options; raises as `read_command_line`."""
    variable, first, last = "", 1, 1
    words = list(rest)
    if words and _RANGE.fullmatch(words[0]):
        variable, first, last = _read_range(words.pop(0), prog)
    if len(words) < 2 or not words[0] or words[1:] == [""]:
        raise AudiolabError(f"{prog}: a log and a command are needed: {prog} [options] [JOB=1:N] LOG COMMAND …")
    if last > first and variable not in words[0]:
        raise AudiolabError(
            f"{prog}: {last - first + 1} jobs would write one log, {words[0]}; put {variable} in its name"
        )
    return Call(variable, first, last, words[0], tuple(words[1:]), (*_without_pick(options), *rest))


def _read_range(word: str, prog: str) -> tuple[str, int, int]:
    """Return variable, first and last number of ``JOB=1:N`` or ``JOB=N``."""
    variable, _, numbers = word.partition("=")
    given = re.fullmatch(r"([0-9]{1,9})(?::([0-9]{1,9}))?", numbers)
    first, last = (int(given[1]), int(given[2] or given[1])) if given else (0, 0)
    if not 1 <= first <= last:
        raise AudiolabError(f"{prog}: {word} holds no jobs; write {variable}=1:N with N of 1 or more")
    if last - first >= MOST_JOBS:
        raise AudiolabError(f"{prog}: {word} are {last - first + 1} jobs; {MOST_JOBS} at most are run in one call")
    return variable, first, last


def picked_jobs(call: Call, picks: Sequence[str]) -> list[Job]:
    """Return the jobs of ``call`` that are to run: all, or those whose logs say failed, or that never ended."""
    if "all" in picks:
        return call.jobs()
    jobs = [job for job in call.jobs() if state(exit_code(job.log)) in picks]
    if not jobs:
        print(f"nothing to run: none of the jobs of {call.log} is {' or '.join(picks)}", file=sys.stderr)
    return jobs


def state(code: int | None) -> str:
    """Return ``"done"``, ``"failed"`` or, for None, ``"incomplete"``."""
    return "incomplete" if code is None else "failed" if code else "done"


def thread_environment(threads: int) -> dict[str, str]:
    """Return the variables that keep a job's numeric libraries to so many threads."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return dict.fromkeys(names, str(threads))


def open_log(log: Path, mode: str) -> TextIO:
    """Open a log for text; what is no UTF-8 in a command's arguments is written as it was given."""
    return open(log, mode, encoding="utf-8", errors="surrogateescape")


def write_log_head(file: TextIO, argv: Sequence[str]) -> None:
    """Write a job's first lines: the command, and when it started; an empty line before them where others stand."""
    if file.tell():
        file.write("\n")
    command = argv[0] if len(argv) == 1 else shlex.join(argv)
    comment = command.replace("\n", "\n# ")
    file.write(f"# {comment}\n# Started at {_date()}\n#\n")
    file.flush()


def write_log_end(file: TextIO, code: int, seconds: float, threads: int) -> None:
    """Write a job's last lines: time, exit code, when it ended."""
    file.write(f"# Accounting: time={seconds:.0f} threads={threads}\n")
    file.write(f"# Ended (code {code}) at {_date()}, elapsed time {seconds:.0f} seconds\n")


def exit_code(log: Path) -> int | None:
    """Return the exit code in the last line of a job's log, or None where there is no such log or line."""
    try:
        lines = tail(log)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AudiolabError(f"{log}: cannot read this log: {error.strerror}; give the log another name") from error
    ended = re.match(r"# Ended \(code (\d+)\)", lines[-1]) if lines else None
    return int(ended[1]) if ended else None


def write_log_handed_over(file: TextIO) -> None:
    """Write into an earlier call's log that a job was handed over, so that the earlier end is not the job's."""
    file.write("\n# Handed over\n")


def said(log: Path) -> list[str]:
    """Return the last lines that the last call has written into a log, behind its first ones."""
    lines = tail(log)
    begun = [number for number, line in enumerate(lines, 1) if _BEGUN.match(line)]
    return lines[begun[-1] :] if begun else lines


def tail(log: Path) -> list[str]:
    """Return the last lines of a log, whatever its size and bytes."""
    with open(log, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
        return file.read().decode("utf-8", errors="replace").splitlines()[-TAIL_LINES:]


def failure(prog: str, call: Call, jobs: Sequence[Job], codes: dict[int, int | None]) -> AudiolabError:
    """Show the last lines of the first failing job's log; return the error with the command that runs all such again.

    Args:
        prog: The launcher's name.
        call: The call.
        jobs: The jobs that were to run.
        codes: Exit codes by job number; None for a job that never ended.
    """
    bad = [job for job in jobs if codes.get(job.number) != 0]
    if bad[0].log.exists() and (lines := said(bad[0].log)):
        print(f"{prog}: the last lines of {bad[0].log}:", file=sys.stderr)
        print("\n".join(f"  {line}" for line in lines), file=sys.stderr)
    else:
        print(f"{prog}: job {bad[0].number} never wrote its log {bad[0].log}", file=sys.stderr)
    picks = sorted({state(codes.get(job.number)) for job in bad})
    which, them = "the job", "it"
    if call.variable:
        which, them = f"{len(bad)} of {len(jobs)} jobs ({' '.join(str(job.number) for job in bad)})", "them"
    return AudiolabError(f"{prog}: {which} failed; run {them} again with: {rerun_command(call, picks)}")


def rerun_command(call: Call, picks: Sequence[str]) -> str:
    """Return the shell command that runs those jobs of ``call`` again which are in a state of ``picks``."""
    setup = ". ./path.sh && " if Path("path.sh").exists() else ""
    again = shlex.join([sys.argv[0], "--pick", ",".join(picks), *call.words])
    return f"cd {shlex.quote(os.getcwd())} && {setup}{again}"


def _without_pick(options: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = iter(options)
    for word in words:
        if word == "--pick":
            next(words)
        elif not word.startswith("--pick="):
            kept.append(word)
    return kept


def _date() -> str:
    return time.strftime("%a %b %d %H:%M:%S %Z %Y")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"'{text}' is no count")
    return int(text)


def _memory(text: str) -> str:
    if not re.fullmatch(r"\d+[KMGT]?", text):
        raise ArgumentTypeError(f"'{text}' is no size; write it as 500M or 4G")
    return text


def _picks(text: str) -> tuple[str, ...]:
    picks = tuple(text.split(","))
    for pick in picks:
        if pick not in PICKS:
            raise ArgumentTypeError(f"unknown '{pick}'{did_you_mean(pick, PICKS)}")
    return picks
