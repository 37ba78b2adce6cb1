"""What the kernel's tests share: both kernels at once, and swaps read back from the new bytes."""

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from link.block import Block
from link.kernel import reference
from link.kernel.compiled import Headword, Language, compile_headwords
from link.kernel.pieces import BLOCK_CHARACTERS
from link.kernel.reference import DocumentCounts, ReferenceSwap
from link.kernel.substitute import WINDOW_BYTES, Counts, Substituted
from link.kernel.substitute import substitute_block as fast_substitute
from link.kernel.unicode import fold_text
from link.lexicon.compile import to_headwords
from link.lexicon.hygiene import Translation
from link.policy import Policy
from tests.strategies import make_block, spell_ascii, spell_escapes, spell_utf8

ALL = Policy(ratio=1, names="swap", protect="none")
"""Swaps all that is covered."""

AS_USUAL = Policy(ratio=1)
"""Swaps all that is covered, but names and protected spans."""


def headword(
    spelled: str, *translations: str, weights: Sequence[float] = (), language: int = 0
) -> Headword:
    """A headword of one form, as a lexicon compiles one that is spelled so."""
    (own,) = to_headwords({spelled: tuple(map(Translation, translations))})
    return own._replace(weights=tuple(weights) or own.weights, language=language)


def headwords_of(pairs: Mapping[str, str], language: int = 0) -> list[Headword]:
    """Headwords of one translation each."""
    return [headword(source, target, language=language) for source, target in pairs.items()]


def block_of(*documents: bytes, escaped: bool = False, key: int = 7) -> Block:
    """A block of documents a line each, with keys `key`, `key + 1`, …"""
    gaps = [b"\n"] * len(documents)
    return make_block(list(documents), gaps, list(range(key, key + len(documents))), escaped)


def fast(
    block: Block,
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    language: str | Sequence[Language] = "",
    window_bytes: int = WINDOW_BYTES,
    block_characters: int = BLOCK_CHARACTERS,
) -> Substituted:
    """The fast kernel's result, by a lexicon compiled as `Lexicon.compiled` does."""
    lexicon = compile_headwords(headwords, languages_of(language))
    return fast_substitute(
        block, lexicon, policy, window_bytes, record=True, block_characters=block_characters
    )


def languages_of(language: str | Sequence[Language]) -> Sequence[Language]:
    """One language by its code, or several as they are."""
    return [Language(language)] if isinstance(language, str) else language


def swaps_of(result: Substituted) -> list[ReferenceSwap]:
    """The fast kernel's swaps as the reference gives them."""
    assert result.swaps is not None
    swaps = result.swaps
    columns = (swaps.document, swaps.start, swaps.end, swaps.new_start, swaps.new_end)
    columns = (*columns, swaps.language, swaps.annotated)
    return [
        ReferenceSwap(*row) for row in zip(*(column.tolist() for column in columns), strict=True)
    ]


def documents_of(result: Substituted) -> list[bytes]:
    """The new documents, by the new spans."""
    data = result.data()
    return [data[start:end] for start, end in zip(result.starts, result.ends, strict=True)]


def counts_by_document(counts: Counts) -> list[DocumentCounts]:
    """The fast kernel's counts as the reference gives them."""
    columns = (counts.touched, counts.words, counts.covered, counts.eligible, counts.swapped)
    return [
        DocumentCounts(*row) for row in zip(*(column.tolist() for column in columns), strict=True)
    ]


def both(
    block: Block,
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    language: str | Sequence[Language] = "",
    window_bytes: int = WINDOW_BYTES,
    block_characters: int = BLOCK_CHARACTERS,
) -> list[bytes]:
    """The new documents, on which both kernels agree: bytes, counts, spans and swaps."""
    result = fast(block, headwords, policy, language, window_bytes, block_characters)
    swaps: list[ReferenceSwap] = []
    data, counts = reference.substitute(
        block, headwords, policy, languages_of(language), swaps, block_characters
    )
    assert result.data() == data
    assert counts_by_document(result.counts) == counts
    assert swaps_of(result) == swaps
    assert_spans_delimit_documents(block, result)
    return documents_of(result)


def assert_spans_delimit_documents(block: Block, result: Substituted) -> None:
    """What stands between the new spans is what stood between the old ones."""
    old, new = bytes(block.data), result.data()
    assert _between(old, block.starts, block.ends) == _between(new, result.starts, result.ends)


def _between(data: bytes, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
    return [
        data[start:end]
        for start, end in zip([0, *ends.tolist()], [*starts.tolist(), len(data)], strict=True)
    ]


def swapped_text(
    text: str,
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    language: str | Sequence[Language] = "",
    **sizes: int,
) -> str:
    """A text after both kernels have swapped its words, the same in every spelling of it."""
    (document,) = both(block_of(text.encode()), headwords, policy, language, **sizes)
    for spell in (spell_utf8, spell_ascii, spell_escapes):
        (escaped,) = both(block_of(spell(text), escaped=True), headwords, policy, language, **sizes)
        assert json.loads(b'"%s"' % escaped) == document.decode()
    return document.decode()


# --- swaps that can be told from text -------------------------------------------------------------

# Private-use characters that no test text holds frame the numbers of a headword and a translation.
_FRAME = re.compile("\uf8f0(\\d+)\\.(\\d+)\uf8f1".encode())
_FRAME_START = "\uf8f0".encode()

Swap = tuple[int, int, int, int]
"""Where the swapped bytes start and end in the old data; numbers of headword and translation."""


def framed(headwords: Sequence[Headword]) -> list[Headword]:
    """The same headwords, with translations that name themselves: U+F8F0 3.1 U+F8F1."""
    return [
        one._replace(
            translations=tuple(f"\uf8f0{n}.{k}\uf8f1" for k in range(len(one.translations)))
        )
        for n, one in enumerate(headwords)
    ]


def read_swaps(block: Block, new: bytes, headwords: Sequence[Headword]) -> set[Swap]:
    """The swaps that made `new` of a block by framed headwords.

    Fails if anything but whole words of the block, or words before their 's, was swapped, or if a
    headword stands for a word that is not one of its forms.
    """
    old = bytes(block.data)
    assert _FRAME_START not in old
    spans = _word_spans(block)
    swaps: set[Swap] = set()
    at_old = at_new = 0
    for match in _FRAME.finditer(new):
        kept = new[at_new : match.start()]
        assert old[at_old : at_old + len(kept)] == kept, "bytes outside of swapped words changed"
        start = at_old + len(kept)
        index, translation = int(match[1]), int(match[2])
        ends = [end for end, form in spans[start] if form in headwords[index].forms]
        assert ends, "what was swapped is no word of the headword's forms"
        swaps.add((start, ends[0], index, translation))
        at_old, at_new = ends[0], match.end()
    assert old[at_old:] == new[at_new:], "bytes outside of swapped words changed"
    return swaps


def _word_spans(block: Block) -> dict[int, list[tuple[int, str]]]:
    """Start of a word in the data -> where a swap may end, and the folded text up to there."""
    spans = {}
    data = bytes(block.data)
    for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True):
        characters = list(reference.decode(data[start:end], block.escaped))
        offsets = np.cumsum([start, *(len(character.raw) for character in characters)]).tolist()
        for first, last in reference.find_words(characters):
            form = fold_text("".join(character.text for character in characters[first:last]))
            options = [(offsets[last], form)]
            if form.endswith("'s"):
                options.append((offsets[last - 2], form[:-2]))
            spans[offsets[first]] = options
    return spans
