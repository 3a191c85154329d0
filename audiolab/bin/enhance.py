"""Enhance noisy speech with a trained model: ``python -m audiolab.bin.enhance --model exp/… in.wav out.wav``.

One file of any length, rate and channel count; or with ``--data DIR --out DIR`` all mixtures of a mixture dir; or with
``--stream`` 16-bit little-endian PCM from standard input to standard output, as it comes.
"""

from __future__ import annotations

import logging

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.samples import RATES
from audiolab.synthesis.streaming import MOST_CHANNELS
from audiolab.tasks import running
from audiolab.tasks.se.apply import enhance_file, enhance_mixtures, enhance_pcm

logger = logging.getLogger(__name__)

CHUNK_S = (0.001, 3600.0)
"""Least and most seconds that are enhanced at a time."""


def main() -> None:
    """Run the command."""
    options = _parser().parse_args()
    _check(options)
    streams = (cli.standard("stdin"), cli.standard("stdout")) if options.stream else ()
    model = load(options.model, options.device, does="enhance")
    if options.stream:
        delay = model.delay_s(options.chunk_s)
        if delay == float("inf"):
            raise AudiolabError(
                f"{options.model}: was trained with align_corners and has to hear the whole; give files"
            )
        logger.info("output comes %.2f s behind the input", delay)
        rate = model.rate if options.rate is None else options.rate
        clipped = enhance_pcm(model, *streams, rate, options.channels, options.chunk_s)
        if clipped:
            logger.warning("%d samples lie over full scale and are clipped", clipped)
    elif options.data:
        found = enhance_mixtures(model, MixtureDir(options.data), options.out)
        logger.info("%s: %d utterances", found.path, len(found.utterances))
    else:
        enhance_file(model, *options.files, options.chunk_s)


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="enhance", description=__doc__.splitlines()[0])
    running.add_options(parser, "mixture dir to enhance", files=True)
    parser.add_argument("--stream", action="store_true", help="16-bit PCM from standard input to standard output")
    parser.add_argument("--rate", type=cli.within(int, *RATES), help="of the stream [Hz]; the model's by default")
    parser.add_argument("--channels", type=cli.within(int, 1, MOST_CHANNELS), default=1, help="of the stream")
    parser.add_argument(
        "--chunk_s",
        type=cli.within(float, *CHUNK_S),
        default=None,
        help="seconds that are enhanced at a time; 20 for files, 1 for a stream",
    )
    return parser


def _check(options: cli.configargparse.Namespace) -> None:
    """Raise unless one way of use is asked for, as a whole; fill in ``chunk_s``."""
    ways = [bool(options.files), bool(options.data or options.out), options.stream]
    if options.stream and options.files:
        raise AudiolabError("enhance: --stream is for standard input and output; leave out the files, or --stream")
    if sum(ways) != 1 or (options.files and len(options.files) != 2) or bool(options.data) != bool(options.out):
        raise AudiolabError("enhance: give in.wav and out.wav, or --data and --out, or --stream")
    if not options.stream and (options.rate is not None or options.channels != 1):
        raise AudiolabError("enhance: --rate and --channels are for --stream; files say their own")
    if options.chunk_s is None:
        options.chunk_s = 1.0 if options.stream else 20.0


if __name__ == "__main__":
    cli.run(main)
