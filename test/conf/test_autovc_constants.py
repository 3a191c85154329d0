"""Constants of AutoVC's and CycleAutoVC's papers and public codes against what `vctk/vc1` trains with.

Each value of AutoVC's resolved config is stated here, with where it is from, or is the code's own default of what the
trainer and its optimiser do besides. What the other trainings, the sweeps and the mini corpora change is listed.
"""

from functools import cache
from itertools import product

from resolved import EGS, differing, flat, training

from audiolab.config import to_dict
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "vctk/vc1/conf"
GIVEN = ("data_conf.train_dir", "system_conf.speaker_encoder")

AUTOVC = {
    "weights": {
        "reconstruction_pre": 1.0,  # solver_encoder.py: both errors with one weight, λ_cd 1
        "reconstruction_post": 1.0,
        "content": 1.0,
        "cycle_pre": 0.0,
        "cycle_post": 0.0,
        "cycle_content": 0.0,
        "style": 0.0,
    },
    "distance": "l2",
    "second_pass": "pre",  # solver_encoder_circular.py
    "neck": 16,  # main.py: dim_neck, freq, dim_pre; sizes: test/systems/test_autovc.py
    "freq": 16,
    "channels": 512,
    "units": 1024,  # model_vc.py
    "post_gain": 1.0,
    "speaker_encoder_sizes": {"hidden": 768, "layers": 3},  # model_bl.py
    "bands": None,
    "speakers": None,
    "told": None,
    "embedding": None,
}
DATA = {"valid_dir": None, "frames": 128, "held_out": 1, "told_by": "embedding"}  # main.py: len_crop
OPTIM = {"name": "adam", "lr": 1e-4}  # solver_encoder.py
TRAINER = {
    "max_steps": 90_000,  # as CycleAutoVC's two phases, §5.2
    "batch_size": 2,  # main.py
    "valid_every": 1000,
    "save_every": 1000,
    "num_workers": 2,
}
CYCLE = {
    "system_conf.weights.reconstruction_pre": 0.0,  # §4.3: the cycle and λ · L_encod
    "system_conf.weights.reconstruction_post": 0.0,
    "system_conf.weights.content": 0.0,
    "system_conf.weights.cycle_pre": 1.0,
    "system_conf.weights.cycle_post": 1.0,
    "system_conf.weights.cycle_content": 1.0,
    "system_conf.neck": 64,  # §5.2: the best
}
PHASE_1 = CYCLE | {"trainer.max_steps": 60_000, "trainer.batch_size": 8}
PHASE_2 = PHASE_1 | {"system_conf.weights.style": 1.0, "trainer.max_steps": 30_000}
NECKS, BATCHES, LAMBDAS, FREQS = (16, 32, 64), (2, 4, 8), (1.0, 0.3, 0.1), (8, 16, 32)

NECK, FREQ, LAMBDA = "system_conf.neck", "system_conf.freq", "system_conf.weights.cycle_content"
STEPS, BATCH, STYLE = "trainer.max_steps", "trainer.batch_size", "system_conf.weights.style"
ALONE = {
    "autovc": {},
    "autovc_n16_f128": {FREQ: 128},  # issue 61 of the public code: too narrow, too wide
    "autovc_n32_f32": {NECK: 32, FREQ: 32},  # its checkpoint
    "autovc_n64": {NECK: 64},  # Figure 10
    "autovc_n256_f8": {NECK: 256, FREQ: 8},
    "autovc_n64_b8": {NECK: 64, BATCH: 8},  # §5.3
    "autovc_l1": {"system_conf.distance": "l1"},
    "autovc_onehot": {"data_conf.told_by": "one_hot"},
    "autovc_early": {NECK: 64, BATCH: 8, STEPS: 30_000},  # §4.4
    "autovc_begun": {STEPS: 60_000},  # in two phases, as CycleAutoVC is trained
    "autovc_begun_small": {STEPS: 30_000},
    "autovc_n64_b8_begun": {NECK: 64, BATCH: 8, STEPS: 60_000},
    "autovc_n64_b8_begun_small": {NECK: 64, BATCH: 8, STEPS: 30_000},
    "cycleautovc_finetune": PHASE_1 | {STEPS: 30_000},
    "cycleautovc_finetune_style": PHASE_2,
    "cycleautovc_nostyle": PHASE_2 | {STYLE: 0.0},  # §5.2.1
}
"""Name -> what it changes of AutoVC's, of trainings that are in no sweep of two phases."""


def of_sweeps():
    """Return name -> changes of each sweep's phase 1, by the name of its list."""
    neck_batch = {
        f"cycleautovc_n{neck}_b{batch}": {NECK: neck, BATCH: batch} for neck, batch in product(NECKS, BATCHES)
    }
    neck_lambda = {
        f"cycleautovc_n{neck}_b8" if weight == 1 else f"cycleautovc_n{neck}_l{weight}": {NECK: neck, LAMBDA: weight}
        for neck, weight in product(NECKS, LAMBDAS)
    }
    freq = {f"cycleautovc_f{freq}": {FREQ: freq} for freq in FREQS}
    found = {"sweep_neck_batch": neck_batch, "sweep_neck_lambda": neck_lambda, "sweep_freq": freq}
    usual = {"cycleautovc_n64_b8": "cycleautovc", "cycleautovc_f16": "cycleautovc"}
    return {name: {usual.get(row, row): changes for row, changes in rows.items()} for name, rows in found.items()}


