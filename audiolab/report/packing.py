"""A trained model as one zip that others can use: same model, same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any, Literal

import torch

from audiolab.config import load_yaml
from audiolab.datadir.apart import check_not_read
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.report.history import read_start
from audiolab.report.page import template
from audiolab.training.export import MODEL, load_model

MANIFEST = "MANIFEST.sha256"
Verb = Literal["convert", "enhance", "separate", "speak"]

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold; a file's own would make each pack differ."""


def pack(run: str | Path, out: str | Path, verb: Verb, scores: str | Path | None = None) -> dict[str, str]:
    """Write config.yaml, model.pt, run.json, the scores if given, a README and a manifest into a zip.

    Members are sorted, have one time and one mode, and are stored without compression (weights hardly shrink, and
    deflate's output changes with the library's version). ``sha256sum -c MANIFEST.sha256`` checks an unpacked zip.

    Args:
        run: A training run's folder.
        out: The zip to write.
        verb: What the model does, `audiolab.bin`'s command for it.
        scores: ``scores.csv`` to put beside the model; what is beside it as ``.yaml`` is put there too.

    Returns:
        Member -> sha256, as the manifest has it.

    Raises:
        AudiolabError: The zip is one of these files, one is missing, ``model.pt`` is no model, or the config is another
            system's.
    """
    run = Path(run)
    taken = [run / name for name in ("config.yaml", MODEL, "run.json")]
    check_not_read(out, *taken, *([scores, Path(scores).with_suffix(".yaml")] if scores is not None else []))
    members = {path.name: _read(path, "training writes it") for path in taken}
    if scores is not None:
        scores = Path(scores)
        members["scores.csv"] = _read(scores, "scoring writes it")
        members["scores.yaml"] = _read(scores.with_suffix(".yaml"), "scoring writes it")
    system = str(load_yaml(run / "config.yaml")[0].get("system"))
    model = load_model(run / MODEL, "train again", system)
    members["README.md"] = _readme(run, Path(out).name, verb, model, scores is not None).encode()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())}
    members[MANIFEST] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    with atomic_write(out, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            archive.writestr(_member(name), members[name])
    return digests


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3  # Unix, wherever it is made
    info.external_attr = 0o100644 << 16
    return info


def _read(path: Path, origin: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read it: {error.strerror}; {origin}") from error


def _readme(run: Path, out: str, verb: Verb, model: dict[str, Any], scores: bool) -> str:
    tensors = [value for value in _leaves(model["state"]) if isinstance(value, torch.Tensor)]
    return template(
        "packed_readme.txt",
        run=run.name,
        out=out,
        verb=verb,
        system=model["system"],
        step=model["step"],
        values=sum(tensor.numel() for tensor in tensors),
        start=read_start(run / "run.json"),
        scores=scores,
    )


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in _leaves(value)]
    return [tree]
