"""The acoustic model: sizes of the paper, what a step leaves alone, phases of adaptation, and how a model grows."""

import numpy as np
import pytest
import torch
from examples_synthesis import begun, folders, mlms
from label_folder import VOICES

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import SampleKey, Whole
from audiolab.errors import AudiolabError
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.network import AcousticModel
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer

PAPER = {"added": 0, "outputs": 49}
FIRST_ADAPTED = {"voices": {"P": "pl"}, "count": 4}


def trainer_of(folder, tree, **trainer):
    cls = systems.get("mlms")
    tree = {"system": "mlms", **tree, "trainer": {"max_steps": 3, "batch_size": 4} | trainer}
    return Trainer.of(cls, from_dict(run_config_class(cls), tree, source="test"), folder)


def state_of(run):
    return audiolab.load(run)._model.state_dict()


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("width", "tower", "baseline", "whole"),
    [(425, 1_127_936, 1_136_658, 7_965_364), (600, 1_172_736, 1_181_458, 8_278_964)],
)
def test_sizes_of_the_paper(width, tower, baseline, whole):
    """REFERENCES 4.2: one tower and one speaker; seven towers, eight speakers, six codes of six values."""
    sizes = PAPER | {"columns": width - 4}
    one = AcousticModel(MLMSConfig(**sizes, languages=["it"], speakers=["A"], bases=0))
    assert (count(one.towers), count(one.heads), count(one)) == (tower, 8722, baseline)
    many = AcousticModel(MLMSConfig(**sizes, languages=list("abcdef"), speakers=list("abcdefgh")))
    assert count(many) == whole
    assert sum(count(layer) for layer in one.towers.mean.layers) == 427_008 + 2 * 295_936


def test_codes_begin_as_they_are_asked_to():
    sizes = {"columns": 1, "added": 0, "outputs": 1, "speakers": ["A"], "hidden": 1, "cells": 1, "projection": 1}
    torch.manual_seed(0)
    names = [str(number) for number in range(500)]
    drawn = torch.stack([*AcousticModel(MLMSConfig(**sizes, languages=names, bases=16)).codes]).detach()
    assert float(drawn.std()) == pytest.approx(1 / 4, rel=0.03)
    assert abs(float(drawn.mean())) < 0.01
    for learns in (["mean", "bases", "codes", "heads"], ["mean", "bases", "heads"]):
        config = MLMSConfig(**sizes, languages=["a", "b"], bases=3, codes="onehot", learns=learns)
        codes = AcousticModel(config).codes
        assert torch.stack([*codes]).tolist() == [[1, 0, 0], [0, 1, 0]]
        assert all(code.requires_grad == ("codes" in learns) for code in codes)


def items_of(train_set, *speakers):
    numbers = [n for n in range(len(train_set)) if train_set.speaker(n) in speakers]
    keys = [SampleKey(number, (0, number)) for number in numbers]
    sizes = train_set.sizes()[numbers]
    facts = {"longest": float(max(sizes)), "total": float(sum(sizes))} | train_set.about(keys)
    return train_set.batch([key._replace(whole=Whole(len(keys), facts=facts)) for key in keys])


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_what_is_not_in_the_batch_stays_bit_for_bit(tmp_path, kind):
    """Also with momentum, decay and averages, after steps in which it was there."""
    optim = {"name": kind, "lr": 0.01, "weight_decay": 0.1} | ({"momentum": 0.9} if kind == "sgd" else {})
    tree = mlms(tmp_path / "data", learns=["mean", "bases", "codes", "heads"]).config | {"optim": {"acoustic": optim}}
    trainer = trainer_of(tmp_path / "run", tree, ema_decay=0.9, valid_every=3, save_every=3)
    trainer.fit()
    system, updater = trainer.system, trainer.updater

    def everything():
        optimizer = updater.optimizers["acoustic"]
        weights = {name: value.detach().clone() for name, value in system.acoustic.named_parameters()}
        names = {parameter: name for name, parameter in system.acoustic.named_parameters()}
        momenta = {
            f"{names[parameter]} {kind}": value.clone()
            for parameter, state in optimizer.state.items()
            for kind, value in state.items()
            if torch.is_tensor(value)
        }
        averages = {f"{name} average": value.clone() for name, value in trainer.ema.weights.items()}
        return weights | momenta | averages

    before = everything()
    updater.step([items_of(trainer.train_set, "A")], 3, trainer.log.meter)
    trainer.ema.update(updater.stepped)
    after = everything()
    assert system.config.languages == ["en-us", "it"]
    absent = ("codes.1", "heads.1.", "heads.2.", "acoustic.codes.1", "acoustic.heads.1.", "acoustic.heads.2.")
    for name, value in before.items():
        same = torch.equal(value, after[name])
        assert same == name.startswith(absent), name


