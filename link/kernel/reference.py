"""The reference kernel: what is right, in plain Python, one word at a time.

It is the executable specification that the fast kernel is held to. It shares with it the frozen
Unicode tables, the definition of a draw for one number, and nothing of how words are found, looked
up, drawn, capitalised or spliced. Read it top to bottom; every rule of the design stands here once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from link.block import Block
from link.kernel.compiled import Headword, cumulative_thresholds, lemma_hash
from link.kernel.draw import ONE, PORTION, TRANSLATION, WORD, mix_one, stream, threshold
from link.kernel.eligible import CONTRACTIONS_IN_S
from link.kernel.sentences import BLANKS, CLOSERS, MARKERS, NEWLINES, TERMINATORS
from link.kernel.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    LOWER,
    MARK,
    SEPARATOR,
    TITLE,
    UNDERSCORE,
    UPPER,
    capitalised_text,
    character_case,
    character_class,
    fold_text,
    upper_text,
)
from link.policy import FIRST, OF_WORDS, PER_WORD, Policy

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a document: what it stands for, and the bytes that spell it."""

    text: str
    raw: bytes
    kind: int  # SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE or APOSTROPHE


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    touched: bool
    words: int
    covered: int
    eligible: int
    swapped: int


def substitute(
    block: Block,
    headwords: Sequence[Headword],
    policy: Policy,
    language: str = "",
) -> tuple[bytes, list[DocumentCounts]]:
    """The block's new bytes, and what was done to each document."""
    by_form = {form: headword for headword in headwords for form in headword.forms}
    data = bytes(block.data)
    out, counts = [], []
    done = 0
    for start, end, key in zip(block.starts, block.ends, block.keys, strict=True):
        characters = list(decode(data[start:end], block.escaped))
        new, counted = _document(characters, int(key), by_form, policy, language, block.escaped)
        out += [data[done:start], new]
        counts.append(counted)
        done = end
    return b"".join([*out, data[done:]]), counts


# --- characters ----------------------------------------------------------------------------------

_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def decode(raw: bytes, escaped: bool) -> Iterator[Character]:
    """The characters of a document. A byte of no valid character separates words."""
    text = raw.decode("utf-8", "surrogateescape")
    at = 0
    while at < len(text):
        here = text[at]
        if escaped and here == "\\":
            match = _UNICODE_ESCAPE.match(text, at)
            if match:
                spelled, stands_for = match[0], int(match[1], 16)
                second = _UNICODE_ESCAPE.match(text, match.end())
                low = int(second[1], 16) if second else 0
                if second and 0xD800 <= stands_for < 0xDC00 <= low < 0xE000:
                    spelled += second[0]
                    stands_for = 0x10000 + (stands_for - 0xD800) * 0x400 + low - 0xDC00
                character = chr(stands_for)
                yield Character(character, spelled.encode(), character_class(character))
                at += len(spelled)
            elif at + 1 == len(text):
                yield Character(here, b"\\", SEPARATOR)
                at += 1
            else:
                # The backslash takes one byte with it; of a longer character the rest is orphaned.
                first, *orphans = _bytes_of(text[at + 1])
                named = chr(first)
                yield Character(_SHORT_ESCAPES.get(named, named), b"\\" + bytes([first]), SEPARATOR)
                for orphan in orphans:
                    yield Character(chr(orphan), bytes([orphan]), SEPARATOR)
                at += 2
        elif 0xDC80 <= ord(here) <= 0xDCFF:
            byte = ord(here) - 0xDC00
            yield Character(chr(byte), bytes([byte]), SEPARATOR)
            at += 1
        else:
            yield Character(here, _bytes_of(here), character_class(here))
            at += 1


