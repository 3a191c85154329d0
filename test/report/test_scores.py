"""Tables of scores on a page: what is shown of them, and what is set in bold."""

import math

import pytest

from audiolab.metrics.scores import Metric
from audiolab.metrics.se_scores import EnhancementScore
from audiolab.metrics.summary import summarise_by
from audiolab.report.scores import column, group_plot, group_table, system_table

LEVEL, SHARE = Metric("level", "Level", "dB", 1, "lower"), Metric("share", "Share", "", 2, "higher")


@pytest.fixture
def scores():
    values = {"noisy": 4.0, "good": 2.0}
    return [
        EnhancementScore(
            system, "-", name, "0", "de", f"s{n}", f"u{n}", {"level": values[system] + n, "share": math.nan}
        )
        for system, level in values.items()
        for name in ("a", "b")
        for n in range(5)
    ]


def test_what_is_defined_for_no_system_is_left_out(scores, check):
    found = check(system_table(scores, (LEVEL, SHARE), "By <system>", groups="Sets"))
    assert found.problems == []
    words = [text.strip() for text in found.texts if text.strip()]
    assert words[:5] == ["By <system>", "System", "Sets", "Utterances", "Level [dB]"]  # neither seeds nor shares
    assert words[5:10] == ["noisy", "2", "10", "6.0", "± 1.8"]
    assert "Sets" not in check(system_table(scores, (LEVEL,), "")).texts


def test_the_best_of_a_row_is_bold_only_where_asked(scores):
    means = summarise_by(scores, lambda s: s.set, "level")
    plain = group_table("Set", means, LEVEL, "")
    assert "<strong>" not in plain
    assert group_table("Set", means, LEVEL, "", best=True).count("<strong>4.0</strong>") == 2
    assert column(LEVEL).header == "Level [dB]"


def test_a_plot_says_what_is_better(scores):
    drawn = group_plot("set", summarise_by(scores, lambda s: s.set, "level"), LEVEL)
    assert "Level of each set and system, with 95 % intervals" in drawn
    assert "Level [dB], lower is better" in drawn
