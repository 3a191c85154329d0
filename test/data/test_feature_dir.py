"""Features read where they are asked for: the values that were written, these alone, and what is wrong by name."""

import pickle
import resource

import numpy as np
import pytest
from feature_folder import make_features
from torch.utils.data import DataLoader, Dataset

from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir import arkread
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.table import read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.kinds import save_features
from audiolab.features.world_config import WorldConfig

BANDS = 4


@pytest.fixture
def feats():
    generator = np.random.default_rng(0)
    return {
        f"{s}_{n}": generator.normal(-40, 9, (20 + 11 * n, BANDS)).astype(np.float32) for s in "BA" for n in range(6)
    }


@pytest.fixture(params=["counted", "not counted"])
def folder(request, tmp_path, feats):
    make_features(tmp_path, feats)
    if request.param == "counted":
        write_table(tmp_path / "utt2num_frames", {name: str(len(matrix)) for name, matrix in feats.items()})
    return tmp_path


def test_utterances_and_ranges_are_what_was_written(folder, feats):
    features = FeatureDir(folder)
    assert (len(features), features.width, features.streams) == (12, BANDS, {"envelope": BANDS})
    assert features.utterances == sorted(feats)
    for number, name in enumerate(features.utterances):
        assert features.lengths[number] == len(feats[name])
        np.testing.assert_array_equal(features.read(number), feats[name])
        np.testing.assert_array_equal(features.read(number, 3, 17), feats[name][3:17])
        np.testing.assert_array_equal(features.read(number, 19), feats[name][19:])
        assert features.read(number).dtype == np.float32


@pytest.mark.parametrize(
    ("begin", "end", "asked"),
    [(-1, None, "-1 to the end"), (0, 21, "0 to 21"), (9, 8, "9 to 8"), (21, None, "21 to the")],
)
def test_frames_that_are_not_there_are_refused(folder, begin, end, asked):
    with pytest.raises(AudiolabError, match=rf"A_0 has 20 frames, not the frames {asked}.* that are asked for$"):
        FeatureDir(folder).read(0, begin, end)
    assert FeatureDir(folder).read(0, 20).shape == (0, BANDS)


def test_no_streams_are_refused_when_opening(folder):
    with pytest.raises(AudiolabError, match="no stream is asked for; name some of envelope, or give None for all"):
        FeatureDir(folder, [])


def test_tables_need_not_be_in_order(folder, feats):
    for table in ("feats.scp", "utt2spk", *(["utt2num_frames"] if (folder / "utt2num_frames").exists() else [])):
        lines = (folder / table).read_text().splitlines(keepends=True)
        np.random.default_rng(len(table)).shuffle(lines)
        (folder / table).write_text("".join(lines))
    features = FeatureDir(folder)
    assert features.utterances == sorted(feats)
    assert features.lengths.tolist() == [len(feats[name]) for name in sorted(feats)]
    np.testing.assert_array_equal(features.read(5), feats["A_5"])
    assert features.speaker_of.tolist() == 6 * [0] + 6 * [1]


def test_no_byte_is_read_that_was_not_asked_for(tmp_path, monkeypatch):
    """Of a matrix of 40 MB a few frames take a few kB."""
    make_features(tmp_path, {"A_1": np.zeros((100_000, 100), np.float32), "A_2": np.ones((9, 100))})
    read = []
    real = open

    class Counting:
        def __init__(self, *args):
            self.file = real(*args, buffering=0)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def read(self, size=-1):
            data = self.file.read(size)
            read.append(len(data))
            return data

        def __getattr__(self, name):
            return getattr(self.file, name)

    monkeypatch.setattr(arkread, "open", Counting, raising=False)
    features = FeatureDir(tmp_path)
    read.clear()
    features.read(0, 5000, 5010)
    assert sum(read) <= 2 * 24 + 10 * 400


