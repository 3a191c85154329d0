"""Writing what is made of each recording: one signal or several, 16 bit or floats."""

import numpy as np
import pytest
import soundfile

from audiolab.datadir.audio import load_utterance
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.tasks.running import WHOLE, Made, write_recordings

SIGNALS = ("vocals", "accompaniment")
RATE = 16000


def wave(size, seed=0):
    return size * np.random.default_rng(seed).uniform(-1, 1, RATE).astype(np.float32)


def written(out, made, **more):
    items = dict.fromkeys(made)
    return write_recordings(items, lambda name, _: made[name], out, WHOLE, "utt2clipped", "songs", **more)


def song(voice, rest):
    return Made({"accompaniment": rest, "vocals": voice}, RATE, {"utt2spk": "anna"})


def test_several_signals_are_a_table_each_and_wav_scp_their_sum(tmp_path):
    voice, rest = wave(0.4), wave(0.3, 1)
    made = written(tmp_path, {"anna.1": song(voice, rest)}, signals=SIGNALS, subtype="FLOAT")
    assert sorted(path.name for path in (tmp_path / "wav").iterdir()) == [
        "anna.1.accompaniment.wav", "anna.1.vocals.wav",
    ]  # fmt: skip
    for table, expected in (("vocals.scp", voice), ("accompaniment.scp", rest), ("wav.scp", voice + rest)):
        np.testing.assert_array_equal(load_utterance(made, "anna.1", table=table)[0], expected)
    faults = validate(made.path, feats=False, text=False, spk_sort=False)
    assert [fault for fault in faults if fault.fatal] == []


def test_floats_may_pass_full_scale_and_16_bit_are_clipped_and_counted(tmp_path):
    loud = np.array([0.0, 1.5, -1.25, 0.5], np.float32)
    songs = {"anna": song(loud, loud)}
    made = written(tmp_path / "float", songs, signals=SIGNALS, subtype="FLOAT")
    np.testing.assert_array_equal(soundfile.read(tmp_path / "float" / "wav" / "anna.vocals.wav")[0], loud)
    assert made.table("utt2clipped") == {"anna": "0"}
    made = written(tmp_path / "pcm", songs, signals=SIGNALS)
    assert made.table("utt2clipped") == {"anna": "4"}


def test_one_signal_has_a_file_named_by_its_id(tmp_path):
    made = written(tmp_path, {"anna": Made(wave(0.4), RATE, {"utt2spk": "anna"})})
    assert made.table("wav.scp") == {"anna": f"{tmp_path}/wav/anna.wav"}
    assert soundfile.info(tmp_path / "wav" / "anna.wav").subtype == "PCM_16"


def test_ids_that_cannot_name_the_files_are_refused_before_anything_is_made(tmp_path):
    def make(name, _):
        raise AssertionError(name)

    with pytest.raises(AudiolabError, match="bytes; files are named by ids"):
        write_recordings({"a" * 230: None}, make, tmp_path, WHOLE, "utt2clipped", "songs", signals=SIGNALS)
