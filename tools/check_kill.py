"""Kill a training run with SIGKILL at random moments, run the same command again, and compare with a run left alone.

    python tools/check_kill.py --moments 20 --folder scratch/kill -- --config conf/softgan_energy.yaml --data_conf.…

What stands behind ``--`` are options of ``audiolab.bin.train`` but for ``--expdir``. The final checkpoint, ``model.pt``
and ``history.csv`` must be the same to the bit. A run that ends before all moments have come is compared, and another
one is begun. Exit status 0: all the same.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.training.determinism import same
from audiolab.training.export import MODEL


def start(options: list[str], expdir: Path) -> subprocess.Popen:
    """Start the command in a session of its own, its output appended to ``<expdir>.out``."""
    with open(f"{expdir}.out", "ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "audiolab.bin.train", *options, "--expdir", str(expdir)],
            stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip


def finish(process: subprocess.Popen, expdir: Path) -> None:
    """Wait for the command's end, which must be a good one."""
    if process.wait() != 0:
        raise AudiolabError(f"training ended with status {process.returncode}; see {expdir}.out")


def result(expdir: Path) -> tuple[Any, Any, str]:
    """Return what must be the same: final checkpoint, model, history."""
    latest = (expdir / "checkpoints" / "latest").read_text(encoding="utf-8").strip()
    checkpoint = torch.load(expdir / "checkpoints" / latest, weights_only=True)
    model = torch.load(expdir / MODEL, weights_only=True)
    return checkpoint, model, (expdir / "history.csv").read_text(encoding="utf-8")


def state_of(expdir: Path) -> str:
    """Return where a killed run stood: its newest checkpoint, and whether one was being written."""
    newest = max((path.name for path in (expdir / "checkpoints").glob("step_*.pt")), default="no checkpoint")
    writing = [*expdir.glob(".*.tmp"), *(expdir / "checkpoints").glob(".*.tmp")]
    return newest + (f", while writing {writing[0].name.strip('.').rsplit('.', 2)[0]}" if writing else "")


def main() -> None:
    """Run once undisturbed, then with the kills, and compare."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20, help="how many kills (default: 20)")
    parser.add_argument("--folder", type=Path, required=True, help="new folder for the runs")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="-- and the options of audiolab.bin.train")
    given = parser.parse_args()
    options = given.options[1:] if given.options[:1] == ["--"] else given.options
    given.folder.mkdir(parents=True)
    whole = given.folder / "whole"
    began = time.monotonic()
    finish(start(options, whole), whole)
    seconds = time.monotonic() - began
    print(f"undisturbed: {seconds:.1f} s", flush=True)
    wanted, moments = result(whole), random.Random(given.seed)
    kills, runs = 0, 0
    while kills < given.moments:
        runs += 1
        expdir = given.folder / f"killed{runs}"
        while True:
            process = start(options, expdir)
            try:
                process.wait(moments.uniform(0, seconds) if kills < given.moments else None)
                finish(process, expdir)
                break
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                print(f"kill {kills}: {state_of(expdir)}", flush=True)
        if not same(result(expdir), wanted):
            raise AudiolabError(f"{expdir} differs from {whole}")
        print(f"run {runs} has ended: the same to the bit", flush=True)
    print(f"{kills} kills, {runs} runs: all the same to the bit")


if __name__ == "__main__":
    cli.run(main)
