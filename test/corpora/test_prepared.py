"""Data dirs of recordings: ids that sort as Kaldi wants, odd names, and faults told before anything is written."""

import logging
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.prepared import Ids, Recording, clean_id, prepare_sets, read_speech
from audiolab.corpora.walk import recordings_below
from audiolab.datadir import audiofile
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.headers import read_header
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError


def write(path, samples=160, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, samples), rate)
    return path


def test_ids_sort_by_utterance_as_by_speaker():
    """Whatever the names are: the ids of random ones, sorted by utterance, have their speakers in order."""
    letters = "ab1_-. é|Z~(/"
    draw = random.Random(0)
    names = ["".join(draw.choices(letters, k=draw.randint(1, 6))) for _ in range(400)]
    speakers = {clean_id(name) for name in names}
    owner = {f"{speaker}-{clean_id(name)}": speaker for speaker in speakers for name in names[:20]}
    assert [owner[utterance] for utterance in sorted(owner)] == sorted(owner.values())


def test_names_of_all_scripts_keep_their_letters_marks_and_digits():
    """Two names of Hindi that differ in a vowel sign, which is no letter, Thai tones, and digits of India."""
    for name in ("राम", "रोम", "ป้า", "٣०3", "Zoë", "Ōno", "한국"):
        assert clean_id(name) == name
    assert clean_id("Zoe\u0308") == "Zoë"
    ids = Ids()
    assert ids.of("राम", "a") != ids.of("रोम", "b")
    assert ids.of("Zoe\u0308", "a") == ids.of("Zoë", "b") == "Zoë"


@pytest.mark.parametrize(("first", "second"), [("Anna B", "Anna-B"), ("a/b", "a_b"), ("x(1)", "x[1]"), ("😀", "😁")])
def test_two_names_never_have_one_id(first, second):
    ids = Ids()
    assert ids.of(first, "t.tsv:2") == ids.of(first, "t.tsv:3")
    told = rf"^t.tsv:4: '{re.escape(second)}' would have the id '\w+', which '{re.escape(first)}' of t.tsv:2 has"
    with pytest.raises(AudiolabError, match=told):
        ids.of(second, "t.tsv:4")


def test_an_id_that_is_too_long_for_a_files_name(tmp_path):
    path = write(tmp_path / "x.wav")
    with pytest.raises(AudiolabError, match=r"x.wav: the id 'अअअ.*…' has 304 bytes; files are named by ids"):
        prepare_sets(tmp_path / "data", {"speech": [Recording(path, "अ", "अ" * 100)]})
    assert not (tmp_path / "data").exists()


def test_tables(tmp_path):
    first, second = write(tmp_path / "a b/x 1.wav", 1600), write(tmp_path / "c/y.flac", 4000)
    sets = {
        "speech": [
            Recording(second, "s2", "s2-y", "fr", "oui", "f"),
            Recording(first, "s1", "s1-x_1", "de", "ja", "m"),
        ],
        "noise": [Recording(first, "x_1", "x_1")],
    }
    assert prepare_sets(tmp_path / "data", sets) == [tmp_path / "data/speech", tmp_path / "data/noise"]
    data = DataDir(tmp_path / "data/speech")
    assert data.table("wav.scp") == {"s1-x_1": str(first), "s2-y": str(second)}
    assert data.table("utt2dur") == {"s1-x_1": "0.100000", "s2-y": "0.250000"}
    assert data.table("utt2lang") == {"s1-x_1": "de", "s2-y": "fr"}
    assert data.table("text") == {"s1-x_1": "ja", "s2-y": "oui"}
    assert data.table("spk2gender") == {"s1": "m", "s2": "f"}
    assert DataDir(tmp_path / "data/noise").names == ["reco2header", "spk2utt", "utt2dur", "utt2spk", "wav.scp"]
    assert validate(tmp_path / "data/speech", feats=False) == []


def test_only_headers_are_read(tmp_path):
    """A FLAC whose frames are garbage has a duration all the same, where it ends with a whole one."""
    path = write(tmp_path / "x.flac", 32000)
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)
    prepare_sets(tmp_path / "data", {"noise": [Recording(path, "x", "x")]})
    assert DataDir(tmp_path / "data/noise").table("utt2dur") == {"x": "2.000000"}


def test_names_of_other_programs(tmp_path, caplog):
    write(tmp_path / "db/._x.wav")
    write(tmp_path / "db/__MACOSX/x.wav")
    write(tmp_path / "db/.cache/x.wav")
    path = write(tmp_path / "db/Tür (2).WAV")
    (tmp_path / "db/read.me").touch()
    assert list(recordings_below(tmp_path / "db")) == [(tmp_path / "db", ["Tür (2).WAV"])]
    caplog.set_level(logging.WARNING)
    prepare_sets(tmp_path / "data", {"noise": [Recording(path, "x", "x")]})
    assert "Tür (2).WAV: '_' stands in its id" in caplog.text
    assert DataDir(tmp_path / "data/noise").table("wav.scp") == {"x": str(path)}


