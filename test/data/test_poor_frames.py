"""Poor frames: which count, by which detector, over which tracks; which songs are kept; the two commands."""

import numpy as np
import pytest
from song_folder import make_songs

from audiolab.bin import count_poor_frames as command
from audiolab.bin import keep_songs
from audiolab.data.poor_frames import (
    best_songs,
    count_poor_frames,
    read_poor_frames,
    shares_of_songs,
    songs_by_chance,
)
from audiolab.data.stem_dir import StemDir
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError

HOP = 100


class Marked:
    """Hears a source where samples of the track it is given are above a level of its own; a hop is a frame."""

    def __init__(self, source, level, rate=16000):
        self.source, self.level, self.rate, self.hop = source, level, rate, HOP
        self.heard = []

    def ratios(self, waves):
        self.heard.append(waves.shape)
        frames = waves[:, : waves.shape[1] // HOP * HOP].reshape(len(waves), -1, HOP).max(-1)
        return np.where(frames > self.level, 0.9, 0.1).astype(np.float32)


def track(marks, length=16000, level=0.05):
    """Return a quiet track with spots in some frames."""
    wave = np.full(length, 0.01)
    for frame in marks:
        wave[frame * HOP + 3] = level
    return wave


def songs_of(folder, marks, **tables):
    waves = {
        name: {"vocals": track(of[0]), "accompaniment": track(of[1], level=0.2)} for name, of in marks.items()
    }  # what the vocals' detector hears is louder than what the accompaniment's does
    return StemDir(make_songs(folder, waves, piece_s=None, **tables))


def detectors(**rate):
    return {"vocals": Marked("vocals", 0.1, **rate), "accompaniment": Marked("accompaniment", 0.02, **rate)}


def test_a_frame_is_poor_where_one_source_leaks_into_the_other(tmp_path):
    songs = songs_of(tmp_path, {"a": ([1, 2, 3], [3, 4]), "b": ([], []), "c": ([5], [])})
    found = count_poor_frames(songs, detectors(), 0.5, [0, 1, 2])
    assert found == {"a": (4, 160), "b": (0, 160), "c": (1, 160)}
    assert count_poor_frames(songs, detectors(), 0.95, [0]) == {"a": (0, 160)}
    assert count_poor_frames(songs, detectors(), 0.05, [2]) == {"c": (160, 160)}
    exchanged = {"vocals": Marked("vocals", 0.02), "accompaniment": Marked("accompaniment", 0.1)}
    assert count_poor_frames(songs, exchanged, 0.5, [0]) == {"a": (2, 160)}  # 0.05 of the vocals' track is not heard


def test_long_pieces_are_heard_in_equal_parts(tmp_path):
    songs, listening = songs_of(tmp_path, {"a": ([1, 100], [159])}), detectors()
    assert count_poor_frames(songs, listening, 0.5, [0], piece_s=0.4) == {"a": (3, 159)}  # a frame was cut
    assert listening["vocals"].heard == [(1, 5333), (1, 5333), (1, 5334)]


def test_what_detectors_cannot_be(tmp_path):
    songs = songs_of(tmp_path, {"a": ([1], [])})
    with pytest.raises(AudiolabError, match="the model for vocals was trained for accompaniment; exchange them"):
        count_poor_frames(songs, {"vocals": Marked("accompaniment", 1), "accompaniment": Marked("vocals", 1)}, 0.5, [0])
    with pytest.raises(AudiolabError, match="read at 16000 Hz, but the model for vocals is of 8000 Hz"):
        count_poor_frames(songs, detectors(rate=8000), 0.5, [0])
    unlike = detectors()
    unlike["vocals"].hop = 128
    with pytest.raises(AudiolabError, match="hop of vocals 128 samples, of accompaniment 100 samples; train them"):
        count_poor_frames(songs, unlike, 0.5, [0])
    broken = detectors()
    broken["accompaniment"].ratios = lambda waves: np.full((1, 160), np.nan, np.float32)
    with pytest.raises(AudiolabError, match="a: the model for accompaniment gives NaN; train it again"):
        count_poor_frames(songs, broken, 0.5, [0])


def test_shares_are_of_all_frames_of_a_song():
    counts = {"a-0": (10, 100), "a-1": (0, 300), "b-0": (6, 100), "c-0": (0, 5)}
    songs = {"a-0": "a", "a-1": "a", "b-0": "b", "c-0": "c"}
    assert shares_of_songs(counts, songs) == {"a": 0.025, "b": 0.06, "c": 0.0}


def test_the_best_songs_are_those_with_the_smallest_shares():
    shares = {"d": 0.0, "a": 0.4, "b": 0.1, "c": 0.1}
    assert best_songs(shares, 100) == ["a", "b", "c", "d"]
    assert best_songs(shares, 75) == ["b", "c", "d"]
    assert best_songs(shares, 50) == ["b", "d"]
    assert best_songs(shares, 1) == ["d"]
    assert best_songs(shares, 65) == ["b", "c", "d"]  # 2.6 of 4
    assert best_songs({"c": 0.1, "b": 0.1, "a": 0.4}, 34) == ["b"]


def test_by_chance_as_many_songs_are_kept_and_each_as_often():
    shares = {f"song{number}": number / 40 for number in range(40)}
    rng = np.random.default_rng(0)
    kept = [songs_by_chance(shares, 25, rng) for _ in range(400)]
    assert all(songs == sorted(set(songs)) and len(songs) == len(best_songs(shares, 25)) == 10 for songs in kept)
    times = [sum(song in songs for songs in kept) for song in shares]
    assert 60 < min(times) <= max(times) < 145  # 100 and a standard deviation of 8.7
    assert songs_by_chance(shares, 25, np.random.default_rng(3)) == songs_by_chance(
        sorted(shares, reverse=True), 25, np.random.default_rng(3)
    )
    assert [len(songs_by_chance(["a", "b", "c"], percent, rng)) for percent in (1, 50, 67, 100)] == [1, 2, 2, 3]


def test_songs_are_kept_by_chance_by_the_seed(tmp_path, monkeypatch):
    """Whatever they hold; the same seed keeps the same songs, and others keep others."""
    songs = songs_of(tmp_path / "songs", {f"s{number}": (range(number), []) for number in range(8)})
    counted(monkeypatch, songs, tmp_path / "counted")

    def kept(seed):
        out = tmp_path / f"kept{len(list(tmp_path.iterdir()))}"
        options = ["--data", str(tmp_path / "counted"), "--top", "50", "--out", str(out), "--random", str(seed)]
        monkeypatch.setattr("sys.argv", ["keep_songs", *options])
        keep_songs.main()
        return tuple(StemDir(out).ids)

    found = [kept(seed) for seed in range(6)]
    assert {len(ids) for ids in found} == {4}
    assert len(set(found)) > 3
    assert kept(2) == found[2]


def counted(monkeypatch, songs, out, *further, made=None):
    made = made or detectors()
    monkeypatch.setattr(command, "load", lambda path, device, does: made[path] if does == "ratios" else None)
    arguments = ["--data", str(songs.path), "--out", str(out), "--vocals", "vocals", "--accompaniment", "accompaniment"]
    monkeypatch.setattr("sys.argv", ["count_poor_frames", *arguments, *further])
    command.main()


def test_commands_in_jobs_and_as_one(tmp_path, monkeypatch):
    marks = {"a": ([1, 2], []), "b": ([], []), "c": ([5], []), "d": ([1, 2, 3], [9])}
    songs = songs_of(tmp_path / "songs", marks, utt2song={"a": "x", "b": "x", "c": "y", "d": "z"})
    counted(monkeypatch, songs, tmp_path / "one")
    for job in ("1", "2"):
        counted(monkeypatch, songs, tmp_path / "two", "--nj", "2", "--job", job)
    counted(monkeypatch, songs, tmp_path / "two", "--nj", "2", "--join")
    for out in (tmp_path / "one", tmp_path / "two"):
        found = read_poor_frames(out / "utt2poor")
        assert found == {"a": (2, 160), "b": (0, 160), "c": (1, 160), "d": (4, 160)}
        assert DataDir(out).table("vocals.scp") == DataDir(songs.path).table("vocals.scp")
    monkeypatch.setattr(
        "sys.argv", ["keep_songs", "--data", str(tmp_path / "two"), "--top", "67", "--out", str(tmp_path / "kept")]
    )
    keep_songs.main()
    assert list(StemDir(tmp_path / "kept").ids) == ["a", "b", "c"]  # x: 1 of 160, y: 1 of 160, z: 4 of 160
    assert set(StemDir(tmp_path / "kept").songs) == {"x", "y"}


def test_songs_are_heard_at_the_detectors_rate(tmp_path, monkeypatch):
    songs, listening = songs_of(tmp_path / "songs", {"a": ([], []), "b": ([], [])}), detectors(rate=8000)
    counted(monkeypatch, songs, tmp_path / "out", "--piece_s", "0.5", made=listening)
    assert read_poor_frames(tmp_path / "out" / "utt2poor") == {"a": (0, 80), "b": (0, 80)}
    assert listening["vocals"].heard == [(1, 4000)] * 4
    options = ["--data", "a", "--out", "b", "--vocals", "c", "--accompaniment", "d"]
    assert command.parse(options).threshold == 0.5  # the paper's
    assert command.parse(options).piece_s == 30.0


def test_what_is_listened_to_is_not_replaced(tmp_path, monkeypatch):
    songs = songs_of(tmp_path / "songs", {"a": ([], [])})
    for out in (songs.path, songs.path / "poor"):
        with pytest.raises(AudiolabError, match="would be written over; name a folder apart from it"):
            counted(monkeypatch, songs, out)


@pytest.mark.parametrize(
    ("line", "told"),
    [("a 3 2", "'3 2' is no number"), ("a 1", "2 fields where there are to be 3"), ("a x 2", "'x 2' is no number"),
     ("a 0 0", "'0 0' is no number"), ("", "no piece of a song in it")],
)  # fmt: skip
def test_broken_counts_are_refused(tmp_path, line, told):
    (tmp_path / "utt2poor").write_text(f"{line}\n" if line else "")
    with pytest.raises(AudiolabError, match=told):
        read_poor_frames(tmp_path / "utt2poor")


def test_odd_options_are_refused(tmp_path, monkeypatch):
    with pytest.raises(AudiolabError, match="--threshold 1: give one between 0 and 1"):
        command.parse(["--data", "a", "--out", "b", "--vocals", "c", "--accompaniment", "d", "--threshold", "1"])
    with pytest.raises(AudiolabError, match="--top 0: give a percentage above 0"):
        keep_songs.parse(["--data", "a", "--out", "b", "--top", "0"])
    songs = songs_of(tmp_path / "songs", {"a": ([1], []), "b": ([], [])})
    (songs.path / "utt2poor").write_text("a 1 160\n")
    monkeypatch.setattr(
        "sys.argv", ["keep_songs", "--data", str(songs.path), "--top", "50", "--out", str(tmp_path / "k")]
    )
    with pytest.raises(
        AudiolabError, match="utt2poor: 'b' is not in both it and the song dir; count poor frames again"
    ):
        keep_songs.main()
