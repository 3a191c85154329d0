"""Tables of a recipe's jobs."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.jobs import check_folders, read_job, read_jobs, split_at_dashes, write_jobs

ROWS = [{"config": "a.yaml", "seed": "0", "dir": "exp/a b"}, {"config": "b.yaml", "seed": "1", "dir": 'exp/"b"'}]


def test_what_is_written_is_read(tmp_path):
    write_jobs(tmp_path / "train.tsv", ("config", "seed", "dir"), [row | {"other": "x"} for row in ROWS])
    assert read_jobs(tmp_path / "train.tsv", "stage 3") == ROWS
    assert read_job(tmp_path / "train.tsv", 2, "stage 3") == ROWS[1]


def test_missing_tables_and_jobs_are_told(tmp_path):
    with pytest.raises(AudiolabError, match=r"train\.tsv: cannot read the list of jobs: No such file .*; run stage 3"):
        read_jobs(tmp_path / "train.tsv", "stage 3")
    write_jobs(tmp_path / "train.tsv", ("config",), ROWS)
    for number in (0, 3):
        with pytest.raises(AudiolabError, match=f"has 2 jobs, there is no number {number}"):
            read_job(tmp_path / "train.tsv", number, "stage 3")


def test_two_jobs_for_one_folder_are_refused():
    check_folders(ROWS, "name each config once")
    with pytest.raises(AudiolabError, match=r"^exp/a b would be made 2 times; name each config once$"):
        check_folders([*ROWS, ROWS[0]], "name each config once")


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (["a", "--", "b", "--", "c"], (["a"], ["b", "--", "c"])),
        (["a"], (["a"], [])),
        (["--"], ([], [])),
    ],
)
def test_options_behind_dashes_are_passed_on(given, parts):
    assert split_at_dashes(given) == parts
