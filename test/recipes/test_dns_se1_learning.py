"""egs/dns/se1 with a training that is long enough to learn: the source model is above the mixture by a margin."""

import numpy as np
import pytest
from recipe_copy import Recipe, rows_of
from small_se1 import CORPORA, NAME

pytestmark = pytest.mark.recipe

OPTIONS = {
    "corpus": "mini", "db_root": "downloads/small", "methods": "source", "train_mixtures": 12, "valid_mixtures": 6,
    "eval_mixtures": 6, "snrs": "0", "pairs": "none", "judged": 1, "nj": 2, "train_cores": 1, "stop_stage": "score",
    "train_options": "--system_conf.enhancer.widths 8 16 --optim.enhancer.lr 1e-2 --trainer.max_steps 100 "
    "--trainer.max_epochs 100 --trainer.valid_every 100 --trainer.save_every 100 --trainer.batch_size 4 "
    "--trainer.precision fp32",
}  # fmt: skip


def test_the_source_model_enhances(tmp_path, small_corpora):
    """In other voices than it was trained on, and in the target's noises as in those of its language."""
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    small_corpora(recipe, CORPORA)
    recipe.run()
    rows = rows_of(recipe / "exp/mini/scores.csv")
    for name in ("target_test_0dB", "english_test_0dB"):
        noisy, source = (
            np.mean([float(row["si_sdr"]) for row in rows if (row["system"], row["set"]) == (system, name)])
            for system in ("noisy", "source")
        )
        assert source > noisy + 1.0
