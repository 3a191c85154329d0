"""WHAM!'s noises: data dirs of the corpus's own layout."""

import numpy as np
import pytest
import soundfile

from audiolab.corpora.wham import CORPUS, WhamPreparation, prepare
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

NAMES = {
    "tr": ("40na010x_1.9857_01xo031a_-1.9857", "01aa010b_0.97482_209a010p_-0.97482"),
    "cv": ("40pa0105_0.3_023o030l_-0.3", "x_1_y_-1"),
    "tt": ("050a050a_0.032494_440c020w_-0.032494", "x_2_y_-2"),
}


@pytest.fixture
def root(tmp_path):
    for name, stems in NAMES.items():
        (tmp_path / "db/wham_noise/wham_noise" / name).mkdir(parents=True)
        for stem in stems:
            stereo = np.stack([np.full(800, 0.25), np.full(800, -0.5)], axis=1)
            soundfile.write(tmp_path / "db/wham_noise/wham_noise" / name / f"{stem}.wav", stereo, 16000)
    (tmp_path / "db/wham_noise/wham_noise/metadata").mkdir()
    (tmp_path / "db/wham_noise/wham_noise/metadata/noise_meta_tr.csv").touch()
    return tmp_path / "db"


def test_data_dirs_of_two_channels(root, tmp_path):
    paths = prepare(root, tmp_path / "data")
    assert [path.name for path in paths] == [f"noise_source_{name}" for name in ("train", "valid", "test")]
    for path, (folder, stems) in zip(paths, NAMES.items()):
        data = DataDir(path)
        ids = {stem.replace("-", "_"): stem for stem in stems}
        assert data.table("utt2spk") == {name: name for name in sorted(ids)}
        assert data.table("wav.scp") == {
            name: str(root / "wham_noise/wham_noise" / folder / f"{ids[name]}.wav[channel=0]") for name in sorted(ids)
        }
        assert set(data.table("utt2dur").values()) == {"0.050000"}
        assert validate(path, feats=False, text=False) == []
        for entry in data.table("wav.scp").values():
            assert np.array_equal(read_excerpt(entry, 16000, 10, 20), np.full(20, 0.25, np.float32))


def test_fewer_noises_and_those_of_a_rate(root, tmp_path):
    for path in prepare(root, tmp_path / "data", WhamPreparation(max_noises=1)):
        assert len(DataDir(path).utterances) == 1
    folder = root / "wham_noise/wham_noise"
    for name, stems in NAMES.items():
        soundfile.write(folder / name / f"{stems[0]}.wav", np.full(800, 0.25), 8000)
    for path, stems in zip(prepare(root, tmp_path / "fast", WhamPreparation(min_rate=16000)), NAMES.values()):
        assert DataDir(path).utterances == [stems[1].replace("-", "_")]
    with pytest.raises(AudiolabError, match=r"noise_source_train: no recording fits.* sampling rates are 8000, 16000"):
        prepare(root, tmp_path / "none", WhamPreparation(min_rate=44100))
    assert not (tmp_path / "none").exists()


def test_faults(root, tmp_path):
    for path in (root / "wham_noise/wham_noise/cv").iterdir():
        path.unlink()
    with pytest.raises(AudiolabError, match="no recordings in a folder cv for noise_source_valid; expected wham_noise"):
        prepare(root, tmp_path / "data")
    with pytest.raises(AudiolabError, match="no such folder"):
        prepare(tmp_path / "none", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_address():
    assert [(file.name, file.folder) for file in CORPUS.files] == [("wham_noise.zip", "wham_noise")]
