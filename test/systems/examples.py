"""A small example of each registered system, for the contract test; a new system adds a function of its name.

`VARIANTS` are further examples of systems that work in several ways.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from aligned_folder import make_aligned
from example import Example
from examples_synthesis import duration, mlms, mlms_adapted, mlms_baseline  # noqa: F401
from feature_folder import make_features
from mixture_folder import harmonic, make_domains
from song_folder import make_songs, noises
from voices_folder import make_voices, mels

from audiolab import systems
from audiolab.config import from_dict
from audiolab.datadir.table import read_table, write_table
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.text.units import train_units, write_units
from audiolab.training.config import run_config_class
from audiolab.training.export import save_model
from audiolab.training.trainer import Trainer


def softgan(folder: Path) -> Example:
    """Two speakers whose bands differ in level and in modulation."""
    generator = np.random.default_rng(0)
    frames = np.arange(150)[:, None]
    feats = {
        f"{speaker}_{n}": -50.0 + 10 * np.sin(frames / (7 + number) + n + np.arange(32) / (3 + number))
        + generator.standard_normal((150, 32))
        for number, speaker in enumerate("AB")
        for n in range(3)
    }  # fmt: skip
    make_features(folder, feats)
    config = {
        "system_conf": {
            "frames": 32,
            "generator": {"channels": [8, 16]},
            "discriminator": {"channels": [4, 8, 8, 8], "hidden": 16},
        },
        "data_conf": {"train_dir": str(folder), "source": "A", "target": "B", "frames": 32},
        "optim": {"generator": {"lr": 3e-3, "betas": [0.5, 0.999]}, "discriminator": {"betas": [0.5, 0.999]}},
    }
    wave = 0.1 * generator.standard_normal(8000)
    return Example(config, ("cycle", "identity", "energy"), lambda converter: converter.convert(wave, 16000))


SMALL_ENHANCER = {"rate": 16000, "widths": [4, 8, 8], "n_fft": 256, "hop": 128}


def enhancement(
    folder: Path,
    name: str,
    updates: tuple[str, ...],
    use: Any,
    shares: dict[str, Any] | None = None,
    **system: Any,
) -> Example:
    """Two domains of harmonic sounds in noise; all but the first system begin with a model that saw one step."""
    data = make_domains(folder / "data")
    system["enhancer"] = SMALL_ENHANCER
    shares = {"source_share": 0.5, "seconds": 0.5} | (shares or {})
    if name == "se_supervised":
        data = {key: path for key, path in data.items() if key.startswith("source")}
        shares = {"seconds": 0.5}
    else:
        for run in ("init", "init_teacher") if name == "se_self_training" else ("init",):
            system[run] = str(begin(folder / run, seed=len(run)))
    # Adam divides by the gradient's size: what two processes round differently would show in small gradients
    rate = 0.1 if name == "se_domain_classifier" else 3e-3
    optim = {update: {"name": "sgd", "lr": rate} for update in systems.get(name).optimizes}
    config = {"system_conf": system, "data_conf": data | shares, "optim": optim}
    return Example(config, updates, use, batch_size=8, trainer={"batch_size": 4})


def begin(folder: Path, seed: int) -> Path:
    """Return a run of the enhancer that saw one step."""
    tree = {"system": "se_supervised", **se_supervised(folder / "data").config, "seed": seed}
    cls = systems.get("se_supervised")
    config = from_dict(run_config_class(cls), tree | {"trainer": {"max_steps": 1, "batch_size": 4}})
    Trainer.of(cls, config, folder / "run").fit()
    return folder / "run"


def se_supervised(folder: Path) -> Example:
    """The source domain alone."""
    return enhancement(folder, "se_supervised", ("enhancer_loss",), enhanced_noise)


def se_statistics(folder: Path) -> Example:
    """Statistics of the target domain for a given enhancer: nothing is learned."""
    return enhancement(folder, "se_statistics", (), enhanced_noise, {"source_share": 0.0})


def se_domain_classifier(folder: Path) -> Example:
    """Which of two domains it is."""
    return enhancement(
        folder, "se_domain_classifier", ("classifier_loss",),
        lambda predictor: predictor.target_probability(torch.from_numpy(noise()[None])).numpy(),
    )  # fmt: skip


def se_adversarial(folder: Path) -> Example:
    """Both domains, with the schedule that changes from step to step; two processes hold 1 and 2 source mixtures."""
    shares = {"source_share": 0.375}
    return enhancement(folder, "se_adversarial", ("enhancement",), enhanced_noise, shares, schedule="ganin")


def se_self_training(folder: Path) -> Example:
    """A teacher that changes with every epoch."""
    return self_training(folder, None, teacher="ema", gamma=0.5, source_decay=0.9)


def target_noise(folder: Path) -> Example:
    """Domain-adversarial training that knows the target's noise; one of two processes may hold no source mixture."""
    shares = {"source_share": 0.3, "leak_target_noise": True}
    return enhancement(folder, "se_adversarial", ("enhancement",), enhanced_noise, shares)


