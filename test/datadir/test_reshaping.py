"""Fixing, joining, dividing and copying data dirs."""

from itertools import chain, pairwise

import lhotse.kaldi
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiolab.datadir import subset
from audiolab.datadir.combine import combine_data_dirs
from audiolab.datadir.copy import copy_data_dir
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.fix import fix_data_dir
from audiolab.datadir.relations import utt2spk_to_spk2utt
from audiolab.datadir.split import split_by_speaker, split_data_dir, split_evenly
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

RATE = 8000


def corpus(sizes, prefix=""):
    """Tables of speakers with these numbers of utterances, one recording of a second a speaker, with segments."""
    tables = {name: {} for name in ("utt2spk", "segments", "text", "wav.scp", "reco2dur", "spk2gender")}
    for number, size in enumerate(sizes):
        speaker = f"{prefix}s{number:02}"
        tables["wav.scp"][f"{speaker}-r"] = "r.wav"
        tables["reco2dur"][f"{speaker}-r"] = "1.0"
        tables["spk2gender"][speaker] = "mf"[number % 2]
        for utterance in range(size):
            name = f"{speaker}-{utterance:03}"
            tables["utt2spk"][name] = speaker
            tables["segments"][name] = f"{speaker}-r {utterance / 100} {(utterance + 1) / 100}"
            tables["text"][name] = f"words {utterance}"
    return tables


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("r.wav", np.random.default_rng(0).uniform(-0.5, 0.5, RATE), RATE)
    return tmp_path


def faults(path):
    return [str(fault) for fault in validate(path, feats=False) if fault.fatal]


def test_seven_lines_in_three():
    assert [len(part) for part in split_evenly(list("abcdefg"), 3)] == [3, 2, 2]
    with pytest.raises(AudiolabError, match="cannot split 3 lines into 4 jobs; use 3 jobs at most"):
        split_evenly(list("abc"), 4)


@given(items=st.lists(st.text(max_size=2), min_size=1), jobs=st.integers(1, 40))
def test_even_parts_join_to_the_whole_and_differ_by_one_at_most(items, jobs):
    jobs = min(jobs, len(items))
    parts = split_evenly(items, jobs)
    assert list(chain(*parts)) == items
    sizes = [len(part) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=15), jobs=st.integers(1, 15))
def test_speakers_are_never_divided_and_no_single_move_would_even_things_out(sizes, jobs):
    jobs = min(jobs, len(sizes))
    utt2spk = corpus(sizes)["utt2spk"]
    parts = split_by_speaker(list(utt2spk), utt2spk, jobs)
    assert list(chain(*parts)) == list(utt2spk)
    assert all(parts)
    counts = [list(map(len, map(str.split, utt2spk_to_spk2utt({u: utt2spk[u] for u in p}).values()))) for p in parts]
    assert list(chain(*counts)) == sizes
    for one, two in pairwise(counts):
        apart = abs(sum(one) - sum(two))
        assert abs(sum(one) - sum(two) - 2 * one[-1]) >= apart
        assert abs(sum(one) - sum(two) + 2 * two[0]) >= apart


