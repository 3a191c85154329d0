"""egs/dns/se1 on small mini corpora: their sizes, and what tests read of the folders that it leaves."""

from pathlib import Path

import torch
import yaml
from mixture_tables import mixtures
from recipe_copy import Recipe, rows_of

from audiolab.corpora.dns_mini import DnsMini
from audiolab.corpora.librispeech_mini import LibriSpeechMini
from audiolab.corpora.wham_mini import WhamMini
from audiolab.datadir.table import read_table

NAME = "dns/se1"
DNS = DnsMini(speakers=3, sentences=2, english_speakers=3, english_sentences=2, noises=20, pairs=2)
LIBRISPEECH = LibriSpeechMini(train_speakers=3, valid_speakers=1, test_speakers=1, utterances=4)
WHAM = WhamMini(train=4, valid=2, test=2)
CORPORA = {"librispeech": LIBRISPEECH, "wham": WHAM, "dns": DNS}
DATA, EXP, STEPS = "data/mini", "exp/mini", 4
TRAIN, VALID, EVAL = 12, 7, 6
SIZES = {
    "corpus": "mini", "db_root": "downloads/small", "train_mixtures": TRAIN, "valid_mixtures": VALID,
    "eval_mixtures": EVAL, "nj": 2,
}  # fmt: skip
TRAINING = (
    f"--system_conf.enhancer.widths 4 4 8 8 8 --trainer.max_steps {STEPS} --trainer.max_epochs 2 "
    "--trainer.valid_every 2 --trainer.save_every 2 --trainer.batch_size 4 --trainer.precision fp32 "
    "--trainer.log_every 1"
)
STAGES = ["-1 download", "0 data", "1 mixtures", "2 evaluation", "3 train", "4 infer", "5 score", "6 report"]
SNRS = {"target_test_m5dB": -5, "target_test_0dB": 0, "target_test_5dB": 5, "english_test_0dB": 0}


def run_whole(root, small_corpora, options):
    """Return the recipe, in ``root``, after one run of all stages."""
    recipe = Recipe(root, NAME, options)
    small_corpora(recipe, CORPORA)
    recipe.output = recipe.run()
    return recipe


def drawn_from(name, speech, noise, data=DATA):
    """Return whether all that is mixed is in these data dirs, where no speaker and no noise is in two."""
    tables = [read_table(f"{data}/{kind}_{part}/wav.scp") for kind, part in (("speech", speech), ("noise", noise))]
    return all(f[0] in tables[0] and f[3] in tables[1] for f in mixtures(f"{data}/{name}").values())


def history(phase):
    """Return the rows of a run's history, and the step of the checkpoint that is to be its model."""
    rows = rows_of(f"{EXP}/{phase}_s0/history.csv")
    trainer = yaml.safe_load(Path(f"{EXP}/{phase}_s0/config.yaml").read_text())["trainer"]
    ranked = [(float(row["value"]), int(row["step"])) for row in rows if row["name"] == trainer["best"]]
    return rows, max(ranked)[1] if trainer["average_best"] else STEPS


def state_of(phase, exp=EXP):
    return torch.load(f"{exp}/{phase}_s0/model.pt", weights_only=True)["state"]["enhancer"]


def batches_seen(phase):
    """Return how many batches a phase's batch normalisation has seen, those of the phases before it included."""
    (count,) = {int(value) for name, value in state_of(phase).items() if name.endswith("num_batches_tracked")}
    return count


def tables_beside():
    """Yield (table, part, cells of a row) of RESULTS.md as far as the paper's tables go."""
    table = part = None
    for line in Path(f"{EXP}/RESULTS.md").read_text().splitlines():
        if line.startswith("## "):
            table = line[3:].removesuffix(" beside ours") if line.endswith(" beside ours") else None
        elif line.startswith("### "):
            part = line[4:]
        elif table and line.startswith("| ") and not line.startswith(("| Row |", "| --- |")):
            yield table, part, line.strip("| ").split(" | ")
