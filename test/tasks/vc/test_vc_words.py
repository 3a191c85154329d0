"""Words that a conversion should have: the source's text, else what a recogniser hears of the source."""

import pytest
from many_voices import data_dir

from audiolab.metrics.refusal import Refusal
from audiolab.report.players import Clip
from audiolab.tasks.vc.words import errors


def test_a_text_goes_before_what_is_heard(tmp_path):
    """ "red" to "rid" is one of three characters; to "reed" it would be one of four."""
    told = Clip(data_dir(tmp_path / "told", ["A_1"]), "A_1")
    untold = Clip(data_dir(tmp_path / "untold", ["A_1"], text=False), "A_1")
    written = {told: "reed", untold: "reed"}
    assert errors(told, written, "rid") == {"recogniser_cer": pytest.approx(100 / 3)}
    assert errors(untold, written, "red") == {"recogniser_cer": pytest.approx(100 / 4)}


@pytest.mark.parametrize("written", [False, True])
def test_without_words_there_is_no_error(tmp_path, written):
    clip = Clip(data_dir(tmp_path / "d", ["A_1"], text=False), "A_1")
    with pytest.raises(Refusal, match=r"^its source has no text, and the recogniser hears no words in it$"):
        errors(clip, {clip: ""} if written else {}, "red")
