"""Plain pairs, a pair a line, between whatever the file has between its columns.

    the<tab>der            the die            dog ||| Hund ||| 0.5            dog;Hund
    as usual<tab>wie immer

What parts the columns is a matter of the file. If most lines have tabs, those without one lack a
column; in a line with a tab, spaces belong to the words (`separator_of` says what else is tried).
Further columns: numbers are weights, tags are parts of speech, all else is passed over and counted.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain

from link.lexicon.formats.columns import decimal
from link.lexicon.formats.parsed import (
    BLANK,
    FURTHER_COLUMNS,
    INCOMPLETE,
    Format,
    Parsed,
    Row,
    lines_of,
    trimmed,
)
from link.lexicon.formats.pos import is_part_of_speech, part_of_speech

MOST_LOOKED_AT = 5_000  # lines, by which separators and columns are told
MOST_LINES = 0.9  # the share of lines that must have what is taken for a habit of the file

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMENT = re.compile(r"#(?:\s|$)")
_TAB, _SPACES, _SEVERAL_SPACES = "\t", "", "  "
_WIDE = re.compile(r"\S {2,}\S")
_CHARACTERS = (";", "|", "=", ":", "→", ",")
_JOINING = {"&", "+", "'", "’"}  # `R & D`: alone between spaces they may belong to words
_IN_WORDS = {*_JOINING, "-"}
_NO_SIGN = re.compile(r"[.…]+|[\[({<\"'“”„«»‘’]")  # ellipses; brackets and quotes are hygiene's
OTHER_SIGN = "ignored, a sign between the words that does not separate those of most lines"
JOINING_SIGN = "dropped, the translation begins with a sign that joins words"


def read(text: str, path: str) -> Parsed:
    lines = lines_of(text)
    pairs = [line for line in lines if line.strip() and not _is_comment(line)]
    separator = separator_of(pairs)
    parsed = Parsed()
    all_columns = _numbers_last(_all_trimmed(list(_split(lines, separator))))
    if separator == _SPACES:
        all_columns = _words_joined(lines, all_columns)
    further = _further_columns(all_columns)
    for number, (line, columns) in enumerate(zip(lines, all_columns, strict=True), start=1):
        if _is_comment(line):
            parsed.comments.append(trimmed(line))
        elif len(columns) == 2 and columns[0] and columns[1] and columns[1][0].isalpha():  # most
            parsed.rows.append(Row(number, columns[0], columns[1]))
        elif not any(columns):
            parsed.drop(BLANK, number)
        elif len(columns) < 2 or not (columns[0] and columns[1]):
            parsed.drop(INCOMPLETE, number)
        else:
            _take(parsed, number, columns, *further)
    if separator not in (_TAB, _SPACES, _SEVERAL_SPACES):
        parsed.notes.append(f"columns are separated by {separator!r}")
    return parsed


def separator_of(lines: Sequence[str]) -> str:
    r"""What stands between the columns of most lines: a tab; signs between spaces (`|||`, `@`,
    `::`, `->`); two spaces and more; `;`, `|`, `=`, `:`, `→` or a comma beside words; "" for
    single spaces.

    >>> separator_of(["dog\tHund", "cat\tKatze"]), separator_of(["the die", "the der"])
    ('\t', '')
    >>> separator_of(["dog ||| Hund ||| 0.5"]), separator_of(["dog;Hund", "cat;Katze"])
    ('|||', ';')
    """
    if sum(["\t" in line for line in lines]) * 2 > len(lines):
        return _TAB
    looked_at = [line for line in lines[:MOST_LOOKED_AT] if "\t" not in line]
    least = MOST_LINES * len(looked_at)
    if not looked_at:
        return _SPACES
    signs: Counter[str] = Counter()
    for line in looked_at:
        words = line.split()
        signs.update({word for word in words[1:-1] if _is_sign(word)})
    for sign, count in signs.most_common(1):
        if count >= least and (sign not in _IN_WORDS or count > 1):
            return sign
    if sum(_WIDE.search(line) is not None for line in looked_at) >= least:
        return _SEVERAL_SPACES
    for character in _CHARACTERS:
        if sum(character in line for line in looked_at) < least:
            continue
        before = [len(line.partition(character)[0].split()) for line in looked_at]
        # A comma may part the translations of a file whose columns are separated by spaces: then a
        # word and a translation stand before it.
        if character != "," or before.count(2) < least:
            return character
    return _SPACES


def _is_sign(word: str) -> bool:
    """Whether a word is made of punctuation and symbols alone."""
    return all(unicodedata.category(character)[0] in "PS" for character in word)


def _split(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    """The columns of each line; in a line with a tab, a tab parts them."""
    for line in lines:
        if separator == _TAB or "\t" in line:
            yield line.split("\t")
        elif separator == _SPACES:
            yield line.split()
        elif separator == _SEVERAL_SPACES:
            yield re.split(r" {2,}", line.strip())
        elif separator in _CHARACTERS and '"' in line:
            yield _unquoted(line, separator)
        elif separator in _CHARACTERS:
            yield line.split(separator)
        else:
            yield re.split(rf"(?:^|\s){re.escape(separator)}(?:\s|$)", line)


def _numbers_last(lines: list[list[str]]) -> list[list[str]]:
    """Numbers that stand before or between the words of most lines stand behind them; those that
    only count the lines are gone.
    """
    looked_at = [columns for columns in lines[:MOST_LOOKED_AT] if any(columns)]
    for place in (0, 1):
        values = [columns[place] for columns in looked_at if len(columns) > 2]
        if len(values) < MOST_LINES * len(looked_at) or not _are(values, _NUMBER.fullmatch):
            continue
        counted = [*map(str, range(len(values) + 1))]
        is_count = len(values) > 1 and values in (counted[:-1], counted[1:])
        lines = [
            [*columns[:place], *columns[place + 1 :], *([] if is_count else [columns[place]])]
            if len(columns) > 2 and _NUMBER.fullmatch(columns[place])
            else columns
            for columns in lines
        ]
        break
    return lines


def _unquoted(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # quotes that are none
        return line.split(separator)


def _words_joined(lines: Sequence[str], all_columns: list[list[str]]) -> list[list[str]]:
    """Of lines that spaces part: a word, those of its translation, a weight and a tag, what else
    ends the line. A sign that stands behind the first word of some line parts words wherever it is.
    """
    spaced = [
        columns
        for line, columns in zip(lines, all_columns, strict=True)
        if len(columns) > 1 and not (_TAB in line or _is_comment(line))
    ]
    signs = {columns[1] for columns in spaced if len(columns) > 2 and _may_part(columns[1])}
    signs -= _JOINING
    looked_at = spaced[:MOST_LOOKED_AT]
    tails = [columns[_end(columns, True, True, signs) :] for columns in looked_at]
    with_number = sum(any(map(_NUMBER.fullmatch, tail)) for tail in tails)
    with_tag = sum(any(map(is_part_of_speech, tail)) for tail in tails)
    numbers, tags = 0 < len(tails) <= 2 * with_number, 0 < MOST_LINES * len(tails) <= with_tag

    def joined(columns: list[str]) -> list[str]:
        end = _end(columns, numbers, tags, signs)
        tail = [word for word in columns[end:] if word not in signs]
        at = next((i for i, word in enumerate(columns[1 : end - 1], 1) if word in signs), 1)
        source, target = " ".join(columns[:at]), " ".join(columns[at:end])
        weight = next(filter(_NUMBER.fullmatch, tail), "")
        tag = next(filter(is_part_of_speech, tail), "")
        for known in filter(None, (weight, tag)):
            tail.remove(known)
        return [source, target, *([weight, tag, *tail] if weight or tag or tail else [])]

    return [
        columns if _TAB in line or len(columns) < 3 else joined(columns)
        for line, columns in zip(lines, all_columns, strict=True)
    ]


def _end(columns: Sequence[str], numbers: bool, tags: bool, signs: Collection[str]) -> int:
    """Where the numbers, tags and signs begin that end a line; two words are before them."""
    end = len(columns)
    while end > 2 and (
        (numbers and _NUMBER.fullmatch(columns[end - 1]))
        or (tags and is_part_of_speech(columns[end - 1]))
        or columns[end - 1] in signs
    ):
        end -= 1
    return end


def _take(parsed: Parsed, number: int, columns: Sequence[str], weight: int, pos: int) -> None:
    """Add the row of a line, without a sign before its translation; one that joins words (`R & D`)
    drops it. Columns that are neither weight nor part of speech are accounted for.
    """
    source, target = columns[:2]
    told = {place: columns[place] for place in (weight, pos) if 0 < place < len(columns)}
    words = target.split()
    at = next((i for i, word in enumerate(words) if not _may_part(word)), 0)
    if at and any(map(str.isalpha, target)):
        reason = JOINING_SIGN if words[0] in _JOINING else OTHER_SIGN
        parsed.drop(reason, number)
        parsed.show(reason, source, target)
        target = "" if words[0] in _JOINING else " ".join(words[at:])
    if target:
        tag = told.get(pos, "") and part_of_speech(told[pos])
        parsed.rows.append(Row(number, source, target, decimal(told.get(weight, "")), tag))
    over = [text for place, text in enumerate(columns[2:], 2) if text and place not in told]
    if over:
        parsed.drop(FURTHER_COLUMNS, number)
        parsed.show(FURTHER_COLUMNS, source, ", ".join(over))


def _may_part(word: str) -> bool:
    return _is_sign(word) and not _NO_SIGN.fullmatch(word)


def _further_columns(lines: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The places of weight and part of speech behind the second column, 0 for none; told by what
    stands there in most lines.
    """
    weight = pos = 0
    looked_at = [columns for columns in lines[:MOST_LOOKED_AT] if len(columns) > 1]
    for place in range(2, max(map(len, looked_at), default=0)):
        values = [each[place] for each in looked_at if len(each) > place and each[place]]
        if not weight and _are(values, _NUMBER.fullmatch):
            weight = place
        elif not pos and _are(values, is_part_of_speech):
            pos = place
    return weight, pos


def _are(values: Sequence[str], is_one: Callable[[str], object]) -> bool:
    """Whether nearly all values are of a kind."""
    return bool(values) and sum(map(bool, map(is_one, values))) >= MOST_LINES * len(values)


def _is_comment(line: str) -> bool:
    return line.startswith("#") and _COMMENT.match(line) is not None


def _all_trimmed(lines: list[list[str]]) -> list[list[str]]:
    """The columns of each line, trimmed; in most files none needs it."""
    columns = [*chain.from_iterable(lines)]
    if [*map(str.strip, columns)] == columns and "\ufeff" not in "".join(columns):
        return lines
    return [[trimmed(column) for column in columns] for columns in lines]


FORMAT = Format(
    "pairs",
    "pairs by tab, space or another sign (MUSE, GATITOS, WECHSEL)",
    lambda head: True,
    read,
    "no line holds a pair; expected lines of `source<tab>target` or `source target`; name another "
    "format with --from",
)