@settings(deadline=None, max_examples=10)
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=5), jobs=st.integers(1, 5), per_utt=st.booleans())
def test_the_parts_of_a_data_dir_combine_to_the_whole(sizes, jobs, per_utt, tmp_path_factory):
    path = tmp_path_factory.mktemp("d")
    tables = corpus(sizes)
    write_data_dir(path / "data", tables)
    parts = split_data_dir(path / "data", min(jobs, len(sizes)), per_utt)
    assert parts[0] == path / "data" / f"split{len(parts)}{'utt' if per_utt else ''}" / "1"
    if per_utt:  # a recording may then be in two parts, which is allowed because its entry is the same
        assert max(len(DataDir(p).utterances) for p in parts) <= -(-sum(sizes) // len(parts))
    whole = combine_data_dirs(path / "whole", parts)
    assert whole.tables == DataDir(path / "data").tables
    assert (path / "whole/spk2utt").read_bytes() == (path / "data/spk2utt").read_bytes()


def test_parts_are_valid_and_too_many_are_refused(folder):
    write_data_dir("data", corpus([3, 1, 2]))
    for part in split_data_dir("data", 3):
        assert faults(part) == []
    with pytest.raises(
        AudiolabError, match=r"data: cannot split 3 speakers into 4 jobs; use 3 jobs at most.*--per-utt"
    ):
        split_data_dir("data", 4)
    assert [DataDir(part).utterances for part in split_data_dir("data", 6, per_utt=True)][3] == ["s01-000"]


def test_lhotse_reads_what_we_write(folder):
    write_data_dir("data", corpus([3, 2]))
    assert faults("data") == []
    recordings, supervisions, _ = lhotse.kaldi.load_kaldi_data_dir("data", RATE)
    assert [recording.id for recording in recordings] == ["s00-r", "s01-r"]
    read = {s.id: (s.speaker, s.text, s.start, s.duration, s.gender) for s in supervisions}
    assert len(read) == 5
    assert read["s00-002"] == ("s00", "words 2", 0.02, pytest.approx(0.01), "m")


def test_fixing_makes_a_broken_dir_valid_and_keeps_the_old_one(folder):
    write_data_dir("data", corpus([3, 2, 1]))
    for name, old, new in [
        ("text", "s00-000 words 0\n", ""),  # an utterance without text
        ("spk2gender", "s02 m\n", ""),  # a speaker without gender
        ("segments", "s01-001 s01-r 0.01 0.02", "s01-001 s99-r 0.01 0.02"),  # a recording that is not there
        ("utt2spk", "s00-001 s00\ns00-002 s00", "s00-002 s00\ns00-001 s00\ns00-002 s00"),  # order and repetition
        ("spk2utt", "s00 ", "sXX "),
        ("text", "s00-001 words 1", "s00-001 words 1\r"),
    ]:
        path = folder / "data" / name
        assert old in path.read_text()
        path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
    broken = {file.name: file.read_bytes() for file in (folder / "data").iterdir()}
    assert faults("data")
    notes = fix_data_dir("data")
    assert faults("data") == []
    assert DataDir("data").utterances == ["s00-001", "s00-002", "s01-000"]
    assert {file.name: file.read_bytes() for file in (folder / "data/.backup").iterdir()} == broken
    assert any(note.startswith("data/utt2spk:4: dropped: 's00-002' once more") for note in notes)
    fixed = {file.name: file.read_bytes() for file in (folder / "data").iterdir() if file.is_file()}
    assert fix_data_dir("data") == []
    assert {file.name: file.read_bytes() for file in (folder / "data").iterdir() if file.is_file()} == fixed
    assert {file.name: file.read_bytes() for file in (folder / "data/.backup").iterdir()} == broken


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: subset.subset_data_dir("data", "./data", ["s00-000"]), r"^\./data: is read too"),
        (lambda: copy_data_dir("data", "other/../data", utt_prefix="p-"), "is read too"),
        (lambda: combine_data_dirs("data", ["other", "data"]), "^data: is read too"),
        (lambda: combine_data_dirs("link", ["other", "data"]), "^link: is read too"),
        (lambda: copy_data_dir("data", "data/copy"), "^data/copy: lies in data, which is read"),
        (lambda: copy_data_dir("data", "link/copy"), "^link/copy: lies in data, which is read"),
        (lambda: copy_data_dir("data", "."), r"^\.: holds data, which is read"),
        (lambda: combine_data_dirs("..", ["other", "link"]), "holds other, which is read"),
    ],
)
def test_nothing_is_made_over_what_it_is_made_from(folder, make, told):
    for name in ("data", "other"):
        write_data_dir(name, corpus([3, 2], prefix=name))
    (folder / "link").symlink_to("data")
    before = {file.name: file.read_bytes() for file in (folder / "data").iterdir()}
    with pytest.raises(AudiolabError, match=f"{told}, and would be written over; name a folder apart from it$"):
        make()
    assert {file.name: file.read_bytes() for file in (folder / "data").iterdir()} == before


def test_what_cannot_be_fixed_is_left_alone(tmp_path):
    write_data_dir(tmp_path, {"utt2spk": {"s-1": "s"}, "text": {"s-2": "x"}})
    with pytest.raises(AudiolabError, match="no utterances remained"):
        fix_data_dir(tmp_path)
    assert (tmp_path / "text").read_text() == "s-2 x\n"
    write_data_dir(tmp_path, {"utt2spk": {"1": "b", "2": "a"}}, replace=True)
    with pytest.raises(AudiolabError, match="speaker 'a' of '2' comes after 'b' of '1'"):
        fix_data_dir(tmp_path)


def test_fixing_cuts_extra_tables(tmp_path):
    write_data_dir(tmp_path, {"utt2spk": {"s-1": "s", "t-1": "t"}, "text": {"s-1": "x"}})
    (tmp_path / "notes").write_text("t-1 b\ns-1 a\n")
    (tmp_path / "ages").write_text("t 7\ns 8\n")
    fix_data_dir(tmp_path, ["notes"], ["ages"])
    assert ((tmp_path / "notes").read_text(), (tmp_path / "ages").read_text()) == ("s-1 a\n", "s 8\n")
    assert (tmp_path / ".backup/notes").read_text() == "t-1 b\ns-1 a\n"


def test_combining_with_and_without_segments(folder):
    write_data_dir("one", {**corpus([2]), "utt2lang": {"s00-000": "en", "s00-001": "en"}})
    plain = {"utt2spk": {"t-1": "t"}, "wav.scp": {"t-1": "r.wav"}, "text": {"t-1": "x"}, "utt2uniq": {"t-1": "q"}}
    write_data_dir("two", plain)
    both = combine_data_dirs("both", ["one", "two"])
    assert both.names == ["segments", "spk2utt", "text", "utt2spk", "utt2uniq", "wav.scp"]
    assert both.table("segments")["t-1"] == "t-1 0 1.000000"
    assert both.table("utt2uniq") == {"s00-000": "s00-000", "s00-001": "s00-001", "t-1": "q"}
    assert faults("both") == []


