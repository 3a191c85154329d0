"""Scores of predicted parameters against the formulas, the vocoder's own loss, jobs, and what does not fit."""

import math
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from commands import command
from speech_folder import CONFIG, RANGE, VOICES, make_speech, statistics, write_made

from audiolab.bin import score as command_score
from audiolab.datadir.arkio import write_matrices
from audiolab.errors import AudiolabError
from audiolab.features.kinds import save_features
from audiolab.features.mel_cepstrum import mc2sp
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters
from audiolab.tasks.tts.recordings import Recordings
from audiolab.tasks.tts.scores import TTS
from audiolab.tasks.tts.scoring import Scoring, read_normalisation
from audiolab.tasks.tts.tables import TASK
from audiolab.tasks.tts.utterance import speaking

MCEP, LF0, VUV = slice(0, 6), 6, 7
BAP = slice(8, 10)


def worse(feats, by):
    """Return parameters that are off by something that is known."""
    generator = np.random.default_rng(7)
    found = {}
    for name, natural in feats.items():
        made = natural + by * generator.standard_normal(natural.shape).astype(np.float32)
        made[:, VUV] = np.where(generator.random(len(made)) < 0.2 * by, 1 - natural[:, VUV], natural[:, VUV])
        found[name] = made
    return found


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """Return a folder with the recordings, and their parameters."""
    folder = tmp_path_factory.mktemp("speech")
    return folder, make_speech(folder)


@pytest.fixture
def made(speech, tmp_path):
    """Return utterance -> parameters of two systems: one of all voices, and one of voice A alone."""
    feats = speech[1]
    systems = {"mlms": worse(feats, 0.3), "baseline": worse({n: f for n, f in feats.items() if n[0] == "A"}, 0.5)}
    for system, of_system in systems.items():
        write_made(tmp_path / system, of_system)
    rows = [("mlms", "0", VOICES[s][0], s, tmp_path / "mlms") for s in VOICES]
    list_runs(tmp_path, [*rows, ("baseline", "0", "en-us", "A", tmp_path / "baseline")])
    return systems


