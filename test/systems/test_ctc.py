"""The recogniser: decoding against all paths, padding, statistics, and what it learns."""

import itertools
import math
from collections import Counter
from types import SimpleNamespace

import examples
import numpy as np
import pytest
import torch

import audiolab
from audiolab.bin import train_units, transcribe
from audiolab.config import from_dict
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.table import read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.systems.ctc.config import CTCConfig
from audiolab.systems.ctc.decoding import greedy, prefix_beam
from audiolab.systems.ctc.recogniser import Recogniser
from audiolab.systems.ctc.recurrent import Recurrent
from audiolab.systems.ctc.system import CTC
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer


def written(path):
    return tuple(each - 1 for each, _ in itertools.groupby(path) if each)


def texts_of(log_probs):
    """Return text -> its probability, over all paths."""
    found = Counter()
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        found[written(path)] += math.exp(sum(float(log_probs[t, each]) for t, each in enumerate(path)))
    return found


def scores(seed, frames=6, classes=4, batch=2, spread=1.5):
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(batch, frames, classes, generator=generator)).log_softmax(-1)


@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_the_most_probable_text(seed):
    log_probs, lengths = scores(seed), torch.tensor([6, 5])
    for found, row, length in zip(prefix_beam(log_probs, lengths, 400, 3), log_probs, lengths):
        ((best, _),) = texts_of(row[:length]).most_common(1)
        assert tuple(found) == best


def test_a_narrow_beam_finds_more_probable_texts_than_the_best_path():
    gains = []
    for seed in range(15):
        log_probs, lengths = scores(seed), torch.tensor([6, 6])
        for beam, path, row in zip(prefix_beam(log_probs, lengths, 6, 3), greedy(log_probs, lengths), log_probs):
            of = texts_of(row)
            gains.append(of[tuple(beam)] - of[tuple(path)])
    assert sum(gain > 1e-9 for gain in gains) > 4
    assert sum(gain < -1e-9 for gain in gains) < 2


def test_the_best_path():
    classes = [[1, 1, 0, 1, 2, 2, 0, 3], [0, 0, 3, 3, 1, 1, 2, 2]]
    log_probs = torch.nn.functional.one_hot(torch.tensor(classes), 4).float().mul(9).log_softmax(-1)
    assert greedy(log_probs, torch.tensor([8, 6])) == [[0, 0, 1, 2], [2, 0]]
    assert prefix_beam(log_probs, torch.tensor([8, 6]), 4, 3) == [[0, 0, 1, 2], [2, 0]]


def test_a_batch_is_its_utterances_one_by_one():
    log_probs, lengths = scores(3, frames=30, classes=12, batch=4), torch.tensor([30, 7, 19, 1])
    together = prefix_beam(log_probs, lengths, 5, 8)
    assert together == [
        prefix_beam(row[None, :length], torch.tensor([length]), 5, 8)[0] for row, length in zip(log_probs, lengths)
    ]


