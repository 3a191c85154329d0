"""RemixIT and SRST against eqs. 3 and 4, written out, with each of the teacher's protocols."""

import pytest
import torch
from plain_enhancer import enhance, loss_of
from test_srst_wiring import batch_of, made
from wiring import Plain, compare, weights_of

pytestmark = pytest.mark.usefixtures("double")

MIXED = (False, True, False, True, False, False)
CASES = {
    "paper": ({}, MIXED),
    "no limit": ({"loss": {"clamp_db": None}}, MIXED),
    "narrow limit": ({"loss": {"clamp_db": 2.0}}, MIXED),
    "noise_weight": ({"loss": {"noise_weight": 0.3}}, MIXED),
    "source_weight": ({"source_weight": 0.4}, MIXED),
    "sum of two means": ({"mean_over": "part", "source_weight": 0.4}, MIXED),
    "groups": ({"remix_group": 3}, MIXED),
    "recorded levels": ({"remix_level": "recorded"}, MIXED),
    "RemixIT": ({"mean_over": "part"}, (False,) * 5),
    "source alone": ({"mean_over": "part", "source_weight": 0.4}, (True,) * 4),
    "least squares": ({"enhancer": {"consistency": "least_squares"}}, MIXED),
}


def exchanged(batch, group):
    """Return, for each target item, the target item whose noise it gets: eq. 3's P, by the items' random numbers."""
    targets = [i for i, of_source in enumerate(batch["source"]) if not of_source]
    taken = []
    for first in range(0, len(batch["source"]), group or len(batch["source"])):
        inside = [i for i in targets if first <= int(batch["place"][i]) < first + (group or len(batch["source"]))]
        taken += sorted(inside, key=lambda i: float(batch["order"][i]))
    return dict(zip(targets, taken))


def levelled(wave, config):
    """RemixIT remixes at unit level: without mean, divided by the standard deviation."""
    if config.remix_level == "recorded":
        return wave
    centred = wave - wave.sum() / len(wave)
    return centred / torch.sqrt((centred**2).sum() / len(wave))


def self_training(config, weight):
    """Return the reference; ``weight`` is λ."""

    def reference(weights, batch):
        count, source = len(batch["source"]), batch["source"].tolist()
        heard = [levelled(wave, config) for wave in batch["noisy"]]
        taught = enhance(weights["teacher"], heard, config.enhancer, training=False)
        taught = [[each.detach() for each in part] for part in taught]
        giver = exchanged(batch, config.remix_group)
        mixtures, speeches, noises = [], [], []
        for i in range(count):
            speeches.append(batch["speech"][i] if source[i] else taught[0][i])
            noises.append(batch["noise"][i] if source[i] else taught[1][giver[i]])
            mixtures.append(heard[i] if source[i] else levelled(speeches[i] + noises[i], config))  # eq. 3
        estimates = zip(*enhance(weights["enhancer"], mixtures, config.enhancer, training=True))
        losses = [loss_of(*each, config.loss) for each in zip(estimates, speeches, noises)]
        parts = {s: [loss for loss, of_source in zip(losses, source) if of_source == s] for s in (True, False)}
        logged = {"source_share": torch.tensor(len(parts[True]) / count)}
        for name, part in (("source_loss", parts[True]), ("target_loss", parts[False])):
            if part:
                logged[name] = sum(part) / len(part)
        if config.mean_over == "batch" or not (parts[True] and parts[False]):
            loss = (sum(parts[False]) + weight * sum(parts[True])) / count
        else:  # eq. 4
            loss = logged["target_loss"] + weight * logged["source_loss"]
        yield Plain("student", loss, ("enhancer",), logged)

    return reference


def batches_of(source, *seeds):
    return [batch_of(seed, source=source, share=sum(source) / len(source)) for seed in seeds]


@pytest.mark.parametrize(("options", "source"), CASES.values(), ids=CASES)
def test_student(options, source):
    system, config = made("se_self_training", **options)
    compare(system, self_training(config, config.source_weight), batches_of(source, 1, 2))


@pytest.mark.parametrize("group", [None, 3])
def test_noises_change_places(group):
    """Of the reference, worked out by hand; a group of three keeps its noises."""
    (batch,) = batches_of(MIXED, 1)
    expected = {0: 2, 2: 5, 4: 0, 5: 4} if group is None else {0: 2, 2: 0, 4: 5, 5: 4}
    assert exchanged(batch, group) == expected


PROTOCOLS = {
    "static": {"teacher": "static"},
    "sequential": {"teacher": "sequential", "refresh": 2},
    "moving average": {"teacher": "ema", "gamma": 0.7},
    "falling weight": {"teacher": "static", "source_weight": 0.8, "source_decay": 0.5},
}


@pytest.mark.parametrize("options", PROTOCOLS.values(), ids=PROTOCOLS)
def test_teacher_and_weight_by_epoch(options):
    """Statistics of batch normalisation go with the weights, averaged, too; counts are the student's."""
    system, config = made("se_self_training", **options)
    weights = weights_of(system)
    for epoch in range(4):
        system.on_epoch_start(epoch)
        student = weights["enhancer"]
        for key, old in weights["teacher"].items():
            new = student[key]
            if config.teacher == "sequential" and epoch == 2:
                weights["teacher"][key] = new.detach().clone()
            elif config.teacher == "ema" and epoch > 0:
                mean = config.gamma * old + (1 - config.gamma) * new
                weights["teacher"][key] = mean.detach() if old.is_floating_point() else new.clone()
        weight = config.source_weight * config.source_decay**epoch
        compare(system, self_training(config, weight), batches_of(MIXED, 10 + epoch), weights)
