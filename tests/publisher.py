"""A publisher of lexicons on this machine: the five layouts, and everything that may go wrong."""

import gzip
import hashlib
import io
import json
import re
import tarfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MUSE = "dog hund\ndog köter\nhouse haus\nhand hand\nbank bank\nbank ufer\n".encode()
GATITOS = "dog\tthewa\nday\tantü\nday\tantü\ntükuwküle\nDon't worry\tfemkilnge\n".encode()
APERTIUM = b"""<?xml version="1.0" encoding="UTF-8"?>
<dictionary><section id="main" type="standard">
<e><p><l>dog<s n="n"/></l><r>Hund<s n="n"/></r></p></e>
<e r="RL"><p><l>hound<s n="n"/></l><r>Hund<s n="n"/></r></p></e>
</section></dictionary>
"""
APERTIUM_REVERSE = b"""<?xml version="1.0" encoding="UTF-8"?>
<dictionary><section id="main" type="standard">
<e><p><l>chien<s n="n"/></l><r>dog<s n="n"/></r></p></e>
<e r="LR"><p><l>toutou<s n="n"/></l><r>doggy<s n="n"/></r></p></e>
</section></dictionary>
"""
TEI = b"""<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><publicationStmt>
  <availability status="free"><p>GNU General Public License ver. 2.0</p></availability>
</publicationStmt></fileDesc></teiHeader><text><body>
  <entry><form><orth>dog</orth></form><gramGrp><pos>n</pos></gramGrp>
    <sense><cit type="trans"><quote>Hund</quote></cit></sense></entry>
</body></text></TEI>
"""
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Please log in</title></head></html>\n"


def kaikki(*entries: dict[str, Any]) -> bytes:
    """The extract of the English Wiktionary, with some entries."""
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries or KAIKKI)
    return gzip.compress("".join(lines).encode(), mtime=0)


KAIKKI: tuple[dict[str, Any], ...] = (
    {
        "word": "dog",
        "pos": "noun",
        "lang_code": "en",
        "translations": [
            {"code": "de", "word": "Hund", "sense": "animal"},
            {"code": "sw", "word": "mbwa"},
            {"code": "sh", "word": "пас"},
            {"code": "sh", "word": "pas"},
            {"code": "cmn", "word": "狗"},
        ],
    },
    {
        "word": "run",
        "pos": "verb",
        "lang_code": "en",
        "senses": [{"glosses": ["move"], "translations": [{"code": "de", "word": "laufen"}]}],
    },
    {"word": "chien", "pos": "noun", "lang_code": "fr", "senses": [{"glosses": ["dog"]}]},
)


def tar_xz(members: dict[str, bytes], mode: str = "w:xz") -> bytes:
    """An archive as FreeDict's are."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


def release(pair: str, archive: bytes, *, date: str = "2022-04-15", **more: str) -> dict[str, str]:
    """What the catalogue says of an archive."""
    version = f"1.9-{date}"
    url = f"https://download.freedict.org/dictionaries/{pair}/{version}"
    return {
        "URL": f"{url}/freedict-{pair}-{version}.src.tar.xz",
        "checksum": hashlib.sha512(archive).hexdigest(),
        "date": date,
        "platform": "src",
        "size": str(len(archive)),
        "version": version,
        **more,
    }


def catalogue(**releases: list[dict[str, str]]) -> bytes:
    """FreeDict's catalogue: of each pair (`eng_deu`) its releases."""
    entries: list[dict[str, Any]] = [
        {"name": pair.replace("_", "-"), "headwords": "2", "releases": every}
        for pair, every in releases.items()
    ]
    return json.dumps([*entries, {"software": {"tools": {}}}]).encode()


def path_of(one: dict[str, str]) -> str:
    """Where a mirror has the archive of a release."""
    return "/freedict/" + one["URL"].removeprefix("https://download.freedict.org/")


@dataclass
class Reply:
    """How a request is answered, if not as it should be.

    `cut`: so many bytes of the body come, then the connection ends. `hang`: they come, then nothing
    does. `plain`: the whole file, whatever part was asked for. `chunked`: without the size.
    """

    status: int = 0
    cut: int | None = None
    hang: bool = False
    plain: bool = False
    chunked: bool = False
    location: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Publisher:
    """What is published, how the next requests are answered, and what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.replies: dict[str, list[Reply]] = defaultdict(list)
        self.asked: list[tuple[str, str]] = []  # (path, range)
        self.if_range: list[str] = []
        self.url = ""
        self.closing = threading.Event()
        self.modified = ""

    def publish(self, path: str, data: bytes, etag: str | None = None) -> str:
        """Put a file where it is served, and give its URL."""
        self.files[path] = data
        self.etags[path] = f'"{hashlib.md5(data).hexdigest()}"' if etag is None else etag
        return self.url + path

    def publish_all(self) -> None:
        """One file in each of the five layouts, and FreeDict's catalogue."""
        archive = tar_xz({"eng-deu/README": b"read me", "eng-deu/eng-deu.tei": TEI})
        one = release("eng-deu", archive)
        self.publish("/muse/en-de.txt", MUSE)
        self.publish("/gatitos/en_arn.tsv", GATITOS)
        self.publish("/kaikki/kaikki.org-dictionary-English.jsonl.gz", kaikki())
        self.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
        self.publish(path_of(one), archive)
        self.publish("/apertium/apertium-eng-deu/HEAD/apertium-eng-deu.eng-deu.dix", APERTIUM)
        self.publish(
            "/apertium/apertium-fra-eng/HEAD/apertium-fra-eng.fra-eng.dix", APERTIUM_REVERSE
        )


@contextmanager
def serving() -> Iterator[Publisher]:
    """A publisher for as long as the block lasts."""
    publisher = Publisher()

    class Handler(_Handler):
        served = publisher

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        publisher.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield publisher
        finally:
            publisher.closing.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: Publisher
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        served, path = self.served, self.path
        wanted = self.headers.get("Range", "")
        served.asked.append((path, wanted))
        served.if_range.append(self.headers.get("If-Range", ""))
        replies = served.replies[path]
        reply = replies.pop(0) if replies else Reply()
        self.close_connection = True
        if reply.location:
            self._head(reply.status or 302, 0, {"Location": reply.location})
            return
        if path not in served.files or reply.status:
            body = b"<html>an error</html>"
            self._head(reply.status or 404, len(body), reply.headers)
            self.wfile.write(body)
            return
        data, etag = served.files[path], served.etags[path]
        headers = {"ETag": etag} if etag else {}
        if served.modified:
            headers["Last-Modified"] = served.modified
        headers |= reply.headers
        start = self._start(wanted, etag) if not reply.plain else 0
        if start and start >= len(data):
            self._head(416, 0, {"Content-Range": f"bytes */{len(data)}"})
            return
        body = data[start:]
        if start:
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} | headers
        self._head(206 if start else 200, None if reply.chunked else len(body), headers)
        if reply.chunked:
            part = body[: reply.cut]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n" if reply.cut is None else b"")
        else:
            self.wfile.write(body[: reply.cut])
        if reply.hang:
            self.wfile.flush()
            self.served.closing.wait()

    def _start(self, wanted: str, etag: str) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", wanted)
        fits = self.headers.get("If-Range", "") in (etag, self.served.modified)
        return int(match[1]) if match and fits else 0

    def _head(self, status: int, length: int | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Not on standard error."""
