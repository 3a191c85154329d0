"""Ranking by a domain classifier: probabilities of whole mixtures, the most target-like ones, random ones."""

import sys

import numpy as np
import pytest
import torch
from enhancer_folder import make_run
from mixture_folder import make_domains

import audiolab
from audiolab.bin import rank_domains
from audiolab.data.mixtures import MixtureDir
from audiolab.data.ranking import at_random, decisions, most_alike, read_decisions
from audiolab.datadir.lists import read_ids
from audiolab.errors import AudiolabError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("ranking")
    make_domains(root / "data", count=10)
    table = root / "data" / "source" / "train" / "mixtures"
    lines = [line.split() for line in table.read_text().splitlines()]
    for number, line in enumerate(lines):
        line[7] = str(16000 - 1600 * (number % 3))  # samples, of three lengths
    table.write_text("".join(f"{' '.join(line)}\n" for line in lines))
    make_run(root / "run", "se_domain_classifier")
    return root


@pytest.fixture
def command(folder, monkeypatch):
    def run(*words):
        data = folder / "data" / "source" / "train"
        monkeypatch.setattr(sys, "argv", ["rank_domains", "--data", str(data), *map(str, words)])
        rank_domains.main()

    return run


def test_batches_and_threads_change_nothing(folder):
    model, mixtures = audiolab.load(folder / "run"), MixtureDir(folder / "data" / "source" / "train")
    assert len(set(mixtures.samples.tolist())) > 1
    alone = {
        name: float(model.target_probability(torch.from_numpy(sum(mixtures.parts(index)))[None])[0])
        for index, name in enumerate(mixtures.ids)
    }
    assert len(set(alone.values())) == 10
    for batch_size, nj in ((1, 1), (4, 3), (64, 2)):
        found = decisions(model, mixtures, batch_size, nj)
        assert list(found) == mixtures.ids
        np.testing.assert_allclose(list(found.values()), list(alone.values()), atol=1e-6)


def test_very_sure_decisions_can_still_be_ranked(folder, command, monkeypatch, tmp_path):
    """In float32 all of these probabilities are 1."""
    model = audiolab.load(folder / "run")
    logits = iter(torch.arange(20.0, 30.0))
    monkeypatch.setattr(model, "_classifier", lambda features: torch.stack([next(logits) for _ in features]))
    monkeypatch.setattr(rank_domains, "load", lambda *words, **options: model)
    command("--model", "run", "--out", tmp_path / "out")
    assert len(set(read_decisions(tmp_path / "out").values())) == 10


def test_the_most_alike_are_those_with_the_highest_probability():
    probabilities = {"a": 0.1, "b": 0.9, "c": 0.5, "d": 0.5, "e": 0.2, "f": 0.95, "g": 0.0}
    assert most_alike(probabilities, 43) == ["b", "c", "f"]  # c before d, by their ids
    assert most_alike(probabilities, 1) == ["f"]
    assert most_alike(probabilities, 100) == sorted(probabilities)


def test_a_random_pool_has_a_seed():
    ids = [f"u{n:03d}" for n in range(200)]
    pools = [at_random(ids, 30, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert pools[0] == pools[1] != pools[2]
    for pool in pools:
        assert pool == sorted(set(pool))
        assert len(pool) == 60
        assert set(pool) < set(ids)


def test_the_command_writes_table_and_list(folder, tmp_path, command):
    command("--model", folder / "run", "--out", tmp_path / "table", "--pool", tmp_path / "pool", "--percent", 30)
    found = read_decisions(tmp_path / "table")
    assert list(found) == MixtureDir(folder / "data" / "source" / "train").ids
    pool = read_ids(tmp_path / "pool")
    assert len(pool) == 3
    assert min(found[name] for name in pool) >= max(p for name, p in found.items() if name not in pool)
    command("--random", 4, "--pool", tmp_path / "random", "--percent", 50)
    assert len(read_ids(tmp_path / "random")) == 5


def test_what_is_wrong_is_told(folder, tmp_path, command):
    make_run(tmp_path / "other")
    make_run(tmp_path / "slow", "se_domain_classifier", rate=8000)
    for words, message in [
        (("--pool", "x"), "give either --model or --random"),
        (("--model", "x", "--random", 1, "--pool", "x"), "give either --model or --random"),
        (("--model", "x"), "give --pool, or with --model --out"),
        (("--random", 1, "--out", "x"), "give --pool, or with --model --out"),
        (("--random", 1, "--pool", "x", "--percent", 0), "--percent 0: give one above 0"),
        (("--model", tmp_path / "other", "--pool", "x"), "se_supervised, which does not target_probability"),
        (("--model", tmp_path / "slow", "--pool", "x"), "train: 16000 Hz, but the model works at 8000 Hz"),
    ]:
        with pytest.raises(AudiolabError, match=message):
            command(*words)
    for text, message in [("", "no mixture in it"), ("a 2\n", "a: '2' is no probability"), ("a x\n", "a: 'x' is no")]:
        (tmp_path / "table").write_text(text)
        with pytest.raises(AudiolabError, match=message):
            read_decisions(tmp_path / "table")
