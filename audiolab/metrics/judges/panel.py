"""Which judges are asked, of which utterances; the options that say so."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from audiolab.cli import ArgumentParser, count
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.metrics.judges.cache import Cache
from audiolab.metrics.judges.dnsmos import Dnsmos
from audiolab.metrics.judges.judge import INSTALL, LEVEL_DB, Judge, is_installed, missing, releases
from audiolab.metrics.judges.speaker import SpeakerEncoder
from audiolab.metrics.judges.words import BUNDLED, COMPUTE, Recogniser, Whisper

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
KINDS: dict[str, type] = {kind.name: kind for kind in (Dnsmos, SpeakerEncoder, Recogniser)}


@dataclass(frozen=True)
class Panel:
    """The judges that were asked for and are there.

    Attributes:
        cache: Where verdicts are kept.
        dnsmos: Judges quality; None: not asked for, or not installed.
        speaker: The same for the voice.
        whisper: The same for the words.
        language: Of utterances without ``utt2lang``; empty: not known, and they have no words.
        most: Utterances of a set that are judged; 0: all.
        absent: Judge's title -> why it was left out.
    """

    cache: Cache
    dnsmos: Dnsmos | None = None
    speaker: SpeakerEncoder | None = None
    whisper: Whisper | None = None
    language: str = ""
    most: int = 0
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to ask."""
        return self.dnsmos is self.speaker is self.whisper is None

    def chosen(self, utterances: Sequence[Item]) -> list[Item]:
        """Return the utterances that are judged: all, or ``most`` of them, evenly spaced, the first among them."""
        if not self.most or self.most >= len(utterances):
            return list(utterances)
        return [utterances[index * len(utterances) // self.most] for index in range(self.most)]

    def judges_of(self, text: str, language: str | None) -> tuple[Judge, ...]:
        """Return who judges an utterance; for words it needs a text, and a language that the recogniser knows.

        Args:
            text: What is said; empty: not known.
            language: What ``utt2lang`` says; None: nothing, and `language` counts.
        """
        spoken = language or self.language
        recogniser = self.whisper.recogniser(spoken) if self.whisper and text and spoken else None
        return tuple(judge for judge in (self.dnsmos, self.speaker, recogniser) if judge is not None)

    def conditions(self, asked: Collection[str]) -> dict[str, str]:
        """Return how was judged, and what was left out, for `audiolab.tasks.scoring.write_scores`.

        Args:
            asked: Names of the judges that had an utterance to judge.
        """
        told, level = {}, f"all signals at {LEVEL_DB:g} dB (RMS)"
        if self.dnsmos:
            told["DNSMOS"] = f"P.835 and P.808, {releases(self.dnsmos.packages)}; at 16 kHz, {level}"
        if self.speaker:
            told["Speaker similarity"] = (
                f"cosine of GE2E embeddings, {releases(self.speaker.packages)}; {level}; to the mean of a speaker's "
                "natural training sentences, the evaluated sentence not among them"
            )
        if self.whisper and Recogniser.name not in asked:
            told["WER, CER left out"] = "no utterance has a text and a language that the recogniser knows"
        elif self.whisper:
            known = "many languages" if self.whisper.languages is None else " ".join(self.whisper.languages)
            told["WER, CER"] = (
                f"Whisper model {self.whisper.weights} ({known}), {releases(Recogniser.packages)}, beam 5, {COMPUTE}; "
                "without case and punctuation; of an utterance, which are averaged"
            )
        if not self.is_empty and self.most:
            told["Judged"] = f"up to {self.most} utterances of each set or pair, evenly spaced"
        told |= {f"{title} left out": reason for title, reason in self.absent.items()}
        for name, reason in told.items():
            if name.endswith("left out"):
                logger.warning("%s: %s", name, reason)
        return told


def add_options(parser: ArgumentParser) -> None:
    """Add the options of judges to a scoring command."""
    parser.add_argument(
        "--judges", nargs="*", default=[], metavar="NAME", help=f"trained judges to ask: {', '.join(KINDS)}"
    )
    parser.add_argument("--judged", type=count, default=0, help="utterances of a set that are judged; 0: all")
    parser.add_argument(
        "--whisper", default=None, help="folder of a Whisper model for words, as CTranslate2 has it; without: tiny.en"
    )
    parser.add_argument("--language", default="", help="what is spoken where there is no utt2lang, such as en")
    parser.add_argument("--verdicts", default=None, help="folder that keeps what judges say; without: beside --out")


def make_panel(options: Any, suited: Sequence[str]) -> Panel:
    """Return the judges that `add_options` asked for; those that are not installed are left out, which is logged.

    Args:
        options: What was given.
        suited: Names of the judges that the command has a use for.

    Raises:
        AudiolabError: A name is unknown, or ``--whisper`` is no model.
    """
    for name in options.judges:
        if name not in suited:
            raise AudiolabError(f"--judges: unknown '{name}'{did_you_mean(name, suited)}")
    given: dict[str, Any] = {}
    absent: dict[str, str] = {}
    for name in dict.fromkeys(options.judges):
        kind = KINDS[name]
        lacking = missing(kind)
        if kind is Recogniser and not options.whisper:
            lacking += [module for module in [BUNDLED] if not is_installed(module)]
        if lacking:
            absent[kind.title] = f"{', '.join(lacking)} not installed; {INSTALL}"
        elif kind is Recogniser:
            given["whisper"] = Whisper.at(options.whisper)
        else:
            given[name] = kind()
    folder = Path(options.verdicts) if options.verdicts else Path(options.out).with_name("verdicts")
    return Panel(Cache(folder), language=options.language, most=options.judged, absent=absent, **given)
