"""Songs separated without a model, by the command: a song dir again, at once or in jobs."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "data"))

from song_folder import RATE, make_songs, noises

from audiolab.bin import separate_baseline
from audiolab.data.song_baselines import BASELINES
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError


@pytest.fixture
def songs(tmp_path):
    """Return a song dir of two songs in pieces of 1, 1 and 0.5 s, quiet and loud."""
    waves = noises(2)
    waves["s1"] = {source: 6 * wave for source, wave in waves["s1"].items()}
    return StemDir(
        make_songs(tmp_path / "songs", waves, utt2lang={f"s{n}-{k}": "en" for n in (0, 1) for k in range(3)})
    )


@pytest.fixture
def separate(songs, monkeypatch):
    def run(kind, out, *more):
        words = ["separate_baseline", kind, "--data", songs.path, "--out", out, *more]
        monkeypatch.setattr(sys, "argv", list(map(str, words)))
        separate_baseline.main()
        return out

    return run


@pytest.mark.parametrize("kind", list(BASELINES))
def test_what_is_made_is_a_song_dir_of_the_same_pieces(songs, separate, tmp_path, kind):
    out = separate(kind, tmp_path / "made")
    made, about = StemDir(out), DataDir(out)
    assert (list(made.ids), made.rate) == (list(songs.ids), songs.rate)
    assert made.songs == songs.songs
    np.testing.assert_array_equal(made.lengths, songs.lengths)
    assert set(about.table("utt2lang").values()) == {"en"}
    assert set(about.table("utt2clipped").values()) == {"0"}
    assert [fault for fault in validate(out, feats=False, text=False) if fault.fatal] == []
    for number, name in enumerate(songs.ids):
        sources = [songs.read(number, source).astype(np.float64) for source in SOURCES]
        expected = BASELINES[kind](sum(sources), sources)
        for source, wave in zip(SOURCES, expected):
            np.testing.assert_allclose(made.read(number, source), wave, atol=2e-5)
            assert soundfile.info(out / "wav" / f"{name}.{source}.wav").subtype == "FLOAT"
    assert np.abs(made.read(4, "vocals")).max() > 1  # floats may


def test_jobs_make_what_one_call_does(separate, tmp_path):
    whole, jobs = separate("mixture", tmp_path / "whole"), tmp_path / "jobs"
    for job in (2, 1):
        separate("mixture", jobs, "--nj", 2, "--job", job)
    separate("mixture", jobs, "--nj", 2, "--join")
    tables = [
        {name: table for name, table in DataDir(each).tables.items() if not name.endswith(".scp")}
        for each in (whole, jobs)
    ]
    assert tables[0] == tables[1]
    assert {path.name: path.read_bytes() for path in (whole / "wav").iterdir()} == {
        path.name: path.read_bytes() for path in (jobs / "wav").iterdir()
    }


def test_what_is_read_is_not_replaced(songs, separate):
    with pytest.raises(AudiolabError, match="songs"):
        separate("mixture", songs.path)


def test_a_source_of_another_length_than_the_mixture_is_refused(songs, separate, tmp_path):
    table = songs.path / "wav.scp"
    soundfile.write(tmp_path / "short.wav", np.full(round(2.4 * RATE), 0.1), RATE)
    table.write_text(f"s0 {tmp_path}/short.wav\ns1 {tmp_path}/short.wav\n")
    with pytest.raises(AudiolabError) as raised:
        separate("ideal_ratio_mask", tmp_path / "made")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "made" / "utt2spk").exists()
