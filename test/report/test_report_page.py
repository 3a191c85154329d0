import re
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from markupsafe import Markup

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import Summary
from audiolab.metrics.table import NOT_SCORED, Column, Printed, Table, cell, markdown
from audiolab.report import page, plots, style
from audiolab.report.history import History, thin
from audiolab.report.sections import FEW, configuration_section
from audiolab.report.tables import html_table

EVIL = "<script>alert(\"'1'\")</script> & co"


def test_all_builders_escape(check):
    table = html_table(Table([Column("a", EVIL, EVIL, behind=EVIL)], [{"a": EVIL}, {"a": None}]), EVIL)
    parts = [
        page.note(EVIL), page.heading(EVIL), page.bullets([EVIL]), page.facts({EVIL: EVIL}),
        page.code(EVIL), page.inline_code(EVIL), page.fold(EVIL, EVIL), page.player("data:,", EVIL), EVIL, table,
        page.plot(plots.intervals({EVIL: {EVIL: Interval(1.0, 0.5, 1.5, 3)}}, EVIL), EVIL, EVIL, EVIL),
    ]  # fmt: skip
    text = page.render(EVIL, [page.Section(EVIL, page.join(*parts)), page.Section("Plain", EVIL)], EVIL, EVIL)
    found = check(text)
    assert found.problems == []
    assert not found.all("script")
    assert found.text.count(EVIL) >= 17
    assert page.join(Markup("<i>x</i>")) == "<i>x</i>"


def test_sections_need_different_names():
    with pytest.raises(AudiolabError, match="'loss'"):
        page.render("t", [page.Section("Loss", ""), page.Section("loss!", "")])


def test_tables_show_units_intervals_and_the_best():
    columns = [
        Column("s", "System"),
        Column.of(Metric("m", "MCD", "dB", 2, "lower"), behind=", ours"),
        Column("v", "Ratio", best="near 1", arrow="near 1"),
    ]
    rows = [
        {"s": "a|b", "m": Interval(7.214, 7.0, 7.4, 9), "v": 0.5},
        {"s": "c", "m": Summary(Interval(7.216, 7.1, 7.3, 9), 0.05, 12), "v": 1.2},
        {"s": "d", "m": None, "v": float("nan")},
    ]
    html = html_table(Table(columns, rows))
    assert 'class="number">MCD [dB]&nbsp;<abbr title="lower is better">↓</abbr>, ours</th>' in html
    assert 'class="number">Ratio&nbsp;<abbr title="best near 1">→1</abbr></th>' in html
    assert '<th scope="col">System</th>' in html
    assert '<strong>7.21</strong> <span class="interval">± 0.20</span>' in html
    behind = " ".join(f'<span class="interval">{part}</span>' for part in ("± 0.10", "s 0.05", "(9)"))
    assert f"7.22 {behind}" in html
    assert "<strong>1.20</strong>" in html
    assert html.count("<strong>") == 2
    assert html.count(">–<") == 2
    assert markdown(Table(columns, rows)).splitlines() == [
        "| System | MCD (dB) ↓, ours | Ratio →1 |",
        "| --- | ---: | ---: |",
        "| a\\|b | 7.21 ± 0.20 | 0.50 |",
        "| c | 7.22 ± 0.10, s 0.05 (9) | 1.20 |",
        "| d | – | – |",
    ]


def test_what_rounds_to_zero_has_a_sign_in_differences_only():
    assert cell(-0.001) == cell(0.001) == "0.00"
    assert cell(-0.009, 2) == "-0.01"
    near = Interval(-0.001, -0.002, 0.001, 9)
    assert cell(near) == "0.00 ± 0.00"
    assert cell(near, difference=True) == "-0.00 [-0.00, +0.00]"


def test_a_wide_table_is_told_once_in_its_caption():
    columns = [Column("n", "Name"), *(Column(f"v{number}", f"V{number}") for number in range(9))]
    html = html_table(
        Table(columns, [{"n": "x"} | {f"v{number}": number for number in range(9)}], about=1), "Nine values"
    )
    assert html.count("<table") == html.count('aria-label="Nine values"') == html.count('scope="row">x</th>') == 2
    assert html.index("Nine values</caption>") < html.index("</table>")
    assert html.count("<caption>") == 1


def test_equal_values_have_no_best_and_rows_can_have_their_own():
    columns = [Column("n", "Name"), Column("a", "A"), Column("b", "B")]
    rows = [{"n": "x", "a": 1.0, "b": 2.0}, {"n": "y", "a": 3.001, "b": 3.0}]
    html = html_table(Table(columns, rows, best_of_row="lower"))
    assert html.count("<strong>") == 1
    assert "<strong>1.00</strong>" in html


