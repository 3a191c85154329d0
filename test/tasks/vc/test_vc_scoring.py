"""From wav files to scores.csv and RESULTS.md, through the commands."""

import argparse
import math
import sys

import numpy as np
import pytest
import soundfile
import yaml
from commands import command
from scipy.signal import lfilter

from audiolab.bin import score as command_score
from audiolab.bin import tabulate
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.metrics.judges.cache import Cache
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.judges.speaker import SpeakerEncoder
from audiolab.tasks.judging import judge
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.vc.scores import METRICS, VC, ConversionScore
from audiolab.tasks.vc.scoring import Scoring

RATE = 16000
SPEAKERS = {"A": (110.0, 1.0), "B": (190.0, 1.25)}
TRAIN, EVAL = range(10), range(20, 22)


def speak(speaker: str, sentence: int) -> np.ndarray:
    """A buzz through three gliding resonances: the sentence sets the glides, the speaker F0 and vocal tract length."""
    f0, stretch = SPEAKERS[speaker]
    rng = np.random.default_rng(sentence)
    noise = np.random.default_rng([sentence, ord(speaker)])
    pieces = 8
    formants = rng.uniform((300, 900, 2300), (800, 2000, 3200), size=(pieces, 3)) * stretch
    pulses = (np.diff(np.floor(np.cumsum(np.full(int(0.9 * RATE), f0)) / RATE), prepend=0) > 0).astype(float)
    pulses += 0.003 * noise.standard_normal(len(pulses))
    parts = []
    for piece, frequencies in zip(np.array_split(pulses, pieces), formants):
        for frequency in frequencies:
            radius = np.exp(-np.pi * 90 / RATE)
            piece = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2], piece)
        parts.append(piece / np.abs(piece).max())
    silence = 1e-4 * noise.standard_normal(RATE // 10)
    return 0.5 * np.concatenate([silence, *parts, silence])


def wavs(folder, names):
    folder.mkdir(parents=True)
    table = {}
    for name in names:
        table[name] = str(folder / f"{name}.wav")
        soundfile.write(table[name], speak(*_parts(name)), RATE)
    return table


def _parts(name):
    speaker, sentence = name.split("_")
    return speaker, int(sentence)


def speakers(table):
    return {utt: utt[0] for utt in table}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Data dirs of real speech, and those of two systems: one does nothing, one gives the reference itself."""
    root = tmp_path_factory.mktemp("corpus")
    train = wavs(root / "wav/train", [f"{speaker}_{n}" for speaker in SPEAKERS for n in TRAIN])
    held = wavs(root / "wav/eval", [f"{speaker}_{n}" for speaker in SPEAKERS for n in EVAL])
    for name, table in {"train": train, "eval": held, "ref": held}.items():
        write_data_dir(root / name, {"wav.scp": table, "utt2spk": speakers(table)})
    sources = {f"B-A_{n}": f"A_{n}" for n in EVAL}
    of_target = {utt: "B" for utt in sources}
    for system, wav in {
        "unconverted": {utt: held[source] for utt, source in sources.items()},
        "target": {utt: held[source.replace("A", "B")] for utt, source in sources.items()},
    }.items():
        write_data_dir(root / system, {"wav.scp": wav, "utt2spk": of_target, "utt2source": sources})
    rows = [f"{system}\t0\tA\tB\t{root / system}" for system in ("unconverted", "target")] + ["natural\t-\tA\tB\t-"]
    (root / "runs.tsv").write_text("\n".join(["system\tseed\tsource\ttarget\tdir", *rows]) + "\n")
    return root


def score(monkeypatch, corpus, **options):
    dirs = {"source": corpus / "eval", "reference": corpus / "ref", "train": corpus / "train"}
    command(monkeypatch, command_score, "vc", **({"runs": corpus / "runs.tsv"} | dirs | options))


@pytest.fixture(scope="module")
def scored(corpus):
    with pytest.MonkeyPatch.context() as monkeypatch:
        score(monkeypatch, corpus, out=corpus / "scores.csv")
    return corpus / "scores.csv"


def test_scores_and_tables(monkeypatch, scored, tmp_path):
    rows = {(s.system, s.utterance): s for s in VC.read(scored)}
    assert sorted(rows) == [(system, f"B-A_{n}") for system in ("natural", "target", "unconverted") for n in EVAL]
    for n in EVAL:
        bare, perfect = (rows[system, f"B-A_{n}"].values for system in ("unconverted", "target"))
        assert bare["mcd_db"] > 3
        assert bare["lsd_db"] > 2
        assert perfect["mcd_db"] == perfect["lsd_db"] == perfect["logf0_rmse"] == perfect["voicing_error"] == 0
        assert bare["dependence"] == pytest.approx(1)
        assert bare["posterior_source"] > 0.5 > bare["posterior_target"]
        assert perfect["posterior_target"] > 0.5
        assert bare["logf0_rmse"] == pytest.approx(np.log(190 / 110), abs=0.02)
        assert 0.3 < perfect["variance_ratio"] < 3
        assert perfect["msd_db"] < 8
        natural = rows["natural", f"B-A_{n}"].values  # the same recordings, without the scores that are 0 by themselves
        assert {metric.column for metric in METRICS if math.isnan(natural[metric.column])} == {
            "mcd_db", "lsd_db", "logf0_rmse", "voicing_error", "dependence", "collapsed"
        }  # fmt: skip
        assert all(natural[c] == perfect[c] for c in ("msd_db", "variance_ratio", "posterior_target"))

    command(monkeypatch, tabulate, scores=scored, out=tmp_path / "R.md", baseline="unconverted")
    text = (tmp_path / "R.md").read_text()
    assert "| target | 1 | 2 | 1 | 0.00 ± – |" in text
    assert "| natural | 1 | 2 | – | – | – |" in text
    assert "Best of 1 pair: target in 1." in text
    assert "| Pair | unconverted | target |\n" in text  # no column of MCD for natural speech
    assert "| Pair | unconverted | target | natural |\n" in text
    assert "## Difference to unconverted" in text
    assert "on unseen sentences accuracy 1.000" in text
    assert "steps (1,1) (1,0) (0,1)" in text


@pytest.mark.slow
def test_processes_do_not_change_a_bit(monkeypatch, corpus, scored, tmp_path):
    score(monkeypatch, corpus, out=tmp_path / "scores.csv", nj=2)
    assert (tmp_path / "scores.csv").read_bytes() == scored.read_bytes()
    assert (tmp_path / "scores.yaml").read_bytes() == scored.with_suffix(".yaml").read_bytes()


@pytest.mark.slow
def test_jobs_do_not_change_a_bit(monkeypatch, corpus, scored, tmp_path):
    """The run that has lost the timing of one sentence owes it to no job that the other one keeps it."""
    utts = {f"B-A_{n}": f"A_{n}" for n in EVAL}
    held = DataDir(corpus / "eval").table("wav.scp")
    longer = tmp_path / "longer.wav"
    soundfile.write(longer, np.concatenate([speak("B", 20), np.zeros(1600)]), RATE)
    wav = {"B-A_20": str(longer), "B-A_21": held["B_21"]}
    write_data_dir(tmp_path / "x", {"wav.scp": wav, "utt2spk": dict.fromkeys(utts, "B"), "utt2source": utts})
    runs = tmp_path / "runs.tsv"
    runs.write_text((corpus / "runs.tsv").read_text() + f"x\t0\tA\tB\t{tmp_path / 'x'}\n")
    for out, options in (
        ("whole", [{}]),
        ("jobs", [{"nj": 2, "job": 2}, {"nj": 2, "job": 1}, {"nj": 2, "join": True}]),
    ):
        for given in options:
            score(monkeypatch, corpus, runs=runs, out=tmp_path / f"{out}.csv", **given)
    for kind in ("csv", "yaml"):
        assert (tmp_path / f"jobs.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()
    rows = {(s.system, s.utterance): s.values["dependence"] for s in VC.read(tmp_path / "jobs.csv")}
    assert [math.isnan(rows[name, "B-A_21"]) for name in ("x", "target")] == [True, False]


def test_failures_are_named_and_end_the_command_unless_allowed(monkeypatch, corpus, tmp_path):
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(RATE), RATE)
    utts = {f"B-A_{n}": f"A_{n}" for n in EVAL}
    wav = {"B-A_20": str(silent), "B-A_21": str(corpus / "wav/eval/B_21.wav")}
    write_data_dir(tmp_path / "x", {"wav.scp": wav, "utt2spk": {u: "B" for u in utts}, "utt2source": utts})
    runs = tmp_path / "runs.tsv"
    runs.write_text(f"system\tseed\tsource\ttarget\tdir\nx\t1\tA\tB\t{tmp_path / 'x'}\n")
    out = tmp_path / "scores.csv"
    with pytest.raises(AudiolabError, match=r"1 recordings could not be used.*B-A_20.*silent"):
        score(monkeypatch, corpus, runs=runs, out=out)
    assert not out.exists()
    score(monkeypatch, corpus, runs=runs, out=out, allow_failures=True)
    assert [s.utterance for s in VC.read(out)] == ["B-A_21"]
    report = yaml.safe_load(out.with_suffix(".yaml").read_text())
    assert "B-A_20" in report["failures"][0]
    assert report["conditions"]["Failures"] == "1, left out"


@pytest.fixture(scope="module")
def judged(corpus, tmp_path_factory):
    """Return the scores, with judges of the voice and of the words, of one of the two sentences."""
    root = tmp_path_factory.mktemp("judged")
    held = DataDir(corpus / "eval").tables
    texts = {utterance: "the words of it" for utterance in held["utt2spk"]}
    write_data_dir(root / "eval", held | {"text": texts, "utt2lang": dict.fromkeys(texts, "en")})
    options = {"source": root / "eval", "judges": ["speaker", "words"], "judged": 1}
    with pytest.MonkeyPatch.context() as monkeypatch:
        given = {"out": root / "scores.csv", "reference": corpus / "ref", "train": corpus / "train"}
        words = [word for name, value in (given | options).items() for word in _option(name, value)]
        monkeypatch.setattr(sys, "argv", ["score", "vc", "--runs", str(corpus / "runs.tsv"), *words])
        command_score.main()
    return root / "scores.csv"


def _option(name, value):
    return [f"--{name}", *map(str, value if isinstance(value, list) else [value])]


def test_judges_are_asked_of_the_same_sentences_of_every_system(monkeypatch, corpus, judged, scored, tmp_path):
    rows = {(s.system, s.utterance): s.values for s in VC.read(judged)}
    plain = {(s.system, s.utterance): s.values for s in VC.read(scored)}
    for key, values in rows.items():
        assert [values[c] for c in ("msd_db", "variance_ratio")] == [
            plain[key][c] for c in ("msd_db", "variance_ratio")
        ]
        is_judged = key[1] == "B-A_20"
        for column in ("similarity_target", "similarity_source", "nearer_target", "wer", "cer"):
            assert math.isnan(values[column]) != is_judged, (key, column)
        assert math.isnan(values["dnsmos_ovrl"])
        assert math.isnan(plain[key]["similarity_target"])
    source, target = (rows[system, "B-A_20"] for system in ("unconverted", "target"))
    assert (source["nearer_target"], target["nearer_target"]) == (0, 1)
    assert source["similarity_source"] == pytest.approx(_expected(corpus, "A"), abs=1e-4)
    assert target["similarity_target"] == pytest.approx(_expected(corpus, "B"), abs=1e-4)
    verdicts = judged.with_name("verdicts")
    assert len(list((verdicts / "speaker").iterdir())) == 2 * len(TRAIN) + 2
    assert len(list((verdicts / "words").iterdir())) == 2
    conditions = yaml.safe_load(judged.with_suffix(".yaml").read_text())["conditions"]
    assert conditions["Judged"] == "up to 1 utterances of each set or pair, evenly spaced"
    command(monkeypatch, tabulate, scores=judged, out=tmp_path / "R.md", baseline="unconverted")
    table = (tmp_path / "R.md").read_text().split("## Judges that were trained elsewhere\n\n")[1].split("\n\n")[0]
    head, _, *lines = table.splitlines()
    assert "Similarity to the target" in head
    assert "WER (%)" in head
    assert "DNSMOS" not in head
    assert [line.split(" | ")[:3] for line in lines] == [
        [f"| {system}", "1", "1"] for system in ("unconverted", "target", "natural")
    ]


def _expected(corpus, speaker):
    """Return the similarity of sentence 20 of a speaker to the mean over the training sentences, worked out here."""
    encoder = SpeakerEncoder()
    one, *others = (
        np.array(encoder.measure(load_utterance(DataDir(corpus / part), f"{speaker}_{n}")[0]))
        for part, n in [("eval", 20), *(("train", n) for n in TRAIN)]
    )
    mean = sum(others)
    return one @ mean / np.sqrt(mean @ mean)


def test_the_evaluated_sentence_is_not_among_those_that_make_the_speaker(corpus, tmp_path):
    """Training speech that holds the evaluated sentence itself: similarity is that without it."""
    scores = _similarities(corpus, tmp_path / "without", [])
    assert _similarities(corpus, tmp_path / "with", ["A_20", "B_20"]) == pytest.approx(scores, abs=1e-6)


def _similarities(corpus, folder, more):
    """Return the similarities of the unconverted sentence 20 to target and source, where training speech has more."""
    tables = DataDir(corpus / "train").tables
    held = DataDir(corpus / "eval").table("wav.scp")
    wav = tables["wav.scp"] | {name: held[name] for name in more}
    train = write_data_dir(folder, {"wav.scp": wav, "utt2spk": speakers(wav)})
    real = {"source": corpus / "eval", "reference": corpus / "ref", "train": train.path}
    run = Run("unconverted", "0", ("A", "B"), str(corpus / "unconverted"))
    alone = {"many_speakers": False, "encoder": [], "recogniser": "", "beam": 8}
    scoring = Scoring(argparse.Namespace(**real, **alone, alpha=0.4, order=24, range_db=50.0), [run])
    scoring.natural = sorted(wav)
    scored = Scored({0: ConversionScore("unconverted", "0", "A", "B", "B-A_20", {}, 0.4, 24), 1: "silent"})
    panel = Panel(Cache(corpus / "verdicts"), speaker=SpeakerEncoder())
    values = judge(scoring.items, scored, panel, more=scoring.makers(panel, 1)).rows[0].values
    return [values["similarity_target"], values["similarity_source"]]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x\t0\tA\tB", "runs.tsv:2: 4 columns in place of 5; the columns must be"),
        ("x\t0\tA\tB\tDIR\nx\t0\tA\tB\tDIR", "runs.tsv:3: .* listed twice"),
        ("x\t0\tA\tC\tDIR", "no utterance was converted from A to C"),
        ("x\t0\tA\tB\tnowhere", "nowhere: no such data dir"),
        ("natural\t-\tA\tB\tDIR", "runs.tsv:2: the dir of 'natural', and of no other system, is '-'"),
        ("x\t0\tA\tB\t-", "runs.tsv:2: the dir of 'natural', and of no other system, is '-'"),
        ("natural\t-\tC\tB\t-", "no utterance was converted from C to B"),
    ],
)
def test_wrong_lists_of_runs_are_refused(monkeypatch, corpus, tmp_path, row, says):
    runs = tmp_path / "runs.tsv"
    row = row.replace("DIR", str(corpus / "target"))
    runs.write_text(f"system\tseed\tsource\ttarget\tdir\n{row}\n")
    with pytest.raises(AudiolabError, match=says):
        score(monkeypatch, corpus, runs=runs, out=tmp_path / "scores.csv")
