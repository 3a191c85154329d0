"""Noisy self-training of separators: detectors of activity, poor frames, songs that are kept, rounds."""

from mutations import of

WIRING = ("test/systems/test_activity_wiring.py",)
DETECTOR = ("test/systems/test_activity.py", *WIRING)
POOR = ("test/data/test_poor_frames.py",)
ROUNDS = ("test/plan/test_expansion.py",)
GAIN = ("test/bin/test_compare_runs.py",)

MUTATIONS = [
    *of(
        "audiolab/systems/activity/detector.py",
        DETECTOR,
        ("no floor of magnitudes", ".clamp_min(floor).log10()", ".clamp_min(1e-30).log10()"),
        ("levels of power", "20 * (spectrum.abs()", "10 * (spectrum.abs()"),
        ("levels are not centred", "(decibels - _CENTRE_DB) / _SPREAD_DB", "decibels / _SPREAD_DB"),
        ("full scale is another", "(2 / self.window.sum())", "(1 / self.window.sum())"),
        ("power counts inner bins once", "both = 2 * squares.sum(1)", "both = squares.sum(1)"),
        ("power counts the outer bins twice", " - squares[:, 0] - squares[:, -1]", ""),
        ("power of the window is left in", "self.config.n_fft * self.window.square().sum()", "self.config.n_fft**2"),
        ("silence of amplitudes", "10 ** (self.config.silence_db / 10)", "10 ** (self.config.silence_db / 20)"),
        ("shares of the other source", "share = own / (own + rest)", "share = rest / (own + rest)"),
        ("shares of amplitudes", "share = own / (own + rest)", "share = own.sqrt() / (own.sqrt() + rest.sqrt())"),
        ("silent where one source is", "self.silent(own) & self.silent(rest)", "self.silent(own) | self.silent(rest)"),
        ("silence has a share", ".masked_fill(self.silent(own) & self.silent(rest), 0.0)", ""),
        ("one way in time", "bidirectional=True", "bidirectional=False"),
        ("pools over time", "nn.MaxPool2d((pool, 1))", "nn.MaxPool2d((1, pool))"),
        ("no batch normalisation", "BatchNorm2d(after), nn.ReLU()", "nn.Identity(), nn.ReLU()"),
        ("no rectifier", "nn.ReLU(), nn.MaxPool2d", "nn.Identity(), nn.MaxPool2d"),
    ),
    *of(
        "audiolab/systems/activity/system.py",
        DETECTOR,
        ("songs of any rate", "train_set.check_rate(config.rate)", "pass"),
        ("the shares of the other source are learned", "own = spectra.pop(self.config.source)\n        (other,)",
         "other = spectra.pop(self.config.source)\n        (own,)"),
        ("the source alone is heard", "self.detector(own + other)", "self.detector(own)"),
        ("hard targets", "return self.detector(own + other), self.detector.shares(own, other)",
         "return self.detector(own + other), self.detector.shares(own, other).round()"),
        ("validation sums batches", '"detector_loss": Mean(float(loss), shares.numel())',
         '"detector_loss": Mean(float(loss), len(shares))'),
    ),
    *of(
        "audiolab/systems/activity/predictor.py",
        DETECTOR,
        ("logits for shares", ".sigmoid().masked_fill(", ".masked_fill("),
        ("silence is judged", ".masked_fill(detector.silent(detector.power(spectrum)), 0.0)", ""),
    ),
    *of(
        "audiolab/data/poor_frames.py",
        POOR,
        ("each detector hears its own track", "detectors[other].ratios(", "detectors[track].ratios("),
        ("poor where both leak", "bad = bad | (shares > threshold)", "bad = bad & (shares > threshold)"),
        ("one track alone", "bad = bad | (shares > threshold)", "bad = shares > threshold"),
        ("below the threshold", "(shares > threshold)", "(shares < threshold)"),
        ("long pieces are heard at once", "count = max(1, -(-length // most))", "count = 1"),
        ("the last part alone counts", "poor, frames = poor + int(bad.sum()), frames + len(bad)",
         "poor, frames = int(bad.sum()), len(bad)"),
        ("NaN is no share", "if not np.isfinite(shares).all():", "if False:"),
        ("detectors may be exchanged", "if detector.source != source:", "if False:"),
        ("any rate will do", "if detector.rate != songs.rate:", "if False:"),
        ("shares of pieces", "totals[songs[name]] += count", "totals[name] += count"),
        ("the worst songs", "key=lambda song: (shares[song], song)", "key=lambda song: (-shares[song], song)"),
        ("counts, not shares", "float(poor / frames)", "float(poor)"),
        ("no song", "ranked[: max(1, round(", "ranked[: max(0, round("),
        ("broken counts are read", "or not int(fields[0]) <= int(fields[1]) > 0", ""),
        ("counts of other songs", "if odd := sorted(pieces.keys() ^ counts.keys()):", "if odd := []:"),
    ),
    *of(
        "audiolab/bin/keep_songs.py",
        POOR,
        ("songs that are not kept", "if song in kept]", "if song not in kept]"),
    ),
    *of(
        "audiolab/plan/expansion.py",
        ROUNDS,
        ("the round itself", "values[axis] = rounds[number - 1]", "values[axis] = rounds[number]"),
        ("the first round", "values[axis] = rounds[number - 1]", "values[axis] = rounds[0]"),
        ("the first round stands on a student", "wanted = dict(job.values), name if number else other",
         "wanted = dict(job.values), name"),
        ("what a round stands on is not needed", "job.needs |= dict.fromkeys(keys[:1])\n        return keys[:1]",
         "return keys[:1]"),
        ("one of several students", "keys = self._all_of(wanted, values)\n",
         "keys = self._all_of(wanted, values)[:1]\n"),
    ),
    *of(
        "audiolab/bin/compare_runs.py",
        GAIN,
        ("the last value", "float(max(values) if mode == \"max\" else min(values))", "float(values[-1])"),
        ("low is always good", "if mode == \"max\" else -1)", "if False else -1)"),
        ("a gain of none is one", "not gain > options.least", "not gain >= options.least"),
        ("NaN counts", "if value == value]", "]"),
        ("runs of any metric", "if len(chosen) > 1:", "if False:"),
    ),
]  # fmt: skip
