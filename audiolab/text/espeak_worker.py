"""The process in which espeak-ng speaks: a job as JSON on standard input, waveforms as an npz on standard output.

Calls the C interface (espeak-ng/speak_lib.h, version 1.52) through ctypes.
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
CHARACTER = 1  # POS_CHARACTER
UTF8 = 1  # espeakCHARS_UTF8
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    """Speak the job on standard input."""
    job = json.load(sys.stdin)
    library, rate = open_library(job["library"], job["data"])
    name = f"{job['voice']['language']}+{job['voice']['variant']}"
    if library.espeak_SetVoiceByName(name.encode()) != 0:
        raise AudiolabError(f"no voice {name}")
    spoken = [say(library, line) for line in job["lines"]]
    buffer = io.BytesIO()
    samples = np.concatenate([np.zeros(0, np.int16), *spoken])
    np.savez(buffer, samples=samples, lengths=np.array([len(wave) for wave in spoken]), rate=rate)
    sys.stdout.buffer.write(buffer.getvalue())


def open_library(path: str, data: str) -> tuple[ctypes.CDLL, int]:
    """Load and initialise espeak-ng; return it and its sampling rate (Hz)."""
    library = ctypes.CDLL(path)
    os.chdir(data)  # it keeps its data folder's path in 160 bytes, and environments lie deep
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, b".", DONT_EXIT)
    if rate <= 0:
        raise AudiolabError(f"its data in {data} cannot be read; install espeakng-loader again")
    return library, rate


def say(library: ctypes.CDLL, line: dict[str, Any]) -> np.ndarray:
    """Return one line's waveform (int16)."""
    blocks: list[bytes] = []

    def keep(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            blocks.append(ctypes.string_at(samples, 2 * count))
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
    return np.frombuffer(b"".join(blocks), np.int16)


if __name__ == "__main__":
    cli.run(main)
