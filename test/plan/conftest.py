"""Lets tests of plans make mixtures and models."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "data"))
