"""AutoVC's networks: sizes and shapes as published, what a code has seen, how weights are drawn; data and configs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from voices_folder import make_voices, mels

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.nn.batch_norm import BatchNorm1d
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.systems.autovc.config import AutoVCConfig
from audiolab.systems.autovc.networks import ContentEncoder, Decoder, PostNet
from audiolab.systems.autovc.system import AutoVC
from audiolab.training.config import completed, run_config_class
from audiolab.training.export import save_model
from audiolab.training.trainer import Trainer

SMALL = AutoVCConfig(neck=2, freq=4, channels=6, units=5, bands=3, told=4, speakers=2)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def convolution(before, after):
    """Kernel of 5 with a bias, and the normalisation's two."""
    return 5 * before * after + after + 2 * after


def lstm(before, units, layers, ways=1):
    """Four gates each, with two biases."""
    first = ways * 4 * units * (before + units + 2)
    return first + (layers - 1) * ways * 4 * units * (ways * units + units + 2)


@pytest.mark.parametrize(("neck", "millions"), [(16, 28.27), (32, 28.42), (64, 28.78)])
def test_published_sizes(neck, millions):
    """Of the public code; REFERENCES has the counts in millions."""
    config = AutoVCConfig(neck=neck, bands=80, told=256, speakers=2)
    encoder, decoder, post_net = ContentEncoder(config), Decoder(config), PostNet(config)
    assert count(encoder) == convolution(336, 512) + 2 * convolution(512, 512) + lstm(512, neck, 2, ways=2)
    assert count(decoder) == (
        lstm(2 * neck + 256, 512, 1) + 3 * convolution(512, 512) + lstm(512, 1024, 2) + 1024 * 80 + 80
    )
    assert count(post_net) == convolution(80, 512) + 3 * convolution(512, 512) + convolution(512, 80)
    assert round((count(encoder) + count(decoder) + count(post_net)) / 1e6, 2) == millions


def test_published_shapes():
    config = AutoVCConfig(neck=32, freq=32, bands=80, told=256, speakers=2)
    mel, speaker = torch.rand(2, 128, 80), torch.rand(2, 256)
    with torch.no_grad():
        codes = ContentEncoder(config)(mel, speaker)
        assert codes.shape == (2, 4, 64)
        speech = Decoder(config)(codes, speaker)
        assert speech.shape == (2, 128, 80)
        assert PostNet(config)(speech).shape == (2, 128, 80)


@pytest.mark.parametrize(("network", "gains"), [
    (ContentEncoder, {"convolutions": math.sqrt(2)}),
    (Decoder, {"convolutions": math.sqrt(2), "last": 1}),
    (PostNet, {"convolutions": 5 / 3, "convolutions.12": 1}),
])  # fmt: skip
def test_weights_are_drawn_as_in_the_public_code(network, gains):
    """Evenly within Glorot's bound times the gain of what follows: ReLU √2, tanh 5/3."""
    torch.manual_seed(0)
    made = network(AutoVCConfig(neck=8, channels=96, units=128, bands=40, told=24, speakers=2))
    seen = set()
    for name, module in made.named_modules():
        if isinstance(module, (nn.Conv1d, nn.Linear)):
            window = module.weight[0, 0].numel() if module.weight.dim() == 3 else 1
            before, after = module.weight.shape[1] * window, module.weight.shape[0] * window
            key = name if name in gains else name.split(".")[0]
            bound = gains[key] * math.sqrt(6 / (before + after))
            assert 0.98 * bound < float(module.weight.detach().abs().max()) <= bound
            assert float(module.weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.05)
            seen.add(key)
        if isinstance(module, nn.LSTM):
            bound = 1 / math.sqrt(module.hidden_size)  # torch's own
            assert 0.95 * bound < float(module.weight_hh_l0.detach().abs().max()) <= bound
    assert seen == set(gains)


@pytest.mark.parametrize("gain", [1.0, 0.25, 0.0])
def test_the_post_nets_correction_begins_as_loud_as_is_asked_for(gain):
    """Behind a normalisation, each band of it has unit variance times that."""
    torch.manual_seed(0)
    post_net, mel = PostNet(replace(SMALL, post_gain=gain)), torch.rand(4, 50, 3)
    correction = (post_net(mel) - mel).detach()
    assert correction.std((0, 1), correction=0).tolist() == pytest.approx([gain] * 3, abs=1e-3)


def changed(network, inputs, frame):
    """Return where the output [1, T, D] changes when a frame of the first input does, as bool [T, D]."""
    mel, *others = inputs
    other = mel.clone()
    other[:, frame] += 1
    with torch.no_grad():
        return (network(mel, *others) != network(other, *others))[0]


def memoryless(network):
    """Return the network in evaluation, with recurrent layers that do not look at what they said last.

    The forget gates are shut and the states have no weights, so that what is far away tells nothing.
    """
    for module in network.modules():
        if isinstance(module, nn.LSTM):
            for name, weight in module.named_parameters():
                if name.startswith("weight_hh"):
                    nn.init.zeros_(weight)
                if name.startswith(("weight_ih", "bias")):
                    forget = weight.data.chunk(4)[1]
                    forget.fill_(0 if name.startswith("weight") else -1e4)
    return network.eval()


