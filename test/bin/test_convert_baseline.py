"""Baselines are shown what a training was shown."""

import pytest

from audiolab.bin.convert_baseline import as_trained
from audiolab.data.crops import UnpairedCropsConfig
from audiolab.errors import AudiolabError


def test_as_a_training_was(tmp_path):
    lines = "data_conf: {train_dir: dump, source: A, target: B, unshared: true, frames: 64}\nsystem: x\n"
    (tmp_path / "config.yaml").write_text(lines)
    assert as_trained(str(tmp_path)) == UnpairedCropsConfig("dump", "A", "B", 64, 1, True)


def test_a_run_that_does_not_say_it_is_refused(tmp_path):
    (tmp_path / "config.yaml").write_text("data_conf: {train_dir: dump}\n")
    with pytest.raises(AudiolabError, match=r"config\.yaml"):
        as_trained(str(tmp_path))
    with pytest.raises(AudiolabError, match=r"nix/config\.yaml"):
        as_trained(str(tmp_path / "nix"))
