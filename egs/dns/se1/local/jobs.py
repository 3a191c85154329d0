#!/usr/bin/env python3
"""The recipe's jobs: the phases of training that the methods need, in their order, and what is enhanced by them.

local/jobs.py check … [-- OPTIONS]             says what is wrong with the options of run.sh, and of its trainings
local/jobs.py domains …                        prints whose mixtures the methods are trained on
local/jobs.py plan EXPDIR …                    writes EXPDIR/train.tsv
local/jobs.py plan_infer EXPDIR …              writes EXPDIR/enhance.tsv and EXPDIR/scored.tsv, of what train.tsv has
local/jobs.py waves EXPDIR                     prints FIRST:LAST of the jobs that may run at the same time, and names
local/jobs.py pool EXPDIR N …                  makes the pool of source mixtures of row N of train.tsv, if it has one
local/jobs.py train EXPDIR N … [-- OPTIONS]    trains row N of train.tsv
local/jobs.py enhance EXPDIR N … [-- OPTIONS]  enhances an evaluation set: row N of enhance.tsv
local/jobs.py scored_runs EXPDIR               prints the runs that made what scored.tsv lists, and those they stand on
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from audiolab import cli
from audiolab.datadir.names import id_problem
from audiolab.datadir.stamp import begin_stage, check_stamp, commit_stage
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.jobs import Row, check_folders, read_job, read_jobs, run_module, split_at_dashes, write_jobs

TRAIN = ("phase", "seed", "wave", "config", "dir", "data", "init", "init_classifier", "source_pool", "ranked_by")
ENHANCE = ("system", "seed", "set", "dir", "model")
SCORED = ENHANCE[:4]
MADE_BY = "stage 3 (train)"
PHASES = Path(__file__).with_name("phases.tsv")
NONE = "-"
DOMAINS = ("source", "target")


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="jobs.py", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("check", help="check the options of run.sh")
    check.add_argument("--methods", nargs="*", required=True)
    check.add_argument("--conf", type=Path, required=True)
    check.add_argument("--expdir", type=Path, required=True)
    check.add_argument("--percent", required=True)
    check.add_argument("--snrs", nargs="*", required=True)
    check.add_argument("--seeds", nargs="+", required=True)
    check.add_argument("--pairs", nargs="*", required=True)
    check.add_argument("--counts", nargs="+", required=True, metavar="OPTION=N")
    domains = verbs.add_parser("domains", help="print whose mixtures the methods are trained on")
    domains.add_argument("--methods", nargs="*", required=True)
    plan = verbs.add_parser("plan", help="list the trainings")
    plan_infer = verbs.add_parser("plan_infer", help="list what is enhanced by them")
    for verb in (plan, plan_infer):
        verb.add_argument("expdir", type=Path)
        verb.add_argument("--methods", nargs="+", required=True, help="rows of Table 1: phases of phases.tsv, or all")
        verb.add_argument("--seeds", nargs="+", required=True)
    plan.add_argument("--conf", type=Path, required=True, help="folder of the phases' YAMLs")
    plan_infer.add_argument("--sets", nargs="+", required=True, help="evaluation sets")
    plan_infer.add_argument("--infer_tag", required=True, help="name of the folder of enhanced sets")
    waves = verbs.add_parser("waves", help="print which jobs may run at the same time")
    runs = verbs.add_parser("scored_runs", help="print which runs made what was scored, and those they stand on")
    for verb in (waves, runs):
        verb.add_argument("expdir", type=Path)
    pool = verbs.add_parser("pool", help="rank the source mixtures of one phase, or draw some")
    train = verbs.add_parser("train", help="train one phase")
    enhance = verbs.add_parser("enhance", help="enhance one set by one method")
    for verb in (pool, train, enhance):
        verb.add_argument("expdir", type=Path)
        verb.add_argument("number", type=int)
        verb.add_argument("--data", type=Path, required=True, help="folder of the mixture dirs")
    pool.add_argument("--percent", required=True, help="of the source mixtures that are a pool of SRST")
    pool.add_argument("--device", default="cpu", help="where the mixtures are ranked: cpu or cuda")
    given, passed_on = split_at_dashes(sys.argv[1:])
    args = parser.parse_args(given)
    if args.verb == "check":
        check_options(args)
        if passed_on:
            check_train_options(args, passed_on)
    elif args.verb == "domains":
        print(*needed_domains(args.methods))
    elif args.verb == "plan":
        write_trainings(args)
    elif args.verb == "plan_infer":
        write_enhancements(args)
    elif args.verb == "waves":
        print_waves(args.expdir)
    elif args.verb == "scored_runs":
        print(*scored_runs(args.expdir), sep="\n")
    elif args.verb == "enhance":
        run_module(*enhance_command(read_job(args.expdir / "enhance.tsv", args.number, MADE_BY), args.data), *passed_on)
    else:
        job = read_job(args.expdir / "train.tsv", args.number, MADE_BY)
        if args.verb == "pool":
            make_pool(job, args.data, args.percent, args.device)
        else:
            run_module(*train_command(job, args.data), *passed_on)


def check_options(args: cli.configargparse.Namespace) -> None:
    """Raise for what would fail in a later stage only, after downloads and trainings."""
    phases = known_phases()
    for name in needed(chosen(args.methods, phases), phases):
        config = args.conf / f"{phases[name]['config']}.yaml"
        if not config.is_file():
            raise AudiolabError(f"--conf {args.conf}: there is no {config}; name a folder with the YAMLs of all phases")
    if not re.fullmatch(r"\d+(\.\d+)?", args.percent) or not 0 < float(args.percent) <= 100:
        raise AudiolabError(f"--percent {args.percent}: give a number above 0, at most 100")
    for snr in args.snrs:
        if not re.fullmatch(r"-?\d+", snr) or args.snrs.count(snr) > 1:
            raise AudiolabError(f"--snrs '{' '.join(args.snrs)}': give whole numbers of dB, each once")
    for seed in args.seeds:
        if not seed.isdecimal() or args.seeds.count(seed) > 1:
            raise AudiolabError(f"--seeds '{' '.join(args.seeds)}': give whole numbers, not negative, each once")
    for name in args.pairs:
        if args.pairs.count(name) > 1:
            raise AudiolabError(f"--pairs '{' '.join(args.pairs)}': name each data dir once")
        if id_problem(name):
            raise AudiolabError(f"--pairs {name}: give the names of data dirs in data/<dataset>, not paths")
    for option, value in (each.split("=", 1) for each in args.counts):
        if not re.fullmatch(r"0*[1-9]\d*", value):
            raise AudiolabError(f"--{option} {value}: give a whole number, 1 or more")


def check_train_options(args: cli.configargparse.Namespace, options: list[str]) -> None:
    """Raise for ``--train_options`` that a training would refuse."""
    from audiolab.bin.train import parse  # it loads torch

    phases = known_phases()
    for name, wave in needed(chosen(args.methods, phases), phases).items():
        job = training(phases[name], args.seeds[0], wave, args)
        parse([*train_command(job, Path("data"))[1:], *options])


def known_phases() -> dict[str, Row]:
    """Return the rows of phases.tsv by name."""
    return {row["phase"]: row for row in read_jobs(PHASES, "git checkout")}


def chosen(methods: list[str], phases: dict[str, Row]) -> list[str]:
    """Return the methods that ``--methods`` names; raise for one that there is not."""
    known = [name for name in phases if name not in CLASSIFIERS]
    if not methods:
        raise AudiolabError(f"--methods is empty: give some of {', '.join(known)}, or all")
    for method in methods:
        if method not in known and methods != ["all"]:
            raise AudiolabError(f"--methods: unknown method '{method}'{did_you_mean(method, known)}")
        if methods.count(method) > 1:
            raise AudiolabError(f"--methods: {method} is named {methods.count(method)} times; name each once")
    return known if methods == ["all"] else methods


def write_trainings(args: cli.configargparse.Namespace) -> None:
    """Write the table of trainings."""
    phases = known_phases()
    waves = needed(chosen(args.methods, phases), phases)
    trainings = sorted(
        (training(phases[name], seed, wave, args) for name, wave in waves.items() for seed in args.seeds),
        key=lambda row: int(row["wave"]),
    )
    check_folders(trainings, "name each method and seed once")
    write_jobs(args.expdir / "train.tsv", TRAIN, trainings)
    print(f"trainings: {len(trainings)}", file=sys.stderr)


def write_enhancements(args: cli.configargparse.Namespace) -> None:
    """Write the tables of what is enhanced, and of what is scored; raise for a method that was not trained."""
    enhancements = list(enhancement_rows(args, chosen(args.methods, known_phases())))
    check_folders(enhancements, "name each method, seed, SNR and set of pairs once")
    trained = {row["dir"] for row in read_jobs(args.expdir / "train.tsv", MADE_BY)}
    for row in enhancements:
        if row["model"] not in trained:
            what = f"{row['system']} with seed {row['seed']}"
            raise AudiolabError(f"{args.expdir}/train.tsv: no {what}; leave it out, or run {MADE_BY} with all you want")
    write_jobs(args.expdir / "enhance.tsv", ENHANCE, enhancements)
    noisy = [dict(zip(SCORED, ("noisy", NONE, name, NONE))) for name in args.sets]
    write_jobs(args.expdir / "scored.tsv", SCORED, [*noisy, *enhancements])
    print(f"sets to enhance: {len(enhancements)}", file=sys.stderr)


CLASSIFIERS = ("classifier", "dann_classifier")
"""Phases that are no method of their own."""


def needed(methods: list[str], phases: dict[str, Row]) -> dict[str, int]:
    """Return all phases that the methods stand on, with the number of the wave, from 1, in which each can run."""
    waves: dict[str, int] = {}

    def wave(name: str) -> int:
        if name not in waves:
            before = phases[name]["needs"]
            waves[name] = 1 if before == NONE else wave(before) + 1
        return waves[name]

    for method in methods:
        wave(method)
    return waves


def needed_domains(methods: list[str]) -> list[str]:
    """Return whose mixtures the methods, and the phases that they stand on, are trained on, in a fixed order."""
    phases = known_phases()
    trained_on = {phases[name]["train"] for name in needed(chosen(methods, phases), phases)}
    return [name for name in (*DOMAINS, "oracle") if name in trained_on or (name in DOMAINS and "both" in trained_on)]


def training(phase: Row, seed: str, wave: int, args: cli.configargparse.Namespace) -> Row:
    """Return the job that trains a phase."""

    def run(name: str) -> str:
        return name if name == NONE else str(args.expdir / f"{name}_s{seed}")

    directory, pool = run(phase["phase"]), phase["pool"]
    return {
        "phase": phase["phase"], "seed": seed, "wave": str(wave), "config": str(args.conf / f"{phase['config']}.yaml"),
        "dir": directory, "data": phase["train"], "init": run(phase["init"]),
        "init_classifier": run(phase["init_classifier"]),
        "source_pool": pool if pool == NONE else f"{directory}/source_pool",
        "ranked_by": run(phase["needs"]) if pool == "similar" else NONE,
    }  # fmt: skip


def enhancement_rows(args: cli.configargparse.Namespace, methods: list[str]) -> Iterator[Row]:
    """Yield one row for each method, seed and evaluation set."""
    for method, seed, name in itertools.product(methods, args.seeds, args.sets):
        model = args.expdir / f"{method}_s{seed}"
        yield dict(zip(ENHANCE, (method, seed, name, str(model / args.infer_tag / name), str(model))))


def print_waves(expdir: Path) -> None:
    """Print of each wave its first and last job, the first and last of those that have a pool, and its phases."""
    rows = read_jobs(expdir / "train.tsv", MADE_BY)
    numbers = range(1, len(rows) + 1)
    for _, group in itertools.groupby(zip(numbers, rows), key=lambda pair: pair[1]["wave"]):
        jobs = dict(group)
        pools = [number for number, row in jobs.items() if row["source_pool"] != NONE]
        print(span(list(jobs)), span(pools), *dict.fromkeys(row["phase"] for row in jobs.values()))


def scored_runs(expdir: Path) -> list[str]:
    """Return the runs that made what scored.tsv lists and those that they stand on, in the order of train.tsv."""
    trained = {row["dir"]: row for row in read_jobs(expdir / "train.tsv", MADE_BY)}
    scored = [row["dir"] for row in read_jobs(expdir / "scored.tsv", "stage 4 (infer)")]
    found = [run for run in trained if any(made.startswith(f"{run}/") for made in scored)]
    for run in found:  # which grows
        row = trained[run]
        found += {row["init"], row["init_classifier"], row["ranked_by"]} & trained.keys() - set(found)
    return [Path(run).name for run in trained if run in found]


def span(numbers: list[int]) -> str:
    """Return ``FIRST:LAST``, or `NONE`."""
    return f"{numbers[0]}:{numbers[-1]}" if numbers else NONE


def train_command(job: Row, data: Path) -> tuple[str, ...]:
    """Return module and arguments that train a phase."""
    domains = {"source": "oracle" if job["data"] == "oracle" else "source"}
    if job["data"] == "both":
        domains["target"] = "target"
    options = [
        word
        for domain, name in domains.items()
        for part in ("train", "valid")
        for word in (f"--data_conf.{domain}_{part}", f"{data}/{name}_{part}")
    ]
    for key, section in (("init", "system_conf"), ("init_classifier", "system_conf"), ("source_pool", "data_conf")):
        if job[key] != NONE:
            options += [f"--{section}.{key}", job[key]]
    return ("audiolab.bin.train", "--config", job["config"], "--expdir", job["dir"], "--seed", job["seed"], *options)


def make_pool(job: Row, data: Path, percent: str, device: str) -> None:
    """Write the list of source mixtures that SRST takes: the most target-like, or as many drawn by the seed.

    A job that has no pool has nothing to do. Of the most target-like, the classifier's decisions on both domains are
    written too. What was made from the same before is left as it is.
    """
    if job["source_pool"] == NONE:
        return
    by_model = job["ranked_by"] != NONE
    inputs = [f"{data}/source_train", *([f"{data}/target_train", f"{job['ranked_by']}/model.pt"] if by_model else [])]
    made_from = {"percent": percent} | ({} if by_model else {"random": job["seed"]})
    made = (job["source_pool"], *([f"{job['dir']}/{name}_decisions" for name in DOMAINS] if by_model else []))
    if all(map(os.path.isfile, made)) and is_stamped(job["dir"], "pool", made_from):
        return
    if os.path.isfile(f"{job['dir']}/checkpoints/latest"):
        raise AudiolabError(
            f"{job['dir']}: was trained with another pool of source mixtures (another --percent, other mixtures or "
            "another classifier); take back what was changed, or train anew with another --tag"
        )
    begin_stage(job["dir"], "pool", inputs, made_from)
    choice = ["--pool", job["source_pool"], "--percent", percent]
    if by_model:
        for domain, also in (("source", choice), ("target", [])):
            rank(data, domain, "--model", job["ranked_by"], "--device", device,
                 "--out", f"{job['dir']}/{domain}_decisions", *also)  # fmt: skip
    else:
        rank(data, "source", "--random", job["seed"], *choice)
    commit_stage(job["dir"], "pool")


def is_stamped(folder: str, stage: str, options: dict[str, str]) -> bool:
    """Return whether a folder was made by a stage from what is there now."""
    try:
        check_stamp(folder, stage, options=options)
    except AudiolabError:
        return False
    return True


def rank(data: Path, domain: str, *options: str) -> None:
    """Run rank_domains on a domain's training mixtures; leave with its status where it fails."""
    command = ("--data", f"{data}/{domain}_train", *options)
    done = subprocess.run([sys.executable, "-m", "audiolab.bin.rank_domains", *command], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def enhance_command(job: Row, data: Path) -> tuple[str, ...]:
    """Return module and arguments that enhance a set."""
    return ("audiolab.bin.enhance", "--model", job["model"], "--data", f"{data}/{job['set']}", "--out", job["dir"])


if __name__ == "__main__":
    cli.run(main)
