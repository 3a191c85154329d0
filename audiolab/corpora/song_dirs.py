"""Song dirs: data dirs of songs whose voice and accompaniment are known, in pieces by reference.

A song dir has the mixture (``wav.scp``), the voice (``vocals.scp``) and the rest (``accompaniment.scp``) of the same
recordings, ``utt2song``, and ``segments`` where a song is longer than a piece. Audio stays where it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.preparation import Songs
from audiolab.corpora.prepared import check_data_dir, settings_of
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.headers import TABLE, Header, read_header
from audiolab.datadir.names import id_problem
from audiolab.datadir.pieces import Cut, Piece, pieces_of
from audiolab.errors import AudiolabError
from audiolab.work import each, processes

SIGNALS = ("wav.scp", "vocals.scp", "accompaniment.scp")


@dataclass(frozen=True)
class SongRecording:
    """A recording of a song, or of a part of one.

    Attributes:
        utterance: Its id, which begins with ``speaker``.
        speaker: The singer or artist.
        song: The song's id; recordings of one song are never mixed as if they were of two.
        mixture: The entry of all together.
        vocals: That of the voice.
        accompaniment: That of the rest.
        where: A file or folder that messages name.
        language: As in ``utt2lang``; None where the corpus does not tell.
        gender: The singer's, ``f`` or ``m``; None where the corpus does not tell.
    """

    utterance: str
    speaker: str
    song: str
    mixture: str
    vocals: str
    accompaniment: str
    where: Path
    language: str | None = None
    gender: str | None = None

    @property
    def entries(self) -> tuple[str, str, str]:
        """Those of the mixture, the voice and the rest, in the order of `SIGNALS`."""
        return self.mixture, self.vocals, self.accompaniment


def prepare_songs(
    dest: str | Path,
    sets: Mapping[str, Sequence[SongRecording]],
    config: Songs,
    nj: int = 1,
    channels: int | None = None,
    slack_seconds: float = 0.0,
) -> list[Path]:
    """Write the song dir ``<dest>/<set>`` for each set, all of them checked before the first is written.

    Args:
        dest: The recipe's ``data`` folder.
        sets: The recordings of each set.
        config: How many, which fit by their headers, and how they are cut; each dir keeps it as ``prepared.yaml``.
        nj: Processes that read headers.
        channels: How many all signals must have; None: the three of a recording must be alike.
        slack_seconds: By how much the signals of a recording may differ in length; what lies behind the shortest one is
            in no piece.

    Returns:
        The song dirs, in the order of ``sets``.

    Raises:
        AudiolabError: Two recordings with one id; files that are broken, with their names; signals that do not fit; a
            set that is empty.
    """
    tables = {}
    for name, recordings in config.fewer_songs(sets).items():
        found = _by_id(recordings)
        tables[name] = _tables(name, found, _headers(name, found, config, nj, channels, slack_seconds), config)
    paths = []
    for name, contents in tables.items():
        path = Path(dest) / name
        write_data_dir(path, contents, replace=True, settings=settings_of(config))
        check_data_dir(path)
        songs, hours = len(set(contents["utt2song"].values())), sum(map(float, contents["utt2dur"].values())) / 3600
        logging.info("%s: %d songs of %d artists, %.2f h", path, songs, len(set(contents["utt2spk"].values())), hours)
        paths.append(path)
    return paths


def _by_id(recordings: Sequence[SongRecording]) -> dict[str, SongRecording]:
    found: dict[str, SongRecording] = {}
    for recording in recordings:
        earlier = found.setdefault(recording.utterance, recording)
        problem = id_problem(f"{recording.utterance}.wav")
        if earlier is not recording:
            problem = f"the same id, '{recording.utterance}', as {earlier.where}"
        if problem:
            raise AudiolabError(f"{recording.where}: {problem}; rename it")
    return found


def _headers(
    name: str,
    recordings: Mapping[str, SongRecording],
    config: Songs,
    nj: int,
    channels: int | None,
    slack_seconds: float,
) -> dict[str, list[Header]]:
    """Return the headers of the signals of each recording that is taken."""
    with processes(nj):
        found = dict(zip(recordings, each(_read, list(recordings.values()), channels, slack_seconds)))
    faults = [fault for fault in found.values() if isinstance(fault, str)]
    if faults:
        raise AudiolabError(faults[0] + (f" ({len(faults)} songs have faults)" if len(faults) > 1 else ""))
    fitting = {recording: headers for recording, headers in found.items() if all(map(config.fits, headers))}
    if not fitting:
        raise AudiolabError(f"{name}: no song is left of {len(found)}; choose others, or shorter ones (--min_seconds)")
    if len(fitting) < len(found):
        logging.info("%s: %d of %d recordings left out", name, len(found) - len(fitting), len(found))
    return fitting


def _read(recording: SongRecording, channels: int | None, slack_seconds: float) -> list[Header]:
    """Return the headers of a recording's signals, which fit one another."""
    headers = [read_header(entry) for entry in recording.entries]
    first = headers[0]
    for entry, header in zip(recording.entries, headers):
        if header.channels != (channels or first.channels):
            raise AudiolabError(
                f"{entry}: {header.channels} channel(s), expected {channels or first.channels}; get the song again"
            )
        if header.rate != first.rate or abs(header.samples - first.samples) > slack_seconds * first.rate:
            raise AudiolabError(
                f"{entry}: {header.samples} samples at {header.rate} Hz, the mixture has {first.samples} at "
                f"{first.rate} Hz; get the song again"
            )
    return headers


