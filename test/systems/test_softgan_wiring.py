"""SoftGAN's updates against the paper's equations, written out for one crop at a time, for every switch."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional
from wiring import Plain, Weights, compare, same, weights_of

from audiolab.config import from_dict
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.system import SoftGAN

BANDS, FRAMES, CHANNELS, FILTERS, HIDDEN = 8, 12, [3, 4], [2, 3], 5
SLOPE = 0.2
BASE = {
    "bands": BANDS, "frames": FRAMES, "feature_std": 3.0,
    "generator": {"channels": CHANNELS}, "discriminator": {"channels": FILTERS, "hidden": HIDDEN, "slope": SLOPE},
}  # fmt: skip

CASES = {
    "paper": {},
    "rho_gen": {"rho_gen": 0.35},
    "rho_dis": {"rho_dis": 0.6},
    "hard labels": {"rho_gen": 1.0, "rho_dis": 1.0},
    "anchors none": {"anchors": "none"},
    "anchors noise": {"anchors": "noise"},
    "anchors source": {"anchors": "source"},
    "anchor_weight": {"anchor_weight": 0.4},
    "labels with gradient": {"detach_labels": False},
    "cross entropy": {"adversarial": "cross_entropy"},
    "cross entropy, labels with gradient": {"adversarial": "cross_entropy", "detach_labels": False},
    "lambdas": {"lambda_cycle": 0.7, "lambda_identity": 0.45, "lambda_energy": 2.5},
    "no energy": {"lambda_energy": 0.0},
    "energy over time": {"energy_mean": "time"},
    "discriminator first": {"first": "discriminator"},
    "scale unit": {"scale": "unit", "unit_range_db": 60.0},
    "scale unit, relu": {"scale": "unit", "generator": {"output": "relu"}},
    "scale unit, sigmoid": {"scale": "unit", "generator": {"output": "sigmoid"}},
    "scale unit, literal": {"scale": "unit", "generator": {"output": "literal"}},
    "feature_std": {"feature_std": 1.0},
    "kernel 3": {"generator": {"kernel": 3}},
    "kernel 4": {"generator": {"kernel": 4}},
    "bottleneck": {"generator": {"bottleneck": True}},
    "affine": {"generator": {"affine": True}},
    "one level": {"generator": {"channels": [3]}},
    "hidden_norm": {"discriminator": {"hidden_norm": "layer"}},
    "slope": {"discriminator": {"slope": 0.05}},
}


pytestmark = pytest.mark.usefixtures("double")


def config_of(changes):
    tree = dict(BASE)
    for name, value in changes.items():
        tree[name] = tree[name] | value if isinstance(value, dict) else value
    return from_dict(SoftGANConfig, tree)


def statistics(number):
    """Return what a dataset knows of speaker X (0) or Y (1); they differ in all of it."""
    generator = torch.Generator().manual_seed(10 + number)
    mean = -40 - 10 * number + 5 * torch.randn(BANDS, generator=generator, dtype=torch.float64)
    std = 6 + 4 * number + 2 * torch.rand(BANDS, generator=generator, dtype=torch.float64)
    rest = {"order": 30 + number, "f0": 100.0 + 50 * number, "profile": None}
    return SimpleNamespace(speaker="XY"[number], mean=mean, std=std, **rest)


SPEAKERS = statistics(0), statistics(1)
HIGHEST = -21.0, -17.5


def system_of(config):
    """Return a system that has seen both speakers, all weights at random (normalisations' and biases', too)."""
    torch.manual_seed(0)
    system = SoftGAN(config).double()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in system.parameters():
            if parameter.dim() == 1:
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    data = SimpleNamespace(
        bands=BANDS, frames=FRAMES, source=SPEAKERS[0], target=SPEAKERS[1], highest=HIGHEST, analysis=EnvelopeConfig()
    )
    system.setup(data)
    return system


def batch_of(seed, size=2):
    """Return crops in dB about each speaker's mean; X's are not Y's."""
    generator = torch.Generator().manual_seed(seed)
    batch = {"utts": [str(number) for number in range(size)]}
    for name, about in zip("xy", SPEAKERS):
        spread = torch.randn(size, BANDS, FRAMES, generator=generator)
        batch[name] = about.mean[:, None] + about.std[:, None] * spread
    return batch | {"noise": torch.randn(size, BANDS, FRAMES, generator=generator)}


