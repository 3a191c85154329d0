"""Corpora of songs: song dirs, MUSDB18, ccMixter, MP4, and the synthetic songs of their mini twins."""

from mutations import of

DIRS = ("test/corpora/test_song_dirs.py",)
MUSDB = ("test/corpora/test_musdb18.py",)
CCMIXTER = ("test/corpora/test_ccmixter.py::test_song_dir", "test/corpora/test_ccmixter.py::test_refusals")
MP4 = ("test/datadir/test_mp4.py",)
SCORE = ("test/corpora/songs/test_score.py",)
LYRICS = ("test/corpora/songs/test_lyrics.py",)
SONG = ("test/corpora/songs/test_song.py",)

MUTATIONS = [
    *of(
        "audiolab/corpora/song_dirs.py",
        DIRS,
        ("the voice is the accompaniment", "return self.mixture, self.vocals, self.accompaniment",
         "return self.mixture, self.accompaniment, self.vocals"),
        ("any number of channels", "if header.channels != (channels or first.channels):", "if False:"),
        ("any length", "> slack_seconds * first.rate", "> 1e9"),
        ("any rate", "header.rate != first.rate or abs", "abs"),
        ("pieces as far as the longest signal goes", "samples = min(header.samples", "samples = max(header.samples"),
        ("song and artist mixed up", "song.song for utterance", "song.speaker for utterance"),
        ("segments where none are needed", "    if not whole:\n", "    if True:\n"),
        ("no segments where songs are cut", "len(own) == 1 and {header.samples", "True or {header.samples"),
        ("only mixtures must fit", "if all(map(config.fits, headers))}", "if True}"),
        ("all songs though fewer are wanted", "in config.fewer_songs(sets).items():", "in sets.items():"),
        ("two songs under one id", "if earlier is not recording:", "if False:"),
        ("length in samples at another rate", "{piece.samples / rates[song.utterance]:.6f}",
         "{piece.samples / 44100:.6f}"),
        ("one fault of several is not told", "if len(faults) > 1 else", "if len(faults) > 99 else"),
        ("languages where only some are known", "if all(values.values())}", "}"),
    ),
    *of(
        "audiolab/corpora/preparation.py",
        DIRS,
        ("short songs are taken", "header.seconds >= self.min_seconds", "header.seconds >= 0"),
    ),
    *of(
        "audiolab/corpora/musdb18.py",
        MUSDB,
        ("accompaniment without a stem", 'entry_of(stems["drums"], stems["bass"], stems["other"])',
         'entry_of(stems["drums"], stems["bass"])'),
        ("the mixture is the voice", 'entry_of(stems["mixture"])', 'entry_of(stems["vocals"])'),
        ("songs for validation in training", "song.name in VALIDATION", "False"),
        ("mono is taken", "_CHANNELS = 2", "_CHANNELS = None"),
        ("the other version is fetched", "- {_ARCHIVES[config.version]}", "- {_ARCHIVES['aac']}"),
        ("no song for validation", 'or not sets["musdb18_valid"]', ""),
    ),
    *of(
        "audiolab/corpora/musdb18_layout.py",
        MUSDB,
        ("streams in another order", 'STEMS = ("mixture", "drums", "bass", "other", "vocals")',
         'STEMS = ("mixture", "bass", "drums", "other", "vocals")'),
        ("a song too few for validation", '    "Young Griffo - Pennies",\n', ""),
        ("songs wherever they lie", "if song.part not in PARTS:", "if False:"),
        ("names without title", 'if " - " not in song.name or', "if"),
        ("songs that come twice", "if earlier is not song:", "if False:"),
        ("stems that are missing", "    if missing:\n", "    if len(missing) > 4:\n"),
        ("the title before the last hyphen", 'self.name.partition(" - ")', 'self.name.rpartition(" - ")'),
    ),
    *of(
        "audiolab/corpora/musdb18_streams.py",
        MUSDB,
        ("streams are decoded anew", 'if not is_made(folder, made_from, "file"):', "if True:"),
        ("cut to the longest", "if lengths[number] > shortest:", "if False:"),
        ("streams of any lengths", "_MOST_FRAMES = 4", "_MOST_FRAMES = 400"),
    ),
    *of(
        "audiolab/corpora/ccmixter.py",
        CCMIXTER,
        ("voice and accompaniment mixed up", 'FILES = ("mix", "source-02", "source-01")',
         'FILES = ("mix", "source-01", "source-02")'),
        ("each song its own artist", 'folder.name.partition("_-_")', 'folder.name.partition("~")'),
        ("files that are missing", "    if missing:\n", "    if False:\n"),
    ),
    *of(
        "audiolab/datadir/mp4.py",
        MP4,
        ("the first stream whatever is asked for", "return found[number]", "return found[0]"),
        ("channels and samples mixed up", "planes.T if frame.format.is_planar",
         "planes.reshape(-1, len(planes)) if frame.format.is_planar"),
        ("what broke off is whole", "if written[number] < max(1, expected - _SLACK):", "if False:"),
    ),
    *of(
        "audiolab/corpora/songs/score.py",
        SCORE,
        ("minor is major", "True: (0, 2, 3, 5, 7, 8, 10)}", "True: (0, 2, 4, 5, 7, 9, 11)}"),
        ("no pause between phrases", "int(np.ceil(_REST / grid))", "0"),
        ("chords do not matter", "if on_beat and rng.uniform() < 0.8 else scale", "if False else scale"),
        ("chords of seconds", "(root + 2 * third) % 7]", "(root + third) % 7]"),
    ),
    *of(
        "audiolab/corpora/songs/lyrics.py",
        LYRICS,
        ("words are split", "<= (count // 2 if ended else count):", "<= 2 * count:"),
        ("sentences begin anywhere", "(count // 2 if ended else count)", "count"),
        ("what follows a vowel is left out", "starts[vowel + 1], starts[end])",
         "starts[vowel + 1], starts[vowel + 1])"),
    ),
    *of(
        "audiolab/corpora/songs/pitch.py",
        (f"{SONG[0]}::test_voice_follows_the_melody", f"{SONG[0]}::test_long_notes_have_vibrato"),
        ("no vibrato", "depths[which] * swell * np.sin(phase)", "0 * np.sin(phase)"),
        ("half a semitone flat", "return course + depths", "return course - 0.5 + depths"),
    ),
    *of(
        "audiolab/corpora/songs/band.py",
        (f"{SONG[0]}::test_chords_bass_and_beat_are_those_of_the_score",),
        ("the bass plays another chord's root", "chord = score.chords[bar]\n",
         "chord = score.chords[bar - 1]\n"),
        ("chords of another key", "sorted(_above(score.tonic + tone, lowest)",
         "sorted(_above(score.tonic + tone + 1, lowest)"),
    ),
    *of(
        "audiolab/corpora/songs/song.py",
        (f"{SONG[0]}::test_stems", f"{SONG[0]}::test_voice_pauses_between_phrases"),
        ("over full scale", "_PEAK = 0.97", "_PEAK = 9.7"),
        ("a voice far too loud", "10 ** (level / 20) * np.sqrt", "10 ** ((level + 20) / 20) * np.sqrt"),
    ),
]  # fmt: skip
