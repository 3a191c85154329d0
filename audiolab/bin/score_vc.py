"""Score converted speech against the targets' parallel references: ``python -m audiolab.bin.score_vc``.

Reads a list of runs and data dirs, writes one row an utterance (``scores.csv``) and, beside it under the same name,
how they were measured (``scores.yaml``).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.metrics.judges.panel import add_options as add_judge_options
from audiolab.metrics.judges.panel import make_panel
from audiolab.metrics.scores import AS_IS, NATURAL
from audiolab.metrics.speaker_id import SpeakerClassifier
from audiolab.metrics.voice import AnalysisConfig
from audiolab.tasks.over_scale import over_scale
from audiolab.tasks.scoring import add_options, parse, write_scores
from audiolab.tasks.vc.apply import LIMITED
from audiolab.tasks.vc.conversions import Run
from audiolab.tasks.vc.judging import judge_conversions
from audiolab.tasks.vc.scores import VC
from audiolab.tasks.vc.scoring import Corpora, read_runs, score_runs

logger = logging.getLogger(__name__)

JUDGES = ("dnsmos", "speaker", "words")


def main() -> None:
    """Run the command."""
    options = _options()
    corpora = Corpora(*(DataDir(path) for path in (options.source, options.reference, options.train)))
    config = AnalysisConfig(alpha=options.alpha, order=options.order, range_db=options.range_db)
    panel = make_panel(options, JUDGES)
    runs = read_runs(options.runs)
    scored = score_runs(runs, corpora, config, options.nj)
    judged = judge_conversions(scored, runs, corpora, panel, options.nj)
    peaks = over_scale(runs, LIMITED)
    logger.info("conversions whose peaks were limited: %s", peaks)
    conditions = _conditions(scored.classifier, config) | {"Conversions whose peaks were limited": peaks}
    conditions |= panel.conditions(judged.asked)
    details = {"speakers": scored.classifier.speakers}
    write_scores(options, VC, replace(scored, scores=judged.scores), conditions, judged.refused, details)


def _options() -> Any:
    defaults = AnalysisConfig()
    parser = cli.ArgumentParser(prog="score_vc", description=__doc__.splitlines()[0])
    add_options(parser, Run, f"; the dir of {NATURAL}, the references themselves, is {AS_IS}")
    add_judge_options(parser)
    parser.add_argument("--source", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
    parser.add_argument("--train", required=True, help="data dir of all speakers' training speech")
    parser.add_argument(
        "--alpha",
        type=cli.within(float, -0.99, 0.99),
        default=defaults.alpha,
        help="all-pass constant of the mel-cepstra",
    )
    parser.add_argument("--order", type=cli.positive, default=defaults.order, help="order of the mel-cepstra")
    parser.add_argument(
        "--range_db", type=cli.above_zero, default=defaults.range_db, help="speech is within this of the loudest"
    )
    return parse(parser)


def _conditions(classifier: SpeakerClassifier, config: AnalysisConfig) -> dict[str, str]:
    held_out = classifier.held_out
    return {
        "Analysis": config.describe(),
        "Frames": f"those within {config.range_db:g} dB of the utterance's loudest frame",
        "Alignment": "exact DTW on the mel-cepstra, steps (1,1) (1,0) (0,1) without weights, mean over the path",
        "Speaker classifier": (
            f"logistic regression on statistics of mel-cepstra over 1 s, {len(classifier.speakers)} speakers; "
            f"on unseen sentences accuracy {held_out.accuracy:.3f} and log-loss {held_out.log_loss:.3f} "
            f"over {held_out.utterances} utterances (C = {classifier.strength:g} by cross-validation)"
        ),
    }


if __name__ == "__main__":
    cli.run(main)
