"""Griffin's and Lim's iteration against librosa's, and the audio of mel spectrograms against that which they are of."""

import librosa
import numpy as np
import pytest
import torch

from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.synthesis.griffin_lim import GriffinLim, GriffinLimConfig, griffin_lim
from audiolab.synthesis.long_audio import Pieces
from audiolab.synthesis.speechlike import speech_like

RATE = 16000


def speech(seconds=2.0, f0=110):
    return speech_like(seconds, RATE, f0, np.random.default_rng(0))


def mel_of(wave):
    return LogMel(LogMelConfig())(wave, np.random.default_rng(0))


def stft(wave):
    return librosa.stft(wave, n_fft=1024, hop_length=256, pad_mode="reflect").T


def magnitude_of(wave):
    return np.abs(stft(wave.astype(np.float32)))


def convergence(wave, magnitude):
    """Norm of the difference of magnitudes by that of the true ones."""
    return np.linalg.norm(np.abs(stft(wave)) - magnitude) / np.linalg.norm(magnitude)


def ours(magnitude, seed=0, **options):
    batch = torch.from_numpy(np.atleast_3d(magnitude) if magnitude.ndim == 3 else magnitude[None])
    return griffin_lim(batch, 256, np.random.default_rng(seed), **options).numpy()


def librosas(magnitude, generator, iterations, momentum):
    return librosa.griffinlim(
        magnitude.T, n_iter=iterations, hop_length=256, n_fft=1024, momentum=momentum, random_state=generator,
        pad_mode="reflect", dtype=np.float32,
    )  # fmt: skip


class Transposed(np.random.Generator):
    """Draws what ours draws, for bands by frames."""

    def random(self, size):
        return super().random((1, *size[::-1]), dtype=np.float32)[0].T


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.99])
def test_from_the_same_phases_it_is_librosas(momentum):
    magnitude = magnitude_of(speech(1.0))
    theirs = librosas(magnitude, Transposed(np.random.PCG64(0)), 4, momentum)
    [found] = griffin_lim(
        torch.from_numpy(magnitude)[None], 256, np.random.Generator(np.random.PCG64(0)), 4, momentum
    ).numpy()  # fmt: skip
    assert len(found) == len(theirs) == (len(magnitude) - 1) * 256
    np.testing.assert_allclose(found, theirs, atol=2e-4 * np.abs(theirs).max())


def test_spectral_convergence_is_no_worse_than_librosas():
    magnitude = magnitude_of(speech(1.0))
    found = [convergence(ours(magnitude, seed, iterations=32)[0], magnitude) for seed in range(3)]
    starts = [Transposed(np.random.PCG64(seed)) for seed in range(3)]  # others differ by a third
    theirs = [convergence(librosas(magnitude, start, 32, 0.99), magnitude) for start in starts]
    assert np.mean(found) < 1.05 * np.mean(theirs)
    assert max(found) < 0.2


def test_momentum_and_iterations_help():
    magnitude = magnitude_of(speech())
    plain, short, fast = (
        convergence(ours(magnitude, iterations=n, momentum=share)[0], magnitude)
        for n, share in ((32, 0.0), (8, 0.99), (32, 0.99))
    )
    assert fast < 0.8 * plain
    assert fast < 0.8 * short


def test_without_iterations_phases_are_the_generators():
    magnitude = magnitude_of(speech(0.5))
    phases = 2 * np.pi * np.random.default_rng(3).random((1, *magnitude.shape), dtype=np.float32)[0]
    expected = librosa.istft((magnitude * np.exp(1j * phases)).T, hop_length=256, n_fft=1024)
    np.testing.assert_allclose(ours(magnitude, 3, iterations=0)[0], expected, atol=1e-4 * np.abs(expected).max())


def test_items_of_a_batch_have_the_phases_of_their_place():
    magnitude = magnitude_of(speech(0.5))
    both = ours(np.stack([magnitude, magnitude]), iterations=2)
    assert not np.allclose(*both)
    np.testing.assert_allclose(both[0], ours(magnitude, iterations=2)[0], atol=1e-4)


def test_known_samples_are_gone_on_from():
    """So the phases are the signal's, not drawn ones: what follows is near the signal itself for some frames."""
    wave = speech(1.0)[: 62 * 256].astype(np.float32)
    magnitude, known = magnitude_of(wave), torch.from_numpy(wave[None, :8000])
    found = ours(magnitude, iterations=60, known=known)[0]
    drawn = ours(magnitude, iterations=60)[0]

    def error(made, begin, end):
        return np.linalg.norm((made - wave)[begin:end]) / np.linalg.norm(wave[begin:end])

    assert error(found, 0, 7500) < 0.1
    assert error(found, 8000, 8512) < 0.5
    assert error(drawn, 0, 7500) > 0.7


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 128), (512, 256), (512, 200), (512, 100)])
def test_other_grids(n_fft, hop):
    wave = speech(1.0).astype(np.float32)
    magnitude = np.abs(librosa.stft(wave, n_fft=n_fft, hop_length=hop, pad_mode="reflect")).T
    [found] = griffin_lim(torch.from_numpy(magnitude)[None], hop, np.random.default_rng(0)).numpy()
    assert len(found) == (len(magnitude) - 1) * hop
    again = np.abs(librosa.stft(found, n_fft=n_fft, hop_length=hop, pad_mode="reflect")).T
    assert np.linalg.norm(again - magnitude) < 0.15 * np.linalg.norm(magnitude)


