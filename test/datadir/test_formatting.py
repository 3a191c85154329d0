"""Audio that is made anew: each sample once, signals alike, jobs as one; tables that still hold come along."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from audiolab.bin import format_wav
from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.headers import kept_header, parse_header
from audiolab.datadir.pieces import Cut, pieces_of
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

RATE = 8000
LENGTHS = {"a-x": 21000, "a-y": 3000, "b-x": 17000}


@pytest.fixture
def verb(tmp_path, monkeypatch):
    """Work in a folder with the data dir ``in`` of ramps, the voice right; return a function that runs the verb."""
    monkeypatch.chdir(tmp_path)
    for name, length in LENGTHS.items():
        ramp = np.arange(length) % 20011 - 10000
        soundfile.write(f"{name}.wav", np.stack([ramp, -ramp // 3], axis=1).astype(np.int16), RATE)
    tables = {
        "utt2spk": {name: name[0] for name in LENGTHS},
        "wav.scp": {name: f"{name}.wav" for name in LENGTHS},
        "vocals.scp": {name: f"{name}.wav[channel=1]" for name in LENGTHS},
        "text": dict.fromkeys(LENGTHS, "la la"),
        "utt2lang": dict.fromkeys(LENGTHS, "zh"),
        "spk2gender": {"a": "f", "b": "m"},
        "utt2num_frames": dict.fromkeys(LENGTHS, "9"),
    }
    write_data_dir("in", tables)

    def run(out, *words):
        monkeypatch.setattr(sys, "argv", ["format_wav", "--data", "in", "--out", out, *map(str, words)])
        format_wav.main()
        return DataDir(out)

    return run


def joined(data, name, table="wav.scp"):
    """Return an utterance's pieces, one after another, in the order of their ids."""
    names = [piece for piece in data.utterances if piece == name or piece.rpartition("-")[0] == name]
    waves = [load_utterance(data, piece, table=table, channels="all")[0] for piece in names]
    return np.concatenate(waves), list(map(len, waves))


def content(data):
    """Return tables and samples, but not where the files are."""
    tables = {name: dict(table) for name, table in data.tables.items()}
    for name in ("wav.scp", "vocals.scp"):
        tables[name] = {key: soundfile.read(path)[0].tolist() for key, path in tables[name].items()}
    return tables


@pytest.mark.parametrize("by_reference", [True, False])
def test_pieces_join_to_the_whole_in_every_signal(verb, by_reference):
    words = ["--by_reference"] if by_reference else ["--channels", "all"]
    data = verb("out", "--segment_seconds", 0.5, "--shortest_seconds", 0.3, *words)
    lengths = {"a-x": [4000] * 4 + [5000], "a-y": [3000], "b-x": [4000] * 3 + [5000]}
    for name in LENGTHS:
        stereo, _ = soundfile.read(f"{name}.wav", dtype="float32")
        for table, wanted in (("wav.scp", stereo), ("vocals.scp", stereo[:, 1])):
            found, sizes = joined(data, name, table)
            np.testing.assert_array_equal(found, wanted)
            assert sizes == lengths[name]
    assert data.utterances[:2] == ["a-x-000000", "a-x-000001"]
    assert set(data.names) - {"segments", "reco2header"} == {
        "utt2spk", "spk2utt", "utt2dur", "utt2lang", "spk2gender", "wav.scp", "vocals.scp"
    }  # fmt: skip
    assert data.table("utt2dur")["a-x-000004"] == "0.625000"
    assert validate("out", feats=False, text=False) == []


def test_utterances_that_stay_whole_keep_what_tells_of_them(verb):
    data = verb("out", "--channels", "mix", "--rate", 16000, "--subtype", "FLOAT")
    assert set(data.names) == {
        "utt2spk", "spk2utt", "utt2dur", "utt2lang", "spk2gender", "text", "wav.scp", "vocals.scp", "reco2header"
    }  # fmt: skip
    assert data.table("text") == DataDir("in").table("text")
    for name, length in LENGTHS.items():
        stereo, _ = soundfile.read(f"{name}.wav", dtype="float32")
        path = data.table("wav.scp")[name]
        found, rate = soundfile.read(path, dtype="float32")
        assert (rate, soundfile.info(path).subtype, len(found)) == (16000, "FLOAT", 2 * length)
        held = soxr.resample(np.pad(stereo.mean(1), RATE, "edge"), RATE, 16000, quality="HQ")
        np.testing.assert_allclose(found, held[16000:-16000], atol=2e-6)
        assert kept_header(data.table("reco2header"), name, path)[:3] == (2 * length, 16000, 1)
    assert validate("out", feats=False) == []


def test_long_recordings_are_written_in_blocks_that_nobody_hears(verb, monkeypatch):
    whole = content(verb("one", "--channels", "mix", "--rate", 11025))
    monkeypatch.setattr("audiolab.datadir.formatting.BLOCK", 1000)
    blocks = content(verb("two", "--channels", "mix", "--rate", 11025))
    for name in LENGTHS:
        np.testing.assert_allclose(blocks["wav.scp"][name], whole["wav.scp"][name], atol=1.01 / 32768)


