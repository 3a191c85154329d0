"""SRST's constants as the paper and its first author's code have them against what `dns/se1` trains with, key by key.

Each value of a resolved config is stated, or a choice of ours that is listed here, or the code's own default of what
the trainer and its optimisers do besides. What the mini corpora's configs change is listed one by one.
"""

import re

import pytest
from resolved import EGS, differing, flat, run_options, table, training, trainings

from audiolab.config import to_dict
from audiolab.data.mixtures import MixtureSettings
from audiolab.plan.phases import read_phases
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "dns/se1/conf"
PLAN = EGS / "dns/se1/local/phases.yaml"
SOURCE = ("data_conf.source_train", "data_conf.source_valid")
BOTH = (*SOURCE, "data_conf.target_train", "data_conf.target_valid")
INIT = "system_conf.init"

NETWORK = {
    "system_conf.enhancer.rate": None,  # the mixtures'; mixtures.yaml has §3's 16 kHz
    "system_conf.enhancer.n_fft": 512,
    "system_conf.enhancer.hop": 256,  # "an overlap of 256"
    "system_conf.enhancer.window": "hamming",
    "system_conf.enhancer.widths": [64, 128, 256, 512, 512],  # the first author's code
    "system_conf.enhancer.align_corners": False,  # ours: long audio in pieces
    "system_conf.enhancer.consistency": "projection",  # RemixIT's
}
LOSS = {"system_conf.loss.noise_weight": 1.0, "system_conf.loss.clamp_db": None}  # eq. 5 on speech and noise
DATA = {
    "data_conf.seconds": 2.0,
    "data_conf.share_step": 0.0,
    "data_conf.least_source": 0,
    "data_conf.source_pool": None,
    "data_conf.leak_target_noise": False,  # the target has no labels
}
TRAINER = {
    "trainer.batch_size": 64,  # the first author's code
    "trainer.precision": "bf16",
    "trainer.valid_every": 781,
    "trainer.save_every": 781,
    "trainer.log_every": 100,
    "trainer.num_workers": 8,
    "seed": 0,
}
BEST = {
    "trainer.best": "source_si_sdr",
    "trainer.best_mode": "max",
    "trainer.keep_best": 1,
    "trainer.average_best": 1,
}
SUPERVISED = {
    "system": "se_supervised",
    INIT: None,
    "data_conf.source_share": 1.0,
    "data_conf.target_train": None,
    "data_conf.target_valid": None,
    "optim.enhancer.lr": 1e-4,
    "trainer.max_epochs": 100,
    **LOSS, **BEST,
}  # fmt: skip
SELF_TRAINING = {
    "system": "se_self_training",
    "system_conf.loss.noise_weight": 1.0,
    "system_conf.loss.clamp_db": 30.0,  # RemixIT's
    "system_conf.init_teacher": None,
    "system_conf.gamma": 0.99,
    "system_conf.refresh": 20,  # the first author's code
    "system_conf.source_weight": 1.0,  # λ stays; the share falls
    "system_conf.source_decay": 1.0,
    "system_conf.mean_over": "batch",
    "system_conf.remix_group": None,
    "system_conf.remix_level": "unit",  # RemixIT's
    "optim.student.lr": 5e-5,  # the first author's code
}
REMIXIT = {
    **SELF_TRAINING,
    "system_conf.teacher": "sequential",
    "data_conf.source_share": 0.0,
    "trainer.max_epochs": 50,
}
PHASES = {
    "source": SUPERVISED,
    "oracle": SUPERVISED,
    "source_bn": {"system": "se_statistics", "data_conf.source_share": 0.0, "trainer.max_epochs": 1},  # ours
    "classifier": {
        "system": "se_domain_classifier",
        "system_conf.classifier.kernel": 1,  # the first author's code
        "data_conf.source_share": 0.5,
        "optim.classifier.lr": 1e-4,  # §3
        "trainer.max_epochs": 10,
    },
    "dann": {
        "system": "se_adversarial",
        "system_conf.classifier.kernel": 1,
        "system_conf.init_classifier": None,
        "system_conf.init_decoder": True,  # the first author's code has it begin at random
        "system_conf.classifier_steps": 1,
        "system_conf.beta": 0.05,  # §3
        "system_conf.schedule": "constant",
        "system_conf.schedule_epochs": 50,  # p goes from 0 to 1 over the training
        "system_conf.freeze_classifier": False,
        "data_conf.source_share": 0.5,
        "optim.enhancer.lr": 1e-4,  # §3
        "optim.classifier.lr": 1e-4,
        "trainer.max_epochs": 50,
        **LOSS, **BEST,
    },
    "remixit": REMIXIT,
    "dann_remixit": REMIXIT,
    "srst": {
        **SELF_TRAINING,
        "system_conf.teacher": "static",  # §2: "no need for iterations of updating the teacher"
        "data_conf.source_share": 0.3,  # §3: "30% most similar source samples"
        "data_conf.share_step": 0.03,  # "decreased … in each epoch by 3%"
        "data_conf.least_source": 2,  # the first author's code
        "trainer.max_epochs": 20,
    },
}  # fmt: skip

