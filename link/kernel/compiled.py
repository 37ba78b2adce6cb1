"""CompiledLexicon: headwords and their translations as arrays, ready to be looked up.

    form                "polish"                      folded, one word or several
    entry                  17                         tables, or transitions for several words
    variants      small 30 · capital 31 · capitals 0  senses[(17 * languages + language) * 3 …]
    sense               30         31
    first              [52         54 …]              sense s has translations first[s]:first[s+1]
    translation         52    53   54
    cumulative        [ …     ONE  ONE]               thresholds of the draw, see draws.py
    texts               all as the lexicon spells them, all Capitalised, all in CAPITALS

Entry 0, sense 0 and translation 0 stand for "none". The lexicon room makes these arrays
(`lexicon/arrays.py`); a `Headword` is a sense made readable.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from link.arrays import Bools, UInt8s
from link.block import Int64s, UInt64s
from link.language.headwords import CAPITAL, CAPITALS, SMALL

Entries = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint16]

NOT_COVERED = 0
"""The entry of a word that is no headword; real entries count from 1."""

Senses = Int64s

SPELLINGS = 3

# What is to be known of an entry whatever its translations: its flags.
CLASS = (1 << 6) - 1
"""The bits that hold its class beside another word, of `context.CLASSES`; 0 if it is not known."""
NEVER_NAME, LONE_LETTER, ABBREVIATED, CONTRACTED, FUNCTION_WORD = (1 << bit for bit in range(6, 11))
STARTS, INSIDE = 1 << 11, 1 << 12
"""A phrase begins with the word, or goes on with it."""
COVERED, DEPENDS = 1 << 13, 1 << 14
"""It has a sense, in any language; and one that `depends` on its part of speech, strict or not."""
DOES = 1 << 15
"""It is `do` or one of its forms. This is the highest bit, so `flags >= DOES` tells."""

NO_GAP, SPACE, HYPHEN = -1, 0, 1
"""What stands between two words of a text, as far as phrases are concerned."""

MOST_LATER = 31
"""Words behind a phrase's first whose spelling is kept in mind; others are as good as small."""


class Order(IntEnum):
    """In which order the lexicon's spellings are tried; the first that there is is taken."""

    ONLY_SMALL = 0
    ONLY_CAPITAL = 1
    ONLY_CAPITALS = 2
    SMALL_OR_CAPITAL = 3
    SMALL_FIRST = 4
    CAPITAL_FIRST = 5
    CAPITALS_FIRST = 6


ORDERS = (
    *((SMALL,), (CAPITAL,), (CAPITALS,), (SMALL, CAPITAL)),
    *((SMALL, CAPITAL, CAPITALS), (CAPITAL, SMALL, CAPITALS), (CAPITALS, SMALL, CAPITAL)),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Keys of up to `lanes` lanes, and their entries.

    `displacements`: uint64, shape (buckets,). `keys`: uint64, shape (lanes, slots); a free slot has
    0 in every lane. `entries`: int32, shape (slots,). Buckets and slots are powers of two.
    `salt`: uint64, shape (1,), 0 unless the keys made that impossible.
    """

    displacements: UInt64s
    keys: UInt64s
    entries: Entries
    salt: UInt64s

    @property
    def lanes(self) -> int:
        return int(self.keys.shape[0])


@dataclass(frozen=True, slots=True)
class Phrases:
    """Headwords of several words, as walks from entry to entry.

        in · spite · of         entries of words 41, 97, 12
        41 ──97──▶ n1 ──12──▶ n2, which ends "in spite of"      transitions

    `transitions`: (state << 32 | entry << 1 | gap) -> node, where a state is an entry or a node;
    nodes are numbered from `first_node`. `entries`: int32, the entry of the phrase that ends at
    each node or 0; `extends`: whether a longer phrase goes on from there. `pairs`: by `hash_pairs`
    of two entries, whether a phrase may begin with them: a filter that lets few others pass.
    """

    transitions: Table | None
    entries: Entries
    extends: Bools
    first_node: int
    pairs: Bools


@dataclass(frozen=True, eq=False)
class CompiledLexicon:
    """See the module's drawing.

    `flags`: uint16, per entry. `senses`: int32, per entry, language and spelling. `own_capital`:
    bool, per sense, whether it always has a capital; `own_capitals`: whether the lexicon has it in
    capitals (`US`). `later`: uint64, per sense, how the words behind the first are spelled, two
    bits each. `language_of`: int64, per sense. `weights`: int64, `codes`: per language.

    Parts of speech: a sense that has several is there once more for each, with the translations of
    that part alone. `whole`: int32, per sense, the one that it is a part of, or itself.
    `alternatives`: int32, per sense, its row below, 0 for none. `part_senses`: int32, shape (rows,
    most), the sense of each alternative of a row, 0 where there is none. By row, and what follows
    by whether `--sense strict` is asked, shape (2, rows): `lacks`, whether an alternative has no
    sense; `contexts`, int64, where the row's part of `numbers` begins: uint8, which alternative is
    taken, by the class of what stands before, times their number, plus that of what stands behind.
    Per translation: `is_itself`, bool, whether it is spelled like the headword;
    `translation_parts`, int8, -1 for none.
    """

    tables: tuple[Table, ...]
    phrases: Phrases
    flags: Flags
    senses: Entries
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
    whole: Entries
    alternatives: Entries
    part_senses: Entries
    lacks: Bools
    contexts: Int64s
    numbers: UInt8s
    is_itself: Bools
    translation_parts: npt.NDArray[np.int8]

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

    @property
    def has_alternatives(self) -> bool:
        """Whether any sense may have several parts of speech."""
        return len(self.lacks[0]) > 1

    @cached_property
    def depends(self) -> Bools:
        """Whether it depends on the part of speech if a word of each sense may be swapped; shape
        (2, senses), behind it with `--sense strict`.
        """
        depends: Bools = self.lacks[:, self.alternatives] | self.may_be_itself
        return depends & (self.alternatives > 0)

    @cached_property
    def may_be_itself(self) -> Bools:
        """Whether each sense has a translation that is spelled like the headword."""
        may: Bools = np.logical_or.reduceat(self.is_itself, self.first[:-1])
        return may

    @cached_property
    def choices(self) -> Senses:
        """The sense that each order of spellings takes; shape (orders, languages, entries)."""
        by_spelling = self.senses.reshape(-1, self.languages, SPELLINGS).T
        tables = []
        for order in ORDERS:
            chosen = np.zeros(by_spelling.shape[1:], np.int64)
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
