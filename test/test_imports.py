"""Imports go downward only (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

import audiolab

ROOT = Path(audiolab.__file__).parent
LEVELS = [
    {"errors", "files", "textfile", "yamltext", "cli", "config", "samples", "waiting", "work"},
    {"features", "synthesis", "nn", "datadir", "dataset", "text"},
    {"training", "data", "metrics", "plan", "align"},
    {"systems"},
    {"inference", "report", "corpora"},
    {"tasks"},
    {"bin"},
]
SIDEWAYS = {
    ("files", "errors"),
    ("cli", "errors"),
    ("config", "cli"),
    ("config", "errors"),
    ("config", "files"),
    ("config", "yamltext"),
    ("textfile", "errors"),
    ("yamltext", "errors"),
    ("yamltext", "textfile"),
    ("samples", "errors"),
    ("work", "errors"),
    ("work", "waiting"),
    ("synthesis", "features"),
}
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def imports():
    """Yield (file, its package, package imported, whole name) for each import of audiolab in audiolab."""
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        package = relative.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.level == 0, f"{relative}: relative import"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "audiolab" and len(parts) > 1 and parts[1] in LEVEL:
                    yield relative, package, parts[1], name


def test_every_package_has_a_level():
    found = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert found - {"__init__", "__pycache__"} == set(LEVEL)


def test_every_folder_is_a_package():
    """Or an installation that is not editable would lack it."""
    assert [path for path in ROOT.rglob("*.py") if not path.with_name("__init__.py").is_file()] == []


def test_imports_go_downward():
    wrong = [
        f"{file} imports {name}"
        for file, package, imported, name in imports()
        if package in LEVEL
        and package != imported
        and LEVEL[imported] >= LEVEL[package]
        and (package, imported) not in SIDEWAYS
    ]
    assert not wrong


@pytest.mark.parametrize("of", ["systems", "tasks"])
def test_no_system_and_no_task_imports_another(of):
    folders = {path.name for path in (ROOT / of).iterdir() if path.is_dir()}
    wrong = [
        f"{file} imports {name}"
        for file, package, imported, name in imports()
        if package == imported == of and len(file.parts) > 2 and name.split(".")[2] in folders - {file.parts[1]}
    ]
    assert not wrong