def test_pieces_at_another_rate_are_slices_of_the_resampled_whole(verb):
    data = verb("out", "--rate", 11025, "--channels", "mix", "--segment_seconds", 0.7, "--subtype", "FLOAT")
    for name in LENGTHS:
        whole = read_excerpt(f"{name}.wav", 11025, channels="mix")
        np.testing.assert_allclose(joined(data, name)[0], whole, atol=2e-6)


def test_segments_are_cut_as_recordings_are(verb):
    """Of a data dir with segments, no sample is lost, doubled or shifted either."""
    made = verb("segments", "--by_reference", "--segment_seconds", 0.9, "--shortest_seconds", 0)
    assert list(made.table("segments").values())[:2] == ["a-x 0.0000000 0.9000000", "a-x 0.9000000 1.8000000"]
    halves = verb("halves", "--data", "segments", "--by_reference", "--segment_seconds", 0.45, "--shortest_seconds", 0)
    assert halves.table("segments")["a-x-000001-000001"] == "a-x 1.3500000 1.8000000"
    assert validate("halves", feats=False, text=False) == []
    again = verb("out", "--data", "segments", "--segment_seconds", 0.25, "--shortest_seconds", 0.1, "--channels", "all")
    pieces = [name for name in again.utterances if name.startswith("a-x-")]
    waves = [load_utterance(again, name, channels="all")[0] for name in pieces]
    np.testing.assert_array_equal(np.concatenate(waves), soundfile.read("a-x.wav", dtype="float32")[0])
    assert pieces[:5] == [f"a-x-000000-00000{n}" for n in range(4)] + ["a-x-000001-000000"]
    assert again.table("utt2spk")["a-x-000000-000002"] == "a"


def test_jobs_make_what_one_makes(verb):
    words = ("--segment_seconds", 0.5, "--channels", "mix", "--rate", 16000)
    whole = content(verb("one", *words))
    for job in (3, 1, 2):
        verb("jobs", *words, "--nj", 3, "--job", job)
    assert content(verb("jobs", *words, "--nj", 3, "--join")) == whole
    for job in (1, 2):
        verb("cut", "--by_reference", "--segment_seconds", 0.5, "--nj", 2, "--job", job)
    cut = verb("cut", "--by_reference", "--segment_seconds", 0.5, "--nj", 2, "--join")
    assert cut.tables == verb("cut_once", "--by_reference", "--segment_seconds", 0.5).tables


def test_the_last_piece_is_filled_with_zeros(verb):
    """As the separation paper's preparation has it."""
    data = verb("out", "--segment_seconds", 0.5, "--pad", "true", "--channels", "all")
    for name, length in LENGTHS.items():
        found, sizes = joined(data, name)
        assert set(sizes) == {4000}
        assert 0 <= len(found) - length < 4000
        np.testing.assert_array_equal(found[:length], soundfile.read(f"{name}.wav", dtype="float32")[0])
        assert not found[length:].any()
    assert {parse_header(value)[:3] for value in data.table("reco2header").values()} == {(4000, RATE, 2)}
    assert set(data.table("utt2dur").values()) == {"0.500000"}


def test_what_is_clipped_is_told_of_the_file_that_is_there(verb, caplog):
    soundfile.write("a-y.wav", np.full((3000, 2), 1.5), RATE, "FLOAT")
    out = verb("out", "--channels", "mix")
    assert f"{out.table('wav.scp')['a-y']}: 3000 samples lie over full scale and are clipped" in caplog.messages
    assert ".tmp" not in caplog.text