# the reference: one crop [bands, frames] at a time


def instance_norm(maps):
    """Zero mean and unit variance of each channel [channels, height, width], over its own map."""
    out = []
    for each in maps:
        mean = each.sum() / each.numel()
        variance = ((each - mean) ** 2).sum() / each.numel()
        out.append((each - mean) / torch.sqrt(variance + 1e-5))
    return torch.stack(out)


def normalised_relu(maps, affine):
    """§4.1: instance normalisation, then ReLU; ``affine`` is None or the next weights."""
    maps = instance_norm(maps)
    if affine is not None:
        scale, offset = next(affine), next(affine)
        maps = torch.stack([scale[c] * maps[c] + offset[c] for c in range(len(maps))])
    return maps.clamp_min(0)


def transposed(maps, kernel, padding):
    """A transposed convolution with stride 2: each value adds the kernel, times itself, at twice its place."""
    height, width, size = maps.shape[1], maps.shape[2], kernel.shape[-1]
    canvas = torch.zeros(kernel.shape[1], 2 * height + size, 2 * width + size)
    for a in range(size):
        for b in range(size):
            part = torch.zeros_like(canvas)
            part[:, a : a + 2 * height : 2, b : b + 2 * width : 2] = torch.einsum(
                "chw,cd->dhw", maps, kernel[..., a, b]
            )
            canvas = canvas + part
    return canvas[:, padding : padding + 2 * height, padding : padding + 2 * width]


def generate(weights, crop, config):
    """§4.1: convolutions, perhaps §5's bottleneck, transposed convolutions; a crop in the other voice."""
    own, values = config.generator, iter(weights.values())
    affine = values if own.affine else None
    padding = (own.kernel - 1) // 2
    maps = crop[None]
    for _ in own.channels:
        maps = normalised_relu(functional.conv2d(maps, next(values), stride=2, padding=padding), affine)
    if own.bottleneck:
        maps = normalised_relu(functional.conv2d(maps, next(values), padding=1), affine)
        maps = normalised_relu(functional.conv_transpose2d(maps, next(values), padding=1), affine)
    for left in reversed(range(len(own.channels))):
        maps = transposed(maps, next(values), padding)
        if left == 0 and own.output != "literal":
            maps = maps + next(values)
        if left:
            maps = normalised_relu(maps, affine)
    if own.output == "relu":
        maps = maps.clamp_min(0)
    if own.output == "literal":
        maps = normalised_relu(maps, affine)
    if own.output == "sigmoid":
        maps = 1 / (1 + torch.exp(-maps))
    assert next(values, None) is None
    return config.feature_std * maps[0]


def score(weights, crop, config):
    """§4.1: four convolutions (here two) with instance normalisation and LeakyReLU, two fully connected layers."""
    values, slope = iter(weights.values()), config.discriminator.slope

    def leaky(value):
        return torch.where(value > 0, value, slope * value)

    maps = crop[None]
    for _ in config.discriminator.channels:
        maps = leaky(instance_norm(functional.conv2d(maps, next(values), stride=2)))
    hidden = next(values) @ maps.reshape(-1) + next(values)
    if config.discriminator.hidden_norm == "layer":
        mean = hidden.sum() / HIDDEN
        hidden = (hidden - mean) / torch.sqrt(((hidden - mean) ** 2).sum() / HIDDEN + 1e-5)
        hidden = hidden * next(values) + next(values)
    out = next(values) @ leaky(hidden) + next(values)
    assert next(values, None) is None
    return out[0]


def distance(value, label, config):
    """The loss of a linear score against a label in [0, 1]: least squares, or the logarithms of eq. 1."""
    if config.adversarial == "least_squares":
        return (value - label) ** 2
    probability = 1 / (1 + torch.exp(-value))
    return -(label * torch.log(probability) + (1 - label) * torch.log(1 - probability))


