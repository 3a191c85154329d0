"""M-AILABS's mini twin: the paper's speakers in the corpus's folders, each reading sentences of its own."""

from collections import Counter

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora.mailabs import MailabsPreparation, prepare
from audiolab.corpora.mailabs_mini import READERS, MailabsMini, make_mini
from audiolab.datadir.datadir import DataDir

SMALL = MailabsMini(sentences=4, adaptation_sentences=3)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    wavs = [path for path in mini.rglob("*.wav") if not path.name.startswith(".")]
    assert len(wavs) == 8 * 4 + 3
    assert Counter(path.relative_to(mini).parts[:3] for path in wavs) == {
        ("en_US", "by_book", "female"): 4, ("en_US", "by_book", "male"): 4, ("en_UK", "by_book", "female"): 4,
        ("en_UK", "by_book", "male"): 4, ("fr_FR", "by_book", "female"): 4, ("it_IT", "by_book", "female"): 4,
        ("de_DE", "by_book", "female"): 4, ("es_ES", "by_book", "female"): 4, ("pl_PL", "by_book", "female"): 3,
    }  # fmt: skip
    assert len(list(mini.rglob("._*.wav"))) == 9
    for path in wavs:
        wave, rate = soundfile.read(path)
        assert rate == 16000
        assert 1.8 < len(wave) / rate < 10
        ends = np.concatenate([wave[: round(0.35 * rate)], wave[-round(0.25 * rate) :]])
        assert np.sqrt(np.mean(ends**2)) < 0.02 * np.sqrt(np.mean(wave**2))


def test_data_dirs(mini, tmp_path):
    config = MailabsPreparation(dev_utterances=1, test_utterances=1)
    train, dev, test = map(DataDir, prepare(mini, tmp_path / "data", config))
    assert Counter(train.table("spk2gender").values()) == {"f": 7, "m": 2}
    assert {len(data.speakers) for data in (train, dev, test)} == {9}
    assert set(train.table("utt2lang").values()) == {"en-us", "en-gb", "fr-fr", "it", "de", "es", "pl"}
    texts = [text for data in (train, dev, test) for text in data.table("text").values()]
    assert len(texts) == len(set(texts)) == 35
    times = {line.split()[0] for path in mini.glob("phone_times/*.ctm") for line in path.read_text().splitlines()}
    assert times == {*train.utterances, *dev.utterances, *test.utterances}
    assert {path.stem for path in mini.glob("phone_times/*.ctm")} == {name for _, _, name, _ in READERS}


def test_seeds_and_sizes(mini, tmp_path):
    again = make_mini(tmp_path / "again", SMALL, seed=3, nj=1)  # other seeds: test_narrator_minis
    assert hashes(again) == hashes(mini)
    for name in ("phone_times/ezwa.ctm", "fr_FR/by_book/female/ezwa/l_epouvante/metadata.csv"):
        assert (again / name).read_text() == (mini / name).read_text()
    for wrong in ({"sentences": 0}, {"adaptation_sentences": 0}):
        with pytest.raises(ValueError, match="must be 1 or more"):
            MailabsMini(**wrong)
