import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile

import pytest
import torch

from audiolab.errors import AudiolabError
from audiolab.report.packing import MANIFEST, pack


@pytest.fixture
def run(tmp_path):
    """Return a trained run's folder."""
    folder = tmp_path / "exp" / "A-X"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("system: softgan\nseed: 1\n")
    (folder / "run.json").write_text(json.dumps({"commit": "abc", "start": "2026-01-02", "versions": {}}))
    state = {"generator": {"weight": torch.arange(6.0).reshape(2, 3)}, "speaker": {"name": "X"}}
    torch.save({"format": 1, "system": "softgan", "step": 1200, "state": state}, folder / "model.pt")
    return folder


def test_the_same_model_packs_to_the_same_bytes(run, tmp_path):
    pack(run, tmp_path / "a" / "model.zip", "convert")
    moved = shutil.copytree(run, tmp_path / "elsewhere" / "A-X")
    for number, path in enumerate(moved.iterdir()):
        os.utime(path, (1e9 + number, 1e9 + number))
        path.chmod(0o600)
    pack(moved, tmp_path / "b" / "model.zip", "convert")
    assert (tmp_path / "a" / "model.zip").read_bytes() == (tmp_path / "b" / "model.zip").read_bytes()


def test_the_zip_holds_what_was_packed(run, tmp_path):
    (run / "scores.csv").write_text("system\n")
    (run / "scores.yaml").write_text("conditions: {}\n")
    digests = pack(run, tmp_path / "model.zip", "convert", run / "scores.csv")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted([*digests, MANIFEST])
        assert set(digests) == {"README.md", "config.yaml", "model.pt", "run.json", "scores.csv", "scores.yaml"}
        for name, digest in digests.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        for name in ("config.yaml", "model.pt", "run.json"):
            assert archive.read(name) == (run / name).read_bytes()
        model = torch.load(io.BytesIO(archive.read("model.pt")), weights_only=True)
        readme = archive.read("README.md").decode()
        archive.extractall(tmp_path / "unpacked")
    assert model["state"]["generator"]["weight"].sum() == 15
    assert "1,200 steps" in readme
    assert "(6 values)" in readme
    assert 'audiolab.load("model.zip")' in readme
    assert "python -m audiolab.bin.convert --model model.zip in.wav out.wav" in readme
    subprocess.run(["sha256sum", "-c", "--quiet", MANIFEST], cwd=tmp_path / "unpacked", check=True)


def test_what_cannot_be_packed(run, tmp_path):
    def refused(message):
        with pytest.raises(AudiolabError, match=message) as raised:
            pack(run, tmp_path / "model.zip", "convert")
        assert "\n" not in str(raised.value)
        assert not (tmp_path / "model.zip").exists()

    good = (run / "model.pt").read_bytes()
    (run / "config.yaml").write_text("system: pococonet\n")
    refused("model.pt: of system softgan, but the config.yaml beside it is of pococonet; take both from one training")
    (run / "model.pt").write_bytes(good[: len(good) // 2])
    refused("model.pt: broken")
    torch.save({"format": 1, "system": "softgan", "step": 1, "state": print}, run / "model.pt")
    refused("perhaps code")
    torch.save({"weights": 1}, run / "model.pt")
    refused("it has no 'format'")
    torch.save({"format": 9, "system": "softgan", "step": 1, "state": {}}, run / "model.pt")
    refused("model.pt: of format 9, but this audiolab reads format 1; train again")
    (run / "model.pt").unlink()
    refused("model.pt: cannot read it: No such file")
