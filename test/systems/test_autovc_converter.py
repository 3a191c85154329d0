"""What `audiolab.load` gives of AutoVC: features of any length to another voice."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_autovc import memoryless
from torch import nn

import audiolab.systems.autovc.predictor as module
from audiolab.config import to_dict
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.synthesis.griffin_lim import GriffinLim
from audiolab.systems.autovc.config import AutoVCConfig
from audiolab.systems.autovc.predictor import Converter
from audiolab.systems.autovc.system import AutoVC

CONFIG = AutoVCConfig(neck=2, freq=4, channels=6, units=5, bands=3, told=4, speakers=2)
ANALYSIS = LogMelConfig(rate=8000, n_mels=3, mel_high_hz=3600.0)
A, B = np.eye(4, dtype=np.float32)[:2]


def made(config=CONFIG, forgetful=False):
    """Return a system with weights as they are drawn, and speech about the middle of the range."""
    torch.manual_seed(0)
    system = AutoVC(config).eval()
    if forgetful:
        memoryless(system)
    with torch.no_grad():
        system.decoder.last.bias.fill_(0.5)
    system.voices.copy_(torch.eye(2, 4))
    system.facts.values = {"analysis": to_dict(ANALYSIS), "speakers": ["A", "B"]}
    return system


def converter(system):
    state = {name: getattr(system, name) for name in system.exports}
    state = {name: each.state_dict() if isinstance(each, nn.Module) else each for name, each in state.items()}
    return Converter(system.config, state, torch.device("cpu"))


def mel(frames, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (frames, 3)).astype(np.float32)


def plain(system, speech, source=A, target=B):
    """Return the conversion of all frames at once, followed by silence up to a whole number of codes."""
    padded = np.concatenate([speech, np.zeros((-len(speech) % system.config.freq, 3), np.float32)])
    who = [torch.from_numpy(each)[None] for each in (source, target)]
    with torch.no_grad():
        code = system.content_encoder(torch.from_numpy(padded)[None], who[0])
        return system.post_net(system.decoder(code, who[1]))[0].numpy()[: len(speech)].clip(0, 1)


@pytest.mark.parametrize("frames", [1, 3, 4, 5, 64, 99])
def test_any_length(frames):
    system = made()
    found = converter(system).convert_features(mel(frames), A, B)
    assert (found.shape, found.dtype) == ((frames, 3), np.float32)
    np.testing.assert_allclose(found, plain(system, mel(frames)), atol=1e-6)


def test_what_is_read_from_archives_raises_no_warning(recwarn):
    read = [np.frombuffer(each.tobytes(), np.float32) for each in (mel(8), A, B)]
    torch.set_warn_always(True)
    try:
        converter(made()).convert_features(read[0].reshape(8, 3), *read[1:])
    finally:
        torch.set_warn_always(False)
    assert [str(each.message) for each in recwarn] == []


def test_who_speaks_and_who_is_to_speak_are_not_exchanged():
    system = made()
    found = converter(system).convert_features(mel(40), A, B)
    assert np.abs(found - plain(system, mel(40), B, A)).max() > 1e-3


def test_values_are_features():
    system = made()
    with torch.no_grad():
        system.decoder.last.bias.copy_(torch.tensor([9.0, -9.0, 0.5]))
    found = converter(system).convert_features(mel(40), A, B)
    assert (found[:, 0] == 1).all()
    assert (found[:, 1] == 0).all()


@pytest.mark.parametrize("freq", [4, 6])
def test_pieces_are_the_whole_where_networks_look_no_farther(monkeypatch, freq):
    monkeypatch.setattr(module, "PIECE", 60)
    monkeypatch.setattr(module, "CONTEXT", 40)
    monkeypatch.setattr(module, "FADE", 10)
    system = made(replace(CONFIG, freq=freq), forgetful=True)
    for frames in (61, 72, 100, 333):
        found = converter(system).convert_features(mel(frames), A, B)
        np.testing.assert_allclose(found, plain(system, mel(frames)), atol=1e-6)


def test_pieces_go_over_into_one_another(monkeypatch):
    """As they are drawn, LSTMs remember less than the context; without any, ends of pieces are heard."""
    system = made()
    whole = converter(system).convert_features(mel(1500), A, B)
    np.testing.assert_allclose(whole, plain(system, mel(1500)), atol=1e-6)
    monkeypatch.setattr(module, "PIECE", 400)
    np.testing.assert_allclose(converter(system).convert_features(mel(1500), A, B), whole, atol=1e-5)
    monkeypatch.setattr(module, "CONTEXT", 0)
    assert np.abs(converter(system).convert_features(mel(1500), A, B) - whole).max() > 1e-3


def test_what_it_knows():
    made_of = converter(made())
    assert (made_of.rate, made_of.freq, made_of.analysis) == (8000, 4, ANALYSIS)
    assert list(made_of.speakers) == ["A", "B"]
    assert np.array_equal(made_of.speakers["B"], B)


@pytest.mark.parametrize(
    ("speech", "source", "target", "message"),
    [
        (mel(8)[:, :2], A, B, r"features: of shape \(8, 2\), and T × 3 is wanted"),
        (mel(8)[0], A, B, r"features: of shape \(3,\)"),
        (mel(0), A, B, r"features: of shape \(0, 3\)"),
        (mel(8) * np.nan, A, B, "features: has values that are not finite"),
        (mel(8), A[:3], B, r"source: of shape \(3,\), and 4 is wanted"),
        (mel(8), A, B[None], r"target: of shape \(1, 4\)"),
        (mel(8), A, B * np.nan, "target: has values that are not finite"),
    ],
)
def test_what_it_cannot_take_is_told(speech, source, target, message):
    with pytest.raises(AudiolabError, match=message):
        converter(made()).convert_features(speech, source, target)


def test_audio_by_names_or_vectors():
    """What `convert` gives is the vocoder's audio of the converted features, at the audio's rate."""
    analysis = LogMelConfig(n_mels=3, dither=0.0)
    system = made(replace(CONFIG, post_gain=0.0))
    system.facts.values = {"analysis": to_dict(analysis), "speakers": ["A", "B"]}
    torch.nn.init.constant_(system.decoder.last.bias, 0.1)  # well below full scale
    model, vocoder = converter(system), GriffinLim(analysis)
    wave = 0.1 * np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    feats = LogMel(analysis)(wave.astype(np.float64), np.random.default_rng(0))
    expected = vocoder.synthesise(model.convert_features(feats, A, B))
    found = model.convert(wave, 16000, "A", "B", vocoder)
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-3)
    assert len(found) == 8000
    np.testing.assert_array_equal(found, model.convert(wave, 16000, A, B))
    stereo = model.convert(np.stack([wave, wave], axis=1), 16000, "A", "B")
    assert stereo.shape == (8000, 2)
    with pytest.raises(AudiolabError, match="no training speaker 'C'; known are: A, B"):
        model.between("C", "B")
    with pytest.raises(AudiolabError, match=r"target: of shape \(3,\), and 4 is wanted"):
        model.between("A", np.zeros(3))
    with pytest.raises(AudiolabError, match="the vocoder is for other mel spectrograms"):
        model.between("A", "B", GriffinLim(replace(analysis, n_mels=4)))
