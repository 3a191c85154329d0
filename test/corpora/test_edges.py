"""Silence at both ends: where it ends, how much is kept, and that a data dir tells it by segments."""

from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.edges import Edges, loud_span
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

RATE = 16000


@dataclass(frozen=True)
class Toy(Edges):
    corpus = "toy"


def burst(begin, end, seconds, floor=1e-4):
    wave = np.random.default_rng(0).uniform(-floor, floor, round(seconds * RATE))
    wave[round(begin * RATE) : round(end * RATE)] += (
        np.sin(np.arange(round(end * RATE) - round(begin * RATE)) / 3) * 0.3
    )
    return wave


@pytest.mark.parametrize("keep", [0.0, 0.1, 5.0])
def test_the_span_is_what_is_loud_and_what_is_kept_around(keep):
    begin, end = loud_span(burst(0.503, 1.007, 2.0), RATE, keep, -45.0)
    assert begin == pytest.approx(max(0, 0.503 - keep), abs=0.011)
    assert end == pytest.approx(min(2, 1.007 + keep), abs=0.011)


def test_the_level_is_re_the_loudest_whatever_that_is():
    for gain in (1.0, 1e-3):
        wave = gain * (burst(0.5, 1.0, 2.0, 1e-9) + 0.01 * burst(0.2, 1.5, 2.0, 1e-9))  # 40 dB below it
        assert loud_span(wave, RATE, 0, -35.0) == pytest.approx((0.5, 1.0))
        assert loud_span(wave, RATE, 0, -45.0) == pytest.approx((0.2, 1.5))


def recordings(root, **more):
    root.mkdir()
    soundfile.write(root / "a.wav", burst(0.5, 1.0, 2.0), RATE)
    soundfile.write(root / "b.wav", burst(0.25, 1.5, 1.6), RATE)
    return {"toy": [Recording(root / f"{name}.wav", name, f"{name}-1", "it", "Sì.", **more) for name in "ab"]}


def test_a_data_dir_of_trimmed_recordings(tmp_path):
    config = Toy(edge_seconds=0.05)
    sets = config.trimmed(recordings(tmp_path / "db"), nj=2)
    data = DataDir(prepare_sets(tmp_path / "data", sets, preparation=config)[0])
    assert validate(data.path, feats=False) == []
    assert data.table("segments")["a-1"].split()[0] == "a-1"
    assert {name: float(value) for name, value in data.table("utt2dur").items()} == pytest.approx(
        {"a-1": 0.6, "b-1": 1.35}, abs=0.011
    )
    wave, rate = load_utterance(data, "a-1")
    assert len(wave) / rate == pytest.approx(0.6, abs=0.011)
    assert np.abs(wave[: round(0.04 * rate)]).max() < 0.01
    assert np.abs(wave[round(0.07 * rate) : round(0.53 * rate)]).max() > 0.2


def test_all_is_kept_and_nothing_read_where_nothing_is_said(tmp_path):
    sets = recordings(tmp_path / "db")
    (tmp_path / "db/a.wav").write_text("no audio")
    assert Toy().trimmed(sets) == sets
    with refused(r"a\.wav: .*no audio", tmp_path / "data"):
        Toy(edge_seconds=0.1).trimmed(sets)


def test_faults(tmp_path):
    sets = recordings(tmp_path / "db", where="list:3")
    soundfile.write(tmp_path / "db/b.wav", np.zeros(RATE), RATE)
    with refused("^list:3: .*b.wav.*silen", tmp_path / "data"):
        Toy(edge_seconds=0.1).trimmed(sets)
    for wrong, told in (({"edge_seconds": -1.0}, "0 or more"), ({"edge_db": 0.0}, "below 0")):
        with pytest.raises(ValueError, match=told):
            Toy(**wrong)
