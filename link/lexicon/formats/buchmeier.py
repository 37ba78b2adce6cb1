"""Matthias Buchmeier's dictionaries extracted from Wiktionary.

    dog {n} (animal) :: Hund {m}, Hündin {f}
    dog {n} (animal) :: कुत्ता {m} /kuttā/, कुत्ती {f} /kuttī/
    a {article} (an) SEE: an ::

A sense is a line; commas part its translations, except in brackets. Comments are `# Key :: value`.
"""

import re
from collections.abc import Iterator

from link.lexicon.formats.parsed import (
    EMPTY,
    INCOMPLETE,
    REDIRECT,
    Format,
    Parsed,
    Row,
    lines_of,
)
from link.lexicon.formats.pos import part_of_speech
from link.lexicon.languages import named_language

_SEPARATOR = re.compile(r"::(?:\s+|$)")
_POS = re.compile(r"\{([^{}]*)\}")
_ABOUT = {"license": "licence", "licence": "licence", "url": "source"}


def recognise(head: str) -> bool:
    lines = [line for line in lines_of(head) if line.strip()]
    return sum(" ::" in line for line in lines) > 0.8 * len(lines) > 0


def read(text: str, path: str) -> Parsed:
    parsed = Parsed()
    for number, line in parsed.lines_of(text):
        left, *right = _SEPARATOR.split(line, maxsplit=1)
        left = left.rstrip()
        if line.startswith("#"):
            parsed.comments.append(line)
            key, value = left.lstrip("# "), "".join(right).strip()
            if key == "English" and right:
                language = named_language(value.split(" dictionary")[0])
                parsed.about.setdefault("language", language)
            elif key.lower() in _ABOUT and right:
                parsed.about.setdefault(_ABOUT[key.lower()], value)
        elif not right:
            parsed.drop(INCOMPLETE, number)
        elif "SEE:" in left:
            parsed.drop(REDIRECT, number)
        else:
            word = re.split(r"[{(]", left, maxsplit=1)[0].strip()
            label = _POS.search(left)
            pos = part_of_speech(label[1]) if label else ""
            targets = split_outside_brackets(right[0]) if word else ()
            rows = [Row(number, word, target, "", pos) for target in targets]
            parsed.take(number, rows, EMPTY if word else INCOMPLETE)
    return parsed


def split_outside_brackets(text: str, separators: str = ",;") -> Iterator[str]:
    """The parts between separators that stand in no bracket, no /transliteration/ and no number.

    >>> [*split_outside_brackets("1,000, thousand (a, b)")]
    ['1,000', 'thousand (a, b)']
    """
    depth = start = 0
    slashed = False
    for i, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(0, depth - 1)
        elif character == "/" and not depth:
            opens = not slashed and text[i - 1 : i] in ("", " ")
            slashed = opens and text.find("/", i + 1) > 0
        elif (
            character in separators
            and not (depth or slashed)
            and not (text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit())
        ):
            yield from filter(None, [text[start:i].strip()])
            start = i + 1
    yield from filter(None, [text[start:].strip()])


FORMAT = Format(
    "buchmeier",
    "Wiktionary extracts by Matthias Buchmeier",
    recognise,
    read,
    "no line holds `word {pos} (gloss) :: translation`",
)
