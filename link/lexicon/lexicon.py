"""Lexicon: English headwords and their translations, where they come from, and their licence."""

import gc
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from link.errors import LexiconError
from link.kernel.compiled import CompiledLexicon
from link.language.headwords import Headword, Language
from link.lexicon import select
from link.lexicon.arrays import compile_headwords
from link.lexicon.cache import cached, key_of, recall, remember
from link.lexicon.clean import Translation, merge
from link.lexicon.compile import to_headwords
from link.lexicon.find import source_of
from link.lexicon.formats import canonical
from link.lexicon.formats.parsed import SHOWN_EXAMPLES
from link.lexicon.inflect import LEMMAS_ONLY, Inflections, inflections
from link.lexicon.read import UNKNOWN_LICENCE, Read, Request, read_parsed, read_sources, sizes
from link.lexicon.report import LoadReport
from link.lexicon.steps import MOST_TRANSLATIONS

_HEADER = ("name", "language", "source", "licence", "date", "headwords")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without garbage collection: looking for cycles among rows by the hundred thousand, which have
    none, takes longer than making them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # what was made is taken for old, and not looked through
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@dataclass(frozen=True, eq=False)
class _EntriesRead(Mapping[str, tuple[Translation, ...]]):
    """Entries that are read when they are asked for. `rows`: as a canonical file has them.

    A run needs the rows alone, so a file that is known to the cache is not parsed again.
    """

    read: Callable[[], Mapping[str, tuple[Translation, ...]]]
    rows: str

    @cached_property
    def _entries(self) -> Mapping[str, tuple[Translation, ...]]:
        return self.read()

    def __getitem__(self, headword: str) -> tuple[Translation, ...]:
        return self._entries[headword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True, repr=False)
