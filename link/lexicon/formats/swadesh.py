"""PanLex Swadesh lists: two files, English and another language, joined by line.

    I                        ich
    you<tab>thou             du

A line holds the words for one meaning, parted by tabs; it may be empty.
"""

from collections.abc import Sequence

from link.errors import LexiconError
from link.lexicon.formats.pairs import lines_of, trimmed
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    if len(texts) != 2:
        raise LexiconError(
            f"{paths[0]}: a Swadesh list holds one language; name two, the English one first"
        )
    english, other = (lines_of(text) for text in texts)
    if len(english) != len(other):
        raise LexiconError(
            f"{paths[0]} has {len(english)} lines and {paths[1]} has {len(other)}; lists that are "
            f"joined by line need as many"
        )
    parsed = Parsed()
    for number, (left, right) in enumerate(zip(english, other, strict=True), start=1):
        sources, targets = (
            [trimmed(word) for word in line.split("\t") if trimmed(word)] for line in (left, right)
        )
        if not (sources and targets):
            parsed.drop(EMPTY, number)
        parsed.rows += [Row(number, word, target) for word in sources for target in targets]
    if not parsed.rows:
        raise LexiconError(f"{' and '.join(paths)}: no line holds words on both sides")
    return parsed


FORMAT = Format("swadesh", "PanLex Swadesh lists (two files)", lambda head: False, read, files=2)
