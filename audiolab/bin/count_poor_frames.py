"""Count frames of songs in which a source leaks into the other one's track: ``count_poor_frames --data DIR --out DIR``.

Two trained detectors listen (noisy self-training, §2.1.1). ``--out`` is the song dir, by reference, with ``utt2poor``:
``<utterance> <poor frames> <frames>``. With ``--nj N``, job ``--job K`` takes every N-th piece; ``--join`` joins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audiolab import cli
from audiolab.data.poor_frames import PIECE_S, TABLE, count_poor_frames
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir import parts
from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.restrict import restrict
from audiolab.errors import AudiolabError
from audiolab.inference import load

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    found = parts.run(options, "count_poor_frames", lambda part: _count(options, part))
    poor, frames = (sum(column) for column in zip(*(map(int, text.split()) for text in found.table(TABLE).values())))
    logger.info("%s: %d pieces, %.1f %% of the frames are poor", found.path, len(found.utterances), 100 * poor / frames)


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="count_poor_frames", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="song dir: its vocals.scp and accompaniment.scp are listened to")
    parser.add_argument("--out", required=True, help="song dir to write, by reference")
    for source in SOURCES:
        parser.add_argument(f"--{source}", required=True, help=f"training run of a detector of {source}, or its zip")
    parser.add_argument("--threshold", type=float, default=0.5, help="share of energy above which a frame is poor")
    parser.add_argument("--piece_s", type=cli.within(float, 0.1, 3600.0), default=PIECE_S, help="heard at a time [s]")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parts.add_options(parser, "jobs that make the song dir")
    options = parser.parse_args(argv)
    if not 0 < options.threshold < 1:
        raise AudiolabError(f"count_poor_frames: --threshold {options.threshold:g}: give one between 0 and 1")
    return options


def _count(options: cli.configargparse.Namespace, part: parts.Part) -> DataDir:
    datadir = DataDir(options.data)
    check_apart(datadir.path, options.out)
    detectors = {source: load(getattr(options, source), options.device, does="ratios") for source in SOURCES}
    songs = StemDir(options.data, detectors[SOURCES[0]].rate)
    counts = count_poor_frames(songs, detectors, options.threshold, part.of(range(len(songs))), options.piece_s)
    tables = restrict(datadir.tables, counts)
    tables[TABLE] = {name: f"{poor} {frames}" for name, (poor, frames) in counts.items()}
    return part.write(Path(options.out), tables)


if __name__ == "__main__":
    cli.run(main)
