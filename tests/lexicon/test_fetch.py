"""A file comes whole or not at all, resumes where it was cut, and is the version it began as."""

import fcntl
import hashlib
import io
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from link.errors import LexiconError
from link.lexicon.download import fetch as fetching
from link.lexicon.download.fetch import PAUSES_SECONDS, Kept, fetch, forget, kept_file
from tests.publisher import WEB_PAGE, Publisher, Reply, serving

DATA = bytes(range(256)) * 40
NEWER = DATA[::-1]
LAST_MODIFIED = "Tue, 24 Nov 2026 10:00:00 GMT"


class Client:
    """Fetches one file; keeps what was said and for how long it would have waited."""

    def __init__(self, publisher: Publisher, path: Path) -> None:
        self.publisher, self.path = publisher, path
        self.url = publisher.publish("/file.bin", DATA)
        self.words: list[str] = []
        self.pauses: list[float] = []

    def get(self, url: str = "", **options: Any) -> Kept:
        options = {"say": self.words.append, "sleep": self.pauses.append} | options
        return fetch(url or self.url, self.path, **options)

    def reply(self, *replies: Reply) -> None:
        self.publisher.replies["/file.bin"] = list(replies)

    def begin(self) -> None:
        """A download that is cut after 1,000 bytes, and given up."""
        self.reply(Reply(cut=1000), *[Reply(cut=0)] * 9)
        with pytest.raises(LexiconError, match="1,000 bytes are kept; run the same command again"):
            self.get()
        self.publisher.replies.clear()
        self.publisher.asked.clear()

    @property
    def ranges(self) -> list[str]:
        return [range_ for _, range_ in self.publisher.asked]

    @property
    def names(self) -> set[str]:
        """What lies in the folder, but for locks."""
        return {one.name for one in self.path.parent.iterdir() if one.suffix != ".lock"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving() as publisher:
        yield Client(publisher, tmp_path / "downloads" / "file.bin")


def test_a_file_comes_whole_with_a_record_beside_it(client: Client) -> None:
    kept = client.get()
    assert client.path.read_bytes() == DATA
    assert kept == Kept(client.url, len(DATA), hashlib.sha256(DATA).hexdigest(), kept.date)
    assert client.names == {"file.bin", "file.bin.json"}
    assert client.words == [f"fetching {client.url} ({len(DATA):,} bytes)"]


def test_what_is_kept_is_not_fetched_again_unless_forced_or_changed(client: Client) -> None:
    first = client.get()
    assert client.get() == first
    assert len(client.ranges) == 1
    client.get(force=True)
    client.path.write_bytes(DATA[:-1])
    client.get()
    for record in (b"", b"[]", b'{"url": 1}'):
        client.path.with_name("file.bin.json").write_bytes(record)
        client.get()
    assert len(client.ranges) == 6
    client.get(client.publisher.publish("/newer.bin", NEWER))
    assert client.path.read_bytes() == NEWER


# --- resuming -------------------------------------------------------------------------------------


def test_a_cut_file_is_resumed_in_the_same_call(client: Client) -> None:
    client.reply(*[Reply(cut=500) for _ in range(15)])  # it creeps, but it does not stand still
    client.get()
    assert client.path.read_bytes() == DATA
    assert client.ranges == ["", *(f"bytes={500 * n}-" for n in range(1, 16))]
    assert set(client.publisher.if_range[1:]) == {client.publisher.etags["/file.bin"]}
    assert client.pauses == [1] * 15


def test_a_file_that_was_given_up_is_resumed_by_the_next_call(client: Client) -> None:
    client.begin()
    assert client.pauses == list(PAUSES_SECONDS)
    assert client.names == {"file.bin.part", "file.bin.part.json"}
    client.get()
    assert client.ranges == ["bytes=1000-"]
    assert client.path.read_bytes() == DATA
    assert client.names == {"file.bin", "file.bin.json"}


def test_a_changed_file_is_begun_anew(client: Client) -> None:
    client.begin()
    client.publisher.publish("/file.bin", NEWER)
    client.get()
    assert client.path.read_bytes() == NEWER


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 7-9/10"},
        {"Content-Range": "bytes 1000-10239/*"},
        {"Content-Range": "nonsense"},
        {"ETag": '"another"'},
    ],
)
def test_a_part_of_another_place_or_version_is_not_taken(
    client: Client, headers: dict[str, str]
) -> None:
    client.reply(Reply(cut=1000), Reply(headers=headers))
    client.get()
    assert client.path.read_bytes() == DATA
    assert client.ranges[-1] == ""


