"""The benchmarks run: each of them whole on something tiny, but for the processes that only keep measurements apart."""

import logging
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[1]
for folder in ("tools/bench", "test/data", "test/systems"):
    sys.path.insert(0, str(ROOT / folder))

import bench_align  # noqa: E402
import bench_enhance  # noqa: E402
import bench_envelope  # noqa: E402
import bench_features  # noqa: E402
import bench_museval  # noqa: E402
import bench_padding  # noqa: E402
import bench_peers  # noqa: E402
import bench_separation  # noqa: E402
import bench_speak  # noqa: E402
import bench_stems  # noqa: E402
import bench_tables  # noqa: E402
import bench_towers  # noqa: E402
import bench_trainer  # noqa: E402
import bench_vocoders  # noqa: E402
from examples import SMALL_ENHANCER  # noqa: E402
from mixture_folder import make_domains  # noqa: E402
from signals import best_time  # noqa: E402
from song_folder import make_songs, noises  # noqa: E402

from audiolab.errors import AudiolabError  # noqa: E402


@pytest.fixture(autouse=True)
def logging_goes_on():
    """A benchmark that trains has no use for the trainer's lines, and takes them off for its process."""
    yield
    logging.disable(logging.NOTSET)


def table(capsys, monkeypatch, bench, *words):
    """Run a benchmark and return the cells of its table's rows."""
    monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
    bench.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("bench", [bench_features, bench_envelope])
def test_speed_of_features(capsys, monkeypatch, bench):
    rows = table(capsys, monkeypatch, bench, "--seconds", 0.5, "--repeats", 1)
    assert len({row[0] for row in rows}) >= 2


def test_speed_and_distances_of_vocoders(capsys, monkeypatch):
    rows = table(capsys, monkeypatch, bench_vocoders, "--seconds", 0.5, "--repeats", 1)
    assert len({row[1] for row in rows}) == 5
    assert all(float(row[2]) > 0 and float(row[3]) > 0 for row in rows)
    distances = {row[1]: float(row[4]) for row in rows}
    assert distances["Griffin-Lim, 60 iterations"] < 3 < distances["HiFi-GAN V2, random weights"]


def test_speed_of_speaking(capsys, monkeypatch):
    """Shares of real time by model and by what is timed; the sums are of the model, and of post-filter and WORLD."""
    monkeypatch.setattr(bench_speak, "COLUMNS", 20)
    rows = table(capsys, monkeypatch, bench_speak, "--seconds", 0.3, "--repeats", 1)
    assert len({row[1] for row in rows}) == 2
    for model, world, both, whole in zip(*(rows[first::4] for first in range(4))):
        assert [row[2] for row in (model, world, both, whole)] == [
            "acoustic model", "WORLD", "post-filter and WORLD", "all",
        ]  # fmt: skip
        assert float(whole[3]) == pytest.approx(float(model[3]) + float(both[3]), abs=0.002)
        assert float(model[4]) > 0


def test_speed_of_towers(capsys, monkeypatch):
    small = ("--inputs", 9, "--cells", 8, "--batch_size", 2, "--frames", 5, "--repeats", 1)
    rows = table(capsys, monkeypatch, bench_towers, *small)
    assert [row[0] for row in rows] == ["loop", "towers"]
    assert float(rows[0][3]) == 1.0
    assert all(float(row[4]) < 1e-5 for row in rows)


@pytest.mark.parametrize("way", bench_enhance.ways(None, None, 0, Path()))
def test_speed_of_enhancement(way):
    name, config = bench_enhance.network(ROOT / "egs/dns/se1/conf/mini/source.yaml")
    assert name == "0.5 M weights"
    seconds, memory = bench_enhance.measure(config, way, 0.5, 1)
    assert 0 < seconds < 60
    assert memory > -1  # MiB; the peak and what was held before are read one after the other


def test_speed_of_a_training_step(capsys, monkeypatch, tmp_path):
    run = {
        "system": "se_supervised",
        "system_conf": {"enhancer": SMALL_ENHANCER},
        "trainer": {"batch_size": 4, "max_steps": 9},
        "data_conf": {"seconds": 0.5} | make_domains(tmp_path, count=8),
    }
    for name in ("target_train", "target_valid"):
        del run["data_conf"][name]
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run))
    words = ("--config", tmp_path / "run.yaml", "--bench_steps", 4, "--repeats", 1, "--workers", 0)
    [[workers, bare, trainer, *_]] = table(capsys, monkeypatch, bench_trainer, *words)
    assert workers == "0"
    assert float(bare) > 0
    assert float(trainer) > 0


@pytest.mark.parametrize("bench", [bench_trainer, bench_separation])
@pytest.mark.parametrize("steps", ["1", "0", "-3", "2.5", "two"])
def test_a_single_step_has_no_time(capsys, monkeypatch, bench, steps):
    refused = f"--bench_steps: '{steps}' is no count of 2 or more: a step ends where the next one begins"
    with pytest.raises(AudiolabError, match=re.escape(refused)):
        table(capsys, monkeypatch, bench, f"--bench_steps={steps}")


