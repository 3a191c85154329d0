"""The papers' systems, by name; one folder each, and no folder imports another."""

from __future__ import annotations

from importlib import import_module

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.training.system import System

_SYSTEMS = {
    "activity": "audiolab.systems.activity:Activity",
    "autovc": "audiolab.systems.autovc:AutoVC",
    "ctc": "audiolab.systems.ctc:CTC",
    "duration": "audiolab.systems.duration:DurationModel",
    "ge2e": "audiolab.systems.ge2e:GE2E",
    "hifigan": "audiolab.systems.hifigan:HiFiGAN",
    "mlms": "audiolab.systems.mlms:MLMS",
    "poconet": "audiolab.systems.poconet:PoCoNet",
    "se_adversarial": "audiolab.systems.srst.adversarial:DomainAdversarial",
    "se_domain_classifier": "audiolab.systems.srst.domain_classifier:DomainClassification",
    "se_self_training": "audiolab.systems.srst.self_training:SelfTraining",
    "se_statistics": "audiolab.systems.srst.statistics:TargetStatistics",
    "se_supervised": "audiolab.systems.srst.supervised:Supervised",
    "softgan": "audiolab.systems.softgan:SoftGAN",
}


def names() -> list[str]:
    """Return the names that `get` knows."""
    return sorted(_SYSTEMS)


def get(name: str) -> type[System]:
    """Return the system class that is registered under ``name``; only its own folder is imported.

    Raises:
        AudiolabError: No system has that name.
    """
    if name not in _SYSTEMS:
        raise AudiolabError(f"unknown system '{name}'{did_you_mean(name, _SYSTEMS)}")
    module, attribute = _SYSTEMS[name].split(":")
    return getattr(import_module(module), attribute)