def _bytes_of(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")


# --- words ---------------------------------------------------------------------------------------


def find_words(characters: Sequence[Character]) -> list[tuple[int, int]]:
    """Where words begin and end, as indices of characters."""
    kinds = [character.kind for character in characters]
    words = []
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and _in_word(kinds, end):
            end += 1
        start, stop = at, end
        while start < stop and kinds[start] == UNDERSCORE:
            start += 1
        while stop > start and kinds[stop - 1] == UNDERSCORE:
            stop -= 1
        if start < stop and kinds[start] == LETTER:
            words.append((start, stop))
        at = end + 1
    return words


def _in_word(kinds: Sequence[int], at: int) -> bool:
    if kinds[at] == APOSTROPHE:
        return (
            0 < at < len(kinds) - 1 and kinds[at - 1] in (LETTER, MARK) and kinds[at + 1] == LETTER
        )
    return kinds[at] in (LETTER, MARK, DIGIT, UNDERSCORE)


# --- looking up ----------------------------------------------------------------------------------


def look_up(
    characters: Sequence[Character],
    start: int,
    end: int,
    by_form: Mapping[str, Headword],
) -> tuple[Headword, int] | None:
    """The headword of a word and where its swap would end; None if it is not covered."""
    form = fold_text("".join(character.text for character in characters[start:end]))
    if form in by_form:
        return by_form[form], end
    if form.endswith("'s") and form not in CONTRACTIONS_IN_S and form[:-2] in by_form:
        return by_form[form[:-2]], end - 2
    return None


# --- one document --------------------------------------------------------------------------------


def _document(
    characters: Sequence[Character],
    key: int,
    by_form: Mapping[str, Headword],
    policy: Policy,
    language: str,
    escaped: bool,
) -> tuple[bytes, DocumentCounts]:
    words = find_words(characters)
    unchanged = b"".join(character.raw for character in characters)
    portion_draw = mix_one(key ^ stream(policy.seed, PORTION)) >> 11
    if portion_draw >= threshold(policy.portion):
        return unchanged, DocumentCounts(False, len(words), 0, 0, 0)

    word_state = mix_one(key ^ stream(policy.seed, WORD))
    translation_state = mix_one(key ^ stream(policy.seed, TRANSLATION))
    found = [look_up(characters, start, end, by_form) for start, end in words]
    drawn = [_nth(word_state, ordinal) >> 11 for ordinal in range(len(words))]
    if policy.of == OF_WORDS:
        looked_up = found
        eligible = sum(hit is not None for hit in found)
        limit = threshold(min(1.0, policy.ratio * len(words) / max(eligible, 1)))
    else:
        limit = threshold(policy.ratio)
        looked_up = [
            hit if number < limit else None for hit, number in zip(found, drawn, strict=True)
        ]

    out, done, swapped = [], 0, 0
    for ordinal, (start, _) in enumerate(words):
        hit = found[ordinal]
        if hit is None or drawn[ordinal] >= limit:
            continue
        headword, swap_end = hit
        state = translation_state
        if policy.translation == PER_WORD:
            state = _nth(translation_state, ordinal)
        translation = _choose(headword, state, policy)
        previous_end = words[ordinal - 1][1] if ordinal else 0
        gap = "".join(character.text for character in characters[previous_end:start])
        begins = ordinal == 0 or begins_sentence(gap)
        source = "".join(character.text for character in characters[start:swap_end])
        written = spell(translation, source, headword.own_capital, begins, language)
        out += [character.raw for character in characters[done:start]]
        out.append(_json_string(written) if escaped else written.encode())
        done = swap_end
        swapped += 1
    out += [character.raw for character in characters[done:]]
    covered = sum(hit is not None for hit in looked_up)
    return b"".join(out), DocumentCounts(True, len(words), covered, covered, swapped)


def _nth(state: int, ordinal: int) -> int:
    """Output number `ordinal` of SplitMix64 started at `state`."""
    return mix_one((state + (ordinal + 1) * _GOLDEN) & _MASK)


def _choose(headword: Headword, state: int, policy: Policy) -> str:
    if policy.translation == FIRST:
        return headword.translations[0]
    number = mix_one(state ^ lemma_hash(headword.lemma)) >> 11
    for translation, limit in zip(
        headword.translations, cumulative_thresholds(headword.weights), strict=True
    ):
        if number < limit:
            return translation
    raise AssertionError(f"a draw is below {ONE}, and that is the last limit")


def _json_string(text: str) -> bytes:
    escaped = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    escaped |= {"\b": "\\b", "\f": "\\f"}
    return "".join(
        escaped.get(character, character if character >= " " else f"\\u{ord(character):04x}")
        for character in text
    ).encode()


# --- case ----------------------------------------------------------------------------------------


def spell(translation: str, source: str, own_capital: bool, begins: bool, language: str) -> str:
    """The translation, capitalised as the source word is."""
    cases = [character_case(c) for c in source if character_class(c) == LETTER]
    if cases.count(UPPER) >= 2 and LOWER not in cases and TITLE not in cases:
        return upper_text(translation, language)
    if cases[0] not in (UPPER, TITLE) or (own_capital and not begins):
        return translation
    return capitalised_text(translation, language)


_CLOSERS = f"[{re.escape(CLOSERS)}]"
_BLANKS = f"[{re.escape(BLANKS)}]"
_NEWLINES = f"[{re.escape(NEWLINES)}]"
_SENTENCE_ENDS = re.compile(
    f"[{re.escape(TERMINATORS)}]{_CLOSERS}*[{re.escape(BLANKS + NEWLINES)}]"
    f"|{_NEWLINES}{_BLANKS}*(?:{_NEWLINES}|[{re.escape(MARKERS)}])"
)


def begins_sentence(gap: str) -> bool:
    """Whether a word behind this gap begins a sentence (see `sentences.py`).

    >>> [begins_sentence(gap) for gap in (" ", '." ', "\\n", "\\n \\n", "\\n- ", ", ", "...\\n")]
    [False, True, False, True, True, False, True]
    """
    return _SENTENCE_ENDS.search(gap) is not None
