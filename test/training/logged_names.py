"""What a system logs of training and of validation, by name: held against each other by value, on the same batches."""

import math

import torch

DRAWS = 4


def values(trainer):
    """Return (train, valid): name -> values of several batches, with other weights each time, and nothing learned."""
    system, generator = trainer.system, torch.Generator().manual_seed(0)
    train, valid = {}, {}
    system.on_epoch_start(0)
    system.on_step_start(0.0)
    for step in range(DRAWS):
        with torch.no_grad():
            for parameter in system.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        (keys,) = trainer.sampler.micro_batches(step)
        batch = trainer.train_set.batch(keys)
        system.eval()
        for name, value in ((n, v) for update in system.updates(batch) for n, v in update.stats.items()):
            train.setdefault(name, []).append(float(value.detach()))
        with torch.no_grad():
            for name, mean in system.validate(batch).items():
                valid.setdefault(name, []).append(mean.value)
    return train, valid


def faults(train, valid):
    """Return what is wrong: one name for two values, or two names for one value."""
    found = []
    for in_train, of_train in train.items():
        for in_valid, of_valid in valid.items():
            alike = len(of_train) == len(of_valid) and all(
                math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-6) for one, other in zip(of_train, of_valid)
            )
            if alike and in_train != in_valid:
                found.append(f"the same value is '{in_train}' in training and '{in_valid}' in validation")
            if not alike and in_train == in_valid:
                found.append(f"'{in_train}' is another value in validation than in training")
    return found
