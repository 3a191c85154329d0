"""What `check_bad_input.py` does to the recipe's folder, and what the user should then be told."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import torch

RUN = "exp/mini/softgan_energy/VCC2SF4-VCC2TF1_s0"
TRAINED = "downloads/mini/vcc2018_training/VCC2SF4/20001.wav"
EVALUATED = "downloads/mini/vcc2018_evaluation/VCC2SF4/30001.wav"
CONVERT = ("python3", "-m", "audiolab.bin.convert", "--model")
F0 = ("python3", "-m", "audiolab.bin.extract_f0", "--config", "conf/features.yaml", "--data", "data/mini/train",
      "--out", "f0")  # fmt: skip
OLDER = ("data/mini was made from an older downloads/mini", "again")
"""What is told where a recording has changed since its data dir was made."""
BOMB = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 10)) for letter in b"bcdefghij"
)
"""A YAML of 500 bytes that stands for 10¹⁰ letters."""

VALIDATE = ("validate_data_dir.py", "--no-feats", "data/mini/train")


@dataclass(frozen=True)
class Case:
    """A fault.

    Attributes:
        what: What is wrong, in words.
        damage: Brings it about in the recipe's folder.
        command: What is run there; one that begins with ``--`` is given to ``run.sh``.
        told: Words that the line which the user sees must have: the place, and what to do.
        status: Exit status.
    """

    what: str
    damage: Callable[[Path], object]
    command: tuple[str, ...]
    told: tuple[str, ...]
    status: int = 1


class Code:
    """What would run on load, if it were let."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ("harm",)


def cases() -> Iterator[Case]:
    """Yield all cases; none needs another."""
    yield from recordings()
    yield from data_dirs()
    yield from configs()
    yield from stages()
    yield from models()


def stage(name: str, *options: str) -> tuple[str, ...]:
    """Return the options that run one stage."""
    return (f"--stage={name}", f"--stop_stage={name}", *options)


def recordings() -> Iterator[Case]:
    """Yield faults of recordings in every stage that reads them, and in the conversion of a file."""
    for kind, damage, told in RECORDINGS:
        place = "20001 are missing" if kind == "missing" else TRAINED
        yield Case(f"data: {kind}", lambda root, d=damage: d(root / TRAINED), stage("data"), (place, *told[1:]))
        yield Case(f"F0: {kind}", lambda root, d=damage: d(root / TRAINED), F0, (TRAINED, *told))
        for name, path in (("features", TRAINED), ("infer", EVALUATED)):
            yield Case(f"{name}: {kind}", lambda root, d=damage, p=path: d(root / p), stage(name), OLDER)
        command = (*CONVERT, RUN, EVALUATED, "out.wav")
        case = Case(f"convert: {kind}", lambda root, d=damage: d(root / EVALUATED), command, (EVALUATED, *told))
        yield replace(case, told=(), status=0) if kind in ("stereo", "silent") else case
    rate = Case("data: another rate", other_rate(TRAINED), stage("data"), ("several sampling rates",), 0)
    yield rate
    yield replace(rate, what="features: another rate", command=stage("features"), told=OLDER, status=1)
    yield Case("convert: another rate", other_rate(EVALUATED), (*CONVERT, RUN, EVALUATED, "out.wav"), (), 0)
    for out, told in (("out.wave", "did you mean '.wav'"), ("out.txt", "known are: .flac"), ("/proc/o.wav", "cannot")):
        yield Case(f"convert: to {out}", nothing, (*CONVERT, RUN, EVALUATED, out), (out, told))


def data_dirs() -> Iterator[Case]:
    """Yield faults of data dirs."""
    for what, table, old, new, told in DATA_DIRS:
        yield Case(f"data dir: {what}", edit(f"data/mini/train/{table}", old, new), VALIDATE, (table, told))
    yield Case(
        "data dir: no end of line", cut_last("data/mini/train/utt2spk"), VALIDATE, ("utt2spk:", "no line end at")
    )
    yield Case("data dir: no spk2utt", remove("data/mini/train/spk2utt"), VALIDATE, ("spk2utt", "utt2spk_to_spk2utt"))
    yield Case("data dir: no such", nothing, (*VALIDATE[:-1], "data/nosuch"), ("data/nosuch: no such",))


