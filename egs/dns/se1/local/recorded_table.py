#!/usr/bin/env python3
"""List public recordings as a table for ``--corpus own``: the one behind the recorded speech of RESULTS.md.

The pack is a folder with ``manifest.tsv``, whose columns ``path``, ``lang``, ``speaker`` and ``seconds`` describe its
files: ``speech/<language>/<corpus>/…``, ``noise/…``, ``se_pairs/voicebank_demand/{noisy,clean}/…``. The source domain
is English speech in steady noises, the target domain other languages in short or changing ones. No speaker and no
noise file is in two parts; speakers whose names are not known count as one for each language, so that none can be.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_records

COLUMNS = ("use", "path", "speaker", "language", "part", "clean")

LEAST_SECONDS = 2.0
"""Shorter speech is left out: a mixture to train on has 2 s."""

LANGUAGES = ("de", "es", "fr", "it", "pl", "pt", "zh")
"""Of the target domain."""

SOURCE = ("librispeech_test-other", "librispeech_train-clean-100_1utt", "vctk", "speechocean762")
"""English corpora of the source domain; the others are for the target model and a test set of their own."""

VALID = {
    "speech_source": ("ls367", "so1135", "so9617", "p226"),
    "speech_target": ("nemo_KD0", "sppas_cmn_f2", "fleurs_fr", "fleurs_de"),
    "speech_english": ("aew", "slt"),
}
TEST = {
    "speech_source": (),
    "speech_target": (
        "sppas_deu_DEU_F10", "vcc2020_TGF1", "sppas_spa_SPA_F23", "sppas_fra_AC", "sppas_fra_AG", "sppas_fra_BX",
        "sppas_fra_EB", "sppas_fra_IM", "sppas_fra_MB", "sppas_fraquebec_CQAAB1", "sppas_ita_DGtdA05Np1_95",
        "nemo_TP0", "sppas_pol_pol", "sppas_por_POR_F25", "sppas_cmn_f1", "vcc2020_TMM1",
    ),
    "speech_english": (
        "VCC2SF1", "vcc2020_SEF1", "vcc2020_TEF1", "vcc2020_TEM1", "hvd", "sppas_eng_ENG_M15", "pv_sti_en",
    ),
}  # fmt: skip
"""Speakers to validate and to test on; all others are trained on."""

STEADY = ("rain", "sea_waves", "helicopter", "fire_crackling", "chainsaw", "city", "kitchen", "train")
"""Folders and files of noise that are the source's; the others are the target's."""

VALID_NOISES = (
    "rain/3-132852-A", "sea_waves/2-125966-A", "helicopter/3-154926-B", "baby_cry/3-151080-A", "dog_bark/2-117271-A",
    "rooster/2-81270-A", "clock_tick/2-135728-A",
)  # fmt: skip
TEST_NOISES = (
    "baby_cry/2-107351-A", "clock_tick/3-142593-A", "dog_bark/2-122104-A", "person_sneeze/3-142605-A",
    "rooster/2-95258-B", "blanket/boat",
)  # fmt: skip

NEEDED = ("path", "lang", "speaker", "seconds")
"""Columns of the manifest."""

Row = dict[str, str]


def main() -> None:
    """Read the options, write the table."""
    parser = cli.ArgumentParser(prog="recorded_table.py", description=__doc__.splitlines()[0])
    parser.add_argument("--pack", required=True, help="folder with manifest.tsv")
    parser.add_argument("--out", required=True, help="table to write")
    args = parser.parse_args()
    manifest = Path(args.pack) / "manifest.tsv"
    files = read_records(
        manifest, NEEDED, "\t", "this manifest", "give the folder that it lies in", quoted=False, others=True
    )
    folder = os.path.relpath(Path(args.pack).resolve(), Path(args.out).resolve().parent)
    with atomic_write(args.out) as file:
        table = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n", restval="")
        table.writeheader()
        for row in rows(files):
            table.writerow({key: f"{folder}/{row[key]}" if key in ("path", "clean") else row[key] for key in row})


def rows(files: list[tuple[str, Row]]) -> Iterator[Row]:
    """Yield the table's rows, paths from the pack's folder, for the manifest's (file and line, row)."""
    for where, file in files:
        path = PurePosixPath(file["path"])
        kind, *within = path.parts
        if kind == "speech" and file["lang"] in (*LANGUAGES, "en") and _seconds(where, file) >= LEAST_SECONDS:
            yield _speech(file, within[1])
        elif kind == "noise":
            yield _noise(path)
        elif kind == "se_pairs" and path.parent.name == "noisy":
            clean = str(path.parent.with_name("clean") / path.name)
            yield {"use": "pair", "path": str(path), "speaker": file["speaker"], "language": "en", "clean": clean}


def _seconds(where: str, file: Row) -> float:
    try:
        return float(file["seconds"])
    except ValueError as error:
        raise AudiolabError(f"{where}: '{file['seconds'][:40]}' is no number of seconds") from error


def _speech(file: Row, corpus: str) -> Row:
    language, speaker = file["lang"], file["speaker"]
    if speaker.endswith("?"):
        speaker = f"{speaker[:-1]}_{language}"
    use = "speech_target" if language in LANGUAGES else "speech_source" if corpus in SOURCE else "speech_english"
    part = "valid" if speaker in VALID[use] else "test" if speaker in TEST[use] else "train"
    return {"use": use, "path": file["path"], "speaker": speaker, "language": language, "part": part}


def _noise(path: PurePosixPath) -> Row:
    name = f"{path.parent.name}/{path.stem}"
    steady = path.stem in STEADY or path.parent.name in STEADY
    part = "valid" if name in VALID_NOISES else "test" if name in TEST_NOISES else "train"
    return {"use": "noise_source" if steady else "noise_target", "path": str(path), "part": part}


if __name__ == "__main__":
    cli.run(main)
