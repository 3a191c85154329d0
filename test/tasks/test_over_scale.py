"""Files with samples over full scale are counted by system, each folder once."""

import pytest

from audiolab.datadir.datadir import write_data_dir
from audiolab.tasks.runs import Run, over_scale


@pytest.mark.parametrize("table", ["utt2limited", "utt2clipped"])
def test_files_are_counted(tmp_path, table):
    for name, counts in {"a": ["0", "12", "0"], "b": ["3"], "c": None}.items():
        speakers = {f"{name}_{n}": "B" for n in range(len(counts or "x"))}
        tables = {"utt2spk": speakers} | ({table: dict(zip(speakers, counts))} if counts else {})
        write_data_dir(tmp_path / name, tables)
    systems = [("soft", "0", "a"), ("soft", "1", "b"), ("soft", "1", "b"), ("shift", "-", "c"), ("natural", "-", "-")]
    folders = {name: str(tmp_path / name) for name in "abc"}
    runs = [Run(system, seed, ("s",), folders.get(name, name)) for system, seed, name in systems]
    assert over_scale(runs, table) == "soft 2 of 4, shift not counted"
