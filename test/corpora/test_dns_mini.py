"""The DNS challenge's mini twin: its layout and names, the same bytes for the same seed, pairs, and its data dirs."""

import re

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora.dns import prepare
from audiolab.corpora.dns_mini import DnsMini, make_mini
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

SMALL = DnsMini(
    speakers=3, sentences=1, english_speakers=3, english_sentences=2, noises=12, seconds=[2.0, 2.5], pairs=5
)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


LAYOUT = {  # as the corpora in the challenge lie, and how many recordings there are to be
    r"clean/french_data/M-AILABS_Speech_Dataset/fr_FR_190hrs_16k/((fe)?male/\w+/\w+|mix/\w+)/wavs/\w+_f\d{6}\.wav": 3,
    r"clean/german_speech/(M-AILABS_Speech_Dataset/de_DE_16k/(fe)?male/\w+/\w+/wavs/\w+|CC_BY_SA_4\.0_249hrs_339spk_"
    r"German_Wikipedia_16k/data/German_Wikipedia_\w+_audio_seg_\d+)\.wav": 3,
    r"clean/italian_speech/M-AILABS_Speech_Dataset/it_IT_128hrs_16k/((fe)?male/\w+/\w+|mix/\w+)/wavs/\w+\.wav": 3,
    r"clean/mandarin_speech/(slr33_aishell/(S\d{4})/BAC009S\d{4}W\d{4}|SLR18_THCHS00/[A-D]\d+_\d+)\.wav": 3,
    r"clean/russian_speech/M-AILABS_Speech_Dataset/ru_RU_47hrs_16k/(fe)?male/\w+/\w+/wavs/\w+\.wav": 3,
    r"clean/spanish_speech/(M-AILABS_Speech_Dataset/es_ES_16k/(fe)?male/\w+/\w+/wavs/\w+|SLR61_es_ar_\w+)\.wav": 3,
    r"clean/book_\d{5}_chp_\d{4}_reader_\d{5}_\d+\.wav": 6,
    r"noise/([a-z]+_\d+_0|[\w-]{11})\.wav": 12,
    r"test_set/synthetic/no_reverb/clean/clean_fileid_\d+\.wav": 5,
    r"test_set/synthetic/no_reverb/noisy/clnsp\d+_\w+_\d+_1_snr\d+_tl-\d+_fileid_\d+\.wav": 5,
}


def test_layout(mini):
    names = list(hashes(mini))
    for pattern, count in LAYOUT.items():
        found = [name for name in names if re.fullmatch(f"datasets/{pattern}", name)]
        assert len(found) == count, pattern
        names = [name for name in names if name not in found]
    assert names == []
    assert len(set(hashes(mini).values())) == len(hashes(mini))
    for path in mini.rglob("*.wav"):
        info, samples = soundfile.info(path), soundfile.read(path)[0]
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert 2 <= info.duration < (9 if "test_set" in path.parts else 6)
        assert np.abs(samples).max() < 0.991
        assert -42 < 10 * np.log10(np.mean(samples**2)) < -14


def test_pairs(mini):
    """SNR over the whole signals and level are what the names say."""
    folder = mini / "datasets/test_set/synthetic/no_reverb"
    for path in (folder / "noisy").iterdir():
        snr, level, number = map(int, re.search(r"_snr(\d+)_tl(-\d+)_fileid_(\d+)", path.stem).groups())
        noisy, clean = soundfile.read(path)[0], soundfile.read(folder / f"clean/clean_fileid_{number}.wav")[0]
        assert 10 * np.log10(np.mean(clean**2) / np.mean((noisy - clean) ** 2)) == pytest.approx(snr, abs=0.2)
        reached = 10 * np.log10(np.mean(noisy**2))
        assert reached == pytest.approx(level, abs=0.2) or np.abs([noisy, clean]).max() > 0.98


def test_data_dirs(mini, tmp_path):
    for path in prepare(mini, tmp_path / "data"):
        assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []
    for part in ("train", "valid", "test"):
        target = DataDir(tmp_path / f"data/speech_target_{part}")
        assert sorted(target.table("utt2lang").values()) == ["de", "es", "fr", "it", "ru", "zh"]
        assert len(DataDir(tmp_path / f"data/speech_english_{part}").speakers) == 1
    sizes = [len(DataDir(tmp_path / f"data/noise_target_{part}").utterances) for part in ("train", "valid", "test")]
    assert sizes == [10, 1, 1]
    assert len(DataDir(tmp_path / "data/dns_no_reverb").table("spk1.scp")) == 5


def test_seeds(mini, tmp_path):
    assert hashes(make_mini(tmp_path / "again", SMALL, seed=3, nj=1)) == hashes(mini)
    other = hashes(make_mini(tmp_path / "other", SMALL, seed=4, nj=2))
    assert not set(other.values()) & set(hashes(mini).values())
    speech = {name for name in other if "test_set" not in name}
    assert speech == {name for name in hashes(mini) if "test_set" not in name}


def test_refusals(tmp_path):
    for options, message in (
        ({"speakers": 2}, "speakers and english_speakers must be 3 or more"),
        ({"noises": 11}, "noises 12 or more"),
        ({"pairs": 0}, "pairs must be 1 or more"),
        ({"seconds": [3.0]}, "seconds are a shortest length"),
    ):
        with pytest.raises(ValueError, match=message):
            DnsMini(**options)
    with pytest.raises(AudiolabError, match="17 sentences of a reader are asked for, there are 16"):
        make_mini(tmp_path / "big", DnsMini(sentences=17))
    assert list(tmp_path.iterdir()) == []
