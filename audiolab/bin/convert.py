"""Convert voices with a trained model: ``python -m audiolab.bin.convert --model exp/… in.wav out.wav``.

One file of any length, rate and channel count; or with ``--data DIR --out DIR`` all utterances of a data dir that the
model's source speaker spoke.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from audiolab import cli
from audiolab.config import add_arguments, from_namespace, option
from audiolab.data.conversion import convert_data_dir, convert_recording
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.synthesis.envelope_converter import EnvelopeConverterConfig


@dataclass
class InferenceConfig:
    """What ``infer_config`` holds."""

    conversion: EnvelopeConverterConfig = option(EnvelopeConverterConfig)
    f0: str = option("keep", "keep: the source's, as in the paper; speakers: by the medians' ratio; or a factor")


def parse(argv: Sequence[str] | None = None) -> tuple[Namespace, InferenceConfig]:
    """Return the options, and the config that they give; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="convert", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="in.wav out.wav")
    parser.add_argument("--model", required=True, help="folder of a training run, or its zip")
    parser.add_argument("--reverse", action="store_true", help="convert the model's target speaker to its source")
    parser.add_argument("--data", help="data dir to convert, in place of a file")
    parser.add_argument("--out", help="data dir to write, with --data")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    add_arguments(parser, InferenceConfig)
    return (options := parser.parse_args(argv)), from_namespace(InferenceConfig, options)


def main() -> None:
    """Run the command."""
    options, config = parse()
    model = load(options.model, options.device, does="convert")
    voice = model.voice(options.reverse, config.f0, config.conversion)
    if options.data and options.out and not options.files:
        convert_data_dir(voice, DataDir(options.data), options.out, voice.analysis.stft.rate)
    elif len(options.files) == 2 and not (options.data or options.out):
        convert_recording(voice, *options.files)
    else:
        raise AudiolabError("convert: give in.wav and out.wav, or --data and --out")


if __name__ == "__main__":
    cli.run(main)
