"""Songs in files and folders to files of sources: names, formats, sums, full scale, what is told and refused."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.append(str(Path(__file__).parents[1] / "data"))

from separator_folder import make_run

from audiolab.bin import separate as command
from audiolab.errors import AudiolabError

RATE = 44100


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("model") / "run")


def song(seconds=1.0, channels=2, seed=0, rate=RATE, size=0.3):
    """Return tones and some noise, at the steps of 16 bit; [N, channels]."""
    generator, time = np.random.default_rng(seed), np.arange(round(seconds * rate))[:, None] / rate
    wave = np.sin(2 * np.pi * 330 * np.arange(1, channels + 1) * time) + generator.uniform(
        -0.3, 0.3, (len(time), channels)
    )
    return np.rint(size * 32768 * wave / 1.3).clip(-32768, 32767) / 32768


@pytest.fixture
def separate(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)

    def call(*words, model=run):
        monkeypatch.setattr(sys, "argv", ["separate", "--model", str(model), *map(str, words)])
        command.main()

    return call


def names_below(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def test_a_song_becomes_a_folder_of_sources(separate):
    wave = song(1.3)
    soundfile.write("my song.wav", wave, RATE)
    separate("my song.wav", "out")
    assert names_below("out") == ["my song/accompaniment.wav", "my song/vocals.wav"]
    found = {name: soundfile.read(f"out/my song/{name}.wav")[0] for name in ("vocals", "accompaniment")}
    for made in found.values():
        assert made.shape == wave.shape
    assert soundfile.info("out/my song/vocals.wav").samplerate == RATE
    assert soundfile.info("out/my song/vocals.wav").subtype == "PCM_16"
    assert np.abs(sum(found.values()) - (wave - wave.mean(0))).max() < 2 / 32768
    middle = slice(RATE // 4, -RATE // 4)
    spectrum = np.abs(np.fft.rfft(found["vocals"][middle, 0])) / np.abs(np.fft.rfft(wave[middle, 0]))
    hertz = np.fft.rfftfreq(len(wave[middle]), 1 / RATE)
    assert np.median(spectrum[hertz < 7000]) == pytest.approx(0.75, abs=0.01)
    assert np.median(spectrum[hertz > 9000]) < 0.01
    separate("my song.wav", "out", "--high_band", "drop")
    lost = wave - soundfile.read("out/my song/accompaniment.wav")[0] - soundfile.read("out/my song/vocals.wav")[0]
    assert np.abs(lost).max() > 0.05


@pytest.mark.parametrize(
    ("channels", "words", "ending", "subtype"),
    [(1, (), "wav", "PCM_16"), (3, (), "wav", "PCM_16"), (2, ("--bits", "24"), "wav", "PCM_24"),
     (2, ("--bits", "float"), "wav", "FLOAT"), (2, ("--format", "flac"), "flac", "PCM_16"),
     (1, ("--format", "flac", "--bits", "24"), "flac", "PCM_24")],
)  # fmt: skip
def test_a_source_and_the_rest_are_the_mixture(separate, words, ending, subtype, channels):
    """To the bit that a file has."""
    wave = song(0.5, channels)
    soundfile.write("a.flac", wave, RATE)
    separate("a.flac", "out", "--sources", "vocals", "--rest", *words)
    assert names_below("out") == [f"a/no_vocals.{ending}", f"a/vocals.{ending}"]
    parts = [soundfile.read(f"out/a/{name}.{ending}", always_2d=True)[0] for name in ("vocals", "no_vocals")]
    assert {soundfile.info(f"out/{name}").subtype for name in names_below("out")} == {subtype}
    differences = np.abs(sum(parts) - wave)
    assert differences.max() <= {"PCM_16": 1 / 32768, "PCM_24": 2**-23, "FLOAT": 1e-7}[subtype]
    if subtype == "PCM_16":
        assert (differences > 0).mean() < 0.01
    assert 10 * np.log10(np.square(sum(parts) - wave).mean()) < -110
    assert np.square(parts[0]).mean() > 0.4 * np.square(wave).mean()


def test_all_songs_below_a_folder_and_further_files(separate, caplog):
    for name in ("music/a.WAV", "music/b/a.flac", "music/b/c.ogg", "music/.hidden.wav", "d.wav"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(name, song(0.2, 1), RATE)
    Path("music/cover.jpg").write_text("x")
    with caplog.at_level(logging.INFO):
        separate("music", "d.wav", "out", "--sources", "accompaniment")
    made = [f"{song}/accompaniment.wav" for song in ("a", "b/a", "b/c", "d")]
    assert names_below("out") == made
    assert "out/b/a: accompaniment.wav" in caplog.messages
    low, found = (soundfile.read(name)[0] for name in ("d.wav", "out/d/accompaniment.wav"))
    assert np.square(found).mean() < 0.3 * np.square(low).mean()
    before = {name: Path("out", name).stat().st_mtime_ns for name in made}
    Path("out/d/accompaniment.wav").unlink()
    with caplog.at_level(logging.INFO):
        separate("music", "d.wav", "out", "--sources", "accompaniment", "--skip_existing")
    assert "3 of 4 songs are there already" in caplog.messages
    after = {name: Path("out", name).stat().st_mtime_ns for name in made}
    assert [name for name in made if after[name] != before[name]] == ["d/accompaniment.wav"]


@pytest.fixture(scope="module")
def loud(tmp_path_factory):
    """A separator whose vocals are thrice the mixture."""
    return make_run(tmp_path_factory.mktemp("loud") / "run", 3.0, 0.5)


def warnings_of(caplog):
    return [record.message for record in caplog.records if record.levelno == logging.WARNING]


def low_song():
    """Return a song that does not pass full scale, as the sources that are made of it do."""
    return song(0.5, 2, size=0.5)


def test_all_of_a_song_is_lowered_alike_where_it_passes_full_scale(separate, loud, caplog):
    soundfile.write("a.wav", low_song(), RATE)
    separate("a.wav", "float", "--bits", "float", model=loud)
    assert warnings_of(caplog) == []
    separate("a.wav", "out", model=loud)
    wanted = {name: soundfile.read(f"float/a/{name}.wav")[0] for name in ("vocals", "accompaniment")}
    peak = np.abs(wanted["vocals"]).max()
    assert peak > 1.2
    for name, made in wanted.items():
        found = soundfile.read(f"out/a/{name}.wav")[0]
        assert np.abs(found - made * (1 - 2**-15) / peak).max() < 0.6 / 32768
    over = sum(int((np.abs(made) > 1).sum()) for made in wanted.values())
    lowered = 20 * np.log10(peak / (1 - 2**-15))
    assert warnings_of(caplog) == [f"a.wav: {over} samples would pass full scale: all is lowered by {lowered:.2f} dB"]


def test_samples_over_full_scale_are_clipped_where_that_is_wanted(separate, loud, caplog):
    soundfile.write("a.wav", low_song(), RATE)
    separate("a.wav", "float", "--bits", "float", model=loud)
    separate("a.wav", "out", "--clip_mode", "clamp", model=loud)
    for name in ("vocals", "accompaniment"):
        made = soundfile.read(f"float/a/{name}.wav")[0]
        assert np.abs(soundfile.read(f"out/a/{name}.wav")[0] - made.clip(-1, 1 - 2**-15)).max() < 0.6 / 32768
    over = int((np.rint(32768 * np.abs(soundfile.read("float/a/vocals.wav")[0])) > 32768).sum())
    assert f"out/a/vocals.wav: {over} samples lie over full scale and are clipped" in caplog.messages


def test_long_songs_are_separated_in_chunks(separate, monkeypatch):
    """Of any length; what is read ahead is cut anywhere."""
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 10007)
    wave = song(7.0, 1)
    soundfile.write("a.wav", wave, RATE)
    separate("a.wav", "out", "--chunk_s", "1", "--overlap", "0.3")
    found = sum(soundfile.read(f"out/a/{name}.wav")[0] for name in ("vocals", "accompaniment"))
    assert np.abs(found - (wave - wave.mean())[:, 0]).max() < 2 / 32768


def test_what_was_there_stays_when_a_song_is_broken(separate, monkeypatch):
    soundfile.write("a.flac", song(4.0), RATE)
    data = bytearray(Path("a.flac").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 500] = bytes(500)
    Path("a.flac").write_bytes(data)
    Path("out/a").mkdir(parents=True)
    Path("out/a/vocals.wav").write_text("before")
    with pytest.raises(AudiolabError, match=r"a\.flac: .*(broken|truncated)") as caught:
        separate("a.flac", "out")
    assert "\n" not in str(caught.value)
    assert names_below("out") == ["a/vocals.wav"]
    assert Path("out/a/vocals.wav").read_text() == "before"


def test_all_songs_are_looked_at_before_the_first_is_separated(separate):
    Path("music").mkdir()
    soundfile.write("music/a.wav", song(0.2), RATE)
    soundfile.write("music/b.wav", song(0.2), RATE)
    Path("music/b.wav").write_bytes(Path("music/b.wav").read_bytes()[:-100])
    with pytest.raises(AudiolabError, match=r"music/b\.wav: .*truncated"):
        separate("music", "out")
    assert not Path("out").exists()


def test_a_full_disk_is_told(separate, monkeypatch):
    soundfile.write("a.wav", song(0.2), RATE)

    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("audiolab.tasks.svs.files.tempfile.TemporaryFile", lambda dir: Full())
    with pytest.raises(AudiolabError, match=r"cannot write out/a.*: No space left on device"):
        separate("a.wav", "out")
    assert names_below("out") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.wav",), "give one or more songs or folders, and at last the folder"),
        (("a.wav", "out.wav"), "out.wav: a file's name; the last path is the folder where the files go"),
        (("a.wav", "b/a.wav"), "b/a.wav: a file's name; the last path is the folder where the files go"),
        (("gone.wav", "out"), "gone.wav: there is no such song or folder"),
        (("empty", "out"), "empty: no song below it"),
        (("a.wav", "b/a.wav", "out"), "b/a.wav: goes into out/a, as a.wav does"),
        (("b", "b/out"), "b/out: lies in b, which is read"),
        (("a.wav", "out", "--sources", "voacls"), r"the model has no 'voacls'; did you mean 'vocals'\?"),
        (("a.wav", "out", "--sources", "drums"), "the model has no 'drums'"),
        (("a.wav", "out", "--format", "flac", "--bits", "float"), "a flac has no float samples"),
        (("a.wav", "out", "--overlap", "0.7"), "--overlap: '0.7' is no number from 0 to 0.5"),
        (("a.wav", "out", "--chunk_s", "0.1"), "--chunk_s: '0.1' is no number"),
        (("a.wav", "out", "--device", "gpu"), "device 'gpu' cannot be used"),
        (("o/vocals.wav", "."), "vocals.wav: is read too, and would be written over"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(separate, words, message):
    for folder in ("b", "empty", "vocals"):
        Path(folder).mkdir()
    soundfile.write("a.wav", song(0.1), RATE)
    soundfile.write("b/a.wav", song(0.1), RATE)
    soundfile.write("vocals/vocals.wav", song(0.1), RATE)
    Path("o").symlink_to("vocals")
    before = names_below(".")
    with pytest.raises(AudiolabError, match=message) as caught:
        separate(*words)
    assert "\n" not in str(caught.value)
    assert names_below(".") == before


def test_which_files_of_a_folder_are_songs(tmp_path):
    endings = ("wav", "flac", "mp3", "ogg", "opus", "aiff", "aif", "au", "caf", "w64", "Mp3")
    for name in (*(f"{number}.{ending}" for number, ending in enumerate(endings)), "x.m4a", "x.txt", "wav", "mp3"):
        (tmp_path / name).touch()
    found = command.folders_of([tmp_path], Path("/out"))
    assert found == {Path(f"/out/{n}"): tmp_path / f"{n}.{ending}" for n, ending in enumerate(endings)}
    (tmp_path / "a\nb.wav").touch()
    with pytest.raises(AudiolabError, match="the path has a line end"):
        command.folders_of([tmp_path], Path("/out"))


def test_all_options_come_to_the_separator(separate, monkeypatch):
    """Masks that are constant do not tell how long chunks are."""
    seen = []

    class Separator:
        rate, sources = 16000, ("vocals", "accompaniment")

        def level(self, blocks, rate):
            return sum(len(block) for block in blocks), rate

        def stream(self, blocks, rate, level, high_band, chunk_s, overlap):
            seen.append((rate, level, high_band, chunk_s, overlap))
            for block in blocks:
                yield np.stack([block, 0 * block], axis=1)

    monkeypatch.setattr(command, "load", lambda *_, **__: Separator())
    soundfile.write("a.wav", song(0.5), RATE)
    separate("a.wav", "out")
    separate(
        "a.wav", "out", "--chunk_s", "2.5", "--overlap", "0.1", "--high_band", "drop", "--sources", "vocals", "vocals"
    )
    level = (round(0.5 * RATE), RATE)
    assert seen == [(RATE, level, True, 10.0, 0.25), (RATE, level, False, 2.5, 0.1)]


def test_a_song_that_another_ones_files_would_replace(separate):
    """Not when it is too late, nor the other way round."""
    soundfile.write("a.wav", song(0.1), RATE)
    Path("out/a").mkdir(parents=True)
    soundfile.write("out/a/vocals.wav", song(0.1), RATE)
    before = Path("out/a/vocals.wav").read_bytes()
    for songs in (("a.wav", "out/a/vocals.wav"), ("out/a/vocals.wav", "a.wav")):
        with pytest.raises(AudiolabError, match=r"out/a/vocals\.wav: is read too, and would be written over"):
            separate(*songs, "out")
        assert names_below("out") == ["a/vocals.wav"]
    assert Path("out/a/vocals.wav").read_bytes() == before
    separate("a.wav", "out/a/vocals.wav", "out", "--sources", "accompaniment")
    assert names_below("out") == ["a/accompaniment.wav", "a/vocals.wav", "vocals/accompaniment.wav"]


def test_names_that_give_no_folder(separate):
    """Or files would lie beside ``out``."""
    for name in ("...wav", "..wav"):
        soundfile.write(name, song(0.1), RATE, format="WAV")
        with pytest.raises(AudiolabError, match="gives no folder to write into"):
            separate(name, "out")
        assert names_below(".") == sorted({"...wav", name})


@pytest.mark.parametrize(
    ("words", "channels", "message"),
    [(("--format", "flac"), 9, "FLAC does not take 9 channels"), ((), 2, "over 4 GiB"), (("--bits", "24"), 1, "4 GiB")],
)
def test_what_no_file_can_hold_is_told_before_the_song_is_separated(separate, monkeypatch, words, channels, message):
    soundfile.write("a.wav", song(0.5, channels), RATE)
    monkeypatch.setattr("audiolab.datadir.audiowrite.MOST_BYTES", round(0.5 * RATE) * 3 - 1)
    monkeypatch.setattr("audiolab.tasks.svs.files._spooled", lambda *_: pytest.fail("separated first"))
    with pytest.raises(AudiolabError, match=message):
        separate("a.wav", "out", *words)
    assert names_below(".") == ["a.wav"]


def test_a_model_of_something_else_is_told(separate, tmp_path):
    from enhancer_folder import make_run as make_enhancer

    soundfile.write("a.wav", song(0.1), RATE)
    with pytest.raises(AudiolabError, match="a model of system se_supervised, which does not separate"):
        separate("a.wav", "out", model=make_enhancer(tmp_path / "enhancer"))
