"""What scoring has in common, whatever is scored: the list of runs, processes, failures, and what is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import joblib
import yaml

from audiolab.cli import ArgumentParser, positive
from audiolab.datadir.apart import check_not_read
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.scores import Score, ScoreFormat
from audiolab.metrics.table import read_rows

logger = logging.getLogger(__name__)

Run = TypeVar("Run")
Row = TypeVar("Row", bound=Score)


@dataclass(frozen=True)
class Scored(Generic[Row]):
    """What scoring a list of runs gives.

    Attributes:
        scores: One for each utterance that could be scored, in the order of the runs, then of the ids.
        failures: What could not be scored, one message each.
    """

    scores: list[Row]
    failures: list[str]

    @property
    def counts(self) -> str:
        """How many there are, for the log."""
        return f"{len(self.scores)} utterances scored, {len(self.failures)} failures"


def add_options(parser: ArgumentParser, run: type, about_runs: str = "") -> None:
    """Add the options of all scoring commands.

    Args:
        parser: Gets them.
        run: Dataclass of a row of the list of runs.
        about_runs: What else is to be known about that list.
    """
    columns = " ".join(field.name for field in fields(run))
    parser.add_argument("--runs", required=True, help=f"list of runs, by tabs, with the header {columns}{about_runs}")
    parser.add_argument(
        "--out", required=True, help="the CSV to write; a YAML of the same name says how it was measured"
    )
    parser.add_argument("--nj", type=positive, default=1, help="processes, of one thread each")
    parser.add_argument("--allow_failures", action="store_true", help="write the scores of what could be scored")


def parse(parser: ArgumentParser) -> Any:
    """Return the options of a scoring command; raises `AudiolabError` where the list of runs would be written over."""
    options = parser.parse_args()
    check_not_read(options.out, options.runs)
    return options


def read_list(path: str | Path, run: type[Run], given: tuple[str, str] | None = None) -> list[Run]:
    """Return a list of runs, by tabs, whose header is the fields of the dataclass ``run``, the last of them ``dir``.

    Args:
        path: The list.
        run: Of what.
        given: A system that made nothing, and what stands in place of its dir; of no other system may it be that.

    Raises:
        AudiolabError: The list is missing, empty, names a run twice, or a row does not have these columns.
    """
    runs = read_rows(path, run, "the list of runs", full=True)
    names = [field.name for field in fields(run) if field.name != "dir"]
    seen: set[tuple[str, ...]] = set()
    for number, listed in enumerate(runs, start=2):
        key = tuple(getattr(listed, name) for name in names)
        if key in seen:
            what = ", ".join(f"{name} {value}" for name, value in zip(names, key))
            raise AudiolabError(f"{path}:{number}: {what} is listed twice")
        seen.add(key)
        if given is not None and (listed.system == given[0]) != (listed.dir == given[1]):
            raise AudiolabError(f"{path}:{number}: the dir of '{given[0]}', and of no other system, is '{given[1]}'")
    return runs


@contextmanager
def processes(nj: int) -> Iterator[None]:
    """Inside the block, ``joblib.Parallel()`` works in ``nj`` processes of one thread each."""
    with joblib.parallel_config(backend="loky", n_jobs=nj, inner_max_num_threads=1 if nj > 1 else None):
        yield


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    """Return what ``function`` gives, or the message of the `AudiolabError` that it raises."""
    try:
        return function(*args)
    except AudiolabError as error:
        return str(error)


def write_scores(
    options: Any,
    layout: ScoreFormat[Row],
    scored: Scored[Row],
    conditions: Mapping[str, str],
    refused: Sequence[str],
    details: Mapping[str, Any],
) -> None:
    """Write the scores and, under the same name, the YAML that says how they were measured; log what failed.

    Args:
        options: What `add_options` asked for.
        layout: Of the scores.
        scored: What was scored.
        conditions: How; printed under tables and beside plots as it stands.
        refused: What a metric or a judge refused, one message each.
        details: What else the YAML is to hold.

    Raises:
        AudiolabError: Recordings failed without ``--allow_failures``, or nothing was scored; then nothing is written.
    """
    for line in refused:
        logger.warning("refused: %s", line)
    for failure in scored.failures:
        logger.warning("failed: %s", failure)
    if scored.failures and not options.allow_failures:
        raise AudiolabError(
            f"{len(scored.failures)} recordings could not be used, the first: {scored.failures[0]}; "
            "nothing was written: mend them, or score the others with --allow_failures"
        )
    if not scored.scores:
        raise AudiolabError(f"{options.runs}: not one utterance could be scored")
    left_out = {"Failures": f"{len(scored.failures)}, left out"} if scored.failures else {}
    told = {"refused": list(refused), "failures": scored.failures}
    report = {"conditions": {**conditions, **left_out}, **details, **told}
    layout.write(options.out, scored.scores)
    with atomic_write(Path(options.out).with_suffix(".yaml")) as file:
        yaml.safe_dump(report, file, sort_keys=False, allow_unicode=True, width=120)
    logger.info("%s: %s", scored.counts, options.out)
