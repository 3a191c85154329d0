"""Sentences kept out of training: by their texts, the same for all who read them, and never in two sets."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.prepared import Recording
from audiolab.errors import AudiolabError


@dataclass(frozen=True)
class Toy(HeldOut):
    corpus = "toy"


def read(speaker, texts, language="it"):
    return [Recording(Path("x.wav"), speaker, f"{speaker}-{n:03d}", language, text) for n, text in enumerate(texts)]


def numbered(count, start=0):
    return [f"Sentence number {number}." for number in range(start, start + count)]


def texts(sets):
    return {name: {one.text for one in recordings} for name, recordings in sets.items()}


def test_counts_and_what_is_whose():
    recordings = read("a", numbered(30)) + read("b", numbered(40, 100))
    sets = Toy(dev_utterances=3, test_utterances=4).divide("toy", recordings)
    assert list(sets) == ["toy_train", "toy_dev", "toy_test"]
    count = {(name, who): sum(one.speaker == who for one in ones) for name, ones in sets.items() for who in "ab"}
    assert count == {
        ("toy_train", "a"): 23, ("toy_train", "b"): 33, ("toy_dev", "a"): 3, ("toy_dev", "b"): 3,
        ("toy_test", "a"): 4, ("toy_test", "b"): 4,
    }  # fmt: skip
    found = [one.utterance for ones in sets.values() for one in ones]
    assert sorted(found) == sorted(one.utterance for one in recordings)
    assert all(ones == sorted(ones, key=lambda one: one.utterance) for ones in sets.values())


def test_those_who_read_the_same_have_the_same_kept_out():
    config = Toy(dev_utterances=3, test_utterances=4)
    sets = texts(config.divide("toy", read("a", numbered(30)) + read("b", reversed(numbered(30)))))
    assert {name: len(own) for name, own in sets.items()} == {"toy_train": 23, "toy_dev": 3, "toy_test": 4}
    alone = texts(config.divide("toy", read("a", numbered(30))))
    assert alone == sets


def test_no_sentence_is_in_two_sets_though_two_read_it_in_part():
    recordings = read("a", numbered(30)) + read("b", numbered(12) + numbered(30, 50)) + read("c", numbered(30, 15))
    sets = Toy(dev_utterances=6, test_utterances=6).divide("toy", recordings)
    train, dev, test = texts(sets).values()
    assert not train & dev
    assert not (train | dev) & test


def test_a_sentence_of_another_language_is_another_one_whatever_its_letters():
    recordings = read("a", numbered(30)) + read("b", numbered(30), "es")
    test = Toy(dev_utterances=0, test_utterances=9).divide("toy", recordings)["toy_test"]
    said = [{one.text for one in test if one.speaker == who} for who in "ab"]
    assert len(said[0]) == len(said[1]) == 9
    assert said[0] != said[1]


def test_a_sentence_said_twice_is_kept_out_once_and_not_trained_on():
    said = numbered(10) + [text.upper().replace(".", " !") for text in numbered(10)]
    sets = Toy(dev_utterances=2, test_utterances=2).divide("toy", read("a", said))
    assert {name: len(ones) for name, ones in sets.items()} == {"toy_train": 12, "toy_dev": 2, "toy_test": 2}
    held = {one.text.casefold().rstrip(" .!") for name in ("toy_dev", "toy_test") for one in sets[name]}
    assert not held & {one.text.casefold().rstrip(" .!") for one in sets["toy_train"]}


def test_fewer_for_training_are_a_part_of_more():
    recordings, kept = read("a", numbered(60)), {"dev_utterances": 5, "test_utterances": 5}
    few, more = (
        {one.utterance for one in Toy(train_utterances=count, **kept).divide("toy", recordings)["toy_train"]}
        for count in (10, 20)
    )
    assert (len(few), len(more)) == (10, 20)
    assert few < more


def test_sets_of_nothing_are_not_made():
    assert list(Toy(dev_utterances=0, test_utterances=0).divide("toy", read("a", numbered(3)))) == ["toy_train"]


def test_speakers_of_too_little_are_left_out_unless_named(caplog):
    caplog.set_level(logging.INFO)
    recordings = read("a", numbered(30)) + read("b", numbered(9, 50))
    config = Toy(dev_utterances=5, test_utterances=4)
    assert {one.speaker for ones in config.divide("toy", recordings).values() for one in ones} == {"a"}
    assert "left out: speakers of fewer than 10 sentences: 1, as b" in caplog.text
    told = "^toy: b has 9 different sentences, and 9 are to be kept out; give smaller --dev_utterances"
    with pytest.raises(AudiolabError, match=told):
        config.divide("toy", recordings, named=["a", "b"])
    with pytest.raises(AudiolabError, match=told):
        config.divide("toy", recordings[30:])
    for wrong in ({"dev_utterances": -1}, {"test_utterances": -1}, {"train_utterances": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be 0 or more"):
            Toy(**wrong)
