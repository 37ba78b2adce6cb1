"""From a publisher's files to lexicons.

    CACHE/downloads/SOURCE/…    what was fetched, as it was published, and what was taken out of it

A damaged file is removed, so that the next call fetches it anew.
"""

import gzip
import io
import json
import lzma
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from link.errors import LexiconError
from link.lexicon.decode import decompressed
from link.lexicon.download.fetch import Kept, fetch, forget
from link.lexicon.download.sources import (
    FREEDICT_CATALOGUE,
    Published,
    Source,
    check_language,
    has_none,
    languages_in_catalogue,
    published,
    wiktionary_codes,
)
from link.lexicon.find import user_folder
from link.lexicon.formats import kaikki
from link.lexicon.languages import known_tag, language_of
from link.lexicon.lexicon import Lexicon
from link.lexicon.read import UNKNOWN_LICENCE
from link.publish import publish_bytes
from link.publish import published as written

MOST_EXTRACT_BYTES = 64 << 30  # decompressed; kaikki's has 3.2 GB, of which one line is held
MOST_LINE_BYTES = 64 << 20
MOST_AT_ONCE = 200
"""Languages of Wiktionary's extract that one reading takes out; each has an open file."""

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError)


class Fetch(Protocol):
    """`fetch`, with what is the same for all files given already."""

    def __call__(self, url: str, path: Path, *, checksum: str = "", missing: str = "") -> Kept: ...


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A language's file, ready to be read. `raw`: the file as it was published."""

    source: Source
    language: str
    path: Path
    raw: Path
    file: Published
    kept: Kept

    @property
    def name(self) -> str:
        """The name of the lexicon that is made of it."""
        return f"{self.source.name}-en-{self.language}"


def downloads_folder(source: Source) -> Path:
    """Where what was fetched is kept."""
    return user_folder().parent / "downloads" / source.name


def download(
    source: Source,
    languages: Sequence[str],
    base: str,
    fetch: Fetch = fetch,
    say: Callable[[str], object] = lambda _: None,
) -> Iterator[Downloaded]:
    """Fetch the files of some languages, and unpack them. `say` takes what is being done.

    Raises `LexiconError`: before anything is fetched, if a language is known not to be there.
    """
    for language in languages:
        check_language(source, language)
    folder = downloads_folder(source)
    catalogue = b""
    if source.name == "freedict":
        path = folder / FREEDICT_CATALOGUE
        fetch(f"{base}/{FREEDICT_CATALOGUE}", path)
        catalogue = path.read_bytes()
    files = {language: published(source, language, base, catalogue) for language in languages}
    if source.name == "kaikki":
        yield from _from_kaikki(source, files, folder, fetch, say)
        return
    for language, file in files.items():
        raw = folder / file.name
        kept = fetch(file.url, raw, checksum=file.checksum, missing=_missing(source, language))
        path = raw
        if source.name == "freedict":
            path = folder / f"en-{language}.tei"
            with _forgotten_if_damaged(raw):
                publish_bytes(path, _dictionary_in(raw), is_contended=True)
        yield Downloaded(source, language, path, raw, file, kept)


def languages_of(
    source: Source, base: str, fetch: Fetch = fetch, say: Callable[[str], object] = lambda _: None
) -> list[str]:
    """All languages that a source has: those that are known, those of FreeDict's catalogue, or
    those in the extract of Wiktionary that have a code.
    """
    if source.languages:
        return [*source.languages]
    folder = downloads_folder(source)
    if source.name == "freedict":
        fetch(f"{base}/{FREEDICT_CATALOGUE}", folder / FREEDICT_CATALOGUE)
        catalogue = (folder / FREEDICT_CATALOGUE).read_bytes()
        return languages_in_catalogue(catalogue, f"{base}/{FREEDICT_CATALOGUE}")
    file = published(source, "", base)
    fetch(file.url, folder / file.name)
    say(f"looking for languages in {folder / file.name}; it takes a minute or two")
    with _forgotten_if_damaged(folder / file.name):
        _, seen = _extract(folder / file.name, {})
    tags = {tag for code in seen if (tag := known_tag(code)) and language_of(tag) != "en"}
    return sorted(tags)


def download_each(
    source: Source,
    languages: Sequence[str],
    base: str,
    fetch: Fetch,
    say: Callable[[str], object],
    total: int,
) -> Iterator[tuple[str, Downloaded | LexiconError]]:
    """As `download`, but the error of one language does not end the others: it is yielded.

    The languages are the last ones of `total`; `say` is told which is next.
    """
    size = MOST_AT_ONCE if source.name == "kaikki" else 1
    number = total - len(languages)
    for start in range(0, len(languages), size):
        waiting = [*languages[start : start + size]]
        try:
            if size == 1:  # else it is taken out of what is fetched already
                say(f"{source.name}: {waiting[0]}, {start + number + 1} of {total}")
            for place, one in enumerate(download(source, waiting[:], base, fetch, say), start + 1):
                if size > 1:
                    say(f"{source.name}: {one.language}, {place + number} of {total}")
                waiting.remove(one.language)
                yield one.language, one
        except LexiconError as error:
            yield from ((language, error) for language in waiting)


