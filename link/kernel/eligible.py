"""Which words of a window may be swapped, alone or as phrases: the units that are drawn.

    words      the   dog   's  house  in   spite   of   Mark       (of a lexicon with "mark")
    units      [the] [dog]     [house] [in spite of ]   [Mark]      covered
    choice      13    2          9        207             0         eligible: the sense, 0 for none

A word is covered if its folded form is a headword. A word `X's` is looked up whole and then, unless
it is a contraction, as `X`, with its ending left in place. docs/words.md has the rules by which a
covered word is eligible; here each of them is a few array operations over the words it is about.
"""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from link.block import Int64s, UInt64s
from link.kernel.compiled import (
    CAPITAL,
    CAPITALS,
    CONTRACTED,
    LONE_LETTER,
    NEVER_NAME,
    SMALL,
    SPELLINGS,
)
from link.kernel.decode import points_of, words_with
from link.kernel.headings import headings_of
from link.kernel.phrases import INSIDE, MOST_LATER, Matches, find_phrases, segment
from link.kernel.ragged import ragged_range
from link.kernel.rules import RULES
from link.kernel.table import Entries
from link.kernel.unicode import UInt8s
from link.kernel.window import Bools, Window
from link.policy import KEEP, MIX_WORD, Policy

NAMES = "names"

LOST_TO = (NAMES, *RULES)
"""What may take a covered word away; a word that several rules take counts for the first."""


@dataclass(frozen=True, slots=True)
class Units:
    """What is drawn: covered words and phrases, ascending.

    Shapes are (units,): `first`: the (first) word; `words`: how many; `ends`: where a swap ends
    (bytes); `spelled`: SMALL, CAPITAL or CAPITALS, in the text. `senses`: int64, shape (units,
    languages that are chosen among): the sense of each language, 0 where it has none or may not be
    swapped. `lost`: index into `LOST_TO` of those without any, -1 of the others.
    """

    first: Int64s
    words: Int64s
    ends: Int64s
    spelled: UInt8s
    senses: Int64s
    lost: Int64s

    @property
    def is_eligible(self) -> Bools:
        """Whether each may be swapped."""
        return np.less(self.lost, 0)

    def take(self, rows: Int64s) -> "Units":
        """Some of them."""
        return Units(
            self.first.take(rows),
            self.words.take(rows),
            self.ends.take(rows),
            self.spelled.take(rows),
            self.senses.take(rows, axis=0),
            self.lost.take(rows),
        )


def find_units(
    window: Window, policy: Policy, languages: Int64s | None, drawn: Int64s | None = None
) -> Units:
    """The units of a window's touched documents.

    `languages`: for each document its language, where documents have one of several. `drawn`: the
    words that need to be looked at, unless the lexicon has phrases.
    """
    return _Eligibility(window, policy, languages).units(drawn)


