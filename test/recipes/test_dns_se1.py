"""egs/dns/se1 on small mini corpora, from nothing to the page: what each stage makes, and runs again."""

import math
import re
import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pesq
import pystoi
import pytest
import soundfile
import torch
import yaml
from mixture_tables import RATE, mixtures, parts, read, si_sdr
from recipe_copy import fatal_faults, loads_nothing, rows_of, stages_done
from small_se1 import (
    CORPORA,
    DATA,
    DNS,
    EVAL,
    EXP,
    SIZES,
    SNRS,
    STAGES,
    STEPS,
    TRAIN,
    TRAINING,
    batches_seen,
    drawn_from,
    history,
    run_whole,
    state_of,
    tables_beside,
)  # fmt: skip

from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

LATE = f"{EXP}/srst_similar_s0"
OPTIONS = {
    **SIZES,
    "methods": "all",
    "judges": "",
    "train_jobs": 2,
    "train_cores": 1,
    "train_options": TRAINING,
}
SETS = (*SNRS, "dns_no_reverb")
BEGUN_WITH = {
    "source": None, "oracle": None, "classifier": "source", "remixit": "source", "dann": "source",
    "source_bn": "source", "dann_classifier": "dann", "dann_remixit": "dann", "srst_random": "dann",
    "srst_similar": "dann",
}  # fmt: skip
METHODS = [phase for phase in BEGUN_WITH if "classifier" not in phase]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after one run of all stages."""
    return run_whole(tmp_path_factory.mktemp("checkout"), small_corpora, OPTIONS)


def test_all_stages_run_with_the_python_that_is_there(recipe):
    assert stages_done(recipe.output) == STAGES
    assert [f"using downloads/small/{name}" in recipe.output for name in CORPORA] == [True] * 3
    assert not (recipe.root / "tools" / "venv").exists()


@pytest.mark.parametrize("phase", BEGUN_WITH)
def test_training(inside, phase):
    run = Path(f"{EXP}/{phase}_s0")
    model = torch.load(run / "model.pt", weights_only=True)
    assert (model["format"], model["step"]) == (1, STEPS)
    assert (run / "checkpoints" / "latest").read_text().strip() == f"step_{STEPS:08d}.pt"
    assert str(inside.root) not in (run / "run.json").read_text()
    rows, _ = history(phase)
    logged = {("valid", "2"), ("valid", str(STEPS))}
    if phase != "source_bn":  # which has no update to tell of
        logged.add(("train", "1"))
    assert {(row["split"], row["step"]) for row in rows} >= logged
    assert all(math.isfinite(float(row["value"])) for row in rows)


@pytest.mark.parametrize(("phase", "before"), [pair for pair in BEGUN_WITH.items() if pair[1]])
def test_phases_begin_with_the_one_they_stand_on(inside, phase, before):
    config = yaml.safe_load(Path(f"{EXP}/{phase}_s0/config.yaml").read_text())
    assert config["system_conf"]["init"] == f"{EXP}/{before}_s0"
    if phase == "dann":
        assert config["system_conf"]["init_classifier"] == f"{EXP}/classifier_s0"
    if "classifier" in phase:  # on an encoder that stays as it is
        assert all(torch.equal(value, state_of(before)[name]) for name, value in state_of(phase).items())
        return
    after, begun = state_of(phase), state_of(before)
    if phase == "source_bn":  # the weights stay, and its statistics are its own
        differing = {name for name, value in after.items() if not torch.equal(value, begun[name])}
        assert differing == {name for name in after if name.endswith(("running_mean", "running_var"))}
        return
    assert batches_seen(phase) == batches_seen(before) + history(phase)[1]
    moved = [float((after[n] - begun[n]).abs().max()) for n in after if n.endswith(("weight", "bias"))]
    rate = config["optim"]["enhancer" if phase == "dann" else "student"]["lr"]
    assert 0 < max(moved) < 1.5 * STEPS * rate  # Adam's steps are about as long as the rate


def test_pools(inside):
    decisions = {name: float(p) for name, p in read_table(f"{LATE}/source_decisions").items()}
    assert set(decisions) == set(mixtures(f"{DATA}/source_train"))
    assert set(read_table(f"{LATE}/target_decisions")) == set(mixtures(f"{DATA}/target_train"))
    similar, drawn = (
        set(Path(f"{EXP}/srst_{how}_s0/source_pool").read_text().split()) for how in ("similar", "random")
    )
    assert min(decisions[name] for name in similar) > max(decisions[name] for name in decisions.keys() - similar)
    assert drawn == {sorted(decisions)[k] for k in np.random.default_rng(0).permutation(TRAIN)[: len(similar)]}
    assert len(similar) == len(drawn) == round(0.3 * TRAIN)
    for phase in ("srst_random", "srst_similar"):
        config = yaml.safe_load(Path(f"{EXP}/{phase}_s0/config.yaml").read_text())
        assert config["data_conf"]["source_pool"] == f"{EXP}/{phase}_s0/source_pool"


def test_enhanced_sets(inside):
    for method, name in product(METHODS, SETS):
        folder, about = Path(f"{EXP}/{method}_s0/enhanced/{name}"), Path(DATA, name)
        assert fatal_faults(folder, text=False) == []
        for table in ("utt2spk", "utt2lang"):
            assert read_table(folder / table) == read_table(about / table)
        for mixture, path in read_table(folder / "wav.scp").items():
            enhanced, noisy = read(path), np.add(*parts(f"{DATA}/{name}", mixture))
            assert enhanced.shape == noisy.shape
            assert 1e-3 < np.abs(enhanced - noisy).max() < 1


def test_scores(inside):
    rows = rows_of(f"{EXP}/scores.csv")
    expected = [
        (system, "-" if system == "noisy" else "0", name, mixture)
        for system, name in product(["noisy", *METHODS], SETS)
        for mixture in read_table(f"{DATA}/{name}/utt2spk")
    ]
    assert sorted((row["system"], row["seed"], row["set"], row["utterance"]) for row in rows) == sorted(expected)
    assert all(math.isfinite(float(row["si_sdr"])) for row in rows)
    for row in (row for row in rows if row["system"] == "noisy"):
        speech, noise = parts(f"{DATA}/{row['set']}", row["utterance"])
        assert float(row["si_sdr"]) == pytest.approx(si_sdr(speech + noise, speech), abs=1e-3)
        if row["set"] in SNRS:
            assert float(row["si_sdr"]) == pytest.approx(SNRS[row["set"]], abs=1)
            assert float(row["snr"]) == SNRS[row["set"]]
    for name in ("target_test_m5dB", "dns_no_reverb"):
        row = next(row for row in rows if (row["system"], row["set"]) == ("srst_similar", name))
        enhanced = read(f"{LATE}/enhanced/{name}/wav/{row['utterance']}.wav")
        clean, enhanced = (wave - wave.mean() for wave in (parts(f"{DATA}/{name}", row["utterance"])[0], enhanced))
        assert float(row["si_sdr"]) == pytest.approx(si_sdr(enhanced, clean), abs=1e-3)
        assert float(row["pesq"]) == pytest.approx(pesq.pesq(RATE, clean, enhanced, "wb"), abs=1e-3)
        assert float(row["stoi"]) == pytest.approx(pystoi.stoi(clean, enhanced, RATE), abs=1e-4)


def test_results(inside):
    """The paper's rows, as the recipe's table has them, each with the mean of our scores."""
    papers, ours = rows_of("local/tables.tsv", "\t"), rows_of(f"{EXP}/scores.csv")
    found = list(tables_beside())
    rows = [(table, part, cells[0]) for table, part, cells in found]
    assert rows == [(paper["table"], paper["part"], paper["row"]) for paper in papers]
    first = Counter(part for table, part, _ in rows if table == "Table 1")
    assert first == {"SNR −5 dB": 9, "SNR 0 dB": 9, "SNR 5 dB": 9}

    def mean(system, name):
        return np.mean([float(r["si_sdr"]) for r in ours if (r["system"], r["set"]) == (system, name)])

    for (_, _, cells), paper in zip(found, papers):
        if paper["system"] not in ("noisy", *METHODS):
            assert cells[6] == "not scored"
            continue
        expected = mean(paper["system"], paper["set"])
        if paper["minus"]:
            expected -= mean(paper["minus"], paper["set"])
        assert float(cells[6].split()[0]) == pytest.approx(expected, abs=0.0051)
        assert [cells[n] for n in (1, 3, 5)] == [paper[key] or "–" for key in ("pesq", "stoi", "si_sdr")]
        assert int(cells[7]) == (DNS.pairs if paper["set"] == "dns_no_reverb" else EVAL)


def test_differences_to_the_noisy_input_and_to_the_source_model(inside):
    text = Path(f"{EXP}/RESULTS.md").read_text()
    assert text.startswith("# Results\n\nTest sets, on which nothing was chosen.\n")
    sets = text.split("\n## Set ")[1:]
    assert [part.splitlines()[0] for part in sets] == list(SETS)
    for part in sets:
        assert [line for line in part.splitlines() if line.startswith("### ")] == [
            "### Difference to noisy", "### Difference to source", f"### Further scores of {part.splitlines()[0]}"
        ]  # fmt: skip


def test_report(inside):
    report = Path(f"{EXP}/report.html").read_text()
    assert loads_nothing(report)
    assert report.count("<audio ") >= len(SETS)
    assert report.count('src="data:audio/') >= len(SETS) * (2 + len(METHODS))  # noisy, clean, and of each method
    for text in (*SETS, *METHODS, "LibriSpeech, WHAM! and DNS (mini), test", "Difference to noisy"):
        assert text in report
    shares = [
        100 * np.mean([float(p) > 0.5 for p in read_table(f"{LATE}/{domain}_decisions").values()])
        for domain in ("source", "target")
    ]
    words = "It takes {:.1f} % of the source's and {:.1f} % of the target's mixtures for the target's.".format(*shares)
    figure_3 = rf'<svg [^>]*aria-label="[^"]*Histogram of the probability of the target domain[^"]*{re.escape(words)}'
    assert re.search(figure_3.replace("'", "(?:'|&#39;)"), report)


def test_a_file_is_enhanced_as_the_recipe_did(inside):
    name = min(mixtures(f"{DATA}/target_test_0dB"))
    soundfile.write("in.wav", np.add(*parts(f"{DATA}/target_test_0dB", name)), RATE, "FLOAT")
    inside.python("-m", "audiolab.bin.enhance", "--model", LATE, "in.wav", "out.wav")
    made = read(f"{LATE}/enhanced/target_test_0dB/wav/{name}.wav")
    np.testing.assert_allclose(read("out.wav"), made, atol=1.01 / 32768)


def test_choices_are_made_on_sets_of_their_own(recipe, monkeypatch):
    """Speech and noise for validation, no recorded pairs, none of the paper's rows; the test sets stay as they are."""
    monkeypatch.chdir(recipe.folder)
    made = [f"{DATA}/{name}/mixtures" for name in SNRS]
    before, scores = recipe.hashes(*made), Path(f"{EXP}/scores.csv").read_bytes()
    options = {"methods": "source", "eval_part": "dev", "eval_mixtures": 2, "tag": "chosen", "snrs": "0"}
    recipe.run("--stage", "evaluation", "--stop_stage", "evaluation", **options)
    assert drawn_from("target_dev_0dB", "target_valid", "target_valid")
    assert drawn_from("english_dev_0dB", "english_valid", "target_valid")
    told = recipe.fail("--stage", "infer", methods="source")[0]
    assert f"{DATA} was made with " in told
    shutil.copytree(f"{EXP}/source_s0", "exp/chosen/source_s0")
    recipe.run("--stage", "train", "--stop_stage", "score", **options)
    rows = rows_of("exp/chosen/scores.csv")
    assert set(row["set"] for row in rows) == {"target_dev_0dB", "english_dev_0dB"}
    text = Path("exp/chosen/RESULTS.md").read_text()
    assert text.startswith("# Results\n\nDevelopment sets: for choices, not to be reported.\n\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "Set target_dev_0dB"
    recipe.run("--stage", "evaluation", "--stop_stage", "evaluation")
    assert recipe.hashes(*made) == before
    assert Path(f"{EXP}/scores.csv").read_bytes() == scores


def test_a_missing_stage_is_named(recipe):
    with recipe.without("data/mini"):
        told = "error: data/mini was never made: run stage 0 (data) first"
        assert recipe.fail("--stage", "mixtures") == [told]
    with recipe.without("exp/mini"):
        assert recipe.fail("--stage", "score")[0] == "error: exp/mini was never made: run stage 3 (train) first"


@pytest.mark.parametrize(
    ("stage", "changes", "told"),
    [
        (
            "train",
            {"train_mixtures": 13},
            f"{DATA} was made with train_mixtures=12, not train_mixtures=13: run stage 1",
        ),
        (
            "infer",
            {"eval_mixtures": 9},
            f"{DATA} was made with eval_mixtures=6, not eval_mixtures=9: run stage 2 (eval",
        ),
        ("infer", {"percent": 50}, f"{EXP} was made with percent=30, not percent=50: run stage 3 (train) again"),
        ("score", {"eval_part": "dev"}, f"{DATA} was made with eval_part=test, not eval_part=dev: run stage 2"),
        ("report", {"eval_part": "dev"}, f"{DATA} was made with eval_part=test, not eval_part=dev: run stage 2"),
        ("infer", {"seeds": "0 1"}, f"{EXP}/source_s1 was never made: run stage 3 (train) first"),
    ],
)
def test_what_does_not_fit_is_told_and_changes_nothing(recipe, stage, changes, told):
    before = recipe.hashes(f"{EXP}/*.tsv", "exp/mini/.stamp/*", "exp/mini/log/*")
    said = recipe.fail("--stage", stage, **changes)
    assert said[0].startswith(f"error: {told}")
    assert recipe.hashes(f"{EXP}/*.tsv", "exp/mini/.stamp/*", "exp/mini/log/*") == before


def test_the_pool_of_a_trained_model_stays(recipe):
    before = recipe.hashes(f"{LATE}/*", f"{LATE}/.stamp/*")
    table = (recipe / "exp/mini/train.tsv").read_text()
    number = [row["phase"] for row in rows_of(recipe / "exp/mini/train.tsv", "\t")].index("pool_similar") + 1
    (recipe / "other.tsv").write_text(table.replace("--percent 30", "--percent 50"))
    done = recipe.bash(f". ./path.sh && python3 -m audiolab.bin.plan run other.tsv {number}")
    assert done.returncode == 1
    told = f"error: {LATE}: has checkpoints/latest, made with another pool_similar than is asked for; take back "
    assert done.stderr.splitlines()[-1].startswith(told)
    done = recipe.bash(f". ./path.sh && python3 -m audiolab.bin.plan run exp/mini/train.tsv {number}")
    assert "pool_similar is there already" in done.stdout
    assert recipe.hashes(f"{LATE}/*", f"{LATE}/.stamp/*") == before


def test_some_of_what_was_trained_is_enhanced_and_scored(recipe):
    """The trainings and the other systems' enhanced sets stay; stages 5 and 6 show what was enhanced last."""
    made = (f"{EXP}/train.tsv", "exp/mini/.stamp/train.json", "exp/mini/*/model.pt", f"{EXP}/*/enhanced/*/*")
    before, scores = recipe.hashes(*made), rows_of(recipe / "exp/mini/scores.csv")
    recipe.run("--stage", "infer", "--stop_stage", "infer", methods="srst_similar")
    recipe.run("--stage", "score")
    assert recipe.hashes(*made) == before
    kept = [row for row in scores if row["system"] in ("noisy", "srst_similar")]
    assert rows_of(recipe / "exp/mini/scores.csv") == kept
    report = (recipe / EXP / "report.html").read_text()
    shown = {"source", "classifier", "dann", "dann_classifier", "srst_similar"}  # which it stands on
    assert set(re.findall(r"over training steps of (\w+)_s0\.", report)) == shown


def test_running_again_gives_the_same_bits(recipe):
    """With the last phase's run gone, its pool and enhanced sets too, made in jobs, and only its method asked for."""
    made = (f"{LATE}/*_decisions", f"{LATE}/source_pool", f"{LATE}/model.pt", f"{LATE}/history.csv",
            f"{LATE}/enhanced/*/*", f"{LATE}/enhanced/*/wav/*", "exp/mini/*/model.pt")  # fmt: skip
    before, scores = recipe.hashes(*made), rows_of(recipe / "exp/mini/scores.csv")
    shutil.rmtree(recipe / LATE)
    recipe.run("--stage", "train", "--stop_stage", "score", methods="srst_similar", job_utterances=EVAL // 2)
    assert recipe.hashes(*made) == before
    parts = [row["part"] for row in rows_of(recipe / f"{EXP}/enhance.tsv", "\t")]
    assert sorted(parts) == sorted(["1/2", "2/2", "join/2"] * len(SNRS) + [""])  # of the pairs there are too few
    kept = [row for row in scores if row["system"] in ("noisy", "srst_similar")]
    assert rows_of(recipe / "exp/mini/scores.csv") == kept
