"""egs/musdb18/svs1 on small mini corpora, from nothing to the page: what each stage makes, and what runs again."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from recipe_copy import Recipe, fatal_faults, rows_of, stages_done

from audiolab.data.poor_frames import read_poor_frames, shares_of_songs
from audiolab.data.stem_dir import StemDir
from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

NAME = "musdb18/svs1"
EXP = "exp/mini"
STEPS = 2
STUDENTS = ("large_50", "medium_100")
OPTIONS = {
    "corpus": "mini",
    "mini_train": 2,
    "mini_test": 2,
    "mini_damp": 4,
    "students": "large:50 medium:100",
    "best": "large:50",
    "candidates": "medium_2.5s_p0 medium_10s_p0_damp",
    "iterations": 2,
    "train_jobs": 2,
    "train_cores": 1,
    "job_utterances": 2,
    "train_options": f"--trainer.max_steps {STEPS} --trainer.valid_every 1 --trainer.save_every 1 "
    "--trainer.batch_size 2 --trainer.log_every 1",
}
LABELLED = ("musdb18_train", "mir1k_train", "ccmixter_train")
SETS = (*LABELLED, "musdb18_valid", "musdb18_test", "damp_train")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """Return the recipe after one run of all stages."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), NAME, OPTIONS)
    recipe.output = recipe.run()
    return recipe


def config_of(run):
    return yaml.safe_load(Path(f"{EXP}/{run}_s0/config.yaml").read_text())


def rounds():
    return int(Path(f"{EXP}/rounds").read_text())


def test_all_stages_run_with_the_python_that_is_there(recipe):
    stages = ["-1 download", "0 data", "1 format", "2 train", "3 infer", "4 score", "5 report"]
    assert stages_done(recipe.output) == stages
    assert not (recipe.root / "tools" / "venv").exists()


@pytest.mark.parametrize("name", SETS)
def test_songs_are_16_khz_mono_and_sound(inside, name):
    assert not fatal_faults(f"dump/mini/{name}", text=False)
    for table in ("wav.scp", "vocals.scp", "accompaniment.scp"):
        for path in read_table(f"dump/mini/{name}/{table}").values():
            about = soundfile.info(path)
            assert (about.samplerate, about.channels, about.subtype) == (16000, 1, "FLOAT")
            assert about.duration <= 31
    assert read_table(f"dump/mini/{name}/utt2song").ids == read_table(f"dump/mini/{name}/wav.scp").ids


def test_no_song_is_in_two_sets(inside):
    songs = {name: set(read_table(f"dump/mini/{name}/utt2song").values()) for name in SETS}
    assert sum(map(len, songs.values())) == len(set().union(*songs.values()))


def test_what_trainings_were_given(inside):
    labelled = [f"dump/mini/{name}" for name in LABELLED]
    for run in ("teacher", "activity_vocals", "activity_accompaniment", "control_large", "medium_2.5s_p0"):
        data = config_of(run)["data_conf"]
        assert data["train_dirs"] == labelled
        assert data["pseudo_dirs"] == []
        assert data["valid_dirs"] == ["dump/mini/musdb18_valid"]
    assert config_of("medium_10s_p0_damp")["data_conf"]["train_dirs"] == [*labelled, "dump/mini/damp_train"]
    for student in STUDENTS:
        for number in range(1, rounds() + 1):
            data = config_of(f"student_{student}_{number}")["data_conf"]
            assert data["train_dirs"] == labelled
            top = student.split("_")[1]
            assert data["pseudo_dirs"] == [f"{EXP}/labels_{number}_top{top}_s0"]
    for source in ("vocals", "accompaniment"):
        assert config_of(f"activity_{source}")["system_conf"]["source"] == source
    large, control = (config_of(name)["system_conf"] for name in ("student_large_50_1", "control_large"))
    assert large == control
    assert large != config_of("teacher")["system_conf"]


