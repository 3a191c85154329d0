"""Commands that only move tables about start at once: they load none of the libraries that take seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "compute_cmvn",
    "download",
    "extract_f0",
    "format_wav",
    "join_scp",
    "listening_test",
    "make_mini",
    "make_mixtures",
    "plan",
    "prepare",
    "speaker_f0",
    "stamp",
    "tabulate",
    "verify_speakers",
)
ON_NUMPY = ("data.extraction", "features.log_mel", "features.world_parameters")
"""What jobs of features that need no torch load."""

HEAVY = {"torch", "librosa", "matplotlib", "scipy", "sklearn", "numba"}
PROGRAM = """
import runpy, sys
sys.path.insert(0, "utils")
for script in sys.argv[1:]:
    runpy.run_path(script, run_name="imported")
print(*sys.modules, sep="\\n")
"""


@pytest.mark.parametrize(
    "scripts",
    [
        [f"audiolab/bin/{name}.py" for name in COMMANDS],
        sorted(str(path.relative_to(ROOT)) for path in (ROOT / "utils").glob("*.py")),
    ],
    ids=["audiolab.bin", "utils"],
)
def test_light_commands_load_no_heavy_library(scripts):
    assert scripts
    command = [sys.executable, "-c", PROGRAM, *scripts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "audiolab.cli" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("module", ON_NUMPY)
def test_features_without_torch_do_not_load_it(module):
    program = f"import audiolab.{module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"audiolab.{module}" in done.stdout.split()
    assert "torch" not in done.stdout.split()
