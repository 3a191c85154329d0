"""Speech of linguistic vectors on one thread: shares of real time of the acoustic model, the post-filter and WORLD.

    python tools/bench/bench_speak.py
    python tools/bench/bench_speak.py --models RUN … --seconds 5

Without ``--models`` weights are random, of MLMS with the paper's sizes, six languages and eight speakers, and of the
single-speaker baseline: they take as long as trained ones. What they predict is no speech, so the vocoder is given that
of the signals, which it takes longer for. The CPU's time is what a thread takes of it, also where others keep it busy.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from typing import Any

import numpy as np
import torch
from signals import RATE as SIGNALS_RATE
from signals import best_time, cpu_time, parse, print_table, signals

from audiolab import cli
from audiolab.config import to_dict
from audiolab.datadir.audio import resample
from audiolab.features.f0 import F0Range
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters
from audiolab.inference import load
from audiolab.synthesis.parametric import ParametricSynthesis
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.system import MLMS

COLUMNS = 421
"""Of a phone's linguistic vector: with four of the frame 425, as in the reference recipe's set of questions."""
FRAMES = 16
"""Of a phone, 80 ms."""
ANY = F0Range(60.0, 400.0, 150.0)


def untrained(bases: int) -> Any:
    """Return a model with random weights; 0 ``bases`` are the baseline's."""
    languages = ["en-us", "en-gb", "fr-fr", "it", "de", "es"] if bases else ["it"]
    speakers = [f"speaker{number}" for number in range(8 if bases else 1)]
    analysis = WorldConfig()
    sizes = {"columns": COLUMNS, "added": 0, "outputs": sum(analysis.streams.values()), "bases": bases}
    torch.manual_seed(0)
    system = MLMS(MLMSConfig(languages=languages, speakers=speakers, **sizes))
    system.facts.values = {"analysis": to_dict(analysis), "streams": analysis.streams, "linguistic": ""}
    state = {name: getattr(system, name).state_dict() for name in MLMS.exports}
    return MLMS.predictor(system.config, state, torch.device("cpu"))


def rows(model: Any, wave: np.ndarray, repeats: int) -> list[list[str]]:
    """Return what is timed of a model and a signal, with the shares of real time."""
    config = model.config
    natural = WorldParameters(config)(resample(wave, SIGNALS_RATE, config.rate), ANY)
    seconds = len(natural) * config.shift_ms / 1000
    phones = -(-len(natural) // FRAMES)
    vectors = np.random.default_rng(0).standard_normal((phones, model.columns)).astype(np.float32)
    language, speaker = model.languages[0], model.speakers[0]
    ways = {
        "acoustic model": lambda: model.predict(vectors, np.full(phones, FRAMES), language, speaker),
        "WORLD": lambda: ParametricSynthesis(config, 1.0)(natural),
        "post-filter and WORLD": lambda: ParametricSynthesis(config)(natural),
    }
    times = {what: (best_time(way, repeats) / seconds, cpu_time(way, repeats) / seconds) for what, way in ways.items()}
    times["all"] = tuple(map(sum, zip(times["acoustic model"], times["post-filter and WORLD"])))
    return [[what, *(f"{share:.3f}" for share in of)] for what, of in times.items()]


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse(
        "bench_speak",
        __doc__.splitlines()[0],
        lambda parser: parser.add_argument("--models", nargs="+", default=[], help="folders or zips of trained models"),
    )
    torch.set_num_threads(1)
    models = {model: load(model, does="predict") for model in options.models}
    models = models or {"MLMS, 7 towers": untrained(6), "baseline": untrained(0)}
    found = [
        [name, what, *cells]
        for name, wave in signals(options.paths, options.seconds).items()
        for what, model in models.items()
        for cells in rows(model, wave, options.repeats)
    ]
    print_table(["signal", "model", "what", "of real time", "CPU's"], found)


if __name__ == "__main__":
    cli.run(main)
