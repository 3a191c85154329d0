"""Embeddings beside features, at once and in jobs, and the equal error rate of them, by the commands."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

sys.path.extend(str(Path(__file__).parents[1] / folder) for folder in ("data", "training"))

from feature_folder import make_features
from toys import make_trainer

import audiolab
from audiolab import systems
from audiolab.bin import embed_speakers, verify_speakers
from audiolab.config import from_dict
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.relations import utt2spk_to_spk2utt
from audiolab.datadir.table import read_table, write_table
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.training.config import run_config_class

MEL = LogMelConfig(n_mels=4)
TABLES = ("embedding.scp", "spk_embedding.scp")


def features(folder, config=MEL):
    """Make features of speakers with one, three and five utterances of 5 to 45 frames."""
    generator = np.random.default_rng(0)
    counts = {"A": 5, "B": 3, "C": 1, "D": 5}
    made = {f"{s}_{n}": generator.random((5 + 10 * n, 4)) for s, count in counts.items() for n in range(count)}
    make_features(folder, made, config=config)
    write_table(folder / "spk2utt", utt2spk_to_spk2utt(read_table(folder / "utt2spk")))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of an encoder that saw one step."""
    folder = tmp_path_factory.mktemp("ge2e")
    made = {f"{speaker}_{n}": np.random.default_rng(n).random((20, 4)) for speaker in "KLMNO" for n in range(2)}
    make_features(folder / "dump", made, config=MEL)
    tree = {
        "system": "ge2e",
        "system_conf": {"hidden": 6, "layers": 1, "size": 3},
        "data_conf": {"train_dirs": [str(folder / "dump")], "held_out": 2, "frames": [8, 12], "least_frames": 5},
        "trainer": {"max_steps": 1, "batch_size": 3},
    }
    make_trainer(from_dict(run_config_class(systems.get("ge2e")), tree), folder / "run").fit()
    return folder / "run"


@pytest.fixture
def embed(run, monkeypatch):
    def call(data, *more):
        words = ["embed_speakers", "--model", run, "--data", data, *more]
        monkeypatch.setattr(sys, "argv", list(map(str, words)))
        embed_speakers.main()

    return call


def vectors(folder):
    return [dict(MatrixTable(Path(folder) / name)) for name in TABLES]


def test_utterances_are_heard_whole_and_speakers_by_crops(run, embed, tmp_path):
    dump = features(tmp_path / "dump")
    embed(dump, "--frames", 20, "--utterances", 3)
    of_utterances, of_speakers = vectors(dump)
    model, feats = audiolab.load(run), FeatureDir(dump)
    for number, name in enumerate(feats.utterances):
        np.testing.assert_allclose(of_utterances[name], model.embed_features(feats.read(number)), atol=1e-6)
    assert sorted(of_speakers) == ["A", "B", "C", "D"]
    np.testing.assert_allclose(of_speakers["C"], of_utterances["C_0"], atol=1e-6)  # 5 frames, shorter than a crop
    starts = []
    for speaker in "AD":  # of the three that are long enough, a crop each
        long = [n for n in feats.of_speaker(speaker) if feats.lengths[n] >= 20]
        crops = [
            model.embed_all([feats.read(n, at, at + 20) for at in range(feats.lengths[n] - 19)]) for n in map(int, long)
        ]
        first, second, third = crops
        means = (first[:, None, None] + second[:, None] + third) / 3
        apart = np.abs(means - of_speakers[speaker]).max(-1)
        assert apart.min() < 1e-6
        starts += np.unravel_index(apart.argmin(), apart.shape)
    assert any(starts)
    assert np.linalg.norm(of_speakers["A"]) < 1  # no longer of length 1


def test_all_utterances_may_be_heard_whole(embed, tmp_path):
    dump = features(tmp_path / "dump")
    embed(dump, "--frames", 0)
    of_utterances, of_speakers = vectors(dump)
    for speaker, voice in of_speakers.items():
        own = [vector for name, vector in of_utterances.items() if name[0] == speaker]
        np.testing.assert_allclose(voice, np.mean(own, axis=0), atol=1e-6)


def test_jobs_make_what_one_makes(embed, tmp_path):
    one, shared = features(tmp_path / "one"), features(tmp_path / "shared")
    embed(one)
    for job in (2, 1):
        embed(shared, "--nj", 2, "--job", job)
        assert not (shared / "embedding.scp").exists()
    embed(shared, "--nj", 2, "--join")
    for alone, joined in zip(vectors(one), vectors(shared), strict=True):
        assert alone.keys() == joined.keys()
        for name, vector in alone.items():
            np.testing.assert_allclose(joined[name], vector, atol=1e-6)
    assert not (shared / "embeddings" / "parts").exists()
    assert read_table(shared / "embeddings" / "utt2spk") == read_table(shared / "utt2spk")


