"""egs/vctk/vc1 on small mini corpora, from nothing to the page: what each stage makes, and what runs again."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from recipe_copy import Recipe, fatal_faults, rows_of, stages_done

import audiolab
from audiolab.corpora.librispeech_mini import LibriSpeechMini
from audiolab.corpora.speaker_folders_mini import SpeakerFoldersMini
from audiolab.corpora.vctk_mini import VctkMini
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

EXP = "exp/mini"
CORPORA = {
    "vctk": VctkMini(speakers=7, shared=3, own=3),
    "librispeech": LibriSpeechMini(train_speakers=2, valid_speakers=1, test_speakers=1, utterances=3),
    "speaker_folders": SpeakerFoldersMini(speakers=1, utterances=5),
}
OPTIONS = {
    "corpus": "mini",
    "db_root": "downloads/small/vctk",
    "librispeech_root": "downloads/small/librispeech",
    "extra_speakers": "downloads/small/speaker_folders",
    "conf": "conf/small",
    "num_speakers": 2,
    "utts_per_speaker": "3",
    "large_speakers": 3,
    "unseen_speakers": 1,
    "valid_speakers": 2,
    "eval_utts": 1,
    "valid_utts": 1,
    "systems": "autovc cycleautovc cycleautovc_finetune",
    "nostyle": "true",
    "units": 60,
    "job_utterances": 2,
    "train_jobs": 2,
    "train_cores": 1,
    "judges": "",
}
STEPS = {"max_steps": 2, "valid_every": 1, "save_every": 1, "log_every": 1, "batch_size": 2}
CONVERTER = {
    "system_conf": {"channels": 8, "units": 8, "neck": 4, "speaker_encoder_sizes": {"hidden": 6, "layers": 1}},
    "data_conf": {"frames": 32},
}
ENCODER = {
    "system_conf": {"hidden": 6, "layers": 1},
    "data_conf": {"utterances": 2, "frames": [20, 30]},
    "optim": {"encoder": {"warmup": 0}},
}
SMALL = {
    "ge2e": ENCODER,
    "judge": ENCODER,
    "ctc": {"system_conf": {"filters": 4, "hidden": 4, "layers": 1}, "optim": {"recogniser": {"warmup": 0}}},
    "hifigan": {"system_conf": {"generator": {"channels": 16}}, "data_conf": {"samples": 2048}},
    **{
        name: CONVERTER
        for name in (
            "autovc",
            "autovc_early",
            "cycleautovc",
            "cycleautovc_style",
            "cycleautovc_nostyle",
            "cycleautovc_finetune",
            "cycleautovc_finetune_style",
        )
    },
}
CONVERTERS = ("autovc", "cycleautovc_style", "cycleautovc_nostyle", "cycleautovc_finetune_style")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after one run of all stages, with networks of a few weights."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), "vctk/vc1", OPTIONS)
    small_corpora(recipe, CORPORA)
    (recipe / "conf/small").mkdir()
    for name, tree in SMALL.items():
        tree = {"base": f"../mini/{name}.yaml", **tree, "trainer": STEPS}
        (recipe / "conf/small" / f"{name}.yaml").write_text(yaml.safe_dump(tree))
    recipe.output = recipe.run()
    return recipe


def config_of(run):
    return yaml.safe_load(Path(f"{EXP}/{run}/config.yaml").read_text())


def speakers(name):
    return set(DataDir(f"data/mini/{name}").speakers)


def ids(path):
    return set(read_table(f"{path}/utt2spk").ids)


def test_all_stages_run_with_the_python_that_is_there(recipe):
    stages = ["-1 download", "0 data", "1 features", "2 train", "3 infer", "4 score", "5 report"]
    assert stages_done(recipe.output) == stages
    assert not (recipe.root / "tools" / "venv").exists()


def test_sets_of_speakers(inside):
    small, extra = speakers("few_small"), speakers("speakers")
    assert (len(small - extra), len(extra)) == (2, 1)
    assert extra < small == speakers("few_valid") | extra
    assert speakers("known") == small | speakers("few_unseen")
    assert speakers("evaluated_test") == small
    heard = speakers("few_encoder") | speakers("few_encoder_valid")
    assert not heard & (small | speakers("few_unseen"))
    assert not fatal_faults("data/mini/whole", text=False)


def test_what_is_converted_was_in_no_training(inside):
    scored = ids("data/mini/evaluated_test") | ids("data/mini/few_unseen_eval")
    for name in ("encoder", "encoder_valid", "large", "small", "valid", "known", "recogniser", "recogniser_valid"):
        assert not ids(f"dump/mini/{name}") & scored, name
    said = {DataDir("data/mini/few_eval").table("text")[utt] for utt in ids("data/mini/few_eval")}
    for name in ("recogniser", "recogniser_valid"):
        assert not said & set(read_table(f"dump/mini/{name}/text").values())


def test_features_are_autovcs(inside):
    everything = FeatureDir("dump/mini/all")
    assert (everything.width, everything.config.rate, everything.config.hop) == (80, 16000, 256)
    for name in ("encoder", "large", "small", "known", "verify"):
        assert ids(f"dump/mini/{name}") <= set(everything.utterances)
    assert speakers("of_librispeech/speech_source_train") < set(FeatureDir("dump/mini/encoder").speakers)


def test_the_encoders_are_two(inside):
    own, judge = (config_of(name) for name in ("encoder_s0", "judge"))
    assert (own["seed"], judge["seed"]) == (0, 1000)
    assert own["data_conf"]["train_dirs"] == judge["data_conf"]["train_dirs"] == ["dump/mini/encoder"]
    for name in ("encoder_s0", "judge"):
        found = yaml.safe_load(Path(f"{EXP}/{name}/verified/verification.yaml").read_text())
        assert 0 <= found["eer"] <= 1


def test_voices_are_the_encoders_own(inside):
    model = audiolab.load(f"{EXP}/encoder_s0")
    for name in ("large", "small", "valid", "known"):
        folder = f"{EXP}/voices_s0/{name}"
        feats, table = FeatureDir(folder), MatrixTable(f"{folder}/embedding.scp")
        np.testing.assert_allclose(table[feats.utterances[0]], model.embed_features(feats.read(0)), atol=1e-5)
        assert set(MatrixTable(f"{folder}/spk_embedding.scp")) == set(FeatureDir(f"dump/mini/{name}").speakers)


def test_phases(inside):
    begun = {
        "autovc": None,
        "autovc_early": None,
        "cycleautovc": None,
        "cycleautovc_finetune": "autovc_early",
        "cycleautovc_style": "cycleautovc",
        "cycleautovc_nostyle": "cycleautovc",
        "cycleautovc_finetune_style": "cycleautovc_finetune",
    }
    for name, before in begun.items():
        config = config_of(f"{name}_s0")
        assert config["init"]["run"] == (before and f"{EXP}/{before}_s0")
        on = "small" if name.endswith("style") else "large"
        assert config["data_conf"]["train_dir"] == f"{EXP}/voices_s0/{on}"
        assert config["data_conf"]["valid_dir"] == f"{EXP}/voices_s0/valid"
        assert config["system_conf"]["speaker_encoder"] == f"{EXP}/encoder_s0"
        assert bool(config["system_conf"]["weights"]["style"]) == name.endswith("_style")


def test_every_utterance_to_every_other_speaker(inside):
    spoken = read_table("data/mini/evaluated_test/utt2spk")
    targets = speakers("known")
    for name in CONVERTERS:
        made = DataDir(f"{EXP}/{name}_s0/test")
        assert not fatal_faults(made.path)
        assert made.table("utt2source").keys() == {f"{t}-{utt}" for t in targets for utt in spoken}
    for other in (f"{EXP}/unconverted/test", f"{EXP}/cycleautovc_style_s0/test_hifigan"):
        assert DataDir(other).table("utt2source").keys() == {
            f"{t}-{utt}" for t in targets for utt, speaker in spoken.items() if t != speaker
        }


def test_scores(inside):
    small, unseen = speakers("few_small"), speakers("few_unseen")
    pairs = {(a, b) for a in small for b in small if a != b}
    itself, zero_shot = {(a, a) for a in small}, {(a, b) for a in small for b in unseen}
    expected = {name: pairs | itself for name in CONVERTERS} | {f"{name}+unseen": zero_shot for name in CONVERTERS}
    expected |= dict.fromkeys(("unconverted", "natural", "cycleautovc_style+hifigan"), pairs)
    for path, separator in ((f"{EXP}/scored.tsv", "\t"), (f"{EXP}/scores.csv", ",")):
        found = {name: set() for name in expected}
        for row in rows_of(path, separator):
            found[row["system"]].add((row["source"], row["target"]))
        assert found == expected
    rows = [row for row in rows_of(f"{EXP}/scores.csv") if row["system"] == "autovc" and row["source"] != row["target"]]
    for column in ("encoder_target", "encoder_source", "recogniser_cer"):
        assert {row[column] for row in rows} - {"", "nan"}, column


def test_results_name_every_system(inside):
    text = Path(f"{EXP}/RESULTS.md").read_text() + Path(f"{EXP}/report.html").read_text()
    for name in ("unconverted", "natural", "cycleautovc_style+hifigan", *CONVERTERS):
        assert text.count(name) > 3
    assert "Equal error rate" in text
    assert Path(f"{EXP}/mels.png").read_bytes()[:4] == b"\x89PNG"


def test_nothing_is_made_twice(recipe):
    before = recipe.hashes(f"{EXP}/*_s0/model.pt", f"{EXP}/*_s0/test/wav.scp", f"{EXP}/scores.csv")
    output = recipe.run(stage="train")
    assert recipe.hashes(f"{EXP}/*_s0/model.pt", f"{EXP}/*_s0/test/wav.scp", f"{EXP}/scores.csv") == before
    assert "0 of" not in output
