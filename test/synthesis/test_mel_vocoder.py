"""What all vocoders do alike: shapes, pieces and ends, with one whose audio says of which frame it is."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.synthesis.long_audio import Pieces
from audiolab.synthesis.mel_vocoder import MelVocoder

HOP = 6


class Counting(MelVocoder):
    """Gives each frame's first level to the samples from half a hop before its centre to half a hop behind it."""

    def __init__(self, pieces=None):
        analysis = LogMelConfig(n_fft=24, hop=HOP, n_mels=2)
        super().__init__(analysis, pieces or Pieces(7, left=2, right=3, fade=2, ratio=HOP))
        self.begun = 0

    def begin(self):
        self.begun += 1
        return lambda segment, first: np.repeat(segment[:, :, 0], HOP, axis=0)


def mel(frames, batch=None):
    level = np.arange(frames, dtype=np.float32)[:, None] * [1, 0]
    return level if batch is None else level + np.arange(batch)[:, None, None]


def expected(frames):
    """The frame whose centre is nearest; between two, the later one."""
    return (np.arange((frames - 1) * HOP) + HOP // 2) // HOP


@pytest.mark.parametrize("frames", [1, 2, 3, 6, 7, 8, 9, 40])
def test_samples_lie_around_their_frames_centres(frames):
    made = Counting().synthesise(mel(frames))
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, expected(frames))


def test_a_batch_is_its_spectrograms():
    vocoder = Counting()
    made = vocoder.synthesise(mel(20, batch=3))
    np.testing.assert_array_equal(made, expected(20) + np.arange(3)[:, None])
    assert made.flags.c_contiguous
    assert vocoder.begun == 1


@pytest.mark.parametrize("size", [1, 3, 50])
def test_blocks_give_the_same(size):
    blocks = list(Counting().stream(np.split(mel(40), range(size, 40, size))))
    np.testing.assert_array_equal(np.concatenate(blocks), expected(40))
    assert len(blocks) > 4


def test_audio_comes_when_a_piece_is_there():
    taken = []

    def frames():
        for number in range(100):
            taken.append(number)
            yield mel(100)[number : number + 1]

    next(Counting().stream(frames()))
    assert len(taken) < 15


def test_rate_and_analysis_are_those_of_the_spectrograms():
    assert (Counting().rate, Counting().analysis.hop) == (16000, HOP)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros(5), r"of shape \(5,\): give \[T, n_mels\]"),
        (np.zeros((0, 2)), "has no frame"),
        (np.zeros((0, 4, 2)), "has no frame"),
        (np.zeros((4, 3)), "of 3 bands, not 2"),
        (np.full((4, 2), np.nan), "NaN or infinite"),
        (np.full((4, 2), np.inf), "NaN or infinite"),
    ],
)
def test_what_is_no_mel_spectrogram(wrong, message):
    with pytest.raises(AudiolabError, match=message):
        Counting().synthesise(wrong)
