"""MUSDB18: song dirs of both of its layouts, the 14 songs for validation, and what is refused."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from checks import refused

from audiolab.corpora.musdb18 import CORPUS, Musdb18Preparation, prepare, unneeded
from audiolab.corpora.musdb18_layout import STEMS, VALIDATION, find_songs
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.mp4 import encode_mp4
from audiolab.datadir.validate import validate

RATE = 44100
NAMES = {
    "train": ("A Band - First, Song", "A Band - Second (Live)", VALIDATION[0], VALIDATION[8]),
    "test": ("Zoë & Co - No", "B - A - C"),
}


def waves(name, samples=RATE * 2):
    """Return the five stems of a song, different in each."""
    rng = np.random.default_rng(list(name.encode()))
    parts = {stem: rng.uniform(-0.2, 0.2, (samples, 2)).astype(np.float32) for stem in STEMS[1:]}
    return {"mixture": sum(parts.values()), **parts}


def write_song(folder, samples=RATE * 2):
    folder.mkdir(parents=True, exist_ok=True)
    for stem, wave in waves(folder.name, samples).items():
        soundfile.write(folder / f"{stem}.wav", wave, RATE)


@pytest.fixture
def root(tmp_path):
    for part, names in NAMES.items():
        for name in names:
            write_song(tmp_path / "db/musdb18hq" / part / name)
    (tmp_path / "db/musdb18hq/__MACOSX/train").mkdir(parents=True)
    (tmp_path / "db/musdb18hq/README.md").touch()
    return tmp_path / "db"


def test_song_dirs(root, tmp_path):
    paths = prepare(root, tmp_path / "data", nj=2)
    assert [path.name for path in paths] == ["musdb18_train", "musdb18_valid", "musdb18_test"]
    ids = [
        ["A_Band-First__Song", "A_Band-Second__Live_"],
        ["ANiMAL-Rockshow", "Meaxic-Take_A_Step"],
        ["B-A___C", "Zoë___Co-No"],
    ]
    for path, names in zip(paths, ids):
        data = DataDir(path)
        assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []
        assert data.utterances == names
        assert data.table("utt2song") == {name: name for name in names}
    data = DataDir(paths[0])
    assert data.table("spk2utt") == {"A_Band": "A_Band-First__Song A_Band-Second__Live_"}
    expected = waves("A Band - First, Song")
    for table, stems in (("wav.scp", STEMS[:1]), ("vocals.scp", STEMS[4:]), ("accompaniment.scp", STEMS[1:4])):
        read = read_excerpt(data.table(table)["A_Band-First__Song"], channels="all")
        assert np.allclose(read, sum(expected[stem] for stem in stems), atol=1e-4)


def test_fewer_and_shorter(root, tmp_path):
    for path in prepare(root, tmp_path / "data", Musdb18Preparation(max_songs=1, segment_seconds=1.0)):
        assert len(set(DataDir(path).table("utt2song").values())) == 1
        assert len(DataDir(path).table("segments")) == 2
        assert yaml.safe_load((path / "prepared.yaml").read_text()) == {
            "corpus": "musdb18", "max_songs": 1, "min_seconds": 1.0, "segment_seconds": 1.0, "min_rate": 0,
        }  # fmt: skip


def test_streams_are_decoded_once(root, tmp_path, caplog):
    pytest.importorskip("av")
    time = np.arange(RATE * 2)[:, None] / RATE
    tones = [0.3 * np.sin(2 * np.pi * (200 * number + 200) * time) * [1.0, 0.5] for number in range(5)]
    for part, names in NAMES.items():
        (tmp_path / "aac" / part).mkdir(parents=True)
        for name in names:
            encode_mp4(tmp_path / "aac" / part / f"{name}.stem.mp4", tones, RATE)
    paths = prepare(tmp_path / "aac", tmp_path / "data")
    assert [DataDir(path).utterances for path in paths] == [
        DataDir(path).utterances for path in prepare(root, tmp_path / "hq")
    ]
    data = DataDir(paths[2])
    for table, wanted in (("wav.scp", tones[0]), ("vocals.scp", tones[4]), ("accompaniment.scp", sum(tones[1:4]))):
        read = read_excerpt(data.table(table)["B-A___C"], channels="all")[: len(time)]
        assert np.sum((read - wanted) ** 2) < 0.01 * np.sum(wanted**2)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*.flac")}
    assert len(made) == 30
    prepare(tmp_path / "aac", tmp_path / "data", nj=2)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*.flac")} == made


def test_streams_of_unlike_length(root, tmp_path):
    pytest.importorskip("av")
    path = root / "musdb18hq/test/D - E.stem.mp4"
    parts = [np.full((count, 2), 0.1) for count in (60000, 60000, 57000, 60000, 60000)]
    encode_mp4(path, parts, RATE)
    (data,) = (DataDir(path) for path in prepare(root, tmp_path / "data")[2:])
    assert len(read_excerpt(data.table("wav.scp")["D-E"], channels="all")) == 56 * 1024
    encode_mp4(path, [*parts[:4], parts[4][:40000]], RATE)
    with refused(r"D - E.stem.mp4: its streams have 40960 to 60416 samples", tmp_path / "none/musdb18_test"):
        prepare(root, tmp_path / "none")


def test_refusals(root, tmp_path):
    songs, out = root / "musdb18hq", tmp_path / "data"
    with refused("no such folder; --db_root is where", out):
        prepare(tmp_path / "none", out)
    song = songs / "train" / NAMES["train"][0]
    (song / "bass.FLAC").touch()
    with refused("First, Song/bass.wav: bass.FLAC is there, too; leave one of them", out):
        prepare(root, out)
    (song / "bass.FLAC").unlink()
    (song / "bass.wav").rename(tmp_path / "bass.wav")
    (song / "other.wav").rename(tmp_path / "other.wav")
    with refused(r"First, Song: has no bass and no other \(.wav or .flac\)", out):
        prepare(root, out)
    (tmp_path / "bass.wav").rename(song / "bass.wav")
    (tmp_path / "other.wav").rename(song / "other.wav")
    soundfile.write(song / "vocals.wav", np.zeros(RATE * 2), RATE)
    with refused(r"First, Song/vocals.wav: 1 channel\(s\), expected 2", out):
        prepare(root, out)
    for stem in STEMS:
        soundfile.write(song / f"{stem}.wav", np.zeros(RATE * 2), RATE)
    with refused(r"First, Song/mixture.wav: 1 channel\(s\), expected 2", out):
        prepare(root, out)
    write_song(song)
    write_song(songs / "train" / "nobody")
    with refused(r"train/nobody: not named <Artist> - <Title>", out):
        prepare(root, out)
    (songs / "train" / "nobody").rename(songs / "extra")
    (songs / "extra").rename(songs / "Some - Thing")
    with refused(r"Some - Thing: a song that is neither in train nor in test", out):
        prepare(root, out)
    (songs / "again/train").mkdir(parents=True)
    (songs / "Some - Thing").rename(songs / "again/train" / NAMES["train"][1])
    with refused(r"the same song as", out):
        prepare(root, out)


@pytest.mark.parametrize(
    ("left", "message"),
    [
        ("test", r"no song in a folder train"),
        ("train", r"no song in a folder test"),
    ],
)
def test_parts_that_are_missing(root, tmp_path, left, message):
    with refused(message, tmp_path / "data"):
        prepare(root / "musdb18hq" / left, tmp_path / "data")


def test_validation_songs_that_are_missing(root, tmp_path):
    for name in (VALIDATION[0], VALIDATION[8]):
        (root / "musdb18hq/train" / name).rename(root / "musdb18hq/train" / f"X{name}")
    with refused(r"none of the 14 songs for validation in train", tmp_path / "data"):
        prepare(root, tmp_path / "data")


def test_list_and_addresses(root):
    theirs = Path(importlib.util.find_spec("musdb").origin).parent / "configs" / "mus.yaml"
    config = yaml.safe_load(theirs.read_text())
    assert sorted(VALIDATION) == sorted(config["validation_tracks"])
    assert sorted(STEMS, key=config["stem_ids"].get) == list(STEMS)
    assert [song.part for song in find_songs(root)] == ["test"] * 2 + ["train"] * 4
    assert [file.folder for file in CORPUS.files_of(Musdb18Preparation())] == ["musdb18hq"]
    assert [file.folder for file in CORPUS.files_of(Musdb18Preparation(version="aac"))] == ["musdb18"]
    assert unneeded(Musdb18Preparation()) == {"musdb18"}