def test_what_a_paper_prints_is_as_it_prints_it_and_who_was_not_scored_is_told():
    columns = [Column("n", "Name"), Column("p", "Paper", digits=3, best="higher"), Column("o", "Ours")]
    rows = [{"n": "x", "p": Printed("-2.50"), "o": NOT_SCORED}, {"n": "y", "p": Printed("3"), "o": 1.5}, {"n": "z"}]
    table = Table(columns, rows)
    assert markdown(table).splitlines()[2:] == ["| x | -2.50 | not scored |", "| y | 3 | 1.50 |", "| z | – | – |"]
    html = html_table(table)
    assert '<td class="number">−2.50</td><td class="number">not scored</td>' in html
    assert "<strong>3</strong>" in html


@pytest.mark.parametrize(("count", "most"), [(1, 5), (5, 5), (6, 5), (23, 5), (1000, 300)])
def test_thinning_is_the_mean_and_range_of_blocks(count, most):
    generator = np.random.default_rng(count)
    steps, values = np.arange(1, count + 1) * 10, generator.standard_normal(count)
    values[generator.integers(count, size=count // 5)] = np.nan
    size = int(np.ceil(count / most))
    blocks = [slice(start, start + size) for start in range(0, count, size)]
    thinned = thin((steps, values), most)
    assert len(thinned[0]) <= most
    for number, block in enumerate(blocks):
        finite = values[block][np.isfinite(values[block])]
        expected = [finite.mean(), finite.min(), finite.max()] if len(finite) else [np.nan] * 3
        assert thinned[0][number] == steps[block][-1]
        np.testing.assert_allclose([part[number] for part in thinned[1:]], expected, rtol=1e-12)


def test_plots_keep_the_process_style_and_give_the_same_svg():
    before = dict(matplotlib.rcParams)
    steps = np.arange(1, 50)
    history = History({("train", "x"): (steps, 1 / steps), ("valid", "x"): (steps[::10], 2 / steps[::10])})
    texts = [style.svg(plots.curve(history, "x"), "name") for _ in range(2)]
    assert texts[0] == texts[1]
    assert "var(--series-1)" in texts[0]
    assert "var(--ink)" in texts[0]
    assert style.INK not in texts[0]
    assert ">training</text>" in texts[0]
    assert ">validation</text>" in texts[0]
    other = style.svg(plots.curve(history, "x"), "other")
    ids = [set(part.split('"')[0] for part in text.split(' id="')[1:]) for text in (texts[0], other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert dict(matplotlib.rcParams) == before


def test_no_two_systems_look_the_same_in_a_plot():
    names = [f"system {number}" for number in range(13)]
    drawn = plots.intervals({"pair": {name: Interval(1.0, 0.5, 1.5, 3) for name in names}}, "MCD")
    _, labels = drawn.axes[0].get_legend_handles_labels()
    looks = {(bars[0].get_color(), bars[0].get_marker()) for bars in drawn.axes[0].containers}
    assert labels == names
    assert len(looks) == 13


def test_spectrograms_share_scale_and_place_ticks_at_their_frequency():
    generator = np.random.default_rng(0)
    frequencies = 700 * (10 ** (np.linspace(30, 2840, 33) / 2595) - 1)
    loud = plots.Spectrogram(generator.uniform(-120, -3, (300, 33)), 0.005, frequencies)
    quiet = plots.Spectrogram(generator.uniform(-120, -40, (100, 33)), 0.005, frequencies)
    drawn = plots.spectrograms({"a": [loud], "b": [quiet]}, ["mel"], range_db=60)
    axes = [axis for axis in drawn.axes if axis.images]
    assert len({axis.images[0].get_clim() for axis in axes}) == 1
    low, high = axes[0].images[0].get_clim()
    assert high == loud.decibels.max()
    assert high - low == pytest.approx(60)
    assert axes[1].get_xlim() == (0, 1.5)
    assert axes[1].images[0].get_extent()[1] == 0.5
    for place, label in zip(axes[0].get_yticks(), axes[0].get_yticklabels()):
        assert np.interp(place, np.arange(33), frequencies) == pytest.approx(1000 * float(label.get_text()))
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["0.5", "1", "2", "4"]


def test_png_is_the_same_again(tmp_path):
    for name in ("a.png", "b.png"):
        style.save_png(plots.intervals({"p": {"s": Interval(1.0, 0.5, 1.5, 3)}}, "MCD"), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("runs", "keys"), [(2, 3), (3, 2), (2, FEW + 1)])
def test_what_differs_between_runs_is_higher_than_wide_and_folded_where_it_is_long(runs, keys):
    configs = {f"run{n}": {"same": 1, "conf": {f"key{k}": 10 * n + k for k in range(keys)}} for n in range(runs)}
    section = configuration_section([SimpleNamespace(name=n, config=c, config_text="") for n, c in configs.items()])
    table = section[section.index("<thead>") : section.index("</table>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in re.findall(r"<tr>(.*?)</tr>", table)]
    wanted = [["Run", *(f"conf.key{k}" for k in range(keys))]]
    wanted += [[name, *map(str, config["conf"].values())] for name, config in configs.items()]
    if keys > runs:
        wanted = [list(row) for row in zip(*wanted)]
        wanted[0][0] = "Key"
    assert cells == wanted
    assert section.startswith("<details open>") == (len(wanted) - 1 <= FEW)
