"""Convert voices with a trained model: ``python -m audiolab.bin.convert --model exp/… in.wav out.wav``.

One file of any length, rate and channel count; or with ``--data DIR --out DIR`` all utterances of a data dir that the
model's source speaker spoke.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.tasks import running
from audiolab.tasks.vc.apply import add_options, apply, convert_recording, load_voice, read_options


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="convert", description=__doc__.splitlines()[0])
    running.add_options(parser, "data dir to convert", files=True)
    add_options(parser)
    options = parser.parse_args(argv)
    read_options(options)
    return options


def main() -> None:
    """Run the command."""
    options = parse()
    if options.data and options.out and not options.files:
        apply(options, running.WHOLE)
    elif len(options.files) == 2 and not (options.data or options.out):
        convert_recording(load_voice(options), *options.files)
    else:
        raise AudiolabError("convert: give in.wav and out.wav, or --data and --out")


if __name__ == "__main__":
    cli.run(main)