def test_another_folder_has_the_features_too(embed, tmp_path):
    dump, out = features(tmp_path / "dump"), tmp_path / "voices"
    before = {path.name: path.read_bytes() for path in dump.iterdir()}
    embed(dump, "--out", out)
    for job in (1, 2):
        embed(dump, "--out", tmp_path / "shared", "--nj", 2, "--job", job)
    embed(dump, "--out", tmp_path / "shared", "--nj", 2, "--join")
    assert {path.name: path.read_bytes() for path in dump.iterdir()} == before
    embed(dump)
    for folder in (out, tmp_path / "shared"):
        there = FeatureDir(folder)
        assert (there.utterances, there.config) == (FeatureDir(dump).utterances, MEL)
        np.testing.assert_array_equal(there.read(0), FeatureDir(dump).read(0))
        for beside, made in zip(vectors(dump), vectors(folder), strict=True):
            assert beside.keys() == made.keys()
            for name, vector in beside.items():
                np.testing.assert_allclose(made[name], vector, atol=1e-6)


def test_what_fails_leaves_the_other_folder_as_it_was(embed, tmp_path):
    dump, out = features(tmp_path / "dump"), tmp_path / "voices"
    embed(dump, "--out", out)
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    (dump / "features.yaml").unlink()
    for folder in (out, tmp_path / "new"):
        for more in ([], ["--nj", 2, "--join"]):
            with pytest.raises(AudiolabError):
                embed(dump, "--out", folder, *more)
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before
    assert not (tmp_path / "new").exists()


def test_the_other_folder_is_apart(embed, tmp_path):
    dump = features(tmp_path / "dump")
    for more in ([], ["--nj", 2, "--job", 1]):
        with pytest.raises(AudiolabError, match="dump: is read too, and would be written over"):
            embed(dump, "--out", dump, *more)
    assert not (dump / "embeddings").exists()


def test_the_features_stay_and_the_folders_are_whole(embed, tmp_path):
    dump = features(tmp_path / "dump")
    before = {path.name: path.read_bytes() for path in dump.iterdir()}
    embed(dump)
    assert {name: (dump / name).read_bytes() for name in before} == before
    assert set(TABLES) <= set(DataDir(dump).names)
    for folder in (dump, dump / "embeddings"):
        faults = validate(folder, wav=False, feats=False, text=False)
        assert [fault for fault in faults if fault.fatal] == []


def test_the_seed_changes_what_is_drawn_and_nothing_else(embed, tmp_path):
    found = []
    for seed in (0, 1, 0):
        dump = features(tmp_path / "dump")
        embed(dump, "--frames", 8, "--utterances", 2, "--seed", seed)
        found.append(vectors(dump))
    assert all(np.array_equal(found[0][0][name], found[1][0][name]) for name in found[0][0])
    assert not np.allclose(found[0][1]["A"], found[1][1]["A"])
    assert np.array_equal(found[0][1]["A"], found[2][1]["A"])


def test_what_cannot_be_is_refused(embed, tmp_path):
    dump = features(tmp_path / "dump")
    with pytest.raises(AudiolabError, match="--nj 5: there are 4 speakers"):
        embed(dump, "--nj", 5, "--job", 1)
    other = features(tmp_path / "other", config=LogMelConfig(n_mels=4, hop=200))
    with pytest.raises(AudiolabError, match=r"other: features.yaml says otherwise than the model's training set"):
        embed(other)
    assert not (other / "embedding.scp").exists()


def verify(monkeypatch, folder, out):
    monkeypatch.setattr(sys, "argv", ["verify_speakers", "--data", str(folder), "--out", str(out)])
    verify_speakers.main()
    return yaml.safe_load(out.read_text())


def test_equal_error_rate_of_a_folder(monkeypatch, tmp_path):
    """Of three speakers at right angles; then one utterance of A's sounds as B's, so that one of 6 is rejected."""
    axes = np.eye(3)
    voices = {f"{speaker}{n}": 5 * axes[place] for place, speaker in enumerate("ABC") for n in range(2)}
    write_table(tmp_path / "utt2spk", {name: name[0] for name in voices})
    write_matrices(tmp_path / "embedding.ark", tmp_path / "embedding.scp", voices.items())
    found = verify(monkeypatch, tmp_path, tmp_path / "eer.yaml")
    assert found == {"eer": 0, "threshold": pytest.approx(1), "utterances": 6, "speakers": 3, "trials": 18}
    write_matrices(tmp_path / "embedding.ark", tmp_path / "embedding.scp", (voices | {"A0": axes[1]}).items())
    assert 0 < verify(monkeypatch, tmp_path, tmp_path / "eer.yaml")["eer"] < 0.5


def test_embeddings_of_no_speaker_are_refused(monkeypatch, tmp_path):
    write_matrices(tmp_path / "embedding.ark", tmp_path / "embedding.scp", [("A0", np.ones(3)), ("A1", np.ones(3))])
    write_table(tmp_path / "utt2spk", {"A0": "A"})
    with pytest.raises(AudiolabError, match=r"'A1' is in embedding\.scp and not in utt2spk"):
        verify(monkeypatch, tmp_path, tmp_path / "eer.yaml")
    write_table(tmp_path / "utt2spk", {"A0": "A", "A1": "A"})
    with pytest.raises(AudiolabError, match="one kind is missing"):
        verify(monkeypatch, tmp_path, tmp_path / "eer.yaml")
