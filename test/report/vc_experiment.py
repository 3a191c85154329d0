"""A small experiment on disk: two runs of one system, four speakers, synthetic speech-like sounds."""

import json

import numpy as np
import pytest
import soundfile
import yaml
from scored_list import PAIRS, list_scored, made

from audiolab.config import to_dict
from audiolab.datadir.datadir import write_data_dir
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.tasks.vc.scores import METRICS, VC, ConversionScore

RATE = 16000


def sound(seed, seconds=0.5, rate=RATE):
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    partials = sum(np.sin(2 * np.pi * 120 * (1 + seed % 3) * k * times) / k for k in range(1, 20))
    return (0.08 * partials + 0.01 * generator.standard_normal(len(times))).astype(np.float32)


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
        text = {u: f"Say <b>{u[2:]}</b> & go" for u in utterances}
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
