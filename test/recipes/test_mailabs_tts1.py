"""egs/mailabs/tts1 on small mini corpora, from nothing to the page: what each stage makes, and what runs again."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from recipe_copy import Recipe, fatal_faults, rows_of, stages_done

import audiolab
from audiolab.corpora.cmltts_mini import CmlTtsMini
from audiolab.corpora.mailabs_mini import MailabsMini
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.label_dump import LabelDump
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audiofile import read_wav
from audiolab.datadir.ctm import read_ctm
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import read_table
from audiolab.text.linguistic_set import read_set

pytestmark = pytest.mark.recipe

EXP = "exp/mini"
CORPORA = {
    "mailabs": MailabsMini(sentences=4, adaptation_sentences=4),
    "cmltts": CmlTtsMini(sentences=4, further=1),
}
KEPT_OUT = {"dev_utterances": 1, "test_utterances": 1}
OPTIONS = {
    "corpus": "mini",
    "db_root": "downloads/small/mailabs",
    "portuguese_root": "downloads/small/cmltts",
    "prepare_config": "conf/small/mailabs.prepare",
    "portuguese_config": "conf/small/cmltts.prepare",
    "conf": "conf/small",
    "systems": "mlms_rand mlms_fixed",
    "neighbours": 0,
    "align_options": "--training.mixtures 1 --training.first_passes 2",
    "job_utterances": 2,
    "train_jobs": 2,
    "train_cores": 1,
}
STEPS = {"max_steps": 2, "valid_every": 1, "save_every": 1, "log_every": 1, "batch_size": 2}
SIZES = {"hidden": 6, "cells": 6, "layers": 1, "projection": 4}
BASES = {"mlms_rand": 6, "mlms_fixed": 6, "baseline": 0, "baseline_small": 0}
SMALL = {name: {"system_conf": SIZES | {"bases": bases}} for name, bases in BASES.items()}
SMALL |= {f"adapt_v{number}": {"system_conf": SIZES} for number in (1, 2, 3, 4)}
SMALL["duration"] = {"system_conf": {"hidden": 6, "cells": 6}}
WOMEN = {"en-us": "judy_bieber", "it": "lisa_caputo"}
MEN = {"elliot_miller"}
NEW = {"pl": "nina_brown", "pt-br": "3050"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after one run of all stages, with networks of a few weights."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), "mailabs/tts1", OPTIONS)
    small_corpora(recipe, CORPORA)
    (recipe / "conf/small").mkdir()
    for name, tree in SMALL.items():
        tree = {"base": f"../mini/{name}.yaml", **tree, "trainer": STEPS}
        (recipe / "conf/small" / f"{name}.yaml").write_text(yaml.safe_dump(tree))
    (recipe / "conf/small/mailabs.prepare").write_text(yaml.safe_dump(KEPT_OUT | {"languages": [*WOMEN, "pl"]}))
    chosen = {"speakers": ["3050"], "gender": "f"}
    (recipe / "conf/small/cmltts.prepare").write_text(yaml.safe_dump(KEPT_OUT | chosen))
    recipe.output = recipe.run()
    return recipe


def config_of(run):
    return yaml.safe_load(Path(f"{EXP}/{run}/config.yaml").read_text())


def test_all_stages_run_with_the_python_that_is_there(recipe):
    names = ("download", "data", "features", "text", "align", "stats", "train", "infer", "score", "report")
    assert stages_done(recipe.output) == [f"{number} {name}" for number, name in enumerate(names, -1)]
    assert not (recipe.root / "tools" / "venv").exists()


def test_sets_are_of_all_languages_and_share_no_sentence(inside):
    texts = {}
    for name in ("train", "dev", "test"):
        found = DataDir(f"data/mini/{name}")
        assert set(found.speakers) == {*WOMEN.values(), *MEN, *NEW.values()}
        assert set(found.table("utt2lang").values()) == {*WOMEN, *NEW}
        assert not fatal_faults(found.path)
        texts[name] = set(found.table("text").values())
    assert not texts["train"] & texts["dev"]
    assert not texts["test"] & (texts["train"] | texts["dev"])


def test_features_and_labels_go_together(inside):
    table = read_set("data/mini/lang/linguistic.tsv")
    assert set(table.languages) == {*WOMEN, *NEW}
    for name in ("train", "dev", "test"):
        feats, labels = FeatureDir(f"dump/mini/{name}"), LabelDump(f"dump/mini/labels/{name}")
        assert (feats.width, labels.width) == (47, len(table))
        aligned = read_ctm(f"dump/mini/align/{name}/ctm")
        assert list(labels.utterances) == sorted(aligned) == sorted(feats.utterances)
        for number, utterance in enumerate(labels.utterances):
            vectors, frames = labels.read(number)
            assert frames.sum() == feats.lengths[feats.utterances.index(utterance)]
            assert len(vectors) == len(aligned[utterance])


def test_statistics_are_of_the_languages_that_are_trained_together(inside):
    pool = FeatureDir("dump/mini/pool")
    assert set(pool.speakers) == {*WOMEN.values(), *MEN}
    sums = sum(MatrixTable("dump/mini/pool/cmvn.scp").values())
    frames = np.concatenate([pool.read(number) for number in range(len(pool.utterances))]).astype(float)
    np.testing.assert_allclose(sums[0, :-1], frames.sum(0), rtol=1e-6)
    assert sums[0, -1] == len(frames)


def test_who_is_trained_on_what(inside):
    for name in ("mlms_rand_s0", "mlms_fixed_s0"):
        config = config_of(name)
        assert config["data_conf"]["languages"] == config["system_conf"]["languages"] == sorted(WOMEN)
        assert set(config["system_conf"]["speakers"]) == {*WOMEN.values(), *MEN}
    runs = {path.name for path in Path(EXP).glob("baseline_*_s0")}
    assert runs == {f"baseline_{speaker}_s0" for speaker in (*WOMEN.values(), *NEW.values())}
    for language, speaker in (WOMEN | NEW).items():
        config = config_of(f"baseline_{speaker}_s0")
        assert (config["data_conf"]["languages"], config["data_conf"]["speakers"]) == ([language], [speaker])
        assert config["data_conf"]["statistics"] == ["dump/mini/pool/cmvn.scp"]
        assert config["trainer"].get("patience") == (6 if language in NEW else None)
    assert config_of("durations_s0")["system_conf"]["languages"] == sorted({*WOMEN, *NEW})


def test_adaptation_goes_from_run_to_run(inside):
    begun = {"v1": "mlms_rand_s0", "v2": "mlms_rand_s0", "v3": "v1_{}_s0", "v4": "v3_{}_s0"}
    learns = {"v1": {"codes", "heads"}, "v3": {"mean", "added", "heads"}}
    for language, speaker in NEW.items():
        for version, before in begun.items():
            config = config_of(f"{version}_{speaker}_s0")["system_conf"]
            assert config["init"] == f"{EXP}/{before.format(speaker)}"
            assert set(config["learns"]) == learns.get(version, {"codes", "mean", "added", "heads"})
            assert config["languages"] == [*sorted(WOMEN), language]
            assert config["speakers"][-1] == speaker


def test_steps_of_a_figure_are_the_same(inside):
    for names in (
        ["mlms_rand_s0", "mlms_fixed_s0", "baseline_lisa_caputo_s0"],
        [f"v{n}_3050_s0" for n in (1, 2, 3, 4)],
    ):
        assert len({config_of(name)["trainer"]["max_steps"] for name in names}) == 1


def test_scores(inside):
    known = {(language, speaker) for language, speaker in WOMEN.items()}
    new = set(NEW.items())
    expected = {"mlms_rand": known, "mlms_fixed": known, "baseline": known | new}
    expected |= dict.fromkeys(("v1", "v2", "v3", "v4"), new)
    for path, separator in ((f"{EXP}/scored.tsv", "\t"), (f"{EXP}/scores.csv", ",")):
        found = {}
        for row in rows_of(path, separator):
            found.setdefault(row["system"], set()).add((row["language"], row["speaker"]))
        vocoded = found.pop("vocoded", known | new)
        assert (found, vocoded) == (expected, known | new)
    rows = rows_of(f"{EXP}/scores.csv")
    assert all(np.isfinite(float(row["mse"])) for row in rows)


def test_what_is_spoken_is_as_long_as_its_recording(inside):
    recorded = read_table("data/mini/test/utt2dur")
    for row in rows_of(f"{EXP}/scored.tsv", "\t"):
        made = DataDir(row["dir"])
        assert not fatal_faults(made.path)
        for utterance, path in made.table("wav.scp").items():
            samples, rate = read_wav(path)
            assert abs(len(samples) / rate - float(recorded[utterance])) <= 0.01


def test_results_have_the_papers_figures_and_tables(inside):
    text = Path(f"{EXP}/RESULTS.md").read_text()
    for words in ("Figure 2", "Figure 3", "Table 1", "## Alignment", "Train:", "Dev:", "Test:", "within 20 ms"):
        assert words in text
    page = Path(f"{EXP}/report.html").read_text()
    assert "Figure 2" in page
    assert "Codes of languages" in page
    assert Path(f"{EXP}/preference/manifest.csv").is_file()


def test_text_is_spoken_in_any_language_with_any_voice(recipe, tmp_path):
    for run, language in (("mlms_rand_s0", "en-us"), ("v3_nina_brown_s0", "pl")):
        models = ("--model", f"{EXP}/{run}", "--durations", f"{EXP}/durations_s0")
        voice = ("--language", language, "--speaker", "lisa_caputo")
        text = DataDir(recipe / "data/mini/train").table("text")
        spoken = DataDir(recipe / "data/mini/train").table("utt2lang")
        words = next(text[utterance] for utterance in sorted(text) if spoken[utterance] == language)
        recipe.python("-m", "audiolab.bin.speak", *models, *voice, f"{words} {words}", tmp_path / f"{language}.wav")
        samples, rate = read_wav(tmp_path / f"{language}.wav")
        assert rate == audiolab.load(recipe / EXP / run).config.rate
        assert len(samples) > rate / 2
        assert np.abs(samples).max() > 0


def test_nothing_is_made_twice(recipe):
    patterns = (f"{EXP}/*_s0/model.pt", f"{EXP}/*_s0/test/wav.scp", f"{EXP}/scores.csv")
    before = recipe.hashes(*patterns)
    recipe.run(stage="train", stop_stage="score")
    assert recipe.hashes(*patterns) == before


def test_of_a_new_language_some_utterances_are_taken(recipe):
    """Few of them, or fewer; all but the baselines of the other languages is as ever."""
    asked = {"tag": "few", "amounts": "1 2", "versions": "v2", "baselines": "false", "systems": "mlms_rand"}
    asked["few_options"] = "--trainer.batch_size 1"
    recipe.run(stage="train", **asked)
    few = recipe / "exp/few"
    found = {(row["system"], row["language"]) for row in rows_of(few / "scores.csv")}
    adapted = {f"{system}_{count}" for system in ("baseline", "v2") for count in (1, 2)}
    new = {(system, language) for system in adapted for language in NEW}
    assert {row for row in found if row[0] != "vocoded"} == new | {("mlms_rand", language) for language in WOMEN}
    for speaker in NEW.values():
        for system in ("baseline", "v2"):
            for count in (1, 2):
                config = yaml.safe_load((few / f"{system}_{speaker}_{count}_s0/config.yaml").read_text())
                assert config["data_conf"]["most"] == count
    assert not list(few.glob("baseline_lisa*"))
    results = (few / "RESULTS.md").read_text()
    assert "v2_2" in results.split("baseline_2")[-1]
    assert not (few / "preference").exists()


def test_options_that_cannot_be(recipe):
    assert "there is no such file" in recipe.fail(portuguese="ttsportuguese", portuguese_config="local/nothing.yaml")[0]
    assert "none of --systems" in recipe.fail(begun="mlms_onehot")[0]
    assert "some of v1, v2, v3 and v4" in recipe.fail(versions="v5")[0]
