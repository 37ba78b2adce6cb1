"""From a file's bytes to its text: compressed or not, UTF-8, UTF-16, or what the user says.

What a file may hold is bounded: a small one that unpacks to very much more is no lexicon.
"""

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
from typing import IO, Any

from link.errors import LexiconError

MOST_BYTES = 4 << 30  # the largest Wiktionary extracts have somewhat less
MOST_LINE_BYTES = 64 << 20  # a dictionary in JSON or XML may be one line
MOST_LINES = 50_000_000
MOST_TIMES = 100
"""As much may a file grow when it is unpacked, if it is large then; lexicons grow four times."""

FEWEST_BYTES = 64 << 20


def _open_zstd(file: IO[bytes]) -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdFile(file)


_PACKED: dict[bytes, tuple[str, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),  # dictzip (.dz) as well
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _open_zstd),
}
_NO_TEXT = {
    b"PK\x03\x04": "is a zip archive; unpack it, and name the file in it",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it, and name the file in it",
    b"Rar!": "is a rar archive; unpack it, and name the file in it",
    b"\x04\x22\x4d\x18": "is compressed by LZ4; decompress it first",
    b"\x1f\x9d": "is compressed by compress (.Z); decompress it first",
    b"SQLite format 3\x00": "is a SQLite database; export a table of pairs from it",
    b"%PDF-": "is a PDF; a lexicon is text",
    **{
        bytes((0x80, protocol)): "is a pickle, which is never loaded; a lexicon is text"
        for protocol in range(2, 6)
    },
}
_TAR, _TAR_AT = b"ustar", 257
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def unpacked(data: bytes, path: str) -> bytes:
    """The bytes of a file, decompressed if they are gzip, bzip2, xz or Zstandard.

    Raises `LexiconError` for what is damaged, is packed in another way, or is more than a lexicon.
    """
    data = decompressed(data, path)
    for magic, words in _NO_TEXT.items():
        if data.startswith(magic):
            raise LexiconError(f"{path}: {words}")
    if data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise LexiconError(f"{path}: is a tar archive; unpack it, and name the file in it")
    return data


def decompressed(data: bytes, path: str) -> bytes:
    """As `unpacked`, but whatever it is that was compressed."""
    for magic, (name, open_packed) in _PACKED.items():
        if data.startswith(magic):
            data = _decompressed(data, path, name, open_packed)
            break
    _check_size(data, path)
    return data


def decoded(data: bytes, path: str, encoding: str | None = None) -> str:
    """The text of a file, decompressed, without a byte order mark, with `\\n` between its lines.

    Without `encoding`: what a byte order mark says, UTF-16 if every other byte of the beginning is
    mostly zero, else UTF-8. Raises `LexiconError` for bytes that are something else.
    """
    data = unpacked(data, path)
    bom, marked = next(
        ((bom, name) for bom, name in _BOMS.items() if data.startswith(bom)), (b"", None)
    )
    encoding = encoding or marked or _guess(data)
    body = data.removeprefix(bom) if marked == encoding.lower() else data
    try:
        return _with_line_feeds(body.decode(encoding).removeprefix("\ufeff"))
    except LookupError:
        raise LexiconError(f"{encoding!r} is not an encoding; name one such as latin-1") from None
    except UnicodeDecodeError as error:
        byte = error.start + len(data) - len(body)
        line = data.count(b"\n", 0, byte) + 1
        raise LexiconError(
            f"{path}: line {line}, byte {byte}: not {encoding.upper()} ({error.reason}); "
            f"name its encoding with --encoding, for example --encoding latin-1"
        ) from None
    except UnicodeError as error:
        raise LexiconError(f"{path}: not {encoding.upper()} ({error})") from None


def _with_line_feeds(text: str) -> str:
    """Lines end in LF, CR LF, or in CR alone, as in old files."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decompressed(
    data: bytes, path: str, name: str, open_packed: Callable[[IO[bytes]], Any]
) -> bytes:
    most = min(MOST_BYTES, max(FEWEST_BYTES, MOST_TIMES * len(data)))
    try:
        with open_packed(io.BytesIO(data)) as file:
            whole: bytes = file.read(most + 1)
    except Exception as error:  # each library has exceptions of its own for damage
        raise LexiconError(f"{path}: the {name} data is truncated or damaged ({error})") from error
    if len(whole) > most:
        raise LexiconError(
            f"{path}: {len(data):,} bytes of {name} hold more than {most:,} bytes, "
            f"which no lexicon does; if it is one, decompress it first"
        )
    return whole


def _check_size(data: bytes, path: str) -> None:
    """Raise `LexiconError` for a line, or a number of lines, that is more than a lexicon has."""
    if data.count(b"\n") > MOST_LINES:
        raise LexiconError(f"{path}: has more than {MOST_LINES:,} lines; is it a lexicon?")
    start = 0
    while len(data) - start > MOST_LINE_BYTES:
        end = data.rfind(b"\n", start, start + MOST_LINE_BYTES)
        if end < 0:
            raise LexiconError(
                f"{path}: has a line of more than {MOST_LINE_BYTES:,} bytes; is it a lexicon?"
            )
        start = end + 1


def _guess(data: bytes) -> str:
    head = data[:4096]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if len(zeros) > 8 and zeros.count(0) > 0.3 * len(zeros):
            return name
    return "utf-8"
