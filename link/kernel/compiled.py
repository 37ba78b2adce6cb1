"""CompiledLexicon: headwords and their translations as arrays, ready to be looked up.

    entry            1      2            3 …
    first           [1      2            4 …]      entry e has the translations first[e]:first[e+1]
    translation      1      2      3     4 …
    cumulative      [ONE    …      ONE   ONE]      thresholds of the draw, see draw.py
    texts           all as the lexicon spells them, all Capitalised, all in CAPITALS

Entry 0 and translation 0 stand for "none". A `Headword` is the same thing readable:
it is what the reference kernel works from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from link.block import Int64s, UInt64s
from link.kernel.draw import ONE, threshold
from link.kernel.table import Table, build_tables
from link.kernel.unicode import capitalised_text, upper_text

AS_SPELLED, CAPITALISED, CAPITALS = range(3)

BLOCKED = -1
"""The entry of a contraction that is no headword: it may not be taken for a possessive."""


@dataclass(frozen=True, slots=True)
class Headword:
    """One headword as the kernel needs it.

    `forms`: the folded spellings that are looked up (composed and decomposed ones). `lemma`: the
    folded text whose hash draws the translation. `translations`, `weights`: of equal length, at
    least one, weights positive. `own_capital`: the word always has a capital (`Monday`, `I`), so
    that its capital in a text says nothing about its place there.
    """

    forms: tuple[str, ...]
    lemma: str
    translations: tuple[str, ...]
    weights: tuple[float, ...]
    own_capital: bool = False


@dataclass(frozen=True, slots=True)
class CompiledLexicon:
    """See the module's drawing. `longest`: bytes of the longest key."""

    tables: tuple[Table, ...]
    first: Int64s
    lemmas: UInt64s
    own_capital: npt.NDArray[np.bool_]
    cumulative: UInt64s
    guides: Int64s
    texts: pa.LargeBinaryArray
    json_texts: pa.LargeBinaryArray
    text_sizes: Int64s
    json_text_sizes: Int64s
    longest: int


def cumulative_thresholds(weights: Sequence[float]) -> list[int]:
    """Thresholds t so that translation k is taken when t[k-1] <= draw < t[k]; the last is ONE.

    >>> [t / ONE for t in cumulative_thresholds([1, 3])]
    [0.25, 1.0]
    """
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
    headwords: Sequence[Headword], blocked: Sequence[str] = (), language: str = ""
) -> CompiledLexicon:
    """Arrays of headwords with distinct forms; `blocked` forms win no translation nor a stem."""
    keys: dict[bytes, int] = {form.encode(): BLOCKED for form in blocked}
    for entry, headword in enumerate(headwords, start=1):
        for form in headword.forms:
            keys[form.encode("utf-8", "surrogatepass")] = entry
    counts = [0, 1, *(len(headword.translations) for headword in headwords)]
    cumulative = [ONE]
    as_spelled = [""]
    for headword in headwords:
        cumulative += cumulative_thresholds(headword.weights)
        as_spelled += headword.translations
    spellings = [
        *as_spelled,
        *(capitalised_text(text, language) for text in as_spelled),
        *(upper_text(text, language) for text in as_spelled),
    ]
    first = np.cumsum(np.array(counts, np.int64))
    thresholds = np.array(cumulative, np.uint64)
    texts, json_texts = _binary(spellings), _binary([_json_escaped(text) for text in spellings])
    return CompiledLexicon(
        tables=build_tables(list(keys), np.fromiter(keys.values(), np.int32, len(keys))),
        first=first,
        lemmas=np.array([0, *(lemma_hash(h.lemma) for h in headwords)], np.uint64),
        own_capital=np.array([False, *(h.own_capital for h in headwords)], np.bool_),
        cumulative=thresholds,
        guides=_guides(first, thresholds),
        texts=texts,
        json_texts=json_texts,
        text_sizes=_sizes(texts),
        json_text_sizes=_sizes(json_texts),
        longest=max(map(len, keys), default=0),
    )


def _json_escaped(text: str) -> str:
    """The text as it stands inside a JSON string: UTF-8, with what must be escaped, escaped."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _binary(texts: Sequence[str]) -> pa.LargeBinaryArray:
    return pa.array([text.encode() for text in texts], pa.large_binary())


def _sizes(texts: pa.LargeBinaryArray) -> Int64s:
    return np.diff(np.frombuffer(texts.buffers()[1], np.int64)[: len(texts) + 1])


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
    parts = [field.name for field in fields(Table)]
    return CompiledLexicon(
        tables=tuple(Table(*(arrays[f"{part}-{n}"] for part in parts)) for n in lanes),
        texts=_from_buffers(arrays, "texts"),
        json_texts=_from_buffers(arrays, "json_texts"),
        longest=int(arrays["longest"][0]),
        **{
            field.name: arrays[field.name]
            for field in fields(CompiledLexicon)
            if field.name in arrays and field.name != "longest"
        },
    )


def _flat(lexicon: CompiledLexicon) -> Mapping[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {"longest": np.array([lexicon.longest])}
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
    return arrays


def _from_buffers(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> pa.LargeBinaryArray:
    offsets, data = arrays[f"{name}-offsets"], arrays[f"{name}-data"]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def choose_translations(lexicon: CompiledLexicon, entries: Int64s, draws: UInt64s | None) -> Int64s:
    """The translation each entry takes for its draw (None: the first); int64 like `entries`.

    Every n-th part of the draws has its own place to begin the search (a guide table: Chen and
    Asau 1974), from where the threshold is at most a few steps away.
    """
    first: Int64s = lexicon.first.take(entries)
    if draws is None:
        return first
    counts = (lexicon.first.take(entries + 1) - first).view(np.uint64)
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
