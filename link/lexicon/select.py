"""Selection: which of a lexicon's forms may be swapped, by word lists and by a seeded sample.

The paper's arms are such selections: the words of a domain, all the others, a part of the
dictionary. A selection takes forms away before a lexicon is compiled, so it costs nothing per word.
It changes nothing about the forms that stay: lemma, translations and weights are those of the whole
lexicon, hence the draws are the same, and arms are paired. For the kernel a form that was taken
away was never there: `it's` then blocks `it`, and an inflected form does not take its place.

What it does not do: find out which words are a domain's. `scripts/domain_words.py` does.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from link.errors import LexiconError, reason_of
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.language.draws import mix_one, stream, threshold
from link.language.headwords import Headword, lemma_hash
from link.language.unicode import fold_text
from link.lexicon.inflect import Inflections, inflected_forms

SAMPLE = 100
"""The purpose of the sample's draws, which sets them apart from the kernel's."""

ONLY, SKIP, SHARE = "--only-words", "--skip-words", "--lexicon-sample"

_COMMENT = re.compile(r"(?:^|\s)#.*")

Listed = Mapping[str, frozenset[str]]
"""A list's words, folded, each with the forms that it stands for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which forms stay: those of `only` (None: all) but those of `skip`, of the headwords sampled.

    `only`, `skip`: folded forms. `sample`: the share of headwords that stays, above 0, by draws of
    `seed`; a larger share with the same seed keeps all that a smaller one does.

    >>> Selection(sample=0)
    Traceback (most recent call last):
    link.errors.LexiconError: the lexicon's sample is 0, but must be a number above 0, at most 1
    """

    only: frozenset[str] | None = None
    skip: frozenset[str] = frozenset()
    sample: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.sample <= 1:
            raise LexiconError(
                f"the lexicon's sample is {self.sample}, but must be a number above 0, at most 1"
            )

    def __bool__(self) -> bool:
        """Whether it may take anything away."""
        return bool(self.names)

    @property
    def names(self) -> list[str]:
        """The options that it comes from."""
        used = {ONLY: self.only is not None, SKIP: bool(self.skip), SHARE: self.sample < 1}
        return [name for name, is_used in used.items() if is_used]

    def of(self, headwords: Iterable[Headword], inflections: Inflections) -> list[Headword]:
        """The headwords that stay, as they are.

        An inflected form stays in the sample with its lemma; one of several lemmas with any of
        them, and with the translations of all, so that these are the same in every sample.
        """
        if not self:
            return [*headwords]
        lemmas = {
            fold_text(form): tuple(map(fold_text, by))
            for form, (by, _) in inflections.forms.items()
            if self.sample < 1
        }
        return [
            headword
            for headword in headwords
            if self._lists(form := headword.forms[0]) and self._samples(lemmas.get(form, (form,)))
        ]

    def _lists(self, form: str) -> bool:
        return form not in self.skip and (self.only is None or form in self.only)

    def _samples(self, lemmas: Sequence[str]) -> bool:
        if self.sample == 1:
            return True
        limit, state = threshold(self.sample), stream(self.seed, SAMPLE)
        return any(mix_one(lemma_hash(lemma) ^ state) >> 11 < limit for lemma in lemmas)

    @property
    def texts(self) -> dict[str, str]:
        """The lists as files: the forms they stand for, folded and sorted; "" if there is none."""
        lists = {"only-words.txt": self.only or (), "skip-words.txt": self.skip}
        return {name: "".join(f"{f}\n" for f in sorted(forms)) for name, forms in lists.items()}

    def as_dict(self) -> dict[str, Any] | None:
        """What a manifest says of it; hashes are those of `texts`. None if all forms stay."""
        if not self:
            return None
        texts = self.texts
        return {
            "only_words": _about(texts["only-words.txt"]),
            "skip_words": _about(texts["skip-words.txt"]),
            "lexicon_sample": None
            if self.sample == 1
            else {"share": self.sample, "seed": self.seed},
        }


EVERYTHING = Selection()


def _about(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    return {"forms": text.count("\n"), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def stands_for(words: Iterable[str], inflect: bool = False) -> Listed:
    """Each word of a list and the forms in text that it stands for, ignoring case.

    `inflect`: a dictionary form stands for its inflected forms as well; an inflected form for
    itself alone.

    >>> sorted(stands_for(["Planet"], inflect=True)["planet"])
    ['planet', 'planets']
    """
    if isinstance(words, str):
        raise TypeError("a list of words is needed, not a string; read a file with read_words")
    folded = dict.fromkeys(" ".join(_folded(word).split()) for word in words)
    return {
        word: frozenset((word, *(map(_folded, inflected_forms(word)) if inflect else ())))
        for word in folded
    }


def _folded(text: str) -> str:
    return fold_text(unicodedata.normalize("NFC", text))


def forms_in(listed: Listed) -> frozenset[str]:
    """All that a list stands for."""
    return frozenset(form for forms in listed.values() for form in forms)


def unknown(listed: Listed, known: Iterable[str]) -> list[str]:
    """The words of a list that stand for no known form."""
    known = frozenset(known)
    return [word for word, forms in listed.items() if forms.isdisjoint(known)]


def read_words(paths: Iterable[str | Path]) -> list[str]:
    """The words of list files: one word or phrase a line, UTF-8; `#` begins a comment.

    Raises `LexiconError` if a file cannot be read, is not UTF-8, or has a line without a word.
    """
    return [word for path in paths for word in _words_of(path)]


def _words_of(path: str | Path) -> Iterator[str]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise LexiconError(
            f"word list {path} cannot be read: {reason_of(error)}; name a file of one word a line"
        ) from error
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LexiconError(
            f"word list {path}: line {line}, byte {error.start}: not UTF-8 ({error.reason}); "
            f"save it as UTF-8"
        ) from None
    entries = [_COMMENT.sub("", line_text).strip() for line_text in text.split("\n")]
    counts = find_words(window_of([entry.encode() for entry in entries])).counts
    for number, (entry, count) in enumerate(zip(entries, counts.tolist(), strict=True), start=1):
        if entry and not count:
            raise LexiconError(
                f"word list {path}: line {number}: {entry!r} has no word; "
                f"write one word or phrase a line, comments after #"
            )
        if entry:
            yield entry
