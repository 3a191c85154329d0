"""Small files of every format that is read, as bytes."""

import io

import numpy as np
import soundfile

RATE = 8000
SAMPLES = 9000

LOSSLESS = {
    "wav": ("WAV", "PCM_16", "FILE"), "wav24": ("WAV", "PCM_24", "FILE"), "wavex": ("WAVEX", "PCM_16", "FILE"),
    "wavfloat": ("WAV", "FLOAT", "FILE"), "rifx": ("WAV", "PCM_16", "BIG"), "rf64": ("RF64", "PCM_16", "FILE"),
    "w64": ("W64", "PCM_16", "FILE"), "aiff": ("AIFF", "PCM_16", "FILE"), "aifc": ("AIFF", "PCM_16", "LITTLE"),
    "aifcfloat": ("AIFF", "FLOAT", "FILE"), "au": ("AU", "PCM_16", "FILE"), "aule": ("AU", "PCM_16", "LITTLE"),
    "caf": ("CAF", "PCM_16", "FILE"), "alac": ("CAF", "ALAC_16", "FILE"), "sphere": ("NIST", "PCM_16", "FILE"),
    "flac": ("FLAC", "PCM_16", "FILE"),
}  # fmt: skip
"""libsndfile's format, sample format and byte order, by a name; what was written is read again to the bit."""

LOSSY = {
    "ulaw": ("WAV", "ULAW", "FILE"), "ima": ("WAV", "IMA_ADPCM", "FILE"), "ms": ("WAV", "MS_ADPCM", "FILE"),
    "gsm": ("WAV", "GSM610", "FILE"), "w64gsm": ("W64", "GSM610", "FILE"), "aiffima": ("AIFF", "IMA_ADPCM", "FILE"),
    "g721": ("AU", "G721_32", "FILE"), "ogg": ("OGG", "VORBIS", "FILE"), "opus": ("OGG", "OPUS", "FILE"),
    "mp3": ("MP3", "MPEG_LAYER_III", "FILE"),
}  # fmt: skip

FORMATS = LOSSLESS | LOSSY


def signal(samples=SAMPLES, channels=1):
    """Return 16-bit noise that gets louder."""
    noise = np.random.default_rng(0).integers(-10000, 10000, (samples, channels))
    return (noise * np.linspace(0.1, 1, samples)[:, None]).astype(np.int16)


def made(name, channels=1, samples=SAMPLES):
    """Return a file of one of `FORMATS`, of `signal`."""
    kind, subtype, endian = FORMATS[name]
    file = io.BytesIO()
    wave = signal(samples, channels)
    if subtype == "FLOAT":
        wave = wave / np.float32(32768)
    soundfile.write(file, wave, RATE, subtype, endian, kind)
    return file.getvalue()


def chunk(name, data, endian="little"):
    """Return a chunk of RIFF, padded to an even size."""
    return name + len(data).to_bytes(4, endian) + data + bytes(len(data) % 2)


def put(data, place, value):
    """Return bytes with ``value`` written over those at ``place``."""
    return data[:place] + value + data[place + len(value) :]


LIST = chunk(b"LIST", b"INFOISFT" + (4).to_bytes(4, "little") + b"test")
"""A chunk that stands before or behind the samples."""
