"""The evaluation sentences in two parts: choices are made on one, the other is reported."""

import pytest

from audiolab.corpora.vcc2018_parts import dev_sentences, split_evaluation, write_dev_sentences
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError

SENTENCES = [str(30001 + number) for number in range(35)]


@pytest.fixture
def evaluation(tmp_path):
    """Two speakers who read VCC2018's 35 sentences."""
    utt2spk = {f"{speaker}_{sentence}": speaker for speaker in ("A", "B_1") for sentence in SENTENCES}
    write_data_dir(tmp_path / "eval", {"utt2spk": utt2spk})
    return tmp_path / "eval"


def sentences(path):
    return sorted({utterance.rpartition("_")[2] for utterance in DataDir(path).utterances})


def test_the_last_ten_are_for_choices_and_no_sentence_is_in_both(evaluation, tmp_path):
    parts = split_evaluation(evaluation, tmp_path)
    dev, test = (sentences(f"{evaluation}_{part}") for part in ("dev", "test"))
    assert parts == {"dev": dev, "test": test}
    assert (test, dev) == (SENTENCES[:25], SENTENCES[25:])  # the paper's first five stay in the test
    assert len(DataDir(f"{evaluation}_dev").utterances) == 2 * 10  # of all speakers


def test_the_corpus_may_list_them_and_a_count_goes_over_both(evaluation, tmp_path):
    write_dev_sentences(tmp_path, [30003, 30001])
    split_evaluation(evaluation, tmp_path)
    assert sentences(f"{evaluation}_dev") == ["30001", "30003"]
    assert sentences(f"{evaluation}_test") == [s for s in SENTENCES if s not in ("30001", "30003")]
    split_evaluation(evaluation, tmp_path, 1)
    assert sentences(f"{evaluation}_dev") == ["30035"]


def test_a_part_that_is_empty_is_not_written_nor_left_over(evaluation, tmp_path):
    split_evaluation(evaluation, tmp_path)
    assert split_evaluation(evaluation, tmp_path, 0)["dev"] == []
    assert not (tmp_path / "eval_dev").exists()
    assert sentences(f"{evaluation}_test") == SENTENCES


def test_wrong_lists_are_refused(tmp_path):
    for count in (35, 40):
        with pytest.raises(AudiolabError, match="35 evaluation sentences, all of them for choices; leave some"):
            dev_sentences(tmp_path, SENTENCES, count)
    with pytest.raises(AudiolabError, match="8 evaluation sentences, all of them for choices"):
        dev_sentences(tmp_path, SENTENCES[:8])
    write_dev_sentences(tmp_path, ["30001", "40001"])
    with pytest.raises(AudiolabError, match="dev_sentences: there is no evaluation sentence '40001'"):
        dev_sentences(tmp_path, SENTENCES)
    (tmp_path / "dev_sentences").write_bytes(b"\xff\xfe")
    with pytest.raises(AudiolabError, match="dev_sentences"):
        dev_sentences(tmp_path, SENTENCES)
