"""Sets of speakers for few-shot voice conversion: few with few utterances, many, those whom nobody has heard.

What is held out to be scored is in no set for training. Where texts are known, whole prompts are held out, of all
speakers: nothing that is trained has heard the words, and each of them is there by all speakers who are converted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audiolab.config import option
from audiolab.data.prompts import Prompt, most_shared, prompts_of, reading, shuffled
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError, OptionError

SETS = ("encoder", "encoder_valid", "large", "small", "valid", "eval", "unseen", "unseen_eval", "extra_eval")
"""What the sets are called."""

_LEAST_OF_A_SPEAKER = 2
"""Utterances of a speaker of the encoder's: one is compared with the others."""


@dataclass(frozen=True)
class FewShot:
    """How many speakers and utterances the sets have."""

    num_speakers: int = option(5, "of the small set: those who are converted, and to whom")
    utts_per_speaker: str = option("3-15", "of each of these for training: a count, or a range from which it is drawn")
    large_speakers: int = option(50, "of the large set, the small one among them")
    large_utts: int = option(0, "of each further speaker of the large set, no more; 0: all")
    unseen_speakers: int = option(5, "whom nothing is trained on; 0: none")
    unseen_utts: int = option(10, "of each of these to know the voice by, no more")
    valid_speakers: int = option(5, "by whom the speaker encoder is watched; it is not trained on them; 0: none")
    hold_out: Literal["prompts", "utterances"] = option(
        "prompts", "prompts: what many read is held out of all speakers; utterances: some of each speaker"
    )
    eval_utts: int = option(8, "held out to be scored, of each speaker of the small set and unseen one")
    valid_utts: int = option(4, "held out to watch trainings by, of each speaker of the small set; 0: none")
    extra_eval_utts: int = option(2, "held out of each extra speaker; 0: none")

    def __post_init__(self) -> None:
        least = {"num_speakers": 2, "large_speakers": self.num_speakers, "unseen_utts": 1, "eval_utts": 1}
        for name, number in ((name, getattr(self, name)) for name in self.__dataclass_fields__):
            if isinstance(number, int) and number < least.get(name, 0):
                raise ValueError(f"{name} must be {least.get(name, 0)} or more")
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", self.utts_per_speaker)
        if not found or not 1 <= int(found[1]) <= int(found[2] or found[1]):
            raise ValueError("utts_per_speaker must be a count of 1 or more, or a range as 3-15")

    @property
    def few(self) -> tuple[int, int]:
        """Least and most utterances of a speaker of the small set."""
        low, _, high = self.utts_per_speaker.partition("-")
        return int(low), int(high or low)


@dataclass(frozen=True)
class Speaker:
    """What a speaker has: utterances for training, and held-out ones to be scored and to watch trainings by."""

    training: list[str]
    scored: list[str]
    watched: list[str]


def choose(data: DataDir, config: FewShot, rng: np.random.Generator) -> dict[str, list[str]]:
    """Return the utterances of each set of `SETS` but ``extra_eval``; women and men alternate where genders are known.

    Args:
        data: All speakers; with ``text`` where prompts are held out.
        config: How many.
        rng: Draws speakers and utterances.

    Raises:
        AudiolabError: There are not enough speakers or utterances for what is asked for.
    """
    speakers = _held_out(data, config, rng)
    genders = dict(data.table("spk2gender").items()) if data.has("spk2gender") else {}
    wanted = config.eval_utts, config.valid_utts
    able = [
        name for name, one in speakers.items()
        if len(one.training) >= config.few[0] and (len(one.scored), len(one.watched)) == wanted
    ]  # fmt: skip
    needed = config.num_speakers + config.unseen_speakers
    if len(able) < needed:
        raise AudiolabError(
            f"{data.path}: {len(able)} of {len(speakers)} speakers have {sum(wanted)} held-out utterances and "
            f"{config.few[0]} others; {needed} are asked for: fewer --num_speakers, --unseen_speakers, --eval_utts, "
            "--valid_utts or --utts_per_speaker"
        )
    drawn = _alternating(able, genders, rng)
    unseen, small = drawn[: config.unseen_speakers], drawn[config.unseen_speakers : needed]
    valid, further, others = _further(data, speakers, [*unseen, *small], config, genders, rng)
    few = {name: _some(speakers[name].training, _count(config, rng), rng) for name in small}
    many = {name: _some(speakers[name].training, config.large_utts, rng) for name in further}
    return {
        "encoder": [utterance for name in [*further, *others] for utterance in speakers[name].training],
        "encoder_valid": [utterance for name in valid for utterance in speakers[name].training],
        "large": [utterance for chosen in (few | many).values() for utterance in chosen],
        "small": [utterance for chosen in few.values() for utterance in chosen],
        "valid": [utterance for name in small for utterance in speakers[name].watched],
        "eval": [utterance for name in small for utterance in speakers[name].scored],
        "unseen": [u for name in unseen for u in _some(speakers[name].training, config.unseen_utts, rng)],
        "unseen_eval": [utterance for name in unseen for utterance in speakers[name].scored],
    }