SCHEDULE = {"optim.converter.schedule": "cosine", "optim.converter.floor": 0.05}
OWN = ("system_conf.weights.reconstruction_pre", "system_conf.weights.reconstruction_post")
MINI_CYCLE = CYCLE | {LAMBDA: 0.001}
MINI_PHASE_1 = MINI_CYCLE | dict.fromkeys(OWN, 0.1) | {STEPS: 1500}
MINI = {
    "autovc": {
        "system_conf.weights.content": 0.001,
        FREQ: 8,
        "system_conf.channels": 128,
        "system_conf.units": 128,
        "system_conf.post_gain": 0.0,
        "system_conf.speaker_encoder_sizes.hidden": 64,  # as conf/mini/ge2e.yaml
        "system_conf.speaker_encoder_sizes.layers": 2,
        "data_conf.frames": 64,
        "optim.converter.lr": 2e-3,
        STEPS: 2500,
        BATCH: 8,
        "trainer.valid_every": 500,
        "trainer.save_every": 500,
        "trainer.log_every": 50,
        "trainer.num_workers": 0,
    }
    | SCHEDULE,
    "autovc_n64": {NECK: 64},
    "autovc_n32_f32": {NECK: 32, FREQ: 32},
    "autovc_early": {NECK: 64, STEPS: 1000},
    "autovc_begun": {STEPS: 1500},
    "autovc_begun_small": {STEPS: 1000},
    "autovc_n64_b8_begun": {NECK: 64, STEPS: 1500},
    "autovc_n64_b8_begun_small": {NECK: 64, STEPS: 1000},
    "cycleautovc": MINI_PHASE_1,
    "cycleautovc_finetune": MINI_CYCLE | {STEPS: 500},
}
OF_STYLE = MINI_CYCLE | {
    STEPS: 1000,
    STYLE: 1.0,
}
MINI |= {
    "cycleautovc_nostyle": OF_STYLE | {STYLE: 0.0},
    "cycleautovc_finetune_style": OF_STYLE,
}
OF_MINI_SWEEPS = {
    "cycleautovc": {},
    "cycleautovc_n16_b8": {NECK: 16},
    "cycleautovc_n16_b4": {NECK: 16, BATCH: 4},
    "cycleautovc_n16_l0.3": {NECK: 16, LAMBDA: 0.3},
    "cycleautovc_n64_l0.3": {LAMBDA: 0.3},
    "cycleautovc_f32": {FREQ: 32},
}
for _name, _changes in OF_MINI_SWEEPS.items():
    MINI[_name] = MINI["cycleautovc"] | _changes
    MINI[f"{_name}_style"] = OF_STYLE | _changes
"""What AutoVC's training on the mini corpora changes of the full one, and all others of that."""


@cache
def converters(folder):
    """Return what each converter's training in a folder gets, by the YAML's name."""
    found = {path.stem: path for path in sorted(folder.glob("*autovc*.yaml"))}
    return {name: training(path, *GIVEN) for name, path in found.items()}


def changed(before, changes):
    """Return key -> (value before, value) of what really changes."""
    return {key: (before[key], value) for key, value in sorted(changes.items()) if before[key] != value}


def test_every_value_of_autovc():
    expected = {
        "system": "autovc",
        "seed": 0,
        "system_conf": AUTOVC,
        "data_conf": DATA,
        "optim": {"converter": to_dict(OptimConfig()) | OPTIM},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(converters(CONF)["autovc"], flat(expected)) == {}


def test_every_other_training():
    found = converters(CONF)
    expected = dict(ALONE)
    for rows in of_sweeps().values():
        for name, changes in rows.items():
            expected[name] = PHASE_1 | changes
            expected[f"{name}_style"] = PHASE_2 | changes
    assert found.keys() == expected.keys()
    for name, config in found.items():
        assert differing(found["autovc"], config) == changed(found["autovc"], expected[name]), name


def test_rows_of_the_sweeps():
    rows = {path.stem: path.read_text(encoding="utf-8").split() for path in CONF.glob("sweep_*.txt")}
    bottleneck = ["autovc_n16_f128", "autovc", "autovc_n32_f32", "autovc_n64", "autovc_n256_f8"]
    assert rows == {name: list(of_sweep) for name, of_sweep in of_sweeps().items()} | {"sweep_bottleneck": bottleneck}
    for path in (CONF / "mini").glob("sweep_*.txt"):
        assert set(path.read_text(encoding="utf-8").split()) <= {*MINI} & {*rows[path.stem]}


def test_a_code_stands_for_a_whole_number_of_a_crops_frames():
    for config in (*converters(CONF).values(), *converters(CONF / "mini").values()):
        assert config["data_conf.frames"] % config[FREQ] == 0


def test_what_mini_changes_is_listed():
    full, mini = converters(CONF)["autovc"], converters(CONF / "mini")
    assert mini.keys() == MINI.keys() <= converters(CONF).keys()
    for name, config in mini.items():
        before = full if name == "autovc" else mini["autovc"]
        assert differing(before, config) == changed(before, MINI[name]), name
