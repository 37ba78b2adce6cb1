"""Dictionaries of dictd, as Debian ships FreeDict's: an index, and entries packed by dictzip.

    NAME.index       zoo<tab>Bm7q<tab>Y               headword, offset and length in base 64
    NAME.dict.dz     zoo /zuː/ <n>                    headword, pronunciation, part of speech
                     1. dierentuin, dierenpark        a line a sense
                        See also: {zoology}           no translation

Either file names both. What the dictionary says of itself (`00database…`) tells language and
licence. The entries' lines are those of FreeDict's own layout.
"""

import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from link.errors import LexiconError
from link.lexicon.decode import decoded, decompressed
from link.lexicon.formats.buchmeier import split_outside_brackets
from link.lexicon.formats.parsed import EMPTY, INCOMPLETE, Format, Parsed, Row, lines_of
from link.lexicon.formats.pos import part_of_speech
from link.lexicon.languages import language_in, named_language

INDEX, ENTRIES = ".index", (".dict.dz", ".dict")
MOST_TIMES = 20
"""Headwords may share entries; together these have at most so many times the bytes of the file."""

_DIGITS = {
    digit: n for n, digit in enumerate(string.ascii_letters[26:] + string.ascii_letters[:26])
}
_DIGITS |= {digit: 52 + n for n, digit in enumerate(f"{string.digits}+/")}
_LINE = re.compile(r"[^\t]*\t[A-Za-z0-9+/]{1,10}\t[A-Za-z0-9+/]{1,10}(\t.*)?")
_ABOUT = re.compile(r"00-?database-?(.*)")
_POS = re.compile(r" <([^<>,]*)[^<>]*>")
_NUMBER = re.compile(r"\d+\.(?:\s|$)")
_NOTE = re.compile(r"\s*(?:[A-Z][\w ]*:\s|[\"“{])")  # `See also: {ziwa}`, an example
_LICENCE = re.compile(r"^Availability:\s+(.+?)\n\n(?=\S)", re.M | re.S)
_MOST_TOLD = 1 << 16  # characters
_TITLE = re.compile(r"English\s*[-–]\s*(\w+)|(\w+)\s*[-–]\s*English\b")


def recognise(head: str) -> bool:
    """Whether it is the beginning of an index that has a dictionary's words about itself."""
    lines = lines_of(head)[:20]
    return any(_ABOUT.match(line) and _LINE.fullmatch(line) for line in lines)


def gather(path: Path) -> list[Path]:
    """The index and the entries that belong to either; none if one of them is missing."""
    suffix = next((one for one in (INDEX, *ENTRIES) if path.name.endswith(one)), None)
    if suffix is None:
        return []
    stem = path.name.removesuffix(suffix)
    others = ENTRIES if suffix == INDEX else (INDEX,)
    found = [each for one in others if (each := path.with_name(stem + one)).is_file()][:1]
    if not found and suffix == ENTRIES[0] and path.is_file():  # others' `.dict` may be tables
        raise LexiconError(_alone(str(path)))
    both = [path, *found] if suffix == INDEX else [*found, path]
    return both if found and path.is_file() else []


def is_bundle(files: Sequence[tuple[str, bytes]]) -> bool:
    """Whether they are an index and its entries."""
    names = [PurePath(path).name for path, _ in files]
    return len(names) == 2 and any(map(_is_index, names)) and not all(map(_is_index, names))


def _is_index(name: str) -> bool:
    return name.endswith(INDEX)


def read_files(files: Sequence[tuple[str, bytes]], encoding: str | None) -> Parsed:
    """The rows of the index's file and the entries' file; lines are those of the index.

    Raises `LexiconError` also where the index points outside of the entries.
    """
    if len(files) != 2:
        raise LexiconError(_alone(files[0][0]))
    (path, index), (entries_path, packed) = sorted(files, key=lambda one: not _is_index(one[0]))
    entries = decompressed(packed, entries_path)
    left = MOST_TIMES * len(entries)
    parsed = Parsed()
    for number, line in parsed.lines_of(decoded(index, path, encoding)):
        if not _LINE.fullmatch(line):
            raise LexiconError(
                f"{path}: line {number}: no `headword<tab>offset<tab>length` of dictd, in base 64"
            )
        word, *numbers = line.split("\t")[:3]
        start, length = map(_number, numbers)
        if start + length > len(entries):
            raise LexiconError(
                f"{path}: line {number}: points at bytes {start:,} to {start + length:,}, but "
                f"{entries_path} has {len(entries):,}; do the two belong together?"
            )
        left -= length
        if left < 0:
            raise LexiconError(f"{path}: line {number}: its entries overlap; is it an index?")
        try:
            text = entries[start : start + length].decode(encoding or "utf-8")
        except UnicodeDecodeError as error:
            raise LexiconError(
                f"{entries_path}: byte {start + error.start}: not {(encoding or 'utf-8').upper()} "
                f"({error.reason}); name its encoding with --encoding"
            ) from error
        if about := _ABOUT.match(word):
            _tell(parsed, about[1], text)
        else:
            parsed.take(number, _rows(number, word, text), EMPTY if text.strip() else INCOMPLETE)
    if language := language_in(PurePath(path).name):
        parsed.about["language"] = language
    return parsed


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value << 6 | _DIGITS[digit]
    return value


def _tell(parsed: Parsed, what: str, text: str) -> None:
    """Take licence and language from what a dictionary says of itself."""
    if what == "info" and (licence := _LICENCE.search(text[:_MOST_TOLD])):
        parsed.about["licence"] = " ".join(licence[1].split())
    elif what == "short" and (title := _TITLE.search(text)):
        parsed.about["language"] = named_language(title[1] or title[2])


def _rows(number: int, indexed: str, text: str) -> Iterator[Row]:
    """The pairs of an entry. The index may spell a headword in lower case, the entry does not."""
    first, *lines = text.strip("\n").split("\n")
    word = min((first.partition(sign)[0].strip() for sign in (" /", " <")), key=len)
    word = word if word.lower() == indexed.lower() else indexed
    tag = _POS.search(first)
    pos = part_of_speech(tag[1]) if tag else ""
    for line in lines:
        if not _NOTE.match(line):
            for target in split_outside_brackets(_NUMBER.sub("", line.strip(), count=1)):
                yield Row(number, word, target, "", pos)


def _alone(path: str) -> str:
    return (
        f"{path}: a dictionary of dictd is two files, NAME.index and NAME.dict.dz (or .dict); the "
        f"other one is not beside this one"
    )


def read(*texts_and_paths: str) -> Parsed:
    raise LexiconError(_alone(texts_and_paths[len(texts_and_paths) // 2]))


FORMAT = Format(
    "dictd",
    "dictd (.index with .dict.dz)",
    recognise,
    read,
    "no entry holds a translation",
    files=0,
)
