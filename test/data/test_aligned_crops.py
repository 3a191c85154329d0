"""Crops of spectrograms with their audio: where they lie, which utterances they are of, what is refused."""

import shutil

import numpy as np
import pytest
from aligned_folder import make_aligned
from feature_folder import make_features
from scipy import signal

from audiolab.data.aligned_crops import AlignedCrops, AlignedCropsConfig
from audiolab.datadir.audiowrite import write_audio
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig

RATE, HOP, SAMPLES = 16000, 256, 2048
LENGTHS = {"A_0": 9000, "A_1": 2303, "A_2": 2304, "A_3": 8000, "B_0": 20000, "B_1": 2560, "C_0": 9000}
"""2304 samples are 10 frames, which hold a crop of 8 and a frame on each side."""


@pytest.fixture(scope="module")
def waves():
    generator = np.random.default_rng(0)
    hum = np.sin(2 * np.pi * 10 * np.arange(20000) / RATE)  # below the high-pass
    return {name: 0.1 * generator.standard_normal(n) + 0.3 * hum[:n] for name, n in LENGTHS.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, waves):
    made = tmp_path_factory.mktemp("aligned")
    make_aligned(made, waves)
    return made


def config_of(folder, **changes):
    return AlignedCropsConfig(
        **{"train_dir": str(folder / "feats"), "audio_dir": str(folder / "audio"), "samples": SAMPLES} | changes
    )


def names(dataset):
    return [dataset.features.utterances[number] for number in dataset.utterances]


def keys(index, count):
    return [SampleKey(index, (seed, 5)) for seed in range(count)]


def highpassed(wave):
    sections = signal.butter(5, 30 / (RATE / 2), "highpass", output="sos")
    return signal.sosfiltfilt(sections, wave, padtype="odd", padlen=18)


def place(mel, whole):
    """The frame of an utterance's spectrogram with which a crop begins."""
    [found] = [n for n in range(len(whole) - len(mel) + 1) if np.array_equal(whole[n : n + len(mel)], mel)]
    return found


def test_audio_is_a_hop_around_each_frames_centre(folder, waves):
    dataset = AlignedCrops(config_of(folder), held_out=False)
    index = names(dataset).index("A_0")
    whole, expected = LogMel(LogMelConfig())(waves["A_0"], np.random.default_rng(0)), highpassed(waves["A_0"])
    begins = set()
    for key in keys(index, 200):
        sample = dataset[key]
        start = place(sample["mel"], whole)
        begins.add(start)
        first = start * HOP - HOP // 2
        assert sample["wave"].shape == (SAMPLES,)
        assert sample["wave"].dtype == np.float32
        np.testing.assert_allclose(sample["wave"], expected[first : first + SAMPLES], atol=2e-6)
    assert begins == set(range(1, len(whole) - 8))  # all places at which the utterance has the samples


def test_the_gain_of_the_analysis_is_not_in_the_audio(folder, waves):
    """Nor its noise: the level that a vocoder learns is the recording's."""
    dataset = AlignedCrops(config_of(folder), held_out=False)
    crop = dataset[SampleKey(names(dataset).index("A_0"), (0,))]["wave"]
    assert crop.std() == pytest.approx(highpassed(waves["A_0"]).std(), rel=0.05)


def test_last_utterances_of_each_speaker_that_are_long_enough_are_held_out(folder):
    """C has one utterance alone, and A_1 has 9 frames, too few."""
    parts = [AlignedCrops(config_of(folder), held_out) for held_out in (False, True)]
    assert [names(each) for each in parts] == [["A_0", "A_2", "B_0"], ["A_3", "B_1"]]


def test_held_out_crops_are_the_middle_ones(folder, waves):
    dataset = AlignedCrops(config_of(folder), held_out=True)
    whole = LogMel(LogMelConfig())(waves["A_3"], np.random.default_rng(0))
    sample = dataset[SampleKey(names(dataset).index("A_3"), (9,))]
    start = place(sample["mel"], whole)
    assert abs(start - (len(whole) - 8) / 2) <= 1
    assert np.array_equal(sample["wave"], dataset[SampleKey(0, (1,))]["wave"])


def test_a_key_gives_the_same_sample_and_batches_are_stacked(folder):
    dataset = AlignedCrops(config_of(folder), held_out=False)
    batch = dataset.batch(keys(0, 3))
    assert batch["mel"].shape == (3, 8, 80)
    assert batch["wave"].shape == (3, SAMPLES)
    assert batch["utts"] == ["A_0"] * 3
    assert np.array_equal(batch["wave"][1], dataset[keys(0, 3)[1]]["wave"])


def test_fingerprint_changes_with_the_crops_and_the_data(folder, tmp_path, waves):
    found = AlignedCrops(config_of(folder), held_out=False).fingerprint()
    assert found == AlignedCrops(config_of(folder), held_out=False).fingerprint()
    assert found != AlignedCrops(config_of(folder, samples=1024), held_out=False).fingerprint()
    make_aligned(tmp_path, {name: 0.5 * wave for name, wave in waves.items()})
    assert found != AlignedCrops(config_of(tmp_path), held_out=False).fingerprint()


def test_what_does_not_go_together_is_refused(folder, tmp_path, waves):
    with pytest.raises(AudiolabError, match="samples is 2000: give a multiple of the features' hop, 256"):
        AlignedCrops(config_of(folder, samples=2000), held_out=False)
    with pytest.raises(AudiolabError, match="no speaker has more than 3 utterances of 10 frames"):
        AlignedCrops(config_of(folder, held_out=3), held_out=False)
    make_features(tmp_path / "envelopes", {"A_0": np.zeros((50, 32))})
    with pytest.raises(AudiolabError, match="features of kind envelope, and mel is wanted"):
        AlignedCrops(config_of(folder, train_dir=str(tmp_path / "envelopes")), held_out=False)
    make_aligned(tmp_path, dict(list(waves.items())[:-1]))
    with pytest.raises(AudiolabError, match="no utterance 'C_0', which is in"):
        AlignedCrops(config_of(folder, audio_dir=str(tmp_path / "audio")), held_out=False)
    for name in ("samples", "held_out"):
        with pytest.raises(ValueError, match="samples and held_out must be at least 1"):
            config_of(folder, **{name: 0})


def test_a_recording_of_another_length_is_refused(folder, tmp_path, waves):
    make_aligned(tmp_path, waves)
    shutil.rmtree(tmp_path / "feats")
    shutil.copytree(folder / "feats", tmp_path / "feats")
    write_audio(tmp_path / "wav/A_0.wav", waves["A_0"][:-300], RATE, subtype="FLOAT")
    dataset = AlignedCrops(config_of(tmp_path), held_out=False)
    with pytest.raises(AudiolabError, match=r"A_0\.wav: 8700 samples at 16000 Hz, but 36 frames in"):
        dataset[SampleKey(names(dataset).index("A_0"), (0,))]
