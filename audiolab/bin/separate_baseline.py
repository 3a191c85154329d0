"""Separate songs without a model, for comparison: ``python -m audiolab.bin.separate_baseline KIND --data … --out …``.

``mixture`` gives the mixture itself for each source; ``hpss`` its percussive and harmonic parts; ``ideal_ratio_mask``
knows the sources, and is a ceiling. With ``--nj N``, job ``--job K`` makes every N-th piece; when all have, ``--join``
makes one song dir of them.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from audiolab import cli
from audiolab.data.song_baselines import BASELINES
from audiolab.data.stem_dir import SOURCES
from audiolab.datadir import parts
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.tasks.svs.separated import write_separated

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="separate_baseline", description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=list(BASELINES), help="what is made of the mixture")
    parser.add_argument("--data", required=True, help="song dir to separate")
    parser.add_argument("--out", required=True, help="song dir to write")
    parts.add_options(parser, "jobs that make the song dir")
    options = parser.parse_args()
    found = parts.run(
        options, "separate_baseline", lambda part: separate(DataDir(options.data), options.kind, options.out, part)
    )
    logger.info("%s: %d pieces of songs", found.path, len(found.utterances))


def separate(songs: DataDir, kind: str, out: str | Path, part: parts.Part) -> DataDir:
    """Separate a song dir, or a part of it; raises as `write_separated`, or where signals of a piece are unlike."""

    def make(name: str) -> tuple[dict[str, np.ndarray], int]:
        mixed, rate = load_utterance(songs, name, channels="all")
        sources = [load_utterance(songs, name, rate, table=f"{source}.scp", channels="all")[0] for source in SOURCES]
        for source, wave in zip(SOURCES, sources):
            if wave.shape != mixed.shape:
                raise AudiolabError(
                    f"{songs.path}/{source}.scp: {name}: {_extent(wave)}, and wav.scp's has {_extent(mixed)}; make the "
                    "song dir again"
                )
        return dict(zip(SOURCES, BASELINES[kind](mixed, sources))), rate

    return write_separated(songs, make, out, part)


def _extent(wave: np.ndarray) -> str:
    return f"{len(wave)} samples of {1 if wave.ndim == 1 else wave.shape[1]} channels"


if __name__ == "__main__":
    cli.run(main)
