"""Copying a data dir with other ids."""

from __future__ import annotations

from pathlib import Path

from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.kinds import kind_of


def copy_data_dir(
    source: str | Path,
    destination: str | Path,
    utt_prefix: str = "",
    utt_suffix: str = "",
    spk_prefix: str = "",
    spk_suffix: str = "",
) -> DataDir:
    """Copy a data dir, as Kaldi's ``copy_data_dir.sh`` does, giving ids a prefix or a suffix.

    Recordings keep their ids where there are ``segments``, and where ``mixtures`` are made of them; otherwise they are
    utterances and are renamed as these.
    In ``utt2uniq`` only the key is renamed, so a copy stays known as one of the same utterance. ``destination`` is
    to lie apart from ``source``.
    """
    datadir = DataDir(source)
    check_apart(source, destination)
    datadir.tell_unknown()
    segmented = datadir.has("segments")

    def utterance(name: str) -> str:
        return f"{utt_prefix}{name}{utt_suffix}"

    def speaker(name: str) -> str:
        return f"{spk_prefix}{name}{spk_suffix}"

    def recording(name: str) -> str:
        return name if segmented else utterance(name)

    def mixed(name: str) -> str:
        return name

    rename = {"utterance": utterance, "speaker": speaker, "recording": recording, "speech": mixed, "noise": mixed}
    copied = {}
    for name, table in datadir.tables.items():
        key = rename[kind_of(name).key]
        copied[name] = {key(old): value for old, value in table.items()}
    copied["utt2spk"] = {utterance(old): speaker(value) for old, value in datadir.table("utt2spk").items()}
    return write_data_dir(destination, copied, replace=True, settings=datadir.settings)
