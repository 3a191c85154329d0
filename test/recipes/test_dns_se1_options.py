"""egs/dns/se1 without data: what its options ask for, and what they show."""

import json
import os
from pathlib import Path

import pytest
from recipe_copy import Recipe, calls_of_make_mini

from audiolab.datadir.stamp import write_stamp
from audiolab.plan.running import read_tasks

pytestmark = pytest.mark.recipe

NAME = "dns/se1"
CORPORA = ("librispeech", "wham", "dns")


LEAST = {
    "librispeech": {"train_speakers": 1},
    "wham": {"train": 10, "valid": 2, "test": 1},
    "dns": {"speakers": 3, "english_speakers": 3, "noises": 20},
}


@pytest.mark.parametrize(
    ("options", "sizes"), [({}, {}), ({"mini_readers": 1, "mini_speakers": 3, "mini_noises": 20}, LEAST)]
)
def test_stage_download_makes_the_mini_corpora(tmp_path, options, sizes):
    """Of the sizes that are asked for and by its seed: here they are made already, and nothing is to be done."""
    called = calls_of_make_mini(Recipe(tmp_path, NAME, options), {name: sizes.get(name, {}) for name in CORPORA})
    asked = [f"--corpus {name} --dest downloads/mini_s3/{name} --seed 3 --nj 2 " for name in CORPORA]
    assert [call.startswith(words) for call, words in zip(called, asked, strict=True)] == [True] * 3


def test_jobs_ask_for_the_cores_and_machines_that_they_need(tmp_path, monkeypatch):
    """Of the jobs' launcher only the calls are looked at; phases are numbered as in train.tsv."""
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini", "methods": "all"})
    monkeypatch.chdir(recipe.folder)
    recipe.environment["AUDIOLAB_BACKEND"] = "slurm"
    Path("cmd.sh").write_text('export train_cmd="echo shown" cuda_cmd="echo shown"\n')
    write_stamp("data/mini", "data", [], {"db_root": "downloads/mini"})
    for domain in ("source", "target", "oracle"):
        counts = {"train_mixtures": 2000, "valid_mixtures": 48, "seed": 0}
        write_stamp("data/mini", f"mixtures_{domain}", [], counts)

    def shown(**options):
        said = recipe.call("--stage", "train", "--stop_stage", "train", **options).stdout
        return [line.removeprefix("shown ") for line in said.splitlines() if line.startswith("shown ")]

    lines = shown(ngpu=2, num_nodes=2, train_jobs=0)
    assert lines[0].startswith("--gpu 2 --nodes 2 --cores 16 --num-threads 1 --max-jobs-run 1 JOB=1:2 ")
    assert "exp/mini/log/train.JOB.log python3 -m audiolab.bin.plan run exp/mini/train.tsv JOB -- " in lines[0]
    assert lines[0].endswith(" -- --ngpu 2 --num_nodes 2 --trainer.threads 1")
    pools = [line for line in lines if "/rank_domains.JOB.log" in line]
    assert [line.split()[8] for line in pools] == ["JOB=3:3", "JOB=11:12"]
    assert all(line.startswith("--gpu 1 --cores 16 ") and line.endswith(" --device cuda") for line in pools)
    assert len(lines) == 5 + 2
    lines = shown(train_cores=6, train_jobs=1)
    assert lines[0].startswith("--gpu 0 --cores 6 --num-threads 6 --max-jobs-run 1 JOB=1:2 ")
    assert "--trainer.threads 6" in lines[0]
    cores = len(os.sched_getaffinity(0))
    assert f"--cores {cores} --num-threads {cores} " in shown(train_jobs=1, max_steps=7)[0]
    trainings = [task for _, task in read_tasks("exp/mini/train.tsv") if task.verb == "train"]
    assert {task.options["--trainer.max_steps"] for task in trainings} == {"7"}


