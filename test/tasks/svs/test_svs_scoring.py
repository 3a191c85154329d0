"""Scoring separated songs: medians over seconds of all pieces of a song, silence told, what does not fit refused."""

import math

import numpy as np
import pytest
import yaml
from commands import command
from song_folder import RATE, make_songs

from audiolab.bin import score as command_score
from audiolab.data.stem_dir import SOURCES
from audiolab.errors import AudiolabError
from audiolab.metrics.bss import bss_eval
from audiolab.tasks.svs.scores import FURTHER, SVS

SET = "musdb18_test"
SECONDS, PIECE = 5.5, 2.0
SONGS = ("s0", "s1", "s2")


def songs(channels=1):
    """Return song -> source -> samples, whose level changes from second to second."""
    generator = np.random.default_rng(0)
    length, shape = round(SECONDS * RATE), (round(SECONDS * RATE), channels)
    found = {}
    for song in SONGS:
        levels = {source: np.repeat(10 ** generator.uniform(-1.5, -0.5, 6), RATE)[:length, None] for source in SOURCES}
        found[song] = {source: levels[source] * generator.standard_normal(shape) * 0.3 for source in SOURCES}
        found[song] = {source: np.squeeze(wave).astype(np.float32) for source, wave in found[song].items()}
    return found


def leaky(waves, share):
    """Return the estimates in which so much of the other source is left."""
    vocals, accompaniment = (waves[source] for source in SOURCES)
    return {"vocals": vocals + share * accompaniment, "accompaniment": accompaniment + share * vocals}


def cut(waves):
    """Return the pieces that a song dir of `PIECE` seconds has."""
    count = math.ceil(SECONDS / PIECE)
    places = [slice(round(n * PIECE * RATE), round((n + 1) * PIECE * RATE)) for n in range(count)]
    return {
        f"{song}-{n}": {source: wave[place] for source, wave in of.items()}
        for song, of in waves.items()
        for n, place in enumerate(places)
    }


def made(folder, estimates, rate=RATE):
    return make_songs(folder, estimates, piece_s=None, rate=rate)


def listed(root, rows):
    text = ["system\tseed\tset\tdir", *(f"{system}\t{seed}\t{SET}\t{folder}" for system, seed, folder in rows)]
    (root / "scored.tsv").write_text("\n".join(text) + "\n")


@pytest.fixture
def data(tmp_path):
    """Return a folder with the set, and what two systems made of it."""
    waves = songs()
    make_songs(tmp_path / "data" / SET, waves, PIECE)
    for system, share in (("leaky", 0.5), ("better", 0.1)):
        made(tmp_path / system, cut({song: leaky(of, share) for song, of in waves.items()}))
    listed(tmp_path, [("leaky", "-", tmp_path / "leaky"), ("better", "0", tmp_path / "better")])
    return tmp_path


@pytest.fixture
def score(data, monkeypatch):
    """Return a function that scores and gives (system, song) -> score."""

    def run(**options):
        given = {"runs": data / "scored.tsv", "data": data / "data", "out": data / "scores.csv"} | options
        command(monkeypatch, command_score, "svs", **given)
        return {(row.system, row.song): row for row in SVS.read(given["out"])}

    return run


def seconds_sdr(true, found):
    """Return the SDR of each whole second, written out."""
    ratios = []
    for start in range(0, len(true) - RATE + 1, RATE):
        s, e = true[start : start + RATE].astype(float), found[start : start + RATE].astype(float)
        ratios.append(10 * math.log10((s**2).sum() / ((s - e) ** 2).sum()))
    return ratios


def test_a_songs_score_is_the_median_over_the_seconds_of_all_its_pieces(data, score):
    rows = score()
    assert set(rows) == {(system, song) for system in ("leaky", "better") for song in SONGS}
    for (system, song), row in rows.items():
        true = songs()[song]
        found = leaky(true, {"leaky": 0.5, "better": 0.1}[system])
        expected = {source: np.median(seconds_sdr(true[source], found[source])) for source in SOURCES}
        assert row.values["sdr_vocals"] == pytest.approx(expected["vocals"], abs=1e-4)
        assert row.values["sdr_accompaniment"] == pytest.approx(expected["accompaniment"], abs=1e-4)
        assert row.values["sdr_mean"] == pytest.approx(sum(expected.values()) / 2, abs=1e-4)
        assert (row.frames, row.silent) == (5, 0)
        assert all(math.isnan(row.values[metric.column]) for metric in FURTHER)
    assert rows["better", "s0"].seed == "0"
    conditions = yaml.safe_load((data / "scores.yaml").read_text())["conditions"]
    assert conditions["Rate"] == f"{SET} {RATE} Hz"
    assert conditions["Frames"].startswith("0 of 30 left out")
    assert conditions["Refused"] == "none"


def test_full_has_musevals_ratios_of_the_whole_song(data, score):
    fast, full = score(), score(museval="full")
    for key, row in full.items():
        for column in ("sdr_vocals", "sdr_accompaniment", "sdr_mean"):
            assert row.values[column] == pytest.approx(fast[key].values[column], abs=1e-3)
    true = songs()["s1"]
    found = leaky(true, 0.5)
    expected = bss_eval(*(np.stack([of[source] for source in SOURCES]) for of in (true, found)), RATE)
    for metric in FURTHER:
        ratio, source = metric.column.split("_")
        ours = full["leaky", "s1"].values[metric.column]
        assert ours == pytest.approx(np.median(expected[ratio][SOURCES.index(source)]), abs=1e-3)


