"""Make sets of speakers for few-shot voice conversion: ``python -m audiolab.bin.select_speakers --data data/vctk``.

Writes the data dirs ``<out>_small``, ``<out>_large`` and so on, by reference (docs/data-formats.md).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audiolab import cli
from audiolab.config import add_arguments, from_namespace, placed
from audiolab.data.few_shot import SETS, FewShot, choose, choose_extra
from audiolab.datadir.combine import combine_data_dirs
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="select_speakers", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir of all speakers")
    parser.add_argument("--out", default=None, help="what the names of the sets begin with; as --data where not given")
    parser.add_argument("--extra", nargs="*", default=[], help="data dirs of further speakers of the small set")
    parser.add_argument("--seed", type=cli.count, default=0, help="of the draw")
    add_arguments(parser, FewShot)
    options = parser.parse_args()
    config = from_namespace(FewShot, options)
    data, extra = DataDir(options.data), [DataDir(folder) for folder in options.extra]
    check_apart_speakers([data, *extra])
    rng = np.random.default_rng(options.seed)
    with placed(options):
        sets = choose(data, config, rng)
    sources = {name: [data] for name in sets} | {"extra_eval": extra}
    sets["extra_eval"] = []
    for further in extra:
        chosen = choose_extra(further, config, rng)
        sets["extra_eval"] += chosen["extra_eval"]
        for name in ("small", "large"):
            sets[name] += chosen["small"]
            sources[name] = [data, *extra]
    for name in SETS:
        write(f"{options.out or options.data.rstrip('/')}_{name}", sources[name], sets[name])


def check_apart_speakers(dirs: Sequence[DataDir]) -> None:
    """Raise `AudiolabError` for a speaker who is in two data dirs."""
    first: dict[str, DataDir] = {}
    for data in dirs:
        for speaker in data.speakers:
            earlier = first.setdefault(speaker, data)
            if earlier is not data:
                raise AudiolabError(
                    f"{data.path}: speaker '{speaker}' is in {earlier.path}, too; rename the folder, or use "
                    "utils/copy_data_dir.py --spk-prefix"
                )


def write(path: str, sources: Sequence[DataDir], utterances: Sequence[str]) -> None:
    """Write a set; one that is empty is removed, if an earlier call has left it."""
    if not utterances:
        shutil.rmtree(path, ignore_errors=True)
        return
    made = combine_data_dirs(path, [source.path for source in sources], utterances=utterances)
    logger.info("%s: %d utterances of %d speakers", Path(path), len(made.utterances), len(made.speakers))


if __name__ == "__main__":
    cli.run(main)
