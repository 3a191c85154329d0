"""VCTK: its data dir from the folders of both versions, either microphone, and what faults give."""

import logging

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.config import load_yaml
from audiolab.corpora.vctk import CORPUS, VctkPreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

SPEAKERS = {"p225": "F", "p226": "M", "p280": "F", "p315": "M", "s5": "F"}
INFO = "ID  AGE  GENDER  ACCENTS  REGION COMMENTS \n" + "".join(
    f"{name}  23  {gender}    English    Southern  England\n" for name, gender in SPEAKERS.items()
)


def write(path, seconds=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(seconds * 48000), 0.1), 48000)


def new(root):
    """0.92: p280 and p315 have no second microphone, p315 no texts."""
    folder = root / "VCTK-Corpus-0.92"
    for speaker in SPEAKERS:
        for number in (1, 2, 3):
            audio = folder / "wav48_silence_trimmed" / speaker / f"{speaker}_{number:03d}"
            write(audio.with_name(f"{audio.name}_mic1.flac"), number / 10)
            if speaker not in ("p280", "p315"):
                write(audio.with_name(f"{audio.name}_mic2.flac"), number / 5)
    texts(folder)
    (folder / "speaker-info.txt").write_text(INFO)
    (folder / "README.txt").write_text("read me")
    return root


def old(root):
    """0.80: one microphone, WAV, speakers' numbers without p, p280 in no list."""
    folder = root / "VCTK-Corpus"
    for speaker in SPEAKERS:
        for number in (1, 2, 3):
            write(folder / "wav48" / speaker / f"{speaker}_{number:03d}.wav", number / 10)
    texts(folder)
    lines = [line.removeprefix("p") for line in INFO.splitlines() if not line.startswith("p280")]
    (folder / "speaker-info.txt").write_text("\n".join(lines))
    return root


def texts(folder):
    for speaker in SPEAKERS.keys() - {"p315"}:
        (folder / "txt" / speaker).mkdir(parents=True)
        for number in (1, 2, 3):
            (folder / "txt" / speaker / f"{speaker}_{number:03d}.txt").write_text(f"Sentence  {number}. \n")


@pytest.mark.parametrize("layout", [new, old])
def test_both_versions_give_the_same_data_dir(tmp_path, layout, caplog):
    caplog.set_level(logging.INFO)
    (path,) = prepare(layout(tmp_path / "db"), tmp_path / "data")
    data = DataDir(path)
    assert path == tmp_path / "data/vctk"
    assert data.table("utt2spk") == {f"{s}_00{n}": s for s in ("p225", "p226", "p280", "s5") for n in (1, 2, 3)}
    assert data.table("spk2gender") == {"p225": "f", "p226": "m", "p280": "f", "s5": "f"}
    assert set(data.table("utt2lang").values()) == {"en"}
    assert data.table("text")["s5_002"] == "Sentence 2."
    assert {u: float(d) for u, d in data.table("utt2dur").items()} == {u: int(u[-1]) / 10 for u in data.utterances}
    assert "3 recordings left out, that have no text; nothing is left of p315" in caplog.text
    assert validate(path, feats=False) == []