class _Eligibility:
    """The rules over one window."""

    def __init__(self, window: Window, policy: Policy, languages: Int64s | None) -> None:
        self.window = window
        self.lexicon = window.lexicon
        self.words = window.words
        self.keeps_names = policy.names == KEEP
        self.mixes_words = policy.mix == MIX_WORD and self.lexicon.languages > 1
        self.language = None if languages is None else np.repeat(languages, window.sizes)
        self.protect = policy.protect

    def units(self, drawn: Int64s | None) -> Units:
        window = self.window
        phrases = self._phrases()
        index = window.chosen if drawn is None else drawn
        if drawn is None or self.lexicon.phrases.transitions is not None:
            entries = window.entries if index is None else window.entries.take(index)
        else:
            entries = window.entries_of(drawn)
        singles = self._singles(index, entries, phrases)
        if phrases is None:
            return singles
        return _merged(singles, phrases)

    # --- single words ---

    def _singles(self, index: Int64s | None, entries: Entries, phrases: Units | None) -> Units:
        """Covered words outside of phrases; `index`: the words that are looked at (None: all)."""
        slots = self._slots(entries, index)
        stems = self._stems(index, entries, slots)
        if stems.rows.size:
            entries, slots = entries.copy(), slots.copy()
            entries[stems.rows] = stems.entries
            of_words = stems.rows if index is None else index.take(stems.rows)
            slots[stems.rows] = self._slots(stems.entries, of_words)
        covered = slots > 0
        if phrases is not None:
            inside = np.zeros(len(self.words.starts), np.bool_)
            inside[ragged_range(phrases.first, phrases.words)] = True
            covered &= ~(inside if index is None else inside.take(index))
        rows = np.flatnonzero(covered)
        first = rows if index is None else index.take(rows)
        ends = self.words.ends if index is None else self.words.ends.take(index)
        if stems.rows.size:
            ends = ends.copy()
            ends[stems.rows] = stems.ends
        ends = ends.take(rows)
        heads, slots = entries.take(rows).astype(np.int64), slots.take(rows)
        spelled = self.window.spellings(self.words.starts.take(first), ends)
        senses = self._senses(heads, first, self._orders(first, heads, slots, spelled))
        if self.keeps_names:
            senses[self.lexicon.flags.take(heads) & LONE_LETTER > 0] = 0
        return self._protected(first, np.ones(len(first), np.int64), ends, spelled, senses)

    def _stems(self, index: Int64s | None, entries: Entries, slots: UInt8s) -> "_Stems":
        """Of words `X's` that are no headwords as a whole: X."""
        if index is None and self.lexicon.phrases.transitions is not None:
            every = self._possessives
            return every.take(np.flatnonzero(slots.take(every.rows) == 0))
        starts = self.words.starts if index is None else self.words.starts.take(index)
        ends = self.words.ends if index is None else self.words.ends.take(index)
        rows = words_with(self.words.apostrophes, starts, ends)
        rows = rows.compress(slots.take(rows) == 0)
        rows = rows.compress(self.lexicon.flags.take(entries.take(rows)) & CONTRACTED == 0)
        return self._stems_of(rows, starts.take(rows), ends.take(rows))

    @cached_property
    def _possessives(self) -> "_Stems":
        """The stems of all words that are possessives."""
        starts, ends = self.words.starts, self.words.ends
        rows = words_with(self.words.apostrophes, starts, ends)
        flags = self.lexicon.flags.take(self.window.entries.take(rows))
        rows = rows.compress(flags & CONTRACTED == 0)
        return self._stems_of(rows, starts.take(rows), ends.take(rows))

    def _stems_of(self, rows: Int64s, starts: Int64s, ends: Int64s) -> "_Stems":
        """The stems of those of some words that are possessives; all have an apostrophe."""
        if not rows.size:
            return _Stems(rows, rows, rows)
        apostrophes = self.words.apostrophes
        last = apostrophes.take(np.searchsorted(apostrophes, ends) - 1)
        possessive = self._are_possessive(last, ends)
        starts, last = starts.compress(possessive), last.compress(possessive)
        return _Stems(rows.compress(possessive), last, self.window.look_up(starts, last))

    def _are_possessive(self, apostrophes: Int64s, ends: Int64s) -> Bools:
        """Whether all that stands between an apostrophe and the end of its word is an s, folded."""
        raw = np.frombuffer(self.window.data, np.uint8)
        result: Bools = (ends == apostrophes + 2) & (raw.take(apostrophes + 1) | 0x20 == ord("s"))
        behind = raw.take(apostrophes + 1)
        is_plain = (raw.take(apostrophes) == ord("'")) & (behind < 0x80) & (behind != ord("\\"))
        others = np.flatnonzero(~is_plain)
        if others.size:
            at, sizes = apostrophes.take(others), (ends - apostrophes).take(others)
            points, owner = points_of(self.window.data, self.words.characters, at, sizes)
            two = np.bincount(owner, minlength=len(others)) == 2
            first = np.searchsorted(owner, np.arange(len(others)))
            result[others] = np.isin(points.take(first + 1, mode="clip"), _ESSES) & two
        return result

    # --- several words ---

    def _phrases(self) -> Units | None:
        """The phrases that are units."""
        window, lexicon = self.window, self.lexicon
        if lexicon.phrases.transitions is None:
            return None
        entries, stems = self._entries_in_phrases()
        found = find_phrases(
            lexicon.phrases,
            lexicon.flags,
            window.entries,
            entries,
            window.is_last,
            stems.rows,
            window.gaps,
        )
        if not found.first.size:
            return None
        last = found.first + found.words - 1
        starts, ends = self.words.starts.take(found.first), self.words.ends.take(last)
        if stems.rows.size:
            at = np.minimum(np.searchsorted(stems.rows, last), len(stems.rows) - 1)
            ends = np.where(stems.rows.take(at) == last, stems.ends.take(at), ends)
        heads = window.entries.take(found.first).astype(np.int64)
        order = self._orders(
            found.first,
            heads,
            self._slots(found.entries, found.first),
            window.spellings(starts, self.words.ends.take(found.first)),
        )
        later = _Later(window, found) if self.keeps_names else None
        senses = self._senses(found.entries, found.first, order, later)
        spelled = window.spellings(starts, ends)
        units = self._protected(found.first, found.words, ends, spelled, senses)
        units = units.take(np.flatnonzero(units.is_eligible))
        return units.take(segment(units.first, units.words))

    def _entries_in_phrases(self) -> tuple[Entries, "_Stems"]:
        """The entries of words as a phrase may hold them behind its first: it may end in a
        possessive, of which only the stem belongs to it.
        """
        entries, stems = self.window.entries, self._possessives
        flags = self.lexicon.flags.take(entries.take(stems.rows))
        stems = stems.take(np.flatnonzero(flags & INSIDE == 0))
        if not stems.rows.size:
            return entries, stems
        entries = entries.copy()
        entries[stems.rows] = stems.entries
        return entries, stems

    # --- senses ---

    def _slots(self, entries: Entries | Int64s, index: Int64s | None) -> UInt8s:
        """The spellings that entries have in the languages that the words' documents may take.

        `index`: the words, None for all.
        """
        lexicon = self.lexicon
        if lexicon.languages == 1:
            return lexicon.slots.take(entries)
        if self.mixes_words:
            return lexicon.any_slots.take(entries)
        assert self.language is not None, "documents have a language each"
        language = self.language if index is None else self.language.take(index)
        return lexicon.slots.take(entries.astype(np.int64) * lexicon.languages + language)

    def _orders(self, first: Int64s, heads: Int64s, slots: UInt8s, spelled: UInt8s) -> Int64s:
        """For words, or the first words of phrases, the row of `_PICKED` that says which of the
        lexicon's spellings may be taken for them. `heads`: the words' own entries; `slots`: the
        spellings that there are.
        """
        order = (_KEPT if self.keeps_names else _SWAPPED).take(spelled)
        rows = np.flatnonzero(spelled != SMALL)
        never = self.lexicon.flags.take(heads.take(rows)) & NEVER_NAME > 0
        if never.any():
            order[rows[never]] = (_KEPT if self.keeps_names else _SWAPPED)[SMALL]
            rows = rows[~never]
        rows = rows.compress(slots.take(rows) & _SMALL_AND_CAPITAL > 0)
        in_capitals = spelled.take(rows) == CAPITALS
        here = slots.take(rows)
        if not self.keeps_names:
            rows = rows.compress(~in_capitals & (here & _SMALL_AND_CAPITAL == _SMALL_AND_CAPITAL))
            begins = self.window.begins_sentence(first.take(rows))
            order[rows.compress(begins)] = _ANY
            return order
        rows = rows.compress(in_capitals | (here & _HAS_SMALL > 0))
        in_capitals = spelled.take(rows) == CAPITALS
        may_begin = np.flatnonzero(~in_capitals)
        begins = np.zeros(len(rows), np.bool_)
        begins[may_begin] = self.window.begins_sentence(first.take(rows.take(may_begin)))
        order[rows[begins]] = _SMALL_OR_CAPITAL
        rows, in_capitals = rows[~begins], in_capitals[~begins]
        heading = headings_of(self.window, first.take(rows))
        order[rows[~in_capitals & (heading != SMALL)]] = _SMALL_OR_CAPITAL
        order[rows[in_capitals & (heading == CAPITALS)]] = _ANY
        return order

    def _senses(
        self, entries: Int64s, first: Int64s, order: Int64s, later: "_Later | None" = None
    ) -> Int64s:
        """The sense of each entry by the order of its spellings, 0 for none; where words draw their
        languages, of each language: shape (entries, languages).

        `later`: of phrases whose words behind the first must be spelled as in the lexicon.
        """
        count = self.lexicon.languages
        if count == 1:
            return self._senses_of(entries, order, later)
        if not self.mixes_words:
            assert self.language is not None, "documents have a language each"
            rows = entries * count + self.language.take(first)
            return self._senses_of(rows, order, later)
        columns = range(count)
        each = [self._senses_of(entries * count + column, order, later) for column in columns]
        return np.stack(each, axis=1)

    def _senses_of(self, rows: Int64s, order: Int64s, later: "_Later | None") -> Int64s:
        slots = self.lexicon.slots.take(rows)
        if later is not None:
            for spelling in range(SPELLINGS):
                has = np.flatnonzero(slots >> spelling & 1)
                own = self.lexicon.senses.take(rows.take(has) * SPELLINGS + spelling)
                fits = later.fit(self.lexicon.later.take(own), has)
                slots[has[~fits]] &= ~np.uint8(1 << spelling)
        picked = _PICKED.take(order * (1 << SPELLINGS) + slots)
        senses: Int64s = self.lexicon.senses.take(rows * SPELLINGS + picked).astype(np.int64)
        senses[picked < 0] = 0
        return senses

    # --- protected spans ---

    def _protected(
        self, first: Int64s, words: Int64s, ends: Int64s, spelled: UInt8s, senses: Int64s
    ) -> Units:
        """Units, without the senses of those that stand in protected spans."""
        any_sense = senses if senses.ndim == 1 else senses.max(axis=1, initial=0)
        lost = np.where(any_sense > 0, -1, 0)
        if self.protect and len(first):
            rules = self._spans.of(first, words)
            rows = np.flatnonzero((lost < 0) & (rules > 0))
            lost[rows] = rules.take(rows)
            senses[rows] = 0
        return Units(first, words, ends, spelled, senses, lost)

    @cached_property
    def _spans(self) -> "ProtectedWords":
        return ProtectedWords(self.window, self.protect)


