"""What running a trained model has in common: options, and a data dir of what is made, or a job's part of it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.datadir.apart import check_apart, check_recordings_apart
from audiolab.datadir.arkio import write_archive
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir, withdraw_tables
from audiolab.datadir.entry import entry_of
from audiolab.datadir.names import file_of
from audiolab.datadir.parts import Part
from audiolab.features.kinds import FeatureConfig, features_yaml
from audiolab.files import replaced_together
from audiolab.waiting import told

Item = TypeVar("Item")
WHOLE = Part()
"""What one who is alone makes."""


@dataclass(frozen=True)
class Made:
    """A recording that was made.

    Attributes:
        wave: Samples, [N] or [N, channels]; of several signals by their names, such as ``vocals``.
        rate: In Hz.
        about: Table's name -> what it says of the recording.
        over_scale: Samples that passed full scale before; those that are clipped when it is written come to it.
        made_of: The features that it was made of, [T, D], such as a spectrogram, where the data dir is to have such.
    """

    wave: np.ndarray | Mapping[str, np.ndarray]
    rate: int
    about: Mapping[str, str] = field(default_factory=dict)
    over_scale: int = 0
    made_of: np.ndarray | None = None


def add_options(parser: ArgumentParser, data: str, files: bool = False) -> None:
    """Add which model is run, on what, and over which ``data``, in words; ``files``: or over one file."""
    if files:
        parser.add_argument("files", nargs="*", metavar="FILE", help="in.wav out.wav")
    parser.add_argument("--model", required=True, help="folder of a training run, or its zip")
    parser.add_argument("--data", required=not files, help=f"{data}{', in place of a file' if files else ''}")
    parser.add_argument("--out", required=not files, help=f"data dir to write{', with --data' if files else ''}")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")


def check_out(datadir: DataDir, out: str | Path) -> None:
    """Raise `AudiolabError` where what is written to ``out`` would replace something of ``datadir``."""
    check_apart(datadir.path, out)
    check_recordings_apart(datadir, out)


def write_recordings(
    items: Mapping[str, Item],
    make: Callable[[str, Item], Made],
    out: Path,
    part: Part,
    over_scale: str,
    what: str,
    signals: Sequence[str] = (),
    subtype: str = "PCM_16",
    features: FeatureConfig | None = None,
) -> DataDir:
    """Make a recording of each item and return the data dir of them: ``<out>/wav/<name>.wav`` and tables.

    Of several signals the files are ``<out>/wav/<name>.<signal>.wav``, which ``<signal>.scp`` names; ``wav.scp`` names
    their sum.

    When one cannot be made, what stood in ``out`` stays as it was. Who is killed while the recordings are replaced
    leaves them without tables.

    Args:
        items: Name of a recording -> what it is made of; of a job those that it makes.
        make: Makes it.
        out: The data dir to write.
        part: Which job this is.
        over_scale: Name of the table that counts samples over full scale; floats are not clipped there.
        what: What the items are, in the plural.
        signals: Names of the signals that ``make`` gives; none: it gives one, without a name.
        subtype: Sample format, as of `audiolab.datadir.audiowrite.audio_writer`.
        features: How features are made; then those that recordings were made of are kept too: ``feats.scp``, whose
            archives are in ``<out>/ark/``, ``utt2num_frames`` and ``features.yaml``.

    Raises:
        AudiolabError: As ``make``; or a name cannot be a file's.
    """
    endings = [f".{signal}.wav" for signal in signals] or [".wav"]
    files = {name: [file_of(out / "wav", name, ending) for ending in endings] for name in items}
    tables: dict[str, dict[str, str]] = defaultdict(dict)

    def matrices(folder: Path) -> Iterator[tuple[str, np.ndarray | None]]:
        """Write recording by recording, and yield their features."""
        for name, item in told(items.items(), what, len(items)):
            made = make(name, item)
            about = _write(made, files[name], folder, signals, subtype, over_scale)
            for table, value in about.items():
                tables[table][name] = value
            yield name, made.made_of

    with ExitStack() as stack:
        folder = stack.enter_context(replaced_together(part.folder(out) / "wav"))
        if features is None:
            deque(matrices(folder), maxlen=0)
        else:
            archives = stack.enter_context(replaced_together(part.folder(out) / "ark"))
            tables |= _archived(matrices(folder), archives, out / "ark", part)
        withdraw_tables(part.folder(out))
    return part.write(out, tables, features and {"features.yaml": features_yaml(features).encode()})


def _write(
    made: Made, paths: Sequence[Path], folder: Path, signals: Sequence[str], subtype: str, over_scale: str
) -> dict[str, str]:
    """Write a recording's files into a folder from which they come to their ``paths``; return table -> what it says."""
    waves = [made.wave[signal] for signal in signals] or [made.wave]
    written = zip(paths, waves, strict=True)
    clipped = sum(write_audio(folder / path.name, wave, made.rate, subtype, path) for path, wave in written)
    own = {"wav.scp": entry_of(*paths), over_scale: str(made.over_scale + clipped)}
    own |= {f"{signal}.scp": entry_of(path) for signal, path in zip(signals, paths)}
    return {**made.about, **own}


def _archived(
    matrices: Iterator[tuple[str, np.ndarray]], folder: Path, final: Path, part: Part
) -> dict[str, dict[str, str]]:
    """Write an archive into a folder that is to become ``final``; return its tables there."""
    frames = dict[str, str]()

    def counted() -> Iterator[tuple[str, np.ndarray]]:
        for utterance, matrix in matrices:
            frames[utterance] = str(len(matrix))
            yield utterance, matrix

    entries = write_archive(folder / f"feats.{part.job}.ark", counted(), final)
    return {"feats.scp": entries, "utt2num_frames": frames}
