"""Texts as they are compared."""

import pytest

from audiolab.text.normalise import normalise


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        (" -- '… ", ""),
        ("Straße, GROß", "strasse gross"),
        ("it’s 'his'", "it's his"),
        ("A post-mortem!", "a post mortem"),
        ("Żółw,\tpływa.", "żółw pływa"),
        ("ﬁne ②", "fine 2"),
        ("राम", "राम"),
        ("面包师，在", "面包师 在"),
    ],
)
def test_what_two_ways_of_writing_have_in_common_stays(text, compared):
    assert normalise(text) == compared
    assert normalise(compared) == compared
