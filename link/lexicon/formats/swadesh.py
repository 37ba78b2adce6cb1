"""PanLex Swadesh lists: two files, English and another language, joined by line.

    I                        ich
    you<tab>thou             du

A line holds the words for one meaning, parted by tabs; it may be empty.
"""

from link.errors import LexiconError
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row, lines_of, trimmed


def read(text: str, other_text: str, path: str, other_path: str) -> Parsed:
    english, other = lines_of(text), lines_of(other_text)
    if len(english) != len(other):
        raise LexiconError(
            f"{path} has {len(english)} lines and {other_path} has {len(other)}; lists that are "
            f"joined by line need as many"
        )
    parsed = Parsed()
    for number, lines in enumerate(zip(english, other, strict=True), start=1):
        sources, targets = (list(filter(None, map(trimmed, line.split("\t")))) for line in lines)
        rows = [Row(number, word, target) for word in sources for target in targets]
        parsed.take(number, rows, EMPTY)
    return parsed


FORMAT = Format(
    "swadesh",
    "a pair of PanLex Swadesh lists",
    lambda head: False,
    read,
    "no line holds words on both sides",
    files=2,
)
