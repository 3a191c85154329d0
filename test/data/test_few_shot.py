"""Sets for few-shot conversion: sizes, what is in none of two, what is held out, and what cannot be had."""

import itertools

import numpy as np
import pytest

from audiolab.data.few_shot import FewShot, choose, choose_extra
from audiolab.datadir.datadir import write_data_dir
from audiolab.errors import AudiolabError

SHARED, OWN, SPEAKERS = 8, 10, 20
SIZES = {"num_speakers": 4, "large_speakers": 8, "unseen_speakers": 4, "valid_speakers": 2, "eval_utts": 4,
         "valid_utts": 2, "utts_per_speaker": "3-7", "unseen_utts": 5}  # fmt: skip


def words(speaker, number):
    return f"all read {number}" if number < SHARED else f"{speaker} reads {number}"


@pytest.fixture
def corpus(tmp_path):
    """Twenty speakers, women and men, who read eight prompts that all read, and ten of their own."""
    names = [f"p{number:02d}" for number in range(SPEAKERS)]
    texts = {f"{name}_{number:02d}": words(name, number) for name in names for number in range(SHARED + OWN)}
    tables = {
        "utt2spk": {utterance: utterance[:3] for utterance in texts},
        "text": texts,
        "spk2gender": {name: "fm"[number < 8] for number, name in enumerate(names)},
    }
    return lambda **changed: write_data_dir(tmp_path / "all", tables | changed)


def sets_of(data, seed=0, **sizes):
    return choose(data, FewShot(**SIZES | sizes), np.random.default_rng(seed))


def speakers_of(utterances):
    return {utterance[:3] for utterance in utterances}


def prompts(utterances):
    return {utterance[4:] for utterance in utterances}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hold_out", ["prompts", "utterances"])
def test_sizes_and_what_is_in_no_two(corpus, seed, hold_out):
    sets = sets_of(corpus(), seed, hold_out=hold_out)
    counts = {name: len(speakers_of(utterances)) for name, utterances in sets.items()}
    assert counts == {
        "encoder": 10, "encoder_valid": 2, "large": 8, "small": 4, "valid": 4, "eval": 4, "unseen": 4, "unseen_eval": 4
    }  # fmt: skip
    trained = {*sets["encoder"], *sets["large"], *sets["small"]}
    for name in ("eval", "unseen", "unseen_eval", "valid", "encoder_valid"):
        assert not trained & {*sets[name]}
    assert not {*sets["eval"]} & {*sets["valid"]}
    assert not {*sets["unseen"]} & {*sets["unseen_eval"]}
    assert {*sets["small"]} < {*sets["large"]}
    for name in ("large", "encoder", "encoder_valid", "small"):
        assert not speakers_of(sets["unseen"]) & speakers_of(sets[name])
    for first, second in itertools.combinations(("encoder", "encoder_valid", "small"), 2):
        assert not speakers_of(sets[first]) & speakers_of(sets[second])
    assert speakers_of(sets["small"]) == speakers_of(sets["eval"]) == speakers_of(sets["valid"])
    assert speakers_of(sets["unseen"]) == speakers_of(sets["unseen_eval"])
    assert all(len(set(utterances)) == len(utterances) for utterances in sets.values())
    assert len(sets["eval"]) == len(sets["unseen_eval"]) == 16
    assert len(sets["valid"]) == 8
    assert len(sets["unseen"]) == 20


def test_prompts_are_held_out_of_all(corpus):
    """All who are converted read the same ones, and no set for training has their words."""
    sets = sets_of(corpus())
    scored, watched = prompts(sets["eval"]), prompts(sets["valid"])
    assert prompts(sets["unseen_eval"]) == scored
    assert (len(scored), len(watched)) == (4, 2)
    assert all(int(prompt) < SHARED for prompt in scored | watched)
    for name in ("encoder", "encoder_valid", "large", "small", "unseen"):
        assert not prompts(sets[name]) & (scored | watched)
    assert len(sets["encoder"]) == 10 * (SHARED + OWN - 6)


def test_the_same_words_under_another_name_are_held_out_too(corpus):
    """Of p19 all numbers are one more: there its prompts are no references, and are not trained on."""
    texts = {f"p{s:02d}_{n:02d}": words(f"p{s:02d}", n - (s == 19)) for s in range(20) for n in range(SHARED + OWN)}
    for seed in range(5):
        sets = sets_of(corpus(text=texts), seed)
        held_out = {texts[utterance] for utterance in sets["eval"] + sets["valid"]}
        trained = {texts[u] for name in ("encoder", "large", "small", "unseen", "encoder_valid") for u in sets[name]}
        assert not held_out & trained
        assert "p19" not in speakers_of(sets["small"] + sets["unseen"])


def test_utterances_are_held_out_of_each(corpus):
    sets = sets_of(corpus(), hold_out="utterances")
    assert len({frozenset(u[4:] for u in sets["eval"] if u.startswith(s)) for s in speakers_of(sets["eval"])}) > 1
    assert len(sets["encoder"]) == 10 * (SHARED + OWN - 6)


