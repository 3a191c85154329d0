"""Supervised training, the domain classifier and domain-adversarial training against §2 and §3 of SRST, written out.

Self-training is in test_self_training_wiring.py.
"""

import math

import pytest
import torch
from plain_enhancer import cross_entropy, decode, encode, enhance, log_odds, loss_of, part_loss, si_sdr
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole

pytestmark = pytest.mark.usefixtures("double")

ENHANCER = {"widths": [2, 3, 3], "n_fft": 16, "hop": 8}
LENGTH = 100  # 13 frames, which are padded to 16

ORDER = torch.tensor([0.5, 0.9, 0.2, 0.1, 0.7, 0.3], dtype=torch.float64)
"""What items bring along for the exchange of noises: no permutation that is its own inverse follows from it."""


def made(name, seed=0, **options):
    """Return a system in training, with weights and statistics of batch normalisation at random, and its config."""
    options["enhancer"] = ENHANCER | options.get("enhancer", {})
    if name != "se_supervised":
        options.setdefault("init", "unused")
    cls = systems.get(name)
    config = from_dict(cls.Config, options)
    torch.manual_seed(seed)
    system = cls(config).double()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for key, value in system.state_dict().items():
            if key.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.dim() == 1 and value.is_floating_point():
                value += 0.2 * torch.randn(value.shape, generator=generator)
    return system.train(), config


def batch_of(seed, source=(False, True, True, False), share=0.5, target_noise=False):
    """Return mixtures of a low tone (speech) and noise; parts of target mixtures are unknown, as in training.

    Args:
        seed: Of what is random.
        source: Which are of the source domain.
        share: Which part of the whole batch is; of which a process may hold another part.
        target_noise: The target's noise is known (``data_conf.leak_target_noise``).
    """
    generator = torch.Generator().manual_seed(seed)
    count, time = len(source), torch.arange(LENGTH)
    phases = torch.rand(count, 1, generator=generator) * 6
    speech = torch.sin(0.3 * time + phases) * torch.arange(1, count + 1)[:, None] + 0.1
    noise = torch.randn(count, LENGTH, generator=generator) * torch.arange(count, 0, -1)[:, None]
    known = torch.tensor(source)
    unknown = torch.where(known, 0.0, math.nan)[:, None]
    batch = {"target_noise": True} if target_noise else {}
    return batch | {
        "noisy": speech + noise, "speech": speech + unknown, "source": known,
        "noise": noise if target_noise else noise + unknown,
        "order": ORDER[:count], "place": torch.arange(count), "whole": Whole(count, facts={"source": share * count}),
        "utts": [str(number) for number in range(count)],
    }  # fmt: skip


def recognised(odds, source):
    """Return which part of the items is on the right side."""
    return torch.tensor([(value.item() < 0) == bool(s) for value, s in zip(odds, source)]).double().mean()


# Supervised

SUPERVISED = {
    "paper": {},
    "noise_weight": {"loss": {"noise_weight": 0.3}},
    "clamp_db": {"loss": {"clamp_db": 3.0}},
    "least squares": {"enhancer": {"consistency": "least_squares"}},
    "inconsistent": {"enhancer": {"consistency": "none"}},
    "corners": {"enhancer": {"align_corners": True}},
    "Hann": {"enhancer": {"window": "hann"}},
    "hop": {"enhancer": {"hop": 4}},
    "two levels": {"enhancer": {"widths": [3, 2]}},
}


@pytest.mark.parametrize("options", SUPERVISED.values(), ids=SUPERVISED)
def test_supervised(options):
    system, config = made("se_supervised", **options)

    def reference(weights, batch):
        speeches, noises = enhance(weights["enhancer"], batch["noisy"], config.enhancer, training=True)
        losses = [
            loss_of(estimates, speech, noise, config.loss)
            for *estimates, speech, noise in zip(speeches, noises, batch["speech"], batch["noise"])
        ]
        yield Plain("enhancer", sum(losses) / len(losses), ("enhancer",))

    compare(system, reference, [batch_of(seed, source=(True, True, True)) for seed in (1, 2)])


def test_validation_scores_by_domain_what_the_enhancer_makes():
    system, config = made("se_supervised")
    batch = batch_of(4, source=(True,) * 4) | {"source": torch.tensor([True, False, False, False])}
    found = system.eval().validate(batch)
    speeches, _ = enhance(weights_of(system)["enhancer"], batch["noisy"], config.enhancer, training=False)
    for domain, items in (("source", [0]), ("target", [1, 2, 3])):
        scores = [si_sdr(speeches[i], batch["speech"][i]) for i in items]
        gains = [score - si_sdr(batch["noisy"][i], batch["speech"][i]) for i, score in zip(items, scores)]
        for name, values in ((f"{domain}_si_sdr", scores), (f"{domain}_si_sdr_gain", gains)):
            same(name, torch.tensor(found[name].value), sum(values) / len(values), 1e-9)