def judged(value, config):
    """D(G(x)) as it stands in a soft label: a number, through which nothing is learned unless that is asked for."""
    own = value if config.adversarial == "least_squares" else 1 / (1 + torch.exp(-value))
    return own.detach() if config.detach_labels else own


def mean_difference(a, b):
    """Eqs. 3 and 4: the L1 norm, a mean over bands and frames."""
    return sum((a[f] - b[f]).abs().sum() / FRAMES for f in range(BANDS)) / BANDS


def energy_difference(converted, source, over):
    """§3.3: the difference of mean levels, frame by frame (or band by band)."""
    if over == "frequency":
        pairs = [(converted[:, t].sum() / BANDS, source[:, t].sum() / BANDS) for t in range(FRAMES)]
    else:
        pairs = [(converted[f].sum() / FRAMES, source[f].sum() / FRAMES) for f in range(BANDS)]
    return sum((a - b).abs() for a, b in pairs) / len(pairs)


def scaled(crop, speaker, highest, config):
    """A crop in dB as the networks see it: by speaker and band, or dB below the speaker's highest in [0, 1]."""
    out = torch.empty_like(crop)
    for f in range(BANDS):
        if config.scale == "speaker":
            out[f] = (crop[f] - speaker.mean[f]) / speaker.std[f]
        else:
            out[f] = ((crop[f] - (highest - config.unit_range_db)) / config.unit_range_db).clamp(0, 1)
    return config.feature_std * out


class Reference:
    """The two updates of a batch, in plain arithmetic."""

    def __init__(self, config):
        self.config = config

    def crops(self, batch):
        config = self.config
        xs = [scaled(crop, SPEAKERS[0], HIGHEST[0], config) for crop in batch["x"]]
        ys = [scaled(crop, SPEAKERS[1], HIGHEST[1], config) for crop in batch["y"]]
        low, spread = (0.5, 0.25) if config.scale == "unit" else (0.0, 1.0)
        return xs, ys, [config.feature_std * (low + spread * noise) for noise in batch["noise"]]

    def updates(self, weights: Weights, batch):
        xs, ys, noises = self.crops(batch)
        # the discriminators judge what the generators made at the batch's beginning
        fake_y = [generate(weights["generator_xy"], x, self.config).detach() for x in xs]
        fake_x = [generate(weights["generator_yx"], y, self.config).detach() for y in ys]
        order = ["generator", "discriminator"]
        for name in order if self.config.first == "generator" else reversed(order):
            if name == "generator":
                yield self.generators(weights, xs, ys)
            else:
                yield self.discriminators(weights, xs, ys, fake_x, fake_y, noises)

    def parts(self, weights, xs, ys):
        """Return cycle, identity and energy losses, means over the samples."""
        config, count = self.config, len(xs)
        to_y, to_x = weights["generator_xy"], weights["generator_yx"]
        parts = dict.fromkeys(("cycle", "identity", "energy"), 0.0)
        for x, y in zip(xs, ys):
            fake_y, fake_x = generate(to_y, x, config), generate(to_x, y, config)
            parts["cycle"] += mean_difference(generate(to_x, fake_y, config), x) / count
            parts["cycle"] += mean_difference(generate(to_y, fake_x, config), y) / count
            parts["identity"] += mean_difference(generate(to_y, y, config), y) / count
            parts["identity"] += mean_difference(generate(to_x, x, config), x) / count
            parts["energy"] += energy_difference(fake_y, x, config.energy_mean) / count
            parts["energy"] += energy_difference(fake_x, y, config.energy_mean) / count
        return parts

    def generators(self, weights, xs, ys):
        config, parts = self.config, self.parts(weights, xs, ys)
        fooling = 0.0
        for to, judge, crops in (("xy", "y", xs), ("yx", "x", ys)):
            for crop in crops:
                converted = generate(weights[f"generator_{to}"], crop, config)
                value = score(weights[f"discriminator_{judge}"], converted, config)
                label = judged(value, config) + config.rho_dis * (1 - judged(value, config))  # eq. 7
                fooling = fooling + distance(value, label, config) / len(crops)
        loss = (
            fooling
            + config.lambda_cycle * parts["cycle"]
            + config.lambda_identity * parts["identity"]
            + config.lambda_energy * parts["energy"]
        )
        shown = {name: value / config.feature_std for name, value in parts.items()}
        return Plain("generator", loss, ("generator_xy", "generator_yx"), {"adversarial": fooling} | shown)

    def discriminators(self, weights, xs, ys, fake_x, fake_y, noises):
        config, loss = self.config, 0.0
        shown = {}
        for voice, reals, fakes, others in (("x", xs, fake_x, ys), ("y", ys, fake_y, xs)):
            own = weights[f"discriminator_{voice}"]
            for real, fake, other, noise in zip(reals, fakes, others, noises):
                scores = {"d_real": score(own, real, config), "d_converted": score(own, fake, config)}
                label = (1 - config.rho_gen) * judged(scores["d_converted"], config)  # eq. 6
                each = distance(scores["d_real"], 1.0, config) + distance(scores["d_converted"], label, config)
                if config.anchors in ("noise", "both"):
                    scores["d_noise"] = score(own, noise, config)
                    each = each + config.anchor_weight * distance(scores["d_noise"], 0.0, config)
                if config.anchors in ("source", "both"):  # real speech of the other speaker
                    scores["d_source"] = score(own, other, config)
                    each = each + config.anchor_weight * distance(scores["d_source"], 0.0, config)
                loss = loss + each / len(xs)
                for name, value in scores.items():
                    shown[name] = shown.get(name, 0.0) + value / (2 * len(xs))
        return Plain("discriminator", loss, ("discriminator_x", "discriminator_y"), shown)


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_losses_gradients_and_order(changes):
    config = config_of(changes)
    compare(system_of(config), Reference(config).updates, [batch_of(1), batch_of(2)])


