"""Speech synthesis as a task: post-filter, speaking, scores, tables, page, preference test."""

from mutations import of

POSTFILTER = ("test/synthesis/test_postfilter.py",)
PARAMETRIC = ("test/synthesis/test_parametric.py",)
APPLY = ("test/tasks/tts/test_tts_apply.py",)
SCORING = ("test/tasks/tts/test_tts_scoring.py",)
TABLES = ("test/tasks/tts/test_tts_tables.py",)
PAGE = ("test/tasks/tts/test_tts_page.py",)
PREFERENCES = ("test/report/test_preferences.py",)

MUTATIONS = [
    *of(
        "audiolab/synthesis/postfilter.py",
        POSTFILTER,
        ("the tilt is raised too", "after[:, 2:] *= weight", "after[:, 1:] *= weight"),
        ("c2 is left out", "after[:, 2:] *= weight", "after[:, 3:] *= weight"),
        ("the energy changes twice", "after[:, 0] += 0.5 * np.log(", "after[:, 0] += np.log("),
        ("the energy changes the other way", "energies[0] / energies[1]", "energies[1] / energies[0]"),
        ("what is given is changed", "after = before.copy()", "after = before"),
        ("any weight", "    check_weight(weight)\n    before", "    before"),
        ("weight 0", "if not 0 < weight < np.inf:", "if not 0 <= weight < np.inf:"),
        ("a few frequencies for the energy", "_BINS = 513", "_BINS = 9"),
    ),
    *of(
        "audiolab/synthesis/parametric.py",
        PARAMETRIC,
        (
            "F0 through the post-filter",
            'width = self.config.streams["mcep"]',
            'width = self.config.streams["mcep"] + 1',
        ),
        ("no post-filter", "self._world.alpha, self._weight)", "self._world.alpha, 1.0)"),
        (
            "parameters are changed in place",
            "np.array(parameters, np.float64)",
            "parameters if parameters.dtype == np.float32 else parameters.copy()",
        ),
        ("no limiter", "if limiter is None:", "if True:"),
    ),
    *of(
        "audiolab/tasks/tts/apply.py",
        APPLY,
        ("each its own voice", "labels.speaker(number) if speaker is None else speaker", "labels.speaker(number)"),
        ("any language", "if labels.language(number) in wanted and", "if"),
        ("speakers that the model does not know", "in wanted and voice in model.speakers:", "in wanted:"),
        ("language and voice are not looked at", "if asked is not None and asked not in known:", "if False:"),
        ("no word on what is left out", "if left := len(labels) - len(lines):", "if left := 0:"),
        ("other parameters are kept", "limiter.samples, parameters)", "limiter.samples, 2 * parameters)"),
        ("the usual weight always", "ParametricSynthesis(model.config, weight)", "ParametricSynthesis(model.config)"),
        ("peaks pass", "limiter = Limiter(name, always=True)", "limiter = Limiter(name)"),
        ("no text", "if name in texts else {})", "if False else {})"),
        ("labels of any set", "labels.linguistic != model.linguistic:", "False:"),
        ("over the dump itself", "    check_apart(labels.folder, out)\n", ""),
    ),
    *of(
        "audiolab/tasks/tts/utterance.py",
        SCORING,
        ("errors in their own units", "- other) / self.deviation)", "- other))"),
        ("pauses count", "world_errors(natural[spoken], found[spoken],", "world_errors(natural, found,"),
        (
            "speech alone in the mean square error",
            "normalisation.error(natural, found)",
            "normalisation.error(natural[spoken], found[spoken])",
        ),
        ("power of all streams", 'natural[:, : world.config.streams["mcep"]]', "natural"),
        ("a frame more of the vocoder", "speaker)[: len(natural)]", "speaker)"),
    ),
    *of(
        "audiolab/tasks/tts/scoring.py",
        SCORING,
        ("statistics of the last speaker", "stats += matrix", "stats = matrix"),
        ("statistics of any width", "if matrix.shape != stats.shape:", "if False:"),
        ("constant values are divided by nothing", "np.where(deviation > CONSTANT, deviation, 1)", "deviation"),
        ("utterances of any voice", "if (languages.get(name), speakers[name]) == run.group]", "]"),
        ("runs of unlike utterances", "set(names[run]) ^ set(names[trained[0]])", "set(names[run]) - set(names[run])"),
        ("unlike frames", "if len(found) != len(natural):", "if False:"),
        ("recordings that nobody knows", "if odd := sorted(set(found) - set(known)):", "if odd := []:"),
        (
            "judges hear the recording's parameters",
            "return load_utterance(self.made[0], self.utterance, RATE)[0]",
            "return resample(WorldParameters(self.recording.features.config).synthesise(self.recording.parameters()), "
            "self.recording.features.config.rate, RATE)",
        ),
        ("nothing told of what is not voiced", 'if math.isnan(values["logf0_rmse"]) else []', "if False else []"),
    ),
    *of(
        "audiolab/tasks/tts/recordings.py",
        SCORING,
        ("an utterance of two data dirs", "if utterance in self.by_utterance:", "if False:"),
        ("features of any kind of analysis", "if folder.config != self.config:", "if False:"),
        ("any number of folders", "if len(data) != len(features):", "if False:"),
        ("another utterance's parameters", "return self.features.read(self.number)", "return self.features.read(0)"),
    ),
    *of(
        "audiolab/tasks/tts/tables.py",
        TABLES,
        ("the vocoder is a contender", "unranked=(VOCODED,)", "unranked=()"),
        ("voices by language alone", "if len(speakers[s.language]) == 1 else", "if True else"),
        ("figures of all languages", "if language in row.languages.split()}", "}"),
        ("figures without any score", "        if means:\n            notes", "        if True:\n            notes"),
        (
            "differences of the vocoder",
            "contenders = [score for score in scores if score.system != VOCODED]",
            "contenders = list(scores)",
        ),
        ("baselines that were not scored", "        check_baseline(scores, baseline)\n", ""),
    ),
    *of(
        "audiolab/datadir/named.py",
        ("test/datadir/test_named.py",),
        ("one dir a name", "named.setdefault(name, []).append(DataDir(folder))", "named[name] = [DataDir(folder)]"),
    ),
    *of(
        "audiolab/tasks/tts/corpora.py",
        TABLES,
        ("minutes", "/ 3600", "/ 60"),
        ("utterances of no language", "if utterance not in languages:", "if False:"),
    ),
    *of(
        "audiolab/tasks/tts/codes.py",
        PAGE,
        ("codes around 0", "values - values.mean(0), full", "values, full"),
        ("places without strengths", "left[:, :count] * strengths[:count]", "left[:, :count]"),
        ("any sign", "np.where(signs == 0, 1, signs)", "1"),
        ("models without codes", "for name, codes in found.items() if codes}", "for name, codes in found.items()}"),
    ),
    *of(
        "audiolab/tasks/tts/page.py",
        PAGE,
        ("no pictures", "if self.folder is not None:", "if False:"),
        ("the last run of a system", "and run.system not in of_voice:", ":"),
        ("recordings of other voices", "(recording.language, recording.speaker) == voice and", ""),
        ("voices that nobody hears", 'if not of_voice), ""):', 'if False), ""):'),
    ),
    *of(
        "audiolab/report/language_plots.py",
        PAGE,
        ("intervals upwards alone", "[max(0.0, i.mean - i.low), max", "[0.0, max"),
        ("bars on each other", "+ width * (number - (len(series) - 1) / 2)", ""),
    ),
    *of(
        "audiolab/report/preferences.py",
        PREFERENCES,
        ("the key lies with the sounds", "if out.resolve() in (key.resolve(), *key.resolve().parents):", "if False:"),
        ("at different levels", "audio.level(resample(wave, original, rate), rate)", "resample(wave, original, rate)"),
        ("at the highest rate", "rate = min(clip", "rate = max(clip"),
        ("the manifest does not turn", "*(reversed(heard) if pair.swapped else heard)", "*heard"),
        (
            "the key does not turn",
            "order = (pair.b, pair.a) if pair.swapped else (pair.a, pair.b)",
            "order = (pair.a, pair.b)",
        ),
        (
            "votes of any test",
            '    if (row["test"], row["pair"]) not in keyed:',
            '    if row["pair"] not in {p for _, p in keyed}:',
        ),
        ("votes that are none", 'if row["vote"] not in VOTES:', "if False:"),
        ("votes that come twice", "            if before != place:", "            if False:"),
        (
            "neutral votes for A",
            'return "" if row["vote"] == "neutral" else',
            'return row["a"] if row["vote"] == "neutral" else',
        ),
        (
            "one side of the test",
            "binomtest(one, one + other).pvalue",
            'binomtest(one, one + other, alternative="less").pvalue',
        ),
        ("B is always better", "self.a if self.preferred[0] > self.preferred[1] else self.b", "self.b"),
        ("all differences are significant", "if self.p >= SIGNIFICANT:", "if False:"),
        ("files of an earlier test stay", "(out / name).unlink(missing_ok=True)", "pass"),
    ),
    *of(
        "audiolab/tasks/tts/preference.py",
        PREFERENCES,
        ("A is always first", "% 2 == which", "% 2 == 2"),
        ("an odd number begins with A once more", "generator.integers(2)", "1"),
        ("all sentences", "generator.permutation(len(common))[:sentences]", "generator.permutation(len(common))"),
        (
            "the first sentences",
            "generator.permutation(len(common))[:sentences]]",
            "range(len(common))[:sentences]]",
            "which ones are drawn is not tested, but that the seed decides",
        ),
        (
            "comparisons one after the other",
            "pairs[place] for place in generator.permutation(len(pairs))",
            "pairs[place] for place in range(len(pairs))",
        ),
        ("languages mixed", "return sorted(mixed, key=lambda pair: pair.language)", "return mixed"),
        ("all languages", "(not languages or v[0] in languages)", "True"),
        ("a system with itself", "if not (a and colon and b) or a == b:", "if not (a and colon and b):"),
        ("utterances of all voices", "if (languages.get(name), speakers[name]) == voice}", "}"),
    ),
    *of(
        "audiolab/datadir/arkio.py",
        ("test/datadir/test_arkio.py::test_an_archive_in_a_folder_that_is_to_become_another_one",),
        ("entries in the folder that goes", 'f"{final / ark.name}:', 'f"{ark}:'),
        ("its table stays", "    scp.unlink()\n    return entries", "    return entries"),
    ),
]
