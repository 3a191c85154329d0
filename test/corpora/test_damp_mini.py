"""The mini twin of DAMP-VSEP: its layout, tracks that bleed and lie apart as it says, the same bytes for a seed."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from checks import hashes
from small_songs import DAMP

from audiolab.corpora.damp import DampPreparation, prepare
from audiolab.corpora.damp_layout import find_performances
from audiolab.corpora.damp_mini import RATE, DampMini, make_mini
from audiolab.datadir.datadir import DataDir

LEAST = DampPreparation(min_seconds=3.0, longest_delay=0.5)


@pytest.fixture(scope="module")
def mini(mini_corpus):
    return mini_corpus("damp", DAMP)


def delays(mini):
    with open(mini / "delays.csv", newline="") as file:
        return {row["perf_key"]: (int(row["vocal"]), int(row["background"])) for row in csv.DictReader(file)}


def test_layout(mini):
    found = find_performances(mini)
    assert [one.name for one in found] == sorted(delays(mini))
    for one in found:
        assert re.fullmatch(r"[0-9]+/[A-Z]{2}/[a-z]{2}/[0-9]+_[0-9]+", one.folder.relative_to(mini).as_posix())
        lengths = set()
        for track in ("vocal", "background", "mix"):
            samples, rate = soundfile.read(one.folder / f"{track}.flac")
            assert (rate, samples.ndim) == (RATE, 1)
            assert 0.3 < np.abs(samples).max() < 0.91
            lengths.add(len(samples))
        assert 4 * RATE <= min(lengths) <= max(lengths) <= 5 * RATE
    assert len({one.speaker for one in found}) == 4
    assert len({one.language for one in found}) == 4


def test_the_first_two_sing_the_same_song_and_tracks_bleed(mini):
    """Of the mix, of one moment, the tracks are a part each; in the voice's track is some of the band."""
    first, second, *_ = sorted(find_performances(mini), key=lambda one: one.name.partition("_")[2])
    tracks = [{name: soundfile.read(path)[0] for name, path in one.tracks.items()} for one in (first, second)]
    aligned = []
    for one, of in zip((first, second), tracks):
        late = dict(zip(("vocal", "background"), delays(mini)[one.name])) | {"mix": 0}
        aligned.append(np.stack([of[name][9000 + late[name] :][:60_000] for name in ("vocal", "background", "mix")]))
    for voice, band, mix in aligned:
        weights, *_ = np.linalg.lstsq(np.stack([voice, band], axis=1), mix, rcond=None)
        np.testing.assert_allclose(weights @ np.stack([voice, band]), mix, atol=1e-3)
        assert (weights > 0.1).all()
        assert np.abs(np.fft.irfft(np.fft.rfft(voice) * np.fft.rfft(band).conj())).max() > 0.05 * np.sqrt(
            np.sum(voice**2) * np.sum(band**2)
        )
    bands = [of[1] for of in aligned]
    assert np.corrcoef(*bands)[0, 1] > 0.9
    assert abs(np.corrcoef(*[of[0] for of in aligned])[0, 1]) < 0.5


def test_what_bleeds_is_all_that_tracks_without_bleeding_lack(mini, mini_corpus):
    """It is the other source, 6 to 20 dB below the voice and 22 to 34 dB below the band; the songs are the same."""
    dry = mini_corpus("damp", replace(DAMP, bleeding=False))
    assert delays(dry) == delays(mini)
    one = find_performances(mini)[0]
    bled, clean = (
        {track: soundfile.read(corpus / path.relative_to(mini))[0] for track, path in one.tracks.items()}
        for corpus in (mini, dry)
    )
    for track, other, (low, high) in (("vocal", "background", (-20, -6)), ("background", "vocal", (-34, -22))):
        kept = clean[track] * (bled[track] @ clean[track]) / (clean[track] @ clean[track])
        leak = bled[track] - kept
        assert low - 1 < 10 * np.log10((leak @ leak) / (kept @ kept)) < high + 1
        assert alike(leak, clean[other]) > 0.2 > alike(clean[track], clean[other])


def alike(one, other):
    """Return the largest correlation of two waves at any delay, 0 to 1."""
    found = np.fft.irfft(np.fft.rfft(one) * np.fft.rfft(other).conj(), len(one))
    return np.abs(found).max() / np.sqrt((one @ one) * (other @ other))


def test_data_dir(mini, tmp_path):
    """Its alignment is the one that the twin was made with, to the sample."""
    (path,) = prepare(mini, tmp_path / "data", LEAST)
    assert len(DataDir(path).utterances) == 4
    with open(tmp_path / "data/damp_alignment.csv", newline="") as file:
        for row in csv.DictReader(file):
            vocal, background, mix = (int(row[f"{track}_skip"]) for track in ("vocal", "background", "mix"))
            assert (vocal - mix, background - mix) == delays(mini)[row["perf_key"]]


def test_seeds(mini, tmp_path):
    one = DampMini(performances=1, singers=4, seconds=[4.0, 5.0])
    of_one = {path: digest for path, digest in hashes(mini).items() if path.rpartition("/")[0].endswith("_2700000000")}
    assert hashes(make_mini(tmp_path / "again", one, seed=3, nj=2)) == of_one
    assert not set(hashes(make_mini(tmp_path / "other", one, seed=4)).values()) & set(hashes(mini).values())


def test_aac_as_the_corpus_has_it(tmp_path):
    pytest.importorskip("av")
    mini = make_mini(tmp_path / "mini", DampMini(performances=1, singers=1, seconds=[4.0, 4.0], m4a=True))
    (one,) = find_performances(mini)
    assert {track: path.name for track, path in one.tracks.items()} == {
        "vocal": "vocal.flac", "background": "background.m4a", "mix": "mix.m4a"
    }  # fmt: skip
    (path,) = prepare(mini, tmp_path / "data", LEAST)
    assert len(DataDir(path).utterances) == 1


def test_refusals():
    with pytest.raises(ValueError, match="performances must be 1 or more"):
        DampMini(performances=0)
    with pytest.raises(ValueError, match="seconds are a shortest length"):
        DampMini(seconds=[3.0, 9.0])
