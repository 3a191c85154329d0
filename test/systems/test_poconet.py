"""PoCoNet's network: sizes, equations in closed form, what is not to depend on what, training."""

import math

import numpy as np
import pytest
import torch
from small_poconet import SMALL, noise, small
from song_folder import make_songs, noises
from torch.nn import functional

from audiolab.data.augmentation import AugmentConfig
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.systems.poconet import PoCoNet
from audiolab.systems.poconet.attention import TimeAttention
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.dense import DenseBlock
from audiolab.systems.poconet.losses import l1_losses, sdr_means
from audiolab.systems.poconet.network import doubled, halved
from audiolab.systems.poconet.separator import Separator, frequency_embedding

# Sizes


@pytest.mark.parametrize(
    ("millions", "levels", "channels", "widths"),
    [
        (1.6, 4, 64, [32, 64, 64, 64]),
        (8.3, 6, 128, [32, 64, 128, 128, 128, 128]),
        (15.4, 5, 256, [32, 64, 128, 256, 256]),
    ],
)
def test_sizes_are_the_papers(millions, levels, channels, widths):
    config = PoCoNetConfig(levels=levels, max_channels=channels)
    assert config.widths == widths
    with torch.device("meta"):
        counted = sum(parameter.numel() for parameter in Separator(config).parameters())
    assert counted == by_hand(widths, bins=512)
    assert counted / 1e6 == pytest.approx(millions, rel=0.06)


def by_hand(widths, bins):
    """Weights of the U-Net: of dense blocks, of attention, of the last layer."""
    total = 4 * widths[0] + 4

    def level(inputs, outputs, number):
        convolutions = sum(9 * (inputs + layer * outputs) * outputs + 2 * outputs for layer in range(3))
        join = (inputs + 3 * outputs) * outputs + outputs
        attention = 7 * (outputs + 1) + 2 * 20 * (bins / 2**number + 1) + (5 + 1) * outputs
        return convolutions + join + attention

    for number, outputs in enumerate(widths):
        total += level(widths[number - 1] if number else 12, outputs, number)
        if number < len(widths) - 1:
            total += level(widths[number + 1] + outputs, outputs, number)
    return total


# Parts in closed form


def test_embedding_is_equation_1():
    found = frequency_embedding(512, 10)
    assert found.shape == (10, 512)
    for j, f in ((0, 0), (0, 256), (0, 511), (3, 17), (9, 300), (9, 301)):
        assert float(found[j, f]) == pytest.approx(math.cos(2**j * math.pi * f / 512), abs=1e-6)
    assert torch.equal(found[9].sign(), torch.tensor([1.0, -1.0]).repeat(256))
    assert len(torch.unique(found, dim=1).T) == 512  # no two bins look alike


def test_network_is_told_real_part_imaginary_part_and_embedding():
    separator = small()
    spectrum = torch.complex(noise(2, 33, 9), noise(2, 33, 9, seed=2))
    found = separator._input(spectrum, torch.tensor([2.0, 4.0]))
    assert found.shape == (2, 8, 32, 9)
    for item, scale in enumerate((2.0, 4.0)):
        torch.testing.assert_close(found[item, 0], spectrum[item, :32].real / scale)
        torch.testing.assert_close(found[item, 1], spectrum[item, :32].imag / scale)
        for frame in (0, 8):
            assert torch.equal(found[item, 2:, :, frame], frequency_embedding(32, 6))


def test_powers_of_magnitudes_keep_the_phase():
    spectrum = torch.complex(noise(1, 33, 5), noise(1, 33, 5, seed=2))
    found = small(input_power=0.5)._input(spectrum, torch.ones(1))
    seen = torch.complex(found[0, 0], found[0, 1])
    torch.testing.assert_close(seen.abs(), spectrum[0, :32].abs().sqrt())
    torch.testing.assert_close(seen.angle(), spectrum[0, :32].angle())