def configs() -> Iterator[Case]:
    """Yield faults of YAMLs and options."""
    features, softgan, convert = "conf/features.yaml", "conf/softgan_energy.yaml", "conf/convert.yaml"
    yield Case("YAML: misspelt key", edit(features, "n_mels", "n_mel"), stage("features"),
               (f"{features}:", "unknown key 'n_mel'; did you mean 'n_mels'"))  # fmt: skip
    yield Case("YAML: misspelt key below", edit(softgan, "rho_gen", "rho_gan"), stage("train"),
               (f"{softgan}:", "did you mean 'rho_gen'"))  # fmt: skip
    yield Case("YAML: wrong type", edit(softgan, "rho_gen: 0.1 ", "rho_gen: little "), stage("train"),
               (f"{softgan}:", "'system_conf.rho_gen' must be float, not 'little'"))  # fmt: skip
    yield Case("YAML: out of range", edit(softgan, "rho_gen: 0.1 ", "rho_gen: 2 "), stage("train"),
               (f"{softgan}:", "rho_gen must lie in [0, 1]"))  # fmt: skip
    yield Case("YAML: unknown system", edit(softgan, "system: softgan", "system: sofgan"), stage("train"),
               (f"{softgan}:", "unknown system 'sofgan'; did you mean 'softgan'"))  # fmt: skip
    yield Case("YAML: not YAML", edit(convert, "conversion:", "conversion: ["), stage("infer"), (f"{convert}:", "YAML"))
    yield Case(
        "YAML: of aliases", write(convert, BOMB), stage("infer"), (f"{convert}:", "its aliases stand for more than")
    )
    yield Case("YAML: deep", write(convert, b"a: " + b"[" * 9999), stage("infer"), (f"{convert}:1", "in one another"))
    yield Case(
        "YAML: a tag", edit(convert, "conversion:", "conversion: !!set"), stage("infer"), (f"{convert}:", "the tag")
    )
    yield Case("YAML: not UTF-8", write(convert, b"a: \xff"), stage("infer"), (f"{convert}:1: not UTF-8 (byte 4)",))
    yield Case("YAML: no such file", nothing, stage("train", "--train_config=conf/nosuch.yaml"), ("conf/nosuch.yaml",))
    for option, told in (
        ("--corpsu=mini", "did you mean '--corpus'"),
        ("--corpus=big", "--corpus is real or mini"),
        ("--stage=trian", "did you mean 'train'"),
        ("--seed=one", "takes an integer, not 'one'"),
        ("--pairs=VCC2SF4-VCC2TF1", "is not SOURCE:TARGET"),
        ("--pairs=VCC2SF4:VCC2TF9", "VCC2TF9"),
        ("--max_steps=few", "--max_steps few: give a whole number"),
        ("--train_options=--system_conf.rho_gem 0", "did you mean '--system_conf.rho_gen'"),
        ("--ngpu=99", "use --gpu 0 for the CPU"),
    ):
        yield Case(f"option {option}", remove(RUN), (*stage("train"), option), (told,))
    yield Case("option --nj=-1", nothing, stage("features", "--nj=-1"), ("nj", "-1"))
    yield Case(
        "option --db_root=nosuch",
        nothing,
        stage("data", "--db_root=nosuch"),
        ("nosuch: there is no such", "see the option"),
    )


def stages() -> Iterator[Case]:
    """Yield stages whose inputs are not there, or are older than what they were made from."""
    yield Case("stage 1 without data", remove("data"), stage("1"), ("data/mini was never made", "stage 0 (data)"))
    yield Case("stage 2 without features", remove("dump"), stage("2"), ("never made", "stage 1 (features)"))
    yield Case("stage 3 without features", remove("dump"), stage("3"), ("never made", "stage 1 (features)"))
    yield Case("stage 3 without statistics", remove("dump/mini/train/.stamp/stats.json"), stage("3"),
               ("dump/mini/train is not made so far", "run stage 2 (stats) first"))  # fmt: skip
    yield Case("stage 4 without training", remove("exp"), stage("4"), ("never made", "stage 3 (train)"))
    yield Case("stage 5 without conversions", remove("exp/mini/.stamp/infer.json"), stage("5"),
               ("exp/mini is not made so far", "run stage 4 (infer) first"))  # fmt: skip
    yield Case("stage 6 without scores", nothing, stage("6"), ("not made so far", "run stage 5 (score) first"))
    yield Case("stage 3, features changed", edit("conf/features.yaml", "50.0", "40.0"), stage("3"),
               ("made from an older conf/features.yaml", "stage 1 (features) again"))  # fmt: skip
    yield Case("stage 4, one model gone", remove(f"{RUN}/model.pt"), stage("4"), (RUN, "model.pt"))


