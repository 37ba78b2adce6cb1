"""Fetching a file over HTTP: it appears whole or not at all, and an interrupted download resumes.

    FOLDER/NAME             the file, complete
    FOLDER/NAME.json        its URL, date, size and hash
    FOLDER/NAME.part        the beginning of a download
    FOLDER/NAME.part.json   which version of the file that is the beginning of
    FOLDER/NAME.lock        held by the process that downloads it

A download resumes only if the server still has the version that it began with (If-Range). Pooch,
fsspec and requests do not do that, so this stands on urllib alone.
"""

import fcntl
import hashlib
import http.client
import json
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from link import __version__
from link.errors import LexiconError
from link.publish import publish_bytes

TIMEOUT_SECONDS = 30.0
PAUSES_SECONDS = (1, 2, 4, 8)
"""Pauses after attempts that bring nothing new; then the download is given up, to be resumed."""

MOST_BYTES = 8 << 30
_CHUNK_BYTES = 1 << 18
_ALGORITHMS = {64: "sha256", 128: "sha512"}  # by the number of hexadecimal digits
_WEB_PAGE = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype\s+)?html[\s>]", re.I | re.S
)
_TRY_AGAIN = {408, 425, 429, *range(500, 600)}  # HTTP statuses
_OTHER_SERVER = "another server can be named with --base-url"

Say = Callable[[str], object]
Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""Takes a file's size in bytes, 0 if unknown; yields a function that takes the bytes just done."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was fetched, as the record beside it says."""

    url: str
    size_bytes: int
    sha256: str
    date: str


class _TransientError(Exception):
    """A failure that another attempt may not meet."""


