"""VCC2018: its data dirs from the corpus's own layout, from mirrors' and users' layouts, and what faults give."""

import logging
import shutil

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.config import load_yaml
from audiolab.corpora.vcc2018 import CORPUS, Vcc2018Preparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

SOURCES = {"VCC2SF1": 10001, "VCC2SM4": 20001}
TARGETS = {"VCC2TF1": 10001, "VCC2TM2": 10001}


def write(path, seconds=0.1, rate=22050):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * rate)), rate)


def original(root, suffix="wav", sources=SOURCES, targets=TARGETS):
    """The corpus's own layout, with 3 training sentences and 2 for evaluation."""
    for speaker, first in {**sources, **targets}.items():
        for sentence in range(first, first + 3):
            write(root / "vcc2018_training" / speaker / f"{sentence}.{suffix}", (sentence % 10) / 10)
    for name, speakers in (("evaluation", sources), ("reference", targets)):
        for speaker in speakers:
            for sentence in (30001, 30002):
                write(root / f"vcc2018_{name}" / speaker / f"{sentence}.{suffix}")
    for sentence in (10001, 10002, 10003, 20001, 20002, 20003, 30001, 30002):
        place = "vcc2018_training/Transcriptions" if sentence < 30000 else "scripts"
        (root / place).mkdir(parents=True, exist_ok=True)
        (root / place / f"{sentence}.txt").write_text(f"  Sentence {sentence},\r\n it is. \n")
    return root


def deeper(root):
    """As unpacked one archive a folder, with what macOS and the publisher add."""
    for name in ("training", "evaluation", "reference"):
        (root / f"vcc2018_database_{name}").mkdir()
        (root / f"vcc2018_{name}").rename(root / f"vcc2018_database_{name}" / f"vcc2018_{name}")
    for junk in ("__MACOSX/vcc2018_training/VCC2SF1/10001.wav", "vcc2018_submitted/testVCC2/N17_VCC2TF1_30001.wav"):
        write(root / junk)
    write(root / "vcc2018_database_training/vcc2018_training/VCC2SF1/._10001.wav")
    (root / "README.txt").write_text("read me")
    return root


def merged(root):
    """References moved into the evaluation folder, a folder more around the speakers."""
    shutil.copytree(root / "vcc2018_reference", root / "vcc2018_evaluation", dirs_exist_ok=True)
    shutil.rmtree(root / "vcc2018_reference")
    for name in ("training", "evaluation"):
        (root / f"vcc2018_{name}").rename(root / "moved")
        (root / f"vcc2018_{name}").mkdir()
        (root / "moved").rename(root / f"vcc2018_{name}" / "wavs")
    return root


def flat(root):
    """No set folders: all of a speaker's sentences in one."""
    for name in ("training", "evaluation", "reference"):
        shutil.copytree(root / f"vcc2018_{name}", root, dirs_exist_ok=True)
        shutil.rmtree(root / f"vcc2018_{name}")
    return root


@pytest.mark.parametrize("suffix", ["wav", "flac", "WAV"])
@pytest.mark.parametrize("mirror", [lambda root: root, deeper, merged, flat])
def test_every_mirror_gives_the_same_data_dirs(tmp_path, mirror, suffix):
    root = mirror(original(tmp_path / "db", suffix))
    assert prepare(root, tmp_path / "data") == [tmp_path / "data" / name for name in ("train", "eval", "ref")]
    train, evaluation, reference = (DataDir(tmp_path / "data" / name) for name in ("train", "eval", "ref"))
    ids = {f"{speaker}_{first + n}": speaker for speaker, first in {**SOURCES, **TARGETS}.items() for n in range(3)}
    assert train.table("utt2spk") == dict(sorted(ids.items()))
    assert evaluation.utterances == ["VCC2SF1_30001", "VCC2SF1_30002", "VCC2SM4_30001", "VCC2SM4_30002"]
    assert reference.utterances == ["VCC2TF1_30001", "VCC2TF1_30002", "VCC2TM2_30001", "VCC2TM2_30002"]
    assert train.table("spk2gender") == {"VCC2SF1": "f", "VCC2SM4": "m", "VCC2TF1": "f", "VCC2TM2": "m"}
    assert set(train.table("utt2lang").values()) == {"en"}
    assert train.table("text")["VCC2TM2_10002"] == "Sentence 10002, it is."
    assert reference.table("text")["VCC2TM2_30002"] == "Sentence 30002, it is."
    assert {utt: float(d) for utt, d in train.table("utt2dur").items()} == {utt: int(utt[-1]) / 10 for utt in ids}
    for utterance, path in train.table("wav.scp").items():
        assert path.startswith(str(root))
        assert f"/{utterance.replace('_', '/')}." in path.replace("/wavs/", "/")
    for datadir in (train, evaluation, reference):
        assert validate(datadir.path, feats=False) == []


