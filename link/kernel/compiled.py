"""CompiledLexicon: headwords and their translations as arrays, ready to be looked up.

    form                "polish"                      folded, one word or several
    entry                  17                         tables, or transitions for several words
    variants      small 30 · capital 31 · capitals 0  senses[(17 * languages + language) * 3 …]
    sense               30         31
    first              [52         54 …]              sense s has translations first[s]:first[s+1]
    translation         52    53   54
    cumulative        [ …     ONE  ONE]               thresholds of the draw, see draw.py
    texts               all as the lexicon spells them, all Capitalised, all in CAPITALS

Entry 0, sense 0 and translation 0 stand for "none". A `Headword` is a sense made readable: it is
what the reference kernel works from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from link.block import Int64s, UInt64s
from link.kernel.draw import ONE, threshold
from link.kernel.english import (
    ABBREVIATIONS,
    CONTRACTIONS_IN_S,
    FUNCTION_WORDS,
    is_lone_letter,
    is_never_name,
)
from link.kernel.phrases import INSIDE, STARTS, Phrases, build_phrases, parts_of, pattern
from link.kernel.sentences import ABBREVIATED
from link.kernel.table import Table, build_tables
from link.kernel.texts import in_all_spellings, in_json, json_escaped
from link.kernel.unicode import UInt8s

# How a word is spelled, in a text or in a lexicon.
SMALL, CAPITAL, CAPITALS = range(3)
SPELLINGS = 3

# How a translation is written; CAPITALS as well.
AS_SPELLED, CAPITALISED = range(2)

# What is to be known of an entry whatever its translations; sentences and phrases have more.
NEVER_NAME, LONE_LETTER, CONTRACTED, FUNCTION_WORD = 1, 2, 8, 64

_WEIGHT_ONE = 1 << 20


@dataclass(frozen=True, slots=True)
class Language:
    """A target language: its code, which decides capitals, and its weight beside others."""

    code: str = ""
    weight: float = 1.0


class Headword(NamedTuple):
    """One headword as the kernel needs it.

    `forms`: the folded spellings that are looked up (composed and decomposed ones), of one word or
    of several with spaces or hyphens between. `lemma`: the folded text whose hash draws the
    translation. `translations`, `weights`: of equal length, at least one, weights positive.
    `own_capital`: the word always has a capital (`Monday`, `I`), so that its capital in a text says
    nothing about its place there. `spelling`: SMALL, CAPITAL or CAPITALS, of the first word, and
    `later` of the others. `language`: an index into the languages it is compiled with.
    """

    forms: tuple[str, ...]
    lemma: str
    translations: tuple[str, ...]
    weights: tuple[float, ...]
    own_capital: bool = False
    spelling: int = SMALL
    later: tuple[int, ...] = ()
    language: int = 0


@dataclass(frozen=True, eq=False)
class CompiledLexicon:
    """See the module's drawing.

    `flags`: uint8, per entry. `slots`: uint8, per entry and language: a bit for each spelling that
    has a sense. `own_capitals`: whether a sense is one that is written in capitals (`US`).
    `senses`: int32, per entry, language and spelling. `later`: uint64, per sense, how
    the words behind the first are spelled, two bits each. `language_of`: int64, per sense.
    `weights`: int64, `codes`: per language. `longest`: bytes of the longest key of a word.
    """

    tables: tuple[Table, ...]
    phrases: Phrases
    flags: UInt8s
    slots: UInt8s
    senses: npt.NDArray[np.int32]
    first: Int64s
    lemmas: UInt64s
    own_capital: npt.NDArray[np.bool_]
    own_capitals: npt.NDArray[np.bool_]
    later: UInt64s
    language_of: Int64s
    cumulative: UInt64s
    guides: Int64s
    texts: pa.LargeBinaryArray
    json_texts: pa.LargeBinaryArray
    weights: Int64s
    codes: tuple[str, ...]
    longest: int

    @property
    def languages(self) -> int:
        """How many."""
        return len(self.weights)

    @cached_property
    def any_slots(self) -> UInt8s:
        """Per entry: the spellings that have a sense in any language."""
        slots: UInt8s = np.bitwise_or.reduce(self.slots.reshape(-1, self.languages), axis=1)
        return slots


def integer_weights(languages: Sequence[Language]) -> list[int]:
    """Languages' weights as whole numbers from 1 to 2**20."""
    most = max(language.weight for language in languages)
    return [max(1, round(language.weight / most * _WEIGHT_ONE)) for language in languages]


