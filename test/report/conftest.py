"""Lets tests import what lies here, and gives them the experiment and the checker of pages."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "metrics")]

from pages import check, decoded  # noqa: F401
from vc_experiment import experiment  # noqa: F401
