"""Separate songs with a trained model: ``python -m audiolab.bin.separate --model exp/… song.wav … out``.

Of each song, ``out/<song>/vocals.wav`` and ``out/<song>/accompaniment.wav``; of a folder, all songs below it, in
folders as they are there. Any length, rate and number of channels.
"""

from __future__ import annotations

import logging
import os
import typing
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audiolab import cli
from audiolab.corpora.walk import ANY_AUDIO, check_name, walk
from audiolab.datadir.apart import check_apart
from audiolab.datadir.audiofile import audio_info
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.inference import load
from audiolab.tasks.svs.files import Bits, ClipMode, Format, Wanted, separate_song
from audiolab.waiting import told

logger = logging.getLogger(__name__)

CHUNK_S = (1.0, 600.0)
"""Least and most seconds that a network hears at a time."""

MOST_OVERLAP = 0.5
"""Largest share of a chunk that lies in the one before."""


def main() -> None:
    """Run the command."""
    options = parse()
    out = Path(options.paths[-1])
    songs = folders_of([Path(path) for path in options.paths[:-1]], out)
    for song in songs.values():
        audio_info(song)
    model = load(options.model, options.device, does="separate")
    wanted = wanted_of(options, model.sources)
    check_all_apart(songs, wanted)
    if options.skip_existing:
        left = {folder: song for folder, song in songs.items() if not _is_there(folder, wanted)}
        logger.info("%d of %d songs are there already", len(songs) - len(left), len(songs))
        songs = left
    for folder, song in told(songs.items(), "songs", len(songs)):
        separate_song(model, song, folder, wanted)
        logger.info("%s: %s", folder, " ".join(wanted.names))


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="separate", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="PATH", help="songs, or folders of them; at last where they go")
    parser.add_argument("--model", required=True, help="folder of a training run, or its zip")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--sources", nargs="+", help="only these, such as vocals; behind the paths")
    parser.add_argument("--rest", action="store_true", help="of each source also no_<source>: the mixture minus it")
    parser.add_argument("--format", choices=typing.get_args(Format), default="wav", help="of the files")
    parser.add_argument("--bits", choices=typing.get_args(Bits), default="16", help="of a sample; a flac has no float")
    parser.add_argument(
        "--clip_mode", choices=typing.get_args(ClipMode), default="rescale",
        help="where samples pass full scale: lower all files of the song alike, or clip the samples",
    )  # fmt: skip
    parser.add_argument(
        "--high_band", choices=("keep", "drop"), default="keep",
        help="what lies above half of the model's rate: the accompaniment keeps it, or no source has it",
    )  # fmt: skip
    parser.add_argument(
        "--chunk_s", type=cli.within(float, *CHUNK_S), default=Wanted.chunk_s, help="heard at a time [s]"
    )
    parser.add_argument(
        "--overlap",
        type=cli.within(float, 0, MOST_OVERLAP),
        default=Wanted.overlap,
        help="share of it that the last one had",
    )
    parser.add_argument("--skip_existing", action="store_true", help="leave songs alone whose files are all there")
    options = parser.parse_args(argv)
    if len(options.paths) < 2:
        raise AudiolabError("separate: give one or more songs or folders, and at last the folder where their files go")
    out = Path(options.paths[-1])
    if out.is_file() or (out.suffix.lower() in ANY_AUDIO and not out.is_dir()):
        raise AudiolabError(f"separate: {out}: a file's name; the last path is the folder where the files go")
    if options.format == "flac" and options.bits == "float":
        raise AudiolabError("separate: a flac has no float samples; give --bits 24, or --format wav")
    return options


def wanted_of(options: Namespace, sources: Sequence[str]) -> Wanted:
    """Return what is to be made; raises `AudiolabError` for a source that the model does not have."""
    chosen = tuple(dict.fromkeys(options.sources or sources))
    for name in chosen:
        if name not in sources:
            raise AudiolabError(f"separate: --sources: the model has no '{name}'{did_you_mean(name, sources)}")
    return Wanted(
        chosen, options.rest, options.format, options.bits, options.clip_mode, options.high_band == "keep",
        options.chunk_s, options.overlap,
    )  # fmt: skip


def folders_of(paths: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Return folder below ``out`` -> song, of files and of all songs in folders.

    Raises:
        AudiolabError: There is no such file or folder, or no song in it; ``out`` lies in a folder that is read; two
            songs would go into one folder.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for place, song in _songs_of(path, out):
            folder = out / place
            if folder in found and found[folder].resolve() != song.resolve():
                raise AudiolabError(
                    f"{song}: goes into {folder}, as {found[folder]} does; separate one of them elsewhere"
                )
            found[folder] = song
    return found


def check_all_apart(songs: Mapping[Path, Path], wanted: Wanted) -> None:
    """Raise `AudiolabError` where a file that is to be written is one of the songs, such as one that comes later."""
    read = {os.path.realpath(song) for song in songs.values()}
    for file in (folder / name for folder in songs for name in wanted.names):
        if os.path.realpath(file) in read:
            raise AudiolabError(f"{file}: is read too, and would be written over; name another folder")


def _songs_of(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (folder relative to the output, song)."""
    if path.is_file():
        if path.stem in (".", ".."):
            raise AudiolabError(f"{path}: its name gives no folder to write into; rename it")
        yield Path(path.stem), path
        return
    if not path.is_dir():
        raise AudiolabError(f"{path}: there is no such song or folder")
    check_apart(path, out)
    count = 0
    for folder, names in walk(path):
        for name in names:
            if name.lower().endswith(ANY_AUDIO):
                count += 1
                check_name(folder / name)
                yield folder.relative_to(path) / Path(name).stem, folder / name
    if not count:
        raise AudiolabError(
            f"{path}: no song below it, that is none of {' '.join(ANY_AUDIO)}; give the files themselves"
        )


def _is_there(folder: Path, wanted: Wanted) -> bool:
    return all((folder / name).is_file() for name in wanted.names)


if __name__ == "__main__":
    cli.run(main)