def test_users_own_speakers(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    for name in ("anna", "piotr"):
        for sentence in ("a1", "a2"):
            write(tmp_path / "db/vcc2018_training" / name / f"{name}_{sentence}_{name}.flac")
        for folder in ("evaluation", "reference"):
            write(tmp_path / f"db/vcc2018_{folder}" / name / f"{name}_30001.flac")
    prepare(tmp_path / "db", tmp_path / "data")
    assert DataDir(tmp_path / "data/ref").utterances == ["anna_30001", "piotr_30001"]
    assert DataDir(tmp_path / "data/train").utterances[0] == "anna_a1_anna"
    assert DataDir(tmp_path / "data/train").names == ["reco2header", "spk2utt", "utt2dur", "utt2spk", "wav.scp"]
    assert caplog.text == ""
    assert all(validate(tmp_path / "data" / name, feats=False, text=False) == [] for name in ("train", "eval", "ref"))


def test_links_are_followed_once(tmp_path):
    original(tmp_path / "elsewhere")
    (tmp_path / "db").mkdir()
    (tmp_path / "db/corpus").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/loop").symlink_to(tmp_path / "elsewhere")
    prepare(tmp_path / "db", tmp_path / "data")
    assert len(DataDir(tmp_path / "data/train").utterances) == 12


def rename_speakers(root, names):
    for path in sorted(root.glob("vcc2018_*/VCC2*")):
        path.rename(path.with_name(names[path.name]))


BROKEN = "vcc2018_training/VCC2TF1/10001.wav"
FAULTS = {
    "no root": (lambda root: shutil.rmtree(root), "no such folder; --db_root is where vcc2018_"),
    "no evaluation": (
        lambda root: shutil.rmtree(root / "vcc2018_evaluation"),
        "no evaluation recordings; expected vcc2018_.*, found 2 ref of VCC2TF1, 2 ref of VCC2TM2, 3 train of VCC2SF1",
    ),
    "empty speaker": (
        lambda root: [path.unlink() for path in (root / "vcc2018_training/VCC2TM2").iterdir()],
        r"vcc2018_training/VCC2TM2: no \.wav or \.flac file",
    ),
    "other format": (
        lambda root: [p.rename(p.with_suffix(".mp3")) for p in (root / "vcc2018_training/VCC2TM2").iterdir()],
        r"vcc2018_training/VCC2TM2: no \.wav or \.flac file",
    ),
    "no training of a speaker": (
        lambda root: shutil.rmtree(root / "vcc2018_training/VCC2TM2"),
        "no training recordings of VCC2TM2; expected vcc2018_training/<speaker>",
    ),
    "missing reference": (
        lambda root: (root / "vcc2018_reference/VCC2TF1/30002.wav").unlink(),
        "vcc2018_reference/VCC2TF1: sentences 30002 are missing, 1 of 2 found",
    ),
    "missing source sentence": (
        lambda root: (root / "vcc2018_evaluation/VCC2SM4/30002.wav").unlink(),
        "vcc2018_evaluation/VCC2SM4: sentences 30002 are missing",
    ),
    "missing training sentence": (
        lambda root: (root / "vcc2018_training/VCC2TF1/10001.wav").unlink(),
        "vcc2018_training/VCC2TF1: sentences 10001 are missing, 2 of 3 found",
    ),
    "twice": (
        lambda root: write(root / "vcc2018_training/VCC2TF1/10001.flac"),
        r"10001\.wav: the same sentence as .*10001\.flac; keep one",
    ),
    "no speaker's folder": (
        lambda root: write(root / "vcc2018_training/10001.wav"),
        "vcc2018_training: recordings lie outside a speaker's folder",
    ),
    "stereo": (
        lambda root: soundfile.write(root / BROKEN, np.full((99, 2), 0.1), 22050),
        r"10001\.wav: 2 channels where one is wanted; mix them",
    ),
    "silent": (
        lambda root: soundfile.write(root / BROKEN, np.zeros(99), 22050),
        r"10001\.wav: silent, 99 samples without a peak .*; record it again",
    ),
    "NaN": (
        lambda root: soundfile.write(root / BROKEN, np.full(99, np.nan), 22050, "FLOAT"),
        r"10001\.wav: sample 0 is NaN",
    ),
    "a space": (lambda root: write(root / "vcc2018_training/Ann B/1.wav"), "a space in a speaker's or sentence's name"),
    "not audio": (
        lambda root: (root / "vcc2018_training/VCC2TF1/10001.wav").write_text("hello"),
        r"10001\.wav: no audio that can be read",
    ),
    "truncated": (
        lambda root: [p.write_bytes(p.read_bytes()[:-100]) for p in (root / "vcc2018_training/VCC2TF1").iterdir()],
        r"10001\.wav: truncated: 100 bytes fewer .* \(broken files: 3; the next are .*10002\.wav, .*10003\.wav\)",
    ),
    "other text": (
        lambda root: (root / "vcc2018_training/10001.txt").write_text("something else"),
        "another text of sentence 10001",
    ),
    "speaker names that sort otherwise": (
        lambda root: rename_speakers(root, dict(zip([*SOURCES, *TARGETS], ("spk1", "spk10", "spk2", "spk3")))),
        "speaker folders 'spk1' and 'spk10': .*; rename them to names of the same length",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(tmp_path, fault):
    root = original(tmp_path / "db")
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data")


def test_a_transcript_in_windows_encoding_is_read_and_said(tmp_path, caplog):
    root = original(tmp_path / "db")
    (root / "scripts/30001.txt").write_bytes(b"It\x92s fine.")
    prepare(root, tmp_path / "data")
    assert DataDir(tmp_path / "data/eval").table("text")["VCC2SF1_30001"] == "It\u2019s fine."
    assert "30001.txt: not UTF-8" in caplog.text


def test_a_table_that_some_cannot_fill_is_left_out_and_said(tmp_path, caplog):
    root = original(tmp_path / "db", targets={"VCC2TF1": 10001, "anna": 10001})
    (root / "vcc2018_training/Transcriptions/10002.txt").unlink()
    caplog.set_level(logging.INFO)
    prepare(root, tmp_path / "data")
    assert DataDir(tmp_path / "data/train").names == ["reco2header", "spk2utt", "utt2dur", "utt2spk", "wav.scp"]
    assert "train: no text, for 3 of 12 have none" in caplog.text
    assert "train: no utt2lang, for 3 of 12 have none" in caplog.text
    assert "train: no spk2gender, for 1 of 4 have none" in caplog.text
    assert "no text" not in caplog.text.replace("train: no text", "")


def test_speakers_and_sentences_may_be_chosen(tmp_path):
    """The sentences that are left are the first ones; evaluation sentences stay, for they are compared."""
    root = original(tmp_path / "db")
    (root / "vcc2018_reference/VCC2TM2/30002.wav").unlink()  # a fault of a speaker who is not taken
    config = Vcc2018Preparation(speakers=["VCC2SM4", "VCC2TF1"], max_train_sentences=2)
    train, evaluation, reference = map(DataDir, prepare(root, tmp_path / "data", config))
    assert train.utterances == ["VCC2SM4_20001", "VCC2SM4_20002", "VCC2TF1_10001", "VCC2TF1_10002"]
    assert evaluation.utterances == ["VCC2SM4_30001", "VCC2SM4_30002"]
    assert reference.utterances == ["VCC2TF1_30001", "VCC2TF1_30002"]
    kept = {"corpus": "vcc2018", "speakers": ["VCC2SM4", "VCC2TF1"], "max_train_sentences": 2}
    assert load_yaml(train.path / "prepared.yaml")[0] == kept
    for speakers, said in (
        (["VCC2SM4"], "--speakers: none of them is in ref; name some of its speakers, as VCC2TF1 VCC2TM2"),
        (["VCC2SM5", "VCC2TF1"], r"--speakers: the corpus has no 'VCC2SM5'; did you mean 'VCC2SM4'\?"),
    ):
        with refused(said, tmp_path / "none"):
            prepare(root, tmp_path / "none", Vcc2018Preparation(speakers=speakers))


def test_addresses():
    assert CORPUS.files[0].name == "vcc2018_database_training.zip"
    assert all(
        file.url.startswith("https://datashare.ed.ac.uk/") and file.url.endswith(file.name) for file in CORPUS.files
    )
