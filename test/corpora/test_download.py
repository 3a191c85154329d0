"""Downloads against a server on this machine that misbehaves in every way that servers do."""

import hashlib
import http.server
import io
import logging
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from audiolab.bin import download as command
from audiolab.corpora import options
from audiolab.corpora.base import Corpus, FileList, RemoteFile
from audiolab.corpora.download import download
from audiolab.corpora.preparation import Preparation
from audiolab.errors import AudiolabError

BODY = np.random.default_rng(0).bytes(1_000_000)
OTHER = np.random.default_rng(1).bytes(len(BODY))
SHA256 = hashlib.sha256(BODY).hexdigest()
MD5 = hashlib.md5(BODY).hexdigest()


@dataclass
class Answer:
    """How one request is answered.

    Attributes:
        cut: Close the connection after that many bytes of body.
        ranges: Whether Range is honoured; "repeat" honours it in the headers but sends the file's beginning.
        stall: Seconds to sleep before the body.
    """

    body: bytes = BODY
    status: int = 200
    cut: int | None = None
    ranges: bool | str = True
    headers: dict = field(default_factory=lambda: {"ETag": '"v1"'})
    length: bool = True
    stall: float = 0


class Server(http.server.ThreadingHTTPServer):
    """Plays ``answers`` in order, the last one again and again; keeps the requests' headers in ``asked``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = [Answer()], []
        self.called, self.ended = threading.Event(), threading.Event()

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up are part of the play."""

    def file(self, **known):
        return RemoteFile(f"http://127.0.0.1:{self.server_address[1]}/corpus.zip", "corpus.zip", **known)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = self.server.answers[min(len(self.server.asked), len(self.server.answers) - 1)]
        self.server.asked.append(dict(self.headers))
        self.server.called.set()
        self.close_connection = True
        if answer.status != 200:
            self.send_response(answer.status)
            self.end_headers()
            return
        start = self.start(answer)
        self.send_response(206 if start else 200)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        body = answer.body[start:]
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(answer.body) - 1}/{len(answer.body)}")
        if answer.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.ranges == "repeat":
            body = answer.body[: len(body)]
        self.server.ended.wait(answer.stall)
        self.wfile.write(body[: answer.cut])

    def start(self, answer):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or not answer.ranges:
            return 0
        condition = self.headers.get("If-Range")
        return int(asked[1]) if condition in (None, answer.headers.get("ETag")) else 0

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


def fetch(server, folder, **known):
    return download(server.file(**known), folder, attempts=3, backoff=0.001, timeout=2)


def starts(server):
    return [headers.get("Range") for headers in server.asked]


@pytest.mark.parametrize("known", [{}, {"sha256": SHA256, "size": len(BODY)}, {"md5": MD5.upper()}])
def test_plain_download_and_again(server, tmp_path, known):
    path = fetch(server, tmp_path / "new", **known)
    assert path.read_bytes() == BODY
    assert fetch(server, tmp_path / "new", **known) == path
    assert len(server.asked) == 1  # it was whole at once, and the second time only checked
    names = {"corpus.zip"} if known else {"corpus.zip", "corpus.zip.sha256"}
    assert {entry.name for entry in path.parent.iterdir()} == names
    if not known:
        assert path.with_name("corpus.zip.sha256").read_text() == f"{SHA256}  corpus.zip\n"


def test_a_broken_off_download_goes_on_where_it_was(server, tmp_path):
    server.answers = [Answer(cut=300_000), Answer(cut=100_000), Answer(cut=0), Answer(cut=0), Answer()]
    assert fetch(server, tmp_path).read_bytes() == BODY
    assert starts(server) == [None, "bytes=300000-", *["bytes=400000-"] * 3]
    assert server.asked[1]["If-Range"] == '"v1"'


def test_it_gives_up_when_attempts_bring_nothing_and_a_later_run_goes_on(server, tmp_path):
    server.answers = [Answer(cut=300_000), Answer(cut=0)]
    with pytest.raises(AudiolabError, match=r"broken off after 300000 of 1000000 bytes, 3 times in a row"):
        fetch(server, tmp_path)
    assert len(server.asked) == 4
    server.answers = [Answer()]
    assert fetch(server, tmp_path).read_bytes() == BODY
    assert starts(server)[-1] == "bytes=300000-"


