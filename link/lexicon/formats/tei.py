"""FreeDict's dictionaries in TEI: P5 (with a namespace) and P4 (with a DOCTYPE and without one).

    <entry><form><orth>dog</orth></form><gramGrp><pos>n</pos></gramGrp>
      <sense><cit type="trans"><quote>hond</quote></cit></sense></entry>       P5
      <sense><def>mbwa</def></sense></entry>                                   P5, other files
      <sense><trans><tr>Hund</tr></trans></sense></entry>                      P4

Entries are counted, not lines.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath
from xml.etree.ElementTree import Element

from link.errors import LexiconError
from link.lexicon.formats.buchmeier import split_outside_brackets
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.pos import part_of_speech
from link.lexicon.formats.xml import elements, inner_text, local_name
from link.lexicon.languages import language_in, named_language

_TITLE = re.compile(r"English\s*[-–]\s*(\w+)|(\w+)\s*[-–]\s*English\b")


def recognise(head: str) -> bool:
    return re.search(r"<TEI(\.2)?[\s>]", head[:10_000]) is not None


def read(text: str, path: str) -> Parsed:
    parsed = Parsed(unit="entry")
    number, titled = 0, ""
    for element in elements(text, path, "entry", "availability", "include", "title"):
        name = local_name(element)
        if name == "include":
            raise LexiconError(
                f"{path}: the dictionary is split into files ({element.get('href')}), which are "
                f"not followed; name those files themselves"
            )
        if name == "availability":
            parsed.about.setdefault("licence", inner_text(element))
        elif name == "title":
            if found := _TITLE.search(inner_text(element)):
                titled = titled or named_language(found[1] or found[2])
        else:
            number += 1
            parsed.take(number, _rows(number, element), EMPTY)
    if language := language_in(PurePath(path).name) or titled:
        parsed.about["language"] = language
    return parsed


def _rows(number: int, entry: Element) -> list[Row]:
    words = [inner_text(orth) for orth in _inside(entry, "orth")]
    pos = part_of_speech(next((inner_text(part) for part in _inside(entry, "pos")), ""))
    targets = list(_translations(entry))
    return [Row(number, word, target, "", pos) for word in words for target in targets]


def _translations(entry: Element) -> Iterator[str]:
    """Of the three places for translations, the first that an entry uses."""
    examples = {
        quote
        for cit in _inside(entry, "cit")
        if cit.get("type") in ("example", "eg")
        for quote in _inside(cit, "quote")
    }
    quotes = [
        inner_text(quote)
        for cit in _inside(entry, "cit")
        if cit.get("type") in ("trans", "translation")
        for quote in _inside(cit, "quote")
        if quote not in examples
    ]
    for texts in (
        quotes,
        [inner_text(tr) for tr in _inside(entry, "tr")],
        [part for d in _inside(entry, "def") for part in split_outside_brackets(inner_text(d))],
    ):
        if any(texts):
            yield from filter(None, texts)
            return


def _inside(element: Element, name: str) -> Iterator[Element]:
    return (part for part in element.iter() if local_name(part) == name)


FORMAT = Format(
    "tei", "FreeDict in TEI P5 or P4", recognise, read, "no entry holds a word and a translation"
)
