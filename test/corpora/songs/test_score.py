"""Songs on paper: whatever is drawn is in its key, in time, and leaves the voice its pauses."""

import itertools

import numpy as np
import pytest

from audiolab.corpora.songs.score import compose

MAJOR, MINOR = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}


@pytest.mark.parametrize("seconds", [4.0, 12.0, 31.7])
def test_scores(seconds):
    scores = [compose(np.random.default_rng([3, seed]), seconds) for seed in range(60)]
    for score in scores:
        key = {(score.tonic + step) % 12 for step in (MINOR if score.minor else MAJOR)}
        assert (len(score.chords) - 1) * score.bar < seconds <= len(score.chords) * score.bar
        for chord in score.chords:
            assert {(score.tonic + tone) % 12 for tone in chord} <= key
            steps = np.diff(chord)
            assert ((steps == 3) | (steps == 4)).all()
        notes = [note for phrase in score.phrases for note in phrase]
        assert {note.pitch % 12 for note in notes} <= key
        assert all(45 <= note.pitch <= 75 for note in notes)
        assert 0 < notes[0].start < seconds / 2
        assert notes[-1].end < seconds
        assert all(note.end - note.start > 0.19 for note in notes)
        for phrase in score.phrases:
            assert all(before.end == pytest.approx(after.start) for before, after in itertools.pairwise(phrase))
        for before, after in itertools.pairwise(score.phrases):
            assert after[0].start - before[-1].end > 0.44
        onsets = np.array([note.start for note in notes]) / score.beat * 2
        assert np.allclose(onsets, np.round(onsets))
    assert {score.minor for score in scores} == {False, True}
    assert {score.beats for score in scores} == {3, 4}
    assert len({score.tonic for score in scores}) > 8
    tempi = [score.tempo for score in scores]
    assert len(set(tempi)) == len(tempi)
    assert min(tempi) < 85 < 130 < max(tempi)


def test_tones_of_the_chord_are_sung_more_often_than_others():
    sung = []
    for seed in range(40):
        score = compose(np.random.default_rng(seed), 30.0)
        for note in itertools.chain(*score.phrases):
            chord = score.chords[int(note.start / score.bar + 1e-6)]
            sung.append((note.pitch - score.tonic) % 12 in {tone % 12 for tone in chord})
    assert np.mean(sung) > 0.55  # 3.3 of 7 tones would be 0.47
