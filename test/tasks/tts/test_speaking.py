"""Text to speech, with models that are functions of what they are told."""

import io

import numpy as np
import pytest

from audiolab.bin import speak
from audiolab.datadir.audiofile import read_wav
from audiolab.errors import AudiolabError
from audiolab.features.world_config import WorldConfig
from audiolab.tasks.tts.speaking import Speaking, set_of_model
from audiolab.text.linguistic_set import set_of, write_set
from audiolab.text.phonemes import phonemise
from audiolab.text.structure import utterance_of
from audiolab.text.unit_utterances import utterance_of_units
from audiolab.text.units import train_units, write_units

CONFIG = WorldConfig(rate=16000, order=5, bands_hz=[0.0, 4000.0, 8000.0])
TEXT = "Il gatto dorme. Dove va il cane? La luna, la sera!"
SENTENCES = ["Il gatto dorme.", "Dove va il cane?", "La luna, la sera!"]
FRAMES, SILENT_FRAMES = 8, 20


def segments(sentence):
    (words,) = phonemise([sentence], "it")
    return utterance_of(words, "it").segments


@pytest.fixture(scope="module")
def features():
    return set_of({"it": {symbol for sentence in SENTENCES for symbol in segments(sentence)}})


class Durations:
    """Silences and pauses last 20 frames, phones 8."""

    linguistic = ""

    def __init__(self, features, languages=("it",), speakers=("A", "B")):
        self.languages, self.speakers, self.columns = languages, speakers, len(features)
        names = [column.name for column in features.columns]
        self.silent = [names.index(name) for name in ("p3=sil", "p3=pau")]

    def durations(self, vectors, language, speaker):
        assert language in self.languages
        assert speaker in self.speakers
        return np.where(vectors[:, self.silent].any(1), SILENT_FRAMES, FRAMES)


class Acoustic:
    """A buzz, higher of B; loud beyond full scale where it is told to be."""

    config = CONFIG
    linguistic = ""

    def __init__(self, features, loudness=-3.0):
        self.languages, self.speakers, self.columns = ["it", "de"], ["A", "B", "C"], len(features)
        self.loudness = loudness

    def predict(self, vectors, durations, language, speaker):
        frames = int(durations.sum())
        found = np.zeros((frames, 10))
        found[:, 0] = self.loudness
        found[:, 6], found[:, 7] = np.log(100 if speaker == "A" else 200), 1
        found[:, 8:] = -20
        return found


def frames_of(sentence):
    return sum(SILENT_FRAMES if symbol in ("sil", "pau") else FRAMES for symbol in segments(sentence))


def test_each_sentence_is_as_long_as_its_phones(features):
    speaking = Speaking(Acoustic(features), Durations(features), features, "it", "A")
    waves = list(speaking.stream(SENTENCES))
    assert [len(wave) for wave in waves] == [80 * frames_of(sentence) for sentence in SENTENCES]
    assert speaking.rate == 16000


