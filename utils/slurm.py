#!/usr/bin/env python3
"""Runs jobs on a Slurm cluster, one array job a call, with the calling convention of Kaldi's run.pl.

Each task of the array is run.py for that one job, so logs and environment are the same as on one machine. What Slurm
itself says about a task (out of memory, time limit) is in q/ beside the log. The call waits until all tasks have ended;
SIGINT and SIGTERM cancel the array. With --nodes N a task has N machines, and srun starts its command once on each.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import launcher
import status

from audiolab import cli, config
from audiolab.config import option
from audiolab.errors import AudiolabError

JOB = re.compile(r"([0-9]+)(?:;(\S+))?")
"""What ``sbatch --parsable`` prints: the job's number and, on a federation, its cluster."""


@dataclass(frozen=True)
class SlurmConfig:
    """What a site's Slurm wants to be told; read from ``--config``, and given by options over that."""

    partition: str = option("", "partition for jobs without GPU; empty: the cluster's own default")
    gpu_partition: str = option("", "partition for jobs with --gpu; empty: the cluster's own default")
    time: str = option("", "time limit of a job, as 1-12:00:00; empty: the partition's")
    account: str = option("", "whom the jobs are charged to")
    extra: str = option("", "further sbatch options, as '--qos=high --exclude=node7'")


def sbatch_options(call: launcher.Call, jobs: Sequence[launcher.Job], args: Any, site: SlurmConfig) -> list[str]:
    """Return sbatch's options for ``jobs`` of ``call``; ``args`` holds what all launchers take."""
    said = queue_log(call.log, call.variable)
    options = [f"--job-name={Path(call.log).name}", f"--output={said if call.variable else said.replace('%', '%%')}"]
    options += [f"--chdir={Path.cwd()}", "--export=ALL", f"--cpus-per-task={cores_of(args)}"]
    if call.variable:
        limit = f"%{args.max_jobs_run}" if args.max_jobs_run else ""
        options.append(f"--array={number_ranges([job.number for job in jobs])}{limit}")
    partition = site.gpu_partition if args.gpu else site.partition
    named = {"mem": args.mem, "partition": partition, "time": site.time, "account": site.account}
    options += [f"--{name}={value}" for name, value in named.items() if value]
    if args.gpu:
        options.append(f"--gres=gpu:{args.gpu}")  # on each machine
    if args.nodes:
        options += [f"--nodes={args.nodes}", "--ntasks-per-node=1"]
    try:
        return options + shlex.split(site.extra)
    except ValueError as error:
        raise AudiolabError(f"slurm.py: extra: {error}: {site.extra}; mend it in the --config or the option") from error


def cores_of(args: Any) -> int:
    """Return the cores that a job gets: for its threads and, with ``--cores``, for processes beside them."""
    return max(args.num_threads, args.cores or 0)


def number_ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as sbatch's --array wants them.

    >>> number_ranges([1, 2, 3, 7])
    '1-3,7'
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in ranges)


def queue_log(log: str | Path, variable: str = "") -> str:
    """Return where Slurm's own output for a job with this log goes, with ``variable`` as sbatch's pattern for it."""
    path = str(Path(log).parent / "q" / Path(log).name)
    if not variable:
        return str(Path.cwd() / path)
    return str(Path(str(Path.cwd()).replace("%", "%%")) / path.replace("%", "%%").replace(variable, "%a"))


def batch_script(call: launcher.Call, args: Any) -> str:
    """Return the script of one task: run.py for the job with the task's number, through srun on several machines."""
    command = list(call.command)
    if args.nodes:
        command = command if len(command) > 1 else ["bash", "-o", "pipefail", "-c", *command]
        each = [f"--nodes={args.nodes}", f"--ntasks={args.nodes}", "--ntasks-per-node=1"]
        each.append(f"--cpus-per-task={cores_of(args)}")
        command = ["srun", *each, "--kill-on-bad-exit=1", *command]  # when one machine fails, the others need not wait
    here = Path(__file__).with_name("run.py")
    runner = [
        sys.executable,
        str(here),
        "--quiet",
        "--num-threads",
        str(args.num_threads),
    ]  # slurm.py tells of them all
    task = f"{call.variable}=${{SLURM_ARRAY_TASK_ID}}" if call.variable else ""
    return f"#!/bin/bash\nexec {shlex.join(runner)} {task} {shlex.join([call.log, *command])}\n"


