"""Tries whether the packages that audiolab needs can be imported; says in one line which cannot, and why."""

from __future__ import annotations

import importlib
import sys
import types
import warnings

MODULES = ("torch", "torchaudio", "numpy", "scipy", "librosa", "soundfile", "soxr", "kaldiio", "pyworld", "pesq")
LATER = ("pystoi", "museval.metrics", "sentencepiece", "configargparse", "yaml", "sklearn", "matplotlib", "jinja2")
HINTS = {
    "torchaudio": "torch and torchaudio do not fit each other (a CPU-only torch build does not)",
    "pyworld": "it needs pkg_resources, which setuptools 82 no longer has",
}


def main() -> None:
    """Import all modules; exit with one line on standard error for each that fails."""
    warnings.simplefilter("ignore")
    sys.modules.setdefault("musdb", types.ModuleType("musdb"))  # museval's wants ffmpeg; museval.metrics does not
    failed = False
    for name in (*MODULES, *LATER):
        try:
            importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            hint = f"; {HINTS[name]}" if name in HINTS else ""
            print(f"error: {name} cannot be imported: {type(error).__name__}: {reason}{hint}", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
