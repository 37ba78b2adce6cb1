"""The aligner: is a text another one but for translations that a lexicon allows?

It shares nothing with the kernels. It reads the lexicon's file by splitting lines at tabs, and
finds words by a pattern of `re`. It knows one rule: a word or phrase may become a translation of
it, in any case; everything else must stay.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

# What stands for an apostrophe between letters, and what is ignored inside a word.
_APOSTROPHE = r"['’ʼ´‘′＇`\ufffd\x92]|&(?:#39|#x27|#8217|#x2019|rsquo|lsquo|apos);|\\['’]"
_IGNORED = "\u00ad\u034f\u200c\u200d\u2060\ufeff"
_LETTER = r"[^\W\d_]"
_WORD = re.compile(
    rf"{_LETTER}(?:[^\W_]|[\u0300-\u036f{_IGNORED}]|(?:{_APOSTROPHE})(?=[{_IGNORED}]*{_LETTER}))*",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"(({_WORD.pattern})[\W\d_]*)", re.IGNORECASE)
# Neither ASCII that is no letter, nor Latin-1's signs, nor punctuation, which stays where it is.
_RUN = re.compile("([^\x00-@\\[-`{-\xbf\u2000-\u206f\u3000-\u303f]+)")
_BACK, _JUMPS = 8, 2  # how far back another explanation is looked for
_BETWEEN = re.compile(r"(?:\s|[-\u2010\u2011\xa0])+")  # the words of a phrase
_APOSTROPHES = re.compile(_APOSTROPHE, re.IGNORECASE)
_POSSESSIVE = re.compile(rf"(?:{_APOSTROPHE})[{_IGNORED}]*[sS][{_IGNORED}]*$", re.IGNORECASE)
_NOTHING_IGNORED = dict.fromkeys(map(ord, _IGNORED))

Phrase = tuple[str, ...]


class Aligner:
    """Aligns texts. `brackets`: around a translation that is added after its word; None where
    words are replaced alone.
    """

    def __init__(
        self, translations: Iterable[tuple[str, str]], brackets: tuple[str, str] | None = None
    ) -> None:
        self._brackets = brackets
        self._phrases: dict[str, dict[Phrase, set[str]]] = defaultdict(dict)  # by the first word
        for source, target in translations:
            words = tuple(_plain(word) for word in _BETWEEN.split(source) if word)
            if words:
                self._phrases[words[0]].setdefault(words, set()).update(_cases(target))
        self._of_word: dict[str, dict[str, list[str]]] = {}
        self._pairs: set[tuple[str, str]] = set()  # runs of letters that explain one another

    @classmethod
    def from_files(
        cls,
        lexicons: Iterable[Path],
        inflections: Iterable[Path],
        brackets: tuple[str, str] | None = None,
    ) -> "Aligner":
        """From a run's copies of its lexicons, and of their inflected forms and lemmas."""
        pairs = [(row[0], row[1]) for path in lexicons for row in _rows(path)]
        targets = defaultdict(list)
        for source, target in pairs:
            targets[source].append(target)
        for path in inflections:
            for form, lemmas in _rows(path):
                for lemma in lemmas.split(","):
                    pairs += [(form, target) for target in targets[lemma]]
        return cls(pairs, brackets)

    def mismatch(self, old: str, new: str) -> int | None:
        """The place in the old text from which the new one cannot be explained; None if it can."""
        if old == new or self._walk(old, new):
            return None
        return self._search(old, new)

    def _walk(self, old: str, new: str) -> bool:
        """Whether a first guess explains all: run by run, most of which are the same, or a word and
        a translation of one word.
        """
        olds, news = _RUN.split(old), _RUN.split(new)  # gaps and runs of letters in turn
        old_starts = new_starts = None
        pairs = self._pairs
        here = there = 0
        landed, jumped = (0, 0), list[tuple[int, int]]()
        while here < len(olds) and there < len(news):
            one, other = olds[here], news[there]
            if one == other or (one, other) in pairs:
                here += 1
                there += 1
                continue
            if here % 2 and other in self._options(one).get(other[:1], ()):
                pairs.add((one, other))
                continue
            if old_starts is None or new_starts is None:
                old_starts, new_starts = (
                    list(accumulate(map(len, runs), initial=0)) for runs in (olds, news)
                )
            # A phrase, a contraction, or a translation of several words: from here, or before.
            anchors = [(here - back, there - back) for back in range(1 - here % 2, _BACK, 2)]
            anchors = [each for each in anchors if each >= landed] + jumped[-_JUMPS:][::-1]
            for anchor in anchors:
                step = self._step(old, new, anchor, old_starts, new_starts, (here, there))
                if step is not None:
                    jumped.append(anchor)
                    landed = here, there = step
                    break
            else:
                return False
        return here >= len(olds) and there >= len(news)

    def _step(
        self,
        old: str,
        new: str,
        anchor: tuple[int, int],
        old_starts: list[int],
        new_starts: list[int],
        least: tuple[int, int],
    ) -> tuple[int, int] | None:
        """The next words behind a word and what explains it, if what lies between is the same.

        `least`: runs that must be left behind.
        """
        start, at = old_starts[anchor[0]], new_starts[anchor[1]]
        match = _WORD.match(old, start)
        if match is None:
            return None
        ways = [(match.end() - start, each) for each in self._all_options(match[0])]
        for length, written in (*self._phrases_at(old, start, match[0]), *ways):
            if new.startswith(written, at):
                here = bisect_left(old_starts, start + length) | 1
                gap = old[start + length : old_starts[min(here, len(old_starts) - 1)]]
                place = at + len(written) + len(gap)
                there = bisect_left(new_starts, place) | 1
                fits = new_starts[min(there, len(new_starts) - 1)] == place
                if fits and new.startswith(gap, at + len(written)) and (here, there) > least:
                    return here, there
        return None

    def _search(self, old: str, new: str) -> int | None:
        """As `mismatch`: each word is explained by the first way that fits, and where no way fits,
        the words before it in another way.
        """
        tokens = _TOKEN.findall(old)  # each a word with what is behind it, and the word
        count = len(tokens)
        begin = len(old) - sum(len(token) for token, _ in tokens)
        starts = list(accumulate((len(token) for token, _ in tokens), initial=begin))
        dead: set[tuple[int, int]] = set()  # word, place in the new text: nothing leads on there
        trail: list[tuple[int, int]] = []
        number, at, furthest = 0, begin, 0
        if not new.startswith(old[:begin]):
            return 0
        while number < count or at < len(new):
            step = None
            if number < count:
                token, word = tokens[number]
                if new.startswith(token, at):  # most words are themselves
                    step = number + 1, at + len(token)
                if step is None or (dead and step in dead):
                    ways = self._ways(old, new, starts, number, token, word, at)
                    step = next((way for way in ways if way not in dead), None)
            if step is not None:
                trail.append((number, at))
                number, at = step
                continue
            furthest = max(furthest, number)
            dead.add((number, at))
            if not trail:
                return starts[furthest]
            number, at = trail.pop()
        return None

    def _ways(
        self,
        old: str,
        new: str,
        starts: list[int],
        number: int,
        token: str,
        word: str,
        at: int,
    ) -> Iterator[tuple[int, int]]:
        """Where the explanations of a word lead to: the next word, and its place in the new text.

        `starts`: where each word begins, and the end of the text.
        """
        gap = token[len(word) :]
        for written in self._options(word).get(new[at : at + 1], ()):
            if new.startswith(written + gap, at):
                yield number + 1, at + len(written) + len(gap)
        start = starts[number]
        for length, written in self._phrases_at(old, start, word):
            number = bisect_left(starts, start + length)
            text = written + old[start + length : starts[number]]
            if new.startswith(text, at):
                yield number, at + len(text)

    def _options(self, word: str) -> dict[str, list[str]]:
        """What may stand for a word, the longest first, by its first character."""
        known = self._of_word.get(word)
        if known is None:
            plain = _plain(word)
            written = set(self._phrases.get(plain, {}).get((plain,), ()))
            ending = _ending(word)
            if ending:
                base = _plain(word[: -len(ending)])
                stems = self._phrases.get(base, {}).get((base,), ())
                written.update(stem + ending for stem in stems)
                written.update(stems if self._brackets else ())
            known = {}
            for each in self._written(word, written):
                known.setdefault(each[:1], []).append(each)
            self._of_word[word] = known
        return known

    def _all_options(self, word: str) -> Iterator[str]:
        for options in self._options(word).values():
            yield from options

    def _phrases_at(self, old: str, start: int, word: str) -> Iterator[tuple[int, str]]:
        """Phrases that begin with a word: how long one is, and what may stand for it."""
        for phrase, targets in self._phrases.get(_plain(word), {}).items():
            if len(phrase) == 1:
                continue
            end, ending = start + len(word), ""
            for part in phrase[1:]:
                between = _BETWEEN.match(old, end)
                match = _WORD.match(old, between.end()) if between else None
                if not match or ending:
                    break
                if _plain(match[0]) != part:
                    ending = _ending(match[0])
                    if not ending or _plain(match[0][: -len(ending)]) != part:
                        break
                end = match.end()
            else:
                own = {target + ending for target in targets}
                own |= targets if self._brackets else set()
                for written in self._written(old[start:end], own):
                    yield end - start, written

    def _written(self, source: str, targets: Iterable[str]) -> tuple[str, ...]:
        """What is written for a word or phrase, the longest first."""
        if not self._brackets:
            return tuple(sorted(targets, key=len, reverse=True))
        left, right = self._brackets
        added = [f"{source} {left}{target}{right}" for target in targets]
        return tuple(sorted([*added, *targets], key=len, reverse=True))


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _ending(word: str) -> str:
    """The ending of a possessive, as it is spelled."""
    match = _POSSESSIVE.search(word)
    return match[0] if match else ""


def _plain(word: str) -> str:
    """A word as it is looked up."""
    if word.isascii() and word.isalnum():
        return word.lower()
    word = _APOSTROPHES.sub("'", word.translate(_NOTHING_IGNORED))
    return unicodedata.normalize("NFC", word).casefold()


def _cases(text: str) -> set[str]:
    """A translation as it is, Capitalised and in CAPITALS, by the rules of any language."""
    turkish = text.replace("i", "İ").replace("ı", "I")
    return {
        text,
        *(each[:1].upper() + each[1:] for each in (text, unicodedata.normalize("NFC", text))),
        turkish[:1] + text[1:],
        re.sub("^ij", "IJ", text, flags=re.IGNORECASE),
        text.upper(),
        turkish.upper(),
        text.replace("ß", "ẞ").upper(),
    }
