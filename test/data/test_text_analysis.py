"""Data dirs' texts by the commands: phones and labels, the set of linguistic features, label dumps, in jobs too."""

import sys
from pathlib import Path

import numpy as np
import pytest

from audiolab.bin import analyse_text, label_vectors, linguistic_set
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.ctm import Segment, write_ctm
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.table import read_table, write_table
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.text.labels import read_labels
from audiolab.text.linguistic_set import read_set
from audiolab.text.units import train_units, write_units

TEXTS = {
    "a-1": ("it", "Un gatto dorme, sul tetto."),
    "a-2": ("it", "La casa è bella."),
    "b-1": ("de", "Das Dach ist hoch."),
    "b-2": ("de", "Ach ja, gut!"),
}


@pytest.fixture
def call(monkeypatch):
    def run(command, *words):
        name = command.__name__.rpartition(".")[2]
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        command.main()

    return run


def make(folder, texts=TEXTS):
    tables = {"text": {n: t for n, (_, t) in texts.items()}, "utt2lang": {n: code for n, (code, _) in texts.items()}}
    return write_data_dir(folder, tables | {"utt2spk": {name: name[0] for name in texts}}).path


@pytest.fixture
def data(tmp_path, call):
    path = make(tmp_path / "data")
    call(analyse_text, "--data", path)
    return path


def test_phones_and_labels(data):
    phones = read_table(data / "phones")
    assert phones["a-1"] == "sil ʊ n _ ɡ a tː o _ d ɔ r m e pau s ʊ l _ t e tː o sil"
    assert list(phones) == sorted(TEXTS)
    for name, path in read_table(data / "lab.scp").items():
        assert path == f"{data}/lab/{name}.lab"
        labels = read_labels(path)
        assert [*labels.contexts.segments] == [symbol for symbol in phones[name].split() if symbol != "_"]
        assert labels.times is None
    assert not [fault for fault in validate(data, feats=False, wav=False) if fault.fatal]
    assert {"phones", "lab.scp"} <= set(DataDir(data).names)


def test_processes_change_nothing(data, tmp_path, call):
    other = make(tmp_path / "other")
    call(analyse_text, "--data", other, "--nj", 2)
    assert (other / "phones").read_bytes() == (data / "phones").read_bytes()
    for name in TEXTS:
        assert (other / f"lab/{name}.lab").read_bytes() == (data / f"lab/{name}.lab").read_bytes()


def test_what_cannot_be_analysed_is_told_and_changes_nothing(data, call):
    before = (data / "phones").read_bytes()
    write_table(data / "text", {name: text for name, (_, text) in TEXTS.items()} | {"b-1": "– …", "a-2": "?"})
    with pytest.raises(AudiolabError, match=r"2 of 4 texts cannot be analysed: b-1: '– …': there is no word in it"):
        call(analyse_text, "--data", data)
    assert (data / "phones").read_bytes() == before
    write_table(data / "text", {name: text for name, (_, text) in TEXTS.items()})
    write_table(data / "utt2lang", {name: "tlh" if name == "a-1" else code for name, (code, _) in TEXTS.items()})
    with pytest.raises(AudiolabError, match=r"1 of 4 texts cannot .* a-1: there are no phones of the language 'tlh'"):
        call(analyse_text, "--data", data)
    write_table(data / "utt2lang", {"a-1": "it"})
    with pytest.raises(AudiolabError, match=r"data/utt2lang: no entry for 'a-2'"):
        call(analyse_text, "--data", data)


def test_units_in_the_place_of_phones(tmp_path, call):
    data = make(tmp_path / "data")
    write_units(tmp_path / "units.model", train_units([text for _, text in TEXTS.values()], 30, "char"))
    call(analyse_text, "--data", data, "--front_end", "units", "--units", tmp_path / "units.model", "--nj", 2)
    assert read_table(data / "phones")["b-2"].split()[:6] == ["sil", "<▁>", "<a>", "<c>", "<h>", "_"]
    call(linguistic_set, "--data", data, "--out", tmp_path / "set.tsv", "--phones", "shared")
    assert "p3=<▁>" in [column.name for column in read_set(tmp_path / "set.tsv").columns]
    for words in (["--front_end", "units"], ["--units", "units.model"]):
        with pytest.raises(AudiolabError, match="--front_end units and --units MODEL go together"):
            call(analyse_text, "--data", data, *words)


