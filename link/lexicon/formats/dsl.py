r"""Lingvo's DSL, plain or `.dz`.

    #NAME "English-German"
    dog
    <tab>[m1][p]n[/p] [trn]Hund, Köter[/trn][/m]
    <tab>[m1]1) [ex]the dog barks - der Hund bellt[/ex][/m]

Headwords begin a line, cards are indented. Examples, comments and labels are no translations.
"""

import re
from collections.abc import Sequence

from link.errors import LexiconError
from link.lexicon.formats.buchmeier import split_outside_brackets
from link.lexicon.formats.pairs import lines_of
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.pos import part_of_speech

_NO_WORDS = re.compile(r"\[(ex|com|s|url|t|\*|'|!trs)\].*?\[/\1\]", re.DOTALL)
_LABEL = re.compile(r"\[p\](.*?)\[/p\]")
_TRANSLATION = re.compile(r"\[trn\](.*?)\[/trn\]", re.DOTALL)
_TAG = re.compile(r"(?<!\\)\[/?[^\]]*\]")
_NUMBER = re.compile(r"^\s*(\d+[.)]|[a-zа-я]\))\s*")


def recognise(head: str) -> bool:
    return re.match(r"\s*#(NAME|INDEX_LANGUAGE|CONTENTS_LANGUAGE)\b", head) is not None


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    [text], [path] = texts, paths
    parsed = Parsed()
    words: list[str] = []
    in_card = False
    for number, line in enumerate(lines_of(text), start=1):
        if line.startswith("#"):
            parsed.comments.append(line)
        elif not line.strip():
            continue
        elif line[0] not in " \t":
            words = [] if in_card else words
            words.append(_plain(re.sub(r"\{.*?\}", "", line)))
            in_card = False
        elif words:
            in_card = True
            _take(parsed, number, words, line)
    if not parsed.rows:
        raise LexiconError(f"{path}: no card holds a translation")
    return parsed


def _take(parsed: Parsed, number: int, words: list[str], line: str) -> None:
    label = _LABEL.search(line)
    marked = _TRANSLATION.findall(line)
    body = " , ".join(marked) if marked else _LABEL.sub("", line)
    body = _NUMBER.sub("", _plain(_NO_WORDS.sub("", body)))
    targets = list(split_outside_brackets(body))
    if not targets:
        parsed.drop(EMPTY, number)
    pos = part_of_speech(label[1]) if label else ""
    parsed.rows += [Row(number, word, target, "", pos) for word in words for target in targets]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", _TAG.sub("", text)).split())


FORMAT = Format("dsl", "Lingvo DSL (.dsl, .dsl.dz)", recognise, read)
