"""The mini twin: VCC2018's layout, the same bytes for the same seed, speakers that differ, and both commands."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora.vcc2018_mini import SPEAKERS, Vcc2018Mini, make_mini
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.text.sentences import sentences_in

SMALL = Vcc2018Mini(train_sentences=3, eval_sentences=2, dev_sentences=0)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    for speaker in (speaker.name for speaker in SPEAKERS):
        source = speaker.startswith("VCC2S")
        kind = "evaluation" if source else "reference"
        expected = [("training", 20001 if source else 10001, 3), (kind, 30001, 2)]
        for name, first, count in expected:
            folder = mini / f"vcc2018_{name}" / speaker
            assert sorted(path.name for path in folder.iterdir()) == [f"{first + n}.wav" for n in range(count)]
        for path in mini.glob(f"*/{speaker}/*.wav"):
            info = soundfile.info(path)
            assert (info.samplerate, info.channels, info.subtype, info.format) == (22050, 1, "PCM_16", "WAV")
            assert 2.0 < info.duration < 5.0
    texts = {path.stem: path.read_text().strip() for path in (mini / "scripts").iterdir()}
    assert set(texts) == {"10001", "10002", "10003", "20001", "20002", "20003", "30001", "30002"}
    assert len(set(texts.values())) == 8  # hub, spoke and evaluation share no sentence
    assert set(texts.values()) <= set(sentences_in("en"))


def test_sentences_for_choices_come_behind_those_that_stay_as_they_are(mini, tmp_path):
    more = make_mini(tmp_path / "more", replace(SMALL, dev_sentences=2), seed=3, nj=2)
    old, new = ({str(path): bits for path, bits in hashes(root).items()} for root in (mini, more))
    listed = {name for name in old if name.endswith(("dev_sentences", ".made_from.json"))}
    assert {name: bits for name, bits in new.items() if name in old.keys() - listed} == {
        name: bits for name, bits in old.items() if name not in listed
    }
    assert {name.rpartition("/")[2] for name in new.keys() - old.keys()} == {
        "30003.wav", "30004.wav", "30003.txt", "30004.txt"
    }  # fmt: skip
    assert (more / "dev_sentences").read_text() == "30003\n30004\n"
    assert (mini / "dev_sentences").read_text() == ""


def test_another_seed_changes_every_file(mini, tmp_path):
    other = make_mini(tmp_path / "other", SMALL, seed=4, nj=2)
    assert set(hashes(other)) == set(hashes(mini))
    assert not set(hashes(other).values()) & set(hashes(mini).values())


def test_recordings_look_recorded(mini):
    """No clipping, no digital silence, speech at -26 dB or so, and another long-term spectrum for every speaker."""
    spectra = {}
    for speaker in (speaker.name for speaker in SPEAKERS):
        samples = [soundfile.read(path)[0] for path in sorted(mini.glob(f"*/{speaker}/*.wav"))]
        for wave in samples:
            assert np.abs(wave).max() < 0.96
            assert -28.5 < 10 * np.log10(np.mean(wave**2)) < -24.5
            assert 1e-5 < np.std(wave[:1000]) < 1e-3  # the noise floor before the speech
        power = np.abs(np.fft.rfft(np.concatenate(samples)[: 22050 * 14])) ** 2
        bands = np.array_split(power[: len(power) * 8 // 11], 24)
        spectra[speaker] = 10 * np.log10([band.mean() for band in bands])
    names = list(spectra)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            assert np.std(spectra[first] - spectra[second]) > 2.0, (first, second)


def test_it_is_made_once_and_touches_nothing_else(mini, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in mini.rglob("*")}
    make_mini(mini, SMALL, seed=3, nj=2)
    assert {path: path.stat().st_mtime_ns for path in mini.rglob("*")} == before
    (tmp_path / "own").mkdir()
    (tmp_path / "own/notes").touch()
    with pytest.raises(AudiolabError, match="own: is there already and not made from mini vcc2018"):
        make_mini(tmp_path / "own", SMALL)
    with pytest.raises(
        AudiolabError, match=r"2 x 81 training and 39 evaluation sentences are asked for, there are 160"
    ):
        make_mini(tmp_path / "big", Vcc2018Mini(train_sentences=81, eval_sentences=35))
    with pytest.raises(ValueError, match="1 or more"):
        Vcc2018Mini(train_sentences=0)
    with pytest.raises(AudiolabError, match="nj must be 1 or more"):
        make_mini(tmp_path / "none", SMALL, nj=0)


def command(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True)


def test_commands_and_same_seed_same_bytes(mini, tmp_path):
    """Rendered again by the command, one process at a time."""
    sizes = ("--train_sentences", "3", "--eval_sentences", "2", "--dev_sentences", "0")
    done = command(
        "audiolab.bin.make_mini", "--corpus", "vcc2018", "--dest", tmp_path / "m", "--seed", "3", "--nj", "1", *sizes
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert hashes(tmp_path / "m") == hashes(mini)
    done = command(
        "audiolab.bin.prepare", "--corpus", "vcc2018", "--db_root", tmp_path / "m", "--dest", tmp_path / "data"
    )
    assert done.returncode == 0, done.stderr
    assert len(DataDir(tmp_path / "data/train").utterances) == 18
    assert DataDir(tmp_path / "data/ref").speakers == ["VCC2TF1", "VCC2TF2", "VCC2TM1", "VCC2TM2"]
    assert DataDir(tmp_path / "data/eval").has("text")
    done = command("audiolab.bin.prepare", "--corpus", "vcc2081", "--db_root", tmp_path, "--dest", tmp_path / "data")
    assert (done.returncode, done.stderr) == (1, "error: --corpus: unknown corpus 'vcc2081'; did you mean 'vcc2018'?\n")
    done = command(
        "audiolab.bin.make_mini", "--corpus", "vcc2018", "--dest", tmp_path / "none", "--train_sentences", "0"
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "train_sentences and eval_sentences must be 1 or more" in done.stderr
    assert "--train_sentences" not in command("audiolab.bin.make_mini", "--help").stdout
    assert "--train_sentences" in command("audiolab.bin.make_mini", "--corpus", "vcc2018", "--help").stdout
