"""Lets the tests of speech synthesis make small runs of its system."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "systems"))
