"""VoxCeleb1: its data dirs by speakers and by recordings, from merged and unmerged folders, and what faults give."""

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.voxceleb import CORPUS, HOW_TO_GET, VoxCelebPreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

VIDEOS = {
    "id10001": ("1zcIwhmdeo4", "-_abcdefgh0"), "id10269": ("7gWzIy6yIIk", "aaaaaaaaaaa"),
    "id10270": ("5r0dWxy17C8",), "id10309": ("vobW27_-JyQ",), "id10310": ("0cYFdtyWVds",),
}  # fmt: skip
GENDERS = {"id10001": "m", "id10269": "f", "id10270": "m", "id10309": "f", "id10310": "m"}


def write(path, samples=1600):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(samples, 0.1), 16000)


@pytest.fixture
def root(tmp_path):
    lines = []
    for speaker, videos in VIDEOS.items():
        for place, video in enumerate(videos):
            for number in (1, 2):
                write(tmp_path / "db/wav" / speaker / video / f"{number:05d}.wav", 1600 * number)
                part = 3 if place else number
                lines.append(f"{part} {speaker}/{video}/{number:05d}.wav\n")
    (tmp_path / "db/iden_split.txt").write_text("".join([*lines, "1 id11251/elsewhere00/00001.wav\n"]))
    rows = [f"{speaker}\tA_Name\t{gender}\tUSA\tdev\n" for speaker, gender in GENDERS.items()]
    (tmp_path / "db/vox1_meta.csv").write_text("VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n" + "".join(rows))
    return tmp_path / "db"


def test_speakers_of_the_test_are_apart(root, tmp_path):
    train, test = map(DataDir, prepare(root, tmp_path / "data"))
    assert (train.path.name, test.path.name) == ("voxceleb_train", "voxceleb_test")
    assert train.speakers == ["id10001", "id10269", "id10310"]
    assert test.speakers == ["id10270", "id10309"]
    assert train.utterances[:2] == ["id10001--_abcdefgh0-00001", "id10001--_abcdefgh0-00002"]
    assert test.table("spk2gender") == {"id10270": "m", "id10309": "f"}
    assert float(test.table("utt2dur")["id10309-vobW27_-JyQ-00002"]) == 0.2
    assert not train.has("text")
    for data in (train, test):
        assert [fault for fault in validate(data.path, feats=False, text=False) if fault.fatal] == []


def test_archives_in_folders_of_their_own(root, tmp_path):
    for name, part in (("id10270", "test"), ("id10309", "test"), ("id10001", "dev"), ("id10269", "dev")):
        (root / part / "wav").mkdir(parents=True, exist_ok=True)
        (root / "wav" / name).rename(root / part / "wav" / name)
    write(root / "vox2/wav/id00012/21Uxsk56VDQ/00001.wav")
    train, test = map(DataDir, prepare(root, tmp_path / "data"))
    assert (len(train.utterances), len(test.utterances)) == (10, 4)
    (only,) = prepare(root / "test", tmp_path / "other")
    assert only.name == "voxceleb_test"
    assert not DataDir(only).has("spk2gender")


def test_the_split_for_identification(root, tmp_path):
    paths = prepare(root, tmp_path / "data", VoxCelebPreparation(split="identification"))
    train, valid, test = map(DataDir, paths)
    assert [path.name for path in paths] == ["voxceleb_train", "voxceleb_valid", "voxceleb_test"]
    assert train.speakers == valid.speakers == sorted(VIDEOS)
    assert test.utterances[2:] == ["id10269-aaaaaaaaaaa-00001", "id10269-aaaaaaaaaaa-00002"]
    assert not {*train.utterances} & {*valid.utterances, *test.utterances}


def test_fewer(root, tmp_path):
    config = VoxCelebPreparation(max_speakers=1, max_utterances=1)
    for path in prepare(root, tmp_path / "data", config):
        assert len(DataDir(path).utterances) == 1


META = "VoxCeleb1 ID\tGender\n"
FAULTS = {
    "none": (lambda root: [p.unlink() for p in root.rglob("*.wav")], "no recordings; wav/id1XXXX/<video>/NNNNN.wav is"),
    "twice": (lambda root: write(root / "dev/wav/id10001/1zcIwhmdeo4/00001.wav"), "the same recording as .*00001.wav"),
    "name": (lambda root: write(root / "wav/id10001/1zcIwhmdeo4/one.wav"), r"one\.wav: not wav/id1XXXX/<video>/NNNNN"),
    "video": (lambda root: write(root / "wav/id10001/a video/00001.wav"), r"a video/00001\.wav: not wav/id1XXXX"),
    "columns": (lambda root: (root / "vox1_meta.csv").write_text("id,gender\n"), "meta.csv:1: no columns 'VoxCeleb1"),
    "gender": (lambda root: (root / "vox1_meta.csv").write_text(f"{META}id10001\tx\n"), r"meta\.csv:2: no gender"),
    "row": (lambda root: (root / "vox1_meta.csv").write_text(f"{META}id10001\n"), r"meta\.csv:2: no gender, f or m"),
    "broken": (lambda root: (root / "wav/id10001/1zcIwhmdeo4/00001.wav").write_text(""), r"00001\.wav: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "db: no iden_split.txt, which tells the split"),
        ("4 id10001/1zcIwhmdeo4/00001.wav\n", r"iden_split\.txt:1: '4 id10001.*' is not 1, 2 or 3 and a recording"),
        ("1 id10001/1zcIwhmdeo4/00001.wav\n1\n", r"iden_split\.txt:2: '1' is not 1, 2 or 3"),
        ("1 id10001/1zcIwhmdeo4/00001.wav\n", r"iden_split\.txt: does not tell of id10001/"),
    ],
)
def test_a_split_that_is_broken(root, tmp_path, text, message):
    (root / "iden_split.txt").unlink()
    if text:
        (root / "iden_split.txt").write_text(text)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", VoxCelebPreparation(split="identification"))


def test_how_to_get_it_is_told(tmp_path):
    assert CORPUS.how_to_get == HOW_TO_GET
    assert "\n" not in HOW_TO_GET
    assert "https://mm.kaist.ac.kr/datasets/voxceleb/" in HOW_TO_GET
    with refused("none: no such folder; wav/.* ask for it at https://mm.kaist.ac.kr", tmp_path / "data"):
        prepare(tmp_path / "none", tmp_path / "data")