SMALL = {
    "system_conf.enhancer.widths": [8, 16, 32, 64, 128],
    "trainer.batch_size": 8,
    "trainer.valid_every": 125,
    "trainer.save_every": 125,
    "trainer.log_every": 25,
    "trainer.num_workers": 0,
    "trainer.precision": "fp32",  # for CPUs
}
COSINE = {"lr": 1e-3, "schedule": "cosine", "floor": 0.05}
STUDENT = {f"optim.student.{key}": value for key, value in (COSINE | {"lr": 3e-3}).items()}
ENHANCER = {f"optim.enhancer.{key}": value for key, value in COSINE.items()}
MINI = {
    "source": {**SMALL, **ENHANCER, "trainer.max_epochs": 4},
    "oracle": {**SMALL, **ENHANCER, "trainer.max_epochs": 4},
    "source_bn": SMALL,
    "classifier": {**SMALL, "optim.classifier.lr": 1e-2, "trainer.max_epochs": 1},
    "dann": {
        **SMALL,
        **ENHANCER,
        "system_conf.beta": 0.5,
        "system_conf.schedule_epochs": 2,
        "optim.classifier.lr": 1e-2,
        "trainer.max_epochs": 2,
    },
    "remixit": {**SMALL, **STUDENT, "system_conf.refresh": 1, "trainer.max_epochs": 2},
    "dann_remixit": {**SMALL, **STUDENT, "system_conf.refresh": 1, "trainer.max_epochs": 2},
    "srst": {**SMALL, **STUDENT, "trainer.max_epochs": 2},
}

# Of studies: what each YAML stands on, in its folder, and changes there; what is of one size only stands below
NO_SOURCE = {"data_conf.source_share": 0.0, "data_conf.share_step": 0.0, "data_conf.least_source": 0}
LEAK = {"data_conf.leak_target_noise": True}  # the first author's code
WITHOUT = {"system_conf.beta": 0.0}
RENEWED = {**NO_SOURCE, "system_conf.teacher": "sequential"}
STUDIES = {
    "longer": ("source", {}),
    "longest": ("source", {}),
    "classifier_3x3": ("classifier", {"system_conf.classifier.kernel": 3}),
    "dann_b0": ("dann", WITHOUT),
    "dann_k5": ("dann", {"system_conf.classifier_steps": 5}),
    "dann_3x3": ("dann", {"system_conf.classifier.kernel": 3}),
    "dann_last": ("dann", {"trainer.average_best": 0}),
    "dann_decoder": ("dann", {"system_conf.init_decoder": False}),
    "dann_leak": ("dann", LEAK),
    "dann_leak_b0": ("dann", LEAK | WITHOUT),
    "dann_released": ("dann", LEAK | {"system_conf.init_decoder": False}),
    "dann_share0": ("srst", NO_SOURCE),
    "dann_renewed": ("srst", RENEWED),
    "b0_share0": ("srst", NO_SOURCE),
    "b0_srst": ("srst", {}),
    "remixit_static": ("srst", NO_SOURCE),
    "remixit_renewed": ("srst", RENEWED),
}  # fmt: skip
EPOCHS, REFRESH = "trainer.max_epochs", "system_conf.refresh"
FAST = {"optim.enhancer.lr": 1e-3}
OF_SIZE = {
    "conf": {
        "longer": {EPOCHS: 50},
        "longest": {EPOCHS: 50 + 20},
        "remixit_static": {EPOCHS: 50 + 20},
        "remixit_renewed": {EPOCHS: 50 + 20, REFRESH: 35},
        "dann_renewed": {REFRESH: 10},
    },
    "mini": {
        "longer": {EPOCHS: 2},
        "longest": {EPOCHS: 2 + 2},
        "remixit_static": {EPOCHS: 2 + 2},
        "remixit_renewed": {EPOCHS: 2 + 2, REFRESH: 2},
        "dann_renewed": {REFRESH: 1},
    },
}
HIGHER_RATE = {"dann_1e3": ("dann", FAST), "dann_1e3_b0": ("dann", FAST | WITHOUT)}  # mini's DANN has it


