"""Keep the songs of a song dir that have the fewest poor frames: ``keep_songs --data DIR --top 25 --out DIR``.

``--data`` is what ``count_poor_frames`` wrote; ``--out`` is a song dir of the same recordings. With ``--random SEED``
as many songs are kept by chance, to tell what choosing gains.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from audiolab import cli
from audiolab.data.poor_frames import best_songs, poor_shares, songs_by_chance
from audiolab.data.stem_dir import StemDir
from audiolab.datadir.subset import subset_data_dir
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    songs = StemDir(options.data)
    shares = poor_shares(songs)
    if options.random is None:
        kept = set(best_songs(shares, options.top))
    else:
        kept = set(songs_by_chance(shares, options.top, np.random.default_rng(options.random)))
    found = subset_data_dir(
        options.data, options.out, [name for name, song in zip(songs.ids, songs.songs) if song in kept]
    )
    worst = max(shares[song] for song in kept)
    logger.info(
        "%s: %d of %d songs, with up to %.1f %% of poor frames", found.path, len(kept), len(shares), 100 * worst
    )


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="keep_songs", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="song dir with utt2poor")
    parser.add_argument("--top", type=float, required=True, help="percentage of the songs that is kept")
    parser.add_argument("--random", type=cli.count, metavar="SEED", help="keep songs by chance, by this seed")
    parser.add_argument("--out", required=True, help="song dir to write, by reference")
    options = parser.parse_args(argv)
    if not 0 < options.top <= 100:
        raise AudiolabError(f"keep_songs: --top {options.top:g}: give a percentage above 0 and at most 100")
    return options


if __name__ == "__main__":
    cli.run(main)
