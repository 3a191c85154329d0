"""M-AILABS: its data dirs from the folders of regions, genders, readers and books, with the corpus's quirks."""

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.config import from_dict, load_yaml
from audiolab.corpora.mailabs import CORPUS, MailabsPreparation, prepare
from audiolab.corpora.mailabs_layout import REGIONS
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

FEW = {"dev_utterances": 1, "test_utterances": 1}


def book(root, place, title, count=4):
    """A book of ``count`` recordings, each 0.1 s longer than the one before, with a line more and a hidden file."""
    folder = root / place / title
    (folder / "wavs").mkdir(parents=True)
    lines = []
    for number in range(1, count + 1):
        name = f"{title}_01_f{number:06d}"
        soundfile.write(folder / "wavs" / f"{name}.wav", np.full(1600 * number, 0.1), 16000)
        lines.append(f"{name}|{number}. {title}|Number {number} of {title}")
    (folder / "metadata.csv").write_text("\n".join([*lines, f"{title}_99_f000001|gone|gone\n"]))
    (folder / "wavs" / f"._{title}_01_f000001.wav").write_text("Mac OS X")
    return folder


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "db"
    book(root, "en_US/by_book/female/mary_ann", "midnight")
    book(root, "en_US/by_book/male/elliot_miller", "bullet")
    book(root, "en_UK/by_book/female/elizabeth_klett", "jane_eyre")
    book(root, "en_UK/by_book/female/elizabeth_klett", "wives", 2)
    book(root, "pl_PL/by_book/female/nina_brown", "saragossie", 9)
    book(root, "it_IT/by_book/mix", "novelle_02")
    (root / "en_US/by_book/info.txt").write_text("en_US")
    return root


def test_data_dirs(root, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    paths = prepare(root, tmp_path / "data", MailabsPreparation(**FEW), nj=2)
    train, dev, test = map(DataDir, paths)
    assert [path.name for path in paths] == ["mailabs_train", "mailabs_dev", "mailabs_test"]
    assert Counter(train.table("utt2spk").values()) == {
        "mary_ann": 2, "elliot_miller": 2, "elizabeth_klett": 4, "nina_brown": 7
    }  # fmt: skip
    for data in (train, dev, test):
        assert validate(data.path, feats=False) == []
        assert data.table("spk2gender") == {
            "mary_ann": "f",
            "elliot_miller": "m",
            "elizabeth_klett": "f",
            "nina_brown": "f",
        }
    every = [one for data in (train, dev, test) for one in data.utterances]
    assert len(every) == len(set(every)) == 4 + 4 + 6 + 9
    languages = {utterance.split("-")[0]: code for utterance, code in train.table("utt2lang").items()}
    assert languages == {"mary_ann": "en-us", "elliot_miller": "en-us", "elizabeth_klett": "en-gb", "nina_brown": "pl"}
    for utterance, seconds in train.table("utt2dur").items():
        number = int(utterance[-6:])
        assert float(seconds) == pytest.approx(number / 10)
        assert train.table("text")[utterance].startswith(f"Number {number} of ")
    assert "nina_brown/saragossie/wavs: left out: lines without a recording: 1, as of 'saragossie_99_f" in caplog.text
    assert "without a line" not in caplog.text  # macOS's files are none


def test_mixed_books_on_request(root, tmp_path):
    train = DataDir(prepare(root, tmp_path / "data", MailabsPreparation(mix=True, **FEW))[0])
    assert "mix_novelle_02" in train.speakers
    assert not train.has("spk2gender")


def test_choices(root, tmp_path):
    chosen = MailabsPreparation(
        languages=["en-us", "pl"], speakers=["mary_ann", "nina_brown"], adaptation_utterances=3, **FEW
    )
    train = DataDir(prepare(root, tmp_path / "data", chosen)[0])
    assert Counter(train.table("utt2spk").values()) == {"mary_ann": 2, "nina_brown": 3}
    (root / "en_UK/by_book/female/elizabeth_klett/wives/metadata.csv").write_text("broken")
    prepare(root, tmp_path / "data", chosen)  # of others not even the tables are read
    for wrong, told in (
        ({"speakers": ["nina_brow"]}, "--speakers: the corpus has no 'nina_brow'"),
        ({"languages": ["fr-fr"]}, "--languages: the corpus has no 'fr-fr'"),
        ({"adaptation": ["xx"]}, "--adaptation: the corpus has no 'xx'"),
    ):
        with refused(told, tmp_path / "none"):
            prepare(root, tmp_path / "none", MailabsPreparation(**FEW, **wrong))


def test_the_same_reader_in_two_regions(root, tmp_path):
    book(root, "en_US/by_book/female/elizabeth_klett", "emma")
    train = DataDir(prepare(root, tmp_path / "data", MailabsPreparation(**FEW))[0])
    own = {u: code for u, code in train.table("utt2lang").items() if train.table("utt2spk")[u] == "elizabeth_klett"}
    assert Counter(own.values()) == {"en-us": 2, "en-gb": 4}


def test_tables_that_are_no_books_are_told_and_left_out(root, tmp_path, caplog):
    (root / "pl_PL").rename(root / "polski")
    (root / "en_US/by_book/female/metadata.csv").write_text("broken")
    train = DataDir(prepare(root, tmp_path / "data", MailabsPreparation(adaptation=[], **FEW))[0])
    assert train.speakers == ["elizabeth_klett", "elliot_miller", "mary_ann"]
    assert "polski/by_book/female/nina_brown/saragossie/metadata.csv: left out: does not lie as <region>" in caplog.text
    assert "en_US/by_book/female/metadata.csv: left out" in caplog.text


BOOK = "pl_PL/by_book/female/nina_brown/saragossie"
FAULTS = {
    "nothing": (lambda root: [p.unlink() for p in root.rglob("metadata.csv")], "db: no books; expected <region>/by_"),
    "no audio": (lambda root: [p.unlink() for p in root.rglob("*_*.wav")], "no recordings with a text in 5 books"),
    "broken": (
        lambda root: (root / BOOK / "wavs/saragossie_01_f000002.wav").write_text("no"),
        r"saragossie_01_f000002\.wav: .*no audio",
    ),
    "table": (
        lambda root: (root / BOOK / "metadata.csv").write_text("a\n"),
        r"saragossie/metadata\.csv:1: not <id>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", MailabsPreparation(**FEW))


def test_no_folder_and_too_few_sentences(root, tmp_path):
    with refused("none: no such folder; --db_root is where <region>/by_book", tmp_path / "data"):
        prepare(tmp_path / "none", tmp_path / "data")
    with refused("mailabs: mary_ann has 4 different sentences, and 200 are to be kept out", tmp_path / "data"):
        prepare(root, tmp_path / "data", MailabsPreparation(speakers=["mary_ann"]))


def test_what_is_fetched():
    assert [file.name for file in CORPUS.files] == [f"{region}.tgz" for region in REGIONS]
    few = CORPUS.files_of(MailabsPreparation(languages=["en-gb", "pl"]))
    assert [file.url.rsplit("/", 1)[1] for file in few] == ["en_UK.tgz", "pl_PL.tgz"]


def test_the_recipes_choice():
    """One woman a language, a man besides for American English, 900 sentences of Polish, 100 for dev."""
    path = Path(__file__).parents[2] / "egs/mailabs/tts1/local/mailabs.yaml"
    config = from_dict(MailabsPreparation, *load_yaml(path), str(path))
    assert len(config.speakers) == 8
    assert (config.adaptation, config.adaptation_utterances, config.dev_utterances) == (["pl"], 900, 100)
    assert set(config.languages) <= set(REGIONS.values())