def test_dense_block_is_convolutions_of_concatenations():
    torch.manual_seed(0)
    block = DenseBlock([3, 2], 4, 0.1).eval()
    for norm in block.norms:
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    first, second = noise(2, 3, 6, 7), noise(2, 2, 6, 7, seed=2)
    maps = torch.cat([first, second], dim=1)
    for convolution, norm in zip(block.convolutions, block.norms):
        before = functional.pad(maps, (2, 0, 1, 1))
        new = norm(functional.conv2d(before, convolution.weight)).relu()
        maps = torch.cat([maps, new], dim=1)
    expected = block.join(maps)
    torch.testing.assert_close(block(first, second), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_the_libraries(causal):
    torch.manual_seed(0)
    attention = TimeAttention(6, 8, 5, 20, causal)
    x = noise(2, 6, 8, 11)
    few = attention.reduce(x)
    query, key = attention.query(few[:, 0].mT), attention.key(few[:, 1].mT)
    value = few[:, 2:].permute(0, 3, 1, 2).flatten(2)
    found = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
    expected = x + attention.expand(found.view(2, 11, 5, 8).permute(0, 2, 3, 1))
    torch.testing.assert_close(attention(x), expected, rtol=1e-4, atol=1e-5)


def test_attention_to_one_frame_takes_its_value():
    attention = TimeAttention(1, 2, 1, 2, causal=False)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.zero_()
        attention.reduce.weight.fill_(1.0)
        attention.expand.weight.fill_(1.0)
        attention.query.bias.copy_(torch.tensor([0.0, 100.0]))
        attention.key.weight.copy_(torch.eye(2))
    x = torch.tensor([[[[1.0, 2.0, 3.0], [0.0, 9.0, 0.0]]]])  # the second frame's key is the query's
    torch.testing.assert_close(attention(x), x + x[..., 1:2])


def test_halves_are_of_the_frame_before_and_this_one():
    x = torch.tensor([[0.0, 5.0, 1.0, 2.0, 7.0], [-1.0, 3.0, 6.0, -4.0, 0.0]])[None, None]
    assert torch.equal(halved(x)[0, 0], torch.tensor([[0.0, 6.0, 7.0]]))
    assert torch.equal(halved(x[..., :4])[0, 0], torch.tensor([[0.0, 6.0, 2.0]]))
    assert torch.equal(halved(x[..., :1])[0, 0], torch.tensor([[0.0]]))


def test_each_bin_and_frame_is_doubled():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[None, None]
    expected = torch.tensor([[1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [3.0, 3.0, 4.0], [3.0, 3.0, 4.0]])
    assert torch.equal(doubled(x, 3)[0, 0], expected)


# From wave to wave


@pytest.mark.parametrize("length", [1, 15, 16, 17, 63, 64, 500])
def test_a_mask_of_one_gives_the_mixture_back(length):
    separator = small()
    with torch.no_grad():
        separator.network.last.weight.zero_()
        separator.network.last.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
    wave = noise(2, length)
    found = separator.separate(wave)
    assert found.shape == (2, 2, length)
    torch.testing.assert_close(found[:, 0], wave, rtol=1e-4, atol=1e-5)
    assert not found[:, 1].any()


def test_masks_begin_with_half_of_the_mixture_for_each():
    separator = small()
    with torch.no_grad():
        separator.network.last.weight.zero_()
    wave = noise(1, 300)
    torch.testing.assert_close(separator.separate(wave)[0], 0.5 * wave.expand(2, -1), rtol=1e-4, atol=1e-5)


def test_masks_are_complex_and_the_vocals_are_first():
    separator = small()
    with torch.no_grad():
        separator.network.last.weight.zero_()
        separator.network.last.bias.copy_(torch.tensor([1.0, 2.0, 3.0, -4.0]))
    masks = separator.masks(separator.analyse(noise(1, 100)))
    assert masks.shape == (1, 2, 33, 7)
    assert set(masks[0, 0].flatten().tolist()) == {1 + 2j}
    assert set(masks[0, 1].flatten().tolist()) == {3 - 4j}


def test_highest_bin_has_the_masks_of_the_one_below():
    separator = small()
    masks = separator.masks(separator.analyse(noise(2, 300)))
    assert torch.equal(masks[:, :, 32], masks[:, :, 31])
    assert not torch.equal(masks[:, :, 31], masks[:, :, 30])


def test_stft_is_numpys():
    wave = noise(1, 100)
    found = small().analyse(wave)[0]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    padded = np.pad(wave[0].numpy(), 32)
    frames = [np.fft.rfft(window * padded[16 * t : 16 * t + 64]) for t in range(7)]
    np.testing.assert_allclose(found.numpy(), np.stack(frames, axis=1), atol=1e-4)


def test_gain_of_the_mixture_is_that_of_the_estimates():
    separator, wave = small(), noise(1, 500)
    expected = 1e-3 * separator.separate(wave)
    torch.testing.assert_close(separator.separate(1e-3 * wave), expected, rtol=1e-3, atol=1e-7)


def test_items_of_a_batch_do_not_know_each_other():
    separator = small()
    wave = noise(2, 300) * torch.tensor([[1.0], [100.0]])
    torch.testing.assert_close(separator.separate(wave)[:1], separator.separate(wave[:1]), rtol=1e-4, atol=1e-5)


def test_silence_stays_silent():
    assert not small().separate(torch.zeros(1, 300)).any()


# Training


def test_blocks_that_are_computed_again_change_nothing():
    results = []
    for again in (False, True):
        separator = small(checkpointing=again).train()
        separator.separate(noise(2, 300)).square().mean().backward()
        results.append((separator.state_dict(), [p.grad for p in separator.parameters()]))
    for key, value in results[0][0].items():
        torch.testing.assert_close(results[1][0][key], value, msg=key)
    for one, other in zip(results[0][1], results[1][1]):
        torch.testing.assert_close(one, other)
    counts = [value for key, value in results[1][0].items() if key.endswith("num_batches_tracked")]
    assert {int(count) for count in counts} == {1}


@pytest.mark.parametrize("options", [{}, {"causal_attention": True, "checkpointing": True}])
def test_half_precision_is_near_single(options):
    separator, wave = small(**options).train(), noise(2, 300)
    expected = separator.separate(wave)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = separator.separate(wave)
    assert found.dtype == torch.float32
    assert float(((found - expected).norm() / expected.norm()).detach()) < 0.05
    found.abs().mean().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in separator.parameters())


def test_concatenations_are_not_kept_for_the_backward_pass():
    """Of each map its convolution keeps the input, the normalisation what it makes of it, and no more."""
    block = DenseBlock([8], 4, 0.1)
    kept = {}

    def pack(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        x = noise(2, 8, 16, 50).requires_grad_()
        out = block(x)
    size = 4 * 2 * 16 * 50  # bytes of a channel
    assert out.shape == (2, 4, 16, 50)
    assert sum(kept.values()) < size * (8 + 3 * 2 * 4) * 1.1


def test_losses_worked_out_by_hand():
    estimates = torch.tensor([[[1.0, 1.0], [0.0, 0.0]], [[3.0, 1.0], [0.0, 2.0]]])
    targets = torch.tensor([[[0.0, 1.0], [0.0, 1.0]], [[3.0, -1.0], [0.0, -2.0]]])
    found = l1_losses(estimates, targets, lambda wave: wave[:, None])
    values = {name: float(value) for name, value in found.items()}
    assert values == {
        "vocals_audio": 0.75,  # 1, 0, 0, 2
        "vocals_spec": 0.25,  # 1, 0, 0, 0
        "accompaniment_audio": 1.25,  # 0, 1, 0, 4
        "accompaniment_spec": 0.25,  # 0, 1, 0, 0
    }


def test_sdr_of_what_is_heard():
    targets = noise(4, 2, 1000)
    targets[1, 0] = 0.0
    targets[2, 0] *= 0.9e-2
    targets[3, 0] *= 2e-2
    found = sdr_means(1.1 * targets, targets)
    assert found["vocals_sdr"].count == 2
    assert found["accompaniment_sdr"].count == 4
    assert found["sdr"].count == 6
    for mean in found.values():
        assert mean.value == pytest.approx(20, abs=1e-3)
    assert sdr_means(targets, targets)["accompaniment_sdr"].value == pytest.approx(100)


# The system


def test_songs_of_another_rate_are_refused(tmp_path):
    songs = str(make_songs(tmp_path, noises(2, 1.0, rate=8000), rate=8000))
    augment = AugmentConfig(lowpass_hz=[2000, 3500], eq_hz=[100, 3000])
    train_set = StemCrops(StemCropsConfig([songs], [songs], rate=8000, window_s=0.5, augment=augment), "train")
    with pytest.raises(ValueError, match="rate is 16000 Hz, but songs are read at 8000 Hz"):
        PoCoNet.complete(PoCoNetConfig(**SMALL), train_set)


# Configs


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"levels": 0}, "levels must be positive"),
        ({"levels": 11}, "n_fft must be a multiple of 2048, not 1024"),
        ({"n_fft": 1023}, "n_fft must be even"),
        ({"hop": 600}, "hop at most half of it"),
        ({"lambda_spec": -1.0}, "lambda_spec must not be negative"),
        ({"norm_momentum": 0.0}, "norm_momentum must lie in"),
        ({"input_power": 1.5}, "input_power must lie in"),
    ],
)
def test_configs_that_make_no_sense(options, what):
    with pytest.raises(ValueError, match=what):
        PoCoNetConfig(**options)
