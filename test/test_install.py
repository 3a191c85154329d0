"""tools/install.sh: what it says on machines that lack something; a whole installation takes too long for a test."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ASKED = ("setup.py", "tools/without_dependencies.txt")
NEEDED = (
    "bash",
    "awk",
    "cat",
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
    for name in ("tools/install.sh", "utils/parse_options.sh", "utils/nearest_name.sh", *ASKED):
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
        "error: install.sh: pyworld, pesq and webrtcvad are compiled here, but there is no cc; "
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
    assert said.endswith("has 2 GB left, but 8 are needed\n")


def test_an_unknown_extra(install):
    assert install("--extra", "tests") == (1, "error: install.sh: --extra: unknown 'tests'; known are: mini, test\n")


def test_what_is_no_option_is_refused(install):
    assert install("test") == (1, "error: install.sh: 'test' is no option; see --help\n")


def test_a_complete_venv_is_left_alone(install, tmp_path):
    venv = tmp_path / "kept"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").write_text("#!/bin/sh\n")
    (venv / "bin/python").chmod(0o755)
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in ASKED)).hexdigest()
    (venv / ".installed").write_text(f"{digest}\nmini,test\n{tmp_path}\n")
    script = tmp_path / "tools/install.sh"
    script.write_text(script.read_text().replace("venv=$root/tools/venv", "venv=$root/kept"))
    assert install() == install("--extra", "test") == (0, "")
    (venv / ".installed").write_text(f"{digest}\nmini\n{tmp_path}\n")
    assert "no python3" in install("--extra", "test")[1]
    (venv / ".installed").write_text(f"{digest}\nmini,test\n{tmp_path}\n")
    (tmp_path / ASKED[1]).write_text("another==1\n")
    assert "no python3" in install()[1]


def test_what_is_installed_without_its_dependencies_brings_no_backport_of_typing():
    """Resemblyzer asks for `typing`; an extra cannot leave a dependency out, so no extra may name it."""
    assert "Resemblyzer==" in (ROOT / ASKED[1]).read_text()
    assert not re.search(r'^ *"resemblyzer', (ROOT / "setup.py").read_text(), flags=re.IGNORECASE | re.MULTILINE)


def test_packages_that_do_harm_are_told(tmp_path):
    """The backport `typing`, and another project called audiolab, which takes the place of this one."""
    (tmp_path / "typing-3.7.4.3.dist-info").mkdir()
    (tmp_path / "typing-3.7.4.3.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: typing\nVersion: 3.7.4.3\n"
    )
    (tmp_path / "audiolab").mkdir()
    (tmp_path / "audiolab/__init__.py").touch()
    program = (
        "import sys; sys.path[:0] = sys.argv[2:] + sys.argv[1:2]\n"
        "import check_imports\n"
        "for line in check_imports.strangers(): print(line)"
    )
    for folders, expected in (([ROOT], []), ([tmp_path, ROOT], ["the package typing", "audiolab is not the one in"])):
        command = [sys.executable, "-c", program, ROOT / "tools", *folders]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, cwd="/")
        lines = done.stdout.splitlines()
        assert [line[: len(start)] for line, start in zip(lines, expected)] == expected, lines
        assert len(lines) == len(expected)