def choose_extra(data: DataDir, config: FewShot, rng: np.random.Generator) -> dict[str, list[str]]:
    """Return ``small`` and ``extra_eval`` of speakers who come from elsewhere, all of whom are taken.

    Raises:
        AudiolabError: One has too few utterances.
    """
    chosen: dict[str, list[str]] = {"small": [], "extra_eval": []}
    for speaker, utterances in _by_speaker(data).items():
        needed = config.few[0] + config.extra_eval_utts
        if len(utterances) < needed:
            raise AudiolabError(
                f"{data.path}: speaker '{speaker}' has {len(utterances)} utterances; {config.few[0]} for training and "
                f"{config.extra_eval_utts} held-out ones are needed: add some, or fewer --utts_per_speaker or "
                "--extra_eval_utts"
            )
        drawn = shuffled(utterances, rng)
        chosen["extra_eval"] += drawn[: config.extra_eval_utts]
        chosen["small"] += _some(drawn[config.extra_eval_utts :], _count(config, rng), rng)
    return chosen


def _held_out(data: DataDir, config: FewShot, rng: np.random.Generator) -> dict[str, Speaker]:
    """Return what each speaker has."""
    by_speaker = _by_speaker(data)
    if config.hold_out == "utterances":
        return dict(_by_draw(by_speaker, config, rng))
    prompts = prompts_of(data)
    count = config.eval_utts + config.valid_utts
    held_out = most_shared(prompts, data.table("utt2spk"), count, rng)
    return dict(_by_prompt(by_speaker, prompts, held_out, config))


def _by_draw(
    by_speaker: Mapping[str, list[str]], config: FewShot, rng: np.random.Generator
) -> Iterator[tuple[str, Speaker]]:
    for speaker, utterances in by_speaker.items():
        drawn = shuffled(utterances, rng)
        end = config.eval_utts + config.valid_utts
        yield speaker, Speaker(sorted(drawn[end:]), drawn[: config.eval_utts], drawn[config.eval_utts : end])


def _by_prompt(
    by_speaker: Mapping[str, list[str]], prompts: Mapping[str, Prompt], held_out: Sequence[Prompt], config: FewShot
) -> Iterator[tuple[str, Speaker]]:
    words = {prompt[1] for prompt in held_out}
    for speaker, utterances in by_speaker.items():
        training = [utterance for utterance in utterances if prompts[utterance][1] not in words]
        scored = reading(utterances, prompts, held_out[: config.eval_utts])
        yield speaker, Speaker(training, scored, reading(utterances, prompts, held_out[config.eval_utts :]))


def _further(
    data: DataDir,
    speakers: Mapping[str, Speaker],
    taken: Sequence[str],
    config: FewShot,
    genders: Mapping[str, str],
    rng: np.random.Generator,
) -> tuple[list[str], list[str], list[str]]:
    """Return, of the speakers who are not taken, those the encoder is watched by, the large set's, and the others."""
    able = [n for n, one in speakers.items() if n not in taken and len(one.training) >= _LEAST_OF_A_SPEAKER]
    further = config.large_speakers - config.num_speakers
    if len(able) < config.valid_speakers + further:
        raise AudiolabError(
            f"{data.path}: {len(able)} speakers with {_LEAST_OF_A_SPEAKER} utterances are left; {further} further ones "
            f"of the large set and {config.valid_speakers} of encoder_valid are asked for: fewer --large_speakers or "
            "--valid_speakers"
        )
    drawn = _alternating(able, genders, rng)
    end = config.valid_speakers + further
    if len(drawn) - config.valid_speakers < 2:
        raise OptionError("valid_speakers", "fewer than two speakers are left to train the speaker encoder on")
    return drawn[: config.valid_speakers], drawn[config.valid_speakers : end], drawn[end:]


def _by_speaker(data: DataDir) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for utterance, speaker in sorted(data.table("utt2spk").items()):
        found.setdefault(speaker, []).append(utterance)
    return dict(sorted(found.items()))


def _alternating(names: Sequence[str], genders: Mapping[str, str], rng: np.random.Generator) -> list[str]:
    """Return the names in random order; genders by turns, as long as there are several."""
    by_gender: dict[str, list[str]] = {}
    for name in shuffled(names, rng):
        by_gender.setdefault(genders.get(name, ""), []).append(name)
    turns = itertools.zip_longest(*by_gender.values())
    return [name for turn in turns for name in turn if name is not None]


def _count(config: FewShot, rng: np.random.Generator) -> int:
    low, high = config.few
    return int(rng.integers(low, high + 1))


def _some(utterances: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` of the utterances, drawn; all for 0, or where there are not so many."""
    return shuffled(utterances, rng)[: count or None]
