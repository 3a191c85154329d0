"""Speech that was not converted but went through a vocoder's spectrogram and the vocoder, as conversions do.

Beside conversions it is both ends: a voice that is still the source's, and words that a converter can at best keep.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.mel_converter import MelConverter
from audiolab.synthesis.mel_vocoder import MelVocoder
from audiolab.tasks.running import Made, check_out, write_recordings
from audiolab.tasks.vc.source import LIMITED, Told, read_source


def resynthesise_data_dir(
    vocoder: MelVocoder, datadir: DataDir, targets: Sequence[str], out: Path, part: Part
) -> DataDir:
    """Write every utterance once for every target but its own speaker, and return the data dir.

    It has the tables and ids of a data dir of conversions, ``<target>-<utterance>``; the audio of all targets is alike.

    Args:
        vocoder: Makes audio of its spectrogram.
        datadir: What goes through it.
        targets: Speakers for whom it stands.
        out: The data dir to write.
        part: Which utterances, where several jobs share them.

    Raises:
        AudiolabError: There is no utterance of another speaker than the target; one is broken, or at a lower rate than
            the vocoder's; ``out`` is not apart from what is read.
    """
    check_out(datadir, out)
    owners, told = datadir.table("utt2spk"), Told(datadir, "text", "utt2lang")
    converter, rate = MelConverter(lambda mels: iter(mels), vocoder), vocoder.analysis.rate
    utterances = [utterance for utterance in datadir.utterances if set(targets) - {owners[utterance]}]
    if not utterances:
        raise AudiolabError(f"{datadir.path}: no utterance of another speaker than {', '.join(targets)}")
    names = {
        f"{target}-{utterance}": (utterance, target)
        for utterance in part.of(utterances)
        for target in dict.fromkeys(targets)
        if owners[utterance] != target
    }

    @functools.lru_cache(maxsize=1)  # of all targets of an utterance, which come one after another
    def heard(utterance: str) -> tuple[np.ndarray, int, int]:
        wave, at, within = read_source(datadir, utterance, rate)
        limiter = Limiter(utterance, always=within)
        try:
            return converter.convert(wave, at, limiter), at, limiter.samples
        except AudiolabError as error:
            raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error

    def make(name: str, work: tuple[str, str]) -> Made:
        made, at, limited = heard(work[0])
        return Made(made, at, told.of(*work), limited)

    return write_recordings(names, make, out, part, LIMITED, "utterances")
