"""Fetching a file over HTTP, so that it comes whole or not at all, and an interrupted one resumes.

    FOLDER/NAME             the file, complete
    FOLDER/NAME.json        where it comes from, when it came, its size and hash
    FOLDER/NAME.part        the beginning of one that is under way
    FOLDER/NAME.part.json   which version of the file that is the beginning of
    FOLDER/NAME.lock        held by the process that fetches it

What is resumed is the same version of the file: the server is asked to go on only if it still has
what it had (If-Range). What the file holds is no concern here, except that it is no web page.
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
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

from link import __version__
from link.errors import LexiconError

TIMEOUT_SECONDS = 30.0
PAUSES_SECONDS = (1, 2, 4, 8)
"""Between tries that bring nothing new; after as many the file is given up, for now."""

MOST_BYTES = 8 << 30
_CHUNK = 1 << 18
_WEB_PAGE = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype\s+)?html[\s>]", re.I | re.S
)

Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""Takes a file's size in bytes, 0 if it is unknown; what it gives takes the bytes just done."""

_CHECKSUMS = {64: "sha256", 128: "sha512"}  # length in hexadecimal digits -> algorithm


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was fetched, as it stands in the record beside it."""

    url: str
    size_bytes: int
    sha256: str
    date: str


class _TransientError(Exception):
    """What may go better the next time."""


def fetch(
    url: str,
    path: Path,
    *,
    checksum: str = "",
    missing: str = "",
    force: bool = False,
    progress: Progress = lambda _: nullcontext(lambda _: None),
    say: Callable[[str], object] = lambda _: None,
    sleep: Callable[[float], object] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Kept:
    """Bring the file at a URL to a path, unless it is there already and as it was when it came.

    `checksum`: SHA-256 or SHA-512 in hexadecimal, if known. `missing`: the words for a file that
    the server does not have. `force`: fetch it even if it is there. Raises `LexiconError`; what
    came until then is kept, and the next call goes on from there.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise LexiconError(f"{url}: is no URL of a web server; it begins with http:// or https://")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(_beside(path, ".lock"), url, say):
        kept = None if force else kept_file(path, url, checksum)
        if kept:
            say(f"kept from {kept.date}: {path}")
            return kept
        download = _Download(url, path, missing, progress, say, timeout_seconds)
        download.run(sleep or time.sleep)
        return _publish(download.part, path, url, checksum)


def kept_file(path: Path, url: str, checksum: str = "") -> Kept | None:
    """The record of a file that came from that URL and is as it was then; else None."""
    try:
        kept = Kept(**json.loads(_beside(path, ".json").read_bytes()))
        if kept.url != url or kept.sha256 != _digest(path, "sha256"):
            return None
    except (OSError, ValueError, TypeError):
        return None
    return kept if not checksum or _is_right(path, checksum) else None


