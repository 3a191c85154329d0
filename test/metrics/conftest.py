"""Lets tests import ``commands`` and ``mixture_folder``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "data")]
