"""Which words a conversion should have: those told of its source or, where none are, those that a recogniser hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from audiolab.metrics.judges.cache import Cache
from audiolab.metrics.refusal import Refusal
from audiolab.report.players import Clip
from audiolab.tasks.judging import Question, ask, told_of
from audiolab.tasks.models import CTCRecogniser, character_errors

Texts = dict[Clip, str]
"""A source without a text -> what the recogniser writes of it; without those that it does not hear."""


def is_told(clip: Clip) -> bool:
    """Return whether a text is told of a recording."""
    return bool(told_of(clip)[0])


def hear(
    recogniser: CTCRecogniser, clips: Iterable[Clip], load: Callable[[Clip], np.ndarray], cache: Cache, nj: int
) -> Texts:
    """Return what a recogniser writes of those of the recordings that have no text.

    Args:
        recogniser: Who is asked.
        clips: Sources of conversions.
        load: Loads one, as judges want it.
        cache: Where verdicts are kept.
        nj: Processes.
    """
    wanted = list(dict.fromkeys(clip for clip in clips if not is_told(clip)))
    questions = [Question(partial(load, clip), (recogniser,)) for clip in wanted]
    said = ask(questions, cache, nj) if questions else []
    verdicts = [verdicts[recogniser.name] for verdicts in said]
    return {clip: verdict.value for clip, verdict in zip(wanted, verdicts) if not verdict.refused}


def errors(source: Clip, written: Texts, heard: str) -> dict[str, float]:
    """Return the column of wrong characters of a conversion.

    Args:
        source: What was converted.
        written: Of sources without a text; see `hear`.
        heard: What the recogniser writes of the conversion.

    Raises:
        Refusal: There are no words to compare with.
    """
    text = told_of(source)[0] or written.get(source, "")
    if not text:
        raise Refusal("its source has no text, and the recogniser hears no words in it")
    return {"recogniser_cer": character_errors(text, heard)}