def test_sets_are_unions_and_grow_at_their_end(data, tmp_path, call):
    italian = make(tmp_path / "italian", {name: TEXTS[name] for name in ("a-1", "a-2")})
    call(analyse_text, "--data", italian)
    call(linguistic_set, "--data", italian, "--out", tmp_path / "it.tsv", "--neighbours", 0)
    call(linguistic_set, "--data", italian, data, "--out", tmp_path / "all.tsv", "--base", tmp_path / "it.tsv")
    small, large = read_set(tmp_path / "it.tsv"), read_set(tmp_path / "all.tsv")
    assert (small.languages, large.languages) == (["it"], ["de", "it"])
    assert large.columns[: len(small)] == small.columns
    assert "p3=de:x" in [column.name for column in large.columns[len(small) :]]
    with pytest.raises(AudiolabError, match="--phones and --neighbours are those of --base"):
        call(linguistic_set, "--data", data, "--out", tmp_path / "x.tsv", "--base", tmp_path / "it.tsv",
             "--neighbours", 0)  # fmt: skip


def align(data, names=None, seconds=0.1003):
    """Write a ctm in which every segment is as long, a pause is found behind the first word, and none at the comma."""
    spoken, frames = {}, {}
    for name, line in read_table(data / "phones").items():
        first = line.replace(" pau ", " ").replace(" _ ", " pau ", 1).replace(" _ ", " ").split()
        ends = [seconds * n for n in range(len(first) + 1)]
        spoken[name] = [Segment(*each) for each in zip(ends, ends[1:], first)]
        frames[name] = str(int(ends[-1] / 0.005) + 1)
    write_ctm(data.parent / "ctm", {name: spoken[name] for name in names or spoken})
    write_table(data / "utt2num_frames", frames)
    return data.parent / "ctm", spoken


@pytest.fixture
def dumped(data, tmp_path, call):
    """Return a function that makes a label dump with further options."""
    call(linguistic_set, "--data", data, "--out", tmp_path / "set.tsv")

    def made(out, *more, ctm=None):
        words = ["--data", data, "--ctm", ctm or align(data)[0], "--set", tmp_path / "set.tsv", "--out", out]
        call(label_vectors, *words, *more)
        return Path(out)

    return made


def test_label_dumps(data, tmp_path, dumped):
    out = dumped(tmp_path / "dump")
    spoken = align(data)[1]
    features, frames = read_set(tmp_path / "set.tsv"), read_table(data / "utt2num_frames")
    assert read_set(out / "linguistic.tsv") == features
    for name in ("utt2lang", "utt2spk", "spk2utt", "utt2num_frames", "text"):
        source = data / name
        assert (out / name).read_bytes() == source.read_bytes()
    vectors, durations = MatrixTable(out / "labels.scp"), MatrixTable(out / "durations.scp")
    assert list(vectors) == list(durations) == sorted(TEXTS)
    place = {column.name: number for number, column in enumerate(features.columns)}
    for name, segments in spoken.items():
        labels = read_labels(read_table(out / "lab.scp")[name])
        assert [*labels.contexts.segments] == [segment.symbol for segment in segments]
        assert vectors[name].shape == (len(segments), len(features))
        assert durations[name].shape == (len(segments), 1)
        assert durations[name].sum() == int(frames[name])
        np.testing.assert_array_equal(np.diff(labels.times)[:, 0], 50000 * durations[name][:, 0])
        starts = np.array([segment.start for segment in segments])
        np.testing.assert_allclose(labels.times[:, 0] / 1e7, starts, atol=0.0026)
        is_pause = [segment.symbol == "pau" for segment in segments]
        np.testing.assert_array_equal(vectors[name][:, place["p3=pau"]], is_pause)
        np.testing.assert_array_equal(vectors[name][:, place["j2"]], len(TEXTS[name][1].split()))
    assert not [fault for fault in validate(out, feats=False, wav=False, text=False) if fault.fatal]


