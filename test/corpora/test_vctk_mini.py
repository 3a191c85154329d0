"""VCTK's mini twin: the corpus's layout with its gaps, prompts that all read, the same bytes for the same seed."""

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora.vctk import VctkPreparation, prepare
from audiolab.corpora.vctk_mini import VctkMini, make_mini, speaker_names
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError

SMALL = VctkMini(speakers=2, shared=2, own=1)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    root = mini / "VCTK-Corpus-0.92"
    numbers = ("010", "017", "025")  # the two shortest sentences of the rainbow passage, and one of their own
    files = {path.name for path in (root / "wav48_silence_trimmed").glob("*/*")}
    assert files == {
        f"{speaker}_{number}_{mic}.flac"
        for number in numbers
        for speaker, mic in (("p225", "mic1"), ("p225", "mic2"), ("p280", "mic1"), ("p315", "mic1"))
    }
    assert {path.stem for path in (root / "txt").glob("*/*")} == {
        f"{speaker}_{number}" for speaker in ("p225", "p280") for number in numbers
    }
    info = (root / "speaker-info.txt").read_text().splitlines()
    assert info[0].split()[:3] == ["ID", "AGE", "GENDER"]
    assert [line.split()[0] for line in info[1:]] == ["p225", "p280", "p315"]
    assert "mic2 files unavailable" in info[2]
    for path in root.rglob("*.flac"):
        wave, rate = soundfile.read(path)
        assert rate == 22050
        assert wave.ndim == 1
        assert 1 < len(wave) / rate < 8
        assert np.abs(wave).max() < 0.97
        assert -30 < 10 * np.log10(np.mean(wave**2)) < -22


def test_the_microphones_hear_the_same_in_different_ways(mini):
    for first in sorted(mini.rglob("p225*_mic1.flac")):
        one, two = (soundfile.read(str(first).replace("mic1", mic))[0] for mic in ("mic1", "mic2"))
        assert len(one) == len(two)
        assert 0.5 < np.corrcoef(one, two)[0, 1] < 0.999


def test_data_dirs(mini, tmp_path):
    data = DataDir(prepare(mini, tmp_path / "data")[0])
    assert data.speakers == ["p225", "p280"]
    texts = data.table("text")
    assert texts["p225_010"] == texts["p280_010"] == "People look, but no one ever finds it."
    assert texts["p225_025"] != texts["p280_025"]
    assert data.table("spk2gender") == {"p225": "f", "p280": "m"}
    second = DataDir(prepare(mini, tmp_path / "second", VctkPreparation(microphone="mic2"))[0])
    assert second.speakers == ["p225"]


def test_seeds(mini, tmp_path):
    assert hashes(make_mini(tmp_path / "again", SMALL, seed=3, nj=1)) == hashes(mini)
    other = hashes(make_mini(tmp_path / "other", SMALL, seed=4, nj=2))
    changed = {name for name, value in hashes(mini).items() if other[name] != value}
    assert {name for name in other if name.endswith(".flac")} <= changed


def test_names_and_refusals(tmp_path):
    assert speaker_names(2) == ["p225", "p280", "p315"]
    for count in (24, 60, 100):
        names = speaker_names(count)
        assert len(set(names)) == count + 1
        assert {"p280", "p315"} < set(names)
    for wrong in ({"speakers": 1}, {"shared": 20}, {"own": 0}):
        with pytest.raises(ValueError, match="speakers must be 2 to 100, shared 1 to 19"):
            VctkMini(**wrong)
    with pytest.raises(AudiolabError, match="161 sentences of a reader are asked for, there are 160"):
        make_mini(tmp_path / "big", VctkMini(speakers=2, own=161))
    assert list(tmp_path.iterdir()) == []
