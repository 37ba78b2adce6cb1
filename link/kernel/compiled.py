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

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from link.block import Int64s, UInt64s
from link.kernel.arrays import Bools, UInt8s, where_true
from link.kernel.phrases import INSIDE, STARTS, Phrases, build_phrases, pattern
from link.kernel.table import Table, build_tables
from link.kernel.translations import guides, in_all_spellings, in_json, json_escaped
from link.language.draws import ONE, cumulative_thresholds
from link.language.english import (
    ABBREVIATIONS,
    CONTRACTIONS_IN_S,
    FUNCTION_WORDS,
    is_lone_letter,
    is_never_name,
)
from link.language.headwords import (
    CAPITAL,
    CAPITALS,
    SMALL,
    Headword,
    Language,
    integer_weights,
    lemma_hash,
    parts_of,
)

Senses = npt.NDArray[np.int32]

SPELLINGS = 3

# What is to be known of an entry whatever its translations; phrases have two more.
NEVER_NAME, LONE_LETTER, ABBREVIATED, CONTRACTED, FUNCTION_WORD = 1, 2, 4, 8, 64

# In which order the lexicon's spellings are tried; the first that there is is taken.
(
    ONLY_SMALL,
    SMALL_OR_CAPITAL,
    ONLY_CAPITAL,
    ONLY_CAPITALS,
    SMALL_FIRST,
    CAPITAL_FIRST,
    CAPITALS_FIRST,
) = range(7)
ORDERS = {
    ONLY_SMALL: (SMALL,),
    SMALL_OR_CAPITAL: (SMALL, CAPITAL),
    ONLY_CAPITAL: (CAPITAL,),
    ONLY_CAPITALS: (CAPITALS,),
    SMALL_FIRST: (SMALL, CAPITAL, CAPITALS),
    CAPITAL_FIRST: (CAPITAL, SMALL, CAPITALS),
    CAPITALS_FIRST: (CAPITALS, SMALL, CAPITAL),
}