def test_a_code_is_the_forward_output_at_the_end_of_its_block_and_the_backward_one_at_its_beginning():
    """Each sees its whole block: read naively, the paper's figure takes the other ends, which see one frame of it."""
    torch.manual_seed(0)
    encoder = ContentEncoder(SMALL).double().eval()
    inputs = torch.rand(1, 16, 3).double(), torch.rand(1, 4).double()
    for frame in range(16):
        of_code = changed(encoder, inputs, frame)
        forward, backward = of_code[:, :2].all(1), of_code[:, 2:].all(1)
        # three convolutions see 6 frames on either side, two layers of both ways all
        assert forward.all()
        assert backward.all()
    encoder = memoryless(ContentEncoder(replace(SMALL, channels=2)).double())
    for frame in range(16):
        of_code = changed(encoder, inputs, frame)
        for code in range(4):
            last, first = 4 * code + 3, 4 * code
            assert bool(of_code[code, :2].any()) <= (abs(last - frame) <= 6)
            assert bool(of_code[code, 2:].any()) <= (abs(first - frame) <= 6)


def test_codes_are_those_outputs_of_the_recurrent_layer():
    torch.manual_seed(0)
    encoder = ContentEncoder(SMALL).eval()
    outputs = []
    encoder.recurrent.register_forward_hook(lambda _, __, output: outputs.append(output[0]))
    with torch.no_grad():
        codes = encoder(torch.rand(2, 12, 3), torch.rand(2, 4))
    for code in range(3):
        assert torch.equal(codes[:, code, :2], outputs[0][:, 4 * code + 3, :2])
        assert torch.equal(codes[:, code, 2:], outputs[0][:, 4 * code, 2:])


def test_the_decoder_looks_ahead_by_its_convolutions_alone():
    """Six frames, so a code shows up to six frames before its block, and from then on to the end."""
    torch.manual_seed(0)
    decoder = Decoder(SMALL).double().eval()
    codes, speaker = torch.rand(1, 5, 4).double(), torch.rand(1, 4).double()
    of_frame = changed(decoder, (codes, speaker), 3).any(1)
    assert of_frame.tolist() == [frame >= 12 - 6 for frame in range(20)]


def test_the_post_net_sees_ten_frames_on_either_side():
    torch.manual_seed(0)
    post_net = PostNet(replace(SMALL, channels=16)).double().eval()
    found = changed(post_net, (torch.rand(1, 40, 3).double(),), 20).any(1)
    assert found.nonzero().flatten().tolist() == list(range(10, 31))


def test_normalisation_of_sequences_is_torchs():
    torch.manual_seed(0)
    own, torchs = BatchNorm1d(3).double(), nn.BatchNorm1d(3).double()
    x = torch.rand(4, 3, 7).double().requires_grad_()
    for _ in range(2):
        torch.testing.assert_close(own(x), torchs(x))
    assert own.state_dict().keys() == torchs.state_dict().keys()
    for name, value in torchs.state_dict().items():
        torch.testing.assert_close(own.state_dict()[name], value)
    (one,), (other,) = (torch.autograd.grad(norm(x).pow(3).sum(), x) for norm in (own, torchs))
    torch.testing.assert_close(one, other)
    torch.testing.assert_close(own.eval()(x), torchs.eval()(x))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"weights": {"style": 1.0}}, "weights.style needs speaker_encoder"),
        ({"weights": {"content": -1.0}}, "content is a weight, 0 or more, not -1.0"),
        ({"weights": {"reconstruction_post": 0.0, "cycle_pre": 1.0}}, "else the post-net learns no speech"),
        ({"post_gain": -1.0}, "post_gain must not be negative, not -1.0"),
        ({"neck": 0}, "neck must be positive, not 0"),
        ({"speaker_encoder_sizes": {"layers": 0}}, "hidden and layers must be positive, not 768 and 0"),
    ],
)
def test_configs_without_meaning_are_refused(config, message):
    with pytest.raises(AudiolabError, match=message):
        from_dict(AutoVCConfig, config)


def run_config(folder, data=None, **system):
    sizes = {"neck": 2, "freq": 4, "channels": 4, "units": 4} | system
    tree = {
        "system": "autovc",
        "system_conf": sizes,
        "data_conf": {"train_dir": str(folder), "frames": 16} | (data or {}),
        "trainer": {"max_steps": 2, "batch_size": 3},
    }
    return from_dict(run_config_class(AutoVC), tree)


def test_the_training_set_decides_sizes(tmp_path):
    make_voices(tmp_path, mels("ABC", 2, 20, bands=5))
    for told_by, told in (("embedding", 6), ("one_hot", 3)):
        config = run_config(tmp_path, {"told_by": told_by})
        train_set, _ = AutoVC.datasets(config.data_conf)
        found = completed(config, AutoVC, train_set).system_conf
        assert (found.bands, found.speakers, found.told, found.embedding) == (5, 3, told, 6)


