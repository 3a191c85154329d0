"""PoCoNet along time: its masks know no later frame, and no more of the past than the network reaches."""

import pytest
import torch
from small_poconet import noise, small


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_no_frame_of_the_masks_depends_on_a_later_one(levels):
    separator = small(levels=levels, causal_attention=True)
    spectrum = torch.complex(noise(1, 33, 19), noise(1, 33, 19, seed=2))
    scale = separator.level(spectrum)
    before = separator.masks(spectrum, scale)
    for frame in range(19):
        changed = spectrum.clone()
        changed[..., frame] += 10.0
        after = separator.masks(changed, scale)
        assert torch.equal(after[..., :frame], before[..., :frame]), frame
        assert not torch.equal(after[..., frame], before[..., frame]), frame


@pytest.mark.parametrize("frames", range(1, 18))
def test_beginning_is_that_of_the_whole(frames):
    separator = small(causal_attention=True)
    spectrum = torch.complex(noise(1, 33, 18), noise(1, 33, 18, seed=2))
    scale = separator.level(spectrum)
    whole = separator.masks(spectrum, scale)
    torch.testing.assert_close(
        separator.masks(spectrum[..., :frames], scale), whole[..., :frames], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_pieces_with_what_they_reach_before_them_are_as_the_whole(levels):
    separator = small(levels=levels, attention_channels=0)
    frames = 60 * separator.multiple
    spectrum = torch.complex(noise(1, 33, frames), noise(1, 33, frames, seed=2))
    scale = separator.level(spectrum)
    whole = separator.masks(spectrum, scale)
    start = 5 * separator.multiple
    piece = separator.masks(spectrum[..., start:], scale)
    known = separator.reach
    torch.testing.assert_close(piece[..., known:], whole[..., start + known :], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_an_impulse_is_heard_as_long_as_the_network_reaches(levels):
    separator = small(levels=levels, attention_channels=0, embeddings=0)
    with torch.no_grad():
        for name, parameter in separator.named_parameters():
            if not name.endswith("bias") and "norms" not in name:
                parameter.fill_(0.1)
            elif name.endswith("bias"):
                parameter.zero_()
    distances = []
    for first in range(separator.multiple):
        spectrum = torch.zeros(1, 33, 10 * separator.multiple + separator.reach, dtype=torch.complex64)
        spectrum[..., first] = 1.0
        heard = separator.masks(spectrum, torch.ones(1))[0, 0].real.abs().sum(0).nonzero()[:, 0]
        assert heard[0] == first
        distances.append(int(heard[-1]) - first)
    assert max(distances) == separator.reach


def test_attention_looks_both_ways_by_default():
    separator = small()
    spectrum = torch.complex(noise(1, 33, 19), noise(1, 33, 19, seed=2))
    scale = separator.level(spectrum)
    changed = spectrum.clone()
    changed[..., 18] += 10.0
    assert not torch.equal(separator.masks(changed, scale)[..., 0], separator.masks(spectrum, scale)[..., 0])


def test_wave_depends_on_no_more_than_a_window_ahead():
    separator = small(causal_attention=True)
    wave, scale = noise(1, 400), torch.ones(1)
    changed = wave.clone()
    changed[:, 200:] = 0.0
    before, after = separator.separate(wave, scale), separator.separate(changed, scale)
    torch.testing.assert_close(after[..., : 200 - 64], before[..., : 200 - 64])
    assert not torch.allclose(after[..., 180:200], before[..., 180:200])
