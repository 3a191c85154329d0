#!/usr/bin/env python3
"""Lay parallel recordings of your own speakers out as VCC2018, for ``run.sh --db_root``.

All speakers read the same sentences. The first ``--n_eval`` that all of them have become evaluation sentences to report
on, 30001, …, of every speaker, as source (vcc2018_evaluation) and as target (vcc2018_reference); the next ``--n_dev``
are evaluation sentences too, to make choices on (listed in dev_sentences). The others are dealt for training:

    halves    every second speaker gets one half of the sentences, the others the other half, so that neighbours in
              ``--speakers`` share no sentence; those two apart read the same texts, which training never aligns
    disjoint  every speaker gets a share of its own: no pair shares a sentence, and each has fewer
    all       every speaker gets all sentences; training draws crops independently and never aligns them

A training sentence has the same number, 10001, …, for every speaker; sentences.tsv tells which sentence it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from audiolab import cli
from audiolab.corpora.folder import is_made, new_folder
from audiolab.corpora.vcc2018_layout import AUDIO
from audiolab.corpora.vcc2018_parts import EVALUATION, write_dev_sentences
from audiolab.datadir.apart import check_apart, check_files_apart
from audiolab.datadir.audiofile import audio_info, read_wav
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.names import id_problem
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_records

COLUMNS = ("speaker", "sentence", "path")


class Take(NamedTuple):
    """One recording, and its text where that is known."""

    path: Path
    text: str


Takes = dict[str, dict[str, Take]]
"""Speaker -> sentence -> recording."""


def main() -> None:
    """Read the options, deal the sentences, write the folders."""
    parser = cli.ArgumentParser(prog="lay_out.py", description=__doc__.splitlines()[0])
    parser.add_argument("--root", help="folder with <speaker>/*_<sentence>.wav or .flac")
    parser.add_argument("--table", help="or a TSV with the columns speaker, sentence, path and, if known, text")
    parser.add_argument("--out", required=True, help="folder to make; one that this script made is replaced")
    parser.add_argument("--speakers", nargs="+", help="which, in this order; all by default")
    parser.add_argument("--n_eval", type=cli.positive, default=10, help="evaluation sentences to report on")
    parser.add_argument("--n_dev", type=cli.count, default=5, help="further ones to make choices on")
    parser.add_argument(
        "--min_eval_s", type=cli.at_least_zero, default=0.0, help="shortest evaluation recording, seconds"
    )
    parser.add_argument("--split", choices=("halves", "disjoint", "all"), default="halves")
    parser.add_argument("--format", choices=("keep", "wav"), default="keep", help="copy files, or write 16 bit WAV")
    args = parser.parse_args()
    if (args.root is None) == (args.table is None):
        raise AudiolabError("lay_out.py: give either --root or --table")
    takes = choose(from_folders(Path(args.root)) if args.root else from_table(Path(args.table)), args.speakers)
    check_apart(args.root or args.table, args.out)
    check_files_apart((take.path for own in takes.values() for take in own.values()), args.out)
    evaluation = pick_evaluation(takes, args.n_eval, args.n_dev, args.min_eval_s)
    training = deal(takes, evaluation, args.split)
    made_from = {"layout": "vcc2018", "by": "lay_out.py", **{key: str(value) for key, value in vars(args).items()}}
    is_made(args.out, made_from, "by")
    with new_folder(args.out, made_from) as folder:
        write(folder, takes, evaluation, training, args.format)
        write_dev_sentences(folder, range(EVALUATION + args.n_eval, EVALUATION + len(evaluation)))
    for speaker, sentences in training.items():
        print(f"{speaker}: {len(sentences)} training sentences, {args.n_eval} to report on, {args.n_dev} for choices")


def from_folders(root: Path) -> Takes:
    """Return the recordings in ``<root>/<speaker>/*_<sentence>.<wav or flac>``."""
    takes: Takes = {}
    for path in sorted(root.glob("*/*")):
        if path.suffix.lower() in AUDIO and not path.name.startswith("."):
            add(takes, path.parent.name, path.stem.rpartition("_")[2], Take(path, ""))
    if not takes:
        raise AudiolabError(f"{root}: no <speaker>/*_<sentence>.wav or .flac in it")
    return takes


def from_table(table: Path) -> Takes:
    """Return the recordings of a TSV; its paths are relative to its folder."""
    takes: Takes = {}
    for where, row in read_records(table, COLUMNS, "\t", quoted=False, others=True):
        if not all(row[name] for name in COLUMNS):
            raise AudiolabError(f"{where}: an empty field")
        add(takes, row["speaker"], row["sentence"], Take(table.parent / row["path"], row.get("text", "")))
    return takes


