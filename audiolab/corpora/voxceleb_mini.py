"""VoxCeleb1's mini twin: synthetic voices in noisy videos, in the corpus's own folders, WAV at 16 kHz.

A speaker is heard in several videos. Each has a room and a microphone of its own, a band that its codec leaves, and a
noise; so recordings of a video have more in common than those of a speaker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import scipy  # its signal is loaded at the first use, and preparing a corpus has none

from audiolab.config import option
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.noises import KINDS, make_noise
from audiolab.corpora.readers import RATE, choose, gender_of, read_aloud
from audiolab.corpora.speakers import LEVEL, colour, room
from audiolab.corpora.voices import make_voice
from audiolab.corpora.voxceleb_layout import META, SPLIT
from audiolab.datadir.audiowrite import write_audio
from audiolab.files import atomic_write
from audiolab.text.sentences import sentences_in

SNRS = (8.0, 28.0)
"""Of a video's noise, dB."""

LOWS, HIGHS = (50.0, 300.0), (3400.0, 7600.0)
"""Where the band of a video's channel begins and ends, Hz."""

_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))


@dataclass(frozen=True)
class VoxCelebMini:
    """How large the mini corpus is."""

    speakers: int = option(24, "beside those of the test; 1 to 200")
    test_speakers: int = option(4, "of those whom the corpus reserves for tests; 1 to 40")
    videos: int = option(3, "of each speaker; 2 or more")
    utterances: int = option(5, "of a speaker in a video; 2 to 5 s each")

    def __post_init__(self) -> None:
        if not 1 <= self.speakers <= 200 or not 1 <= self.test_speakers <= 40:
            raise ValueError("speakers must be 1 to 200, test_speakers 1 to 40")
        if self.videos < 2 or self.utterances < 1:
            raise ValueError("videos must be 2 or more, utterances 1 or more")


def make_mini(out: str | Path, sizes: VoxCelebMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the choice of sentences and of all that is random about speakers and videos.
        nj: How many videos are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough texts; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        names = [f"id{10001 + number}" for number in range(sizes.speakers)]
        names += [f"id{10270 + number}" for number in range(sizes.test_speakers)]
        rng = np.random.default_rng([seed, *b"videos"])
        videos = {name: ["".join(rng.choice(_LETTERS, 11)) for _ in range(sizes.videos)] for name in names}
        _write_lists(folder, videos, sizes)
        run_all(
            (partial(_write_speaker, folder / "wav" / name, number, videos[name], sizes.utterances, seed)
             for number, name in enumerate(names)),
            nj,
        )  # fmt: skip

    return make_once(out, "voxceleb", sizes, seed, nj, write)


def _write_lists(folder: Path, videos: dict[str, list[str]], sizes: VoxCelebMini) -> None:
    """Write the speakers' table, and the split for identification: of each speaker the last video is for the test."""
    rows = ["VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet"]
    lines = []
    for number, (speaker, names) in enumerate(videos.items()):
        part = "dev" if number < sizes.speakers else "test"
        rows.append(f"{speaker}\tMini_{number}\t{gender_of(number)}\tUSA\t{part}")
        for video in names:
            for utterance in range(1, sizes.utterances + 1):
                first = 2 if utterance == sizes.utterances > 1 else 1
                lines.append(f"{3 if video is names[-1] else first} {speaker}/{video}/{utterance:05d}.wav")
    for name, content in ((META, rows), (SPLIT, lines)):
        with atomic_write(folder / name) as file:
            file.writelines(f"{line}\n" for line in content)


def _write_speaker(folder: Path, number: int, videos: list[str], utterances: int, seed: int) -> None:
    rng = np.random.default_rng([seed, number, *b"voxceleb"])
    voice = make_voice(folder.name, "en-us", number, rng)
    spoken = read_aloud(voice, choose(sentences_in("en"), utterances * len(videos), rng), seed)
    for place, video in enumerate(videos):
        heard = in_the_wild(spoken[place * utterances : (place + 1) * utterances], rng)
        for count, wave in enumerate(heard, 1):
            write_audio(folder / video / f"{count:05d}.wav", wave, RATE)


def in_the_wild(spoken: list[np.ndarray], rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield recordings as a video has them, of the same lengths: in its room and noise, through its channel.

    Args:
        spoken: Clean recordings at `RATE`, [N] each.
        rng: Draws room, noise, channel and level.
    """
    low, high = rng.uniform(*LOWS), rng.uniform(*HIGHS)
    channel = scipy.signal.butter(3, (low, high), "bandpass", fs=RATE, output="sos")
    response = scipy.signal.fftconvolve(colour(rng, RATE), room(rng, RATE))
    kind = sorted(KINDS)[int(rng.integers(len(KINDS)))]
    noise = make_noise(kind, rng, max(sum(map(len, spoken)), 2 * RATE), RATE, LEVEL - rng.uniform(*SNRS))
    gain = 10 ** (rng.uniform(-8, 4) / 20)
    start = 0
    for wave in spoken:
        inside = scipy.signal.fftconvolve(wave, response)[: len(wave)] + noise[start : start + len(wave)]
        heard = gain * scipy.signal.sosfilt(channel, inside)
        start += len(wave)
        yield heard * min(1.0, 0.95 / np.max(np.abs(heard)))
