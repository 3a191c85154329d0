"""An aligner's model as a file: the same again, and what is refused."""

import json

import numpy as np
import pytest
import torch
from fuzzing import damaged, fuzz, outcome

from audiolab.align.config import AlignConfig, ModelConfig
from audiolab.align.inventory import Inventory
from audiolab.align.mixtures import Mixtures
from audiolab.align.model import Model, load_model, save_model
from audiolab.errors import AudiolabError
from audiolab.features.mfcc_config import MfccConfig


def some_model():
    config = AlignConfig(MfccConfig(order=1), ModelConfig(states=2, silence_states=1))
    inventory = Inventory((("de", "ç"), ("*", "vowels")), {("de", "œ"): ("*", "vowels")})
    generator = np.random.default_rng(0)
    means, variances = generator.standard_normal((5, 2, 6)), generator.random((5, 2, 6)) + 0.1
    weights = np.tile([0.25, 0.75], (5, 1))
    mixtures = Mixtures(*map(torch.from_numpy, (weights, means, variances)))
    return Model(config, inventory, mixtures, generator.uniform(0.1, 0.9, 5), 0.25)


@pytest.fixture
def path(tmp_path):
    save_model(some_model(), tmp_path / "model.npz")
    return tmp_path / "model.npz"


def test_a_model_is_read_as_it_was_written(path, tmp_path):
    found, wanted = load_model(path), some_model()
    assert (found.config, found.inventory, found.pause) == (wanted.config, wanted.inventory, wanted.pause)
    np.testing.assert_array_equal(found.stay, wanted.stay)
    for name in ("weights", "means", "variances"):
        assert torch.equal(getattr(found.mixtures, name), getattr(wanted.mixtures, name))
    save_model(found, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def rewritten(path, **changes):
    """Replace some of a model's arrays."""
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    np.savez(path, **(kept | changes))


def facts_of(path, **changes):
    """Return the facts of a model with some changed, as they stand in it."""
    with np.load(path) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
    return np.frombuffer(json.dumps(facts | changes).encode(), np.uint8)


@pytest.mark.parametrize(
    "changes",
    [
        {"means": np.zeros((5, 2, 5))},
        {"means": np.full((5, 2, 6), np.nan)},
        {"means": np.zeros((5, 2, 6), np.float32)},
        {"means": np.array([{}], object)},
        {"variances": np.zeros((5, 2, 6))},
        {"weights": np.full((5, 2), -0.5)},
        {"stay": np.full(5, 1.5)},
        {"stay": np.zeros(4)},
        {"pause": np.array(2.0)},
        {"facts": np.zeros(3, np.uint8)},
        {"facts": np.frombuffer(b"[1]", np.uint8)},
    ],
)
def test_arrays_that_are_none_of_a_model_are_refused(path, changes):
    rewritten(path, **changes)
    with pytest.raises(
        AudiolabError, match=r"model\.npz: broken, or no model of audiolab\.bin\.align .*train it again"
    ):
        load_model(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"config": {"layers": 3}},
        {"phones": [["de", "ç"]]},
        {"phones": [["a", "b"]] * 2},
        {"tied": [[1]]},
    ],
)
def test_facts_that_are_none_of_a_model_are_refused(path, changes):
    rewritten(path, facts=facts_of(path, **changes))
    with pytest.raises(AudiolabError):
        load_model(path)


def test_a_missing_or_compressed_file_is_refused(path):
    with np.load(path) as arrays:
        np.savez_compressed(path.with_name("small.npz"), **arrays)
    with pytest.raises(AudiolabError, match="it is compressed"):
        load_model(path.with_name("small.npz"))
    with pytest.raises(AudiolabError, match=r"none\.npz: cannot read this aligner's model: .*; train one"):
        load_model(path.with_name("none.npz"))


def test_damaged_files_are_told_in_one_line(path, tmp_path, fuzz_seconds):
    def check(data):
        (tmp_path / "x.npz").write_bytes(data)
        found = outcome(lambda: load_model(tmp_path / "x.npz"))
        assert isinstance(found, AudiolabError) or torch.isfinite(found.mixtures.means).all()

    fuzz(damaged([path.read_bytes()]), check, fuzz_seconds)


def test_no_code_in_it_is_run(path):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("run",))

    rewritten(path, means=np.array([Evil()], object))
    with pytest.raises(AudiolabError, match="broken, or no model"):
        load_model(path)
