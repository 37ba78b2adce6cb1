"""Lexicon: English headwords and their translations, where they come from, and their licence."""

import gc
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

from link.errors import LexiconError
from link.kernel.compiled import CompiledLexicon
from link.language.headwords import Headword, Language
from link.lexicon import formats
from link.lexicon.arrays import compile_headwords
from link.lexicon.cache import cached
from link.lexicon.compile import is_matchable, to_headwords
from link.lexicon.formats import canonical, format_of
from link.lexicon.formats.parsed import OTHER_DIRECTION, SHOWN_EXAMPLES, Parsed, joined
from link.lexicon.hygiene import (
    DROPPED_SCRIPT,
    MOST_TRANSLATIONS,
    STEPS,
    Account,
    Hygiene,
    LoadReport,
    Translation,
    clean,
    merge,
)
from link.lexicon.inflect import LEMMAS_ONLY, Inflections, holds_lemmas, inflections
from link.lexicon.known import KnownEntries, key_of, recall, remember
from link.lexicon.languages import (
    is_part_of,
    known_tag,
    language_in,
    language_name,
    language_of,
    language_tag,
    scripts_of,
    with_script,
)
from link.lexicon.particles import add_bare_headwords
from link.lexicon.select import (
    EVERYTHING,
    ONLY,
    SKIP,
    Listed,
    Selection,
    forms_in,
    stands_for,
    unknown,
)
from link.lexicon.source import Source, source_of
from link.lexicon.swapped import swapped

UNKNOWN_LICENCE = "not stated"

_LANGUAGE = re.compile(r"#+\s*language\s*:", re.I)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for garbage in cycles: rows by the hundred thousand are none, and looking
    through them time and again takes longer than making them.
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


