"""A further task, written here in some lines: its scores, tables and page come of what all tasks share."""

import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from commands import command
from scored_list import PAIRS, made

from audiolab.bin import report, score, tabulate
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.score_tables import system_table
from audiolab.metrics.scores import Metric, ScoreFormat
from audiolab.metrics.summary import summarise
from audiolab.metrics.table import markdown
from audiolab.report.assembly import Content
from audiolab.report.experiment import Limits
from audiolab.report.page import Section, note
from audiolab.report.players import Clip
from audiolab.report.players import Item as Heard
from audiolab.report.tables import html_table
from audiolab.tasks import registry, scoring
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.task import Task
from audiolab.work import each

METRICS = (Metric("level", "Level", "dB", 1, "higher"),)


@dataclass(frozen=True)
class LoudnessScore:
    system: str
    seed: str
    singer: str
    utterance: str
    values: dict[str, float]

    @property
    def unit(self):
        return self.singer, self.utterance

    cluster = unit


def by_system(scores, seed=0):
    return system_table(summarise(scores, METRICS, seed), METRICS, groups="Singers")


def parts(scores, conditions, paper, baselines, seed):
    return ["## Systems", markdown(by_system(scores, seed))]


TASK = Task(
    name="loudness",
    title="Singing loudly",
    layout=ScoreFormat(LoudnessScore, METRICS, "score loudness"),
    groups=("singer",),
    given="silence",
    given_is="nothing at all",
    judges=(),
    over_scale=("utt2limited", "Limited"),
    paper_row=SimpleNamespace,
    parts=parts,
    method=("Level: RMS.",),
)


@dataclass(frozen=True)
class Item:
    run: Run
    told: Clip

    @property
    def utterance(self):
        return self.told.utterance

    def heard(self):
        return self.told.load()[0]


class Scoring(scoring.Scoring):
    task = TASK

    @staticmethod
    def add_options(parser):
        parser.add_argument("--reference_db", type=float, default=0.0)

    def __init__(self, options, runs):
        self.reference = options.reference_db
        self.items = [Item(run, Clip(datadir, u)) for run in runs for datadir in [DataDir(run.dir)]
                      for u in datadir.utterances]  # fmt: skip

    def score(self, places):
        return Scored(dict(zip(places, each(level, [self.items[place] for place in places], self.reference))))

    def conditions(self, scored):
        return {"Reference": f"{self.reference:g} dB"}


def level(item, reference):
    wave, _ = load_utterance(item.told.datadir, item.utterance)
    values = {"level": 10 * np.log10(np.mean(wave**2)) - reference}
    return LoudnessScore(item.run.system, item.run.seed, *item.run.group, item.utterance, values)


LIMITS = Limits(group="singer", utterances=1, seconds=0.2, max_mb=1.0)


def add_options(parser):
    parser.add_argument("--motto", default="")


def content(experiment, options):
    scores = TASK.layout.read(experiment.scores)
    of_run = {run.name: DataDir(experiment.made[run.name][0].dir) for run in experiment.runs}
    return Content(
        scores=scores,
        facts={"Motto": options.motto},
        sections=[Section("Scores", html_table(by_system(scores), "By system"))],
        heard={name: [Heard(u, {"Sung": Clip(d, u)}) for u in d.utterances] for name, d in of_run.items()},
        kind="songs",
        spectrograms=note("None."),
        files=[],
    )


@pytest.fixture
def run(experiment, monkeypatch, tmp_path):
    """Return a function that runs a command on what two runs of the small experiment made."""
    for name in ("scoring", "page"):
        monkeypatch.setitem(sys.modules, f"audiolab.tasks.loudness.{name}", sys.modules[__name__])
    monkeypatch.setitem(registry.TASKS, "loudness", TASK)
    rows = [f"softgan\t1\t{ends}\t{made(experiment / 'exp' / 'demo', *ends)}" for ends in PAIRS]
    (tmp_path / "scored.tsv").write_text("\n".join(["system\tseed\tsinger\tdir", *rows]) + "\n")
    return lambda verb, *words, **options: command(monkeypatch, verb, *words, **options)


def test_a_task_of_some_lines_has_scores_tables_and_a_page(run, experiment, check, tmp_path):
    scores, listed = tmp_path / "scores.csv", tmp_path / "scored.tsv"
    run(score, "loudness", runs=listed, out=scores, reference_db=-20)
    rows = TASK.layout.read(scores)
    assert [row.singer for row in rows] == [ends for ends in PAIRS for _ in range(4)]
    for row in rows:
        wave, _ = load_utterance(DataDir(made(experiment / "exp" / "demo", *row.singer)), row.utterance)
        assert row.values["level"] == pytest.approx(20 + 10 * np.log10(np.mean(wave**2)), abs=1e-3)
    run(tabulate, scores=scores, out=tmp_path / "R.md")
    text = (tmp_path / "R.md").read_text()
    assert "| System | Singers | Utterances | Seeds | Level (dB) ↑ |" in text
    assert "- Reference: -20 dB." in text
    assert "- Level: RMS." in text
    given = {"expdir": experiment / "exp" / "demo", "scores": scores, "scored": listed, "motto": "<loud>"}
    run(report, "loudness", out=tmp_path / "r.html", **given)
    found = check((tmp_path / "r.html").read_text())
    assert found.problems == []
    assert "Singing loudly with softgan" in found.text
    assert "<loud>" in found.text
    assert len(found.all("audio")) == 2
    assert "Discriminators' scores, training" in " ".join(given["aria-label"] for given in found.all("svg"))


def test_jobs_score_what_one_call_does(run, tmp_path):
    whole, shared = tmp_path / "whole.csv", tmp_path / "shared.csv"
    run(score, "loudness", runs=tmp_path / "scored.tsv", out=whole)
    for job in (3, 1, 2):
        run(score, "loudness", runs=tmp_path / "scored.tsv", out=shared, nj=3, job=job)
    run(score, "loudness", runs=tmp_path / "scored.tsv", out=shared, nj=3, join=True)
    assert shared.read_bytes() == whole.read_bytes()
    assert shared.with_suffix(".yaml").read_bytes() == whole.with_suffix(".yaml").read_bytes()


def test_options_and_judges_are_the_tasks_own(run, tmp_path):
    for words, message in (({"alpha": 0.4}, "--alpha"), ({"judges": "words"}, "--judges: unknown 'words'")):
        with pytest.raises(AudiolabError, match=message):
            run(score, "loudness", runs=tmp_path / "scored.tsv", out=tmp_path / "s.csv", **words)
