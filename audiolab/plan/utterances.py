"""The utterances that jobs go over: that there are some, and into how many jobs they are split."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from audiolab.datadir.datadir import DataDir
from audiolab.plan.expansion import Job, Plan


class Utterances:
    """How many utterances data dirs have, by speaker; each is read once."""

    def __init__(self) -> None:
        self._found: dict[str, Counter[str]] = {}

    def count(self, data: str, speaker: str = "") -> int:
        """Return how many a data dir has, of one speaker where one is named; 0 where there is no such data dir."""
        if data not in self._found:
            there = Path(data, "utt2spk").is_file()
            self._found[data] = Counter(DataDir(data).table("utt2spk").values()) if there else Counter()
        return self._found[data][speaker] if speaker else self._found[data].total()

    def jobs_of(self, job: Job) -> int:
        """Return into how many jobs a job is split: 1 where it is not, or has too few utterances."""
        most, least = job.split
        return max(1, min(most, self.count(*job.utterances) // least)) if most > 1 else 1

    def lacking(self, plan: Plan) -> list[str]:
        """Return what is wrong: data dirs that are there and have nothing of a speaker whose utterances are needed."""
        found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        for job in plan.jobs.values():
            data, speaker = job.utterances
            if speaker and Path(data, "utt2spk").is_file() and not self.count(data, speaker):
                speakers, phases = found.setdefault(data, ({}, {}))
                speakers[speaker], phases[job.phase.name] = None, None
        return [
            f"{data}: no utterances of {', '.join(speakers)}, for {', '.join(phases)}; name speakers who have some"
            for data, (speakers, phases) in found.items()
        ]
