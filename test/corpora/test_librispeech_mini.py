"""LibriSpeech's mini twin: the corpus's layout, the same bytes for the same seed, and its data dirs."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora.librispeech import prepare
from audiolab.corpora.librispeech_mini import LibriSpeechMini, make_mini
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

SMALL = LibriSpeechMini(train_speakers=2, valid_speakers=1, test_speakers=1, utterances=2)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    counts = {"train-clean-360": 2, "dev-clean": 1, "test-clean": 1}
    assert sorted(path.name for path in (mini / "LibriSpeech").iterdir()) == sorted([*counts, "SPEAKERS.TXT"])
    names = set()
    for subset, speakers in counts.items():
        paths = sorted((mini / "LibriSpeech" / subset).glob("*/*/*.flac"))
        assert len(paths) == 2 * speakers
        for path in paths:
            speaker, chapter, number = path.stem.split("-")
            assert (path.parts[-3], path.parts[-2], len(number)) == (speaker, chapter, 4)
            names.add(speaker)
            info = soundfile.info(path)
            assert (info.samplerate, info.channels, info.subtype, info.format) == (16000, 1, "PCM_16", "FLAC")
            assert 2 < info.duration < 5
            samples = soundfile.read(path)[0]
            assert np.abs(samples).max() < 0.97
            assert -28 < 10 * np.log10(np.mean(samples**2)) < -24
    assert len(names) == 4


def test_data_dirs(mini, tmp_path):
    for path in prepare(mini, tmp_path / "data"):
        data = DataDir(path)
        assert [fault for fault in validate(path, feats=False) if fault.fatal] == []
        assert data.has("text")
        assert set(data.table("spk2gender").values()) <= {"f", "m"}
        assert all(text == text.upper() and len(text.split()) > 4 for text in data.table("text").values())


def test_seeds(mini, tmp_path):
    """Rendered again by the command, one process at a time; another seed changes every recording."""
    sizes = ("--train_speakers", "2", "--valid_speakers", "1", "--test_speakers", "1", "--utterances", "2")
    command = [sys.executable, "-m", "audiolab.bin.make_mini", "--corpus", "librispeech", "--dest", tmp_path / "again"]
    subprocess.run([*command, "--seed", "3", "--nj", "1", *sizes], check=True, capture_output=True)
    assert hashes(tmp_path / "again") == hashes(mini)
    other = hashes(make_mini(tmp_path / "other", SMALL, seed=4, nj=2))
    assert other.keys() == hashes(mini).keys()
    changed = {name for name, value in hashes(mini).items() if other[name] != value}
    assert changed == {name for name in other if not name.endswith("SPEAKERS.TXT")}


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="must be 1 or more"):
        LibriSpeechMini(valid_speakers=0)
    with pytest.raises(AudiolabError, match="161 sentences of a reader are asked for, there are 160"):
        make_mini(tmp_path / "big", LibriSpeechMini(utterances=161))
    assert list(tmp_path.iterdir()) == []
