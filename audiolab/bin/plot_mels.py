"""Draw mel spectrograms of one utterance below each other: ``plot_mels --scored exp/…/scored.tsv --data data/eval …``.

The source, and of each system what it made of it: converted to the target, and to the source's own speaker.
"""

from __future__ import annotations

import logging

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.metrics.scores import AS_IS
from audiolab.report.style import save_png
from audiolab.tasks.registry import TASKS, module

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="plot_mels", description=__doc__.splitlines()[0])
    parser.add_argument("--scored", required=True, help="list of what systems made, as score vc reads it")
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--utterance", required=True, help="which of them")
    parser.add_argument("--target", required=True, help="the speaker to whom it was converted")
    parser.add_argument("--systems", nargs="*", default=[], help="these only, in this order; all when not given")
    parser.add_argument("--seconds", type=cli.above_zero, default=8.0, help="what is shown of each [s]")
    parser.add_argument("--out", required=True, help="the PNG to write")
    options = parser.parse_args()
    check_not_read(options.out, options.scored)
    pictures, conversions = module(TASKS["vc"], "pictures"), module(TASKS["vc"], "conversions")
    runs = [run for run in TASKS["vc"].read_runs(options.scored) if run.dir != AS_IS]
    known = list(dict.fromkeys(run.system for run in runs))
    for name in options.systems:
        if name not in known:
            raise AudiolabError(f"--systems: no system '{name}' in {options.scored}{did_you_mean(name, known)}")
    data, made = DataDir(options.data), {}
    for system in options.systems or known:
        first = next(run.seed for run in runs if run.system == system)
        folders = dict.fromkeys(run.dir for run in runs if (run.system, run.seed) == (system, first))
        made[system] = [c for folder in folders for c in conversions.read_conversions(DataDir(folder), data, None)]
    clips = pictures.of_systems(made, options.utterance, options.target)
    save_png(pictures.mels(clips, options.seconds), options.out)
    logger.info("%s: %s", options.out, ", ".join(clips))


if __name__ == "__main__":
    cli.run(main)
