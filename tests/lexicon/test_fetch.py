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
from link.lexicon import fetch as fetching
from link.lexicon.fetch import PAUSES_SECONDS, Kept, fetch, forget, kept_file
from tests.publisher import WEB_PAGE, Publisher, Reply, serving

DATA = bytes(range(256)) * 40
NEWER = DATA[::-1]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serving() as publisher:
        yield publisher


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "file.bin"


class Told:
    """What was said, and for how long was waited; nothing is waited for here."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.pauses: list[float] = []

    def get(self, url: str, path: Path, **options: Any) -> Kept:
        options = {"say": self.words.append, "sleep": self.pauses.append} | options
        return fetch(url, path, **options)


@pytest.fixture
def told() -> Told:
    return Told()


def names(path: Path) -> set[str]:
    """What lies in the folder, but for locks."""
    return {each.name for each in path.parent.iterdir() if each.suffix != ".lock"}


def test_a_file_comes_whole_with_a_record_beside_it(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    kept = told.get(url, path)
    assert path.read_bytes() == DATA
    assert kept == Kept(url, len(DATA), hashlib.sha256(DATA).hexdigest(), kept.date)
    assert names(path) == {"file.bin", "file.bin.json"}
    assert told.words == [f"fetching {url} ({len(DATA):,} bytes)"]
    assert told.pauses == []


def test_what_is_kept_is_not_fetched_again(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    first = told.get(url, path)
    assert told.get(url, path) == first
    assert len(publisher.asked) == 1
    told.get(url, path, force=True)
    assert len(publisher.asked) == 2


def test_a_kept_file_that_has_changed_is_fetched_anew(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    told.get(url, path)
    path.write_bytes(DATA[:-1])
    told.get(url, path)
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b'{"url": 1}', b"null"])
def test_a_record_that_cannot_be_read_counts_for_nothing(
    publisher: Publisher, path: Path, told: Told, record: bytes
) -> None:
    url = publisher.publish("/file.bin", DATA)
    told.get(url, path)
    path.with_name("file.bin.json").write_bytes(record)
    assert kept_file(path, url) is None
    told.get(url, path)
    assert kept_file(path, url)


def test_a_file_from_another_url_is_another_file(
    publisher: Publisher, path: Path, told: Told
) -> None:
    told.get(publisher.publish("/file.bin", DATA), path)
    told.get(publisher.publish("/newer.bin", NEWER), path)
    assert path.read_bytes() == NEWER


# --- resuming -------------------------------------------------------------------------------------


def test_a_cut_file_is_resumed_in_the_same_call(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), Reply(cut=500)]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert [range_ for _, range_ in publisher.asked] == ["", "bytes=1000-", "bytes=1500-"]
    assert publisher.if_range[1:] == [publisher.etags["/file.bin"]] * 2
    assert told.pauses == [1, 1]


def test_a_file_that_keeps_being_cut_is_given_up_and_resumed_by_the_next_call(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), *[Reply(cut=0)] * 9]
    with pytest.raises(LexiconError, match="1,000 bytes are kept; run the same command again to"):
        told.get(url, path)
    assert told.pauses == list(PAUSES_SECONDS)
    assert names(path) == {"file.bin.part", "file.bin.part.json"}
    publisher.replies.clear()
    publisher.asked.clear()
    told.get(url, path)
    assert publisher.asked == [("/file.bin", "bytes=1000-")]
    assert path.read_bytes() == DATA
    assert names(path) == {"file.bin", "file.bin.json"}


def test_a_file_that_creeps_forward_is_not_given_up(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=500) for _ in range(15)]
    told.get(url, path)
    assert path.read_bytes() == DATA


def test_a_changed_file_is_begun_anew(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), *[Reply(cut=0)] * 9]
    with pytest.raises(LexiconError):
        told.get(url, path)
    publisher.replies.clear()
    publisher.publish("/file.bin", NEWER)
    told.get(url, path)
    assert path.read_bytes() == NEWER


def test_a_server_that_ignores_ranges_sends_it_all_again(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [
        Reply(cut=9000),
        Reply(plain=True, cut=500),
        Reply(plain=True),
    ]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert told.pauses == [1, 2]


@pytest.mark.parametrize("range_", ["bytes 7-9/10", "bytes 1000-10239/*", "nonsense"])
def test_a_part_of_another_place_is_not_taken(
    publisher: Publisher, path: Path, told: Told, range_: str
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), Reply(headers={"Content-Range": range_})]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert publisher.asked[-1] == ("/file.bin", "")


def test_a_part_of_another_version_is_not_taken(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), Reply(headers={"ETag": '"another"'})]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert publisher.asked[-1] == ("/file.bin", "")


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_etag_the_time_of_change_tells_versions_apart(
    publisher: Publisher, path: Path, told: Told, etag: str
) -> None:
    url = publisher.publish("/file.bin", DATA, etag)
    publisher.modified = "Tue, 24 Nov 2026 10:00:00 GMT"
    publisher.replies["/file.bin"] = [Reply(cut=1000)]
    told.get(url, path)
    assert publisher.if_range == ["", publisher.modified]
    assert path.read_bytes() == DATA


def test_what_cannot_be_told_apart_is_not_resumed(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA, etag="")
    publisher.replies["/file.bin"] = [Reply(cut=1000)]
    told.get(url, path)
    assert [range_ for _, range_ in publisher.asked] == ["", ""]
    assert path.read_bytes() == DATA


def test_a_beginning_longer_than_the_file_is_thrown_away(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000), *[Reply(cut=0)] * 9]
    with pytest.raises(LexiconError):
        told.get(url, path)
    publisher.replies.clear()
    path.with_name("file.bin.part").write_bytes(DATA * 2)
    told.get(url, path)
    assert path.read_bytes() == DATA


def test_a_file_that_was_complete_before_it_got_its_name_is_not_asked_for(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    path.parent.mkdir(parents=True)
    path.with_name("file.bin.part").write_bytes(DATA)
    record = {"url": url, "version": '"x"', "size": len(DATA)}
    path.with_name("file.bin.part.json").write_text(json.dumps(record))
    told.get(url, path)
    assert publisher.asked == []
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("record", ["", "[]", '{"url": 1}', '{"version": "x"}'])
def test_a_beginning_of_unknown_origin_is_thrown_away(
    publisher: Publisher, path: Path, told: Told, record: str
) -> None:
    url = publisher.publish("/file.bin", DATA)
    path.parent.mkdir(parents=True)
    path.with_name("file.bin.part").write_bytes(b"something else")
    path.with_name("file.bin.part.json").write_text(record)
    told.get(url, path)
    assert path.read_bytes() == DATA


def test_the_size_may_be_unknown(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [
        Reply(chunked=True, cut=1000),
        Reply(plain=True, chunked=True),
    ]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert told.pauses == [1]


def test_a_server_that_falls_silent_is_asked_to_go_on(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000, hang=True)]
    told.get(url, path, timeout_seconds=2)
    assert path.read_bytes() == DATA
    assert "the server does not answer" in told.words[1]


# --- answers that are no file ---------------------------------------------------------------------


def test_a_server_that_is_busy_is_asked_again(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(status=503), Reply(status=429), Reply(status=500)]
    told.get(url, path)
    assert path.read_bytes() == DATA
    assert told.pauses == [1, 2, 4]


def test_a_server_that_stays_busy_is_given_up(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(status=503) for _ in range(9)]
    with pytest.raises(LexiconError, match=r"answers 503 .*; run the same command again later"):
        told.get(url, path)
    assert names(path) == set()


def test_a_missing_file_is_said_to_be_missing(publisher: Publisher, path: Path, told: Told) -> None:
    with pytest.raises(LexiconError, match=r"no lexicon for xx \(no http://.*/file.bin\)"):
        told.get(f"{publisher.url}/file.bin", path, missing="no lexicon for xx")
    assert names(path) == set()
    assert told.pauses == []


def test_a_refusal_is_not_repeated(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(status=403)]
    with pytest.raises(LexiconError, match="answers 403 Forbidden; another server can be named"):
        told.get(url, path)
    assert told.pauses == []


@pytest.mark.parametrize(
    "page",
    [
        WEB_PAGE,
        b"\n<html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">',
        b"<!-- --> <HTML>",
    ],
)
def test_a_web_page_is_no_file(publisher: Publisher, path: Path, told: Told, page: bytes) -> None:
    url = publisher.publish("/file.bin", page)
    with pytest.raises(LexiconError, match="a web page instead of the file"):
        told.get(url, path)
    assert names(path) == set()


def test_an_empty_file_is_none(publisher: Publisher, path: Path, told: Told) -> None:
    with pytest.raises(LexiconError, match="an empty file"):
        told.get(publisher.publish("/file.bin", b""), path)
    assert names(path) == set()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_checksum_is_compared(
    publisher: Publisher, path: Path, told: Told, algorithm: str
) -> None:
    url = publisher.publish("/file.bin", DATA)
    wrong = hashlib.new(algorithm, NEWER).hexdigest()
    with pytest.raises(LexiconError, match="the file is damaged: its checksum is not"):
        told.get(url, path, checksum=wrong)
    assert names(path) == set()
    told.get(url, path, checksum=hashlib.new(algorithm, DATA).hexdigest().upper())
    assert path.read_bytes() == DATA
    publisher.publish("/file.bin", NEWER)
    told.get(url, path, checksum=wrong)  # another release under the same name
    assert path.read_bytes() == NEWER


def test_what_is_kept_survives_a_failure_to_renew_it(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    kept = told.get(url, path)
    publisher.publish("/file.bin", WEB_PAGE)
    with pytest.raises(LexiconError):
        told.get(url, path, force=True)
    assert kept_file(path, url) == kept


def test_forgetting_leaves_nothing(publisher: Publisher, path: Path, told: Told) -> None:
    told.get(publisher.publish("/file.bin", DATA), path)
    forget(path)
    assert names(path) == set()


def test_a_file_without_end_is_refused(
    publisher: Publisher, path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 5000)
    url = publisher.publish("/file.bin", DATA)
    with pytest.raises(LexiconError, match="holds more than 5,000 bytes"):
        told.get(url, path)


# --- where requests go ----------------------------------------------------------------------------


def test_redirects_are_followed(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/old"] = [Reply(location="/file.bin"), Reply(location=url)]
    told.get(f"{publisher.url}/old", path)
    told.get(f"{publisher.url}/old", path, force=True)
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_redirects_lead_to_web_servers_only(
    publisher: Publisher, path: Path, told: Told, location: str
) -> None:
    publisher.replies["/file.bin"] = [Reply(location=location)]
    with pytest.raises(LexiconError):
        told.get(f"{publisher.url}/file.bin", path)
    assert names(path) == set()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "/x", ""])
def test_only_web_servers_are_asked(path: Path, told: Told, url: str) -> None:
    with pytest.raises(LexiconError, match="is no URL of a web server"):
        told.get(url, path)
    assert not path.parent.exists()


def test_redirects_do_not_lead_from_https_to_http() -> None:
    request = urllib.request.Request("https://publisher.example/file")
    body = io.BytesIO()
    with pytest.raises(LexiconError, match=r"redirects to http://publisher.example/other"):
        fetching._OnlyWeb().redirect_request(
            request, body, 302, "Found", {}, "http://publisher.example/other"
        )


def test_a_server_that_is_not_there_is_named(path: Path, told: Told) -> None:
    with serving() as publisher:
        url = f"{publisher.url}/file.bin"
    with pytest.raises(LexiconError, match=r"cannot be reached .*; is there a network?"):
        told.get(url, path)
    assert told.pauses == []


def test_a_certificate_that_is_not_trusted_is_named(
    path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"

    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError(error)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(LexiconError, match=r"not trusted \(self-signed certificate\).*SSL_CERT_FI"):
        told.get("https://publisher.example/file.bin", path)


# --- side by side ---------------------------------------------------------------------------------


def test_two_who_fetch_the_same_file_fetch_it_once(
    publisher: Publisher, path: Path, told: Told
) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=n * 1000) for n in range(1, 4)]
    threads = [threading.Thread(target=told.get, args=(url, path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == DATA
    assert sum(range_ == "" for _, range_ in publisher.asked) == 1


def test_it_waits_for_another_process(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    path.parent.mkdir(parents=True)
    waiting = threading.Event()

    def say(words: str) -> None:
        if words.startswith("another process fetches"):
            waiting.set()

    with path.with_name("file.bin.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=fetch, args=(url, path), kwargs={"say": say})
        thread.start()
        assert waiting.wait(60)
        assert publisher.asked == []
    thread.join()
    assert path.read_bytes() == DATA


def test_progress_counts_the_whole_file(publisher: Publisher, path: Path, told: Told) -> None:
    url = publisher.publish("/file.bin", DATA)
    publisher.replies["/file.bin"] = [Reply(cut=1000)]
    bars: list[tuple[int, list[int]]] = []

    @contextmanager
    def progress(size: int) -> Iterator[Any]:
        steps: list[int] = []
        bars.append((size, steps))
        yield steps.append

    told.get(url, path, progress=progress)
    assert [(size, sum(steps)) for size, steps in bars] == [
        (len(DATA), 1000),
        (len(DATA), len(DATA)),
    ]
