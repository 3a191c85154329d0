"""Fuzzing of what reads YAML and options: configs are read or refused in one line, whatever stands in them."""

import copy
import typing

import pytest
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st

from audiolab import systems
from audiolab.config import from_dict, leaves, parse, section, to_dict
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.textfile import decode
from audiolab.training.config import run_config_class
from audiolab.yamltext import parse_yaml

YAML = """
system: softgan
system_conf: &conf
  generator: {channels: [8, 16], output: "relu"}  # as in the paper
  rho_gen: 1e-1
data_conf:
  <<: *conf
  text: |
    two
    lines
  when: 2020-01-02
seeds: [1, -2.5, .inf, ~, yes, 'it''s']
"""
TOKENS = (
    "&a", "*a", "!!bool ", "!!set ", "!!timestamp ", "!!float ", "!x ", "<<", ": ", ":", "- ", "? ", "[", "]", "{", "}",
    ",", "|\n", ">-\n", "'", '"', "#", "%YAML 1.1\n", "---\n", "...\n", "\n", "\n  ", " ", "\t", "\\", "a", "b", "1",
    "1:1", "1e", "9" * 30, "0x", "0b", "_", ".nan", "2020-13-01", "~", "=", "@", "`", "\ufeff", "\x85", "\0", "\u2028",
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**30, 1e308, -1]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def read(text):
    return parse_yaml(text, "f.yaml")


def test_bytes_around_a_yaml(fuzz_seconds):
    fuzz(damaged([YAML.encode()]), lambda data: outcome(lambda: read(decode(data, "f.yaml"))), fuzz_seconds, 150)


def test_tokens_of_yaml_in_any_order(fuzz_seconds):
    texts = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)
    fuzz(texts, lambda text: outcome(lambda: section(read(text), "f.yaml")), fuzz_seconds, 150)


def places(tree, above=()):
    """Yield the keys that lead to each value, sections too."""
    for key, value in tree.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from places(value, (*above, key))


def nested(dotted):
    """Return {"a.b": 1} as {"a": {"b": 1}}."""
    tree = {}
    for name, value in dotted.items():
        *above, last = name.split(".")
        inner = tree
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return tree


@pytest.mark.parametrize("name", systems.names())
def test_values_of_a_training_config(fuzz_seconds, name):
    cls = run_config_class(systems.get(name))
    needed = {
        key: [key] if typing.get_origin(kind) is list else key
        for key, field, kind in leaves(cls)
        if field.default is field.default_factory
    }
    more = {"data_conf.held_out": 2} if name == "ge2e" else {}  # where this or valid_dirs is to be given
    tree = to_dict(from_dict(cls, nested({**needed, **more, "system": name, "trainer.max_steps": 1})))

    def check(change):
        place, value = change
        changed = copy.deepcopy(tree)
        inner = changed
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        outcome(lambda: from_dict(cls, changed, source="f.yaml"))

    fuzz(st.tuples(st.sampled_from(sorted(places(tree))), VALUES), check, fuzz_seconds, 100)


def test_options_of_a_command(fuzz_seconds):
    names = st.sampled_from([f"--{name}" for name in to_dict(EnvelopeConfig())])
    words = st.lists(st.sampled_from(TOKENS) | st.text(max_size=6), max_size=4).map("".join)
    options = st.lists(st.tuples(names, words).map(lambda pair: f"{pair[0]}={pair[1]}"), max_size=3)
    fuzz(options, lambda argv: outcome(lambda: parse(EnvelopeConfig, argv, prog="x")), fuzz_seconds, 60)
