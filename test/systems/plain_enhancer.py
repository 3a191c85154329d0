"""SRST's networks and loss, written out plainly for wiring tests: the STFT as sums, the U-Net by its weights' names."""

import math
from functools import cache

import torch
from torch.nn import functional

MOMENTUM, NORM_EPS, TINY, EPS = 0.1, 1e-5, 1e-8, 1e-8


def window_of(config):
    """Periodic, n_fft long."""
    first = {"hamming": 0.54, "hann": 0.5}[config.window]
    return [first - (1 - first) * math.cos(2 * math.pi * n / config.n_fft) for n in range(config.n_fft)]


@cache
def turns_of(size):
    """Return 2π k n / size, [size // 2 + 1, size]."""
    return torch.tensor([[2 * math.pi * k * n / size for n in range(size)] for k in range(size // 2 + 1)])


def spectrum_of(wave, config):
    """Return real and imaginary parts [2, F, T] of a waveform [N]; frame t is centred on sample t · hop."""
    size, window = config.n_fft, torch.tensor(window_of(config))
    padded, turns = functional.pad(wave, (size // 2, size // 2)), turns_of(size)
    frames = []
    for t in range(len(wave) // config.hop + 1):
        piece = padded[t * config.hop : t * config.hop + size] * window
        frames.append(torch.stack([torch.cos(turns) @ piece, -torch.sin(turns) @ piece]))
    return torch.stack(frames, dim=-1)


def wave_of(spectrum, length, config):
    """Return the waveform [N] whose windowed frames are nearest to a spectrum [2, F, T]: overlap-add over Σ w²."""
    size, half, window = config.n_fft, config.n_fft // 2, torch.tensor(window_of(config))
    total = config.hop * (spectrum.shape[-1] - 1) + size
    out, weight = torch.zeros(total), torch.zeros(total)
    turns = turns_of(size)
    twice = torch.full((half + 1,), 2.0)  # all bins but the first and the last stand for two
    twice[0] = twice[half] = 1
    for t in range(spectrum.shape[-1]):
        real, imaginary = twice * spectrum[:, :, t]
        piece = real @ torch.cos(turns) - imaginary @ torch.sin(turns)
        start = t * config.hop
        out = out + functional.pad(piece / size * window, (start, total - start - size))
        weight[start : start + size] += window**2
    return out[half : half + length] / weight[half : half + length]


def batch_norm(x, w, name, training, momentum=MOMENTUM):
    """By channel over items, bins and frames; the running statistics follow by ``momentum``, the variance unbiased."""
    out = []
    count = x.numel() // x.shape[1]
    means, variances = w[f"{name}.running_mean"].clone(), w[f"{name}.running_var"].clone()
    for c in range(x.shape[1]):
        mean, variance = means[c], variances[c]
        if training:
            mean = x[:, c].sum() / count
            variance = ((x[:, c] - mean) ** 2).sum() / count
            means[c] = (1 - momentum) * means[c] + momentum * mean.detach()
            variances[c] = (1 - momentum) * variances[c] + momentum * variance.detach() * count / (count - 1)
        scaled = (x[:, c] - mean) / torch.sqrt(variance + NORM_EPS)
        out.append(w[f"{name}.weight"][c] * scaled + w[f"{name}.bias"][c])
    if training:
        w[f"{name}.running_mean"], w[f"{name}.running_var"] = means, variances
        w[f"{name}.num_batches_tracked"] = w[f"{name}.num_batches_tracked"] + 1
    return torch.stack(out, dim=1)


def double_conv(x, w, name, training):
    """Twice: 3 × 3 convolution, batch normalisation, ReLU."""
    for first in (0, 3):
        x = functional.conv2d(x, w[f"{name}.{first}.weight"], padding=1)
        x = batch_norm(x, w, f"{name}.{first + 1}", training).clamp_min(0)
    return x


def doubled(x, align_corners):
    """Bilinear, along frequency and time."""
    for axis in (2, 3):
        size, rows = x.shape[axis], []
        for i in range(2 * size):
            place = i * (size - 1) / (2 * size - 1) if align_corners else max(0.0, (i + 0.5) / 2 - 0.5)
            low = min(int(place), size - 1)
            high = min(low + 1, size - 1)
            rows.append((1 - (place - low)) * x.select(axis, low) + (place - low) * x.select(axis, high))
        x = torch.stack(rows, dim=axis)
    return x


def encode(w, waves, config, training):
    """Return features of all levels, and the scales: the mixtures' standard deviations."""
    levels, step = len(config.widths), 2 ** (len(config.widths) - 1)
    scales, maps = [], []
    for wave in waves:
        mean = wave.sum() / len(wave)
        scales.append(torch.sqrt(((wave - mean) ** 2).sum() / len(wave)))
        spectrum = spectrum_of(wave, config) / scales[-1]
        maps.append(functional.pad(spectrum, (0, -spectrum.shape[-1] % step)))
    x, features = torch.stack(maps), []
    for level in range(levels):
        if level:
            height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
            corners = [x[:, :, a:height:2, b:width:2] for a in (0, 1) for b in (0, 1)]
            x = torch.stack(corners).amax(0)
        x = double_conv(x, w, f"encoder.levels.{level}", training)
        features.append(x)
    return features, scales


def decode(w, features, waves, scales, config, training):
    """Return estimates of speech and noise of each mixture, from its features."""
    x = features[-1]
    for number, skip in enumerate(reversed(features[:-1])):
        x = doubled(x, config.align_corners)
        lacks = [skip.shape[axis] - x.shape[axis] for axis in (2, 3)]
        x = functional.pad(x, (lacks[1] // 2, lacks[1] - lacks[1] // 2, lacks[0] // 2, lacks[0] - lacks[0] // 2))
        x = double_conv(torch.cat([skip, x], dim=1), w, f"decoder.levels.{number}", training)
    maps = functional.conv2d(x, w["decoder.last.weight"], w["decoder.last.bias"])
    speeches, noises = [], []
    for item, wave, scale in zip(maps, waves, scales):
        item = scale * item[..., : len(wave) // config.hop + 1]
        speech, noise = (wave_of(item[part : part + 2], len(wave), config) for part in (0, 2))
        speech, noise = consistent(speech, noise, wave, config.consistency)
        speeches.append(speech)
        noises.append(noise)
    return speeches, noises


def enhance(w, waves, config, training):
    """Return estimates of speech and noise, lists of [N]."""
    features, scales = encode(w, waves, config, training)
    return decode(w, features, waves, scales, config, training)


def consistent(speech, noise, mixture, how):
    """Half of what is missing to each; or the two factors whose sum is nearest to the mixture; or as they are."""
    if how == "projection":
        missing = mixture - speech - noise
        return speech + missing / 2, noise + missing / 2
    if how == "least_squares":
        a, b, c = (speech * speech).sum(), (speech * noise).sum(), (noise * noise).sum()
        ridge = TINY * (a + c)
        a, c = a + ridge, c + ridge
        p, q = (speech * mixture).sum(), (noise * mixture).sum()
        determinant = a * c - b * b
        return speech * (p * c - b * q) / determinant, noise * (a * q - b * p) / determinant
    return speech, noise


def si_sdr(estimate, reference):
    """Eq. 5, without means; with ε for silence."""
    estimate = estimate - estimate.sum() / len(estimate)
    reference = reference - reference.sum() / len(reference)
    alpha = (estimate * reference).sum() / ((reference**2).sum() + EPS)
    wanted, rest = ((alpha * reference) ** 2).sum() + EPS, ((alpha * reference - estimate) ** 2).sum() + EPS
    return 10 * torch.log10(wanted / rest)


def part_loss(estimate, reference, config):
    """−SI-SDR of one part of one item, within the limit."""
    value, limit = si_sdr(estimate, reference), config.clamp_db
    if limit is not None and abs(value.item()) > limit:
        return torch.tensor(-math.copysign(limit, value.item()))
    return -value


def loss_of(estimates, speech, noise, config):
    """−SI-SDR of one item's speech and, weighted, of its noise."""
    return part_loss(estimates[0], speech, config) + config.noise_weight * part_loss(estimates[1], noise, config)


def log_odds(w, bottleneck):
    """The domain classifier: over channels, PReLU, over bins, PReLU, mean over time; one item [C, F, T] at a time.

    Kernels reach as many bins and frames to either side; beyond the bottleneck are zeros.
    """

    def prelu(value, slope):
        return torch.where(value > 0, value, slope * value)

    out = []
    for item in bottleneck:
        (channels, bins, frames), kernel = item.shape, w["over_channels.0.weight"][0]
        size = kernel.shape[-1]
        around = functional.pad(item, (size // 2,) * 4)
        maps = w["over_channels.0.bias"][0] + sum(
            kernel[c, i, j] * around[c, i : i + bins, j : j + frames]
            for c in range(channels) for i in range(size) for j in range(size)
        )  # fmt: skip
        around = functional.pad(prelu(maps, w["over_channels.1.weight"][0]), (size // 2, size // 2))
        kernel = w["over_frequency.0.weight"][0]
        line = w["over_frequency.0.bias"][0] + sum(
            kernel[f, j] * around[f, j : j + frames] for f in range(bins) for j in range(size)
        )
        line = prelu(line, w["over_frequency.1.weight"][0])
        out.append(line.sum() / len(line))
    return out


def cross_entropy(odds, source):
    """Mean over the items of −log of the right domain's probability; the log odds are the target's."""
    total = 0.0
    for value, of_source in zip(odds, source):
        probability = 1 / (1 + torch.exp(-value))
        total = total - torch.log(1 - probability if of_source else probability)
    return total / len(odds)
