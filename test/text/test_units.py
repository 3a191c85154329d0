"""Units of text: what is written with them comes back, the same units from the same texts, and files."""

import pickle

import pytest
import sentencepiece

from audiolab.errors import AudiolabError
from audiolab.text.normalise import normalise
from audiolab.text.units import MODEL_TYPES, Units, from_plain, read_units, to_plain, train_units, write_units

TEXTS = ["Please call Stella.", "Six spoons of fresh snow peas,", "and maybe a snack for her brother Bob!"]


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_a_text_comes_back_normalised(kind):
    units = train_units(TEXTS, 40, kind)
    assert len(units) <= 40
    for text in TEXTS:
        ids = units.encode(text)
        assert 0 not in ids
        assert max(ids) < len(units)
        assert units.decode(ids) == normalise(text)
    assert 0 in units.encode("zzz Zürich")
    assert units.encode("  ...  ") == []


def test_characters_are_units_of_their_own():
    units = train_units(TEXTS, 100, "char")
    assert len(units) == len(set("".join(map(normalise, TEXTS)))) + 1
    assert len(units.encode("call")) == 5  # the sign of a word's beginning before it


def test_the_same_texts_give_the_same_units():
    first, second = (train_units(TEXTS, 40) for _ in range(2))
    assert first.model == second.model
    assert train_units(TEXTS[:2], 40).model != first.model


def test_units_go_through_files_processes_and_models(tmp_path):
    units = train_units(TEXTS, 40)
    write_units(tmp_path / "units.model", units)
    library = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "units.model"))
    assert library.encode(normalise(TEXTS[0])) == units.encode(TEXTS[0])
    for copy in (read_units(tmp_path / "units.model"), pickle.loads(pickle.dumps(units)), from_plain(to_plain(units))):
        assert copy.model == units.model
        assert copy.encode(TEXTS[1]) == units.encode(TEXTS[1])


def test_what_cannot_be(tmp_path):
    with pytest.raises(AudiolabError, match="no word in them"):
        train_units(["...", ""], 40)
    with pytest.raises(AudiolabError, match=r"3 units are fewer than .* ask for 5 or more"):
        train_units(["aab c"], 3)
    train_units(["aab c"], 5, "char")
    (tmp_path / "broken").write_bytes(b"abc")
    with pytest.raises(AudiolabError, match=r"broken: no SentencePiece model"):
        read_units(tmp_path / "broken")
    with pytest.raises(AudiolabError, match=r"none: No such file"):
        read_units(tmp_path / "none")
    with pytest.raises(AudiolabError, match="no SentencePiece model"):
        Units(b"")
