"""What scoring gives, of all items or of a job's share of them, and the file that a job keeps its share in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from audiolab.datadir.parts import Part, check_given, require
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.scores import Score
from audiolab.textfile import read_json

Row = TypeVar("Row", bound=Score)
Refused = dict[int, list[str]]
"""Item's place -> what was refused of it, one message each."""


@dataclass(frozen=True)
class Scored(Generic[Row]):
    """What scoring gives. Items go by their places in `audiolab.tasks.scoring.Scoring.items`.

    Attributes:
        results: Item's place -> its score, or the message why it could not be scored.
        shared: Why recordings that several items need could not be used, one message each.
        refused: What metrics refused; there the scores have NaN.
        unjudged: The same of judges.
        asked: Names of the judges that were asked.
        facts: What else is to be told of the scoring, the same in all jobs: values that JSON can hold.
    """

    results: dict[int, Row | str]
    shared: Sequence[str] = ()
    refused: Refused = field(default_factory=dict)
    unjudged: Refused = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> dict[int, Row]:
        """Item's place -> its score, where there is one, in the order of the items."""
        return {place: row for place, row in sorted(self.results.items()) if not isinstance(row, str)}

    @property
    def scores(self) -> list[Row]:
        """The scores that there are."""
        return list(self.rows.values())

    @property
    def failures(self) -> list[str]:
        """Why something could not be scored: what is shared first."""
        own = [result for _, result in sorted(self.results.items()) if isinstance(result, str)]
        return [*sorted(set(self.shared)), *own]

    @property
    def refusals(self) -> list[str]:
        """What was refused: by metrics, then by judges."""
        return [line for of_kind in (self.refused, self.unjudged) for _, of in sorted(of_kind.items()) for line in of]


def write_part(scored: Scored[Any], out: str | Path, part: Part, given: Mapping[str, Any]) -> Path:
    """Write a job's share, all digits of it, and return its path.

    Args:
        scored: The share.
        out: The ``scores.csv`` that jobs make together; their parts are beside it.
        part: Which job.
        given: What all jobs must have been given alike: values that JSON can hold.
    """
    results = {place: row if isinstance(row, str) else _plain(row) for place, row in scored.results.items()}
    tree = {**vars(scored), "results": results, "shared": list(scored.shared), "asked": sorted(scored.asked)}
    path = part_path(out, part.job, part.nj)
    with atomic_write(path) as file:
        json.dump({"given": given, **tree}, file)
    return path


def read_parts(out: str | Path, nj: int, given: Mapping[str, Any], row: type[Row], count: int) -> Scored[Row]:
    """Return what ``nj`` jobs scored together.

    Args:
        out: As of `write_part`.
        nj: How many jobs there are.
        given: As of `write_part`; what the one who joins was given.
        row: Dataclass of a score.
        count: How many items there are.

    Raises:
        AudiolabError: A job did not write its part, was given something else, or has seen other data.
    """
    paths = [part_path(out, job, nj) for job in range(1, nj + 1)]
    require(paths, nj)
    found = [_read(path, row, json.loads(json.dumps(given))) for path in paths]
    for path, scored in zip(paths, found):
        if scored.facts != found[0].facts:
            raise AudiolabError(f"{path}: tells other facts than {paths[0].name}; the data changed: run all jobs again")
    whole = Scored(
        results={place: result for scored in found for place, result in scored.results.items()},
        shared=[line for scored in found for line in scored.shared],
        refused={place: lines for scored in found for place, lines in scored.refused.items()},
        unjudged={place: lines for scored in found for place, lines in scored.unjudged.items()},
        asked=frozenset().union(*(scored.asked for scored in found)),
        facts=found[0].facts,
    )
    if sorted(whole.results) != list(range(count)):
        held = len(whole.results)
        raise AudiolabError(f"{paths[0].parent}: holds {held} of {count} items; the data changed: run all jobs again")
    return whole


def part_path(out: str | Path, job: int, nj: int) -> Path:
    """Return where a job's share is."""
    return Path(out).with_suffix(".parts") / f"{job}_of_{nj}.json"


def _read(path: Path, row: type[Row], given: Mapping[str, Any]) -> Scored[Row]:
    advice = "remove it and run its job again"
    tree = read_json(path, "this part of the scores", advice)
    before = tree.pop("given", None)
    if not isinstance(before, dict):
        raise AudiolabError(f"{path}: no part of scores; {advice}")
    check_given(path, before, given)
    try:
        results = {int(place): _whole(result, row) for place, result in tree.pop("results").items()}
        refused, unjudged = (
            {int(place): lines for place, lines in tree.pop(n).items()} for n in ("refused", "unjudged")
        )
        return Scored(results, refused=refused, unjudged=unjudged, asked=frozenset(tree.pop("asked")), **tree)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AudiolabError(f"{path}: no part of scores ({error}); {advice}") from error


def _plain(row: Score) -> dict[str, Any]:
    """Return a score as JSON can hold it: None for NaN."""
    values = {column: None if math.isnan(value) else float(value) for column, value in row.values.items()}
    return {**asdict(row), "values": values}


def _whole(tree: dict[str, Any] | str, row: type[Row]) -> Row | str:
    if isinstance(tree, str):
        return tree
    values = {column: math.nan if value is None else value for column, value in tree.pop("values").items()}
    return row(**tree, values=values)
