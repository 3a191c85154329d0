"""Which phone has which model."""

import logging

import pytest

from audiolab.align.inventory import count_phones, make_inventory
from audiolab.errors import AudiolabError

COUNTS = {
    ("de", "a"): 50, ("de", "ç"): 2, ("de", "s"): 9, ("de", "yː"): 1, ("de", "y"): 6, ("de", "ʏ"): 4, ("de", "ʔ"): 1,
    ("fr", "a"): 40, ("fr", "ɑ̃"): 3, ("fr", "ʒ"): 5, ("it", "s"): 30, ("it", "ʒ"): 1, ("it", "tː"): 2, ("it", "t"): 8,
}  # fmt: skip


@pytest.fixture
def inventory():
    return make_inventory(COUNTS, 5)


def like(inventory, language, symbol):
    return inventory.phones[inventory.model((language, symbol)) - 1]


def test_phones_are_counted_by_language_and_pauses_are_none():
    found = count_phones([("de", ("sil", "a", "_", "b", "pau", "a", "sil")), ("fr", ("sil", "a", "sil"))])
    assert found == {("de", "a"): 2, ("de", "b"): 1, ("fr", "a"): 1}


def test_what_is_common_has_a_model_of_its_own(inventory):
    common = {phone for phone, count in COUNTS.items() if count >= 5}
    assert {phone for phone in inventory.phones if phone[0] != "*"} == common
    assert {like(inventory, *phone) for phone in common} == common
    assert sorted(inventory.model(phone) for phone in common) == list(range(1, 1 + len(common)))
    assert inventory.phones[:3] == (("de", "a"), ("fr", "a"), ("it", "s"))


@pytest.mark.parametrize(
    ("phone", "wanted"),
    [
        (("it", "ʒ"), ("fr", "ʒ")),  # the same symbol
        (("de", "yː"), ("de", "y")),  # the same letter in the same language
        (("it", "tː"), ("it", "t")),
        (("de", "ʏ"), ("*", "vowels")),
        (("de", "ʔ"), ("*", "consonants")),
        (("de", "ç"), ("*", "consonants")),  # the cedilla is a mark, and no c is known
        (("fr", "ɑ̃"), ("*", "vowels")),
        (("es", "s"), ("it", "s")),  # unknown in training: the commonest of the same symbol
        (("es", "aː"), ("de", "a")),
        (("es", "x"), ("*", "consonants")),
        (("es", "ɨ"), ("*", "vowels")),
    ],
)
def test_what_is_rare_or_unknown_has_that_of_another(inventory, phone, wanted):
    assert like(inventory, *phone) == wanted


def test_it_is_told_which_phones_are_rare(caplog):
    caplog.set_level(logging.WARNING)
    make_inventory(COUNTS, 5)
    [line] = caplog.messages
    assert line.startswith("7 phones are said less than 5 times, and have another's model: de:yː as de:y,")
    assert "fr:ɑ̃ as *:vowels" in line


def test_nothing_is_told_where_none_is_rare(caplog):
    caplog.set_level(logging.WARNING)
    assert make_inventory({("", "a"): 1, ("", "b"): 2}, 1).phones == (("", "b"), ("", "a"))
    assert caplog.messages == []


def test_units_of_an_utterance(inventory):
    units = inventory.units(("sil", "a", "_", "s", "pau", "s", "sil"), "de", "x")
    a, s = inventory.model(("de", "a")), inventory.model(("de", "s"))
    assert units.models.tolist() == [0, a, 0, s, 0, s, 0]
    assert units.optional.tolist() == [False, False, True, False, False, False, False]


def test_a_phone_like_which_none_is_known_is_refused():
    inventory = make_inventory({("", "a"): 9}, 5)
    with pytest.raises(AudiolabError, match=r"^phones: u1: phone 'k' is unknown to the model"):
        inventory.units(("sil", "k", "sil"), "", "phones: u1")


def test_it_is_told_which_phones_of_further_data_are_unknown(inventory, caplog):
    caplog.set_level(logging.WARNING)
    inventory.tell_borrowed([("es", "s"), ("de", "a"), ("es", "s"), ("es", "aː")])
    assert caplog.messages == ["2 phones have no model of their own, and another's: es:aː as de:a, es:s as it:s"]
