"""Tables of scores on a page: what is shown of them, and what is set in bold."""

import math
from dataclasses import replace

import pytest

from audiolab.metrics.score_tables import difference_table, group_table
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import summarise_by
from audiolab.report.scores import by_system, group_plot
from audiolab.report.tables import html_table
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
    found = check(by_system(scores, (LEVEL, SHARE), "By <system>", groups="Sets"))
    assert found.problems == []
    words = [text.strip() for text in found.texts if text.strip(" ↓\n")]
    assert words[:5] == ["By <system>", "System", "Sets", "Utterances", "Level [dB]"]  # neither seeds nor shares
    assert words[5:10] == ["noisy", "2", "10", "6.0", "± 1.8"]
    assert "Sets" not in check(by_system(scores, (LEVEL,), "")).texts


def test_the_best_of_a_row_is_bold_only_where_asked(scores):
    means = summarise_by(scores, lambda s: s.set, "level")
    table = group_table("Set", means, LEVEL, ["good", "noisy", "dann"])
    assert [column.title for column in table.columns] == ["Set", "good", "noisy"]
    assert html_table(table).count("<strong>4.0</strong>") == 2
    assert "<strong>" not in html_table(group_table("Set", means, LEVEL, ["good", "noisy"], differences=True))


def test_a_plot_says_what_is_better(scores):
    drawn = group_plot("set", summarise_by(scores, lambda s: s.set, "level"), LEVEL)
    assert "Level of each set and system, with 95 % intervals" in drawn
    assert "Level [dB], lower is better" in drawn


def test_natural_speech_is_shown_and_never_the_best(scores):
    scores += [replace(s, system="natural", values={"level": 0.0, "share": 0.5}) for s in scores if s.system == "good"]
    shown = by_system(scores, (LEVEL, SHARE), "")
    assert '<th scope="row">natural</th>' in shown
    assert "<strong>4.0</strong>" in shown  # of good: 2 and what the utterances add
    means = summarise_by(scores, lambda s: s.set, "level")
    by_set = group_table("Set", means, LEVEL, ["noisy", "good", "natural"])
    assert html_table(by_set).count("<strong>4.0</strong>") == 2
    with_natural = html_table(difference_table(scores, (LEVEL,), "noisy"))
    assert "−2.0" in with_natural
    assert with_natural.count("<tr>") == 3  # the header, good and natural


def test_many_scores_are_several_tables(scores, check):
    many = [Metric(f"m{n}", f"M{n}", "", 1, "lower") for n in range(9)]
    for row in scores:
        row.values.update({metric.column: 1.0 for metric in many})
    found = check(by_system(scores, many, ""))
    assert len(found.all("table")) == len(check(html_table(difference_table(scores, many, "noisy"))).all("table")) == 2
    assert [text.strip() for text in found.texts if text.startswith("M")] == [metric.name for metric in many]
