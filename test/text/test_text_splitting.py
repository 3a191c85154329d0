import itertools
import time

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.splitting import LONGEST, read_pieces, split_sentences

SENTENCES = [
    "Mr. Smith said: “Go!”",
    "Was he right?",
    "Am 3. Mai fuhr sie z.B. nach Bonn.",
    "1998. No.",
    "So it was… and so it is.",
    "A title",
    "Perché no?",
    "Ende",
]
TEXT = (
    "Mr. Smith said: “Go!” Was he\nright? Am 3. Mai fuhr sie z.B. nach Bonn.\n1998. No. So it was… and so it is.\n"
    "A title\n \n* * *\n\nPerché no? Ende"
)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_same_sentences_whatever_the_pieces(size):
    pieces = [TEXT[place : place + size] for place in range(0, len(TEXT), size)]
    assert " ".join(split_sentences(pieces)) == " ".join(SENTENCES)
    found = list(split_sentences(pieces))
    assert found == ["Mr. Smith said: “Go!”", *SENTENCES[1:3], "1998.", "No.", *SENTENCES[4:]]


def test_a_year_ends_a_sentence_and_an_ordinal_does_not():
    assert list(split_sentences(["Es war 1998. Dann kam der 3. Tag."])) == ["Es war 1998.", "Dann kam der 3. Tag."]


def test_a_sentence_comes_before_the_next_is_read():
    def endless():
        for number in itertools.count():
            assert number < 5, "read ahead"
            yield f"Sentence {number + 100}. "

    found = split_sentences(endless())
    assert next(found) == "Sentence 100."


def test_what_has_no_end_is_cut_at_a_comma_or_a_space():
    commas = "one two, " * 200
    found = list(split_sentences([commas]))
    assert " ".join(found) == commas.strip()
    assert all(len(each) <= LONGEST for each in found)
    assert all(each.endswith(",") for each in found)
    assert max(map(len, split_sentences(["a" * 3 * LONGEST]))) == LONGEST


def test_a_sentence_may_be_as_long_as_is_said():
    sentence = "one, " + "a" * (LONGEST - 7) + "."
    assert len(f"{sentence} ") == LONGEST
    assert list(split_sentences([f"{sentence} Two."])) == [sentence, "Two."]
    assert next(split_sentences([f"{sentence}a Two."])) == "one,"


def test_an_endless_text_takes_no_memory_and_no_time():
    pieces = itertools.repeat("word " * 100, 2000)
    assert sum(len(each.split()) for each in split_sentences(pieces)) == 200_000


@pytest.mark.parametrize("run", ["!", ".", "\n\t", "! "])
def test_runs_of_marks_take_no_time(run):
    count, begin = 50_000, time.perf_counter()
    assert sum("Ciao" in each for each in split_sentences([f"{run * count} Ciao. {run * count}"])) == 1
    assert time.perf_counter() - begin < 20


def test_files(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffŻółw śpi. Kot też.\r\n\r\nKoniec".encode())
    assert list(split_sentences(read_pieces(path))) == ["Żółw śpi.", "Kot też.", "Koniec"]
    path.write_bytes("é".encode("latin-1"))
    with pytest.raises(AudiolabError, match="not UTF-8"):
        list(read_pieces(path))
    with pytest.raises(AudiolabError, match=r"nothing\.txt: cannot read"):
        list(read_pieces(tmp_path / "nothing.txt"))
