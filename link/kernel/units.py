"""Units: the words and phrases of a text that the lexicon covers, and which of them may be swapped.

    words      the   dog   's  house  in   spite   of   Mark       (of a lexicon with "mark")
    units       1     1         1      3     0      0    1          how many words begin one
    senses     13     2         9     207    0      0    0          0: not to be swapped

Everything is one number a word, so that most steps are whole-array arithmetic; what capitals,
possessives and phrases change, they change in the few places that they are about.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from link.arrays import NO_PLACES, Bools, UInt8s, is_one_of, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel import compiled
from link.kernel.capitals import begin_sentences, headings
from link.kernel.compiled import SPACE, SPELLINGS, CompiledLexicon, Flags, Order, Senses
from link.kernel.lines import Lines
from link.kernel.matches import Matches, find_phrases, segment
from link.kernel.senses import narrowed
from link.kernel.table import lane_keys
from link.kernel.words import NOT_LOST, Text, Units, any_of, gaps, short_keys, spellings, stems_of
from link.language.english import CONTRACTED_ENDINGS
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LOST_TO, NAMES, SENSE
from link.policy import KEEP, MIX_WORD, STRICT, WEIGHT, Policy

_T = TypeVar("_T", bound=np.generic)


def find_units(
    text: Text,
    policy: Policy,
    lines: Lines,
    rules: npt.NDArray[np.int8] | None,
    language: Int64s | None,
    narrows_all: bool,
) -> Units:
    """The units of a text.

    `rules`: by which each word is protected, 0 for none. `language`: int64, shape (words,), of each
    word's document, where documents take one of several languages. `narrows_all`: the context tells
    the parts of speech of all words, not only where they decide whether a word may be swapped.
    """
    keeps_names = policy.names == KEEP
    choice = _Choice(text.lexicon, keeps_names, policy.mix == MIX_WORD, language)
    words, window = text.words, text.window
    ends, entries, flags = words.ends.copy(), text.entries, text.flags
    covered = choice.covers(entries, flags)
    stems = stems_of(text)
    # Where not even the stem has an entry, the whole counts: it may be part of a phrase.
    own = stems.take(where_true(~covered.take(stems.rows) & (stems.entries > 0)))
    if own.rows.size:
        ends[own.rows] = own.ends
        entries, flags = entries.copy(), flags.copy()
        entries[own.rows], flags[own.rows] = own.entries, text.lexicon.flags.take(own.entries)
        covered[own.rows] = choice.covers(own.entries, flags.take(own.rows), own.rows)

    spelled = text.spelled.copy()
    starts, kinds = words.starts.take(own.rows), words.kinds.take(own.rows)
    spelled[own.rows] = spellings(window, starts, own.ends, kinds)
    capitals = where_true(spelled)
    capitals = capitals.compress(entries.take(capitals) > 0)
    begins, heading = np.zeros(len(words), np.bool_), np.zeros(len(words), np.uint8)
    begins[capitals] = begin_sentences(text, capitals)
    if keeps_names:
        heading[capitals] = headings(text, lines, capitals)

    senses = choice.usual(entries)
    never = flags.take(capitals) & compiled.NEVER_NAME > 0
    how, begin, kind = spelled.take(capitals), begins.take(capitals), heading.take(capitals)
    order = _order(never, how, begin, kind, keeps_names)
    senses[:, capitals] = choice.by_order(order, entries.take(capitals), capitals)
    eligible = any_of(senses)
    lost = (covered > eligible).view(np.int8)
    lost *= LOST_TO.index(NAMES) - NOT_LOST
    lost += NOT_LOST
    if rules is not None:
        rows = where_true((rules > 0) & eligible)
        lost[rows] = rules.take(rows)
        senses[:, rows] = 0
    if policy.sense != WEIGHT and text.lexicon.has_alternatives:
        lexicon = text.lexicon
        asked, may = lexicon.alternatives, covered  # the senses, and the words that may have them
        if not narrows_all:
            asked = lexicon.depends[int(policy.sense == STRICT)]
            may = flags & compiled.DEPENDS > 0
        some = where_true(may)
        for of_language in senses:
            rows = some.compress(asked.take(of_language.take(some)))
            fitting = narrowed(text, rows, of_language.take(rows), policy)
            of_language[rows] = fitting
            rows = rows.compress(fitting == 0)
            lost[rows.compress(~any_of(senses.take(rows, axis=1)))] = LOST_TO.index(SENSE)
    rows = _contracted(text)
    covered[rows], lost[rows], senses[:, rows] = False, NOT_LOST, 0
    found = find_phrases(text, stems)
    at = words.ends.copy() if found.first.size else words.ends
    units = Units(covered.astype(np.int16), words.starts, ends, at, senses, lost, spelled, begins)
    if rules is not None and found.first.size:
        index = ragged_range(found.first, found.words)
        found = found.take(where_true(sums(rules.take(index) > 0, found.words) == 0))
    if found.first.size:
        _put_phrases(text, found, units, choice, heading, keeps_names)
    return units


def _stacked(rows: list[Senses]) -> Senses:
    """`np.stack`, which need not copy a single row."""
    return rows[0][None] if len(rows) == 1 else np.stack(rows)


def _order(
    never_names: Bools, spelled: UInt8s, begin: Bools, kind: UInt8s, keeps_names: bool
) -> Int64s:
    """In which order the lexicon's spellings are tried for some words, or for the first words of
    phrases. `kind`: of the heading that each stands in.
    """
    if keeps_names:
        explained = begin | (kind != SMALL)
        order = np.where(explained, Order.SMALL_OR_CAPITAL, Order.ONLY_CAPITAL)
        in_capitals = np.where(kind == CAPITALS, Order.SMALL_FIRST, Order.ONLY_CAPITALS)
    else:
        order = np.where(begin, Order.SMALL_FIRST, Order.CAPITAL_FIRST)
        in_capitals = np.full(len(kind), Order.CAPITALS_FIRST)
    order = np.where(spelled == CAPITALS, in_capitals, order)
    order[(spelled == SMALL) | never_names] = _usual(keeps_names)
    return order


def _usual(keeps_names: bool) -> Order:
    """In which order they are tried for words in small letters."""
    return Order.ONLY_SMALL if keeps_names else Order.SMALL_FIRST


def _at(table: npt.NDArray[_T], language: Int64s | int, entries: Int64s) -> npt.NDArray[_T]:
    """What a table (shape (languages, entries)) has of some entries in one language, or in one
    each.
    """
    if isinstance(language, int):
        found: npt.NDArray[_T] = table[language].take(entries)
    else:
        found = table[language, entries]
    return found


class _Choice:
    """How a lexicon's senses are chosen: in which languages, and by which order of spellings."""

    def __init__(
        self,
        lexicon: CompiledLexicon,
        keeps_names: bool,
        mixes_words: bool,
        language: Int64s | None,
    ) -> None:
        self.lexicon = lexicon
        self.choices = lexicon.choices_but_letters if keeps_names else lexicon.choices
        self.usually = self.choices[_usual(keeps_names)]
        self.language = language
        self.columns = range(lexicon.languages if language is None and mixes_words else 1)

    def _languages(self, rows: Int64s | None) -> list[Int64s | int]:
        if self.language is None:
            return list(self.columns)
        return [self.language if rows is None else self.language.take(rows)]

    def covers(self, entries: Int64s, flags: Flags, rows: Int64s | None = None) -> Bools:
        """Whether the entries of some words (None: of all), with these flags, have any sense."""
        if self.language is None:
            return flags & compiled.COVERED > 0
        [language] = self._languages(rows)
        return _at(self.lexicon.is_covered, language, entries)

    def usual(self, entries: Int64s) -> Senses:
        """The senses of all words, if they are in small letters."""
        return _stacked([_at(self.usually, one, entries) for one in self._languages(None)])

    def by_order(self, order: Int64s, entries: Int64s, rows: Int64s) -> Senses:
        """The senses of some words by the order in which spellings are tried."""
        return _stacked([self.choices[order, one, entries] for one in self._languages(rows)])

    def by_spelling(self, entries: Int64s, rows: Int64s) -> Senses:
        """All senses of some words: shape (languages, words, spellings)."""
        senses = self.lexicon.senses.reshape(-1, self.lexicon.languages, SPELLINGS)
        return np.stack([senses[entries, one] for one in self._languages(rows)])


