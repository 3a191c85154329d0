"""What ``prepare`` and ``make_mini`` take: the command's own options, and those of the corpus that is named."""

import sys
from importlib import import_module

import pytest

from audiolab.config import load_yaml
from audiolab.corpora.base import CORPORA, get_corpus
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError


@pytest.fixture
def call(monkeypatch):
    def call(verb, *arguments):
        monkeypatch.setattr(sys, "argv", [verb, *map(str, arguments)])
        import_module(f"audiolab.bin.{verb}").main()

    return call


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    """The smallest LibriSpeech with a choice."""
    corpus = get_corpus("librispeech")
    sizes = corpus.mini(train_speakers=2, valid_speakers=1, test_speakers=1, utterances=2)
    return corpus.make_mini(tmp_path_factory.mktemp("db"), sizes, 0, 2)


def test_yaml_and_command_line_choose(mini, call, tmp_path):
    """The command line goes over the YAML; a data dir keeps both, resolved."""
    (tmp_path / "few.yaml").write_text("max_speakers: 1\nmax_utterances: 2\n")
    start = ("prepare", "--corpus", "librispeech", "--db_root", mini, "--dest", tmp_path / "data")
    call(*start, "--config", tmp_path / "few.yaml", "--max_utterances", 1)
    train = DataDir(tmp_path / "data/speech_source_train")
    assert len(train.utterances) == 1
    kept = load_yaml(train.path / "prepared.yaml")[0]
    assert kept == {
        "corpus": "librispeech", "speakers": [], "max_speakers": 1, "max_utterances": 1, "min_rate": 0,
        "subsets": ["train-clean-360"],
    }  # fmt: skip
    call(*start)
    assert len(DataDir(train.path).utterances) == 4
    assert load_yaml(train.path / "prepared.yaml")[0] == kept | {"max_speakers": 0, "max_utterances": 0}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--corpus librispeach", r"unknown corpus 'librispeach'; did you mean 'librispeech'\?"),
        ("--corpus librispeech --max_speaker 2", r"unknown argument '--max_speaker'; did you mean '--max_speakers'\?"),
        ("--corpus wham --languages fr", "unknown argument '--languages'"),
        ("--corpus vcc2018 --max_train_sentences x", "'max_train_sentences' must be int, not 'x'"),
        ("--corpus vcc2018 --max_train_sentences -1", "--max_train_sentences: max_train_sentences must be 0 or more"),
        ("--corpus dns --config bad.yaml", r"bad.yaml:2: unknown key 'langauges'; did you mean 'languages'\?"),
        ("", "the following arguments are required: --corpus"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(call, monkeypatch, tmp_path, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("max_speakers: 3\nlangauges: [fr]\n")
    with pytest.raises(AudiolabError, match=told):
        call("prepare", "--db_root", "db", "--dest", "data", *arguments.split())
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("min_rate: 8000\nspeakers: ['99']\n", "", r"few.yaml:2: speakers: the corpus has no '99'"),
        ("base: all.yaml\nmin_rate: 8000\n", "", r"all.yaml:1: speakers: none of them is in speech_source_valid"),
        ("speakers: ['99']\n", "--speakers 98", r"--speakers: the corpus has no '98'"),
        ("min_rate: 8000\n", "--speakers 98", r"--speakers: the corpus has no '98'"),
        ("min_rate: 8000\nmax_speakers: -1\n", "", r"few.yaml:2: max_speakers must be 0 or more"),
    ],
)
def test_what_the_corpus_does_not_have_is_told_where_it_was_asked_for(
    mini, call, monkeypatch, tmp_path, text, more, told
):
    """By file and line of the YAML that has it, or by the option, which goes over it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.yaml").write_text(text)
    (tmp_path / "all.yaml").write_text("speakers: ['100']\n")
    with pytest.raises(AudiolabError, match=f"^{told}"):
        call(
            "prepare",
            "--corpus",
            "librispeech",
            "--db_root",
            mini,
            "--dest",
            "data",
            "--config",
            "few.yaml",
            *more.split(),
        )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("verb", ["prepare", "make_mini", "download"])
@pytest.mark.parametrize("name", CORPORA)
def test_help_tells_the_options_of_the_corpus(call, capsys, verb, name):
    with pytest.raises(SystemExit):
        call(verb, "--corpus", name, "--help")
    shown = capsys.readouterr().out
    corpus = get_corpus(name)
    for field in (corpus.mini if verb == "make_mini" else corpus.preparation).__dataclass_fields__:
        assert f"--{field} " in shown
    assert "--nj" in shown or verb == "download"
