"""Scoring separated songs against their sources, in processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.bss import CONDITIONS, bss_eval, sdr
from audiolab.metrics.summary import group
from audiolab.report.players import Clip
from audiolab.tasks import scoring
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.svs.scores import FURTHER, MEAN, METRICS, SeparationScore
from audiolab.tasks.svs.tables import TASK
from audiolab.work import each

TABLES = tuple(f"{source}.scp" for source in SOURCES)

Signals = tuple[np.ndarray, np.ndarray]
"""The sources of a piece and what was made of them, [S, N, C] each."""


@dataclass(frozen=True)
class Item:
    """A song of a run's set, which the run separated.

    Attributes:
        run: The run.
        song: Its id.
        pieces: Ids of its pieces.
        true: The set.
        made: The song dir of what the run made.
    """

    run: Run
    song: str
    pieces: tuple[str, ...]
    true: DataDir
    made: DataDir

    @property
    def utterance(self) -> str:
        """The song."""
        return self.song

    @property
    def told(self) -> Clip:
        """The song's first piece; nobody asks, for no judge of this task hears songs."""
        return Clip(self.true, self.pieces[0])

    def heard(self) -> np.ndarray:
        """Return the vocals of the first piece that the run made, as they are."""
        return load_utterance(self.made, self.pieces[0], table=TABLES[0], channels="mix")[0]

    def signals(self) -> tuple[list[Signals], int]:
        """Return the signals of each piece, and the rate in Hz."""
        found, rates = zip(*map(self._piece, self.pieces))
        if len(set(rates)) > 1:
            raise AudiolabError(f"{self.true.path}: {self.song}: pieces at {rates} Hz; format the set again")
        return list(found), rates[0]

    def _piece(self, name: str) -> tuple[Signals, int]:
        """Return the signals of a piece, which must be alike, and their rate."""
        loaded = {}
        for datadir in (self.true, self.made):
            for table in TABLES:
                wave, rate = load_utterance(datadir, name, table=table, channels="all")
                loaded[f"{datadir.path}/{table}"] = wave.reshape(len(wave), -1), rate
        (first, (true, rate)), *others = loaded.items()
        for path, (wave, other) in others:
            if (wave.shape, other) != (true.shape, rate):
                raise AudiolabError(
                    f"{path}: {name}: {_extent(wave, other)}, but {first} has {_extent(true, rate)}; separate again"
                )
        waves = [wave for wave, _ in loaded.values()]
        return (np.stack(waves[: len(SOURCES)]), np.stack(waves[len(SOURCES) :])), rate


class Scoring(scoring.Scoring[SeparationScore]):
    """How separated songs are scored."""

    task = TASK
    items: list[Item]

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add where the sets are, and whether museval's own ratios are wanted."""
        parser.add_argument("--data", required=True, help="folder that holds the sets' song dirs by name")
        parser.add_argument(
            "--museval", choices=["fast", "full"], default="fast", help="full: SIR, SAR and ISR too, which take long"
        )

    def __init__(self, options: Any, runs: Sequence[Run]) -> None:
        self.full = options.museval == "full"
        sets = {run.group: StemDir(Path(options.data, *run.group)) for run in runs}
        true = {group: DataDir(songs.path).share(*TABLES) for group, songs in sets.items()}
        self.datadirs = list(true.values())
        self.rates = {", ".join(group): songs.rate for group, songs in sets.items()}
        self.items = [item for run in runs for item in _items(run, sets[run.group], true[run.group])]

    def score(self, places: Sequence[int]) -> Scored[SeparationScore]:
        """Score songs of runs."""
        found = dict(zip(places, each(_score, [self.items[place] for place in places], self.full)))
        return Scored(
            results={place: result if isinstance(result, str) else result[0] for place, result in found.items()},
            refused={place: result[1] for place, result in found.items() if not isinstance(result, str)},
        )

    def conditions(self, scored: Scored[SeparationScore]) -> dict[str, str]:
        """Return which metrics these are, at which rates, and how many frames do not count."""
        frames, silent = (sum(getattr(score, name) for score in scored.scores) for name in ("frames", "silent"))
        refused = sum(math.isnan(score.values[MEAN]) for score in scored.scores)
        return {
            "SDR": f"{CONDITIONS}: of frames of 1 s, which follow each other; of a song the median over its frames",
            "Frames": f"{silent} of {frames + silent} left out: a source or an estimate is silent there, or an "
            "estimate perfect",
            "Rate": ", ".join(f"{name} {rate} Hz" for name, rate in self.rates.items()),
            "Refused": f"{refused} of {len(scored.scores)} songs, left out of medians" if refused else "none",
        }


