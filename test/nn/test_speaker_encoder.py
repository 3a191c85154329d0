"""The speaker encoder: its size, and its arithmetic beside an LSTM that is written out."""

import numpy as np
import torch

from audiolab.nn.speaker_encoder import SpeakerEncoder


def test_weights():
    """12.26 M: three layers of 768 units on 80 bands, with PyTorch's two biases, and a linear layer to 256."""
    gates = 4 * 768
    layers = sum(gates * (before + 768) + 2 * gates for before in (80, 768, 768))
    counted = sum(parameter.numel() for parameter in SpeakerEncoder().parameters())
    assert counted == layers + 768 * 256 + 256
    assert round(counted / 1e6, 2) == 12.26


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(encoder, mel):
    """Return the embedding of [T, bands], frame by frame."""
    weights = {name: value.detach().double().numpy() for name, value in encoder.named_parameters()}
    frames = mel.astype(np.float64)
    for layer in range(encoder.recurrent.num_layers):
        of = {name: weights[f"recurrent.{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        state = memory = np.zeros(encoder.recurrent.hidden_size)
        made = []
        for frame in frames:
            gates = of["weight_ih"] @ frame + of["bias_ih"] + of["weight_hh"] @ state + of["bias_hh"]
            taken, kept, new, shown = np.split(gates, 4)
            memory = sigmoid(kept) * memory + sigmoid(taken) * np.tanh(new)
            state = sigmoid(shown) * np.tanh(memory)
            made.append(state)
        frames = np.stack(made)
    voice = weights["projection.weight"] @ frames[-1] + weights["projection.bias"]
    return voice / np.linalg.norm(voice)


def test_an_embedding_is_the_last_frames_of_length_1():
    encoder = SpeakerEncoder(bands=5, hidden=7, layers=3, size=4)
    mel = np.random.default_rng(0).random((2, 11, 5)).astype(np.float32)
    found = encoder(torch.from_numpy(mel)).detach().numpy()
    assert found.shape == (2, 4)
    np.testing.assert_allclose(found, [by_hand(encoder, each) for each in mel], atol=1e-6)


def test_gradients_flow_through_it_to_the_features_though_it_is_frozen():
    encoder = SpeakerEncoder(bands=5, hidden=7, layers=1, size=4).requires_grad_(False)
    mel = torch.rand(2, 11, 5, requires_grad=True)
    encoder(mel)[:, 0].sum().backward()
    assert (mel.grad.abs().amax(-1) > 0).all()
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_embeddings_are_single_precision_under_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = SpeakerEncoder(bands=5, hidden=7, layers=1, size=4)(torch.rand(2, 11, 5))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(2))
