"""Label vectors with durations, beside vocoder parameters, of several languages and speakers."""

import numpy as np
import pytest
from label_folder import VOICES, WORLD, make_labels

from audiolab.data.label_dump import LabelDump
from audiolab.data.labelled_speech import LabelledSpeech, LabelledSpeechConfig
from audiolab.data.phone_durations import PhoneDurations, PhoneDurationsConfig
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.table import read_table, write_table
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.frame_labels import frame_labels
from audiolab.features.kinds import save_features


@pytest.fixture
def made(tmp_path):
    """Return (labels, feats) of three voices."""
    return make_labels(tmp_path)


def opened(labels, feats, **options):
    conf = {"train_labels": [labels], "train_feats": [feats], "valid_labels": [labels], "valid_feats": [feats]}
    return LabelledSpeech(LabelledSpeechConfig(**conf | options), "train")


def durations_of(*labels, **options):
    return PhoneDurations(PhoneDurationsConfig(list(labels), list(labels), **options), "train")


def keys(dataset):
    return [SampleKey(number, (0,)) for number in range(len(dataset))]


def test_a_batch(made):
    labels, feats = made
    dataset = opened(labels, feats)
    assert (dataset.columns, dataset.width, dataset.analysis) == (6, 7, WORLD)
    assert (dataset.languages, dataset.speakers) == (["en-us", "it"], ["A", "B", "C"])
    batch = dataset.batch(keys(dataset))
    tables = [MatrixTable(f"{path}.scp") for path in (f"{labels}/labels", f"{labels}/durations", f"{feats}/feats")]
    assert batch["utts"] == sorted(tables[0])
    for item, name in enumerate(batch["utts"]):
        vectors, durations, parameters = (table[name] for table in tables)
        frames = len(parameters)
        assert batch["lengths"][item] == frames == durations.sum() == dataset.sizes()[item]
        np.testing.assert_array_equal(batch["x"][item, :frames], frame_labels(vectors, durations[:, 0]))
        np.testing.assert_array_equal(batch["y"][item, :frames], parameters)
        assert not batch["x"][item, frames:].any()
        assert not batch["y"][item, frames:].any()
        assert batch["speakers"][item] == name[0]
        assert batch["languages"][item] == VOICES[name[0]]


def test_what_is_known_of_a_batch(made):
    dataset = opened(*made)
    chosen = [number for number in range(len(dataset)) if dataset.speaker(number) != "B"][:5]
    sizes = {number: int(dataset.sizes()[number]) for number in chosen}
    found = dataset.about([SampleKey(number, (0,)) for number in chosen])
    expected = {}
    for number, frames in sizes.items():
        for name in (f"language {dataset.language(number)}", f"speaker {dataset.speaker(number)}"):
            expected[name] = max(expected.get(name, 0), frames)
    assert found == expected
    assert "speaker B" not in found


def test_what_is_taken(made, tmp_path):
    dataset = opened(*made, languages=["en-us"], speakers=["B", "A"])
    assert (dataset.languages, dataset.speakers, len(dataset)) == (["en-us"], ["A", "B"], 6)
    other = make_labels(tmp_path / "other", {"P": "pl"}, seed=3)
    both = {
        f"{part}_{kind}": [made[at], other[at]]
        for part in ("train", "valid")
        for at, kind in enumerate(("labels", "feats"))
    }
    poles = LabelledSpeech(LabelledSpeechConfig(**both, speakers=["P", "C"]), "train")
    assert (poles.languages, poles.speakers, len(poles)) == (["it", "pl"], ["C", "P"], 6)
    assert poles.batch(keys(poles))["speakers"] == ["C", "C", "C", "P", "P", "P"]
    assert durations_of(made[0], other[0], languages=["pl"]).speakers == ["P"]


def test_no_more_of_a_speaker_than_asked(made):
    """The first ones by id, of each; what is validated on stays."""
    whole = opened(*made)
    ids = [[s["utt"] for s in map(data.__getitem__, keys(data))] for data in (whole, opened(*made, most=2))]
    assert ids[1] == [name for name in sorted(ids[0]) if name in sorted(n for n in ids[0] if n[0] == name[0])[:2]]
    assert len(ids[1]) == 6 < len(ids[0])
    assert opened(*made, most=2).fingerprint() != whole.fingerprint()
    conf = opened(*made, most=2).config
    assert len(LabelledSpeech(conf, "valid")) == len(whole)
    assert len(opened(*made, most=99)) == len(whole)
    with pytest.raises(ValueError, match="most is 0"):
        opened(*made, most=-1)


