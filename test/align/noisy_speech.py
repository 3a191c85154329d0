"""Data dirs of utterances whose phones are noises of different bands, with known times."""

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

from audiolab.datadir.ctm import Segment, write_ctm
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.table import write_table

RATE = 16000
BANDS = {"a": (300, 900), "i": (2200, 3200), "s": (5000, 7000), "o": (900, 1500)}


def utterance(symbols, generator, pauses=0.5):
    """Return audio, and segments, of symbols as in the table ``phones``; a pause is made with a probability."""
    waves, segments, samples = [], [], 0
    for symbol in symbols:
        seconds = generator.uniform(0.08, 0.16)
        if symbol == "_":
            if generator.random() >= pauses:
                continue
            symbol = "pau"
        count = round(seconds * RATE)
        wave = generator.standard_normal(count)
        if symbol in BANDS:
            wave = 0.1 * sosfilt(butter(4, BANDS[symbol], "bandpass", fs=RATE, output="sos"), wave)
        else:
            wave *= 1e-4
        waves.append(wave)
        segments.append(Segment(samples / RATE, (samples + count) / RATE, symbol))
        samples += count
    return np.concatenate(waves), segments


def make_speech(folder, count=10, seed=0, phones="aiso", words=3, language=None, name="u"):
    """Write a data dir with ``phones`` and ``truth.ctm``; return the folder."""
    generator = np.random.default_rng(seed)
    tables = {table: {} for table in ("wav.scp", "utt2spk", "utt2lang" if language else "text")}
    said, truth = {}, {}
    (folder / "wav").mkdir(parents=True)
    for number in range(count):
        key = f"{name}-{number:02d}"
        symbols = ["sil"]
        for word in range(words):
            symbols += ["_"] * bool(word)
            symbols += generator.permutation(list(phones))[: generator.integers(2, 4)].tolist()
        symbols.append("sil")
        wave, truth[key] = utterance(symbols, generator)
        soundfile.write(folder / "wav" / f"{key}.wav", wave, RATE)
        said[key] = " ".join(symbols)
        for table, value in zip(tables, (str(folder / "wav" / f"{key}.wav"), name, language or key)):
            tables[table][key] = value
    write_data_dir(folder, tables)
    write_table(folder / "phones", said)
    write_ctm(folder / "truth.ctm", truth)
    return folder
