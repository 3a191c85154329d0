"""AutoVC's and CycleAutoVC's training and validation against the papers' equations and the authors' codes, written out.

``audiolab.nn.speaker_encoder`` and the networks are written out, too, in ``plain_autovc``.
"""

import pytest
import torch
from plain_autovc import corrected, decode, embed, encode
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole

pytestmark = pytest.mark.usefixtures("double")

SMALL = {"neck": 2, "freq": 3, "channels": 4, "units": 3, "bands": 5, "speakers": 3, "told": 4, "embedding": 4}
JUDGED = {"speaker_encoder": "exp/ge2e", "speaker_encoder_sizes": {"hidden": 3, "layers": 2}}
NONE = {"reconstruction_pre": 0.0, "reconstruction_post": 0.0, "content": 0.0}
CYCLE = NONE | {"cycle_pre": 1.0, "cycle_post": 1.0, "cycle_content": 0.1}
OPTIONS = {
    "AutoVC": {},
    "CycleAutoVC": {"weights": CYCLE},
    "with style": {"weights": CYCLE | {"style": 2.0}} | JUDGED,
    "with style and embeddings beside one-hot": {"weights": CYCLE | {"style": 2.0}, "told": 3} | JUDGED,
    "judged, but without style": {"weights": CYCLE} | JUDGED,
    "post-net converted back": {"weights": CYCLE, "second_pass": "post"},
    "absolute errors": {"weights": CYCLE | {"reconstruction_post": 0.5}, "distance": "l1"},
    "all": {
        "weights": {
            "reconstruction_pre": 0.7, "reconstruction_post": 0.3, "content": 0.2, "cycle_pre": 0.5, "cycle_post": 0.9,
            "cycle_content": 0.4, "style": 0.6,
        },
    } | JUDGED,
    "style alone of the conversion": {"weights": {"style": 1.0}} | JUDGED,
    "content alone of the conversion": {"weights": {"cycle_content": 1.0}},
}  # fmt: skip


def made(**options):
    cls = systems.get("autovc")
    config = from_dict(cls.Config, SMALL | options)
    torch.manual_seed(0)
    return cls(config).double().train(), config


def batch_of(seed, config, count=2, codes=2):
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return torch.rand(*shape, generator=generator)

    batch = {name: drawn(count, config.told) for name in ("source", "target")}
    batch |= {"mel": drawn(count, codes * config.freq, config.bands), "style": drawn(count, config.embedding) - 0.5}
    return batch | {"whole": Whole(count), "utts": [str(number) for number in range(count)]}


def mean(values):
    """Return the mean over all items, frames and bands, one by one."""
    total = 0.0
    for value in values.reshape(-1):
        total = total + value
    return total / values.numel()


def losses_of(weights, batch, config, training=True):
    """Return all losses, by name: 3.3 and 4.3 of the paper."""
    content, decoder, post_net = (weights[name] for name in ("content_encoder", "decoder", "post_net"))
    x, e_a, e_b = batch["mel"], batch["source"], batch["target"]
    wanted = {name for name, weight in vars(config.weights).items() if weight or not training}

    def far(one, other):
        return mean((one - other) ** 2) if config.distance == "l2" else mean((one - other).abs())

    code = encode(content, x, e_a, config, training)
    found = {}
    if wanted & {"reconstruction_pre", "reconstruction_post", "content"}:
        pre = decode(decoder, code, e_a, config, training)
        post = corrected(post_net, pre, training)
        found |= {"reconstruction_pre": far(pre, x), "reconstruction_post": far(post, x)}
        if "content" in wanted:
            found["content"] = mean((encode(content, post, e_a, config, training) - code).abs())
    if wanted & {"cycle_pre", "cycle_post", "cycle_content", "style"}:
        pre = decode(decoder, code, e_b, config, training)
        post = corrected(post_net, pre, training)
        if "speaker_encoder" in weights:
            layers = config.speaker_encoder_sizes.layers
            found["style"] = mean((embed(weights["speaker_encoder"], post, layers) - batch["style"]).abs())
        if wanted & {"cycle_pre", "cycle_post", "cycle_content"}:
            second = encode(content, pre if config.second_pass == "pre" else post, e_b, config, training)
            found["cycle_content"] = mean((second - code).abs())
            if wanted & {"cycle_pre", "cycle_post"}:
                pre = decode(decoder, second, e_a, config, training)
                post = corrected(post_net, pre, training)
                found |= {"cycle_pre": far(pre, x), "cycle_post": far(post, x)}
    return {name: loss for name, loss in found.items() if name in wanted}


def total(losses, config):
    return sum(getattr(config.weights, name) * loss for name, loss in losses.items())


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_training(options):
    system, config = made(**options)
    judge = {name: value.clone() for name, value in system.state_dict().items() if name.startswith("speaker_encoder")}

    def reference(weights, batch):
        losses = losses_of(weights, batch, config)
        yield Plain("converter", total(losses, config), ("content_encoder", "decoder", "post_net"), losses)

    compare(system, reference, [batch_of(1, config), batch_of(2, config)], tolerance=1e-7)
    assert all(torch.equal(value, system.state_dict()[name]) for name, value in judge.items())


@pytest.mark.parametrize("options", [{}, JUDGED, {"distance": "l1", "weights": CYCLE}], ids=["plain", "judged", "l1"])
def test_validation_has_all_losses(options):
    system, config = made(**options)
    system.eval()
    batch = batch_of(3, config, count=3)
    found = system.validate(batch)
    expected = losses_of(weights_of(system), batch, config, training=False)
    assert found.keys() == expected.keys() | {"converter_loss"}
    assert ("style" in found) == ("speaker_encoder" in options)
    for name, value in expected.items():
        same(name, found[name].value, value, 1e-9)
        assert found[name].count == 3
    same("converter_loss", found["converter_loss"].value, total(expected, config), 1e-9)


def test_only_what_is_weighed_is_logged():
    for options in OPTIONS.values():
        system, config = made(**options)
        (update,) = system.updates(batch_of(1, config))
        assert set(update.stats) == {name for name, weight in vars(config.weights).items() if weight}


def test_each_output_is_held_against_its_own_utterance_alone():
    """The public code of AutoVC compares [B, 1, T, 80] with [B, T, 80], each output with all utterances of a batch."""
    system, config = made(weights={"cycle_pre": 1.0, "cycle_post": 1.0})
    system.eval()
    batch = batch_of(4, config, count=3)
    together = system.validate(batch)
    single = [
        system.validate({name: batch[name][n : n + 1] for name in ("mel", "source", "target", "style")})
        for n in range(3)
    ]
    for name, mean_of_all in together.items():
        same(name, mean_of_all.value, sum(each[name].value for each in single) / 3, 1e-12)


def test_the_styles_gradient_flows_through_the_encoder_and_changes_nothing_in_it():
    system, config = made(weights=NONE | {"cycle_post": 1e-30, "style": 1.0}, **JUDGED)
    (update,) = system.updates(batch_of(5, config))
    update.loss.backward()
    assert all(parameter.grad is None for parameter in system.speaker_encoder.parameters())
    for network in ("content_encoder", "decoder", "post_net"):
        assert any(
            float(p.grad.abs().max()) > 1e-6 for p in getattr(system, network).parameters() if p.grad is not None
        )
