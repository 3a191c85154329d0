"""Configs of features by kind, from the command line and YAML to ``features.yaml`` and back."""

import numpy as np
import pytest
import yaml

from audiolab import config
from audiolab.cli import ArgumentParser
from audiolab.data.extraction import _EXTRACT
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.kinds import KINDS, kind_of, of_kind, parse_features, read_features, save_features
from audiolab.features.label_config import LabelConfig
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.world_config import WorldConfig

EXAMPLES = {
    "envelope": EnvelopeConfig(n_mels=40),
    "labels": LabelConfig(dim=420, labels="exp/labels.scp"),
    "mel": LogMelConfig(seed=3),
    "world": WorldConfig(alpha=0.5),
}


def parse(*words):
    parser = ArgumentParser(prog="extract_features")
    parser.add_argument("--out")
    found, options = parse_features(parser, words)
    return found, options.out


def test_every_kind_is_known_and_can_be_extracted():
    assert set(KINDS) == set(EXAMPLES) == set(_EXTRACT)
    for name, example in EXAMPLES.items():
        assert kind_of(example) == name
        assert sum(example.streams.values()) == {"envelope": 40, "labels": 420, "mel": 80, "world": 49}[name]
        assert example.shift_ms in (5.0, 16.0)


@pytest.mark.parametrize("kind", KINDS)
def test_written_and_read(tmp_path, kind):
    path = tmp_path / "features.yaml"
    save_features(EXAMPLES[kind], path)
    assert yaml.safe_load(path.read_text())["kind"] == kind
    assert read_features(path) == EXAMPLES[kind]
    assert parse("--config", str(path), "--out", "x") == (EXAMPLES[kind], "x")


def test_a_file_from_before_there_were_kinds_is_of_envelopes(tmp_path):
    config.save_yaml(EXAMPLES["envelope"], tmp_path / "features.yaml")
    assert read_features(tmp_path / "features.yaml") == EXAMPLES["envelope"]


def test_the_command_line_goes_over_the_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("kind: mel\nn_mels: 40\nhop: 200\n")
    found, _ = parse("--config", str(tmp_path / "a.yaml"), "--hop", "160")
    assert found == LogMelConfig(n_mels=40, hop=160)
    assert parse("--kind", "world", "--bands_hz", "0", "4000", "8000")[0].streams["bap"] == 2


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("n_mels: 4\n", (), r"extract_features: give --kind, or 'kind:' in the --config; known are: envelope, labels"),
        ("kind: mell\n", (), r"a.yaml:1: unknown kind of features 'mell'; did you mean 'mel'\?"),
        ("kind: [mel]\n", (), r"a.yaml:1: unknown kind of features \['mel'\]"),
        ("kind: mel\n", ("--kind", "x"), r"--kind: unknown kind of features 'x'"),
        ("kind: mel\norder: 3\n", (), r"a.yaml:2: unknown key 'order'"),
        ("kind: mel\n", ("--order", "3"), r"unknown argument '--order'"),
        ("kind: labels\n", ("--dim", "3"), r"'labels' must be given"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, text, words, message):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(AudiolabError, match=message):
        parse("--config", str(tmp_path / "a.yaml"), *words)


def test_another_kind_than_is_wanted_is_named():
    assert of_kind(EXAMPLES["mel"], LogMelConfig, "dump/a") is EXAMPLES["mel"]
    with pytest.raises(AudiolabError, match="dump/a: features of kind mel, and envelope is wanted"):
        of_kind(EXAMPLES["mel"], EnvelopeConfig, "dump/a")


def test_frames_of_each_kind_are_those_that_its_hop_gives():
    samples = np.array([0, 79, 80, 16000])
    assert [EXAMPLES["envelope"].frames(int(n)) for n in samples] == [1, 1, 2, 201]
    assert [EXAMPLES["mel"].frames(int(n)) for n in samples] == [1, 1, 1, 63]
    assert [EXAMPLES["world"].frames(n) for n in (110, 111, 22050)] == [1, 2, 201]