def _broken(tmp_path):
    """Recordings and the message that they give."""
    good = write(tmp_path / "good.wav")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "lfs.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 320044\n")
    (tmp_path / "cut.wav").write_bytes(good.read_bytes()[:-20])
    no_samples = write(tmp_path / "none.wav", 0)
    names = ("empty", "cut", "none", "lfs")
    several = [Recording(tmp_path / f"{name}.wav", name, name) for name in names]
    line_end = write(tmp_path / "a\nb.wav")
    return {
        "empty": (several[:1], "empty.wav: empty, 0 bytes"),
        "truncated": (several[1:2], "cut.wav: truncated: 20 bytes fewer"),
        "no samples": ([Recording(no_samples, "x", "x")], "none.wav: empty, no samples"),
        "pointer": (several[3:], "lfs.wav: stands for a file that Git LFS has not fetched"),
        "missing": ([Recording(tmp_path / "gone.wav", "x", "x")], "gone.wav: cannot open"),
        "several": (several, r"empty.wav: .*\(broken files: 4; the next are .*cut.wav, .*none.wav, .*lfs.wav\)"),
        "twice": ([Recording(good, "x", "x"), Recording(several[0].path, "x", "x")], "the same id, 'x', as .*good.wav"),
        "line end": ([Recording(line_end, "x", "x")], r"a\\nb.wav': the path has a line end"),
    }


@pytest.mark.parametrize(
    "fault", ["empty", "truncated", "no samples", "pointer", "missing", "several", "twice", "line end"]
)
def test_faults_are_one_line_and_nothing_is_written(tmp_path, fault):
    recordings, message = _broken(tmp_path)[fault]
    with refused(message, tmp_path / "data"):
        prepare_sets(tmp_path / "data", {"good": [Recording(tmp_path / "good.wav", "g", "g")], "noise": recordings})


def test_a_path_that_is_not_utf8(tmp_path):
    try:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav"))
        write(path)
    except (OSError, UnicodeError, soundfile.LibsndfileError):
        path.write_bytes(write(tmp_path / "x.wav").read_bytes())
    with pytest.raises(AudiolabError, match="the path is not UTF-8; rename"):
        prepare_sets(tmp_path / "data", {"noise": [Recording(path, "x", "x")]})


def test_signals_must_fit(tmp_path):
    noisy, clean = write(tmp_path / "noisy.wav", 160), write(tmp_path / "clean.wav", 159)
    sets, further = {"pairs": [Recording(noisy, "x", "x")]}, {"pairs": {"spk1.scp": {"x": clean}}}
    with pytest.raises(AudiolabError, match=r"clean.wav: 159 samples at 16000 Hz, .*noisy.wav has 160 at 16000 Hz"):
        prepare_sets(tmp_path / "data", sets, further)
    write(clean, 160, 8000)
    with pytest.raises(AudiolabError, match=r"clean.wav: 160 samples at 8000 Hz, .*noisy.wav has 160 at 16000 Hz"):
        prepare_sets(tmp_path / "data", sets, further)
    assert not (tmp_path / "data").exists()
    write(clean, 160)
    prepare_sets(tmp_path / "data", sets, further)
    assert DataDir(tmp_path / "data/pairs").table("spk1.scp") == {"x": str(clean)}


def test_speech_that_is_read_is_opened_once(tmp_path, monkeypatch):
    path, opened, open_bytes = write(tmp_path / "a.wav"), [], audiofile.open_bytes
    expected = read_header(str(path))
    monkeypatch.setattr(audiofile, "open_bytes", lambda *given: opened.append(given[0].path) or open_bytes(*given))
    assert read_speech(str(path)) == expected == (160, 16000, 1, path.stat().st_size)
    assert opened == [str(path)]


def test_what_is_told_of_a_set_is_what_is_known(tmp_path, caplog):
    """Speakers of speech, noises that recordings were cut from, and nothing where each recording is by itself."""
    files = [write(tmp_path / f"{n}.wav") for n in range(3)]
    owned = [Recording(path, f"own{n % 2}", f"own{n % 2}-{n}") for n, path in enumerate(files)]
    alone = [Recording(path, f"u{n}", f"u{n}") for n, path in enumerate(files)]
    with caplog.at_level(logging.INFO):
        prepare_sets(
            tmp_path, {"speech_x_train": owned, "noise_x_train": owned, "noise_y_train": alone, "pairs": alone}
        )
    said = [record.getMessage().partition(": ")[2] for record in caplog.records if "recordings" in record.getMessage()]
    assert said == [
        "3 recordings of 2 speakers, 0.00 h", "3 recordings of 2 noises, 0.00 h",
        "3 recordings, 0.00 h", "3 recordings, 0.00 h",
    ]  # fmt: skip
