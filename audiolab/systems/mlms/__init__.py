"""A multi-language multi-speaker acoustic model by LSTM towers (MLMS; Li and Zen, Interspeech 2016)."""

from audiolab.systems.mlms.system import MLMS

__all__ = ["MLMS"]
