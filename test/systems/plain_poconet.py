"""PoCoNet and its losses, written out plainly for wiring tests, after §2.2: by the weights' names, frame by frame."""

import math
from types import SimpleNamespace

import torch
from plain_enhancer import batch_norm, spectrum_of, wave_of
from torch.nn import functional


def stft_of(config):
    """Return what `spectrum_of` and `wave_of` ask for."""
    return SimpleNamespace(n_fft=config.n_fft, hop=config.hop, window="hann")


def separate(w, mixtures, config, training):
    """Return the estimates of vocals and accompaniment of each mixture [N], lists of [N]."""
    stft, bins = stft_of(config), config.n_fft // 2
    spectra, inputs = [], []
    for mixture in mixtures:
        spectrum = spectrum_of(mixture, stft)
        power = spectrum[0] ** 2 + spectrum[1] ** 2
        seen = (spectrum / torch.sqrt(power.sum() / power.numel()))[:, :bins]
        if config.input_power != 1:
            seen = seen * torch.sqrt(seen[0] ** 2 + seen[1] ** 2) ** (config.input_power - 1)
        cosines = [math.cos(2**j * math.pi * f / bins) for j in range(config.embeddings) for f in range(bins)]  # eq. 1
        told = torch.tensor(cosines).view(config.embeddings, bins, 1).expand(-1, -1, seen.shape[-1])
        spectra.append(spectrum)
        inputs.append(torch.cat([seen, told]))
    masks = unet(w, torch.stack(inputs), config, training)
    found = ([], [])
    for (real, imaginary), maps, mixture in zip(spectra, masks, mixtures):
        maps = torch.cat([maps, maps[:, -1:]], dim=1)  # the highest bin has the masks of the one below
        for source, waves in enumerate(found):
            a, b = maps[2 * source], maps[2 * source + 1]
            masked = torch.stack([a * real - b * imaginary, a * imaginary + b * real])
            waves.append(wave_of(masked, len(mixture), stft))
    return found


def unet(w, x, config, training):
    """Down with max-pooling, up with doubling."""
    features = []
    for number in range(config.levels):
        x = level(w, f"network.down.{number}", halved(x) if number else x, config, training)
        features.append(x)
    features.pop()
    for number, skip in enumerate(reversed(features)):
        x = torch.cat([doubled(x)[..., : skip.shape[-1]], skip], dim=1)
        x = level(w, f"network.up.{number}", x, config, training)
    return functional.conv2d(x, w["network.last.weight"], w["network.last.bias"])


def halved(x):
    """The largest of two bins each, and of the frames 2s − 1 and 2s, as far as there are such."""
    x = torch.maximum(x[:, :, 0::2], x[:, :, 1::2])
    frames = []
    for s in range(x.shape[-1] // 2 + 1):
        frames.append(x[..., max(0, 2 * s - 1) : 2 * s + 1].amax(-1))
    return torch.stack(frames, dim=-1)


def doubled(x):
    """Each bin and each frame twice."""
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def level(w, name, x, config, training):
    """A DenseNet block, which sees two frames before each one and none behind it, and attention."""
    maps = x
    for layer in range(3):
        padded = functional.pad(maps, (2, 0, 1, 1))
        new = functional.conv2d(padded, w[f"{name}.dense.convolutions.{layer}.weight"])
        new = batch_norm(new, w, f"{name}.dense.norms.{layer}", training, config.norm_momentum).clamp_min(0)
        maps = torch.cat([maps, new], dim=1)
    x = functional.conv2d(maps, w[f"{name}.dense.join.weight"], w[f"{name}.dense.join.bias"])
    return attend(w, f"{name}.attention", x, config) if config.attention_channels else x


def attend(w, name, x, config):
    """Frame by frame: the softmax of its query's products with the keys weighs the frames' values."""
    few = functional.conv2d(x, w[f"{name}.reduce.weight"], w[f"{name}.reduce.bias"])
    items = []
    for item in few:
        frames = item.shape[-1]
        queries = [w[f"{name}.query.weight"] @ item[0, :, t] + w[f"{name}.query.bias"] for t in range(frames)]
        keys = [w[f"{name}.key.weight"] @ item[1, :, t] + w[f"{name}.key.bias"] for t in range(frames)]
        found = []
        for t in range(frames):
            seen = t + 1 if config.causal_attention else frames
            weights = [torch.exp((queries[t] * keys[s]).sum() / math.sqrt(len(keys[s]))) for s in range(seen)]
            found.append(sum(weight * item[2:, :, s] for s, weight in enumerate(weights)) / sum(weights))
        items.append(torch.stack(found, dim=-1))
    return x + functional.conv2d(torch.stack(items), w[f"{name}.expand.weight"], w[f"{name}.expand.bias"])


def magnitude(wave, config):
    """|STFT| [F, T]."""
    real, imaginary = spectrum_of(wave, stft_of(config))
    return torch.sqrt(real**2 + imaginary**2)


def parts_of(estimates, targets, name, config):
    """Both L1 of eq. 2 of one source, means over items, samples, bins and frames."""
    audio = [(estimate - target).abs().sum() / len(target) for estimate, target in zip(estimates, targets)]
    spec = []
    for estimate, target in zip(estimates, targets):
        error = (magnitude(estimate, config) - magnitude(target, config)).abs()
        spec.append(error.sum() / error.numel())
    return {f"{name}_audio": sum(audio) / len(audio), f"{name}_spec": sum(spec) / len(spec)}


def loss_of(parts, config):
    """Eqs. 2 and 3."""
    vocals = config.lambda_audio * parts["vocals_audio"] + config.lambda_spec * parts["vocals_spec"]
    rest = config.lambda_audio * parts["accompaniment_audio"] + config.lambda_spec * parts["accompaniment_spec"]
    return config.lambda_vocals * vocals + config.lambda_accompaniment * rest
