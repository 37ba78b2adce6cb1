"""From the files of a lexicon to what it holds: rows, the target language, clean entries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from link.errors import LexiconError
from link.lexicon import formats
from link.lexicon.clean import Translation, clean
from link.lexicon.compile import is_matchable
from link.lexicon.find import Source
from link.lexicon.formats import canonical
from link.lexicon.formats.parsed import OTHER_DIRECTION, Parsed, joined
from link.lexicon.inflect import add_bare_headwords, holds_lemmas
from link.lexicon.languages import known_tag, language_name, language_of, scripts_of
from link.lexicon.report import Account, LoadReport
from link.lexicon.steps import DROPPED_SCRIPT, MOST_TRANSLATIONS, STEPS, Hygiene
from link.lexicon.target import choose_language

UNKNOWN_LICENCE = "not stated"

FEWEST_FOUND = 3
FEWEST_TIMES = 4  # as many common words among the translations as among the headwords

_COMMON = frozenset(
    """the that with this have from they would there their what about which when people your good
    could them other think after because these house water mother father child school friend night
    white black street thing world morning always never church knife bread river eye ear heart king
    queen horse bird fish milk green yellow summer spring earth brother sister daughter language
    through though without between before again against young small great right wrong light heavy
    quick laugh bring know write speak watch sleep teach buy sell eat drink walk year week month
    today tomorrow yesterday tree leaf flower book money paper window door table chair dog cat bear
    woman cold hot city town village country government war peace death life love truth""".split()
)
"""Frequent English words that other languages rarely spell so. `war` is German, but alone."""

_SPELLED = {f"{before}{word}": word for word in _COMMON for before in ("", "to ", "a ", "the ")}


@dataclass(frozen=True)
class Request:
    """How to read a lexicon's files; see `Lexicon.load`.

    Raises `LexiconError` if there is no such format or step of hygiene.
    """

    format: str | None = None
    language: str = ""
    force_language: bool = False
    encoding: str | None = None
    reverse: bool = False
    off: Collection[str] = ()
    most_translations: int = MOST_TRANSLATIONS

    def __post_init__(self) -> None:
        formats.format_of([""], self.format)
        if unknown := sorted(set(self.off) - STEPS.keys()):
            known = ", ".join(STEPS)
            raise LexiconError(f"{unknown[0]!r} is not a cleaning step; choose one of {known}")
        if self.force_language and not self.language:
            raise LexiconError("to overrule the language that a file states, name one with --lang")


@dataclass(frozen=True)
class Read:
    """What was read; the fields are those of `Lexicon`."""

    name: str
    language: str
    licence: str
    comments: tuple[str, ...]
    inflect: bool
    is_canonical: bool
    entries: Mapping[str, tuple[Translation, ...]] = field(repr=False)
    report: LoadReport = field(repr=False)


def read_sources(sources: Sequence[Source], request: Request) -> Read:
    """The lexicon in some files: of one source, or of two that make a lexicon together."""
    first = sources[0]
    if len(sources) > 1 or first.is_one:
        groups = [[file for source in sources for file in source.files]]
    else:
        groups = [[file] for file in first.files]
    read = [formats.read_bytes(group, request.format, request.encoding) for group in groups]
    parsed = joined([each for each, _ in read])
    parsed.about = {**first.about, **parsed.about}
    _take_direction(parsed, request.reverse)
    is_canonical = all(found is canonical.FORMAT for _, found in read)
    return read_parsed(parsed, first.name, request, is_canonical=is_canonical)


def read_parsed(parsed: Parsed, name: str, request: Request, *, is_canonical: bool) -> Read:
    """The lexicon in a file's rows, cleaned unless they come from a canonical file."""
    about = {**canonical.metadata(parsed.comments), **parsed.about}
    stated = about.get("language", "")
    tag = choose_language(parsed, request.language, stated, name, force=request.force_language)
    hygiene = None
    if not is_canonical:
        hygiene = Hygiene(tag, frozenset(request.off), request.most_translations)
    entries, account = clean(parsed, hygiene)
    problem = swapped([row[1:3] for row in parsed.rows], request.reverse)
    if not entries:
        raise LexiconError(_nothing_left(name, tag, parsed, account, problem))
    if hygiene:
        add_bare_headwords(entries, account, hygiene)
    about["name"] = about.get("name", name)
    licence = about.get("licence") or about.get("license") or UNKNOWN_LICENCE
    comments = parsed.comments
    if hygiene:
        values = about | {"language": tag, "licence": licence}
        keys = ("name", "language", "source", "licence", "date")
        header = [f"# {key}: {' '.join(values[key].split())}" for key in keys if values.get(key)]
        comments = header + [f"#{comment}" for comment in comments]
    elif tag and known_tag(stated) != tag:  # it decides capitals: part of the content
        is_other = [canonical.metadata([one]).keys() == {"language"} for one in comments]
        comments = [one for one, drop in zip(comments, is_other, strict=True) if not drop]
        comments.append(f"# language: {tag}")
    return Read(
        name=about["name"],
        language=language_of(tag),
        licence=licence,
        entries=entries,
        report=_report(parsed, entries, account, problem),
        comments=tuple(comments),
        inflect=holds_lemmas(entries, about.get("headwords", "")),
        is_canonical=is_canonical,
    )


