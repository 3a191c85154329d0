"""Synthetic songs, held against what they are made of: the voice against the melody, the band against the score."""

import dataclasses
import itertools

import numpy as np
import pytest
import pyworld
import scipy.signal

from audiolab.corpora.songs.score import compose
from audiolab.corpora.songs.singer import make_singer
from audiolab.corpora.songs.song import STEMS, perform, synthesise_song
from audiolab.corpora.songs.voice import in_range

RATE = 16000
SINGERS = [("en", 0), ("de", 1), ("zh", 2)]


def sung(language, number, seconds=10.0, rate=RATE):
    rng = np.random.default_rng([5, number])
    return synthesise_song(rng, seconds, rate, make_singer(f"singer{number}", language, number, rng))


@pytest.fixture(scope="module")
def songs():
    return [sung(*who) for who in SINGERS]


def db(wave):
    return 10 * np.log10(np.mean(np.square(wave)) + 1e-20)


def test_stems(songs):
    for song in songs:
        assert tuple(song.stems) == STEMS
        for stem in song.stems.values():
            assert (stem.shape, stem.dtype) == ((10 * RATE, 2), np.float32)
            assert db(stem) > -45
        assert np.allclose(song.mixture, sum(song.stems.values()), atol=1e-6)
        assert max(np.abs(wave).max() for wave in (*song.stems.values(), song.accompaniment, song.mixture)) < 0.98
        assert -28 < db(song.mixture) < -11
        for name in ("drums", "other"):
            left, right = song.stems[name].T
            assert np.mean((left - right) ** 2) > 0.001 * np.mean(left**2)


def test_voice_follows_the_melody(songs):
    for song in songs:
        found, times = pyworld.harvest(song.stems["vocals"].mean(axis=1).astype(float), RATE, 60, 900)
        errors = []
        for note in itertools.chain(*in_range(song.score, song.singer)):
            inside = (times > note.start + 0.08) & (times < note.end - 0.08) & (found > 0)
            errors.append(1200 * np.log2(found[inside] / 440) - 100 * (note.pitch - 69))
        errors = np.concatenate(errors)
        assert len(errors) > 400
        assert np.median(np.abs(errors)) < 20
        both = (found[: len(song.f0)] > 0) & (song.f0 > 0)[: len(found)]
        assert np.median(np.abs(1200 * np.log2(found[: len(song.f0)][both] / song.f0[: len(found)][both]))) < 5
        centre = np.median(69 + 12 * np.log2(song.f0[song.f0 > 0] / 440))
        assert {"f": 52 < centre < 74, "m": 40 < centre < 63}[song.singer.gender]


def test_long_notes_have_vibrato():
    rng = np.random.default_rng(8)
    singer = dataclasses.replace(make_singer("s", "it", 0, rng), vibrato_rate=5.5, vibrato_depth=60.0)
    song = synthesise_song(rng, 20, RATE, singer)
    notes = [note for note in itertools.chain(*in_range(song.score, singer)) if note.end - note.start > 0.9]
    course = song.f0[round((notes[0].start + 0.4) / 0.005) : round((notes[0].end - 0.1) / 0.005)]
    cents = 1200 * np.log2(course[course > 0] / np.mean(course[course > 0]))
    spectrum = np.abs(np.fft.rfft((cents - cents.mean()) * np.hanning(len(cents)), 4096))
    assert 4.5 < np.fft.rfftfreq(4096, 0.005)[spectrum.argmax()] < 6.5
    assert 30 < (cents.max() - cents.min()) / 2 < 110


def test_voice_pauses_between_phrases(songs):
    for song in songs:
        vocals = song.stems["vocals"]
        assert np.abs(vocals[: int((song.lines[0].start - 0.05) * RATE)]).max() < 1e-6
        assert [line.words for line in song.lines if not line.words] == []
        assert len(song.lines) == len(song.score.phrases)
        level = db(vocals)
        for before, after in itertools.pairwise(song.lines):
            assert after.start > before.end
            pause = vocals[int((before.end + 0.1) * RATE) : int((after.start - 0.03) * RATE)]
            assert len(pause) == 0 or db(pause) < level - 8
        inside = np.concatenate([vocals[int(line.start * RATE) : int(line.end * RATE)] for line in song.lines])
        assert -8 < db(inside) - db(song.accompaniment) < 3


def test_chords_bass_and_beat_are_those_of_the_score(songs):
    for song in songs:
        score = song.score
        share, roots = [], []
        for bar, chord in enumerate(score.chords):
            begin, end = (int(edge * RATE) for edge in (bar * score.bar, min((bar + 1) * score.bar, 10)))
            classes = {(score.tonic + tone) % 12 for tone in chord}
            energy = chroma(song.stems["other"][begin:end].mean(axis=1), 110, 2000)
            share.append(energy[list(classes)].sum() / energy.sum())
            first = song.stems["bass"][begin : begin + int(0.9 * score.beat / 2 * RATE)].mean(axis=1)
            if len(first) > 0.15 * RATE:
                roots.append(chroma(first, 38, 85).argmax() == (score.tonic + chord[0]) % 12)
        assert np.mean(share) > 0.6
        assert np.mean(roots) > 0.7
        downbeats = [int(bar * score.bar * RATE) for bar in range(1, len(score.chords) - 1)]
        low = scipy.signal.sosfilt(scipy.signal.butter(4, 150, fs=RATE, output="sos"), song.stems["drums"].mean(axis=1))
        for at in downbeats:  # the kick
            assert db(low[at : at + 1600]) > db(low[at - 1200 : at - 400]) + 3


def chroma(wave, lowest, highest):
    """Return the energy of each pitch class, C first, between two frequencies."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 17)) ** 2
    hertz = np.fft.rfftfreq(1 << 17, 1 / RATE)
    inside = (hertz > lowest) & (hertz < highest)
    classes = np.round(69 + 12 * np.log2(hertz[inside] / 440)).astype(int) % 12
    return np.bincount(classes, spectrum[inside], 12)


def test_seeds_and_rates():
    first, again, other = sung("fr", 3, 5.0), sung("fr", 3, 5.0), sung("fr", 4, 5.0)
    for name in STEMS:
        assert np.array_equal(first.stems[name], again.stems[name])
        assert not np.array_equal(first.stems[name], other.stems[name])
    assert first.lines == again.lines
    assert sung("fr", 3, 5.0, rate=44100).stems["vocals"].shape == (220500, 2)


def test_band_plays_the_same_whoever_sings():
    score = compose(np.random.default_rng(1), 6.0)
    both = [
        perform(
            np.random.default_rng(2), score, RATE, make_singer("x", language, number, np.random.default_rng(number))
        )
        for language, number in (("en", 0), ("ru", 5))
    ]
    first, second = (song.accompaniment.ravel().astype(float) for song in both)
    assert first @ second / np.sqrt(first @ first * (second @ second)) > 0.99999
    assert [line.words for line in both[0].lines] != [line.words for line in both[1].lines]


def test_singers():
    singers = [make_singer(f"s{n}", "es", n, np.random.default_rng(n), tuning=30.0) for n in range(24)]
    assert [singer.gender for singer in singers] == ["f", "m"] * 12
    assert len({singer.voice for singer in singers}) == 24
    assert len({singer.vibrato_rate for singer in singers}) == 24
    assert {singer.tuning for singer in singers} == {30.0}
