"""HiFi-GAN's sizes against the paper's, its reach, and the audio that a trained one makes."""

import numpy as np
import pytest
import torch

from audiolab.config import from_dict, to_dict
from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.weight_norm import without_weight_norm
from audiolab.synthesis.long_audio import Pieces
from audiolab.systems.hifigan.config import DiscriminatorConfig, GeneratorConfig, HiFiGANConfig
from audiolab.systems.hifigan.discriminators import Discriminators
from audiolab.systems.hifigan.generator import Generator
from audiolab.systems.hifigan.system import HiFiGAN

SMALL = {"channels": 16, "rates": [8, 4], "kernels": [16, 6], "block_kernels": [3, 5], "dilations": [1, 3]}
ANALYSIS = LogMelConfig(n_fft=128, hop=32, n_mels=12)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def system_of(analysis=ANALYSIS, **generator):
    config = {
        "generator": SMALL | generator, "rate": 16000, "n_fft": 128, "hop": 32, "n_mels": 12, "mel_bands": 12,
        "discriminator": {"periods": [2], "period_channels": [4] * 5, "scales": 1, "scale_channels": [16] * 7},
    }  # fmt: skip
    torch.manual_seed(0)
    system = HiFiGAN(from_dict(HiFiGANConfig, config, source="test"))
    system.analysis.values = to_dict(analysis)
    return system


def vocoder_of(system):
    state = {name: getattr(system, name).state_dict() for name in system.exports}
    return HiFiGAN.predictor(system.config, state, torch.device("cpu"))


@pytest.mark.parametrize(("channels", "millions"), [(512, 13.92), (128, 0.92)], ids=["V1", "V2"])
def test_the_papers_sizes(channels, millions):
    found = count(without_weight_norm(Generator(GeneratorConfig(channels=channels), 80))) / 1e6
    assert found == pytest.approx(millions, abs=0.01)


def test_the_default_makes_a_hop_of_autovcs_mel_of_each_frame():
    assert GeneratorConfig().hop == LogMelConfig().hop == 256


def test_discriminators_have_the_published_layers():
    maps = Discriminators(DiscriminatorConfig())(torch.zeros(1, 8192))
    assert [len(each) for each in maps] == [6] * 5 + [8] * 3
    rows = [51, 34, 21, 15, 10]  # 8192 samples by the period, and by 3 four times
    assert [tuple(each[4].shape[1:]) for each in maps[:5]] == list(zip([1024] * 5, rows, [2, 3, 5, 7, 11]))
    assert [tuple(each[6].shape[1:]) for each in maps[5:]] == [(1024, 128), (1024, 65), (1024, 33)]
    assert [each[-1].shape[1] for each in maps] == [1] * 8


@pytest.mark.parametrize(
    "changes",
    [{}, {"rates": [4, 2], "kernels": [4, 4]}, {"dilations": [1]}, {"block_kernels": [7]}, {"kernels": [10, 4]}],
)
def test_context_is_the_reach_of_a_frame(changes):
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(**SMALL | changes), 3).double()
    hop, context, frames = generator.config.hop, generator.context, 41
    levels = torch.randn(1, 3, frames, dtype=torch.double)
    moved = levels.clone()
    moved[..., 20] += 1.0
    changed = (generator(moved) - generator(levels))[0].abs().view(frames, hop).amax(1).nonzero()
    first, last = int(changed.min()), int(changed.max())
    assert 20 - context <= first <= 20 - context + 1
    assert 20 + context - 1 <= last <= 20 + context


def test_audio_is_the_generators_without_half_a_hop_at_both_ends():
    system = system_of()
    mel = np.random.default_rng(0).random((20, 12), dtype=np.float32)
    levels = (100 * (torch.from_numpy(mel) - 1) + 16) * (np.log(10) / 20)
    whole = system.generator(levels.T[None])[0].detach().numpy()
    found = vocoder_of(system).synthesise(mel)
    assert found.dtype == np.float32
    assert found.shape == (19 * 32,)
    assert len(whole) == 20 * 32
    np.testing.assert_allclose(found, whole[16:-16], atol=1e-6)


def test_pieces_make_what_the_whole_would_make():
    vocoder = vocoder_of(system_of())
    mel = np.random.default_rng(0).random((2, 100, 12), dtype=np.float32)
    whole = vocoder.synthesise(mel)
    context = vocoder._pieces.left
    assert vocoder._pieces.right == context > 3
    for length in (1, 7, 40):
        vocoder._pieces = Pieces(length, context, context, ratio=32)
        np.testing.assert_allclose(vocoder.synthesise(mel), whole, atol=1e-6)
    vocoder._pieces = Pieces(40, context - 2, context, ratio=32)
    assert np.abs(vocoder.synthesise(mel) - whole).max() > 1e-6


def test_the_vocoder_has_the_analysis_and_plain_weights():
    vocoder = vocoder_of(system_of())
    assert (vocoder.rate, vocoder.analysis) == (16000, ANALYSIS)
    assert "first.weight" in vocoder._generator.state_dict()
    assert not any("parametrizations" in name for name in vocoder._generator.state_dict())


class Set:
    def __init__(self, analysis):
        self.analysis = analysis


def test_the_grid_is_the_features():
    config = from_dict(HiFiGANConfig, {"generator": SMALL}, source="test")
    found = HiFiGAN.complete(config, Set(ANALYSIS))
    assert (found.rate, found.n_fft, found.hop, found.n_mels) == (16000, 128, 32, 12)
    with pytest.raises(ValueError, match="rates make 32 samples of a frame, whose hop is 256"):
        HiFiGAN.complete(config, Set(LogMelConfig()))
    with pytest.raises(AudiolabError, match=r"system_conf\.n_mels is 5, but the training set has 12"):
        HiFiGAN.complete(HiFiGANConfig(n_mels=5), Set(ANALYSIS))


@pytest.mark.parametrize(
    ("cls", "changes", "message"),
    [
        (GeneratorConfig, {"rates": [8]}, "are as many"),
        (GeneratorConfig, {"kernels": [16, 15, 4, 4]}, "longer than rates"),
        (GeneratorConfig, {"kernels": [16, 6, 4, 4]}, "longer than rates"),
        (GeneratorConfig, {"block_kernels": [4]}, "must be odd"),
        (GeneratorConfig, {"dilations": []}, "must be positive"),
        (GeneratorConfig, {"slope": 1.0}, r"lie in \[0, 1\)"),
        (GeneratorConfig, {"channels": 40}, "a multiple of 16, not 40"),
        (DiscriminatorConfig, {"periods": []}, "a period, 1 or more"),
        (DiscriminatorConfig, {"period_channels": [1]}, "are five numbers"),
        (DiscriminatorConfig, {"scale_channels": [4, 16, 16, 16, 16, 8, 4]}, "in 4 and 16 groups"),
        (DiscriminatorConfig, {"scale_channels": [2, 16, 16, 16, 16, 16, 4]}, "in 4 and 16 groups"),
        (DiscriminatorConfig, {"slope": -1.0}, r"lie in \[0, 1\)"),
        (HiFiGANConfig, {"lambda_mel": -1.0}, "must not be negative"),
        (HiFiGANConfig, {"mel_bands": 0}, "mel_bands at least 1"),
    ],
)
def test_configs_without_meaning(cls, changes, message):
    with pytest.raises(ValueError, match=message):
        cls(**changes)
