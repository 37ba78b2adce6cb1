r"""Lingvo's DSL, plain or `.dz`.

    #NAME "English-German"
    dog
    <tab>[m1][p]n[/p] [trn]Hund, Köter[/trn][/m]
    <tab>[m1]1) [ex]the dog barks - der Hund bellt[/ex][/m]

Headwords begin a line, cards are indented. Examples, comments and labels are no translations.
"""

import re

from link.lexicon.formats.buchmeier import split_outside_brackets
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row, lines_of
from link.lexicon.formats.pos import part_of_speech
from link.lexicon.languages import named_language

_TAG = re.compile(r"(?<!\\)(\[/?[^\[\]]*\])")
_TAG_NAME = re.compile(r"\[(/?)([^\s\]]*)")
_NO_WORDS = {"ex", "com", "s", "url", "t", "*", "'", "!trs", "p"}
_LANGUAGE = re.compile(r'#(?:INDEX|CONTENTS)_LANGUAGE\s+"(\w+)')
_NUMBER = re.compile(r"^\s*(\d+[.)]|[a-zа-я]\))\s*")


def recognise(head: str) -> bool:
    return re.match(r"\s*#(NAME|INDEX_LANGUAGE|CONTENTS_LANGUAGE)\b", head) is not None


def read(text: str, path: str) -> Parsed:
    parsed = Parsed()
    words: list[str] = []
    in_card = False
    for number, line in enumerate(lines_of(text), start=1):
        if line.startswith("#"):
            parsed.comments.append(line)
            if (named := _LANGUAGE.match(line)) and named[1].casefold() != "english":
                parsed.about.setdefault("language", named_language(named[1]))
        elif not line.strip():
            continue
        elif line[0] not in " \t":
            words = [] if in_card else words
            words.append(_plain(re.sub(r"\{.*?\}", "", line)))
            in_card = False
        elif words:
            in_card = True
            label, marked, body = _parts(line)
            targets = [*split_outside_brackets(_NUMBER.sub("", _plain(marked or body)))]
            pos = part_of_speech(label)
            rows = [Row(number, word, target, "", pos) for word in words for target in targets]
            parsed.take(number, rows, EMPTY)
    return parsed


def _parts(line: str) -> tuple[str, str, str]:
    """The first label of a card's line, what is marked as translation, and all that is words."""
    open_tags: list[str] = []
    labels, marked, words = [], [], []
    for token in _TAG.split(line):
        tag = _TAG_NAME.match(token) if _TAG.fullmatch(token) else None
        if tag is None:
            no_words = _NO_WORDS.intersection(open_tags)
            if no_words == {"p"}:
                labels.append(token)
            elif not no_words:
                words.append(token)
                marked += [token] if "trn" in open_tags else []
        elif not tag[1]:
            open_tags.append(tag[2])
        elif tag[2] in open_tags:
            if tag[2] == "trn":
                marked.append(" , ")
            del open_tags[len(open_tags) - 1 - open_tags[::-1].index(tag[2])]
    return "".join(labels[:1]), "".join(marked), "".join(words)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", _TAG.sub("", text)).split())


FORMAT = Format("dsl", "Lingvo DSL (.dsl, .dsl.dz)", recognise, read, "no card holds a translation")
