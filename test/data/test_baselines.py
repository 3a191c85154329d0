"""Baselines on real analysis: unconverted speech is a bypass, the others move its statistics to the target's."""

import numpy as np
import pytest
from scipy.signal import lfilter

from audiolab.config import save_yaml
from audiolab.data.baselines import Baseline
from audiolab.data.speaker_tables import spk2f0_table
from audiolab.data.speakers import read_statistics
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import F0Range
from audiolab.synthesis.speechlike import speech_like

CONFIG = EnvelopeConfig()
RATE = CONFIG.stft.rate
RANGES = {"X": F0Range(90, 150, 120), "Y": F0Range(150, 250, 200)}


def speech(speaker, seed):
    """Speech-like sound well above the analysis's floor, which nothing can be shifted below; Y's is brighter."""
    generator = np.random.default_rng(seed)
    wave = speech_like(4, RATE, RANGES[speaker].median, generator)
    wave += 0.01 * generator.standard_normal(len(wave))
    return lfilter({"X": [0.5], "Y": [0.5, -0.35]}[speaker], [1], wave).astype(np.float32)


def envelope(speaker, wave):
    order = int(order_for(RANGES[speaker].ceiling, CONFIG.stft))
    return MelEnvelope(CONFIG)(wave, order).mel.numpy()


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """Return a features' folder of X and Y."""
    folder = tmp_path_factory.mktemp("dump")
    stats = [(s, cmvn_stats([envelope(s, speech(s, seed)) for seed in (1, 2, 3)])) for s in RANGES]
    write_matrices(folder / "cmvn.ark", folder / "cmvn.scp", stats, dtype=np.float64)
    write_table(folder / "spk2f0", spk2f0_table(RANGES))
    save_yaml(CONFIG, folder / "features.yaml")
    return folder


def snr_db(signal, other):
    return 10 * np.log10(np.sum(signal**2) / np.sum((signal - other) ** 2))


def test_unconverted_is_a_bypass(features):
    wave = speech("X", 9)
    assert snr_db(wave, Baseline("unconverted", features, "X", "Y").convert(wave, RATE)) > 60


@pytest.mark.parametrize(("source", "target"), ["XY", "YX"])
def test_mean_shift_moves_the_mean_envelope_to_the_targets(features, source, target):
    """Over the training speech itself its mean is the target's, but for what a zero-phase filter cannot do."""
    waves = [speech(source, seed) for seed in (1, 2, 3)]
    baseline = Baseline("mean_shift", features, source, target)
    x, y = (read_statistics(features, speaker).mean.numpy() for speaker in (source, target))
    converted = np.concatenate([envelope(source, baseline.convert(wave, RATE)) for wave in waves]).mean(0)
    assert np.abs(x - y).mean() > 3
    error = np.abs(converted - y)
    assert error.mean() < 0.5
    assert error.max() < 1.5


def test_mean_variance_moves_the_deviation_too(features):
    waves = [speech("Y", seed) for seed in (1, 2, 3)]
    deviations = {
        kind: np.concatenate(
            [envelope("Y", Baseline(kind, features, "Y", "X").convert(wave, RATE)) for wave in waves]
        ).std(0)
        for kind in ("mean_shift", "mean_variance")
    }
    wanted = read_statistics(features, "X").std.numpy()
    errors = {kind: np.abs(found - wanted).mean() for kind, found in deviations.items()}
    assert errors["mean_variance"] < 0.5 * errors["mean_shift"]


def test_shape_and_rate_are_kept(features):
    baseline = Baseline("mean_shift", features, "X", "Y")
    assert (baseline.source, baseline.target) == ("X", "Y")
    for shape in ((0,), (1,), (3000, 2)):
        assert baseline.convert(np.zeros(shape, np.float32), 44100).shape == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mean_shit", "X", "Y"), "unknown baseline 'mean_shit'; did you mean 'mean_shift'"),
        (("mean_shift", "X", "Z"), "cmvn.scp: no entry for speaker Z; run the stages 1 and 2 again"),
    ],
)
def test_refusals(features, arguments, message):
    kind, source, target = arguments
    with pytest.raises(AudiolabError, match=message):
        Baseline(kind, features, source, target)


def test_a_folder_without_features(tmp_path):
    with pytest.raises(AudiolabError, match=r"features\.yaml: cannot read"):
        Baseline("mean_shift", tmp_path, "X", "Y")
