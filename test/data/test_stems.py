"""Windows of songs: which piece, where in it, with whose accompaniment; nothing of it depends on workers."""

import pickle

import numpy as np
import pytest
import torch
from scipy import signal, stats
from song_folder import RATE, make_songs, noises

from audiolab.config import from_dict, to_dict
from audiolab.data.augmentation import AugmentConfig
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.training.sampler import BatchSampler, validation_batches

NONE = {f"{effect}_probability": 0.0 for effect in ("gain", "pitch", "lowpass", "eq")}


def places(songs=3, seconds=2.5, first=0):
    """Return songs whose samples say where they are: (10 song + time) / 100, and for the accompaniment minus that."""
    time = np.arange(round(seconds * RATE)) / RATE
    return {
        f"s{song}": {source: sign * (10 * song + time) / 100 for source, sign in zip(SOURCES, (1, -1))}
        for song in range(first, first + songs)
    }


def crops(path, part="train", **fields):
    """Return windows of 0.25 s of song dirs, without augmentation or other songs unless it is given."""
    paths = [str(each) for each in (path if isinstance(path, list) else [path])]
    given = {"train_dirs": paths, "valid_dirs": paths, "window_s": 0.25, "random_mix": 0.0, "augment": NONE} | fields
    return StemCrops(from_dict(StemCropsConfig, given), part)


def key(item, epoch=0, seed=0):
    return SampleKey(item, (seed, 1, epoch, item), epoch, 0)


def drawn(dataset, epochs=1):
    return [dataset[key(item, epoch)] for epoch in range(epochs) for item in range(len(dataset))]


