"""Draw mixtures of speech and noise: ``python -m audiolab.bin.make_mixtures --speech DIR --noise DIR --out DIR``.

Writes a mixture dir: tables that say what is mixed, and no audio but with ``--write_mixtures``.
"""

from __future__ import annotations

import logging
from collections import Counter

from audiolab import cli
from audiolab.config import add_arguments, from_namespace
from audiolab.data.mixing import make_mixtures, write_mixtures
from audiolab.data.mixtures import MixtureSettings
from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="make_mixtures", description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="mixture dir to write")
    parser.add_argument("--nj", type=cli.positive, default=1, help="threads")
    parser.add_argument("--write_mixtures", action="store_true", help="write wav.scp, spk1.scp and noise1.scp too")
    add_arguments(parser, MixtureSettings)
    options = parser.parse_args()
    settings = from_namespace(MixtureSettings, options)
    for folder in (settings.speech, settings.noise):
        check_apart(folder, options.out)
    mixtures = make_mixtures(settings, options.out, options.nj)
    if options.write_mixtures:
        write_mixtures(options.out, options.nj)
    hours = sum(mixture.samples for mixture in mixtures) / settings.rate / 3600
    data = DataDir(options.out)
    languages = Counter(data.table("utt2lang").values()) if data.has("utt2lang") else {}
    spoken = "".join(f", {count} {language}" for language, count in sorted(languages.items()))
    logger.info("%s: %d mixtures, %.2f h%s", options.out, len(mixtures), hours, spoken)


if __name__ == "__main__":
    cli.run(main)