def test_commands_are_run_when_allowed(verb):
    write_data_dir("in", {"utt2spk": {"a-x": "a"}, "wav.scp": {"a-x": "cat a-x.wav |"}}, replace=True)
    with pytest.raises(AudiolabError, match="--allow_pipes"):
        verb("out", "--channels", "mix")
    assert len(joined(verb("out", "--channels", "mix", "--allow_pipes"), "a-x")[0]) == LENGTHS["a-x"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rate", 5], "a rate of 5 Hz"),
        (["--segment_seconds", 0], "segment_seconds must be above 0"),
        (["--segment_seconds", 1, "--shortest_seconds", -1], "shortest_seconds must be 0 or more"),
        (["--pad", "true"], "pad is for pieces"),
        (["--segment_seconds", 0.00001, "--shortest_seconds", 0, "--channels", "mix"], "a-x: pieces of 1e-05 s"),
        (["--by_reference"], "--by_reference needs --segment_seconds"),
        (["--by_reference", "--segment_seconds", 1, "--pad", "true"], "can fill no piece with zeros"),
        (["--by_reference", "--segment_seconds", 1, "--rate", 16000], "leaves the audio as it is; give no --rate"),
        (["--subtype", "PCM_8"], "'subtype' is 'PCM_8'"),
        ([], "2 channels where one is wanted"),
        (["--channels", "mix", "--nj", 4, "--job", 1], "--nj 4: there are 3 utterances"),
        (["--nj", 2], "with --nj 2 give --job 1 to 2"),
        (["--channels", "mix", "--out", "in/made"], "lies in"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_line(verb, tmp_path, words, message):
    with pytest.raises(AudiolabError, match=message) as caught:
        verb("out", *words)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


def test_of_mixtures_their_audio_is_taken_where_it_is_written(verb):
    sounds = {name: f"{name}.wav[channel=0]" for name in LENGTHS}
    line = "a-x 0 1 b-x 0 1 4000 0"
    write_data_dir("in", {"utt2spk": {"a-x": "a"}, "mixtures": {"a-x": line}, "speech.scp": sounds}, replace=True)
    with pytest.raises(AudiolabError, match="in: holds mixtures, and no audio; make_mixtures --write_mixtures"):
        verb("out")
    write_data_dir("in", {"wav.scp": {"a-x": "a-x.wav"}, "noise1.scp": {"a-x": "a-x.wav[channel=0] "}})
    data = verb("out", "--channels", "mix", "--segment_seconds", 1)
    assert set(data.names) == {"utt2spk", "spk2utt", "utt2dur", "reco2header", "wav.scp", "noise1.scp"}
    assert len(joined(data, "a-x", "noise1.scp")[0]) == LENGTHS["a-x"]


@pytest.mark.parametrize(("samples", "rate"), [(2999, RATE), (3000, 2 * RATE)])
def test_signals_that_are_unlike_are_refused(verb, samples, rate):
    soundfile.write("unlike.wav", np.full(samples, 0.1), rate)
    vocals = Path("in/vocals.scp")
    vocals.write_text(vocals.read_text().replace("a-y.wav[channel=1]", "unlike.wav"))
    told = rf"vocals\.scp: a-y: unlike\.wav: {samples} samples at {rate} Hz, and wav\.scp's has 3000 at 8000 Hz"
    for words in (["--channels", "mix"], ["--by_reference", "--segment_seconds", 1]):
        with pytest.raises(AudiolabError, match=told):
            verb("out", *words)


def test_headers_and_durations_are_of_the_mixture(verb):
    """Where a further signal has fewer channels, too."""
    data = verb("out", "--channels", "all")
    for name, length in LENGTHS.items():
        path = data.table("wav.scp")[name]
        assert parse_header(data.table("reco2header")[name]) == (length, RATE, 2, Path(path).stat().st_size)
        assert float(data.table("utt2dur")[name]) == length / RATE
        assert soundfile.info(data.table("vocals.scp")[name]).channels == 1


def test_nothing_is_made_where_a_recording_lies_that_is_read(verb):
    """Be it one of a further signal only."""
    Path("songs").mkdir()
    Path("a-x.wav").rename("songs/a-x.wav")
    soundfile.write("a-x.wav", np.full((LENGTHS["a-x"], 2), 0.1), RATE)
    vocals = Path("in/vocals.scp")
    vocals.write_text(vocals.read_text().replace("a-x.wav", "songs/a-x.wav"))
    for words in (["--channels", "mix"], ["--by_reference", "--segment_seconds", 1]):
        with pytest.raises(AudiolabError, match=r"songs: holds songs/a-x\.wav, which is read"):
            verb("songs", *words)
    assert [path.name for path in Path("songs").iterdir()] == ["a-x.wav"]


def test_a_whole_piece_is_no_rest():
    """Which is shorter than the shortest that a rest may be."""
    assert [piece.samples for piece in pieces_of("u", 0, 3000, 1000, Cut(0.5))] == [500] * 6
    assert [piece.samples for piece in pieces_of("u", 0, 3100, 1000, Cut(0.5))] == [500] * 5 + [600]


def test_every_sample_is_in_one_piece():
    generator = np.random.default_rng(0)
    for _ in range(200):
        samples, start, rate = (int(generator.integers(1, high)) for high in (5000, 900, 3000))
        segment = generator.uniform(0.01, 2.0)
        cut = Cut(segment, generator.uniform(0, segment), bool(generator.integers(2)))
        if round(segment * rate) < 1:
            continue
        pieces = pieces_of("u", start, samples, rate, cut)
        length = round(segment * rate)
        assert pieces[0].start == start
        assert all(left.start + left.samples == right.start for left, right in pairwise(pieces))
        assert pieces[-1].start + pieces[-1].samples == start + samples
        assert all(piece.samples == length and piece.zeros == 0 for piece in pieces[:-1])
        last = pieces[-1]
        assert last.samples + last.zeros == length if cut.pad else last.zeros == 0
        assert len(pieces) == 1 or cut.pad or last.samples >= cut.shortest_seconds * rate
        assert [piece.name for piece in pieces] == sorted(f"u-{number:06d}" for number in range(len(pieces)))