def test_labels_are_the_models_own_of_the_tracks(inside, recipe):
    """Vocals of the vocal track by the teacher, in the second round by the best student of the first."""
    script = """
import sys
import numpy as np
import soundfile
import audiolab
from audiolab.data.stem_dir import StemDir

run, labels = sys.argv[1:]
model = audiolab.load(run)
tracks, made = StemDir("dump/mini/damp_train"), StemDir(labels)
assert made.ids == tracks.ids and made.songs == tracks.songs
for source in ("vocals", "accompaniment"):
    wave = tracks.read(0, source)
    expected = model.separate(wave, 16000)[source]
    print(source, np.abs(made.read(0, source) - expected).max(), np.abs(expected).max())
"""
    for number, run in enumerate(["teacher_s0", "student_large_50_1_s0"][: rounds()], 1):
        lines = recipe.python("-c", script, f"{EXP}/{run}", f"{EXP}/labels_{number}_s0").splitlines()
        assert [line.split()[0] for line in lines] == ["vocals", "accompaniment"]
        for line in lines:
            difference, peak = map(float, line.split()[1:])
            assert difference < 1e-4 < peak


def test_the_best_songs_are_kept(inside):
    counted = f"{EXP}/poor_labels_1_s0"
    songs = StemDir(counted)
    counts = read_poor_frames(f"{counted}/utt2poor")
    assert sorted(counts) == list(songs.ids) == list(StemDir("dump/mini/damp_train").ids)
    shares = shares_of_songs(counts, dict(zip(songs.ids, songs.songs)))
    kept = set(StemDir(f"{EXP}/labels_1_top50_s0").songs)
    assert len(kept) == len(shares) // 2
    assert max(shares[song] for song in kept) <= min(shares[song] for song in shares.keys() - kept)
    assert set(StemDir(f"{EXP}/labels_1_top100_s0").songs) == set(shares)
    for name, songs in (("tracks", "damp_train"), ("labelled", "musdb18_train")):
        assert sorted(read_poor_frames(f"{EXP}/poor_{name}_s0/utt2poor")) == list(StemDir(f"dump/mini/{songs}").ids)


def test_scores(inside):
    scored = rows_of(f"{EXP}/scored.tsv", "\t")
    systems = {
        "mixture",
        "hpss",
        "ideal_ratio_mask",
        "teacher",
        "control_large",
        "medium_2.5s_p0",
        "medium_10s_p0_damp",
    }
    systems |= {f"student_{student}_{number}" for student in STUDENTS for number in range(1, rounds() + 1)}
    assert {row["system"] for row in scored} == systems
    scores = rows_of(f"{EXP}/scores.csv")
    assert {row["system"] for row in scores} == systems
    assert len(scores) == 2 * len(systems)  # two songs
    by_system = {}
    for row in scores:
        by_system.setdefault(row["system"], []).append(float(row["sdr_vocals"]))
    assert np.median(by_system["ideal_ratio_mask"]) > np.median(by_system["mixture"]) + 5
    results = Path(f"{EXP}/RESULTS.md").read_text()
    for title in ("Table 1", "Table 2", "Table 3"):
        assert f"## {title}" in results
    assert "10.29" in results  # the paper's teacher


def test_page(inside):
    page = Path(f"{EXP}/report.html").read_text()
    assert "student_large_50_1" in page
    assert "<audio" in page


def test_a_further_call_makes_nothing_anew(recipe):
    patterns = (f"{EXP}/*_s0/model.pt", f"{EXP}/labels_1_s0/vocals.scp", f"{EXP}/teacher_s0/separated/*/wav.scp")
    before = recipe.hashes(*patterns)
    times = {path: (recipe / path).stat().st_mtime_ns for path in before}
    output = recipe.run("--stage", "train", "--stop_stage", "infer")
    assert "is there already, made of the same" in (recipe / f"{EXP}/log/train.1.log").read_text()
    assert stages_done(output) == ["2 train", "3 infer"]
    assert recipe.hashes(*patterns) == before
    assert {path: (recipe / path).stat().st_mtime_ns for path in before} == times