class Lexicon(Read):
    """A bilingual lexicon from English.

    `entries`: headword (in normal form C, spelled as the lexicon spells it) -> its translations, in
    the file's order. `language`: the target language's code (the shortest one, without script and
    country: `de`, whether a file has `deu` or `de-AT`), or "" if unknown; it decides how
    translations are capitalised. `comments`: the file's `#` lines. `parts`: what it was merged
    from, if it was. `inflect`: whether inflected forms of its headwords are found in text as well.
    `is_canonical`: it comes from a canonical file, or was made as one. `selection`: which of its
    forms may be swapped; `entries` and the canonical text are those of the whole lexicon. `origin`:
    the key by which the user's cache knows what was read from its files, "" for none.

    >>> lexicon = Lexicon.from_pairs([("dog", "Hund"), ("dog", "Köter"), ("dog", "Hund")])
    >>> [translation.text for translation in lexicon.entries["dog"]]
    ['Hund', 'Köter']
    >>> lexicon.report.lines()[1]
    'merged, same pair again: 1 (line 4): dog → Hund'
    """

    parts: tuple["Lexicon", ...] = ()
    selection: select.Selection = select.EVERYTHING
    origin: str = field(default="", compare=False)

    @classmethod
    @_no_collection()
    def load(
        cls,
        name: str | Path,
        second: str | Path | None = None,
        *,
        format: str | None = None,
        language: str = "",
        force_language: bool = False,
        encoding: str | None = None,
        reverse: bool = False,
        off: Collection[str] = (),
        most_translations: int = MOST_TRANSLATIONS,
        inflect: bool | None = None,
    ) -> "Lexicon":
        """Read a lexicon by path, name (see `link.lexicon.find`) or URL (see
        `link.lexicon.find`), in any format.

        `second`: the other file, of formats that come in two. `format`: its name, if the beginning
        of the file is not to tell. `language`: the target's, where the file does not say;
        `force_language`: even if the file states another. `reverse`: the file is from that language
        to English. `off`: steps of hygiene (`link.lexicon.steps.STEPS`) that are not to be done.
        `inflect`: None for what the lexicon itself tells (see `link.lexicon.inflect.holds_lemmas`).
        Raises `LexiconError` if it is not found or cannot be read.
        """
        request = Request(
            format, language, force_language, encoding, reverse, sorted(off), most_translations
        )
        names = [str(each) for each in (name, second) if each is not None]
        sources = [source_of(each, gather=len(names) == 1) for each in names]
        key = key_of(asdict(request), sources)
        facts = cls._recalled(key, lambda: read_sources(sources, request).entries)
        is_new = facts is None
        facts = facts or vars(read_sources(sources, request))
        as_read = facts["inflect"]
        lexicon = cls(**facts | {"inflect": as_read if inflect is None else inflect}, origin=key)
        if is_new:
            told = facts | {"report": asdict(lexicon.report)}
            del told["entries"]
            remember(key, f"{json.dumps(told)}\n{lexicon._rows}")
        return lexicon

    @staticmethod
    def _recalled(
        key: str, read: Callable[[], Mapping[str, tuple[Translation, ...]]]
    ) -> dict[str, Any] | None:
        """What the user's cache has of a lexicon that was read before; None if it has nothing."""
        head, _, rows = (recall(key) or "").partition("\n")
        try:
            facts: dict[str, Any] = json.loads(head)
        except ValueError:
            return None
        facts["report"]["notes"] = tuple(facts["report"]["notes"])
        more = {"comments": tuple(facts["comments"]), "entries": _EntriesRead(read, rows)}
        return facts | more | {"report": LoadReport(**facts["report"])}

    @classmethod
    def from_pairs(
        cls, pairs: Sequence[tuple[str, str]], name: str = "pairs", language: str = ""
    ) -> "Lexicon":
        """A lexicon of (source, target) pairs, cleaned as a canonical file is.

        Raises `LexiconError` for a pair that no file could hold, and if no pair is left.
        """
        for number, (source, target) in enumerate(pairs, start=1):
            if set("\t\r\n") & set(source + target) or source.strip().startswith("#"):
                raise LexiconError(
                    f"pair {number}, {(source, target)!r}, holds a tab or line break, or begins "
                    f"with #, which a lexicon's file could not hold"
                )
        lines = [f"# name: {name}"] + ([f"# language: {language}"] if language else [])
        text = "\n".join([*lines, *("\t".join(pair) for pair in pairs)])
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise LexiconError(f"a pair holds a lone surrogate ({error.reason})") from None
        read = read_parsed(
            canonical.FORMAT.rows_of([text], [name]), name, Request(), is_canonical=True
        )
        return cls(**vars(read))

    @classmethod
    def merged(cls, lexicons: Sequence["Lexicon"], *, first_wins: bool = False) -> "Lexicon":
        """Several lexicons of one language as one; weights of equal pairs are added.

        `first_wins`: a headword's translations are those of the first lexicon that has it.
        """
        if len(lexicons) == 1:
            return lexicons[0]
        if any(lexicon.selection for lexicon in lexicons):
            raise LexiconError("a restricted lexicon cannot be merged; merge first, then restrict")
        languages = {lexicon.language for lexicon in lexicons if lexicon.language}
        if len(languages) > 1:
            raise LexiconError(
                f"lexicons of different languages cannot be merged: {', '.join(sorted(languages))}"
            )
        entries: dict[str, tuple[Translation, ...]] = {}
        for headword in dict.fromkeys(headword for one in lexicons for headword in one.entries):
            groups = [one.entries[headword] for one in lexicons if headword in one.entries]
            entries[headword] = groups[0] if first_wins else merge(groups)
        reports = [lexicon.report for lexicon in lexicons]
        inflect = any(lexicon.inflect for lexicon in lexicons)
        name = "+".join(lexicon.name for lexicon in lexicons)
        language = "".join(languages)
        licence = "; ".join(dict.fromkeys(lexicon.licence for lexicon in lexicons))
        header = {"name": name, "language": language, "licence": licence}
        header["headwords"] = LEMMAS_ONLY if inflect else ""
        comments = [f"# {key}: {value}" for key, value in header.items() if value]
        for lexicon in lexicons:
            comments += [f"# from {lexicon.name}", *(f"# {line}" for line in lexicon.comments)]
        return cls(
            name=name,
            language=language,
            licence=licence,
            entries=entries,
            report=LoadReport(
                sum(report.rows for report in reports),
                *sizes(entries),
                remarks={
                    f"{lexicon.name}: {reason}": numbers
                    for lexicon in lexicons
                    for reason, numbers in lexicon.report.remarks.items()
                },
                lost=sum(report.lost for report in reports),
                identical=sum(report.identical for report in reports),
                notes=tuple(note for report in reports for note in report.notes),
                problem=next((report.problem for report in reports if report.problem), ""),
            ),
            comments=tuple(comments),
            parts=tuple(lexicons),
            inflect=inflect,
            is_canonical=True,
        )

    def restricted(
        self,
        *,
        only: Iterable[str] | None = None,
        skip: Iterable[str] = (),
        sample: float = 1.0,
        seed: int = 0,
        inflect_words: bool = False,
    ) -> "Lexicon":
        """The lexicon with fewer forms; what stays has the same translations and the same draws.

        `only`, `skip`: words as in lists (see `link.lexicon.select.read_words`), None for all.
        `inflect_words`: they stand for their inflected forms as well. `sample`: the share of
        headwords that stays, by draws of `seed`. Raises `LexiconError` if nothing is left.

        >>> lexicon = Lexicon.from_pairs([("dog", "Hund"), ("cat", "Katze")])
        >>> [headword.lemma for headword in lexicon.restricted(skip=["Dog"]).headwords]
        ['cat']
        """
        if self.selection:
            raise LexiconError(f"lexicon {self.name} is restricted already; do it once, by all")
        lists = {select.SKIP: select.stands_for(skip, inflect_words)}
        if only is not None:
            lists[select.ONLY] = select.stands_for(only, inflect_words)
        selection = select.Selection(
            only=select.forms_in(lists[select.ONLY]) if only is not None else None,
            skip=select.forms_in(lists[select.SKIP]),
            sample=sample,
            seed=seed,
        )
        whole = to_headwords(self.entries, self.inflections)
        kept = selection.of(whole, self.inflections)
        names = ", ".join(selection.names)
        if whole and not kept:
            raise LexiconError(
                f"lexicon {self.name}: {names} leaves none of its {len(whole):,} forms; "
                f"name other words, or a larger sample"
            )
        remarks, examples = dict(self.report.remarks), dict(self.report.examples)
        if selection:
            reason = f"left out by {names}, of {len(whole):,} headwords and inflected forms"
            remarks[reason] = [0] * (len(whole) - len(kept))
        known = {form for one in whole for form in one.forms} | {*select.stands_for(self.entries)}
        for name, listed in lists.items():
            if strangers := select.unknown(listed, known):
                reason = f"of {len(listed):,} words of {name}, not in the lexicon"
                remarks[reason] = [0] * len(strangers)
                examples[reason] = strangers[:SHOWN_EXAMPLES]
        report = replace(self.report, remarks=remarks, examples=examples)
        return replace(self, selection=selection, report=report)

    def __repr__(self) -> str:
        return f"<Lexicon {self.name}: {self.report.lines()[0]}>"

    def as_dict(self) -> dict[str, str | int]:
        """What a manifest says of it."""
        return {
            "name": self.name,
            "language": self.language,
            "sha256": self.sha256,
            "headwords": self.report.headwords,
            "licence": self.licence,
            "inflected_forms": self._forms_text.count("\n"),
            "inflections_sha256": hashlib.sha256(self._forms_text.encode()).hexdigest(),
        }

    def canonical_text(self, comments: Sequence[str] | None = None) -> str:
        """The lexicon as a canonical file, with its own comments or others; reading that gives the
        same lexicon.
        """
        header = canonical.render(self.comments if comments is None else comments, {})
        return header + self._rows

    def with_header(self, *, source: str = "", licence: str = "", date: str = "") -> str:
        """The lexicon as a canonical file, with what its header lacks of source, licence and date
        (today). The header of a canonical file stays as it is.
        """
        if self.is_canonical:
            return self.canonical_text()
        about = canonical.metadata(self.comments)
        stated = self.licence if self.licence != UNKNOWN_LICENCE else ""
        values = {
            "name": self.name,
            "language": about.get("language") or self.language,
            "source": about.get("source") or source,
            "licence": licence or stated or UNKNOWN_LICENCE,
            "date": about.get("date") or date or f"{datetime.now(timezone.utc):%Y-%m-%d}",
            "headwords": LEMMAS_ONLY if self.inflect else "",
        }
        header = [f"# {key}: {' '.join(values[key].split())}" for key in _HEADER if values[key]]
        own = tuple(f"# {key}:" for key in _HEADER)
        return self.canonical_text(header + [c for c in self.comments if not c.startswith(own)])

    @cached_property
    def _rows(self) -> str:
        entries = self.entries
        return entries.rows if isinstance(entries, _EntriesRead) else canonical.render((), entries)

    def texts(self) -> dict[str, str]:
        """What a run keeps of it: file names and what they hold, "" for what it does not have."""
        return {
            "lexicon.tsv": self.canonical_text(),
            "inflections.tsv": self._forms_text,
            **self.selection.texts,
        }

    @cached_property
    def sha256(self) -> str:
        """The hash of the canonical text, as `sha256sum` prints it for the copy in `_link/`."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()

    @cached_property
    def inflections(self) -> Inflections:
        """The inflected forms that are found in text as well; none unless `inflect`."""
        return inflections(self.entries) if self.inflect else Inflections()

    @cached_property
    def _forms_text(self) -> str:
        if not self.inflect:
            return ""
        name = f"{self.origin}.forms"
        known = recall(name) if self.origin else None
        text = self.inflections.text() if known is None else known
        if self.origin and known is None:
            remember(name, text)
        return text

    @cached_property
    def headwords(self) -> list[Headword]:
        """What the kernel looks up: the headwords of one word, and their inflected forms."""
        return self.selection.of(to_headwords(self.entries, self.inflections), self.inflections)

    @cached_property
    @_no_collection()
    def compiled(self) -> CompiledLexicon:
        """The arrays that the kernel works on, from the user's cache if they were made before."""
        languages = [Language(self.language)]
        return cached(self.content, lambda: compile_headwords(self.headwords, languages))

    @property
    def content(self) -> str:
        """All that the compiled lexicon depends on."""
        selected = json.dumps(self.selection.as_dict())
        return "\n".join((self.language, selected, self._forms_text, self.canonical_text()))
