"""What voice conversion left to listen to: each converted utterance with its source, its reference, its baselines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import UNTRAINED
from audiolab.report.players import Clip
from audiolab.tasks.vc.conversions import Run


@dataclass(frozen=True)
class Conversion:
    """One converted utterance.

    Attributes:
        converted: What the model made.
        source_speaker: Who spoke the source.
        target_speaker: Whose voice it is to have.
        sentence: Sentence id, by which references are found.
        source: What went in.
        reference: The target speaker's own recording of the sentence; None where there is none.
        baselines: Name -> what another method made of the same source for the same target.
    """

    converted: Clip
    source_speaker: str
    target_speaker: str
    sentence: str
    source: Clip
    reference: Clip | None
    baselines: dict[str, Clip] = field(default_factory=dict)

    @property
    def clips(self) -> dict[str, Clip]:
        """What there is to hear, in the order of listening: source, baselines, converted, target."""
        given = {"Source": self.source, **self.baselines, "Converted": self.converted}
        return given | ({"Target": self.reference} if self.reference else {})


def scored_conversions(
    made: Iterable[Run], others: Sequence[Run], sources: DataDir, references: DataDir
) -> list[Conversion]:
    """Return the conversions that a training run made, as a list of what was scored has them.

    Args:
        made: What the run made.
        others: What is to be heard beside it: that of its pairs and seed, or of no seed.
        sources: As of `read_conversions`, and so is what is raised.
        references: The same.
    """
    found = []
    for row in made:
        beside: dict[str, list[DataDir]] = {}
        for other in others:
            if (other.source, other.target) == (row.source, row.target) and other.seed in (row.seed, UNTRAINED):
                beside.setdefault(other.system, []).append(DataDir(other.dir))
        of_dir = read_conversions(DataDir(row.dir), sources, references, beside)
        found += [c for c in of_dir if (c.source_speaker, c.target_speaker) == (row.source, row.target)]
    return found


def read_conversions(
    converted: DataDir, sources: DataDir, references: DataDir, baselines: Mapping[str, Sequence[DataDir]]
) -> list[Conversion]:
    """Return the conversions in a data dir, by utterance.

    Args:
        converted: Has ``wav.scp``, ``utt2spk`` (target speaker), ``utt2source`` (source utterance).
        sources: What was converted.
        references: The targets' recordings, called ``<target>_<sentence>``.
        baselines: Name -> data dirs as ``converted``, found by source utterance and target speaker.

    Raises:
        AudiolabError: A table is missing, an id is not where it belongs, or no utterance has a reference.
    """
    speakers, recorded = sources.table("utt2spk"), references.table("utt2spk")
    tables = {name: _by_source(datadirs) for name, datadirs in baselines.items()}
    conversions = []
    for (source, target), clip in sorted(_by_source([converted]).items(), key=lambda item: item[1].utterance):
        if source not in speakers:
            raise AudiolabError(
                f"{converted.path / 'utt2source'}: '{clip.utterance}' comes from '{source}', which is not in "
                f"{sources.path}; give the data dir that was converted"
            )
        sentence = sentence_of(source)
        reference = f"{target}_{sentence}"
        conversions.append(
            Conversion(
                clip,
                speakers[source],
                target,
                sentence,
                Clip(sources, source),
                Clip(references, reference) if reference in recorded else None,
                {name: table[source, target] for name, table in tables.items() if (source, target) in table},
            )
        )
    if not any(conversion.reference for conversion in conversions):
        raise AudiolabError(
            f"{references.path}: no reference for any of {len(conversions)} utterances in {converted.path}, "
            f"such as '{reference}'; give the targets' data dir"
        )
    return conversions


def _by_source(datadirs: Sequence[DataDir]) -> dict[tuple[str, str], Clip]:
    """Return (source utterance, target speaker) -> converted utterance."""
    clips: dict[tuple[str, str], Clip] = {}
    for datadir in datadirs:
        sources, targets = datadir.table("utt2source"), datadir.table("utt2spk")
        for utterance in datadir.table("wav.scp"):
            if utterance not in sources or utterance not in targets:
                raise AudiolabError(
                    f"{datadir.path}: '{utterance}' is not in both utt2source and utt2spk; convert again"
                )
            clips[sources[utterance], targets[utterance]] = Clip(datadir, utterance)
    if not clips:
        raise AudiolabError(f"{datadirs[0].path / 'wav.scp'}: no utterance; convert again")
    return clips


def parse_named_dirs(texts: Sequence[str], option: str) -> dict[str, list[DataDir]]:
    """Return name -> data dirs from ``NAME=DIR`` texts; a name that stands more than once has several.

    Raises:
        AudiolabError: A text is not of this form, or there is no such folder.
    """
    named: dict[str, list[DataDir]] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise AudiolabError(f"{option}: '{text}' is not NAME=DIR")
        named.setdefault(name, []).append(DataDir(folder))
    return named
