"""Every kind of features by the command, in two jobs, read by `FeatureDir` and in crops."""

import importlib

import numpy as np
import pytest
import soundfile
import soxr

from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters
from audiolab.synthesis.speechlike import speech_like

RATE = 24000
KINDS = ("envelope", "mel", "world", "labels")
DIM = 7


def command(monkeypatch, name, *arguments):
    monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
    importlib.import_module(f"audiolab.bin.{name}").main()


@pytest.fixture
def data(tmp_path):
    """Return a data dir of two speakers, in two parts, and a table of labels for it."""
    wavs, speakers, labels = {}, {}, {}
    for speaker, f0 in (("A", 110), ("B", 200)):
        for number in range(3):
            name, path = f"{speaker}_{number}", tmp_path / f"{speaker}_{number}.wav"
            wave = speech_like(0.4 + 0.1 * number, RATE, f0, np.random.default_rng(number))
            soundfile.write(path, wave, RATE, subtype="FLOAT")
            wavs[name], speakers[name] = str(path), speaker
            labels[name] = np.random.default_rng(number).normal(size=(81 + 20 * number, DIM))
    write_matrices(tmp_path / "labels.ark", tmp_path / "labels.scp", labels.items())
    for part in range(2):
        names = sorted(wavs)[3 * part :][:3]
        tables = {"wav.scp": wavs, "utt2spk": speakers}
        write_data_dir(
            tmp_path / f"data/{part}", {key: {name: table[name] for name in names} for key, table in tables.items()}
        )
    return write_data_dir(tmp_path / "data", {"wav.scp": wavs, "utt2spk": speakers})


