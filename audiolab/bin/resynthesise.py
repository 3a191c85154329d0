"""Speech through AutoVC's mel spectrogram and a vocoder alone, in place of a conversion: what both do to it.

``python -m audiolab.bin.resynthesise --data DIR --targets SPEAKER … --out DIR`` writes what ``apply vc`` would: each
utterance for each target but its own speaker. With ``--nj N``, job ``--job K`` makes every N-th; ``--join`` joins.
"""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.datadir import parts
from audiolab.datadir.datadir import DataDir
from audiolab.features.kinds import of_kind, read_features
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.inference import load
from audiolab.synthesis.griffin_lim import GriffinLim
from audiolab.synthesis.mel_vocoder import MelVocoder
from audiolab.tasks.vc.resynthesis import resynthesise_data_dir
from audiolab.tasks.vc.voices import GRIFFIN_LIM

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="resynthesise", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir of speech")
    parser.add_argument("--targets", nargs="+", required=True, metavar="SPEAKER", help="for whom it stands")
    parser.add_argument("--features", help="YAML of the spectrogram (kind: mel); empty: AutoVC's; not with a run")
    parser.add_argument("--vocoder", default=GRIFFIN_LIM, help=f"{GRIFFIN_LIM}, or the run of a trained vocoder")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--out", required=True, help="data dir to write")
    parts.add_options(parser, "jobs that share the utterances")
    options = parser.parse_args()
    made = parts.run(
        options,
        "resynthesise",
        lambda part: resynthesise_data_dir(
            _vocoder(options), DataDir(options.data), options.targets, Path(options.out), part
        ),
    )
    logger.info("%s: %d utterances", made.path, len(made.utterances))


def _vocoder(options: cli.configargparse.Namespace) -> MelVocoder:
    if options.vocoder != GRIFFIN_LIM:
        return load(options.vocoder, options.device, does="synthesise")
    config = LogMelConfig()
    if options.features:
        config = of_kind(read_features(options.features), LogMelConfig, options.features)
    return GriffinLim(config, device=options.device)


if __name__ == "__main__":
    cli.run(main)
