"""SentencePiece models."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from link.errors import UsageError
from link.tokens.counts import SENTENCEPIECE, Kinds, TokenCounts
from link.tokens.extra import needed

_BATCH_CHARACTERS = 4 << 20
"""Tokens of about so much text are held at a time."""


class SentencePieces:
    """A SentencePiece model, from its file's bytes. Raises `UsageError` if they are none.

    `name`: of the file, `path`: for messages. `threads`: how many encode.
    """

    kind = SENTENCEPIECE

    def __init__(self, name: str, data: bytes, *, threads: int = 1, path: str = "") -> None:
        self.name = name
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.threads = threads
        self._processor = processor = _load(data, path or name)
        self.vocabulary_size = size = int(processor.get_piece_size())
        self._kinds = Kinds(
            size,
            unknown=[processor.unk_id()],
            byte=[piece for piece in range(size) if processor.is_byte(piece)],
        )

    def count(self, texts: Sequence[str]) -> TokenCounts:
        """How many tokens each text is."""
        parts = [self._counted(batch) for batch in batches(texts, _BATCH_CHARACTERS)]
        return joined(parts)

    def pieces(self) -> Iterator[tuple[str, float]]:
        """Each piece of the vocabulary and its score, by number."""
        for piece in range(self.vocabulary_size):
            yield self._processor.id_to_piece(piece), self._processor.get_score(piece)

    def _counted(self, texts: list[str]) -> TokenCounts:
        encoded = self._processor.encode(
            texts, out_type=int, num_threads=self.threads, add_bos=False, add_eos=False
        )
        sizes = np.fromiter(map(len, encoded), np.int64, len(texts))
        pieces = np.fromiter(itertools.chain.from_iterable(encoded), np.int64, int(sizes.sum()))
        return self._kinds.counts(sizes, pieces)


def batches(texts: Sequence[str], most_characters: int) -> Iterator[list[str]]:
    """The texts in runs of not much more than so many characters."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= most_characters:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def joined(parts: Sequence[TokenCounts]) -> TokenCounts:
    """The counts of texts that were counted in several runs."""
    names = ("tokens", "unknown", "byte_fallback")
    nothing = np.zeros(0, np.int64)
    return TokenCounts(
        *(np.concatenate([nothing, *(getattr(part, name) for part in parts)]) for name in names)
    )


def _load(data: bytes, path: str) -> Any:
    sentencepiece = needed("sentencepiece", path)
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=data)
    except (RuntimeError, OSError) as error:
        raise UsageError(
            f"{path} is neither a SentencePiece model nor a tokenizer.json, or it is damaged; "
            f"name the tokenizer.model or tokenizer.json that the model was trained with"
        ) from error