@pytest.mark.parametrize(
    ("etag", "modified", "if_range"),
    [("", LAST_MODIFIED, LAST_MODIFIED), ('W/"weak"', LAST_MODIFIED, LAST_MODIFIED), ("", "", "")],
)
def test_without_a_strong_etag_the_time_of_change_tells_versions_apart(
    client: Client, etag: str, modified: str, if_range: str
) -> None:
    client.publisher.publish("/file.bin", DATA, etag)
    client.publisher.modified = modified
    client.reply(Reply(cut=1000))
    client.get()
    assert client.publisher.if_range == ["", if_range]
    assert client.path.read_bytes() == DATA


@pytest.mark.parametrize(
    "replies",
    [
        [Reply(cut=9000), Reply(plain=True, cut=500), Reply(plain=True)],
        [Reply(chunked=True, cut=1000), Reply(plain=True, chunked=True)],
    ],
    ids=["no ranges", "no size"],
)
def test_a_server_that_cannot_resume_sends_it_all_again(
    client: Client, replies: list[Reply]
) -> None:
    client.reply(*replies)
    client.get()
    assert client.path.read_bytes() == DATA


@pytest.mark.parametrize("record", ["", "[]", '{"url": 1}', '{"version": "x"}'])
def test_a_beginning_of_unknown_origin_is_thrown_away(client: Client, record: str) -> None:
    client.path.parent.mkdir(parents=True)
    client.path.with_name("file.bin.part").write_bytes(b"something else")
    client.path.with_name("file.bin.part.json").write_text(record)
    client.get()
    assert client.path.read_bytes() == DATA


def test_a_beginning_longer_than_the_file_is_thrown_away(client: Client) -> None:
    client.begin()
    client.path.with_name("file.bin.part").write_bytes(DATA * 2)
    client.get()
    assert client.path.read_bytes() == DATA


def test_a_file_that_was_complete_before_it_got_its_name_is_not_asked_for(client: Client) -> None:
    client.path.parent.mkdir(parents=True)
    client.path.with_name("file.bin.part").write_bytes(DATA)
    record = {"url": client.url, "version": '"x"', "size": len(DATA)}
    client.path.with_name("file.bin.part.json").write_text(json.dumps(record))
    client.get()
    assert client.ranges == []
    assert client.path.read_bytes() == DATA


def test_a_server_that_falls_silent_is_asked_to_go_on(client: Client) -> None:
    client.reply(Reply(cut=1000, hang=True))
    client.get(timeout_seconds=0.3)
    assert client.path.read_bytes() == DATA
    assert "the server does not answer" in client.words[1]


# --- answers that are no file ---------------------------------------------------------------------