# --- contractions --------------------------------------------------------------------------------


_ENDINGS = np.sort(lane_keys(*CONTRACTED_ENDINGS))
_S, _NOT, _NEGATION = lane_keys("s", "not", "n't")


def _contracted(text: Text) -> Int64s:
    """The words that are not swapped alone, in no order: few places are looked at.

    they do not   does n't   i 've   it 's   the dog 's
         --       ---- ---   - --    -- -                  none of the last
    """
    words, flat = text.words, text.window.flat
    if not len(words):
        return NO_PLACES
    doing = where_true(text.flags >= compiled.DOES)
    doing = doing.compress(~words.end_texts(doing))
    doing = doing.compress(short_keys(text, doing + 1) == _NOT)
    doing = doing.compress(gaps(text, doing) == SPACE)

    begins, ends = words.apostrophes
    behind = where_true(flat.take(begins - 1) == ord(" "))  # `i 've`
    within = where_true(flat.take(ends) | 0x20 == ord("t"))  # `does n't`
    negation = words.starts.searchsorted(begins.take(within), "right") - 1
    later = np.append(words.starts.searchsorted(ends.take(behind)), negation)
    starts = np.append(ends.take(behind), words.starts.take(negation))
    blanks = np.append(begins.take(behind), words.starts.take(negation)) - 1
    known = words.starts.take(later, mode="clip") == starts
    known &= words.ends.take(later - 1, mode="clip") == blanks
    rows = where_true(known & (flat.take(blanks) == ord(" ")))
    later = later.take(rows)
    keys, before = short_keys(text, later), text.flags.take(later - 1)
    apart = is_one_of(keys, _ENDINGS) & ((keys != _S) | (before & compiled.CONTRACTED > 0))
    later = later.compress(np.where(rows < len(behind), apart, keys == _NEGATION))
    return np.concatenate((doing, later - 1, later))


