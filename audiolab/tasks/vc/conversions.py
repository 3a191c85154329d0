"""Converted utterances, each with what it was made of and the target's own recording of the sentence.

A data dir of conversions holds what one system made for one or more pairs of speakers: ``wav.scp``, ``utt2spk`` with
the target speaker, and ``utt2source`` (``<converted utterance> <source utterance>``). The sentence is what stands
behind the last ``_`` of the source utterance's id, and the reference is ``<target>_<sentence>``.

The system `NATURAL` has no data dir: it is the references themselves, as if they had been converted, and shows what a
score gives to natural speech of the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import NATURAL
from audiolab.report.players import Clip
from audiolab.tasks.runs import Run


@dataclass(frozen=True)
class Conversion:
    """One converted utterance and what it is compared with.

    Attributes:
        utterance: Its id.
        made: What the system made; of `NATURAL`, the reference.
        source: What was converted.
        reference: The target speaker's own recording of the sentence, which need not be there.
        pair: Source and target speaker.
    """

    utterance: str
    made: Clip
    source: Clip
    reference: Clip
    pair: tuple[str, str]

    @property
    def sentence(self) -> str:
        """Id of the sentence."""
        return sentence_of(self.source.utterance)

    @property
    def has_reference(self) -> bool:
        """Whether the target's data dir has the reference."""
        return self.reference.utterance in self.reference.datadir.table("utt2spk")


def conversions(run: Run, sources: DataDir, references: DataDir) -> list[Conversion]:
    """Return the converted utterances of a run: those in its dir whose source and target speaker are the run's.

    Args:
        run: The run.
        sources: What was converted.
        references: The targets' recordings, which are those of `NATURAL`.

    Raises:
        AudiolabError: The dir has none, or as `read_conversions`.
    """
    source, target = run.group
    if run.system == NATURAL:
        spoken = (utterance for utterance, speaker in sorted(sources.table("utt2spk").items()) if speaker == source)
        found = [_natural(Clip(sources, utterance), references, (source, target)) for utterance in spoken]
    else:
        found = [c for c in read_conversions(DataDir(run.dir).share(), sources, references) if c.pair == run.group]
    if not found:
        raise AudiolabError(f"{run.dir}: no utterance was converted from {source} to {target}")
    return found


def read_conversions(made: DataDir, sources: DataDir, references: DataDir) -> list[Conversion]:
    """Return the conversions in a data dir, by utterance.

    Args:
        made: Has ``wav.scp``, ``utt2spk`` (target speaker), ``utt2source`` (source utterance).
        sources: What was converted.
        references: The targets' recordings.

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
        reference = Clip(references, f"{target}_{sentence_of(source)}")
        ends = speakers[source], target
        found.append(Conversion(utterance, Clip(made, utterance), Clip(sources, source), reference, ends))
    if not found:
        raise AudiolabError(f"{made.path / 'wav.scp'}: no utterance; convert again")
    return found


def check_references(found: Sequence[Conversion]) -> None:
    """Raise `AudiolabError` where none of the conversions has a reference."""
    if found and not any(conversion.has_reference for conversion in found):
        last = found[-1]
        raise AudiolabError(
            f"{last.reference.datadir.path}: no reference for any of {len(found)} utterances in "
            f"{last.made.datadir.path}, such as '{last.reference.utterance}'; give the targets' data dir"
        )


def _natural(source: Clip, references: DataDir, pair: tuple[str, str]) -> Conversion:
    reference = Clip(references, f"{pair[1]}_{sentence_of(source.utterance)}")
    return Conversion(f"{pair[1]}-{source.utterance}", reference, source, reference, pair)
