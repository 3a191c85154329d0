"""The best checkpoints; and the end of a training that brings nothing better, at the same step however interrupted."""

import csv
import math
import shutil

import pytest
from toys import latest, make_config, train, weights

from audiolab.errors import AudiolabError
from audiolab.training.best import Best
from audiolab.training.config import TrainerConfig
from audiolab.training.determinism import same

UNSTEADY = {"optim": {"model": {"lr": 0.3}}}


@pytest.mark.parametrize(
    ("mode", "scores", "ends"),
    [
        ("min", [3.0, 2.0, 2.5, 2.0, 1.0], 4),
        ("min", [3.0, 2.0, 2.5, 1.9, 1.0], None),
        ("max", [3.0, 2.0, 2.5, 4.0, 5.0], 3),
        ("min", [math.nan, 2.0, math.nan, 1.0], None),
        ("max", [1.0, math.nan, math.nan], 3),
    ],
)
def test_so_many_validations_without_a_better_score_end_it(mode, scores, ends):
    best = Best(TrainerConfig(max_steps=1, best="error", best_mode=mode, patience=2))
    over = []
    for score in scores:
        best.count({"error": score, "other": 0.0})
        over.append(best.over)
    assert ends == (over.index(True) + 1 if True in over else None)


@pytest.mark.parametrize(
    ("mode", "kept"), [("min", [(1.0, 1), (1.0, 4), (2.0, 3)]), ("max", [(3.0, 0), (2.0, 3), (1.0, 1)])]
)
def test_ranking(mode, kept):
    best = Best(TrainerConfig(max_steps=1, best="error", best_mode=mode, keep_best=3))
    for step, value in enumerate([3.0, 1.0, math.nan, 2.0, 1.0]):
        best.rank({"error": value}, step)
    assert best.ranking == kept
    best.rank({"error": 1.5}, kept[0][1])  # the same step again
    assert len({step for _, step in best.ranking}) == 3


def test_without_a_metric_nothing_is_ranked_or_counted():
    best = Best(TrainerConfig(max_steps=1))
    best.check({"error": 1.0})
    best.count({"error": 1.0})
    best.rank({"error": 1.0}, 1)
    assert (best.ranking, best.since, best.over) == ([], 0, False)


def errors(expdir):
    with open(expdir / "history.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["split"], row["name"]) == ("valid", "error")]
    return {int(row["step"]): float(row["value"]) for row in rows}


def first_end(scores, limit):
    """Return the step after which the best of all scores so far is so many validations old."""
    steps = sorted(scores)
    for number, step in enumerate(steps):
        values = [scores[each] for each in steps[: number + 1]]
        if number - values.index(min(values)) == limit:
            return step
    raise AssertionError(f"{scores} has none")


def test_ends_where_the_history_says_after_an_interruption_anywhere(tmp_path):
    asked = {"best": "error", "log_every": 5, "valid_every": 3, "save_every": 2, "keep_last": 99}
    train(make_config("regression", UNSTEADY, max_steps=150, **asked), tmp_path / "without")
    end = first_end(errors(tmp_path / "without"), 4)
    assert 12 < end < 150
    config = make_config("regression", UNSTEADY, max_steps=150, patience=4, **asked)
    run = train(config, tmp_path / "whole")
    assert run.step == end == max(errors(tmp_path / "whole"))
    assert latest(tmp_path / "whole") == f"step_{end:08d}.pt"
    assert "error has not become better in 4 validations" in (tmp_path / "whole" / "train.log").read_text()
    for step in range(2, end, 8):
        shutil.copytree(tmp_path / "whole", tmp_path / str(step))
        for path in (tmp_path / str(step) / "checkpoints").iterdir():
            if path.name > f"step_{step:08d}.pt" or path.name == "latest":
                path.unlink()
        assert train(config, tmp_path / str(step)).step == end
        assert same(weights(tmp_path / str(step)), weights(tmp_path / "whole"))
        assert (tmp_path / str(step) / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()


def test_a_run_that_has_ended_stays_ended_and_more_patience_goes_on(tmp_path):
    asked = {"best": "draw", "max_steps": 20, "valid_every": 2, "save_every": 4}  # a score that is always the same
    assert train(make_config("regression", patience=3, **asked), tmp_path / "run").step == 8
    before = weights(tmp_path / "run")
    assert train(make_config("regression", patience=3, **asked), tmp_path / "run").step == 8
    assert same(weights(tmp_path / "run"), before)
    assert train(make_config("regression", patience=5, **asked), tmp_path / "run").step == 12
    assert train(make_config("regression", **asked), tmp_path / "run").step == 20


def test_patience_needs_a_score():
    with pytest.raises(AudiolabError, match="patience needs best"):
        make_config("regression", patience=2)