def test_the_voice_is_the_speakers(features):
    peaks = {}
    for speaker in "AB":
        wave = Speaking(Acoustic(features), Durations(features), features, "it", speaker)(SENTENCES[0])
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        peaks[speaker] = np.argmax(spectrum[: len(wave) * 250 // 16000]) * 16000 / len(wave)
    assert peaks["A"] == pytest.approx(100, abs=5)
    assert peaks["B"] == pytest.approx(200, abs=5)


def test_nothing_passes_full_scale(features):
    speaking = Speaking(Acoustic(features, loudness=4.0), Durations(features), features, "it", "A")
    assert 0.5 < np.abs(speaking(SENTENCES[0])).max() <= 1


@pytest.mark.parametrize(
    ("language", "speaker", "problem"),
    [
        ("itt", "A", "the acoustic model does not know 'itt'; did you mean 'it'"),
        ("de", "A", "the duration model does not know 'de'"),
        ("it", "D", "the acoustic model does not know 'D'"),
        ("it", "C", "the duration model does not know 'C'"),
    ],
)
def test_unknown_names(features, language, speaker, problem):
    with pytest.raises(AudiolabError, match=problem):
        Speaking(Acoustic(features), Durations(features), features, language, speaker)


def test_unknown_phones_and_other_sets(features):
    speaking = Speaking(Acoustic(features), Durations(features), features, "it", "A")
    with pytest.raises(AudiolabError, match="no phone"):
        speaking("Gnomo, zzz, sciopero!")
    other = set_of({"it": {"a"}})
    with pytest.raises(AudiolabError, match=r"the acoustic model takes vectors of .* one set"):
        Speaking(Acoustic(features), Durations(features), other, "it", "A")


@pytest.fixture(scope="module")
def units():
    return train_units(SENTENCES, 40)


def test_models_of_units_speak_units(units):
    said = [utterance_of_units(sentence, units).segments for sentence in SENTENCES]
    features = set_of({"it": {symbol for segments in said for symbol in segments}})
    assert features.of_units
    models = Acoustic(features), Durations(features), features, "it", "A"
    waves = list(Speaking(*models, units=units).stream(SENTENCES))
    frames = [sum(SILENT_FRAMES if s in ("sil", "pau") else FRAMES for s in segments) for segments in said]
    assert [len(wave) for wave in waves] == [80 * count for count in frames]
    assert not list(Speaking(*models, units=units).stream(["..."]))  # without a word, left out
    with pytest.raises(AudiolabError, match="units of text in place of phones: give --units"):
        Speaking(*models)


def test_models_of_phones_take_no_units(features, units, command, tmp_path):
    assert not features.of_units
    write_units(tmp_path / "units.model", units)
    with pytest.raises(AudiolabError, match="--units: the models speak phones"):
        command("--units", tmp_path / "units.model", "a", tmp_path / "a.wav")


def test_durations_of_another_set_are_refused_though_it_is_as_wide(features, tmp_path):
    durations, path = Durations(features), tmp_path / "set.tsv"
    write_set(path, features)
    durations.linguistic = path.read_text()
    Speaking(Acoustic(features), durations, features, "it", "A")
    header, first, second, *others = durations.linguistic.splitlines()
    durations.linguistic = "\n".join([header, second, first, *others]) + "\n"
    with pytest.raises(AudiolabError, match="the duration model was trained with another set"):
        Speaking(Acoustic(features), durations, features, "it", "A")


def test_a_sentence_that_nothing_is_said_for_is_left_out(features, caplog):
    speaking = Speaking(Acoustic(features), Durations(features), features, "it", "A")
    waves = list(speaking.stream([SENTENCES[0], "①", SENTENCES[2]]))
    assert [len(wave) for wave in waves] == [80 * frames_of(sentence) for sentence in (SENTENCES[0], SENTENCES[2])]
    assert "left out: '①': there is no word in it" in caplog.text


def test_the_set_is_the_models_or_that_of_a_table(features, tmp_path):
    model, path = Acoustic(features), tmp_path / "set.tsv"
    write_set(path, features)
    with pytest.raises(AudiolabError, match="--set"):
        set_of_model(model)
    assert set_of_model(model, path) == features
    model.linguistic = path.read_text()
    assert set_of_model(model) == set_of_model(model, path) == features
    write_set(path, set_of({"it": {"a"}}))
    with pytest.raises(AudiolabError, match="another one"):
        set_of_model(model, path)


@pytest.fixture
def command(features, tmp_path, monkeypatch):
    """Return a function that calls speak with the models above."""
    acoustic, durations, table = Acoustic(features), Durations(features), tmp_path / "set.tsv"
    write_set(table, features)
    monkeypatch.setattr(speak, "load", lambda path, device, does: {"m": acoustic, "d": durations}[path])

    def call(*arguments):
        given = ["--model", "m", "--durations", "d", "--language", "it", "--speaker", "A", "--set", str(table)]
        monkeypatch.setattr("sys.argv", ["speak", *given, *map(str, arguments)])
        speak.main()

    return call


def test_text_and_file_become_the_same_audio(command, tmp_path):
    command(TEXT, tmp_path / "a.wav")
    (tmp_path / "text.txt").write_text(TEXT.replace(" ", "\n"))
    command("--file", tmp_path / "text.txt", tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    samples, rate = read_wav(tmp_path / "a.wav")
    assert (len(samples), rate) == (80 * sum(map(frames_of, SENTENCES)), 16000)


def test_a_sentence_goes_out_before_the_next_is_read(command, features, monkeypatch):
    sizes, read = [], []

    class Out(io.BytesIO):
        def write(self, data):
            sizes.append(len(data))
            return super().write(data)

    def pieces(path):
        for sentence in SENTENCES:
            read.append(len(sizes))
            yield f"{sentence} "

    monkeypatch.setattr(speak, "read_pieces", pieces)
    monkeypatch.setattr(speak.cli, "standard", lambda name: Out())
    command("--file", "book", "-")
    assert sizes == [160 * frames_of(sentence) for sentence in SENTENCES]
    assert read == [0, 0, 1]  # an end is known by what is behind it


@pytest.mark.parametrize("arguments", [["just this"], ["--file", "a.txt", "text", "out.wav"]])
def test_wrong_arguments(command, arguments):
    with pytest.raises(AudiolabError, match="speak: give"):
        command(*arguments)


def test_a_text_that_is_not_unicode_is_refused(command, tmp_path):
    with pytest.raises(AudiolabError, match=r"the text 'Il gatto \\udcff' is not UTF-8"):
        command("Il gatto \udcff", tmp_path / "a.wav")


def test_a_text_without_words_is_refused_and_nothing_written(command, tmp_path):
    with pytest.raises(AudiolabError, match="no word"):
        command("…", tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()
