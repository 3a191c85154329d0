"""Find every speaker's F0 range from their first-pass F0: ``python -m audiolab.bin.speaker_f0``.

Writes ``<spk> <floor Hz> <ceiling Hz> <median Hz>`` and, where asked, ``<spk> <order>``, the cepstral order of the
speaker's envelopes that follows from the ceiling.
"""

from __future__ import annotations

import logging

from audiolab import cli
from audiolab.data.speaker_tables import speaker_ranges, spk2f0_table
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.table import read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.kinds import kind_of, parse_features

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="speaker_f0", description=__doc__.splitlines()[0])
    parser.add_argument("--f0", required=True, help="f0.scp of all utterances")
    parser.add_argument("--utt2spk", required=True, help="who speaks each")
    parser.add_argument("--out", required=True, help="the table to write: dump/train/spk2f0")
    parser.add_argument(
        "--spk2order", default=None, help="kind envelope: a second table to write: dump/train/spk2order"
    )
    config, options = parse_features(parser)
    check_not_read(options.out, options.f0, options.utt2spk)
    if options.spk2order and not isinstance(config, EnvelopeConfig):
        raise AudiolabError(f"--spk2order: features of kind {kind_of(config)} have no cepstral order; leave it out")
    ranges = speaker_ranges(MatrixTable(options.f0), read_table(options.utt2spk))
    for speaker, found in ranges.items():
        logger.info("%s: F0 %.0f to %.0f Hz, median %.0f Hz", speaker, found.floor, found.ceiling, found.median)
    table = spk2f0_table(ranges)
    write_table(options.out, table)
    if options.spk2order:
        written = {speaker: float(value.split()[1]) for speaker, value in table.items()}
        orders = {speaker: str(order_for(ceiling, config.stft)) for speaker, ceiling in written.items()}
        write_table(options.spk2order, orders)


if __name__ == "__main__":
    cli.run(main)