def test_the_second_microphone(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    data = DataDir(prepare(new(tmp_path / "db"), tmp_path / "data", VctkPreparation(microphone="mic2"))[0])
    assert data.speakers == ["p225", "p226", "s5"]
    assert all(path.endswith("_mic2.flac") for path in data.table("wav.scp").values())
    assert float(data.table("utt2dur")["p226_003"]) == 0.6
    assert "6 recordings left out, that have no recording of mic2; nothing is left of p280 p315" in caplog.text
    assert load_yaml(data.path / "prepared.yaml")[0]["microphone"] == "mic2"


def test_recordings_without_a_text(tmp_path, caplog):
    """They may be taken, and then nothing has a text; where there are no texts at all, all are."""
    caplog.set_level(logging.INFO)
    root = new(tmp_path / "db")
    data = DataDir(prepare(root, tmp_path / "data", VctkPreparation(untranscribed=True))[0])
    assert data.speakers == sorted(SPEAKERS)
    assert not data.has("text")
    assert "vctk: no text, for 3 of 15 have none" in caplog.text
    for path in root.rglob("p*_*.txt"):
        path.unlink()
    for path in root.rglob("s5_*.txt"):
        path.unlink()
    assert DataDir(prepare(root, tmp_path / "more")[0]).speakers == sorted(SPEAKERS)


def test_copies_in_other_folders(tmp_path):
    """As copies at another rate have it: another folder around the speakers'. Other folders are left alone."""
    root = new(tmp_path / "db")
    (root / "VCTK-Corpus-0.92/wav48_silence_trimmed").rename(root / "VCTK-Corpus-0.92/wav16")
    write(root / "noise/cafe.wav")
    assert len(DataDir(prepare(root, tmp_path / "data")[0]).utterances) == 12


def test_some_speakers_and_fewer_utterances(tmp_path):
    root = new(tmp_path / "db")
    config = VctkPreparation(speakers=["p225", "s5"], max_utterances=2)
    data = DataDir(prepare(root, tmp_path / "data", config)[0])
    assert data.speakers == ["p225", "s5"]
    assert len(data.utterances) == 4
    with refused("--speakers: the corpus has no 'p315'", tmp_path / "none"):
        prepare(root, tmp_path / "none", VctkPreparation(speakers=["p315"]))


AUDIO, TEXT = "VCTK-Corpus-0.92/wav48_silence_trimmed/p225", "VCTK-Corpus-0.92/txt/p225"
FAULTS = {
    "nothing": (lambda root: [p.unlink() for p in root.rglob("*.flac")], "db: no recordings; expected wav48_silence"),
    "both versions": (
        lambda root: write(root / "wav48/p225/p225_001.wav"),
        r"p225_001\.wav: named as in VCTK 0\.80, but .*mic1\.flac as in 0\.92",
    ),
    "twice": (
        lambda root: write(root / "copy/p225/p225_001_mic1.wav"),
        r"the same recording as .*p225_001_mic1\.(wav|flac); keep one of them",
    ),
    "another speaker's": (lambda root: write(root / AUDIO / "p226_004_mic1.flac"), r"p226_004_mic1\.flac: not <speak"),
    "third microphone": (lambda root: write(root / AUDIO / "p225_004_mic3.flac"), r"p225_004_mic3\.flac: not <speak"),
    "empty text": (lambda root: (root / TEXT / "p225_001.txt").write_text(" \n"), r"p225_001\.txt: empty; write what"),
    "other texts": (
        lambda root: [p.rename(p.with_stem(f"{p.stem}9")) for p in root.rglob("txt/*/*.txt")],
        "there are texts, but of none of the recordings",
    ),
    "broken": (lambda root: (root / AUDIO / "p225_001_mic1.flac").write_text("no"), "no audio that can be read"),
    "list without header": (
        lambda root: (root / "VCTK-Corpus-0.92/speaker-info.txt").write_text("p225 23 F\n"),
        r"speaker-info\.txt:1: not a header that begins with ID AGE GENDER",
    ),
    "list without gender": (
        lambda root: (root / "VCTK-Corpus-0.92/speaker-info.txt").write_text("ID AGE GENDER\np225 23\n"),
        r"speaker-info\.txt:2: 'p225 23' does not begin with speaker, age and gender",
    ),
    "gender of a third kind": (
        lambda root: (root / "VCTK-Corpus-0.92/speaker-info.txt").write_text("ID AGE GENDER\np225 23 English\n"),
        r"speaker-info\.txt:2: 'p225 23 English' does not",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(tmp_path, fault):
    root = new(tmp_path / "db")
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data")


def test_no_folder_and_no_such_microphone(tmp_path):
    with refused("none: no such folder; --db_root is where wav48_silence_trimmed/", tmp_path / "data"):
        prepare(tmp_path / "none", tmp_path / "data")
    with refused(r"no recordings of mic2, only of mic1 \(VCTK 0.80 has one microphone\)", tmp_path / "data"):
        prepare(old(tmp_path / "db"), tmp_path / "data", VctkPreparation(microphone="mic2"))


def test_what_is_fetched():
    (file,) = CORPUS.files
    assert file.url == f"https://datashare.ed.ac.uk/bitstream/handle/10283/3443/{file.name}"
    assert (len(file.md5), len(file.sha256), file.size) == (32, 64, 11747302977)
    assert file.folder == "VCTK-Corpus-0.92"
