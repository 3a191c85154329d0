"""Find out what the texts of a data dir say: ``python -m audiolab.bin.analyse_text --data DIR``.

Writes into the data dir ``phones``, the phones and pauses of each utterance, and ``lab.scp``, HTS' full-context labels
without times, which lie in ``lab/``. Languages are those of ``utt2lang``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from audiolab import cli
from audiolab.data.text_analysis import analyse
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.text.units import read_units

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    datadir = DataDir(options.data)
    analyse(datadir, read_units(options.units) if options.units else None, options.nj)
    logger.info("%s: analysed %d texts", datadir.path, len(datadir.utterances))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="analyse_text", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir with text and utt2lang")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes")
    parser.add_argument(
        "--front_end",
        choices=["phones", "units"],
        default="phones",
        help="espeak-ng's phones, or SentencePiece's units",
    )
    parser.add_argument("--units", default=None, help="model of the units, as train_units makes it")
    options = parser.parse_args(argv)
    if (options.front_end == "units") != (options.units is not None):
        raise AudiolabError("analyse_text: --front_end units and --units MODEL go together; give both or none")
    return options


if __name__ == "__main__":
    cli.run(main)