def test_statistics(made):
    """Over frames: of inputs by language, of outputs over all, or of tables."""
    dataset = opened(*made)
    stats = dataset.input_statistics()
    for language in ("en-us", "it"):
        frames = [dataset.inputs(n).astype(float) for n in range(len(dataset)) if dataset.language(n) == language]
        x = np.concatenate(frames)
        np.testing.assert_allclose(stats[language][0], [*x.sum(0), len(x)])
        np.testing.assert_allclose(stats[language][1, :-1], (x**2).sum(0))
    y = np.concatenate(list(MatrixTable(f"{made[1]}/feats.scp").values())).astype(float)
    expected = np.stack([[*y.sum(0), len(y)], [*(y**2).sum(0), 0]])
    np.testing.assert_allclose(dataset.output_statistics(), expected)
    halves = {"A": expected / 4, "B": 3 * expected / 4}
    write_matrices(f"{made[1]}/c.ark", f"{made[1]}/c.scp", halves.items(), dtype=np.float64)
    one = opened(*made, speakers=["A"], statistics=[f"{made[1]}/c.scp"])
    np.testing.assert_allclose(one.output_statistics(), expected)
    write_matrices(f"{made[1]}/d.ark", f"{made[1]}/d.scp", [("A", expected[:, 1:])], dtype=np.float64)
    with pytest.raises(AudiolabError, match="statistics of 6 values, and the features have 7"):
        opened(*made, statistics=[f"{made[1]}/d.scp"]).output_statistics()


def test_utterances_without_features_are_left_out(made, caplog):
    feats = read_table(f"{made[1]}/feats.scp")
    for name in ("feats.scp", "utt2spk"):
        write_table(f"{made[1]}/{name}", {k: v for k, v in read_table(f"{made[1]}/{name}").items() if k != "B_1"})
    dataset = opened(*made)
    assert len(dataset) == len(feats) - 1
    assert "1 of 9 utterances have no features and are left out: B_1" in caplog.text
    parameters = MatrixTable(f"{made[1]}/feats.scp")
    batch = dataset.batch(keys(dataset))
    for item, name in enumerate(batch["utts"]):
        np.testing.assert_array_equal(batch["y"][item, : batch["lengths"][item]], parameters[name])


def test_fingerprints(made, tmp_path):
    first = opened(*made)
    assert first.fingerprint() == opened(*made).fingerprint()
    others = [make_labels(tmp_path / "seed", seed=1), make_labels(tmp_path / "told", VOICES | {"C": "fr-fr"})]
    found = [opened(*other).fingerprint() for other in others] + [opened(*made, speakers=["A"]).fingerprint()]
    found.append(durations_of(made[0]).fingerprint())
    found.append(durations_of(others[0][0]).fingerprint())
    assert len({first.fingerprint(), *found}) == 6


def test_durations_of_phones(made):
    dataset = durations_of(made[0])
    batch = dataset.batch(keys(dataset))
    vectors, durations = (MatrixTable(f"{made[0]}/{name}.scp") for name in ("labels", "durations"))
    for item, name in enumerate(batch["utts"]):
        phones = int(batch["lengths"][item])
        assert phones == len(vectors[name]) == dataset.sizes()[item]
        np.testing.assert_array_equal(batch["x"][item, :phones], vectors[name])
        np.testing.assert_array_equal(batch["frames"][item, :phones], durations[name][:, 0])
        assert (batch["frames"][item, phones:] == 1).all()
        assert batch["languages"][item] == VOICES[batch["speakers"][item]]
    of_vectors, of_frames = dataset.statistics()
    logs = np.log(np.concatenate(list(durations.values())))
    np.testing.assert_allclose(of_frames[0], [logs.sum(), len(logs)], rtol=1e-6)
    np.testing.assert_allclose(of_vectors[0, :-1], sum(each.sum(0) for each in vectors.values()), rtol=1e-6)


def test_refuses_what_does_not_go_together(made, tmp_path):
    labels, feats = made
    names = list(read_table(f"{labels}/utt2spk"))
    with pytest.raises(AudiolabError, match="no utterance of 'pl' is left by data_conf"):
        opened(labels, feats, languages=["pl"])
    with pytest.raises(AudiolabError, match="no utterance of 'it' is left by"):
        opened(labels, feats, languages=["it"], speakers=["A"])
    with pytest.raises(ValueError, match="name as many folders each"):
        opened(labels, feats, train_feats=[feats, feats])
    wide, _ = make_labels(tmp_path / "wide", columns=9)
    with pytest.raises(AudiolabError, match=r"vectors of 9 columns, and .* has 6, or others; make both"):
        durations_of(labels, wide)
    write_matrices(
        f"{labels}/durations.ark",
        f"{labels}/durations.scp",
        [(n, np.ones((3, 1))) for n in names],
    )
    with pytest.raises(AudiolabError, match="its phones have 3 frames and its features"):
        opened(labels, feats).inputs(0)
    with pytest.raises(AudiolabError, match=r"A_1: vectors \(4, 6\) with durations \(3, 1\)"):
        LabelDump(labels).read(1)
    write_matrices(
        f"{labels}/durations.ark",
        f"{labels}/durations.scp",
        [(n, np.full((3, 1), 1.5)) for n in names],
    )
    with pytest.raises(AudiolabError, match="durations are whole numbers of frames"):
        LabelDump(labels).read(0)
    write_table(f"{labels}/utt2lang", {"A_0": "it"})
    with pytest.raises(AudiolabError, match="utt2lang: no entry for 'A_1'"):
        LabelDump(labels)
    save_features(EnvelopeConfig(n_mels=7), f"{feats}/features.yaml")
    with pytest.raises(AudiolabError, match="features of kind envelope, and world is wanted"):
        opened(*make_labels(tmp_path / "again")[:1], feats)
