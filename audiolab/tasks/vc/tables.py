"""Result tables of voice conversion: scores by system and by pair, and the paper's listening test beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import LEAST_DEPENDENCE, LEAST_VARIANCE
from audiolab.metrics.score_tables import (
    Means,
    difference_table,
    further_parts,
    group_table,
    measured,
    system_parts,
)
from audiolab.metrics.scores import NATURAL, UNTRAINED, Metric, cost
from audiolab.metrics.summary import SystemSummary, extent, summarise, summarise_by
from audiolab.metrics.table import NONE, NOT_SCORED, UNRANKED, Column, Table, bullets, markdown
from audiolab.tasks.task import Task
from audiolab.tasks.vc.grouping import by_what, group_means, has_many_pairs, nearer, split
from audiolab.tasks.vc.scores import ITSELF, JUDGED, KEPT, METRICS, VC, ConversionScore

BESIDE_PAPER = ("mcd_db", "msd_db", "variance_ratio", "dependence", "collapsed", "posterior_target")
BY_PAIR = ("mcd_db", "posterior_target", "encoder_target", "recogniser_cer")
OF_ITSELF = ("mel_mse", "mcd_db", "encoder_target", "encoder_rank", "recogniser_cer", "f0_correlation")
JUDGES = "## Judges that were trained elsewhere"
IDENTITY = "## Identity and content"
ITSELF_NOTE = (
    "Speakers converted to themselves; mel error: of the spectrogram, before any vocoder. "
    f"{NATURAL}: the recordings themselves."
)
KEPT_NOTE = (
    "Cosines, nearer and rank: of embeddings, rank 1 where no enrolled speaker is nearer than the target. F0 "
    "correlation: Pearson's, of ln F0 where source and conversion are voiced (Hermes 1998). Rhythm correlation: of the "
    "envelopes of vowels' energy, below 10 Hz (Tilsen and Johnson 2008)."
)
PAIRS_DRAWN = "Intervals are for other pairs of such speakers: in the bootstrap, pairs are drawn."
MOS_NOTE = (
    "The columns marked MOS are the paper's own: mean opinion scores of its listeners, 1 to 5, with their 95 % "
    "confidence intervals, of its own models on the speakers of VCC2018, whoever speaks here. The others are objective "
    "scores measured here; the two do not share a scale."
)
METHOD = (
    f"{NATURAL}: the target's own recordings of the same sentences, scored as if they had been converted: what a score "
    f"gives to natural speech of the target. Its distance to itself, and what it owes to a source, are no scores "
    f"({NONE}).",
    "MCD: mel-cepstral distortion to the target's reading of the same sentence. Log-spectral distance: of the mel "
    "bands along the same path, mean level removed.",
    "Modulation-spectrum distance: RMS difference between an utterance's log modulation spectrum (1.6 to 50 Hz) and "
    "the target's mean over training utterances; natural speech does not reach 0.",
    f"Variance ratio: variance over time of the spectral shape over natural speech's. Input dependence: correlation "
    f"of source and converted spectral shape. Collapsed: ratio under {LEAST_VARIANCE:g} or dependence under "
    f"{LEAST_DEPENDENCE:g}.",
)


@dataclass(frozen=True)
class PaperRow:
    """A row of a paper's table of mean opinion scores; an empty text is a score that the paper does not give.

    ``config`` names one of our systems, whose scores stand beside it.
    """

    row: str
    config: str
    similarity: str
    sim_ci: str
    naturalness: str
    nat_ci: str
    note: str


def _parts(
    scores: Sequence[ConversionScore],
    conditions: Mapping[str, object],
    paper: Sequence[PaperRow],
    baselines: Sequence[str],
    seed: int,
) -> list[str]:
    """Return the tables; above all of them stands over how much they are taken, and with which alignment."""
    scores, itself = split(scores)
    summaries = summarise(scores, METRICS, seed)
    parts = [short_note(scores, conditions), PAIRS_DRAWN if has_many_pairs(scores) else ""]
    if measured(scores, KEPT):  # what is asked of conversion between many speakers first
        parts += further_parts(scores, KEPT, IDENTITY, baselines, seed, groups="Pairs")
        parts += [*nearer(scores), KEPT_NOTE]
    parts += ["## Systems", *system_parts(summaries, METRICS, groups="Pairs")]
    for baseline in baselines:
        parts += [f"## Difference to {baseline}", markdown(difference_table(scores, METRICS, baseline, seed))]
    parts += further_parts(scores, JUDGED, JUDGES, baselines, seed, groups="Pairs")
    parts += _group_parts(scores, seed)
    if itself:
        metrics = measured(itself, reconstruction_metrics())
        parts += [
            "## Reconstruction",
            *system_parts(summarise(itself, metrics, seed), metrics, "Speakers"),
            ITSELF_NOTE,
        ]
    if paper:
        parts += ["## The paper's table beside ours", markdown(paper_table(paper, summaries)), MOS_NOTE]
        parts.append(bullets(paper_notes(paper)))
    return [part for part in parts if part]


def _group_parts(scores: Sequence[ConversionScore], seed: int) -> list[str]:
    """Return tables by pair or, where there are many, by target."""
    parts, what = [], by_what(scores)
    for metric in grouped_metrics(scores):
        table = pair_table(group_means(scores, metric, seed), metric, scores)
        parts += [f"## {metric.name} by {what}", markdown(table)]
        if what == "pair":
            parts.append(leaders(scores, metric))
    return parts


def grouped_metrics(scores: Sequence[ConversionScore]) -> list[Metric]:
    """Return the metrics that are shown by group, of those that were measured."""
    return [metric for metric in measured(scores, (*METRICS, *KEPT)) if metric.column in BY_PAIR]


def reconstruction_metrics() -> list[Metric]:
    """Return the metrics of speakers who were converted to themselves."""
    known = {metric.column: metric for metric in (*ITSELF, *METRICS, *KEPT)}
    return [known[column] for column in OF_ITSELF]


def pair_table(means: Means, metric: Metric, scores: Sequence[ConversionScore]) -> Table:
    """Return one row a group of `group_means` and one column a system, in the order of the scores."""
    return group_table(by_what(scores).capitalize(), means, metric, (score.system for score in scores))


def leaders(scores: Sequence[ConversionScore], metric: Metric) -> str:
    """Return in how many pairs each system has the best mean, as it is shown, and in which a baseline has it."""
    baselines = {score.system for score in scores if score.seed == UNTRAINED}
    contenders = [score for score in scores if score.system != NATURAL]
    won: dict[str, list[str]] = {score.system: [] for score in contenders}
    pairs = {pair: means for pair, means in summarise_by(contenders, _pair, metric.column).items() if means}
    for (source, target), means in sorted(pairs.items()):
        costs = {s: cost(round(mean.mean, metric.digits), metric.better) for s, mean in means.items()}
        for system in (s for s, of_system in costs.items() if of_system == min(costs.values())):
            won[system].append(f"{source} → {target}")
    found = sorted((item for item in won.items() if item[1]), key=lambda item: -len(item[1]))
    words = [f"{s} in {len(of)}" + (f" ({', '.join(of)})" if s in baselines else "") for s, of in found]
    return f"Best of {len(pairs)} pair{'s' if len(pairs) != 1 else ''}: {', '.join(words)}."


def paper_table(paper: Sequence[PaperRow], summaries: Sequence[SystemSummary]) -> Table:
    """Return the paper's rows with its mean opinion scores (MOS), each beside our scores of that config."""
    ours = {summary.system: summary.metrics for summary in summaries}
    metrics = [metric for metric in METRICS if metric.column in BESIDE_PAPER]
    titles = {
        "row": "Paper's row",
        "config": "Config",
        "similarity": "MOS similarity (paper)",
        "naturalness": "MOS naturalness (paper)",
    }
    about = [Column(key, title) for key, title in titles.items()]
    not_scored = dict.fromkeys((metric.column for metric in metrics), NOT_SCORED)
    rows = [
        {
            "row": line.row,
            "config": line.config or None,
            "similarity": _mos(line.similarity, line.sim_ci),
            "naturalness": _mos(line.naturalness, line.nat_ci),
            UNRANKED: line.config == NATURAL,
            **ours.get(line.config, not_scored),
        }
        for line in paper
    ]
    return Table([*about, *map(Column.of, metrics)], rows)