def models() -> Iterator[Case]:
    """Yield broken models and checkpoints, those that carry code, and a disk that is full."""
    checkpoint, model = f"{RUN}/checkpoints/step_00000012.pt", f"{RUN}/model.pt"
    more = stage("train", "--max_steps=14")
    convert = (*CONVERT, RUN, EVALUATED, "out.wav")
    for name, path, command in (("checkpoint", checkpoint, more), ("model", model, convert)):
        yield Case(f"{name} with code", code(path), command, (path, "perhaps code, and is refused"))
        yield Case(f"{name}: a pickle with code", code(path, False), command, (path, "broken or no file of PyTorch's"))
        yield Case(f"{name} cut short", halve(path), command, (path, "broken"))
        yield Case(f"{name} with a bit flipped", flip(path), command, (path, "the checksum of"))
    yield Case("model of other sizes", edit(f"{RUN}/config.yaml", "    - 16\n", "    - 32\n"), convert,
               (RUN, "does not fit config.yaml"))  # fmt: skip
    yield Case("model with NaN", poison(model), convert, (model, "NaN or infinite values of", "training failed"))
    yield Case("model: a config of aliases", write(f"{RUN}/config.yaml", BOMB), convert, (RUN, "stand for more than"))
    yield Case("model: two in a zip", zipped(("a", "b")), (*CONVERT, "two.zip", EVALUATED, "out.wav"),
               ("two.zip: holds several models", "give one of them"))  # fmt: skip
    yield Case("model: a zip, TMPDIR full", zipped(("a",)), ("env", "TMPDIR=/proc", *CONVERT, "two.zip", EVALUATED,
               "out.wav"), (), 0)  # fmt: skip
    yield Case("model: a bomb in a zip", bomb, (*CONVERT, "bomb.zip", EVALUATED, "out.wav"),
               ("'model.pt' of 1000.0 MB is too large",))  # fmt: skip
    yield Case("no model", nothing, (*CONVERT, "exp/nosuch", EVALUATED, "out.wav"), ("exp/nosuch: no such model",))
    full = ("bash", "-c", 'ulimit -f 8; exec "$@"', "bash")
    train = ("python3", "-m", "audiolab.bin.train", "--config", f"{RUN}/config.yaml", "--expdir", RUN)
    yield Case("disk full, saving a checkpoint", nothing, (*full, *train, "--trainer.max_steps", "14"),
               (f"cannot write {RUN}/checkpoints", "what stood there before is kept"))  # fmt: skip
    yield Case("disk full, converting", nothing, (*full, *convert), ("cannot write out.wav", "is the disk full?"))


def nothing(root: Path) -> None:
    """Leave all as it is."""


def remove(name: str) -> Callable[[Path], object]:
    """Return what moves a file or folder away."""
    return lambda root: (root / name).rename(root / "moved_away")


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    """Return what replaces text in a file."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} has no '{old}'")
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")

    return change


def write(name: str, content: bytes) -> Callable[[Path], object]:
    """Return what replaces a file's contents."""
    return lambda root: (root / name).write_bytes(content)


def poison(name: str) -> Callable[[Path], object]:
    """Return what makes the first weight of a model NaN."""

    def change(root: Path) -> None:
        content = torch.load(root / name, weights_only=True)
        state = content["state"]["generator_xy"]
        next(value for value in state.values() if value.is_floating_point()).view(-1)[0] = np.nan
        torch.save(content, root / name)

    return change


def zipped(folders: tuple[str, ...]) -> Callable[[Path], object]:
    """Return what puts the model into ``two.zip``, once into each folder."""

    def change(root: Path) -> None:
        with zipfile.ZipFile(root / "two.zip", "w") as archive:
            for folder in folders:
                for name in ("config.yaml", "model.pt", "run.json"):
                    archive.write(root / RUN / name, f"{folder}/{name}")

    return change