def test_seconds_with_silence_do_not_count(data, score):
    pieces = cut({song: leaky(of, 0.5) for song, of in songs().items()})
    pieces["s0-1"]["vocals"][:RATE] = 0
    made(data / "leaky", pieces)
    row = score()["leaky", "s0"]
    assert (row.frames, row.silent) == (4, 1)
    true = songs()["s0"]
    expected = seconds_sdr(true["accompaniment"], leaky(true, 0.5)["accompaniment"])
    assert row.values["sdr_accompaniment"] == pytest.approx(np.median(np.delete(expected, 2)), abs=1e-4)
    assert yaml.safe_load((data / "scores.yaml").read_text())["conditions"]["Frames"].startswith("1 of 30 left out")


@pytest.mark.parametrize("museval", ["fast", "full"])
def test_a_song_of_silence_is_refused_and_told(data, score, museval):
    pieces = cut({song: leaky(of, 0.5) for song, of in songs().items()})
    for name in ("s0-0", "s0-1", "s0-2"):
        pieces[name]["vocals"][:] = 0
    made(data / "leaky", pieces)
    row = score(museval=museval)["leaky", "s0"]
    assert (row.frames, row.silent) == (0, 5)
    assert math.isnan(row.values["sdr_vocals"])
    assert math.isnan(row.values["sdr_mean"])
    told = yaml.safe_load((data / "scores.yaml").read_text())
    assert told["conditions"]["Refused"] == "1 of 6 songs, left out of medians"
    assert told["refused"][0] == (
        f"leaky, seed -, {SET}, s0: sdr_vocals: of 5 frames none in which no source and no estimate is silent"
    )


def test_channels_are_scored_together(data, score):
    waves = songs(channels=2)
    make_songs(data / "data" / SET, waves, PIECE)
    for system, share in (("leaky", 0.5), ("better", 0.1)):
        made(data / system, cut({song: leaky(of, share) for song, of in waves.items()}))
    rows = score()
    true, found = waves["s2"]["vocals"], leaky(waves["s2"], 0.5)["vocals"]
    by_hand = [
        10 * math.log10((true[a:b].astype(float) ** 2).sum() / ((true[a:b].astype(float) - found[a:b]) ** 2).sum())
        for a, b in ((n * RATE, (n + 1) * RATE) for n in range(5))
    ]
    assert rows["leaky", "s2"].values["sdr_vocals"] == pytest.approx(np.median(by_hand), abs=1e-4)


def test_jobs_score_what_one_call_does(data, score, monkeypatch):
    score()
    for job in (2, 1):
        command(monkeypatch, command_score, "svs", runs=data / "scored.tsv", data=data / "data", out=data / "jobs.csv",
                nj=2, job=job)  # fmt: skip
    score(out=data / "jobs.csv", nj=2, join=True)
    assert (data / "jobs.csv").read_bytes() == (data / "scores.csv").read_bytes()
    assert (data / "jobs.yaml").read_bytes() == (data / "scores.yaml").read_bytes()


def shorter(pieces):
    pieces["s1-0"]["vocals"] = pieces["s1-0"]["vocals"][:-1]


def stereo(pieces):
    pieces["s1-0"] = {source: np.stack([wave, wave], axis=1) for source, wave in pieces["s1-0"].items()}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shorter, r"leaky/vocals.scp: s1-0: 31999 samples at 16000 Hz of 1 channels, but .*has 32000 samples"),
        (stereo, r"leaky/vocals.scp: s1-0: 32000 samples at 16000 Hz of 2 channels, but .* of 1 channels; separate"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(data, score, spoil, message):
    pieces = cut({song: leaky(of, 0.5) for song, of in songs().items()})
    spoil(pieces)
    made(data / "leaky", pieces)
    with pytest.raises(AudiolabError, match=message) as raised:
        score()
    assert "\n" not in str(raised.value)
    assert not (data / "scores.csv").exists()
    assert ("leaky", "s1") not in score(allow_failures=True)


def test_another_rate_is_refused(data, score):
    made(data / "leaky", cut({song: leaky(of, 0.5) for song, of in songs().items()}), rate=8000)
    with pytest.raises(AudiolabError, match="32000 samples at 8000 Hz of 1 channels, but"):
        score()


def test_other_pieces_are_refused_before_anything_is_scored(data, score):
    pieces = cut({song: leaky(of, 0.5) for song, of in songs().items()})
    del pieces["s1-2"]
    made(data / "leaky", pieces)
    with pytest.raises(AudiolabError, match=r"leaky: 's1-2' is not a piece both here and in .*musdb18_test \(1 are"):
        score()


def test_every_system_has_a_dir(data, score):
    listed(data, [("mixture", "-", "-")])
    with pytest.raises(AudiolabError, match=r"scored.tsv:2: no system's dir is '-'"):
        score()
