"""egs/dns/se1 on small mini corpora, as far as it draws mixtures: who speaks in them, how loud, and the same again."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mixture_tables import RATE, mixtures, parts, read, snr
from recipe_copy import Recipe, fatal_faults
from small_se1 import (
    CORPORA,
    DATA,
    DNS,
    EVAL,
    LIBRISPEECH,
    NAME,
    SIZES,
    SNRS,
    TRAIN,
    VALID,
    WHAM,
    drawn_from,
)  # fmt: skip

from audiolab.corpora.dns_layout import LANGUAGES
from audiolab.datadir.entry import files_of
from audiolab.datadir.table import read_table

pytestmark = pytest.mark.recipe

PARTS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after the stages before training."""
    recipe = Recipe(tmp_path_factory.mktemp("checkout"), NAME, SIZES | {"methods": "source dann oracle"})
    small_corpora(recipe, CORPORA)
    recipe.run("--stop_stage", "evaluation")
    return recipe


def test_data_dirs(inside):
    foreign = len(LANGUAGES) * DNS.speakers * DNS.sentences
    speakers = LIBRISPEECH.train_speakers + LIBRISPEECH.valid_speakers + LIBRISPEECH.test_speakers
    counts = {
        "speech_source": speakers * LIBRISPEECH.utterances, "noise_source": WHAM.train + WHAM.valid + WHAM.test,
        "speech_target": foreign, "noise_target": DNS.noises,
        "speech_english": DNS.english_speakers * DNS.english_sentences,
    }  # fmt: skip
    for name, count in counts.items():
        folders = [Path(DATA, f"{name}_{part}") for part in PARTS]
        assert [fault for folder in folders for fault in fatal_faults(folder, text=False)] == []
        owners = [set(read_table(folder / "spk2utt")) for folder in folders]
        sounds = [
            {Path(file).read_bytes() for entry in read_table(f / "wav.scp").values() for file in files_of(entry)}
            for f in folders
        ]
        assert len(set().union(*owners)) == sum(map(len, owners))  # no speaker, or cut-up noise, is in two sets
        assert len(set().union(*sounds)) == sum(map(len, sounds)) == count
    assert fatal_faults(f"{DATA}/dns_no_reverb", text=False) == []
    assert len(read_table(f"{DATA}/dns_no_reverb/spk1.scp")) == DNS.pairs
    for part in PARTS:
        assert set(read_table(f"{DATA}/speech_target_{part}/utt2lang").values()) == set(LANGUAGES.values())


@pytest.mark.parametrize(("part", "count"), [("train", TRAIN), ("valid", VALID)])
@pytest.mark.parametrize("domain", ["source", "target", "oracle"])
def test_mixtures_to_train_on(inside, domain, part, count):
    name = f"{domain}_{part}"
    assert fatal_faults(f"{DATA}/{name}", text=False, wav=False) == []
    assert len(mixtures(f"{DATA}/{name}")) == count
    for mixture, fields in mixtures(f"{DATA}/{name}").items():
        speech, noise = parts(f"{DATA}/{name}", mixture)
        assert len(speech) == 2 * RATE
        assert snr(speech, noise) == pytest.approx(float(fields[7]), abs=1e-3)
        assert -10 <= float(fields[7]) <= 10
        assert max(np.abs(wave).max() for wave in (speech, noise, speech + noise)) <= 0.9901
    spoken = Counter(read_table(f"{DATA}/{name}/utt2lang").values())
    expected = {"source": {"en"}, "target": {*LANGUAGES.values()}, "oracle": {*LANGUAGES.values(), "en"}}
    assert set(spoken) == expected[domain]
    assert max(spoken.values()) - min(spoken.values()) <= 1
    assert drawn_from(name, name, f"target_{part}" if domain == "oracle" else name)


def test_mixtures_to_evaluate_on(inside):
    for name, ratio in SNRS.items():
        assert len(mixtures(f"{DATA}/{name}")) == EVAL
        assert drawn_from(name, "english_test" if "english" in name else "target_test", "target_test")
        for mixture in mixtures(f"{DATA}/{name}"):
            speech, noise = parts(f"{DATA}/{name}", mixture)
            assert 2 * RATE <= len(speech) <= 4 * RATE
            assert snr(speech, noise) == pytest.approx(ratio, abs=1e-3)
    excerpts = [
        {mixture: (fields[:2], fields[3:5], fields[6]) for mixture, fields in mixtures(f"{DATA}/{name}").items()}
        for name in list(SNRS)[:3]
    ]
    assert excerpts[0] == excerpts[1] == excerpts[2]
    spoken = Counter(read_table(f"{DATA}/target_test_0dB/utt2lang").values())
    assert spoken == dict.fromkeys(LANGUAGES.values(), EVAL // len(LANGUAGES))


@pytest.fixture(scope="module")
def written(recipe):
    """Draw the test sets again, in one thread and with their audio; return the hashes before and after."""
    what = ("data/mini/*_test_*/mixtures", "data/mini/*_test_*/*.scp", "data/mini/.stamp/*")
    before = recipe.hashes(*what)
    recipe.run("--stage", "evaluation", "--stop_stage", "evaluation", write_mixtures="true", nj=1)
    return before, recipe.hashes(*what)


def test_written_mixtures_are_those_of_the_tables(inside, written):
    before, after = written
    assert before.items() <= after.items()  # what was enhanced stays up to date
    assert len(after) - len(before) == len(SNRS) * 3
    for name in SNRS:
        tables = [read_table(f"{DATA}/{name}/{table}.scp") for table in ("wav", "spk1", "noise1")]
        for mixture in mixtures(f"{DATA}/{name}"):
            noisy, speech, noise = (read(table[mixture]) for table in tables)
            np.testing.assert_allclose(speech + noise, noisy, atol=1e-7)
            for wave, expected in zip((speech, noise), parts(f"{DATA}/{name}", mixture)):
                np.testing.assert_allclose(wave, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("gap", "speech", "noise", "languages"),
    [("language", "target", "source", {*LANGUAGES.values()}), ("noise", "english", "target", {"en"})],
)
def test_a_target_that_differs_in_one_thing_alone(recipe, monkeypatch, gap, speech, noise, languages):
    """In a folder of its own; English, where it is not the target's speech, is in the target's noise, too."""
    monkeypatch.chdir(recipe.folder)
    before, data = recipe.hashes(f"{DATA}/*/*"), f"data/mini_{gap}"
    recipe.run("--stage", "data", "--stop_stage", "evaluation", gap=gap)
    for part in ("train", "valid"):
        assert drawn_from(f"target_{part}", f"{speech}_{part}", f"{noise}_{part}", data)
        assert drawn_from(f"source_{part}", f"source_{part}", f"source_{part}", data)
        assert drawn_from(f"oracle_{part}", f"oracle_{part}", f"{noise}_{part}", data)
        assert set(read_table(f"{data}/target_{part}/utt2lang").values()) == languages
        assert set(read_table(f"{data}/oracle_{part}/utt2lang").values()) == languages | {"en"}
    sets = sorted(path.name for path in Path(data).glob("*_test_*dB"))
    assert sets == sorted(name for name in SNRS if gap != "noise" or name != "english_test_0dB")
    for name in sets:
        of_set = "english" if name.startswith("english") else speech
        assert drawn_from(name, f"{of_set}_test", f"{noise}_test", data)
    assert recipe.hashes(f"{DATA}/*/*") == before
    told = recipe.fail("--stage", "mixtures", "--dataset", "mini", gap=gap)[0]
    assert told.startswith(f"error: {DATA} was made with ")
