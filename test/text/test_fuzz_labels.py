"""Fuzzing of labels, sets of linguistic features and alignments: read, or refused in one line."""

import pytest
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st
from utterances import word

from audiolab.datadir.ctm import read_ctm
from audiolab.errors import AudiolabError
from audiolab.text.context import contexts_of
from audiolab.text.labels import Labels, format_labels, parse_labels, read_labels
from audiolab.text.linguistic_set import read_set, set_of, write_set
from audiolab.text.rebuild import utterance_in
from audiolab.text.structure import Phrase, Utterance

UTTERANCE = Utterance((
    Phrase((word("h ə", "ˈl oʊ", pause=True), word("x a")), "question"),
    Phrase((word("ˌj uː"),), None),
))  # fmt: skip
CONTEXTS = contexts_of(UTTERANCE)


def labels(path):
    return utterance_in(read_labels(path).contexts, path)


def features(tmp_path):
    write_set(tmp_path / "whole", set_of({"de": ["a", "x"], "it": ["<▁la>"]}, "by_language", 1))
    return (tmp_path / "whole").read_text()


READERS = {
    "labels": (labels, lambda path: format_labels(Labels(CONTEXTS))),
    "set": (read_set, features),
    "ctm": (read_ctm, lambda path: "a 1 0.00 0.10 sil\na 1 0.10 0.25 ə\nb 1 0 1.5 sil 0.9\n"),
}


@pytest.mark.parametrize("name", READERS)
def test_damaged_files(name, tmp_path, fuzz_seconds):
    read, whole = READERS[name]
    path, text = tmp_path / "file", whole(tmp_path)
    path.write_text(text)
    assert not isinstance(outcome(lambda: read(path)), AudiolabError)

    def check(data):
        path.write_bytes(data)
        outcome(lambda: read(path))

    fuzz(damaged([text.encode()]), check, fuzz_seconds, 60)


@pytest.mark.parametrize("sign", list("^-+=@_/:|x0 "))
def test_long_lines_take_no_long_time(sign):
    line = format_labels(Labels(CONTEXTS)).splitlines()[1]
    for place in (0, 5, len(line) // 2, len(line)):
        spoilt = line[:place] + sign * 200_000 + line[place:]
        outcome(lambda spoilt=spoilt: parse_labels([spoilt], "a.lab"))


def test_text_between_signs():
    fuzz(st.lists(st.text("^-+=@_/:|x0aAB ", max_size=80)), lambda lines: outcome(lambda: parse_labels(lines, "a")), 0)