def test_a_busy_server_is_asked_again_and_then_given_up(client: Client) -> None:
    client.reply(Reply(status=503), Reply(status=429), Reply(status=500))
    client.get()
    assert client.pauses == [1, 2, 4]
    client.reply(*[Reply(status=503)] * 9)
    with pytest.raises(LexiconError, match=r"answers 503 .*; run the same command again later"):
        client.get(force=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, r"no lexicon for xx \(no http://.*/file.bin\)"),
        (403, "answers 403 Forbidden; another server can be named with --base-url"),
    ],
)
def test_a_refusal_is_not_repeated(client: Client, status: int, words: str) -> None:
    client.reply(Reply(status=status))
    with pytest.raises(LexiconError, match=words):
        client.get(missing="no lexicon for xx")
    assert client.pauses == []
    assert client.names == set()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (WEB_PAGE, "a web page instead of the file"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">', "a web page instead of the file"),
        (b"<!-- --> <HTML>", "a web page instead of the file"),
        (b"", "an empty file"),
    ],
)
def test_what_is_no_file_leaves_what_was_there(client: Client, data: bytes, words: str) -> None:
    kept = client.get()
    client.publisher.publish("/file.bin", data)
    with pytest.raises(LexiconError, match=words):
        client.get(force=True)
    assert client.names == {"file.bin", "file.bin.json"}
    assert kept_file(client.path, client.url) == kept


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_checksum_is_compared(client: Client, algorithm: str) -> None:
    wrong = hashlib.new(algorithm, NEWER).hexdigest()
    with pytest.raises(LexiconError, match="the file is damaged: its checksum is not"):
        client.get(checksum=wrong)
    assert client.names == set()
    client.get(checksum=hashlib.new(algorithm, DATA).hexdigest().upper())
    client.publisher.publish("/file.bin", NEWER)
    client.get(checksum=wrong)  # another release under the same name
    assert client.path.read_bytes() == NEWER
    forget(client.path)
    assert client.names == set()


def test_a_file_without_end_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 5000)
    with pytest.raises(LexiconError, match="holds more than 5,000 bytes"):
        client.get()


# --- where requests go ----------------------------------------------------------------------------


def test_redirects_lead_to_web_servers_only(client: Client) -> None:
    client.publisher.replies["/old"] = [Reply(location="/file.bin")]
    client.get(f"{client.publisher.url}/old")
    assert client.path.read_bytes() == DATA
    for location in ("file:///etc/passwd", "ftp://127.0.0.1/x"):
        client.reply(Reply(location=location))
        with pytest.raises(LexiconError, match=r"not allowed|not as safe"):
            client.get(force=True)
    request = urllib.request.Request("https://publisher.example/file")
    with pytest.raises(LexiconError, match=r"redirects to http://publisher.example/other"):
        fetching._WebOnly().redirect_request(
            request, io.BytesIO(), 302, "Found", {}, "http://publisher.example/other"
        )


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "/x"])
def test_only_web_servers_are_asked(client: Client, url: str) -> None:
    with pytest.raises(LexiconError, match="is not the URL of a web server"):
        client.get(url)
    assert not client.path.parent.exists()


def test_a_server_that_is_not_there_or_not_trusted_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as other:
        url = f"{other.url}/file.bin"
    with pytest.raises(LexiconError, match=r"cannot be reached .*; is this machine online?"):
        client.get(url)
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"

    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError(error)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(LexiconError, match=r"not trusted \(self-signed certificate\).*SSL_CERT_FI"):
        client.get()
    assert client.pauses == []


# --- side by side ---------------------------------------------------------------------------------


def test_several_who_fetch_the_same_file_fetch_it_once(client: Client) -> None:
    client.path.parent.mkdir(parents=True)
    waiting = threading.Event()

    def say(words: str) -> None:
        if words.startswith("another process fetches"):
            waiting.set()

    threads = [threading.Thread(target=client.get, kwargs={"say": say}) for _ in range(3)]
    with client.path.with_name("file.bin.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for thread in threads:
            thread.start()
        assert waiting.wait(60)
        assert client.ranges == []
    for thread in threads:
        thread.join()
    assert client.path.read_bytes() == DATA
    assert client.ranges == [""]


def test_progress_counts_the_whole_file(client: Client) -> None:
    client.reply(Reply(cut=1000))
    bars: list[tuple[int, list[int]]] = []

    @contextmanager
    def progress(size: int) -> Iterator[Any]:
        steps: list[int] = []
        bars.append((size, steps))
        yield steps.append

    client.get(progress=progress)
    assert [(size, sum(steps)) for size, steps in bars] == [(len(DATA), n) for n in (1000, 10240)]
