"""All scores of one converted utterance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import MOST_LENGTH_DIFFERENCE, collapse, is_collapsed, shape_variance
from audiolab.metrics.mcd import aligned_distortion
from audiolab.metrics.modulation import SEGMENT, modulation_spectrum, modulation_spectrum_distance
from audiolab.metrics.prosody import f0_correlation, log_f0_rmse, rhythm_correlation, voicing_error
from audiolab.metrics.speaker_id import SpeakerClassifier, window_statistics
from audiolab.metrics.spectral import log_spectral_distance
from audiolab.metrics.voice import Voice


@dataclass(frozen=True)
class Natural:
    """What scoring needs to know of one utterance of real speech.

    Attributes:
        windows: `window_statistics` of its frames of speech, [W, K].
        variance: `shape_variance` of its frames of speech, [B].
        modulation: `modulation_spectrum` from its first frame of speech to its last, [F, D]; None when it is shorter
            than one segment.
    """

    windows: np.ndarray
    variance: np.ndarray
    modulation: np.ndarray | None


@dataclass(frozen=True)
class Target:
    """Means over a target speaker's natural utterances: ``variance`` [B] and ``modulation`` [F, D], as in `Natural`."""

    variance: np.ndarray
    modulation: np.ndarray


def natural_statistics(voice: Voice) -> Natural:
    """Return the statistics of one utterance of real speech."""
    return Natural(
        window_statistics(voice.cepstra[voice.speech]), shape_variance(voice.bands[voice.speech]), _modulation(voice)
    )


def target_statistics(speaker: str, utterances: Sequence[Natural]) -> Target:
    """Return the means over the natural utterances of ``speaker``.

    Raises:
        AudiolabError: No utterance is long enough for a modulation spectrum.
    """
    modulations = [natural.modulation for natural in utterances if natural.modulation is not None]
    if not modulations:
        raise AudiolabError(f"target {speaker}: no training utterance holds {SEGMENT} frames of speech")
    return Target(np.mean([natural.variance for natural in utterances], axis=0), np.mean(modulations, axis=0))


def score_conversion(
    converted: Voice,
    source: Voice,
    reference: Voice | None,
    target: Target,
    classifier: SpeakerClassifier | None,
    speakers: tuple[str, str],
) -> dict[str, float]:
    """Return every metric of `audiolab.tasks.vc.scores.METRICS` for one converted utterance.

    The path of the MCD's alignment is also that of the log-spectral distance and of the F0 and voicing errors.

    Args:
        converted: The conversion.
        source: The utterance that was converted.
        reference: The target speaker's natural reading of the same sentence; None: there is none.
        target: Statistics of the target's natural speech.
        classifier: Knows both speakers; None: it was not trained.
        speakers: Names of the source and of the target speaker.

    Returns:
        Column -> value; NaN where a metric is not defined: the input dependence of a conversion that has not the
        source's timing, the modulation spectrum of less than `SEGMENT` frames, ln F0 where nothing is voiced in both;
        distances to a reading that is not there, and posteriors of no classifier.
    """
    signs = collapse(source.bands, converted.bands, target.variance, source.speech, converted.speech)
    modulation = _modulation(converted)
    return {
        **_distances(converted, reference),
        "msd_db": math.nan if modulation is None else modulation_spectrum_distance(target.modulation, modulation),
        "variance_ratio": signs.variance_ratio,
        "dependence": signs.dependence,
        "collapsed": float(is_collapsed(signs.variance_ratio, signs.dependence)),
        **_posteriors(converted, classifier, speakers),
    }


def kept_of_source(converted: Voice, source: Voice) -> dict[str, float]:
    """Return column -> correlation of F0 and of rhythm with the source's; NaN where the timing is not the source's."""
    if abs(len(source.f0) - len(converted.f0)) > MOST_LENGTH_DIFFERENCE:
        return {"f0_correlation": math.nan, "rhythm_correlation": math.nan}
    spoken = slice(source.speech[0], min(source.speech[-1] + 1, len(converted.f0)))
    return {
        "f0_correlation": f0_correlation(source.f0[spoken], converted.f0[spoken]),
        "rhythm_correlation": rhythm_correlation(source.rhythm[spoken], converted.rhythm[spoken]),
    }


def _distances(converted: Voice, reference: Voice | None) -> dict[str, float]:
    if reference is None:
        return dict.fromkeys(("mcd_db", "lsd_db", "logf0_rmse", "voicing_error"), math.nan)
    distortion = aligned_distortion(reference.cepstra, converted.cepstra, reference.speech, converted.speech)
    natural, other = distortion.path.T
    return {
        "mcd_db": distortion.value,
        "lsd_db": log_spectral_distance(reference.bands[natural], converted.bands[other]),
        "logf0_rmse": log_f0_rmse(reference.f0[natural], converted.f0[other]),
        "voicing_error": voicing_error(reference.f0[natural], converted.f0[other]),
    }


def _posteriors(converted: Voice, classifier: SpeakerClassifier | None, speakers: tuple[str, str]) -> dict[str, float]:
    if classifier is None:
        return dict.fromkeys(("posterior_target", "posterior_source"), math.nan)
    posterior = classifier.posterior(window_statistics(converted.cepstra[converted.speech]))
    return {"posterior_target": posterior[speakers[1]], "posterior_source": posterior[speakers[0]]}


def _modulation(voice: Voice) -> np.ndarray | None:
    spoken = voice.cepstra[voice.speech[0] : voice.speech[-1] + 1]
    return modulation_spectrum(spoken, voice.frame_rate) if len(spoken) >= SEGMENT else None
