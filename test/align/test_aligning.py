"""From audio and phones to a ctm: times that are known, jobs, models, and what is refused."""

import itertools
import logging
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from noisy_speech import make_speech

from audiolab.align.aligning import align_data_dir
from audiolab.align.boundaries import Boundaries, compare
from audiolab.align.config import AlignConfig, ModelConfig, TrainingConfig
from audiolab.align.model import load_model
from audiolab.datadir.ctm import read_ctm
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.features.mfcc_config import MfccConfig
from audiolab.work import processes

CONFIG = AlignConfig(
    MfccConfig(window_ms=8, delta_ms=10), ModelConfig(), TrainingConfig(first_passes=4, passes=2, mixtures=2)
)
FILES = ("ctm", "utt2loglik", "model.npz", "left_out")


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    return make_speech(tmp_path_factory.mktemp("speech") / "data")


@pytest.fixture(scope="module")
def aligned(speech):
    out = speech.parent / "aligned"
    align_data_dir(DataDir(speech), out, CONFIG)
    return out


def off(ctm, truth):
    total, true = Boundaries(), read_ctm(truth)
    for utterance, segments in read_ctm(ctm).items():
        total += compare(segments, true[utterance], utterance)
    return total.summary()


def test_boundaries_are_where_sounds_change(speech, aligned):
    found = off(aligned / "ctm", speech / "truth.ctm")
    assert found["median"] <= 5
    assert found["within_20"] > 80  # derivatives hear sounds before they are there
    assert found["missed"] + found["added"] <= 1
    assert found["pauses"] >= 8


def test_a_ctm_is_gapless_from_0_to_the_end(speech, aligned):
    said = read_table(speech / "phones")
    for utterance, segments in read_ctm(aligned / "ctm").items():
        assert segments[0].start == 0
        assert segments[-1].end == pytest.approx(soundfile.info(speech / "wav" / f"{utterance}.wav").duration, abs=1e-4)
        assert all(a.end == pytest.approx(b.start, abs=1e-9) for a, b in itertools.pairwise(segments))
        wanted = [symbol for symbol in said[utterance].split() if symbol != "_"]
        assert [each.symbol for each in segments if each.symbol != "pau"] == wanted
    assert list(read_ctm(aligned / "ctm")) == list(said)


def test_any_number_of_processes_gives_the_same_bytes(speech, aligned, tmp_path):
    with processes(2):
        align_data_dir(DataDir(speech), tmp_path, CONFIG)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (aligned / name).read_bytes(), name


def test_a_model_aligns_further_data(aligned, tmp_path):
    further = make_speech(tmp_path / "data", count=3, seed=7, name="v")
    align_data_dir(DataDir(further), tmp_path / "out", load_model(aligned / "model.npz"))
    assert off(tmp_path / "out/ctm", further / "truth.ctm")["median"] <= 5
    assert not (tmp_path / "out/model.npz").exists()


