"""Which converted utterances are scored, and with what each is compared.

A run's data dir holds what one trained system made for one or more pairs of speakers: ``wav.scp``, ``utt2spk`` with the
target speaker, and ``utt2source`` (``<converted utterance> <source utterance>``); ``utt2limited``, where there is one,
says how many of its samples would have passed full scale. The sentence is what stands behind
the last ``_`` of the source utterance's id, and the reference is ``<target>_<sentence>``.

The system `NATURAL` has no data dir (its ``dir`` is `AS_IS`): it is the references themselves, scored as if they
had been converted, and shows what a score gives to natural speech of the target.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import NATURAL


@dataclass(frozen=True)
class Run:
    """A row of the list of runs: conversions of one pair by one system; ``dir`` may hold other pairs' too.

    It is relative to where one is.
    """

    system: str
    seed: str
    source: str
    target: str
    dir: str


@dataclass(frozen=True)
class Conversion:
    """One converted utterance and what it is compared with.

    Attributes:
        run: Its run.
        datadir: Where its recording is.
        utterance: Its id, ``<target>-<source>``.
        source: The source utterance's id.
        reference: The id of the target's own recording of the sentence.
    """

    run: Run
    datadir: DataDir
    utterance: str
    source: str
    reference: str

    @property
    def recording(self) -> str:
        """The id under which ``datadir`` has its recording."""
        return self.reference if self.run.system == NATURAL else self.utterance


def conversions(run: Run, source: DataDir, reference: DataDir) -> list[Conversion]:
    """Return the converted utterances of a run: those in its dir whose target and source speaker are the run's.

    Args:
        run: The run.
        source: The data dir of the source utterances, which says who speaks them.
        reference: The data dir of the targets' recordings, which are those of `NATURAL`.

    Raises:
        AudiolabError: The dir has none, or an utterance has no source.
    """
    found = _natural(run, source, reference) if run.system == NATURAL else _converted(run, source)
    if not found:
        raise AudiolabError(f"{run.dir}: no utterance was converted from {run.source} to {run.target}")
    return found


def _natural(run: Run, source: DataDir, reference: DataDir) -> list[Conversion]:
    return [
        Conversion(run, reference, f"{run.target}-{origin}", origin, f"{run.target}_{sentence_of(origin)}")
        for origin, speaker in sorted(source.table("utt2spk").items())
        if speaker == run.source
    ]


def _converted(run: Run, source: DataDir) -> list[Conversion]:
    datadir, speakers = DataDir(run.dir), source.table("utt2spk")
    utt2source = datadir.table("utt2source")
    found = []
    for utterance, target in sorted(datadir.table("utt2spk").items()):
        origin = utt2source.get(utterance)
        if origin not in speakers:
            raise AudiolabError(
                f"{datadir.path / 'utt2source'}: the source of '{utterance}' ({origin}) is not in {source.path}"
            )
        if (speakers[origin], target) == (run.source, run.target):
            found.append(Conversion(run, datadir, utterance, origin, f"{target}_{sentence_of(origin)}"))
    return found
