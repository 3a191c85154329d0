"""Singing voice separation: how it is scored, its tables, its page and its baselines."""

from mutations import of

BSS = ("test/metrics/test_bss.py",)
BOOTSTRAP = ("test/metrics/test_bootstrap.py",)
SCORING = ("test/tasks/svs/test_svs_scoring.py",)
TABLES = ("test/tasks/svs/test_svs_tables.py",)
PAGE = ("test/tasks/svs/test_svs_page.py",)
BASELINES = ("test/data/test_song_baselines.py",)
SEPARATED = ("test/bin/test_separate_baseline.py",)
RUNNING = ("test/tasks/test_running.py",)

MUTATIONS = [
    *of(
        "audiolab/metrics/bss.py",
        BSS,
        ("SDR in amplitude", "ratio = 10 * np.log10(", "ratio = 20 * np.log10("),
        ("SDR of the estimate's energy", "(truth, truth - found))", "(found, truth - found))"),
        ("a silent source is NaN alone", "np.all(frames.sum(axis=3) == 0, axis=2).any(axis=0)",
         "np.all(frames.sum(axis=3) == 0, axis=2)"),
        ("one zero makes a frame silent", "np.all(frames.sum(axis=3) == 0, axis=2)",
         "np.any(frames.sum(axis=3) == 0, axis=2)"),
        ("channels that cancel sound", "np.all(frames.sum(axis=3) == 0, axis=2)", "np.all(frames == 0, axis=(2, 3))"),
        ("silent estimates count", "for frames in (truth, found)], axis=0)", "for frames in (truth,)], axis=0)"),
        ("silent sources count", "for frames in (truth, found)], axis=0)", "for frames in (found,)], axis=0)"),
        ("perfect frames are infinite", "np.where(np.isfinite(ratio) & ~silent", "np.where(~silent"),
        ("what remains is a frame", "count = samples // window", "count = -(-samples // window)"),
        ("ratios change places", 'RATIOS = ("sdr", "isr", "sir", "sar")', 'RATIOS = ("isr", "sdr", "sir", "sar")'),
    ),
    *of(
        "audiolab/metrics/bootstrap.py",
        BOOTSTRAP,
        ("interval of a median of 90 %", "level: float = 0.95, resamples", "level: float = 0.80, resamples"),
        ("columns drawn apart", "found.append(np.median(values[drawn], axis=1).mean(axis=1))",
         "found.append(np.median(np.stack([values[drawn, 0], values[drawn[::-1], -1]], 2), axis=1).mean(axis=1))"),
        ("medians of four have an interval", "    if len(values) < LEAST:", "    if len(values) < 2:"),
        ("mean of draws", "np.median(values[drawn], axis=1)", "np.mean(values[drawn], axis=1)"),
    ),
    *of(
        "audiolab/tasks/svs/scoring.py",
        SCORING,
        ("mean over frames", "float(np.median(defined))", "float(np.mean(defined))"),
        ("frames of half a second", "sdr(true, made, rate)", "sdr(true, made, rate // 2)"),
        ("seams in what museval hears", "piece[:, : piece.shape[1] // rate * rate]", "piece[:, : -rate // 2]"),
        ("frames that do not count are counted", "int(counted.sum()), int((~counted).sum())",
         "int((~counted).sum()), int(counted.sum())"),
        ("other channels pass", "(wave.shape, other) != (true.shape, rate)", "(len(wave), other) != (len(true), rate)"),
        ("other rates pass", "(wave.shape, other) != (true.shape, rate)", "wave.shape != true.shape"),
        ("pieces too few pass", "odd = sorted(names ^ set(songs.ids))", "odd = sorted(names - set(songs.ids))"),
        ("sources change places", "np.stack(waves[: len(SOURCES)])", "np.stack(waves[: len(SOURCES)][::-1])"),
        ("full without its ratios", "if full and counted.any():", "if False:"),
        ("silence is not told", 'if math.isnan(values[f"sdr_{source}"])', 'if values[f"sdr_{source}"] is None'),
    ),
    *of(
        "audiolab/tasks/svs/tables.py",
        TABLES,
        ("median of means", "if column == MEAN else [column]", "if column is None else [column]"),
        ("spread over seeds of the population", "for of in seeds], ddof=1))", "for of in seeds], ddof=0))"),
        ("another set's scores beside the paper's", "(score.system, score.set) == (row.system, row.set)",
         "score.system == row.system"),
        ("others' rows want scores", "missing = NOT_SCORED if row.system else None", "missing = NOT_SCORED"),
        ("songs counted by seed", "songs = {row.unit for row in rows}", "songs = [row.unit for row in rows]"),
    ),
    *of(
        "audiolab/tasks/svs/excerpts.py",
        PAGE,
        ("the last excerpt", "int(np.argmax(counts[piece]))",
         "int(len(counts[piece]) - 1 - np.argmax(counts[piece][::-1]))"),
        ("sings at 10 dB", "SINGS_DB = -20.0", "SINGS_DB = -10.0"),
        ("first piece", "piece = int(np.argmax([of.max() for of in counts]))", "piece = 0"),
        ("begins with the piece", "round(start * self.songs.rate)", "round(0 * self.songs.rate)"),
        ("one source for the mixture", "[self.source] if self.source else SOURCES", "[self.source or SOURCES[0]]"),
    ),
    *of(
        "audiolab/tasks/svs/page.py",
        PAGE,
        ("last run of a system", "if run.system not in first:", "if True:"),
        ("true sources among the estimates", '{"true": songs, **first}', "{**first}"),
        ("all sources in one picture", "role == MIXTURE or clip.source == source", "True"),
    ),
    *of(
        "audiolab/data/song_baselines.py",
        BASELINES,
        ("half of the mixture", "return [mixed for _ in sources]", "return [mixed / 2 for _ in sources]"),
        ("the voice is harmonic", "[_wave(percussive, mixed), _wave(harmonic, mixed)]",
         "[_wave(harmonic, mixed), _wave(percussive, mixed)]"),
        ("masks of energies", "magnitudes = np.stack([np.abs(_stft(source)) for",
         "magnitudes = np.stack([np.abs(_stft(source)) ** 2 for"),
        ("nothing where all is silent", "np.full_like(magnitudes, 1 / len(sources))", "np.zeros_like(magnitudes)"),
    ),
    *of(
        "audiolab/tasks/svs/separated.py",
        SEPARATED,
        ("songs are forgotten", 'KEPT = ("utt2spk", "utt2song", "utt2lang")', 'KEPT = ("utt2spk", "utt2lang")'),
        ("estimates in 16 bit", 'SOURCES, "FLOAT")', 'SOURCES, "PCM_16")'),
    ),
    *of(
        "audiolab/tasks/running.py",
        RUNNING,
        ("wav.scp is the first signal", '"wav.scp": entry_of(*paths)', '"wav.scp": entry_of(paths[0])'),
        ("clipped of one signal", "clipped = sum(write_audio(", "clipped = max(write_audio("),
        ("always 16 bit", "made.rate, subtype, path)", 'made.rate, "PCM_16", path)'),
    ),
]  # fmt: skip