class Submitted:
    """A job that sbatch is to submit, and waits for."""

    def __init__(self, command: Sequence[str]) -> None:
        self.job: list[str] = []
        """What scancel calls it: its number, behind its cluster where sbatch names one; empty until it is known."""
        self.stopped_by: signal.Signals | None = None
        self.cancelled = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            self._sbatch = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
            )
        except FileNotFoundError as error:
            raise AudiolabError(
                "slurm.py: there is no sbatch here; set AUDIOLAB_BACKEND=local or install Slurm"
            ) from error

    def run(self, script: str) -> int:
        """Hand the script over, wait for the job's end, and return sbatch's exit code, the highest of the tasks."""
        sbatch = self._sbatch
        try:
            sbatch.stdin.write(script)
            sbatch.stdin.close()
        except BrokenPipeError:
            pass  # it has refused the job without reading on, and says why
        for line in sbatch.stdout:
            found = JOB.fullmatch(line.strip())
            if found:
                self.job = [f"--clusters={found[2]}"] * (found[2] is not None) + [found[1]]
                break
            print(line, end="", file=sys.stderr)  # what a site greets its users with
        if self.stopped_by and self.job:  # the signal came before the job had a number
            self._cancel()
        threading.Thread(target=lambda: sys.stderr.writelines(sbatch.stdout), daemon=True).start()
        return sbatch.wait()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or signal.Signals(number)
        if self.job:
            self._cancel()

    def _cancel(self) -> None:
        command = ["scancel", *self.job]
        try:
            subprocess.run(command, check=True)
            self.cancelled = True
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"slurm.py: {error}; the job may run on, end it with: {shlex.join(command)}", file=sys.stderr)
        self._sbatch.terminate()


def submit_and_wait(options: Sequence[str], script: str) -> tuple[int, Submitted]:
    """Run ``script`` through sbatch; return its exit code, the highest of the tasks, and what became of the job.

    Raises:
        AudiolabError: There is no sbatch, or it refuses the job.
    """
    command = ["sbatch", "--parsable", "--wait", *options]
    submitted = Submitted(command)
    code = submitted.run(script)
    if not submitted.job and not submitted.stopped_by:
        raise AudiolabError(f"slurm.py: sbatch refused the job, see above: {shlex.join(command)}")
    return code, submitted


@contextmanager
def earlier_ends_hidden(jobs: Sequence[launcher.Job]) -> Iterator[None]:
    """Let ends in earlier calls' logs not pass for this one's; the logs are as they were where nothing was run."""
    sizes = {job.log: job.log.stat().st_size for job in jobs if job.log.is_file()}
    for log in sizes:
        with launcher.open_log(log, "a") as file:
            launcher.write_log_handed_over(file)
    try:
        yield
    except AudiolabError:
        for log, size in sizes.items():
            os.truncate(log, size)
        raise


def main() -> None:
    """Run the call on the command line."""
    argv = sys.argv[1:]
    parser = launcher.make_parser("slurm.py", __doc__)
    config.add_arguments(parser, SlurmConfig)
    args, call = launcher.read_command_line(parser, argv)
    site = config.from_namespace(SlurmConfig, args)
    jobs = launcher.picked_jobs(call, args.pick)
    if not jobs:
        return
    make_queue_folders(jobs)
    script = batch_script(call, args)
    with earlier_ends_hidden(jobs), status.watching(jobs, args.quiet):
        code, submitted = submit_and_wait(sbatch_options(call, jobs, args, site), script)
    if submitted.stopped_by:
        again = launcher.rerun_command(call, ("failed", "incomplete"))
        what = "cancelled" if submitted.cancelled else "stopped, but not its job,"
        print(f"slurm.py: {what} by {submitted.stopped_by.name}; go on with: {again}", file=sys.stderr)
        sys.exit(128 + submitted.stopped_by)
    codes = {job.number: launcher.exit_code(job.log) for job in jobs} if code else {job.number: 0 for job in jobs}
    if any(code != 0 for code in codes.values()):
        show_queue_log(jobs, codes)
        raise launcher.failure("slurm.py", call, jobs, codes)


def make_queue_folders(jobs: Sequence[launcher.Job]) -> None:
    """Make the folders that Slurm writes into; it does not make them itself."""
    for folder in {Path(queue_log(job.log)).parent for job in jobs}:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AudiolabError(f"slurm.py: cannot make the folder {folder} for logs: {error.strerror}") from error


def show_queue_log(jobs: Sequence[launcher.Job], codes: dict[int, int | None]) -> None:
    """Show what Slurm said about the first job that ended without writing so into its log."""
    for job in jobs:
        said = Path(queue_log(job.log))
        if codes[job.number] is None and said.exists():
            print(f"slurm.py: Slurm ended job {job.number}, from {said}:", file=sys.stderr)
            print("\n".join(f"  {line}" for line in launcher.tail(said)), file=sys.stderr)
            return


if __name__ == "__main__":
    cli.run(main)
