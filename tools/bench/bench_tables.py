"""Tables of data dirs beside a plain Python loop over their lines: CPU time, and most memory in use meanwhile.

    python tools/bench/bench_tables.py [--count 1000000]

Each row is measured in a process of its own. Scoring is that of enhanced speech, without its metrics: what remains are
tables and audio. Recordings are a thousand short files, which utterances share, with their headers kept.
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
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.headers import Header
from audiolab.datadir.validate import validate
from audiolab.tasks.runs import Run
from audiolab.tasks.se import scoring

TABLES = ("wav.scp", "utt2spk", "utt2dur")
PEER = "plain loop"
FILES, SAMPLES, PER_SPEAKER = 1000, 1600, 50


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


def rows(folder: Path, count: int, mixed: int, few: list[int], how: Callable[..., tuple]) -> Iterator[list[str]]:
    """Yield the table's rows; ``how`` measures: `alone` or `measure`."""
    make(folder, count)
    for what, ours, theirs in (("open", opened, plain), ("open, ask for all", asked, plainly_asked)):
        yield _row(what, count, how(ours, folder), how(theirs, folder))
    yield _row("validate", count, how(validated, folder), how(plain, folder))
    make_mixtures(folder, mixed)
    found = how(mixtures, folder)
    yield [*_row("mixture dir", mixed, found), f"pickle of {found[2]} bytes"]
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
    parser.add_argument("--together", action="store_true", help="in this process, where memory is not that of one row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        how = measure if options.together else alone
        found = list(rows(Path(folder), options.count, options.mixtures, options.scored, how))
    table = [row if len(row) == 7 else [*row, ""] for row in found]
    print_table(["what", "of", "CPU s", "MiB", f"{PEER} CPU s", f"{PEER} MiB", ""], table)


if __name__ == "__main__":
    cli.run(main)