def forget(path: Path) -> None:
    """Remove a file that proved to be damaged, so that it is fetched anew."""
    for each in (path, _beside(path, ".json"), *_parts(path)):
        with suppress(OSError):
            each.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all."""
    with written_whole(path) as file:
        file.write(data)


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its name when the block ends without an exception.

    Several processes may write the same one at the same time: the last one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # the disk is full
        raise
    finally:
        with suppress(OSError):
            new.unlink()


class _Download:
    """One file on its way: what of it is here, and how often it was tried in vain."""

    def __init__(
        self,
        url: str,
        path: Path,
        missing: str,
        progress: Progress,
        say: Callable[[str], object],
        timeout_seconds: float,
    ) -> None:
        self.url = url
        self.part, self.record = _parts(path)
        self.missing = missing
        self.progress = progress
        self.say = say
        self.timeout_seconds = timeout_seconds
        self.size = 0  # bytes of the whole file; 0 until the server has said
        self.opener = urllib.request.build_opener(_OnlyWeb)

    def run(self, sleep: Callable[[float], object]) -> None:
        """Try until the file is complete; raise `LexiconError` when trying seems of no use."""
        tries, most = 0, self._done()
        while True:
            try:
                self._try()
                return
            except _TransientError as error:
                done = self._done()
                if done > most:
                    tries, most = 0, done
                if tries == len(PAUSES_SECONDS):
                    raise LexiconError(self._given_up(error)) from error
                self.say(f"{self.url}: {error}; trying again in {PAUSES_SECONDS[tries]} s")
                sleep(PAUSES_SECONDS[tries])
                tries += 1

    def _given_up(self, error: Exception) -> str:
        done = self._done()
        kept = f"; {done:,} bytes are kept" if done else ""
        then = "to resume" if done else "later"
        return f"{self.url}: {error}, several times{kept}; run the same command again {then}"

    def _try(self) -> None:
        version, offset = self._begun()
        if offset and offset == self.size:
            return
        headers = {"User-Agent": f"link-corpus/{__version__}", "Accept-Encoding": "identity"}
        if offset:
            headers |= {"Range": f"bytes={offset}-", "If-Range": version}
        request = urllib.request.Request(self.url, headers=headers)
        with self._opened(request) as response:
            if response.status == http.HTTPStatus.PARTIAL_CONTENT:
                start, size = _content_range(response.headers)
                if not offset or start != offset or _version(response.headers, version) != version:
                    self._start_over()
                    raise _TransientError(
                        "the server went on at another place than it was asked to"
                    )
                self.say(f"resuming {self.url} at {offset:,} of {size:,} bytes")
            else:
                offset, size = 0, _length(response.headers)
                self.say(f"fetching {self.url}{f' ({size:,} bytes)' if size else ''}")
                self._begin(_version(response.headers), size)
            self.size = size
            self._receive(response, offset)
        if size and self._done() != size:
            raise _TransientError(f"the connection ended after {self._done():,} of {size:,} bytes")

    @contextmanager
    def _opened(self, request: urllib.request.Request) -> Iterator[http.client.HTTPResponse]:
        try:
            response = self.opener.open(request, timeout=self.timeout_seconds)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from error
        except urllib.error.URLError as error:
            raise self._unreachable(error.reason) from error
        except http.client.InvalidURL as error:
            raise LexiconError(f"{self.url}: is no URL ({error})") from error
        except (OSError, http.client.HTTPException) as error:
            raise _TransientError(_words(error)) from error
        with response:
            yield response

    def _receive(self, response: http.client.HTTPResponse, offset: int) -> None:
        try:
            with self.part.open("r+b") as file, self.progress(self.size) as advance:
                file.truncate(offset)
                file.seek(offset)
                advance(offset)
                while data := self._read(response):
                    if file.tell() + len(data) > MOST_BYTES:
                        raise LexiconError(f"{self.url}: holds more than {MOST_BYTES:,} bytes")
                    file.write(data)
                    advance(len(data))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = error.filename or str(self.part)  # the disk is full
            raise

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _TransientError(_words(error)) from error

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        """What becomes of an answer that is no file."""
        code = error.code
        if code in (404, 410):
            return LexiconError(f"{self.missing or 'there is no such file'} (no {self.url})")
        if code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._start_over()
            return _TransientError("the file is shorter than it was")
        if code in (408, 425, 429) or code >= 500:
            return _TransientError(f"the server answers {code} {error.reason}")
        return LexiconError(
            f"{self.url}: the server answers {code} {error.reason}; "
            f"another server can be named with --base-url"
        )

    def _unreachable(self, reason: Any) -> Exception:
        if isinstance(reason, ssl.SSLCertVerificationError):
            return LexiconError(
                f"{self.url}: the server's certificate is not trusted ({reason.verify_message}); "
                f"behind a proxy that has its own, name its file in SSL_CERT_FILE"
            )
        if isinstance(reason, (TimeoutError, ConnectionError)) and not isinstance(
            reason, ConnectionRefusedError
        ):
            return _TransientError(_words(reason))
        return LexiconError(
            f"{self.url}: the server cannot be reached ({_words(reason)}); is there a network? "
            f"A mirror can be named with --base-url"
        )

    def _begun(self) -> tuple[str, int]:
        """Which version of the file there is a beginning of, and how long that is."""
        try:
            record = json.loads(self.record.read_bytes())
            version, size = record["version"], record["size"]
            if record["url"] == self.url and isinstance(version, str) and isinstance(size, int):
                self.size = size
                return version, self._done() if version else 0
        except (OSError, ValueError, TypeError, KeyError):
            pass
        return "", 0

    def _begin(self, version: str, size: int) -> None:
        self._start_over()
        self.part.touch()
        write_whole(
            self.record, json.dumps({"url": self.url, "version": version, "size": size}).encode()
        )

    def _start_over(self) -> None:
        for path in (self.record, self.part):  # in this order: bytes without a record are nothing
            with suppress(FileNotFoundError):
                path.unlink()

    def _done(self) -> int:
        try:
            return self.part.stat().st_size
        except OSError:
            return 0


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https, and from https only to https."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        new, old = urlsplit(urljoin(req.full_url, newurl)).scheme, req.type
        if new != "https" and not (new == old == "http"):
            fp.close()
            raise LexiconError(
                f"{req.full_url}: refused, because the server redirects to {newurl}, which is not "
                f"as safe; a mirror can be named with --base-url"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _publish(part: Path, path: Path, url: str, checksum: str) -> Kept:
    """Give a complete file its name, if it is what it should be."""
    with part.open("rb") as file:
        head = file.read(1024)
    wrong = ""
    if not head:
        wrong = "the server sent an empty file"
    elif _WEB_PAGE.match(head):
        wrong = (
            "the server sent a web page instead of the file; is a login page between, "
            "or has the file moved?"
        )
    elif checksum and not _is_right(part, checksum):
        wrong = (
            f"the file is damaged: its checksum is not {checksum[:16]}…, as published; "
            f"run the same command again to fetch it anew"
        )
    if wrong:
        for each in _parts(path):
            with suppress(FileNotFoundError):
                each.unlink()
        raise LexiconError(f"{url}: {wrong}")
    sha256 = _digest(part, "sha256")
    kept = Kept(url, part.stat().st_size, sha256, f"{datetime.now(timezone.utc):%Y-%m-%d}")
    with suppress(FileNotFoundError):
        _beside(path, ".json").unlink()  # a kill in between must leave no record of another file
    part.replace(path)
    write_whole(_beside(path, ".json"), json.dumps(asdict(kept)).encode())
    with suppress(FileNotFoundError):
        _parts(path)[1].unlink()
    return kept


@contextmanager
def _lock(path: Path, url: str, say: Callable[[str], object]) -> Iterator[None]:
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


def _parts(path: Path) -> tuple[Path, Path]:
    return _beside(path, ".part"), _beside(path, ".part.json")


def _is_right(path: Path, checksum: str) -> bool:
    """Whether a file has a checksum; one of a kind that is not known says nothing."""
    algorithm = _CHECKSUMS.get(len(checksum.strip()))
    return algorithm is None or _digest(path, algorithm) == checksum.strip().lower()


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _version(headers: Message, default: str = "") -> str:
    """What tells one version of a file from another: a strong ETag, or the time of its change."""
    etag = str(headers.get("ETag", ""))
    if etag and not etag.startswith("W/"):
        return etag
    return str(headers.get("Last-Modified", default))


def _length(headers: Message) -> int:
    text = str(headers.get("Content-Length", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def _content_range(headers: Message) -> tuple[int, int]:
    """Where a part of a file begins, and the size of the whole; (-1, 0) if that is not said."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", str(headers.get("Content-Range", "")), re.ASCII)
    return (int(match[1]), int(match[2])) if match else (-1, 0)


def _words(error: Any) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended too early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