def resolved(folder, name):
    """Return what a phase's training gets, but for the folders that the recipe gives it."""
    required = SOURCE if PHASES[name]["system"] == "se_supervised" else (*BOTH, INIT)
    return training(folder / f"{name}.yaml", *required)


@pytest.mark.parametrize("name", PHASES)
def test_every_value_of_a_phase(name):
    found = resolved(CONF, name)
    updates = {key.split(".")[1] for key in found if key.startswith("optim.")}
    expected = flat({"trainer": to_dict(TrainerConfig(max_steps=1)), "init": to_dict(InitConfig())})
    expected["trainer.max_steps"] = None
    for update in updates:
        expected |= {f"optim.{update}.{key}": value for key, value in to_dict(OptimConfig()).items()}
        expected |= {f"optim.{update}.name": "adam", f"optim.{update}.betas": [0.9, 0.999]}
    assert differing(found, expected | NETWORK | DATA | TRAINER | PHASES[name]) == {}


@pytest.mark.parametrize("name", MINI)
def test_what_mini_changes_is_listed(name):
    full = resolved(CONF, name)
    expected = {key: (value, full[key]) for key, value in sorted(MINI[name].items())}
    assert differing(resolved(CONF / "mini", name), full) == expected


@pytest.mark.parametrize("folder", [CONF, CONF / "mini"], ids=lambda folder: folder.name)
def test_what_studies_change_is_listed(folder):
    studies = STUDIES | (HIGHER_RATE if folder == CONF else {})
    assert trainings(folder / "studies") == set(studies)
    for name, (base, changes) in studies.items():
        required = SOURCE if PHASES[base]["system"] == "se_supervised" else (*BOTH, INIT)
        found, basis = training(folder / f"studies/{name}.yaml", *required), resolved(folder, base)
        expected = changes | OF_SIZE[folder.name].get(name, {})
        assert {key: value for key, (value, _) in differing(found, basis).items()} == {
            key: value for key, value in expected.items() if value != basis[key]
        }, name


def test_all_phases_are_listed_here():
    assert trainings(CONF) == set(PHASES)
    assert trainings(CONF / "mini") == set(MINI) == set(PHASES)
    assert set(re.findall(r"{conf}/(\w+)\.yaml", PLAN.read_text(encoding="utf-8"))) == set(PHASES)


