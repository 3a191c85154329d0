"""Utterances as they were said: with the pauses that an aligner found, and durations in frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.text.labels import TICKS
from audiolab.text.structure import CONTINUATION, PAUSE, SILENCE, Phrase, Utterance, Word

PHRASE_PAUSE = 0.2
"""Seconds from which on a pause that was found within a phrase parts it."""

SLACK = 0.05
"""Seconds by which an alignment may end before or behind the last frame: windows of analysis end earlier or later."""


def as_said(
    utterance: Utterance, symbols: Sequence[str], times: np.ndarray, where: str, phrase_pause: float = PHRASE_PAUSE
) -> Utterance:
    """Return an utterance with the pauses that were found, and no others.

    Where a pause of ``phrase_pause`` or more was found within a phrase, the speaker parted it, and there are two: so
    places in phrases are those of what is heard. Where the text parts phrases and no pause was found, they stay apart.

    Args:
        utterance: As its text says.
        symbols: The segments that an aligner found: silence, the phones with pauses between words, silence; P.
        times: Where each begins and ends, in s, [P, 2].
        where: Names the utterance, for messages.
        phrase_pause: In s.

    Raises:
        AudiolabError: The segments are not those of the utterance; names the first that is not.
    """
    pauses = _pauses(utterance, symbols, (times[:, 1] - times[:, 0]).tolist(), where)
    phrases: list[Phrase] = []
    place = 0
    for phrase in utterance.phrases:
        waiting: list[Word] = []
        for number, word in enumerate(phrase.words, 1):
            waiting.append(Word(word.syllables, pauses[place] is not None))
            parts = pauses[place] is not None and pauses[place] >= phrase_pause and number < len(phrase.words)
            if parts:
                phrases.append(Phrase(tuple(waiting), CONTINUATION))
                waiting = []
            place += 1
        phrases.append(replace(phrase, words=tuple(waiting)))
    return Utterance(tuple(phrases))


def _pauses(utterance: Utterance, symbols: Sequence[str], seconds: Sequence[float], where: str) -> list[float | None]:
    """Return of each word the seconds of the pause that was found behind it, or None."""
    found = [*symbols, "nothing more"]
    expected, pauses = [SILENCE], list[float | None]()
    for word in utterance.words:
        expected += [symbol for syllable in word.syllables for symbol in syllable.symbols]
        paused = len(pauses) + 1 < len(utterance.words) and found[min(len(expected), len(symbols))] == PAUSE
        pauses.append(seconds[len(expected)] if paused else None)
        expected += [PAUSE] if paused else []
    expected.append(SILENCE)
    for number, (told, is_) in enumerate(zip([*expected, "nothing more"], found), 1):
        if told != is_:
            raise AudiolabError(
                f"{where}: segment {number} of its alignment is '{is_}', and by its text '{told}': align again what "
                "analyse_text made last"
            )
    return pauses


def frames_of_segments(times: np.ndarray, frames: int, shift: float, where: str) -> np.ndarray:
    """Return the frames of each segment, int64 [P], 1 or more each, summing to ``frames``.

    The ends of segments are rounded to whole frames, not their lengths, so that errors do not add up. A segment that
    would have none takes one of its neighbours'.

    Args:
        times: Where the segments begin and end, in s, [P, 2], without gaps, from 0 on.
        frames: The utterance's, T.
        shift: Of frames, in s.
        where: Names the utterance, for messages.

    Raises:
        AudiolabError: The segments have gaps, or do not begin at 0; they end elsewhere than the frames by more than
            `SLACK`; there are fewer frames than segments.
    """
    begins, ends = times.T
    if abs(begins[0]) > shift / 2 or (abs(begins[1:] - ends[:-1]) > shift / 2).any() or (ends < begins).any():
        raise AudiolabError(f"{where}: its alignment has gaps, or does not begin at 0 s; align it again")
    if abs(ends[-1] - frames * shift) > SLACK + shift:
        raise AudiolabError(
            f"{where}: its alignment ends at {ends[-1]:.3f} s, and its {frames} frames at {frames * shift:.3f} s: they "
            "are of other recordings; align and extract features again"
        )
    if frames < len(times):
        raise AudiolabError(f"{where}: has {frames} frames for {len(times)} segments; leave it out")
    number = np.arange(1, len(times) + 1)
    bounds = np.floor(ends / shift + 0.5).astype(np.int64)
    bounds[-1] = frames
    bounds = np.maximum.accumulate(np.maximum(bounds, number) - number) + number
    last = frames - (len(times) - number)  # the latest end that leaves one frame to each segment behind
    return np.diff(np.minimum(bounds, last), prepend=0)


def label_times(durations: np.ndarray, shift: float) -> np.ndarray:
    """Return where segments of so many frames, [P], begin and end, int64 [P, 2] in units of 100 ns; ``shift``: in s."""
    ends = np.rint(np.cumsum(durations) * shift * TICKS).astype(np.int64)
    return np.stack((np.concatenate(([0], ends[:-1])), ends), axis=1)
