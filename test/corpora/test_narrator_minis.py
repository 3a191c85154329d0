"""Mini twins of the smaller corpora of speech synthesis: their layouts, rates, true times, and bytes by the seed."""

import pytest
import soundfile
from checks import hashes

from audiolab.corpora.arctic_mini import ArcticMini
from audiolab.corpora.base import get_corpus
from audiolab.corpora.cmltts_mini import CmlTtsMini
from audiolab.corpora.ljspeech_mini import LJSpeechMini
from audiolab.corpora.ttsportuguese_mini import TtsPortugueseMini
from audiolab.datadir.datadir import DataDir

# sizes, sampling rate, a file, speakers and recordings of whom there is enough
MINIS = {
    "arctic": (ArcticMini(5), 16000, "cmu_us_bdl_arctic/wav/arctic_a0005.wav", {"bdl", "slt"}, 10),
    "cmltts": (
        CmlTtsMini(5, 1), 24000, "cml_tts_dataset_portuguese_v0.1/train/audio/3050/2941/3050_2941_000004.wav",
        {"3050"}, 5,
    ),
    "ljspeech": (LJSpeechMini(5), 22050, "LJSpeech-1.1/wavs/LJ001-0005.wav", {"LJ"}, 5),
    "ttsportuguese": (TtsPortugueseMini(5), 48000, "TTS-Portuguese-Corpus/wavs/sample-5.wav", {"edresson"}, 5),
}  # fmt: skip


@pytest.mark.parametrize("name", MINIS)
def test_made_and_prepared(name, tmp_path):
    sizes, rate, file, speakers, count = MINIS[name]
    corpus = get_corpus(name)
    mini = corpus.make_mini(tmp_path / "mini", sizes, 3, 2)
    assert soundfile.info(mini / file).samplerate == rate
    config = corpus.preparation(dev_utterances=1, test_utterances=1)
    sets = [DataDir(path) for path in corpus.prepare(mini, tmp_path / "data", config)]
    assert {speaker for data in sets for speaker in data.speakers} == speakers
    utterances = {utterance for data in sets for utterance in data.utterances}
    assert len(utterances) == count
    times = [line.split() for path in mini.glob("phone_times/*.ctm") for line in path.read_text().splitlines()]
    assert utterances <= {row[0] for row in times}
    for utterance, seconds in ((u, s) for data in sets for u, s in data.table("utt2dur").items()):
        assert sum(float(row[3]) for row in times if row[0] == utterance) == pytest.approx(float(seconds), abs=2e-4)


@pytest.mark.parametrize("name", MINIS)
def test_seeds(name, tmp_path):
    sizes, make = MINIS[name][0], get_corpus(name).make_mini
    first, again, other = (hashes(make(tmp_path / f"{n}", sizes, seed, 1 + n)) for n, seed in enumerate((3, 3, 4)))
    assert first == again
    assert not set(first.values()) & set(other.values())
    with pytest.raises(ValueError, match="must be 1 or more"):
        type(sizes)(sentences=0)
