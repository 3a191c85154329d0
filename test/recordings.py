"""Recordings that tests convert: something like speech, and files that are damaged."""

import numpy as np
import soundfile

from audiolab.synthesis.speechlike import speech_like

RATE = 16000


def speech(seconds=1.0, rate=RATE, channels=None, seed=0):
    wave = 0.3 * speech_like(seconds, rate, 120, np.random.default_rng(seed))
    wave = wave if channels is None else np.stack([np.roll(wave, 50 * c) for c in range(channels)], 1)
    return wave.astype(np.float32)


def damage(path, kind):
    wave = speech()
    soundfile.write(path, wave, RATE, "FLOAT" if path.suffix == ".wav" else None)
    data = path.read_bytes()
    if kind == "missing":
        path.unlink()
    elif kind == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "rotten":
        path.write_bytes(data[: len(data) // 2] + bytes(500) + data[len(data) // 2 + 500 :])
    elif kind in ("NaN", "integers"):
        wave[15000] = np.nan if kind == "NaN" else 20000.0
        soundfile.write(path, wave, RATE, "FLOAT")
    else:
        path.write_bytes({"empty": b"", "header": data[:44], "text": b"no audio"}[kind])