def test_each_chunk_names_what_goes_on(tmp_path):
    """A speaker whose utterances have ended has no part in the last chunks."""
    trainer = trainer_of(tmp_path / "run", mlms(tmp_path / "data", chunk=3).config)
    train_set, system = trainer.train_set, trainer.system
    lengths = {name: max(s for n, s in enumerate(train_set.sizes()) if train_set.speaker(n) == name) for name in VOICES}
    assert len(set(lengths.values())) > 1
    updates = list(system.updates(items_of(train_set, *VOICES)))
    longest = max(lengths.values())
    size = -(-longest // len(updates))
    assert size <= system.config.chunk
    for number, update in enumerate(updates):
        going = [name for name, frames in lengths.items() if frames > number * size]
        expected = {f"acoustic.heads.{system.config.speakers.index(name)}" for name in going}
        expected |= {f"acoustic.codes.{system.config.languages.index(VOICES[name])}" for name in going}
        assert set(update.parts) == {"acoustic.towers"} | expected
    assert updates[0].parts != updates[-1].parts


def test_a_part_of_the_batch_that_has_ended_takes_no_part(tmp_path):
    trainer = trainer_of(tmp_path / "run", mlms(tmp_path / "data").config)
    batch = items_of(trainer.train_set, "A")
    facts = batch["whole"].facts | {"longest": batch["whole"].facts["longest"] + 20}
    updates = list(trainer.system.updates(batch | {"whole": batch["whole"]._replace(facts=facts)}))
    assert not updates[-1].loss
    updates[-1].loss.backward(inputs=[*trainer.system.acoustic.heads[0].parameters()])
    assert all(parameter.grad is None for parameter in trainer.system.acoustic.heads[0].parameters())


VERSIONS = {
    "v1": (["codes", "heads"], {"codes.2", "heads.3"}),
    "v2": (["codes", "mean", "added", "heads"], {"codes.2", "heads.3", "towers.mean", "towers.bases.added"}),
    "v3": (["mean", "added", "heads"], {"heads.3", "towers.mean", "towers.bases.added"}),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return a run of three voices of two languages."""
    return begun(tmp_path_factory.mktemp("base"))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_adaptation_changes(tmp_path, base, version):
    learns, moves = VERSIONS[version]
    trainer = trainer_of(tmp_path / "run", adapted(tmp_path, base, learns=learns, new_head="drawn"))
    trainer.fit()
    assert trainer.system.config.languages == ["en-us", "it", "pl"]
    assert trainer.system.config.speakers == ["A", "B", "C", "P"]
    old, new = state_of(base), state_of(tmp_path / "run")
    for name, value in new.items():
        moved = name.startswith(tuple(moves))
        if name in old and not name.startswith("inputs."):
            assert torch.equal(value, old[name]) != moved, name
    assert bool(new["towers.bases.added"].any()) == ("towers.bases.added" in moves)
    assert torch.equal(new["codes.2"], (old["codes.0"] + old["codes.1"]) / 2) == ("codes" not in learns)


def adapted(tmp_path, base, columns=8, **system):
    return mlms(tmp_path / "new", columns, FIRST_ADAPTED, init=str(base), **system).config


def test_phases_follow_one_another(tmp_path, base):
    """v3 begins with v1, of which it has all; v4 with v3."""
    first = mlms(tmp_path / "data", 8, FIRST_ADAPTED).config
    before = base
    for version, learns in (("v1", ["codes", "heads"]), ("v3", ["mean", "added", "heads"]), ("v4", ["mean", "codes"])):
        tree = {**first, "system_conf": first["system_conf"] | {"init": str(before), "learns": learns}}
        trainer = trainer_of(tmp_path / version, tree)
        assert trainer.system.config.added == 2
        trainer.fit()
        if version != "v1":
            old, new = state_of(before), state_of(tmp_path / version)
            assert old.keys() == new.keys()
            assert torch.equal(old["codes.2"], new["codes.2"]) == ("codes" not in learns)
            assert not torch.equal(old["towers.mean.weight"], new["towers.mean.weight"])
            for name in ("towers.mean.added", "towers.bases.added"):
                assert torch.equal(old[name], new[name]) == ("added" not in learns)
                assert new[name].any()
        before = tmp_path / version


def test_a_grown_model_speaks_as_before(tmp_path, base):
    """Old languages and speakers, whose phones have none of the new columns."""
    trainer = trainer_of(tmp_path / "run", adapted(tmp_path, base, learns=["heads"]), max_steps=1)
    trainer.fit()
    before, after = audiolab.load(base), audiolab.load(tmp_path / "run")
    vectors, durations = np.random.default_rng(0).standard_normal((3, 6)), np.array([3, 2, 4])
    wide = np.concatenate([vectors, np.zeros((3, 2))], axis=1)
    one, other = before.predict(vectors, durations, "it", "B"), after.predict(wide, durations, "it", "B")
    np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_array_equal(before.codes["it"], after.codes["it"])


@pytest.mark.parametrize(("alike", "chosen"), [([], [0, 1, 2]), (["B", "C"], [1, 2])])
def test_what_is_new_begins_with(tmp_path, base, alike, chosen):
    trainer = trainer_of(tmp_path / "run", adapted(tmp_path, base, alike=alike, learns=["bases"], new_code="zero"))
    trainer.fit()
    old, new = state_of(base), state_of(tmp_path / "run")
    assert not new["codes.2"].any()
    for part in ("weight", "recurrent", "bias"):
        mean = torch.stack([old[f"heads.{speaker}.{part}"] for speaker in chosen]).mean(0)
        assert torch.equal(new[f"heads.3.{part}"], mean)


def test_statistics_of_a_grown_model(tmp_path, base):
    """Those of its beginning, with the new columns as they are, between the phone's and the frame's."""
    trainer = trainer_of(tmp_path / "run", adapted(tmp_path, base))
    trainer.fit()
    old, new = state_of(base), state_of(tmp_path / "run")
    for name, fill in (("inputs.mean", 0.0), ("inputs.std", 1.0)):
        expected = [*old[name][:-4].tolist(), fill, fill, *old[name][-4:].tolist()]
        assert new[name].tolist() == expected
    for name in ("outputs.mean", "outputs.std"):
        assert torch.equal(new[name], old[name])
    assert new["inputs.present"].all()


@pytest.mark.parametrize("pad", ["before", "after"])
def test_inputs_are_normalised_over_the_pool(tmp_path, pad):
    """By frames; a column that Italian lacks counts as 0 there, or does not count, and then 0 comes out."""
    trainer = trainer_of(tmp_path / "run", mlms(tmp_path / "data", pad=pad).config)
    trainer.fit()
    train_set, inputs = trainer.train_set, trainer.system.acoustic.inputs
    of = {"en-us": [], "it": []}
    for number in range(len(train_set)):
        of[train_set.language(number)].append(train_set.inputs(number).astype(float))
    lacks = ~np.concatenate(of["it"]).any(0)
    assert lacks.any()
    pool = np.concatenate(of["en-us"] + of["it"])
    mean, std = pool.mean(0), pool.std(0)
    if pad == "after":
        english = np.concatenate(of["en-us"])
        mean, std = np.where(lacks, english.mean(0), mean), np.where(lacks, english.std(0), std)
    np.testing.assert_allclose(inputs.mean, mean, atol=1e-5)
    np.testing.assert_allclose(inputs.std, std, atol=1e-5)
    found = inputs(torch.zeros(2, 1, len(mean)), [0, 1])[:, 0]
    assert bool(found[1][lacks].any()) == (pad == "before")
    assert found[0][lacks].all()


def test_columns_that_nobody_has_wait(tmp_path):
    """Their weights are 0, so a language that has them later begins without what was drawn."""
    tree = mlms(tmp_path / "data").config
    seen = trainer_of(tmp_path / "all", tree)
    seen.fit()
    tree["data_conf"] |= {"languages": ["it"]}
    trainer = trainer_of(tmp_path / "run", tree, batch_size=2)
    trainer.fit()
    lacks = ~np.concatenate([trainer.train_set.inputs(n) for n in range(len(trainer.train_set))]).any(0)
    assert lacks.any()
    for stack in (trainer.system.acoustic.towers.mean, trainer.system.acoustic.towers.bases):
        assert not stack.weight[..., lacks].any()
        assert stack.weight[..., ~lacks].all()

    later = {**tree, "data_conf": tree["data_conf"] | {"languages": ["en-us"]}}
    later["system_conf"] = later["system_conf"] | {"init": str(tmp_path / "run"), "learns": VERSIONS["v2"][0]}
    trainer = trainer_of(tmp_path / "later", later, batch_size=2)
    trainer.fit()
    towers = trainer.system.acoustic.towers
    assert towers.mean.weight[..., lacks].any(), "the language that has them learns them"
    assert not towers.bases.weight[..., lacks].any(), "basis towers stay as they are"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learns": ["mean", "voice"]}, "'voice' is none of mean, bases, added"),
        ({"bases": 0, "learns": ["codes"]}, "nothing of .* is there without basis towers"),
        ({"bases": -1}, "must not be negative"),
        ({"chunk": 0}, "chunk must be positive"),
        ({"added": 2}, "name it by init"),
        ({"codes": "onehot", "bases": 1}, "2 languages have no 1-hot codes of 1 basis towers"),
        ({"languages": ["en-us"]}, "system_conf.languages lacks 'it'"),
        ({"outputs": 5}, "the training set has 7"),
        ({"init": "nowhere"}, "no such run; train the run that system_conf.init names first"),
    ],
)
def test_refuses(tmp_path, change, words):
    with pytest.raises(AudiolabError, match=words):
        trainer_of(tmp_path / "run", mlms(tmp_path / "data", **change).config)


def test_refuses_what_it_cannot_grow(tmp_path, base):
    with pytest.raises(AudiolabError, match="a model of 6 columns, and the labels have 5"):
        trainer_of(tmp_path / "a", mlms(tmp_path / "few", 5, init=str(base)).config)
    with pytest.raises(AudiolabError, match=r"alike: .* has no speaker 'Z'"):
        trainer_of(tmp_path / "b", mlms(tmp_path / "alike", init=str(base), alike=["Z"]).config)
    with pytest.raises(AudiolabError, match="do not begin with what init has, en-us, it"):
        trainer_of(tmp_path / "c", mlms(tmp_path / "order", init=str(base), languages=["it", "en-us"]).config)
    with pytest.raises(AudiolabError, match=r"its acoustic is of other sizes than here; see system_conf\.init"):
        trainer_of(tmp_path / "d", mlms(tmp_path / "sizes", init=str(base), hidden=7).config).fit()


def test_goes_on_when_its_beginning_is_gone(tmp_path):
    """With names and columns given, as the run's config has them."""
    base = begun(tmp_path / "base")
    tree = adapted(tmp_path, base)
    trainer = trainer_of(tmp_path / "run", tree, max_steps=1)
    trainer.fit()
    base.rename(tmp_path / "elsewhere")
    with pytest.raises(AudiolabError, match=r"give system_conf\.languages, \.speakers and \.added"):
        trainer_of(tmp_path / "run", tree)
    known = {name: getattr(trainer.system.config, name) for name in ("languages", "speakers", "added")}
    again = trainer_of(tmp_path / "run", tree | {"system_conf": tree["system_conf"] | known}, max_steps=2)
    again.fit()
    assert again.step == 2


def test_refuses_another_analysis(tmp_path, base):
    tree = mlms(tmp_path / "data", init=str(base)).config
    for feats in tree["data_conf"]["train_feats"] + tree["data_conf"]["valid_feats"]:
        with open(f"{feats}/features.yaml", encoding="utf-8") as file:
            text = file.read().replace("shift_ms: 5.0", "shift_ms: 6.0")
        with open(f"{feats}/features.yaml", "w", encoding="utf-8") as file:
            file.write(text)
    with pytest.raises(AudiolabError, match="learned of features that were made in another way"):
        trainer_of(tmp_path / "run", tree).fit()


def test_columns_keep_their_places(tmp_path):
    """Where the labels have the table of their columns, that of a grown model begins as the one before did."""
    old = mlms(tmp_path / "data").config
    tables = {name: f"name\tmeaning\n{columns}" for name, columns in (("old", "a\tx\n"), ("more", "a\ty\nb\tz\n"))}

    def begin(config, table, run):
        for folder in config["data_conf"]["train_labels"] + config["data_conf"]["valid_labels"]:
            with open(f"{folder}/linguistic.tsv", "w", encoding="utf-8") as file:
                file.write(table)
        trainer_of(tmp_path / run, config, max_steps=1).fit()

    begin(old, tables["old"], "old")
    assert audiolab.load(tmp_path / "old").linguistic == tables["old"]
    grown = adapted(tmp_path, tmp_path / "old")
    begin(grown, tables["more"], "grown")
    assert audiolab.load(tmp_path / "grown").linguistic == tables["more"]
    with pytest.raises(AudiolabError, match="learned of labels with other columns"):
        begin(grown, "name\tmeaning\nb\tz\na\tx\n", "other")


def test_refuses_languages_that_are_only_validated_on(tmp_path):
    tree = mlms(tmp_path / "data").config
    other = folders(tmp_path / "other", voices={"P": "pl"})
    tree["data_conf"] |= {key: path for key, path in other.items() if key.startswith("valid")}
    with pytest.raises(AudiolabError, match="languages pl are not in the training set"):
        trainer_of(tmp_path / "run", tree)
