"""Equal error rate of speakers' embeddings: ``python -m audiolab.bin.verify_speakers --data DIR``.

Each utterance of ``embedding.scp`` is held against each speaker of ``utt2spk``, its own without it. ``--out`` is a YAML
with ``eer`` and ``threshold``, and over how much they were taken.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import yaml

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.verification import equal_error, trials

logger = logging.getLogger(__name__)

VOICES = "embedding.scp"


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="verify_speakers", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with embedding.scp and utt2spk, as of embed_speakers")
    parser.add_argument("--out", help="YAML to write")
    options = parser.parse_args()
    if options.out:
        check_not_read(options.out, *(Path(options.data) / name for name in (VOICES, "utt2spk")))
    found = measured(Path(options.data))
    logger.info(
        "%s: EER %.2f %% at %.3f, %d utterances of %d speakers",
        options.data, 100 * found["eer"], found["threshold"], found["utterances"], found["speakers"],
    )  # fmt: skip
    if options.out:
        with atomic_write(options.out) as file:
            yaml.safe_dump(found, file, sort_keys=False)


def measured(folder: Path) -> dict[str, float]:
    """Return ``eer``, 0 to 1, ``threshold``, and the numbers of ``utterances``, ``speakers`` and ``trials``.

    Raises:
        AudiolabError: Tables are missing, or there are no trials of both kinds.
    """
    voices, utt2spk = MatrixTable(folder / VOICES), read_table(folder / "utt2spk")
    if lost := sorted(set(voices) - set(utt2spk)):
        raise AudiolabError(f"{folder}: '{lost[0]}' is in embedding.scp and not in utt2spk; run embed_speakers again")
    names, speakers = np.unique([utt2spk[utterance] for utterance in voices], return_inverse=True)
    try:
        scores, same = trials(_unit(voices, folder), speakers)
        found = equal_error(scores, same)
    except AudiolabError as error:
        raise AudiolabError(f"{folder}: {error}") from error
    counts = {"utterances": len(voices), "speakers": len(names), "trials": len(scores)}
    return {"eer": found.rate, "threshold": found.threshold} | counts


def _unit(voices: MatrixTable, folder: Path) -> np.ndarray:
    """Return embeddings [U, D] of length 1."""
    vectors = list(voices.values())
    if {vector.shape for vector in vectors} != {vectors[0].shape} or vectors[0].ndim != 1:
        raise AudiolabError(f"{folder}/embedding.scp: its vectors are not all of one length; run embed_speakers again")
    stacked = np.stack(vectors).astype(np.float64)
    return stacked / np.linalg.norm(stacked, axis=1, keepdims=True)


if __name__ == "__main__":
    cli.run(main)
