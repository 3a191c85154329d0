"""Splitting tables and data dirs into parts for parallel jobs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.restrict import restrict
from audiolab.errors import AudiolabError


def split_evenly(items: Sequence[str], jobs: int) -> list[list[str]]:
    """Split items into ``jobs`` parts in order, the first ones longer by one: 7 in 3 gives 3, 2, 2.

    Raises:
        AudiolabError: More jobs than items, or no job.
    """
    _check_jobs(jobs, len(items), "lines")
    whole, rest = divmod(len(items), jobs)
    ends = [0]
    for job in range(jobs):
        ends.append(ends[-1] + whole + (job < rest))
    return [list(items[first:last]) for first, last in itertools.pairwise(ends)]


def split_by_speaker(utterances: Sequence[str], utt2spk: Mapping[str, str], jobs: int) -> list[list[str]]:
    """Split utterances into ``jobs`` parts without dividing a speaker, as evenly in utterances as Kaldi does.

    Speakers, in the order in which they come, are dealt out evenly; then a part gives its first or last speaker to its
    neighbour as long as that brings the two parts' sizes nearer to each other.

    Raises:
        AudiolabError: More jobs than speakers, no job, or an utterance without speaker.
    """
    by_speaker: dict[str, list[str]] = {}
    for utterance in utterances:
        if utterance not in utt2spk:
            raise AudiolabError(f"utt2spk: no speaker for '{utterance}'")
        by_speaker.setdefault(utt2spk[utterance], []).append(utterance)
    speakers = list(by_speaker)
    _check_jobs(jobs, len(speakers), "speakers")
    starts = [-(-job * len(speakers) // jobs) for job in range(jobs + 1)]
    sums = [0]
    for speaker in speakers:
        sums.append(sums[-1] + len(by_speaker[speaker]))
    _balance(starts, sums)
    return [[u for s in speakers[first:last] for u in by_speaker[s]] for first, last in itertools.pairwise(starts)]


def _balance(starts: list[int], sums: list[int]) -> None:
    """Move the borders between neighbouring parts by one speaker while that evens out the two, in place.

    Args:
        starts: Part i is the speakers from ``starts[i]`` up to ``starts[i + 1]``.
        sums: Utterances of all speakers before each one.
    """

    def difference(border: int, place: int) -> int:
        return abs(sums[starts[border + 1]] - 2 * sums[place] + sums[starts[border - 1]])

    changed = True
    while changed:  # each move makes the sum of squared sizes smaller, so this ends
        changed = False
        for part in range(len(starts) - 1):
            for border, step in ((part + 1, -1), (part, +1)):
                if 0 < border < len(starts) - 1 and (
                    difference(border, starts[border] + step) < difference(border, starts[border])
                ):
                    starts[border] += step
                    changed = True


def split_data_dir(path: str | Path, jobs: int, per_utt: bool = False) -> list[Path]:
    """Split a data dir into ``<dir>/split<N>/{1..N}``, or with ``per_utt`` ``<dir>/split<N>utt/{1..N}``.

    A speaker is in one part only, unless ``per_utt``, which splits by utterances.

    Returns:
        The parts' folders.

    Raises:
        AudiolabError: More jobs than speakers (utterances); the message says how many there can be.
    """
    datadir = DataDir(path)
    utt2spk = datadir.table("utt2spk")
    try:
        parts = (
            split_evenly(datadir.utterances, jobs) if per_utt else split_by_speaker(datadir.utterances, utt2spk, jobs)
        )
    except AudiolabError as error:
        hint = "" if per_utt else ", or split speakers too with --per-utt"
        raise AudiolabError(f"{path}: {error}{hint}") from error
    folder = datadir.path / (f"split{jobs}utt" if per_utt else f"split{jobs}")
    datadir.tell_unknown()
    tables, settings = datadir.tables, datadir.settings
    paths = []
    for job, part in enumerate(parts, 1):
        paths.append(folder / str(job))
        write_data_dir(paths[-1], restrict(tables, part), replace=True, settings=settings)
    return paths


def _check_jobs(jobs: int, most: int, what: str) -> None:
    if jobs < 1:
        raise AudiolabError(f"cannot split into {jobs} jobs; at least 1 is needed")
    if jobs > most:
        raise AudiolabError(f"cannot split {most} {what} into {jobs} jobs; use {most} jobs at most")
