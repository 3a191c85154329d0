"""Mixtures read from the tables of a mixture dir, by the tables' documentation and with nothing of `audiolab.data`."""

from pathlib import Path

import numpy as np
import soundfile

from audiolab.datadir.table import read_table

RATE = 16000


def mixtures(folder):
    """Return id -> the nine fields of a mixture dir's table ``mixtures`` that stand behind the id."""
    return {mixture: line.split() for mixture, line in read_table(Path(folder) / "mixtures").items()}


def read(entry, start=0, frames=-1):
    """Return a recording at `RATE`, of one channel or of which the entry names one, float64 [N]."""
    path, _, channel = entry.partition("[channel=")
    wave, rate = soundfile.read(path, frames, int(start), always_2d=True)
    assert rate == RATE
    assert channel or wave.shape[1] == 1
    return wave[:, int(channel.removesuffix("]") or 0)]


def parts(folder, mixture):
    """Return speech and noise, float64 [N] each, of a mixture or of a recorded pair."""
    folder = Path(folder)
    if not (folder / "mixtures").is_file():
        noisy, speech = (read(read_table(folder / table)[mixture]) for table in ("wav.scp", "spk1.scp"))
        return speech, noisy - speech
    fields = mixtures(folder)[mixture]
    samples, waves = int(fields[6]), []
    for table, (recording, start, gain) in (("speech.scp", fields[:3]), ("noise.scp", fields[3:6])):
        waves.append(float(gain) * read(read_table(folder / table)[recording], start, samples))
        assert len(waves[-1]) == samples  # noises that have to be repeated are not for this reader
    return waves


def snr(speech, noise):
    """Return the ratio of the whole signals' energies in dB, without their means."""
    return 10 * np.log10(np.var(speech) / np.var(noise))


def si_sdr(estimate, reference):
    """Return SI-SDR in dB: of what a straight line over the reference explains of the estimate, to the rest."""
    explained = np.polyval(np.polyfit(reference, estimate, 1), reference)
    return 10 * np.log10(np.var(explained) / np.var(estimate - explained))
