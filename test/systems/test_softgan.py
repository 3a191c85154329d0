"""SoftGAN's networks against the paper's sizes, its losses against the gradients that soft labels should give."""

import numpy as np
import pytest
import torch
import yaml

from audiolab import load
from audiolab.config import to_dict
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_profile import SpeechProfile
from audiolab.synthesis.speechlike import speech_like
from audiolab.systems.softgan.config import DiscriminatorConfig, GeneratorConfig, SoftGANConfig
from audiolab.systems.softgan.converter import Voice
from audiolab.systems.softgan.losses import adversarial, energy_loss
from audiolab.systems.softgan.networks import Discriminator, Generator
from audiolab.systems.softgan.system import SoftGAN
from audiolab.training.export import write_file


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (SoftGANConfig, {"rho_gen": 1.5}),
        (SoftGANConfig, {"lambda_cycle": -1.0}),
        (SoftGANConfig, {"feature_std": 0.0}),
        (SoftGANConfig, {"unit_range_db": 0.0}),
        (SoftGANConfig, {"bands": 0}),
        (SoftGANConfig, {"frames": 120}),
        (GeneratorConfig, {"channels": []}),
        (GeneratorConfig, {"kernel": 1}),
        (DiscriminatorConfig, {"channels": [64, 0]}),
        (DiscriminatorConfig, {"hidden": 0}),
        (DiscriminatorConfig, {"slope": -0.1}),
    ],
)
def test_nonsense_is_refused(cls, values):
    with pytest.raises(ValueError, match=next(iter(values))):
        cls(**values)


@pytest.mark.parametrize("output", ["relu", "sigmoid", "literal"])
def test_outputs_without_negative_values_go_with_the_scale_that_has_none(output):
    with pytest.raises(ValueError, match=f"generator.output '{output}' gives no negative values"):
        SoftGANConfig(generator=GeneratorConfig(output=output))
    assert SoftGANConfig(generator=GeneratorConfig(output=output), scale="unit").generator.output == output


def test_networks_have_the_papers_sizes():
    # counted by hand from §4.1 and §5, a bias only where no normalisation follows
    small = 4 * 256 + 4 * 256 * 512 + 4 * 512 * 256 + 4 * 256 + 1
    assert weights(Generator(GeneratorConfig())) == small
    assert weights(Generator(GeneratorConfig(bottleneck=True))) == small + 2 * 9 * 512 * 512
    convolutions = 4 * (64 + 64 * 128 + 128 * 256 + 256 * 512)
    assert weights(Discriminator(DiscriminatorConfig(), 32, 128)) == convolutions + (8192 + 1) * 512 + 512 + 1


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("bottleneck", [False, True])
def test_generator_keeps_the_shape(kernel, bottleneck):
    generator = Generator(GeneratorConfig(channels=[4, 8], kernel=kernel, bottleneck=bottleneck))
    assert generator(torch.randn(2, 1, 32, 128)).shape == (2, 1, 32, 128)


def test_generator_without_bottleneck_converts_4x4_patches_independently():
    """With kernel = stride, an output depends on its own patch and, through instance normalisation, on means only."""
    generator = Generator(GeneratorConfig(channels=[8, 16]))
    generator.layers = torch.nn.Sequential(
        *(layer for layer in generator.layers if not isinstance(layer, torch.nn.InstanceNorm2d))
    )
    x = torch.randn(1, 1, 32, 128, requires_grad=True)
    generator(x)[0, 0, 9, 21].backward()
    touched = x.grad[0, 0].nonzero()
    rows, columns = touched.T.tolist()
    assert set(rows) == {8, 9, 10, 11}
    assert set(columns) == {20, 21, 22, 23}


def test_output_activations():
    x = 10 * torch.randn(1, 1, 32, 128)
    assert Generator(GeneratorConfig(channels=[4], output="relu"))(x).min() >= 0
    assert 0 <= Generator(GeneratorConfig(channels=[4], output="sigmoid"), gain=2.0)(x).max() <= 2
    literal = Generator(GeneratorConfig(channels=[4], output="literal"))(x)
    assert (literal == 0).float().mean() > 0.2  # zero-mean by instance normalisation, so ReLU cuts about half


def gradient(loss_of, score):
    score = torch.tensor([score], requires_grad=True)
    loss_of(score).backward()
    return float(score.grad)


@pytest.mark.parametrize("score", [-0.4, 0.0, 0.3, 1.2])
def test_soft_labels_scale_the_ordinary_lsgan_gradients(score):
    loss = adversarial(SoftGANConfig())
    fake = gradient(lambda s: loss.soft_fake(s, 0.1), score)
    assert fake == pytest.approx(0.1 * gradient(lambda s: loss.hard(s, 0.0), score))
    fool = gradient(lambda s: loss.soft_real(s, 0.9), score)
    assert fool == pytest.approx(0.9 * gradient(lambda s: loss.hard(s, 1.0), score))


def test_labels_that_are_not_detached_square_rho():
    loss = adversarial(SoftGANConfig(detach_labels=False))
    assert gradient(lambda s: loss.soft_fake(s, 0.1), 0.7) == pytest.approx(2 * 0.1**2 * 0.7)


def test_rho_of_one_is_lsgan():
    loss = adversarial(SoftGANConfig())
    score = torch.tensor([0.3, -0.2])
    assert loss.soft_fake(score, 1.0) == loss.hard(score, 0.0)
    assert torch.isclose(loss.soft_real(score, 1.0), loss.hard(score, 1.0))


