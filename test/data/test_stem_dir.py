"""Song dirs: what is read is a cut of the recording, wherever it lies and at whichever rate; what is wrong is told."""

import pickle
import shutil

import numpy as np
import pytest
import soundfile
import soxr
from song_folder import RATE, make_songs, noises

from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.headers import read_header
from audiolab.datadir.subset import subset_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError


@pytest.fixture
def waves():
    return noises()


@pytest.fixture
def songs(tmp_path, waves):
    """Return a song dir of three songs of 2.5 s, each of which has pieces of 1, 1 and 0.5 s."""
    return make_songs(tmp_path / "songs", waves)


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))


def test_it_is_a_valid_data_dir(songs):
    assert [str(fault) for fault in validate(songs, feats=False, text=False)] == []


def test_pieces_are_cuts_of_the_recordings(songs, waves):
    stems = StemDir(songs)
    assert stems.rate == RATE
    assert stems.ids == [f"s{song}-{piece}" for song in range(3) for piece in range(3)]
    assert stems.songs == [f"s{song}" for song in range(3) for _ in range(3)]
    assert stems.lengths.tolist() == [RATE, RATE, RATE // 2] * 3
    assert stems.lengths.dtype == np.int64
    for number, name in enumerate(stems.ids):
        song, piece = name.split("-")
        for source in SOURCES:
            whole = waves[song][source].astype(np.float32)[int(piece) * RATE :][: stems.lengths[number]]
            found = stems.read(number, source)
            assert found.dtype == np.float32
            assert np.array_equal(found, whole)
            assert np.array_equal(stems.read(number, source, 100, 300), whole[100:400])


def test_behind_a_piece_there_are_zeros_and_not_the_next_piece(songs):
    stems = StemDir(songs)
    whole = stems.read(0, "vocals")
    found = stems.read(0, "vocals", RATE - 10, 50)
    assert np.array_equal(found[:10], whole[-10:])
    assert found.shape == (50,)
    assert not found[10:].any()
    assert not stems.read(0, "vocals", RATE + 7, 20).any()
    assert stems.read(0, "vocals", RATE + 7).shape == (0,)
    assert stems.read(0, "vocals", 5, 0).shape == (0,)


def test_times_are_rounded_to_the_nearest_sample(songs, waves):
    write_lines(songs / "segments", ["s0-0 s0 0.33333 0.66664", "s0-1 s0 1.00004 1.5"])
    (songs / "utt2song").unlink()
    stems = StemDir(songs)
    assert np.array_equal(stems.read(0, "vocals"), waves["s0"]["vocals"][5333:10666].astype(np.float32))
    assert np.array_equal(stems.read(1, "vocals"), waves["s0"]["vocals"][16001:24000].astype(np.float32))
    assert stems.songs == ["s0", "s0"]


@pytest.mark.parametrize(("original", "rate"), [(44100, 16000), (16000, 22050)])
def test_recordings_at_another_rate_are_resampled(tmp_path, original, rate):
    waves = noises(2, rate=original)
    stems = StemDir(make_songs(tmp_path / "songs", waves, rate=original), rate)
    assert StemDir(tmp_path / "songs").rate == original
    assert stems.lengths[:3].tolist() == [rate, rate, rate // 2]
    whole = soxr.resample(waves["s0"]["vocals"].astype(np.float32), original, rate, quality="HQ")
    error = stems.read(1, "vocals", 1000, 4000) - whole[rate + 1000 :][:4000]
    assert 20 * np.log10(np.std(error) / np.std(whole)) < -100


def test_recordings_of_one_dir_may_differ_in_rate_and_channels(tmp_path, waves):
    path = make_songs(tmp_path / "songs", waves)
    time = np.arange(2.5 * 48000) / 48000
    left, right = np.sin(2 * np.pi * 300 * time), np.sin(2 * np.pi * 500 * time)
    file = tmp_path / "songs" / "wav" / "s1.vocals.wav"
    soundfile.write(file, np.stack([left, right], axis=1), 48000, subtype="FLOAT")
    stems = StemDir(path, RATE)
    mean = (
        np.sin(2 * np.pi * 300 * (1 + np.arange(RATE) / RATE)) + np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    ) / 2
    assert np.abs(stems.read(4, "vocals") - mean).max() < 1e-4
    table = {**dict(DataDir(path).table("vocals.scp").items()), "s1": f"{file}[channel=0]"}
    write_data_dir(path, {"vocals.scp": table})
    assert np.abs(StemDir(path, RATE).read(4, "vocals") - np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE)).max() < 1e-4


def test_whole_recordings_by_headers_and_by_reco2header(tmp_path, waves, monkeypatch):
    path = make_songs(tmp_path / "songs", waves, piece_s=None)
    (path / "utt2song").unlink()
    stems = StemDir(path, 8000)
    assert stems.ids == stems.songs == ["s0", "s1", "s2"]
    assert stems.lengths.tolist() == [20000] * 3
    headers = {name: str(read_header(entry)) for name, entry in DataDir(path).table("wav.scp").items()}
    write_data_dir(path, {"reco2header": headers})
    monkeypatch.setattr("audiolab.data.stem_dir.audio_info", None)  # no header is read
    again = StemDir(path, 8000)
    assert again.lengths.tolist() == [20000] * 3
    assert np.array_equal(again.read(2, "accompaniment"), stems.read(2, "accompaniment"))


def test_a_part_of_a_song_dir_is_one(songs, tmp_path):
    subset_data_dir(songs, tmp_path / "part", ["s1-1", "s2-0"])
    part, whole = StemDir(tmp_path / "part"), StemDir(songs)
    assert part.songs == ["s1", "s2"]
    assert np.array_equal(part.read(0, "vocals"), whole.read(4, "vocals"))


def test_tables_in_any_order(songs):
    before = StemDir(songs)
    known = before.songs
    for name in ("segments", "utt2song", "vocals.scp"):
        write_lines(songs / name, (songs / name).read_text().splitlines()[::-1])
    after = StemDir(songs)
    assert (after.songs, after.lengths.tolist()) == (known, before.lengths.tolist())
    assert all(np.array_equal(after.read(n, "vocals"), before.read(n, "vocals")) for n in range(len(before)))


def test_workers_are_sent_little_and_read_the_same(songs):
    stems = StemDir(songs)
    sent = pickle.dumps(stems)
    assert len(sent) < 3000
    other = pickle.loads(sent)
    assert np.array_equal(other.read(5, "vocals"), stems.read(5, "vocals"))
    assert (other.rate, list(other.ids), other.songs) == (stems.rate, list(stems.ids), stems.songs)


def test_the_fingerprint_follows_the_contents_and_not_the_place(songs, tmp_path, waves):
    before = StemDir(songs).fingerprint()
    assert StemDir(songs, 8000).fingerprint() != before
    other = tmp_path / "elsewhere"
    shutil.move(songs, other)
    for name in ("wav.scp", "vocals.scp", "accompaniment.scp"):
        (other / name).write_text((other / name).read_text().replace(str(songs), str(other)))
    assert StemDir(other).fingerprint() == before

    tables = {name: (other / name).read_text() for name in ("segments", "utt2song", "vocals.scp")}
    for name, old, new in (
        ("utt2song", "s0-0 s0", "s0-0 s1"),
        ("segments", "s0 0.000000 1.0", "s0 0.100000 1.1"),
        ("vocals.scp", "s0.vocals.wav", "s0.vocals.wav[channel=0]"),
    ):
        assert tables[name].count(old) == 1
        (other / name).write_text(tables[name].replace(old, new))
        assert StemDir(other).fingerprint() != before, name
        (other / name).write_text(tables[name])
    assert StemDir(other).fingerprint() == before
    wave = waves["s2"]["accompaniment"]
    wave[1000] += 0.1
    write_audio(other / "wav" / "s2.accompaniment.wav", wave, RATE, subtype="FLOAT")
    assert StemDir(other).fingerprint() != before
    (other / "wav" / "s2.accompaniment.wav").unlink()
    with pytest.raises(AudiolabError, match=r"accompaniment\.scp: a recording is gone"):
        StemDir(other).fingerprint()


def test_of_many_recordings_some_are_looked_at(songs, waves, monkeypatch):
    monkeypatch.setattr("audiolab.data.stem_dir.SAMPLED", 2)
    before = StemDir(songs).fingerprint()
    changed = {}
    for song in waves:
        file = songs / "wav" / f"{song}.vocals.wav"
        content = file.read_bytes()
        write_audio(file, -waves[song]["vocals"], RATE, subtype="FLOAT")
        changed[song] = StemDir(songs).fingerprint() != before
        file.write_bytes(content)
    assert changed == {"s0": True, "s1": False, "s2": True}


def test_a_piece_may_end_a_little_behind_its_recording(songs):
    text = (songs / "segments").read_text()
    (songs / "segments").write_text(text.replace("s0 2.000000 2.5", "s0 2.000000 2.509"))
    stems = StemDir(songs)
    assert stems.lengths[2] == RATE // 2 + 144
    assert not stems.read(2, "vocals")[-144:].any()
    (songs / "segments").write_text(text.replace("s0 2.000000 2.5", "s0 2.000000 2.6"))
    with pytest.raises(AudiolabError, match=r"vocals\.scp: s0-2: .* ends at 2\.600 s, the recording at 2\.500 s"):
        StemDir(songs).read(2, "vocals")


@pytest.mark.parametrize(
    ("table", "lines", "message"),
    [
        ("vocals.scp", ["s0 a.wav", "s1 b.wav"], "'s2' is in only one of vocals.scp and accompaniment.scp"),
        ("segments", ["a x9 0 1", "b s0 0 1"], "segments names 'x9', which is not in vocals.scp"),
        ("segments", [], "no piece of a song in it"),
        ("segments", ["a s0 1 0.5"], "0 <= start < end must hold"),
        ("utt2song", ["s0-0 s0"], "utt2song: no 's0-1'; add its song"),
    ],
)
def test_tables_that_do_not_go_together_are_told(songs, table, lines, message):
    write_lines(songs / table, lines)
    with pytest.raises(AudiolabError) as raised:
        print(StemDir(songs).songs)
    assert message in str(raised.value)


def test_a_dir_without_sources_is_told(songs):
    (songs / "accompaniment.scp").unlink()
    with pytest.raises(AudiolabError, match=r"accompaniment\.scp"):
        StemDir(songs)