def test_a_server_that_ignores_ranges_and_breaks_off(server, tmp_path):
    server.answers = [Answer(cut=300_000, ranges=False), Answer(ranges=False)]
    assert fetch(server, tmp_path, sha256=SHA256).read_bytes() == BODY
    server.answers = [Answer(cut=n, ranges=False) for n in [9, 5] * 20]  # falls back each time: no progress for ever
    server.asked.clear()
    with pytest.raises(AudiolabError, match="in a row"):
        fetch(server, tmp_path / "b")
    assert len(server.asked) < 10


@pytest.mark.parametrize(
    "headers",
    [
        ({"ETag": '"v1"'}, {"ETag": '"v2"'}),
        ({"Last-Modified": "Mon, 01 Jan 2018 00:00:00 GMT"}, {"Last-Modified": "Tue, 02 Jan 2018 00:00:00 GMT"}),
        ({"ETag": 'W/"v1"'}, {"ETag": 'W/"v2"'}),
        ({}, {}),
    ],
)
def test_parts_of_two_versions_are_never_joined(server, tmp_path, headers):
    """The file changes between attempts, to one of the same size; the server ignores If-Range."""

    class Careless(Handler):
        def start(self, answer):
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            return int(asked[1]) if asked else 0

    server.RequestHandlerClass = Careless
    server.answers = [Answer(cut=300_000, headers=headers[0]), Answer(body=OTHER, headers=headers[1])]
    assert fetch(server, tmp_path).read_bytes() == OTHER


def test_a_changed_size_is_seen_without_validators(server, tmp_path):
    longer = BODY + b"more"
    server.answers = [Answer(cut=300_000, headers={}), Answer(body=longer, headers={})]
    assert fetch(server, tmp_path, sha256=hashlib.sha256(longer).hexdigest()).read_bytes() == longer
    assert starts(server) == [None, "bytes=300000-", None]


def test_a_shrunken_file_is_fetched_anew(server, tmp_path):
    server.answers = [Answer(cut=300_000), Answer(status=416), Answer(body=OTHER[:1000])]
    assert fetch(server, tmp_path).read_bytes() == OTHER[:1000]


@pytest.mark.parametrize("bad", [{"body": OTHER}, {"body": BODY[:-1] + b"?"}])
def test_corrupt_data_is_fetched_once_more_then_refused(server, tmp_path, bad):
    server.answers = [Answer(**bad), Answer()]
    assert fetch(server, tmp_path / "a", sha256=SHA256).read_bytes() == BODY
    server.answers, server.asked = [Answer(**bad)], []
    got = hashlib.sha256(bad["body"]).hexdigest()
    with pytest.raises(AudiolabError, match=f"^corpus.zip: expected sha256 {SHA256}, got {got}, twice"):
        fetch(server, tmp_path / "b", sha256=SHA256)
    assert len(server.asked) == 2
    assert list((tmp_path / "b").iterdir()) == []


def test_repeated_data_is_noticed_by_the_checksum(server, tmp_path):
    server.answers = [Answer(cut=300_000), Answer(ranges="repeat"), Answer()]
    assert fetch(server, tmp_path, md5=MD5).read_bytes() == BODY
    assert starts(server) == [None, "bytes=300000-", None]


def test_a_file_damaged_on_disk_is_fetched_again(server, tmp_path):
    path = fetch(server, tmp_path)
    path.write_bytes(OTHER)
    assert fetch(server, tmp_path).read_bytes() == BODY
    path.write_bytes(b"")
    server.answers = [Answer(body=OTHER)]
    with pytest.raises(AudiolabError, match=r"changed since corpus.zip.sha256 was written; delete that to accept it"):
        fetch(server, tmp_path)
    path.with_name("corpus.zip.sha256").write_text("nonsense\n")
    with pytest.raises(AudiolabError, match="holds no sha256 sum"):
        fetch(server, tmp_path)


def test_passing_and_lasting_errors(server, tmp_path):
    server.answers = [Answer(status=503), Answer(status=429), Answer()]
    assert fetch(server, tmp_path / "a").read_bytes() == BODY
    server.answers = [Answer(status=503)]
    with pytest.raises(AudiolabError, match="answers 503 Service Unavailable, 3 times in a row"):
        fetch(server, tmp_path / "b")
    server.answers, server.asked = [Answer(status=404)], []
    with pytest.raises(AudiolabError, match="answers 404 Not Found"):
        fetch(server, tmp_path / "b")
    assert len(server.asked) == 1
    assert list((tmp_path / "b").iterdir()) == []


