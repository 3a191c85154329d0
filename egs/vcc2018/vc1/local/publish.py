#!/usr/bin/env python3
"""Pack the models that made what was scored, and make the listening test of it."""

from __future__ import annotations

import sys
from pathlib import Path

from audiolab import cli
from audiolab.bin import listening_test
from audiolab.datadir.datadir import DataDir
from audiolab.plan.running import made_with
from audiolab.report.packing import pack
from audiolab.textfile import read_records

PAPERS_SAMPLES = 15
"""Samples that a listener rates, §4.2; fewer where there are not so many utterances."""


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="publish.py", description=__doc__)
    parser.add_argument("expdir", type=Path)
    parser.add_argument("--data", required=True, help="data dir that was converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' references")
    parser.add_argument("--leave_out", nargs="*", default=[], help="systems that the listening test leaves out")
    parser.add_argument("--seed", default="0", help="of the listening test's draw")
    args = parser.parse_args()
    columns = ("system", "seed", "dir")
    scored = read_records(args.expdir / "scored.tsv", columns, "\t", advice="run stage 4 (infer)", others=True)
    trained = [row for _, row in scored if row["seed"] != "-"]
    for run in made_with((row["dir"] for row in trained), "train"):
        pack(run, f"{run}.zip", "convert", None)
    sys.argv = ["listening_test", *listening_words(args, trained)]
    listening_test.main()


def listening_words(args: cli.configargparse.Namespace, trained: list[dict[str, str]]) -> list[str]:
    """Return the arguments that make the listening test: of the systems' first seed, as in the paper's §4.2."""
    heard = [row for row in trained if row["seed"] == trained[0]["seed"]]
    systems = dict.fromkeys(row["system"] for row in heard if row["system"] not in args.leave_out)
    counts = [sum(len(DataDir(row["dir"]).utterances) for row in heard if row["system"] == name) for name in systems]
    versions = len({*systems, "source", "target"} - set(args.leave_out))
    samples = max(versions, min([PAPERS_SAMPLES, *counts]))  # so that no utterance comes twice, if that can be
    named = (f"{row['system']}={row['dir']}" for row in heard)
    folders = ("--data", args.data, "--reference", args.reference)
    pages = ("--out", f"{args.expdir}/listening.html", "--key", f"{args.expdir}/listening_key.csv")
    drawn = ("--samples", str(samples), "--seed", args.seed, "--leave_out", *args.leave_out)
    return ["make", "--systems", *named, *folders, *pages, *drawn]


if __name__ == "__main__":
    cli.run(main)
