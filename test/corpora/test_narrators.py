"""Narrators: their true phone times are when the phones are heard, and what they read is nobody else's."""

import numpy as np
import pytest
import soundfile

from audiolab.corpora.narrators import SHORTEST_PAUSE, Narrator, Reading, narrate, phone_lines, texts_for
from audiolab.corpora.speakers import Take, record, record_phones
from audiolab.corpora.voices import make_voice
from audiolab.text.phonemes import phonemise

TEXTS = {
    "en-gb": "The old baker sold a large yellow map, and then it began to rain.",
    "pl": "Stary kot śpi na dachu stodoły, ale nikt tego nie zauważa.",
    "pt-br": "O velho padeiro vende três peixes frescos, mas ninguém percebe.",
}


def rows(path):
    return [
        (line.split()[0], *map(float, line.split()[2:4]), line.split()[4]) for line in path.read_text().splitlines()
    ]


@pytest.mark.parametrize("language", TEXTS)
def test_phones_are_those_of_the_text_and_without_gaps(tmp_path, language):
    reading = Reading(tmp_path / "a.wav", "who-1", TEXTS[language])
    narrate(Narrator("who", language, 2), [reading], 16000, 0, tmp_path / "times")
    found = rows(tmp_path / "times/who.ctm")
    (words,) = phonemise([TEXTS[language]], language)
    phones = [name for *_, name in found]
    assert phones[0] == phones[-1] == "sil"
    assert [name for name in phones if name not in ("sil", "pau")] == [p.symbol for word in words for p in word.phones]
    before_comma = sum(len(word.phones) for word in words[: [w.after for w in words].index(",") + 1])
    assert [place for place, name in enumerate(phones) if name == "pau"] == [before_comma + 1]
    wave, rate = soundfile.read(tmp_path / "a.wav")
    ends = np.cumsum([duration for _, _, duration, _ in found])
    np.testing.assert_allclose([begin for _, begin, *_ in found[1:]], ends[:-1], atol=1e-9)
    assert ends[-1] == pytest.approx(len(wave) / rate, abs=1e-4)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4])
def test_phones_are_heard_when_they_are_told(tmp_path, number):
    """At the first phone and behind the pause, both of them plosives, the level jumps within 15 ms of what is told."""
    reading = Reading(tmp_path / "a.wav", "who-1", "Petty papers, take them.")
    narrate(Narrator("who", "en-us", number), [reading], 22050, number, tmp_path / "times")
    wave, rate = soundfile.read(tmp_path / "a.wav")
    found = rows(tmp_path / "times/who.ctm")
    pause = next(place for place, row in enumerate(found) if row[3] == "pau")
    step = round(0.002 * rate)
    level = 10 * np.log10(np.convolve(wave**2, np.ones(step) / step, "same") + 1e-12)
    for place in (1, pause + 1):
        told = round(found[place][1] * rate)
        around = level[told - round(0.05 * rate) : told + round(0.05 * rate)]
        jump = np.argmax(around[4 * step :] - around[: -4 * step]) + 2 * step - round(0.05 * rate)
        assert abs(jump) / rate < 0.015


def test_recordings_are_those_without_times():
    voice = make_voice("v", "it", 1, np.random.default_rng(0))
    sentences = ["Il treno parte, e poi torna.", "Una mia amica cerca le chiavi."]
    (known, rate), (plain, same) = record_phones(voice, sentences, 5), record(voice, sentences, 5)
    assert rate == same
    for take, wave in zip(known, plain, strict=True):
        np.testing.assert_array_equal(take.wave, wave)


def test_short_gaps_belong_to_the_phone_behind_them():
    pause = SHORTEST_PAUSE
    take = Take(np.zeros(10000), (("a", 0.1, 0.2), ("t", 0.2 + 0.9 * pause, 0.4), ("o", 0.4 + 1.1 * pause, 0.7)))
    assert phone_lines(take, 10000) == [
        "0.0000 0.1000 sil", "0.1000 0.1000 a", "0.2000 0.2000 t", "0.4000 0.1100 pau", "0.5100 0.1900 o",
        "0.7000 0.3000 sil",
    ]  # fmt: skip


def test_nobody_reads_what_another_one_of_the_language_reads():
    who = [Narrator("a", "en-us", 0), Narrator("b", "en-gb", 1), Narrator("c", "pl", 2)]
    texts = texts_for(who, {"a": 120, "b": 80, "c": 9}, seed=1)
    assert {name: len(own) for name, own in texts.items()} == {"a": 120, "b": 80, "c": 9}
    assert len({*texts["a"], *texts["b"]}) == 200
    assert texts == texts_for(who, {"a": 120, "b": 80, "c": 9}, seed=1)
    assert texts["c"] != texts_for(who, {"a": 120, "b": 80, "c": 9}, seed=2)["c"]
