"""At which level the teacher's estimates are remixed."""

import math

import numpy as np
import pytest
import torch
from examples import SMALL_ENHANCER
from torch import nn

from audiolab.dataset import Whole
from audiolab.systems.srst.config import EnhancerConfig, SelfTrainingConfig
from audiolab.systems.srst.self_training import SelfTraining

COUNT, LENGTH = 4000, 64
TIME = 2 * math.pi * torch.arange(LENGTH, dtype=torch.float64) / LENGTH
SPEECH, NOISE = torch.cos(3 * TIME), torch.cos(8 * TIME)  # orthogonal, of mean power 1/2


class Oracle(nn.Module):
    """Tells the two tones apart exactly, and keeps what it was given."""

    def forward(self, mixture):
        self.seen = mixture.clone()
        gains = [2 * (mixture.double() @ tone).float()[:, None] / LENGTH for tone in (SPEECH, NOISE)]
        return gains[0] * SPEECH.float(), gains[1] * NOISE.float()


def remixed(level, snrs, levels, offset=0.0, source=None):
    """Return what teacher and student saw: mixtures of two tones with these SNRs and levels, dB, [B] each."""
    speech_db = levels - 10 * np.log10(1 + 10 ** (-snrs / 10))
    parts = [
        torch.from_numpy(np.sqrt(2) * 10 ** (gain / 20)).float()[:, None] * tone.float()
        for gain, tone in ((speech_db, SPEECH), (speech_db - snrs, NOISE))
    ]
    torch.manual_seed(0)
    config = SelfTrainingConfig(init="x", enhancer=EnhancerConfig(**SMALL_ENHANCER), remix_level=level)
    system = SelfTraining(config)
    system.enhancer, system.teacher = Oracle(), Oracle()
    order = torch.rand(len(snrs), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    batch = {
        "noisy": sum(parts) + offset, "speech": parts[0], "noise": parts[1], "order": order,
        "whole": Whole(len(snrs), facts={"source": 0}),
        "source": torch.zeros(len(snrs), dtype=torch.bool) if source is None else source,
        "place": torch.arange(len(snrs)),
    }  # fmt: skip
    (update,) = system.updates(batch)
    return system.teacher.seen, system.enhancer.seen, update


def snr(mixtures):
    energies = [(mixtures.double() @ tone).square() for tone in (SPEECH, NOISE)]
    return (10 * torch.log10(energies[0] / energies[1])).numpy()


@pytest.mark.parametrize("level", ["unit", "recorded"])
def test_spread_of_the_bootstrapped_snr(level):
    """Mixtures of 0 dB SNR between −35 and −15 dBFS: at unit level all remixes have 0 dB again; at the recordings'
    own levels the SNR is the difference of two independent uniform levels, whose deviation is 20 √(2/12) = 8.16 dB."""
    levels = np.random.default_rng(0).permutation(np.linspace(-35, -15, COUNT))
    _, mixtures, _ = remixed(level, np.zeros(COUNT), levels)
    if level == "unit":
        assert np.abs(snr(mixtures)).max() < 0.01
    else:
        assert snr(mixtures).std() == pytest.approx(20 * math.sqrt(2 / 12), rel=0.03)


def test_spread_at_unit_level_is_that_of_the_mixtures_own_snrs():
    """With SNRs uniform in ±10 dB: s is −10 log(1 + 10^(−d/10)) dB, n the same of −d, drawn independently; 4.2 dB,
    while levels from −35 to −15 dBFS make it √(4.2² + 8.16²) = 9.2 dB."""
    generator = np.random.default_rng(0)
    snrs = generator.permutation(np.linspace(-10, 10, COUNT))
    levels = generator.permutation(np.linspace(-35, -15, COUNT))
    alone = (10 * np.log10(1 + 10 ** (-snrs / 10))).std() * math.sqrt(2)
    assert alone == pytest.approx(4.2, abs=0.1)
    assert snr(remixed("unit", snrs, levels)[1]).std() == pytest.approx(alone, rel=0.03)
    assert snr(remixed("recorded", snrs, levels)[1]).std() == pytest.approx(math.hypot(alone, 8.16), rel=0.03)


def test_teacher_and_student_see_mixtures_of_unit_level_without_mean():
    levels = np.random.default_rng(0).uniform(-35, -15, 8)
    source = torch.arange(8) % 2 == 1
    teacher, student, update = remixed("unit", np.linspace(-10, 10, 8), levels, offset=0.05, source=source)
    assert len(teacher) == 4
    for mixtures in (teacher, student):
        torch.testing.assert_close(mixtures.mean(-1), torch.zeros(len(mixtures)), atol=1e-6, rtol=0)
        torch.testing.assert_close(mixtures.square().mean(-1), torch.ones(len(mixtures)))
    assert torch.isfinite(update.loss)
    teacher, student, _ = remixed("recorded", np.linspace(-10, 10, 8), levels, offset=0.05, source=source)
    torch.testing.assert_close(student[source].mean(-1), torch.full((4,), 0.05))


def test_loss_is_that_of_speech_and_exchanged_noise():
    """The student tells the tones apart: against its own targets no error is left, against unexchanged noise as well
    (SI-SDR sees no level), so both reach the limit of 30 dB."""
    _, _, update = remixed("unit", np.linspace(-10, 10, 8), np.zeros(8))
    assert update.loss.item() == pytest.approx(-60)


def test_silence_is_remixed_to_something_finite():
    _, student, _ = remixed("unit", np.zeros(4), np.full(4, -300.0))
    assert torch.isfinite(student).all()