@dataclass(frozen=True, slots=True)
class _Stems:
    """Rows of words, where their stems end (bytes), and the stems' entries."""

    rows: Int64s
    ends: Int64s
    entries: Entries | Int64s

    def take(self, rows: Int64s) -> "_Stems":
        """Some of them."""
        return _Stems(self.rows.take(rows), self.ends.take(rows), self.entries.take(rows))


class _Later:
    """How the words behind the first of some phrases are spelled."""

    def __init__(self, window: Window, found: Matches) -> None:
        self.counts = found.words - 1
        index = ragged_range(found.first + 1, self.counts)
        starts, ends = window.words.starts.take(index), window.words.ends.take(index)
        self.spelled = window.spellings(starts, ends)
        heading = np.zeros(len(index), np.uint8)
        rows = np.flatnonzero(self.spelled != SMALL)
        heading[rows] = headings_of(window, index.take(rows))
        self.is_free = (self.spelled == CAPITAL) & (heading != SMALL)
        self.is_free |= (self.spelled == CAPITALS) & (heading == CAPITALS)

    def fit(self, patterns: UInt64s, phrases: Int64s) -> Bools:
        """Whether some of the phrases are spelled like patterns, or stand in a heading that
        explains why not.
        """
        counts = self.counts.take(phrases)
        index = ragged_range((np.cumsum(self.counts) - self.counts).take(phrases), counts)
        owner = np.repeat(np.arange(len(phrases)), counts)
        place = index - index.take(np.cumsum(counts) - counts).take(owner)
        wanted = patterns.take(owner) >> (2 * np.minimum(place, MOST_LATER)).astype(np.uint64)
        differs = (wanted & np.uint64(3)) != self.spelled.take(index)
        fits = np.ones(len(phrases), np.bool_)
        fits[owner[differs & ~self.is_free.take(index)]] = False
        return fits


