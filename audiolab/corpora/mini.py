"""What all mini corpora share: made once, whole or not at all, and known by what they were made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from audiolab.config import to_dict
from audiolab.corpora.folder import is_made, new_folder
from audiolab.errors import AudiolabError
from audiolab.waiting import told


def make_once(out: str | Path, corpus: str, sizes: Any, seed: int, nj: int, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a new folder, which becomes ``out``, unless ``out`` was made from the same already.

    Args:
        out: The folder.
        corpus: The corpus's name.
        sizes: Dataclass; with the seed it decides what is written.
        seed: 0 or more.
        nj: 1 or more; changes nothing that is written.
        write: Given an empty folder.

    Raises:
        AudiolabError: ``seed`` or ``nj`` out of range; ``out`` holds something else.
    """
    if nj < 1 or seed < 0:
        raise AudiolabError(f"mini {corpus}: nj must be 1 or more, the seed 0 or more")
    made_from = {"corpus": f"mini {corpus}", "seed": seed, **to_dict(sizes)}
    if not is_made(out, made_from, "corpus"):
        with new_folder(out, made_from) as folder:
            write(folder)
    return Path(out)


def run_all(jobs: Iterable[Callable[[], None]], nj: int) -> None:
    """Run all jobs, ``nj`` at a time; when one raises, no further one is begun and its error is raised."""
    with ThreadPoolExecutor(nj) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            for future in told(futures, "parts of the corpus"):
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)
