"""Names that nobody has: made of syllables, and looked for in a corpus."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from link.errors import UsageError
from link.probes.draws import number
from link.probes.texts import texts_of
from link.shards.fields import Fields

_ONSETS = "b d f g h k l m n p r s t v z".split()
_VOWELS = "a e i o u".split()
_CODAS = "ck ff ld lt mp nd rk rt st x".split()
_TRIES = 20  # of a length, before names grow by a syllable
_WORD = re.compile(r"\w+")


def invented(
    count: int, seed: int, taken: Iterable[str], absent_from: Sequence[str], fields: Fields
) -> list[str]:
    """Different names, of two syllables or more, none of which is taken or occurs in a corpus.

    Nor is one an English word that lemminflect knows. `taken`: texts whose words are no names. The
    corpus is read once, and again for as long as names that were made anew occur in it too.
    """
    from lemminflect import getAllLemmas  # slow, and nothing else here needs it

    known = {word for text in taken for word in words_of(text)}
    names: dict[int, str] = {}
    tries: Counter[int] = Counter()
    todo: Iterable[int] = range(count)
    while todo:
        for place in todo:
            name = _name(seed, place, tries[place])
            while name.casefold() in known or getAllLemmas(name.casefold()):
                tries[place] += 1
                name = _name(seed, place, tries[place])
            known.add(name.casefold())
            names[place] = name
        found = occurrences([names[place] for place in todo], absent_from, fields)
        todo = [place for place in todo if found[names[place]]]
    return [names[place] for place in range(count)]


def _name(seed: int, place: int, attempt: int) -> str:
    rest = number(seed, "name", place, attempt)
    lists = [_ONSETS, _VOWELS] * (2 + attempt // _TRIES) + [_CODAS]
    parts = []
    for options in lists:
        rest, at = divmod(rest, len(options))
        parts.append(options[at])
    return "".join(parts).capitalize()


def refuse_known(names: Sequence[str], absent_from: Sequence[str], fields: Fields) -> None:
    """Raise `UsageError` if a name occurs in a corpus, with how often."""
    for name in names:
        if not words_of(name):
            raise UsageError(f"the subject {name!r} has no letters; no text can have it as a word")
    if found := occurrences(names, absent_from, fields):
        told = ", ".join(f"{name} ({count:,} times)" for name, count in found.most_common(5))
        raise UsageError(
            f"{len(found):,} subjects occur in {', '.join(absent_from)}: {told}; a model may know "
            f"them already, so take other names, or leave --absent-from out"
        )


def occurrences(names: Sequence[str], inputs: Sequence[str], fields: Fields) -> Counter[str]:
    """How often names occur in shards, as whole words in any case; those that do not are left out.

    Memory: a constant, the names, and the longest document.
    """
    found: Counter[str] = Counter()
    if not inputs:
        return found
    by_first: dict[str, list[tuple[str, list[str]]]] = {}
    for name in names:
        words = words_of(name)
        by_first.setdefault(words[0], []).append((name, words))
    for _, _, text in texts_of(inputs, fields):
        own = words_of(text)
        if by_first.keys().isdisjoint(own):
            continue
        for at, word in enumerate(own):
            for name, words in by_first.get(word, ()):
                found[name] += own[at : at + len(words)] == words
    return +found


def words_of(text: str) -> list[str]:
    """The words of a text, without regard to case.

    >>> words_of("Zoduck's dog")
    ['zoduck', 's', 'dog']
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())