def test_a_stalling_server(server, tmp_path):
    server.answers = [Answer(stall=60), Answer()]
    path = download(server.file(), tmp_path, attempts=2, backoff=0.001, timeout=0.3)
    assert path.read_bytes() == BODY


def test_no_server(tmp_path):
    with pytest.raises(AudiolabError, match=r"corpus\.zip: no answer: .*refused, 2 times in a row"):
        download(RemoteFile("http://127.0.0.1:1/corpus.zip", "corpus.zip"), tmp_path, attempts=2, backoff=0.001)
    with pytest.raises(AudiolabError, match="not an http"):
        download(RemoteFile("file:///etc/passwd", "passwd"), tmp_path)


def test_what_is_no_file_is_refused(server, tmp_path):
    server.answers = [Answer(headers={"Content-Type": "text/html; charset=utf-8"})]
    with pytest.raises(AudiolabError, match="a web page came"):
        fetch(server, tmp_path)
    server.answers = [Answer(length=False)]
    with pytest.raises(AudiolabError, match="does not say how long"):
        fetch(server, tmp_path)
    server.answers = [Answer()]
    with pytest.raises(AudiolabError, match=r"expected 5 bytes, .* has 1000000"):
        fetch(server, tmp_path, size=5)


def test_no_space_is_seen_before_it_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**7, 10**7, 999_999))
    with pytest.raises(AudiolabError, match=r"no space: 1\.0 MB to come"):
        fetch(server, tmp_path)


def test_a_disk_that_fills_up_keeps_what_came(server, tmp_path):
    """The process may write files of 400 kB at most, so that its write fails as on a full disk."""
    code = (
        "import sys\nfrom audiolab.corpora.base import RemoteFile\nfrom audiolab.corpora.download import download\n"
        "from audiolab import cli\n"
        f"cli.run(lambda: download(RemoteFile({server.file().url!r}, 'corpus.zip'), sys.argv[1]))\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", code, tmp_path], preexec_fn=limit, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"error: {tmp_path / 'corpus.zip.part'}: cannot write: File too large"
    )
    assert fetch(server, tmp_path).read_bytes() == BODY
    assert starts(server)[-1] not in (None, "bytes=0-")


def test_two_processes_do_not_write_one_part(server, tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    server.answers = [Answer(stall=1.5)]
    first = threading.Thread(target=fetch, args=(server, tmp_path))
    first.start()
    assert server.called.wait(5)
    with pytest.raises(AudiolabError, match="another process is fetching"):
        fetch(server, tmp_path)
    server.ended.set()
    first.join()
    assert (tmp_path / "corpus.zip").read_bytes() == BODY


def served(names, server):
    """Corpus files of the names, all served by ``server``, whose answers must come in their order."""
    return [RemoteFile(f"http://127.0.0.1:{server.server_address[1]}/{name}", name) for name in names]


def test_the_command_fetches_archives_and_what_lists_name(server, tmp_path, monkeypatch):
    """An archive is unpacked under its name without its ending; files of a list go to their places as they are."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:bz2") as archive:
        member = tarfile.TarInfo("datasets/noise/x.wav")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    server.answers = [Answer(content.getvalue()), Answer(b"list"), Answer(b"one"), Answer(b"other")]
    archive, listing, *listed = served(("datasets.noise.tar.bz2", "list.txt", "a/one.wav", "a/b/other.wav"), server)
    read = []
    corpus = Corpus(
        "dns", "free", "here", (archive,), Preparation, None, None, None,
        (FileList(listing, lambda path: read.append(path.read_bytes()) or listed),),
    )  # fmt: skip
    monkeypatch.setattr(options, "get_corpus", {"dns": corpus}.get)
    monkeypatch.setattr(sys, "argv", ["download", "--corpus", "dns", "--dest", str(tmp_path)])
    command.main()
    assert read == [b"list"]
    assert (tmp_path / "dns/datasets.noise/datasets/noise/x.wav").read_bytes() == b"abc"
    assert (tmp_path / "dns/a/one.wav").read_bytes() == b"one"
    assert (tmp_path / "dns/a/b/other.wav").read_bytes() == b"other"
    command.main()  # all is there: nothing more is asked for
    assert len(server.asked) == 4