@dataclass(frozen=True, eq=False)
class CompiledLexicon:
    """See the module's drawing.

    `flags`: uint8, per entry. `senses`: int32, per entry, language and spelling. `own_capital`:
    bool, per sense, whether it always has a capital; `own_capitals`: whether the lexicon has it in
    capitals (`US`). `later`: uint64, per sense, how the words behind the first are spelled, two
    bits each. `language_of`: int64, per sense. `weights`: int64, `codes`: per language.
    """

    tables: tuple[Table, ...]
    phrases: Phrases
    flags: UInt8s
    senses: Senses
    first: Int64s
    lemmas: UInt64s
    own_capital: Bools
    own_capitals: Bools
    later: UInt64s
    language_of: Int64s
    cumulative: UInt64s
    guides: Int64s
    texts: pa.LargeBinaryArray
    json_texts: pa.LargeBinaryArray
    weights: Int64s
    codes: tuple[str, ...]

    @property
    def languages(self) -> int:
        """How many."""
        return len(self.weights)

    @cached_property
    def is_covered(self) -> Bools:
        """Whether each entry has a sense in each language; shape (languages, entries)."""
        by_language = self.senses.reshape(-1, self.languages, SPELLINGS) > 0
        covered: Bools = np.ascontiguousarray(by_language.any(axis=2).T)
        return covered

    @cached_property
    def choices(self) -> Senses:
        """The sense that each order of spellings takes; shape (orders, languages, entries)."""
        by_spelling = self.senses.reshape(-1, self.languages, SPELLINGS).T
        tables = []
        for order in ORDERS.values():
            chosen = np.zeros(by_spelling.shape[1:], np.int32)
            for spelling in reversed(order):
                np.copyto(chosen, by_spelling[spelling], where=by_spelling[spelling] > 0)
            tables.append(chosen)
        return np.stack(tables)

    @cached_property
    def choices_but_letters(self) -> Senses:
        """`choices` without those of lone letters."""
        choices: Senses = self.choices.copy()
        choices[:, :, self.flags & LONE_LETTER > 0] = 0
        return choices


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
    forms_of, lemmas, translations, weights, own_capital, spellings, later, of_languages = (
        zip(*headwords, strict=True) if headwords else ((),) * len(Headword._fields)
    )
    for sense, (forms, spelling, language) in enumerate(
        zip(forms_of, spellings, of_languages, strict=True), start=1
    ):
        for form in forms:
            table = several if " " in form or "-" in form else words
            entry = table.get(form)
            if entry is None:
                entries += 1
                entry = table[form] = entries
            places.append((entry * count + language) * SPELLINGS + spelling)
            of_places.append(sense)
    parts = [parts_of(form) for form in several]
    for word in (*chain.from_iterable(each[::2] for each in parts), *_NAMED_BY_RULES):
        if word not in words:
            entries += 1
            words[word] = entries

    senses = np.zeros((entries + 1) * count * SPELLINGS, np.int32)
    senses[places] = of_places  # the last one counts
    phrases, phrase_flags = build_phrases(parts, several.values(), words, entries + 1)
    flags = phrase_flags
    for form in {*_NAMED_BY_RULES, *[form for form in words if form[:2] == "i'"]}:
        flags[words[form]] |= _flags_of(form)

    as_spelled = ["", *chain.from_iterable(translations)]
    first = np.cumsum(np.array([0, 1, *map(len, translations)], np.int64))
    language_of = np.array([0, *of_languages], np.int64)
    ends_run = where_true(np.append(language_of[1:] != language_of[:-1], True))
    runs = [(languages[language_of[one]].code, int(first[one + 1])) for one in ends_run.tolist()]
    texts = in_all_spellings(as_spelled, runs)
    thresholds = {each: cumulative_thresholds(each) for each in {*weights}}  # few differ
    patterns = {each: pattern(each) for each in {*later}}
    all_thresholds = chain((ONE,), chain.from_iterable(map(thresholds.__getitem__, weights)))
    cumulative = np.fromiter(all_thresholds, np.uint64, len(as_spelled))
    keys = [form.encode("utf-8", "surrogatepass") for form in words]
    return CompiledLexicon(
        tables=build_tables(keys, np.fromiter(words.values(), np.int32, len(words))),
        phrases=phrases,
        flags=flags,
        senses=senses,
        first=first,
        lemmas=np.array([0, *map(lemma_hash, lemmas)], np.uint64),
        own_capital=np.array([False, *own_capital], np.bool_),
        own_capitals=np.array([SMALL, *spellings], np.int64) == CAPITALS,
        later=np.array([0, *map(patterns.__getitem__, later)], np.uint64),
        language_of=language_of,
        cumulative=cumulative,
        guides=guides(first, cumulative),
        texts=texts,
        json_texts=in_json(texts),
        weights=np.array(integer_weights(languages), np.int64),
        codes=tuple(language.code for language in languages),
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
assert not (STARTS | INSIDE) & (NEVER_NAME | LONE_LETTER | ABBREVIATED | CONTRACTED | FUNCTION_WORD)


# --- what is written -----------------------------------------------------------------------------


@lru_cache(maxsize=4)
def texts_of(
    lexicon: CompiledLexicon, escaped: bool, brackets: tuple[str, str] | None
) -> pa.LargeBinaryArray:
    """The translations as they are spliced in, and behind them, if there are brackets, all of them
    as annotations. `escaped`: into the inside of a JSON string.
    """
    array = lexicon.json_texts if escaped else lexicon.texts
    if brackets is None:
        return array
    opening, closing = ((json_escaped(text) if escaped else text).encode() for text in brackets)
    before, after, between = (
        pa.scalar(text, pa.large_binary()) for text in (b" " + opening, closing, b"")
    )
    annotated = pc.binary_join_element_wise(before, array, after, between)
    return pa.concat_arrays([array, annotated])


# --- sharing between processes -------------------------------------------------------------------


ARRAYS = "arrays"
"""The file's name: a hash of all behind it, a table of the arrays in JSON, and the arrays."""

_ALIGNED = 64


def save_compiled(lexicon: CompiledLexicon, folder: Path) -> None:
    """Write the arrays as one file into an existing folder, for `load_compiled`."""
    table: dict[str, tuple[str, tuple[int, ...], int]] = {}
    pieces: list[bytes | memoryview] = [b""]
    size = 0
    for name, array in _flat(lexicon).items():
        table[name] = (array.dtype.str, array.shape, size)
        pieces += [
            np.ascontiguousarray(array).reshape(-1).view(np.uint8).data,
            bytes(-array.nbytes % _ALIGNED),
        ]
        size += array.nbytes + len(pieces[-1])
    text = json.dumps(table)
    pieces[0] = f" {text}{' ' * (-(len(text) + _SUM + 2) % _ALIGNED)}\n".encode()
    sum_ = xxhash.xxh3_128()
    for piece in pieces:
        sum_.update(piece)
    with (folder / ARRAYS).open("wb") as file:
        file.writelines([sum_.hexdigest().encode(), *pieces])


_SUM = 32  # bytes


def load_compiled(folder: Path, *, is_checked: bool = False) -> CompiledLexicon:
    """The lexicon that `save_compiled` wrote, memory-mapped, so that processes share its pages.

    `is_checked`: `ValueError` if the file is not what was written.
    """
    with (folder / ARRAYS).open("rb") as file:
        head = file.readline()
        data: UInt8s = np.memmap(file, np.uint8, "r").view(np.ndarray)
    if is_checked and xxhash.xxh3_128_hexdigest(data[_SUM:].data).encode() != head[:_SUM]:
        raise ValueError(f"{folder / ARRAYS} is not what was written")
    arrays: dict[str, Any] = {
        name: np.ndarray(shape, dtype, data, len(head) + begin)
        for name, (dtype, shape, begin) in json.loads(head[_SUM:]).items()
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
        codes=tuple(arrays["codes"].tobytes().decode().split("\n")),
        **{
            field.name: arrays[field.name]
            for field in fields(CompiledLexicon)
            if field.name in arrays and field.name != "codes"
        },
    )


def _flat(lexicon: CompiledLexicon) -> Mapping[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
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
