"""Tables that are joined on concepts: words of English and of other languages, by what they mean.

    meaning,language,text              id<tab>num<tab>word           id<tab>num<tab>word
    7,eng-000,dog                      Animal:dog.N<tab>1<tab>dog    Animal:dog.N<tab>1<tab>Hund
    7,deu-000,Hund

One table (PanLex, exported so; `--lang` picks a language), or two (Panlexia: `eng.tsv` and another
language's). A header names the columns. A word that shares several concepts with another is the
better translation: that is the weight.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from link.errors import LexiconError
from link.lexicon.formats.columns import POS
from link.lexicon.formats.csv_table import delimiter_of, reader_of
from link.lexicon.formats.parsed import INCOMPLETE, Format, Parsed, Row, trimmed
from link.lexicon.formats.pos import is_part_of_speech, part_of_speech
from link.lexicon.languages import known_tag, language_of, named_language

CONCEPT = ("concept", "concept_id", "meaning", "meaning_id", "mn", "synset", "parameter_id")
LANGUAGE = (
    *("language", "lang", "language_id", "language_code", "lang_code", "langvar", "uid"),
    *("iso", "iso639_3", "variety"),
)
TEXT = ("text", "txt", "word", "form", "expression", "expr", "lemma", "term")
MOST_ENGLISH = 100
"""A concept of more English words is none, and would give pairs without end."""

NO_ENGLISH = "skipped, the concept has no English word"
TOO_MANY = f"dropped, the concept has more than {MOST_ENGLISH} English words"

_VARIETY = re.compile(r"-\d{3}")  # of PanLex: `eng-000`


class Word(NamedTuple):
    """A word for a concept. `language`: "" where all are of one."""

    line: int
    concept: str
    text: str
    language: str = ""
    pos: str = ""


class _Places(NamedTuple):
    concept: int
    text: int
    language: int | None
    pos: int | None


def recognise(head: str) -> bool:
    """Whether the first line names columns of concepts, languages and words."""
    places = _places_in(head)
    return places is not None and places.language is not None


def recognise_pair(head: str) -> bool:
    """Whether the first line names columns of concepts (also as `id`) and words."""
    return _places_in(head, ("id",)) is not None


def read(*texts_and_paths: str) -> Parsed:
    """One text and its path, or two texts and both paths."""
    half = len(texts_and_paths) // 2
    texts, paths = texts_and_paths[:half], texts_and_paths[half:]
    parsed = Parsed()
    if half == 1:
        words = [*_words(texts[0], paths[0], parsed, ())]
        if not any(word.language == "en" for word in words):
            raise LexiconError(f"{paths[0]}: no row is English (as eng, en or eng-000)")
        join(parsed, words, (word for word in words if word.language != "en"))
        return parsed
    codes = [known_tag(PurePath(path).name.partition(".")[0]) for path in paths]
    if codes[1] == "en":
        texts, paths, codes = texts[::-1], paths[::-1], codes[::-1]
    if codes[1]:
        parsed.about["language"] = codes[1]
    of_english = Parsed()
    english = [*_words(texts[0], paths[0], of_english, ("id",))]
    if lines := of_english.dropped.get(INCOMPLETE):
        parsed.notes.append(
            f"{paths[0]}: rows without a concept or a word: {len(lines):,} (line {lines[0]}, …)"
        )
    others = [*_words(texts[1], paths[1], parsed, ("id",))]
    join(parsed, (one._replace(language="en") for one in english), others)
    return parsed


def join(parsed: Parsed, english: Iterable[Word], others: Iterable[Word]) -> None:
    """Add a row for each pair of words that share a concept, weighed by how many they share.

    Of `english`, words of other languages are passed over.
    """
    words: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for word in english:
        if word.language == "en":
            words[word.concept].setdefault(word.text, word.pos)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str], int] = {}
    for word in others:
        sources = words.get(word.concept, {})
        if not 0 < len(sources) <= MOST_ENGLISH:
            parsed.drop(TOO_MANY if sources else NO_ENGLISH, word.line)
            continue
        for source, pos in sources.items():
            pair = (source, word.text, pos or word.pos, word.language)
            counts[pair] += 1
            first.setdefault(pair, word.line)
    parsed.rows += [
        Row(first[pair], source, target, str(count), pos, language)
        for pair, count in counts.items()
        for source, target, pos, language in [pair]
    ]


def _places_in(text: str, more: Sequence[str] = ()) -> _Places | None:
    """The places of the columns that a table's first line names; None if it does not.

    `more`: further names of the column of concepts.
    """
    line = text.partition("\n")[0]
    delimiter = delimiter_of(line)
    try:
        header: list[str] = next(reader_of(line, delimiter), []) if delimiter else []
    except csv.Error:
        return None
    names = [trimmed(name).lower() for name in header]
    concept, text_, language, pos = (
        next((names.index(name) for name in known if name in names), None)
        for known in ((*CONCEPT, *more), TEXT, LANGUAGE, POS)
    )
    return None if concept is None or text_ is None else _Places(concept, text_, language, pos)


def _words(text: str, path: str, parsed: Parsed, more: Sequence[str]) -> Iterator[Word]:
    """The words of a table; rows that lack something are accounted for."""
    places = _places_in(text, more)
    if places is None or (places.language is None and not more):
        raise LexiconError(
            f"{path}: line 1 is not a header that names columns of concepts "
            f"({', '.join(CONCEPT)}), languages ({', '.join(LANGUAGE)}) and words "
            f"({', '.join(TEXT)})"
        )
    reader = reader_of(text, delimiter_of(text.partition("\n")[0]) or ",")
    try:
        next(reader)
        for row in reader:
            values = [*map(trimmed, row), *[""] * (max(filter(None, places), default=0) + 1)]
            language = "" if more or places.language is None else _tag(values[places.language])
            concept, word = values[places.concept], values[places.text]
            if not (concept and word and (language or more)):
                parsed.drop(INCOMPLETE, reader.line_num)
                continue
            pos = values[places.pos] if places.pos is not None else concept.rpartition(".")[2]
            is_told = places.pos is not None or (bool(more) and is_part_of_speech(pos))
            yield Word(
                reader.line_num, concept, word, language, part_of_speech(pos) if is_told else ""
            )
    except csv.Error as error:
        raise LexiconError(f"{path}: line {reader.line_num}: {error}") from error


def _tag(language: str) -> str:
    """A language's tag, by its code or name; what is neither stays as it is."""
    code = _VARIETY.sub("", language)
    tag = known_tag(code) or named_language(code)
    return "en" if language_of(tag) == "en" else tag or code


FORMAT = Format(
    "concepts",
    "tables joined on concepts (PanLex, Panlexia)",
    recognise,
    read,
    "no concept has words of English and of another language",
    files=0,
)
