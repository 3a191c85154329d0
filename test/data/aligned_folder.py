"""Recordings and their mel spectrograms, as the stages 0 and 1 of a recipe leave them."""

from pathlib import Path

import numpy as np
from feature_folder import make_features

from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import write_data_dir
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig


def make_aligned(folder: Path, waves: dict[str, np.ndarray], config: LogMelConfig | None = None) -> dict[str, str]:
    """Write waves by utterance ``<spk>_<n>`` and their features; return ``train_dir`` and ``audio_dir``."""
    config = config or LogMelConfig()
    files = {name: folder / "wav" / f"{name}.wav" for name in waves}
    for name, wave in waves.items():
        write_audio(files[name], wave, config.rate, subtype="FLOAT")
    speakers = {name: name.split("_")[0] for name in waves}
    write_data_dir(folder / "audio", {"wav.scp": {n: str(f) for n, f in files.items()}, "utt2spk": speakers})
    analysis = LogMel(config)
    feats = {name: analysis(wave, np.random.default_rng(0)) for name, wave in waves.items()}
    make_features(folder / "feats", feats, config=config)
    return {"train_dir": str(folder / "feats"), "audio_dir": str(folder / "audio")}