# Domain classifier


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_domain_classifier_learns_on_an_encoder_that_stays(kernel):
    """§3: cross entropy, on the frozen encoder's features with the statistics that it has learned."""
    system, config = made("se_domain_classifier", classifier={"kernel": kernel})

    def reference(weights, batch):
        features, _ = encode(weights["enhancer"], batch["noisy"], config.enhancer, training=False)
        odds = log_odds(weights["classifier"], features[-1])
        loss = cross_entropy(odds, batch["source"])
        logged = {"domain_loss": loss, "domain_accuracy": recognised(odds, batch["source"])}
        yield Plain("classifier", loss, ("classifier",), logged)

    compare(system, reference, [batch_of(1), batch_of(2, source=(False, False, True))])


# Domain-adversarial training

ADVERSARIAL = {
    "paper": {},
    "beta": {"beta": 0.7},
    "noise_weight": {"loss": {"noise_weight": 0.3}},
    "clamp_db": {"loss": {"clamp_db": 3.0}},
    "frozen": {"freeze_classifier": True, "beta": 0.7},
    "no adversary": {"beta": 0.0},
    "five steps of the classifier": {"classifier_steps": 5},
    "3 × 3": {"classifier": {"kernel": 3}},
}


def adversarial(config, factor):
    """Return the reference: eq. 2 as the encoder sees it, eq. 6 as it is written."""

    def reference(weights, batch):
        source, items = batch["source"], batch["source"].nonzero()[:, 0].tolist()
        own = weights["enhancer"]
        features, scales = encode(own, batch["noisy"], config.enhancer, training=True)
        domain = cross_entropy(log_odds(weights["classifier"], features[-1]), source)
        # all are decoded where the target's noise is known, else the source's alone, whose statistics then count
        decoded = list(range(len(source))) if "target_noise" in batch else items
        estimates = decode(
            own, [each[decoded] for each in features], batch["noisy"][decoded], [scales[i] for i in decoded],
            config.enhancer, training=True,
        )  # fmt: skip
        expected, enhancement = batch["whole"].facts["source"], 0.0  # a mean over the whole batch's source mixtures
        for i, speech, noise in zip(decoded, *estimates):
            of_noise = config.loss.noise_weight * part_loss(noise, batch["noise"][i], config.loss)
            enhancement = enhancement + of_noise / (len(source) if "target_noise" in batch else expected)
            if i in items:
                enhancement = enhancement + part_loss(speech, batch["speech"][i], config.loss) / expected
        logged = {"enhancement": enhancement, "domain_loss": domain}
        logged["domain_accuracy"] = recognised(log_odds(weights["classifier"], features[-1]), source)
        held = features[-1].detach()
        yield Plain(
            "enhancer",
            enhancement + config.beta * domain,
            ("enhancer",),
            logged,
            objective=enhancement - factor * config.beta * domain,
        )
        if not config.freeze_classifier:
            for _ in range(config.classifier_steps):  # each with what the one before has learned
                odds = log_odds(weights["classifier"], held)
                yield Plain("classifier", config.beta * cross_entropy(odds, source), ("classifier",))

    return reference


@pytest.mark.parametrize("options", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_adversarial(options):
    system, config = made("se_adversarial", **options)
    batches = [batch_of(1), batch_of(2, source=(False, False, True, False, True), share=0.5)]
    compare(system, adversarial(config, 1.0), batches)


@pytest.mark.parametrize("options", [{}, {"loss": {"noise_weight": 0.3}}], ids=["plain", "noise_weight"])
def test_adversarial_with_the_targets_noise(options):
    """As the first author's later code has it: the noise of all mixtures is learned, the speech of the source's."""
    system, config = made("se_adversarial", **options)
    source = (False, False, True, False, True)
    batches = [batch_of(1, target_noise=True), batch_of(2, source=source, share=0.5, target_noise=True)]
    compare(system, adversarial(config, 1.0), batches)


def test_adversarial_with_ganins_factor():
    """It moves within an epoch, too, and stays at its end."""
    system, config = made("se_adversarial", schedule="ganin", schedule_epochs=10, beta=0.7)
    for seed, epochs in enumerate((0, 0.5, 3.25, 12)):
        system.on_step_start(epochs)
        factor = 2 / (1 + math.exp(-10 * min(1.0, epochs / 10))) - 1
        compare(system, adversarial(config, factor), [batch_of(seed + 1)])


def test_adversarial_validation():
    system, config = made("se_adversarial")
    batch = batch_of(4, source=(True,) * 5) | {"source": torch.tensor([True, True, False, False, False])}
    found, weights = system.eval().validate(batch), weights_of(system)
    features, scales = encode(weights["enhancer"], batch["noisy"], config.enhancer, training=False)
    speeches, _ = decode(weights["enhancer"], features, batch["noisy"], scales, config.enhancer, False)
    odds = log_odds(weights["classifier"], features[-1])
    expected = {
        "domain_loss": cross_entropy(odds, batch["source"]),
        "domain_accuracy": recognised(odds, batch["source"]),
        "source_recognised": recognised(odds[:2], batch["source"][:2]),
        "target_recognised": recognised(odds[2:], batch["source"][2:]),
        "source_si_sdr": sum(si_sdr(speeches[i], batch["speech"][i]) for i in (0, 1)) / 2,
        "target_si_sdr": sum(si_sdr(speeches[i], batch["speech"][i]) for i in (2, 3, 4)) / 3,
    }
    for name, value in expected.items():
        same(name, torch.tensor(found[name].value), value, 1e-9)
