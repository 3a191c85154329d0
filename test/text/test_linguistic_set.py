"""The universal set of linguistic features: what it has, that extensions keep places, and its table."""

import pytest
from hypothesis import strategies as st
from utterances import drawn

from audiolab.errors import AudiolabError
from audiolab.text.linguistic_set import read_set, set_of, write_set

SYMBOLS = ["a", "t", "tʃ", "ɔ̃", "ə̆", "x", "ŋ"]
FOUND = {"de": {"sil", "a", "x", "pau"}, "es": {"a", "tʃ"}}

sets = st.dictionaries(
    st.sampled_from(["de", "es", "pl", "fr-fr"]), st.sets(st.sampled_from(SYMBOLS), min_size=1), min_size=1
)


def names(features):
    return [column.name for column in features.columns]


def identities(features):
    return [name for name in names(features) if name.partition("=")[2] not in ("", "sil", "pau") and name[0] == "p"]


def test_phones_by_language_or_by_symbol():
    apart = set_of(FOUND, "by_language", 0)
    assert identities(apart) == ["p3=de:a", "p3=de:x", "p3=es:a", "p3=es:tʃ"]
    assert [column.languages for column in apart.columns[-4:]] == [("de",), ("de",), ("es",), ("es",)]
    shared = set_of(FOUND, "shared", 0)
    assert identities(shared) == ["p3=a", "p3=x", "p3=tʃ"]
    assert [column.languages for column in shared.columns[-3:]] == [("de", "es"), ("de",), ("es",)]
    assert apart.languages == shared.languages == ["de", "es"]
    assert names(apart)[:-4] == names(shared)[:-3]


def test_neighbours_have_columns_of_their_own():
    assert identities(set_of({"de": ["a"]}, "shared", 1)) == ["p2=a", "p3=a", "p4=a"]
    assert identities(set_of({"de": ["a"]})) == [f"p{n}=de:a" for n in range(1, 6)]


def test_what_all_languages_have():
    found = names(set_of(FOUND))
    for name in ("p6", "b8", "j3", "b1=1", "b1=2", "h5=question", "e1=content", "p1=sil", "p5=pau", "p3.nasal",
                 "p1.vowel", "b16.close", "b16.near_close", "b16.to_front"):  # fmt: skip
        assert name in found
    for name in ("b2", "b10", "b14", "a1", "b16.plosive"):
        assert name not in found
    assert len(found) == len(set(found))


@drawn(sets, sets, st.sampled_from(["by_language", "shared"]), st.integers(0, 2))
def test_an_extended_set_keeps_its_columns_in_their_places(first, more, phones, neighbours):
    """So the weights of a model that was trained with it grow at their end."""
    base = set_of(first, phones, neighbours)
    extended = set_of(more, base=base)
    assert names(extended)[: len(base)] == names(base)
    both = {language: first.get(language, set()) | more.get(language, set()) for language in {**first, **more}}
    whole = set_of(both, phones, neighbours)
    assert set(extended.columns) == set(whole.columns)
    assert (extended.phones, extended.neighbours) == (phones, neighbours)
    assert set_of(first, base=extended) == extended


def test_a_language_with_new_phones_only_appends():
    base = set_of({"de": ["a", "t"]}, "shared", 0)
    extended = set_of({"pl": ["a", "ɕ"]}, base=base)
    assert identities(extended) == ["p3=a", "p3=t", "p3=ɕ"]
    assert extended.columns[len(base) - 2].languages == ("de", "pl")


def test_units_have_no_classes_until_phones_come():
    units = set_of({"de": ["<▁das>", "<n>"]}, "by_language", 0)
    assert identities(units) == ["p3=de:<n>", "p3=de:<▁das>"]
    assert not any("." in name for name in names(units))
    extended = set_of({"it": ["a"]}, base=units)
    assert names(extended)[: len(units)] == names(units)
    assert names(extended)[-1] == "p3=it:a"
    assert "p3.vowel" in names(extended)


@drawn(sets, st.sampled_from(["by_language", "shared"]), st.integers(0, 2))
def test_tables_come_back(tmp_path_factory, found, phones, neighbours):
    path = tmp_path_factory.mktemp("set") / "linguistic.tsv"
    features = set_of(found, phones, neighbours)
    write_set(path, features)
    assert read_set(path) == features


def test_the_table_says_what_columns_mean(tmp_path):
    write_set(tmp_path / "set.tsv", set_of(FOUND, "shared", 0))
    lines = (tmp_path / "set.tsv").read_text().splitlines()
    assert lines[0] == "name\tmeaning\tlanguages"
    assert "b4\tplace of the syllable in the word\t*" in lines
    assert "p3.near_open\tthe segment is near open\t*" in lines
    assert lines[-3] == "p3=a\tthe segment is a\tde es"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("name\t", "names\t"), "set.tsv:1: "),
        (lambda text: f"{text}b99\tx\t*\n", r"set.tsv:\d+: the column 'b99' is unknown"),
        (lambda text: f"{text}p3.loud\tx\t*\n", r"set.tsv:\d+: the column 'p3.loud' is unknown"),
        (lambda text: f"{text}p3=\tx\t*\n", r"set.tsv:\d+: the column 'p3=' is unknown"),
        (lambda text: f"{text}b4\tx\t*\n", r"set.tsv:\d+: the column 'b4' stands twice"),
        (lambda text: f"{text}p3=o\tx\tde\n", "set.tsv: its phones have unlike columns"),
        (lambda text: f"{text}p2=de:o\tx\tde\n", "set.tsv: its phones have unlike columns"),
        (lambda text: "".join(line for line in text.splitlines(True) if ":" not in line), "there is no phone in it"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, change, told):
    path = tmp_path / "set.tsv"
    write_set(path, set_of(FOUND, "by_language", 0))
    path.write_text(change(path.read_text()))
    with pytest.raises(AudiolabError, match=told):
        read_set(path)


def test_phones_that_are_none_are_refused():
    with pytest.raises(AudiolabError, match="phone 'q7'"):
        set_of({"de": ["q7"]})
