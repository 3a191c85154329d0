"""Data dirs: audio and headers that are read and made anew, corpora that are prepared, jobs, their parts and stamps."""

from mutations import of

FORMATTING = ("test/datadir/test_formatting.py",)
ENTRIES = ("test/datadir/test_entries.py",)
SPLITTING = ("test/plan/test_splitting.py",)

MUTATIONS = [
    *of(
        "audiolab/datadir/formatting.py",
        FORMATTING,
        ("signals of another rate", "(other.samples, other.rate) != (first.samples, first.rate)",
         "other.samples != first.samples"),
        ("signals of another length", "(other.samples, other.rate) != (first.samples, first.rate)",
         "other.rate != first.rate"),
        ("headers of the first signal", 'if signal == "wav.scp":', "if signal == signals[0]:"),
        ("headers of all signals", 'if signal == "wav.scp":', "if True:",
         "wav.scp is the last of the signals in byte order, so its header stays"),
        ("out where recordings lie that are read", "check_recordings_apart(datadir, out)\n", "pass\n"),
        ("out within the data dir", "check_apart(datadir.path, out)\n", "pass\n"),
        ("every piece is the first", "piece.start + first, count", "first, count"),
        ("blocks begin anew", "piece.start + first, count", "piece.start, count"),
        ("headers without the zeros", "Header(piece.samples + piece.zeros,", "Header(piece.samples,"),
        ("segments of the utterance", "{segment.recording if segment else utterance} {ends}", "{utterance} {ends}"),
    ),
    *of(
        "audiolab/datadir/pieces.py",
        FORMATTING,
        ("a rest of a whole piece", "rest < min(length, cut.shortest_seconds * rate)",
         "rest < cut.shortest_seconds * rate"),
        ("pieces from the recording's beginning", "start + first, end - first, more", "first, end - first, more"),
        ("as many zeros as there are samples", "length - rest if cut.pad", "rest if cut.pad"),
    ),
    *of(
        "audiolab/datadir/combined.py",
        ENTRIES,
        ("the first part alone is checked", "in self._parts:\n            recording.check()",
         "in self._parts[:1]:\n            recording.check()"),
        ("the last part alone is checked", "in self._parts:\n            recording.check()",
         "in self._parts[-1:]:\n            recording.check()"),
        ("a sum has the first part's sample format", 'recordings[0].subtype if len(recordings) == 1 else "FLOAT"',
         "recordings[0].subtype"),
        ("a channel has floats", 'recordings[0].subtype if len(recordings) == 1 else "FLOAT"', '"FLOAT"'),
        ("a channel that is not there", "channel >= recording.channels:", "channel > recording.channels:"),
        ("parts of another rate", "recording.rate, recording.channels if", "0, recording.channels if"),
        ("two parts are all", "for part in parts[2:]:", "for part in parts[3:]:"),
    ),
    *of(
        "audiolab/datadir/headers.py",
        (*ENTRIES, "test/datadir/test_headers.py"),
        ("a part that is gone", "sum(sizes) if all(sizes) else 0", "sum(sizes)"),
        ("the archive for its entry", "part.source.offset is None and part.channel is None", "part.channel is None"),
        ("the file for its channel", "part.source.offset is None and part.channel is None",
         "part.source.offset is None"),
        ("the size of one part", "sum(sizes) if all(sizes) else 0", "max(sizes) if all(sizes) else 0"),
        ("headers of no size", "header is not None and header.size and", "header is not None and"),
        ("headers of other files", "and _size(entry) == header.size else", "else"),
    ),
    *of(
        "audiolab/datadir/arkread.py",
        ("test/datadir/test_arkio.py",),
        ("rows of text from its beginning", "whole[rows.start + begin : rows.start + end]", "whole[: end - begin]"),
        ("rows of text from the matrix's", "whole[rows.start + begin : rows.start + end]", "whole[begin:end]"),
        ("all columns of the rows", "return taken[:, slices[1]], len(rows)", "return taken, len(rows)"),
        ("rows of the whole matrix", "return taken[:, slices[1]], len(rows)", "return taken[:, slices[1]], shape[0]"),
    ),
    *of(
        "audiolab/corpora/prepared.py",
        ("test/corpora/test_prepared.py",),
        ("further signals of another rate", "if other[:2] != header[:2]:", "if other[:1] != header[:1]:"),
        ("further signals of another length", "if other[:2] != header[:2]:", "if other.rate != header.rate:"),
        ("one id for two recordings", "if earlier is not recording:", "if False:"),
        ("names that are not composed", 'clean_id(name), unicodedata.normalize("NFC", name)', "clean_id(name), name"),
    ),
    *of(
        "audiolab/datadir/parts.py",
        ("test/tasks/test_parts.py", "test/tasks/test_scored.py"),
        ("options of the join alone", "for name in {**given, **before}:", "for name in before:"),
        ("options of the job alone", "for name in {**given, **before}:", "for name in given:"),
        ("an utterance of two jobs", 'if name == "utt2spk" and (twice :=', "if False and (twice :="),
        ("the part before stays", "_signature(folder).unlink(missing_ok=True)", "pass"),
        ("parts of another number stay", "remove_others(folder.parent, self.nj)", "pass"),
        ("the tables stay while a join replaces audio", "        withdraw_tables(out)\n", "        pass\n"),
    ),
    *of(
        "audiolab/tasks/running.py",
        ("test/tasks/test_parts.py",),
        ("the tables stay while audio is replaced", "withdraw_tables(part.folder(out))", "pass"),
    ),
    *of(
        "audiolab/datadir/datadir.py",
        ("test/tasks/test_parts.py",),
        ("utt2spk before other tables", '(last if name == "utt2spk" else stack)', "stack"),
    ),
    *of(
        "audiolab/datadir/fingerprint.py",
        ("test/tasks/test_scored.py",),
        ("shares of other recordings", "_add_recordings(digest, readable, datadir.path / name)", "pass"),
        ("shares of other tables", "_add_file(digest, datadir.path / name)", "pass"),
    ),
    *of(
        "audiolab/tasks/scored.py",
        ("test/tasks/test_scored.py",),
        ("parts of other options", "check_given(path, before, given)\n", "pass\n"),
        ("facts of other data", "if scored.facts != found[0].facts:", "if False:"),
    ),
    *of(
        "audiolab/plan/task.py",
        SPLITTING,
        ("parts of another number of jobs count", 'if not other.stem.endswith(f"_of_{jobs}"):', "if False:"),
        ("parts of as many jobs do not", 'if not other.stem.endswith(f"_of_{jobs}"):', "if True:"),
        ("the whole counts while it is overwritten", "        withdraw(self.folder, self.phase)\n", "        pass\n"),
        ("a part whose folder is gone counts", "or self.joins or not self._made.is_dir()", "or self.joins"),
    ),
    *of(
        "audiolab/synthesis/limiter.py",
        ("test/synthesis/test_limiter.py",),
        ("the gain of the first output or channel", "wide.max(axis=1)", "wide[:, 0]"),
        ("the gain of the last output or channel", "wide.max(axis=1)", "wide[:, -1]"),
        ("the gain of their mean", "wide.max(axis=1)", "wide.mean(axis=1)"),
        ("each output has a gain of its own", "            wide = np.abs(",
         "            if segment.ndim == 3:\n"
         "                return np.stack([limited(one, first) for one in segment.swapaxes(0, 1)], axis=1)\n"
         "            wide = np.abs("),
        ("each channel has a gain of its own", "            wide = np.abs(",
         "            if segment.shape[-1] > 1:\n"
         "                ones = np.split(segment, segment.shape[-1], -1)\n"
         "                return np.concatenate([limited(one, first) for one in ones], -1)\n"
         "            wide = np.abs("),
        ("steps of gain", 'np.minimum(uniform_filter1d(held, 2 * look + 1, mode="nearest"), needed)', "needed"),
    ),
]  # fmt: skip