def test_found_pauses_part_phrases_when_they_are_long(data, tmp_path, dumped):
    phrases = []
    for option in ("0.05", "0.5"):
        out = dumped(tmp_path / f"dump{option}", "--phrase_pause", option)
        phrases.append(read_labels(out / "lab/a-1.lab").contexts["j3"][0])
    assert phrases == [3, 2]


def test_jobs_make_what_one_call_makes(tmp_path, dumped):
    whole = dumped(tmp_path / "whole")
    for job in (1, 2):
        dumped(tmp_path / "jobs", "--nj", 2, "--job", job)
    joined = dumped(tmp_path / "jobs", "--nj", 2, "--join")
    for name in ("labels.scp", "durations.scp"):
        one, two = MatrixTable(whole / name), MatrixTable(joined / name)
        assert list(one) == list(two)
        for utterance in one:
            np.testing.assert_array_equal(one[utterance], two[utterance])
    for name in TEXTS:
        assert (joined / f"lab/{name}.lab").read_bytes() == (whole / f"lab/{name}.lab").read_bytes()
    assert (joined / "linguistic.tsv").read_bytes() == (whole / "linguistic.tsv").read_bytes()
    assert not (joined / "parts").exists()


def test_utterances_without_alignment_are_left_out_and_told(data, tmp_path, dumped, caplog):
    ctm, _ = align(data, ["a-1", "b-2"])
    out = dumped(tmp_path / "dump", ctm=ctm)
    assert list(read_table(out / "labels.scp")) == ["a-1", "b-2"]
    assert "no alignment of them: 2 utterances" in caplog.text


def test_frames_of_another_table_and_shift(data, tmp_path, dumped):
    align(data)
    frames = {name: str((int(count) + 1) // 2) for name, count in read_table(data / "utt2num_frames").items()}
    write_table(tmp_path / "frames", frames)
    out = dumped(tmp_path / "dump", "--frames", tmp_path / "frames", "--shift_ms", 10)
    durations = MatrixTable(out / "durations.scp")
    assert {name: str(int(durations[name].sum())) for name in durations} == frames
    assert read_labels(out / "lab/a-1.lab").times[-1, 1] == 100000 * int(frames["a-1"])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data, ctm: ctm.write_text(ctm.read_text().replace("a-1", "a-0")), "'a-0' is no utterance of .*1 such"),
        (lambda data, ctm: ctm.write_text(ctm.read_text().replace(" ʊ\n", " u\n")), "a-1: segment 2 .* is 'u', .* 'ʊ'"),
        (lambda data, ctm: write_table(data / "utt2num_frames", {"a-1": "9"}), "a-1: its alignment ends at .* s"),
        (lambda data, ctm: write_table(data / "utt2num_frames", {"b-1": "9"}), "no number of frames for 'a-1'"),
        (
            lambda data, ctm: write_table(data / "lab.scp", {"b-1": "x"}),
            "no entry for 'a-1'; run analyse_text",
        ),
        (lambda data, ctm: (data / "lab/a-1.lab").write_text("x\n"), r"a-1.lab:1: 'x' is no full-context label"),
        (lambda data, ctm: (data / "lab/a-1.lab").unlink(), "a-1.lab: cannot read these labels"),
    ],
)
def test_what_does_not_go_together_is_told(data, tmp_path, dumped, spoil, told):
    ctm, _ = align(data)
    spoil(data, ctm)
    with pytest.raises(AudiolabError, match=told):
        dumped(tmp_path / "dump", ctm=ctm)
    assert not (tmp_path / "dump/labels.scp").exists()


def test_a_set_that_lacks_a_phone_is_refused(data, tmp_path, call):
    italian = make(tmp_path / "italian", {"a-1": TEXTS["a-1"]})
    call(analyse_text, "--data", italian)
    call(linguistic_set, "--data", italian, "--out", tmp_path / "set.tsv")
    with pytest.raises(AudiolabError, match="a-2: the set of linguistic features has no phone"):
        call(label_vectors, "--data", data, "--ctm", align(data)[0], "--set", tmp_path / "set.tsv",
             "--out", tmp_path / "dump")  # fmt: skip
