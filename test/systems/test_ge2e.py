"""GE2E: losses and gradients beside a reference in loops, scaled gradients, w above 0, what all processes see."""

import math

import pytest
import torch
from examples import ge2e
from torch import multiprocessing
from toys import make_trainer

from audiolab import systems
from audiolab.config import from_dict
from audiolab.data.speaker_batches import SpeakerBatches, SpeakerBatchesConfig
from audiolab.errors import AudiolabError
from audiolab.nn.across import gather
from audiolab.systems.ge2e.config import GE2EConfig
from audiolab.systems.ge2e.losses import LEAST_W, LOSSES, Similarity, cosines
from audiolab.training.config import run_config_class
from audiolab.training.optimizers import parameters_by_update

SHAPES = [(4, 3, 5), (2, 2, 3), (5, 6, 4)]


def voices(speakers, each, size, seed=0):
    """Return embeddings [N, M, D] of length 1, of which those of a speaker are near one another."""
    generator = torch.Generator().manual_seed(seed)
    own = torch.randn(speakers, 1, size, generator=generator)
    drawn = own + 0.7 * torch.randn(speakers, each, size, generator=generator)
    return torch.nn.functional.normalize(drawn.double(), dim=-1)


def cosine(one, other):
    return (one @ other) / (one.norm() * other.norm())


def reference(e, w, b, form):
    """Return the loss as the paper's equations have it, utterance by utterance."""
    speakers, each = e.shape[:2]
    losses = []
    for j in range(speakers):
        for i in range(each):
            similarities = []
            for k in range(speakers):
                members = [e[k, m] for m in range(each) if (k, m) != (j, i)]
                centroid = sum(members) / len(members)
                similarities.append(w * cosine(e[j, i], centroid) + b)
            if form == "softmax":
                losses.append(-similarities[j] + torch.stack(similarities).exp().sum().log())
            else:
                others = [similarities[k].sigmoid() for k in range(speakers) if k != j]
                losses.append(1 - similarities[j].sigmoid() + max(others))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("form", LOSSES)
@pytest.mark.parametrize("shape", SHAPES)
def test_losses_and_gradients_are_the_references(form, shape):
    found, wanted = [], []
    for into, loss in (
        (found, lambda e, s: LOSSES[form](s(e))),
        (wanted, lambda e, s: reference(e, s.w, s.b, form)),
    ):
        e, similarity = voices(*shape).requires_grad_(), Similarity(7.0, -3.0).double()
        value = loss(e, similarity)
        value.backward()
        tangent = (
            e.grad - (e.grad * e).sum(-1, keepdim=True) * e
        )  # lengths stay 1, and only the reference asks for them
        into += [value, tangent, similarity.w.grad, similarity.b.grad]
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-10)
    assert (found[1].abs().amax(-1) > 0).all()


def test_losses_by_hand():
    """Two speakers at right angles, whose utterances are alike: cosines are 1 and 0."""
    e = torch.eye(2).double()[:, None].expand(2, 3, 2)
    assert cosines(e)[0].tolist() == [[1, 0]] * 3
    similarity = Similarity(2.0, -1.0).double()
    assert LOSSES["softmax"](similarity(e)).item() == pytest.approx(math.log(1 + math.exp(-2)))
    own, other = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))
    assert LOSSES["contrast"](similarity(e)).item() == pytest.approx(1 - own + other)


def test_cosines_stay_in_single_precision():
    e = voices(4, 3, 5).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = Similarity(7.0, -3.0)(e)
    assert torch.equal(found, Similarity(7.0, -3.0)(e))


def system_of(**options):
    torch.manual_seed(0)
    return systems.get("ge2e")(GE2EConfig(**{"bands": 4, "hidden": 6, "layers": 1, "size": 3} | options))


def crops(speakers=3, each=4, seed=0):
    return torch.rand(speakers, each, 9, 4, generator=torch.Generator().manual_seed(seed))


def gradients(system, x):
    (update,) = system.updates({"x": x})
    update.loss.backward()
    return update, {name: parameter.grad for name, parameter in system.named_parameters()}


@pytest.mark.parametrize("form", LOSSES)
def test_the_step_is_on_the_loss_of_the_crops_embeddings(form):
    system = system_of(loss=form, similarity_gradient=1.0)
    update, found = gradients(system, crops())
    plain = system_of(similarity_gradient=1.0)
    e = torch.stack([plain.encoder(of) for of in crops()])
    loss = reference(e, plain.similarity.w, plain.similarity.b, form)
    loss.backward()
    assert (update.name, update.parts) == ("encoder", None)
    assert {name: float(value) for name, value in update.stats.items()} == {"w": 10, "b": -5}
    torch.testing.assert_close(update.loss, loss)
    for name, parameter in plain.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, atol=1e-6, rtol=1e-4)


def test_gradients_of_w_and_b_and_of_the_projection_are_scaled_and_no_others():
    factors = {"similarity.": 0.01, "encoder.projection.": 0.5, "encoder.recurrent.": 1.0}
    _, plain = gradients(system_of(similarity_gradient=1.0), crops())
    _, scaled = gradients(system_of(projection_gradient=0.5), crops())
    assert len(plain) == 8
    for name, gradient in plain.items():
        (factor,) = (factor for prefix, factor in factors.items() if name.startswith(prefix))
        torch.testing.assert_close(scaled[name], factor * gradient, atol=0, rtol=1e-6)
    _, default = gradients(system_of(), crops())
    assert torch.equal(default["encoder.projection.weight"], plain["encoder.projection.weight"])


