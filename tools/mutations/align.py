"""The aligner: cepstra, chains, recursions, mixtures, training, phones without a model, files, scores, commands."""

from mutations import of

CEPSTRA = ("test/features/test_mfcc.py",)
LAYOUT = ("test/align/test_layout.py",)
RECURSIONS = ("test/align/test_recursions.py",)
MIXTURES = ("test/align/test_align_mixtures.py",)
INVENTORY = ("test/align/test_inventory.py",)
TRANSCRIPTS = ("test/align/test_align_transcripts.py",)
FILES = ("test/align/test_label_files.py",)
BOUNDARIES = ("test/align/test_boundaries.py",)
MODEL = ("test/align/test_model.py",)
ALIGNING = ("test/align/test_aligning.py",)
COMMANDS = ("test/bin/test_align.py",)

MUTATIONS = [
    *of(
        "audiolab/features/mfcc.py",
        CEPSTRA,
        ("no pre-emphasis", "samples - config.preemphasis * torch", "samples - 0 * torch"),
        ("frames are centred on their beginning", "+ 0.5) * shift", "+ 0.0) * shift"),
        ("amplitudes for powers", "spectrum.real.square() + spectrum.imag.square()", "spectrum.abs()"),
        ("no floor", "(powers + 10 ** (self.config.floor_db / 10)).log()", "(powers + 1e-30).log()"),
        ("a window that is periodic", "periodic=False", "periodic=True"),
        ("the second derivative of half the reach", "_slopes(first, reach)", "_slopes(first, 1)"),
        ("zeros beyond the ends", "values[:1].expand(reach, -1)", "0 * values[:1].expand(reach, -1)"),
    ),
    *of(
        "audiolab/align/layout.py",
        LAYOUT,
        ("optional pauses take frames", "[~units.optional].sum()", ".sum()"),
        ("phones begin at the first state", "self.silence + (models - 1) * self.phone)", "(models - 1) * self.phone)"),
    ),
    *of(
        "audiolab/align/chains.py",
        (*LAYOUT, *RECURSIONS),
        ("a pause costs nothing", "] += np.log(pause)", "] += 0"),
        ("no pause costs nothing", " + np.log1p(-pause)", ""),
        ("a skip leaves from the pause", "leave[places - 1 - layout.silence]", "leave[places - 1]"),
        ("no skips", "skip[places] = ", "skip[:0] = "),
        (
            "the end costs nothing",
            "leave = torch.from_numpy(np.log1p(-stay[ends]))",
            "leave = torch.zeros(len(ends)).double()",
        ),
    ),
    *of(
        "audiolab/align/recursions.py",
        RECURSIONS,
        ("forward without skips", "came = torch.logaddexp(came, before[:, :-reach] + chains.skip)", "pass"),
        ("forward with twice the step", "before[:, reach:] + chains.stay", "before[:, reach:] + chains.step"),
        ("backward without skips", "torch.logaddexp(goes, (ahead + skip)[:, reach:], out=beta[t])", "beta[t] = goes"),
        ("all end with the longest", "if t in lasts:", "if t == len(emissions) - 1:"),
        ("no way out in the likelihood", "chains.last] + chains.leave\n    came", "chains.last]\n    came"),
        ("no emission behind a skip", "(emissions[1:] + beta[1:])", "(beta[1:])"),
        ("the best path takes no skips", "((1, step), (reach, skip))", "((1, step),)"),
        (
            "the best path goes back from the longest's end",
            "inside = t < chains.frames",
            "inside = t < chains.frames + 99",
        ),
    ),
    *of(
        "audiolab/align/mixtures.py",
        MIXTURES,
        ("half a Gaussian's constant", "(2 * torch.pi * self.variances).log()", "(torch.pi * self.variances).log()"),
        ("weights do not count", "self.weights.log() - 0.5", "0 * self.weights - 0.5"),
        ("the best Gaussian alone", ".logsumexp(-1)", ".amax(-1)"),
        ("all frames count alike", "shares * occupancy[there, state, None]", "shares"),
        ("no floor of variances", ").maximum(floor)", ").clamp_min(1e-12)"),
        ("variances around 0", "second / safe - means.square()", "second / safe"),
        ("a split takes frames for one", "counts >= 2 * least", "counts >= least"),
        ("both halves in one place", "self.means - offset", "self.means + offset"),
        ("twice the weight", "torch.where(halved, self.weights / 2, self.weights)", "self.weights"),
    ),
    *of(
        "audiolab/align/inventory.py",
        INVENTORY,
        ("rare phones have models", "if counts[phone] >= rarest]", "if counts[phone] >= 1]"),
        ("the rarest of equals", "(-counts[phone], phone)", "(counts[phone], phone)"),
        ("marks tell phones apart", "if not unicodedata.category(c).startswith(_MARKS)", "if True"),
        ("a rare phone is its own", "found = self.tied.get(phone, phone)", "found = phone"),
        ("pauses are phones", "if symbol not in (SIL, PAU, MAYBE)\n    )", "\n    )"),
        ("all pauses may be left out", "[symbol == MAYBE for", "[symbol in (PAU, MAYBE) for"),
        ("nothing is told", "    if tied:\n        pairs", "    if False:\n        pairs"),
    ),
    *of(
        "audiolab/align/transcripts.py",
        TRANSCRIPTS,
        ("silence in the middle", "if after == SIL and number < len(symbols):", "if False:"),
        ("pauses side by side", "if before in apart and after in apart:", "if False:"),
        ("no silence at the end", " or symbols[-1] != SIL", ""),
    ),
    *of(
        "audiolab/align/training.py",
        ALIGNING,
        ("the same statistics for all passes", "for number in range(passes):", "for number in range(1):"),
        ("Gaussians do not grow", "if 2 * gaussians > config.training.mixtures:", "if True:"),
        ("visits are not counted", "1 - found.visits / lasted", "0 * found.visits / lasted"),
    ),
    *of(
        "audiolab/align/decoding.py",
        ALIGNING,
        ("times in frames of 10 ms", "features.shift_ms / 1000", "features.shift_ms / 500"),
        ("pauses between words are called _", "PAU if units[number].optional[each] else ", ""),
        ("the sum of likelihoods", "score / int(speech.frames[number])", "score"),
    ),
    *of(
        "audiolab/align/speech.py",
        ALIGNING,
        ("languages are not told apart", 'if by_language else [""]', 'if False else [""]'),
        ("a lower rate is taken", "if recording.rate < config.rate:", "if False:"),
    ),
    *of(
        "audiolab/align/hts_times.py",
        FILES,
        ("states are phones", "goes_on = index", "goes_on = False and index"),
        ("a phone goes on into the next one", " and index > before[1]", ""),
        ("microseconds", "int(field) / TICKS", "10 * int(field) / TICKS"),
    ),
    *of(
        "audiolab/align/textgrid.py",
        FILES,
        ("quotes stay doubled", ".replace('\"\"', '\"')", ""),
        ("what is behind the end", "if next(self._tokens, None) is not None:", "if False:"),
        ("gaps are taken", ", gapless=True)", ")"),
        ("the last of two tiers", "if name in found:", "if False:"),
    ),
    *of(
        "audiolab/align/boundaries.py",
        BOUNDARIES,
        ("the sign of errors", "-np.diff(starts)[:, 0]", "np.diff(starts)[:, 0]"),
        ("ends before pauses do not count", "paused.any(0), 0]", "paused.all(0) & False, 0]"),
        ("below the limit only", "(sizes <= limit)", "(sizes < limit)"),
        ("missed for added", "(there & ~made).sum()", "(made & ~there).sum()"),
    ),
    *of(
        "audiolab/align/model.py",
        MODEL,
        ("compressed files", "if any(member.compress_type != zipfile.ZIP_STORED for member in members):", "if False:"),
        ("any shape", "found.shape != shape or ", ""),
        ("any value", " or not np.isfinite(found).all()", ""),
        ("any format", 'if facts["format"] != FORMAT:', "if False:"),
        ("pickles", "allow_pickle=False", "allow_pickle=True"),
    ),
    *of(
        "audiolab/align/aligning.py",
        ALIGNING,
        ("short ones are left out unasked", "if not leave_out or len(short)", "if len(short)"),
        ("short ones are not listed", 'write_lines(out / "left_out", short)', 'write_lines(out / "left_out", [])'),
        ("models are trained again", "given if isinstance(given, Model) else train(", "train("),
    ),
    *of(
        "audiolab/bin/align.py",
        COMMANDS,
        ("options beside a model", "if options.model and (given or options.config):", "if False:"),
        ("cepstra stay", 'shutil.rmtree(out / "mfcc", ignore_errors=True)', "pass"),
    ),
    *of(
        "audiolab/bin/score_alignment.py",
        COMMANDS,
        ("one row", 'groups.get(utterance, "all")', '"all"'),
        ("the last of two truths", "if twice:", "if False:"),
        (
            "a truth of several sets is told of",
            "truth.keys() & groups.keys() if options.by else truth.keys()",
            "truth.keys()",
        ),
        ("what one of both has alone is not told", "        if alone:", "        if False:"),
    ),
]
