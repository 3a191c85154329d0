"""The kinds of features by name, and ``features.yaml``, which says of a folder's features which they are and how made.

A kind's config has ``streams``: name and width of what stands side by side in a frame; ``shift_ms``: the shift from
frame to frame; and, where the features are computed from audio, ``rate`` in Hz and ``frames(samples)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from audiolab import config
from audiolab.cli import ArgumentParser
from audiolab.errors import AudiolabError, did_you_mean, shown
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.label_config import LabelConfig
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.world_config import WorldConfig
from audiolab.files import atomic_write

FeatureConfig = EnvelopeConfig | LabelConfig | LogMelConfig | WorldConfig
Config = TypeVar("Config")

KINDS: dict[str, type] = {
    "envelope": EnvelopeConfig,
    "labels": LabelConfig,
    "mel": LogMelConfig,
    "world": WorldConfig,
}
"""Name -> config. `audiolab.data.extraction` has, by the same names, how features are made."""


def kind_of(features: FeatureConfig) -> str:
    """Return the name of the kind that a config is of."""
    return next(name for name, cls in KINDS.items() if type(features) is cls)


def of_kind(features: FeatureConfig, cls: type[Config], where: str | Path) -> Config:
    """Return the config of features that must be of one kind.

    Args:
        features: The config.
        cls: Of the kind that is wanted.
        where: The features' folder, for the message.

    Raises:
        AudiolabError: They are of another kind.
    """
    if not isinstance(features, cls):
        wanted = next(name for name, known in KINDS.items() if known is cls)
        raise AudiolabError(
            f"{where}: features of kind {kind_of(features)}, and {wanted} is wanted: make them with kind: {wanted}"
        )
    return features


def read_features(path: str | Path) -> FeatureConfig:
    """Return the config in a ``features.yaml``; one without ``kind`` is from when there were envelopes only.

    Raises:
        AudiolabError: It is missing or broken, or of an unknown kind.
    """
    tree, where = config.load_yaml(path)
    cls = _known(tree.pop("kind", "envelope"), where.pop("kind", str(path)))
    return config.from_dict(cls, tree, where, str(path))


def features_yaml(features: FeatureConfig) -> str:
    """Return a resolved config as a ``features.yaml`` holds it, which `read_features` reads."""
    tree = {"kind": kind_of(features)} | config.to_dict(features)
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def save_features(features: FeatureConfig, path: str | Path) -> None:
    """Write a resolved config, atomically."""
    with atomic_write(path) as file:
        file.write(features_yaml(features))


def parse_features(parser: ArgumentParser, argv: Sequence[str] | None = None) -> tuple[FeatureConfig, Any]:
    """Return the features' config and the other options: ``--kind``, ``--config`` and the keys of the kind's config.

    Args:
        parser: With the options that are none of the config's; it gets the config's.
        argv: The command line; None: that of the process.

    Raises:
        AudiolabError: No kind is given, or an unknown one; what `audiolab.config.parse` raises.
    """
    early = ArgumentParser(prog=parser.prog, add_help=False)
    for one in (early, parser):
        one.add_argument("--kind", help=f"{', '.join(KINDS)}; --help with one given shows its keys")
    early.add_argument("--config")
    known, _ = early.parse_known_args(argv)
    tree, where = ({}, {}) if known.config is None else config.load_yaml(known.config)
    in_file, place = tree.pop("kind", None), where.pop("kind", str(known.config))
    name = in_file if known.kind is None else known.kind
    if name is None:
        parser.add_argument("--config", help="YAML file; options given here go over it")
        parser.parse_args(argv)
        raise AudiolabError(f"{parser.prog}: give --kind, or 'kind:' in the --config; known are: {', '.join(KINDS)}")
    cls = _known(name, place if known.kind is None else "--kind")
    config.add_arguments(parser, cls)
    options = parser.parse_args(argv)
    return config.from_options(cls, tree, where, options), options


def _known(name: Any, place: str) -> type:
    if not isinstance(name, str) or name not in KINDS:
        raise AudiolabError(f"{place}: unknown kind of features {shown(name)}{did_you_mean(str(name), KINDS)}")
    return KINDS[name]