def test_streams_of_a_frame_and_of_further_tables_are_joined(tmp_path):
    generator = np.random.default_rng(1)
    lengths = {"A_1": 30, "A_2": 41}
    feats = {name: generator.normal(size=(length, 49)).astype(np.float32) for name, length in lengths.items()}
    make_features(tmp_path, feats)
    save_features(WorldConfig(), tmp_path / "features.yaml")
    extra = {name: generator.normal(size=(length, 3)) for name, length in lengths.items()}
    write_matrices(tmp_path / "extra.ark", tmp_path / "extra.scp", extra.items())
    whole = FeatureDir(tmp_path)
    assert whole.streams == {"mcep": 40, "lf0": 1, "vuv": 1, "bap": 7}
    some = FeatureDir(tmp_path, ["bap", "extra", "lf0", "f0"])
    assert some.streams == {"bap": 7, "extra": 3, "lf0": 1, "f0": 1}
    matrix = feats["A_2"]
    np.testing.assert_array_equal(whole.read(1), matrix)
    expected = [matrix[:, 42:], extra["A_2"], matrix[:, 40:41], np.full((41, 1), 110)]
    np.testing.assert_allclose(some.read(1, 4, 9), np.concatenate(expected, axis=1)[4:9], rtol=1e-6)
    with pytest.raises(AudiolabError, match="no stream 'mcpe'; did you mean 'mcep'"):
        FeatureDir(tmp_path, ["mcpe"])
    write_matrices(tmp_path / "extra.ark", tmp_path / "extra.scp", {**extra, "A_2": extra["A_2"][:40]}.items())
    with pytest.raises(AudiolabError, match=r"extra.scp: A_2: its shape is \(40, 3\), and \(41, 3\) was expected"):
        FeatureDir(tmp_path, ["mcep", "extra"]).read(1, 0, 10)


def test_statistics_are_kaldis(folder, feats):
    features = FeatureDir(folder)
    np.testing.assert_array_equal(features.statistics(), cmvn_stats(feats[name] for name in sorted(feats)))
    np.testing.assert_array_equal(features.statistics([2, 7]), cmvn_stats([feats["A_2"], feats["B_1"]]))


def test_speakers(folder):
    features = FeatureDir(folder)
    assert features.speakers == ["A", "B"]
    assert features.of_speaker("B").tolist() == [6, 7, 8, 9, 10, 11]
    with pytest.raises(AudiolabError, match="utt2spk: no utterance of speaker 'C'"):
        features.of_speaker("C")


class Crops(Dataset):
    def __init__(self, features):
        self.features = features

    def __len__(self):
        return len(self.features)

    def __getitem__(self, number):
        return self.features.read(number, 2, 12).copy()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_of_a_loader(tmp_path, feats, start):
    make_features(tmp_path, feats)
    loader = DataLoader(Crops(FeatureDir(tmp_path)), batch_size=3, num_workers=2, multiprocessing_context=start)
    found = np.concatenate([batch.numpy() for batch in loader])
    np.testing.assert_array_equal(found, np.stack([feats[name][2:12] for name in sorted(feats)]))


def test_a_pickle_is_small_and_no_file_stays_open(tmp_path):
    make_features(tmp_path, {f"A_{n:05}": np.zeros((2, 1)) + n for n in range(3000)})
    features = FeatureDir(tmp_path)
    features.read(7)
    assert len(pickle.dumps(features)) < 3000
    again = pickle.loads(pickle.dumps(features))
    assert again.read(1234).tolist() == [[1234], [1234]]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (120, limits[1]))
    try:
        assert sum(float(matrix[0, 0]) for matrix in again.matrices(range(500))) == sum(range(500))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_fingerprint_is_of_values_and_ids_not_of_places(tmp_path, feats, monkeypatch):
    make_features(tmp_path / "a", feats)
    make_features(tmp_path / "b", feats)
    halves = sorted(feats)[:5], sorted(feats)[5:]
    for part, names in enumerate(halves):  # the same in two archives
        pairs = [(name, feats[name]) for name in names]
        write_matrices(tmp_path / f"b/{part}.ark", tmp_path / f"b/{part}.scp", pairs)
    tables = [read_table(tmp_path / f"b/{part}.scp") for part in range(2)]
    write_table(tmp_path / "b/feats.scp", tables[0] | tables[1])
    prints = {FeatureDir(tmp_path / name).fingerprint() for name in "ab"}
    assert len(prints) == 1
    changed = {name: matrix + (name == "B_3") * 1e-3 for name, matrix in feats.items()}
    make_features(tmp_path / "c", changed)
    assert FeatureDir(tmp_path / "c").fingerprint() not in prints
    monkeypatch.setattr("audiolab.data.feature_dir.HASHED", 100)
    monkeypatch.setattr("audiolab.data.feature_dir._SAMPLED", 3)  # A_0, A_4, B_2
    sampled = FeatureDir(tmp_path / "a").fingerprint()
    assert FeatureDir(tmp_path / "b").fingerprint() == sampled
    make_features(tmp_path / "d", {name: matrix + 1e-3 for name, matrix in feats.items()})
    assert FeatureDir(tmp_path / "d").fingerprint() != sampled
    make_features(tmp_path / "e", {name: matrix[1:] if name == "B_3" else matrix for name, matrix in feats.items()})
    assert FeatureDir(tmp_path / "e").fingerprint() != sampled


