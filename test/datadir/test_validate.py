"""Every fault by itself, in a data dir that is otherwise right, is found with its file and line, and nothing else."""

import random

import numpy as np
import pytest
import soundfile

from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

RATE = 8000


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data dir with every table, of two speakers, four utterances and, in segments, two recordings."""
    monkeypatch.chdir(tmp_path)
    for name in ("r1", "r2", "v1", "v2"):
        soundfile.write(f"{name}.wav", np.random.default_rng(0).uniform(-0.5, 0.5, RATE), RATE)
    tables = {
        "utt2spk": "a-1 a\na-2 a\nb-1 b\nb-2 b\n",
        "spk2utt": "a a-1 a-2\nb b-1 b-2\n",
        "text": "a-1 one two\na-2 zażółć\nb-1 three\nb-2 four\n",
        "segments": "a-1 r1 0 0.5\na-2 r1 0.5 1.0\nb-1 r2 0 0.5\nb-2 r2 0.5 1.0\n",
        "wav.scp": "r1 r1.wav\nr2 r2.wav\n",
        "vocals.scp": "r1 v1.wav\nr2 v2.wav\n",
        "reco2dur": "r1 1.0\nr2 1.0\n",
        "reco2file_and_channel": "r1 r1 A\nr2 r2 B\n",
        "utt2dur": "a-1 0.5\na-2 0.5\nb-1 0.5\nb-2 0.5\n",
        "utt2num_frames": "a-1 5\na-2 5\nb-1 5\nb-2 5\n",
        "utt2lang": "a-1 en\na-2 en\nb-1 en\nb-2 en\n",
        "utt2uniq": "a-1 x1\na-2 x2\nb-1 x3\nb-2 x4\n",
        "utt2warp": "a-1 1\na-2 1\nb-1 1\nb-2 1\n",
        "spk2gender": "a f\nb m\n",
        "spk2warp": "a 0.9\nb 1.1\n",
        "spk2f0": "a 80 400 180\nb 60 300 120\n",
    }
    folder = tmp_path / "data"
    folder.mkdir()
    for name, content in tables.items():
        (folder / name).write_text(content)
    utterances = ["a-1", "a-2", "b-1", "b-2"]
    for name in ("feats", "f0", "vad"):
        write_matrices(f"{name}.ark", f"data/{name}.scp", ((u, np.ones((5, 3))) for u in utterances))
    write_matrices("cmvn.ark", "data/cmvn.scp", ((s, np.ones((2, 4))) for s in "ab"))
    return folder


def messages(folder, **options):
    return [str(fault).replace(f"{folder}/", "") for fault in validate(folder, **options)]


def test_a_right_data_dir_has_no_fault(data):
    assert messages(data, read_audio=True) == []


EDITS = [
    # (table, text, its replacement, what is found)
    ("utt2spk", "b-1 b", "b-1 b x", ["utt2spk:3: 3 fields where there are to be 2"]),
    ("utt2spk", "b-2 b\n", "b-2 b", ["utt2spk:4: no line end at the end of the file"]),
    ("text", "a-1 one two\n", "a-1 one\r\n", ["text:1: a carriage return (Windows line end)"]),
    ("text", "a-1 one two\n", "a-1 #0\r\n", ["text:1: a carriage return", "text:1: the reserved word #0"]),
    ("text", "a-2 za", "\na-2 za", ["text:2: an empty line"]),
    ("text", "a-2 za", " a-2 za", ["text:2: the line begins with a space", "utt2spk:2: the utterance 'a-2'"]),
    ("text", "a-1 one", "\ufeffa-1 one", ["text:1: begins with a byte order mark"]),
    ("text", "b-2 four\n", "b-2 four\n~x y\n", ["text:5: the id '~x' begins with", "text:5: the utterance '~x'"]),
    ("text", "a-1 one", "../a-1 one", ["text:1: the id '../a-1' has a '/' in it, and files are named by ids",
                                       "text:1: the utterance '../a-1' is not in utt2spk",
                                       "utt2spk:1: the utterance 'a-1' has no line in text"]),
    ("wav.scp", "r2.wav\n", f"r2.wav\n{'s' * 241} r2.wav\n", ["wav.scp:3: the id 's", "wav.scp:3: the recording 's"]),
    ("spk2gender", "b m", "b/c m", ["spk2gender:2: the id 'b/c' has a '/'", "spk2gender:2: the speaker 'b/c' is not",
                                  "utt2spk:3: the speaker 'b' has no line"]),
    ("text", "a-2", "a-1", ["text:2: 'a-1' stands on line 1 too", "utt2spk:2: the utterance 'a-2' has no line"]),
    ("text", "a-1 one two\na-2 zażółć\n", "a-2 x\na-1 y\n", ["text:2: 'a-1' after 'a-2': not sorted"]),
    ("text", "three", "thr\u00a0ee", ["text:3: the space character U+00A0"]),
    ("text", "three", "thr\x07ee", ["text:3: the unprintable character U+0007"]),
    ("text", "three", "<s> three", ["text:3: the reserved word <s>"]),
    ("text", "three", "three #0", ["text:3: the reserved word #0"]),
    ("text", "b-1 three", "b-1", ["text:3: warning: no words behind 'b-1'"]),
    ("text", "b-1 three\n", "", ["utt2spk:3: the utterance 'b-1' has no line in text"]),
    ("text", "b-2 four\n", "b-2 four\nb-3 x\n", ["text:5: the utterance 'b-3' is not in utt2spk"]),
    ("spk2utt", "a a-1 a-2", "a a-2 a-1", ["spk2utt:1: 'a' does not list its utterances of utt2spk"]),
    ("spk2utt", "a a-1 a-2", "a a-1  a-2", ["spk2utt:1: 'a' does not list its utterances of utt2spk: single spaces"]),
    ("spk2utt", "b b-1 b-2\n", "", ["spk2utt: speaker 'b' of utt2spk is missing"]),
    ("spk2utt", "b-2\n", "b-2\nc c-1\n", ["spk2utt:3: speaker 'c' is not in utt2spk"]),
    ("wav.scp", "r1 r1.wav", "r1", ["wav.scp:1: nothing stands behind"]),
    ("wav.scp", "r1 r1.wav", "r1 nosuch.wav", ["wav.scp:1: 'r1': nosuch.wav: cannot open: No such file"]),
    ("wav.scp", "r1 r1.wav", "r1 ~/r1.wav", ["wav.scp:1: the path of 'r1' begins with ~"]),
    ("wav.scp", "r1 r1.wav", "r1 data/text", ["wav.scp:1: 'r1': data/text: no audio that can be read"]),
    ("wav.scp", "r2.wav\n", "r2.wav\nr3 r2.wav\n", ["wav.scp:3: the recording 'r3' is not in segments"]),
    ("vocals.scp", "r2 v2.wav\n", "", ["segments:3: the recording 'r2' has no line in vocals.scp"]),
    ("vocals.scp", "v2.wav", "v3.wav", ["vocals.scp:2: 'r2': v3.wav: cannot open"]),
    ("segments", "0 0.5\na-2", "0.5 0.5\na-2", ["segments:1: a segment from 0.5 to 0.5 s; 0 <= start < end must hold"]),
    ("segments", "r1 0.5 1.0", "r1 0.5 1.2", ["segments:2: 'a-2' ends at 1.2 s, its recording 'r1' at 1.000 s"]),
    ("segments", "a-2 r1 0.5", "a-2 r1 x", ["segments:2: 'x 1.0' are no times in seconds"]),
    ("segments", "a-2 r1 0.5 1.0", "a-2 r1 0.5", ["segments:2: 3 fields"]),
    ("segments", "a-2 r1", "a-2 r9", [f"segments:2: the recording 'r9' has no line in {name}" for name in
                                      ("reco2dur", "reco2file_and_channel", "vocals.scp", "wav.scp")]),
    ("reco2file_and_channel", "r1 r1 A", "r1 r1", ["reco2file_and_channel:1: 2 fields"]),
    ("reco2file_and_channel", "r1 r1 A", "r1 r1 C", ["reco2file_and_channel:1: channel 'C'"]),
    ("reco2file_and_channel", "r1 r1 A", "r1 r1 1", ["reco2file_and_channel:1: warning: channel 1"]),
    ("utt2dur", "a-1 0.5", "a-1 0", ["utt2dur:1: '0' is no duration above 0 s for 'a-1'"]),
    ("utt2dur", "a-1 0.5", "a-1 nan", ["utt2dur:1: 'nan' is no duration"]),
    ("reco2dur", "r2 1.0", "r2 -1", ["reco2dur:2: '-1' is no duration above 0 s"]),
    ("utt2num_frames", "a-1 5", "a-1 5.0", ["utt2num_frames:1: '5.0' is no count"]),
    ("utt2num_frames", "a-1 5", "a-1 5²", ["utt2num_frames:1: '5²' is no count"]),
    ("utt2num_frames", "a-1 5", "a-1 " + 5000 * "5", ["utt2num_frames:1: '555"]),
    ("wav.scp", "r1 r1.wav", "r1 " + 300 * "x", ["wav.scp:1: 'r1': xxx"]),
    ("feats.scp", "feats.ark:4", "feats.ark:4" + 30 * "9", ["feats.scp:1: 'a-1': feats.ark:49999"]),
    ("feats.scp", "feats.ark:4", "feats.ark:4[0:" + 5000 * "9" + "]", ["feats.scp:1: 'a-1': feats.ark:4"]),
    ("utt2num_frames", "a-1 5", "a-1 6", [
        f"{name}.scp:1: 'a-1' has 5 frames; utt2num_frames says 6" for name in ("feats", "f0", "vad")]),
    ("spk2gender", "a f", "a female", ["spk2gender:1: 'female' is neither m nor f"]),
    ("spk2gender", "a f", "c f", ["spk2gender:1: the speaker 'c' is not in", "spk2gender:2: 'b' after 'c': not sorted",
                                  "utt2spk:1: the speaker 'a' has no line in spk2gender"]),
    ("spk2warp", "b 1.1", "b 1.5", ["spk2warp:2: '1.5' is no warp factor"]),
    ("utt2warp", "b-2 1", "b-2 inf", ["utt2warp:4: 'inf' is no warp factor"]),
    ("spk2f0", "a 80 400 180", "a 80 400 480", ["spk2f0:1: '80 400 480' is not 0 < floor"]),
    ("utt2lang", "b-2 en\n", "", ["utt2spk:4: the utterance 'b-2' has no line in utt2lang"]),
    ("utt2uniq", "b-2 x4\n", "", ["utt2spk:4: the utterance 'b-2' has no line in utt2uniq"]),
    ("feats.scp", "feats.ark:", "nosuch.ark:", [f"feats.scp:{line}: '{u}': nosuch.ark" for line, u in
                                                enumerate(("a-1", "a-2", "b-1", "b-2"), 1)]),
    ("cmvn.scp", "a cmvn", "c cmvn", ["cmvn.scp:1: the speaker 'c'", "cmvn.scp:2: 'b' after 'c'",
                                      "utt2spk:1: the speaker 'a' has no line in cmvn.scp"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "old", "new", "wanted"), EDITS)
def test_each_fault_is_found_and_no_other(data, table, old, new, wanted):
    content = (data / table).read_text()
    assert old in content
    (data / table).write_text(content.replace(old, new), newline="")
    found = messages(data)
    unexpected = [line for line in found if not any(line.startswith(start) for start in wanted)]
    missing = [start for start in wanted if not any(line.startswith(start) for line in found)]
    assert (missing, unexpected) == ([], [])


PIECES = (
    " ", "\t", "\n", "\r", "\0", "²", "٣", "\x0b", "\x85", "\u00a0", "\ufeff", "1e400", "nan", "-1", "9" * 5000, "~",
    "|", "[0:9]", "[²:3]", "[", ":0", ":" + 30 * "9", "x" * 300, "a-1", "..", "/",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_put_into_a_table_is_told(data, seed):
    """Nothing makes the validator fail, and what it calls valid can be read."""
    rng = random.Random(seed)
    names = sorted(path.name for path in data.iterdir())
    for name in rng.choices(names, k=2):
        text = (data / name).read_text()
        place = rng.randrange(len(text) + 1)
        changed = text[:place] + rng.choice(PIECES) + text[place + rng.choice((0, 1, 3)) :]
        (data / name).write_text(changed, newline="")
    fatal = [fault for fault in validate(data) if fault.fatal]
    try:
        for utterance in DataDir(data).utterances:
            load_utterance(DataDir(data), utterance)
        for utterance, matrix in MatrixTable(data / "feats.scp").items():
            assert matrix.shape == MatrixTable(data / "feats.scp").shape(utterance)
    except AudiolabError:
        assert fatal


def test_all_faults_at_once(data):
    for table, old, new in [("text", "three", "</s>"), ("spk2gender", "a f", "a x"), ("wav.scp", "r2.wav", "r9.wav")]:
        (data / table).write_text((data / table).read_text().replace(old, new))
    assert [line.split(": ")[0] for line in messages(data)] == ["spk2gender:1", "text:3", "wav.scp:2"]


@pytest.mark.parametrize("name", ["utt2spk", "spk2utt", "text", "wav.scp", "feats.scp"])
def test_missing_and_empty_tables(data, name):
    (data / name).write_text("")
    assert f"{name}: empty file" in messages(data)
    (data / name).unlink()
    assert any(line.startswith(f"{name}: no such file") for line in messages(data))


def test_what_need_not_be_there_is_checked_when_it_is(data):
    options = {"text": False, "feats": False, "wav": False}
    (data / "text").write_text((data / "text").read_text().replace("three", "#0"))
    assert messages(data, **options) == ["text:3: the reserved word #0"]
    (data / "text").unlink()
    (data / "feats.scp").unlink()
    assert messages(data, **options) == []
    (data / "segments").write_text((data / "segments").read_text().replace("b-2 ", "b-3 "))
    assert messages(data, **options) == [
        "segments:4: the utterance 'b-3' is not in utt2spk",
        "utt2spk:4: the utterance 'b-2' has no line in segments",
    ]
    (data / "wav.scp").unlink()
    assert "wav.scp: no such file; segments are pieces of its recordings" in messages(data, **options)


def test_without_segments_recordings_are_utterances(data):
    for name in ("segments", "vocals.scp", "reco2dur", "reco2file_and_channel"):
        (data / name).unlink()
    (data / "wav.scp").write_text("a-1 r1.wav\na-2 r1.wav\nb-1 r1.wav\nb-2 r1.wav\n")
    assert messages(data) == []
    (data / "wav.scp").write_text("a-1 r1.wav\na-2 r1.wav\nb-1 r1.wav\nb-9 r1.wav\n")
    assert messages(data) == [
        "utt2spk:4: the recording 'b-2' has no line in wav.scp",
        "wav.scp:4: the recording 'b-9' is not in utt2spk",
    ]


@pytest.mark.parametrize(
    ("lengths", "end", "wanted"),
    [
        ((8000, 8000), 1.0, []),
        ((9000, 8000), 1.0, []),
        ((8000, 9000), 1.0, []),
        ((8000, 7999), 1.0, ["vocals.scp:1: 'r1' ends at 0.999875 s, before its last segment, at 1 s"]),
        ((8000, 7999), 0.999, []),
        ((7999, 7999), 1.0, []),  # a segment's end, rounded
        ((7999, 9000), 1.0, []),
    ],
)
def test_with_segments_signals_hold_all_of_these(data, lengths, end, wanted):
    for name, length in zip(("r1", "v1"), lengths):
        soundfile.write(f"{name}.wav", np.full(length, 0.1), RATE)
    (data / "segments").write_text(f"a-1 r1 0.5 {end}\na-2 r1 0 0.5\nb-1 r2 0 0.5\nb-2 r2 0.5 1.0\n")
    assert messages(data) == wanted


@pytest.mark.parametrize("length", [7999, 8001])
def test_without_segments_signals_are_of_one_length(data, length):
    for name in ("segments", "reco2dur", "reco2file_and_channel"):
        (data / name).unlink()
    names = [("a-1", "r1"), ("a-2", "r2"), ("b-1", "v1"), ("b-2", "v2")]
    for table in ("wav.scp", "vocals.scp"):
        (data / table).write_text("".join(f"{name} {file}.wav\n" for name, file in names))
    soundfile.write("odd.wav", np.full(length, 0.1), RATE)
    (data / "vocals.scp").write_text((data / "vocals.scp").read_text().replace("v1.wav", "odd.wav"))
    told = f"vocals.scp:3: 'b-1' has {length / RATE:.6f} s, and 1.000000 s in wav.scp; signals are to be alike"
    assert messages(data) == [told]


def test_speakers_out_of_order_and_not_prefixes(tmp_path):
    (tmp_path / "utt2spk").write_text("1 b\n2 a\n")
    (tmp_path / "spk2utt").write_text("a 2\nb 1\n")
    options = {"text": False, "feats": False, "wav": False}
    prefix = "utt2spk:1: warning: '1' does not begin with its speaker 'b' (2 such)"
    found = messages(tmp_path, **options)
    assert found[0].startswith(prefix)
    assert found[1].startswith("utt2spk:2: speaker 'a' of '2' after 'b'")
    assert [line.startswith(prefix) for line in messages(tmp_path, spk_sort=False, **options)] == [True]


def test_one_speaker_is_a_warning_and_unprintable_text_is_allowed_on_request(tmp_path):
    (tmp_path / "utt2spk").write_text("a-1 a\n")
    (tmp_path / "spk2utt").write_text("a a-1\n")
    (tmp_path / "text").write_text("a-1 \x07\n")
    faults = validate(tmp_path, feats=False, wav=False, non_print=True)
    assert [(fault.fatal, fault.message.split(";")[0]) for fault in faults] == [(False, "only one speaker")]


def test_encoding(data):
    (data / "utt2lang").write_bytes(b"a-1 en\na-2 \xff\nb-1 en\nb-2 en\n")
    assert messages(data)[0].startswith("utt2lang:2: not UTF-8 (byte 5)")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty, 0 bytes"), (None, "truncated: 1000 bytes fewer"), (b"x" * 99, "no audio that can be read")],
)
def test_broken_audio_files(data, content, message):
    content = (data.parent / "r1.wav").read_bytes()[:-1000] if content is None else content
    (data.parent / "r1.wav").write_bytes(content)
    assert messages(data)[0].startswith(f"wav.scp:1: 'r1': r1.wav: {message}")


def test_samples_are_read_on_request(data):
    soundfile.write(data.parent / "r1.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    soundfile.write(data.parent / "r2.wav", np.zeros(RATE), RATE)
    assert messages(data) == []
    assert messages(data, read_audio=True) == [
        "wav.scp:1: 'r1': r1.wav: sample 0 is NaN or infinite; make the file again",
        "wav.scp:2: warning: 'r2': r2.wav is silent",
    ]


def test_commands_are_run_only_when_allowed(data):
    (data / "wav.scp").write_text("r1 touch ran; cat r1.wav |\nr2 false |\n")
    assert messages(data) == []
    assert not (data.parent / "ran").exists()
    assert messages(data, allow_pipes=True) == ["wav.scp:2: 'r2': false |: 'false' ended with code 1: no message"]
    assert (data.parent / "ran").exists()


def test_matrices_of_different_width(data):
    pairs = [("a-1", np.ones((5, 3))), ("a-2", np.ones((5, 4))), ("b-1", np.ones((5, 3))), ("b-2", np.ones((5, 3)))]
    write_matrices("feats.ark", "data/feats.scp", pairs)
    assert messages(data) == ["feats.scp:2: 'a-2' has (4,) columns, those before have (3,)"]
