"""The U-Net: sizes as published, reach as stated."""

import pytest
import torch

from audiolab.nn.unet import UNetDecoder, UNetEncoder, context_of


def unet(widths, **options):
    torch.manual_seed(0)
    encoder, decoder = UNetEncoder(2, widths), UNetDecoder(widths, 4, **options)
    return encoder.eval(), decoder.eval()


def test_size_and_bottleneck_of_the_paper_network():
    """17.27 M weights; an input of 257 × 129 gives a bottleneck of 512 × 16 × 8 (the first author's code)."""
    with torch.device("meta"):
        encoder, decoder = UNetEncoder(2, [64, 128, 256, 512, 512]), UNetDecoder([64, 128, 256, 512, 512], 4)
    assert sum(p.numel() for m in (encoder, decoder) for p in m.parameters()) == pytest.approx(17.27e6, rel=1e-3)
    features = encoder(torch.zeros(1, 2, 257, 129, device="meta"))
    assert features[-1].shape == (1, 512, 16, 8)
    assert decoder(features).shape == (1, 4, 257, 129)


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_context_is_enough_and_not_far_too_much(levels):
    """The gradient of one output frame says which input frames reach it."""
    encoder, decoder = unet([4] * levels)
    context = context_of(levels)
    frames = 4 * context
    x = torch.randn(1, 2, 33, frames, generator=torch.Generator().manual_seed(0), requires_grad=True)
    reached = []
    for place in (2 * context, 2 * context + 2 ** (levels - 1) - 1):
        (gradient,) = torch.autograd.grad(decoder(encoder(x))[..., place].square().sum(), x)
        where = gradient.abs().sum((0, 1, 2)).nonzero()[:, 0]
        reached += [place - int(where.min()), int(where.max()) - place]
    assert context / 2 < max(reached) <= context
    assert context % 2 ** (levels - 1) == 0


def test_pieces_with_context_are_the_whole():
    encoder, decoder = unet([4, 8, 8])
    context = context_of(3)
    x = torch.randn(1, 2, 33, 8 * context, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole, piece = decoder(encoder(x)), decoder(encoder(x[..., context : 5 * context]))
    torch.testing.assert_close(piece[..., context : 2 * context], whole[..., 2 * context : 3 * context])


def test_stretched_corners_make_pieces_differ():
    """Why align_corners is off."""
    encoder, decoder = unet([4, 8, 8], align_corners=True)
    x = torch.randn(1, 2, 33, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole, piece = decoder(encoder(x)), decoder(encoder(x[..., :96]))
    assert (piece[..., :48] - whole[..., :48]).abs().max() > 1e-3
