"""A small experiment on disk: two runs of one system, four speakers, synthetic speech-like sounds."""

import base64
import io
import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from scored_list import PAIRS, list_scored, made

from audiolab.config import to_dict
from audiolab.datadir.datadir import write_data_dir
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.metrics.vc_scores import METRICS, VC, ConversionScore

sys.path.append(str(Path(__file__).parents[1] / "data"))  # for mixture_folder and enhancer_folder

RATE = 16000
VOID = {"meta", "input", "br", "hr", "img", "link"}


def sound(seed, seconds=0.5, rate=RATE):
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    partials = sum(np.sin(2 * np.pi * 120 * (1 + seed % 3) * k * times) / k for k in range(1, 20))
    return (0.08 * partials + 0.01 * generator.standard_normal(len(times))).astype(np.float32)


class Checker(HTMLParser):
    """Collects what is wrong with a page, and what of it matters."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.problems, self.open, self.ids, self.tags, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs, closed=False):
        given = dict(attrs)
        self.tags.append((tag, given))
        if len(given) != len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        if "id" in given:
            if given["id"] in self.ids:
                self.problems.append(f"id {given['id']} twice")
            self.ids.append(given["id"])
        if tag == "img" and not given.get("alt"):
            self.problems.append("img without alt")
        if tag in {"svg", "audio"} and not (given.get("aria-label") or given.get("aria-labelledby")):
            self.problems.append(f"{tag} without a label")
        for name in ("src", "href", "xlink:href", "action", "data"):
            value = given.get(name, "")
            if value.startswith(("http:", "https:", "//", "/", "file:")):
                self.problems.append(f"<{tag} {name}={value[:60]}> lies outside")
            if value.startswith("#") and tag == "a":
                self.tags.append(("anchor", {"to": value[1:]}))
        if tag not in VOID and not closed:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs, closed=True)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes nothing")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)

    def all(self, tag):
        return [given for name, given in self.tags if name == tag]


@pytest.fixture(scope="session")
def check():
    """Return the checker of pages."""
    return Checker


@pytest.fixture(scope="session")
def decoded():
    """Return a function that gives (samples, rate) of a player's data URI."""

    def decode(uri):
        head, _, data = uri.partition(",")
        assert head == "data:audio/flac;base64"
        return soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="float32")

    return decode


@pytest.fixture(scope="session")
def experiment(tmp_path_factory):
    """Return the folder with data/{eval,ref}, dump/train and exp/demo; speaker A is at another rate than the rest."""
    root = tmp_path_factory.mktemp("experiment")
    sentences = ["1", "2", "<script>alert('x')<", "4"]
    for name, speakers in (("eval", "AB"), ("ref", "XY")):
        utterances = {f"{s}_{n}": s for s in speakers for n in sentences}
        files = {u: root / "wav" / f"{name}{number}.wav" for number, u in enumerate(utterances)}
        (root / "wav").mkdir(exist_ok=True)
        for number, (utterance, path) in enumerate(files.items()):
            rate = 22050 if utterances[utterance] == "A" else RATE
            soundfile.write(path, sound(number, 0.4 + 0.05 * number, rate), rate)
        text = {u: f"Say <b>{u}</b> & go" for u in utterances}
        write_data_dir(root / "data" / name, {"wav.scp": files, "utt2spk": utterances, "text": text})
    features = root / "dump" / "train"
    features.mkdir(parents=True)
    (features / "features.yaml").write_text(yaml.safe_dump(to_dict(EnvelopeConfig())))
    (features / "spk2f0").write_text("".join(f"{s} 80 300 150\n" for s in "ABXY"))
    scores = []
    for number, (source, target) in enumerate(PAIRS):
        _run(root, source, target, sentences)
        scores += [
            ConversionScore("softgan", "1", source, target, f"{target}-{source}_{n}", _values(number), 0.41, 24)
            for n in "124"
        ]
    VC.write(root / "exp" / "demo" / "scores.csv", scores)
    (root / "exp" / "demo" / "scores.yaml").write_text("conditions: {Alignment: exact DTW}\n")
    list_scored(root / "exp" / "demo", *(("softgan", "1", *ends, made(root / "exp" / "demo", *ends)) for ends in PAIRS))
    return root


def _values(seed):
    generator = np.random.default_rng(seed)
    return {metric.column: float(generator.uniform(1, 2)) for metric in METRICS}


def _run(root, source, target, sentences):
    run = root / "exp" / "demo" / "softgan" / f"{source}-{target}"
    run.mkdir(parents=True)
    config = {
        "system": "softgan",
        "system_conf": {"rho_gen": 0.1},
        "data_conf": {"train_dir": str(root / "dump" / "train"), "source": source, "target": target},
        "seed": 1,
    }
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    start = {"versions": {"torch": "2.14"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
    (run / "run.json").write_text(json.dumps(start))
    lines = ["step,epoch,split,name,value"]
    for step in range(10, 510, 10):
        lines += [f"{step},0,train,{name},{1 / step}" for name in ("generator_loss", "cycle", "d_real")]
    lines += [f"{step},0,valid,{name},{2 / step}" for step in (100, 200) for name in ("cycle", "d_real")]
    (run / "history.csv").write_text("\n".join(lines) + "\n")
    out = run / "last" / "eval"
    (out / "wav").mkdir(parents=True)
    tables = {"wav.scp": {}, "utt2spk": {}, "utt2source": {}}
    for number, sentence in enumerate(sentences):
        name = f"{target}-{source}_{sentence}"
        soundfile.write(out / "wav" / f"{number}.wav", 0.5 * sound(number + 7), RATE)
        tables["wav.scp"][name] = out / "wav" / f"{number}.wav"
        tables["utt2spk"][name] = target
        tables["utt2source"][name] = f"{source}_{sentence}"
    write_data_dir(out, tables)
