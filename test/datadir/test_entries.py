"""Entries that name a channel or a sum: read as such, by all tools, or refused with what to do."""

import contextlib

import numpy as np
import pytest
import soundfile

from audiolab.datadir.apart import check_recordings_apart
from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.audiofile import audio_info, open_audio, read_wav
from audiolab.datadir.combine import combine_data_dirs
from audiolab.datadir.copy import copy_data_dir
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.entry import entry_of, files_of, parse_audio
from audiolab.datadir.fingerprint import recordings_fingerprint
from audiolab.datadir.headers import kept_header, read_header
from audiolab.datadir.split import split_data_dir
from audiolab.datadir.subset import subset_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

RATE = 8000
RAMP = np.arange(1, 901)


def write(path, samples, rate=RATE):
    soundfile.write(path, samples.astype(np.int16), rate, format="WAV")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of ramps: a.wav has channels n and 10 n, b.wav 20 n in one, in steps of 16 bit."""
    monkeypatch.chdir(tmp_path)
    write("a.wav", np.stack([RAMP, 10 * RAMP], axis=1))
    write("b.wav", 20 * RAMP)
    return tmp_path


def steps(entry):
    """Return an entry's samples in steps of 16 bit."""
    return read_wav(entry)[0] * 32768


@pytest.mark.parametrize(
    ("entry", "factor"),
    [
        ("a.wav[channel=0]", 1),
        ("a.wav[channel=1]", 10),
        ("b.wav[channel=0]", 20),
        ("b.wav + b.wav", 40),
        ("b.wav  +   a.wav[channel=1] + a.wav[channel=0]", 31),
        ('"b.wav" + "a.wav"[channel=1]', 30),
    ],
)
def test_channels_and_sums_of_ramps(entry, factor):
    np.testing.assert_array_equal(steps(entry), factor * RAMP)
    np.testing.assert_array_equal(read_excerpt(entry, None, 100, 50) * 32768, factor * RAMP[100:150])
    assert audio_info(entry) == (900, RATE, 1)
    with open_audio(entry) as recording:
        np.testing.assert_array_equal(np.concatenate(list(recording.blocks()))[:, 0] * 32768, factor * RAMP)


def test_sums_of_several_channels_keep_them():
    np.testing.assert_array_equal(steps("a.wav + a.wav"), np.stack([2 * RAMP, 20 * RAMP], axis=1))
    assert audio_info("a.wav + a.wav") == (900, RATE, 2)


@pytest.mark.parametrize("entry", ["b.wav + cut.ark:2", "cut.ark:2 + b.wav", "b.wav + b.wav + cut.ark:2"])
def test_no_part_of_a_sum_may_be_truncated(folder, entry):
    """Of a FLAC in an archive this is told only by decoding it."""
    noise = np.random.default_rng(0).integers(-9999, 9999, 900).astype(np.int16)
    soundfile.write("whole.flac", noise, RATE)
    data = (folder / "whole.flac").read_bytes()
    (folder / "cut.ark").write_bytes(b"x " + data)
    assert audio_info(entry) == read_header(entry)[:3] == (900, RATE, 1)
    (folder / "cut.ark").write_bytes(b"x " + data[:-300])
    for look in (audio_info, read_header):
        with pytest.raises(AudiolabError, match=r"cut\.ark: (truncated|broken audio)"):
            look(entry)


def test_the_sample_format_of_a_sum_is_one_that_passes_full_scale():
    soundfile.write("f.wav", RAMP / 32768, RATE, "FLOAT")
    formats = {
        "b.wav": "PCM_16", "a.wav[channel=1]": "PCM_16", "f.wav[channel=0]": "FLOAT",
        "b.wav + b.wav": "FLOAT", "b.wav + f.wav": "FLOAT", "f.wav + b.wav": "FLOAT",
    }  # fmt: skip
    for entry, expected in formats.items():
        with open_audio(entry) as recording:
            assert recording.subtype == expected


@pytest.mark.parametrize(
    "name",
    ["b + c.wav", "d[channel=0]", "e.ark:12", '"f".wav', 'g "h" + \\.wav', "ü ö.wav", "+ + +", "i.wav[channel=1] + j"],
)
def test_odd_names_by_themselves_and_in_quotes(name):
    write(name, 2 * RAMP)
    for entry, factor in ((name, 2), (entry_of(name, channel=0), 2), (entry_of(name, "b.wav"), 22)):
        np.testing.assert_array_equal(steps(entry), factor * RAMP)
    assert files_of(entry_of("b.wav", name)) == ["b.wav", name]


