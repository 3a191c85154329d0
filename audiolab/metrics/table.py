"""Result tables in Markdown: our scores by system and by pair, and the paper's listening test beside them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.collapse import LEAST_DEPENDENCE, LEAST_VARIANCE
from audiolab.metrics.scores import METRICS, UNTRAINED, Metric, Score
from audiolab.metrics.summary import Summary, SystemSummary, compare, summarise, summarise_pairs

NONE = "–"
PAPER_COLUMNS = ("row", "config", "similarity", "sim_ci", "naturalness", "nat_ci", "note")
BESIDE_PAPER = ("mcd_db", "msd_db", "variance_ratio", "dependence", "collapsed", "posterior_target")
BY_PAIR = ("mcd_db", "posterior_target")
MOS_NOTE = (
    "The columns marked MOS are the paper's own: mean opinion scores of listeners, 1 to 5, with their 95 % confidence "
    "intervals. The others are objective scores measured here; the two do not share a scale."
)
METHOD = (
    "- a ± b: mean and half of its 95 % percentile bootstrap interval over utterances; an utterance's scores of "
    "several seeds are averaged first. s: standard deviation over seeds of a seed's mean. (n): number of utterances, "
    "where the score is not defined for all. Differences are paired by utterance.",
    "- MCD: mel-cepstral distortion to the target's reading of the same sentence. Log-spectral distance: of the mel "
    "bands along the same path, mean level removed.",
    "- Modulation-spectrum distance: RMS difference between an utterance's log modulation spectrum (1.6 to 50 Hz) and "
    "the target's mean over training utterances; natural speech does not reach 0.",
    f"- Variance ratio: variance over time of the spectral shape over natural speech's. Input dependence: correlation "
    f"of source and converted spectral shape. Collapsed: ratio under {LEAST_VARIANCE:g} or dependence under "
    f"{LEAST_DEPENDENCE:g}.",
)


@dataclass(frozen=True)
class PaperRow:
    """A row of a paper's table of mean opinion scores; an empty text is a score that the paper does not give."""

    row: str
    config: str
    similarity: str
    sim_ci: str
    naturalness: str
    nat_ci: str
    note: str


def read_paper(path: str | Path) -> list[PaperRow]:
    """Return the rows of a paper's table: tab-separated, with the header `PAPER_COLUMNS`.

    Raises:
        AudiolabError: The file is missing, or a row does not have these columns.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file, delimiter="\t"))
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read the paper's table: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if len(line) != len(PAPER_COLUMNS) or (number == 1 and tuple(line) != PAPER_COLUMNS):
            raise AudiolabError(f"{path}:{number}: the columns must be {', '.join(PAPER_COLUMNS)}, by tabs")
    return [PaperRow(*line) for line in lines[1:]]


def results(
    scores: Sequence[Score],
    conditions: Mapping[str, object],
    paper: Sequence[PaperRow] = (),
    baselines: Sequence[str] = (),
    seed: int = 0,
) -> str:
    """Return a whole ``RESULTS.md``.

    Args:
        scores: Rows of ``scores.csv``.
        conditions: What ``scores.yaml`` says about how they were measured; all of it stands at the end, the alignment
            under each table.
        paper: The paper's rows; ``config`` names a system in ``scores``.
        baselines: Systems to which the others are compared, utterance by utterance.
        seed: Seed of the bootstrap.
    """
    summaries = summarise(scores, seed)
    note = short_note(scores, conditions)
    parts = ["# Results", "## Systems", system_table(summaries), note]
    for baseline in baselines:
        parts += [f"## Difference to {baseline}", difference_table(scores, baseline, seed), note]
    for metric in METRICS:
        if metric.column in BY_PAIR:
            parts += [f"## {metric.name} by pair", pair_table(scores, metric, seed), note]
    if paper:
        parts += ["## The paper's table beside ours", paper_table(paper, summaries), MOS_NOTE, note]
    measured = [*(f"- {name}: {value}." for name, value in conditions.items()), *METHOD]
    return "\n\n".join([*parts, "## How it was measured", "\n".join(measured)]) + "\n"


def system_table(summaries: Sequence[SystemSummary]) -> str:
    """Return one row a system: mean ± half of the 95 % interval over utterances, and the spread over seeds."""
    header = ["System", "Pairs", "Utterances", "Seeds", *map(_heading, METRICS)]
    rows = [
        [s.system, s.pairs, s.utterances, s.seeds or NONE, *(_cell(s.metrics[m.column], m) for m in METRICS)]
        for s in summaries
    ]
    return markdown(header, rows)


def difference_table(scores: Sequence[Score], baseline: str, seed: int = 0) -> str:
    """Return one row a system: mean of its paired differences to the baseline, with the 95 % interval."""
    columns = {metric: compare(scores, baseline, metric.column, seed) for metric in METRICS}
    systems = next(iter(columns.values()))
    rows = [[system, *(_range(columns[m][system], m) for m in METRICS)] for system in systems]
    return markdown(["System", *map(_difference_heading, METRICS)], rows)


def pair_table(scores: Sequence[Score], metric: Metric, seed: int = 0) -> str:
    """Return one row a (source, target) pair and one column a system for one metric."""
    pairs = summarise_pairs(scores, metric.column, seed)
    systems = list(dict.fromkeys(score.system for score in scores))
    rows = [
        [f"{source} → {target}", *(_plain(means.get(system), metric) for system in systems)]
        for (source, target), means in sorted(pairs.items())
    ]
    return markdown(["Pair", *systems], rows)


def paper_table(paper: Sequence[PaperRow], summaries: Sequence[SystemSummary]) -> str:
    """Return the paper's rows with its mean opinion scores (MOS), each beside our scores of that config."""
    ours = {summary.system: summary for summary in summaries}
    metrics = [metric for metric in METRICS if metric.column in BESIDE_PAPER]
    header = [
        "Paper's row",
        "Config",
        "MOS similarity (paper)",
        "MOS naturalness (paper)",
        *map(_heading, metrics),
        "Note",
    ]
    rows = []
    for line in paper:
        mos = [_mos(line.similarity, line.sim_ci), _mos(line.naturalness, line.nat_ci)]
        system = ours.get(line.config)
        cells = [_cell(system.metrics[m.column], m) if system else "not scored" for m in metrics]
        rows.append([line.row, line.config or NONE, *mos, *cells, line.note or NONE])
    return markdown(header, rows)


