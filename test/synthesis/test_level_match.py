"""A window is mapped where speech is, at the level of the training; frames and levels are counted by hand."""

import torch

from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import mel_centres
from audiolab.features.speech_profile import SpeechProfile
from audiolab.synthesis.level_match import LevelMatched

ANALYSIS = EnvelopeConfig()
PROFILE = SpeechProfile(-20.0, torch.full((32,), -25.0).double(), 4.0 * torch.eye(32).double())
LEVEL = -40.0  # of the recording, 20 dB softer than the training
SPEECH, NEAR, FAR = 60, 20, 50  # frames of 5 ms; 0.1 s are 20


def window(pause=-95.0):
    """Return pause, speech, pause."""
    mel = torch.full((FAR + NEAR + SPEECH + NEAR + FAR, 32), pause)
    mel[FAR + NEAR : FAR + NEAR + SPEECH] = LEVEL
    return mel


def shape_of(mapping, mel, level=LEVEL):
    return LevelMatched(mapping, PROFILE, ANALYSIS, 24.0, None)(mel, level)


def test_speech_and_what_is_near_are_mapped_at_the_level_of_the_training():
    given = []
    shape_of(lambda mel: given.append(mel) or mel, window())
    (mel,) = given
    assert mel.shape == (NEAR + SPEECH + NEAR, 32)
    assert torch.equal(mel[NEAR:-NEAR], torch.full((SPEECH, 32), -20.0))
    assert torch.equal(mel[:NEAR], torch.full((NEAR, 32), -25.0 - 3 * 2.0))  # no lower than three deviations


def test_the_mean_over_speech_is_taken_off_and_far_frames_keep_their_shape():
    tilt = torch.linspace(-6, 6, 32) + 5

    def mapping(mel):
        return mel + tilt + 10 * (mel < -30)  # pauses go up by 10 dB more

    shape = shape_of(mapping, window())
    bands = LevelMatched(mapping, PROFILE, ANALYSIS, 24.0, None).bands
    spoken, far = shape[FAR + NEAR : -FAR - NEAR], torch.cat([shape[:FAR], shape[-FAR:]])
    torch.testing.assert_close(spoken, (tilt - tilt[:bands].mean()).expand(SPEECH, 32))
    torch.testing.assert_close(shape[FAR : FAR + NEAR], spoken[:NEAR] + 10)
    assert not far.any()


def test_bands_that_the_audio_has_no_data_in_do_not_count_for_its_level():
    tilt = torch.linspace(-6, 6, 32) + 5
    matched = LevelMatched(lambda mel: mel + tilt, PROFILE, ANALYSIS, 24.0, 5400.0)
    below = int((torch.from_numpy(mel_centres(32, 0, 8000)) <= 5400).sum())
    assert 20 < below < 32
    spoken = matched(window(), LEVEL)[FAR + NEAR : -FAR - NEAR]
    torch.testing.assert_close(spoken, (tilt - tilt[:below].mean()).expand(SPEECH, 32))


def test_digital_silence_is_not_mapped():
    given = []
    shape_of(lambda mel: given.append(mel) or mel, window(ANALYSIS.floor_db))
    assert given[0].shape == (SPEECH, 32)
    shape_of(lambda mel: given.append(mel) or mel, window(ANALYSIS.floor_db).clamp_max(-100), level=-120.0)
    assert len(given) == 1  # nor where speech before it was softer than the floor is


def test_a_window_without_speech_keeps_its_shape():
    assert not shape_of(lambda mel: mel + torch.arange(32), window().clamp_max(LEVEL - 20)).any()
