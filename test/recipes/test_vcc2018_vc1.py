"""egs/vcc2018/vc1 on its mini corpus, from nothing to the listening page: what each stage makes, and runs again."""

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from recipe_copy import Recipe, fatal_faults, loads_nothing, rows_of, stages_done

import audiolab
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

NAME = "vcc2018/vc1"
SPEAKERS = {"VCC2SF4", "VCC2SM4", "VCC2TF1", "VCC2TF2", "VCC2TM1", "VCC2TM2"}
TRAIN, EVAL, DEV, STEPS, RATE, BANDS = 11, 2, 1, 200, 16000, 32  # the speaker classifier wants 10 sentences or more
SOURCE, TARGET = PAIR = ("VCC2SF4", "VCC2TF1")
SMALL = (
    "--system_conf.generator.channels 8 16 --system_conf.discriminator.channels 4 4 8 8 "
    "--system_conf.discriminator.hidden 16 --trainer.ema_decay 0.9"
)
OPTIONS = {
    "corpus": "mini",
    "mini_train": TRAIN,
    "mini_eval": EVAL,
    "mini_dev": DEV,
    "pairs": ":".join(PAIR),
    "nj": 2,
    "train_cores": 1,
    "max_steps": STEPS,
    "train_options": SMALL,
}
RUN = f"exp/mini/softgan_energy/{SOURCE}-{TARGET}_s0"
METHODS = ("softgan_energy", "softgan_energy+F0", "unconverted", "mean_shift", "mean_variance")
PAPERS_ROWS = ("+SoftGAN +Energy", "+SoftGAN -Energy", "-SoftGAN +Energy +Bottleneck", "-SoftGAN +Energy")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """Return the recipe after one run of all stages."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), NAME, OPTIONS)
    recipe.output = recipe.run()
    return recipe


def test_all_stages_run_with_the_python_that_is_there(recipe):
    stages = ["-1 download", "0 data", "1 features", "2 stats", "3 train", "4 infer", "5 score", "6 report"]
    assert stages_done(recipe.output) == stages
    assert not (recipe.root / "tools" / "venv").exists()


def test_download_and_data(inside):
    for folder, count in (("training", TRAIN * 6), ("evaluation", (EVAL + DEV) * 2), ("reference", (EVAL + DEV) * 4)):
        assert len(list(Path("downloads/mini").glob(f"vcc2018_{folder}/*/*.wav"))) == count
    counts = {"train": TRAIN * 6, "eval": (EVAL + DEV) * 2, "eval_test": EVAL * 2, "eval_dev": DEV * 2}
    for name, count in (*counts.items(), ("ref", (EVAL + DEV) * 4)):
        datadir = DataDir(f"data/mini/{name}")
        assert len(datadir.utterances) == count
        assert set(datadir.table("text")) == set(datadir.utterances)
        assert fatal_faults(datadir.path) == []


def test_features_and_statistics(inside):
    dump = Path("dump/mini/train")
    feats, f0s, cmvn = (MatrixTable(dump / f"{name}.scp") for name in ("feats", "f0", "cmvn"))
    frames = {utterance: int(count) for utterance, count in read_table(dump / "utt2num_frames").items()}
    data = DataDir("data/mini/train")
    assert set(feats) == set(f0s) == set(frames) == set(data.utterances)
    for utterance in data.utterances[::11]:
        matrix = feats[utterance]
        samples = len(load_utterance(data, utterance, RATE)[0])
        assert matrix.shape == (frames[utterance], BANDS) == (1 + samples // 80, BANDS)
        assert matrix.dtype == np.float32
        assert np.isfinite(matrix).all()
        assert -100 <= matrix.min() < matrix.max() < 0
        f0 = f0s[utterance]
        assert f0.shape == (frames[utterance], 1)
        assert 0.1 < np.mean(f0 > 0) < 1
    assert set(cmvn) == set(read_table(dump / "spk2f0")) == SPEAKERS
    for speaker in SPEAKERS:
        own = [utterance for utterance in data.utterances if utterance.startswith(speaker)]
        assert cmvn[speaker].shape == (2, BANDS + 1)
        assert cmvn[speaker][0, -1] == sum(frames[utterance] for utterance in own)


def test_training(recipe):
    run = recipe / RUN
    model = torch.load(run / "model.pt", weights_only=True)
    assert (model["format"], model["system"], model["step"]) == (1, "softgan", STEPS)
    assert (run / "checkpoints" / "latest").read_text().strip() == f"step_{STEPS:08d}.pt"
    assert str(recipe.root) not in (run / "run.json").read_text()
    assert "audiolab.bin.train" in json.loads((run / "run.json").read_text())["command"]
    rows = rows_of(run / "history.csv")
    assert {row["split"] for row in rows} == {"train", "valid"}
    assert all(math.isfinite(float(row["value"])) for row in rows)


def test_conversions(inside):
    source = DataDir("data/mini/eval_test")
    for name in METHODS:
        run = RUN if name == METHODS[0] else f"exp/mini/{name}/{SOURCE}-{TARGET}{'_s0' if name == METHODS[1] else ''}"
        folder = f"{run}/{'convert/' if name == METHODS[0] else ''}eval"
        converted = DataDir(folder)
        assert fatal_faults(folder) == []
        assert set(converted.table("utt2spk").values()) == {TARGET}
        utt2source = converted.table("utt2source")
        assert sorted(utt2source.values()) == [u for u in source.utterances if u.startswith(SOURCE)]
        for utterance, original in utt2source.items():
            wave, rate = load_utterance(converted, utterance)
            before, _ = load_utterance(source, original, RATE)
            assert (len(wave), rate) == (len(before), RATE)
            error = np.sum((wave - before) ** 2) / np.sum(before**2)
            assert error < 1e-6 if name == "unconverted" else error > 0.01


def test_scores(recipe):
    rows = rows_of(recipe / "exp/mini/scores.csv")
    found = sorted((row["system"], row["source"], row["target"]) for row in rows)
    assert found == sorted((name, *PAIR) for name in (*METHODS, "natural") for _ in range(EVAL))
    assert all(0 < float(row["mcd_db"]) < 30 for row in rows if row["system"] != "natural")
    assert all(row["mcd_db"] == "" for row in rows if row["system"] == "natural")
    assert all(0 <= float(row["posterior_target"]) <= 1 for row in rows)
    for column, least, most in (("similarity_target", -1, 1), ("nearer_target", 0, 1), ("dnsmos_ovrl", 1, 5)):
        assert all(least <= float(row[column]) <= most for row in rows)
    f0 = {row["system"]: float(row["logf0_rmse"]) for row in rows if row["system"] != "natural"}
    assert f0["softgan_energy+F0"] < f0["softgan_energy"]
    results = (recipe / "exp/mini/RESULTS.md").read_text()
    assert re.search(r"\nTrained: runs \d+; steps [\d,]+; commit [^;]+; versions python .*audiolab ", results)
    assert results.startswith("# Results\n\nTest sentences, on which nothing was chosen.\n")
    for name in METHODS[2:]:
        assert f"\n## Difference to {name}\n" in results
    assert "| original target speech | natural | 4.91 ± 0.08 | 4.82 ± 0.12 | – |" in results
    assert "## Judges that were trained elsewhere" in results
    for row in PAPERS_ROWS:
        assert f"| {row} |" in results
    assert "| +SoftGAN +Energy | softgan_energy | 3.40 ± 0.40 | 3.02 ± 0.35 |" in results


def test_conversion_moves_the_voice_to_the_target(recipe):
    """Little training of small networks, but a voice that is on its way; a conversion gone wrong is farther off."""
    rows = rows_of(recipe / "exp/mini/scores.csv")

    def mean(system, column):
        return np.mean([float(row[column]) for row in rows if row["system"] == system])

    unconverted = mean("unconverted", "mcd_db")
    for system, margin in (("softgan_energy", 0.8), ("mean_shift", 0.4), ("mean_variance", 0.4)):
        assert mean(system, "mcd_db") < unconverted - margin
        assert mean(system, "posterior_target") > mean("unconverted", "posterior_target") + 0.05


def test_report_and_listening_test(recipe):
    report = (recipe / "exp/mini/report.html").read_text()
    assert report.count("<audio ") == (2 + len(METHODS)) * EVAL  # source, target, and of each method
    assert report.count("<svg ") >= 2
    for text in (
        "MOS similarity (paper)",
        SOURCE,
        TARGET,
        "softgan_energy",
        "mean_shift",
        "a synthesised twin of VCC2018 (mini), test",
        "Difference to mean_variance",
    ):
        assert text in report
    assert loads_nothing(report)
    listening = (recipe / "exp/mini/listening.html").read_text()
    key = rows_of(recipe / "exp/mini/listening_key.csv")
    assert {row["system"] for row in key} == {*METHODS[:2], "source", "target"}
    assert "softgan_energy" not in listening
    assert all(row["sample"] in listening for row in key)


def test_the_packed_model_converts_as_the_recipe_did(inside):
    model = audiolab.load(f"{RUN}.zip")
    assert (model.source, model.target) == PAIR
    wave = read_excerpt(f"downloads/mini/vcc2018_evaluation/{SOURCE}/30001.wav", RATE)
    made = soundfile.read(f"{RUN}/convert/eval/wav/{TARGET}-{SOURCE}_30001.wav", dtype="float32")[0]
    np.testing.assert_allclose(np.clip(model.convert(wave, RATE), -1, 1), made, atol=1.01 / 32768)


def test_running_again_gives_the_same_bits(recipe):
    """Once with features and the trained model gone, over all that the other stages had left; converted in jobs."""
    made = ("dump/mini/train/parts/*.ark", "dump/mini/train/*.*", "data/mini/*/*", f"{RUN}/model.pt",
            f"{RUN}/history.csv", "exp/mini/**/*.wav", "exp/mini/scores.csv", "exp/mini/RESULTS.md")  # fmt: skip
    before = recipe.hashes(*made)
    shutil.rmtree(recipe / "dump/mini/train/parts")
    shutil.rmtree(recipe / RUN)
    recipe.run("--stage", "data", "--stop_stage", "score", job_utterances=1)
    assert recipe.hashes(*made) == before
    assert "--nj 2 --job 2\n" in (recipe / "exp/mini/log/convert.2.log").read_text()


def test_choices_are_made_on_sentences_of_their_own(recipe):
    """By the models that there are; what is reported comes back as it was."""
    made = ("exp/mini/scores.csv", "exp/mini/RESULTS.md", f"{RUN}/convert/eval/*")
    before = recipe.hashes(*made)
    recipe.run("--stage", "infer", "--stop_stage", "score", eval_part="dev")
    rows = rows_of(recipe / "exp/mini/scores.csv")
    dev = DataDir(recipe / "data/mini/eval_dev").utterances
    assert {row["utterance"].partition("-")[2] for row in rows} == {u for u in dev if u.startswith(SOURCE)}
    assert "Development sentences: for choices, not to be reported." in (recipe / "exp/mini/RESULTS.md").read_text()
    for stage in ("score", "report"):
        told = recipe.fail("--stage", stage)[0]
        assert (
            "exp/mini was made with eval=data/mini/eval_dev, not eval=data/mini/eval_test: run stage 4 (infer)" in told
        )
    recipe.run("--stage", "infer", "--stop_stage", "score")
    assert recipe.hashes(*made) == before


def test_a_missing_stage_is_named(recipe):
    with recipe.without("dump"):
        told = "error: dump/mini/train was never made: run stage 1 (features) first"
        assert recipe.fail("--stage", "train") == [told]


def test_changed_features_are_noticed(recipe):
    """By the next stage; and training, which goes on with what is there, does not go on with models of older ones."""
    config = recipe / "conf/features.yaml"
    before = config.read_text()
    model = recipe.hashes(f"{RUN}/model.pt")
    try:
        config.write_text(before.replace("window_ms: 50.0", "window_ms: 40.0"))
        told = recipe.fail("--stage", "train")[0]
        assert told == "error: dump/mini/train was made from an older conf/features.yaml: run stage 1 (features) again"
        told = recipe.fail("--stage", "features", "--stop_stage", "train")[0]
        assert told.startswith(f"error: {RUN}: was trained on other data (")
        assert recipe.hashes(f"{RUN}/model.pt") == model
    finally:
        config.write_text(before)
    recipe.run("--stage", "features", "--stop_stage", "train", nj=1)  # and parts of more jobs are left over


def test_a_misspelt_config_changes_nothing(recipe):
    before = recipe.hashes("exp/mini/*.tsv", "exp/mini/log/*")
    said = recipe.fail("--stage", "train", train_config="conf/nix.yaml")
    assert said[0] == "error: trained: conf/nix.yaml: no such file"
    assert recipe.hashes("exp/mini/*.tsv", "exp/mini/log/*") == before


def test_what_was_not_trained_is_told_and_the_list_of_trainings_stays(recipe):
    before = recipe.hashes("exp/mini/*.tsv")
    told = recipe.fail("--stage", "infer", seeds="0 7")[0]
    assert "_s7 was never made: run stage 3 (train) first" in told
    assert recipe.hashes("exp/mini/*.tsv") == before


def test_scores_under_other_options_than_those_of_training_and_conversion_are_refused(recipe):
    before = recipe.hashes("exp/mini/scores.*", "exp/mini/RESULTS.md", "exp/mini/report.html")
    for stage in ("score", "report"):
        told = recipe.fail("--stage", stage, infer_config="conf/convert_f0.yaml")[0]
        assert "was made with infer_config=conf/convert.yaml, not infer_config=conf/convert_f0.yaml" in told
        assert f"was made with max_steps={STEPS}" in recipe.fail("--stage", stage, max_steps=STEPS - 1)[0]
    assert recipe.hashes("exp/mini/scores.*", "exp/mini/RESULTS.md", "exp/mini/report.html") == before


def test_more_steps_go_on_and_what_follows_is_stale(recipe):
    recipe.run("--stage", "train", "--stop_stage", "train", max_steps=STEPS + 4)
    assert torch.load(recipe / RUN / "model.pt", weights_only=True)["step"] == STEPS + 4
    assert f"going on from step {STEPS} of {STEPS + 4}" in (recipe / RUN / "train.log").read_text()
    told = recipe.fail("--stage", "infer", max_steps=STEPS)[0]
    assert f"exp/mini was made with max_steps={STEPS + 4}, not max_steps={STEPS}" in told
    told = recipe.fail("--stage", "score", max_steps=STEPS + 4)[0]
    assert told.endswith("run stage 4 (infer) again")