@pytest.mark.parametrize(
    ("data", "system", "message"),
    [
        ({"frames": 18}, {}, "data_conf.frames is 18, no multiple of freq, 4"),
        ({"told_by": "one_hot"}, {"speaker_encoder": "exp/ge2e"}, "no spk_embedding.scp, against which system_conf.sp"),
        ({"told_by": "one_hot"}, {"told": 9}, "system_conf.told is 9, but the training set has 2"),
    ],
)
def test_what_does_not_go_with_the_data_is_told(tmp_path, data, system, message):
    make_voices(tmp_path, mels("AB", 2, 20, bands=5), width=None if "told_by" in data else 6)
    config = run_config(tmp_path, data, **system)
    train_set, _ = AutoVC.datasets(config.data_conf)
    with pytest.raises(AudiolabError, match=message):
        completed(config, AutoVC, train_set)


def judge(folder, bands=5, size=6):
    """Write the model of a speaker encoder as a ge2e run leaves it; return it."""
    torch.manual_seed(3)
    encoder = SpeakerEncoder(bands, 7, 2, size)
    state = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    save_model(folder / "model.pt", "ge2e", 1, state, ("encoder",))
    return encoder


@pytest.mark.parametrize("name", ["judge", "judge/model.pt"])
def test_the_speaker_encoder_is_another_runs_stays_so_and_is_not_exported(tmp_path, name):
    make_voices(tmp_path / "data", mels("ABC", 2, 20, bands=5))
    encoder = judge(tmp_path / "judge")
    config = run_config(
        tmp_path / "data", speaker_encoder=str(tmp_path / name), speaker_encoder_sizes={"hidden": 7, "layers": 2},
        weights={"style": 1.0},
    )  # fmt: skip
    trainer = Trainer.of(AutoVC, config, tmp_path / "run")
    trainer.fit()
    for key, value in encoder.state_dict().items():
        assert torch.equal(trainer.system.speaker_encoder.state_dict()[key], value)
    assert trainer.system.eval().speaker_encoder.training  # else cuDNN refuses gradients
    model = torch.load(tmp_path / "run" / "model.pt", weights_only=True)
    assert set(model["state"]) == {"content_encoder", "decoder", "post_net", "voices", "facts"}


def test_a_speaker_encoder_of_other_sizes_is_told(tmp_path):
    make_voices(tmp_path / "data", mels("ABC", 2, 20, bands=5))
    judge(tmp_path / "judge")
    config = run_config(tmp_path / "data", speaker_encoder=str(tmp_path / "judge"))
    with pytest.raises(AudiolabError, match=r"its encoder is of other sizes than here; see system_conf\.speaker_encod"):
        Trainer.of(AutoVC, config, tmp_path / "run").fit()


def test_few_utterances_will_do(tmp_path):
    """The authors' tables pass over speakers with less than ten; the paper trains on 3 to 15."""
    make_voices(tmp_path / "data", mels("ABCD", 3, 20, bands=5))
    trainer = Trainer.of(AutoVC, run_config(tmp_path / "data"), tmp_path / "run")
    trainer.fit()
    assert trainer.system.facts.values["speakers"] == list("ABCD")


def test_a_second_phase_begins_with_the_firsts_networks_on_fewer_speakers(tmp_path):
    """Without and with its optimiser's state; the style and its encoder are new."""
    make_voices(tmp_path / "large", mels("ABCDE", 3, 20, bands=5))
    make_voices(tmp_path / "small", mels("AB", 3, 20, bands=5))
    judge(tmp_path / "judge")
    Trainer.of(AutoVC, run_config(tmp_path / "large"), tmp_path / "first").fit()
    first = torch.load(tmp_path / "first" / "model.pt", weights_only=True)["state"]
    for checkpoint in (False, True):
        config = run_config(
            tmp_path / "small", speaker_encoder=str(tmp_path / "judge"), weights={"style": 1.0},
            speaker_encoder_sizes={"hidden": 7, "layers": 2},
        )  # fmt: skip
        config.init = replace(config.init, run=str(tmp_path / "first"), checkpoint=checkpoint)
        second = Trainer.of(AutoVC, config, tmp_path / f"second{checkpoint}")
        second.expdir.mkdir()
        second._begin(lambda: False)
        second.log.close()
        for name in ("content_encoder", "decoder", "post_net"):
            for key, value in getattr(second.system, name).state_dict().items():
                assert torch.equal(value, first[name][key])
        assert second.system.voices.shape == (2, 6)
        assert bool(second.updater.optimizers["converter"].state) == checkpoint


def test_batches_of_the_data_go_through_the_system(tmp_path):
    make_voices(tmp_path, mels("ABC", 3, 20, bands=5))
    config = run_config(tmp_path)
    train_set, valid_set = AutoVC.datasets(config.data_conf)
    system = systems.get("autovc")(completed(config, AutoVC, train_set).system_conf)
    (update,) = system.updates(train_set.batch([SampleKey(n, (0, n)) for n in range(3)]))
    assert np.isfinite(float(update.loss.detach()))
    found = system.eval().validate(valid_set.batch([SampleKey(n, (0, n)) for n in range(2)]))
    assert all(mean.count == 2 for mean in found.values())