def add(takes: Takes, speaker: str, sentence: str, take: Take) -> None:
    """Put a recording into ``takes``; refuse a second one of the same sentence, and a name that no folder can have."""
    problem = id_problem(speaker)
    if problem or speaker.split() != [speaker]:
        raise AudiolabError(f"{take.path}: speaker {speaker!r}: {problem or 'a space in the name'}; rename the speaker")
    earlier = takes.setdefault(speaker, {}).setdefault(sentence, take)
    if earlier != take:
        raise AudiolabError(f"{take.path}: sentence '{sentence}' of {speaker} again, after {earlier.path}; keep one")


def choose(takes: Takes, speakers: Sequence[str] | None) -> Takes:
    """Return the recordings of the speakers asked for, in their order."""
    chosen = list(speakers or sorted(takes))
    unknown = [speaker for speaker in chosen if speaker not in takes]
    if unknown or len(set(chosen)) < max(2, len(chosen)):
        problem = f"no recordings of {' '.join(unknown)}" if unknown else "two different speakers or more are needed"
        raise AudiolabError(f"--speakers: {problem}; found are {' '.join(sorted(takes))}")
    return {speaker: takes[speaker] for speaker in chosen}


def natural(sentence: str) -> list[tuple[int, str]]:
    """Return a sort key by which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", sentence)]


def pick_evaluation(takes: Takes, n_eval: int, n_dev: int, seconds: float) -> list[str]:
    """Return the first ``n_eval`` + ``n_dev`` sentences that every speaker has, with ``seconds`` or more each."""
    shared = sorted(set.intersection(*(set(own) for own in takes.values())), key=natural)
    long = [sentence for sentence in shared if all(_seconds(own[sentence].path) >= seconds for own in takes.values())]
    if len(long) < n_eval + n_dev:
        asked = f"--n_eval {n_eval} --n_dev {n_dev}"
        found = f"{len(shared)} sentences, {len(long)} of {seconds} s or more"
        raise AudiolabError(f"{asked}: all of {' '.join(takes)} have {found}")
    return long[: n_eval + n_dev]


def _seconds(path: Path) -> float:
    frames, rate, _ = audio_info(path)
    return frames / rate


def deal(takes: Takes, evaluation: Sequence[str], split: str) -> dict[str, list[str]]:
    """Return each speaker's training sentences."""
    rest = sorted({sentence for own in takes.values() for sentence in own}.difference(evaluation), key=natural)
    shares = {"all": 1, "halves": 2, "disjoint": len(takes)}[split]
    dealt = {
        speaker: [sentence for sentence in rest[index % shares :: shares] if sentence in own]
        for index, (speaker, own) in enumerate(takes.items())
    }
    empty = [speaker for speaker, sentences in dealt.items() if not sentences]
    if empty:
        raise AudiolabError(f"--split {split}: nothing is left for the training of {' '.join(empty)}; lower --n_eval")
    return dealt


def write(
    folder: Path, takes: Takes, evaluation: Sequence[str], training: Mapping[str, Sequence[str]], form: str
) -> None:
    """Write the three sets, the transcripts and ``sentences.tsv``."""
    trained = sorted({sentence for own in training.values() for sentence in own}, key=natural)
    numbers = {sentence: 10001 + index for index, sentence in enumerate(trained)}
    numbers |= {sentence: EVALUATION + index for index, sentence in enumerate(evaluation)}
    for speaker, own in takes.items():
        for name, sentences in (
            ("training", training[speaker]),
            ("evaluation", evaluation),
            ("reference", evaluation),
        ):
            for sentence in sentences:
                place(own[sentence].path, folder / f"vcc2018_{name}" / speaker / str(numbers[sentence]), form)
    for sentence, number in numbers.items():
        texts = {own[sentence].text for own in takes.values() if sentence in own} - {""}
        if len(texts) > 1:
            raise AudiolabError(f"sentence '{sentence}': the speakers' texts differ: {' | '.join(sorted(texts))}")
        if texts:
            with atomic_write(folder / "scripts" / f"{number}.txt") as file:
                file.write(f"{texts.pop()}\n")
    with atomic_write(folder / "sentences.tsv") as file:
        file.writelines(f"{number}\t{sentence}\n" for sentence, number in numbers.items())


def place(source: Path, target: Path, form: str) -> None:
    """Copy a recording, or write it as 16 bit WAV; ``target`` has no suffix."""
    target.parent.mkdir(parents=True, exist_ok=True)
    samples, rate = read_wav(source)  # whole, so that a broken file is not passed on
    if form == "wav":
        write_audio(f"{target}.wav", samples, rate)
    else:
        shutil.copyfile(source, f"{target}{source.suffix.lower()}")


if __name__ == "__main__":
    cli.run(main)
