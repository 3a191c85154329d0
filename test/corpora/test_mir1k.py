"""MIR-1K: song dirs of its clips, whose channels are accompaniment and voice, by reference; and its mini twin."""

import numpy as np
import pytest
import soundfile
from checks import hashes, refused
from small_songs import MIR1K

from audiolab.corpora.mir1k import CORPUS, Mir1kPreparation, prepare
from audiolab.corpora.mir1k_mini import Mir1kMini, make_mini
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

CLIPS = ("abjones_1_01", "abjones_1_02", "abjones_2_01", "amy_10_07", "Ani_1_01", "big_fish_3_11")
SQUARE = np.tile([1.0, -1.0], 16000)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "db/MIR-1K/MIR-1K/Wavfile"
    folder.mkdir(parents=True)
    for number, name in enumerate(CLIPS, 1):
        band, voice = number / 64 * SQUARE, np.linspace(-0.25, 0.25, 32000)
        soundfile.write(folder / f"{name}.wav", np.stack([band, voice], axis=1), 16000)
    for other in ("UndividedWavfile", "LyricsWav"):
        (folder.parent / other).mkdir()
        soundfile.write(folder.parent / other / "abjones_1.wav", np.full((9, 2), 0.5), 16000)
    return tmp_path / "db"


def test_song_dir(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data")
    data = DataDir(path)
    assert path.name == "mir1k_train"
    assert validate(path, feats=False, text=False, read_audio=True) == []
    assert data.table("utt2spk") == {
        "Ani-1_01": "Ani", "abjones-1_01": "abjones", "abjones-1_02": "abjones", "abjones-2_01": "abjones",
        "amy-10_07": "amy", "big_fish-3_11": "big_fish",
    }  # fmt: skip
    assert data.table("utt2song")["abjones-1_02"] == data.table("utt2song")["abjones-1_01"] == "abjones_1"
    assert data.table("utt2song")["amy-10_07"] == "amy_10"
    assert set(data.table("utt2lang").values()) == {"cmn"}
    assert not data.has("segments")
    for number, name in ((1, "abjones-1_01"), (4, "amy-10_07")):
        band, voice, both = (
            load_utterance(data, name, table=table)[0] for table in ("accompaniment.scp", "vocals.scp", "wav.scp")
        )
        np.testing.assert_array_equal(band, number / 64 * SQUARE)
        np.testing.assert_allclose(voice, np.linspace(-0.25, 0.25, 32000), atol=2**-15)
        np.testing.assert_array_equal(both, band + voice)
        assert data.table("utt2dur")[name] == "2.000000"


def test_split_as_in_papers(root, tmp_path):
    train, test = prepare(root, tmp_path / "data", Mir1kPreparation(split="papers"))
    assert (train.name, test.name) == ("mir1k_train", "mir1k_test")
    assert DataDir(train).speakers == ["abjones", "amy"]
    assert DataDir(test).speakers == ["Ani", "big_fish"]


def test_some_singers(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data", Mir1kPreparation(speakers=["Ani", "amy"]))
    assert DataDir(path).utterances == ["Ani-1_01", "amy-10_07"]


def test_faults(root, tmp_path):
    folder, data = root / "MIR-1K/MIR-1K/Wavfile", tmp_path / "data"
    with refused("no such folder", data):
        prepare(tmp_path / "none", data)
    with refused(r"no clip; expected MIR-1K/Wavfile/<singer>_<song>_<clip>\.wav", data):
        prepare(folder.parent / "LyricsWav", data)
    soundfile.write(folder / "mono_1_01.wav", np.full(32000, 0.5), 16000)
    with refused(r"mono_1_01\.wav.*no channel 1: it has one channel", data):
        prepare(root, data)
    (folder / "mono_1_01.wav").rename(folder / "odd.wav")
    with refused(r"odd\.wav: is not called as a clip is", data):
        prepare(root, data)
    (folder / "odd.wav").unlink()
    for name in CLIPS[:4]:
        (folder / f"{name}.wav").unlink()
    with refused("no clip for mir1k_train; papers train on abjones and amy", data):
        prepare(root, data, Mir1kPreparation(split="papers"))


def test_address():
    assert [(file.name, file.folder) for file in CORPUS.files] == [("MIR-1K.zip", "MIR-1K")]


def test_mini_twin(mini_corpus, tmp_path):
    mini = mini_corpus("mir1k", MIR1K)
    wavs = sorted(path.relative_to(mini).as_posix() for path in mini.rglob("*.wav"))
    assert wavs == [
        "MIR-1K/UndividedWavfile/abjones_1.wav", "MIR-1K/UndividedWavfile/amy_1.wav",
        *(f"MIR-1K/Wavfile/{name}_1_{clip:02d}.wav" for name in ("abjones", "amy") for clip in (1, 2)),
    ]  # fmt: skip
    assert len(set(hashes(mini).values())) == 6
    for path in (mini / "MIR-1K/Wavfile").iterdir():
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype, info.frames) == (16000, 2, "PCM_16", 32000)
    whole = soundfile.read(mini / "MIR-1K/UndividedWavfile/amy_1.wav")[0]
    clips = [soundfile.read(mini / f"MIR-1K/Wavfile/amy_1_{clip:02d}.wav")[0] for clip in (1, 2)]
    np.testing.assert_array_equal(np.concatenate(clips), whole)
    assert (np.std(whole, axis=0) > 0.01).all()
    (path,) = prepare(mini, tmp_path / "data")
    assert len(DataDir(path).utterances) == 4
    assert hashes(make_mini(tmp_path / "again", MIR1K, seed=3, nj=2)) == hashes(mini)
    one = Mir1kMini(singers=1, songs=1, clips=2, seconds=2.0)
    other = hashes(make_mini(tmp_path / "other", one, seed=4, nj=1))
    assert not set(other.values()) & set(hashes(mini).values())


def test_refusals():
    for sizes, message in (
        ({"singers": 13}, "singers 12 or fewer"),
        ({"songs": 0}, "songs and clips must be 1 or more"),
        ({"seconds": 0.5}, "seconds must be 1 to 60"),
        ({"seconds": 3.0, "clips": 1}, "4 s or more together"),
    ):
        with pytest.raises(ValueError, match=message):
            Mir1kMini(**sizes)
