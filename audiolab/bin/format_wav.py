"""Write a data dir's audio anew: at another rate, mixed, or in pieces: ``python -m audiolab.bin.format_wav``.

With ``--nj N``, job ``--job K`` makes every N-th utterance; when all have, ``--join`` makes one data dir of them.
"""

from __future__ import annotations

import logging

from audiolab import cli
from audiolab.config import add_arguments, from_namespace
from audiolab.datadir import parts
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.formatting import Form, cut_data_dir, format_data_dir
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="format_wav", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir that is read")
    parser.add_argument("--out", required=True, help="data dir to write")
    parser.add_argument("--by_reference", action="store_true", help="write segments of the same files, and no audio")
    parser.add_argument("--allow_pipes", action="store_true", help="run the commands in wav.scp and its like")
    parts.add_options(parser, "jobs that make the data dir")
    add_arguments(parser, Form)
    options = parser.parse_args()
    form = from_namespace(Form, options)
    if options.by_reference:
        _check_by_reference(form)
    make = cut_data_dir if options.by_reference else format_data_dir
    found = parts.run(
        options,
        "format_wav",
        lambda part: make(DataDir(options.data), options.out, form, part, options.allow_pipes),
    )
    seconds = sum(map(float, found.table("utt2dur").values()))
    logger.info("%s: %d utterances, %.2f h", found.path, len(found.utterances), seconds / 3600)


def _check_by_reference(form: Form) -> None:
    as_is = Form()
    for name in ("rate", "channels", "subtype"):
        if getattr(form, name) != getattr(as_is, name):
            raise AudiolabError(f"format_wav: --by_reference leaves the audio as it is; give no --{name} with it")


if __name__ == "__main__":
    cli.run(main)