class ProtectedWords:
    """The protected words of a window, and by which rule: the first in the order of `LOST_TO`."""

    def __init__(self, window: Window, protect: tuple[str, ...]) -> None:
        self.rule = np.zeros(len(window.words.starts), np.int64)  # of each word, 0 for none
        found = [
            (LOST_TO.index(rule), *spans)
            for rule, spans in window.rules.spans(protect)
            if spans[0].size
        ]
        if not found:
            return
        numbers, starts, ends = zip(*found, strict=True)
        rules = np.repeat(numbers, [len(each) for each in starts])
        begins, stops = np.concatenate(starts), np.concatenate(ends)
        rows = np.flatnonzero(stops > begins)
        rules, begins, stops = rules.take(rows), begins.take(rows), stops.take(rows) - 1
        words = window.words
        first = np.searchsorted(words.ends, window.flat.original(begins), "right")
        last = np.searchsorted(words.starts, window.flat.original(stops), "right")
        # All on one scale, one rule's words behind another's, the last rule's first: of spans of a
        # rule that overlap only what is new is taken, and an earlier rule has the last word.
        scale = (len(LOST_TO) - rules) * (len(words.starts) + 1)
        order = np.argsort(first + scale)
        scale = scale.take(order)
        first, last = first.take(order) + scale, last.take(order) + scale
        np.maximum.accumulate(last, out=last)
        first[1:] = np.maximum(first[1:], last[:-1])
        sizes = np.maximum(last - first, 0)
        self.rule[ragged_range(first - scale, sizes)] = np.repeat(rules.take(order), sizes)

    def of(self, first: Int64s, words: Int64s) -> Int64s:
        """The rule that each word, or the words of each phrase, are lost to; 0 for none."""
        result = self.rule.take(first)
        if len(words) and words.max() > 1:
            index = ragged_range(first, words)
            np.maximum.at(result, np.repeat(np.arange(len(first)), words), self.rule.take(index))
        return result


