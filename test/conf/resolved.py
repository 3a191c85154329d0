"""Configs as a training or a command gets them: every key with its value, YAMLs, bases and defaults together."""

import csv
import re
from pathlib import Path

from audiolab.bin.train import parse
from audiolab.config import load_yaml, to_dict

EGS = Path(__file__).parents[2] / "egs"


def flat(tree, prefix=""):
    """Return dotted key -> value."""
    found = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def training(path, *required):
    """Return what a training with this YAML gets; ``required`` are keys that the recipe gives, with any value."""
    options = [word for key in required for word in (f"--{key}", f"given {key}")]
    _, config, _ = parse(["--config", str(path), "--expdir", "anywhere", *options])
    return {key: value for key, value in flat(to_dict(config)).items() if key not in required}


def differing(one, other):
    """Return key -> (value of the one, value of the other) where they differ; a key that one lacks is None there."""
    keys = sorted(one.keys() | other.keys())
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}


def trainings(folder):
    """Return the names of the YAMLs in a folder of a recipe that train, but for what others only stand on."""
    return {path.stem for path in folder.glob("*.yaml") if "system" in load_yaml(path)[0]}


def run_options(recipe):
    """Return the options of a recipe's run.sh with their defaults, as text."""
    lines = (EGS / recipe / "run.sh").read_text(encoding="utf-8").split("help_message")[0].splitlines()
    found = (re.match(r'(\w+)=("[^"]*"|\S*)\s+#', line) for line in lines)
    return {match[1]: match[2].strip('"') for match in found if match}


def table(path):
    """Return the rows of a recipe's .tsv."""
    with open(EGS / path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
