"""Typed configs: dataclasses, read from YAML and from the command line, and written back resolved.

A config is a dataclass whose fields are scalars, lists of scalars, optional scalars, ``Literal`` choices or further
dataclasses. Each leaf is an option with a dotted name (``--trainer.max_steps``) and a place in the YAML. The command
line goes over the YAML, the YAML over the dataclass's defaults. A YAML may name another one under ``base`` (a path
relative to its own folder), and then gives only what differs. A key that is unknown, of a wrong type or out of range
is an error. It names where the key was given (the option, or the file and the line) and the nearest known key.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

import yaml

from audiolab.cli import ArgumentParser
from audiolab.errors import AudiolabError, OptionError, did_you_mean, shown
from audiolab.files import atomic_write
from audiolab.yamltext import Lines, parse_yaml, read_yaml

T = TypeVar("T")


def option(default: Any = dataclasses.MISSING, help: str = "", unit: str = "") -> Any:
    """Return a dataclass field with its meaning and unit, shown by ``--help``; without default it is required."""
    text = f"{help} [{unit}]" if unit else help
    kind = "default_factory" if callable(default) else "default"
    given = {} if default is dataclasses.MISSING else {kind: default}
    return dataclasses.field(**given, metadata={"help": text})


def parse(cls: type[T], argv: Sequence[str] | None = None, prog: str | None = None, description: str = "") -> T:
    """Return the config ``cls`` from ``argv``: ``--config FILE`` and a dotted option for each leaf.

    Raises:
        AudiolabError: An unknown key or option, a wrong type, a required value that is missing.
    """
    parser = ArgumentParser(prog=prog, description=description)
    add_arguments(parser, cls)
    return from_namespace(cls, parser.parse_args(argv))


def add_arguments(parser: ArgumentParser, cls: type) -> None:
    """Add ``--config`` and one dotted option for each leaf of ``cls`` to ``parser``."""
    parser.add_argument("--config", default=None, help="YAML file; options given here go over it")
    for name, field, kind in leaves(cls):
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        shown = "" if default is dataclasses.MISSING else f" (default: {default})"
        listed = {"nargs": "*"} if typing.get_origin(kind) is list else {}
        help_text = (field.metadata.get("help", "") + shown).replace("%", "%%")
        parser.add_argument(f"--{name}", default=None, metavar=_describe(kind).upper(), help=help_text, **listed)


def from_namespace(cls: type[T], namespace: Any) -> T:
    """Return the config ``cls`` from parsed options and the YAML that their ``--config`` names."""
    return from_options(cls, *(({}, {}) if namespace.config is None else load_yaml(namespace.config)), namespace)


def from_options(cls: type[T], tree: dict[str, Any], where: dict[str, str], namespace: Any) -> T:
    """Return the config ``cls`` from what `load_yaml` gave and the parsed options that go over it."""
    for name, _, kind in leaves(cls):
        given = getattr(namespace, name)
        if given is not None:
            _put(tree, name, _from_text(given, kind, f"--{name}"))
            where[name] = f"--{name}"
    return from_dict(cls, tree, where, namespace.config or "command line")


@contextlib.contextmanager
def placed(namespace: Any) -> Iterator[None]:
    """Tell an `OptionError` of the block by file and line where a YAML gave the option, not the command line."""
    try:
        yield
    except OptionError as error:
        in_yaml = namespace.config is not None and getattr(namespace, error.option) is None
        place = load_yaml(namespace.config)[1].get(error.option) if in_yaml else None
        if place is None:
            raise
        raise AudiolabError(f"{place}: {error.option}: {error.problem}") from error


def load_yaml(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the mapping in a YAML file, over that of its ``base``, and, for each dotted key, ``file:line``.

    Raises:
        AudiolabError: The file is missing, is no YAML, is no mapping, gives a key twice, or is its own base.
    """
    return _load_yaml(Path(path), ())


def yaml_files(path: str | Path) -> list[Path]:
    """Return a YAML file and those that it stands on through ``base``, nearest first; raises as `load_yaml`."""
    load_yaml(path)
    files = [Path(path)]
    while base := _read_yaml(files[-1])[0].get("base"):
        files.append(files[-1].parent / base)
    return files


