"""AutoVC's networks and a speaker encoder written out: loops over items and frames, weights by name."""

import torch
from plain_enhancer import batch_norm
from plain_lstm import lstm
from torch.nn import functional


def convolution(w, name, x):
    """Five frames wide, zeros around, [B, C, T]."""
    kernel, bias = w[f"{name}.weight"], w[f"{name}.bias"]
    padded = functional.pad(x, (2, 2))
    frames = [
        torch.einsum("oik,bik->bo", kernel, padded[:, :, t : t + 5]) + bias for t in range(x.shape[-1])
    ]  # fmt: skip
    return torch.stack(frames, dim=2)


def convolutions(w, x, count, activation, training, last=True):
    """Convolutions, batch normalisation and an activation each, but for the last one where ``last`` is False."""
    step = 3
    for number in range(count):
        x = batch_norm(
            convolution(w, f"convolutions.{step * number}", x), w, f"convolutions.{step * number + 1}", training
        )
        if last or number < count - 1:
            x = activation(x)
    return x


def encode(w, mel, speaker, config, training):
    """Return the codes [B, T / freq, 2 · neck] of [B, T, bands] of speakers [B, told]."""
    told = torch.stack([torch.stack([torch.cat([frame, who]) for frame in item]) for item, who in zip(mel, speaker)])
    maps = convolutions(w, told.transpose(1, 2), 3, torch.relu, training)
    codes = []
    for item in maps:
        outputs = lstm(w, "recurrent", item.T, 2, ways=2)
        n, freq = config.neck, config.freq
        blocks = range(len(outputs) // freq)
        codes.append(
            torch.stack([torch.cat([outputs[j * freq + freq - 1, :n], outputs[j * freq, n:]]) for j in blocks])
        )
    return torch.stack(codes)


def decode(w, codes, speaker, config, training):
    """Return speech [B, J · freq, bands] of codes in the voices of speakers."""
    states = []
    for item, who in zip(codes, speaker):
        frames = [torch.cat([code, who]) for code in item for _ in range(config.freq)]
        states.append(lstm(w, "first", torch.stack(frames), 1))
    maps = convolutions(w, torch.stack(states).transpose(1, 2), 3, torch.relu, training)
    return torch.stack([lstm(w, "second", item.T, 2) @ w["last.weight"].T + w["last.bias"] for item in maps])


def corrected(w, mel, training):
    """Return what the post-net makes of speech [B, T, bands]."""
    return mel + convolutions(w, mel.transpose(1, 2), 5, torch.tanh, training, last=False).transpose(1, 2)


def embed(w, mel, layers):
    """Return the embeddings [B, E] of speech [B, T, bands]."""
    found = []
    for item in mel:
        vector = w["projection.weight"] @ lstm(w, "recurrent", item, layers)[-1] + w["projection.bias"]
        found.append(vector / torch.sqrt((vector**2).sum()))
    return torch.stack(found)
