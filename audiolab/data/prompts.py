"""What utterances read: which of them are the same prompt, and which prompts many speakers read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.text.normalise import normalise

Prompt = tuple[str, str]
"""A sentence's name, which is what stands behind the last ``_`` of an utterance id, or empty; and its words."""


def prompts_of(data: DataDir) -> dict[str, Prompt]:
    """Return what each utterance reads; equal for those that read the same words under the same name.

    The name counts too, for `audiolab.datadir.names.sentence_of` finds references by it.

    Raises:
        AudiolabError: There is no ``text``, or it lacks an utterance.
    """
    if not data.has("text"):
        raise AudiolabError(f"{data.path}: no text, so nothing tells of prompts; give --hold_out utterances")
    texts = data.table("text")
    missing = [utterance for utterance in data.utterances if utterance not in texts]
    if missing:
        raise AudiolabError(f"{data.path}/text: has no '{missing[0]}', which utt2spk has; utils/fix_data_dir.py")
    return {name: (name.rpartition("_")[2] if "_" in name else "", normalise(texts[name])) for name in data.utterances}


def most_shared(
    prompts: Mapping[str, Prompt], utt2spk: Mapping[str, str], count: int, rng: np.random.Generator
) -> list[Prompt]:
    """Return ``count`` prompts that most speakers read, in random order; of those that as many read, a draw decides.

    Args:
        prompts: Of each utterance.
        utt2spk: Who reads it.
        count: Of prompts.
        rng: Draws.

    Raises:
        AudiolabError: Fewer prompts are read by two speakers or more.
    """
    readers: dict[Prompt, set[str]] = {}
    for utterance, prompt in prompts.items():
        readers.setdefault(prompt, set()).add(utt2spk[utterance])
    shared = sorted(prompt for prompt, speakers in readers.items() if len(speakers) > 1 and prompt[1])
    if len(shared) < count:
        raise AudiolabError(
            f"{count} prompts are to be held out, but {len(shared)} are read by several speakers; fewer --eval_utts or "
            "--valid_utts, or --hold_out utterances"
        )
    drawn = shuffled(shared, rng)
    best = sorted(drawn, key=lambda prompt: -len(readers[prompt]))[:count]
    return shuffled(best, rng)


def shuffled(items: Iterable, rng: np.random.Generator) -> list:
    """Return the items in random order."""
    items = list(items)
    return [items[place] for place in rng.permutation(len(items))]


def reading(utterances: Sequence[str], prompts: Mapping[str, Prompt], wanted: Iterable[Prompt]) -> list[str]:
    """Return those of a speaker's utterances that read the wanted prompts, one each, in the prompts' order."""
    first: dict[Prompt, str] = {}
    for utterance in utterances:
        first.setdefault(prompts[utterance], utterance)
    return [first[prompt] for prompt in wanted if prompt in first]
