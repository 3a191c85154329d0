"""Kill training runs with SIGKILL at many places, run the same command again, and compare with a run left alone.

    python tools/check_kill.py --folder scratch/kill --systems all --nproc 1 2
    python tools/check_kill.py --folder scratch/kill --systems spoken contrast --nproc 1 2 --moments 12
    python tools/check_kill.py --folder scratch/kill --moments 20 -- --config conf/softgan_energy.yaml --data_conf.…

Trains what ``--systems`` names, examples of ``test/systems/examples.py`` or toys of ``test/training`` (chunks with
carried state and heads by group, crops and a loss that a whole batch shares …), or what stands behind ``--``: options
of ``audiolab.bin.train`` but for ``--expdir`` and ``--nproc``. Kills come in turn in validation, checkpoints, the start
of an epoch and the other places of ``tools/kill_at.py``, at a random call of each and a random moment of it; with
several processes, half of the time one of them alone, whose end the others have to notice. The final checkpoint,
``model.pt`` and ``history.csv`` must be the same to the bit. A run that ends before all kills have come is compared,
and another one is begun. Exit status 0: all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
import yaml
from kill_at import OF_THE_FIRST, PLACES, VARIABLE, Kill, register_toys

from audiolab import cli
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.training.determinism import same
from audiolab.training.export import MODEL

ROOT = Path(__file__).parents[1]
TRAINER = {
    "max_steps": 12, "batch_size": 4, "log_every": 3, "valid_every": 2, "save_every": 3, "ema_decay": 0.9,
    "num_workers": 1, "threads": 1,
}  # fmt: skip
OF_TOYS = {"batch_size": 8, "accumulate": 2, "bucket": 2}
"""What toys are there for, beside what they do themselves."""


class Check:
    """Trainings of one command.

    Args:
        options: Of ``audiolab.bin.train``.
        folder: For all runs.
        moments: What is random.
        processes: How many train.
        timeout: Seconds that a training may take.
    """

    def __init__(
        self, options: list[str], folder: Path, moments: random.Random, processes: int, timeout: float
    ) -> None:
        self.options = [*options, *(["--nproc", str(processes)] if processes > 1 else [])]
        self.folder, self.moments, self.processes, self.timeout = folder, moments, processes, timeout
        folder.mkdir(parents=True)
        self.mark = folder / "killed"
        self.train(folder / "whole", {"notes": str(folder / "notes.json")})
        self.notes: dict[str, list[float]] = json.loads((folder / "notes.json").read_text(encoding="utf-8"))
        self.wanted = result(folder / "whole")

    def train(self, expdir: Path, asked: dict[str, Any]) -> bool:
        """Run the command to its end and that of all its processes; return whether it was killed."""
        self.mark.unlink(missing_ok=True)
        command = [sys.executable, str(ROOT / "tools/kill_at.py"), *self.options, "--expdir", str(expdir)]
        environment = os.environ | {VARIABLE: json.dumps(asked)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        try:
            said, _ = process.communicate(timeout=self.timeout)  # the pipe's end is that of the last process
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise AudiolabError(f"{expdir}: {asked}: no end after {self.timeout:g} s") from error
        with open(f"{expdir}.out", "ab") as out:
            out.write(said)
        killed = self.mark.exists()
        if (process.returncode != 0) != killed:
            raise AudiolabError(f"training ended with status {process.returncode}; see {expdir}.out")
        return killed

    def plans(self) -> Iterator[Kill]:
        """Yield kills without end, at places in turn."""
        missing = [place for place in PLACES if not self.notes[place]]
        if missing:
            raise AudiolabError(f"{self.folder / 'whole'}: no call of {', '.join(missing)}; see PLACES of kill_at.py")
        places = list(PLACES)
        self.moments.shuffle(places)
        for place in cycle(places):
            durations = self.notes[place]
            call = self.moments.randint(1, (len(durations) + 1) // 2)  # what was trained before is not called again
            seconds = self.moments.choice([-1.0, 0.0, self.moments.uniform(0, durations[call - 1])])
            alone = self.processes > 1 and self.moments.random() < 0.5
            rank = self.moments.randrange(self.processes) if alone and place not in OF_THE_FIRST else 0
            yield Kill(str(self.mark), place, call, seconds, rank, alone)

    def run(self, count: int) -> tuple[int, int]:
        """Kill so often, and compare all runs; return how many kills and runs there were.

        Raises:
            AudiolabError: A run differs; or runs end by themselves again and again, for kills do not come.
        """
        plans, kills, runs = self.plans(), 0, 0
        while kills < count:
            runs += 1
            if runs > 2 * count:
                raise AudiolabError(f"{self.folder}: only {kills} kills in {runs} runs; see PLACES of kill_at.py")
            expdir = self.folder / f"killed{runs}"
            while kills < count:
                plan = next(plans)
                if not self.train(expdir, asdict(plan)):  # the call that was to be its last did not come
                    break
                kills += 1
                print(f"  {told(plan)}: {state_of(expdir)}", flush=True)
            else:
                self.train(expdir, asdict(Kill(str(self.mark), "end", 9, 0.0)))  # a call that does not come
            if not same(result(expdir), self.wanted):
                raise AudiolabError(f"{expdir} differs from {self.folder / 'whole'}")
        return kills, runs


def result(expdir: Path) -> tuple[Any, Any, str]:
    """Return what must be the same: final checkpoint, model, history."""
    latest = (expdir / "checkpoints" / "latest").read_text(encoding="utf-8").strip()
    checkpoint = torch.load(expdir / "checkpoints" / latest, weights_only=True)
    model = torch.load(expdir / MODEL, weights_only=True)
    return checkpoint, model, (expdir / "history.csv").read_text(encoding="utf-8")


def told(plan: Kill) -> str:
    """Return a kill in words."""
    when = f"{1000 * plan.delay:.1f} ms into" if plan.delay > 0 else "before" if plan.delay == 0 else "after"
    return f"{when} {plan.place} {plan.call}" + (f", process {plan.rank} alone" if plan.alone else "")


def state_of(expdir: Path) -> str:
    """Return where a killed run stood: its newest checkpoint, and whether one was being written."""
    newest = max((path.name for path in (expdir / "checkpoints").glob("step_*.pt")), default="no checkpoint")
    writing = [*expdir.glob(".*.tmp"), *(expdir / "checkpoints").glob(".*.tmp")]
    return newest + (f", while writing {writing[0].name.strip('.').rsplit('.', 2)[0]}" if writing else "")


def example(name: str, folder: Path) -> list[str]:
    """Write an example's data and config; return the options of its training."""
    sys.path[:0] = [str(ROOT / "test/systems"), str(ROOT / "test/data")]
    import examples

    if hasattr(examples, name):
        made = getattr(examples, name)(folder / "data")
        trainer = TRAINER | {"batch_size": made.batch_size}
        tree = {"system": examples.VARIANTS.get(name, name), **made.config, "trainer": trainer}
    else:
        tree = {"system": name, "trainer": TRAINER | OF_TOYS}
        folder.mkdir(parents=True)
    (folder / "train.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return ["--config", str(folder / "train.yaml")]


def example_names(asked: list[str]) -> list[str]:
    """Return the names of examples and toys; ``all`` stands for all of them; raise for one that there is not."""
    sys.path[:0] = [str(ROOT / "test/systems"), str(ROOT / "test/data")]
    import examples

    from audiolab import systems

    known = [*systems.names(), *examples.VARIANTS, *register_toys()]
    for name in asked:
        if name not in known and asked != ["all"]:
            raise AudiolabError(f"--systems: no example '{name}'{did_you_mean(name, known)}")
    return known if asked == ["all"] else asked


def parse() -> argparse.Namespace:
    """Return the options; ``options`` are those of the training."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--moments", type=cli.positive, default=24, help="kills that each training is to get (default: 24)"
    )
    parser.add_argument("--folder", type=Path, required=True, help="new folder for the runs")
    parser.add_argument("--systems", nargs="+", default=[], help="examples and toys to train, or all")
    parser.add_argument("--nproc", type=cli.positive, nargs="+", default=[1], help="processes (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--timeout", type=float, default=600.0, help="longest training, s (default: 600)")
    given = sys.argv[1:]
    options = given[given.index("--") + 1 :] if "--" in given else []
    known = parser.parse_args(given[: given.index("--")] if "--" in given else given)
    if bool(options) == bool(known.systems):
        raise AudiolabError("give either --systems or, behind --, the options of a training")
    return argparse.Namespace(**vars(known), options=options)


def main() -> None:
    """Train undisturbed, then with the kills, and compare."""
    given = parse()
    for name in example_names(given.systems) or ["training"]:
        options = given.options or example(name, given.folder / name)
        for processes in given.nproc:
            print(f"{name}, {processes} process(es)", flush=True)
            folder = given.folder / name / f"nproc{processes}"
            check = Check(options, folder, random.Random(given.seed), processes, given.timeout)
            kills, runs = check.run(given.moments)
            print(f"  {kills} kills, {runs} run(s): all the same to the bit", flush=True)


if __name__ == "__main__":
    cli.run(main)
