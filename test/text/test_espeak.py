"""espeak-ng through ctypes, each list of lines in a process of its own."""

import shutil
import sys

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.text import espeak
from audiolab.text.espeak import Line, Voice, speak

LINES = [Line("The ferry crosses the bay."), Line("Nobody noticed the lamp.", rate=120, pitch=70, pitch_range=20)]


def test_same_lines_same_samples_in_order_whatever_was_said_before():
    (first, second), rate = speak(Voice("en-us", "f1"), LINES)
    assert rate == 22050
    assert first.dtype == np.int16
    assert 1.0 < len(first) / rate < 3.0
    assert 1000 < np.abs(first).max() <= 32767
    speak(Voice("fr", "m3"), [Line("Bonjour, il fait beau.")])
    again, _ = speak(Voice("en-us", "f1"), LINES)
    assert [np.array_equal(a, b) for a, b in zip(again, (first, second))] == [True, True]


def test_parameters_are_heard():
    (slow, fast), _ = speak(Voice("en", "m1"), [Line(LINES[0].text, rate=100), Line(LINES[0].text, rate=300)])
    assert len(slow) > 2 * len(fast)
    a, b = (speak(Voice("en", variant), LINES[:1])[0][0] for variant in ("f1", "m7"))
    assert not np.array_equal(a, b)


def test_unknown_names_are_refused():
    with pytest.raises(AudiolabError, match=r"unknown variant 'f11'; did you mean 'f1'\?"):
        speak(Voice("en", "f11"), LINES)
    with pytest.raises(AudiolabError, match="unknown language 'klingon'; known are: af, am,"):
        speak(Voice("klingon", "f1"), LINES)
    with pytest.raises(AudiolabError, match=r"unknown variant '\.\./f1'"):
        speak(Voice("en", "../f1"), LINES)


def test_a_deep_environment(tmp_path, monkeypatch):
    """The library keeps its data folder's path in 160 bytes."""
    expected = speak(Voice("en", "f1"), LINES)[0]
    library, data = espeak.library_paths()
    deep = tmp_path / "/".join(["a_rather_long_folder_name"] * 10) / "espeak-ng-data"
    shutil.copytree(
        data, deep, ignore=lambda folder, names: [n for n in names if n.endswith("_dict") and n != "en_dict"]
    )
    monkeypatch.setattr(espeak, "library_paths", lambda: (library, deep))
    assert len(str(deep)) > 250
    assert np.array_equal(np.concatenate(speak(Voice("en", "f1"), LINES)[0]), np.concatenate(expected))


def test_a_missing_wheel_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(AudiolabError, match=r"pip install 'audiolab\[mini\]'"):
        speak(Voice("en", "f1"), LINES)
