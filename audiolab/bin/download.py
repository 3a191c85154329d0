"""Fetch a corpus and unpack it: ``python -m audiolab.bin.download --corpus vcc2018 --dest downloads``."""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.corpora.base import get_corpus
from audiolab.corpora.download import download
from audiolab.corpora.unpack import unpack


def main() -> None:
    """Fetch each archive into ``<dest>`` and unpack it into a folder of its own below ``<dest>/<corpus>``.

    Files that are served one by one go to their places below ``<dest>/<corpus>`` as they are.
    """
    parser = cli.ArgumentParser(prog="download", description=__doc__)
    parser.add_argument("--corpus", required=True, help="its name, as in egs/")
    parser.add_argument("--dest", required=True, help="folder for the archives; the corpus lands in <dest>/<corpus>")
    parser.add_argument("--subsets", nargs="+", help="of librispeech: what to train on (default: train-clean-360)")
    args = parser.parse_args()
    corpus = get_corpus(args.corpus)
    logging.info("%s, license %s, see %s", corpus.name, corpus.license, corpus.homepage)
    root = Path(args.dest) / corpus.name
    for file in corpus.files_of(args.subsets):
        unpack(download(file, args.dest), root / file.folder)
    for listing in corpus.lists:
        for file in listing.read(download(listing.file, args.dest)):
            download(file, root)


if __name__ == "__main__":
    cli.run(main)