@dataclass(frozen=True, repr=False)
class Lexicon:
    """A bilingual lexicon from English.

    `entries`: headword (in normal form C, spelled as the lexicon spells it) -> its translations, in
    the file's order. `language`: the target language's code (the shortest one, without script and
    country: `de`, whether a file has `deu` or `de-AT`), or "" if unknown; it decides how
    translations are capitalised. `comments`: the file's `#` lines. `parts`: what it was merged
    from, if it was. `inflect`: whether inflected forms of its headwords are found in text as well.
    `is_canonical`: it comes from a canonical file, or was made as one. `selection`: which of its
    forms may be swapped; `entries` and the canonical text are those of the whole lexicon.
    `origin`: the files it was read from, if it was.

    >>> lexicon = Lexicon.from_pairs([("dog", "Hund"), ("dog", "Köter"), ("dog", "Hund")])
    >>> [translation.text for translation in lexicon.entries["dog"]]
    ['Hund', 'Köter']
    >>> lexicon.report.lines()[1]
    'merged, same pair again: 1 (line 4): dog → Hund'
    """

    name: str
    language: str
    licence: str
    entries: Mapping[str, tuple[Translation, ...]]
    report: LoadReport
    comments: tuple[str, ...] = ()
    parts: tuple["Lexicon", ...] = ()
    inflect: bool = False
    is_canonical: bool = True
    selection: Selection = EVERYTHING
    origin: "Origin | None" = field(default=None, compare=False)

    @classmethod
    @_no_collection()
    def load(
        cls,
        name: str | Path,
        second: str | Path | None = None,
        *,
        format: str | None = None,
        language: str = "",
        encoding: str | None = None,
        reverse: bool = False,
        off: Collection[str] = (),
        most_translations: int = MOST_TRANSLATIONS,
        inflect: bool | None = None,
    ) -> "Lexicon":
        """Read a lexicon by path, name (see `link.lexicon.find`) or URL (see
        `link.lexicon.source`), in any format.

        `second`: the other file, of formats that come in two. `format`: its name, if the beginning
        of the file is not to tell. `language`: the target's, where the file does not say.
        `reverse`: the file is from that language to English. `off`: steps of hygiene
        (`link.lexicon.hygiene.STEPS`) that are not to be done. `inflect`: None for what the
        lexicon itself tells (see `link.lexicon.inflect.holds_lemmas`). Raises `LexiconError` if it
        is not found or cannot be read.
        """
        check_request(format, off)
        sources = [source_of(str(each)) for each in (name, second) if each is not None]
        hygiene = Hygiene(off=frozenset(off), most_translations=most_translations)

        def read() -> Lexicon:
            return cls._from_sources(sources, format, language, encoding, reverse, hygiene)

        request = [format, language, encoding, reverse, sorted(off), most_translations]
        key = key_of(request, sources)
        lexicon = cls._recalled(key, read) or read()
        lexicon = replace(lexicon, origin=Origin(key, lexicon))
        return lexicon if inflect is None else replace(lexicon, inflect=inflect)

    @classmethod
    def _recalled(cls, key: str, read: Callable[[], "Lexicon"]) -> "Lexicon | None":
        known = recall(key)
        if known is None:
            return None
        facts, rows, forms = known
        comments, notes = tuple(facts.pop("comments")), tuple(facts["report"].pop("notes"))
        report = LoadReport(**facts.pop("report"), notes=notes)
        entries = KnownEntries(lambda: read().entries, rows, forms)
        return cls(entries=entries, report=report, comments=comments, **facts)

    def remember(self) -> None:
        """Keep in the user's cache what was read from files, if it is not known there."""
        if self.origin is None or self.entries is not self.origin.lexicon.entries:
            return
        entries, forms = self.entries, self._forms_text if self.inflect else None
        if not isinstance(entries, KnownEntries) or (entries.forms is None and forms is not None):
            read = self.origin.lexicon
            facts = {name: getattr(read, name) for name in _FACTS}
            remember(self.origin.key, facts | {"report": asdict(read.report)}, self._rows, forms)

    @classmethod
    def _from_sources(
        cls,
        sources: Sequence[Source],
        format: str | None,
        language: str,
        encoding: str | None,
        reverse: bool,
        hygiene: Hygiene,
    ) -> "Lexicon":
        first = sources[0]
        if len(sources) > 1:
            files = [file for source in sources for file in source.files]
            read = [formats.read_bytes(files, format, encoding)]
        else:
            read = [formats.read_bytes([file], format, encoding) for file in first.files]
        parsed = joined([each for each, _ in read])
        for key, value in first.about.items():
            parsed.about.setdefault(key, value)
        _take_direction(parsed, reverse)
        if reverse:
            parsed.rows = [
                row._replace(source=row.target, target=row.source) for row in parsed.rows
            ]
        return cls._from_parsed(
            parsed,
            first.name,
            language=language,
            hygiene=None if all(found is canonical.FORMAT for _, found in read) else hygiene,
            reverse=reverse,
        )

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
        return cls._from_parsed(canonical.read([text], [name]), name)

    @classmethod
    def _from_parsed(
        cls,
        parsed: Parsed,
        name: str,
        *,
        language: str = "",
        hygiene: Hygiene | None = None,
        reverse: bool = False,
    ) -> "Lexicon":
        about = {**canonical.metadata(parsed.comments), **parsed.about}
        tag = _tag_of(parsed, language, about.get("language", ""), name)
        if hygiene:
            hygiene = replace(hygiene, language=tag)
        entries, account = clean(parsed, hygiene)
        problem = swapped(((row.source, row.target) for row in parsed.rows), reverse)
        if not entries:
            raise LexiconError(_nothing_left(name, tag, parsed, account, problem))
        if hygiene:
            add_bare_headwords(entries, account, hygiene)
        name = about.get("name", name)
        licence = about.get("licence") or about.get("license") or UNKNOWN_LICENCE
        comments = list(parsed.comments)
        if hygiene:
            comments = _header(name, tag, licence, about, parsed.comments)
        elif tag and known_tag(about.get("language", "")) != tag:
            # It decides capitals: part of the content.
            comments = [one for one in comments if not _LANGUAGE.match(one)]
            comments.append(f"# language: {tag}")
        return cls(
            name=name,
            language=language_of(tag),
            licence=licence,
            entries=entries,
            report=_report(parsed, entries, account, problem),
            comments=tuple(comments),
            inflect=holds_lemmas(entries, about.get("headwords", "")),
            is_canonical=hygiene is None,
        )

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
        headwords = dict.fromkeys(headword for one in lexicons for headword in one.entries)
        entries = {
            headword: next(one.entries[headword] for one in lexicons if headword in one.entries)
            if first_wins
            else merge(one.entries.get(headword, ()) for one in lexicons)
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
        inflect = any(lexicon.inflect for lexicon in lexicons)
        about = {"name": name, "language": language, "licence": licence}
        about["headwords"] = LEMMAS_ONLY if inflect else ""
        comments = [f"# {key}: {value}" for key, value in about.items() if value]
        for lexicon in lexicons:
            comments += [f"# from {lexicon.name}", *(f"# {line}" for line in lexicon.comments)]
        return cls(
            name=name,
            language=language,
            licence=licence,
            entries=entries,
            report=_merged_report([one.report for one in lexicons], entries, remarks),
            comments=tuple(comments),
            parts=tuple(lexicons),
            inflect=inflect,
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
        lists = {SKIP: stands_for(skip, inflect_words)}
        if only is not None:
            lists[ONLY] = stands_for(only, inflect_words)
        selection = Selection(
            only=forms_in(lists[ONLY]) if ONLY in lists else None,
            skip=forms_in(lists[SKIP]),
            sample=sample,
            seed=seed,
        )
        return replace(self, selection=selection, report=self._selection_report(selection, lists))

    def _selection_report(self, selection: Selection, lists: Mapping[str, Listed]) -> LoadReport:
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
        known = {form for one in whole for form in one.forms} | {*stands_for(self.entries)}
        for name, listed in lists.items():
            if strangers := unknown(listed, known):
                reason = f"of {len(listed):,} words of {name}, no form of the lexicon"
                remarks[reason] = [0] * len(strangers)
                examples[reason] = strangers[:SHOWN_EXAMPLES]
        return replace(self.report, remarks=remarks, examples=examples)

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

    @cached_property
    def _rows(self) -> str:
        if isinstance(self.entries, KnownEntries):
            return self.entries.rows
        return canonical.render((), self.entries)

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
        known = self.entries.forms if isinstance(self.entries, KnownEntries) else None
        return self.inflections.text() if known is None or not self.inflect else known

    @cached_property
    def headwords(self) -> list[Headword]:
        """What the kernel looks up: the headwords of one word, and their inflected forms."""
        return self.selection.of(to_headwords(self.entries, self.inflections), self.inflections)

    @cached_property
    @_no_collection()
    def compiled(self) -> CompiledLexicon:
        """The arrays that the kernel works on, from the user's cache if they were made before."""
        languages = [Language(self.language)]
        self.remember()
        return cached(self.content, lambda: compile_headwords(self.headwords, languages))

    @property
    def content(self) -> str:
        """All that the compiled lexicon depends on."""
        selected = json.dumps(self.selection.as_dict())
        return "\n".join((self.language, selected, self._forms_text, self.canonical_text()))


@dataclass(frozen=True)
class Origin:
    """Where a lexicon was read from: the cache's name of it, and the lexicon as it was read."""

    key: str
    lexicon: Lexicon


_FACTS = ("name", "language", "licence", "comments", "inflect", "is_canonical")


def check_request(format: str | None, off: Collection[str]) -> None:
    """Raise `LexiconError` if there is no such format or step of hygiene."""
    format_of([""], format)
    if unknown := sorted(set(off) - STEPS.keys()):
        known = ", ".join(STEPS)
        raise LexiconError(f"{unknown[0]!r} is no step of hygiene; known are {known}")


def _header(
    name: str, language: str, licence: str, about: Mapping[str, str], comments: Sequence[str]
) -> list[str]:
    """The comments of a lexicon that comes from another format; its own are kept below."""
    values = {
        "name": name,
        "language": language,
        "source": about.get("source", ""),
        "licence": licence,
        "date": about.get("date", ""),
    }
    header = [f"# {key}: {' '.join(value.split())}" for key, value in values.items() if value]
    return header + [f"#{comment}" for comment in comments]


def _take_direction(parsed: Parsed, reverse: bool) -> None:
    """Of pairs that hold in one direction only, those of the direction that is asked for."""
    other = "LR" if reverse else "RL"
    for row in parsed.rows:
        if row.only == other:
            parsed.drop(OTHER_DIRECTION, row.line)
    parsed.rows = [row for row in parsed.rows if row.only != other]


def _tag_of(parsed: Parsed, asked: str, stated: str, name: str) -> str:
    """The tag of the target language: as asked for, as the file states it, or as its name does.

    Of a file with several target languages, only the rows of that one are kept.
    """
    tag = language_tag(asked) if asked else ""
    if not tag and stated:
        try:
            tag = language_tag(stated)
        except LexiconError as error:
            raise LexiconError(f"lexicon {name} states its language, but {error}") from None
    named = tag or language_in(name)
    codes = dict.fromkeys(row.language for row in parsed.rows)
    known = {code: known_tag(code) or code for code in codes if code}
    if not known:
        _check_agreement(name, tag, known_tag(stated))
        return named
    wanted = _codes_of(known, named)
    if not wanted:
        some = ", ".join(sorted(set(known.values()))[:12])
        more = ", …" if len(set(known.values())) > 12 else ""
        if asked:
            raise LexiconError(
                f"lexicon {name} has no translations into {tag} ({language_name(tag)}); "
                f"it has {some}{more}"
            )
        if len(set(known.values())) > 1:
            raise LexiconError(
                f"lexicon {name} holds {len(set(known.values()))} languages; "
                f"name one with --lang: {some}{more}"
            )
        wanted, named = set(known), ""
    parsed.rows = [row for row in parsed.rows if row.language in wanted]
    return named or next(iter({known_tag(known[code]) for code in wanted}))


def _check_agreement(name: str, asked: str, stated: str) -> None:
    """Whether the language that is asked for may be the one that a file states, as `zh-Hant` of
    `zh`, or `nb` of `no`.
    """
    one, other = language_of(asked), language_of(stated)
    if not (one and other) or one == other or is_part_of(one, other) or is_part_of(other, one):
        return
    raise LexiconError(
        f"lexicon {name} states that it is in {stated} ({language_name(stated)}), but "
        f"{asked} ({language_name(asked)}) is asked for; leave --lang out, or name another file"
    )


def _codes_of(known: Mapping[str, str], tag: str) -> set[str]:
    """Of the codes of a file's rows (code -> its tag) those that are meant by a tag.

    That is the tag itself; else the one tag of the same language and usual script, of the same
    language, or of one that it stands for.
    """
    if not tag:
        return set()
    same = {code for code, each in known.items() if each == tag}
    if same:
        return same
    of_script = {code for code, each in known.items() if with_script(each) == with_script(tag)}
    of_language = {code for code, each in known.items() if language_of(each) == language_of(tag)}
    of_macro = {code for code, each in known.items() if is_part_of(each, tag)}
    for meant in (of_script, of_language, of_macro):
        if len({known[code] for code in meant}) == 1:
            return meant
    return set()


def _nothing_left(name: str, tag: str, parsed: Parsed, account: Account, problem: str) -> str:
    reasons = [f"{why}: {len(at):,}" for why, at in account.remarks.items()]
    if problem:
        reasons.append(problem)
    elif DROPPED_SCRIPT in account.remarks:
        scripts = " or ".join(sorted(map(str.title, scripts_of(tag) or ())))
        reasons.append(
            f"{tag} ({language_name(tag)}) is written in {scripts}; name another language with "
            f"--lang, or leave the step out with --keep scripts"
        )
    return f"lexicon {name}: no pair is left of {len(parsed.rows):,}; {'; '.join(reasons)}"


def _report(
    parsed: Parsed, entries: Mapping[str, tuple[Translation, ...]], account: Account, problem: str
) -> LoadReport:
    broken = sum(len(at) for why, at in parsed.dropped.items() if why.startswith("dropped"))
    return LoadReport(
        rows=len(parsed.rows) + broken,
        pairs=sum(map(len, entries.values())),
        headwords=len(entries),
        unused=_unused(entries),
        remarks=account.remarks,
        examples=account.examples,
        unit=parsed.unit,
        lost=len(parsed.rows) + broken - account.kept - account.identical,
        identical=account.identical,
        notes=(*parsed.notes, *account.notes),
        problem=problem,
    )


def _merged_report(
    reports: Sequence[LoadReport],
    entries: Mapping[str, tuple[Translation, ...]],
    remarks: dict[str, list[int]],
) -> LoadReport:
    return LoadReport(
        rows=sum(one.rows for one in reports),
        pairs=sum(map(len, entries.values())),
        headwords=len(entries),
        unused=_unused(entries),
        remarks=remarks,
        lost=sum(one.lost for one in reports),
        identical=sum(one.identical for one in reports),
        notes=tuple(note for one in reports for note in one.notes),
        problem=next((one.problem for one in reports if one.problem), ""),
    )


def _unused(entries: Mapping[str, tuple[Translation, ...]]) -> int:
    return len([headword for headword in entries if not is_matchable(headword)])