def cumulative_thresholds(weights: Sequence[float]) -> list[int]:
    """Thresholds t so that translation k is taken when t[k-1] <= draw < t[k]; the last is ONE.

    >>> [t / ONE for t in cumulative_thresholds([1, 3])]
    [0.25, 1.0]
    """
    if len(weights) == 1:
        return [ONE]
    total = sum(weights)
    so_far = 0.0
    result = []
    for weight in weights:
        so_far += weight
        result.append(min(ONE, threshold(so_far / total)))
    result[-1] = ONE
    return result


def lemma_hash(lemma: str) -> int:
    """A headword's name in the draws: xxh3-64 of the lemma's UTF-8, seed 0."""
    return xxhash.xxh3_64_intdigest(lemma.encode("utf-8", "surrogatepass"))


def compile_headwords(
    headwords: Sequence[Headword], languages: Sequence[Language] = (Language(),)
) -> CompiledLexicon:
    """Arrays of headwords. Of two of one form, language and spelling the later one counts."""
    words: dict[str, int] = {}  # form of a word -> entry
    several: dict[str, int] = {}  # form of several words -> entry
    count = len(languages)
    places: list[int] = []  # where in `senses`
    of_places: list[int] = []  # which sense
    entries = 0
    for sense, (forms, _, _, _, _, spelling, _, language) in enumerate(headwords, start=1):
        for form in forms:
            table = several if " " in form or "-" in form else words
            entry = table.get(form)
            if entry is None:
                entries += 1
                entry = table[form] = entries
            places.append((entry * count + language) * SPELLINGS + spelling)
            of_places.append(sense)
    for form in several:
        for word in parts_of(form)[::2]:
            if word not in words:
                entries += 1
                words[word] = entries
    for word in _NAMED_BY_RULES:
        if word not in words:
            entries += 1
            words[word] = entries

    senses = np.zeros((entries + 1) * count * SPELLINGS, np.int32)
    senses[places] = of_places  # the last one counts
    slots = ((senses.reshape(-1, SPELLINGS) > 0) << np.arange(SPELLINGS)).sum(axis=1)
    phrases, phrase_flags = build_phrases(several, words, entries + 1)
    flags = phrase_flags
    for form in {*_NAMED_BY_RULES, *[form for form in words if form[:2] == "i'"]}:
        flags[words[form]] |= _flags_of(form)

    as_spelled = ["", *[text for one in headwords for text in one.translations]]
    first = np.cumsum(np.array([0, 1, *[len(one.translations) for one in headwords]], np.int64))
    language_of = np.array([0, *[one.language for one in headwords]], np.int64)
    ends_run = np.flatnonzero(np.append(language_of[1:] != language_of[:-1], True))
    runs = [(languages[language_of[one]].code, int(first[one + 1])) for one in ends_run.tolist()]
    texts = in_all_spellings(as_spelled, runs)
    thresholds_of = lru_cache(maxsize=1 << 12)(cumulative_thresholds)  # few weights differ
    cumulative = np.array(
        [ONE, *[t for h in headwords for t in thresholds_of(h.weights)]], np.uint64
    )
    pattern_of = lru_cache(maxsize=1 << 12)(pattern)
    keys = [form.encode("utf-8", "surrogatepass") for form in words]
    return CompiledLexicon(
        tables=build_tables(keys, np.fromiter(words.values(), np.int32, len(words))),
        phrases=phrases,
        flags=flags,
        slots=slots.astype(np.uint8),
        senses=senses,
        first=first,
        lemmas=np.array([0, *[lemma_hash(h.lemma) for h in headwords]], np.uint64),
        own_capital=np.array([False, *[h.own_capital for h in headwords]], np.bool_),
        own_capitals=np.array([False, *[h.spelling == CAPITALS for h in headwords]], np.bool_),
        later=np.array([0, *[pattern_of(h.later) for h in headwords]], np.uint64),
        language_of=language_of,
        cumulative=cumulative,
        guides=_guides(first, cumulative),
        texts=texts,
        json_texts=in_json(texts),
        weights=np.array(integer_weights(languages), np.int64),
        codes=tuple(language.code for language in languages),
        longest=max(map(len, keys), default=0),
    )