def _merged(some: Units, few: Units) -> Units:
    """Both, ascending."""
    at = np.searchsorted(some.first, few.first)
    return Units(
        *(
            np.insert(getattr(some, field.name), at, getattr(few, field.name), axis=0)
            for field in fields(Units)
        )
    )


# Orders of spellings, of which the first that there is is taken.
_ORDERS = (
    (SMALL,),
    (SMALL, CAPITAL),
    (CAPITAL,),
    (CAPITALS,),
    (SMALL, CAPITAL, CAPITALS),
    (CAPITAL, SMALL, CAPITALS),
    (CAPITALS, SMALL, CAPITAL),
)
_ONLY_SMALL, _SMALL_OR_CAPITAL, _ONLY_CAPITAL, _ONLY_CAPITALS, _ANY, _CAPITAL_FIRST, _LAST_FIRST = (
    range(len(_ORDERS))
)
# By how a word is spelled in the text: the order amid ordinary text.
_KEPT = np.array([_ONLY_SMALL, _ONLY_CAPITAL, _ONLY_CAPITALS])
_SWAPPED = np.array([_ANY, _CAPITAL_FIRST, _LAST_FIRST])
# By order and slots: the spelling that is taken, or -1.
_PICKED = np.array(
    [
        next((spelling for spelling in order if slots >> spelling & 1), -1)
        for order in _ORDERS
        for slots in range(1 << SPELLINGS)
    ]
)
_HAS_SMALL = 1 << SMALL
_SMALL_AND_CAPITAL = 1 << SMALL | 1 << CAPITAL
_ESSES = np.array([ord("S"), ord("s"), 0x17F], np.uint32)
