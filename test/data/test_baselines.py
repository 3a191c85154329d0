"""Baselines on real analysis: unconverted speech is a bypass, the others move its shape to the target's."""

import numpy as np
import pytest
from feature_folder import make_features
from scipy.signal import lfilter

from audiolab.data.baselines import Baseline
from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import F0Range
from audiolab.features.mel import mel_centres
from audiolab.synthesis.speechlike import speech_like

CONFIG = EnvelopeConfig()
RATE = CONFIG.stft.rate
SMOOTH = mel_centres(CONFIG.n_mels, CONFIG.mel_low_hz, CONFIG.mel_high_hz, CONFIG.mel_scale) > 600
"""Bands in which envelopes do not ring before the gap below the F0s, 120 and 200 Hz."""
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
    """Return a features' folder of X and Y; of each the fourth utterance is held out."""
    folder = tmp_path_factory.mktemp("dump")
    feats = {f"{s}_{seed}": envelope(s, speech(s, seed)) for s in RANGES for seed in (1, 2, 3, 4)}
    ranges = {s: f"{r.floor} {r.ceiling} {r.median}" for s, r in RANGES.items()}
    make_features(folder, feats, ranges=ranges, config=CONFIG)
    return folder


def baseline(kind, folder, source="X", target="Y", **options):
    return Baseline(kind, UnpairedCropsConfig(str(folder), source, target), **options)


def statistics(folder, speaker):
    crops = UnpairedCrops(UnpairedCropsConfig(str(folder), "X", "Y"), held_out=False)
    return crops.source if speaker == "X" else crops.target


def snr_db(signal, other):
    return 10 * np.log10(np.sum(signal**2) / np.sum((signal - other) ** 2))


def test_unconverted_is_a_bypass(features):
    wave = speech("X", 9)
    assert snr_db(wave, baseline("unconverted", features).convert(wave, RATE)) > 60


@pytest.mark.parametrize(("source", "target"), ["XY", "YX"])
def test_mean_shift_moves_the_mean_envelope_to_the_targets(features, source, target):
    """Over the training speech itself its shape is the target's, but for what a zero-phase filter cannot do."""
    waves = [speech(source, seed) for seed in (1, 2, 3)]
    converter = baseline("mean_shift", features, source, target)
    x, y = (statistics(features, speaker).mean.numpy() for speaker in (source, target))
    converted = np.concatenate([envelope(source, converter.convert(wave, RATE)) for wave in waves]).mean(0)
    assert np.abs(x - y - (x - y).mean())[SMOOTH].mean() > 2
    error = (converted - y)[SMOOTH]
    error = np.abs(error - error.mean())  # the level is the source's
    assert error.mean() < 0.5
    assert error.max() < 1


def test_mean_variance_moves_the_deviation_too(features):
    """Of the frames of speech, for pauses stay as they are: each band's by the ratio of the speakers' deviations."""
    waves = [speech("Y", seed) for seed in (1, 2, 3)]
    frames = {
        kind: np.concatenate(
            [envelope("Y", baseline(kind, features, reverse=True).convert(wave, RATE)) for wave in waves]
        )
        for kind in ("unconverted", "mean_shift", "mean_variance")
    }
    level = frames["unconverted"].mean(1)
    spoken = level > np.quantile(level, 0.25)
    deviations = {kind: mel[spoken].std(0) for kind, mel in frames.items()}
    x, y = (statistics(features, speaker).std.numpy() for speaker in "XY")
    wanted = deviations["unconverted"] * x / y
    errors = {kind: np.abs(found - wanted)[SMOOTH].mean() for kind, found in deviations.items()}
    assert errors["mean_variance"] < 0.5 * min(errors["mean_shift"], errors["unconverted"])


def test_shape_and_rate_are_kept(features):
    forward, back = (baseline("mean_shift", features, reverse=reverse) for reverse in (False, True))
    assert (forward.source, forward.target, back.source, back.target) == ("X", "Y", "Y", "X")
    for shape in ((0,), (1,), (3000, 2)):
        assert forward.convert(np.zeros(shape, np.float32), 44100).shape == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mean_shit", "X", "Y"), "unknown baseline 'mean_shit'; did you mean 'mean_shift'"),
        (("mean_shift", "X", "Z"), "utt2spk: no utterance of speaker 'Z'"),
    ],
)
def test_refusals(features, arguments, message):
    kind, source, target = arguments
    with pytest.raises(AudiolabError, match=message):
        baseline(kind, features, source, target)


def test_a_folder_without_features(tmp_path):
    with pytest.raises(AudiolabError, match=r"features\.yaml: cannot read"):
        baseline("mean_shift", tmp_path)