def test_phases_stand_on_each_other_as_in_algorithm_1():
    """DAT begins with source model and classifier; the one that ranks is trained after it; SRST begins with DAT."""
    phases = read_phases(PLAN).phases
    found = {name: re.findall(r"--(\S+) \{(\w+)\}(?!\S)", phase.arguments) for name, phase in phases.items()}
    keys = {"system_conf.init", "system_conf.init_classifier", "model"}
    stands_on = {name: [(key, other) for key, other in pairs if key in keys] for name, pairs in found.items()}
    after_dat = [("system_conf.init", "dann")]
    assert {name: others for name, others in stands_on.items() if others} == {
        "source_bn": [("system_conf.init", "source")],
        "classifier": [("system_conf.init", "source")],
        "remixit": [("system_conf.init", "source")],
        "dann": [("system_conf.init", "source"), ("system_conf.init_classifier", "classifier")],
        "longer": [("system_conf.init", "source")],
        "longest": [("system_conf.init", "source")],
        "classifier_3x3": [("system_conf.init", "source")],
        "dann_b0": [("system_conf.init", "source"), ("system_conf.init_classifier", "classifier")],
        "adversarial": [("system_conf.init", "source")],  # and what its row begins with
        "dann_classifier": after_dat,
        "dann_remixit": after_dat,
        "srst_random": after_dat,
        "srst_similar": after_dat,
        "pool_similar": [("model", "dann_classifier")],
        "decisions": [("model", "dann_classifier")],
    }


def test_mixtures_and_options_of_the_recipe():
    options = run_options("dns/se1")
    assert options["percent"] == "30"  # §2, Figure 3
    assert options["snrs"] == "-5 0 5"  # Table 1
    assert "50000 3000 50" in (EGS / "dns/se1/local/options.sh").read_text(
        encoding="utf-8"
    )  # §3; the first author's code
    settings = MixtureSettings("speech", "noise", 1)
    assert (settings.rate, settings.snr, settings.seconds) == (16000, [-10.0, 10.0], [2.0, 2.0])
    assert (settings.level, settings.peak, settings.balance) == ([-35.0, -15.0], 0.99, False)


TABLE_1 = {
    "noisy": ("1.126 0.648 -4.867", "1.177 0.714 0.151", "1.299 0.823 4.969"),
    "source": ("1.325 0.707 3.315", "1.443 0.777 8.234", "1.872 0.888 12.556"),
    "remixit": ("1.364 0.723 5.598", "1.496 0.790 9.924", "1.919 0.896 14.000"),
    "dann": ("1.597 0.772 8.762", "1.859 0.834 12.857", "2.301 0.915 14.951"),
    "dann_remixit": ("1.557 0.769 9.241", "1.750 0.829 12.716", "2.221 0.913 15.228"),
    "srst_random": ("1.603 0.767 8.999", "1.855 0.833 13.006", "2.290 0.915 15.237"),
    "srst_similar": ("1.616 0.775 9.248", "1.861 0.837 13.260", "2.317 0.917 15.336"),
    "oracle": ("1.602 0.770 8.972", "1.900 0.842 13.170", "2.375 0.916 15.118"),
}
TABLE_2 = {
    ("dns_no_reverb", "noisy", ""): "1.582 0.915 9.229",
    ("dns_no_reverb", "source", ""): "2.320 0.952 15.696",
    ("dns_no_reverb", "oracle", ""): "2.387 0.953 ",
    ("dns_no_reverb", "oracle", "source"): "0.067 0.010 ",
    ("target_test_0dB", "noisy", ""): "1.177 0.714 0.151",
    ("target_test_0dB", "source", ""): "1.443 0.777 8.234",
    ("target_test_0dB", "oracle", ""): "1.900 0.842 13.170",
    ("target_test_0dB", "oracle", "source"): "0.457 0.065 4.936",
}


def figures(row):
    return " ".join(row[column] for column in ("pesq", "stoi", "si_sdr"))


def test_the_papers_tables():
    rows = table("dns/se1/local/tables.tsv")
    stated = [row for row in rows if figures(row).strip()]  # there are rows of ours, without figures
    first = {(row["set"], row["system"]): figures(row) for row in stated if row["table"] == "Table 1"}
    sets = [f"target_test_{snr}dB" for snr in ("m5", "0", "5")]
    assert first == {(name, system): TABLE_1[system][n] for n, name in enumerate(sets) for system in TABLE_1}
    second = {(row["set"], row["system"], row["minus"]): figures(row) for row in stated if row["table"] == "Table 2"}
    assert second == TABLE_2
