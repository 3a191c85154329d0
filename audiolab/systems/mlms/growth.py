"""Beginning with another run's model, which grows by languages, speakers and columns of the inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from audiolab.config import from_dict, load_yaml
from audiolab.data.labelled_speech import LabelledSpeech
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.towers import POSITIONS
from audiolab.training.config import filled
from audiolab.training.export import MODEL, load_model


def completed(config: MLMSConfig, train_set: LabelledSpeech) -> MLMSConfig:
    """Return a config with names and sizes: those of the run of ``init``, and behind them what is new in the data.

    Raises:
        AudiolabError: The config says other than the data, or the other run cannot be grown to that.
        ValueError: Of sizes that do not go together.
    """
    config = filled(config, "system_conf", columns=train_set.columns, outputs=train_set.width)
    before = None if config.init is None else _config_of(config)
    if before is None:
        found = dataclasses.replace(
            config,
            languages=config.languages or train_set.languages,
            speakers=config.speakers or train_set.speakers,
            added=config.added or 0,
        )
    else:
        added = train_set.columns - before.columns + before.added
        if train_set.columns < before.columns:
            raise AudiolabError(
                f"{config.init}: a model of {before.columns} columns, and the labels have {train_set.columns}; make "
                "them with a table that has its columns first and new ones behind"
            )
        grown = filled(config, "system_conf", added=added)
        found = dataclasses.replace(
            grown,
            languages=_joined(before.languages, config.languages, train_set.languages),
            speakers=_joined(before.speakers, config.speakers, train_set.speakers),
        )
        if unknown := sorted(set(config.alike) - set(before.speakers)):
            near = did_you_mean(unknown[0], before.speakers)
            raise AudiolabError(f"system_conf.alike: {config.init} has no speaker '{unknown[0]}'{near}")
    for kind in ("languages", "speakers"):
        if lost := sorted(set(getattr(train_set, kind)) - set(getattr(found, kind))):
            raise AudiolabError(f"system_conf.{kind} lacks '{lost[0]}', which the training set has")
    return found


def _config_of(config: MLMSConfig) -> MLMSConfig | None:
    """Return the config of the run of ``init``; None where it is gone and all that it would tell is given."""
    path = Path(config.init) / "config.yaml"
    if not path.is_file():
        if None not in (config.languages, config.speakers, config.added):
            return None
        raise AudiolabError(
            f"{path}: no such run; train the run that system_conf.init names first. Where it is gone, give "
            "system_conf.languages, .speakers and .added, as this run's config.yaml has them"
        )
    tree, _ = load_yaml(path)
    if tree.get("system") != "mlms":
        raise AudiolabError(f"{path}: system_conf.init names a run of system {tree.get('system')}, and mlms is wanted")
    return from_dict(MLMSConfig, tree["system_conf"], source=str(path))


def _joined(before: list[str], given: list[str] | None, data: Sequence[str]) -> list[str]:
    found = before + [name for name in data if name not in before] if given is None else given
    if found[: len(before)] != before:
        raise AudiolabError(f"system_conf: {', '.join(found)} do not begin with what init has, {', '.join(before)}")
    return found


def languages_before(config: MLMSConfig) -> list[str]:
    """Return the languages of the run of ``init``."""
    return _config_of(config).languages


def check_facts(run: str, facts: Mapping[str, Any]) -> None:
    """Raise `AudiolabError` where another run's features were made in another way, or its labels had other columns."""
    before = load_model(Path(run) / MODEL, "train that run again")["state"]["facts"]["_extra_state"]
    if before["analysis"] != facts["analysis"]:
        raise AudiolabError(f"{run}: learned of features that were made in another way; make these as those")
    old, new = ([line.split("\t")[0] for line in each["linguistic"].splitlines()] for each in (before, facts))
    if old and new and new[: len(old)] != old:
        raise AudiolabError(
            f"{run}: learned of labels with other columns; make the table of these with linguistic_set --base"
        )


class Grown(nn.Module):
    """A network that takes the state of a smaller one, as `audiolab.training.system.Initial` gives it.

    Args:
        network: An `audiolab.systems.mlms.network.AcousticModel`.
        config: Its own.
    """

    def __init__(self, network: nn.Module, config: MLMSConfig) -> None:
        super().__init__()
        self._network, self._config = [network], config  # in a list it is no child, whose state would be asked for

    def load_state_dict(self, state: Mapping[str, Tensor], **_: Any) -> None:
        """Give the network what the state has, and what `MLMSConfig` says to what is new."""
        network, config = self._network[0], self._config
        own = network.state_dict()
        found = dict(state)
        _grow_codes(found, own, config)
        _grow_heads(found, own, config)
        _grow_inputs(found, own)
        network.load_state_dict(found)


def _grow_codes(found: dict[str, Tensor], own: Mapping[str, Tensor], config: MLMSConfig) -> None:
    old = [value for name, value in found.items() if name.startswith("codes.")]
    for name in own:
        if name.startswith("codes.") and name not in found and old:
            found[name] = torch.stack(old).mean(0) if config.new_code == "mean" else torch.zeros_like(old[0])


def _grow_heads(found: dict[str, Tensor], own: Mapping[str, Tensor], config: MLMSConfig) -> None:
    old = sorted({int(name.split(".")[1]) for name in found if name.startswith("heads.")})
    alike = [speaker for speaker in old if not config.alike or config.speakers[speaker] in config.alike]
    for name in own:
        if name.startswith("heads.") and name not in found:
            part = name.split(".")[2]
            mean = torch.stack([found[f"heads.{speaker}.{part}"] for speaker in alike]).mean(0)
            found[name] = mean if config.new_head == "mean" else own[name]


def _grow_inputs(found: dict[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Put new columns behind those of the phone, before those of the frame."""
    for name in ("inputs.mean", "inputs.std", "inputs.present"):
        new = torch.zeros_like(own[name]) if name == "inputs.mean" else torch.ones_like(own[name])
        old = found[name]
        begin = old.shape[-1] - POSITIONS
        rows = slice(0, len(old)) if old.ndim == 2 else ...
        new[rows][..., :begin] = old[..., :begin]
        new[rows][..., -POSITIONS:] = old[..., -POSITIONS:]
        found[name] = new
    for name in own:
        if name.endswith(".added"):
            new = torch.zeros_like(own[name])
            if name in found:
                new[..., : found[name].shape[-1]] = found[name]
            found[name] = new
