"""Workers: the same batches as without, from a clean process, and deaf to signals that are not their parent's."""

import itertools
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from toys import ToyData, ToySet

from audiolab.errors import AudiolabError
from audiolab.training import loading
from audiolab.training.determinism import same
from audiolab.training.loading import loaded, make_loader, to_device
from audiolab.training.sampler import BatchSampler


def gone(pid, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


CPU = torch.device("cpu")


def test_workers_give_the_same_batches_twice_and_outlive_a_schedulers_signal():
    dataset = ToySet(ToyData(20), 0)
    keys = BatchSampler(dataset, 4, seed=0).micro_batches(0) + BatchSampler(dataset, 4, seed=1).micro_batches(3)
    plain = list(make_loader(dataset, keys, 0, CPU))
    loader = make_loader(dataset, keys, 1, CPU)
    assert loader.multiprocessing_context.get_start_method() == "forkserver"
    assert same(list(loader), plain)
    worker = loader._iterator._workers[0]
    subprocess.run(["kill", "-TERM", str(worker.pid)], check=True)
    assert same(list(loader), plain)
    assert worker.is_alive()
    os.kill(worker.pid, signal.SIGTERM)  # from the process that it works for
    assert gone(worker.pid)


class BrokenSet(ToySet):
    """A dataset whose files are missing."""

    def __getitem__(self, key):
        if key.index >= 0:
            raise AudiolabError("data/wav.scp: a: no such file; get it again")
        return super().__getitem__(key)


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_worker_cannot_read_is_told_in_one_line(workers):
    loader = make_loader(
        BrokenSet(ToyData(20), 0), BatchSampler(ToySet(ToyData(20), 0), 4, seed=0).micro_batches(0), workers, CPU
    )
    with pytest.raises(AudiolabError) as caught:
        list(loader)
    assert str(caught.value) == "data/wav.scp: a: no such file; get it again"


KILLED = """
import torch
from toys import ToyData, ToySet
from audiolab.training.sampler import BatchSampler
from audiolab.training.loading import make_loader
dataset = ToySet(ToyData(20), 0)
batches = iter(make_loader(dataset, BatchSampler(dataset, 4, seed=0), 1, torch.device("cpu")))
next(batches)
print(batches._workers[0].pid, flush=True)
input()
"""


def test_workers_end_with_a_training_process_that_is_killed():
    process = subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    os.kill(worker, 0)
    process.kill()
    assert gone(worker)
    process.wait()


def test_a_worker_that_does_not_answer_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(loading, "BATCH_SECONDS", 0.5)
    loader = make_loader(ToySet(ToyData(20, seconds=2.0), 0), BatchSampler(ToySet(ToyData(20), 0), 4, seed=0), 1, CPU)
    with pytest.raises(AudiolabError, match=r"loading data: DataLoader timed out after 0.5 seconds; is memory"):
        next(loaded(loader))
    for worker in loader._iterator._workers:
        os.kill(worker.pid, signal.SIGKILL)


@pytest.mark.parametrize("seconds", [1.0, 0.0], ids=["at its work", "with batches that wait for it"])
def test_a_worker_that_dies_is_told(seconds):
    data = ToyData(20, seconds=seconds)
    loader = make_loader(ToySet(data, 0), BatchSampler(ToySet(ToyData(20), 0), 4, seed=0), 1, CPU)
    batches = loaded(loader)
    next(batches)
    if not seconds:
        time.sleep(1.0)  # for the batches ahead
    os.kill(loader._iterator._workers[0].pid, signal.SIGKILL)
    with pytest.raises(AudiolabError, match=r"loading data: DataLoader worker"):
        list(itertools.islice(batches, 5))


class CutOffSet(ToySet):
    """A dataset whose files end too early."""

    def __getitem__(self, key):
        raise EOFError("b.npy: it ends within the header")


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_dataset_raises_is_not_taken_for_a_worker_that_died(workers):
    keys = BatchSampler(ToySet(ToyData(20), 0), 4, seed=0).micro_batches(0)
    with pytest.raises(EOFError, match=r"b\.npy: it ends within the header"):
        list(loaded(make_loader(CutOffSet(ToyData(20), 0), keys, workers, CPU)))


@pytest.mark.parametrize("kind", [list, tuple])
def test_everything_in_a_batch_goes_to_the_device(kind):
    batch = {"utts": ["a"], "x": torch.ones(2), "parts": kind([{"y": torch.zeros(1)}, 3])}
    moved = to_device(batch, torch.device("meta"))
    assert moved["x"].device.type == moved["parts"][0]["y"].device.type == "meta"
    assert moved["utts"] == ["a"]
    assert isinstance(moved["parts"], kind)
