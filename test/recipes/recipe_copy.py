"""A recipe in a copy of the checkout, to be run as a user runs it, and what tests of all recipes look at."""

import csv
import hashlib
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from checkout import copy_checkout

from audiolab.config import to_dict
from audiolab.corpora.base import get_corpus
from audiolab.corpora.folder import new_folder
from audiolab.datadir.validate import validate


class Recipe:
    """A recipe, ``<corpus>/<task>``, in a copy of the checkout; ``options`` go to each call unless they are changed."""

    def __init__(self, root, name, options):
        self.root = copy_checkout(root)
        self.folder = root / "egs" / name
        self.options = options
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"}  # tests look at all that a recipe writes
        self.environment = {**os.environ, "PATH": path, "AUDIOLAB_BACKEND": "local", **quiet}

    def __truediv__(self, name):
        return self.folder / name

    def call(self, *arguments, **changes):
        """Run ``run.sh`` from another folder, with the Python that runs this test."""
        options = [f"--{name}={value}" for name, value in (self.options | changes).items()]
        return self._execute([self / "run.sh", *options, *arguments], "/")

    def run(self, *arguments, **changes):
        """Run it; it must end well. Return its standard output."""
        return self._ended_well(self.call(*arguments, **changes))

    def fail(self, *arguments, **changes):
        """Run it; it must fail without a traceback. Return the errors, those in jobs' logs included."""
        done = self.call(*arguments, **changes)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return [line.strip() for line in done.stderr.splitlines() if line.strip().startswith("error: ")]

    def asked(self, *arguments, **changes):
        """Return what a dry run shows of the recipe's variables: name -> value."""
        lines = self.run("--dry_run", *arguments, **changes).splitlines()
        return dict(
            line.removeprefix("    # ").split("=", 1) for line in lines if line.startswith("    # ") and "=" in line
        )

    def settled(self, options, value):
        """Return what a value of run.sh is behind ``local/options.sh``, with options as a shell has them."""
        lines = [line for line in (self / "run.sh").read_text().splitlines() if not line.startswith("run_stages")]
        (self / "settled.sh").write_text("\n".join([*lines, f'echo "{value}"', ""]))
        done = self.bash(f"bash settled.sh {options}")
        assert not done.stderr
        return done.stdout.strip()

    def bash(self, line):
        """Run a command line in the recipe's folder; return how it ended."""
        return self._execute(["bash", "-c", line], self.folder)

    def python(self, *arguments):
        """Call Python in the recipe's folder as its README says; it must end well. Return its standard output."""
        command = ["bash", "-c", '. ./path.sh && exec python3 "$@"', "python", *map(str, arguments)]
        return self._ended_well(self._execute(command, self.folder))

    def hashes(self, *patterns):
        """Return path -> hash of the files that match."""
        files = {path for pattern in patterns for path in self.folder.glob(pattern) if path.is_file()}
        assert len(files) >= len(patterns)
        return {str(p.relative_to(self.folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(files)}

    @contextmanager
    def without(self, name):
        """Move a file or folder of the recipe away for as long as the block takes."""
        away = self.folder / f"{name}_elsewhere"
        (self.folder / name).rename(away)
        try:
            yield
        finally:
            away.rename(self.folder / name)

    def _execute(self, command, folder):
        options = {"capture_output": True, "text": True, "timeout": 3600}
        return subprocess.run(command, cwd=folder, env=self.environment, **options)

    def _ended_well(self, done):
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def stages_done(output):
    """Return the stages that ``run.sh`` says it has done: ``["-1 download", "0 data", …]``."""
    return [" ".join(found) for found in re.findall(r"^### stage (\S+) \((\w+)\) done", output, re.MULTILINE)]


def calls_of_make_mini(recipe, sizes):
    """Return the options with which stage download calls make_mini, by ``--seed 3``, in two processes.

    They must be for corpora of these sizes, name -> options: these are made already, and nothing is to be done.
    """
    for name, options in sizes.items():
        made_from = {"corpus": f"mini {name}", "seed": 3, **to_dict(get_corpus(name).mini(**options))}
        with new_folder(recipe / "downloads/mini_s3" / name, made_from):
            pass
    before = sorted(recipe.root.rglob("*"))
    done = recipe.call("--stage", "download", "--stop_stage", "download", corpus="mini", nj=2, seed=3, verbose=2)
    assert done.returncode == 0, done.stderr
    assert sorted(recipe.root.rglob("*")) == before
    return re.findall(r"^\++ python3 -m audiolab.bin.make_mini (.*)$", done.stderr, re.MULTILINE)


def rows_of(path, delimiter=","):
    """Return the rows of a table with a header."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def fatal_faults(datadir, **needed):
    """Return what is fatally wrong with a data dir, its audio included."""
    faults = validate(datadir, feats=False, read_audio=True, **needed)
    return [str(fault) for fault in faults if fault.fatal]


def loads_nothing(page):
    """Return whether an HTML page has everything in it: what it shows and plays, and styles."""
    elsewhere = re.search(r"<link\b|@import|url\((?!['\"]?(data:|#))", page)
    return set(re.findall(r'\bsrc="(\w*)', page)) == {"data"} and elsewhere is None
