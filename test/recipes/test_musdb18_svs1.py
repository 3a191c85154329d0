"""egs/musdb18/svs1 on small mini corpora, from nothing to the page: what each stage makes, and what runs again."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from recipe_copy import Recipe, calls_of_make_mini, fatal_faults, rows_of, stages_done
from small_songs import CCMIXTER, DAMP, MIR1K, MUSDB18

import audiolab
from audiolab.data.poor_frames import read_poor_frames, shares_of_songs
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

NAME = "musdb18/svs1"
EXP = "exp/mini"
ROUNDS = (1, 2)
OPTIONS = {
    "corpus": "mini",
    "db_root": "downloads/small",
    "prepare_conf": "conf/small",
    "students": "large:50",
    "best": "large:50",
    "by_chance": "large:50",
    "continued": "medium",
    "candidates": "medium_10s_p0_damp",
    "iterations": 2,
    "train_jobs": 2,
    "train_cores": 1,
    "job_utterances": 2,
    "train_options": "--data_conf.window_s 0.5 --data_conf.valid_s 0.5 --data_conf.valid_windows 2 "
    "--trainer.max_steps 2 --trainer.valid_every 2 --trainer.save_every 2 --trainer.batch_size 2 --trainer.log_every 1",
}
CORPORA = {"musdb18": MUSDB18, "mir1k": MIR1K, "ccmixter": CCMIXTER, "damp": DAMP}
LABELLED = ("musdb18_train", "mir1k_train", "ccmixter_train")
SETS = (*LABELLED, "musdb18_valid", "musdb18_test", "damp_train")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after one run of all stages; DAMP's performances are shorter than what is taken of it else."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), NAME, OPTIONS)
    small_corpora(recipe, CORPORA)
    (recipe / "conf/small").mkdir()
    (recipe / "conf/small/damp.yaml").write_text("min_seconds: 3.0\nlongest_delay: 0.5\n")
    recipe.output = recipe.run()
    return recipe


def config_of(run):
    return yaml.safe_load(Path(f"{EXP}/{run}_s0/config.yaml").read_text())


def test_all_stages_run_with_the_python_that_is_there(recipe):
    stages = ["-1 download", "0 data", "1 format", "2 train", "3 infer", "4 score", "5 report"]
    assert stages_done(recipe.output) == stages
    assert [f"using downloads/small/{name}" in recipe.output for name in CORPORA] == [True] * 4
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
    assert Path(f"{EXP}/rounds").read_text() == f"{ROUNDS[-1]}\n"
    labelled = [f"dump/mini/{name}" for name in LABELLED]
    for run in ("teacher", "activity_vocals", "activity_accompaniment", "control_large"):
        data = config_of(run)["data_conf"]
        assert data["train_dirs"] == labelled
        assert data["pseudo_dirs"] == []
        assert data["valid_dirs"] == ["dump/mini/musdb18_valid"]
    assert config_of("medium_10s_p0_damp")["data_conf"]["train_dirs"] == [*labelled, "dump/mini/damp_train"]
    for number in ROUNDS:
        data = config_of(f"student_large_50_{number}")["data_conf"]
        assert data["train_dirs"] == labelled
        assert data["pseudo_dirs"] == [f"{EXP}/labels_{number}_top50_s0"]
    for source in ("vocals", "accompaniment"):
        assert config_of(f"activity_{source}")["system_conf"]["source"] == source


def test_a_control_is_trained_as_its_students_are_but_without_labels(inside):
    teacher, student, control = map(config_of, ("teacher", "student_large_50_1", "control_large"))
    assert [run["data_conf"].pop("pseudo_dirs") for run in (student, control)] == [[f"{EXP}/labels_1_top50_s0"], []]
    assert student == control
    assert student["system_conf"] != teacher["system_conf"]


def test_the_teacher_is_trained_on_without_labels(inside):
    config = config_of("continued_medium")
    assert config["init"]["run"] == f"{EXP}/teacher_s0"
    assert config["data_conf"] == config_of("control_large")["data_conf"]
    assert config["system_conf"] == config_of("teacher")["system_conf"]


def test_as_many_labels_are_kept_by_chance_as_by_choice(inside):
    for number in ROUNDS:
        chosen, drawn = (StemDir(f"{EXP}/labels_{number}_{how}50_s0") for how in ("top", "drawn"))
        assert len(set(drawn.songs)) == len(set(chosen.songs))
        assert set(drawn.ids) <= set(StemDir(f"{EXP}/labels_{number}_s0").ids)
        student, other = config_of(f"student_large_50_{number}"), config_of(f"drawn_large_50_{number}")
        assert other["data_conf"].pop("pseudo_dirs") == [f"{EXP}/labels_{number}_drawn50_s0"]
        student["data_conf"].pop("pseudo_dirs")
        assert other == student


def test_labels_are_the_models_own_of_the_tracks(inside):
    """Vocals of the vocal track by the teacher, in the second round by the best student of the first."""
    tracks = StemDir("dump/mini/damp_train")
    for number, run in ((1, "teacher_s0"), (2, "student_large_50_1_s0")):
        model, made = audiolab.load(f"{EXP}/{run}"), StemDir(f"{EXP}/labels_{number}_s0")
        assert (made.ids, made.songs) == (tracks.ids, tracks.songs)
        for source in SOURCES:
            expected = model.separate(tracks.read(0, source), 16000)[source]
            assert np.abs(made.read(0, source) - expected).max() < 1e-4 < np.abs(expected).max()


def test_the_best_songs_are_kept(inside):
    counted = f"{EXP}/poor_labels_1_s0"
    songs = StemDir(counted)
    counts = read_poor_frames(f"{counted}/utt2poor")
    assert sorted(counts) == list(songs.ids) == list(StemDir("dump/mini/damp_train").ids)
    shares = shares_of_songs(counts, dict(zip(songs.ids, songs.songs)))
    kept = set(StemDir(f"{EXP}/labels_1_top50_s0").songs)
    assert len(kept) == len(shares) // 2
    assert max(shares[song] for song in kept) <= min(shares[song] for song in shares.keys() - kept)
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
        "medium_10s_p0_damp",
        "continued_medium",
        *(f"{kind}_large_50_{number}" for kind in ("student", "drawn") for number in ROUNDS),
    }
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
    for system in ("mixture", "teacher", "control_large", "continued_medium", "drawn_large_50_1"):
        assert f"### Difference to {system}" in results


def test_page(inside):
    page = Path(f"{EXP}/report.html").read_text()
    assert "student_large_50_1" in page
    assert "<audio" in page


def test_all_rows_of_the_tables_are_planned(inside):
    """By the options' defaults, and all of Table 1; of the jobs' launcher only the calls are looked at."""
    cmd = Path("cmd.sh").read_text()
    Path("cmd.sh").write_text('export train_cmd="echo shown" cuda_cmd="echo shown"\n')
    try:
        options = {"expdir": "exp/all", "candidates": "all", "best": "large:25", "iterations": 1}
        students = "large:100 large:50 large:25 medium:100"
        inside.run("--stage", "train", "--stop_stage", "train", **options, students=students)
    finally:
        Path("cmd.sh").write_text(cmd)
    rows = rows_of("exp/all/train_1.tsv", "\t")
    made = {}
    for row in rows:
        made.setdefault(row["phase"], set()).add(Path(row["dir"]).name)
    assert made["kept"] == {f"labels_1_top{percent}_s0" for percent in (25, 50, 100)}
    assert made["student"] == {f"student_{size}_1_s0" for size in ("large_100", "large_50", "large_25", "medium_100")}
    assert made["labels"] == {"labels_1_s0"}
    further = set(Path("conf/mini/table1.txt").read_text().split())
    assert made["candidate_damp"] == {"medium_10s_p0_damp_s0"}
    assert made["candidate"] | made["candidate_damp"] == {f"{name}_s0" for name in further}
    for row in (row for row in rows if row["phase"] == "student"):
        _, size, percent, *_ = Path(row["dir"]).name.split("_")
        assert f"conf/mini/student_{size}.yaml" in row["arguments"]
        assert f"--data_conf.pseudo_dirs exp/all/labels_1_top{percent}_s0" in row["arguments"]


def test_stage_download_makes_the_mini_corpora(tmp_path):
    options = {"mini_train": 3, "mini_test": 4, "mini_damp": 5}
    sizes = {"musdb18": {"train": 3, "test": 4}, "mir1k": {}, "ccmixter": {}, "damp": {"performances": 5}}
    called = calls_of_make_mini(Recipe(tmp_path, NAME, options), sizes)
    more = {"musdb18": " --train 3 --test 4", "damp": " --performances 5"}
    assert called == [
        f"--corpus {name} --dest downloads/mini_s3/{name} --seed 3 --nj 2{more.get(name, '')}" for name in CORPORA
    ]


def test_a_further_call_makes_nothing_anew(recipe):
    patterns = (f"{EXP}/*_s0/model.pt", f"{EXP}/labels_1_s0/vocals.scp", f"{EXP}/teacher_s0/separated/*/wav.scp")
    before = recipe.hashes(*patterns)
    times = {path: (recipe / path).stat().st_mtime_ns for path in before}
    output = recipe.run("--stage", "train", "--stop_stage", "infer")
    assert "is there already, made of the same" in (recipe / f"{EXP}/log/train.1.log").read_text()
    assert stages_done(output) == ["2 train", "3 infer"]
    assert recipe.hashes(*patterns) == before
    assert {path: (recipe / path).stat().st_mtime_ns for path in before} == times


def test_students_on_some_of_the_labels_are_compared_with_the_one_on_all(recipe):
    shown = recipe.run(
        "--stage", "score", "--stop_stage", "score", "--dry_run=true", students="large:100 large:50 medium:100"
    )
    compared = ("mixture", "teacher", "control_large", "continued_medium", "drawn_large_50_1", "student_large_100_1")
    assert "# compared=" + " ".join(f"--baseline {system}" for system in compared) + "\n" in shown
    assert "student_medium_100_1" not in shown


def test_without_unlabelled_songs_there_is_a_teacher_and_no_more(recipe):
    options = {"unlabelled": "", "candidates": "", "iterations": 1, "expdir": "exp/alone"}
    recipe.run("--stage", "train", "--stop_stage", "train", **options)
    assert [row["phase"] for row in rows_of(recipe / "exp/alone/train_1.tsv", "\t")] == ["teacher"]
