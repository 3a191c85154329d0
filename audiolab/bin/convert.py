"""Convert voices with a trained model: ``python -m audiolab.bin.convert --model exp/… in.wav out.wav``.

One file of any length, rate and channel count; or with ``--data DIR --out DIR`` all utterances of a data dir that the
model's source speaker spoke. A model of many speakers is told the voice: ``--target some_wavs/``.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.tasks import running
from audiolab.tasks.vc import many
from audiolab.tasks.vc.apply import (
    add_pair_options,
    convert_data_dir,
    convert_recording,
    load_model,
    pair_voice,
    read_options,
)


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="convert", description=__doc__.splitlines()[0])
    running.add_options(parser, "data dir to convert", files=True)
    add_pair_options(parser)
    given = "a training speaker, or a recording or folder of such; may be repeated"
    parser.add_argument("--target", action="append", default=[], help=f"of a model of many: who is to speak, {given}")
    parser.add_argument("--source_voice", action="append", default=[], help=f"who speaks, {given}; else the file tells")
    many.add_vocoder_options(parser)
    options = parser.parse_args(argv)
    read_options(options)
    return options


def main() -> None:
    """Run the command."""
    options = parse()
    over_data = options.data and options.out and not options.files
    if not over_data and (len(options.files) != 2 or options.data or options.out):
        raise AudiolabError("convert: give in.wav and out.wav, or --data and --out")
    model, between_many = load_model(options)
    if not between_many:
        voice = pair_voice(model, options)
        if over_data:
            convert_data_dir(voice, DataDir(options.data), options.out, voice.analysis.stft.rate)
        else:
            convert_recording(voice, *options.files)
    elif over_data:
        raise AudiolabError(f"{options.model}: converts between many speakers; convert a data dir with apply vc")
    else:
        convert_recording(many.voice_for(model, options), *options.files)


if __name__ == "__main__":
    cli.run(main)