def _flags_of(form: str) -> int:
    return (
        NEVER_NAME * is_never_name(form)
        | LONE_LETTER * is_lone_letter(form)
        | ABBREVIATED * (form in ABBREVIATIONS or (len(form) == 1 and "a" <= form <= "z"))
        | CONTRACTED * (form in _CONTRACTIONS)
        | FUNCTION_WORD * (form in FUNCTION_WORDS)
    )


_CONTRACTIONS = frozenset(CONTRACTIONS_IN_S)
_NAMED_BY_RULES = (
    *CONTRACTIONS_IN_S,
    *sorted(ABBREVIATIONS),
    *sorted(FUNCTION_WORDS),
    *"abcdefghijklmnopqrstuvwxyz",
)
assert len({NEVER_NAME, LONE_LETTER, ABBREVIATED, CONTRACTED, FUNCTION_WORD, STARTS, INSIDE}) == 7


# --- what is written -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """All translations in all spellings, as they are spliced in; `sizes`: int64, in bytes."""

    array: pa.LargeBinaryArray
    sizes: Int64s


@lru_cache(maxsize=4)
def texts_of(lexicon: CompiledLexicon, escaped: bool, brackets: tuple[str, str] | None) -> Texts:
    """The translations, and behind them, if there are brackets, all of them as annotations."""
    array = lexicon.json_texts if escaped else lexicon.texts
    if brackets is not None:
        opening, closing = ((json_escaped(text) if escaped else text).encode() for text in brackets)
        scalars = [pa.scalar(text, pa.large_binary()) for text in (b" " + opening, closing, b"")]
        annotated = pc.binary_join_element_wise(scalars[0], array, scalars[1], scalars[2])
        array = pa.concat_arrays([array, annotated])
    offsets = np.frombuffer(array.buffers()[1], np.int64)[: len(array) + 1]
    return Texts(array, np.diff(offsets))


# --- sharing between processes -------------------------------------------------------------------


def save_compiled(lexicon: CompiledLexicon, folder: Path) -> None:
    """Write the arrays as `.npy` files into an existing folder, for `load_compiled`."""
    for name, array in _flat(lexicon).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def load_compiled(folder: Path) -> CompiledLexicon:
    """The lexicon that `save_compiled` wrote, memory-mapped, so that processes share its pages."""
    arrays: dict[str, Any] = {
        path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in folder.glob("*.npy")
    }
    lanes = sorted(int(name.removeprefix("keys-")) for name in arrays if name.startswith("keys-"))
    phrases = Phrases(
        transitions=_table_from(arrays, "phrases") if "keys_phrases" in arrays else None,
        entries=arrays["phrases-entries"],
        extends=arrays["phrases-extends"],
        first_node=int(arrays["phrases-first_node"][0]),
        pairs=arrays["phrases-pairs"],
    )
    return CompiledLexicon(
        tables=tuple(Table(*(arrays[f"{part.name}-{n}"] for part in fields(Table))) for n in lanes),
        phrases=phrases,
        texts=_from_buffers(arrays, "texts"),
        json_texts=_from_buffers(arrays, "json_texts"),
        longest=int(arrays["longest"][0]),
        codes=tuple(arrays["codes"].tobytes().decode().split("\n")),
        **{
            field.name: arrays[field.name]
            for field in fields(CompiledLexicon)
            if field.name in arrays and field.name not in ("longest", "codes")
        },
    )