def test_speed_of_separation(tmp_path):
    path = ROOT / "egs/musdb18/svs1/conf/mini/small_10s_p0.yaml"
    songs = make_songs(tmp_path, noises(songs=10, seconds=0.25))
    bare, trainer, waiting, memory = bench_separation.training(
        False, 1, time.process_time, path, songs, 0.25, 3, ["--trainer.batch_size", "1"]
    )
    assert min(bare, trainer) > 0
    assert 0 <= waiting < 1
    assert memory > -1  # MiB; a process that had as much before needs no more
    sizes = bench_separation.run_of(path, songs, None, 1, []).system_conf
    spent, _ = bench_separation.separation(sizes, 0.5, 1, time.perf_counter)
    assert spent > 0


def test_time_of_the_cpu_is_not_that_of_the_clock():
    """Sleeping costs none of it."""
    clock = bench_trainer.Clock(time.process_time)
    system = clock.watch(SimpleNamespace(updates=lambda batch: time.sleep(0.2)))
    for batch in clock.batches([1, 2]):
        system.updates(batch)
    ms, _ = clock.result(2)
    assert ms < 100
    assert best_time(lambda: time.sleep(0.2), 1, time.process_time) < 0.1 < best_time(lambda: time.sleep(0.2), 1)


def test_batches_hold_as_many_seconds(tmp_path):
    path = ROOT / "egs/musdb18/svs1/conf/teacher.yaml"
    batches = {
        window: bench_separation.run_of(path, tmp_path, window, 1, []).trainer.batch_size for window in (None, 5.0, 2.5)
    }
    assert batches == {None: 1, 5.0: 2, 2.5: 4}


def test_padding_with_and_without_buckets(capsys, monkeypatch):
    words = ("--utterances", 960, "--groups", 2, "--batch_size", 16, "--bucket", 0, 30)
    rows = table(capsys, monkeypatch, bench_padding, *words)
    factors = {(way, bucket): float(factor) for way, bucket, factor, _ in rows}
    longest = 1 + 19 * 16 / 17  # of 16 that are drawn evenly, on average
    assert factors["evenly", "0"] == pytest.approx(longest / 10.5, rel=0.05)
    assert factors["mostly short", "0"] > 2.5
    for way in ("evenly", "mostly short"):
        assert 1 < factors[way, "30"] <= 1.1


class Peer:
    """Takes half of the mixture for the speech."""

    seconds, audio = 0.1, 1.0

    def enhance(self, wave, rate):
        return 0.5 * wave


def test_peers(capsys, monkeypatch, tmp_path):
    make_domains(tmp_path, count=5, seconds=1.0)
    monkeypatch.setattr(bench_peers, "DeepFilterNet", Peer)
    monkeypatch.setattr(bench_peers, "version", lambda package: "1")
    words = ("--data", tmp_path / "source", "--sets", "train", "valid", "--judges")
    rows = table(capsys, monkeypatch, bench_peers, *words)
    of_peer = [row for row in rows if row[0] == bench_peers.NAME]
    assert len(of_peer) == 4  # of two sets, the paper's scores and further ones
    assert [row[1] for row in of_peer] == ["5"] * 4


def test_speed_of_sdr(capsys, monkeypatch):
    ((name, seconds, *_, ratio, apart),) = table(capsys, monkeypatch, bench_museval, "--seconds", 3, "--rate", 8000)
    assert (name, seconds) == ("noise", "3.0")
    assert float(ratio) > 1
    assert float(apart) < 1e-3


def test_tables(capsys, monkeypatch):
    monkeypatch.setattr(bench_tables.scoring, "score_enhanced", None)  # is replaced, and set back afterwards
    words = ("--count", 30, "--mixtures", 6, "--features", 8, "--scored", 5, 9, "--together")
    rows = table(capsys, monkeypatch, bench_tables, *words)
    assert [row[:2] for row in rows[:2]] == [["open", "30"], ["open, ask for all", "30"]]
    assert [row[:2] for row in rows[-2:]] == [["score", "5"], ["score", "9"]]


def test_speed_of_alignment(capsys, monkeypatch):
    words = ("--utterances", 3, "--seconds", 1, "--gaussians", 2, "--repeats", 1)
    rows = table(capsys, monkeypatch, bench_align, *words)
    assert [bool(row[2]) for row in rows] == [False, False, True, True, True]
    assert all(float(row[1]) > 0 for row in rows[1:])


def test_loading_of_songs(capsys, monkeypatch):
    monkeypatch.setattr(bench_stems, "SONGS", 2)
    monkeypatch.setattr(bench_stems, "SECONDS", 4)
    monkeypatch.setattr(bench_stems, "PIECE", 2)
    words = ("--window_s", 0.5, "--windows", 2, "--repeats", 1, "--pieces", 40)
    rows = table(capsys, monkeypatch, bench_stems, *words)
    assert len(rows) == 13  # of two tables, and the head of the second
    assert rows[0][::2] == ["plain read by soundfile", "1.0"]
    assert all(float(row[1]) > 0 for row in rows[:10])
    assert rows[-1][:2] == ["40", "5"]
