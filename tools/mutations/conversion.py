"""Conversion between many speakers: audio through mel spectrograms, who is told, scores, tables and pictures."""

from mutations import of

AUDIO = ("test/synthesis/test_mel_converter.py",)
APPLY = ("test/tasks/vc/test_vc_many.py",)
SCORING = ("test/tasks/vc/test_vc_words.py", "test/tasks/vc/test_vc_many_scoring.py")
PROSODY = ("test/metrics/test_prosody_kept.py",)
GROUPS = ("test/tasks/vc/test_vc_grouping.py",)
PAGE = ("test/tasks/vc/test_vc_many_page.py",)

MUTATIONS = [
    *of(
        "audiolab/synthesis/mel_converter.py",
        AUDIO,
        ("the last frame is lost", "1 + count // hop if segment.end >= count", "count // hop if segment.end >= count"),
        ("pieces without context", "left=_CONTEXT * hop, right=_CONTEXT * hop", "left=0, right=0"),
        ("context is analysed twice", "found[:, segment.begin // hop : end]", "found[:, :end]"),
        ("short signals fail", "np.pad(segment.samples, ((0, max(0, least - count)), (0, 0)))", "segment.samples"),
        ("low rates are converted", "if rate < own:", "if False:"),
        ("peaks pass full scale", "(limiter or Limiter()).apply(converted, rate, counted)", "converted"),
        ("spectrograms are not kept", "keep.append(mel)", "pass"),
    ),
    *of(
        "audiolab/tasks/vc/many.py",
        APPLY,
        ("speakers to themselves, too", "if itself or owners[utterance] != target", "if True"),
        ("never to themselves", "if itself or owners[utterance] != target", "if owners[utterance] != target"),
        ("source and target exchanged", "model.between(source, to[target], vocoder)",
         "model.between(to[target], source, vocoder)"),
        ("the mel of no channel", "np.concatenate(mels)[:, 0]", "np.concatenate(mels)[:1, 0]"),
        ("languages are lost", 'Told(datadir, "text", "utt2lang")', 'Told(datadir, "text")'),
        ("recordings of a voice are written over", "check_not_read(options.files[1], *voices.recordings(given))",
         "pass"),
        ("voices are written over", "if options.voices:", "if False:"),
        ("options of one pair pass", "for name, default in _OF_MANY.items():", "for name, default in ():"),
    ),
    *of(
        "audiolab/tasks/vc/voices.py",
        APPLY,
        ("embeddings of any size", "if vector.shape != (self._model.size,):", "if False:"),
        ("embeddings that are not finite", "if not np.isfinite(vector).all():", "if False:"),
        ("recordings for one-hot vectors", "if _is_one_hot(", "if False and ("),
        ("the working folder tells a voice", "if each and Path(each).exists():", "if Path(each).exists():"),
        ("one recording is enough", "np.mean(found, axis=0, dtype=np.float32)", "found[0]"),
        ("the model's own encoder is not known", "self._asked or self._model.speaker_encoder", "self._asked"),
    ),
    *of(
        "audiolab/tasks/vc/resynthesis.py",
        ("test/tasks/vc/test_vc_resynthesis.py",),
        ("the target's own, too", "if owners[utterance] != target", "if True"),
        ("jobs share what is not made", "for utterance in part.of(utterances)",
         "for utterance in part.of(datadir.utterances)"),
        ("resynthesis has no language", 'Told(datadir, "text", "utt2lang")', 'Told(datadir, "text")'),
        ("limited samples are not told", "return Made(made, at, told.of(*work), limited)",
         "return Made(made, at, told.of(*work))"),
    ),
    *of(
        "audiolab/bin/plot_mels.py",
        PAGE,
        ("the list is written over", "check_not_read(options.out, options.scored)", "pass"),
    ),
    *of(
        "audiolab/bin/embed_speakers.py",
        ("test/bin/test_embed_speakers.py",),
        ("features are written over", "check_apart(options.data, beside)", "pass"),
        ("no features beside",
         "if elsewhere:\n            subset_data_dir(", "if False:\n            subset_data_dir("),
        ("links by each job", "if options.job is None:", "if True:"),
    ),
    *of(
        "audiolab/tasks/vc/conversions.py",
        SCORING,
        ("references by number alone", "references.table(\"utt2spk\") and same_prompt(source, named)",
         'references.table("utt2spk")'),
        ("references by name alone", "return Clip(references, alike) if alike else None", "return None"),
        ("reconstruction has no reference", "if pair[0] == pair[1]:", "if False:"),
    ),
    *of(
        "audiolab/tasks/vc/identity.py",
        SCORING,
        ("ranks from 0", "rank = 1 + sum(", "rank = sum("),
        ("the farthest is the first", "sum(each > target for", "sum(each < target for"),
        ("cosines exchanged", "source, target = (near[speaker]", "target, source = (near[speaker]"),
        ("one encoder speaks for all", "float, np.mean(per_encoder, axis=0)", "float, per_encoder[0]"),
    ),
    *of(
        "audiolab/tasks/models.py",
        SCORING,
        ("encoders hear the level", "heard = at_level(wave)", "heard = wave"),
        ("the converter's encoder judges it", "if not named:", "if True:"),
        ("a copy of it judges", "encoder.weights == known or ", ""),
        ("errors by characters heard", "/ len(reference)", "/ len(normalise(heard))"),
    ),
    *of(
        "audiolab/tasks/vc/scoring.py",
        SCORING,
        ("the target's recording tells of content", "_heard(self.conversion.source) if self.run.system == NATURAL",
         "self.heard() if self.run.system == NATURAL"),
        ("a speaker is nearer to itself", "if not (alone and key in NO_OTHER)", "if True"),
    ),
    *of(
        "audiolab/metrics/prosody.py",
        PROSODY,
        ("F0 in Hz", "_correlation(*np.log(np.stack([source, other])[:, voiced]))",
         "_correlation(*np.stack([source, other])[:, voiced])"),
        ("what is unvoiced counts", "voiced = (source > 0) & (other > 0)\n    return _corr",
         "voiced = (source > 0) | (other > 0)\n    return _corr"),
        ("the envelope is late", "sosfiltfilt(low, np.abs(sosfiltfilt(band, padded)))",
         "sosfilt(low, np.abs(sosfilt(band, padded)))"),
        ("no band", "np.abs(sosfiltfilt(band, padded))", "np.abs(padded)"),
        ("no low-pass", "sosfiltfilt(low, np.abs(sosfiltfilt(band, padded)))", "np.abs(sosfiltfilt(band, padded))"),
    ),
    *of(
        "audiolab/tasks/vc/words.py",
        SCORING,
        ("what is told is heard, too", "for clip in clips if not is_told(clip)", "for clip in clips"),
        ("against what is heard alone", "told_of(source)[0] or written", "written"),
        ("against what is told alone", 'told_of(source)[0] or written.get(source, "")', "told_of(source)[0]"),
        ("nothing said is no error", 'if not text:', 'if False:'),
    ),
    *of(
        "audiolab/tasks/vc/grouping.py",
        GROUPS,
        ("utterances are drawn", "return self.pair\n\n\ndef", "return self.unit\n\n\ndef"),
        ("reconstructions count", "[score for score in scores if not score.itself]", "list(scores)"),
        ("always by pair", 'return "target" if has_many_pairs(scores) else "pair"', 'return "pair"'),
        ("nearer to the source", ".mean > to_source", ".mean < to_source"),
    ),
    *of(
        "audiolab/tasks/vc/pictures.py",
        PAGE,
        ("the audio's spectrogram", 'if clip.datadir.has("feats.scp"):', "if False:"),
        ("reconstruction first", "key=lambda pair: pair[0] == pair[1]", "key=lambda pair: pair[0] != pair[1]"),
    ),
]  # fmt: skip
