"""Lets tests import ``checks``."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
