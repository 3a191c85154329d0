"""Utterances to listen to, side by side in all their versions, as many as the page may hold."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from markupsafe import Markup

from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.report import audio, page
from audiolab.waiting import told

logger = logging.getLogger(__name__)


class Sound(Protocol):
    """A version of an utterance, such as `Clip`; ``key`` tells equal ones."""

    @property
    def utterance(self) -> str: ...

    @property
    def key(self) -> Hashable: ...

    def load(self) -> tuple[np.ndarray, int]: ...


@dataclass(frozen=True)
class Clip:
    """An utterance of a data dir."""

    datadir: DataDir
    utterance: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other clips."""
        return str(self.datadir.path), self.utterance

    def load(self) -> tuple[np.ndarray, int]:
        """Return (samples [N], mono, float32; rate in Hz)."""
        return load_utterance(self.datadir, self.utterance, channels="mix")


@dataclass(frozen=True)
class Item:
    """An utterance: words about it, and its versions by the names of their roles, in the order of listening."""

    what: str
    clips: Mapping[str, Sound]


Encoded = dict[Hashable, tuple[str, float]]
"""Clip's key -> data URI and length in s: what several items share is encoded once."""


def listening(
    groups: Mapping[str, Sequence[Item]], kind: str, utterances: int, seconds: float, max_bytes: int
) -> Markup:
    """Return players for the first utterances of each group, as many of all as ``max_bytes`` hold.

    Args:
        groups: Heading -> what there is to hear under it.
        kind: What the utterances are, in the plural, such as ``converted utterances``.
        utterances: Most of a group.
        seconds: Longest clip.
        max_bytes: Of the players together; those that do not fit are left out, evenly over the groups.
    """
    shown: dict[str, list[Markup]] = {name: [] for name in groups}
    size, encoded = 0, Encoded()
    rounds = [(number, name) for number in range(utterances) for name in groups]
    for number, name in told(rounds, "players"):
        if number >= len(groups[name]):
            continue
        item = _players(groups[name][number], seconds, encoded)
        size += len(item.encode())
        if size > max_bytes:
            left = len(rounds) - rounds.index((number, name))
            logger.warning("players of %d utterances are left out to keep the page small", left)
            break
        shown[name].append(item)
    total = sum(map(len, groups.values()))
    text = f"{sum(map(len, shown.values()))} of {total} {kind}, the first {seconds:g} s of each. Use headphones."
    blocks = [
        page.join(page.heading(name), Markup('<ul class="clips">{}</ul>').format(Markup("\n").join(of_group)))
        for name, of_group in shown.items()
        if of_group
    ]
    return page.join(page.note(text), *blocks)


def _players(item: Item, seconds: float, encoded: Encoded) -> Markup:
    """Return one utterance as a list item."""
    players = []
    for role, clip in item.clips.items():
        if clip.key not in encoded:
            wave, rate = clip.load()
            encoded[clip.key] = audio.data_uri(wave[: round(seconds * rate)], rate), len(wave) / rate
        uri, length = encoded[clip.key]
        player = page.player(uri, f"{role}, {item.what}")
        players.append(
            Markup('<div><p><span class="role">{}</span> {} · {:.1f} s</p>{}</div>').format(
                role, clip.utterance, length, player
            )
        )
    return Markup('<li><p class="what">{}</p><div class="players">{}</div></li>').format(
        item.what, Markup("").join(players)
    )
