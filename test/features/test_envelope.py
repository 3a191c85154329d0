"""The mel envelope: orders, levels, scales."""

import numpy as np
import pytest
import torch

from audiolab.config import from_dict, to_dict
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope, to_db, to_scale
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders, order_for
from audiolab.synthesis.speechlike import speech_like

CONFIG = EnvelopeConfig()
WAVE = speech_like(0.5, 16000, 150, np.random.default_rng(0))


def test_order_cannot_resolve_harmonics():
    assert [int(order_for(f0, CONFIG.stft)) for f0 in (100, 200, 250, 30)] == [80, 40, 32, 256]
    assert frame_orders(np.array([0.0, 100.0]), 40, CONFIG.stft).tolist() == [40, 80]
    with pytest.raises(ValueError, match="above 0 Hz"):
        order_for(np.array([100.0, 0.0]), CONFIG.stft)


def test_half_the_amplitude_is_6_db_less_and_the_spectrum_under_the_envelope():
    floors = -100.0, -100.0 - 20 * np.log10(2)
    whole, half = (
        MelEnvelope(EnvelopeConfig(floor_db=floor))(wave, 50) for floor, wave in zip(floors, (WAVE, WAVE / 2))
    )
    assert whole.mel.shape == (101, 32)
    assert ((whole.mel - half.mel) - 20 * np.log10(2)).abs().max() < 0.01
    level = (whole.stft.abs() / 200).log()
    assert (level - whole.log_envelope)[:, 3:].max() < 2 * np.log(10) / 20 + 1e-5


def test_flat_spectrum_has_its_level_in_every_band():
    # the spectrum of one pulse is flat: 2 / Σw = 1 / 200 of full scale for a 50 ms Hann window
    pulse = np.eye(1, 1600, 800)[0]
    found = MelEnvelope(CONFIG)(pulse, 40).mel[10] - 20 * np.log10(1 / 200)
    assert found.abs().max() < 0.1  # where the frame's mean was, the spectrum is continued
    assert found[10:].abs().max() < 0.01


def test_an_offset_is_not_in_the_envelope():
    plain = MelEnvelope(CONFIG)(WAVE, 50).mel
    assert (MelEnvelope(CONFIG)(WAVE + 0.1, 50).mel - plain).abs().max() < 0.01


@pytest.mark.parametrize("parts", [2, 4])
def test_where_the_data_end_the_envelope_is_mirrored(parts):
    """About that bin as about 0 Hz, so that it goes on with period."""
    last = 512 // parts
    envelope = MelEnvelope(CONFIG)(WAVE, 50, highest=8000 / parts).log_envelope
    mirror, period = envelope[:, last : 2 * last + 1].flip(1), envelope[:, 2 * last :]
    torch.testing.assert_close(mirror, envelope[:, : last + 1], atol=1e-4, rtol=0)
    torch.testing.assert_close(period, envelope[:, : period.shape[1]], atol=1e-4, rtol=0)


def test_silence_lies_on_the_floor():
    assert (MelEnvelope(CONFIG)(np.zeros(800), 40).mel + 100).abs().max() < 1e-3


def test_orders_by_frame():
    extract = MelEnvelope(CONFIG)
    orders = np.where(np.arange(101) < 50, 30, 60)
    mixed, low, high = (extract(WAVE, order).mel for order in (orders, 30, 60))
    assert (mixed[:50] - low[:50]).abs().max() < 1e-3
    assert (mixed[50:] - high[50:]).abs().max() < 1e-3
    assert (low[:50] - high[:50]).abs().max() > 1


def test_scales_are_inverse_to_each_other():
    linear = EnvelopeConfig(scale="linear")
    mel = MelEnvelope(CONFIG)(WAVE, 50).mel
    assert to_scale(mel, CONFIG) is mel
    assert to_db(mel, CONFIG) is mel
    for values in (mel, mel.numpy()):
        amplitude = to_scale(values, linear)
        assert 0 < amplitude.min() < amplitude.max() < 1
        assert abs(to_db(amplitude, linear) - values).max() < 1e-3
    assert to_db(torch.zeros(2), linear).tolist() == [-100, -100]


def test_config_survives_yaml_and_refuses_nonsense():
    tree = to_dict(CONFIG)
    assert from_dict(EnvelopeConfig, tree) == CONFIG
    with pytest.raises(AudiolabError, match="mel bands must lie within 0 … 8000 Hz"):
        from_dict(EnvelopeConfig, {"mel_high_hz": 9000})
    with pytest.raises(AudiolabError, match="did you mean 'n_mels'"):
        from_dict(EnvelopeConfig, {"n_mel": 32})