def short_note(scores: Sequence[Score], conditions: Mapping[str, object]) -> str:
    """Return the line under a table: over how much its numbers were taken, with which mel-cepstra and alignment.

    Raises:
        AudiolabError: The scores were not all measured with the same α and order.
    """
    used = {(score.alpha, score.order) for score in scores}
    if len(used) > 1:
        raise AudiolabError(f"the scores mix mel-cepstra of different (α, order): {sorted(used)}; score all again")
    alpha, order = used.pop()
    units = {(score.source, score.target, score.utterance) for score in scores}
    counts = [(len(units), "utterance"), (len({unit[:2] for unit in units}), "pair")]
    if seeds := {score.seed for score in scores} - {UNTRAINED}:
        counts.append((len(seeds), "seed"))
    number = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts)
    return (
        f"{number}; mel-cepstra 1 to {order} with α = {alpha:g}; {conditions.get('Alignment', 'alignment not stated')}."
    )


def markdown(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; numbers are aligned to the right, the first column to the left."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _heading(metric: Metric) -> str:
    unit = f" ({metric.unit})" if metric.unit else ""
    return metric.name + unit + {"lower": " ↓", "higher": " ↑", "near 1": " →1"}[metric.better]


def _difference_heading(metric: Metric) -> str:
    """Return the heading above differences, which have no best value where the score's own is best near 1."""
    return _heading(metric).removesuffix(" →1")


def _cell(summary: Summary | None, metric: Metric) -> str:
    if summary is None:
        return NONE
    text = _plain(summary.interval, metric)
    if not math.isnan(summary.seed_spread):
        text += f", s {summary.seed_spread:.{metric.digits}f}"
    return f"{text} {summary.partial}".rstrip()


def _plain(interval: Interval | None, metric: Metric) -> str:
    if interval is None:
        return NONE
    return f"{interval.mean:.{metric.digits}f} ± {interval.half_width:.{metric.digits}f}"


def _range(interval: Interval | None, metric: Metric) -> str:
    if interval is None:
        return NONE
    digits = metric.digits
    return f"{interval.mean:+.{digits}f} [{interval.low:+.{digits}f}, {interval.high:+.{digits}f}]"


def _mos(mean: str, interval: str) -> str:
    return f"{mean} ± {interval}" if mean else NONE
