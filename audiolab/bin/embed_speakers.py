"""Embed the voices of a folder of features: ``python -m audiolab.bin.embed_speakers --model exp/ge2e --data DIR``.

Writes ``<data>/embeddings/``, and beside the features ``embedding.scp``, of utterances, and ``spk_embedding.scp``. With
``--out``, all that is written into another folder, which has the features too, by reference: so several encoders can
embed the same features. With ``--nj N``, job ``--job K`` takes every N-th speaker; ``--join`` joins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audiolab import cli
from audiolab.data.embeddings import FOLDER, SPEAKERS, Drawn, embed_features, link_beside
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir import parts
from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.subset import subset_data_dir
from audiolab.inference import load

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    elsewhere = options.out is not None
    beside = Path(options.out if elsewhere else options.data)
    if elsewhere:
        check_apart(options.data, beside)
    options.out = str(beside / FOLDER)
    found = parts.run(options, "embed_speakers", lambda part: _embed(options, part))
    if options.job is None:
        if elsewhere:
            subset_data_dir(options.data, beside, DataDir(options.data).utterances)
        link_beside(beside)
    logger.info("%s: %d utterances, %d speakers", found.path, len(found.utterances), len(found.table(SPEAKERS)))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="embed_speakers", description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="training run of a speaker encoder, or its zip")
    parser.add_argument("--data", required=True, help="folder of features of kind mel, with utt2spk")
    parser.add_argument("--out", help="folder of these features by reference, with embeddings; empty: --data itself")
    parser.add_argument(
        "--utterances", type=cli.positive, default=Drawn.utterances, help="drawn for a speaker's embedding, or fewer"
    )
    parser.add_argument(
        "--frames", type=cli.count, default=Drawn.frames, help="of the crop that is drawn of each; 0: all of it"
    )
    parser.add_argument("--seed", type=cli.count, default=Drawn.seed, help="of utterances and crops that are drawn")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parts.add_options(parser, "jobs that share the speakers")
    return parser.parse_args(argv)


def _embed(options: cli.configargparse.Namespace, part: parts.Part) -> DataDir:
    embedder = load(options.model, options.device, does="embed")
    drawn = Drawn(options.utterances, options.frames, options.seed)
    return embed_features(embedder, FeatureDir(options.data), options.out, part, drawn)


if __name__ == "__main__":
    cli.run(main)