def _flat(lexicon: CompiledLexicon) -> Mapping[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
        "longest": np.array([lexicon.longest]),
        "codes": np.frombuffer("\n".join(lexicon.codes).encode(), np.uint8),
    }
    for field in fields(lexicon):
        value = getattr(lexicon, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, pa.LargeBinaryArray):
            _, offsets, data = value.buffers()
            arrays[f"{field.name}-offsets"] = np.frombuffer(offsets, np.int64)[: len(value) + 1]
            arrays[f"{field.name}-data"] = np.frombuffer(data, np.uint8)
    for table in lexicon.tables:
        for part in fields(Table):
            arrays[f"{part.name}-{table.lanes}"] = getattr(table, part.name)
    arrays["phrases-entries"] = lexicon.phrases.entries
    arrays["phrases-extends"] = lexicon.phrases.extends
    arrays["phrases-pairs"] = lexicon.phrases.pairs
    arrays["phrases-first_node"] = np.array([lexicon.phrases.first_node])
    if lexicon.phrases.transitions is not None:
        for part in fields(Table):
            arrays[f"{part.name}_phrases"] = getattr(lexicon.phrases.transitions, part.name)
    return arrays


def _table_from(arrays: Mapping[str, Any], name: str) -> Table:
    return Table(*(arrays[f"{part.name}_{name}"] for part in fields(Table)))


def _from_buffers(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> pa.LargeBinaryArray:
    offsets, data = arrays[f"{name}-offsets"], arrays[f"{name}-data"]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


# --- choosing among translations -----------------------------------------------------------------


def choose_translations(lexicon: CompiledLexicon, senses: Int64s, draws: UInt64s | None) -> Int64s:
    """The translation each sense takes for its draw (None: the first); int64 like `senses`.

    Every n-th part of the draws has its own place to begin the search (a guide table: Chen and
    Asau 1974), from where the threshold is at most a few steps away.
    """
    first: Int64s = lexicon.first.take(senses)
    if draws is None:
        return first
    counts = (lexicon.first.take(senses + 1) - first).view(np.uint64)
    part = (draws >> _GUIDE_SHIFT) * counts >> _GUIDE_BITS
    chosen: Int64s = lexicon.guides.take(first + part.view(np.int64))
    rest = np.flatnonzero(draws >= lexicon.cumulative.take(chosen))
    while rest.size:
        chosen[rest] += 1
        rest = rest[draws.take(rest) >= lexicon.cumulative.take(chosen.take(rest))]
    return chosen


def _guides(first: Int64s, cumulative: UInt64s) -> Int64s:
    """For part p of the n of each headword, the first translation whose threshold lies in it."""
    counts = np.diff(first)
    headword = np.repeat(np.arange(len(counts)), counts)
    part = (np.arange(len(cumulative)) - first[headword]).view(np.uint64)
    counts_of = counts[headword].view(np.uint64)
    # The smallest draw of a part: ceil(part * 2**32 / n), in the draw's upper 32 bits.
    smallest = (part * _GUIDE_ONE + counts_of - np.uint64(1)) // counts_of << _GUIDE_SHIFT
    guides: Int64s = first[headword].copy()
    rest = np.flatnonzero(smallest >= cumulative[guides])
    while rest.size:
        guides[rest] += 1
        rest = rest[smallest[rest] >= cumulative[guides[rest]]]
    return guides


_GUIDE_BITS = np.uint64(32)
_GUIDE_SHIFT = np.uint64(21)  # of a 53-bit draw, 32 bits find the part
_GUIDE_ONE = np.uint64(1 << 32)
