"""What a data dir may hold: its tables, what each one's key is and how many fields stand behind it, and its settings.

All tools that check, cut, join, copy or split data dirs go by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Key = Literal["utterance", "speaker", "recording", "speech", "noise"]
"""What a key names; ``speech`` and ``noise``: a recording of which ``mixtures`` are made (`MIXED`)."""


Holds = Literal["signal", "whole", "pieces"]
"""What a value tells of: the samples or files as they are; all of an utterance, at any rate; each piece of it too."""


@dataclass(frozen=True)
class Kind:
    """What a table's key is, how many fields stand behind it (None: the rest is one value), and what these tell of."""

    key: Key
    fields: int | None = None
    may_be_empty: bool = False
    holds: Holds = "signal"


TABLES: dict[str, Kind] = {
    "utt2spk": Kind("utterance", 1, holds="pieces"),
    "spk2utt": Kind("speaker"),
    "wav.scp": Kind("recording"),
    "segments": Kind("utterance", 3),
    "text": Kind("utterance", may_be_empty=True, holds="whole"),
    "phones": Kind("utterance", holds="whole"),
    "lab.scp": Kind("utterance", holds="whole"),
    "labels.scp": Kind("utterance", holds="whole"),
    "durations.scp": Kind("utterance", holds="whole"),
    "feats.scp": Kind("utterance"),
    "f0.scp": Kind("utterance"),
    "vad.scp": Kind("utterance"),
    "utt2dur": Kind("utterance", 1),
    "utt2num_frames": Kind("utterance", 1),
    "utt2lang": Kind("utterance", 1, holds="pieces"),
    "utt2uniq": Kind("utterance", 1, holds="whole"),
    "utt2limited": Kind("utterance", 1, holds="whole"),
    "utt2clipped": Kind("utterance", 1, holds="whole"),
    "utt2warp": Kind("utterance", 1, holds="pieces"),
    "utt2source": Kind("utterance", 1, holds="whole"),
    "utt2song": Kind("utterance", 1, holds="pieces"),
    "utt2poor": Kind("utterance", 2),
    "mixtures": Kind("utterance"),
    "speech.scp": Kind("speech"),
    "noise.scp": Kind("noise"),
    "reco2dur": Kind("recording", 1),
    "reco2header": Kind("recording", 4),
    "reco2file_and_channel": Kind("recording", 2),
    "cmvn.scp": Kind("speaker"),
    "embedding.scp": Kind("utterance"),
    "spk_embedding.scp": Kind("speaker"),
    "spk2gender": Kind("speaker", 1, holds="pieces"),
    "spk2warp": Kind("speaker", 1, holds="pieces"),
    "spk2f0": Kind("speaker", 3, holds="pieces"),
}
"""Every table that audiolab knows by name; `kind_of` adds the further signals."""

MIXED: dict[Key, int] = {"speech": 0, "noise": 3}
"""Which field of ``mixtures``, from 0, names a recording of that key."""

SETTINGS = ("mixtures.yaml", "features.yaml", "prepared.yaml")
"""Files of a data dir that are no tables and say how all of it was made."""

_SIGNAL = re.compile(r"((spk|noise|dereverb)[0-9]+|vocals|accompaniment|drums|bass|other)\.scp")


def is_signal(name: str) -> bool:
    """Return whether the table ``name`` names audio, as ``wav.scp``, ``spk1.scp`` or ``vocals.scp`` do."""
    return name in ("wav.scp", "speech.scp", "noise.scp") or _SIGNAL.fullmatch(name) is not None


def kind_of(name: str) -> Kind | None:
    """Return the kind of the table ``name``; None when no table of a data dir has this name."""
    return TABLES.get(name) or (TABLES["wav.scp"] if is_signal(name) else None)