def where(sample):
    """Return (song, time in s) at the beginning of both sources of a sample of `places`, [2, 2]."""
    values = np.array([sign * float(sample[source][0]) * 100 for source, sign in zip(SOURCES, (1, -1))])
    return np.stack([(values + 0.001) // 10, (values + 0.001) % 10 - 0.001], axis=1)


@pytest.fixture
def songs(tmp_path):
    """Return a song dir of three songs of 2.5 s, each of which has pieces of 1, 1 and 0.5 s."""
    return make_songs(tmp_path / "songs", places())


def test_windows_are_of_both_sources_at_one_place(songs):
    dataset, stems = crops(songs), StemDir(songs)
    found = drawn(dataset)
    assert sorted(sample["utt"] for sample in found) == list(stems.ids)
    for sample in found:
        assert all(sample[source].shape == (RATE // 4,) and sample[source].dtype == np.float32 for source in SOURCES)
        (song, time), other = where(sample)
        assert other == pytest.approx([song, time], abs=1e-4)
        number, piece = stems.ids.index(sample["utt"]), int(sample["utt"].split("-")[1])
        assert sample["utt"].startswith(f"s{song:.0f}-")
        start = round((time - piece) * RATE)
        assert 0 <= start <= stems.lengths[number] - RATE // 4
        assert np.array_equal(sample["vocals"], stems.read(number, "vocals", start, RATE // 4))


def test_windows_begin_anywhere_in_a_piece(songs):
    times = [where(s)[0, 1] for s in drawn(crops(songs), 50) if s["utt"].endswith("-1")]
    assert len(times) == 150
    assert stats.kstest((np.array(times) - 1) / 0.75, "uniform").pvalue > 1e-3


def test_pieces_shorter_than_a_window_end_in_zeros(songs):
    dataset = crops(songs, window_s=0.8)
    [short] = [sample for sample in drawn(dataset) if sample["utt"] == "s1-2"]
    assert where(short) == pytest.approx(np.array([[1, 2], [1, 2]]), abs=1e-3)
    assert short["vocals"][: RATE // 2].all()
    assert not short["vocals"][RATE // 2 :].any()


def test_pieces_may_be_filled_up_before_windows_are_drawn(songs):
    """As the paper has it: of a piece of 0.5 s in 2 s, a window of 0.25 s begins within it in 0.5 of 1.75 s."""
    found = [s for s in drawn(crops(songs, piece_s=2.0), 60) if s["utt"].endswith("-2")]
    assert np.mean([s["vocals"].any() for s in found]) == pytest.approx(0.5 / 1.75, abs=0.12)
    assert np.mean([s["vocals"][-1] != 0 for s in found]) == pytest.approx(0.25 / 1.75, abs=0.1)


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_accompaniments_of_other_songs_come_with_their_probability(songs, probability):
    found = drawn(crops(songs, random_mix=probability), 30)
    mixed = [where(sample)[0, 0] != where(sample)[1, 0] for sample in found]
    assert np.mean(mixed) == pytest.approx(probability, abs=4 * np.sqrt(probability * (1 - probability) / len(found)))
    for sample, other in zip(found, mixed):
        assert len(sample["utt"].split()) == (2 if other else 1)
    if probability == 1.0:
        pairs = [where(sample)[:, 0] for sample in found]
        assert {tuple(pair) for pair in pairs} == {(a, b) for a in range(3) for b in range(3) if a != b}
        times = np.array([where(sample)[:, 1] % 1 for sample in found])
        assert abs(np.corrcoef(times.T)[0, 1]) < 0.2  # each source has a place of its own


def test_random_mixing_goes_by_songs_and_over_dirs(tmp_path):
    """Two recordings of one song are not mixed, in one dir or in two."""
    song_of = {f"s{song}-0": f"s{song}" if song == 2 else "one" for song in range(4)}
    paths = []
    for name, first, tables in (("a", 0, ["s0-0", "s1-0", "s2-0"]), ("b", 3, ["s3-0"])):
        waves = places(len(tables), 1.0, first)
        paths.append(make_songs(tmp_path / name, waves, utt2song={piece: song_of[piece] for piece in tables}))
    found = drawn(crops(paths, random_mix=1.0), 40)
    pairs = {tuple(sample["utt"].split()) for sample in found}
    names = sorted(song_of)
    assert pairs == {(a, b) for a in names for b in names if song_of[a] != song_of[b]}


def test_one_song_alone_cannot_be_mixed_with_others(tmp_path):
    path = make_songs(tmp_path / "songs", places(1))
    with pytest.raises(AudiolabError, match=r"songs: all pieces are of one song .* set random_mix to 0"):
        crops(path, random_mix=0.1)
    assert len(drawn(crops(path))) == 3
    more = make_songs(tmp_path / "more", places(2, first=1))
    with pytest.raises(AudiolabError, match="songs: all pieces are of one song"):
        crops(more, pseudo_dirs=[str(path)], balance="equal", random_mix=0.1)
    assert len(crops(more, pseudo_dirs=[str(path)], random_mix=0.1)) == 9


def test_pseudo_labels_as_a_union_or_as_half_of_the_windows(tmp_path):
    labelled = make_songs(tmp_path / "labelled", places(2))
    pseudo = make_songs(tmp_path / "pseudo", places(6, first=2))
    of = [sample["utt"] for sample in drawn(crops(labelled, pseudo_dirs=[str(pseudo)]))]
    assert len(set(of)) == len(of) == 24
    dataset = crops(labelled, pseudo_dirs=[str(pseudo)], balance="equal", random_mix=1.0)
    found = drawn(dataset, 10)
    assert len(found) == 240
    numbers = np.array([where(sample)[:, 0] for sample in found])
    assert np.mean(numbers[:, 0] < 2) == 0.5
    assert np.mean(numbers[:, 1] < 2) == pytest.approx(0.5, abs=0.13)
    assert len(crops(labelled, "valid", pseudo_dirs=[str(pseudo)])) == 2 * 10


def test_an_epoch_may_have_any_number_of_windows(songs):
    dataset = crops(songs, epoch_windows=4)
    assert len(dataset) == 4
    assert len({sample["utt"] for sample in drawn(dataset, 2)}) == 8
    assert len(crops(songs, epoch_windows=100)) == 100
    assert len(crops(songs)) == 9


def test_silence_is_taken_as_it_is(tmp_path):
    waves = noises(2)
    waves["s0"]["vocals"][:] = 0
    found = drawn(crops(make_songs(tmp_path / "songs", waves), augment={}, random_mix=0.5), 4)
    silent = [sample for sample in found if sample["utt"].startswith("s0")]
    assert len(silent) == 12
    assert not any(sample["vocals"].any() for sample in silent)
    assert all(sample["accompaniment"].any() for sample in silent)


def test_augmentation_shifts_sources_of_one_song_together(tmp_path):
    time = np.arange(3 * RATE) / RATE
    waves = {f"s{n}": {source: 0.3 * np.sin(2 * np.pi * 400 * time) for source in SOURCES} for n in range(2)}
    path = make_songs(tmp_path / "songs", waves, piece_s=3.0)
    augment = NONE | {"pitch_probability": 1.0, "pitch_semitones": [-3.0, 3.0], "gain_probability": 1.0}

    def pitches(random_mix):
        found = []
        for sample in drawn(crops(path, window_s=1.0, augment=augment, random_mix=random_mix), 10):
            phases = [np.unwrap(np.angle(signal.hilbert(sample[source])))[2000:-2000] for source in SOURCES]
            found.append([np.polyfit(np.arange(len(p)), p, 1)[0] * RATE / (2 * np.pi) for p in phases])
            assert sample["vocals"].std() != sample["accompaniment"].std()
        return 12 * np.log2(np.array(found) / 400)

    together, apart = pitches(0.0), pitches(1.0)
    assert np.abs(np.diff(together)).max() < 0.01
    assert np.abs(np.diff(apart)).max() > 1
    assert np.ptp(together) > 3
    assert np.abs([together, apart]).max() < 3.01


def test_a_shifted_window_is_whole_where_the_piece_has_enough(songs):
    """Two semitones up take an eighth more of the piece, whose end no zeros replace."""
    augment = NONE | {"pitch_probability": 1.0, "pitch_semitones": [2.0, 2.0]}
    for sample in drawn(crops(songs, augment=augment), 10):
        (song, time), _ = where({source: sample[source][200:] for source in SOURCES})
        end = float(sample["vocals"][-200]) * 100 - 10 * song
        piece = int(sample["utt"].split("-")[1])
        assert end - time == pytest.approx((RATE // 4 - 400) / RATE * 2 ** (2 / 12), abs=0.01)
        assert piece <= time < end <= min(piece + 1, 2.5)


def test_validation_goes_over_all_once_without_chance(songs):
    dataset = crops(songs, "valid", window_s=0.4, random_mix=1.0, augment={})
    keys = [sample_key for batch in validation_batches(dataset, 4, seed=3) for sample_key in batch]
    found = [dataset[each] for each in keys]
    assert [sample["utt"] for sample in found[:8]] == ["s0-0"] * 3 + ["s0-1"] * 3 + ["s0-2"] * 2
    stems = StemDir(songs)
    for number, name in enumerate(stems.ids):
        for source in SOURCES:
            joined = np.concatenate([sample[source] for sample in found if sample["utt"] == name])
            assert np.array_equal(joined[: stems.lengths[number]], stems.read(number, source))
            assert not joined[stems.lengths[number] :].any()
    again = [dataset[SampleKey(each.index, (99,))] for each in keys]
    assert all(np.array_equal(a[source], b[source]) for a, b in zip(found, again) for source in SOURCES)


def test_validation_in_longer_windows_or_some_of_them(songs):
    assert crops(songs, "valid", valid_s=1.0).samples == RATE
    assert len(crops(songs, "valid", valid_s=1.0)) == 9
    assert crops(songs, valid_s=1.0).samples == RATE // 4
    every, some = crops(songs, "valid"), crops(songs, "valid", valid_windows=7)
    assert (len(every), len(some)) == (30, 7)
    assert len(crops(songs, "valid", valid_windows=99)) == 30
    for item, place in enumerate((0, 4, 8, 12, 17, 21, 25)):
        assert np.array_equal(some[key(item)]["vocals"], every[key(place)]["vocals"])


def test_the_same_key_gives_the_same_bits_in_any_process(songs):
    dataset = crops(songs, augment={}, random_mix=0.5)
    sent = pickle.dumps(dataset)
    assert len(sent) < 12_000
    other = pickle.loads(sent)
    for item in range(len(dataset)):
        one, two = dataset[key(item, 3)], other[key(item, 3)]
        assert one["utt"] == two["utt"]
        assert all(np.array_equal(one[source], two[source]) for source in SOURCES)
    assert not np.array_equal(dataset[key(0)]["vocals"], dataset[key(0, seed=1)]["vocals"])
    orders = [[dataset[key(item, seed=seed)]["utt"].split()[0] for item in range(len(dataset))] for seed in (0, 1)]
    assert orders[0] != orders[1]


def test_batches_are_what_the_trainer_asks_for(songs):
    dataset = crops(songs)
    sampler = BatchSampler(dataset, 4, seed=0)
    batch = dataset.batch(sampler.micro_batches(0)[0])
    assert set(batch) == {"utts", "whole", *SOURCES}
    assert batch["whole"].size == len(batch["utts"]) == 4
    for source in SOURCES:
        assert (batch[source].shape, batch[source].dtype) == ((4, RATE // 4), torch.float32)
    assert len(sampler.largest_batch()) == 4


def test_recordings_at_another_rate_are_resampled(tmp_path):
    time = np.arange(2 * 44100) / 44100
    waves = {f"s{n}": {source: 0.3 * np.sin(2 * np.pi * 400 * time) for source in SOURCES} for n in range(2)}
    dataset = crops(make_songs(tmp_path / "songs", waves, rate=44100), window_s=0.5)
    spectrum = np.abs(np.fft.rfft(drawn(dataset)[0]["vocals"] * np.hanning(RATE // 2)))
    assert spectrum.argmax() == 200
    assert dataset.rate == RATE


def test_the_fingerprint_tells_data_apart(songs, tmp_path):
    other = make_songs(tmp_path / "other", noises())
    found = crops(songs).fingerprint()
    assert found == crops(songs, random_mix=1.0).fingerprint()
    assert found.startswith("9 pieces, ")
    assert crops([songs, other]).fingerprint().startswith("9 + 9 pieces, ")
    assert len({found, crops(other).fingerprint(), crops([songs, other]).fingerprint()}) == 3
    assert crops(songs, pseudo_dirs=[str(other)]).fingerprint() == crops([songs, other]).fingerprint()
    assert crops([songs, songs]).fingerprint() != crops([songs, other]).fingerprint()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"train_dirs": []}, "at least one song dir each"),
        ({"window_s": 0.0}, "window_s must be above 0"),
        ({"valid_windows": 0}, "valid_windows must be above 0"),
        ({"piece_s": -1.0}, "piece_s must be above 0"),
        ({"random_mix": 1.1}, "random_mix must be within 0 and 1"),
        ({"balance": "equal"}, "balance is equal, but there are no pseudo_dirs"),
        ({"rate": 10}, "a rate of 10 Hz"),
        ({"window_s": 1e-9}, "window_s of 1e-09 s holds no sample"),
        ({"valid_s": 1e-9}, "valid_s of 1e-09 s holds no sample"),
    ],
)
def test_options_that_do_not_go_together_are_told(fields, message):
    given = {"train_dirs": ["a"], "valid_dirs": ["b"]} | fields
    with pytest.raises(AudiolabError, match=message):
        from_dict(StemCropsConfig, given)


def test_a_range_that_does_not_fit_the_rate_is_told(songs):
    with pytest.raises(AudiolabError, match="eq_hz goes up to 6000 Hz"):
        crops(songs, rate=8000, augment={})


def test_the_config_is_plain():
    config = StemCropsConfig(["a"], ["b"])
    assert to_dict(config)["augment"] == to_dict(AugmentConfig())
    assert (config.random_mix, config.balance, config.rate, config.window_s) == (1.0, "union", 16000, 10.0)
