"""Changes of sources: filters, pitch and gain against closed forms and other libraries, draws against their ranges."""

import dataclasses
import re

import numpy as np
import pytest
import torch
import torchaudio
from scipy import signal, stats

from audiolab.config import from_dict
from audiolab.data.augmentation import NOTHING, Augmentation, AugmentConfig, Change, needed, peaking, shifted
from audiolab.errors import AudiolabError

RATE = 16000
EFFECTS = ("gain", "pitch", "lowpass", "eq")
DRAWS = 10_000


def config(probability=0.0, **fields):
    """Return a config in which all effects have one probability, but for those of ``fields``."""
    return AugmentConfig(**{f"{effect}_probability": probability for effect in EFFECTS} | fields)


def sine(frequency, samples, amplitude=0.5):
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(samples) / RATE)).astype(np.float32)


def measured(wave):
    """Return frequency in Hz and amplitude of a sine, by the phase of its analytic signal without the ends."""
    analytic = signal.hilbert(wave.astype(np.float64))[len(wave) // 8 : -len(wave) // 8]
    phase = np.unwrap(np.angle(analytic))
    return np.polyfit(np.arange(len(phase)), phase, 1)[0] * RATE / (2 * np.pi), np.abs(analytic).mean()


def response(augmentation, change, frequencies):
    """Return what a change multiplies each frequency by, as its impulse response says."""
    impulse = np.zeros(1 << 15, np.float32)
    impulse[0] = 1.0
    found = augmentation.apply(impulse, len(impulse), change)
    return np.abs(np.fft.rfft(found))[np.round(np.asarray(frequencies) / RATE * len(impulse)).astype(int)]


@pytest.mark.parametrize("keep_tempo", [False, True])
@pytest.mark.parametrize("semitones", [-3.0, -0.7, 0.3, 2.0, 12.0])
def test_a_sine_is_shifted_by_semitones(keep_tempo, semitones):
    samples, ratio = 2 * RATE, 2 ** (semitones / 12)
    augmentation = Augmentation(config(keep_tempo=keep_tempo), RATE)
    change = Change(1.0, ratio, NOTHING.sections)
    count = augmentation.needed(samples, change)
    found = augmentation.apply(sine(440.0, count), samples, change)
    frequency, amplitude = measured(found)
    assert found.shape == (samples,)
    assert found.dtype == np.float32
    assert abs(1200 * np.log2(frequency / (440.0 * ratio))) < 0.5
    assert 20 * np.log10(amplitude / 0.5) == pytest.approx(0, abs=0.01)
    assert count == (samples if keep_tempo else np.ceil(samples * ratio) + 1)


def test_the_tempo_goes_with_the_pitch_unless_it_is_kept():
    """A click at 1.5 s comes at 1.5 s / ratio, or where it was."""
    samples, ratio = 2 * RATE, 2 ** (4 / 12)
    clicks = np.zeros(needed(samples, ratio), np.float32)
    clicks[3 * RATE // 2] = 1.0
    assert np.abs(shifted(clicks, samples, ratio)).argmax() == pytest.approx(1.5 * RATE / ratio, abs=1)
    kept = shifted(clicks[:samples], samples, ratio, keep_tempo=True)
    assert np.abs(kept).argmax() == pytest.approx(1.5 * RATE, abs=512)


def test_a_shift_does_not_fold_what_passes_half_of_the_rate():
    assert np.abs(shifted(sine(7500, needed(RATE, 1.2)), RATE, 1.2)[500:-500]).max() < 1e-4


@pytest.mark.parametrize("gain_db", [-6.0, 4.0])
def test_peaks_have_their_gain_at_the_centre_and_half_of_it_at_the_edges(gain_db):
    """A peak's width, between the frequencies of half its gain in dB, is centre / Q on the bilinear axis."""
    centre, quality = 1200.0, 1.4
    sections = peaking(np.array([gain_db]), np.array([centre]), np.array([quality]), RATE)
    warped = np.tan(np.pi * centre / RATE)
    half = 1 / (2 * quality)
    edges = np.arctan(warped * np.array([np.sqrt(1 + half**2) - half, np.sqrt(1 + half**2) + half])) * RATE / np.pi
    _, found = signal.freqz_sos(sections, [0.0, edges[0], centre, edges[1], RATE / 2 - 1e-6], fs=RATE)
    levels = 20 * np.log10(np.abs(found))
    assert levels == pytest.approx([0, gain_db / 2, gain_db, gain_db / 2, 0], abs=0.15)
    assert levels[[0, 2]] == pytest.approx([0, gain_db], abs=1e-9)


def test_peaks_are_torchaudios_equaliser():
    impulse = torch.zeros(4096, dtype=torch.float64)
    impulse[0] = 0.1  # torchaudio's clips at 1
    for gain, centre, quality in ((5.0, 300.0, 0.5), (-3.0, 4000.0, 2.0)):
        theirs = torchaudio.functional.equalizer_biquad(impulse, RATE, centre, gain, quality)
        sections = peaking(np.array([gain]), np.array([centre]), np.array([quality]), RATE)
        assert signal.sosfilt(sections, impulse.numpy()) == pytest.approx(theirs.numpy(), abs=1e-9)


def test_sources_are_filtered_as_freqz_of_their_sections_says():
    augmentation = Augmentation(config(eq_probability=1.0, lowpass_probability=1.0, eq_bands=[3, 3]), RATE)
    grid = np.arange(50, 7900, 61)
    for change in augmentation.draw(np.random.default_rng(0), 4, together=False):
        assert len(change.sections) == 3 + 2  # of the order 4, two
        _, expected = signal.freqz_sos(change.sections, np.round(grid / RATE * 32768) / 32768 * RATE, fs=RATE)
        assert response(augmentation, change, grid) == pytest.approx(np.abs(expected), abs=1e-5)


@pytest.mark.parametrize("order", [1, 2, 4, 7])
def test_the_lowpass_is_butterworths(order):
    """Its gain is 1 / √(1 + (f / cut-off)^2N), with frequencies warped by the bilinear transform."""
    fields = {"lowpass_probability": 1.0, "lowpass_hz": [3500.0, 3500.0], "lowpass_order": order}
    augmentation = Augmentation(config(**fields), RATE)
    [change] = augmentation.draw(np.random.default_rng(0), 1, together=False)
    grid = np.array([100, 1000, 3000, 3500, 4000, 6000])
    warped = np.tan(np.pi * grid / RATE) / np.tan(np.pi * 3500 / RATE)
    assert response(augmentation, change, grid) == pytest.approx(1 / np.sqrt(1 + warped ** (2 * order)), abs=1e-3)


def test_a_lowpass_from_half_of_the_rate_on_is_none():
    fields = {"lowpass_probability": 1.0, "lowpass_hz": [RATE / 2, 20000.0]}
    [change] = Augmentation(config(**fields), RATE).draw(np.random.default_rng(0), 1, together=False)
    assert len(change.sections) == 0


def test_a_gain_is_in_db_and_clips_nothing():
    augmentation = Augmentation(config(gain_probability=1.0, gain_db=[9.0, 9.0]), RATE)
    [change] = augmentation.draw(np.random.default_rng(0), 1, together=False)
    found = augmentation.apply(sine(500, RATE, 1.0), RATE, change)
    assert 20 * np.log10(np.abs(found).max()) == pytest.approx(9.0, abs=1e-3)


def drawn(given, count=DRAWS, seed=0):
    augmentation = Augmentation(given, RATE)
    generator = np.random.default_rng(seed)
    return [augmentation.draw(generator, 2, together=False) for _ in range(count // 2)]


def is_uniform(values, low, high):
    values = np.asarray(values)
    assert values.min() >= low
    assert values.max() <= high
    return stats.kstest((values - low) / (high - low), "uniform").pvalue > 1e-3


def peaks_of(sections):
    """Return centres in Hz, quality factors and gains in dB of peaks [N, 6], out of their poles and zeros."""
    b0, _, b2, _, a1, a2 = sections.T
    up, down = (b0 - b2) / (1 + a2), (1 - a2) / (1 + a2)  # alpha A and alpha / A, of a0 = 1 / (1 + alpha / A)
    angle = np.arccos(-a1 / (1 + a2))
    return angle * RATE / (2 * np.pi), np.sin(angle) / (2 * np.sqrt(up * down)), 20 * np.log10(up / down)


def test_draws_keep_to_ranges_and_are_uniform():
    given = config(1.0, eq_bands=[1, 3], lowpass_hz=[3000.0, 7000.0], lowpass_order=1)
    changes = [change for pair in drawn(given) for change in pair]
    assert is_uniform([20 * np.log10(change.gain) for change in changes], -6, 6)
    assert is_uniform([12 * np.log2(change.ratio) for change in changes], -2, 2)
    bands = np.array([len(change.sections) - 1 for change in changes])
    assert np.bincount(bands, minlength=4) / len(bands) == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=0.03)
    centres, quality, gains = peaks_of(np.concatenate([change.sections[:-1] for change in changes]))
    assert is_uniform(np.log(centres), np.log(100) - 1e-6, np.log(6000) + 1e-6)
    assert is_uniform(np.log(quality), np.log(0.5) - 1e-6, np.log(2) + 1e-6)
    assert is_uniform(gains, -6 - 1e-6, 6 + 1e-6)
    poles = np.array([-change.sections[-1][4] for change in changes])  # of the first order: (1 - t) / (1 + t)
    assert is_uniform(np.arctan((1 - poles) / (1 + poles)) * RATE / np.pi, 3000 - 1e-6, 7000 + 1e-6)


def shares(changes):
    return {
        "gain": np.mean([change.gain != 1 for change in changes]),
        "pitch": np.mean([change.ratio != 1 for change in changes]),
        "lowpass": np.mean([len(change.sections) % 2 for change in changes]),  # one section; the equaliser has two
        "eq": np.mean([len(change.sections) > 1 for change in changes]),
    }


def test_each_effect_has_its_own_probability():
    wanted = {"gain": 0.9, "pitch": 0.25, "lowpass": 0.4, "eq": 0.5}
    fields = {f"{effect}_probability": value for effect, value in wanted.items()}
    given = AugmentConfig(**fields, eq_bands=[2, 2], lowpass_order=1, lowpass_hz=[3000.0, 7000.0])
    pairs = drawn(given)
    for found in (shares([pair[0] for pair in pairs]), shares([pair[1] for pair in pairs])):
        for effect, share in wanted.items():
            assert found[effect] == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(pairs)))
    first, second = (
        [(c.gain != 1, c.ratio != 1, len(c.sections) % 2, len(c.sections) > 1) for c in of] for of in zip(*pairs)
    )
    both = np.mean(np.array(first) & np.array(second), axis=0)  # sources are changed apart from each other
    assert both == pytest.approx(np.array(list(wanted.values())) ** 2, abs=0.03)


def test_the_defaults_are_those_of_the_project():
    found = dataclasses.asdict(AugmentConfig())
    assert found == {
        "gain_probability": 1.0, "gain_db": [-6.0, 6.0],
        "pitch_probability": 0.25, "pitch_semitones": [-2.0, 2.0], "keep_tempo": False,
        "lowpass_probability": 0.25, "lowpass_hz": [3000.0, 8000.0], "lowpass_order": 4,
        "eq_probability": 0.5, "eq_bands": [1, 3], "eq_db": [-6.0, 6.0], "eq_hz": [100.0, 6000.0], "eq_q": [0.5, 2.0],
    }  # fmt: skip


def test_probability_0_leaves_sources_as_they_are():
    wave = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    augmentation = Augmentation(config(0.0), RATE)
    for change in augmentation.draw(np.random.default_rng(1), 2, together=True):
        assert (change.gain, change.ratio, len(change.sections)) == (1.0, 1.0, 0)
        assert augmentation.needed(RATE, change) == RATE
        assert np.array_equal(augmentation.apply(wave, RATE, change), wave)


def test_probability_1_changes_all():
    assert set(shares([c for pair in drawn(config(1.0, eq_bands=[2, 2], lowpass_order=1, lowpass_hz=[3e3, 7e3]), 200)
                       for c in pair]).values()) == {1.0}  # fmt: skip


def test_the_same_generator_gives_the_same_bits():
    wave = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32)
    augmentation = Augmentation(config(1.0), RATE)

    def made(seed):
        changes = augmentation.draw(np.random.default_rng(seed), 2, together=False)
        return [augmentation.apply(wave[: augmentation.needed(RATE, c)], RATE, c) for c in changes]

    assert all(np.array_equal(*pair) for pair in zip(made(3), made(3)))
    assert not any(np.array_equal(*pair) for pair in zip(made(3), made(4)))


