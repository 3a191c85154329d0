"""egs/dns/se1 on recordings that a table lists: with and without English and recorded pairs."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recipe_copy import Recipe, rows_of

from audiolab.datadir.datadir import DataDir

RUN_SH = Path(__file__).parents[2] / "egs/dns/se1/run.sh"
PARTS = ("train", "valid", "test")
OPTIONS = {
    "corpus": "own",
    "table": "../../../recordings.tsv",
    "dataset": "mine",
    "conf": "conf/mini",
    "methods": "source",
    "train_mixtures": 16,
    "valid_mixtures": 4,
    "eval_mixtures": 4,
    "snrs": "0 5",
    "judges": "",
    "nj": 1,
    "train_cores": 1,
    "train_options": "--trainer.max_steps 2 --trainer.max_epochs null --system_conf.enhancer.widths 4 4 4 4 4",
}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--corpus", "own"), "--corpus own needs --table"),
        (("--table", "x.tsv"), "--table is for --corpus own"),
        (
            ("--corpus", "own", "--table", "x.tsv", "--db_root", "downloads"),
            "--db_root is for real and mini; own has --table",
        ),
        (("--eval_part", "valid"), "--eval_part is test or dev, not 'valid'"),
        (("--nj", "-3"), "--nj -3: give a whole number, not negative"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    done = subprocess.run([RUN_SH, *options], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": "sorce"}, "unknown method 'sorce'; did you mean 'source'?"),
        ({"methods": ""}, "no method; known are: dann, dann_remixit, oracle, remixit, "),
        ({"percent": "101", "methods": "srst_random"}, "rank_domains: --percent 101: give one above 0 and at most 100"),
        ({"snrs": "0 0.5"}, "--snrs '0 0.5': give whole numbers of dB, each once"),
        ({"snrs": "5 -5 5"}, "set target_test_5dB is named 2 times; name each once"),
        ({"eval_mixtures": "0"}, "--eval_mixtures 0: give a whole number, 1 or more"),
        ({"conf": "conf/nope"}, "source: conf/nope/source.yaml: no such file"),
    ],
)
def test_what_a_later_stage_would_refuse_is_told_at_once(tmp_path, options, message):
    recipe = Recipe(tmp_path, "dns/se1", OPTIONS)
    before = sorted(tmp_path.rglob("*"))
    [told] = recipe.fail("--stage", "download", **options)
    assert told.startswith(f"error: {message}")
    assert sorted(tmp_path.rglob("*")) == before


def write(path, voice, seconds=2.6, rate=16000):
    """Write a modulated harmonic sound, or noise."""
    generator, time = np.random.default_rng([*path.name.encode()]), np.arange(round(seconds * rate)) / rate
    wave = 0.05 * generator.standard_normal(len(time))
    if voice:
        f0 = generator.uniform(90, 250)
        wave = sum(np.sin(2 * np.pi * k * f0 * time) / k for k in range(1, 9)) * (1 + np.sin(15 * time)) / 20
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate)
    return wave


def table(root):
    """Write recordings of every use and return the lines that list them."""
    lines = []
    for part in PARTS:
        for use, language in (("speech_source", ""), ("speech_target", "de"), ("speech_english", "en")):
            lines.append(f"{use}\town/{use}_{part}.wav\t{use}_{part}\t{language}\t{part}\t")
            write(root / f"own/{use}_{part}.wav", True)
        for use in ("noise_source", "noise_target"):
            lines.append(f"{use}\town/{use}_{part}.flac\t\t\t{part}\t")
            write(root / f"own/{use}_{part}.flac", False, 0.7, 44100)
    lines.append("speech_target\town/short.wav\tspeech_target_train\tde\t\t")
    write(root / "own/short.wav", True, 1.9)
    clean, noise = write(root / "own/clean.wav", True, 3), write(root / "own/noise.wav", False, 3)
    soundfile.write(root / "own/noisy.wav", clean + noise, 16000)
    return [*lines, "pair\town/noisy.wav\t\t\t\town/clean.wav"]


def write_table(recipe, lines):
    header = "use\tpath\tspeaker\tlanguage\tpart\tclean"
    (recipe.root / "recordings.tsv").write_text("\n".join([header, *lines]) + "\n")


@pytest.mark.recipe
def test_from_the_table_to_the_scores(tmp_path):
    """Without English first, then with it and without pairs; the stages see that the table is another one."""
    recipe = Recipe(tmp_path, "dns/se1", OPTIONS)
    lines = table(recipe.root)
    write_table(recipe, [line for line in lines if not line.startswith("speech_english")])
    recipe.run(stop_stage="score")
    recipe.run(stage="mixtures", stop_stage="mixtures", methods="dann oracle")
    data = recipe / "data/mine"
    assert set(DataDir(data / "oracle_train").table("utt2lang").values()) == {"de"}
    assert "short" not in (data / "target_train/speech.scp").read_text()
    sets = ["target_test_0dB", "target_test_5dB", "pairs"]
    scores = rows_of(recipe / "exp/mine/scores.csv")
    assert [name for name in dict.fromkeys(row["set"] for row in scores)] == sets
    results = (recipe / "exp/mine/RESULTS.md").read_text()
    assert [line[7:] for line in results.splitlines() if line.startswith("## Set ")] == sets
    assert "beside ours" not in results  # the paper's scores are of other recordings

    write_table(recipe, [line for line in lines if not line.startswith("pair")])
    older = "error: data/mine was made from an older ../../../recordings.tsv: run stage 0 (data) again"
    for stage in ("mixtures", "evaluation", "train", "infer"):
        assert older in recipe.fail(stage=stage)
    recipe.run(stage="data", stop_stage="evaluation", methods="dann oracle")
    assert set(DataDir(data / "oracle_train").table("utt2lang").values()) == {"de", "en"}
    assert len(DataDir(data / "english_test_0dB").utterances) == 4
    assert not (data / "pairs").exists()
    errors = recipe.fail(stage="evaluation", pairs="others")
    assert "error: data/mine/others: no such data dir" in errors
