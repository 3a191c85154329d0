"""Checkpoints: which are kept, and what a broken, foreign or harmful one leads to."""

import os
import pickle
import re
import resource
import shutil
import zipfile

import pytest
import torch
from toys import latest, make_config, start, train, weights

from audiolab.errors import AudiolabError
from audiolab.training.checkpoint import Checkpoints
from audiolab.training.determinism import same


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    train(make_config("regression", max_steps=8), folder)
    return folder


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


class Code:
    """What would run on load, if it were let."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def harm(path):
    torch.save({"format": 1, "step": 8, "code": Code()}, path)


def plain_pickle(path):
    path.write_bytes(pickle.dumps(Code()))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-2000])


def flip(path):
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda record: record.file_size)
        data = archive.read(largest)
    content = bytearray(path.read_bytes())
    content[content.index(data) + len(data) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (harm, "holds more than tensors and plain values, perhaps code, and is refused"),
        (plain_pickle, "broken or no file of PyTorch's"),
        (truncate, "broken or no file of PyTorch's"),
        (flip, "broken: the checksum of .* is wrong"),
        (lambda path: path.write_bytes(b""), "broken or no file of PyTorch's"),
        (lambda path: torch.save({"weights": 1}, path), "not written by audiolab's trainer: it has no 'format'"),
    ],
)
def test_a_bad_checkpoint_is_told_in_one_line_and_deleting_it_helps(run, tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    before = weights(run)
    path = run / "checkpoints" / latest(run)
    change(path)
    with pytest.raises(AudiolabError, match=message) as caught:
        train(make_config("regression", max_steps=8), run)
    told = str(caught.value)
    assert told.startswith(str(path))
    assert told.endswith("delete it, and the same command goes on from step_00000004.pt")
    assert "\n" not in told
    assert not (tmp_path / "harm").exists()
    path.unlink()
    train(make_config("regression", max_steps=8), run)
    assert same(weights(run), before)


def test_the_only_checkpoint_broken_says_so(run):
    (run / "checkpoints" / "step_00000004.pt").unlink()
    truncate(run / "checkpoints" / latest(run))
    with pytest.raises(AudiolabError, match="there is no earlier one; delete it to train from the beginning"):
        train(make_config("regression", max_steps=8), run)


def test_killed_before_latest_was_written_goes_on_from_the_newest(run):
    (run / "checkpoints" / "latest").unlink()
    train(make_config("regression", max_steps=8), run)
    assert "going on from step 8" in (run / "train.log").read_text()
    (run / "checkpoints" / "latest").write_text("model.ckpt\n")
    with pytest.raises(AudiolabError, match="latest: does not name a checkpoint; delete it"):
        train(make_config("regression", max_steps=8), run)


def test_a_full_disk_keeps_what_was_there(run):
    before = {path.name: path.read_bytes() for path in (run / "checkpoints").iterdir()}
    size = max(map(len, before.values()))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, hard))  # what a full disk is to write()
    try:
        with pytest.raises(AudiolabError, match=r"cannot write .*; what stood there before is kept"):
            train(make_config("regression", max_steps=12), run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in (run / "checkpoints").iterdir()} == before


def test_a_disk_that_fills_up_during_training_keeps_the_last_checkpoint(tmp_path):
    config = make_config("regression", {"data_conf": {"seconds": 0.02}}, max_steps=400, keep_last=100)
    process = start(config, tmp_path / "run")
    while process.is_alive() and len(list((tmp_path / "run" / "checkpoints").glob("step_*"))) < 2:
        process.join(0.02)
    limit = (tmp_path / "run" / "checkpoints" / "step_00000004.pt").stat().st_size - 1  # logs are far smaller
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    process.join(60)
    assert process.exitcode == 1
    lines = [line for line in (tmp_path / "run.out").read_text().splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert re.search(r"cannot write .*File too large", lines[0])
    assert weights(tmp_path / "run")["step"] >= 8
    assert not list((tmp_path / "run" / "checkpoints").glob("*.tmp"))


def test_a_broken_one_of_the_best_can_be_deleted(tmp_path):
    keys = {"keep_best": 3, "average_best": 3, "best": "error", "keep_last": 1}
    trainer = train(make_config("regression", max_steps=12, **keys), tmp_path / "run")
    broken = trainer.checkpoints.path(4)
    truncate(broken)
    config = make_config("regression", max_steps=16, **keys)
    with pytest.raises(AudiolabError, match=r"step_00000004.pt: broken .*; delete it, .* goes on without it") as caught:
        train(config, tmp_path / "run")
    assert str(broken) in str(caught.value)
    broken.unlink()
    again = train(config, tmp_path / "run")
    left = [step for _, step in again.best.ranking]
    assert len(left) == 2
    paths = [again.checkpoints.path(step) for step in left]
    states = [torch.load(path, weights_only=True)["system"]["network.0.weight"] for path in paths]
    model = torch.load(tmp_path / "run" / "model.pt", weights_only=True)["state"]["network"]
    assert torch.allclose(model["0.weight"], torch.stack(states).mean(0))


def test_newest_and_best_are_kept(tmp_path):
    config = make_config(
        "regression", max_steps=40, save_every=4, keep_last=2, keep_best=2, best="error", best_mode="max"
    )
    train(config, tmp_path / "run")
    history = [line.split(",") for line in (tmp_path / "run" / "history.csv").read_text().splitlines()]
    errors = {int(line[0]): float(line[4]) for line in history if line[2:4] == ["valid", "error"]}
    best = sorted(errors, key=errors.get)[-2:]
    kept = {int(name[5:-3]) for name in os.listdir(tmp_path / "run" / "checkpoints") if name.startswith("step_")}
    assert kept == {36, 40, *best}
    assert [step for _, step in weights(tmp_path / "run")["best"]] == best[::-1]


@pytest.mark.parametrize("keep_last", range(1, 7))
def test_the_newest_are_kept_whatever_their_number(tmp_path, keep_last):
    checkpoints = Checkpoints(tmp_path, keep_last)
    for step in range(1, 10):
        checkpoints.save({"step": step, "best": []})
        assert checkpoints.steps() == list(range(1, step + 1))[-keep_last:]


def test_nothing_in_a_checkpoint_needs_more_than_weights_only(trained):
    for path in [*(trained / "checkpoints").glob("*.pt"), trained / "model.pt"]:
        assert torch.load(path, weights_only=True)["format"] == 1