def lexicon_of(one: Downloaded, *, allow_bad: bool = False) -> Lexicon:
    """Read and clean a file that was fetched.

    Raises `LexiconError` also where source and target seem swapped, or most rows would be dropped:
    that is no lexicon of the language. `allow_bad`: only if nothing is left.
    """
    is_sound = bool(one.file.checksum) or one.path != one.raw  # as it was published, that is
    with nullcontext() if is_sound else _forgotten_if_damaged(one.raw):
        found = Lexicon.load(
            one.path, format=one.source.format, language=one.language, reverse=one.file.reverse
        )
    report = found.report
    problem = report.problem
    if not problem and report.is_mostly_lost:
        problem = (
            f"{report.lost:,} of {report.rows:,} rows would be dropped ({report.most_frequent()})"
        )
    if problem and not allow_bad:
        raise LexiconError(
            f"{one.name}: {problem}. So nothing is written. Look at it with `link lexicon check "
            f"{one.path} --lang {one.language}`; --allow-bad writes it anyway"
        )
    licence = found.licence
    if licence == UNKNOWN_LICENCE:
        licence = one.file.licence or one.source.licence
    comments = tuple(c for c in found.comments if not c.startswith("# source:"))
    return replace(found, name=one.name, licence=licence, comments=comments)


def canonical_text(one: Downloaded, lexicon: Lexicon) -> str:
    """The lexicon as a canonical file that says where it comes from, and since when."""
    return lexicon.with_header(source=one.kept.url, licence=lexicon.licence, date=one.kept.date)


@contextmanager
def _forgotten_if_damaged(raw: Path) -> Iterator[None]:
    """Removes the file if what is done with it shows that it cannot be read."""
    try:
        yield
    except LexiconError as error:
        forget(raw)
        raise LexiconError(
            f"{error}. What was fetched is removed, in case it was damaged on the way; run the "
            f"same command again to fetch it again"
        ) from error


def _missing(source: Source, language: str) -> str:
    """The words for a file that is not where it should be."""
    if source.name == "freedict":
        return "the catalogue names a file that is gone; --force fetches the catalogue again"
    if language in source.languages:
        return f"{source.name} has had a lexicon for {language}, but it is not there; has it moved?"
    return has_none(source, language)


def _from_kaikki(
    source: Source,
    files: Mapping[str, Published],
    folder: Path,
    fetch: Fetch,
    say: Callable[[str], object],
) -> Iterator[Downloaded]:
    """All languages at once: the file is long."""
    file = next(iter(files.values()))
    raw = folder / file.name
    kept = fetch(file.url, raw)
    paths = {language: folder / f"en-{language}.jsonl" for language in files}
    say(f"reading {raw}, which takes a minute or two")
    with _forgotten_if_damaged(raw):
        counts, seen = _extract(raw, paths)
    for language, path in paths.items():
        if not counts[language]:
            path.unlink()
            some = ", ".join(code for code, _ in seen.most_common(40))
            raise LexiconError(
                f"{has_none(source, language)} (translations into {len(seen)} languages, "
                f"most of them into {some})"
            )
        yield Downloaded(source, language, path, raw, file, kept)


def _extract(raw: Path, paths: Mapping[str, Path]) -> tuple[Counter[str], Counter[str]]:
    """Write the entries with translations into some languages, each language to a file of its own.

    One line at a time is held in memory. Returns the number of pairs of each language, and of each
    code in the file.
    """
    wanted: dict[str, list[str]] = {}  # code -> languages: `sh` is of `hr`, `sr`, `bs` and `sh`
    for lang in paths:
        for code in {lang, *wiktionary_codes(lang)}:
            wanted.setdefault(code, []).append(lang)
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        out = {
            lang: stack.enter_context(written(path, is_contended=True))
            for lang, path in paths.items()
        }
        for number, line in enumerate(_lines_of(raw), start=1):
            if not line.strip():
                continue
            found: dict[str, list[dict[str, str]]] = {}
            rows = kaikki.rows_of(line, number, str(raw))
            for row in rows:
                seen[row.language] += 1
                of = wanted.get(row.language) or wanted.get(known_tag(row.language), [])
                for language in of:
                    pair = {"code": language, "word": row.target}
                    found.setdefault(language, []).append(pair)
            for language, pairs in found.items():
                counts[language] += len(pairs)
                entry = {"word": rows[0].source, "pos": rows[0].pos, "lang_code": "en"}
                out[language].write(json.dumps(entry | {"translations": pairs}).encode() + b"\n")
    return counts, seen


def _lines_of(raw: Path) -> Iterator[bytes]:
    size = 0
    try:
        with gzip.open(raw) as file:
            while line := file.readline(MOST_LINE_BYTES):
                size += len(line)
                if size > MOST_EXTRACT_BYTES or len(line) == MOST_LINE_BYTES:
                    raise LexiconError(f"{raw}: holds more than a Wiktionary could")
                yield line
    except _DAMAGE as error:
        raise LexiconError(f"{raw}: the gzip data is truncated or damaged ({error})") from error


def _dictionary_in(archive: Path) -> bytes:
    """The largest dictionary in a tar archive; nothing else of it is unpacked."""
    data = decompressed(archive.read_bytes(), str(archive))
    texts: list[bytes] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for member in tar:
                if member.isfile() and member.name.endswith(".tei"):
                    file = tar.extractfile(member)
                    texts += [file.read()] if file else []
    except _DAMAGE as error:
        raise LexiconError(f"{archive}: the archive is truncated or damaged ({error})") from error
    if not any(texts):
        raise LexiconError(f"{archive}: there is no dictionary (.tei) in the archive")
    return max(texts, key=len)