@pytest.mark.parametrize(
    ("methods", "domains"),
    [
        ("source", "source"),
        ("oracle", "oracle"),
        ("source srst_similar", "source target"),
        ("all", "source target oracle"),
    ],
)
def test_only_the_mixtures_that_the_methods_need_are_drawn_and_asked_for(tmp_path, monkeypatch, methods, domains):
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini", "methods": methods})
    monkeypatch.chdir(recipe.folder)
    Path("cmd.sh").write_text('export train_cmd="echo shown" cuda_cmd="echo shown"\n')
    write_stamp("data/mini", "data", [], {"db_root": "downloads/mini"})
    told = recipe.fail("--stage", "mixtures", "--stop_stage", "mixtures")[0]  # there is no speech to mix
    first = domains.split()[0]
    assert f"speech_{'target_train' if first == 'oracle' else first + '_train'}" in told
    begun = list(Path("data/mini/.stamp").glob("*.begun"))
    assert {path.stem for path in begun} == {f"mixtures_{domain}" for domain in domains.split()}
    for path in begun:
        path.unlink()
    counts = {"train_mixtures": 2000, "valid_mixtures": 48, "seed": 0}
    for domain in domains.split():
        told = recipe.fail("--stage", "train", "--stop_stage", "train")[0]
        assert told.startswith("error: data/mini ")
        assert "stage 1 (mixtures)" in told
        write_stamp("data/mini", f"mixtures_{domain}", [], counts)
    assert "shown " in recipe.run("--stage", "train", "--stop_stage", "train")
    stamp = json.loads(Path("exp/mini/.stamp/train.json").read_text())
    named = {Path(path).stem for path in stamp["inputs"] if "mixtures_" in path}
    assert named == {f"mixtures_{domain}" for domain in domains.split()}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"train_options": "--trainer.max_epoch 1"},
            "unknown argument '--trainer.max_epoch'; did you mean '--trainer.max_",
        ),
        (
            {"train_options": "--trainer.max_steps -5"},
            "--trainer.max_steps: trainer: max_steps must be positive, not -5",
        ),
        ({"max_steps": "1e3"}, "--max_steps 1e3: give a whole number, 1 or more"),
        ({"max_steps": 0}, "--max_steps 0: give a whole number, 1 or more"),
        ({"mini_speakers": 2}, "--mini_speakers 2: give a whole number, 3 or more"),
        ({"mini_noises": 19}, "--mini_noises 19: give a whole number, 20 or more"),
        ({"num_nodes": 2}, "--num_nodes 2: run.py knows this machine only"),
        ({"num_nodes": 0}, "--num_nodes 0: give a whole number, 1 or more"),
        ({"study": "adversery"}, "there is no conf/mini/studies/adversery.conf; there are: adversary "),
        ({"gap": "both"}, "--gap is language, noise, or empty for both, not 'both'"),
        ({"baselines": "noisy dann_b0", "methods": "source"}, "--baselines dann_b0: it is not noisy, nor among "),
        ({"further": "dann_k5:classifier"}, "row:begun:by 'dann_k5:classifier' is not ROW:BEGUN:BY"),
        ({"further": "dann_k5:clasifier:adversarial"}, "needs unknown phase 'clasifier'; did you mean 'classifier'?"),
        ({"further": "dann_k6:classifier:adversarial"}, "conf/mini/studies/dann_k6.yaml: no such file"),
        ({"methods": "source srst_similr"}, "unknown method 'srst_similr'; did you mean 'srst_similar'"),
        ({"prepare_conf": "conf"}, "--prepare_conf conf/classifier.yaml: it is to hold librispeech.yaml, wham.yaml,"),
        ({"prepare_conf": "none"}, "--prepare_conf none/*: it is to hold librispeech.yaml, wham.yaml, dns.yaml"),
        ({"methods": "classifier"}, "unknown method 'classifier'"),
        ({"methods": "dann dann"}, "method dann is named 2 times; name each once"),
        ({"seeds": "0 0"}, "seed 0 is named 2 times; name each once"),
        ({"seeds": "0 x"}, "seed '0 x': give whole numbers, not negative"),
        ({"seed": -1}, "--seed -1: give a whole number, not negative"),
        ({"pairs": "dns_no_reverb dns_no_reverb"}, "set dns_no_reverb is named 2 times; name each once"),
    ],
)
def test_what_a_later_stage_would_refuse_is_told_before_any(tmp_path, options, told):
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini", "methods": "all"})
    before = sorted(tmp_path.rglob("*"))
    [error] = recipe.fail(**options)
    assert error.startswith("error: ")
    assert told in error
    assert sorted(tmp_path.rglob("*")) == before


def test_a_study_sets_options_that_others_go_before(tmp_path):
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini"})
    shown = recipe.asked("--stage", "train", study="leak", seeds="5")
    assert shown["expdir"] == "exp/mini_leak"
    assert shown["data"] == "data/mini"
    shown = recipe.asked("--stage", "score", study="domains", gap="noise")
    assert shown["expdir"] == "exp/mini_noise_domains"
    assert shown["data"] == "data/mini_noise"
    assert shown["judges"] == "''"
    note = shown["note"].replace("\\", "")
    assert "The target differs from the source in noise only. What do DANN and RemixIT gain where the target" in note
    assert recipe.asked("--stage", "score", study="domains", judges="dnsmos")["judges"] == "dnsmos"


def test_another_seed_is_another_corpus(tmp_path):
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini"})
    assert "# db_root=downloads/mini_s3\n" in recipe.run("--dry_run", "true", "--seed", "3")


def test_list_and_dry_run_write_nothing(tmp_path):
    recipe = Recipe(tmp_path, NAME, {"corpus": "mini"})
    before = sorted(tmp_path.rglob("*"))
    assert recipe.run("--list").split()[::2] == ["-1", "0", "1", "2", "3", "4", "5", "6"]
    shown = recipe.run("--dry_run", "true", "--stop_stage", "mixtures")
    assert "run make_mini --corpus" in shown
    assert "# db_root=downloads/mini\n" in shown
    assert "### stage 2 (evaluation)" not in shown
    told = recipe.call("--train_mixture", "3")
    assert told.returncode == 1
    assert told.stderr == "error: run.sh: unknown option --train_mixture; did you mean '--train_mixtures'?\n"
    assert sorted(tmp_path.rglob("*")) == before