def paper_notes(paper: Sequence[PaperRow]) -> list[str]:
    """Return what is to be known about the paper's rows, to stand below the table."""
    return [f"{line.row}: {line.note}." for line in paper if line.note]


def short_note(scores: Sequence[ConversionScore], conditions: Mapping[str, object]) -> str:
    """Return over how much numbers were taken, and with which mel-cepstra and alignment, in a line.

    Raises:
        AudiolabError: The scores were not all measured with the same α and order.
    """
    used = {(score.alpha, score.order) for score in scores}
    if len(used) > 1:
        raise AudiolabError(f"the scores mix mel-cepstra of different (α, order): {sorted(used)}; score all again")
    alpha, order = used.pop()
    pairs = len({score.pair for score in scores}), "pair"
    alignment = conditions.get("Alignment", "alignment not stated")
    return f"{extent(scores, pairs)}; mel-cepstra 1 to {order} with α = {alpha:g}; {alignment}."


def _pair(score: ConversionScore) -> tuple[str, str]:
    return score.pair


def _mos(mean: str, interval: str) -> str:
    return f"{mean} ± {interval or NONE}" if mean else NONE


TASK = Task(
    name="vc",
    title="Voice conversion",
    layout=VC,
    groups=("source", "target"),
    given=NATURAL,
    given_is="the references themselves",
    judges=("dnsmos", "speaker", "words"),
    over_scale=("utt2limited", "Conversions whose peaks were limited"),
    paper_row=PaperRow,
    parts=_parts,
    method=METHOD,
)
