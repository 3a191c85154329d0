"""Standard output that is full, closed or gone, and no room for temporary files: one line, no traceback."""

import re
import subprocess
import sys

import pytest

PROGRAM = "from audiolab.cli import run; run(lambda: print('x' * {count}))"


@pytest.mark.parametrize(
    ("redirected", "status", "message"),
    [
        (">/dev/full", 1, r"error: cannot write standard output, or temporary files in .*: No space left on device\n"),
        (">&-", 0, r""),
        ("| true", 141, ""),
    ],
)
def test_any_command_with_a_standard_output_that_cannot_be_used(redirected, status, message):
    command = f'{sys.executable} -c "{PROGRAM.format(count=100)}"'
    script = f"set -o pipefail; (sleep 0.2; exec {command}) {redirected}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert re.fullmatch(message, done.stderr)


def test_no_room_for_temporary_files():
    program = "import tempfile; from audiolab.cli import run; run(tempfile.TemporaryFile)"
    full = "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/proc/1']; "
    done = subprocess.run([sys.executable, "-c", full + program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"error: cannot write .*: No space left on device\n", done.stderr)
