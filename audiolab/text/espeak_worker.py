"""The process in which espeak-ng speaks: a job as JSON on standard input, waveforms as an npz on standard output.

Calls the C interface (espeak-ng/speak_lib.h, version 1.52) through ctypes. A job may ask for what is said as well: for
each line, as JSON, the phones of each clause as the library writes them in IPA, and its events of words and phones.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import sys
from typing import Any

import numpy as np

from audiolab import cli
from audiolab.errors import AudiolabError

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of exit(1)
PHONES = 1 | 2  # espeakINITIALIZE_PHONEME_EVENTS, _PHONEME_IPA
CHARACTER = 1  # POS_CHARACTER
UTF8 = 1  # espeakCHARS_UTF8
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER
END, WORD, PHONE = 0, 1, 7  # espeakEVENT_LIST_TERMINATED, _WORD, _PHONEME
IPA_APART = 0x02 | ord("_") << 8  # espeakPHONEMES_IPA, phones apart by "_"


class Identity(ctypes.Union):
    """The last member of `Event`: of a phone its name, as far as 8 bytes hold it."""

    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_void_p), ("string", ctypes.c_char * 8))


class Event(ctypes.Structure):
    """espeak_EVENT; ``position`` is that of a word's first character in the text, from 1."""

    _fields_ = (
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("position", ctypes.c_int), ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int), ("sample", ctypes.c_int), ("user_data", ctypes.c_void_p), ("id", Identity),
    )  # fmt: skip


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
ClauseCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)


def main() -> None:
    """Speak the job on standard input."""
    job = json.load(sys.stdin)
    library, rate = open_library(job["library"], job["data"], PHONES if job["phones"] else 0)
    name = "+".join(filter(None, (job["voice"]["language"], job["voice"]["variant"])))
    if library.espeak_SetVoiceByName(name.encode()) != 0:
        raise AudiolabError(f"no voice {name}")
    listen = Clauses(library).said if job["phones"] else list
    spoken, said = [], []
    for line in job["lines"]:
        wave, events = say(library, line)
        spoken.append(wave)
        said.append({"clauses": listen(), "events": events})
    buffer = io.BytesIO()
    samples = np.concatenate([np.zeros(0, np.int16), *spoken])
    told = np.frombuffer(json.dumps(said if job["phones"] else []).encode(), np.uint8)
    np.savez(buffer, samples=samples, lengths=np.array([len(wave) for wave in spoken]), rate=rate, said=told)
    sys.stdout.buffer.write(buffer.getvalue())


def open_library(path: str, data: str, options: int = 0) -> tuple[ctypes.CDLL, int]:
    """Load and initialise espeak-ng; return it and its sampling rate (Hz)."""
    library = ctypes.CDLL(path)
    os.chdir(data)  # it keeps its data folder's path in 160 bytes, and environments lie deep
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, b".", DONT_EXIT | options)
    if rate <= 0:
        raise AudiolabError(f"its data in {data} cannot be read; install espeakng-loader again")
    return library, rate


class Clauses:
    """Collects how the library writes the clauses that it speaks: phones apart by ``_``, words by spaces."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._heard: list[str] = []
        self._callback = ClauseCallback(self._keep)  # which lives as long as the library may call it
        library.espeak_SetPhonemeCallback(self._callback)
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        nowhere = libc.fopen(os.devnull.encode(), b"w")  # else it writes them to standard error, too
        library.espeak_SetPhonemeTrace(IPA_APART, ctypes.c_void_p(nowhere))

    def _keep(self, clause: bytes) -> int:
        self._heard.append(clause.decode(errors="replace"))
        return 0

    def said(self) -> list[str]:
        """Return the clauses since the last call."""
        heard, self._heard = self._heard, []
        return heard


def say(library: ctypes.CDLL, line: dict[str, Any]) -> tuple[np.ndarray, list[tuple[str, int, int, str]]]:
    """Return one line's waveform (int16), and its events: (``word`` or ``phone``, position, sample, name).

    A phone's name is cut off after 8 bytes; it is empty for a pause. Without the option `PHONES` there are words only.
    """
    blocks: list[bytes] = []
    heard: list[tuple[str, int, int, str]] = []

    def keep(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            blocks.append(ctypes.string_at(samples, 2 * count))
        for event in iter_events(events):
            if event.type == WORD:
                heard.append(("word", event.position - 1, event.sample, ""))
            elif event.type == PHONE:
                heard.append(("phone", 0, event.sample, event.id.string.decode(errors="ignore")))
        return 0

    callback = Callback(keep)  # named, so that it lives as long as the library may call it
    library.espeak_SetSynthCallback(callback)
    for parameter, value in ((RATE, line["rate"]), (PITCH, line["pitch"]), (RANGE, line["pitch_range"])):
        if library.espeak_SetParameter(parameter, value, 0) != 0:
            raise AudiolabError(f"parameter {parameter} cannot be {value}")
    text = line["text"].encode() + b"\0"
    failed = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, CHARACTER, 0, UTF8, None, None)
    if failed or not blocks:
        raise AudiolabError(f"it cannot say {line['text']!r}")
    return np.frombuffer(b"".join(blocks), np.int16), heard


def iter_events(events: Any) -> Any:
    """Yield the events of a list that ends with one of type `END`."""
    number = 0
    while events[number].type != END:
        yield events[number]
        number += 1


if __name__ == "__main__":
    cli.run(main)
