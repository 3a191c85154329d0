"""What may stand in the table ``phones``."""

import pytest

from audiolab.align.transcripts import parse_phones
from audiolab.errors import AudiolabError


def test_symbols():
    assert parse_phones("sil h ə _ l oʊ pau a  sil", "x") == ("sil", "h", "ə", "_", "l", "oʊ", "pau", "a", "sil")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "must be 'sil', phones"),
        ("sil sil", "must be 'sil', phones"),
        ("sil _ sil", r"'sil' and '_' stand side by side \(symbol 2\)"),
        ("a b sil", "must be 'sil', phones"),
        ("sil a b", "must be 'sil', phones"),
        ("sil a _ pau b sil", r"'_' and 'pau' stand side by side \(symbol 4\)"),
        ("sil a pau sil", "'pau' and 'sil' stand side by side"),
        ("sil a sil b sil", r"'sil' in the middle \(symbol 3\)"),
    ],
)
def test_what_is_none_is_refused(value, problem):
    with pytest.raises(AudiolabError, match=f"^phones: u1: {problem}"):
        parse_phones(value, "phones: u1")