def test_draws_do_not_depend_on_whether_another_effect_is_used():
    """Two trainings that differ in one probability have the other effects, and what is drawn after them, in common."""
    some, all_of_them = config(0.0, gain_probability=1.0), config(1.0)
    for seed in range(20):
        pairs = [(np.random.default_rng(seed), given) for given in (some, all_of_them)]
        gains = [[c.gain for c in Augmentation(given, RATE).draw(g, 2, together=False)] for g, given in pairs]
        assert gains[0] == gains[1]
        assert pairs[0][0].random() == pairs[1][0].random()


def test_sources_of_one_song_are_shifted_together_and_else_changed_apart():
    augmentation = Augmentation(config(0.5, gain_probability=1.0), RATE)
    for seed in range(50):
        voice, rest = augmentation.draw(np.random.default_rng(seed), 2, together=True)
        assert voice.ratio == rest.ratio
        assert voice.gain != rest.gain
    assert len({augmentation.draw(np.random.default_rng(s), 2, together=True)[0].ratio for s in range(50)}) > 10


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gain_db": [1.0]}, "gain_db are a lowest and a highest value"),
        ({"eq_db": [3.0, -3.0]}, "eq_db are a lowest and a highest value"),
        ({"pitch_semitones": [-13.0, 0.0]}, "pitch_semitones must be within -12 and 12"),
        ({"lowpass_hz": [0.0, 3000.0]}, "must be above 0"),
        ({"eq_q": [0.0, 1.0]}, "must be above 0"),
        ({"eq_probability": 1.5}, "eq_probability must be within 0 and 1"),
        ({"eq_bands": [0, 2]}, "eq_bands must be at least 1"),
        ({"lowpass_order": 0}, "lowpass_order 1 to 16"),
        ({"gain_db": [float("-inf"), 0.0]}, "gain_db"),
    ],
)
def test_ranges_that_are_none_are_told(fields, message):
    with pytest.raises(AudiolabError, match=re.escape(message)):
        from_dict(AugmentConfig, fields)


def test_bands_above_half_of_the_rate_are_told():
    with pytest.raises(AudiolabError, match=r"augment\.eq_hz goes up to 6000 Hz, but at 8000 Hz"):
        Augmentation(AugmentConfig(), 8000)
    Augmentation(config(), 8000)
