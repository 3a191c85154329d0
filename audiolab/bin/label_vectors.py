"""Make linguistic vectors and durations of aligned utterances: ``python -m audiolab.bin.label_vectors``.

``--out`` gets ``labels.scp`` and ``durations.scp``, a row a phone, labels with times, and the set that the vectors have
the columns of, ``linguistic.tsv``. With ``--nj N``, job ``--job K`` takes every N-th utterance; ``--join`` joins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audiolab import cli
from audiolab.data.label_vectors import Labeller, Timing, write_label_vectors
from audiolab.datadir import parts
from audiolab.datadir.apart import check_apart
from audiolab.datadir.ctm import read_ctm
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.text.linguistic_set import read_set, write_set

logger = logging.getLogger(__name__)

SET = "linguistic.tsv"
"""The set's table in a dump."""


def main() -> None:
    """Run the command."""
    options = parse()
    made = parts.run(options, "label_vectors", lambda part: _label(options, part))
    if options.job is None:
        write_set(Path(options.out) / SET, read_set(options.set))
    logger.info("%s: %d utterances", made.path, len(made.utterances))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="label_vectors", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir that analyse_text has been run on")
    parser.add_argument("--ctm", required=True, help="alignment of its utterances, as align makes it")
    parser.add_argument("--set", required=True, help="table of linguistic_set")
    parser.add_argument("--out", required=True, help="folder to write")
    parser.add_argument(
        "--frames", default=None, help="utt2num_frames of the acoustic features; that of --data where it is not given"
    )
    parser.add_argument(
        "--shift_ms", type=cli.above_zero, default=1000 * Timing.shift, help="shift of their frames [ms]"
    )
    parser.add_argument(
        "--phrase_pause",
        type=cli.at_least_zero,
        default=Timing.phrase_pause,
        help="a pause that was found within a phrase parts it from this length on [s]",
    )
    parts.add_options(parser, "jobs that share the utterances")
    return parser.parse_args(argv)


def _label(options: cli.configargparse.Namespace, part: parts.Part) -> DataDir:
    datadir = DataDir(options.data)
    check_apart(datadir.path, options.out)
    aligned = read_ctm(options.ctm)
    known = datadir.table("utt2spk")
    strange = sorted(set(aligned) - set(known))
    if strange:
        raise AudiolabError(f"{options.ctm}: '{strange[0]}' is no utterance of {datadir.path} ({len(strange)} such)")
    if len(aligned) < len(known):
        logger.warning("%s: left out, for %s has no alignment of them: %d utterances", datadir.path, options.ctm,
                       len(known) - len(aligned))  # fmt: skip
    frames = options.frames or datadir.path / "utt2num_frames"
    timing = Timing(options.shift_ms / 1000, options.phrase_pause)
    labeller = Labeller(datadir, aligned, read_set(options.set), frames, timing)
    return write_label_vectors(labeller, datadir, sorted(aligned), options.out, part)


if __name__ == "__main__":
    cli.run(main)
