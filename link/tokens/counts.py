"""What every tokenizer can say of texts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from link.block import Buffer, Int64s

SENTENCEPIECE, TOKENIZERS = "sentencepiece", "tokenizers"

_LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
"""How a vocabulary with byte fallback spells the pieces that stand for a byte."""

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


class Kinds:
    """What each piece of a vocabulary is to the counts, by its number."""

    def __init__(self, size: int, unknown: Iterable[int], byte: Iterable[int]) -> None:
        self._of_piece = np.full(size, _PLAIN, np.uint8)
        self._of_piece[list(unknown)] = _UNKNOWN
        self._of_piece[list(byte)] = _BYTE

    def counts(self, sizes: Int64s, pieces: npt.NDArray[np.integer]) -> TokenCounts:
        """`sizes`: how many tokens each text is; `pieces`: those of all texts, in a row."""
        kinds = self._of_piece[pieces]
        text = np.repeat(np.arange(len(sizes)), sizes)
        unknown, byte = (
            np.bincount(text[kinds == kind], minlength=len(sizes)).astype(np.int64)
            for kind in (_UNKNOWN, _BYTE)
        )
        return TokenCounts(sizes, unknown, byte)