def _tables(
    name: str, recordings: Mapping[str, SongRecording], headers: Mapping[str, list[Header]], config: Songs
) -> dict[str, dict[str, str]]:
    """Return a song dir's tables."""
    pieces = {recording: _pieces(recording, found, config) for recording, found in headers.items()}
    whole = all(
        len(own) == 1 and {header.samples for header in headers[recording]} == {own[0].samples}
        for recording, own in pieces.items()
    )
    tables: dict[str, dict[str, str]] = {signal: {} for signal in (*SIGNALS, TABLE)}
    of: dict[str, tuple[SongRecording, Piece]] = {}
    for recording, own in pieces.items():
        for signal, entry in zip(SIGNALS, recordings[recording].entries):
            tables[signal][recording] = entry
        tables[TABLE][recording] = str(headers[recording][0])
        of |= {recording if whole else piece.name: (recordings[recording], piece) for piece in own}
    rates = {recording: found[0].rate for recording, found in headers.items()}
    tables["utt2spk"] = {utterance: song.speaker for utterance, (song, _) in of.items()}
    tables["utt2song"] = {utterance: song.song for utterance, (song, _) in of.items()}
    tables["utt2dur"] = {
        utterance: f"{piece.samples / rates[song.utterance]:.6f}" for utterance, (song, piece) in of.items()
    }
    if not whole:
        tables["segments"] = {name: _segment(song, piece, rates[song.utterance]) for name, (song, piece) in of.items()}
    return tables | _optional(name, of)


def _pieces(recording: str, headers: Sequence[Header], config: Songs) -> list[Piece]:
    """Return the pieces of a recording, as far as all of its signals go."""
    samples = min(header.samples for header in headers)
    return pieces_of(recording, 0, samples, headers[0].rate, Cut(config.segment_seconds))


def _segment(song: SongRecording, piece: Piece, rate: int) -> str:
    return f"{song.utterance} {piece.start / rate:.7f} {(piece.start + piece.samples) / rate:.7f}"


def _optional(name: str, of: Mapping[str, tuple[SongRecording, Piece]]) -> dict[str, dict[str, str]]:
    """Return the tables that a set has where all of its recordings tell the value; it is said where only some do."""
    tables = {
        "utt2lang": {utterance: song.language for utterance, (song, _) in of.items()},
        "spk2gender": {song.speaker: song.gender for song, _ in of.values()},
    }
    for table, values in tables.items():
        lacking = sum(not value for value in values.values())
        if 0 < lacking < len(values):
            logging.info("%s: no %s, for %d of %d have none", name, table, lacking, len(values))
    return {table: values for table, values in tables.items() if all(values.values())}
