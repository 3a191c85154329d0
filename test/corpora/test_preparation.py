"""What is taken of a corpus: counts that are parts of larger ones, and what is refused."""

from collections import Counter, namedtuple
from dataclasses import dataclass

import pytest

from audiolab.config import from_dict, option
from audiolab.corpora.preparation import Counts, Languages, Noises, Rate, Speakers, some
from audiolab.datadir.headers import Header
from audiolab.errors import AudiolabError

One = namedtuple("One", "utterance speaker language")

SETS = {
    "train": [One(f"{lang}{s}-{n}", f"{lang}{s}", lang) for lang in ("de", "pl") for s in range(20) for n in range(30)],
    "test": [One(f"x{s}-0", f"x{s}", None) for s in range(3)],
}


@dataclass(frozen=True)
class Whole(Rate, Noises, Counts, Languages, Speakers):
    corpus = "toy"

    takes: int = option(1, "whose range the corpus itself checks")

    def __post_init__(self):
        super().__post_init__()
        if self.takes < 1:
            raise ValueError("takes must be 1 or more")


def names(sets):
    return {name: [one.utterance for one in members] for name, members in sets.items()}


def test_without_a_choice_all_is_taken():
    config = Whole()
    assert config.of_speakers(SETS) == config.fewer(SETS) == config.fewer_noises(SETS) == SETS
    assert config.wanted(["pl", "de", "pl"]) == ["pl", "de"]
    assert config.fits(Header(1, 1, 1, 1))


def test_a_smaller_count_is_a_part_of_a_larger_one():
    small, large = (Whole(max_speakers=k, max_utterances=2 * k).fewer(SETS) for k in (3, 7))
    assert len(small["train"]) == 2 * 3 * 6  # of each of two languages three speakers
    assert len(large["train"]) == 2 * 7 * 14
    assert set(small["train"]) < set(large["train"])
    assert Counter(one.language for one in small["train"]) == {"de": 18, "pl": 18}
    assert small["train"] == [one for one in SETS["train"] if one in small["train"]]  # in their order
    assert small["test"] == SETS["test"]


def test_a_speaker_of_two_languages_counts_in_each():
    both = [One(f"{who}-{lang}", who, lang) for lang in ("de", "fr") for who in "ab"]
    for seed in "abcdefgh":
        renamed = [one._replace(speaker=seed + one.speaker) for one in both]
        taken = Whole(max_speakers=1).fewer({"train": renamed})["train"]
        assert Counter(one.language for one in taken) == {"de": 1, "fr": 1}
    only = [one for one in both if one != both[2]]  # a in German alone
    languages = [one.language for one in Whole(max_speakers=1).fewer({"train": only})["train"]]
    assert sorted(languages) == ["de", "fr"]


def test_what_is_taken_does_not_hang_on_what_else_is_there():
    """But on how many others come before it."""
    chosen = {one.speaker for one in Whole(max_speakers=5).fewer(SETS)["train"]}
    rest = [one for one in SETS["train"] if one.speaker in chosen or one.speaker.endswith("7")]
    again = {one.speaker for one in Whole(max_speakers=5).fewer({"train": rest})["train"]}
    assert again == chosen


def test_counts_are_spread():
    """Over a thousand names in order, a tenth is about as often in each half, and not the first ones."""
    places = [int(name) for name in some((f"{n:04d}" for n in range(1000)), 100)]
    assert len(set(places)) == 100
    assert 35 <= sum(place < 500 for place in places) <= 65


def test_rates_and_languages():
    config = Whole(min_rate=16000, languages=["pl"])
    assert [config.fits(Header(100, rate, 1, 1)) for rate in (8000, 15999, 16000, 48000)] == [False, False, True, True]
    assert config.wanted(["de", "pl"]) == ["pl"]
    with pytest.raises(AudiolabError, match=r"--languages: the corpus has no 'pl'; known are: de, fr"):
        config.wanted(["de", "fr"])


def test_every_group_checks_its_own_range():
    for key in ("max_speakers", "max_utterances", "max_noises", "min_rate"):
        with pytest.raises(AudiolabError, match=f"^x.yaml: {key} must be 0 or more|must be 0 or more"):
            from_dict(Whole, {key: -1}, source="x.yaml")
    with pytest.raises(AudiolabError, match="takes must be 1 or more"):
        from_dict(Whole, {"takes": 0})


def test_what_a_data_dir_keeps_makes_the_same_choice():
    config = Whole(speakers=["de1"], max_utterances=3)
    kept = config.made_with
    assert kept.pop("corpus") == "toy"
    assert from_dict(Whole, kept) == config
    assert names({"train": config.of_speakers({"train": SETS["train"]})["train"][:1]}) == {"train": ["de1-0"]}