def test_the_likelihood_rises_at_each_pass_between_two_growths(speech, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config = AlignConfig(training=TrainingConfig(first_passes=5, passes=3, mixtures=4, least_frames=5))
    align_data_dir(DataDir(speech), tmp_path, config)
    values = {}
    for line in caplog.messages:
        if found := re.match(r"(\d) Gaussians? a state, pass (\d): log-likelihood (\S+) a frame", line):
            values.setdefault(int(found[1]), []).append(float(found[3]))
    assert [len(values[gaussians]) for gaussians in (1, 2, 4)] == [5, 3, 3]
    assert all(before <= after for each in values.values() for before, after in itertools.pairwise(each))
    assert values[1][-1] < values[2][-1] < values[4][-1]


def test_likelihoods_tell_of_a_text_that_is_another_one(speech, aligned, tmp_path):
    wrong = make_speech(tmp_path / "data", count=6, seed=9)
    said = dict(read_table(wrong / "phones"))
    said["u-03"] = "sil s i s _ i s i sil"
    write_table(wrong / "phones", said)
    align_data_dir(DataDir(wrong), tmp_path / "out", load_model(aligned / "model.npz"))
    found = {name: float(value) for name, value in read_table(tmp_path / "out/utt2loglik").items()}
    assert min(found, key=found.get) == "u-03"
    assert found["u-03"] < min(value for name, value in found.items() if name != "u-03") - 5


def test_what_is_too_short_is_refused_by_name_or_left_out(speech, aligned, tmp_path):
    wrong = make_speech(tmp_path / "data", count=4)
    said = dict(read_table(wrong / "phones"))
    seconds = soundfile.info(wrong / "wav/u-02.wav").duration
    said["u-02"] = f"sil {'a i ' * int(seconds / 0.015 / 2)}sil"
    write_table(wrong / "phones", said)
    model = load_model(aligned / "model.npz")
    with pytest.raises(AudiolabError, match=rf"^u-02: {seconds:.2f} s are too short for its phones, which take .* s"):
        align_data_dir(DataDir(wrong), tmp_path / "out", model)
    align_data_dir(DataDir(wrong), tmp_path / "out", model, leave_out_short=True)
    assert list(read_ctm(tmp_path / "out/ctm")) == ["u-00", "u-01", "u-03"]
    assert (tmp_path / "out/left_out").read_text() == "u-02\n"
    assert off(tmp_path / "out/ctm", wrong / "truth.ctm")["median"] <= 5


def test_a_frame_a_state_is_enough(aligned, tmp_path):
    short = make_speech(tmp_path / "data", count=1)
    write_table(short / "phones", {"u-00": "sil a i sil"})
    soundfile.write(short / "wav/u-00.wav", np.random.default_rng(0).standard_normal(12 * 80) * 0.1, 16000)
    align_data_dir(DataDir(short), tmp_path / "out", load_model(aligned / "model.npz"))
    assert [each.start for each in read_ctm(tmp_path / "out/ctm")["u-00"]] == pytest.approx([0, 0.015, 0.03, 0.045])


@pytest.mark.parametrize(("phones", "models"), [("by_language", 8), ("shared", 4)])
def test_phones_of_two_languages_are_one_model_or_two(tmp_path, phones, models):
    config = AlignConfig(model=ModelConfig(phones=phones), training=TrainingConfig(1, 1, 1))
    parts = [make_speech(tmp_path / name, 4, name=name, language=name) for name in ("de", "fr")]
    tables = {
        table: {key: value for part in parts for key, value in read_table(part / table).items()}
        for table in ("wav.scp", "utt2spk", "utt2lang", "phones")
    }
    (tmp_path / "both").mkdir()
    for name, table in tables.items():
        write_table(tmp_path / "both" / name, table)
    align_data_dir(DataDir(tmp_path / "both"), tmp_path / "out", config)
    inventory = load_model(tmp_path / "out/model.npz").inventory
    assert len(inventory.phones) == models
    assert {language for language, _ in inventory.phones} == ({"de", "fr"} if models == 8 else {""})


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda folder: (folder / "phones").unlink(), "phones: cannot read"),
        (lambda folder: write_table(folder / "phones", {"u-00": "sil a sil"}), "no phones of 'u-01' .1 are missing"),
        (lambda folder: write_table(folder / "phones", {"u-00": "sil a sil", "u-01": "a"}), "phones: u-01: must be"),
        (lambda folder: soundfile.write(folder / "wav/u-01.wav", np.ones(9000) * 0.1, 8000), "u-01.wav is at 8000 Hz"),
        (lambda folder: soundfile.write(folder / "wav/u-01.wav", np.zeros(9000), 16000), "u-01.*silent"),
        (lambda folder: write_table(folder / "utt2lang", {"u-00": "de"}), "utt2lang: no entry for 'u-01'"),
        (lambda folder: (folder / "utt2spk").write_text(""), "data: there is no utterance in it"),
    ],
)
def test_data_dirs_that_cannot_be_aligned(tmp_path, break_it, problem):
    folder = make_speech(tmp_path / "data", count=2)
    break_it(folder)
    with pytest.raises(AudiolabError, match=problem):
        align_data_dir(DataDir(folder), tmp_path / "out", CONFIG)
    assert not Path(tmp_path / "out/ctm").exists()