def score_song(pieces: Sequence[Signals], rate: int, full: bool = False) -> tuple[dict[str, float], int, int]:
    """Return (column -> value, frames that count, frames that do not) of the pieces of a song, in their order.

    Frames are of a second, and none reaches over the end of a piece. For museval's filters the pieces are joined.

    Args:
        pieces: Their signals.
        rate: Of all, in Hz.
        full: Whether museval's further ratios are wanted.

    Returns:
        Values in dB, NaN where no frame counts.
    """
    frames = {"sdr": np.concatenate([sdr(true, made, rate) for true, made in pieces], axis=1)}
    counted = np.isfinite(frames["sdr"]).all(axis=0)
    if full and counted.any():
        frames |= bss_eval(*(_joined(signals, rate) for signals in zip(*pieces)), rate)
    values = {
        f"{ratio}_{source}": _median(of_source)
        for ratio, of_ratio in frames.items()
        for source, of_source in zip(SOURCES, of_ratio)
    }
    values[MEAN] = float(np.mean([values[f"sdr_{source}"] for source in SOURCES]))
    columns = [metric.column for metric in (*METRICS, *FURTHER) if metric.column in values]
    return {column: values[column] for column in columns}, int(counted.sum()), int((~counted).sum())


def _joined(signals: Sequence[np.ndarray], rate: int) -> np.ndarray:
    """Return pieces [S, N, C] behind each other, each but the last without what remains behind its whole seconds."""
    return np.concatenate([*(piece[:, : piece.shape[1] // rate * rate] for piece in signals[:-1]), signals[-1]], axis=1)


def _median(frames: np.ndarray) -> float:
    """Return the median of what is defined; NaN of nothing."""
    defined = frames[~np.isnan(frames)]
    return float(np.median(defined)) if len(defined) else math.nan


def _items(run: Run, songs: StemDir, true: DataDir) -> Iterator[Item]:
    """Yield the songs of a run's set, having checked that the run's dir has the same pieces."""
    made = DataDir(run.dir).share(*TABLES)
    names = set(made.table("segments")) if made.segmented else set.intersection(*(set(made.table(t)) for t in TABLES))
    odd = sorted(names ^ set(songs.ids))
    if odd:
        raise AudiolabError(
            f"{run.dir}: '{odd[0]}' is not a piece both here and in {songs.path} ({len(odd)} are not); separate again"
        )
    for song, pieces in group(songs.ids, dict(zip(songs.ids, songs.songs)).__getitem__).items():
        yield Item(run, song, tuple(pieces), true, made)


def _score(item: Item, full: bool) -> tuple[SeparationScore, list[str]]:
    """Return the score of a song, and what was refused."""
    values, frames, silent = score_song(*item.signals(), full)
    where = item.run.place(item.song)
    why = [
        f"{where}: sdr_{source}: of {frames + silent} frames none in which no source and no estimate is silent"
        for source in SOURCES
        if math.isnan(values[f"sdr_{source}"])
    ]
    return SeparationScore(item.run.system, item.run.seed, *item.run.group, item.song, frames, silent, values), why


def _extent(wave: np.ndarray, rate: int) -> str:
    return f"{len(wave)} samples at {rate} Hz of {wave.shape[1]} channels"
