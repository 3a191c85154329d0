"""What a clone has on its disk, whatever git is set to."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_clone_with_autocrlf_has_the_line_ends_that_scripts_need(tmp_path):
    """With .gitattributes as it is here; a picture stays as it is."""

    def git(*words):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *words], cwd=tmp_path, check=True,
                       capture_output=True)  # fmt: skip

    git("init", "here")
    (tmp_path / "here/run.sh").write_bytes(b"#!/bin/bash\nexit 0\n")
    (tmp_path / "here/x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "here/.gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    git("-C", "here", "add", "-A")
    git("-C", "here", "commit", "-m", "x")
    git("clone", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "here", "there")
    assert (tmp_path / "there/run.sh").read_bytes() == b"#!/bin/bash\nexit 0\n"
    assert (tmp_path / "there/x.png").read_bytes() == b"\x89PNG\r\n\x1a\n"