def list_runs(root, rows):
    lines = ["system\tseed\tlanguage\tspeaker\tdir", *("\t".join(map(str, row)) for row in rows)]
    (root / "scored.tsv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def score(speech, tmp_path, monkeypatch):
    """Return a function that scores and gives (system, utterance) -> score."""

    def run(**options):
        folder = speech[0]
        given = {"runs": tmp_path / "scored.tsv", "data": folder / "data", "features": folder / "feats"}
        given |= {"statistics": folder / "feats" / "cmvn.scp", "out": tmp_path / "scores.csv"} | options
        command(monkeypatch, command_score, "tts", **given)
        return {(row.system, row.utterance): row for row in TTS.read(given["out"])}

    return run


def expected(natural, found, feats):
    """Return the scores, written out a frame at a time."""
    stats = sum(statistics(feats).values())
    mean = stats[0, :-1] / stats[0, -1]
    deviation = np.sqrt(stats[1, :-1] / stats[0, -1] - mean**2)
    deviation[deviation < 1e-4] = 1
    world = WorldParameters(CONFIG)
    natural, found = natural.astype(float), found.astype(float)
    levels = 10 * np.log10([np.mean(mc2sp(frame[MCEP], world.alpha, 4097)) for frame in natural])
    spoken = [t for t in range(len(natural)) if levels[t] >= levels.max() - 35]
    assert 0 < len(spoken) < len(natural)
    distances, semitones, wrong, bands = [], [], [], []
    for t in spoken:
        one, other = natural[t], found[t]
        distances.append(10 / math.log(10) * math.sqrt(2 * sum((one[d] - other[d]) ** 2 for d in range(1, 6))))
        wrong.append((one[VUV] > 0.5) != (other[VUV] > 0.5))
        bands.append(math.sqrt(np.mean((one[BAP] - other[BAP]) ** 2)))
        if one[VUV] > 0.5 and other[VUV] > 0.5:
            semitones.append((one[LF0] - other[LF0]) ** 2)
    return {
        "mse": np.mean([((a - b) / deviation) ** 2 for a, b in zip(natural, found)]),
        "mcd_db": np.mean(distances),
        "logf0_rmse": math.sqrt(np.mean(semitones)),
        "voicing_error": 100 * np.mean(wrong),
        "bap_rmse_db": np.mean(bands),
    }


def test_scores_are_those_of_the_formulas(speech, made, score, tmp_path):
    rows, feats = score(), speech[1]
    assert len(rows) == 2 * 9 + 3
    for (system, name), row in rows.items():
        assert (row.language, row.speaker) == (VOICES[name[0]][0], name[0])
        if system == "vocoded":
            continue
        for column, value in expected(feats[name], made[system][name], feats).items():
            assert row.values[column] == pytest.approx(value, rel=2e-3), (system, name, column)
    conditions = yaml.safe_load((tmp_path / "scores.yaml").read_text())["conditions"]
    assert "cmvn.scp" in conditions["Normalisation"]
    assert "6 mel-cepstra" in conditions["Parameters"]
    assert "analysed again" in conditions["Vocoded"]
    assert conditions["Utterances whose peaks were limited"] == "mlms 0 of 9, baseline 0 of 3"


def test_vocoded_is_what_the_vocoder_loses(speech, made, score):
    rows, feats, world = score(), speech[1], WorldParameters(CONFIG)
    name = "B_1"
    again = world(world.synthesise(feats[name]), RANGE)[: len(feats[name])]
    row = rows["vocoded", name]
    assert row.seed == "-"
    for column, value in expected(feats[name], again, feats).items():
        assert row.values[column] == pytest.approx(value, rel=2e-3), column
    assert row.values["mcd_db"] > 0


def test_jobs_score_what_one_call_does(made, score, tmp_path):
    score()
    for job in (2, 1):
        with pytest.raises(AudiolabError, match="cannot read the scores"):
            score(out=tmp_path / "jobs.csv", nj=2, job=job)
    score(out=tmp_path / "jobs.csv", nj=2, join=True)
    for ending in (".csv", ".yaml"):
        assert (tmp_path / f"jobs{ending}").read_bytes() == (tmp_path / f"scores{ending}").read_bytes()


def test_what_is_voiced_in_none_is_refused_and_told(speech, made, score, tmp_path):
    unvoiced = {name: each.copy() for name, each in made["baseline"].items()}
    unvoiced["A_1"][:, VUV] = 0.4
    write_made(tmp_path / "baseline", unvoiced)
    rows = score()
    assert math.isnan(rows["baseline", "A_1"].values["logf0_rmse"])
    assert not math.isnan(rows["baseline", "A_1"].values["mcd_db"])
    told = yaml.safe_load((tmp_path / "scores.yaml").read_text())
    assert told["refused"] == ["baseline, seed 0, en-us, A, A_1: logf0_rmse: no frame is voiced in both"]


def test_judges_hear_what_was_made(speech, made, tmp_path):
    folder = speech[0]
    options = SimpleNamespace(
        data=[folder / "data"], features=[folder / "feats"], statistics=[folder / "feats" / "cmvn.scp"]
    )
    items = Scoring(options, TASK.read_runs(tmp_path / "scored.tsv")).items
    vocoded, predicted = items[0], items[3]
    assert [vocoded.run.system, predicted.run.system] == ["vocoded", "mlms"]
    natural, world = speech[1][vocoded.utterance], WorldParameters(CONFIG)
    np.testing.assert_allclose(vocoded.heard(), world.synthesise(natural), atol=1e-6)
    assert len(predicted.heard()) == 4000
    assert vocoded.told.datadir.table("text")[vocoded.told.utterance] == "sentence 0"


def test_frames_of_speech_are_near_the_loudest(speech):
    world, natural = WorldParameters(CONFIG), speech[1]["A_0"]
    quiet = natural.copy()
    quiet[10:20, 0] -= 10
    found = speaking(quiet, world)
    assert not set(range(10, 20)) & set(found)
    assert set(found) - set(range(10, 20)) == set(speaking(natural, world)) - set(range(10, 20))


def cut(feats, name):
    return {n: each[:-1] if n == name else each for n, each in feats.items()}


def test_what_does_not_fit_is_refused_in_one_line(speech, made, score, tmp_path):
    feats = speech[1]
    write_made(tmp_path / "mlms", cut(made["mlms"], "C_2"))
    with pytest.raises(AudiolabError, match=r"mlms: C_2: \d+ frames, and the recording has \d+ in .*feats; align") as e:
        score()
    assert "\n" not in str(e.value)
    assert ("mlms", "C_2") not in score(allow_failures=True)
    write_made(tmp_path / "mlms", {name: each for name, each in made["mlms"].items() if name != "A_1"})
    with pytest.raises(AudiolabError, match=r"'A_1' is in one of them only \(1 are\); speak again"):
        score()
    list_runs(tmp_path, [("mlms", "0", "it", "A", tmp_path / "mlms")])
    with pytest.raises(AudiolabError, match="mlms: no utterance in 'it' of 'A'; speak it, or list another"):
        score()
    write_made(tmp_path / "mlms", {**made["mlms"], "A_7": feats["A_0"]})
    list_runs(tmp_path, [("mlms", "0", "en-us", "A", tmp_path / "mlms")])
    with pytest.raises(AudiolabError, match=r"'A_7' is no recording in 'en-us' of 'A' with features \(1 are none\)"):
        score()


def test_recordings_have_what_is_needed(speech, tmp_path):
    folder, feats = speech
    data, dump = folder / "data", folder / "feats"
    found = Recordings([data], [dump]).by_utterance["B_2"]
    assert (found.language, found.speaker, found.range) == ("en-us", "B", RANGE)
    np.testing.assert_array_equal(found.parameters(), feats["B_2"])
    with pytest.raises(AudiolabError, match="--features: 2 folders for 1 data dirs; give one for each"):
        Recordings([data], [dump, dump])
    with pytest.raises(AudiolabError, match=r"data: 'A_0' is in .*data too"):
        Recordings([data, data], [dump, dump])
    shutil.copytree(dump, tmp_path / "feats")
    (tmp_path / "feats" / "spk2f0").write_text("A 70 400 150\n")
    with pytest.raises(AudiolabError, match="feats/spk2f0: no 'B'; make the features again"):
        Recordings([data], [tmp_path / "feats"])
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "utt2lang").write_text("A_0 en-us\n")
    with pytest.raises(AudiolabError, match=r"data/utt2lang: no 'A_1', which .*feats has; give the data dir"):
        Recordings([tmp_path / "data"], [dump])
    save_features(
        WorldConfig(rate=16000, order=5, alpha=0.3, bands_hz=CONFIG.bands_hz), tmp_path / "feats" / "features.yaml"
    )
    with pytest.raises(AudiolabError, match="features made in different ways"):
        Recordings([data, data], [dump, tmp_path / "feats"])


def test_statistics_are_summed_over_speakers_and_tables(speech, tmp_path):
    table = str(speech[0] / "feats" / "cmvn.scp")
    values = np.concatenate(list(speech[1].values())).astype(float)
    one, twice = read_normalisation([table], 10), read_normalisation([table, table], 10)
    moving = values.std(0) > 1e-4
    np.testing.assert_allclose(one.mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(one.deviation[moving], values.std(0)[moving], rtol=1e-4)
    np.testing.assert_allclose(twice.deviation, one.deviation)
    assert np.all(one.deviation[~moving] == 1)
    with pytest.raises(
        AudiolabError, match=r"cmvn.scp: A: statistics \(2, 11\), and features of 49 values need \(2, 50\)"
    ):
        read_normalisation([table], 49)
    write_matrices(tmp_path / "c.ark", tmp_path / "c.scp", [("A", np.zeros((2, 11)))])
    with pytest.raises(AudiolabError, match=r"c\.scp: statistics of no frame"):
        read_normalisation([str(tmp_path / "c.scp")], 10)
