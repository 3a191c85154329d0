"""CMU ARCTIC: the same sentences kept out for all speakers, prompts with quotes, and what faults give."""

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.arctic import CORPUS, ArcticPreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

FEW = ArcticPreparation(dev_utterances=2, test_utterances=2)


@pytest.fixture
def root(tmp_path):
    for speaker in ("slt", "bdl", "me"):
        folder = tmp_path / f"db/cmu_us_{speaker}_arctic"
        (folder / "wav").mkdir(parents=True)
        (folder / "etc").mkdir()
        lines = [rf'( arctic_a{number:04d} "Say \"{number}\", she said." )' for number in range(1, 11)]
        (folder / "etc/txt.done.data").write_text("\n".join([*lines, ""]))
        for number in range(1, 11):
            soundfile.write(folder / f"wav/arctic_a{number:04d}.wav", np.full(1600 * number, 0.1), 16000)
    return tmp_path / "db"


def test_data_dirs(root, tmp_path):
    train, dev, test = map(DataDir, prepare(root, tmp_path / "data", FEW, nj=2))
    for data, count in ((train, 6), (dev, 2), (test, 2)):
        numbers = {s: {u[-4:] for u in data.utterances if u.startswith(f"{s}-")} for s in ("slt", "bdl", "me")}
        assert numbers["slt"] == numbers["bdl"] == numbers["me"]
        assert len(numbers["slt"]) == count
        assert validate(data.path, feats=False) == []
    utterance = train.utterances[0]
    assert train.table("text")[utterance] == f'Say "{int(utterance[-4:])}", she said.'
    assert set(train.table("utt2lang").values()) == {"en-us"}
    assert not train.has("spk2gender")  # of whom the corpus does not have, nothing is known


def test_genders_and_speakers(root, tmp_path):
    config = ArcticPreparation(speakers=["slt", "bdl"], dev_utterances=2, test_utterances=2)
    assert DataDir(prepare(root, tmp_path / "data", config)[0]).table("spk2gender") == {"bdl": "m", "slt": "f"}
    with refused("--speakers: the corpus has no 'clb'", tmp_path / "none"):
        prepare(root, tmp_path / "none", ArcticPreparation(speakers=["clb"]))


PROMPTS = "cmu_us_slt_arctic/etc/txt.done.data"
FAULTS = {
    "nothing": (lambda root: [p.rename(p.with_name(p.name[:-7])) for p in root.iterdir()], "db: no recordings with"),
    "no prompts": (lambda root: (root / PROMPTS).unlink(), r"slt_arctic/etc/txt\.done\.data: cannot read this list"),
    "broken prompt": (lambda root: (root / PROMPTS).write_text("( a b )\n"), r"data:1: not \( <sentence>"),
    "empty prompt": (lambda root: (root / PROMPTS).write_text('\n( a " " )\n'), r"data:2: not \( <sentence>"),
    "twice": (
        lambda root: (root / PROMPTS).write_text('( arctic_a0001 "One." )\n( arctic_a0001 "Two." )\n'),
        r"txt\.done\.data:2: 'arctic_a0001' comes twice",
    ),
    "too few": (lambda root: (root / PROMPTS).write_text('( arctic_a0001 "One." )\n'), None),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root)
    if message is None:  # of the others there is enough
        assert DataDir(prepare(root, tmp_path / "data", FEW)[0]).speakers == ["bdl", "me"]
        return
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", FEW)


def test_what_is_fetched():
    assert len(CORPUS.files) == 18
    (file,) = CORPUS.files_of(ArcticPreparation(speakers=["slt"]))
    assert (file.url, len(file.sha256)) == ("http://festvox.org/cmu_arctic/packed/cmu_us_slt_arctic.tar.bz2", 64)