def _take_direction(parsed: Parsed, reverse: bool) -> None:
    """Of pairs that hold in one direction only, take those of the direction that is asked for."""
    other = "LR" if reverse else "RL"
    dropped = [row.line for row in parsed.rows if row.only == other]
    for line in dropped:
        parsed.drop(OTHER_DIRECTION, line)
    if dropped or reverse:
        parsed.rows = [
            row._replace(source=row.target, target=row.source) if reverse else row
            for row in parsed.rows
            if row.only != other
        ]


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
    reasons = reasons or ["the file is empty"]
    return f"lexicon {name}: no pair is left of {len(parsed.rows):,}; {'; '.join(reasons)}"


def _report(
    parsed: Parsed, entries: Mapping[str, tuple[Translation, ...]], account: Account, problem: str
) -> LoadReport:
    broken = sum(len(at) for why, at in parsed.dropped.items() if why.startswith("dropped"))
    rows = len(parsed.rows) + broken
    return LoadReport(
        rows,
        *sizes(entries),
        remarks=account.remarks,
        examples=account.examples,
        unit=parsed.unit,
        lost=rows - account.kept - account.identical,
        identical=account.identical,
        notes=(*parsed.notes, *account.notes),
        problem=problem,
    )


def sizes(entries: Mapping[str, tuple[Translation, ...]]) -> tuple[int, int, int]:
    """Pairs, headwords, and headwords that match nothing."""
    unused = sum([not is_matchable(each) for each in entries])
    return sum(map(len, entries.values())), len(entries), unused


def swapped(pairs: Iterable[tuple[str, str]], is_reversed: bool = False) -> str:
    """Why source and target seem swapped, in words; "" if they do not. `is_reversed`: they were
    swapped because the user said so.

    >>> swapped([("Hund", "dog"), ("Haus", "the house"), ("Wasser", "water")])[:45]
    'source and target seem swapped: 3 of the tran'
    >>> swapped([("dog", "Hund"), ("house", "Haus"), ("water", "Wasser")])
    ''
    """
    different = [pair for pair in pairs if pair[0] != pair[1]]
    sources, targets = (_common_in(map(itemgetter(place), different)) for place in (0, 1))
    if len(targets) < FEWEST_FOUND or len(targets) < FEWEST_TIMES * len(sources):
        return ""
    shown = ", ".join(sorted(targets)[:3])
    return (
        f"source and target seem swapped: {len(targets)} of the translations are common English "
        f"words ({shown}), and {len(sources)} of the headwords; read it "
        f"{'without' if is_reversed else 'with'} --reverse"
    )


def _common_in(texts: Iterable[str]) -> set[str]:
    return {_SPELLED[text] for text in _SPELLED.keys() & map(str.lower, texts)}
