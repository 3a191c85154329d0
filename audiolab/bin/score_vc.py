"""Score converted speech against the targets' parallel references: ``python -m audiolab.bin.score_vc``.

Reads a list of runs and data dirs, writes one row an utterance (``scores.csv``) and, beside it under the same name,
how they were measured (``scores.yaml``).
"""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path

import yaml

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.conversions import Run, read_runs
from audiolab.metrics.vc_runs import Corpora, Scored, score_runs
from audiolab.metrics.vc_scores import VC
from audiolab.metrics.voice import AnalysisConfig

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = _parser().parse_args()
    corpora = Corpora(*(DataDir(path) for path in (options.source, options.reference, options.train)))
    config = AnalysisConfig(alpha=options.alpha, order=options.order, range_db=options.range_db)
    scored = score_runs(read_runs(options.runs), corpora, config, options.nj)
    for failure in scored.failures:
        logger.warning("failed: %s", failure)
    if scored.failures and not options.allow_failures:
        raise AudiolabError(
            f"{len(scored.failures)} recordings could not be used, the first: {scored.failures[0]}; "
            "nothing was written: mend them, or score the others with --allow_failures"
        )
    if not scored.scores:
        raise AudiolabError(f"{options.runs}: not one utterance could be scored")
    VC.write(options.out, scored.scores)
    with atomic_write(Path(options.out).with_suffix(".yaml")) as file:
        yaml.safe_dump(_report(scored, config), file, sort_keys=False, allow_unicode=True, width=120)
    logger.info("%d utterances scored, %d failures: %s", len(scored.scores), len(scored.failures), options.out)


def _parser() -> cli.ArgumentParser:
    defaults = AnalysisConfig()
    parser = cli.ArgumentParser(prog="score_vc", description=__doc__.splitlines()[0])
    columns = " ".join(field.name for field in fields(Run))
    parser.add_argument("--runs", required=True, help=f"list of runs, by tabs, with the header {columns}")
    parser.add_argument("--source", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
    parser.add_argument("--train", required=True, help="data dir of all speakers' training speech")
    parser.add_argument(
        "--out", required=True, help="the CSV to write; a YAML of the same name says how it was measured"
    )
    parser.add_argument("--alpha", type=float, default=defaults.alpha, help="all-pass constant of the mel-cepstra")
    parser.add_argument("--order", type=int, default=defaults.order, help="order of the mel-cepstra")
    parser.add_argument(
        "--range_db", type=float, default=defaults.range_db, help="speech is within this of the loudest"
    )
    parser.add_argument("--nj", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--allow_failures", action="store_true", help="write the scores of what could be scored")
    return parser


def _report(scored: Scored, config: AnalysisConfig) -> dict:
    """Return what ``scores.yaml`` holds; ``conditions`` are printed under the tables as they stand."""
    classifier, held_out = scored.classifier, scored.classifier.held_out
    return {
        "conditions": {
            "Analysis": config.describe(),
            "Frames": f"those within {config.range_db:g} dB of the utterance's loudest frame",
            "Alignment": "exact DTW on the mel-cepstra, steps (1,1) (1,0) (0,1) without weights, mean over the path",
            "Speaker classifier": (
                f"logistic regression on statistics of mel-cepstra over 1 s, {len(classifier.speakers)} speakers; "
                f"on unseen sentences accuracy {held_out.accuracy:.3f} and log-loss {held_out.log_loss:.3f} "
                f"over {held_out.utterances} utterances (C = {classifier.strength:g} by cross-validation)"
            ),
            **({"Failures": f"{len(scored.failures)}, left out"} if scored.failures else {}),
        },
        "speakers": classifier.speakers,
        "failures": scored.failures,
    }


if __name__ == "__main__":
    cli.run(main)
