"""Open Multilingual Wordnet: two tab files, English and another language, joined on synsets.

    00001740-n<tab>eng:lemma<tab>entity          00001740-n<tab>slv:lemma<tab>entiteta
    00025034-v<tab>heb:lemma<tab>GAP!            no word

A word that shares several synsets with another is the better translation: that is the weight.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from link.errors import LexiconError
from link.lexicon.formats.parsed import INCOMPLETE, PLACEHOLDER, Format, Parsed, Row, lines_of
from link.lexicon.formats.pos import part_of_speech

_PLACEHOLDERS = {"GAP!", "PSEUDOGAP!"}


def recognise(head: str) -> bool:
    return any(
        len(columns := line.split("\t")) >= 3 and columns[1].endswith((":lemma", "\tlemma"))
        for line in lines_of(head)[:50]
    )


def read(text: str, other_text: str, path: str, other_path: str) -> Parsed:
    sides = [list(_lemmas(each)) for each in (text, other_text)]
    codes = [next((code for _, code, _, _ in side), "") for side in sides]
    if codes.count("eng") != 1:
        raise LexiconError(f"{path} and {other_path}: one must be English (eng:lemma)")
    english, other = sides if codes[0] == "eng" else sides[::-1]
    language = codes[1] if codes[0] == "eng" else codes[0]
    parsed = Parsed(about={"language": language})
    heads = (each.partition("\n")[0] for each in (text, other_text))
    parsed.comments += [head for head in heads if head.startswith("#")]
    licences = [comment.split("\t")[-1].strip() for comment in parsed.comments]
    if licences:
        parsed.about["licence"] = "; ".join(dict.fromkeys(licences))
    words: defaultdict[str, list[str]] = defaultdict(list)
    for synset, _, lemma, _ in english:
        words[synset].append(lemma)
    counts: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], int] = {}
    for synset, _, lemma, number in other:
        if lemma in _PLACEHOLDERS or not lemma:
            parsed.drop(PLACEHOLDER if lemma else INCOMPLETE, number)
            continue
        for word in words.get(synset, ()):
            pair = (word, lemma, part_of_speech(synset[-1]))
            counts[pair] += 1
            first.setdefault(pair, number)
    parsed.rows = [
        Row(first[pair], pair[0], pair[1], str(count), pair[2]) for pair, count in counts.items()
    ]
    return parsed


def _lemmas(text: str) -> Iterator[tuple[str, str, str, int]]:
    """(synset, language, lemma, line) of the rows that are lemmas: no definitions, no roots."""
    for number, line in enumerate(lines_of(text), start=1):
        columns = line.split("\t")
        if not line.startswith("#") and len(columns) >= 3:
            language, _, kind = columns[1].partition(":")
            if kind == "lemma":
                yield columns[0], language, columns[2].replace("_", " ").strip(), number


FORMAT = Format(
    "omw",
    "Open Multilingual Wordnet",
    recognise,
    read,
    "they have no synset in common",
    files=2,
)
