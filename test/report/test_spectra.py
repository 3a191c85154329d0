"""Spectra of groups of utterances: which ones are drawn, and what is said of them."""

from dataclasses import dataclass

import numpy as np

from audiolab.report.players import Item
from audiolab.report.spectra import spectra_by_group

RATE = 8000


@dataclass(frozen=True)
class Tone:
    utterance: str

    @property
    def key(self):
        return self.utterance

    def load(self):
        return np.sin(np.arange(RATE // 4)).astype(np.float32), RATE


def test_the_first_utterance_of_each_group_is_drawn(check):
    clips = {"Noisy": Tone("a"), "Clean": Tone("b")}
    heard = {"one": [Item("u", clips), Item("v", clips)], "two <2>": [Item("w", clips)]}
    found = check(spectra_by_group(heard, 1.0, "a mixture", "noisy and clean"))
    assert "the versions of a mixture share one colour scale" in found.text
    alts = [given["aria-label"] for given in found.all("svg")]
    assert alts == [f"Spectra of a mixture, noisy and clean. {name}." for name in ("one: u", "two <2>: w")]
    assert ["open" in given for given in found.all("details")] == [True, False]
