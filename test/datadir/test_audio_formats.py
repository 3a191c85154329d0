"""One reader of recordings: all samples that are there, or one line that names the file."""

import struct
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from audio_files import FORMATS, LIST, LOSSLESS, RATE, SAMPLES, chunk, made, put, signal

from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import audio_info, open_audio, read_wav
from audiolab.errors import AudiolabError

OPEN = [0, 0x7FFF0000, 0x7FFFF000, 0x7FFFFF00, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
"""Sizes that programs put into a header that they write to a pipe."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.audio"


def number(wave):
    """Return 16-bit samples as they are read."""
    return np.squeeze(wave / np.float32(32768))


def refused(path, message):
    """Check that both ways to look at a file refuse it, in one line that names it."""
    for look in (audio_info, read_wav, lambda path: sum(len(block) for block in blocks(path))):
        with pytest.raises(AudiolabError, match=message) as caught:
            look(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def blocks(path):
    with open_audio(path) as recording:
        yield from recording.blocks()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", LOSSLESS)
def test_samples_are_those_written(path, name, channels):
    path.write_bytes(made(name, channels))
    np.testing.assert_array_equal(read_wav(path)[0], number(signal(channels=channels)))
    assert audio_info(path) == (SAMPLES, RATE, channels)


@pytest.mark.parametrize("name", FORMATS)
def test_pieces_are_those_of_the_whole(path, name, monkeypatch):
    """GSM and others cannot seek; libsndfile does not find its place in the last page of Vorbis."""
    path.write_bytes(made(name, 2 if name not in ("gsm", "w64gsm", "g721", "aiffima") else 1, samples=5 * SAMPLES))
    whole = read_wav(path)[0]
    assert np.abs(whole).max() > 0.1
    for first, stop in ((0, 5), (7, 4000), (20000, 30000), (44000, 44100), (len(whole) - 99, len(whole))):
        piece = read_excerpt(path, None, first, stop - first, channels="all")
        np.testing.assert_allclose(piece, whole[first:stop], atol=1e-6)
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 1000)
    np.testing.assert_allclose(np.squeeze(np.concatenate(list(blocks(path)))), whole, atol=1e-6)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.6, 0.97, None])
def test_a_file_that_ends_early_is_refused(path, name, share):
    """Two bytes are the least, for one may be padding."""
    data = made(name)
    path.write_bytes(data[: -2 if share is None else int(share * len(data))])
    refused(path, "truncated|no audio that can be read")


@pytest.mark.parametrize("behind", [b"", LIST, LIST + chunk(b"id3 ", b"xyz")])
@pytest.mark.parametrize("size", OPEN)
@pytest.mark.parametrize("name", ["wav", "wav24", "rifx"])
def test_wav_of_unknown_length(path, name, size, behind):
    data, endian = made(name), "big" if name == "rifx" else "little"
    at = data.index(b"data") + 4
    if name == "wav24":  # SoX rounds down to whole samples
        size -= size % 3
    if name == "rifx":
        behind = put(behind, 4, behind[4:8][::-1]) if behind == LIST else b""
    path.write_bytes(put(put(data, 4, size.to_bytes(4, endian)), at, size.to_bytes(4, endian)) + behind)
    np.testing.assert_array_equal(read_wav(path)[0], number(signal()))
    assert audio_info(path) == (SAMPLES, RATE, 1)


def test_other_headers_of_unknown_length(path):
    """As ffmpeg and SoX leave them in a pipe."""
    rf64, w64, aiff, au, caf = (made(name) for name in ("rf64", "w64", "aiff", "au", "caf"))
    ds64, inside, ssnd, free = 20, w64.index(b"data") + 16, aiff.index(b"SSND") + 4, caf.index(b"data") + 4
    kinds = [put(rf64, ds64, bytes(16)), put(rf64, ds64, b"\xff" * 16)]
    kinds += [put(put(w64, 16, bytes(8)), inside, bytes(8)), put(put(w64, 16, b"\xff" * 8), inside, b"\xff" * 8)]
    kinds += [put(aiff, ssnd, size.to_bytes(4, "big")) for size in (0, 0x7F000008, 0xFFFFFFFF)]
    kinds += [put(au, 8, b"\xff" * 4), put(caf, free, b"\xff" * 8)]
    for data in kinds:
        path.write_bytes(data)
        np.testing.assert_array_equal(read_wav(path)[0], number(signal()))
        assert audio_info(path) == (SAMPLES, RATE, 1)


def test_a_stream_that_ends_within_a_sample_is_refused(path):
    data = made("wav", channels=2)
    path.write_bytes(put(data, 40, b"\xff" * 4)[:-3])
    refused(path, "truncated: ends 1 bytes into a sample of 4")


def test_chunks_and_tags_behind_the_samples(path):
    for name, behind in (("wav", LIST), ("wav", b"TAG" + b" " * 125), ("aiff", chunk(b"ANNO", b"xy", "big"))):
        path.write_bytes(made(name) + behind)
        np.testing.assert_array_equal(read_wav(path)[0], number(signal()))
    empty = put(made("wav")[:44], 40, bytes(4))
    path.write_bytes(empty + LIST)
    refused(path, "empty, no samples")


@pytest.mark.parametrize("name", ["wav", "rf64", "w64", "aiff", "au", "caf", "sphere", "flac", "ogg", "mp3"])
def test_more_than_the_header_counts_is_refused(path, name):
    path.write_bytes(made(name) + b"\x01\x02\xff\x00" * 500)
    refused(path, "bytes behind the samples|no page of Ogg|no frame of MPEG layer III|does not end with a whole frame")


@pytest.mark.parametrize("behind", [b"", LIST])
def test_a_size_that_has_run_over_4_gib(path, behind):
    """The file is sparse: 2³² bytes of silence, then the signal."""
    head, wave = made("wav")[:44], signal()
    with open(path, "wb") as file:
        file.write(head)
        file.seek(1 << 32, 1)
        file.write(wave.tobytes() + behind)
    assert audio_info(path) == (SAMPLES + (1 << 31), RATE, 1)
    piece = read_excerpt(path, start=(1 << 31) - RATE)
    np.testing.assert_array_equal(piece, number(np.concatenate([np.zeros((RATE, 1), np.int16), wave])))


def frames(data):
    """Return an MP3 of libsndfile's without its first frame, which is no audio but counts the others, and the count."""
    second = data.index(data[:2], 4)
    place = data.index(b"Xing") if b"Xing" in data[:second] else data.index(b"Info")
    return data[second:], struct.unpack(">I", data[place + 8 : place + 12])[0]


def test_mp3_without_a_header_that_counts_its_frames(path, tmp_path):
    """Quiet at first, so that the first frames are small and the length that libmpg123 guesses is wrong."""
    wave = signal(20 * RATE)[:, 0] * np.repeat(np.array([0, 1], np.int16), 10 * RATE)
    soundfile.write(tmp_path / "a.mp3", wave, RATE, bitrate_mode="VARIABLE")
    data, count = frames((tmp_path / "a.mp3").read_bytes())
    path.write_bytes(data)
    assert abs(soundfile.info(path).frames - len(wave)) > RATE  # what was read before
    found, _ = read_wav(path)
    assert len(found) == count * 576 - 529  # samples of a frame of MPEG 2, and the decoder's delay
    assert audio_info(path)[0] == len(found)
    halves = [np.sqrt(np.mean(half**2)) for half in (found[: 9 * RATE], found[-9 * RATE :])]
    assert halves[0] < 1e-3 < 0.05 < halves[1]
    path.write_bytes(b"ID3\3\0\0\0\0\0\5abcde" + data + b"TAG" + bytes(125))
    np.testing.assert_array_equal(read_wav(path)[0], found)


def test_two_mp3_in_one_are_read_to_the_end(path):
    data = made("mp3", samples=5 * RATE)
    path.write_bytes(data)
    once = len(read_wav(path)[0])
    path.write_bytes(data + data)
    assert len(read_wav(path)[0]) > 2 * once


def test_flac_that_does_not_count_its_samples(path):
    """As an encoder leaves it that writes to a pipe."""
    data = made("flac")
    path.write_bytes(put(data, 21, bytes([data[21] & 0xF0, 0, 0, 0, 0])))
    np.testing.assert_array_equal(read_wav(path)[0], number(signal()))
    assert audio_info(path)[0] == SAMPLES
    path.write_bytes(b"ID3\3\0\0\0\0\0\5abcde" + data + b"TAG" + bytes(125))
    np.testing.assert_array_equal(read_wav(path)[0], number(signal()))


def test_flac_that_lacks_whole_frames(path):
    """The end is a whole frame, but an earlier one."""
    data = made("flac", samples=5 * SAMPLES)
    last = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xf8" and data[at + 4] == 5][-1]
    path.write_bytes(data[:last])
    refused(path, f"truncated: ends after {5 * 4096} of {5 * SAMPLES} samples")


def test_flac_in_an_archive_is_looked_at_to_its_end(path):
    data = made("flac", samples=5 * SAMPLES)
    path.write_bytes(b"x " + data + b"y " + data)
    assert audio_info(f"{path}:2")[0] == 5 * SAMPLES
    path.write_bytes(b"x " + data[:20000] + b"y " + data)
    with pytest.raises(AudiolabError, match=r"truncated|broken audio"):
        audio_info(f"{path}:2")


def test_a_broken_byte_within_is_found(path):
    for name in ("flac", "ogg", "opus"):
        data = made(name, samples=5 * SAMPLES)
        path.write_bytes(put(data, len(data) // 2, bytes([data[len(data) // 2] ^ 16])))
        with pytest.raises(AudiolabError, match=r"truncated|broken audio"):
            read_wav(path)


@pytest.mark.parametrize("name", ["ogg", "opus"])
def test_a_broken_byte_is_found_in_whatever_page_of_an_ogg(path, name):
    data = made(name, samples=5 * SAMPLES)
    pages = [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]
    assert len(pages) > 4
    for begin, end in pairwise([*pages, len(data)]):
        path.write_bytes(put(data, end - 3, bytes([data[end - 3] ^ 16])))
        with pytest.raises(AudiolabError, match=r"truncated|broken audio|no audio that can be read"):
            read_wav(path)
        if begin in (pages[0], pages[2], pages[-1]):
            refused(path, "the page of Ogg at byte [0-9]+ has changed; get it again")


def test_several_streams_in_one_ogg_are_refused(path):
    data = made("ogg")
    path.write_bytes(data + data)
    refused(path, "several streams in one Ogg file")


def test_what_a_file_is_called_does_not_matter(tmp_path):
    for name in ("wav", "flac", "mp3"):
        for suffix in ("", ".raw", ".RAW", ".mp3", ".txt"):
            (tmp_path / f"a{suffix}").write_bytes(made(name))
            assert read_wav(tmp_path / f"a{suffix}")[0].size == audio_info(tmp_path / f"a{suffix}")[0] >= SAMPLES


def test_formats_that_tell_no_length_are_refused(path):
    for kind in ("VOC", "SVX", "MAT5", "IRCAM", "PVF"):
        soundfile.write(path, signal(), RATE, format=kind)
        refused(path, "no audio that can be read: WAV .* and SPHERE are; convert it")


@pytest.mark.parametrize("name", ["wav", "au", "caf", "aiff"])
def test_floats_on_the_scale_of_integers_are_refused_wherever_audio_is_read(path, name):
    soundfile.write(path, signal().astype(np.float32), RATE, "FLOAT", format=FORMATS[name][0])
    for read in (read_wav, lambda path: read_excerpt(path, RATE), lambda path: list(blocks(path))):
        with pytest.raises(AudiolabError, match=r"sample \d+ is .* times full scale; give floats within ±1"):
            read(path)


@pytest.mark.parametrize("rate", [0, 1, 2_000_000_000])
def test_an_absurd_rate_is_refused(path, rate):
    path.write_bytes(put(made("wav"), 24, struct.pack("<I", rate)))
    refused(path, f"a rate of {rate} Hz|no audio that can be read")


def test_a_path_that_is_not_utf8(tmp_path):
    path = f"{tmp_path}/a\udcff.wav"
    with open(path, "wb") as file:
        file.write(made("wav"))
    np.testing.assert_array_equal(read_wav(path)[0], number(signal()))
    assert audio_info(path)[0] == SAMPLES
    with pytest.raises(AudiolabError, match="cannot open"):
        read_wav(f"{tmp_path}/a\udcfe.wav")
    with pytest.raises(AudiolabError, match="cannot open: embedded null byte"):
        read_wav(f"{tmp_path}/a\0.wav")


@pytest.mark.parametrize("before", [b"", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)])
def test_a_flac_of_several_streams_is_refused(path, before):
    """As ``cat`` makes it: the decoder gives the first alone."""
    data = made("flac")
    for second in (data, made("flac", samples=SAMPLES // 2)):
        path.write_bytes(before + data + before + second)
        refused(path, "several FLAC streams in one file; make it one")


def test_a_look_at_a_flac_reads_its_ends_alone(path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 1 << 20)
    soundfile.write(path, noise, RATE, "PCM_16", format="FLAC")
    assert path.stat().st_size > 1 << 20
    before = bytes_read()
    assert audio_info(path)[0] == len(noise)
    assert bytes_read() - before < 1 << 17
    data = made("flac")
    path.write_bytes(data + made("flac", channels=2))  # as long; who reads all of it finds it
    assert audio_info(path)[0] == SAMPLES
    np.testing.assert_array_equal(read_excerpt(path, None, 10, 500), number(signal())[10:510])
    with pytest.raises(AudiolabError, match="several FLAC streams in one file"):
        read_wav(path)


def bytes_read():
    """Return how many bytes this process has read from files."""
    with open("/proc/self/io") as file:
        return int(next(line for line in file if line.startswith("rchar:")).split()[1])


@pytest.mark.parametrize("block", [1 << 15, 1000])
@pytest.mark.parametrize("name", ["MP3 CONSTANT", "MP3 VARIABLE", "OGG VORBIS", "OGG OPUS", "gsm", "g721", "ima"])
def test_blocks_and_pieces_in_any_order_are_those_of_one_read(path, name, block, monkeypatch):
    """A frame of MP3 lies in those before it, a block of Vorbis overlaps with the one before, GSM cannot go back."""
    wave, (kind, _, how) = signal(60000).astype(np.float32) / 32768, name.partition(" ")
    if kind in FORMATS:
        path.write_bytes(made(kind, samples=len(wave)))
    else:
        coding = {"bitrate_mode": how, "compression_level": 0.8} if kind == "MP3" else {"subtype": how}
        soundfile.write(path, wave, RATE, format=kind, **coding)
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 1 << 20)  # so that the decoder is called once
    whole = read_wav(path)[0]
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", block)
    assert np.abs(np.concatenate(list(blocks(path)))[:, 0] - whole).max() < 1e-6
    with open_audio(path) as recording:
        for first in (50000, 0, 31234, 31235, 12000, 55000, len(whole) - 3000):
            piece = recording.read(first, first + 3000)[:, 0]
            assert np.abs(piece - whole[first : first + 3000]).max() < 1e-6
