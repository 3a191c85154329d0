#!/usr/bin/env python3
"""List a pack of public recordings as a table for ``--corpus own``, as ``recorded.yaml`` chooses; see RESULTS.md.

The pack has a ``manifest.tsv``, which tells of files ``speech/<language>/<corpus>/…``, ``noise/…`` and
``se_pairs/voicebank_demand/{noisy,clean}/…``. Speakers without a name, ``…?``, count as one for each language.
"""

import csv
import os
from pathlib import Path, PurePosixPath

from audiolab import cli
from audiolab.config import load_yaml
from audiolab.corpora.own_table import COLUMNS
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_records


def main() -> None:
    """Read the options, write the table."""
    parser = cli.ArgumentParser(prog="recorded_table.py", description=__doc__.splitlines()[0])
    parser.add_argument("--pack", required=True, help="folder with manifest.tsv")
    parser.add_argument("--out", required=True, help="table to write")
    args = parser.parse_args()
    needed, manifest = ("path", "lang", "speaker", "seconds"), Path(args.pack, "manifest.tsv")
    files = read_records(manifest, needed, "\t", "this manifest", quoted=False, others=True)
    folder = os.path.relpath(Path(args.pack).resolve(), Path(args.out).resolve().parent)
    choice, _ = load_yaml(Path(__file__).with_name("recorded.yaml"))
    with atomic_write(args.out) as out:
        table = csv.DictWriter(out, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
        table.writeheader()
        for row in filter(None, (row_of(where, file, choice) for where, file in files)):
            table.writerow(row | {key: f"{folder}/{row[key]}" for key in row.keys() & {"path", "clean"}})


def row_of(where: str, file: dict[str, str], choice: dict) -> dict[str, str]:
    """Return the table's row for a file of the manifest, paths from the pack's folder; empty where it has none."""
    path, language, name = PurePosixPath(file["path"]), file["lang"], file["speaker"]
    row = {"path": str(path), "speaker": name, "language": language}
    if path.parts[0] == "se_pairs" and path.parent.name == "noisy":
        return row | {"use": "pair", "clean": str(path.parent.with_name("clean") / path.name)}
    if path.parts[0] == "noise":
        row["use"] = f"noise_{'source' if {path.stem, path.parent.name} & {*choice['steady_noises']} else 'target'}"
        name = f"{path.parent.name}/{path.stem}"
    elif path.parts[0] == "speech" and language in choice["languages"]:
        if not file["seconds"].replace(".", "", 1).isdecimal():
            raise AudiolabError(f"{where}: '{file['seconds'][:40]}' is no number of seconds")
        if float(file["seconds"]) < choice["least_seconds"]:
            return {}
        row["use"] = "speech_source" if path.parts[2] in choice["source_corpora"] else choice["languages"][language]
        name = row["speaker"] = f"{name[:-1]}_{language}" if name.endswith("?") else name
    else:
        return {}
    return row | {"part": next((part for part, names in choice["parts"].items() if name in names), "train")}


if __name__ == "__main__":
    cli.run(main)
