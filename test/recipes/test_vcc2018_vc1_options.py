"""egs/vcc2018/vc1: what its stages ask for and refuse by options, stamps and locks, without a run of it."""

import fcntl
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recipe_copy import Recipe
from test_vcc2018_vc1 import NAME, OPTIONS, PAIR, RATE, SMALL, STEPS

from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.stamp import write_stamp
from audiolab.datadir.table import read_table
from audiolab.plan.running import read_tasks

pytestmark = pytest.mark.recipe


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Return a call of one stage in a recipe with three utterances, whose jobs are only shown."""
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    monkeypatch.chdir(recipe.folder)
    Path("cmd.sh").write_text('export train_cmd="echo shown" cuda_cmd="echo shown"\n')
    write_data_dir("data/mini/train", {"utt2spk": {f"a_{number}": "a" for number in range(3)}})
    for name, speaker in (("eval_test", PAIR[0]), ("ref", PAIR[1])):
        write_data_dir(f"data/mini/{name}", {"utt2spk": {f"{speaker}_1": speaker}})
    write_stamp("data/mini", "data", [], {"db_root": "downloads/mini"})
    write_stamp("data/mini/eval_test", "data", [], {"dev_sentences": ""})
    for stage in ("features", "stats"):
        write_stamp("dump/mini/train", stage, [])

    def call(stage, **options):
        call.said = recipe.call("--stage", stage, "--stop_stage", stage, **options)
        return [line for line in call.said.stdout.splitlines() if line.startswith("shown ")]

    call.environment = recipe.environment
    return call


def test_pairs_that_are_none_are_refused_before_any_stage(shown):
    shown("download", pairs="A:B A-B")
    assert shown.said.stderr.splitlines()[-1] == "error: source:target 'A-B' is not SOURCE:TARGET"
    assert "### stage" not in shown.said.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mini_train": 9}, "--mini_train 9: give a whole number, 10 or more"),
        ({"mini_eval": 0}, "--mini_eval 0: give a whole number, 1 or more"),
        ({"mini_dev": -1}, "--mini_dev -1: give a whole number, 0 or more"),
        ({"max_steps": 0}, "--max_steps 0: give a whole number, 1 or more"),
        (
            {"pairs": "VCC2SF4:VCC2TF1 X:VCC2TF1"},
            "--pairs X:VCC2TF1: the corpus has no evaluation sentences of 'X' to convert; known are: VCC2SF4, VCC2SM4",
        ),
        (
            {"pairs": "VCC2SF4:VCC2TM3"},
            "--pairs VCC2SF4:VCC2TM3: the corpus has no references of 'VCC2TM3' to compare with; did you mean 'VCC2TM",
        ),
        (
            {"both_ways": "true"},
            "--both_ways true: the corpus has no evaluation sentences of 'VCC2TF1' to convert; did you mean 'VCC2SF4'?",
        ),
        (
            {"corpus": "real", "pairs": "VCC2SF1:VCC2TF1 VCC2SF4:A"},
            "--pairs VCC2SF4:A: the corpus has no references of 'A' to compare with; known are: VCC2TF1, VCC2TF2, "
            "VCC2TM1, VCC2TM2",
        ),
        ({"db_root": "none"}, "none: no such folder; --db_root is where "),
    ],
)
def test_what_a_later_stage_would_refuse_is_told_before_any(tmp_path, options, told):
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    before = sorted(tmp_path.rglob("*"))
    [error] = recipe.fail(**options)
    assert error.startswith(f"error: {told}")
    assert sorted(tmp_path.rglob("*")) == before


def test_speakers_of_a_corpus_that_is_there_are_those_of_its_folders(shown):
    for place in ("training/anna/1", "training/ben/1", "evaluation/anna/2", "reference/ben/2"):
        record(place, 0.5)
    check = [sys.executable, "local/check_pairs.py", "--db_root", "mine"]

    def said(*arguments):
        done = subprocess.run([*check, *arguments], capture_output=True, text=True)
        assert done.returncode == (1 if done.stderr else 0)
        return done.stderr

    assert said("anna:ben") == ""
    told = "error: --pairs ben:anna: mine has no evaluation sentences of 'ben' to convert; known are: anna\n"
    assert said("anna:ben", "ben:anna") == told
    assert said("--both_ways", "anna:ben").startswith(
        "error: --both_ways true: mine has no evaluation sentences of 'ben'"
    )


def test_there_are_no_more_jobs_than_utterances(shown):
    assert shown("features", nj=1000)[0].startswith("shown JOB=1:3 dump/mini/train/log/f0.JOB.log ")
    assert "--data data/mini/train/split3utt/JOB " in shown("features", nj=1000)[0]


def test_a_training_has_the_machines_that_are_asked_for(shown):
    (line,) = shown("train", num_nodes=2, ngpu=4, train_cores=0)
    machines = "--gpu 4 --nodes 2 --cores 32 --num-threads 1 --max-jobs-run 1"
    assert line.startswith(f"shown {machines} JOB=1:1 exp/mini/log/train.JOB.log ")
    assert line.endswith(" -- --ngpu 4 --num_nodes 2 --trainer.threads 1")
    (line,) = shown("train", train_cores=6)
    assert line.startswith("shown --gpu 0 --cores 6 --num-threads 6 --max-jobs-run ")
    assert line.endswith(" -- --ngpu 0 --num_nodes 1 --trainer.threads 6 --trainer.precision fp32")
    assert "--nodes" not in shown("train")[0].replace("--num_nodes 1", "")


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        ({"seeds": "0 0"}, "seed 0 is named 2 times"),
        ({"pairs": "A:B A:B"}, "source:target A:B is named 2 times"),
        ({"pairs": "A:B B:A", "both_ways": "true"}, "unconverted/A-B/eval would be made 2 times"),
    ],
)
def test_what_is_named_twice_is_refused(shown, options, folder):
    assert shown("train", **options) == []
    assert folder in shown.said.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"both_ways": "true"},
            "data/mini/eval_test: no utterances of VCC2TF1, for converted_back, moved_back; name speakers who have "
            "some; data/mini/ref: no utterances of VCC2SF4, for natural_back; name speakers who have some",
        ),
        (
            {"pairs": "VCC2SF4:VCC2TF1 A:VCC2TF1 B:C"},
            "data/mini/eval_test: no utterances of A, B, for converted, moved; name speakers who have some",
        ),
        (
            {"pairs": "VCC2SF4:VCC2SM4"},
            "data/mini/ref: no utterances of VCC2SM4, for natural; name speakers who have some",
        ),
    ],
)
def test_who_has_no_evaluation_sentences_is_told_before_any_training(shown, options, told):
    assert shown("train", **options) == []
    assert f"error: {told}" in shown.said.stderr
    assert not Path("exp/mini/train.tsv").exists()
    write_data_dir("data/mini/eval_test", {"utt2spk": {f"{name}_1": name for name in (*PAIR, "A", "B")}})
    write_data_dir("data/mini/ref", {"utt2spk": {f"{name}_1": name for name in (*PAIR, "C", "VCC2SM4")}})
    assert len(shown("train", **options)) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"train_options": "--trainer.max_steps -1"},
            "--trainer.max_steps: trainer: max_steps must be positive, not -1",
        ),
        (
            {"train_options": "--trainer.log_every -5"},
            "--trainer.log_every: trainer: log_every must be positive, not -5",
        ),
    ],
)
def test_a_wrong_option_of_training_is_blamed_and_not_the_config(shown, options, told):
    Path("cmd.sh").write_text("export train_cmd=run.py cuda_cmd=run.py\n")
    shown("train", **options)
    assert f"error: {told}" in shown.said.stderr


def test_an_old_choice_of_sentences_is_noticed(shown):
    first = "data/mini/eval_test_first1"
    shown("infer", eval_sentences=1)
    assert f"{first} was never made: run stage 0 (data) first" in shown.said.stderr
    tables = {"utt2spk": {"a_1": "a", "a_2": "a"}, "utt2dur": {"a_1": "3", "a_2": "1"}}
    write_data_dir(first, write_data_dir("data/mini/eval", tables).tables)
    write_stamp(first, "data", ["data/mini/eval"], {"dev_sentences": ""})
    shown("infer", eval_sentences=1)
    assert "exp/mini was never made: run stage 3 (train) first" in shown.said.stderr
    shown("infer", eval_sentences=1, dev_sentences=1)
    assert f"{first} was made with dev_sentences=, not dev_sentences=1: run stage 0 (data)" in shown.said.stderr
    write_data_dir("data/mini/eval", {"utt2dur": {"a_1": "3", "a_2": "4"}})
    shown("infer", eval_sentences=1)
    assert f"{first} was made from an older data/mini/eval: run stage 0 (data)" in shown.said.stderr


def as_if_trained():
    """Stamp the trainings that stage 3 lists, and leave what they make."""
    for _, task in read_tasks("exp/mini/train.tsv"):
        write_stamp(task.folder, task.phase, [*task.needs, *task.reads], task.options)
        for name in task.makes:
            Path(task.folder, name).touch()


def test_a_job_that_converts_has_a_gpu_where_that_is_asked_for(shown):
    """And of several utterances some; what joins them, and baselines, are for the CPU."""
    assert shown("train")
    as_if_trained()
    utterances = {"utt2spk": {f"{PAIR[0]}_{number}": PAIR[0] for number in range(4)}}
    write_data_dir("data/mini/eval_test", utterances)
    log = "exp/mini/log/convert.JOB.log python3 -m audiolab.bin.plan run exp/mini/convert.tsv JOB"
    assert shown("infer") == [
        f"shown --max-jobs-run 2 JOB=1:2 {log} --step 2 --to 2",
        f"shown --max-jobs-run 2 JOB=3:4 {log} --step 2 --to 5",
    ]
    assert shown("infer", infer_gpu=1, job_utterances=1, nj=3) == [
        f"shown --gpu 1 --max-jobs-run 3 JOB=1:3 {log} --step 3 --to 6 -- --device cuda",
        f"shown --max-jobs-run 3 JOB=7:9 {log} --step 3 --to 9",
        f"shown --max-jobs-run 3 JOB=10:11 {log} --step 2 --to 11",
    ]
    shown("infer", infer_gpu=2)
    assert "error: --infer_gpu 2: give 0 or 1" in shown.said.stderr


def test_conversions_are_stale_when_their_sentences_are_others(shown):
    assert shown("train")
    as_if_trained()
    assert shown("infer")
    assert " --encoder exp/a exp/b --runs exp/mini/scored.tsv " in shown("score", encoder="exp/a exp/b")[0]
    assert "--encoder" not in shown("score")[0]
    write_data_dir("data/mini/eval_test", {"utt2spk": {f"{PAIR[0]}_{number}": PAIR[0] for number in (1, 2)}})
    write_stamp("data/mini/eval_test", "data", [], {"dev_sentences": "2"})
    shown("score", dev_sentences=2)
    assert "exp/mini was made from an older data/mini/eval_test: run stage 4 (infer) again" in shown.said.stderr


def record(place, seconds, seed=0):
    path = Path("mine", f"vcc2018_{place}.wav")
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * RATE)), RATE)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"eval_part": "valid"}, "error: --eval_part is test, dev or all, not 'valid'"),
        ({"dev_sentences": "x"}, "error: --dev_sentences x: give a whole number, not negative"),
        ({"eval_sentences": "-3"}, "error: --eval_sentences -3: give a whole number, not negative"),
        ({"max_steps": "1e3"}, "error: --max_steps 1e3: give a whole number, 1 or more"),
        ({"dev_sentences": "2"}, "error: mine: 2 evaluation sentences, all of them for choices"),
        ({"dev_sentences": "0", "eval_part": "dev"}, "error: --eval_part dev: mine has no such sentences"),
    ],
)
def test_parts_that_cannot_be_are_refused(shown, options, told):
    for place in ("training/A/10001", "training/B/10001", "evaluation/A/30001", "evaluation/A/30002",
                  "reference/B/30001", "reference/B/30002"):  # fmt: skip
        record(place, 1.0)
    shown("data", db_root="mine", dataset="mine", **options)
    assert told in shown.said.stderr


def test_what_is_taken_of_a_corpus_is_noticed_when_it_changes(shown):
    """Other options, and other contents of the YAML under the same name."""
    for place in (
        "training/A/10001",
        "training/A/10002",
        "training/B/10001",
        "evaluation/A/30001",
        "reference/B/30001",
    ):
        record(place, 1.0)
    options = {"db_root": "mine", "dataset": "mine", "dev_sentences": 0, "pairs": "A:B", "prepare_config": "few.yaml"}
    Path("few.yaml").write_text("max_train_sentences: 1\n")
    shown("data", **options)
    assert read_table("data/mine/train/utt2spk") == {"A_10001": "A", "B_10001": "B"}
    assert len(shown("features", **options)) > 0
    assert shown("features", **options | {"prepare_config": ""}) == []
    assert "data/mine was made with db_root=mine, prepare_config=few.yaml, not db_root=mine: run" in shown.said.stderr
    Path("few.yaml").write_text("max_train_sentences: 2\n")
    assert shown("features", **options) == []
    assert "data/mine was made from an older few.yaml: run stage 0 (data) again" in shown.said.stderr


def test_recordings_that_were_replaced_under_the_same_names_are_noticed(shown):
    """Before stage 0 is run again, though their length is the same, and after it; and so are further recordings."""
    for place in ("training/A/10001", "training/B/10001", "evaluation/A/30001", "reference/B/30001"):
        record(place, 1.0)
    options = {"db_root": "mine", "dataset": "mine", "dev_sentences": 0, "pairs": "A:B"}
    shown("data", **options)
    for stage in ("features", "stats"):
        write_stamp("dump/mine/train", stage, ["data/mine"])
    assert len(shown("train", **options)) == 1
    record("training/A/10001", 1.0, seed=1)
    told = "data/mine was made from other recordings in data/mine/train/wav.scp: run stage 0 (data) again"
    assert shown("features", **options) == []
    assert told in shown.said.stderr
    shown("data", **options)
    assert shown("train", **options) == []
    assert "dump/mine/train was made from an older data/mine: run stage 1 (features) again" in shown.said.stderr
    record("training/A/10002", 1.0)
    assert shown("features", **options) == []
    assert "data/mine was made from an older mine: run stage 0 (data) again" in shown.said.stderr


def test_a_stage_that_did_not_come_to_its_end_counts_for_nothing(shown):
    """Features under another YAML that is put back, and a training of more steps than are asked for then."""
    before = Path("conf/features.yaml").read_text()
    Path("cmd.sh").write_text('export train_cmd="false" cuda_cmd="false"\n')
    Path("conf/features.yaml").write_text(before.replace("window_ms: 50.0", "window_ms: 40.0"))
    shown("features")
    Path("conf/features.yaml").write_text(before)
    shown("stats")
    told = "dump/mini/train was begun and is not whole: run stage 1 (features) again"
    assert f"error: {told}" in shown.said.stderr.splitlines()
    for stage in ("features", "stats"):
        write_stamp("dump/mini/train", stage, [])
    write_stamp("exp/mini", "train", [], {"max_steps": STEPS, "train_options": SMALL})
    shown("train", max_steps=100000)
    shown("infer", eval_part="all")
    told = "exp/mini was begun and is not whole: run stage 3 (train) again"
    assert f"error: {told}" in shown.said.stderr.splitlines()


@pytest.mark.parametrize(("stage", "folder"), [("features", "dump/mini/train"), ("train", "exp/mini")])
def test_a_second_run_is_refused_before_it_removes_anything(shown, stage, folder):
    Path(folder, ".stamp").mkdir(parents=True, exist_ok=True)
    Path("dump/mini/train/parts").mkdir()
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    with open(f"{folder}/.stamp/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert shown(stage) == []
    told = f"error: run.sh: another run.sh is at work on {folder}; wait for its end, or give another --tag or --dataset"
    assert told in shown.said.stderr.splitlines()[-3:]
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.name != "lock"}
    assert after == before
    assert Path("dump/mini/train/parts").is_dir()


def test_where_locks_do_not_work_that_is_said_once(shown, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/flock").write_text("#!/bin/bash\necho 'flock: 10: No locks available' >&2; exit 71\n")
    (tmp_path / "bin/flock").chmod(0o755)
    shown.environment["PATH"] = f"{tmp_path}/bin:{shown.environment['PATH']}"
    assert len(shown("features")) == 1  # and so it goes on
    told = "run.sh: warning: data/mini cannot be locked (flock: 10: No locks available): do not start a second run.sh"
    assert shown.said.stderr.splitlines().count(f"{told} on it") == 1
    assert shown.said.stderr.count("cannot be locked") == 1


def test_what_stands_for_a_jobs_number_is_in_no_name(shown):
    (line,) = shown("train", tag="JOB_1")
    assert " JOB__=1:1 exp/JOB_1/log/train.JOB__.log python3 -m audiolab.bin.plan run " in line
    assert " exp/JOB_1/train.tsv JOB__ -- " in line


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pairs": "../../A:B"}, "source:target: the id '../../A' has a '/' in it"),
        ({"seeds": "0/../../x"}, "seed '0/../../x': give whole numbers, not negative"),
    ],
)
def test_names_that_lead_out_of_the_experiment_are_refused(shown, options, told):
    assert shown("train", **options) == []
    assert told in shown.said.stderr


@pytest.mark.parametrize("name", ["stage", "corpus", "train_config", "infer_config"])
def test_an_empty_value_is_refused_where_it_stands_for_nothing(tmp_path, name):
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    [told] = recipe.fail("--list", **{name: ""})
    assert told == f"error: --{name} is empty: give a value, or leave the option out"


def test_it_runs_by_sh_and_with_cdpath(tmp_path):
    """Where CDPATH leads to another checkout, and prints."""
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    (tmp_path / "elsewhere/egs/vcc2018/vc1").mkdir(parents=True)
    recipe.environment["CDPATH"] = f"{tmp_path}/elsewhere:."
    for shell in ("sh", "bash --posix", ""):
        done = recipe.bash(f"cd {tmp_path} >/dev/null && {shell} egs/vcc2018/vc1/run.sh --list")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.split()[::2] == ["-1", "0", "1", "2", "3", "4", "5", "6"]
    done = recipe.bash('. ../../../tools/env.sh && echo "$AUDIOLAB_ROOT"')
    assert done.stdout == f"{tmp_path}\n"


def test_list_and_dry_run_write_nothing(tmp_path):
    recipe = Recipe(tmp_path, NAME, OPTIONS)
    before = sorted(tmp_path.rglob("*"))
    assert recipe.run("--list").split()[::2] == ["-1", "0", "1", "2", "3", "4", "5", "6"]
    shown = recipe.run("--dry_run", "true", "--stage", "features")
    assert "extract_features.sh --f0 conf/features.yaml" in shown
    assert "# needs data\n" in shown
    assert "### stage 0 (data)" not in shown
    told = recipe.call("--mini_trian", "3")
    assert told.returncode == 1
    assert told.stderr == "error: run.sh: unknown option --mini_trian; did you mean '--mini_train'?\n"
    assert sorted(tmp_path.rglob("*")) == before
