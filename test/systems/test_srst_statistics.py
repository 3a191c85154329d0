"""Statistics of batch normalisation on the target's mixtures."""

import copy

import pytest
import torch
from enhancer_folder import make_run
from examples import SMALL_ENHANCER
from mixture_folder import make_domains
from torch.optim.swa_utils import update_bn

from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.statistics import TargetStatistics
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer


def trainer_of(folder, **data):
    domains = make_domains(folder / "data", count=12, seconds=0.5)
    tree = {
        "system": "se_statistics",
        "system_conf": {"init": str(make_run(folder / "init")), "enhancer": SMALL_ENHANCER},
        "data_conf": domains | {"seconds": 0.5, "source_share": 0.0} | data,
        "trainer": {"max_epochs": 1, "batch_size": 4},
    }
    config = from_dict(run_config_class(TargetStatistics), tree, source="test")
    return Trainer.of(TargetStatistics, config, folder / "run")


def test_statistics_are_those_that_pytorch_finds_and_weights_stay(tmp_path):
    """An epoch over the 12 target mixtures, against `torch.optim.swa_utils.update_bn` on the same batches."""
    trainer = trainer_of(tmp_path)
    trainer.fit()
    before = torch.load(tmp_path / "init" / "model.pt", weights_only=True)["state"]["enhancer"]
    after = torch.load(tmp_path / "run" / "model.pt", weights_only=True)["state"]["enhancer"]
    reference = Enhancer(copy.deepcopy(trainer.system.config.enhancer)).train()
    reference.load_state_dict(before)
    batches = [trainer.train_set.batch(keys) for step in range(3) for keys in trainer.sampler.micro_batches(step)]
    assert len({utt for batch in batches for utt in batch["utts"]}) == 12
    assert not any(batch["source"].any() for batch in batches)
    update_bn([batch["noisy"] for batch in batches], reference)
    for name, value in reference.state_dict().items():
        torch.testing.assert_close(after[name], value, msg=name)
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed == {name for name in before if name.endswith(("running_mean", "running_var", "batches_tracked"))}


def test_a_batch_without_target_mixtures_is_refused(tmp_path):
    with pytest.raises(AudiolabError, match=r"no target mixtures: set data_conf.source_share to 0"):
        trainer_of(tmp_path, source_share=1.0).fit()
