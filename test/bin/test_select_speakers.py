"""``select_speakers``: data dirs of its sets, extra speakers, what is left from before, and what is refused."""

import sys

import pytest

from audiolab.bin.select_speakers import main
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

SIZES = ("--num_speakers", "2", "--large_speakers", "4", "--unseen_speakers", "2", "--valid_speakers", "1",
         "--eval_utts", "2", "--valid_utts", "1", "--utts_per_speaker", "3-4")  # fmt: skip
PARTS = ("encoder", "encoder_valid", "large", "small", "valid", "eval", "unseen", "unseen_eval")


@pytest.fixture
def call(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    texts = {f"p{s}_{n}": f"all read {n}" if n < 4 else f"{s} reads {n}" for s in range(9) for n in range(9)}
    tables = {"utt2spk": {u: u[:2] for u in texts}, "wav.scp": {u: f"{u}.wav" for u in texts}, "text": texts}
    write_data_dir("data/vctk", tables | {"spk2gender": {f"p{s}": "fm"[s % 2] for s in range(9)}},
                   settings={"prepared.yaml": b"corpus: vctk\nmin_rate: 0\n"})  # fmt: skip
    names = {f"{name}-{number}": name for name in ("one", "two") for number in range(8)}
    write_data_dir("data/extra", {"utt2spk": names, "wav.scp": {u: f"{u}.mp3" for u in names}},
                   settings={"prepared.yaml": b"corpus: folders\nmin_rate: 0\n"})  # fmt: skip

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["select_speakers", "--data", "data/vctk", *SIZES, *arguments])
        main()

    return call


def tables(prefix="data/vctk"):
    return {part: {name: dict(table) for name, table in DataDir(f"{prefix}_{part}").tables.items()} for part in PARTS}


def test_data_dirs(call):
    call()
    for part, made in tables().items():
        assert set(made) == {"utt2spk", "spk2utt", "wav.scp", "text", "spk2gender"}
        assert made["wav.scp"] == {utterance: f"{utterance}.wav" for utterance in made["utt2spk"]}
        faults = validate(f"data/vctk_{part}", feats=False)
        assert [fault for fault in faults if fault.fatal and "No such file" not in fault.message] == []
        assert "corpus: vctk" in (DataDir(f"data/vctk_{part}").path / "prepared.yaml").read_text()
    assert len(DataDir("data/vctk_small").speakers) == 2
    assert not DataDir("data/vctk_large").has("segments")


def test_a_seed_gives_the_same_and_another_place_may_be_named(call):
    call("--seed", "3")
    first = tables()
    call("--seed", "3", "--out", "data/other")
    assert tables("data/other") == first
    call("--seed", "4")
    assert tables() != first


def test_extra_speakers_are_in_both_sets_and_go_again(call, tmp_path, caplog):
    call()
    plain = tables()
    call("--extra", "data/extra")
    small, large, extra = (DataDir(f"data/vctk_{part}") for part in ("small", "large", "extra_eval"))
    assert {"one", "two"} < set(small.speakers) < set(large.speakers)
    assert {u for u in small.utterances if u[0] in "ot"} == {u for u in large.utterances if u[0] in "ot"}
    assert extra.speakers == ["one", "two"]
    assert len(extra.utterances) == 4
    assert not {*extra.utterances} & {*large.utterances}
    assert not small.has("text")
    assert DataDir("data/vctk_eval").has("text")
    assert small.table("wav.scp")[next(u for u in small.utterances if u[0] == "o")].endswith(".mp3")
    with_extra = tables()
    for part in set(PARTS) - {"small", "large"}:
        assert with_extra[part] == plain[part]  # they change no other draw
    call()
    assert not (tmp_path / "data/vctk_extra_eval").exists()
    assert tables() == plain
    call("--valid_utts", "0", "--unseen_speakers", "0")
    assert not any((tmp_path / f"data/vctk_{part}").exists() for part in ("valid", "unseen", "unseen_eval"))


def test_refusals(call, tmp_path):
    with pytest.raises(AudiolabError, match=r"data/vctk: 9 of 9 speakers have 3 held-out utterances .*; 10 are asked"):
        call("--unseen_speakers", "8")
    with pytest.raises(AudiolabError, match="num_speakers must be 2 or more"):
        call("--num_speakers", "1")
    with pytest.raises(AudiolabError, match="data/none: no such data dir"):
        call("--extra", "data/none")
    write_data_dir("data/copy", {"utt2spk": {"p0-a": "p0"}})
    with pytest.raises(AudiolabError, match="data/copy: speaker 'p0' is in data/vctk, too"):
        call("--extra", "data/copy")
    assert not list((tmp_path / "data").glob("vctk_*"))


def test_what_a_yaml_asks_for_is_told_with_its_line(monkeypatch, call, tmp_path):
    (tmp_path / "few.yaml").write_text("num_speakers: 2\nvalid_speakers: 4\nlarge_speakers: 2\neval_utts: 2\n")
    arguments = ["select_speakers", "--data", "data/vctk", "--config", "few.yaml", "--unseen_speakers", "2"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--valid_utts", "1"])
    with pytest.raises(AudiolabError, match=r"few\.yaml:2: valid_speakers: fewer than two speakers are left"):
        main()
