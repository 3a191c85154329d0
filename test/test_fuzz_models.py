"""Fuzzing of models: folders and zips are loaded or refused in one line, in bounded memory and time."""

import io
import json
import re
import shutil
import zipfile

import pytest
import torch
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st

import audiolab
from audiolab.config import from_dict, save_yaml
from audiolab.errors import AudiolabError
from audiolab.report.history import read_start
from audiolab.report.packing import pack
from audiolab.systems.srst.supervised import Supervised
from audiolab.training.config import run_config_class
from audiolab.training.export import save_model
from audiolab.training.loadfile import load_file, tensors_of

TREE = {
    "system": "se_supervised",
    "system_conf": {"enhancer": {"rate": 16000, "widths": [2, 2], "n_fft": 64, "hop": 16}},
    "data_conf": {"source_train": "x", "source_valid": "y"},
    "trainer": {"max_steps": 1},
}
NAMES = ("config.yaml", "model.pt", "run.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a training run's folder, as training leaves it, with random weights; and as a zip."""
    folder = tmp_path_factory.mktemp("trained") / "run_s0"
    folder.mkdir()
    config = from_dict(run_config_class(Supervised), TREE)
    torch.manual_seed(0)
    save_model(folder / "model.pt", "se_supervised", 1, Supervised(config.system_conf).state_dict(), Supervised.exports)
    save_yaml(config, folder / "config.yaml")
    start = {"versions": {"torch": "2"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
    (folder / "run.json").write_text(json.dumps(start))
    pack(folder, folder.with_suffix(".zip"), "enhance")
    return folder


@pytest.fixture
def broken(run, tmp_path):
    return shutil.copytree(run, tmp_path / "run")


def content(run):
    return torch.load(run / "model.pt", weights_only=True)


def refused(call):
    found = outcome(call, seconds=20, mebibytes=300)  # of a machine that has other work, too
    assert isinstance(found, AudiolabError), found
    return str(found)


def rezip(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return path


def files_of(run):
    return {name: (run / name).read_bytes() for name in NAMES}


def test_bytes_around_a_zip(run, tmp_path, fuzz_seconds):
    whole = run.with_suffix(".zip").read_bytes()
    audiolab.load(run.with_suffix(".zip"))
    deflated = rezip(tmp_path / "d.zip", files_of(run).items()).read_bytes()

    def check(data):
        (tmp_path / "model.zip").write_bytes(data)
        outcome(lambda: audiolab.load(tmp_path / "model.zip"), seconds=20)

    fuzz(damaged([whole, whole[-900:], deflated]), check, fuzz_seconds, 40)


@pytest.mark.parametrize("name", ["config.yaml", "model.pt"])
def test_bytes_around_a_file_of_a_model(run, broken, fuzz_seconds, name):
    def check(data):
        (broken / name).write_bytes(data)
        outcome(lambda: audiolab.load(broken), seconds=20)

    fuzz(damaged([(run / name).read_bytes()]), check, fuzz_seconds, 40)


def repacked(run, pickle):
    """Return a ``.pt`` file with another ``data.pkl``, whose checksum is right."""
    made = io.BytesIO()
    with zipfile.ZipFile(run / "model.pt") as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, pickle if info.filename.endswith("data.pkl") else old.read(info))
    return made.getvalue()


def pickle_of(run):
    with zipfile.ZipFile(run / "model.pt") as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


def test_pickles_with_sound_checksums(run, broken, fuzz_seconds):
    def check(data):
        (broken / "model.pt").write_bytes(repacked(run, data))
        outcome(lambda: audiolab.load(broken), seconds=20)

    fuzz(damaged([pickle_of(run)]) | st.binary(max_size=60), check, fuzz_seconds, 60)


def test_starts(run, broken, fuzz_seconds):
    def check(data):
        (broken / "run.json").write_bytes(data)
        outcome(lambda: read_start(broken / "run.json"))
        outcome(lambda: pack(broken, broken / "a.zip", "enhance"))

    nested = st.sampled_from(
        [b"[" * 9999, b'{"a":' * 9999, b"[1]", b"null", b'{"versions": 1, "commit": 2, "start": 3}']
    )
    fuzz(damaged([(run / "run.json").read_bytes()]) | nested, check, fuzz_seconds, 40)


def with_state(change):
    def damage(run):
        loaded = content(run)
        state = loaded["state"]["enhancer"]
        name = next(name for name, value in state.items() if value.is_floating_point() and value.ndim > 1)
        state[name] = change(state[name])
        torch.save(loaded, run / "model.pt")

    return damage


def poke(value):
    def change(tensor):
        changed = tensor.clone(memory_format=torch.contiguous_format)
        changed.view(-1)[3] = value
        return changed

    return change


def save_config(run, text):
    (run / "config.yaml").write_text(text)


CONFIG_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
FAULTS = {
    "NaN": (with_state(poke(float("nan"))), r"model\.pt: 'enhancer\..*' has 1 NaN or infinite values of"),
    "infinite": (with_state(poke(float("-inf"))), r"'enhancer\..*' has 1 NaN or infinite values of"),
    "complex": (with_state(lambda tensor: tensor.to(torch.complex64)), "perhaps code, and is refused"),
    "integers": (with_state(lambda tensor: tensor.to(torch.int32)), "is of torch.int32 where torch.float32 is to be"),
    "sparse": (with_state(lambda tensor: tensor.to_sparse()), "perhaps code, and is refused|sparse"),
    "expanded": (with_state(lambda tensor: torch.zeros(1).expand(10**5, 10**5)), "is larger than the whole file"),
    "shape": (with_state(lambda tensor: tensor[:1]), "does not fit config.yaml"),
    "format": (lambda run: torch.save(content(run) | {"format": torch.ones(9)}, run / "model.pt"), "its 'format' is"),
    "state": (lambda run: torch.save(content(run) | {"state": [1]}, run / "model.pt"), "its 'state' is"),
    "aliases": (lambda run: save_config(run, CONFIG_BOMB), "its aliases stand for more than"),
    "deep": (lambda run: save_config(run, "a: " + "[" * 9999), "more than 50 sections or lists"),
    "date": (lambda run: save_config(run, "system: 2020-13-01"), "not valid YAML: month must be"),
    "set": (lambda run: save_config(run, "system: !!set {x}"), "not valid YAML: the tag"),
    "giant": (
        lambda run: save_config(run, (run / "config.yaml").read_text().replace("- 2\n", "- 99999999\n")),
        "does not fit config.yaml",
    ),
    "not UTF-8": (lambda run: (run / "config.yaml").write_bytes(b"system: \xff"), "config.yaml:1: not UTF-8"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("packed", [False, True])
def test_models_that_are_refused(broken, tmp_path, name, packed):
    damage, message = FAULTS[name]
    damage(broken)
    path = rezip(tmp_path / "model.zip", files_of(broken).items()) if packed else broken
    told = refused(lambda: audiolab.load(path))
    assert told.startswith(str(path))
    assert re.search(message, told), told


def test_what_is_no_weight_but_would_take_memory(run, broken):
    """A tensor that is resized on loading, and objects that are made as large as the pickle says."""
    for text in (b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR.", b"ctorch\nTensor\n(J\xff\xff\xff\x3ftR."):
        (broken / "model.pt").write_bytes(repacked(broken, b"\x80\x02" + text))
        assert "perhaps code, and is refused" in refused(lambda: audiolab.load(broken))
    torch.save(content(run) | {"more": torch.zeros(7, 11)}, broken / "model.pt")
    pickle = pickle_of(broken)
    size = pickle.index(b"K\x07K\x0b\x86")  # becomes one of 65535 × 65535
    (broken / "model.pt").write_bytes(repacked(broken, pickle[:size] + b"M\xff\xffM\xff\xff" + pickle[size + 4 :]))
    assert "'more' is larger than the whole file" in refused(lambda: audiolab.load(broken))


def test_zips_of_two_models_and_bombs(run, tmp_path):
    files = files_of(run)
    path = tmp_path / "model.zip"
    inside = [(f"a/{name}", data) for name, data in files.items()]
    audiolab.load(rezip(path, inside))
    assert "holds several models" in refused(lambda: audiolab.load(rezip(path, [*inside, *files.items()])))
    crossed = [("a/config.yaml", files["config.yaml"]), ("b/model.pt", files["model.pt"])]
    assert "are of several models" in refused(lambda: audiolab.load(rezip(path, crossed)))
    rezip(path, [("model.pt", bytes(80 << 20)), ("config.yaml", files["config.yaml"])])
    assert "'model.pt' of 83.9 MB is too large" in refused(lambda: audiolab.load(path))
    rezip(path, [("model.pt", files["model.pt"]), ("config.yaml", bytes(2 << 20))])
    assert "'config.yaml' of 2.1 MB is too large" in refused(lambda: audiolab.load(path))
    rezip(path, files.items(), zipfile.ZIP_LZMA)
    assert "use deflate" in refused(lambda: audiolab.load(path))


def test_a_zip_is_loaded_without_temporary_files(run, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nosuch"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nosuch"))
    assert audiolab.load(run.with_suffix(".zip")).rate == 16000


def test_a_compressed_pt_file_is_refused(run, tmp_path):
    with zipfile.ZipFile(run / "model.pt") as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    rezip(tmp_path / "model.pt", members)
    assert "are not compressed" in refused(lambda: load_file(tmp_path / "model.pt", ()))


def test_values_that_hold_themselves_are_walked_through_once():
    tree = {"a": [torch.ones(1)], "b": {"c": torch.zeros(2)}}
    tree["d"] = tree
    assert [name for name, _ in tensors_of(tree)] == ["a.0", "b.c"]
