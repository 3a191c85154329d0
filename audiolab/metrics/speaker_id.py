"""Whose voice is it? A speaker classifier on spectral features, trained on real speech.

It judges what conversion does to the spectrum: F0 is no feature of it, and its features (statistics of WORLD
mel-cepstra) are none that a converter was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError

WINDOW, HOP = 200, 100
"""Frames of speech in a window and from one to the next: 1 s and 0.5 s at 5 ms."""

STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
"""Values tried for C, the inverse of the L2 penalty, from the strongest penalty to the weakest."""


@dataclass(frozen=True)
class HeldOut:
    """How the classifier did on sentences that it had not seen (nested cross-validation by sentence).

    Attributes:
        accuracy: Share of utterances whose speaker has the largest posterior.
        log_loss: Mean −ln posterior of the true speaker over utterances.
        utterances: Their number.
    """

    accuracy: float
    log_loss: float
    utterances: int


class SpeakerClassifier:
    """Standardised window statistics and multinomial logistic regression.

    Attributes:
        speakers: Names, in the order of the posteriors.
        strength: The C that was chosen.
        held_out: How it did on unseen sentences.
    """

    def __init__(self, model: object, held_out: HeldOut) -> None:
        self._model = model
        self.held_out = held_out
        self.speakers: list[str] = [str(name) for name in model.classes_]
        self.strength: float = model.named_steps["logisticregression"].C

    def posterior(self, windows: np.ndarray) -> dict[str, float]:
        """Return the posterior of each speaker, averaged over an utterance's windows (`window_statistics`, [W, K])."""
        return dict(zip(self.speakers, map(float, self._model.predict_proba(windows).mean(axis=0))))


def window_statistics(cepstra: np.ndarray) -> np.ndarray:
    """Return means and standard deviations of mel-cepstra and of their deltas in windows of about 1 s.

    Args:
        cepstra: Mel-cepstra of an utterance's frames of speech with c0 in the first column (not used), [T, D + 1].

    Returns:
        [W, 4 · D]. An utterance shorter than a window gives one window of what there is.

    Raises:
        AudiolabError: There are fewer than 10 frames of speech.
    """
    if len(cepstra) < 10:
        raise AudiolabError(f"speaker classifier: {len(cepstra)} frames of speech are too few (10 at least)")
    statics = cepstra[:, 1:].astype(np.float64)
    tracks = np.hstack([statics, _deltas(statics)])
    window = min(WINDOW, len(tracks))
    views = np.lib.stride_tricks.sliding_window_view(tracks, window, axis=0)[::HOP]
    return np.hstack([views.mean(axis=-1), views.std(axis=-1)])


def train_classifier(
    windows: Mapping[str, np.ndarray],
    speakers: Mapping[str, str],
    sentences: Mapping[str, str],
    folds: int = 5,
    inner_folds: int = 3,
) -> SpeakerClassifier:
    """Train a classifier and measure it on sentences that it has not seen.

    Folds are made by sentence, so that a sentence which several speakers read is in one fold only. C is the smallest
    whose cross-validated log-loss is within one standard error of the least (Breiman et al. 1984): speakers who differ
    clearly would else get weights so large that a voice between two of them is given to one with certainty. For the
    measurement the choice is made within the training part of each fold.

    Args:
        windows: Utterance -> `window_statistics`, [W, K].
        speakers: Utterance -> speaker.
        sentences: Utterance -> sentence, the groups of the folds.
        folds: Folds of the measurement.
        inner_folds: Folds of the choice of C.

    Raises:
        AudiolabError: Fewer than two speakers, or a speaker has fewer sentences than the folds need.
    """
    utts = sorted(windows)
    _check_counts(utts, speakers, sentences, folds)
    owner = np.repeat(np.arange(len(utts)), [len(windows[utt]) for utt in utts])
    data = np.concatenate([windows[utt] for utt in utts])
    labels = np.array([speakers[utt] for utt in utts])
    groups = np.array([sentences[utt] for utt in utts])
    held_out = _held_out(data, labels, groups, owner, folds, inner_folds)
    return SpeakerClassifier(_fit(data, labels[owner], groups[owner], inner_folds), held_out)


def _held_out(
    data: np.ndarray, labels: np.ndarray, groups: np.ndarray, owner: np.ndarray, folds: int, inner_folds: int
) -> HeldOut:
    from sklearn.model_selection import StratifiedGroupKFold

    names = np.unique(labels)
    posteriors = np.zeros((len(labels), len(names)))
    for train, test in StratifiedGroupKFold(folds).split(labels, labels, groups):
        seen = np.isin(owner, train)
        model = _fit(data[seen], labels[owner[seen]], groups[owner[seen]], inner_folds)
        unseen = np.isin(owner, test)
        np.add.at(posteriors, owner[unseen], model.predict_proba(data[unseen]))
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    true = posteriors[np.arange(len(labels)), np.searchsorted(names, labels)]
    accuracy = np.mean(names[posteriors.argmax(axis=1)] == labels)
    log_loss = -np.log(np.maximum(true, np.finfo(float).tiny)).mean()
    return HeldOut(float(accuracy), float(log_loss), len(labels))


def _fit(data: np.ndarray, labels: np.ndarray, groups: np.ndarray, folds: int) -> object:
    """Return the pipeline, fitted with the C that `_one_standard_error` chooses on held-out groups."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    grid = {"logisticregression__C": list(STRENGTHS)}
    search = GridSearchCV(
        pipeline,
        grid,
        scoring="neg_log_loss",
        cv=StratifiedGroupKFold(folds),
        refit=_one_standard_error,
        error_score="raise",
    )
    return search.fit(data, labels, groups=groups).best_estimator_


def _one_standard_error(results: dict) -> int:
    """Return the number of the strongest penalty whose log-loss is within one standard error of the least."""
    folds = sum(name.startswith("split") and name.endswith("_test_score") for name in results)
    mean, deviation = results["mean_test_score"], results["std_test_score"]
    best = int(np.argmax(mean))
    within = mean >= mean[best] - deviation[best] / np.sqrt(folds - 1)
    return int(np.flatnonzero(within)[0])


def _check_counts(utts: Sequence[str], speakers: Mapping[str, str], sentences: Mapping[str, str], folds: int) -> None:
    by_speaker: dict[str, set[str]] = {}
    for utt in utts:
        by_speaker.setdefault(speakers[utt], set()).add(sentences[utt])
    if len(by_speaker) < 2:
        raise AudiolabError(f"speaker classifier: needs two speakers or more, not {sorted(by_speaker)}")
    for speaker, read in by_speaker.items():
        if len(read) < 2 * folds:
            raise AudiolabError(
                f"speaker classifier: {speaker} has {len(read)} training sentences; {2 * folds} are the least"
            )


def _deltas(tracks: np.ndarray, reach: int = 2) -> np.ndarray:
    """Return the regression slope of each column over ``2 · reach + 1`` frames, ends repeated, [T, D]."""
    padded = np.pad(tracks, ((reach, reach), (0, 0)), mode="edge")
    count = len(tracks)
    slope = sum(
        n * (padded[reach + n : reach + n + count] - padded[reach - n : reach - n + count]) for n in range(1, reach + 1)
    )
    return slope / (2.0 * sum(n * n for n in range(1, reach + 1)))