def extract(monkeypatch, data, dump, kind, *options):
    """Extract in a job for each part and join the tables."""
    given = ["--kind", kind, *options]
    if kind == "labels":
        given += ["--dim", DIM, "--labels", data.path.parent / "labels.scp"]
    if kind in ("envelope", "world"):
        command(monkeypatch, "extract_f0", *given, "--data", data.path, "--out", dump / "f0")
        who = ("--f0", dump / "f0.scp", "--utt2spk", data.path / "utt2spk")
        command(monkeypatch, "speaker_f0", *given, *who, "--out", dump / "spk2f0")
        given += ["--spk2f0", dump / "spk2f0"]
    for part in range(2):
        out = dump / f"parts/feats.{part}"
        command(monkeypatch, "extract_features", *given, "--data", data.path / str(part), "--out", out)
    for table in ("feats.{}.scp", "utt2num_frames.{}"):
        parts = [dump / "parts" / table.format(part) for part in range(2)]
        command(monkeypatch, "join_scp", *parts, "--out", dump / table.replace(".{}", ""))
    (dump / "parts/features.yaml").rename(dump / "features.yaml")
    (dump / "utt2spk").write_bytes((data.path / "utt2spk").read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_from_wavs_to_crops(tmp_path, monkeypatch, data, kind):
    dump = tmp_path / "dump"
    extract(monkeypatch, data, dump, kind)
    features = FeatureDir(dump)
    width = {"envelope": 32, "mel": 80, "world": 49, "labels": DIM}[kind]
    shift = features.config.shift_ms / 1000
    assert features.width == width
    assert (
        features.lengths.tolist() == [1 + round(1e6 * seconds) // round(1e6 * shift) for seconds in (0.4, 0.5, 0.6)] * 2
    )
    crops = UnpairedCrops(UnpairedCropsConfig(str(dump), "A", "B", frames=20), held_out=False)
    sample = crops[SampleKey(1, (0, 1))]
    assert sample["x"].shape == (width, 20)
    (name, _) = sample["utt"].split()
    whole = features.read(features.utterances.index(name))
    assert any(np.array_equal(whole[start : start + 20].T, sample["x"]) for start in range(len(whole)))
    if kind == "envelope":
        assert crops.analysis == EnvelopeConfig()
        assert crops.source.mean.shape == (width,)
    else:
        with pytest.raises(AudiolabError, match=f"dump: features of kind {kind}, and envelope is wanted"):
            _ = crops.source


def test_mel_is_that_of_an_utterance_by_itself(tmp_path, monkeypatch, data):
    """And its noise is of seed and id, whatever the job."""
    extract(monkeypatch, data, tmp_path / "dump", "mel", "--dither", "0.01", "--seed", "5")
    extract(monkeypatch, DataDir(data.path), tmp_path / "other", "mel", "--dither", "0.01", "--seed", "6")
    found, other = FeatureDir(tmp_path / "dump"), FeatureDir(tmp_path / "other")
    config = LogMelConfig(dither=0.01, seed=5)
    assert found.config == config
    speech = speech_like(0.6, RATE, 200, np.random.default_rng(2)).astype(np.float32)
    wave = soxr.resample(np.pad(speech, RATE, mode="edge"), RATE, 16000)[16000:-16000]
    generator = np.random.default_rng(np.random.SeedSequence((5, *b"B_2")))
    np.testing.assert_allclose(found.read(5), LogMel(config)(wave, generator), atol=2e-3)
    assert np.abs(found.read(5) - other.read(5)).max() > 0.01


def test_worlds_parameters_are_those_of_an_utterance_by_itself(tmp_path, monkeypatch, data):
    extract(monkeypatch, data, tmp_path / "dump", "world", "--rate", RATE, "--order", "24")
    found = FeatureDir(tmp_path / "dump", ["mcep", "lf0"])
    ranges = read_spk2f0(tmp_path / "dump/spk2f0")
    for number, name in ((1, "A_1"), (4, "B_1")):
        wave = soundfile.read(tmp_path / f"{name}.wav", dtype="float32")[0]
        expected = WorldParameters(WorldConfig(rate=RATE, order=24))(wave, ranges[name[0]])
        np.testing.assert_allclose(found.read(number), expected[:, :26], atol=1e-4)


def test_what_does_not_go_together_is_one_line(tmp_path, monkeypatch, data):
    common = ("--data", data.path, "--out", tmp_path / "out/feats")
    only_a, both = tmp_path / "only_a", tmp_path / "both"
    only_a.write_text("A 90 130 110\n")
    both.write_text("A 90 130 110\nB 170 230 200\n")
    for words, message in (
        (("--kind", "envelope"), "features of kind envelope need each speaker's F0 range; give --spk2f0"),
        (("--kind", "world"), "features of kind world need each speaker's F0 range; give --spk2f0"),
        (("--kind", "world", "--spk2f0", only_a), "no F0 range for speaker 'B'; run speaker_f0 on its speech"),
        (("--kind", "mel", "--device", "cuda"), "features of kind mel are computed on the CPU"),
        (
            ("--kind", "mel", "--threads", "1"),
            "--threads: is for kind envelope, and these features are of kind mel; leave",
        ),
        (
            ("--kind", "mel", "--spk2f0", both),
            "--spk2f0: is for kinds envelope and world, .* kind mel; leave it",
        ),
        (("--kind", "mel", "--f0", both), "--f0: is for kinds envelope and world, .* of kind mel; leave it out"),
        (
            ("--kind", "world", "--rate", "44100", "--spk2f0", both),
            r"A_0\.wav is at 24000 Hz, and an analysis at 44100 Hz would learn",
        ),
        (
            ("--kind", "labels", "--dim", 5, "--labels", tmp_path / "labels.scp"),
            r"A_0 has shape \(81, 7\), not \(frames, 5\)",
        ),
    ):
        with pytest.raises(AudiolabError, match=message):
            command(monkeypatch, "extract_features", *common, *words)
    with pytest.raises(AudiolabError, match="features of kind mel go without F0"):
        command(monkeypatch, "extract_f0", "--kind", "mel", *common)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_what_is_not_voiced_has_the_speakers_median(tmp_path, monkeypatch, data, caplog):
    soundfile.write(tmp_path / "B_1.wav", np.eye(1, RATE // 2, 3000)[0] / 2, RATE, subtype="FLOAT")  # a click
    extract(monkeypatch, data, tmp_path / "dump", "world")
    found = FeatureDir(tmp_path / "dump", ["lf0", "vuv"]).read(4)
    median = read_spk2f0(tmp_path / "dump/spk2f0")["B"].median
    np.testing.assert_allclose(found, np.tile([np.log(median), 0], (101, 1)), rtol=1e-6)
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["B_1: no voiced frame in 101; its log F0 is the speaker's median"]


def test_an_utterance_that_cannot_be_analysed_is_named(tmp_path, monkeypatch, data):
    common = ("--data", data.path, "--out", tmp_path / "out/feats")
    soundfile.write(tmp_path / "B_1.wav", np.cos(np.arange(20)) / 2, RATE, subtype="FLOAT")
    with pytest.raises(AudiolabError, match=r"B_1: 1[34] samples, and the high-pass takes 19 or more: leave it out"):
        command(monkeypatch, "extract_features", "--kind", "mel", *common)
