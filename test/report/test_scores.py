"""Tables of scores on a page: what is shown of them, and what is set in bold."""

import math
from dataclasses import replace

import pytest

from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import summarise_by
from audiolab.report.scores import column, difference_table, group_plot, group_table, system_table
from audiolab.tasks.se.scores import EnhancementScore

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
    words = [text.strip() for text in found.texts if text.strip(" ↓\n")]
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


def test_natural_speech_is_shown_and_never_the_best(scores):
    scores += [replace(s, system="natural", values={"level": 0.0, "share": 0.5}) for s in scores if s.system == "good"]
    by_system = system_table(scores, (LEVEL, SHARE), "")
    assert '<th scope="row">natural</th>' in by_system
    assert "<strong>4.0</strong>" in by_system  # of good: 2 and what the utterances add
    means = summarise_by(scores, lambda s: s.set, "level")
    assert group_table("Set", means, LEVEL, "", best=True).count("<strong>4.0</strong>") == 2
    with_natural = difference_table(scores, (LEVEL,), "noisy", "")
    assert "−2.0" in with_natural
    assert with_natural.count("<tr>") == 3  # the header, good and natural


def test_many_scores_are_several_tables(scores, check):
    many = [Metric(f"m{n}", f"M{n}", "", 1, "lower") for n in range(9)]
    for row in scores:
        row.values.update({metric.column: 1.0 for metric in many})
    found = check(system_table(scores, many, ""))
    assert len(found.all("table")) == len(check(difference_table(scores, many, "noisy", "")).all("table")) == 2
    assert [text.strip() for text in found.texts if text.startswith("M")] == [metric.name for metric in many]