# --- phrases -------------------------------------------------------------------------------------


def _put_phrases(
    text: Text, found: Matches, units: Units, choice: _Choice, heading: UInt8s, keeps_names: bool
) -> None:
    """Put those of some phrases that may be swapped in the places of their words."""
    words = text.words
    never = text.flags.take(found.first) & compiled.NEVER_NAME > 0
    how, begin = text.spelled.take(found.first), units.begins.take(found.first)
    order = _order(never, how, begin, heading.take(found.first), keeps_names)
    if keeps_names:
        senses = _fitting(text, found, choice, heading, order)
    else:
        senses = choice.by_order(order, found.entries, found.first)
    kept = where_true(senses.max(axis=0))
    kept = kept.take(segment(found.first.take(kept), found.words.take(kept)))
    first, sizes = found.first.take(kept), found.words.take(kept)
    inside = ragged_range(first, sizes)
    units.words[inside] = 0
    units.senses[:, inside] = 0
    units.lost[inside] = NOT_LOST
    units.words[first] = sizes
    units.senses[:, first] = senses[:, kept]
    units.ends[first] = found.ends.take(kept)
    units.at[first] = words.ends.take(first + sizes - 1)
    starts, kinds = words.starts.take(first), words.kinds.take(first)
    units.spelled[first] = spellings(text.window, starts, found.ends.take(kept), kinds)


def _fitting(text: Text, found: Matches, choice: _Choice, heading: UInt8s, order: Int64s) -> Senses:
    """The senses of phrases whose words behind the first are spelled as in the lexicon, or stand in
    a heading that explains why not.
    """
    counts = found.words - 1
    index = ragged_range(found.first + 1, counts)
    spelled = text.spelled.take(index)
    kind = heading.take(index)
    is_free = (spelled == CAPITAL) & (kind != SMALL)
    is_free |= (spelled == CAPITALS) & (kind == CAPITALS)
    begins = counts.cumsum() - counts
    place = np.minimum(np.arange(len(index)) - begins.repeat(counts), compiled.MOST_LATER)
    senses = choice.by_spelling(found.entries, found.first)
    for of_language in senses:
        for own in of_language.T:
            patterns = text.lexicon.later.take(own)
            wanted = patterns.repeat(counts) >> (2 * place).astype(np.uint64) & np.uint64(3)
            differs = (wanted != spelled) & ~is_free
            own[sums(differs, counts) > 0] = 0
    return np.stack([_first_of(order, of_language) for of_language in senses])


def _first_of(order: Int64s, senses: Senses) -> Senses:
    """Of the senses of each phrase by spelling, the one that its order takes."""
    result = np.zeros(len(order), np.int64)
    for number, tried in enumerate(compiled.ORDERS):
        for spelling in reversed(tried):
            own = senses[:, spelling]
            np.copyto(result, own, where=(order == number) & (own > 0))
    return result