@pytest.mark.parametrize("strides", [[2, 1], [1], [3, 2]])
def test_padding_changes_nothing(strides):
    torch.manual_seed(0)
    config = CTCConfig(bands=5, units=7, filters=6, kernel=3, strides=strides, hidden=4, layers=2)
    network = Recogniser(config).eval()
    network.mean.fill_(0.3)
    network.std.fill_(0.5)
    mels, lengths = torch.rand(3, 23, 5), torch.tensor([23, 10, 1])
    together = network(mels, lengths)
    frames = network.frames(lengths)
    assert frames.tolist() == [-(-int(n) // math.prod(strides)) for n in lengths]
    for row, mel, length, count in zip(together, mels, lengths, frames):
        alone = network(mel[None, :length], length[None])[0]
        assert alone.shape == (count, 8)
        torch.testing.assert_close(row[:count], alone, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(together.exp().sum(-1), torch.ones(together.shape[:2]))


def test_dropout_is_between_recurrent_layers_alone():
    torch.manual_seed(0)
    x, lengths = torch.rand(2, 9, 3), torch.tensor([9, 7])
    for layers, alike in ((1, True), (2, False)):
        network = Recurrent(3, 4, layers, 0.5)
        assert torch.equal(network.train()(x, lengths), network.eval()(x, lengths)) is alike


def test_weights_at_first():
    torch.manual_seed(0)
    network = Recogniser(CTCConfig(bands=80, units=7, filters=64, hidden=16, layers=2))
    sizes = [network.convolutions[0](torch.randn(4, 80, 200)).relu().square().mean()]
    sizes.append(network.convolutions[1](torch.randn(4, 64, 200)).relu().square().mean())
    torch.testing.assert_close(torch.stack(sizes), torch.ones(2), atol=0.1, rtol=0)  # He et al.: the size is kept
    for lstm in (*network.recurrent.onward, *network.recurrent.back):
        for gate in lstm.weight_hh_l0.reshape(4, 16, 16):
            torch.testing.assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=0)
        biases = (lstm.bias_ih_l0 + lstm.bias_hh_l0).reshape(4, 16)
        assert torch.equal(biases, torch.tensor([0.0, 1.0, 0.0, 0.0])[:, None].expand(4, 16))


def test_statistics_bands_and_units_come_from_the_training_set(tmp_path):
    config = examples.ctc(tmp_path).config
    train_set, _ = CTC.datasets(from_dict(CTC.DataConfig, config["data_conf"]))
    found = CTC.complete(from_dict(CTC.Config, config["system_conf"]), train_set)
    assert (found.bands, found.units) == (8, len(train_set.units))
    system = CTC(found)
    system.setup(train_set)
    frames = np.concatenate(list(train_set.dirs[0].matrices()))
    np.testing.assert_allclose(system.recogniser.mean, frames.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(system.recogniser.std, frames.std(axis=0), rtol=1e-4)
    wide = from_dict(CTC.Config, {"strides": [3, 1]})
    with pytest.raises(ValueError, match=r"strides \[3, 1\] join 3 frames"):
        CTC.complete(wide, train_set)


def test_it_learns_to_write_what_it_hears(tmp_path, monkeypatch):
    example = examples.ctc(tmp_path / "data")
    examples.spoken_features(tmp_path / "data" / "train", seed=2, count=150)
    tree = {"system": "ctc", **example.config, "trainer": {"max_steps": 200, "batch_size": 10, "valid_every": 200}}
    tree["data_conf"] |= {"time_masks": 0, "band_masks": 0}
    Trainer.of(CTC, from_dict(run_config_class(CTC), tree), tmp_path / "run").fit()
    model = audiolab.load(tmp_path / "run")
    valid = CTC.datasets(from_dict(CTC.DataConfig, tree["data_conf"]))[1]
    mels = list(valid.dirs[0].matrices())
    expected = [valid.text(index) for index in range(len(valid))]
    for beam in (1, 8):
        heard = model.transcribe_features(mels, beam)
        assert sum(map(str.__eq__, heard, expected)) >= len(expected) - 1

    data = tmp_path / "wav"
    tone = 0.3 * np.sin(0.2 * np.arange(8000))
    write_audio(data / "a.wav", tone, 16000)
    write_audio(data / "b.wav", tone[:1], 16000)
    waves = {name: str(data / f"{name}.wav") for name in "ab"}
    write_data_dir(data, {"wav.scp": waves, "utt2spk": dict.fromkeys("ab", "s"), "text": dict.fromkeys("ab", "x")})
    monkeypatch.setattr(
        "sys.argv", ["", "--model", str(tmp_path / "run"), "--data", str(data), "--out", str(tmp_path / "o")]
    )
    transcribe.main()
    heard = read_table(tmp_path / "o" / "text")
    assert heard["a"] == model.transcribe(np.float32(tone), 16000)
    assert heard["b"] == model.transcribe(np.float32(tone[:1]), 16000)  # as short as a signal can be
    assert DataDir(tmp_path / "o").table("wav.scp")["a"] == waves["a"]
    with pytest.raises(AudiolabError, match="audio at 8000 Hz lacks bands that a model at 16000 Hz"):
        model.transcribe(tone, 8000)


def test_units_by_command(tmp_path, monkeypatch):
    write_table(tmp_path / "one", {"a": "abc", "b": "cab"})
    write_table(tmp_path / "two", {"c": "dad"})
    texts = ["--text", str(tmp_path / "one"), str(tmp_path / "two")]
    monkeypatch.setattr("sys.argv", ["", *texts, "--size", "9", "--kind", "char", "--out", str(tmp_path / "units")])
    train_units.main()
    assert len(audiolab.text.units.read_units(tmp_path / "units")) == 6
    monkeypatch.setattr("sys.argv", ["", *texts, "--size", "9", "--out", str(tmp_path / "one")])
    with pytest.raises(AudiolabError, match="one"):
        train_units.main()
    assert SimpleNamespace(**read_table(tmp_path / "one")).a == "abc"
