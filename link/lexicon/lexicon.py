"""Lexicon: English headwords and their translations, where they come from, and their licence."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from link.errors import LexiconError
from link.kernel.compiled import CompiledLexicon, Headword, compile_headwords
from link.lexicon.compile import blocked_contractions, is_one_word, to_headwords
from link.lexicon.find import find_lexicon
from link.lexicon.formats import canonical
from link.lexicon.hygiene import LoadReport, Translation, clean, merge

UNKNOWN_LICENCE = "not stated"


@dataclass(frozen=True, repr=False)
class Lexicon:
    """A bilingual lexicon from English.

    `entries`: headword (in normal form C, spelled as the lexicon spells it) -> its translations, in
    the file's order. `language`: the target language's code, or "" if unknown; it decides how
    translations are capitalised. `comments`: the file's `#` lines. `parts`: what it was merged
    from, if it was.

    >>> lexicon = Lexicon.from_pairs([("dog", "Hund"), ("dog", "Köter"), ("hand", "Hand")])
    >>> [translation.text for translation in lexicon.entries["dog"]]
    ['Hund', 'Köter']
    >>> lexicon.report.lines()
    ['1 headwords, 2 pairs, from 3 rows', 'dropped, translation is the word itself: 1 (line 3)']
    """

    name: str
    language: str
    licence: str
    entries: Mapping[str, tuple[Translation, ...]]
    report: LoadReport
    comments: tuple[str, ...] = ()
    parts: tuple["Lexicon", ...] = ()

    @classmethod
    def load(cls, name: str | Path) -> "Lexicon":
        """Read a lexicon by path or by name (see `link.lexicon.find`).

        Raises `LexiconError` if it is not found or cannot be read.
        """
        path = find_lexicon(str(name))
        try:
            data = path.read_bytes()
        except OSError as error:
            raise LexiconError(f"lexicon {path} cannot be read: {error.strerror}") from error
        return cls._from_parsed(canonical.parse(data, str(path)), path.stem)

    @classmethod
    def from_pairs(
        cls, pairs: Sequence[tuple[str, str]], name: str = "pairs", language: str = ""
    ) -> "Lexicon":
        """A lexicon of (source, target) pairs, cleaned as a file is.

        Raises `LexiconError` for a pair that no file could hold, and if no pair is left.
        """
        for number, (source, target) in enumerate(pairs, start=1):
            if set("\t\r\n") & set(source + target) or source.strip().startswith("#"):
                raise LexiconError(
                    f"pair {number}, {(source, target)!r}, holds a tab or line break, or begins "
                    f"with #, which a lexicon's file could not hold"
                )
        lines = [f"# language: {language}"] if language else []
        lines += ["\t".join(pair) for pair in pairs]
        try:
            data = "\n".join(lines).encode()
        except UnicodeEncodeError as error:
            raise LexiconError(f"a pair holds a lone surrogate ({error.reason})") from None
        return cls._from_parsed(canonical.parse(data, name), name)

    @classmethod
    def _from_parsed(cls, parsed: canonical.Parsed, name: str) -> "Lexicon":
        entries, remarks = clean(parsed)
        if not entries:
            raise LexiconError(f"lexicon {name}: no pair is left, each translates a word by itself")
        about = canonical.metadata(parsed.comments)
        comments = list(parsed.comments)
        language = _language_code(about.get("language", ""))
        if not language and (language := _language_in(name)):
            comments.append(f"# language: {language}")  # it decides capitals: part of the content
        return cls(
            name=about.get("name", name),
            language=language,
            licence=about.get("licence") or about.get("license") or UNKNOWN_LICENCE,
            entries=entries,
            report=_report(len(parsed.rows), entries, remarks),
            comments=tuple(comments),
        )

    @classmethod
    def merged(cls, lexicons: Sequence["Lexicon"]) -> "Lexicon":
        """Several lexicons of one language as one; weights of equal pairs are added."""
        if len(lexicons) == 1:
            return lexicons[0]
        languages = {lexicon.language for lexicon in lexicons if lexicon.language}
        if len(languages) > 1:
            raise LexiconError(
                f"lexicons of different languages cannot be merged: {', '.join(sorted(languages))}"
            )
        headwords = dict.fromkeys(headword for one in lexicons for headword in one.entries)
        entries = {
            headword: merge(one.entries.get(headword, ()) for one in lexicons)
            for headword in headwords
        }
        name = "+".join(lexicon.name for lexicon in lexicons)
        licence = "; ".join(dict.fromkeys(lexicon.licence for lexicon in lexicons))
        language = "".join(languages)
        remarks = {
            f"{lexicon.name}: {reason}": numbers
            for lexicon in lexicons
            for reason, numbers in lexicon.report.remarks.items()
        }
        about = {"name": name, "language": language, "licence": licence}
        comments = [f"# {key}: {value}" for key, value in about.items() if value]
        for lexicon in lexicons:
            comments += [f"# from {lexicon.name}", *(f"# {line}" for line in lexicon.comments)]
        return cls(
            name=name,
            language=language,
            licence=licence,
            entries=entries,
            report=_report(sum(one.report.rows for one in lexicons), entries, remarks),
            comments=tuple(comments),
            parts=tuple(lexicons),
        )

    def __repr__(self) -> str:
        return f"<Lexicon {self.name}: {self.report.lines()[0]}>"

    def as_dict(self) -> dict[str, str | int]:
        """What a manifest says of it."""
        return {
            "name": self.name,
            "language": self.language,
            "sha256": self.sha256,
            "headwords": len(self.entries),
            "licence": self.licence,
        }

    def canonical_text(self) -> str:
        """The lexicon as a canonical file; reading that gives the same lexicon."""
        rows = (
            (headword, *translation)
            for headword, translations in self.entries.items()
            for translation in translations
        )
        return "".join(canonical.render(self.comments, rows))

    @cached_property
    def sha256(self) -> str:
        """The hash of the canonical text, as `sha256sum` prints it for the copy in `_link/`."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()

    @cached_property
    def headwords(self) -> list[Headword]:
        """What the kernel looks up: the headwords of one word."""
        return to_headwords(self.entries)

    @cached_property
    def compiled(self) -> CompiledLexicon:
        """The arrays that the kernel works on."""
        return compile_headwords(
            self.headwords, blocked_contractions(self.headwords), self.language
        )


def _report(
    rows: int, entries: Mapping[str, tuple[Translation, ...]], remarks: dict[str, list[int]]
) -> LoadReport:
    return LoadReport(
        rows=rows,
        pairs=sum(map(len, entries.values())),
        headwords=len(entries),
        unused=sum(not is_one_word(headword) for headword in entries),
        remarks=remarks,
    )


def _language_code(text: str) -> str:
    """The language of a tag: `tr` of `tr-TR` or `TR`."""
    return re.split(r"[-_ ]", text.strip().lower())[0]


def _language_in(name: str) -> str:
    """The target language in a file's name such as `en-de` or `muse.en_sw`; "" if none is."""
    match = re.search(r"(?:^|[^a-z])en[-_]([a-z]{2,3})(?:$|[^a-z])", name)
    return match[1] if match else ""
