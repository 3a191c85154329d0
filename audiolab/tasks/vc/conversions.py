"""Converted utterances, each with what it was made of and the target's own recording of the sentence.

A data dir of conversions holds what one system made for one or more pairs of speakers: ``wav.scp``, ``utt2spk`` with
the target speaker, and ``utt2source`` (``<converted utterance> <source utterance>``). The sentence is what stands
behind the last ``_`` of the source utterance's id. The reference is the target's utterance of the same words, where
there are texts, for VCTK's speakers read other sentences under the same number; without texts it is
``<target>_<sentence>``. The reference of speech that was converted to its own speaker is that speech.

The system `NATURAL` has no data dir: it is the references themselves, as if they had been converted, and shows what a
score gives to natural speech of the target. Where there is none, it is another recording of the target's.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_or_id
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import NATURAL
from audiolab.report.players import Clip
from audiolab.tasks.runs import Run
from audiolab.text.normalise import normalise


@dataclass(frozen=True)
class Conversion:
    """One converted utterance and what it is compared with.

    Attributes:
        utterance: Its id.
        made: What the system made; of `NATURAL`, the reference, or another recording of the target's.
        source: What was converted.
        reference: The target speaker's own recording of the sentence; None: there is none.
        pair: Source and target speaker.
        told: Whose text and language those of ``made`` are.
    """

    utterance: str
    made: Clip
    source: Clip
    reference: Clip | None
    pair: tuple[str, str]
    told: Clip

    @property
    def sentence(self) -> str:
        """Id of the sentence."""
        return sentence_or_id(self.source.utterance)

    @property
    def has_reference(self) -> bool:
        """Whether there is a reference."""
        return self.reference is not None


def conversions(run: Run, sources: DataDir, references: DataDir | None) -> list[Conversion]:
    """Return the converted utterances of a run: those in its dir whose source and target speaker are the run's.

    Args:
        run: The run.
        sources: What was converted.
        references: The targets' recordings, which are those of `NATURAL`; None: there are none of the same sentences.

    Raises:
        AudiolabError: The dir has none, or as `read_conversions`.
    """
    source, target = run.group
    if run.system == NATURAL:
        speakers = sources.table("utt2spk")
        spoken, own = (sorted(utt for utt in speakers if speakers[utt] == name) for name in run.group)
        found = [
            _natural(Clip(sources, utt), references, run.group, own[number % len(own)] if own else "")
            for number, utt in enumerate(spoken)
        ]
    else:
        found = [c for c in read_conversions(DataDir(run.dir).share(), sources, references) if c.pair == run.group]
    if not found:
        raise AudiolabError(f"{run.dir}: no utterance was converted from {source} to {target}")
    return found


def read_conversions(made: DataDir, sources: DataDir, references: DataDir | None) -> list[Conversion]:
    """Return the conversions in a data dir, by utterance.

    Args:
        made: Has ``wav.scp``, ``utt2spk`` (target speaker), ``utt2source`` (source utterance).
        sources: What was converted.
        references: The targets' recordings; None: there are none of the same sentences.

    Raises:
        AudiolabError: A table is missing, an id is not where it belongs, or there is no utterance.
    """
    speakers, origins, targets = sources.table("utt2spk"), made.table("utt2source"), made.table("utt2spk")
    found = []
    for utterance in sorted(made.table("wav.scp")):
        if utterance not in origins or utterance not in targets:
            raise AudiolabError(f"{made.path}: '{utterance}' is not in both utt2source and utt2spk; convert again")
        source, target = origins[utterance], targets[utterance]
        if source not in speakers:
            raise AudiolabError(
                f"{made.path / 'utt2source'}: '{utterance}' comes from '{source}', which is not in {sources.path}; "
                "give the data dir that was converted"
            )
        spoken, ends = Clip(sources, source), (speakers[source], target)
        reference = _reference(spoken, references, ends)
        found.append(Conversion(utterance, Clip(made, utterance), spoken, reference, ends, spoken))
    if not found:
        raise AudiolabError(f"{made.path / 'wav.scp'}: no utterance; convert again")
    return found


def check_references(found: Sequence[Conversion], references: DataDir) -> None:
    """Raise `AudiolabError` where none of the conversions has a reference in the data dir that is to have them."""
    if found and not any(conversion.has_reference for conversion in found):
        last = found[-1]
        raise AudiolabError(
            f"{references.path}: no reference for any of {len(found)} utterances in {last.made.datadir.path}, such as "
            f"'{last.pair[1]}_{last.sentence}'; give the targets' data dir"
        )


@functools.lru_cache(maxsize=1 << 17)
def words_of(clip: Clip) -> str:
    """Return what is said in a clip, as it is compared; empty where it is not known."""
    return normalise(clip.datadir.table("text").get(clip.utterance, "")) if clip.datadir.has("text") else ""


def same_prompt(clip: Clip, other: Clip) -> bool:
    """Return whether two clips are of the same words or, where those of one are not known, of the same sentence."""
    words = words_of(clip), words_of(other)
    return words[0] == words[1] if all(words) else sentence_or_id(clip.utterance) == sentence_or_id(other.utterance)


def _reference(source: Clip, references: DataDir | None, pair: tuple[str, str]) -> Clip | None:
    if pair[0] == pair[1]:
        return source
    if references is None:
        return None
    named = Clip(references, f"{pair[1]}_{sentence_or_id(source.utterance)}")
    if named.utterance in references.table("utt2spk") and same_prompt(source, named):
        return named
    alike = _readings(references).get((pair[1], words_of(source)))
    return Clip(references, alike) if alike else None


@functools.lru_cache(maxsize=8)
def _readings(datadir: DataDir) -> dict[tuple[str, str], str]:
    """Return (speaker, words) -> the first utterance that has them, where words are known."""
    found: dict[tuple[str, str], str] = {}
    for utterance, speaker in sorted(datadir.table("utt2spk").items()):
        if words := words_of(Clip(datadir, utterance)):
            found.setdefault((speaker, words), utterance)
    return found


def _natural(source: Clip, references: DataDir | None, pair: tuple[str, str], own: str) -> Conversion:
    """Return what stands for a conversion; ``own`` is the recording of the target where there is no reference."""
    reference = _reference(source, references, pair)
    made = reference or Clip(source.datadir, own or f"{pair[1]}_{sentence_or_id(source.utterance)}")
    return Conversion(
        f"{pair[1]}-{source.utterance}", made, source, reference, pair, source if reference else made
    )  # fmt: skip