def test_two_folders_that_are_read_together(tmp_path, feats):
    for name in "abc":
        make_features(tmp_path / name, feats)
    first, second = (FeatureDir(tmp_path / name) for name in "ab")
    first.check_goes_with(second)
    make_features(tmp_path / "b", {name: matrix[: 20 + 4 * (name != "A_2")] for name, matrix in feats.items()})
    with pytest.raises(
        AudiolabError, match=r"A_1 has 31 frames in .*a and 24 in .*b \(10 such\); make both with one rate"
    ):
        first.check_goes_with(FeatureDir(tmp_path / "b"))
    make_features(tmp_path / "c", {name: matrix for name, matrix in feats.items() if name != "B_0"})
    with pytest.raises(AudiolabError, match="'B_0' is in one of them only"):
        first.check_goes_with(FeatureDir(tmp_path / "c"))


def damage(folder, what):
    table = dict(read_table(folder / "feats.scp"))
    if what == "counts":
        write_table(folder / "utt2num_frames", dict.fromkeys(table, "25"))
    elif what == "count":
        write_table(folder / "utt2num_frames", dict.fromkeys(table, "many"))
    elif what == "other counts":
        write_table(folder / "utt2num_frames", {"A_0": "20"})
    elif what == "speaker":
        write_table(folder / "utt2spk", {name: "A" for name in table if name != "B_5"})
    elif what == "empty":
        (folder / "feats.scp").write_text("")
    elif what == "cut":
        ark = folder / "feats.ark"
        ark.write_bytes(ark.read_bytes()[:-200])
    else:
        (folder / "features.yaml").write_text("kind: world\n")


def use(folder):
    features = FeatureDir(folder)
    return features.speaker_of, features.read(5, 0, 10), features.read(11)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("counts", r"feats.scp: A_5: its shape is \(75, 4\), and \(25, 4\) was expected; make the features again"),
        ("count", "utt2num_frames: 'many' is no number of frames"),
        ("other counts", "'A_1' is in one of utt2num_frames and feats.scp without the other"),
        ("speaker", "'B_5' is in one of utt2spk and feats.scp without the other"),
        ("empty", "feats.scp: no utterance"),
        ("cut", "B_5.*its header states"),
        ("kind", "its first matrix has 4 columns, features.yaml says 49"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, feats, what, message):
    make_features(tmp_path, feats)
    damage(tmp_path, what)
    with pytest.raises(AudiolabError, match=message):
        use(tmp_path)


@pytest.mark.parametrize("columns", [BANDS - 1, BANDS + 1])
def test_a_later_matrix_of_another_width_is_named(folder, feats, columns):
    other = {**feats, "A_3": np.zeros((len(feats["A_3"]), columns))}
    write_matrices(folder / "feats.ark", folder / "feats.scp", sorted(other.items()))
    features = FeatureDir(folder)
    assert features.read(2).shape == features.read(4)[:42].shape == (42, BANDS)
    told = rf"feats\.scp: A_3: .*its shape is \(53, {columns}\), and \(53, 4\) was expected; make the features again"
    with pytest.raises(AudiolabError, match=told):
        features.read(3, 0, 10)


@pytest.mark.parametrize("how", [{"compression": 2}, {"compression": 1}, {"dtype": np.float64}])
def test_compressed_and_double_archives(tmp_path, feats, how):
    make_features(tmp_path, feats)
    write_matrices(tmp_path / "feats.ark", tmp_path / "feats.scp", sorted(feats.items()), **how)
    features, table = FeatureDir(tmp_path), MatrixTable(tmp_path / "feats.scp")
    for number in range(len(features)):
        expected = table[features.utterances[number]].astype(np.float32)
        np.testing.assert_array_equal(features.read(number, 4, 15), expected[4:15])
