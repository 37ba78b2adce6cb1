"""What every tokenizer can say of texts."""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from link.block import Buffer, Int64s

SENTENCEPIECE, TOKENIZERS = "sentencepiece", "tokenizers"

_LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
"""How a vocabulary with byte fallback spells the pieces that stand for a byte."""

Kinds = npt.NDArray[np.uint8]
# What a piece is to the counts.
_PLAIN, _UNKNOWN, _BYTE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How many tokens each text is: int64, shape (texts,) each.

    `tokens`: all of them; nothing is added that does not stand in the text (no bos, no eos).
    `unknown`: those that are the unknown piece. `byte_fallback`: those that are a byte of a
    character for which the vocabulary has no piece.
    """

    tokens: Int64s
    unknown: Int64s
    byte_fallback: Int64s


def without_lone_surrogates(text: Buffer) -> bytes:
    """The text in UTF-8. A lone surrogate, which has none, becomes U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd".encode(), text)


class Tokenizer(Protocol):
    """A vocabulary that cuts texts into tokens.

    `name`: of its file; `kind`: `SENTENCEPIECE` or `TOKENIZERS`; `sha256`: of the file's bytes.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def vocabulary_size(self) -> int: ...

    def count(self, texts: Sequence[str]) -> TokenCounts:
        """How many tokens each text is."""
        ...


def kinds_of(size: int, unknown: Iterable[int], byte: Iterable[int]) -> Kinds:
    """What each piece of a vocabulary is to the counts, by its number; uint8, shape (size,)."""
    kinds = np.full(size, _PLAIN, np.uint8)
    kinds[list(unknown)] = _UNKNOWN
    kinds[list(byte)] = _BYTE
    return kinds


def counts_of(
    texts: Sequence[str], cut: Callable[[list[str]], list[list[int]]], kinds: Kinds, most: int
) -> TokenCounts:
    """Count the pieces that `cut` makes of texts, of about `most` characters at a time."""
    tokens, unknown, byte = np.zeros((3, len(texts)), np.int64)
    sizes = np.cumsum([0, *map(len, texts)])
    begin = 0
    while begin < len(texts):
        end = min(len(texts), int(np.searchsorted(sizes, sizes[begin] + most)))
        ids = cut(list(texts[begin : max(end, begin + 1)]))
        end = begin + len(ids)
        tokens[begin:end] = own = [len(each) for each in ids]
        found = kinds[np.fromiter(itertools.chain.from_iterable(ids), np.int64, sum(own))]
        text = np.repeat(np.arange(begin, end), own)
        for counts, kind in ((unknown, _UNKNOWN), (byte, _BYTE)):
            np.add.at(counts, text[found == kind], 1)
        begin = end
    return TokenCounts(tokens, unknown, byte)
