"""Result tables of voice conversion: scores by system and by pair, and the paper's listening test beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import LEAST_DEPENDENCE, LEAST_VARIANCE
from audiolab.metrics.scores import UNTRAINED, Metric
from audiolab.metrics.summary import SystemSummary, compare, summarise, summarise_by
from audiolab.metrics.table import (
    INTERVALS,
    NONE,
    difference_cell,
    difference_heading,
    heading,
    markdown,
    mean_cell,
    read_rows,
    summary_cell,
)
from audiolab.metrics.vc_scores import METRICS, ConversionScore

BESIDE_PAPER = ("mcd_db", "msd_db", "variance_ratio", "dependence", "collapsed", "posterior_target")
BY_PAIR = ("mcd_db", "posterior_target")
MOS_NOTE = (
    "The columns marked MOS are the paper's own: mean opinion scores of listeners, 1 to 5, with their 95 % confidence "
    "intervals. The others are objective scores measured here; the two do not share a scale."
)
METHOD = (
    INTERVALS,
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
    """Return the rows of a paper's table: tab-separated, with the fields of `PaperRow` as header.

    Raises:
        AudiolabError: The file is missing, or a row does not have these columns.
    """
    return read_rows(path, PaperRow, "the paper's table")


def results(
    scores: Sequence[ConversionScore],
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
    summaries = summarise(scores, METRICS, seed)
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
    header = ["System", "Pairs", "Utterances", "Seeds", *map(heading, METRICS)]
    rows = [
        [s.system, s.groups, s.utterances, s.seeds or NONE, *(summary_cell(s.metrics[m.column], m) for m in METRICS)]
        for s in summaries
    ]
    return markdown(header, rows)


def difference_table(scores: Sequence[ConversionScore], baseline: str, seed: int = 0) -> str:
    """Return one row a system: mean of its paired differences to the baseline, with the 95 % interval."""
    columns = {metric: compare(scores, baseline, metric.column, seed) for metric in METRICS}
    systems = next(iter(columns.values()))
    rows = [[system, *(difference_cell(columns[m][system], m) for m in METRICS)] for system in systems]
    return markdown(["System", *map(difference_heading, METRICS)], rows)


def pair_table(scores: Sequence[ConversionScore], metric: Metric, seed: int = 0) -> str:
    """Return one row a (source, target) pair and one column a system for one metric."""
    pairs = summarise_by(scores, lambda s: s.pair, metric.column, seed)
    systems = list(dict.fromkeys(score.system for score in scores))
    rows = [
        [f"{source} → {target}", *(mean_cell(means.get(system), metric) for system in systems)]
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
        *map(heading, metrics),
        "Note",
    ]
    rows = []
    for line in paper:
        mos = [_mos(line.similarity, line.sim_ci), _mos(line.naturalness, line.nat_ci)]
        system = ours.get(line.config)
        cells = [summary_cell(system.metrics[m.column], m) if system else "not scored" for m in metrics]
        rows.append([line.row, line.config or NONE, *mos, *cells, line.note or NONE])
    return markdown(header, rows)


def short_note(scores: Sequence[ConversionScore], conditions: Mapping[str, object]) -> str:
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


def _mos(mean: str, interval: str) -> str:
    return f"{mean} ± {interval}" if mean else NONE
