"""DNSMOS: a network's estimate of how listeners would rate speech and background, without a reference.

P.835: C. K. A. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835: a non-intrusive perceptual objective speech quality metric to
evaluate noise suppressors", ICASSP 2022; P.808: the same, "DNSMOS", ICASSP 2021. The models are those in ``speechmos``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from audiolab.metrics.judges.judge import RATE, at_level, releases
from audiolab.metrics.scores import Metric

METRICS = (
    Metric("dnsmos_ovrl", "DNSMOS OVRL", "", 2, "higher"),
    Metric("dnsmos_sig", "DNSMOS SIG", "", 2, "higher"),
    Metric("dnsmos_bak", "DNSMOS BAK", "", 2, "higher"),
    Metric("dnsmos_p808", "DNSMOS P.808", "", 2, "higher"),
)
_KEYS = {"dnsmos_ovrl": "ovrl_mos", "dnsmos_sig": "sig_mos", "dnsmos_bak": "bak_mos", "dnsmos_p808": "p808_mos"}


@dataclass(frozen=True)
class Dnsmos:
    """Overall quality, quality of the speech and of the background (P.835), and overall by P.808; each about 1 to 5."""

    name: ClassVar[str] = "dnsmos"
    title: ClassVar[str] = "DNSMOS"
    modules: ClassVar[tuple[str, ...]] = ("speechmos", "onnxruntime", "requests")
    packages: ClassVar[tuple[str, ...]] = ("speechmos", "onnxruntime", "librosa")

    @property
    def version(self) -> str:
        """The packages' releases; what stands before them counts changes in what is given to the models."""
        return f"2; {releases(self.packages)}"

    def measure(self, wave: np.ndarray) -> dict[str, float]:
        """Return column of `METRICS` -> mean opinion score.

        The signal is heard `at_level`. Signals under 9.01 s are repeated, longer ones are judged in windows of that
        length, 1 s apart, and averaged: as the models' authors do.

        Raises:
            Refusal: The signal is silent.
        """
        found = _model()(at_level(wave), RATE, is_personalized_MOS=False)
        return {column: round(float(found[key]), 5) for column, key in _KEYS.items()}


@lru_cache(maxsize=1)
def _model() -> Any:
    """Return the models of ``speechmos``, on one thread: jobs share the machine, and results do not depend on it."""
    import onnxruntime
    from speechmos import dnsmos

    folder = Path(dnsmos.__file__).parent / "dnsmos_models"
    paths = [str(folder / name) for name in ("sig_bak_ovr.onnx", "model_v8.onnx")]
    model = dnsmos.DNSMOS(*paths)
    one = onnxruntime.SessionOptions()
    one.intra_op_num_threads = one.inter_op_num_threads = 1
    model.onnx_sess, model.p808_onnx_sess = (onnxruntime.InferenceSession(path, one) for path in paths)
    return model
