"""The lists of `tools/check_mutations.py` fit the code, so that they stay alive; the tool tells survivors."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import check_mutations as tool  # noqa: E402
from mutations import SYSTEMS, Mutation, faults, mutations  # noqa: E402

from audiolab.errors import AudiolabError  # noqa: E402


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_mutation_can_be_made(system):
    """Its text stands once in its file, and its tests exist: where the code changes, the list has to."""
    assert faults(system, ROOT) == []
    assert len(mutations(system)) >= 40


def mutation(tmp_path, old, new, survives=""):
    (tmp_path / "half.py").write_text("def half(x):\n    return x / 2\n", encoding="utf-8")
    (tmp_path / "test_half.py").write_text(
        "from half import half\n\n\ndef test_half():\n    assert half(4) == 2\n", encoding="utf-8"
    )
    return Mutation("name", "half.py", old, new, ("test_half.py",), survives)


@pytest.mark.parametrize(("new", "noticed"), [("x / 3", True), ("x * 0.5", False), ("x /", True)])
def test_a_change_is_noticed_by_a_test_that_fails(tmp_path, new, noticed):
    change = mutation(tmp_path, "x / 2", new)
    assert change.fault(tmp_path) == ""
    assert tool._run([change], [tmp_path], timeout=60) == [noticed]
    assert (tmp_path / "half.py").read_text(encoding="utf-8").endswith("return x / 2\n")


def test_tests_that_fail_anyway_notice_nothing(tmp_path):
    change = mutation(tmp_path, "x / 2", "x / 3")
    (tmp_path / "half.py").write_text("def half(x):\n    return x / 2 + 1\n", encoding="utf-8")
    with pytest.raises(AudiolabError, match="tests fail on the code as it is"):
        tool._run([change], [tmp_path], timeout=60)


def test_what_does_not_fit_is_told(tmp_path):
    assert "half.py has 'x' 2 times, not once" in mutation(tmp_path, "x", "y").fault(tmp_path)
    assert "half.py has 'x / 4' 0 times" in mutation(tmp_path, "x / 4", "y").fault(tmp_path)
    assert "there is no else.py" in Mutation("name", "else.py", "a", "b", ()).fault(tmp_path)


def test_survivors_end_with_an_error_unless_explained(tmp_path, capsys):
    plain = mutation(tmp_path, "x / 2", "x * 0.5")
    explained = mutation(tmp_path, "x / 2", "x * 0.5", survives="it is the same")
    with pytest.raises(AudiolabError, match="1 survive without a reason"):
        tool._tell([plain, explained], [False, False], 1.0)
    assert "half.py: name: it is the same" in capsys.readouterr().out
    tool._tell([plain, explained], [True, False], 1.0)
    with pytest.raises(AudiolabError, match="said to survive, but noticed: name"):
        tool._tell([explained], [True], 1.0)


def test_list_and_unknown_names():
    command = [sys.executable, str(ROOT / "tools/check_mutations.py")]
    listed = subprocess.run([*command, "--list", "--system", "srst"], check=True, capture_output=True, text=True)
    assert len(listed.stdout.splitlines()) == len(mutations("srst"))
    wrong = subprocess.run([*command, "--only", "no such thing"], check=False, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "no mutation is in such a file or has such a name" in wrong.stderr
