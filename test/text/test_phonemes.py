"""Phones of texts: of eight languages, against dictionaries' transcriptions and rules of stress."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.phonemes import has_stop, phonemise
from audiolab.text.sentences import sentences_in

TRANSCRIBED = {
    "en-us": ("The thought of a quick fox", "ð ə", "θ ˈɔː t", "ə v ə", "k w ˈɪ k", "f ˈɑː k s"),
    "en-gb": ("Nurse: cat, lot", "n ˈɜː s", "k ˈa t", "l ˈɒ t"),  # no r, and a rounded vowel in "lot"
    "fr": ("une bonne chanson, peu", "y n", "b ˈɔ n", "ʃ ɑ̃ s ˈɔ̃", "p ˈø"),
    "it": ("la gnocca, città: grazie", "l a", "ɲ ˈɔ kː a", "tʃ i tː ˈa", "ɡ r ˈa ts j e"),
    "de": ("ich mache schöne Bücher", "ɪ ç", "m ˈa x ə", "ʃ ˈøː n ə", "b ˈyː ç ɜ"),
    "es": ("mañana calle, jamón", "m a ɲ ˈa n a", "k ˈa ʎ e", "x a m ˈo n"),
    "pl": ("szczęście, książka, żaba", "ʃ tʃ ˈɛ ɲ ɕ tɕ ɛ", "k ɕ ˈɔ̃ ʃ k a", "ʒ ˈa b a"),
    "pt-br": ("não, manhã, chá", "n ˈɐ̃ʊ̃", "m ɐ̃ ɲ ˈɐ̃", "ʃ ˈa"),
}
"""Language -> a text, and each word's phones."""

MARKS = ("", "ˈ", "ˌ")


def written(words):
    """Return words as they stand in the text."""
    parts = [(" " if word.text else "") + word.before + word.text + word.after for word in words]
    return "".join(parts).strip()


@pytest.mark.parametrize("language", TRANSCRIBED)
def test_phones_and_stress_of_known_words(language):
    text, *expected = TRANSCRIBED[language]
    (words,) = phonemise([text], language)
    assert [" ".join(MARKS[phone.stress] + phone.symbol for phone in word.phones) for word in words] == expected
    assert written(words) == text
    assert not any(mark in phone.symbol for word in words for phone in word.phones for mark in "ˈˌ_ ")


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it"])
def test_texts_come_back_from_their_words(language):
    texts = sentences_in(language)[:20]
    for text, words in zip(texts, phonemise(texts, language)):
        assert written(words) == text
        assert all(word.phones for word in words)
        assert len(words) >= 0.6 * len(text.split())
        assert words[-1].after[-1] == "."


def test_in_polish_the_last_vowel_but_one_is_stressed():
    """A rule of the language, which the text does not show."""
    (words,) = phonemise(["dobrego wieczoru, czerwona kapusta pachniała wspaniale"], "pl")
    for word in words:
        vowels = [phone.stress == 1 for phone in word.phones if phone.symbol[0] in "aɛiɨɔu"]
        assert vowels == [False] * (len(vowels) - 2) + [True, False], word


def test_an_accent_is_where_spanish_writes_it():
    (words,) = phonemise(["término termino terminó"], "es")
    stressed = [[p.stress for p in word.phones if p.symbol[0] in "aeiou"].index(1) for word in words]
    assert stressed == [0, 1, 2]


def test_numbers_are_said_and_punctuation_is_kept():
    (words,) = phonemise(["“Wait” – he\tpaid $42\n(twice!) …  and of the rest?"], "en-us")
    assert [(word.before, word.text, word.after) for word in words] == [
        ("“", "Wait", "” –"), ("", "he", ""), ("", "paid", ""), ("", "$42", ""), ("", "", ""), ("", "", ""),
        ("(", "twice", "!) …"), ("", "and", ""), ("", "of the", ""), ("", "rest", "?"),
    ]  # fmt: skip
    said = ["".join(phone.symbol for phone in word.phones) for word in words[3:6]]
    assert said == ["dɑːlɚ", "fɔːɹɾi", "tuː"]
    (french,) = phonemise(["« Où ? » Là - bas !"], "fr")
    assert [(word.before, word.text, word.after) for word in french] == [
        ("« ", "Où", " ? »"), ("", "Là", " -"), ("", "bas", " !")
    ]  # fmt: skip
    (polish,) = phonemise(["Ala « ma » kota"], "pl")  # whose dictionary has a name of these marks
    assert [(word.before, word.text, word.after) for word in polish] == [
        ("", "Ala", ""), ("« ", "ma", " »"), ("", "kota", "")
    ]  # fmt: skip
    (signs,) = phonemise(["50 % - you & me"], "en-us")
    assert [(word.text, word.after) for word in signs] == [
        ("50", ""), ("%", " -"), ("you", ""), ("&", ""), ("me", "")
    ]  # fmt: skip


def test_words_of_another_language_are_said_in_it():
    """And the marks of the switch are no phones."""
    (words,) = phonemise(["Le week-end dernier"], "fr")
    assert [phone.symbol for phone in words[1].phones] == ["w", "iː", "k", "ɛ", "n", "d"]


def test_a_text_has_the_same_phones_in_any_company():
    texts = ["Der Zug fährt um 7 Uhr.", "Jeans und Computer!", "Am 3. Mai war's z. B. kalt …"]
    together = phonemise([*texts, *reversed(texts)], "de")
    assert together[:3] == together[:2:-1]
    assert together[1:2] == phonemise(texts[1:2], "de")


def test_what_is_refused_is_one_line():
    for language, told in (("pt-bz", r"'pt-bz'; did you mean 'pt-br'\?"), ("klingon", "no phones of the language")):
        with pytest.raises(AudiolabError, match=told):
            phonemise(["a"], language)
    for text in ("", " \n", "— …"):
        with pytest.raises(AudiolabError, match="there is no word in it; leave it out"):
            phonemise(["a", text], "it")
    with pytest.raises(AudiolabError, match="has a NUL character; remove it"):
        phonemise(["a\0b"], "it")


def test_codes_may_have_large_letters_and_english_is_british():
    assert phonemise(["não"], "pt-BR") == phonemise(["não"], "pt-br")
    assert phonemise(["a lot"], "en") == phonemise(["a lot"], "en-gb") != phonemise(["a lot"], "en-us")


def stops(text, language):
    """Return the words of a text behind which there is a pause."""
    (words,) = phonemise([text], language)
    return [word.text for word in words if word.pause]


def test_pauses_are_at_punctuation_where_espeak_stops():
    text = 'Mr. Smith, then – well - he left; "no" she said (twice) and ran: well-known, a "quoted" word… Go!'
    assert stops(text, "en-gb") == ["Smith", "then", "well", "left", "said", "twice", "ran", "well-known", "word"]
    assert stops("Hola ¿cómo estás? Bien", "es") == ["Hola", "estás"]
    assert stops("« Là - bas », dit-il.", "fr") == ["Là", "bas"]
    assert stops("say nothing until they ask them if they know", "en-us") == []  # where it stops for no mark


def test_marks_at_which_one_stops():
    assert all(map(has_stop, (",", ".”", " —", "(", " ¿", "?!", "-", " - ", ":", "…")))
    assert not any(map(has_stop, ("", "”", "“ «", "'", "/", "*")))
