"""Fuzzing of the lists, scores, histories and answers that commands read: read, or refused in one line."""

import pytest
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st

from audiolab.corpora import librispeech
from audiolab.corpora.base import RemoteFile
from audiolab.corpora.checksum import expected_checksums
from audiolab.corpora.folder import MARKER, is_made
from audiolab.corpora.own_table import read_lines
from audiolab.corpora.transcripts import read_transcript
from audiolab.datadir.stamp import check_stamp, write_stamp
from audiolab.plan.running import COLUMNS, read_tasks
from audiolab.report.history import read_history
from audiolab.report.opinions import collect
from audiolab.tasks.registry import TASKS, task_of
from audiolab.training import folder, history
from audiolab.training.checkpoint import Checkpoints


def scores(path):
    return task_of(path).layout.read(path)


def answers(path):
    (path.parent / "key.csv").write_text("test,sample,system,utterance,seed\nt1,s0,x,A-1,0\n")
    return collect([path], path.parent / "key.csv")


def stamp(path):
    (path.parent / "in").write_text("x")
    write_stamp(path.parent / "made", "stage", [path.parent / "in"], {"rate": "1"})
    (path.parent / "made" / ".stamp" / "stage.json").write_bytes(path.read_bytes())
    return check_stamp(path.parent / "made", "stage", options={"rate": "1"})


def start(path):
    folder.write_run_json(path, ["train"])


def marker(path):
    (path.parent / "folder").mkdir(exist_ok=True)
    (path.parent / "folder" / MARKER).write_bytes(path.read_bytes())
    return is_made(path.parent / "folder", {"corpus": "x"}, "corpus")


def latest(path):
    return Checkpoints(path.parent, 1)._latest()


def checksum(path):
    path.with_name("file.sha256").write_bytes(path.read_bytes())
    return expected_checksums(RemoteFile("http://x/file", "file"), path.with_name("file"))


READERS = {
    "jobs": (read_tasks, "\t".join(COLUMNS) + "\n1\ta\texp/a\ttrain\t--x 'b c'\tz/.stamp/b.json\ta.yaml\tm\t\n"),
    "own table": (read_lines, "use\tpath\tspeaker\tlanguage\npair\ta.wav\t\t\nspeech_source\tb.wav\tx\tpt-BR\n"),
    "runs of se": (TASKS["se"].read_runs, "system\tseed\tset\tdir\nnoisy\t-\ttest\t-\nx\t0\ttest\tout\n"),
    "runs of vc": (TASKS["vc"].read_runs, "system\tseed\tsource\ttarget\tdir\nx\t0\tA\tB\tout\n"),
    "scores": (scores, ",".join(TASKS["vc"].layout.columns) + "\n" + "1," * 20 + "\n"),
    "history": (read_history, "step,epoch,split,name,value\n1,1,train,loss,0.5\n2,1,valid,snr,nan\n"),
    "history in training": (history._read, "step,epoch,split,name,value\n1,1,train,loss,0.5\n2,1,valid,sn"),
    "answers": (answers, "test,listener,position,sample,naturalness,similarity\nt1,anna,1,s0,4,5\n"),
    "stamp": (stamp, '{"stage": "stage", "options": {"rate": "1"}, "inputs": {"in": "ab"}, "made": "x"}'),
    "run.json": (start, '{"versions": {"torch": "2"}, "commit": null, "start": "x", "resumed": [{"a": 1}]}'),
    "marker": (marker, '{"corpus": "x", "seed": 0}'),
    "latest": (latest, "step_00000012.pt\n"),
    "checksum": (checksum, f"{'0' * 64}  file\n"),
    "transcript": (read_transcript, "zażółć, “so” it\r\nis\n"),
    "speakers": (lambda path: librispeech._genders(path.parent), ";ID |SEX\n14 | F | train-clean-360\n"),
}


@pytest.mark.parametrize("name", READERS)
def test_bytes_around_a_text(tmp_path, fuzz_seconds, name):
    read, text = READERS[name]
    path = tmp_path / {"latest": "latest", "speakers": "SPEAKERS.TXT"}.get(name, "text")
    whole = text.encode()
    odd = st.sampled_from(
        [b"", b"\n", b"\xef\xbb\xbf" + whole, whole.replace(b"\n", b"\r\n"), whole.decode().encode("utf-16"),
         whole + b"\0", whole.replace(b"1", b"x" * 200_000), whole.replace(b"a", b'"'), b"[" * 9999, b"{" + whole,
         whole.replace(b"0", b"9" * 5000)]
    )  # fmt: skip

    def check(data):
        path.write_bytes(data)
        outcome(lambda: read(path))

    fuzz(damaged([whole]) | odd, check, fuzz_seconds, 50)


@pytest.mark.parametrize("name", ["jobs", "own table", "runs of vc", "history", "answers", "latest", "speakers"])
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_marks_and_line_ends_change_nothing(tmp_path, name, mark, end):
    read, text = READERS[name]
    path = tmp_path / {"latest": "latest", "speakers": "SPEAKERS.TXT"}.get(name, "text")

    def result(data):
        path.write_bytes(data)
        return repr(outcome(lambda: read(path)))

    assert result(mark + text.encode().replace(b"\n", end)) == result(text.encode())
