#!/usr/bin/env python3
"""Runs jobs on this machine, with the calling convention of Kaldi's run.pl."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import FrameType

import launcher
import status

from audiolab import cli
from audiolab.errors import AudiolabError

GRACE_SECONDS = 10  # between SIGTERM and SIGKILL: time for a trainer to save


@dataclass
class Running:
    """A job that runs: its process, which leads a process group of its own, and the GPUs that it has."""

    job: launcher.Job
    process: subprocess.Popen
    gpus: list[str]
    started: float


class Runner:
    """Runs jobs, so many at a time, and stops them all when a signal asks for it."""

    def __init__(self, at_a_time: int, threads: int, gpus_each: int, gpus: Sequence[str]) -> None:
        self.at_a_time = at_a_time
        self.threads = threads
        self.gpus_each = gpus_each
        self.free_gpus = deque(gpus)
        self.running: dict[int, Running] = {}
        self.groups: set[int] = set()
        self.stopped_by: signal.Signals | None = None

    def run(self, jobs: Iterable[launcher.Job]) -> dict[int, int]:
        """Run ``jobs`` and return the exit codes by job number; jobs that a signal kept from starting are left out."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, lambda number, frame: self._signal_groups(signal.SIGKILL))
        signal.signal(signal.SIGUSR1, lambda number, frame: self._signal_groups(number))  # to a trainer: save and leave
        try:
            return self._run(deque(jobs))
        except OSError as error:  # of a log: a job that cannot be started says so in its own
            self._stop(signal.SIGTERM, None)
            for running in self.running.values():
                running.process.wait()
            where = f" {error.filename}" if error.filename else ""
            raise AudiolabError(
                f"run.py: cannot write the log{where}: {error.strerror}; all jobs were stopped, run them "
                "again when its cause is mended"
            ) from error
        finally:
            self._wait_for_groups()

    def _run(self, waiting: deque[launcher.Job]) -> dict[int, int]:
        codes: dict[int, int] = {}
        while self.running or (waiting and not self.stopped_by):
            while waiting and len(self.running) < self.at_a_time and not self.stopped_by:
                job = waiting.popleft()
                if not self._start(job):
                    codes[job.number] = 127
            if self.running:
                done = self._wait()
                codes[done.job.number] = self._finish(done)
        return codes

    def _start(self, job: launcher.Job) -> bool:
        """Start ``job``; a command that cannot be started is said in its log."""
        gpus = [self.free_gpus.popleft() for _ in range(self.gpus_each)]
        environment = {
            **os.environ,
            **launcher.thread_environment(self.threads),
            "AUDIOLAB_GRACE_S": str(GRACE_SECONDS),
        }
        if gpus:
            environment |= {"CUDA_VISIBLE_DEVICES": ",".join(gpus), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        argv = ["bash", "-o", "pipefail", "-c", *job.argv] if len(job.argv) == 1 else list(job.argv)
        job.log.parent.mkdir(parents=True, exist_ok=True)
        with launcher.open_log(job.log, "a") as log:  # so what outlives its job does not write over the log's end
            launcher.write_log_head(log, job.argv)
            try:
                process = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
                )
            except OSError as error:
                log.write(f"cannot start {argv[0]}: {error.strerror}\n")
                launcher.write_log_end(log, 127, 0, self.threads)
                self.free_gpus.extend(gpus)
                return False
        self.running[process.pid] = Running(job, process, gpus, time.monotonic())
        self.groups.add(process.pid)
        if self.stopped_by:  # the signal came while the process was made
            self._signal_groups(signal.SIGTERM)
        return True

    def _wait(self) -> Running:
        """Wait for any job's process to end; return it."""
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            if ended.si_pid in self.running:
                return self.running.pop(ended.si_pid)
            os.waitpid(ended.si_pid, 0)  # a child that this process had before it became run.py

    def _finish(self, done: Running) -> int:
        """Write the log's end, free the GPUs, and return the exit code, 128 + n for signal n."""
        code = done.process.wait()
        code = 128 - code if code < 0 else code
        with launcher.open_log(done.job.log, "a") as log:
            launcher.write_log_end(log, code, time.monotonic() - done.started, self.threads)
        self.free_gpus.extend(done.gpus)
        if not self.stopped_by:
            self.groups.discard(done.process.pid)
        return code

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Ask all process groups to end; SIGKILL after a while, or at once when asked again."""
        again = self.stopped_by is not None
        self.stopped_by = self.stopped_by or signal.Signals(number)
        self._signal_groups(signal.SIGKILL if again else signal.SIGTERM)
        signal.alarm(GRACE_SECONDS)

    def _signal_groups(self, number: signal.Signals) -> bool:
        """Send a signal to all process groups (0 only asks); return whether any is left."""
        left = False
        for group in list(self.groups):
            try:
                os.killpg(group, number)
                left = True
            except ProcessLookupError:
                pass
        return left

    def _wait_for_groups(self) -> None:
        """After a stop: wait for processes that outlive their job's first, then kill them."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self.stopped_by and self._signal_groups(0) and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.stopped_by:
            self._signal_groups(signal.SIGKILL)


def available_gpus() -> list[str]:
    """Return the GPUs that jobs may use: those of CUDA_VISIBLE_DEVICES, or all that nvidia-smi lists."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip() not in ("", "-1")]
    try:
        query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []


def main() -> None:
    """Run the call on the command line."""
    argv = sys.argv[1:]
    args, call = launcher.read_command_line(launcher.make_parser("run.py", __doc__), argv)
    if args.nodes not in (None, 1):
        raise AudiolabError(
            f"run.py: --nodes {args.nodes}, but run.py knows this machine only; use slurm.py "
            "(AUDIOLAB_BACKEND=slurm), or start the command by hand on each machine (docs/training.md)"
        )
    jobs = launcher.picked_jobs(call, args.pick)
    gpus = available_gpus() if args.gpu else []
    if args.gpu > len(gpus):
        raise AudiolabError(f"run.py: --gpu {args.gpu}, but there are {len(gpus)} GPUs here; use --gpu 0 for the CPU")
    at_a_time = args.max_jobs_run or max(1, len(os.sched_getaffinity(0)) // args.num_threads)
    if args.gpu:
        at_a_time = min(at_a_time, len(gpus) // args.gpu)
    runner = Runner(at_a_time, args.num_threads, args.gpu, gpus)
    with status.watching(jobs, args.quiet):
        codes = runner.run(jobs)
    if runner.stopped_by:
        again = launcher.rerun_command(call, ("failed", "incomplete"))
        print(f"run.py: stopped by {runner.stopped_by.name}; go on with: {again}", file=sys.stderr)
        sys.exit(128 + runner.stopped_by)
    if any(codes.values()):
        raise launcher.failure("run.py", call, jobs, codes)


if __name__ == "__main__":
    cli.run(main)
