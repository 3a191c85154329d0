"""The recordings that synthesised speech is compared with: data dirs, and folders of their vocoder parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from audiolab.data.feature_dir import FeatureDir
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.features.f0 import F0Range
from audiolab.features.kinds import of_kind
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters


@dataclass(frozen=True)
class Recording:
    """An utterance of the test data.

    Attributes:
        utterance: Its id.
        language: Its code.
        speaker: Who speaks.
        datadir: Where its audio is.
        features: Where its parameters are.
        number: Its number there.
        range: The speaker's F0 range, with which they were made.
    """

    utterance: str
    language: str
    speaker: str
    datadir: DataDir
    features: FeatureDir
    number: int
    range: F0Range

    def parameters(self) -> np.ndarray:
        """Return its parameters, [T, W] float32."""
        return self.features.read(self.number)


class Recordings:
    """The utterances of data dirs that have parameters.

    Args:
        data: Data dirs, with ``utt2lang``.
        features: A folder of features of kind world for each, with ``spk2f0``.

    Attributes:
        datadirs: The data dirs.
        config: How the parameters were made.
        by_utterance: Utterance -> its recording.

    Raises:
        AudiolabError: There are not as many folders as data dirs, tables are missing or broken or lack an entry,
            folders are of other kinds or configs, or an utterance is in two data dirs.
    """

    def __init__(self, data: Sequence[str | Path], features: Sequence[str | Path]) -> None:
        if len(data) != len(features):
            raise AudiolabError(
                f"--features: {len(features)} folders for {len(data)} data dirs; give one for each, in their order"
            )
        self.datadirs = [DataDir(path).share("utt2spk", "utt2lang", "text") for path in data]
        folders = [FeatureDir(path) for path in features]
        self.config = of_kind(folders[0].config, WorldConfig, folders[0].folder)
        self.by_utterance: dict[str, Recording] = {}
        for datadir, folder in zip(self.datadirs, folders):
            if folder.config != self.config:
                raise AudiolabError(f"{folder.folder} and {folders[0].folder}: features made in different ways")
            self._add(datadir, folder)

    @cached_property
    def world(self) -> WorldParameters:
        """What made the parameters."""
        return WorldParameters(self.config)

    def _add(self, datadir: DataDir, folder: FeatureDir) -> None:
        languages, speakers = datadir.table("utt2lang"), datadir.table("utt2spk")
        ranges = read_spk2f0(folder.folder / "spk2f0")
        for number, utterance in enumerate(folder.utterances):
            if utterance in self.by_utterance:
                raise AudiolabError(
                    f"{datadir.path}: '{utterance}' is in {self.by_utterance[utterance].datadir.path} too"
                )
            for name, table in (("utt2spk", speakers), ("utt2lang", languages)):
                if utterance not in table:
                    raise AudiolabError(
                        f"{datadir.path}/{name}: no '{utterance}', which {folder.folder} has; give the data dir that "
                        "the features were made of"
                    )
            speaker = speakers[utterance]
            if speaker not in ranges:
                raise AudiolabError(f"{folder.folder}/spk2f0: no '{speaker}'; make the features again")
            where = (datadir, folder, number, ranges[speaker])
            self.by_utterance[utterance] = Recording(utterance, languages[utterance], speaker, *where)
