"""Vocabularies whose pieces are the bytes that they stand for, so that two can be compared.

A SentencePiece model spells a space as `▁` and a byte as `<0x0A>`; a byte-level tokenizer spells
each byte as a character of GPT-2's alphabet (`Ġ` is a space). Both are undone here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from link.block import Int64s
from link.errors import UsageError
from link.tokens.counts import BYTE_PIECE
from link.tokens.hugging_face import HuggingFace
from link.tokens.load import load_tokenizer
from link.tokens.sentencepieces import SentencePieces

TEXT, BYTE, SPECIAL, UNUSED = range(4)
"""What a piece is: text, the byte of a character without a piece, a mark that no text holds
(`<s>`), a number that no piece has."""

_SPACE = "▁"
_BEFORE = ("", "\n", "(", "1")
"""Put before a text so that it is cut as in running text, not as the begin of a document."""

_NEVER = b"\xff\xff"  # in UTF-8

_ROLES = {
    "bos": ("<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "[CLS]", "<|endoftext|>"),
    "eos": ("</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>", "[SEP]"),
    "unk": ("<unk>", "[UNK]", "<|unk|>"),
    "pad": ("<pad>", "[PAD]", "<|pad|>", "<|padding|>", "<|finetune_right_pad_id|>"),
}
"""Names of special pieces that mean the same, by what they are for, as configurations call it."""


class Piece(NamedTuple):
    """`kind`: TEXT, BYTE, SPECIAL or UNUSED; `data`: the bytes it stands for, of a special one its
    name in UTF-8, of an unused one its number in decimal.
    """

    kind: int
    data: bytes


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of a tokenizer by number, and how it cuts texts into their numbers."""

    name: str
    pieces: Sequence[Piece]
    encode: Callable[[list[str]], list[list[int]]]

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def by_data(self) -> tuple[dict[bytes, int], ...]:
        """Of each kind, the number of the piece with some bytes; of several the first."""
        found: tuple[dict[bytes, int], ...] = ({}, {}, {}, {})
        for number, piece in enumerate(self.pieces):
            found[piece.kind].setdefault(piece.data, number)
        return found

    @cached_property
    def _spelled(self) -> list[bytes]:
        return [each.data if each.kind in (TEXT, BYTE) else _NEVER for each in self.pieces]

    def cut(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The pieces that each text is cut into within running text.

        A text may begin with a space, or not. () for one that the tokenizer cannot spell: it has no
        piece for a character, or changes the text (to lower case, say).
        """
        found: dict[str, tuple[int, ...]] = {"": ()}
        left = [text for text in dict.fromkeys(texts) if text]
        for before in _BEFORE:
            encoded = self.encode([before + text for text in left])
            for text, numbers in zip(left, encoded, strict=True):
                found[text] = self._end(numbers, text.encode())
            left = [text for text in left if not found[text]]
            if not left:
                break
        return [found[text] for text in texts]

    def _end(self, numbers: list[int], data: bytes) -> tuple[int, ...]:
        """The last of some pieces that together are these bytes; () if there are none such."""
        spelled = b""
        first = len(numbers)
        while first and len(spelled) < len(data):
            first -= 1
            spelled = self._spelled[numbers[first]] + spelled
        return tuple(numbers[first:]) if spelled == data else ()

    def twins(self, other: "Vocabulary") -> Int64s:
        """Of each piece of this vocabulary, the number of the same piece of another, or -1.

        Shape (pieces,). Text is compared by its bytes; special pieces by their names, then by what
        they are for (`<s>` and `<|begin_of_text|>` both begin a text).
        """
        return np.fromiter(map(other.twin, self.pieces), np.int64, len(self))

    def twin(self, piece: Piece, role: str = "") -> int:
        """The number of a piece of another vocabulary here, or -1. `role`: what a special piece is
        for, where it may be for several: `<|endoftext|>` as "eos" is `</s>`.
        """
        text, byte, special, _ = self.by_data
        places = {TEXT: (text, byte, special), BYTE: (byte, text), SPECIAL: (special, text)}
        for numbers in places.get(piece.kind, ()):
            if piece.data in numbers:
                return numbers[piece.data]
        if piece.kind == SPECIAL:
            name = piece.data.decode()
            roles = (_ROLES.get(role, ()), *_ROLES.values())
            for other in (one for names in roles if name in names for one in names):
                if other.encode() in special:
                    return special[other.encode()]
        return -1

    def has_text(self, number: int) -> bool:
        """Whether a piece stands for something in a text."""
        return self.pieces[number].kind in (TEXT, BYTE)

    def byte(self, value: int) -> int:
        """The piece of a byte, or -1."""
        return self.twin(Piece(BYTE, bytes([value])))

    def shown(self, number: int) -> str:
        """A piece for people: `▁dog`, `<0x0A>`."""
        kind, data = self.pieces[number]
        if kind == BYTE:
            return f"<0x{data[0]:02X}>"
        return data.decode("utf-8", "backslashreplace").replace(" ", _SPACE)


def load_vocabulary(path: str, what: str = "tokenizer") -> Vocabulary:
    """The vocabulary of a tokenizer's file. Raises `UsageError` if it is none; `what`: for it."""
    try:
        tokenizer = load_tokenizer(path)
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from error
    if isinstance(tokenizer, HuggingFace):
        pieces = list(_of_hugging_face(tokenizer))
    else:
        assert isinstance(tokenizer, SentencePieces), "there are two kinds"
        pieces = list(_of_sentencepiece(tokenizer))
    if not pieces:
        raise UsageError(f"{what}: {path} has no piece; is it the trained tokenizer?")
    return Vocabulary(tokenizer.name, pieces, tokenizer.encode)


def _of_sentencepiece(tokenizer: SentencePieces) -> Iterator[Piece]:
    processor = tokenizer.processor
    for number, (piece, _) in enumerate(tokenizer.pieces()):
        if processor.is_byte(number):
            yield Piece(BYTE, bytes([int(piece[3:5], 16)]))
        elif processor.is_control(number) or processor.is_unknown(number):
            yield Piece(SPECIAL, piece.encode())
        elif processor.is_unused(number):
            yield Piece(UNUSED, b"%d" % number)
        else:
            yield Piece(TEXT, piece.replace(_SPACE, " ").encode())


def _of_hugging_face(tokenizer: HuggingFace) -> Iterator[Piece]:
    content = tokenizer.description
    model = content["model"]
    numbers = {number: piece for piece, number in tokenizer.tokenizer.get_vocab().items()}
    added = {one["id"]: bool(one.get("special")) for one in content.get("added_tokens") or ()}
    unknown = model.get("unk_token")
    alphabet = _alphabet() if _is_byte_level(content) else {}
    continues = model.get("continuing_subword_prefix") or ""
    for number in range(max(numbers, default=-1) + 1):
        piece = numbers.get(number)
        if piece is None:
            yield Piece(UNUSED, b"%d" % number)
        elif added.get(number) or piece == unknown or number == model.get("unk_id"):
            yield Piece(SPECIAL, piece.encode())
        elif number in added:
            yield Piece(TEXT, piece.encode())
        elif model.get("byte_fallback") and BYTE_PIECE.fullmatch(piece):
            yield Piece(BYTE, bytes([int(piece[3:5], 16)]))
        elif alphabet and all(character in alphabet for character in piece):
            yield Piece(TEXT, bytes(alphabet[character] for character in piece))
        elif continues:  # of WordPiece: what does not continue a word begins one
            begins = not piece.startswith(continues)
            yield Piece(TEXT, (" " * begins + piece.removeprefix(continues)).encode())
        else:
            yield Piece(TEXT, piece.replace(_SPACE, " ").encode())


def _is_byte_level(content: Any) -> bool:
    if isinstance(content, dict):
        parts = (content.get(one) for one in ("pre_tokenizer", "decoder", "pretokenizers"))
        several = content.get("decoders") or ()
        return content.get("type") == "ByteLevel" or any(map(_is_byte_level, (*parts, *several)))
    return isinstance(content, list) and any(map(_is_byte_level, content))


def _alphabet() -> dict[str, int]:
    """The byte that each character of GPT-2's alphabet stands for (Radford and others, 2019): the
    printable ones of Latin 1 for themselves, U+0100 and what follows for the rest.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = sorted(set(range(0x100)) - set(printable))
    return {chr(byte): byte for byte in printable} | {
        chr(0x100 + place): byte for place, byte in enumerate(rest)
    }
