"""tools/install.sh: what it says on machines that lack something; a whole installation takes too long for a test."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = (
    "bash",
    "awk",
    "cut",
    "df",
    "dirname",
    "flock",
    "grep",
    "head",
    "paste",
    "rm",
    "sed",
    "sha256sum",
    "sort",
    "tr",
)


@pytest.fixture
def install(tmp_path):
    """Return a call of install.sh in a checkout without venv, on a machine that has only the given commands."""
    for name in ("tools/install.sh", "utils/parse_options.sh", "utils/nearest_name.sh", "setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in NEEDED:
        (commands / name).write_text(f'#!/bin/sh\nexec {shutil.which(name)} "$@"\n')
        (commands / name).chmod(0o755)

    def run(*args, **scripts):
        for name, script in scripts.items():
            (commands / name).write_text(f"#!/bin/sh\n{script}\n")
            (commands / name).chmod(0o755)
        command = [shutil.which("bash"), tmp_path / "tools/install.sh", *args]
        environment = {**os.environ, "PATH": str(commands)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
        assert not (tmp_path / "tools/venv").exists()
        return done.returncode, done.stderr

    return run


def test_says_what_is_missing(install):
    assert install() == (1, "error: install.sh: there is no python3; install Python 3.10 or newer\n")
    old = 'case "$*" in *version_info*) exit 1 ;; --version) echo Python 3.8.1 ;; esac'
    code, said = install(python3=old)
    assert code == 1
    assert "python3 is Python 3.8.1, but 3.10 or newer is needed" in said
    assert install(python3="exit 0") == (
        1,
        "error: install.sh: pyworld and pesq are compiled here, but there is no cc; "
        "on Debian: apt-get install build-essential\n",
    )
    no_header = 'case "$*" in *Python.h*) exit 1 ;; esac'
    code, said = install(python3=no_header, cc="", **{"c++": ""})
    assert code == 1
    assert "Python.h is missing; on Debian: apt-get install python3-dev" in said


def test_says_that_the_disk_is_too_small(install):
    disk = "echo h; echo /dev/x 9000000 1 2097152 1% /"
    code, said = install(python3="exit 0", cc="", df=disk, **{"c++": ""})
    assert code == 1
    assert said.endswith("has 2 GB left, but 7 are needed\n")


def test_an_unknown_extra(install):
    assert install("--extra", "tests") == (1, "error: install.sh: --extra: unknown 'tests'; known are: mini, test\n")


def test_what_is_no_option_is_refused(install):
    assert install("test") == (1, "error: install.sh: 'test' is no option; see --help\n")


def test_a_complete_venv_is_left_alone(install, tmp_path):
    venv = tmp_path / "kept"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").write_text("#!/bin/sh\n")
    (venv / "bin/python").chmod(0o755)
    digest = subprocess.run(["sha256sum", ROOT / "setup.py"], capture_output=True, text=True).stdout.split()[0]
    (venv / ".installed").write_text(f"{digest}\nmini,test\n{tmp_path}\n")
    script = tmp_path / "tools/install.sh"
    script.write_text(script.read_text().replace("venv=$root/tools/venv", "venv=$root/kept"))
    assert install() == install("--extra", "test") == (0, "")
    (venv / ".installed").write_text(f"{digest}\nmini\n{tmp_path}\n")
    assert "no python3" in install("--extra", "test")[1]
