"""The script that lays users' parallel recordings out as VCC2018."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiolab.corpora.vcc2018 import prepare
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError

SCRIPT = Path(__file__).parents[2] / "utils/lay_out.py"
SPEAKERS = ("AA", "BB", "CC", "DD")
SENTENCES = range(1, 13)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Four speakers, 12 sentences; sentence 2 of BB is short; every recording's samples are all different."""
    root = tmp_path_factory.mktemp("own")
    for speaker in SPEAKERS:
        (root / speaker).mkdir()
        for sentence in SENTENCES:
            seconds = 0.05 if (speaker, sentence) == ("BB", 2) else 0.1
            samples = np.random.default_rng([sentence, *speaker.encode()]).uniform(-0.5, 0.5, round(seconds * 16000))
            soundfile.write(root / speaker / f"{speaker}_neutral_{sentence}.flac", samples, 16000)
    return root


def lay_out(*arguments):
    """Run the script in this process; raises what it raises."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["lay_out.py", *map(str, arguments)])
        runpy.run_path(str(SCRIPT))["main"]()


def contents(folder):
    """Return {(set, speaker, number): sentence}, found by comparing samples with the source's."""
    numbers = dict(line.split("\t") for line in (folder / "sentences.tsv").read_text().splitlines())
    return {(p.parts[-3][8:], p.parts[-2], p.stem): int(numbers[p.stem]) for p in folder.glob("vcc2018_*/*/*")}


@pytest.mark.parametrize("split", ["halves", "disjoint", "all"])
def test_splits(own, tmp_path, split):
    lay_out("--root", own, "--out", tmp_path / "db", "--n_eval", 3, "--n_dev", 2, "--min_eval_s", 0.1, "--split", split)
    found = contents(tmp_path / "db")
    for (_, speaker, number), sentence in found.items():
        path = next((tmp_path / "db").glob(f"*/{speaker}/{number}.flac"))
        assert path.read_bytes() == (own / speaker / f"{speaker}_neutral_{sentence}.flac").read_bytes()
    train = {s: {k for (kind, who, _), k in found.items() if (kind, who) == ("training", s)} for s in SPEAKERS}
    for kind in ("evaluation", "reference"):  # 2 is too short; natural order, so 10 is not among the first
        for speaker in SPEAKERS:
            numbers = {n: k for (name, who, n), k in found.items() if (name, who) == (kind, speaker)}
            assert numbers == {"30001": 1, "30002": 3, "30003": 4, "30004": 5, "30005": 6}
    assert (tmp_path / "db/dev_sentences").read_text() == "30004\n30005\n"  # those behind the three to report on
    rest = set(SENTENCES) - {1, 3, 4, 5, 6}
    shared = {(a, b): train[a] & train[b] for a in SPEAKERS for b in SPEAKERS if a < b}
    if split == "all":
        assert all(sentences == rest for sentences in train.values())
    else:
        parallel = {("AA", "CC"), ("BB", "DD")} if split == "halves" else set()
        assert {pair for pair, both in shared.items() if both} == parallel
        assert set.union(*train.values()) == rest
    prepare(tmp_path / "db", tmp_path / "data")
    assert len(DataDir(tmp_path / "data/train").utterances) == sum(map(len, train.values()))
    assert DataDir(tmp_path / "data/ref").utterances == DataDir(tmp_path / "data/eval").utterances


def test_table_as_wav_with_texts_and_again(own, tmp_path):
    rows = [
        f'{speaker}\t{sentence}\t{own}/{speaker}/{speaker}_neutral_{sentence}.flac\tSay "{sentence}.\n'
        for speaker in SPEAKERS
        for sentence in SENTENCES
    ]
    table = tmp_path / "table.tsv"
    table.write_text("speaker\tsentence\tpath\ttext\n" + "".join(rows))
    options = ("--table", table, "--out", tmp_path / "db", "--n_eval", 2, "--n_dev", 0, "--format", "wav")
    for speakers in (("BB", "AA"), ("BB", "DD")):  # the second call replaces what the first has made
        lay_out(*options, "--speakers", *speakers)
    assert sorted(path.name for path in (tmp_path / "db/vcc2018_training").iterdir()) == ["BB", "DD"]
    assert (tmp_path / "db/scripts/30002.txt").read_text() == 'Say "2.\n'
    copied, rate = soundfile.read(tmp_path / "db/vcc2018_reference/DD/30001.wav", dtype="int16")
    original, _ = soundfile.read(own / "DD/DD_neutral_1.flac", dtype="int16")
    assert rate == 16000
    assert np.array_equal(copied, original)


def test_faults(own, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/thesis").touch()
    (tmp_path / "bad.tsv").write_text("speaker\tpath\n")
    (tmp_path / "twice").mkdir()
    for name in ("a_1", "b_1"):
        (tmp_path / "twice/AA").mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"twice/AA/{name}.wav", np.zeros(10), 8000)
    out = ("--out", tmp_path / "db")
    for options, message in (
        (
            ("--root", own, *out, "--n_eval", 20),
            "--n_eval 20 --n_dev 5: all of AA BB CC DD have 12 sentences, 12 of 0.0 s or more",
        ),
        (
            ("--root", own, *out, "--min_eval_s", 2),
            "--n_eval 10 --n_dev 5: all of AA BB CC DD have 12 sentences, 0 of 2",
        ),
        (("--root", own, *out, "--n_dev", -1), "'-1' is no whole number of 0 or more"),
        (("--root", own, *out, "--n_eval", 0), "'0' is no count of 1 or more"),
        (
            ("--root", own, *out, "--n_eval", 8, "--n_dev", 4),
            "--split halves: nothing is left for the training of AA BB CC DD",
        ),
        (("--root", own, *out, "--speakers", "AA", "EE"), "--speakers: no recordings of EE; found are AA BB CC DD"),
        (("--root", own, *out, "--speakers", "AA", "AA"), "--speakers: two different speakers or more are needed"),
        (("--root", tmp_path / "own", *out), "no <speaker>/*_<sentence>.wav or .flac in it"),
        (("--root", tmp_path / "twice", *out), "sentence '1' of AA again, after"),
        (("--table", tmp_path / "bad.tsv", *out), "bad.tsv:1: no column sentence"),
        (("--table", tmp_path / "none.tsv", *out), "none.tsv: cannot read this table"),
        (
            ("--root", own, "--n_dev", 0, "--out", tmp_path / "own"),
            "own: is there already and not made from lay_out.py; move it away",
        ),
        (out, "give either --root or --table"),
    ):
        with pytest.raises(AudiolabError, match=re.escape(message)) as caught:
            lay_out(*options)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "db").exists()


def test_as_a_command(own, tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--root", own, "--out", tmp_path / "db", "--n_eval", "20"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("error: --n_eval 20")