def test_audio_has_the_mel_and_the_level_that_it_is_of():
    wave = speech()
    mel = mel_of(wave)
    made = GriffinLim().synthesise(mel)
    assert made.dtype == np.float32
    assert made.shape == ((len(mel) - 1) * 256,)
    again = mel_of(made)
    assert again.shape == mel.shape
    assert np.abs(100 * (again - mel)).mean() < 1.5  # dB
    assert abs(100 * (again - mel).mean()) < 0.5
    assert abs(20 * np.log10(made.std() / wave.std())) < 1


def test_half_the_amplitude_is_half_the_amplitude():
    wave = speech(1.0)
    loud, quiet = (GriffinLim().synthesise(mel_of(gain * wave)) for gain in (1.0, 0.5))
    np.testing.assert_allclose(2 * quiet, loud, atol=0.02 * np.abs(loud).max())


def test_the_same_mel_gives_the_same_audio_and_another_seed_other_phases():
    mel, vocoder = mel_of(speech(0.5)), GriffinLim()
    first = vocoder.synthesise(mel)
    assert np.array_equal(first, vocoder.synthesise(mel))
    other = GriffinLim(config=GriffinLimConfig(seed=1)).synthesise(mel)
    assert np.abs(first - other).max() > 0.1 * np.abs(first).max()


def test_pieces_leave_no_seams():
    """Frames over the seams are as near to their mel as all others are, and as those of the whole at once."""
    mel = mel_of(speech(8.0))

    class Cut(GriffinLim):
        def __init__(self, pieces):
            super().__init__()
            self._pieces = pieces

    def errors(pieces):
        return np.sqrt(np.mean((100 * (mel_of(Cut(pieces).synthesise(mel)) - mel)) ** 2, axis=1))

    whole = errors(Pieces(10_000, ratio=256))
    cut = errors(Pieces(44, 8, 8, 4, ratio=256))
    blind = errors(Pieces(44, fade=4, ratio=256))
    seams = (np.arange(40, len(mel) - 8, 40)[:, None] + np.arange(-1, 6)).ravel()
    assert len(seams) > 70
    assert cut[seams].mean() < 1.1 * np.delete(cut, seams).mean()
    assert cut.mean() < 1.05 * whole.mean()
    assert blind[seams].mean() > 1.3 * cut[seams].mean()  # with context alone phases do not fit


def test_known_samples_are_those_of_their_place(monkeypatch):
    """Each piece is given exactly what the one before made, from its own first frame to where that piece ends."""
    seen, real = [], griffin_lim

    def watched(magnitude, hop, generator, iterations, momentum, known):
        made = real(magnitude, hop, generator, 2, momentum, known)
        seen.append((known, made))
        return made

    monkeypatch.setattr("audiolab.synthesis.griffin_lim.griffin_lim", watched)
    vocoder = GriffinLim()
    vocoder._pieces = Pieces(20, 6, 5, 4, ratio=256)
    mel = mel_of(speech(1.3))
    vocoder.synthesise(mel)
    assert len(mel) == 82
    begins = [0, *(max(0, 16 * number - 6) for number in range(1, len(seen)))]
    ends = [16 * number + 20 for number in range(len(seen))]
    assert seen[0][0] is None
    for number in range(1, len(seen)):
        known, before = seen[number][0], seen[number - 1][1]
        begin, end = begins[number] - begins[number - 1], ends[number - 1] - begins[number - 1]
        assert torch.equal(known, before[:, begin * 256 : end * 256])
        assert known.shape[1] == min(end * 256, before.shape[1]) - begin * 256 > 4 * 256


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_short_ones(frames):
    made = GriffinLim().synthesise(mel_of(speech(1.0))[20 : 20 + frames])
    assert made.shape == ((frames - 1) * 256,)
    assert np.isfinite(made).all()


@pytest.mark.parametrize("changes", [{"iterations": -1}, {"momentum": 1.5}, {"seed": -1}])
def test_configs_without_meaning(changes):
    with pytest.raises(ValueError, match="must not be negative, and momentum lie within 0 and 1"):
        GriffinLimConfig(**changes)
