"""A data dir from its audio and phones to its ``ctm``, with a model that is trained on it or was before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audiolab.align.config import AlignConfig
from audiolab.align.decoding import align
from audiolab.align.inventory import count_phones, make_inventory
from audiolab.align.layout import Units
from audiolab.align.model import Model, save_model
from audiolab.align.speech import Speech, read_speech
from audiolab.align.training import train
from audiolab.datadir.audio import Channels
from audiolab.datadir.ctm import write_ctm
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.lists import write_lines
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)


def align_data_dir(
    data: DataDir,
    out: Path,
    given: Model | AlignConfig,
    channels: Channels = "mono",
    leave_out_short: bool = False,
) -> None:
    """Write ``ctm`` and ``utt2loglik`` of a data dir, and ``model.npz`` where one is trained.

    Args:
        data: The data dir, with ``wav.scp``, ``utt2spk``, ``phones`` and perhaps ``utt2lang``.
        out: The folder; cepstra are in it as long as this takes.
        given: A model, or how one is trained.
        channels: What is done with several channels.
        leave_out_short: Whether utterances that are too short for their phones are left out, and listed in
            ``left_out``; else they are an error.

    Raises:
        AudiolabError: What `read_speech` refuses; a phone that a model does not know; an utterance that is too short.
    """
    config = given.config if isinstance(given, Model) else given
    speech = read_speech(data, out / "mfcc", config, channels)
    pairs = list(zip(speech.languages, speech.symbols))
    if isinstance(given, Model):
        inventory = given.inventory
        inventory.tell_borrowed(count_phones(pairs))
    else:
        inventory = make_inventory(count_phones(pairs), config.model.rarest)
    where = [f"{data.path / 'phones'}: {name}" for name in speech.utterances]
    units = [inventory.units(symbols, language, at) for (language, symbols), at in zip(pairs, where)]
    speech, units, short = _long_enough(speech, units, config, leave_out_short)
    model = given if isinstance(given, Model) else train(speech, units, inventory, config)
    if model is not given:
        save_model(model, out / "model.npz")
    found = align(speech, units, model)
    write_ctm(out / "ctm", {name: each.segments for name, each in zip(speech.utterances, found)})
    likelihoods = {name: f"{each.likelihood:.4f}" for name, each in zip(speech.utterances, found)}
    write_table(out / "utt2loglik", likelihoods)
    write_lines(out / "left_out", short)
    logger.info(
        "%s: %d utterances, %.2f h, log-likelihood %.3f a frame", out / "ctm", len(found),
        sum(speech.seconds) / 3600, np.average([each.likelihood for each in found], weights=speech.frames),
    )  # fmt: skip


def _long_enough(
    speech: Speech, units: Sequence[Units], config: AlignConfig, leave_out: bool
) -> tuple[Speech, list[Units], list[str]]:
    """Return the utterances that have frames for all of their states, and the ids of the others."""
    least = np.array([config.model.layout.least_frames(each) for each in units])
    short = np.flatnonzero(speech.frames < least)
    if len(short):
        first = short[0]
        problem = (
            f"{speech.utterances[first]}: {speech.seconds[first]:.2f} s are too short for its phones, which take "
            f"{least[first] * config.features.shift_ms / 1000:.2f} s at least ({len(short)} such utterances)"
        )
        if not leave_out or len(short) == len(units):
            raise AudiolabError(f"{problem}; does the text go with the recording? Mend it, or give --leave_out_short")
        logger.warning("%s; left out", problem)
    kept = np.flatnonzero(speech.frames >= least)
    return speech.part(kept), [units[number] for number in kept], [speech.utterances[number] for number in short]
