"""Scores of many pairs: by target, with pairs drawn; in how many pairs the target is nearer."""

import dataclasses
import math

import numpy as np

from audiolab.metrics.summary import summarise
from audiolab.tasks.vc.grouping import MOST_PAIRS, group_means, nearer, split
from audiolab.tasks.vc.scores import KEPT, METRICS, VC, ConversionScore
from audiolab.tasks.vc.tables import TASK

SPEAKERS = "ABCDEF"


def scores(speakers=SPEAKERS, system="x", shift=0.0):
    """Return three utterances of each pair, whose values depend on the pair far more than on the utterance."""
    columns = [metric.column for metric in (*METRICS, *VC.further)]
    made = []
    for a in speakers:
        for b in speakers:
            level = np.random.default_rng([ord(a), ord(b)]).normal()
            for n in range(3):
                values = dict.fromkeys(columns, 0.5) | {"mcd_db": level + n / 100 + shift, "encoder_source": 0.5}
                values["encoder_target"] = 0.5 + 0.1 * level + (0.02 if n == 0 else -0.01)
                made.append(ConversionScore(system, "0", a, b, f"{b}-{a}_{n}", values, 0.41, 24))
    return made


def test_pairs_are_drawn_where_there_are_many():
    """The intervals are as wide as three utterances of a pair, which tell the same, allow."""
    few, itself = split(scores("ABCD"))
    assert len(few) == 3 * 12
    assert len(itself) == 3 * 4
    assert {type(score) for score in few} == {ConversionScore}
    many, _ = split(scores())
    assert len({score.pair for score in many}) == 30 > MOST_PAIRS
    wide, narrow = (
        summarise(rows, METRICS)[0].metrics["mcd_db"].interval.half_width
        for rows in (many, [ConversionScore(**vars(score)) for score in many])
    )
    assert 1.5 < wide / narrow < 2.0  # √3, for a pair's utterances are alike
    assert {field.name for field in dataclasses.fields(many[0])} == {f.name for f in dataclasses.fields(few[0])}


def test_groups_are_targets_where_there_are_many_pairs():
    mcd = METRICS[0]
    assert list(group_means(split(scores("ABCD"))[0], mcd))[:3] == ["A → B", "A → C", "A → D"]
    means = group_means(split(scores())[0], mcd)
    assert list(means) == list(SPEAKERS)
    expected = np.mean([s.values["mcd_db"] for s in scores() if s.target == "C" and s.source != "C"])
    assert math.isclose(means["C"]["x"].mean, expected)


def test_nearer_is_of_pairs_by_their_means():
    rows = split(scores())[0]
    near = 0
    for pair in {score.pair for score in rows}:
        near += np.mean([s.values["encoder_target"] for s in rows if s.pair == pair]) > 0.5
    [own, others] = nearer(rows)
    assert f"by speaker encoders trained here: x in {near} of 30 ({100 * near / 30:.0f} %)." in own
    assert "by a judge that others trained: x in 0 of 30 (0 %)." in others
    bare = [dataclasses.replace(s, values=s.values | dict.fromkeys(KEPT_COLUMNS, math.nan)) for s in rows]
    assert len(nearer(bare)) == 1


KEPT_COLUMNS = [metric.column for metric in KEPT]


def test_the_results_of_many_pairs():
    text = TASK.results(scores() + scores(system="y", shift=1.0), {"Alignment": "DTW"}, baselines=["y"])
    assert "in the bootstrap, pairs are drawn" in text
    assert "90 utterances, 30 pairs, 1 seed" in text
    assert "## MCD by target\n\n| Target | x | y |" in text
    assert "by pair" not in text
    assert "## Reconstruction" in text
    few = TASK.results(scores("AB"), {"Alignment": "DTW"})
    assert "pairs are drawn" not in few
    assert "## MCD by pair" in few
