"""Label dumps: linguistic vectors and durations of phones, of aligned utterances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.datadir.arkio import write_archive
from audiolab.datadir.ctm import Segment
from audiolab.datadir.datadir import DataDir, withdraw_tables
from audiolab.datadir.parts import Part
from audiolab.datadir.restrict import restrict
from audiolab.datadir.table import parse_count, read_table
from audiolab.errors import AudiolabError
from audiolab.files import replaced_together
from audiolab.text.context import contexts_of
from audiolab.text.labels import Labels, format_labels, read_labels
from audiolab.text.linguistic_set import LinguisticSet
from audiolab.text.rebuild import utterance_in
from audiolab.text.timing import PHRASE_PAUSE, as_said, frames_of_segments, label_times
from audiolab.text.vectors import Vectoriser
from audiolab.waiting import told

LABELS, DURATIONS = "labels.scp", "durations.scp"

_CARRIED = ("utt2spk", "utt2lang", "spk2gender", "text")


@dataclass(frozen=True)
class Timing:
    """How segments become frames.

    Attributes:
        shift: From frame to frame, in s.
        phrase_pause: Pauses from this length on part phrases, in s.
    """

    shift: float = 0.005
    phrase_pause: float = PHRASE_PAUSE


class Labeller:
    """Makes labels with times, vectors and durations of aligned utterances.

    Args:
        datadir: With ``lab.scp`` and ``utt2lang``.
        aligned: Utterance -> its segments.
        features: The set whose columns vectors have.
        frames: Table of each utterance's frames, ``utt2num_frames`` of the acoustic features.
        timing: How segments become frames.

    Raises:
        AudiolabError: A table is missing.
    """

    def __init__(
        self,
        datadir: DataDir,
        aligned: Mapping[str, list[Segment]],
        features: LinguisticSet,
        frames: str | Path,
        timing: Timing = Timing(),
    ) -> None:
        self._aligned, self._timing, self._frames_path = aligned, timing, frames
        self._labels, self._languages = datadir.table("lab.scp"), datadir.table("utt2lang")
        self._frames = read_table(frames)
        self._where = datadir.path
        self._vectors = Vectoriser(features)

    def __call__(self, utterance: str) -> tuple[Labels, np.ndarray, np.ndarray]:
        """Return an utterance's labels, its vectors, float32 [P, D], and the frames of its segments, int64 [P].

        Raises:
            AudiolabError: Tables lack it; its labels, its alignment and its frames do not go together, or the set lacks
                one of its phones.
        """
        for name, table in (("lab.scp", self._labels), ("utt2lang", self._languages)):
            if utterance not in table:
                raise AudiolabError(f"{self._where / name}: no entry for '{utterance}'; run analyse_text on it")
        frames = parse_count(self._frames.get(utterance, ""))
        if not frames:
            raise AudiolabError(f"{self._frames_path}: no number of frames for '{utterance}'; extract its features")
        segments = self._aligned[utterance]
        times = np.array([segment[:2] for segment in segments])
        durations = frames_of_segments(times, frames, self._timing.shift, utterance)
        path = self._labels[utterance]
        written = utterance_in(read_labels(path).contexts, path)
        symbols = [segment.symbol for segment in segments]
        said = contexts_of(as_said(written, symbols, times, utterance, self._timing.phrase_pause))
        vectors = self._vectors(said, self._languages[utterance], utterance)
        return Labels(said, label_times(durations, self._timing.shift)), vectors, durations


def write_label_vectors(
    labeller: Labeller, datadir: DataDir, utterances: list[str], out: str | Path, part: Part
) -> DataDir:
    """Write the label dump of utterances, or a job's part of it, and return it.

    Writes ``labels.scp``, ``durations.scp`` with archives in ``ark/``, ``lab/`` and ``lab.scp``, ``utt2num_frames``,
    ``utt2spk``, ``utt2lang``, and of the data dir ``spk2gender`` and ``text`` where they are there.

    Args:
        labeller: Of the same data dir.
        datadir: The data dir.
        utterances: Those that are aligned.
        out: The dump.
        part: The job's.

    Raises:
        AudiolabError: As of `Labeller`, or there are fewer utterances than jobs.
    """
    out, durations = Path(out), dict[str, np.ndarray]()
    names = part.of(utterances)

    with replaced_together(part.folder(out) / "ark") as arks, replaced_together(part.folder(out) / "lab") as labs:

        def vectors() -> Iterator[tuple[str, np.ndarray]]:
            for name in told(names, "utterances", len(names)):
                labels, matrix, durations[name] = labeller(name)
                with open(labs / f"{name}.lab", "w", encoding="utf-8", newline="") as file:
                    file.write(format_labels(labels))
                yield name, matrix

        tables = {LABELS: write_archive(arks / f"labels.{part.job}.ark", vectors(), out / "ark")}
        columns = ((name, frames[:, None]) for name, frames in durations.items())
        tables[DURATIONS] = write_archive(arks / f"durations.{part.job}.ark", columns, out / "ark")
        withdraw_tables(part.folder(out))
    tables["lab.scp"] = {name: f"{out / 'lab' / name}.lab" for name in names}
    tables["utt2num_frames"] = {name: str(int(frames.sum())) for name, frames in durations.items()}
    carried = restrict({name: datadir.table(name) for name in _CARRIED if datadir.has(name)}, names)
    return part.write(out, carried | tables)
