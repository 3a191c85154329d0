"""Learn the units that a recogniser writes with: ``train_units --text data/train/text --size 200 --out units.model``.

Texts are taken without case and punctuation (`audiolab.text.normalise`); the same texts give the same units.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.table import read_table
from audiolab.text.units import MODEL_TYPES, train_units, write_units

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    check_not_read(options.out, *options.text)
    texts = [text for path in options.text for text in read_table(path).values()]
    units = train_units(texts, options.size, options.kind)
    write_units(options.out, units)
    logger.info("%s: %d units of %d texts", options.out, len(units), len(texts))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="train_units", description=__doc__.splitlines()[0])
    parser.add_argument("--text", required=True, nargs="+", help="tables of texts, as a data dir's text")
    parser.add_argument("--size", type=cli.positive, required=True, help="units at most, the unknown one among them")
    parser.add_argument(
        "--kind",
        choices=MODEL_TYPES,
        default="unigram",
        help="how they are learned: a unigram language model, byte pair encoding, or each character is one",
    )
    parser.add_argument("--out", required=True, help="file to write, as SentencePiece's own")
    return parser.parse_args(argv)


if __name__ == "__main__":
    cli.run(main)
