"""SentencePiece models."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from link.errors import UsageError
from link.tokens.counts import SENTENCEPIECE, TokenCounts, counts_of, kinds_of
from link.tokens.extra import needed

_BATCH_CHARACTERS = 4 << 20
"""Tokens of about so much text are held at a time."""


class SentencePieces:
    """A SentencePiece model, from its file's bytes. Raises `UsageError` if they are none.

    `name`: of the file, `path`: for messages. `threads`: how many encode. `processor`: the
    package's own object.
    """

    kind = SENTENCEPIECE

    def __init__(self, name: str, data: bytes, *, threads: int = 1, path: str = "") -> None:
        self.name = name
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.threads = threads
        self.processor = processor = _load(data, path or name)
        self.vocabulary_size = size = int(processor.get_piece_size())
        self._kinds = kinds_of(
            size,
            unknown=[processor.unk_id()],
            byte=[piece for piece in range(size) if processor.is_byte(piece)],
        )

    def count(self, texts: Sequence[str]) -> TokenCounts:
        """How many tokens each text is."""
        return counts_of(texts, self.encode, self._kinds, _BATCH_CHARACTERS)

    def pieces(self) -> Iterator[tuple[str, float]]:
        """Each piece of the vocabulary and its score, by number."""
        for piece in range(self.vocabulary_size):
            yield self.processor.id_to_piece(piece), self.processor.get_score(piece)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """The numbers of each text's tokens."""
        ids: list[list[int]] = self.processor.encode(
            texts, out_type=int, num_threads=self.threads, add_bos=False, add_eos=False
        )
        return ids


def _load(data: bytes, path: str) -> Any:
    sentencepiece = needed("sentencepiece", path)
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=data)
    except (RuntimeError, OSError) as error:
        raise UsageError(
            f"{path} is neither a SentencePiece model nor a tokenizer.json, or it is damaged; "
            f"name the tokenizer.model or tokenizer.json that the model was trained with"
        ) from error
