"""Synthetic readers: that each language has a voice, and that they speak at 16 kHz, each with another voice."""

import re

import numpy as np
import pytest

from audiolab.corpora.readers import VOICES, choose, gender_of, make_reader, read_aloud
from audiolab.errors import AudiolabError
from audiolab.text.espeak import languages, library_paths, variants
from audiolab.text.sentences import sentence_languages, sentences_in


def test_readers_differ():
    rng = np.random.default_rng(0)
    readers = [make_reader(f"r{number}", "de", number, rng) for number in range(24)]
    assert len({reader.voice for reader in readers}) == 24
    assert {reader.voice.variant for reader in readers} <= set(variants())
    assert sorted(VOICES) == sentence_languages()
    assert set(VOICES.values()) <= set(languages())
    assert gender_of(0) != gender_of(1)
    assert all(0.9 < reader.tract < 1.1 for reader in readers)


@pytest.mark.parametrize("language", ["zh", "ru"])
def test_speech_is_16_khz_of_2_to_6_s_and_not_spelled(language):
    """A voice that does not know the script spells letters or says a word for each, which takes far longer."""
    reader = make_reader("r", language, 0, np.random.default_rng(1))
    sentences = sentences_in(language)[:3]
    for sentence, wave in zip(sentences, read_aloud(reader, sentences, seed=0)):
        assert 2 < len(wave) / 16000 < 6
        assert np.abs(wave).max() < 0.99
        power = np.abs(np.fft.rfft(wave)) ** 2
        assert power[np.fft.rfftfreq(len(wave), 1 / 16000) < 4000].sum() > 0.9 * power.sum(), sentence


def test_no_variant_is_random():
    """The noise of a variant with breath differs from call to call."""
    folder = library_paths()[1] / "voices" / "!v"
    rng = np.random.default_rng(0)
    for number in range(60):
        variant = make_reader("r", "en", number, rng).voice.variant
        assert "breath" not in re.findall(r"^\w+", (folder / variant).read_text(), re.MULTILINE)


def test_choice():
    rng = np.random.default_rng(0)
    chosen = choose(["a", "b", "c"], 3, rng)
    assert sorted(chosen) == ["a", "b", "c"]
    with pytest.raises(AudiolabError, match="4 sentences of a reader are asked for, there are 3"):
        choose(["a", "b", "c"], 4, rng)