def test_w_is_kept_above_0_and_finds_its_way_back():
    """Also where a step has taken it far below."""
    similarity, e = Similarity(10.0, -5.0), voices(3, 4, 3).float()
    with torch.no_grad():
        similarity.w.fill_(-3.0)
    found = similarity(e)
    torch.testing.assert_close(found, torch.full((3, 4, 3), -5.0), atol=2e-6, rtol=0)
    assert similarity.w.item() == pytest.approx(LEAST_W)
    LOSSES["softmax"](found).backward()
    assert similarity.w.grad < 0


def test_encoder_w_and_b_are_stepped():
    system = system_of()
    assert set(parameters_by_update(system)["encoder"]) == set(system.parameters())


def test_one_speaker_is_refused():
    with pytest.raises(AudiolabError, match="tells speakers apart, and there is one"):
        next(system_of().updates({"x": crops(speakers=1)}))


def test_validation_gives_the_loss_and_the_equal_error_rate():
    """Speakers of one level each, which embeddings tell apart by their sign; then speakers with each other's crops."""
    system = system_of(layers=1)
    with torch.no_grad():
        for parameter in system.encoder.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(1))
    x = torch.arange(4.0)[:, None, None, None] - 1.5 + 0.01 * crops(4, 4)
    found = {name: mean.value for name, mean in system.validate({"x": x}).items()}
    (update,) = system.updates({"x": x})
    assert found["encoder_loss"] == pytest.approx(update.loss.item(), rel=1e-5)
    assert found["eer"] == 0
    mixed = system.validate({"x": x.transpose(0, 1).contiguous()})["eer"]
    assert mixed.value > 0.5
    assert mixed.count == 16


def share(rank, folder, form):
    """Write the gradients of one of two processes, and those that the trainer makes of both."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    torch.set_num_threads(1)
    system = system_of(loss=form, projection_gradient=0.5)
    _, found = gradients(system, crops(6)[3 * rank : 3 * rank + 3])
    for gradient in found.values():
        torch.distributed.all_reduce(gradient)
        gradient /= 2
    torch.save(found, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("form", LOSSES)
def test_two_processes_have_the_gradients_of_one(tmp_path, form):
    """Of the loss over all speakers, not of the mean of two losses over half of them."""
    multiprocessing.spawn(share, (str(tmp_path), form), nprocs=2)
    two = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]
    _, one = gradients(system_of(loss=form, projection_gradient=0.5), crops(6))
    halves = [gradients(system_of(loss=form, projection_gradient=0.5), crops(6)[at : at + 3])[1] for at in (0, 3)]
    for name, gradient in one.items():
        for found in two:
            torch.testing.assert_close(found[name], gradient, atol=1e-7, rtol=1e-4)
    name = "encoder.projection.weight"
    assert not torch.allclose((halves[0][name] + halves[1][name]) / 2, one[name], rtol=0.05)


def test_alone_nothing_is_gathered():
    x = torch.rand(2, 3)
    assert gather(x) is x


def test_what_the_training_set_decides(tmp_path):
    data = ge2e(tmp_path).config["data_conf"]
    train = SpeakerBatches(from_dict(SpeakerBatchesConfig, data), held_out=False)
    system = systems.get("ge2e")
    completed = system.complete(GE2EConfig(), train)
    assert (completed.bands, completed.window) == (8, 21)
    assert system.complete(GE2EConfig(window=40), train).window == 40
    with pytest.raises(AudiolabError, match=r"system_conf.bands is 80, but the training set has 8"):
        system.complete(GE2EConfig(bands=80), train)


def test_gradients_are_clipped_over_all_that_is_learned(tmp_path):
    """The norm that is clipped is that of encoder, w and b together, with their factors."""
    tree = {"system": "ge2e", **ge2e(tmp_path / "data").config}
    tree |= {"optim": {"encoder": {"name": "sgd", "lr": 1.0}}, "seed": 1}
    tree["trainer"] = {"max_steps": 1, "batch_size": 4, "clip_norm": 0.001}
    trainer = make_trainer(from_dict(run_config_class(systems.get("ge2e")), tree), tmp_path / "run")
    before = {name: value.clone() for name, value in trainer.system.state_dict().items() if name[:6] != "facts."}
    trainer.fit()
    after = trainer.system.state_dict()
    moved = math.sqrt(sum(float((after[name] - value).square().sum()) for name, value in before.items()))
    assert moved == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"w": 0.0}, "w must be positive"),
        ({"hidden": 0}, "hidden must be positive"),
        ({"bands": 0}, "bands must be 1 or more"),
        ({"window": 0}, "window must be 1 or more"),
        ({"similarity_gradient": -1.0}, "similarity_gradient must not be negative"),
        ({"loss": "triplet"}, "triplet"),
    ],
)
def test_odd_configs_are_refused(options, told):
    with pytest.raises(AudiolabError, match=told):
        from_dict(GE2EConfig, options)


def test_weights_of_the_papers_size():
    system = systems.get("ge2e")(GE2EConfig(bands=80))
    assert sum(parameter.numel() for parameter in system.encoder.parameters()) == 12_257_536
    assert sum(parameter.numel() for parameter in system.similarity.parameters()) == 2
