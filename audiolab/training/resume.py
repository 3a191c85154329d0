"""Whether a run may be taken up again with the config that is given now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from audiolab.config import to_dict
from audiolab.errors import AudiolabError
from audiolab.training.config import OptimConfig, differences
from audiolab.training.distributed import Processes
from audiolab.training.schedules import resolve


def resolve_all(optim: Any, max_steps: int, epoch: int) -> dict[str, OptimConfig]:
    """Return the config of each update's optimiser, with the ends of schedules, and an epoch's steps, filled in.

    Raises:
        AudiolabError: Training ends before a warm-up and hold do.
    """
    found = {}
    for field in fields(optim):
        try:
            found[field.name] = resolve(getattr(optim, field.name), max_steps, epoch)
        except ValueError as error:
            raise AudiolabError(f"optim.{field.name} with {max_steps} steps in all: {error}") from error
    return found


def resolved(config: Any, optim: Mapping[str, OptimConfig]) -> dict[str, Any]:
    """Return a run's config as plain values, with its optimisers' resolved ones."""
    return to_dict(config) | {"optim": {name: asdict(each) for name, each in optim.items()}}


def check_agree(processes: Processes, step: int, data: str, expdir: Path) -> None:
    """See whether all processes begin at the same step and on the same data, as machines with one disk do.

    Args:
        processes: Those that share the run.
        step: Of the checkpoint that this process has found; 0 where there is none.
        data: Its training set's fingerprint.
        expdir: The run's folder, for the message.

    Raises:
        AudiolabError: They do not.
    """
    found = processes.gather((step, data))
    for rank, (other_step, other_data) in enumerate(found):
        if other_step != found[0][0]:
            raise AudiolabError(
                f"{expdir}: process 0 finds a checkpoint of step {found[0][0]} there, process {rank} one of step "
                f"{other_step} (0: none): put it on a disk that all machines see"
            )
        if other_data != found[0][1]:
            raise AudiolabError(
                f"process 0 trains on {found[0][1]}, process {rank} on {other_data}: give all machines the same data"
            )


def check_length(step: int, max_steps: int, expdir: Path) -> None:
    """Raise `AudiolabError` where a run has taken more steps than are asked for: its model is not what they would give.

    Args:
        step: Of the checkpoint.
        max_steps: How many are asked for.
        expdir: The run's folder, for the message.
    """
    if step > max_steps:
        raise AudiolabError(
            f"{expdir}: was trained for {step} steps already, and {max_steps} are asked for; ask for {step} or more, "
            "or train anew in another --expdir"
        )


def check_unchanged(
    content: Mapping[str, Any], config: Mapping[str, Any], data: str, inherited: Mapping[str, str], expdir: Path
) -> None:
    """See whether the checkpoint ``content`` comes from this config, this data and these other runs.

    Args:
        content: A checkpoint.
        config: What `resolved` gave now.
        data: The training set's fingerprint now.
        inherited: Fingerprints of the other runs' weights now, as far as they are there.
        expdir: The run's folder, for the message.

    Raises:
        AudiolabError: The data, a run that weights were taken from, or a key that is none of
            `audiolab.training.config.FREE`, has changed.
    """
    for key, before, now in differences(content["config"], config):
        why = " (it follows trainer.max_steps where it is not given)" if key.endswith(".end") else ""
        raise AudiolabError(
            f"{expdir}: was trained with {key} {before}, and is now to go on with {now}{why}; set it back, or train "
            "anew in another --expdir"
        )
    if content["data"] != data:
        raise AudiolabError(
            f"{expdir}: was trained on other data ({content['data']}) than the training set is now ({data}); bring it "
            "back, or train anew in another --expdir"
        )
    for key, before in content["inherited"].items():
        if inherited.get(key, before) != before:
            raise AudiolabError(
                f"{expdir}: began with other weights ({before}) than the run that {key} names has now "
                f"({inherited[key]}): that one was trained again; train this one anew in another --expdir"
            )
