"""The enhancement systems: networks, losses and what each phase trains."""

import math

import numpy as np
import pytest
import torch
from examples import SMALL_ENHANCER

from audiolab.dataset import Whole
from audiolab.errors import AudiolabError
from audiolab.systems.srst.adversarial import DomainAdversarial
from audiolab.systems.srst.classifier import DomainClassifier
from audiolab.systems.srst.config import (
    AdversarialConfig,
    DomainClassifierConfig,
    EnhancerConfig,
    LossConfig,
    SelfTrainingConfig,
)
from audiolab.systems.srst.enhancer import Enhancer, consistent
from audiolab.systems.srst.losses import domain_loss, enhancement_loss, enhancement_scores
from audiolab.systems.srst.predictor import Level, Predictor
from audiolab.systems.srst.self_training import SelfTraining

RATE = 16000


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def enhancer(**options):
    torch.manual_seed(0)
    return Enhancer(EnhancerConfig(**(SMALL_ENHANCER | options)))


def whole(size, source, parts=1):
    return Whole(size, parts, facts={"source": source})


def batch_of(count=8, length=4000):
    """Return a batch of alternating target and source samples, as `DomainMixtures` gives it."""
    speech, other = noise(count, length), noise(count, length, seed=1)
    source = torch.arange(count) % 2 == 1
    unknown = torch.where(source[:, None], torch.tensor(0.0), torch.tensor(math.nan))
    order = torch.rand(count, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return {
        "noisy": speech + other, "speech": speech + unknown, "noise": other + unknown, "source": source, "order": order,
        "utts": [str(number) for number in range(count)], "place": torch.arange(count),
        "whole": whole(count, count // 2),
    }  # fmt: skip


@pytest.mark.parametrize("length", [1, 300, 4000, 4097])
def test_estimates_have_the_mixtures_length_and_add_up(length):
    mixture = noise(2, length) if length > 1 else torch.full((2, 1), 0.5)
    with torch.no_grad():
        speech, other = enhancer().eval()(mixture)
    assert speech.shape == other.shape == mixture.shape
    torch.testing.assert_close(speech + other, mixture)


def test_enhancer_scales_with_its_input():
    network = enhancer().eval()
    mixture = noise(2, 4000)
    with torch.no_grad():
        loud, quiet = network(mixture * 0.5)[0], network(mixture * 1e-3)[0]
    torch.testing.assert_close(loud * 2e-3, quiet, rtol=1e-4, atol=1e-9)


def test_silence_stays_silence():
    with torch.no_grad():
        speech, _ = enhancer().eval()(torch.zeros(1, 4000))
    assert speech.abs().max() < 1e-6


def test_least_squares_finds_the_levels_again():
    """Of a mixture of two known parts, estimates of any level get the parts' own."""
    speech, other = noise(3, 2000), noise(3, 2000, seed=1)
    found = consistent(-0.1 * speech, 7 * other, speech + other, "least_squares")
    torch.testing.assert_close(found[0], speech, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found[1], other, rtol=1e-3, atol=1e-4)


def test_projection_is_the_nearest_pair_that_adds_up():
    """Any other pair that adds up is farther from the estimates."""
    estimates, mixture = noise(2, 1, 50), noise(1, 50, seed=1)
    speech, other = consistent(estimates[0], estimates[1], mixture, "projection")
    step = 0.1 * noise(1, 50, seed=2)

    def distance(a, b):
        return float((a - estimates[0]).square().sum() + (b - estimates[1]).square().sum())

    assert distance(speech, other) < min(distance(speech + s * step, other - s * step) for s in (-1, 1))


def test_loss_of_estimates_at_a_known_angle():
    """ŝ = s + e with e orthogonal to s and ‖e‖ = ‖s‖/10 has 20 dB; at twice the noise weight the noise counts twice."""
    speech = torch.zeros(1, 400)
    speech[0, ::2], error = torch.tensor([1.0, -1.0]).repeat(100), torch.zeros(1, 400)
    error[0, 1::2] = 0.1 * torch.tensor([1.0, -1.0]).repeat(100)
    pair = (3 * (speech + error), speech + error)
    assert enhancement_loss(pair, (speech, speech), LossConfig()).item() == pytest.approx(-40, abs=1e-4)
    assert enhancement_loss(pair, (speech, speech), LossConfig(noise_weight=2.0)).item() == pytest.approx(-60, abs=1e-4)
    assert enhancement_loss(pair, (speech, speech), LossConfig(clamp_db=15.0)).item() == pytest.approx(-30, abs=1e-4)


def test_scores_are_kept_apart_by_domain():
    batch = batch_of() | {"speech": noise(8, 4000), "noisy": noise(8, 4000, seed=3)}
    estimate = torch.where(batch["source"][:, None], batch["speech"] + 0.1 * batch["noisy"], batch["noisy"])
    means = enhancement_scores(estimate, batch)
    assert means["source_si_sdr"].value == pytest.approx(20, abs=0.5)
    assert means["target_si_sdr_gain"].value == pytest.approx(0, abs=1e-5)
    assert means["source_si_sdr"].count == means["target_si_sdr"].count == 4


def test_domain_loss_is_the_mean_of_minus_log_probabilities():
    logits, source = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([False, True, True])
    p = 1 / (1 + np.exp(-logits.numpy()))
    expected = -np.mean([np.log(p[0]), np.log(1 - p[1]), np.log(1 - p[2])])
    assert domain_loss(logits, source).item() == pytest.approx(expected, rel=1e-6)


def test_classifier_is_two_convolutions_and_the_mean_over_time():
    torch.manual_seed(0)
    classifier = DomainClassifier(EnhancerConfig(n_fft=20, hop=10, widths=[3, 6]), DomainClassifierConfig())
    assert sum(p.numel() for p in classifier.parameters()) == (6 + 1 + 1) + (5 + 1 + 1)
    x = noise(2, 6, 5, 9)
    frames = torch.stack([classifier(x[..., t : t + 1]) for t in range(9)])
    torch.testing.assert_close(classifier(x), frames.mean(0))


def adversarial(**options):
    torch.manual_seed(0)
    return DomainAdversarial(AdversarialConfig(init="x", enhancer=EnhancerConfig(**SMALL_ENHANCER), **options)).eval()


def gradients(system, batch):
    """Return what the trainer's backward passes give: each update reaches the networks that it steps."""
    system.zero_grad()
    for update in system.updates(batch):
        stepped = [p for name in system.optimizes[update.name] for p in getattr(system, name).parameters()]
        update.loss.backward(inputs=stepped)
    return {name: None if p.grad is None else p.grad.clone() for name, p in system.named_parameters()}


def test_reversal_gives_the_encoder_the_opposite_of_the_classifier(monkeypatch):
    """Eq. 2: without the enhancement loss the encoder's gradient is −β times the classifier loss's own."""
    system, batch = adversarial(beta=0.05), batch_of()
    monkeypatch.setattr(
        "audiolab.systems.srst.adversarial.enhancement_loss", lambda estimates, labels, config: 0 * estimates[0].sum(-1)
    )
    found = gradients(system, batch)
    system.zero_grad()
    features = system.enhancer.encode(*system.enhancer.analyse(batch["noisy"]))
    domain_loss(system.classifier(features[-1]), batch["source"]).backward()
    for name, p in system.named_parameters():
        if name.startswith(("enhancer.encoder", "classifier")):
            sign = -1 if name.startswith("enhancer") else 1
            torch.testing.assert_close(found[name], sign * 0.05 * p.grad, rtol=1e-3, atol=1e-8)


def test_target_samples_teach_the_decoder_nothing():
    system, batch = adversarial(), batch_of()
    other = batch | {"noisy": torch.where(batch["source"][:, None], batch["noisy"], noise(8, 4000, seed=5))}
    one, two = gradients(system, batch), gradients(system, other)
    same = {name: torch.allclose(one[name], two[name]) for name in one}
    assert all(value for name, value in same.items() if "decoder" in name)
    assert not any(value for name, value in same.items() if name.startswith("classifier"))


def halves(batch):
    parts = ({n: v[half] if torch.is_tensor(v) else v for n, v in batch.items()} for half in (slice(4), slice(4, 8)))
    return [part | {"whole": batch["whole"]._replace(parts=2)} for part in parts]


def test_a_batch_is_the_mean_of_its_parts_however_the_domains_are_shared_out():
    """As processes hold them: 3 source mixtures of 8, of which the first part has 1 and the second 2."""
    system, batch = adversarial(beta=0.0), batch_of()
    batch |= {"source": torch.tensor([False, False, False, True, False, True, True, False]), "whole": whole(8, 3)}
    batch |= {name: noise(8, 4000, seed=seed) for seed, name in enumerate(("speech", "noise"))}
    one, two, both = (next(iter(system.updates(each))).loss for each in (*halves(batch), batch))
    torch.testing.assert_close((one + two) / 2, both)


def test_noise_of_the_target_teaches_where_it_is_known(monkeypatch):
    """The speech's loss is the mean over the source, the noise's over all, also where parts hold them unequally."""
    monkeypatch.setattr(
        "audiolab.systems.srst.adversarial.part_loss",
        lambda estimate, target, config: target.mean(-1) + 0 * estimate[:, 0],
    )
    system, batch = adversarial(beta=0.0, loss=LossConfig(noise_weight=0.5)), batch_of()
    source = torch.tensor([False, False, False, True, False, True, True, False])
    batch |= {"source": source, "whole": whole(8, 3), "target_noise": True}
    batch["speech"] = torch.where(source, torch.arange(8.0), math.nan)[:, None].expand(8, 4000)
    batch["noise"] = torch.arange(10.0, 18.0)[:, None].expand(8, 4000)
    one, two, both = (next(iter(system.updates(each))).loss.item() for each in (*halves(batch), batch))
    assert both == pytest.approx((3 + 5 + 6) / 3 + 0.5 * 13.5)
    assert (one + two) / 2 == pytest.approx(both)


def test_a_part_without_source_mixtures_is_refused():
    batch = batch_of() | {"source": torch.zeros(8, dtype=torch.bool), "whole": whole(8, 1)}
    with pytest.raises(AudiolabError, match=r"of the 8 mixtures of a process's batch none is of the source domain"):
        next(iter(adversarial().updates(batch)))


def test_frozen_classifier_and_ganins_schedule():
    system = adversarial(freeze_classifier=True, schedule="ganin", schedule_epochs=10)
    factors = []
    for epochs in (0, 0.1, 5, 10, 20):
        system.on_step_start(epochs)
        factors.append(system.factor)
    expected = [0, math.tanh(0.05), math.tanh(2.5), math.tanh(5), math.tanh(5)]  # 2 / (1 + e^−2x) − 1 = tanh x
    assert factors == pytest.approx(expected)
    found = gradients(system, batch_of())
    assert all((grad is None) == name.startswith("classifier") for name, grad in found.items())
    assert [update.name for update in system.updates(batch_of())] == ["enhancer"]


def self_training(**options):
    torch.manual_seed(0)
    system = SelfTraining(SelfTrainingConfig(init="x", enhancer=EnhancerConfig(**SMALL_ENHANCER), **options))
    system.teacher.load_state_dict(system.enhancer.state_dict())
    return system.train()


def test_student_sees_teachers_speech_with_exchanged_noise(monkeypatch):
    """Eq. 3: x̃ = s̃ + P ñ with P a permutation of the target samples; source samples stay as they are."""
    system, batch = self_training(remix_level="recorded"), batch_of()
    seen = {}

    def loss(estimates, targets, config):
        seen["targets"] = targets
        return 0 * estimates[0].sum(-1)

    monkeypatch.setattr("audiolab.systems.srst.self_training.enhancement_loss", loss)
    forward = system.enhancer.forward
    monkeypatch.setattr(system.enhancer, "forward", lambda mixture: seen.update(mixture=mixture) or forward(mixture))
    list(system.updates(batch))
    target, (speech, other) = ~batch["source"], seen["targets"]
    with torch.no_grad():
        taught_speech, taught_noise = system.teacher(batch["noisy"][target])
    torch.testing.assert_close(speech[target], taught_speech)
    order = batch["order"][target].argsort()
    assert sorted(order.tolist()) == [0, 1, 2, 3] != order.tolist()
    torch.testing.assert_close(other[target], taught_noise[order])
    torch.testing.assert_close(seen["mixture"], speech + other)
    assert torch.equal(speech[~target], batch["speech"][~target])


def test_noises_are_exchanged_within_groups_only():
    """Of a batch of 12 in groups of 4, the target mixtures: in its last part there is but one."""
    system = self_training(remix_group=4)
    place = torch.tensor([0, 2, 3, 4, 6, 11])
    order = torch.tensor([0.9, 0.1, 0.2, 0.7, 0.5, 0.0])
    assert system._permutation(order, place).tolist() == [1, 2, 0, 4, 3, 5]
    assert self_training()._permutation(order, place).tolist() == [5, 1, 2, 4, 3, 0]


def test_source_weight_scales_the_source_part_alone(monkeypatch):
    monkeypatch.setattr(
        "audiolab.systems.srst.self_training.enhancement_loss", lambda e, t, c: 0 * e[0].sum(-1) + torch.arange(8.0)
    )
    system = self_training(source_weight=0.5, source_decay=0.1)
    system.on_epoch_start(2)
    (update,) = system.updates(batch_of())
    assert update.loss.item() == pytest.approx((0 + 2 + 4 + 6 + 0.005 * (1 + 3 + 5 + 7)) / 8)


def test_eq_4_may_be_a_sum_of_two_means(monkeypatch):
    """Whichever part of the batch a process holds: the processes' mean is that of the whole."""
    system, batch = self_training(source_weight=0.5, mean_over="part"), batch_of()
    source = torch.tensor([True, False, True, False, False, False, False, False])
    losses = torch.arange(8.0)
    expected = losses[~source].mean() + 0.5 * losses[source].mean()
    for size in (8, 4, 2):
        found = []
        for part in (slice(start, start + size) for start in range(0, 8, size)):
            monkeypatch.setattr(
                "audiolab.systems.srst.self_training.enhancement_loss", lambda e, t, c, own=losses[part]: own
            )
            held = {name: value[part] for name, value in batch.items() if isinstance(value, torch.Tensor)}
            (update,) = system.updates(held | {"source": source[part], "whole": whole(8, 2, 8 // size)})
            found.append(update.loss.item())
        assert np.mean(found) == pytest.approx(expected.item(), abs=1e-6)
    for count in (0, 8):
        assert system._weights(whole(8, count)) == (0.5, 1.0)


def test_only_the_student_learns():
    system = self_training()
    found = gradients(system, batch_of())
    assert all((grad is None) == name.startswith("teacher") for name, grad in found.items())
    assert not system.teacher.training
    assert system.enhancer.training


@pytest.mark.parametrize(("teacher", "epochs"), [("static", ()), ("sequential", (4, 8)), ("ema", tuple(range(1, 9)))])
def test_teacher_changes_when_its_protocol_says_so(teacher, epochs):
    system = self_training(teacher=teacher, refresh=4, gamma=0.75)
    weight = "encoder.levels.0.0.weight"
    old = system.teacher.state_dict()[weight].clone()
    with torch.no_grad():
        for p in system.enhancer.parameters():
            p.add_(1.0)
    new = system.enhancer.state_dict()[weight]
    for epoch in range(9):
        before = system.teacher.state_dict()[weight].clone()
        system.on_epoch_start(epoch)
        after = system.teacher.state_dict()[weight]
        assert torch.equal(before, after) == (epoch not in epochs or torch.equal(before, new))
    share = {"static": 1.0, "sequential": 0.0, "ema": 0.75**8}[teacher]
    torch.testing.assert_close(system.teacher.state_dict()[weight], share * old + (1 - share) * new)


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (LossConfig, {"noise_weight": -1.0}),
        (LossConfig, {"clamp_db": 0.0}),  # nothing would be learned
        (AdversarialConfig, {"beta": -0.05}),
        (AdversarialConfig, {"schedule_epochs": 0}),
        (AdversarialConfig, {"classifier_steps": 0}),
        (DomainClassifierConfig, {"kernel": 2}),
        (DomainClassifierConfig, {"kernel": -1}),
        (SelfTrainingConfig, {"refresh": 0}),
        (SelfTrainingConfig, {"remix_group": 0}),
        (SelfTrainingConfig, {"gamma": 1.5}),
        (SelfTrainingConfig, {"source_decay": math.nan}),
        (SelfTrainingConfig, {"source_weight": -1.0}),
    ],
)
def test_values_that_make_no_sense_are_refused_before_training(config, values):
    with pytest.raises(ValueError, match=next(iter(values))):
        config(**({} if config in (LossConfig, DomainClassifierConfig) else {"init": "x"}) | values)


def predictor(**options):
    network = enhancer(**options).train()
    network(noise(4, 4000))  # some statistics
    return Predictor(network.config, network.state_dict(), torch.device("cpu"))


def test_pieces_are_the_whole():
    """Chunks with their context agree with the whole, one chunk, far below −50 dB, however the audio comes in."""
    model, wave = predictor(), 0.1 * noise(1, 6 * RATE)[0].numpy()
    whole = model.enhance(wave, RATE)
    level = model.level([wave[:, None]], RATE)
    for size, chunk_s in ((999, 0.5), (20000, 1.0), (len(wave), 20.0)):
        blocks = (wave[start : start + size, None] for start in range(0, len(wave), size))
        pieces = np.concatenate(list(model.stream(blocks, RATE, level, chunk_s)))[:, 0]
        assert np.abs(pieces - whole).max() < 10 ** (-90 / 20) * np.abs(whole).max()


def test_pieces_are_the_whole_with_frames_that_overlap_much():
    model, wave = predictor(widths=[4, 6], hop=32), 0.1 * noise(1, RATE)[0].numpy()
    level = model.level([wave[:, None]], RATE)
    pieces, whole = (np.concatenate(list(model.stream([wave[:, None]], RATE, level, s))) for s in (0.01, 9.0))
    assert np.abs(pieces - whole).max() < 10 ** (-90 / 20) * np.abs(whole).max()


@pytest.mark.parametrize(("rate", "shape"), [(16000, (5000,)), (44100, (9000, 2)), (8000, (1,)), (16000, (0,))])
def test_enhanced_audio_has_shape_and_rate_of_its_input(rate, shape):
    wave = 0.1 * np.random.default_rng(0).standard_normal(shape)
    enhanced = predictor().enhance(wave, rate)
    assert enhanced.shape == shape
    assert enhanced.dtype == np.float32
    assert np.isfinite(enhanced).all()


def test_level_of_blocks_is_numpys_deviation():
    wave = np.random.default_rng(0).standard_normal((1000, 2)) * [1, 5] + 3
    level = Level()
    for block in level.watch([wave[:300], wave[300:]]):
        assert len(block) in (300, 700)
    np.testing.assert_allclose(level.deviation, wave.std(0), rtol=1e-9)
