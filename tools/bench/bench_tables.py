"""Tables of data dirs beside a plain Python loop over their lines: CPU time, and most memory in use meanwhile.

    python tools/bench/bench_tables.py [--count 1000000]

Each row is measured in a process of its own. Scoring is that of enhanced speech, without its metrics: what remains are
tables and audio. Recordings are a thousand short files, which utterances share, with their headers kept; so are
features, whose plain loop loads all of them.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from signals import RATE, memory, print_table

from audiolab import cli
from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.headers import Header
from audiolab.datadir.table import read_table
from audiolab.datadir.validate import validate
from audiolab.dataset import SampleKey
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.kinds import save_features
from audiolab.tasks.runs import Run
from audiolab.tasks.se import scoring

TABLES = ("wav.scp", "utt2spk", "utt2dur")
PEER = "plain loop"
FILES, SAMPLES, PER_SPEAKER = 1000, 1600, 50
FRAMES, CROP, CROPS = 150, 128, 10_000


def make(folder: Path, count: int) -> None:
    """Write a data dir of ``count`` utterances, and beside it a mixture dir and a data dir of its enhanced speech."""
    files = min(FILES, count)
    wave = 0.1 * np.random.default_rng(0).standard_normal(SAMPLES)
    for number in range(files):
        write_audio(folder / f"audio/{number:03}/speech.wav", wave, RATE)
    speakers = [f"speaker{number // PER_SPEAKER:06}" for number in range(count)]
    names = [f"{speaker}-utterance{number:07}" for number, speaker in enumerate(speakers)]
    paths = [f"{folder}/audio/{number % files:03}/speech.wav" for number in range(count)]
    _write(folder / "data/wav.scp", names, paths)
    _write(folder / "data/utt2spk", names, speakers)
    _write(folder / "data/utt2dur", names, [f"{SAMPLES / RATE:.6f}"] * count)
    header = Header(SAMPLES, RATE, 1, os.path.getsize(paths[0]))
    _write(folder / "data/reco2header", names, [str(header)] * count)
    by_speaker: dict[str, list[str]] = {}
    for name, speaker in zip(names, speakers):
        by_speaker.setdefault(speaker, []).append(name)
    _write(folder / "data/spk2utt", list(by_speaker), [" ".join(of) for of in by_speaker.values()])


def make_mixtures(folder: Path, count: int) -> None:
    """Write a mixture dir of ``count`` mixtures of ``folder/data``, and a data dir of as much enhanced speech."""
    sounds = list(DataDir(folder / "data").table("wav.scp").items())[:count]
    parts = [f"{name} 0 0.5 {name} 0 0.25 {SAMPLES} 5" for name, _ in sounds]
    names = [f"{name}-mix" for name, _ in sounds]
    for dest in ("mixtures", "enhanced"):
        _write(folder / dest / "utt2spk", names, [name.rpartition("-")[0] for name in names])
    _write(folder / "mixtures/mixtures", names, parts)
    for table in ("speech.scp", "noise.scp"):
        _write(folder / "mixtures" / table, *zip(*sounds))
    (folder / "mixtures/mixtures.yaml").write_text(f"rate: {RATE}\n", encoding="ascii")
    _write(folder / "enhanced/wav.scp", names, [entry for _, entry in sounds])


def make_features(folder: Path, count: int) -> None:
    """Write features of ``count`` utterances of two speakers, of 0.75 s each."""
    matrix = np.random.default_rng(0).normal(-40, 10, (FRAMES, EnvelopeConfig().n_mels))
    pairs = ((f"m{number:04}", matrix + number % 7) for number in range(min(FILES, count)))
    write_matrices(folder / "matrices.ark", folder / "matrices.scp", pairs)
    entries = list(read_table(folder / "matrices.scp").values())
    speakers = ["AB"[2 * number // count] for number in range(count)]
    names = [f"{speaker}_{number:07}" for number, speaker in enumerate(speakers)]
    _write(folder / "features/feats.scp", names, [entries[number % len(entries)] for number in range(count)])
    _write(folder / "features/utt2spk", names, speakers)
    _write(folder / "features/utt2num_frames", names, [str(FRAMES)] * count)
    save_features(EnvelopeConfig(), folder / "features/features.yaml")


def _write(path: Path, names: list[str], values: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name} {value}\n" for name, value in zip(names, values)), encoding="utf-8")


def plain(folder: Path) -> list[dict[str, str]]:
    """Read the tables as a loop over lines does; nothing is checked."""
    found = []
    for name in TABLES:
        with open(folder / "data" / name, encoding="utf-8") as file:
            found.append(dict(line.rstrip("\n").split(" ", 1) for line in file))
    return found


def opened(folder: Path) -> list[object]:
    """Read the tables, checked."""
    datadir = DataDir(folder / "data")
    return [datadir.table(name) for name in TABLES]


def asked(folder: Path) -> int:
    """Read the tables and ask each for the value of every utterance."""
    first, *others = tables = opened(folder)
    return sum(len(table[name]) for name in first for table in tables) + len(others)


def plainly_asked(folder: Path) -> int:
    """The same of the plain loop's."""
    first, *others = tables = plain(folder)
    return sum(len(table[name]) for name in first for table in tables) + len(others)


