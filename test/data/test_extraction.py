"""Feature extraction by its commands, on good data dirs and on faulty ones."""

import importlib

import kaldi_native_io
import numpy as np
import pytest
import soundfile
import soxr

from audiolab.data.extraction import Sources
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.table import read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import mean_and_deviation
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.kinds import read_features
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses

RATE = 16000
KIND = ("--kind", "envelope")
MEDIAN = {"A": 120, "B": 210}


def vowel(f0, rate=RATE, seconds=0.5):
    contour = np.linspace(0.9 * f0, 1.1 * f0, round(seconds * rate))
    return 0.1 * formant_filter(glottal_pulses(contour, rate), (700, 1200, 2600, 3500), rate)


def command(monkeypatch, name, *arguments):
    monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
    importlib.import_module(f"audiolab.bin.{name}").main()


@pytest.fixture
def data(tmp_path):
    """Return a data dir of two speakers with two utterances each."""
    wavs, speakers = {}, {}
    for speaker, f0 in MEDIAN.items():
        for number in (1, 2):
            utterance = f"{speaker}-{number}"
            path = tmp_path / f"{utterance}.wav"
            soundfile.write(path, vowel(f0), RATE, subtype="FLOAT")
            wavs[utterance], speakers[utterance] = str(path), speaker
    return write_data_dir(tmp_path / "data", {"wav.scp": wavs, "utt2spk": speakers})


def extract(monkeypatch, data, dump, *options):
    who = data.path / "utt2spk"
    command(monkeypatch, "extract_f0", *KIND, "--data", data.path, "--out", dump / "f0.1")
    command(monkeypatch, "join_scp", dump / "f0.1.scp", "--out", dump / "f0.scp")
    spk2 = ("--out", dump / "spk2f0", "--spk2order", dump / "spk2order")
    command(monkeypatch, "speaker_f0", *KIND, "--f0", dump / "f0.scp", "--utt2spk", who, *spk2)
    common = ("--data", data.path, "--spk2f0", dump / "spk2f0", "--f0", dump / "f0.scp")
    command(monkeypatch, "extract_features", *KIND, *common, "--out", dump / "feats.1", *options)
    command(monkeypatch, "compute_cmvn", "--feats", dump / "feats.1.scp", "--utt2spk", who, "--out", dump / "cmvn")


@pytest.mark.parametrize("policy", ["speaker", "frame"])
def test_from_wavs_to_statistics(tmp_path, monkeypatch, data, policy):
    dump = tmp_path / "dump"
    extract(monkeypatch, data, dump, "--order_policy", policy)
    ranges = read_spk2f0(dump / "spk2f0")
    for speaker, f0 in MEDIAN.items():
        assert abs(ranges[speaker].median / f0 - 1) < 0.02
        assert abs(ranges[speaker].ceiling / (1.1 * f0) - 1) < 0.05
    config = read_features(dump / "features.yaml")
    assert config == EnvelopeConfig(order_policy=policy)
    orders = {speaker: int(order) for speaker, order in read_table(dump / "spk2order").items()}
    assert orders == {speaker: int(order_for(found.ceiling, config.stft)) for speaker, found in ranges.items()}

    feats, f0s = MatrixTable(dump / "feats.1.scp"), MatrixTable(dump / "f0.scp")
    frames = {utterance: str(len(matrix)) for utterance, matrix in feats.items()}
    assert read_table(dump / "utt2num_frames.1") == frames
    assert {utterance: str(len(matrix)) for utterance, matrix in f0s.items()} == frames
    wave = vowel(MEDIAN["A"])
    by_hand = MelEnvelope(config)(wave, orders["A"]).mel.numpy()
    difference = np.abs(feats["A-1"] - by_hand).max()
    assert difference < 1e-3 if policy == "speaker" else difference > 0.1

    both = np.concatenate([feats["B-1"], feats["B-2"]])
    with kaldi_native_io.RandomAccessDoubleMatrixReader(f"scp:{dump / 'cmvn.scp'}") as reader:
        stats = np.array(reader["B"])
    assert stats.shape == (2, 33)
    assert stats[:, -1].tolist() == [len(both), 0]
    mean, deviation = mean_and_deviation(stats)
    np.testing.assert_allclose(mean, both.mean(0, dtype=np.float64), rtol=1e-9)
    np.testing.assert_allclose(deviation, both.std(0, dtype=np.float64), rtol=1e-6)