def test_combining_some_utterances(folder):
    write_data_dir("one", {**corpus([2, 1]), "spk2gender": {"s00": "f", "s01": "m"}})
    write_data_dir("two", {**corpus([2], "t"), "spk2gender": {"ts00": "m"}})
    both = combine_data_dirs("both", ["one", "two"], utterances=["s00-001", "ts00-000"])
    assert both.utterances == ["s00-001", "ts00-000"]
    assert both.table("spk2gender") == {"s00": "f", "ts00": "m"}
    assert faults("both") == []
    with pytest.raises(AudiolabError, match="none: no utterance of one two remained, of those wanted"):
        combine_data_dirs("none", ["one", "two"], utterances=["x"])


def test_combining_refuses_two_values_for_one_id(folder):
    write_data_dir("one", corpus([2]))
    write_data_dir("two", {**corpus([1], "t"), "spk2gender": {"ts00": "m", "s00": "f"}})
    with pytest.raises(AudiolabError, match="two/spk2gender: 's00' is in one too, with 'm' and not 'f'"):
        combine_data_dirs("both", ["one", "two"])
    with pytest.raises(AudiolabError, match="one/segments: 's00-000' is in one too; rename"):
        combine_data_dirs("both", ["one", "./one"])
    with pytest.raises(AudiolabError, match="one/notes: cannot read"):
        combine_data_dirs("both", ["one"], extra_files=["notes"])
    (folder / "one/notes").write_text("s00-000 mine\n")
    combine_data_dirs("both", ["one"], extra_files=["notes"])
    assert (folder / "both/notes").read_text() == "s00-000 mine\n"


def test_subsets(folder):
    write_data_dir("data", corpus([5, 3, 1]))
    data = DataDir("data")
    spk2utt = data.table("spk2utt")
    ids = data.utterances
    assert subset.first(ids, 2) == ids[:2]
    assert subset.last(ids, 2) == ids[-2:]
    assert subset.spread(list("abcdefgh"), 4) == list("bdfh")
    assert subset.per_speaker(spk2utt, 2) == ["s00-000", "s00-002", "s01-000", "s01-001", "s02-000"]
    chosen = subset.whole_speakers(spk2utt, 4, seed=1)
    assert chosen == subset.whole_speakers(spk2utt, 4, seed=1)
    assert len(chosen) >= 4
    assert all(set(spk2utt[u[:3]].split()) <= set(chosen) for u in chosen)
    made = subset.subset_data_dir("data", "part", ["s00-001", "s02-000"])
    assert made.table("wav.scp").keys() == {"s00-r", "s02-r"}
    assert made.speakers == ["s00", "s02"]
    assert faults("part") == []
    with pytest.raises(AudiolabError, match="no utterance remained"):
        subset.subset_data_dir("data", "part", ["x"])
    with pytest.raises(AudiolabError, match="cannot choose 10 utterances of 9"):
        subset.spread(ids, 10)
    with pytest.raises(AudiolabError, match="--shortest needs"):
        subset.shortest(data, 1)
    lengths = dict(zip(ids, map(str, [9, 8, 7, 6, 5, 40, 3, 3, 2])))
    assert subset.shortest(write_data_dir("data", {"utt2num_frames": lengths}), 3) == ["s02-000", "s01-001", "s01-002"]


@given(items=st.lists(st.integers(), min_size=1, max_size=50, unique=True), data=st.data())
def test_spread_takes_the_number_asked_for_in_order_from_everywhere(items, data):
    count = data.draw(st.integers(1, len(items)))
    chosen = subset.spread(items, count)
    assert len(chosen) == count
    places = [items.index(item) for item in chosen]
    assert places == sorted(set(places))
    halves = sum(place < len(items) // 2 for place in places)
    assert halves == count // 2


def test_copying_renames_ids(folder):
    write_data_dir("data", corpus([2, 1]))
    copied = copy_data_dir("data", "copy", utt_prefix="p-", spk_prefix="p-", utt_suffix="-x")
    assert copied.table("utt2spk") == {"p-s00-000-x": "p-s00", "p-s00-001-x": "p-s00", "p-s01-000-x": "p-s01"}
    assert copied.table("wav.scp").keys() == {"s00-r", "s01-r"}
    assert copied.table("spk2gender").keys() == {"p-s00", "p-s01"}
    assert faults("copy") == []
    plain = {"utt2spk": {"t-1": "t"}, "wav.scp": {"t-1": "r.wav"}, "utt2uniq": {"t-1": "t-1"}}
    write_data_dir("plain", plain)
    copied = copy_data_dir("plain", "copy", utt_prefix="p")
    assert copied.tables["wav.scp"] == {"pt-1": "r.wav"}
    assert copied.tables["utt2uniq"] == {"pt-1": "t-1"}
    assert "segments" not in copied.names