def test_entries_of_drawn_names_lead_to_these_and_nothing_else_is_raised():
    generator = np.random.default_rng(0)
    pieces = [" + ", " ", "+", '"', "\\", "[channel=1]", "]", "[0:3]", ":12", "|", "a", ".wav", "ü", "/"]
    for _ in range(3000):
        names = [
            "x" + "".join(generator.choice(pieces, generator.integers(1, 6))) for _ in range(generator.integers(2, 4))
        ]
        names = [name.removeprefix("x") or "a" if generator.integers(2) else name for name in names]
        channel = [None, 0, 7][generator.integers(3)]
        found = parse_audio(entry_of(*names, channel=channel))
        assert [(part.source.path, part.channel) for part in found] == [(name, channel) for name in names]
        with contextlib.suppress(AudiolabError):
            parse_audio("".join(generator.choice(pieces, generator.integers(1, 9))))


def test_a_channel_of_an_archive(folder):
    (folder / "a.ark").write_bytes(b"x " + (folder / "a.wav").read_bytes() + b"y " + (folder / "b.wav").read_bytes())
    second = 2 + (folder / "a.wav").stat().st_size + 2
    np.testing.assert_array_equal(steps(f"a.ark:2[channel=1] + a.ark:{second}"), 30 * RAMP)
    np.testing.assert_array_equal(steps(f'"a.ark":2[channel=0] + "a.ark":{second}[channel=0]'), 21 * RAMP)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("a.wav[channel=2]", r"a\.wav: no channel 2: it has 2 channels, counted from 0"),
        ("b.wav[channel=1]", r"b\.wav: no channel 1: it has one channel, 0"),
        ("a.wav[channel=left]", "'left' is no channel; they are counted from 0"),
        ("a.wav[channel=-1]", "'-1' is no channel"),
        ("a.wav[channel=]", "'' is no channel"),
        ("a.wav[0:9]", "a range in brackets is for features"),
        ("a.wav + b.wav", r"b\.wav: 900 samples at 8000 Hz in 1 channel cannot be added to .* in 2 channels; .*alike"),
        ("b.wav + short.wav", r"short\.wav: 899 samples at 8000 Hz in 1 channel cannot be added to 900"),
        ("b.wav + other.wav", r"other\.wav: 900 samples at 16000 Hz"),
        ("b.wav + gone.wav", r"gone\.wav: cannot open: No such file"),
        ("b.wav +  + b.wav", "a part of the sum is empty; name a file"),
        ("cat b.wav | + b.wav", "a command cannot be a part of a sum"),
        ('"b.wav + b.wav', "close them behind it"),
        ('"b.wav"x + b.wav', "what stands in quotes, and nothing else"),
        ("b.wav + cat b.wav |", "the entry is a command"),
        (" + ".join(["b.wav"] * 1000), "a sum of 1000 files, and at most 100 can be added; add some of them into one"),
    ],
)
def test_what_is_no_entry_is_told_in_one_line(entry, message):
    write("short.wav", RAMP[1:])
    write("other.wav", RAMP, 2 * RATE)
    for look in (read_wav, audio_info):
        with pytest.raises(AudiolabError, match=message) as caught:
            look(entry, where="data/wav.scp: s-1")
        assert str(caught.value).startswith(f"data/wav.scp: s-1: {entry}"[:60])
        assert "\n" not in str(caught.value)


def test_a_command_is_a_command_whatever_stands_in_it():
    assert [part.source.command for part in parse_audio('sox "a + b.wav" -t wav - remix 1 |')] == [
        'sox "a + b.wav" -t wav - remix 1'
    ]
    np.testing.assert_array_equal(read_wav("cat b.wav |", allow_pipes=True)[0] * 32768, 20 * RAMP)


@pytest.fixture
def data():
    """Return a data dir of one song each as MIR-1K (accompaniment left, voice right) and as MUSDB18."""
    for number, stem in enumerate(("drums", "bass", "other", "vocals"), 1):
        write(f"Artist + Artist - {stem}.wav", number * RAMP)
    stems = [f"Artist + Artist - {stem}.wav" for stem in ("drums", "bass", "other", "vocals")]
    tables = {
        "utt2spk": {"m-1": "m", "s-1": "s"},
        "wav.scp": {"m-1": "a.wav[channel=0] + a.wav[channel=1]", "s-1": entry_of(*stems)},
        "vocals.scp": {"m-1": "a.wav[channel=1]", "s-1": stems[3]},
        "accompaniment.scp": {"m-1": "a.wav[channel=0]", "s-1": entry_of(*stems[:3])},
    }
    headers = {name: str(read_header(entry)) for name, entry in tables["wav.scp"].items()}
    return write_data_dir("data", tables | {"reco2header": headers})


