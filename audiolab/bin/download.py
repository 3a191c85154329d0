"""Fetch a corpus and unpack it: ``python -m audiolab.bin.download --corpus vcc2018 --dest downloads``."""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.corpora.download import download
from audiolab.corpora.options import parse
from audiolab.corpora.unpack import unpack
from audiolab.errors import AudiolabError


def main() -> None:
    """Fetch what a preparation with these options needs: archives into ``<dest>``, which are unpacked.

    Each gets a folder of its own below ``<dest>/<corpus>``.
    Files that are served one by one go to their places below ``<dest>/<corpus>`` as they are.
    """
    parser = cli.ArgumentParser(prog="download", description=__doc__)
    parser.add_argument("--dest", required=True, help="folder for the archives; the corpus lands in <dest>/<corpus>")
    corpus, args, config = parse(parser, "preparation")
    logging.info("%s, license %s, see %s", corpus.name, corpus.license, corpus.homepage)
    if corpus.how_to_get:
        raise AudiolabError(corpus.how_to_get)
    root = Path(args.dest) / corpus.name
    for file in corpus.files_of(config):
        unpack(download(file, args.dest), root / file.folder)
    for listing in corpus.lists:
        for file in listing.read(download(listing.file, args.dest)):
            download(file, root)


if __name__ == "__main__":
    cli.run(main)
