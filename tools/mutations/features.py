"""Kinds of features: how they are computed, stored and read."""

from mutations import of

MEL = ("test/features/test_log_mel.py",)
CEPSTRUM = ("test/features/test_mel_cepstrum.py",)
WORLD = ("test/features/test_world_parameters.py",)
FOLDER = ("test/data/test_feature_dir.py", "test/data/test_crops.py")
CROPS = ("test/data/test_unpaired_crops.py",)
EXTRACTION = ("test/data/test_extraction_kinds.py", "test/data/test_extraction.py")

MUTATIONS = [
    *of(
        "audiolab/features/cmvn.py",
        CROPS,
        ("deviation about zero", "stats[1, :-1] / count - mean**2", "stats[1, :-1] / count"),
    ),
    *of(
        "audiolab/features/mel.py",
        ("test/features/test_mel.py",),
        ("filters of another norm", 'weights.sum(1) if norm == "sum"', 'weights.sum(1) if norm != "sum"'),
        ("another mel scale", "2595 * np.log10(1 + frequency / 700)", "2595 * np.log10(1 + frequency / 1000)"),
    ),
    *of(
        "audiolab/features/stft.py",
        ("test/features/test_stft.py",),
        ("a mean over what lies beyond the ends", "spectrum[..., :1] / ones[..., :1], ones, value=-1",
         "spectrum[..., :1] / ones[0, 0], ones, value=-1"),
        ("the end of the signal as its middle", "torch.maximum(frame.clamp(max=edge), frame - left_out)",
         "frame.clamp(max=edge)"),
    ),
    *of(
        "audiolab/features/envelope.py",
        ("test/features/test_envelope.py",),
        ("mirrored a bin off", "torch.minimum(place, 2 * last - place)",
         "torch.minimum(place, (2 * last - 1 - place).clamp(min=0))"),
        ("an offset in the envelope", "spectrum = centred_stft(samples",
         "from audiolab.features.stft import stft\n        spectrum = stft(samples"),
        ("the notch of the mean in the envelope", "log_amplitude[:, lowest, None]", "log_amplitude[:, :lowest]"),
        ("a higher floor", "floor = 10 ** (config.floor_db / 20)\n        power",
         "floor = 10 ** (config.floor_db / 40)\n        power"),
    ),
    *of(
        "audiolab/features/f0.py",
        ("test/features/test_f0.py",),
        ("DIO without stonemask", "f0 = world.stonemask(samples, coarse, times, rate)", "f0 = coarse"),
    ),
    *of(
        "audiolab/features/world.py",
        ("test/features/test_world.py",),
        ("half of the mean power", "+ 2 * spectrum[:, 1:-1].sum(1)", "+ spectrum[:, 1:-1].sum(1)"),
    ),
    *of(
        "audiolab/features/true_envelope.py",
        ("test/features/test_true_envelope.py",),
        ("envelope below the peaks", "excess.clamp_(min=0)", "excess"),
        ("no lift at the end", "envelope += (highest - tolerance).clamp_(min=0)[:, None]", "pass"),
    ),
    *of(
        "audiolab/features/envelope_config.py",
        ("test/features/test_envelope.py",),
        ("order of the whole period", "config.rate // (2 * f0)", "config.rate // f0"),
    ),
    *of(
        "audiolab/features/log_mel.py",
        MEL,
        ("high-pass one way", "samples = filtfilt(*self._highpass, samples, axis=-1)",
         "from scipy.signal import lfilter\n            samples = lfilter(*self._highpass, samples, axis=-1)"),
        ("noise with a mean", "(generator.random(samples.shape) - 0.5)", "generator.random(samples.shape)"),
        ("zeros beyond the ends", 'mode="reflect"', 'mode="constant"'),
        ("power for magnitude", "np.abs(np.fft.rfft(frames * self._window)) @",
         "np.abs(np.fft.rfft(frames * self._window)) ** 2 @"),
        ("level not brought down", "- config.reference_db", ""),
        ("nothing is clipped", "np.clip((level + config.range_db) / config.range_db, 0, 1)",
         "((level + config.range_db) / config.range_db)"),
        ("gain left out", "samples = self.config.gain * samples", "samples = 1.0 * samples"),
    ),
    *of(
        "audiolab/features/mel.py",
        MEL,
        ("triangles of height 1", "return heights * 2 / (right - left)", "return heights"),
    ),
    *of(
        "audiolab/features/mel_cepstrum.py",
        CEPSTRUM,
        ("spectrum of amplitude", "np.exp(2 * (coefficients", "np.exp((coefficients"),
        ("warped the other way", "1 - alpha * np.cos(omega)", "1 + alpha * np.cos(omega)"),
        ("mel with its knee elsewhere", "* rate / 2000)", "* rate / 1400)"),
    ),
    *of(
        "audiolab/features/band_aperiodicity.py",
        ("test/features/test_band_aperiodicity.py",),
        ("power for amplitude", "level = 20 * np.log10", "level = 10 * np.log10"),
        ("the last frequency in no band", "within[-1] |= frequencies == edges_hz[-1]", "pass"),
        ("edges for centres", "centres = (edges[:-1] + edges[1:]) / 2", "centres = edges[:-1]"),
        ("more than all is noise", "10 ** (np.minimum(bands @ weights, 0) / 20)", "10 ** (bands @ weights / 20)"),
    ),
    *of(
        "audiolab/features/world_parameters.py",
        WORLD,
        ("F0 of the wide search", "second_pass(config.f0, speaker)", "config.f0"),
        ("all is voiced", "np.where(vuv[:, 0] > 0.5, np.exp(lf0[:, 0]), 0.0)", "np.exp(lf0[:, 0])"),
        ("F0 in a line, not its log", "np.interp(np.arange(len(f0)), voiced, np.log(f0[voiced]))",
         "np.log(np.interp(np.arange(len(f0)), voiced, f0[voiced]))"),
        ("spectra of another warping", "mc2sp(mcep, self.alpha, bins)", "mc2sp(mcep, 0.9 * self.alpha, bins)"),
    ),
    *of(
        "audiolab/features/f0.py",
        WORLD,
        ("frames of whole samples", "1 + int(1000 * samples / (rate * hop_ms) + 1e-6)",
         "1 + samples // round(rate * hop_ms / 1000)"),
    ),
    *of(
        "audiolab/data/extraction.py",
        EXTRACTION,
        ("one noise for all utterances", "(config.seed, *utterance.encode())", "(config.seed,)"),
        ("noise that no seed changes", "(config.seed, *utterance.encode())", "(0, *utterance.encode())"),
        ("rates up to 8 kHz too low", "if original < rate:", "if original <= rate - 8000:"),
        ("rates that are a little too low", "if original < rate:", "if original < 0.99 * rate:"),
        ("all have the range of one speaker",
         "{utterance: sources.ranges[speaker] for utterance, speaker in speakers.items()}",
         "dict.fromkeys(speakers, next(iter(sources.ranges.values())))"),
        ("WORLD of the widest range", "_of(utterance, analysis, samples, range_of[utterance])",
         "_of(utterance, analysis, samples, range_of[utterance]._replace(floor=40.0, ceiling=800.0))"),
        ("labels of any width", "labels.ndim != 2 or labels.shape[1] != config.dim", "labels.ndim != 2"),
    ),
    *of(
        "audiolab/data/feature_dir.py",
        FOLDER,
        ("other values are the same data",
         "digest.update(np.ascontiguousarray(self.read(number).T).tobytes())", "pass"),
        ("other lengths are the same data", "{(self.width, int(self.lengths[number]))}", ""),
        ("lengths of other utterances", "return table.by_id(np.fromiter(", "return (np.fromiter("),
        ("lengths that headers do not have", "if (there, rows.shape[1]) != (length, self._widths[table]):",
         "if False:"),
        ("later matrices of another width", "if (there, rows.shape[1]) != (length, self._widths[table]):",
         "if there != length:"),
        ("streams at the beginning", "slice(begin, begin + width)", "slice(0, width)"),
        ("streams out of order", "for _, table, columns in self._parts]\n        return",
         "for _, table, columns in sorted(self._parts)]\n        return"),
    ),
    *of(
        "audiolab/datadir/arkread.py",
        FOLDER,
        ("rows from the beginning", "file.seek(start + 15 + rows.start * width)", "file.seek(start + 15)"),
        ("all rows are read", "taken = _read_part(file, shape[1], rows[begin:end], where)",
         "taken = _read(file, where)[rows[begin:end].start : rows[begin:end].stop]"),
    ),
    *of(
        "audiolab/data/crops.py",
        ("test/data/test_crops.py",),
        ("held-out crops a frame on", "(crop - first) * self.frames", "(crop - first) * self.frames + 1"),
    ),
]  # fmt: skip