def factors(data, utterance):
    signals = ("wav.scp", "vocals.scp", "accompaniment.scp")
    waves = [load_utterance(data, utterance, table=table)[0] * 32768 for table in signals]
    assert all(np.array_equal(wave, wave[0] * RAMP) for wave in waves)
    return [int(wave[0]) for wave in waves]


def test_all_tools_know_such_entries(data):
    assert validate(data.path, feats=False, text=False, read_audio=True) == []
    combine_data_dirs(
        "back", [subset_data_dir("data", "one", ["m-1"]).path, subset_data_dir("data", "two", ["s-1"]).path]
    )
    copy_data_dir("data", "copy")
    for made in ("data", "back", "copy"):
        assert [factors(DataDir(made), name) for name in ("m-1", "s-1")] == [[11, 10, 1], [10, 4, 6]]
    assert [DataDir(part).utterances for part in split_data_dir("data", 2)] == [["m-1"], ["s-1"]]
    with pytest.raises(AudiolabError, match=r"holds|lies in"):
        check_recordings_apart(data, ".")


def test_headers_and_fingerprints_see_every_file_of_a_sum(data, folder):
    entry, headers = data.table("wav.scp")["s-1"], data.table("reco2header")
    files = files_of(entry)
    assert kept_header(headers, "s-1", entry)[:3] == (900, RATE, 1)
    assert kept_header(headers, "s-1", entry).size == sum((folder / file).stat().st_size for file in files)
    before = recordings_fingerprint("data/accompaniment.scp")
    write(files[2], RAMP[:-1])
    assert recordings_fingerprint("data/accompaniment.scp") != before
    assert kept_header(headers, "s-1", entry) is None
    found = [str(fault) for fault in validate(data.path, feats=False, text=False)]
    assert [line.partition(": ")[0] for line in found] == ["data/accompaniment.scp:2", "data/wav.scp:2"]
    assert all("other.wav: 899 samples at 8000 Hz" in line for line in found)


def test_validation_tells_what_is_wrong_with_an_entry(data):
    text = (data.path / "vocals.scp").read_text().replace("channel=1", "channel=2")
    (data.path / "vocals.scp").write_text(text.replace("s-1 Artist", "s-1 b.wav + ~/Artist"))
    found = [str(fault) for fault in validate(data.path, feats=False, text=False)]
    assert "data/vocals.scp:1: 'm-1': a.wav[channel=2]: a.wav: no channel 2: it has 2 channels" in found[0]
    assert "data/vocals.scp:2: the path of 's-1' begins with ~" in found[1]


def test_a_header_of_another_channel_is_not_believed(data):
    """It has as many bytes, and so has the file."""
    headers = data.table("reco2header")
    assert kept_header(headers, "m-1", data.table("wav.scp")["m-1"]) is None
    assert read_header("a.wav[channel=1]").size == 0
    whole = {"a": str(read_header("a.wav"))}
    assert kept_header(whole, "a", "a.wav") == read_header("a.wav")
    assert kept_header(whole, "a", "a.wav[channel=7]") is None


def test_a_header_of_what_is_not_all_whole_files_is_not_believed(folder):
    """Of a sum with a file that is gone, with an archive's entry, with a channel: as many bytes tell nothing."""
    (folder / "b.ark").write_bytes(b"x " + (folder / "b.wav").read_bytes())
    for entry in ("b.ark:2", "b.wav + b.ark:2", "b.wav + b.wav[channel=0]"):
        assert read_header(entry) == (900, RATE, 1, 0)
    for kept, entry in (
        ("b.wav", "b.wav + gone.wav"), ("b.wav", "gone.wav + b.wav"), ("b.wav", "b.wav:0"),
        ("b.wav", "b.wav[channel=0]"), ("b.wav + b.wav", "b.wav + b.wav:0"),
        ("b.wav + b.wav", "b.wav[channel=0] + b.wav"),
    ):  # fmt: skip
        headers = {"u": str(read_header(kept))}
        assert kept_header(headers, "u", kept) == read_header(kept)
        assert kept_header(headers, "u", entry) is None
