"""The utterances of a data dir as an aligner takes them: what is said in each, and its cepstra, kept on disk."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from audiolab import work
from audiolab.align.config import AlignConfig
from audiolab.align.transcripts import parse_phones
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.audio import Channels, open_utterance, utterance_of
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.features.mfcc import Mfcc
from audiolab.features.mfcc_config import MfccConfig

logger = logging.getLogger(__name__)

SHARES = 32
"""Parts, at most, in which utterances are worked on: as many whatever the number of processes, so that sums over them
have the same bits."""

_FEWEST = 16
"""Utterances whose cepstra are worth a file of their own."""


@dataclass(frozen=True)
class Speech:
    """Utterances, in byte order of their ids.

    Attributes:
        utterances: Their ids.
        symbols: Of each what is said, as in the table ``phones``.
        languages: Of each its language; empty where languages are not told apart.
        seconds: Of each its length.
        cepstra: Of each [T, C], as `audiolab.features.mfcc` makes them.
        means: Of each the mean that is taken off its cepstra, float32 [N, C].
        frames: Of each T, int64 [N].
    """

    utterances: list[str]
    symbols: list[tuple[str, ...]]
    languages: list[str]
    seconds: list[float]
    cepstra: MatrixTable
    means: np.ndarray
    frames: np.ndarray

    def part(self, numbers: Sequence[int]) -> Speech:
        """Return some of the utterances, in rising order."""
        lists = {name: [getattr(self, name)[n] for n in numbers] for name in ("utterances", "symbols", "languages")}
        seconds = [self.seconds[n] for n in numbers]
        return replace(self, **lists, seconds=seconds, means=self.means[numbers], frames=self.frames[numbers])


def read_speech(data: DataDir, folder: Path, config: AlignConfig, channels: Channels = "mono") -> Speech:
    """Return the utterances of a data dir with the table ``phones``, and write their cepstra into a folder.

    Args:
        data: The data dir; of its ``utt2lang`` the languages are, if it has one and the models are by language.
        folder: Where the cepstra go.
        config: How they are made and normalised.
        channels: What is done with several channels (`audiolab.datadir.audio.Channels`).

    Raises:
        AudiolabError: A table is missing or wrong, or audio is missing, broken, silent or of a lower rate.
    """
    utterances = data.utterances
    if not utterances:
        raise AudiolabError(f"{data.path}: there is no utterance in it")
    symbols = _symbols(data, utterances)
    by_language = config.model.phones == "by_language" and data.has("utt2lang")
    languages = data.values("utt2lang", utterances) if by_language else [""] * len(utterances)
    parts = min(SHARES, math.ceil(len(utterances) / _FEWEST))
    shares = [list(share) for share in np.array_split(np.array(utterances, object), parts)]
    data.share("utt2spk")
    items = [(str(folder / f"mfcc.{number}"), share) for number, share in enumerate(shares, 1)]
    found = checked(work.each(_extract, items, data, config.features, channels))
    entries = {name: entry for part in found for name, (entry, *_) in part.items()}
    sums = [(seconds, frames, total) for part in found for _, seconds, frames, total in part.values()]
    frames = np.array([count for _, count, _ in sums])
    group = [data.table("utt2spk")[n] for n in utterances] if config.training.normalise == "speaker" else utterances
    means = _means(group, np.stack([total for *_, total in sums]), frames)
    seconds = [length for length, *_ in sums]
    return Speech(utterances, symbols, languages, seconds, MatrixTable(entries), means, frames)


def checked(found: Sequence[object]) -> Sequence:
    """Return what `audiolab.work.each` gave; raise the first error in it."""
    for each in found:
        if isinstance(each, str):
            raise AudiolabError(each)
    return found


def _symbols(data: DataDir, utterances: Sequence[str]) -> list[tuple[str, ...]]:
    path, table = data.path / "phones", data.table("phones")
    missing = [name for name in utterances if name not in table]
    if missing:
        raise AudiolabError(f"{path}: no phones of '{missing[0]}' ({len(missing)} are missing); run analyse_text again")
    return [parse_phones(table[name], f"{path}: {name}") for name in utterances]


def _extract(
    item: tuple[str, list[str]], data: DataDir, config: MfccConfig, channels: Channels
) -> dict[str, tuple[str, float, int, np.ndarray]]:
    """Write the cepstra of a share; return by utterance its entry, seconds, frames and sum of cepstra."""
    torch.set_num_threads(1)
    name, utterances = item
    analysis = Mfcc(config)
    facts = {}

    def cepstra():
        for utterance in utterances:
            with open_utterance(data, utterance) as recording:
                if recording.rate < config.rate:
                    raise AudiolabError(
                        f"{recording.where} is at {recording.rate} Hz, and the analysis at {config.rate} Hz: "
                        "set features.rate to the lowest rate of the data"
                    )
                wave = utterance_of(data, utterance, recording, config.rate, channels)
            made = analysis(torch.from_numpy(wave)).numpy()
            facts[utterance] = (len(wave) / config.rate, len(made), made.sum(0, dtype=np.float64))
            yield utterance, made

    write_matrices(f"{name}.ark", f"{name}.scp", cepstra())
    entries = MatrixTable(f"{name}.scp").entries
    return {utterance: (entries[utterance], *facts[utterance]) for utterance in utterances}


def _means(groups: Sequence[str], sums: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Return for each utterance the mean over its group."""
    _, group = np.unique(groups, return_inverse=True)
    totals, counts = np.zeros((group.max() + 1, sums.shape[1])), np.zeros(group.max() + 1)
    np.add.at(totals, group, sums)
    np.add.at(counts, group, frames)
    return (totals / counts[:, None])[group].astype(np.float32)