def test_numbers_of_utterances(corpus):
    """Drawn from the range, each speaker's by itself; of the large set's further speakers up to a number."""
    seen = set()
    for seed in range(12):
        sets = sets_of(corpus(), seed, large_utts=9)
        counts = {s: sum(u.startswith(s) for u in sets["small"]) for s in speakers_of(sets["small"])}
        assert all(3 <= count <= 7 for count in counts.values())
        seen |= set(counts.values())
        further = speakers_of(sets["large"]) - set(counts)
        assert all(sum(u.startswith(s) for u in sets["large"]) == 9 for s in further)
    assert seen == {3, 4, 5, 6, 7}
    assert len(sets_of(corpus(), utts_per_speaker="5")["small"]) == 20
    assert len(sets_of(corpus(), utts_per_speaker="5")["large"]) == 20 + 4 * 12


def test_women_and_men_alternate(corpus):
    """Eight men and twelve women: as many of each are converted, and as many of each are unseen."""
    men = {f"p{number:02d}" for number in range(8)}
    for seed in range(6):
        sets = sets_of(corpus(), seed)
        for name in ("small", "unseen"):
            assert len(speakers_of(sets[name]) & men) == 2
    tables = {"spk2gender": {f"p{number:02d}": "f" for number in range(20)}}
    assert len(speakers_of(sets_of(corpus(**tables))["small"])) == 4


def test_the_generator_decides(corpus):
    data = corpus()
    assert sets_of(data, 1) == sets_of(data, 1)
    assert len({tuple(sorted(speakers_of(sets_of(data, seed)["small"]))) for seed in range(8)}) > 4
    assert len({tuple(sorted(sets_of(data, seed)["unseen"])) for seed in range(4)}) == 4
    five = sets_of(data, utts_per_speaker="5")["small"]
    assert len({frozenset(u[4:] for u in five if u.startswith(s)) for s in speakers_of(five)}) == 4
    generator = np.random.default_rng(1)
    assert choose(data, FewShot(**SIZES), generator) != choose(data, FewShot(**SIZES), generator)


def test_none_of_what_is_not_wanted(corpus):
    sets = sets_of(corpus(), unseen_speakers=0, valid_utts=0, valid_speakers=0)
    assert sets["unseen"] == sets["unseen_eval"] == sets["valid"] == sets["encoder_valid"] == []
    assert len(speakers_of(sets["encoder"])) == 16


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"num_speakers": 8, "unseen_speakers": 13},
         "20 of 20 speakers have 6 held-out utterances and 3 others; 21 are asked for"),
        ({"eval_utts": 7}, "9 prompts are to be held out, but 8 are read by several"),
        ({"utts_per_speaker": "13"}, "0 of 20 speakers have 6 held-out utterances and 13 others"),
        ({"hold_out": "utterances", "eval_utts": 17}, "0 of 20 speakers have 19 held-out utterances and 3 others"),
        ({"large_speakers": 15}, "12 speakers with 2 utterances are left; 11 further ones .* and 2 of encoder_valid"),
        ({"valid_speakers": 11, "large_speakers": 4}, "--valid_speakers: fewer than two speakers are left"),
    ],
)  # fmt: skip
def test_what_cannot_be_had(corpus, sizes, message):
    with pytest.raises(AudiolabError, match=message) as caught:
        sets_of(corpus(), **sizes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"num_speakers": 1}, "num_speakers must be 2 or more"),
        ({"large_speakers": 4, "num_speakers": 5}, "large_speakers must be 5 or more"),
        ({"eval_utts": 0}, "eval_utts must be 1 or more"),
        ({"unseen_utts": 0}, "unseen_utts must be 1 or more"),
        ({"valid_utts": -1}, "valid_utts must be 0 or more"),
        ({"utts_per_speaker": "0"}, "utts_per_speaker must be a count of 1 or more, or a range"),
        ({"utts_per_speaker": "5-3"}, "utts_per_speaker must be"),
        ({"utts_per_speaker": "few"}, "utts_per_speaker must be"),
    ],
)
def test_values_out_of_range(sizes, message):
    with pytest.raises(ValueError, match=message):
        FewShot(**sizes)


def test_extra_speakers(tmp_path):
    tables = {"utt2spk": {f"{name}-{number}": name for name in ("t1", "t2") for number in range(9)}}
    data, counts = write_data_dir(tmp_path / "extra", tables), set()
    for seed in range(12):
        chosen = choose_extra(data, FewShot(utts_per_speaker="3-7"), np.random.default_rng(seed))
        assert not {*chosen["small"]} & {*chosen["extra_eval"]}
        assert len(chosen["extra_eval"]) == 4
        counts |= {sum(u.startswith(name) for u in chosen["small"]) for name in ("t1", "t2")}
    assert counts == {3, 4, 5, 6, 7}
    with pytest.raises(AudiolabError, match="speaker 't1' has 9 utterances; 8 for training and 2 held-out ones"):
        choose_extra(data, FewShot(utts_per_speaker="8"), np.random.default_rng(0))
    chosen = choose_extra(data, FewShot(utts_per_speaker="9", extra_eval_utts=0), np.random.default_rng(0))
    assert (len(chosen["small"]), chosen["extra_eval"]) == (18, [])