def _load_yaml(path: Path, heirs: tuple[Path, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    tree, where = _read_yaml(path)
    if "base" not in tree:
        return tree, where
    place, named = where.pop("base"), tree.pop("base")
    if not isinstance(named, str) or not os.path.isfile(path.parent / named):
        raise AudiolabError(f"{place}: base is {shown(named)}, which is no file; give its path from {path.parent}/")
    base = path.parent / named
    if base.resolve() in (*heirs, path.resolve()):
        raise AudiolabError(f"{place}: '{base}' is based on itself")
    base_tree, base_where = _load_yaml(base, (*heirs, path.resolve()))
    return _over(tree, base_tree), base_where | where


def _over(tree: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the keys of ``tree`` put over it, section by section."""
    merged = dict(base)
    for key, value in tree.items():
        below = merged.get(key)
        if isinstance(below, dict) and (value is None or isinstance(value, dict)):  # an empty section changes nothing
            merged[key] = _over(value or {}, below)
        else:
            merged[key] = value
    return merged


def _read_yaml(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    return section(read_yaml(path, "this config"), path)


def section(read: tuple[Any, Lines], path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what `audiolab.yamltext` read of a config, and for each dotted key ``file:line``.

    Raises:
        AudiolabError: It is no mapping.
    """
    tree, lines = read
    if not isinstance(tree, dict | None):
        raise AudiolabError(f"{path}:1: a config is a mapping of keys to values")
    return tree or {}, {".".join(keys): f"{path}:{line}" for keys, line in lines}


def from_dict(cls: type[T], tree: Mapping[str, Any], where: Mapping[str, str] | None = None, source: str = "") -> T:
    """Build the dataclass ``cls`` from nested mappings, checking every key and type.

    Args:
        cls: The config.
        tree: Nested mappings with the fields' names.
        where: For each dotted key where it was given, for messages.
        source: Where the whole mapping comes from, for messages about what is missing.
    """
    return _build(cls, tree, where or {}, source, "")


def to_dict(config: Any) -> dict[str, Any]:
    """Return a config as nested plain dicts, in the order of its fields."""
    return dataclasses.asdict(config)


def save_yaml(config: Any, path: str | Path) -> None:
    """Write a resolved config, atomically; `from_dict` of it gives the same config."""
    with atomic_write(path) as file:
        yaml.safe_dump(to_dict(config), file, sort_keys=False, allow_unicode=True)


def leaves(cls: type, prefix: str = "") -> Iterator[tuple[str, dataclasses.Field, Any]]:
    """Yield (dotted name, field, type) of each leaf of a config class."""
    for field, kind in _fields(cls):
        if dataclasses.is_dataclass(kind):
            yield from leaves(kind, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, field, kind


def _fields(cls: type) -> list[tuple[dataclasses.Field, Any]]:
    hints = typing.get_type_hints(cls)
    return [(field, hints[field.name]) for field in dataclasses.fields(cls)]


def _build(cls: type[T], tree: Any, where: Mapping[str, str], source: str, prefix: str) -> T:
    place = where.get(prefix.rstrip("."), source)
    if not isinstance(tree, Mapping):
        raise AudiolabError(f"{place}: '{prefix.rstrip('.')}' is a section of keys, not {shown(tree)}")
    known = {field.name: (field, kind) for field, kind in _fields(cls)}
    values = {}
    for key, value in tree.items():
        if key not in known:
            at = where.get(f"{prefix}{key}", source)
            raise AudiolabError(f"{at}: unknown key '{prefix}{str(key)[:100]}'{did_you_mean(str(key), known)}")
        kind = known[key][1]
        if dataclasses.is_dataclass(kind):
            values[key] = _build(kind, value if value is not None else {}, where, source, f"{prefix}{key}.")
        else:
            values[key] = _check(value, kind, where.get(f"{prefix}{key}", source), prefix + key)
    for name, (field, kind) in known.items():
        if name not in values and field.default is field.default_factory is dataclasses.MISSING:
            if not dataclasses.is_dataclass(kind):
                raise AudiolabError(f"{source}: '{prefix}{name}' must be given: {field.metadata.get('help', '')}")
            values[name] = _build(kind, {}, where, source, f"{prefix}{name}.")
    try:
        return cls(**values)
    except ValueError as error:  # a __post_init__ that checks ranges
        given = [where[key] for name in known if (key := f"{prefix}{name}") in where and _names(str(error), name)]
        place = " and ".join(dict.fromkeys(given)) or place
        raise AudiolabError(f"{place}: {prefix.rstrip('.')}{': ' if prefix else ''}{error}") from error


def _names(message: str, field: str) -> bool:
    """Return whether a message is about a field: has its name as a word."""
    return re.search(rf"\b{re.escape(field)}\b", message) is not None


def _check(value: Any, kind: Any, place: str, name: str) -> Any:
    """Return ``value`` as ``kind`` (an int is taken for a float, a YAML '1e-4' too), or raise."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _check(value, next(a for a in args if a is not type(None)), place, name)
    if origin is list and isinstance(value, list):
        return [_check(item, args[0], place, name) for item in value]
    if origin is Literal and value in args:
        return value
    if origin is Literal:
        raise AudiolabError(f"{place}: '{name}' is {shown(value)}{did_you_mean(str(value), map(str, args))}")
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            if math.isfinite(number := float(value)):
                return number
    elif kind is int and type(value) is int and abs(value) >= 1 << 63:
        raise AudiolabError(f"{place}: '{name}' has {len(str(value))} digits; give a smaller number")
    elif kind in (int, str, bool) and type(value) is kind:
        return value
    raise AudiolabError(f"{place}: '{name}' must be {_describe(kind)}, not {shown(value)}")


def _from_text(text: Any, kind: Any, name: str) -> Any:
    """Return what a YAML would hold for a value that was typed on the command line."""
    if isinstance(text, list):
        return [_from_text(item, typing.get_args(kind)[0], name) for item in text]
    if kind is str or (typing.get_origin(kind) is Literal and all(isinstance(a, str) for a in typing.get_args(kind))):
        return text
    if typing.get_origin(kind) in (Union, types.UnionType) and str in typing.get_args(kind):
        return None if text == "null" else text
    try:
        return parse_yaml(text, name)[0]
    except AudiolabError as error:
        raise AudiolabError(f"{name} must be {_describe(kind)}, not {shown(text)}") from error


def _describe(kind: Any) -> str:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return "|".join(map(str, args))
    if origin is list:
        return f"list of {_describe(args[0])}"
    if origin in (Union, types.UnionType):
        return " or ".join("null" if a is type(None) else _describe(a) for a in args)
    return {int: "int", float: "float", str: "str", bool: "true|false"}.get(kind, str(kind))


def _put(tree: dict[str, Any], name: str, value: Any) -> None:
    *sections, last = name.split(".")
    for section in sections:
        if tree.get(section) is None:
            tree[section] = {}
        tree = tree[section]
        if not isinstance(tree, dict):  # what the YAML holds there is no section, which `from_dict` tells
            return
    tree[last] = value
