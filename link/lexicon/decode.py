"""From a file's bytes to its text: compressed or not, UTF-8, UTF-16, or what the user says."""

import gzip
import io
import zlib

from link.errors import LexiconError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MOST_BYTES = 4 << 30  # the largest Wiktionary extracts have somewhat less
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def decoded(data: bytes, path: str, encoding: str | None = None) -> str:
    """The text of a file, without a byte order mark.

    Without `encoding`: what a byte order mark says, UTF-16 if every other byte of the beginning is
    mostly zero, else UTF-8. Raises `LexiconError` for bytes that are something else.
    """
    if data.startswith(_GZIP):  # dictzip (.dz) is gzip as well
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(_MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise LexiconError(f"{path}: the gzip data is cut off or damaged ({error})") from error
        if len(data) > _MOST_BYTES:
            raise LexiconError(f"{path}: holds more than {_MOST_BYTES:,} bytes; is it a lexicon?")
    elif data.startswith(_ZSTD):
        raise LexiconError(f"{path}: is compressed by Zstandard; decompress it first")
    bom, marked = next(
        ((bom, name) for bom, name in _BOMS.items() if data.startswith(bom)), (b"", None)
    )
    encoding = encoding or marked or _guess(data)
    body = data.removeprefix(bom) if marked == encoding.lower() else data
    try:
        return body.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise LexiconError(f"{encoding!r} is no encoding; name one such as latin-1") from None
    except UnicodeDecodeError as error:
        byte = error.start + len(data) - len(body)
        line = data.count(b"\n", 0, byte) + 1
        raise LexiconError(
            f"{path}: line {line}, byte {byte}: not {encoding.upper()} ({error.reason}); "
            f"name its encoding with --encoding, for example --encoding latin-1"
        ) from None
    except UnicodeError as error:
        raise LexiconError(f"{path}: not {encoding.upper()} ({error})") from None


def _guess(data: bytes) -> str:
    head = data[:4096]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if len(zeros) > 8 and zeros.count(0) > 0.3 * len(zeros):
            return name
    return "utf-8"
