"""Embeddings of the utterances and of the speakers of a folder of features, by a trained speaker encoder."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.arkio import write_archive
from audiolab.datadir.datadir import DataDir, withdraw_tables
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError
from audiolab.features.kinds import of_kind
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.files import replaced_together
from audiolab.waiting import told

FOLDER = "embeddings"
"""In the folder of features: the data dir of the embeddings, with their archives in ``ark/``."""

UTTERANCES, SPEAKERS = "embedding.scp", "spk_embedding.scp"
"""Its tables; links beside the features lead to them."""

_READ = 64
"""Utterances that are in memory at a time."""


class Embedder(Protocol):
    """What is needed of a model, such as `audiolab.systems.ge2e.embedder.Embedder`."""

    analysis: LogMelConfig

    def embed_all(self, mels: Sequence[np.ndarray]) -> np.ndarray: ...


@dataclass(frozen=True)
class Drawn:
    """Of what a speaker's embedding is the mean; it is not made of length 1 again.

    Attributes:
        utterances: Most utterances, drawn of all; those that are shorter than a crop come last.
        frames: Of the crop that is drawn of each; 0: all of it is heard.
        seed: Of the draw; a speaker's follows from it and from the speaker's id.
    """

    utterances: int = 10
    frames: int = 128
    seed: int = 0


def embed_features(embedder: Embedder, features: FeatureDir, out: str | Path, part: Part, drawn: Drawn) -> DataDir:
    """Write embeddings into a data dir, or a job's part of it, and return it.

    Writes ``embedding.scp``, of whole utterances, ``spk_embedding.scp`` and their archives, ``utt2spk``, ``spk2utt``.

    Raises:
        AudiolabError: The features were made otherwise than those that the model was trained on, or there are fewer
            speakers than jobs.
    """
    out, wanted = Path(out), embedder.analysis
    found = of_kind(features.config, LogMelConfig, features.folder)
    if dataclasses.replace(found, seed=wanted.seed) != wanted:
        raise AudiolabError(
            f"{features.folder}: features.yaml says otherwise than the model's training set did: make these features "
            "with that config, or train on such"
        )
    if len(features.speakers) < part.nj:
        raise AudiolabError(f"--nj {part.nj}: there are {len(features.speakers)} speakers; give as many jobs or fewer")
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    speakers = {speaker: features.of_speaker(speaker) for speaker in part.of(features.speakers)}
    means: dict[str, np.ndarray] = {}

    def utterances() -> Iterator[tuple[str, np.ndarray]]:
        for speaker, numbers in told(speakers.items(), "speakers", len(speakers)):
            means[speaker] = _mean(embedder, features, numbers, drawn, speaker)
            for number, voice in _whole(embedder, features, numbers):
                tables["utt2spk"][features.utterances[number]] = speaker
                yield features.utterances[number], voice

    with replaced_together(part.folder(out) / "ark") as folder:
        for name, voices in ((UTTERANCES, utterances()), (SPEAKERS, means.items())):
            tables[name] = write_archive(folder / f"{Path(name).stem}.{part.job}.ark", voices, out / "ark")
        withdraw_tables(part.folder(out))
    return part.write(out, tables)


def link_beside(folder: Path) -> None:
    """Let the tables of a folder's embeddings stand beside its features: links, which cannot be of another time."""
    for name in (UTTERANCES, SPEAKERS):
        link, new = folder / name, folder / f".{name}.new"
        new.unlink(missing_ok=True)
        try:
            os.symlink(Path(FOLDER) / name, new)
            os.replace(new, link)
        except OSError as error:
            raise AudiolabError(f"{link}: cannot be a link to {FOLDER}/{name}: {error.strerror}") from error


def _mean(embedder: Embedder, features: FeatureDir, numbers: np.ndarray, drawn: Drawn, speaker: str) -> np.ndarray:
    """Return a speaker's embedding, [D]."""
    generator = np.random.default_rng(np.random.SeedSequence((drawn.seed, *speaker.encode())))
    order = generator.permutation(numbers)
    order = order[np.argsort(features.lengths[order] < drawn.frames, kind="stable")][: drawn.utterances]
    mels = []
    for number, length in zip(order.tolist(), features.lengths[order].tolist()):
        frames = min(drawn.frames or length, length)
        start = int(generator.integers(length - frames + 1))
        mels.append(features.read(number, start, start + frames))
    return embedder.embed_all(mels).mean(axis=0)


def _whole(embedder: Embedder, features: FeatureDir, numbers: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield utterances' numbers and embeddings [D]."""
    for first in range(0, len(numbers), _READ):
        some = numbers[first : first + _READ].tolist()
        yield from zip(some, embedder.embed_all([features.read(number) for number in some]))