def test_only_what_was_asked_for_is_logged():
    for anchors, shown in (("none", set()), ("noise", {"d_noise"}), ("source", {"d_source"})):
        updates = {u.name: u for u in system_of(config_of({"anchors": anchors})).updates(batch_of(1))}
        assert set(updates["discriminator"].stats) == {"d_real", "d_converted"} | shown
        assert set(updates["generator"].stats) == {"adversarial", "cycle", "identity", "energy"}


@pytest.mark.parametrize("scale", ["speaker", "unit"])
def test_validation_shows_the_errors_and_scores_of_its_names(scale):
    config = config_of({"scale": scale})
    system, batch, reference = system_of(config), batch_of(5, size=3), Reference(config)
    weights, (xs, ys, _) = weights_of(system), reference.crops(batch_of(5, size=3))
    found = system.validate(batch)
    expected = {name: value / config.feature_std for name, value in reference.parts(weights, xs, ys).items()}

    def mean_score(crops_x, crops_y):
        values = [score(weights["discriminator_x"], crop, config) for crop in crops_x]
        values += [score(weights["discriminator_y"], crop, config) for crop in crops_y]
        return sum(values) / len(values)

    fake_x = [generate(weights["generator_yx"], y, config) for y in ys]
    fake_y = [generate(weights["generator_xy"], x, config) for x in xs]
    expected["d_real"] = mean_score(xs, ys)
    expected["d_converted"] = mean_score(fake_x, fake_y)
    expected["d_source"] = mean_score(ys, xs)
    assert set(found) == set(expected)
    for name, mean in found.items():
        same(name, torch.tensor(mean.value), expected[name], 1e-9)
        assert mean.count == 3


def test_reference_is_that_of_the_paper_where_it_can_be_worked_out_by_hand():
    """LSGAN's numbers: a score of 0.4 costs 0.1² · 0.4² as a converted one (eq. 6), 0.9² · 0.6² to the generator."""
    config, value = config_of({}), torch.tensor(0.4)
    assert float(distance(value, (1 - config.rho_gen) * judged(value, config), config)) == pytest.approx(0.0016)
    label = judged(value, config) + config.rho_dis * (1 - judged(value, config))
    assert float(distance(value, label, config)) == pytest.approx(0.81 * 0.36)
    assert math.isclose(float(energy_difference(torch.ones(BANDS, FRAMES), torch.zeros(BANDS, FRAMES), "time")), 1.0)
