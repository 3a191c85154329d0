"""The losses of AutoVC and CycleAutoVC, by the names of their weights; all are means over all values of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from audiolab.dataset import Batch

DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l2": functional.mse_loss, "l1": functional.l1_loss}

RECONSTRUCTION = frozenset({"reconstruction_pre", "reconstruction_post", "content"})
BACK = frozenset({"cycle_pre", "cycle_post"})
CONVERSION = BACK | {"cycle_content", "style"}


@dataclass(frozen=True)
class Passes:
    """What speech goes through.

    Attributes:
        encoder: Speech [B, T, bands] and who speaks [B, told] to codes.
        decoder: Codes and who is to speak to speech.
        post_net: Speech to speech.
        speaker_encoder: Speech to speakers' embeddings [B, E]; None: without one there is no style.
        distance: Of speech and speech, a scalar.
        second: Which output of the conversion is converted back, ``pre`` or ``post``.
    """

    encoder: nn.Module
    decoder: nn.Module
    post_net: nn.Module
    speaker_encoder: nn.Module | None
    distance: Callable[[Tensor, Tensor], Tensor]
    second: str

    def losses(self, batch: Batch, names: frozenset[str]) -> dict[str, Tensor]:
        """Return losses of a batch of `audiolab.data.speaker_pairs`.

        Args:
            batch: ``mel`` [B, T, bands], ``source`` and ``target`` [B, told]; for the style ``style`` [B, E].
            names: Of the losses that are asked for; nothing is computed for others alone.
        """
        mel, source = batch["mel"], batch["source"]
        code = self.encoder(mel, source)
        found: dict[str, Tensor] = {}
        if names & RECONSTRUCTION:
            found |= self._reconstruction(mel, source, code, names)
        if names & CONVERSION:
            found |= self._conversion(batch, code, names)
        return {name: loss for name, loss in found.items() if name in names}

    def _reconstruction(self, mel: Tensor, source: Tensor, code: Tensor, names: frozenset[str]) -> dict[str, Tensor]:
        pre, post = self._speech(code, source)
        found = self._distances("reconstruction", mel, pre, post)
        if "content" in names:
            found["content"] = functional.l1_loss(self.encoder(post, source), code)
        return found

    def _conversion(self, batch: Batch, code: Tensor, names: frozenset[str]) -> dict[str, Tensor]:
        source, target = batch["source"], batch["target"]
        pre, post = self._speech(code, target)
        found: dict[str, Tensor] = {}
        if "style" in names:
            found["style"] = functional.l1_loss(self.speaker_encoder(post).float(), batch["style"])
        if names & (BACK | {"cycle_content"}):
            again = self.encoder({"pre": pre, "post": post}[self.second], target)
            found["cycle_content"] = functional.l1_loss(again, code)
            if names & BACK:
                found |= self._distances("cycle", batch["mel"], *self._speech(again, source))
        return found

    def _speech(self, code: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor]:
        """Return speech before and behind the post-net."""
        pre = self.decoder(code, speaker)
        return pre, self.post_net(pre)

    def _distances(self, name: str, mel: Tensor, pre: Tensor, post: Tensor) -> dict[str, Tensor]:
        return {f"{name}_pre": self.distance(pre, mel), f"{name}_post": self.distance(post, mel)}
