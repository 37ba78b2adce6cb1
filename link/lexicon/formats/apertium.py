"""Apertium's bilingual dictionaries (`.dix`).

    <e><p><l>in<b/>spite<b/>of<s n="pr"/></l><r>trotz<s n="pr"/></r></p></e>
    <e r="RL">…</e>      holds only from right to left: no pair when one comes from the left
    <e><i>plus<s n="n"/></i></e>      both sides are the same

Entries are counted, not lines. A part of speech is the first symbol.
"""

import re
from pathlib import PurePath
from xml.etree.ElementTree import Element

from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.pos import part_of_speech
from link.lexicon.formats.xml import elements, inner_text, local_name
from link.lexicon.languages import language_in

PATTERN = "skipped, a pattern instead of words"


def recognise(head: str) -> bool:
    return re.search(r"<dictionary[\s>]", head[:10_000]) is not None


def read(text: str, path: str) -> Parsed:
    parsed = Parsed(unit="entry")
    number = 0
    for entry in elements(text, path, "e", "pardefs"):
        if local_name(entry) == "pardefs":  # what stood in it are paradigms, not words
            parsed, number = Parsed(unit="entry"), 0
            continue
        number += 1
        only = entry.get("r", "")
        if entry.get("i") == "yes" or any(local_name(part) == "re" for part in entry.iter()):
            parsed.drop(PATTERN, number)
        else:
            source, target = _sides(entry)
            pos = next((s.get("n", "") for s in entry.iter() if local_name(s) == "s"), "")
            row = Row(number, source, target, "", part_of_speech(pos), only=only)
            parsed.take(number, [row] if source and target else [], EMPTY)
    if language := language_in(PurePath(path).name):  # `apertium-en-de.en-de.dix`
        parsed.about["language"] = language
    return parsed


def _sides(entry: Element) -> tuple[str, str]:
    left, right = [], []
    for part in entry:
        if local_name(part) == "i":
            left.append(_word(part))
            right.append(_word(part))
        elif local_name(part) == "p":
            for side in part:
                (left if local_name(side) == "l" else right).append(_word(side))
    return "".join(left).strip(), "".join(right).strip()


def _word(element: Element) -> str:
    """The text of a side: `<b/>` is a space, a symbol `<s/>` nothing, `<g>` holds text."""
    for part in element.iter():
        if local_name(part) == "b":
            part.text = " "
    return inner_text(element)


FORMAT = Format(
    "apertium",
    "Apertium bilingual dictionary (.dix)",
    recognise,
    read,
    "no entry holds a pair; is it a bilingual dictionary?",
)
