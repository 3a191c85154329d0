"""A Kaldi data dir: a folder of tables that share their ids."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from audiolab.datadir.kinds import SETTINGS, kind_of
from audiolab.datadir.relations import Segment, parse_segments, utt2spk_to_spk2utt
from audiolab.datadir.table import Table, put_table, read_table
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_bytes

logger = logging.getLogger(__name__)


class DataDir:
    """A data dir on disk; each table is read when it is first asked for, and kept.

    Args:
        path: The folder.

    Raises:
        AudiolabError: There is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._tables: dict[str, Table] = {}
        if not self.path.is_dir():
            raise AudiolabError(f"{path}: no such data dir")

    def __repr__(self) -> str:
        return f"DataDir({str(self.path)!r})"

    def has(self, name: str) -> bool:
        """Return whether the dir has the table ``name``."""
        return (self.path / name).is_file()

    def table(self, name: str) -> Table:
        """Return the table ``name``, in the order of its file; `AudiolabError` when it is missing or broken."""
        if name not in self._tables:
            self._tables[name] = read_table(self.path / name)
        return self._tables[name]

    def values(self, name: str, utterances: Iterable[str]) -> list[str]:
        """Return what the table ``name`` has of each of the utterances.

        Raises:
            AudiolabError: The table is missing or broken, or lacks an utterance, of which the first is named.
        """
        table, wanted = self.table(name), list(utterances)
        if lost := next((utterance for utterance in wanted if utterance not in table), None):
            raise AudiolabError(f"{self.path / name}: no entry for '{lost}'")
        return [table[utterance] for utterance in wanted]

    @property
    def names(self) -> list[str]:
        """The names of the tables that the dir has, of those that audiolab knows."""
        return sorted(entry.name for entry in self.path.iterdir() if kind_of(entry.name) and entry.is_file())

    @property
    def settings(self) -> dict[str, bytes]:
        """The dir's files of settings, by name."""
        return {name: read_bytes(self.path / name) for name in SETTINGS if self.has(name)}

    def tell_unknown(self, besides: Collection[str] = ()) -> None:
        """Log which files a copy of the dir leaves out, for no data dir is known to have them.

        Args:
            besides: Names of further tables, which it does not leave out.
        """
        files = sorted(entry.name for entry in self.path.iterdir() if entry.is_file() and entry.name[0] != ".")
        unknown = [name for name in files if kind_of(name) is None and name not in (*SETTINGS, *besides)]
        if unknown:
            logger.warning("%s: left out, for no data dir is known to have it: %s", self.path, " ".join(unknown))

    @property
    def tables(self) -> dict[str, Table]:
        """All tables of the dir that audiolab knows, read."""
        return {name: self.table(name) for name in self.names}

    @property
    def utterances(self) -> list[str]:
        """The utterance ids, in byte order."""
        return sorted(self.table("utt2spk"))

    @property
    def speakers(self) -> list[str]:
        """The speaker ids, in byte order."""
        return sorted(set(self.table("utt2spk").values()))

    @functools.cached_property
    def segmented(self) -> bool:
        """Whether the dir has ``segments``: utterances are pieces of recordings; otherwise they are recordings."""
        return self.has("segments")

    def segment(self, utterance: str) -> Segment | None:
        """Return an utterance's place in its recording; None where the dir is not `segmented`.

        Raises:
            AudiolabError: ``segments`` has no such utterance, or its times are none.
        """
        if not self.segmented:
            return None
        path, table = self.path / "segments", self.table("segments")
        if utterance not in table:
            raise AudiolabError(f"{path}: no utterance '{utterance}'")
        return parse_segments({utterance: table[utterance]}, path)[utterance]

    def share(self, *names: str) -> DataDir:
        """Read now what finds an utterance's audio, and the tables of ``names`` that are there; return this object.

        Processes that get it need not read them.
        """
        for name in ("segments", "wav.scp", *names):
            if self.has(name):
                self.table(name)
        return self


def write_data_dir(
    path: str | Path,
    tables: Mapping[str, Mapping[str, str]],
    replace: bool = False,
    settings: Mapping[str, bytes] | None = None,
) -> DataDir:
    """Write tables into a data dir, each sorted, and ``spk2utt`` as ``utt2spk`` inverted.

    All tables are on disk under temporary names before the first takes its place, so a full disk or a wrong id
    leaves the dir as it was. ``utt2spk`` comes last: a dir that was without it, as `withdraw_tables` leaves it, is
    whole when it has it.

    Args:
        path: The folder; it is made.
        tables: Tables by name; a ``spk2utt`` among them is ignored where there is ``utt2spk``.
        replace: Remove the tables and settings of an earlier run that are not among these; other files always stay.
        settings: Contents of files of settings (`kinds.SETTINGS`), by name.

    Raises:
        AudiolabError: An id or a value cannot stand in a table, or the dir cannot be written.
    """
    path = Path(path)
    tables = dict(tables)
    if "utt2spk" in tables:
        tables["spk2utt"] = utt2spk_to_spk2utt(dict(sorted(tables["utt2spk"].items())))
    with contextlib.ExitStack() as last, contextlib.ExitStack() as stack:
        for name, table in tables.items():
            file = (last if name == "utt2spk" else stack).enter_context(atomic_write(path / name))
            put_table(file, table, path / name)
            file.flush()  # so that a full disk is met before the first rename
        for name, content in (settings or {}).items():
            stack.enter_context(atomic_write(path / name, "wb")).write(content)
    datadir = DataDir(path)
    if replace:
        for name in {*datadir.names, *datadir.settings} - {*tables, *(settings or {})}:
            (path / name).unlink()
    return datadir


def withdraw_tables(path: str | Path, names: Collection[str] | None = None) -> None:
    """Remove the tables of a data dir whose audio is about to be replaced, if there is one; then write them anew.

    A process that is killed meanwhile leaves a dir that lacks them, not tables of other audio.

    Args:
        path: The data dir.
        names: Which tables; None: all that audiolab knows, ``utt2spk`` first.

    Raises:
        AudiolabError: One cannot be removed.
    """
    path = Path(path)
    if names is None:
        names = sorted(DataDir(path).names, key=lambda name: name != "utt2spk") if path.is_dir() else ()
    for name in names:
        try:
            (path / name).unlink(missing_ok=True)
        except OSError as error:
            raise AudiolabError(f"{path / name}: cannot remove this table: {error.strerror}") from error
