"""Speak text with trained models: ``python -m audiolab.bin.speak --model RUN --durations RUN … "text" out.wav``.

A text of any length, or with ``--file`` that of a file, is spoken sentence by sentence. Into ``-``, standard output,
goes 16-bit little-endian PCM, as soon as each sentence is made.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.audiowrite import audio_writer
from audiolab.datadir.pcm import write_pcm
from audiolab.errors import AudiolabError, shown
from audiolab.inference import load
from audiolab.synthesis.postfilter import USUAL, check_weight
from audiolab.tasks.tts.speaking import Speaking, set_of_model
from audiolab.text.splitting import read_pieces, split_sentences
from audiolab.text.units import read_units

logger = logging.getLogger(__name__)

STREAM = "-"
"""In place of a file: standard output."""


def main() -> None:
    """Run the command."""
    options = parse()
    text = read_pieces(options.file) if options.file else [options.text]
    acoustic = load(options.model, options.device, does="predict")
    durations = load(options.durations, options.device, does="durations")
    features = set_of_model(acoustic, options.set)
    units = read_units(options.units) if options.units else None
    speaking = Speaking(acoustic, durations, features, options.language, options.speaker, options.postfilter, units)
    sentences = samples = 0
    with _output(options.out, speaking.rate) as write:
        for wave in speaking.stream(split_sentences(text)):
            write(wave)
            sentences, samples = sentences + 1, samples + len(wave)
        if not sentences:
            raise AudiolabError(f"{options.file or 'the text'}: there is no word in it")
    logger.info("%s: sentences %d, %.2f s at %d Hz", options.out, sentences, samples / speaking.rate, speaking.rate)


def parse(argv: Sequence[str] | None = None) -> Any:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="speak", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="+", metavar="TEXT", help='what is said, and behind it out.wav, or "-"')
    parser.add_argument(
        "--file", default=None, help="text file to speak, in place of TEXT; /dev/stdin: what is piped in"
    )
    parser.add_argument("--model", required=True, help="run of an acoustic model, or its zip")
    parser.add_argument("--durations", required=True, help="run of a duration model, or its zip")
    parser.add_argument("--language", required=True, help="in which language: a code that the models know, as it")
    parser.add_argument("--speaker", required=True, help="with whose voice, of whatever language")
    parser.add_argument("--postfilter", type=float, default=USUAL, help="weight of the post-filter; 1: none")
    parser.add_argument("--set", default=None, help="table of linguistic_set, for models that do not bring their own")
    parser.add_argument("--units", default=None, help="model of train_units, of models that speak units, not phones")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args(argv)
    check_weight(options.postfilter)
    if len(options.words) != (1 if options.file else 2):
        raise AudiolabError(
            'speak: give "text" and out.wav, or --file and out.wav; a text with spaces stands in quotes'
        )
    options.out, options.text = options.words[-1], options.words[0]
    if not options.file and not _is_unicode(options.text):
        raise AudiolabError(f"speak: the text {shown(options.text)} is not UTF-8")
    if options.out != STREAM:
        check_not_read(options.out, *([options.file] if options.file else []))
    return options


def _is_unicode(text: str) -> bool:
    """Return whether no byte of an argument was none of UTF-8; Python gives such as halves of surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


@contextlib.contextmanager
def _output(path: str, rate: int) -> Iterator[Callable[[np.ndarray], int]]:
    """Give what takes blocks of speech, [n]."""
    if path == STREAM:
        yield partial(write_pcm, cli.standard("stdout"))
        return
    with audio_writer(path, rate, 1) as write:
        yield write


if __name__ == "__main__":
    cli.run(main)
