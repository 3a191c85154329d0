"""Write down what is said in a data dir: ``transcribe --model exp/ctc --data data/test --out exp/ctc/test``.

``--out`` is the data dir, by reference, whose ``text`` is what a trained recogniser heard. With ``--nj N``, job
``--job K`` takes every N-th utterance; ``--join`` joins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audiolab import cli
from audiolab.datadir import parts
from audiolab.datadir.apart import check_apart
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.restrict import restrict
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.waiting import told

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    found = parts.run(options, "transcribe", lambda part: _transcribe(options, part))
    logger.info("%s: what is said in %d utterances", found.path, len(found.utterances))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="transcribe", description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="training run of a recogniser, or its zip")
    parser.add_argument("--data", required=True, help="data dir")
    parser.add_argument("--out", required=True, help="data dir to write, by reference")
    parser.add_argument("--beam", type=cli.positive, default=8, help="texts that the search keeps; 1: the best path")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parts.add_options(parser, "jobs that make the data dir")
    return parser.parse_args(argv)


def _transcribe(options: cli.configargparse.Namespace, part: parts.Part) -> DataDir:
    datadir = DataDir(options.data)
    check_apart(datadir.path, options.out)
    model = load(options.model, options.device, does="transcribe")
    heard = {}
    for utterance in told(part.of(datadir.utterances), "utterances"):
        wave, rate = load_utterance(datadir, utterance)
        try:
            heard[utterance] = model.transcribe(wave, rate, options.beam)
        except AudiolabError as error:
            raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error
    return part.write(Path(options.out), restrict(datadir.tables, heard) | {"text": heard})


if __name__ == "__main__":
    cli.run(main)
