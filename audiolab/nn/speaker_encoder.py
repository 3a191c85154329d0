"""A speaker encoder: whose voice it is, as a vector of length 1.

Sizes are those of the D-vector network that AutoVC takes its speakers' embeddings from. What trains it is the system
``ge2e``; other systems take it as it is then.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class SpeakerEncoder(nn.Module):
    """LSTM layers over a mel spectrogram, of which a linear layer sees the last frame.

    There is no dropout, so training and evaluation are alike. Where gradients are to flow through it on a GPU, leave it
    in training mode: cuDNN's recurrent layers refuse them in evaluation.

    Args:
        bands: Mel bands.
        hidden: Units of each recurrent layer.
        layers: Recurrent layers.
        size: Values of an embedding.
    """

    def __init__(self, bands: int = 80, hidden: int = 768, layers: int = 3, size: int = 256) -> None:
        super().__init__()
        self.recurrent = nn.LSTM(bands, hidden, layers, batch_first=True)
        self.projection = nn.Linear(hidden, size)

    def forward(self, mel: Tensor) -> Tensor:
        """Return embeddings [B, size], float32 of length 1, of mel spectrograms [B, T, bands], T ≥ 1."""
        last = self.recurrent(mel)[0][:, -1]
        return functional.normalize(self.projection(last).float(), dim=-1)