def sequential_teacher(folder: Path) -> Example:
    """A teacher that every second epoch is the student, a share of source mixtures that falls, and a pool of them."""
    pool = folder / "pool"
    shares = {"source_share": 0.5, "share_step": 0.125, "least_source": 1, "source_pool": str(pool)}
    example = self_training(folder, shares, teacher="sequential", refresh=2)
    names = read_table(Path(example.config["data_conf"]["source_train"]) / "mixtures")
    pool.write_text("\n".join(sorted(names)[::2]), encoding="utf-8")
    return example


def static_teacher(folder: Path) -> Example:
    """RemixIT and SRST with a teacher that stays; the share of source mixtures falls to none."""
    return self_training(folder, {"source_share": 0.375, "share_step": 0.125}, teacher="static")


def self_training(folder: Path, shares: dict[str, Any] | None, **system: Any) -> Example:
    """Return an example with groups that processes do not cut, and a loss that is well-conditioned.

    Near a perfect estimate SI-SDR's gradient magnifies rounding errors.
    """
    return enhancement(
        folder, "se_self_training", ("student_loss",), enhanced_noise, shares, remix_group=2,
        loss={"clamp_db": 5.0}, **system,
    )  # fmt: skip


def songs(count: int, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Return songs of a second at 8 kHz: harmonic sounds in noise."""
    generator, made = np.random.default_rng(seed), noises(count, 1.0, 8000, seed)
    for number, song in enumerate(made.values()):
        song["vocals"] = harmonic(generator, 240 * (1 + number / 10), 0.5)  # so many samples
    return made


def poconet(folder: Path, **system: Any) -> Example:
    """A small separator on songs at 8 kHz."""
    sizes = {"rate": 8000, "n_fft": 128, "hop": 64, "levels": 3, "first_channels": 4, "max_channels": 8}
    data = {
        "train_dirs": [str(make_songs(folder / "train", songs(4), rate=8000))],
        "valid_dirs": [str(make_songs(folder / "valid", songs(2, seed=1), rate=8000))],
        "rate": 8000, "window_s": 0.25, "augment": {"lowpass_hz": [2000, 3500], "eq_hz": [100, 3000]},
    }  # fmt: skip
    optim = {"separator": {"name": "sgd", "lr": 3e-2}}
    return Example(
        {"system_conf": sizes | system, "data_conf": data, "optim": optim},
        ("separator_loss",),
        lambda predictor: predictor.separate(noise(), 8000)["vocals"],
        batch_size=4,
    )


def activity(folder: Path) -> Example:
    """A small detector of the accompaniment on songs at 8 kHz."""
    separation = poconet(folder).config
    sizes = {
        "source": "accompaniment",
        "rate": 8000,
        "n_fft": 128,
        "hop": 64,
        "filters": 4,
        "pools": [4, 4],
        "hidden": 8,
    }
    return Example(
        {"system_conf": sizes, "data_conf": separation["data_conf"], "optim": {"detector": {"lr": 3e-2}}},
        ("error",),  # the loss falls to the entropy of the shares
        lambda predictor: predictor.ratios(noise()[None]),
        batch_size=4,
    )


def spoken_features(folder: Path, seed: int, count: int = 6) -> Path:
    """Return a folder of mel features in which each letter of a text is 4 frames of a band of its own."""
    generator, feats, texts = np.random.default_rng(seed), {}, {}
    for number in range(count):
        letters = generator.permutation(8)[: 3 + number % 3]
        bands = np.repeat(np.eye(8)[letters], 4, axis=0)
        feats[f"A_{number}"] = np.float32(0.2 + 0.6 * bands + 0.05 * generator.random(bands.shape))
        texts[f"A_{number}"] = "".join("abcdefgh"[letter] for letter in letters)
    make_features(folder, feats, config=LogMelConfig(n_mels=8))
    write_table(folder / "text", texts)
    return folder


def ctc(folder: Path) -> Example:
    """A small recogniser of eight letters."""
    units = folder / "units.model"
    data = {f"{part}_dirs": [str(spoken_features(folder / part, seed))] for seed, part in enumerate(("train", "valid"))}
    write_units(units, train_units(["abcdefgh"], 20, "char"))
    sizes = {"filters": 8, "hidden": 8, "layers": 1, "dropout": 0.0}
    masks = {"time_mask": 2, "band_mask": 2}
    noise = np.random.default_rng(0).random((20, 8), np.float32)
    return Example(
        {
            "system_conf": sizes,
            "data_conf": data | masks | {"units": str(units)},
            "optim": {"recogniser": {"lr": 1e-2}},
        },
        ("recogniser_loss",),
        lambda predictor: predictor.log_probs([noise])[0],
        batch_size=4,
    )


def ge2e(folder: Path, **system: Any) -> Example:
    """Voices that differ in the bands that are loud, of unlike length; batches of all four that are trained on."""
    generator = np.random.default_rng(0)
    bands = np.arange(8)
    voices = {
        f"{speaker}_{n}": np.clip(
            0.5 + 0.3 * np.cos(bands - number) + 0.1 * generator.standard_normal((20 + 4 * n, 8)), 0, 1
        )
        for number, speaker in enumerate("ABCDEF")
        for n in range(3)
    }
    make_features(folder, voices, config=LogMelConfig(n_mels=8))
    data = {"train_dirs": [str(folder)], "held_out": 2, "utterances": 4, "frames": [18, 24], "least_frames": 20}
    return Example(
        {"system_conf": {"hidden": 8, "layers": 2, "size": 6} | system, "data_conf": data},
        ("encoder_loss",),
        lambda embedder: embedder.embed(noise(), 16000),
        batch_size=4,
        trainer={"batch_size": 4, "clip_norm": 3.0},
    )


def ge2e_contrast(folder: Path) -> Example:
    """The loss against the nearest speaker, and scaled gradients of all that is scaled."""
    return ge2e(folder, loss="contrast", projection_gradient=0.5)


def hifigan(folder: Path) -> Example:
    """A small vocoder of two voices."""
    waves = {
        f"{voice}_{n}": noisy_tone(200 + 40 * n + 70 * number) for number, voice in enumerate("AB") for n in range(3)
    }
    sizes = {
        "generator": {"channels": 16, "rates": [16, 8], "kernels": [32, 16], "block_kernels": [3], "dilations": [1]},
        "discriminator": {"periods": [2, 3], "period_channels": [4] * 5, "scales": 2, "scale_channels": [16] * 7},
    }
    analysis = LogMelConfig(n_fft=256, hop=128, n_mels=20)
    sizes |= {"mel_bands": 20}
    optim = {"generator": {"lr": 3e-3, "betas": [0.8, 0.99]}, "discriminator": {"lr": 1e-4, "betas": [0.8, 0.99]}}
    data = make_aligned(folder, waves, analysis) | {"samples": 2048}
    mel = LogMel(analysis)(waves["A_0"], np.random.default_rng(0))
    return Example(
        {"system_conf": sizes, "data_conf": data, "optim": optim}, ("mel",), lambda vocoder: vocoder.synthesise(mel)
    )


def noisy_tone(f0: float) -> np.ndarray:
    """Return half a second of harmonics in noise at 16 kHz."""
    return harmonic(np.random.default_rng(0), f0, 0.5)


def autovc(folder: Path, **options: Any) -> Example:
    """AutoVC on four voices."""
    return conversion(folder, ("reconstruction_pre", "reconstruction_post"), **options)


def conversion(folder: Path, overfits: tuple[str, ...], told_by: str = "embedding", **system: Any) -> Example:
    """Return an example of small networks."""
    embeddings = make_voices(folder, mels("ABCD", 3, (20, 30, 40), bands=6))
    told = {"embedding": embeddings, "one_hot": dict(zip("ABCD", np.eye(4)))}[told_by]
    sizes = {"neck": 3, "freq": 4, "channels": 8, "units": 8}
    mel = mels("E", 1, 50, bands=6)["E_0"]
    # biases before batch normalisation have gradients of rounding errors, by whose size Adam would divide
    return Example(
        {
            "system_conf": sizes | system,
            "data_conf": {"train_dir": str(folder), "frames": 16, "told_by": told_by},
            "optim": {"converter": {"name": "sgd", "lr": 0.1, "momentum": 0.9}},
        },
        overfits,
        lambda converter: converter.convert_features(mel, told["A"], told["B"]),
        batch_size=4,
        trainer={"batch_size": 4},
    )


CYCLE = {"reconstruction_pre": 0.0, "reconstruction_post": 0.0, "content": 0.0, "cycle_pre": 1.0, "cycle_post": 1.0}


def cycle_autovc(folder: Path) -> Example:
    """CycleAutoVC with all of its losses, and an encoder of another run that judges the style."""
    judge = SpeakerEncoder(6, 8, 2, 6)
    state = {f"encoder.{name}": value for name, value in judge.state_dict().items()}
    save_model(folder / "judge" / "model.pt", "ge2e", 1, state, ("encoder",))
    return conversion(
        folder / "data", ("cycle_pre", "cycle_post"),
        weights=CYCLE | {"cycle_content": 0.1, "style": 1.0}, speaker_encoder=str(folder / "judge"),
        speaker_encoder_sizes={"hidden": 8, "layers": 2},
    )  # fmt: skip


def one_hot_autovc(folder: Path) -> Example:
    """Speakers told by a one among zeros, and what the post-net made converted back.

    Absolute errors are left to the wiring test: their gradient does not shrink, and rounding errors grow from step to
    step.
    """
    return conversion(folder, ("cycle_pre",), "one_hot", weights=CYCLE, second_pass="post")


def checkpointed(folder: Path) -> Example:
    """The separator with blocks that are computed again in the backward pass, and causal attention."""
    return poconet(folder, checkpointing=True, causal_attention=True)


VARIANTS = {
    "mlms_adapted": "mlms",
    "mlms_baseline": "mlms",
    "checkpointed": "poconet",
    "ge2e_contrast": "ge2e",
    "cycle_autovc": "autovc",
    "one_hot_autovc": "autovc",
    "sequential_teacher": "se_self_training",
    "static_teacher": "se_self_training",
    "target_noise": "se_adversarial",
}
"""Example -> system."""


def noise() -> np.ndarray:
    """Return half a second of noise, float32."""
    return (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


def enhanced_noise(predictor: Any) -> np.ndarray:
    """Return what an enhancer makes of `noise`."""
    return predictor.enhance(noise(), 16000)
