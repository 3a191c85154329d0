import subprocess
import sys

import numpy as np

from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.datadir import write_data_dir

PROGRAM = """
import resource
import numpy as np
from audiolab.cli import run
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.datadir import write_data_dir

def main():
    {call}

resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))  # a write beyond 5000 bytes fails, as on a full disk
run(main)
"""


def test_what_stood_before_a_full_disk_still_stands(tmp_path):
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", [("a", np.ones((3, 3)))])
    write_data_dir(tmp_path, {"utt2spk": {"a": "a"}, "text": {"a": "x"}})
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    many = "{str(i): 'x' * 100 for i in range(100)}"
    for call in (
        f"write_matrices({str(tmp_path / 'f.ark')!r}, {str(tmp_path / 'f.scp')!r}, [('b', np.ones((90, 90)))])",
        f"write_data_dir({str(tmp_path)!r}, dict(utt2spk=dict(b='b'), text={many}))",
    ):
        done = subprocess.run([sys.executable, "-c", PROGRAM.format(call=call)], capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: cannot write {tmp_path}")
        assert done.stderr.endswith("File too large; what stood there before is kept\n")
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert MatrixTable(tmp_path / "f.scp")["a"].shape == (3, 3)