def fetch(
    url: str,
    path: Path,
    *,
    checksum: str = "",
    missing: str = "there is no such file",
    force: bool = False,
    progress: Progress = lambda _: nullcontext(lambda _: None),
    say: Say = lambda _: None,
    sleep: Callable[[float], object] = lambda seconds: time.sleep(seconds),
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Kept:
    """Download a URL to a path, unless the file is there and unchanged since it was downloaded.

    `checksum`: SHA-256 or SHA-512 in hexadecimal, if known. `missing`: the error's words for a file
    that the server does not have. `force`: download it in any case. Raises `LexiconError`; what
    came until then is kept, and the next call resumes.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise LexiconError(
            f"{url}: is not the URL of a web server; it must begin with http:// or https://"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(_beside(path, ".lock"), url, say):
        if not force and (kept := kept_file(path, url, checksum)):
            say(f"kept from {kept.date}: {path}")
            return kept
        part = _Part(path, url)
        tries, most = 0, part.done
        while not part.is_complete:
            try:
                _attempt(part, missing, progress, say, timeout_seconds)
                break
            except _TransientError as error:
                if part.done > most:
                    tries, most = 0, part.done
                if tries == len(PAUSES_SECONDS):
                    done, then = f"; {part.done:,} bytes are kept", "to resume"
                    if not part.done:
                        done, then = "", "later"
                    raise LexiconError(
                        f"{url}: {error}, several times{done}; run the same command again {then}"
                    ) from error
                say(f"{url}: {error}; trying again in {PAUSES_SECONDS[tries]} s")
                sleep(PAUSES_SECONDS[tries])
                tries += 1
        return _accept(part, path, checksum)


def kept_file(path: Path, url: str, checksum: str = "") -> Kept | None:
    """The record of a file that came from a URL and is unchanged since then; else None."""
    with suppress(OSError, ValueError, TypeError):
        kept = Kept(**json.loads(_beside(path, ".json").read_bytes()))
        if (kept.url, kept.sha256) == (url, _digest(path)) and _has_checksum(path, checksum):
            return kept
    return None


def forget(path: Path) -> None:
    """Remove a file that proved to be damaged, so that it is fetched anew."""
    for suffix in ("", ".json", ".part.json", ".part"):
        _beside(path, suffix).unlink(missing_ok=True)


class _Part:
    """The beginning of a download: NAME.part, and the record that makes it more than bytes.

    `version`: of the file that it is the beginning of, "" if the server tells none. `size`: of the
    whole file in bytes, 0 if unknown.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.url, self.version, self.size = url, "", 0
        self.path, self.record = _beside(path, ".part"), _beside(path, ".part.json")
        with suppress(OSError, ValueError, TypeError, KeyError):
            record = json.loads(self.record.read_bytes())
            if record["url"] == url:
                self.version, self.size = str(record["version"]), int(record["size"])

    @property
    def done(self) -> int:
        """How many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def is_complete(self) -> bool:
        return bool(self.version and self.size) and self.done == self.size

    def begin(self, version: str, size: int) -> None:
        self.discard()
        self.path.touch()
        self.version, self.size = version, size
        record = {"url": self.url, "version": version, "size": size}
        publish_bytes(self.record, json.dumps(record).encode())

    def discard(self) -> None:
        self.version, self.size = "", 0
        for path in (self.record, self.path):  # in this order: bytes without a record are nothing
            path.unlink(missing_ok=True)


def _attempt(
    part: _Part, missing: str, progress: Progress, say: Say, timeout_seconds: float
) -> None:
    """Ask for the rest of a file, and append it."""
    url, offset = part.url, part.done if part.version else 0
    headers = {"User-Agent": f"link-corpus/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": part.version}
    request = urllib.request.Request(url, headers=headers)
    with _clear_errors(part, missing):
        opener = urllib.request.build_opener(_WebOnly)
        response: http.client.HTTPResponse = opener.open(request, timeout=timeout_seconds)
    with response:
        etag = response.headers.get("ETag", "")
        is_strong = etag and not etag.startswith("W/")
        version = etag if is_strong else response.headers.get("Last-Modified", "")
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            sent = response.headers.get("Content-Range", "")
            match = re.fullmatch(rf"bytes {offset}-\d+/(\d+)", sent, re.ASCII)
            if not match or version not in ("", part.version):
                part.discard()
                raise _TransientError("the server sent another part than it was asked for")
            size = part.size = int(match[1])
            say(f"resuming {url} at {offset:,} of {size:,} bytes")
        else:
            offset, size = 0, response.length or 0
            say(f"fetching {url}{f' ({size:,} bytes)' if size else ''}")
            part.begin(version, size)
        try:
            with part.path.open("r+b") as file, progress(size) as advance:
                file.truncate(offset)
                file.seek(offset)
                advance(offset)
                while data := _read(response, part):
                    if file.tell() + len(data) > MOST_BYTES:
                        raise LexiconError(f"{url}: holds more than {MOST_BYTES:,} bytes")
                    file.write(data)
                    advance(len(data))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = error.filename or str(part.path)  # the disk is full
            raise
    if size and part.done != size:
        raise _TransientError(f"the connection ended after {part.done:,} of {size:,} bytes")


def _read(response: http.client.HTTPResponse, part: _Part) -> bytes:
    with _clear_errors(part):
        return response.read1(_CHUNK_BYTES)


@contextmanager
def _clear_errors(part: _Part, missing: str = "") -> Iterator[None]:
    """Network errors as `_TransientError`, or as `LexiconError` where trying again is of no use."""
    url = part.url
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            raise LexiconError(f"{missing} (no {url})") from error
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.discard()
            raise _TransientError("the file is shorter than it was") from error
        answers = f"the server answers {error.code} {error.reason}"
        if error.code in _TRY_AGAIN:
            raise _TransientError(answers) from error
        raise LexiconError(f"{url}: {answers}; {_OTHER_SERVER}") from error
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise LexiconError(
                f"{url}: the server's certificate is not trusted ({reason.verify_message}); "
                f"behind a proxy that has its own, name its file in SSL_CERT_FILE"
            ) from error
        is_refused = isinstance(reason, ConnectionRefusedError)
        if isinstance(reason, (TimeoutError, ConnectionError)) and not is_refused:
            raise _TransientError(_words(reason)) from error
        raise LexiconError(
            f"{url}: the server cannot be reached ({_words(reason)}); is this machine online? "
            f"{_OTHER_SERVER}"
        ) from error
    except http.client.InvalidURL as error:
        raise LexiconError(f"{url}: is not a URL ({error})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _TransientError(_words(error)) from error


def _words(error: Any) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended too early"
    return getattr(error, "strerror", "") or str(error) or type(error).__name__


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https, and from https only to https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        new = urlsplit(urljoin(req.full_url, newurl)).scheme
        if new != "https" and not (new == req.type == "http"):
            fp.close()
            raise LexiconError(
                f"{req.full_url}: refused, because the server redirects to {newurl}, which is not "
                f"as safe; {_OTHER_SERVER}"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _accept(part: _Part, path: Path, checksum: str) -> Kept:
    """Give a complete download its name, if it is what it should be."""
    with part.path.open("rb") as file:
        head = file.read(1024)
    wrong = ""
    if not head:
        wrong = "the server sent an empty file"
    elif _WEB_PAGE.match(head):
        wrong = (
            "the server sent a web page instead of the file; is a login page between, "
            "or has the file moved?"
        )
    elif not _has_checksum(part.path, checksum):
        wrong = (
            f"the file is damaged: its checksum is not {checksum[:16]}…, as published; "
            f"run the same command again to fetch it again"
        )
    if wrong:
        part.discard()
        raise LexiconError(f"{part.url}: {wrong}")
    date = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    kept = Kept(part.url, part.done, _digest(part.path), date)
    _beside(path, ".json").unlink(missing_ok=True)  # a kill must leave no record of another file
    part.path.replace(path)
    publish_bytes(_beside(path, ".json"), json.dumps(asdict(kept)).encode())
    part.discard()
    return kept


@contextmanager
def _lock(path: Path, url: str, say: Say) -> Iterator[None]:
    """Keeps other processes from fetching the same file; a killed one leaves no lock."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process fetches {url}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _has_checksum(path: Path, checksum: str) -> bool:
    """Whether a file has a checksum; one of an unknown kind says nothing."""
    algorithm = _ALGORITHMS.get(len(checksum.strip()))
    return algorithm is None or _digest(path, algorithm) == checksum.strip().lower()


def _digest(path: Path, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
