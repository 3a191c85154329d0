"""The parameters of AutoVC and CycleAutoVC; where the paper is ambiguous, each reading is a switch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from audiolab.config import option


@dataclass
class WeightsConfig:
    """What each loss weighs; those that weigh nothing are not computed in training. The defaults are AutoVC's.

    x is A's speech, E the content encoder, D decoder and post-net, e a speaker's embedding, S the speaker encoder.
    """

    reconstruction_pre: float = option(1.0, "of D(E(x, e_A), e_A) before the post-net against x")
    reconstruction_post: float = option(1.0, "the same behind the post-net")
    content: float = option(1.0, "λ_cont: L1 of the codes of that reconstruction, behind the post-net, and of x")
    cycle_pre: float = option(0.0, "of x converted to B and back to A, before the post-net, against x")
    cycle_post: float = option(0.0, "the same behind the post-net")
    cycle_content: float = option(0.0, "λ_encod: L1 of the codes E(y, e_B) of the conversion and E(x, e_A)")
    style: float = option(0.0, "L1 of S(y), y the conversion behind the post-net, and e_B")

    def __post_init__(self) -> None:
        for each in fields(self):
            if not getattr(self, each.name) >= 0:
                raise ValueError(f"{each.name} is a weight, 0 or more, not {getattr(self, each.name)}")
        if not self.reconstruction_post and not self.cycle_post:
            raise ValueError("give reconstruction_post or cycle_post a weight: else the post-net learns no speech")


@dataclass
class SpeakerEncoderConfig:
    """Sizes of the speaker encoder that the style loss needs: those of the run that it is of."""

    hidden: int = option(768, "units of its LSTM")
    layers: int = option(3, "layers of its LSTM")

    def __post_init__(self) -> None:
        if min(self.hidden, self.layers) < 1:
            raise ValueError(f"hidden and layers must be positive, not {self.hidden} and {self.layers}")


@dataclass
class AutoVCConfig:
    """What AutoVC's public code has are the defaults."""

    weights: WeightsConfig = option(WeightsConfig)
    distance: Literal["l2", "l1"] = option(
        "l2", "mean squared or mean absolute error, of reconstruction and cycle; l1 is advised for noisy recordings"
    )
    second_pass: Literal["pre", "post"] = option(
        "pre", "what of the conversion is converted back: the decoder's output (the authors' code) or the post-net's"
    )
    neck: int = option(16, "units of the content encoder's LSTM each way: a code has twice as many values")
    freq: int = option(16, "frames that one code stands for", "frames")
    channels: int = option(512, "filters of all convolutions, and units of the decoder's first LSTM")
    units: int = option(1024, "units of the decoder's second LSTM, of two layers")
    post_gain: float = option(
        1.0,
        "what the post-net's correction is multiplied by at first, in its last normalisation; 1, as published, is "
        "noise louder than the speech, and takes some 1 / lr steps to go; 0 is sooner there",
    )
    speaker_encoder: str | None = option(
        None, "folder of a ge2e run, or its model.pt: S of the style loss, which is scored in validation with it alone"
    )
    speaker_encoder_sizes: SpeakerEncoderConfig = option(SpeakerEncoderConfig)
    bands: int | None = option(None, "mel bands; null: those of the features")
    speakers: int | None = option(None, "speakers of the training set; null: as many as it has")
    told: int | None = option(None, "values that tell a speaker to the networks; null: those of the training set")
    embedding: int | None = option(None, "values of a speaker's embedding; null: those of the training set, if any")

    def __post_init__(self) -> None:
        if not self.post_gain >= 0:
            raise ValueError(f"post_gain must not be negative, not {self.post_gain}")
        for name in ("neck", "freq", "channels", "units", "bands", "speakers", "told", "embedding"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be positive, not {value}")
        if self.weights.style and self.speaker_encoder is None:
            raise ValueError("weights.style needs speaker_encoder, the ge2e run whose encoder judges the style")
