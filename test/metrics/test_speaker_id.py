import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.speaker_id import train_classifier, window_statistics

ORDER = 24


def utterances(rng, speakers=("a", "b", "c"), sentences=12, apart=0.15, frames=300):
    """Synthetic cepstra: a sentence's trajectory, shared by all who read it, plus a speaker's offset and noise."""
    offsets = {speaker: apart * rng.standard_normal(ORDER + 1) for speaker in speakers}
    cepstra = {}
    for sentence in range(sentences):
        shared = 0.3 * rng.standard_normal((frames, ORDER + 1)) + 0.2 * rng.standard_normal(ORDER + 1)
        for speaker in speakers:
            noise = 0.1 * rng.standard_normal((frames, ORDER + 1))
            cepstra[f"{speaker}_{sentence}"] = shared + offsets[speaker] + noise
    return cepstra


def train(cepstra):
    windows = {utt: window_statistics(c) for utt, c in cepstra.items()}
    speakers = {utt: utt.split("_")[0] for utt in cepstra}
    return train_classifier(windows, speakers, {utt: utt.split("_")[1] for utt in cepstra})


def test_knows_speakers_that_differ_and_gives_a_posterior():
    cepstra = utterances(np.random.default_rng(0), apart=0.4)
    classifier = train(cepstra)
    assert classifier.held_out.accuracy == 1.0
    assert classifier.held_out.utterances == 36
    posterior = classifier.posterior(window_statistics(cepstra["b_3"]))
    assert max(posterior, key=posterior.get) == "b"
    assert sum(posterior.values()) == pytest.approx(1)


def test_held_out_accuracy_is_at_chance_where_speakers_do_not_differ():
    classifier = train(utterances(np.random.default_rng(1), apart=0.0))
    assert classifier.held_out.accuracy < 0.6
    assert classifier.held_out.log_loss == pytest.approx(np.log(3), abs=0.25)


def test_half_way_between_two_speakers_is_neither():
    cepstra = utterances(np.random.default_rng(2), speakers=("a", "b"))
    middle = window_statistics((cepstra["a_0"] + cepstra["b_0"]) / 2)
    posterior = train(cepstra).posterior(middle)
    assert 0.2 < posterior["a"] < 0.8


def test_level_is_no_feature_and_the_same_data_gives_the_same_classifier():
    cepstra = utterances(np.random.default_rng(3))
    louder = {utt: c + 2 * np.eye(ORDER + 1)[0] for utt, c in cepstra.items()}
    windows = window_statistics(cepstra["a_5"])
    first, second = train(cepstra), train(louder)
    assert first.posterior(windows) == second.posterior(windows)
    assert (first.held_out, first.strength) == (second.held_out, second.strength)


def test_windows_of_a_ramp_have_the_closed_form():
    ramp = np.arange(400.0)[:, None] * np.array([1.0, 0.5, 0.0])
    statistics = window_statistics(ramp)
    assert statistics.shape == (3, 8)  # windows at 0, 100 and 200; mean and deviation of 2 statics and 2 deltas
    frames = np.arange(100, 300)
    np.testing.assert_allclose(statistics[1, :4], [0.5 * frames.mean(), 0, 0.5, 0])
    np.testing.assert_allclose(statistics[1, 4:], [0.5 * frames.std(), 0, 0, 0], atol=1e-12)


def test_short_utterances_give_one_window_and_too_short_ones_an_error():
    assert window_statistics(np.zeros((50, 25))).shape == (1, 96)
    with pytest.raises(AudiolabError, match="too few"):
        window_statistics(np.zeros((9, 25)))


def test_one_speaker_or_too_few_sentences_are_refused():
    cepstra = utterances(np.random.default_rng(4), sentences=9, frames=60)
    with pytest.raises(AudiolabError, match="9 training sentences; 10"):
        train(cepstra)
    with pytest.raises(AudiolabError, match="two speakers"):
        train({utt: c for utt, c in cepstra.items() if utt.startswith("a")})