def test_cross_entropy_with_hard_labels_is_the_papers_equation_1():
    loss = adversarial(SoftGANConfig(adversarial="cross_entropy"))
    score = torch.tensor([0.7])
    assert float(loss.soft_fake(score, 1.0)) == pytest.approx(-float(torch.log(1 - torch.sigmoid(score))))
    assert float(loss.hard(score, 1.0)) == pytest.approx(-float(torch.log(torch.sigmoid(score))))


def test_energy_loss_sees_level_and_not_shape():
    x = torch.randn(1, 1, 32, 16)
    tilted = x + torch.linspace(-1, 1, 32)[:, None]
    assert energy_loss(tilted, x, "frequency") < 1e-6
    assert energy_loss(x + 0.5, x, "frequency") == pytest.approx(0.5, abs=1e-6)
    louder = x + torch.linspace(-1, 1, 16)
    assert energy_loss(louder, x, "time") < 1e-6 < energy_loss(louder, x, "frequency")


def small(**changes):
    config = SoftGANConfig(
        bands=32,
        frames=128,
        generator=GeneratorConfig(channels=[8, 16]),
        discriminator=DiscriminatorConfig(channels=[4, 8, 8, 8], hidden=16),
        **changes,
    )
    torch.manual_seed(0)
    return SoftGAN(config)


def batch(size=2):
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(size, 32, 128, generator=generator) for name in ("x", "y", "noise")} | {
        "utts": ["a", "b"]
    }


@pytest.mark.parametrize("first", ["generator", "discriminator"])
def test_updates_come_in_the_configured_order(first):
    names = [update.name for update in small(first=first).updates(batch())]
    assert names[0] == first
    assert sorted(names) == ["discriminator", "generator"]


def test_total_is_the_weighted_sum_with_each_lambda_once():
    """The reading of eqs. 2, 4 and 5: no cycle term in the adversarial loss, identity and energy in the total."""
    system = small(lambda_cycle=0.3, lambda_identity=0.15, lambda_energy=1.0, feature_std=7.0)
    update = next(system.updates(batch()))
    parts = {name: float(value.detach()) for name, value in update.stats.items()}
    expected = parts["adversarial"] + 7.0 * (0.3 * parts["cycle"] + 0.15 * parts["identity"] + parts["energy"])
    assert float(update.loss.detach()) == pytest.approx(expected, rel=1e-5)


def test_generators_are_scored_by_the_discriminator_that_was_just_updated():
    system = small(first="discriminator")
    updates = system.updates(batch())
    next(updates)
    with torch.no_grad():
        for parameter in system.discriminator_y.parameters():
            parameter.zero_()
        for parameter in system.discriminator_x.parameters():
            parameter.zero_()
    # all-zero discriminators score 0, so each direction costs (0 − 0.9)²
    assert float(next(updates).stats["adversarial"].detach()) == pytest.approx(2 * 0.9**2)


@pytest.mark.parametrize(
    ("anchors", "shown"), [("none", set()), ("noise", {"d_noise"}), ("both", {"d_noise", "d_source"})]
)
def test_anchors_are_a_knob_of_their_own(anchors, shown):
    *_, update = small(anchors=anchors).updates(batch())
    assert set(update.stats) == {"d_real", "d_converted"} | shown


def test_discriminator_is_blind_to_the_scale_of_features():
    """Why feature_std weighs the other losses against the adversarial one."""
    discriminator = Discriminator(DiscriminatorConfig(channels=[4, 8, 8, 8], hidden=16), 32, 128)
    x = torch.randn(3, 1, 32, 128)
    assert torch.allclose(discriminator(10 * x), discriminator(100 * x), atol=1e-4)


def test_a_model_without_a_level_is_refused_in_one_line(tmp_path):
    """One that was trained before levels were kept; converting with a guessed level would be wrong without a word."""
    system = small()
    state = {name: getattr(system, name).state_dict() for name in system.exports}
    for name in ("speaker_x", "speaker_y"):
        state[name]["_extra_state"] = {"name": "A", "order": 50, "f0": 120.0}
    write_file(tmp_path / "model.pt", {"format": 1, "system": "softgan", "step": 1, "state": state})
    tree = {"system": "softgan", "system_conf": to_dict(system.config)}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(tree))
    with pytest.raises(AudiolabError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/model.pt: an older audiolab trained this model, which knows no speech level of speaker A: "
        "train it again, in a new folder"
    )


def voice_of(ratio):
    """Return a conversion that changes nothing but F0."""
    profile = SpeechProfile(-30.0, torch.zeros(32).double(), torch.eye(32).double())
    voice = Voice(EnvelopeConfig(), 60, profile, lambda mel: mel)
    voice.ratio = ratio
    return voice


@pytest.mark.parametrize("ratio", [0.6, 1.7])
def test_moving_f0_keeps_gain_and_loudness(ratio):
    wave = 0.05 * speech_like(1.0, 16000, 120, np.random.default_rng(0)).astype(np.float32)
    moved = voice_of(ratio).convert(wave, 16000)
    assert np.sum(moved**2) == pytest.approx(np.sum(wave**2), rel=0.02)
    for gain in (0.03, 10.0):
        made = voice_of(ratio).convert(wave * np.float32(gain), 16000) / gain
        assert np.abs(made - moved).max() < 0.01 * np.abs(moved).max()