def validated(folder: Path) -> int:
    """Check the data dir."""
    return len(validate(folder / "data", feats=False, text=False))


def scored(folder: Path) -> int:
    """Score the enhanced speech without metrics."""
    scoring.score_enhanced = _unscored
    runs = [Run("a", "0", ("mixtures",), str(folder / "enhanced"))]
    scores = scoring.Scoring(SimpleNamespace(data=folder), runs)
    return len(scores.score(range(len(scores.items))).scores) // 2  # and the mixtures as they are


def _unscored(*signals: np.ndarray) -> tuple[dict[str, float], dict[str, str]]:
    return {"pesq": float(len(signals))}, {}


def mixtures(folder: Path) -> int:
    """Read the mixture dir and return the bytes that a worker is sent."""
    return len(pickle.dumps(MixtureDir(folder / "mixtures")))


def features(folder: Path) -> UnpairedCrops:
    """Open features to train on, and find what tells them from others."""
    crops = UnpairedCrops(UnpairedCropsConfig(str(folder / "features"), "A", "B", frames=CROP), held_out=False)
    crops.fingerprint()
    return crops


def loaded(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Load the features, each (bands, frames)."""
    return [(name, np.ascontiguousarray(feats.T)) for name, feats in MatrixTable(folder / "features/feats.scp").items()]


def cropped(folder: Path) -> object:
    """Open features and take crops of two speakers."""
    crops = features(folder)
    return [crops[SampleKey(number % len(crops), (0, number))]["x"].sum() for number in range(CROPS)]


def plainly_cropped(folder: Path) -> object:
    """The same of all features in memory."""
    generator, kept = np.random.default_rng(0), loaded(folder)
    sums = []
    for _ in range(CROPS):
        starts = generator.integers(FRAMES - CROP + 1, size=2)
        pair = [kept[generator.integers(len(kept))][1][:, start : start + CROP].copy() for start in starts]
        generator.standard_normal((len(pair[0]), CROP), dtype=np.float32)
        sums.append(pair[0].sum())
    return sums


def measure(function: Callable[[Path], object], folder: Path) -> tuple[float, float, object]:
    """Return a call's CPU seconds, by how many MiB memory grows meanwhile, and the number that it gives."""
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    began = time.process_time()
    held = function(folder)
    return time.process_time() - began, memory("VmHWM") - before, held if isinstance(held, int) else None


def alone(function: Callable[[Path], object], folder: Path) -> tuple[float, float, object]:
    """Measure a function in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, function, folder).result()


def rows(
    folder: Path, count: int, mixed: int, few: list[int], featured: int, how: Callable[..., tuple]
) -> Iterator[list[str]]:
    """Yield the table's rows; ``how`` measures: `alone` or `measure`."""
    make(folder, count)
    for what, ours, theirs in (("open", opened, plain), ("open, ask for all", asked, plainly_asked)):
        yield _row(what, count, how(ours, folder), how(theirs, folder))
    yield _row("validate", count, how(validated, folder), how(plain, folder))
    make_mixtures(folder, mixed)
    found = how(mixtures, folder)
    yield [*_row("mixture dir", mixed, found), f"pickle of {found[2]} bytes"]
    make_features(folder, featured)
    yield _row("open features", featured, how(features, folder), how(loaded, folder))
    yield _row(f"and take {CROPS} crops", featured, how(cropped, folder), how(plainly_cropped, folder))
    for number in few:
        make_mixtures(folder, number)
        yield _row("score", number, how(scored, folder))


def _row(what: str, count: int, ours: tuple, peer: tuple | None = None) -> list[str]:
    row = [what, str(count), f"{ours[0]:.2f}", f"{ours[1]:.0f}"]
    return [*row, f"{peer[0]:.2f}", f"{peer[1]:.0f}"] if peer else [*row, "", ""]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = cli.ArgumentParser(prog="bench_tables", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=cli.positive, default=1_000_000, help="utterances of the data dir")
    parser.add_argument("--mixtures", type=cli.positive, default=100_000, help="mixtures of the mixture dir")
    parser.add_argument("--scored", type=cli.positive, nargs="+", default=[500, 1000, 2000], help="utterances to score")
    parser.add_argument("--features", type=cli.positive, default=100_000, help="utterances with features")
    parser.add_argument("--together", action="store_true", help="in this process, where memory is not that of one row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        how = measure if options.together else alone
        found = list(rows(Path(folder), options.count, options.mixtures, options.scored, options.features, how))
    table = [row if len(row) == 7 else [*row, ""] for row in found]
    print_table(["what", "of", "CPU s", "MiB", f"{PEER} CPU s", f"{PEER} MiB", ""], table)


if __name__ == "__main__":
    cli.run(main)