def test_same_input_gives_the_same_bytes(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    made = []
    for _ in range(2):
        extract(monkeypatch, data, tmp_path / "dump")
        made.append({path.name: path.read_bytes() for path in sorted((tmp_path / "dump").iterdir())})
    assert made[0] == made[1]
    assert len(made[0]) == 11


def test_other_rates_are_resampled_and_told_once(tmp_path, monkeypatch, data, caplog):
    for utterance in ("A-1", "A-2"):
        soundfile.write(tmp_path / f"{utterance}.wav", vowel(MEDIAN["A"], 24000), 24000, subtype="FLOAT")
    with caplog.at_level("INFO"):
        command(monkeypatch, "extract_f0", *KIND, "--data", data.path, "--out", tmp_path / "f0")
    told = [record.message for record in caplog.records if "resampled" in record.message]
    assert len(told) == 1
    assert "A-1 is at 24000 Hz" in told[0]
    found = MatrixTable(tmp_path / "f0.scp")["A-1"]
    assert len(found) == 101
    assert abs(np.median(found[found > 0]) / MEDIAN["A"] - 1) < 0.02


def break_wav(kind, path):
    wave = vowel(120).astype(np.float32)
    if kind == "missing":
        path.unlink()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-4000])
    elif kind == "stereo":
        soundfile.write(path, np.stack([wave, wave], 1), RATE)
    elif kind.isdigit():
        soundfile.write(path, wave, int(kind))
    elif kind == "silent":
        soundfile.write(path, 0 * wave, RATE)
    elif kind == "dither":
        soundfile.write(path, np.random.default_rng(0).integers(-1, 2, 8000).astype(np.int16), RATE)
    else:
        wave[100] = np.nan
        soundfile.write(path, wave, RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "No such file"),
        ("empty", "empty, 0 bytes"),
        ("truncated", "truncated"),
        ("stereo", "2 channels"),
        ("silent", "silent.*record it again, or leave it out"),
        ("dither", "silent.*record it again, or leave it out"),
        ("NaN", "sample 100 is NaN"),
        ("8000", "is at 8000 Hz, and an analysis at 16000 Hz would learn from bands without data"),
        ("15999", "is at 15999 Hz, and an analysis at 16000 Hz would learn from bands without data"),
    ],
)
def test_bad_audio_is_named_and_nothing_is_written(tmp_path, monkeypatch, data, kind, words):
    break_wav(kind, tmp_path / "B-1.wav")
    for name, more in (("extract_f0", ()), ("extract_features", ("--spk2f0", tmp_path / "spk2f0"))):
        write_table(tmp_path / "spk2f0", {"A": "100 140 120", "B": "180 240 210"})
        with pytest.raises(AudiolabError, match=rf"B-1.*{words}") as caught:
            command(monkeypatch, name, *KIND, "--data", data.path, "--out", tmp_path / "out", *more)
        assert "\n" not in str(caught.value)
        assert not list(tmp_path.glob("out*"))


def test_what_is_missing_between_stages_is_named(tmp_path, monkeypatch, data):
    write_table(tmp_path / "spk2f0", {"A": "100 140 120"})
    common = ("--data", data.path, "--spk2f0", tmp_path / "spk2f0", "--out", tmp_path / "feats")
    with pytest.raises(AudiolabError, match="no F0 range for speaker 'B'"):
        command(monkeypatch, "extract_features", *KIND, *common)
    with pytest.raises(AudiolabError, match="needs the utterances' F0"):
        command(monkeypatch, "extract_features", *KIND, *common, "--order_policy", "frame")
    write_table(tmp_path / "spk2f0", {"A": "150 140 120", "B": "180 240 210"})
    with pytest.raises(AudiolabError, match="'A 150 140 120' is not <floor Hz>"):
        command(monkeypatch, "extract_features", *KIND, *common)
    command(monkeypatch, "extract_f0", *KIND, "--data", data.path, "--out", tmp_path / "f0")
    write_table(tmp_path / "few", {"A-1": "A"})
    with pytest.raises(AudiolabError, match="without a speaker"):
        command(
            monkeypatch, "speaker_f0", *KIND, "--f0", tmp_path / "f0.scp", "--utt2spk", tmp_path / "few", "--out", "x"
        )


def test_segments_at_another_rate_are_slices_of_the_whole(tmp_path):
    """The samples at a segment's ends follow from what is beside them in the recording, too."""
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 44100)
    soundfile.write(tmp_path / "r.wav", wave, 44100, subtype="FLOAT")
    tables = {"wav.scp": {"r": str(tmp_path / "r.wav")}, "utt2spk": {"s-1": "s", "s-2": "s"}}
    data = write_data_dir(tmp_path / "data", tables | {"segments": {"s-1": "r 0.00 0.30", "s-2": "r 0.30 0.90"}})
    whole = soxr.resample(np.pad(wave.astype(np.float32), 44100, "edge"), 44100, RATE, quality="HQ")[RATE:]
    found = dict(Sources(data).waves(RATE))
    np.testing.assert_allclose(found["s-1"], whole[:4800], atol=1e-5)
    np.testing.assert_allclose(found["s-2"], whole[4800:14400], atol=1e-5)
