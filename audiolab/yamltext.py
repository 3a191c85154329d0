"""Reading YAML that may come from anywhere: plain values only, each key once, in bounded memory and time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from audiolab.errors import AudiolabError, shown
from audiolab.textfile import decode, read_bytes

LARGEST = 1 << 18
"""Bytes that a config may have; reading as many takes seconds."""

DEEPEST = 50
"""Sections and lists in one another."""

_HEAVIEST = 1 << 16
"""Values and their characters that all aliases together may stand for."""

_LONGEST_NUMBER = 64
"""Characters; the time to read a number grows with their square."""

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_STRING = "tag:yaml.org,2002:str"

Lines = list[tuple[tuple[str, ...], int]]
"""(keys from the top, line) of each key of mappings in mappings."""


def read_yaml(path: str | Path, what: str = "this YAML", largest: int = LARGEST) -> tuple[Any, Lines]:
    """Return what a YAML file holds, None where it is empty, and the lines of its keys.

    Raises:
        AudiolabError: It cannot be read, is larger than ``largest`` bytes, or is none: see `parse_yaml`.
    """
    return parse_yaml(decode(read_bytes(path, what, largest=largest), path), path)


def parse_yaml(text: str, path: str | Path) -> tuple[Any, Lines]:
    """Return what a YAML text holds, and the lines of its keys; ``path`` is for messages.

    Values are mappings, lists, strings, numbers, dates, true, false and null.

    Raises:
        AudiolabError: It is not valid; a key is given twice in a mapping, or is no single word; an alias stands for
            itself, or all of them for too much; a tag makes something else of a value than it is.
    """
    try:
        loader = _Loader(text, path)
        node = loader.get_single_node()
        return (None, []) if node is None else (loader.construct_document(node), list(_key_lines(node)))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise AudiolabError(f"{path}:{line}: not valid YAML: the character U+{error.character:04X}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = " ".join(str(getattr(error, "problem", error)).split())
        raise AudiolabError(f"{path}{line}: not valid YAML: {reason[:200]}") from error
    except (ValueError, OverflowError) as error:  # a date that does not exist
        raise AudiolabError(f"{path}: not valid YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with bounds."""

    def __init__(self, text: str, path: str | Path) -> None:
        super().__init__(text)
        self._path = path
        self._depth = self._weight = self._aliased = 0
        self._weights: dict[str, int] = {}
        """Anchor -> weight of what it stands for, once that is whole."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        anchor = event.anchor
        if isinstance(event, yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._weights:
                raise self._fault(event, f"the alias {shown(anchor)} stands within what it stands for")
            self._weight += self._weights.get(anchor, 0)
            self._aliased += self._weights.get(anchor, 0)
            if self._aliased > _HEAVIEST:
                raise self._fault(event, f"too large; its aliases stand for more than {_HEAVIEST} characters")
            return super().compose_node(parent, index)
        before = self._weight
        self._weight += 1 + len(getattr(event, "value", ""))
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(event, f"more than {DEEPEST} sections or lists in one another")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if anchor is not None:
            self._weights[anchor] = self._weight - before
        self._check_tag(event, node)
        return node

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            place = f"{self._path}:{key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise AudiolabError(f"{place}: a key is a single word")
            if key.value in seen:
                raise AudiolabError(f"{place}: key {shown(key.value)} is given twice")
            seen.add(key.value)
        return node

    def _check_tag(self, event: yaml.Event, node: yaml.Node) -> None:
        """Raise unless a value is what it would be without its tag, or is made a string."""
        scalar = isinstance(node, yaml.ScalarNode)
        own = self.resolve(type(node), node.value if scalar else None, (True, False))
        if scalar and node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            raise self._fault(event, f"a number of {len(node.value)} characters")
        if node.tag not in (own, _STRING):
            raise self._fault(event, f"the tag {shown(node.tag)} cannot stand before this value")

    @staticmethod
    def _fault(event: yaml.Event, problem: str) -> yaml.composer.ComposerError:
        return yaml.composer.ComposerError(None, None, problem, event.start_mark)


def _key_lines(node: yaml.Node, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        yield (*above, key.value), key.start_mark.line + 1
        yield from _key_lines(value, (*above, key.value))