def bomb(root: Path) -> None:
    """Write a zip of 1 MB whose model inflates to 1 GB."""
    with zipfile.ZipFile(root / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(root / RUN / "config.yaml", "config.yaml")
        with archive.open("model.pt", "w") as file:
            for _ in range(1000):
                file.write(bytes(10**6))


def halve(name: str) -> Callable[[Path], object]:
    """Return what takes the second half off a file."""
    return lambda root: os.truncate(root / name, (root / name).stat().st_size // 2)


def cut_last(name: str) -> Callable[[Path], object]:
    """Return what takes the last byte off a file."""
    return lambda root: os.truncate(root / name, (root / name).stat().st_size - 1)


def code(name: str, as_zip: bool = True) -> Callable[[Path], object]:
    """Return what puts an object with code into a ``.pt`` file."""

    def change(root: Path) -> None:
        content = torch.load(root / name, weights_only=True)
        torch.save(content | {"code": Code()}, root / name, _use_new_zipfile_serialization=as_zip)

    return change


def flip(name: str) -> Callable[[Path], object]:
    """Return what changes one bit in the middle of a file."""

    def change(root: Path) -> None:
        content = bytearray((root / name).read_bytes())
        content[len(content) // 2] ^= 1
        (root / name).write_bytes(content)

    return change


def other_rate(name: str) -> Callable[[Path], object]:
    """Return what says in a recording's header that its rate is 24 kHz."""
    return lambda root: rewrite(root / name, lambda samples: samples, 24000)


def rewrite(path: Path, function: Callable[[np.ndarray], np.ndarray], rate: int | None = None) -> None:
    """Write a recording again, with its samples changed."""
    samples, before = soundfile.read(path, dtype="float32")
    soundfile.write(path, function(samples), rate or before, subtype="FLOAT")


def with_nan(samples: np.ndarray) -> np.ndarray:
    """Return samples of which the hundredth is NaN."""
    samples[99] = np.nan
    return samples


RECORDINGS = (
    ("missing", lambda path: path.unlink(), ("No such file",)),
    ("empty", lambda path: path.write_bytes(b""), ("empty, 0 bytes",)),
    ("truncated", lambda path: os.truncate(path, path.stat().st_size // 2), ("truncated",)),
    ("text", lambda path: path.write_text("this is text"), ("no audio that can be read",)),
    ("stereo", lambda path: rewrite(path, lambda x: np.stack([x, x], 1)), ("2 channels where one is wanted",)),
    ("silent", lambda path: rewrite(path, np.zeros_like), ("silent",)),
    ("NaN", lambda path: rewrite(path, with_nan), ("sample 99 is NaN",)),
)

_FIRST, _SECOND = "VCC2SF4_20001", "VCC2SF4_20002"
DATA_DIRS = (
    # (what, table, text, its replacement, what must be told)
    ("three fields in utt2spk", "utt2spk", f"{_FIRST} VCC2SF4", f"{_FIRST} VCC2SF4 x", "utt2spk:1: 3 fields"),
    ("not sorted", "utt2dur", _FIRST, "VCC2ZZ9_20001", "not sorted; use LC_ALL=C sort or fix_data_dir.py"),
    ("an id twice", "text", _SECOND, _FIRST, "stands on line 1 too; ids must be unique"),
    ("an id too many", "text", f"{_FIRST} ", f"{_FIRST[:-1]}0 x\n{_FIRST} ", "is not in utt2spk"),
    ("Windows line end", "text", "\n", "\r\n", "text:1: a carriage return (Windows line end); remove it with"),
    ("byte order mark", "text", _FIRST, f"\ufeff{_FIRST}", "text:1: begins with a byte order mark"),
    ("an empty line", "text", _SECOND, f"\n{_SECOND}", "text:2: an empty line"),
    ("unprintable character", "text", f"{_FIRST} ", f"{_FIRST} \x07", "the unprintable character U+0007"),
    ("reserved word", "text", f"{_FIRST} ", f"{_FIRST} #0 ", "the reserved word #0"),
    ("spk2utt not inverse", "spk2utt", f"{_FIRST} {_SECOND}", f"{_SECOND} {_FIRST}", "spk2utt:1:"),
    ("wav.scp with an id only", "wav.scp", f"{_FIRST} {TRAINED}", _FIRST, "wav.scp:1: nothing stands behind"),
    ("a path that is not there", "wav.scp", "20001.wav", "99999.wav", "99999.wav: cannot open: No such file"),
    ("a path with ~", "wav.scp", "downloads", "~/downloads", "begins with ~"),
    ("gender", "spk2gender", " f", " female", "'female' is neither m nor f"),
    ("duration", "utt2dur", f"{_FIRST} ", f"{_FIRST} -", "is no duration above 0 s"),
)
