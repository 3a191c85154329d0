#!/usr/bin/env python3
"""The recipe's jobs: which systems are trained on which pairs with which seeds, and what converts with them.

local/jobs.py check --pairs …                  fails where pairs are none
local/jobs.py plan EXPDIR …                    writes EXPDIR/train.tsv
local/jobs.py plan_infer EXPDIR …              writes EXPDIR/convert.tsv and EXPDIR/scored.tsv, of what train.tsv has
local/jobs.py train EXPDIR N … [-- OPTIONS]    trains row N of train.tsv
local/jobs.py convert EXPDIR N … [-- OPTIONS]  converts row N of convert.tsv
local/jobs.py publish EXPDIR …                 packs the models and makes the listening test, of what was scored
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from audiolab import cli
from audiolab.config import from_dict, load_yaml
from audiolab.data.baseline_mappings import BASELINES
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import id_problem
from audiolab.errors import AudiolabError
from audiolab.jobs import Row, check_folders, read_job, read_jobs, run_module, split_at_dashes, write_jobs
from audiolab.metrics.scores import AS_IS, NATURAL

TRAIN = ("config", "seed", "source", "target", "dir")
CONVERT = ("system", "seed", "source", "target", "dir", "model", "way", "config")
SCORED = CONVERT[:5]
MADE_BY = "stage 3 (train)"
CONVERTED_BY = "stage 4 (infer)"
SENTENCES = ("frames", "held_out", "unshared")
"""Keys of ``data_conf`` that say which sentences are trained on."""
MOVED = "+F0"
"""Behind the name of a system that moves F0 too, which the paper keeps."""
PAPERS_SAMPLES = 15
"""Samples that a listener rates, §4.2; fewer where there are not so many utterances."""


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="jobs.py", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("check", help="look whether pairs are any")
    check.add_argument("--pairs", nargs="+", required=True, type=parse_pair, metavar="SOURCE:TARGET")
    plan = verbs.add_parser("plan", help="list the trainings")
    plan_infer = verbs.add_parser("plan_infer", help="list the conversions")
    for verb in (plan, plan_infer):
        verb.add_argument("expdir", type=Path)
        verb.add_argument("--configs", nargs="+", required=True, help="YAMLs of systems")
        verb.add_argument("--pairs", nargs="+", required=True, metavar="SOURCE:TARGET")
        verb.add_argument("--seeds", nargs="+", required=True)
        verb.add_argument(
            "--infer_config", required=True, type=Path, help="YAML; its name is the folder's of conversions"
        )
        verb.add_argument("--f0_config", default="", help="YAML of a further row, config+F0; empty: none")
        verb.add_argument("--f0_of", default="", help="YAML of the system that gets that row")
        verb.add_argument("--both_ways", default="false", choices=["true", "false"], help="targets to sources too")
        verb.add_argument("--data", required=True, help="data dir that is converted")
        verb.add_argument("--reference", required=True, help="data dir of the targets' references")
    train = verbs.add_parser("train", help="train one system")
    convert = verbs.add_parser("convert", help="convert with one system, or without one")
    for verb in (train, convert):
        verb.add_argument("expdir", type=Path)
        verb.add_argument("number", type=int)
        verb.add_argument("--features", required=True, help="features of the training set")
    convert.add_argument("--data", required=True, help="data dir to convert")
    publish = verbs.add_parser("publish", help="pack the models, make the listening test")
    publish.add_argument("expdir", type=Path)
    publish.add_argument("--data", required=True, help="data dir that was converted")
    publish.add_argument("--reference", required=True, help="data dir of the targets' references")
    publish.add_argument("--leave_out", nargs="*", default=[], help="systems that the listening test leaves out")
    publish.add_argument("--seed", default="0", help="of the listening test's draw")
    given, passed_on = split_at_dashes(sys.argv[1:])
    args = parser.parse_args(given)
    args.options = passed_on
    if args.verb == "plan":
        write_trainings(args)
    elif args.verb == "plan_infer":
        write_conversions(args)
    elif args.verb == "publish":
        publish_models(args)
        run_module(*listening_command(args))
    elif args.verb != "check":
        command = train_command if args.verb == "train" else convert_command
        run_module(*command(read_job(args.expdir / f"{args.verb}.tsv", args.number, MADE_BY), args))


def planned(args: cli.configargparse.Namespace) -> tuple[list[Row], list[Row]]:
    """Return the trainings, and the conversions by them; raise for what could not be made of them all."""
    for seed in args.seeds:
        if not seed.isdecimal():
            raise AudiolabError(f"--seeds '{' '.join(args.seeds)}': give whole numbers, not negative")
    check_infer_configs(args)
    trainings = list(training_rows(args))
    conversions = list(conversion_rows(args, trainings))
    one_way = ", a pair in one direction with --both_ways" if args.both_ways == "true" else ""
    check_folders((*trainings, *conversions), f"name each config, pair and seed once{one_way}")
    check_sentences(args)
    return trainings, conversions


def check_sentences(args: cli.configargparse.Namespace) -> None:
    """Raise for speakers who have no sentence to be converted, or none to compare conversions with."""
    sources, targets = zip(*directions(args))
    or_one_way = ", or leave out --both_ways" if args.both_ways == "true" else ""
    for folder, speakers, purpose in (
        (args.data, sources, "to convert"),
        (args.reference, targets, "to compare conversions with"),
    ):
        there = DataDir(folder).speakers
        lacking = [speaker for speaker in dict.fromkeys(speakers) if speaker not in there]
        if lacking:
            raise AudiolabError(
                f"{folder}: no evaluation sentences of {', '.join(lacking)} {purpose}; "
                f"name speakers in --pairs who have some{or_one_way}"
            )


def write_trainings(args: cli.configargparse.Namespace) -> None:
    """Write the table of trainings."""
    for config in args.configs:
        if not Path(config).is_file():
            raise AudiolabError(f"{config}: no such file; name a YAML of conf/, nothing was changed")
    trainings, _ = planned(args)
    write_jobs(args.expdir / "train.tsv", TRAIN, trainings)
    print(f"trainings: {len(trainings)}", file=sys.stderr)


def check_infer_configs(args: cli.configargparse.Namespace) -> None:
    """Raise for a YAML of conversion that converting would refuse, hours later."""
    from audiolab.tasks.vc.apply import InferenceConfig  # it loads torch

    for config in (args.infer_config, *([args.f0_config] if args.f0_config else [])):
        from_dict(InferenceConfig, *load_yaml(config), source=str(config))


def write_conversions(args: cli.configargparse.Namespace) -> None:
    """Write the tables of what is converted, and of what is scored; raise for a system that was not trained."""
    trainings, conversions = planned(args)
    trained = {row["dir"] for row in read_jobs(args.expdir / "train.tsv", MADE_BY)}
    for row in trainings:
        if row["dir"] not in trained:
            what = f"{row['config']} for {row['source']}:{row['target']} with seed {row['seed']}"
            raise AudiolabError(f"{args.expdir}/train.tsv: no {what}; leave it out, or run {MADE_BY} with all you want")
    write_jobs(args.expdir / "convert.tsv", CONVERT, conversions)
    natural = [dict(zip(SCORED, (NATURAL, "-", *ends, AS_IS))) for ends in directions(args)]
    write_jobs(args.expdir / "scored.tsv", SCORED, [*conversions, *natural])
    print(f"conversions of a data dir: {len(conversions)}", file=sys.stderr)


def parse_pair(pair: str) -> tuple[str, str]:
    """Return the two speakers of ``SOURCE:TARGET``."""
    source, colon, target = pair.partition(":")
    if not (source and colon and target) or source == target:
        raise AudiolabError(f"--pairs: '{pair}' is not SOURCE:TARGET")
    problem = id_problem(source) or id_problem(target)
    if problem:
        raise AudiolabError(f"--pairs: {problem}")
    return source, target


def training_rows(args: cli.configargparse.Namespace) -> Iterator[Row]:
    """Yield one row a training."""
    for config in args.configs:
        for seed in args.seeds:
            for source, target in map(parse_pair, args.pairs):
                run = args.expdir / Path(config).stem / f"{source}-{target}_s{seed}"
                yield dict(zip(TRAIN, (config, seed, source, target, str(run))))


def conversion_rows(args: cli.configargparse.Namespace, trainings: list[Row]) -> Iterator[Row]:
    """Yield one row for each direction of each model, and of each baseline."""
    both = args.both_ways == "true"
    for training in trainings:
        system, seed, model = Path(training["config"]).stem, training["seed"], training["dir"]
        ends = training["source"], training["target"]
        ways = {f"{model}/{args.infer_config.stem}": (system, args.infer_config)}
        if args.f0_config and system == Path(args.f0_of).stem:
            ways[str(args.expdir / f"{system}{MOVED}" / Path(model).name)] = (f"{system}{MOVED}", args.f0_config)
        for folder, (name, config) in ways.items():
            yield dict(zip(CONVERT, (name, seed, *ends, f"{folder}/eval", model, "forward", str(config))))
            if both:
                back = (name, seed, *ends[::-1], f"{folder}/eval_reverse", model, "reverse", str(config))
                yield dict(zip(CONVERT, back))
    for source, target in directions(args):
        for kind in BASELINES:
            folder = args.expdir / kind / f"{source}-{target}" / "eval"
            yield dict(zip(CONVERT, (kind, "-", source, target, str(folder), "-", "baseline", "-")))


def directions(args: cli.configargparse.Namespace) -> list[tuple[str, str]]:
    """Return (source, target) of all that is converted."""
    pairs = [parse_pair(pair) for pair in args.pairs]
    return pairs + [(target, source) for source, target in pairs if args.both_ways == "true"]


def train_command(job: Row, args: cli.configargparse.Namespace) -> tuple[str, ...]:
    """Return module and arguments that train."""
    return (
        "audiolab.bin.train", "--config", job["config"], "--expdir", job["dir"], "--seed", job["seed"],
        "--data_conf.train_dir", args.features, "--data_conf.source", job["source"],
        "--data_conf.target", job["target"], *args.options,
    )  # fmt: skip


def convert_command(job: Row, args: cli.configargparse.Namespace) -> tuple[str, ...]:
    """Return module and arguments that convert a data dir."""
    folders = ("--data", args.data, "--out", job["dir"])
    if job["way"] == "baseline":
        return ("audiolab.bin.convert_baseline", "--kind", job["system"], *baseline_data(job, args), *folders)
    reverse = ("--reverse",) if job["way"] == "reverse" else ()
    return ("audiolab.bin.convert", "--model", job["model"], *reverse, *folders, "--config", job["config"])


def baseline_data(job: Row, args: cli.configargparse.Namespace) -> Iterator[str]:
    """Yield the options by which a baseline knows the sentences that the first training of its pair was shown."""
    ends = job["source"], job["target"]
    runs = read_jobs(args.expdir / "train.tsv", MADE_BY)
    training = next(run for run in runs if {run["source"], run["target"]} == set(ends))
    if (training["source"], training["target"]) != ends:
        yield "--reverse"
    shown, _ = load_yaml(Path(training["dir"]) / "config.yaml")
    yield from ("--train_dir", args.features, "--source", training["source"], "--target", training["target"])
    for key in SENTENCES:
        if key in shown.get("data_conf", {}):
            yield from (f"--{key}", str(shown["data_conf"][key]).lower())


def publish_models(args: cli.configargparse.Namespace) -> None:
    """Pack each model beside its folder: ``<run>.zip``."""
    from audiolab.report.packing import pack  # it loads torch, which the other verbs do without

    for run in dict.fromkeys(row["model"] for row in scored_conversions(args.expdir) if row["way"] != "baseline"):
        pack(run, f"{run}.zip", "convert", None)


def scored_conversions(expdir: Path) -> list[Row]:
    """Return the rows of convert.tsv whose conversions were scored."""
    scored = {row["dir"] for row in read_jobs(expdir / "scored.tsv", CONVERTED_BY)}
    return [row for row in read_jobs(expdir / "convert.tsv", CONVERTED_BY) if row["dir"] in scored]


def listening_command(args: cli.configargparse.Namespace) -> tuple[str, ...]:
    """Return module and arguments that make the listening test: the systems' first seed, as in the paper's §4.2."""
    trained = [row for row in scored_conversions(args.expdir) if row["way"] != "baseline"]
    heard = [row for row in trained if row["seed"] == trained[0]["seed"]]
    systems = dict.fromkeys(row["system"] for row in heard if row["system"] not in args.leave_out)
    counts = [sum(len(DataDir(row["dir"]).utterances) for row in heard if row["system"] == name) for name in systems]
    versions = len({*systems, "source", "target"} - set(args.leave_out))
    samples = max(versions, min([PAPERS_SAMPLES, *counts]))  # so that no utterance comes twice, if that can be
    pages = ("--out", f"{args.expdir}/listening.html", "--key", f"{args.expdir}/listening_key.csv")
    folders = ("--data", args.data, "--reference", args.reference)
    drawn = ("--samples", str(samples), "--seed", args.seed, "--leave_out", *args.leave_out)
    named = (f"{row['system']}={row['dir']}" for row in heard)
    return ("audiolab.bin.listening_test", "make", "--systems", *named, *folders, *pages, *drawn)


if __name__ == "__main__":
    cli.run(main)
