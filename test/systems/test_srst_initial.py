"""The enhancement systems begin with each other's weights."""

from types import SimpleNamespace

import pytest
import torch
from enhancer_folder import make_run
from examples import SMALL_ENHANCER

from audiolab.errors import AudiolabError
from audiolab.systems.srst.adversarial import DomainAdversarial
from audiolab.systems.srst.config import AdversarialConfig, EnhancerConfig, SelfTrainingConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.self_training import SelfTraining
from audiolab.training.initial import Inheritance
from audiolab.training.system import Initial


def enhancer():
    return Enhancer(EnhancerConfig(**SMALL_ENHANCER))


def beginning(initial):
    """Return what a system takes over that has one network to begin so."""
    return Inheritance(SimpleNamespace(initial=lambda: [initial]))


def test_runs_that_cannot_be_taken_over_are_told(tmp_path):
    initial = Initial(enhancer(), tmp_path / "run", "enhancer", "system_conf.init")
    with pytest.raises(
        AudiolabError, match=r"run/model\.pt: no such model; train the run that system_conf\.init names"
    ):
        beginning(initial).take_over()
    make_run(tmp_path / "run", widths=[4, 8, 9])
    with pytest.raises(AudiolabError, match=r"run/model\.pt: its enhancer is of other sizes than here; see"):
        beginning(initial).take_over()
    with pytest.raises(AudiolabError, match=r"a se_supervised without 'classifier', which system_conf\.init needs"):
        beginning(Initial(enhancer(), tmp_path / "run", "classifier", "system_conf.init")).take_over()


@pytest.mark.parametrize(("teacher", "begins_with"), [(None, "student"), ("teacher", "teacher")])
def test_a_teacher_may_begin_with_a_run_of_its_own(tmp_path, teacher, begins_with):
    for seed, name in enumerate(("student", "teacher")):
        make_run(tmp_path / name, seed=seed)
    runs = {"init": str(tmp_path / "student"), "init_teacher": teacher and str(tmp_path / teacher)}
    system = SelfTraining(SelfTrainingConfig(enhancer=EnhancerConfig(**SMALL_ENHANCER), **runs))
    Inheritance(system).take_over()
    for network, run in ((system.enhancer, "student"), (system.teacher, begins_with)):
        expected = torch.load(tmp_path / run / "model.pt", weights_only=True)["state"]["enhancer"]
        assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("init_decoder", [True, False])
def test_the_decoder_may_begin_at_random(tmp_path, init_decoder):
    """Domain-adversarial training then takes the encoder alone; the decoder is as it was drawn."""
    make_run(tmp_path / "run")
    config = AdversarialConfig(str(tmp_path / "run"), EnhancerConfig(**SMALL_ENHANCER), init_decoder=init_decoder)
    system = DomainAdversarial(config)
    drawn = {name: value.clone() for name, value in system.enhancer.state_dict().items()}
    Inheritance(system).take_over()
    trained = torch.load(tmp_path / "run" / "model.pt", weights_only=True)["state"]["enhancer"]
    for name, value in system.enhancer.state_dict().items():
        expected = trained if init_decoder or name.startswith("encoder.") else drawn
        assert torch.equal(value, expected[name]), name
    assert not torch.equal(drawn["decoder.last.weight"], trained["decoder.last.weight"])
    assert list(Inheritance(system).fingerprints()) == ["system_conf.init"]


def test_what_was_taken_over_is_known_by_its_values(tmp_path):
    """Not by the file's bytes: it is written anew whenever a run that has ended is asked for again."""
    first, second = (str(tmp_path / name) for name in "ab")
    system = DomainAdversarial(AdversarialConfig(first, EnhancerConfig(**SMALL_ENHANCER), init_classifier=second))
    assert Inheritance(system).fingerprints() == {}
    make_run(tmp_path / "a"), make_run(tmp_path / "b", "se_domain_classifier")
    before = Inheritance(system).fingerprints()
    assert list(before) == ["system_conf.init", "system_conf.init_classifier"]
    content = torch.load(tmp_path / "a/model.pt", weights_only=True)
    torch.save(dict(reversed(content.items())), tmp_path / "a/model.pt")
    assert Inheritance(system).fingerprints() == before
    content["state"]["enhancer"]["decoder.last.bias"][2] += 1e-6
    torch.save(content, tmp_path / "a/model.pt")
    after = Inheritance(system).fingerprints()
    assert after.keys() == before.keys()
    assert after["system_conf.init"] != before["system_conf.init"]
    assert after["system_conf.init_classifier"] == before["system_conf.init_classifier"]
