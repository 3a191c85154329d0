"""Speaker verification: is this the claimed speaker's voice? Trials by embeddings, and their equal error rate.

The protocol is that in which GE2E's re-implementations validate: each utterance against each speaker's centroid, its
own speaker's without itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError


@dataclass(frozen=True)
class EqualError:
    """Where as many impostors are accepted as speakers are rejected.

    Attributes:
        rate: The share of either, 0 to 1.
        threshold: The score at which it is.
    """

    rate: float
    threshold: float


def equal_error(scores: np.ndarray, same: np.ndarray) -> EqualError:
    """Return the equal error of trials; between neighbouring thresholds both shares count as linear.

    Args:
        scores: Of each trial [n]: the higher, the more it speaks for the claimed speaker.
        same: Whether it is that speaker, bool [n].

    Raises:
        AudiolabError: All trials are of one kind, or a score is NaN.
    """
    scores, same = np.asarray(scores, np.float64), np.asarray(same, bool)
    if same.all() or not same.any():
        raise AudiolabError("an equal error rate takes trials of the same and of other speakers; one kind is missing")
    if np.isnan(scores).any():
        raise AudiolabError("an equal error rate of scores that are NaN is not defined")
    order = np.argsort(-scores, kind="stable")
    ranked, targets = scores[order], same[order]
    ends = np.flatnonzero(np.diff(ranked, append=-np.inf))  # scores that are equal are accepted together
    accepted = np.concatenate([[0], np.cumsum(~targets)[ends]]) / (~targets).sum()
    rejected = 1 - np.concatenate([[0], np.cumsum(targets)[ends]]) / targets.sum()
    thresholds = np.concatenate([ranked[:1], ranked[ends]])
    gaps = accepted - rejected  # rises from −1 to 1
    after = int(np.argmax(gaps >= 0))
    part = gaps[after - 1] / (gaps[after - 1] - gaps[after])
    rate, threshold = (values[after - 1] + part * np.diff(values)[after - 1] for values in (accepted, thresholds))
    return EqualError(float(rate), float(threshold))


def trials(voices: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of all trials, and whether each is of the same speaker, both [n].

    A trial's score is the cosine of an utterance's embedding and of a speaker's centroid: the mean of the embeddings,
    but for the utterance itself. A speaker of one utterance has no trial of the same speaker.

    Args:
        voices: Embeddings of utterances, [U, D], of length 1.
        speakers: Whose each is, as numbers from 0 without a gap, [U].
    """
    voices = np.asarray(voices, np.float64)
    counts = np.bincount(speakers)
    sums = np.zeros((len(counts), voices.shape[1]))
    np.add.at(sums, speakers, voices)
    scores = voices @ _unit(sums).T
    every = np.arange(len(voices))
    scores[every, speakers] = (voices * _unit(sums[speakers] - voices)).sum(axis=1)
    same = speakers[:, None] == np.arange(len(counts))
    defined = ~same | (counts[speakers] > 1)[:, None]
    return scores[defined], same[defined]


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1; one of length 0 stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
