"""Figures of documents: one row a document, one column a figure; all of them whole numbers.

Sums of such rows are what `link stats` tells, of everything or of some group of documents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Buffer, Int64s
from link.policy import OF_WORDS, Policy
from link.stats.census import Census

MILLION = 1_000_000
"""Expected swaps are counted in millionths, so that their sum does not depend on its order."""

TOKEN_COLUMNS = ("tokens", "unknown", "byte_fallback")
COLUMNS = (
    *("documents", "documents_touched", "documents_short", "documents_without_words"),
    *("words", "words_touched", "covered", "eligible", "swapped", "expected_millionths"),
    *("bytes_text", "bytes_text_after"),
    *TOKEN_COLUMNS,
    *(f"{name}_after" for name in TOKEN_COLUMNS),
)
COLUMN = {name: number for number, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Texts:
    """Tokens of texts; int64, shape (texts,)."""

    tokens: Int64s
    unknown: Int64s
    byte_fallback: Int64s


CountTokens = Callable[[Sequence[str]], Texts]


def figures_of(texts: Sequence[Buffer], growth: Int64s, census: Census, policy: Policy) -> Int64s:
    """The rows of some documents, without tokens; int64, shape (documents, COLUMNS).

    `growth`: int64, by how many bytes each becomes longer.
    """
    counts = census.substitution.counts
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    touched, words, eligible = counts.touched, counts.words, census.eligible
    of_words = policy.of == OF_WORDS
    wanted = policy.ratio * words
    expected = np.minimum(wanted, eligible) if of_words else policy.ratio * eligible
    columns: dict[str, npt.NDArray[np.generic]] = {
        "documents": np.ones(len(words), np.int64),
        "documents_touched": touched,
        "documents_short": touched & (eligible < wanted) & of_words,
        "documents_without_words": words == 0,
        "words": words,
        "words_touched": words * touched,
        "covered": census.covered,
        "eligible": eligible,
        "swapped": counts.swapped,
        "expected_millionths": np.rint(expected * touched * MILLION),
        "bytes_text": sizes,
        "bytes_text_after": sizes + growth,
    }
    rows = np.zeros((len(words), len(COLUMNS)), np.int64)
    for name, values in columns.items():
        rows[:, COLUMN[name]] = values
    return rows


def put_tokens(rows: Int64s, before: Texts, after: Texts) -> None:
    """Write counts of tokens into documents' rows."""
    for name in TOKEN_COLUMNS:
        rows[:, COLUMN[name]] = getattr(before, name)
        rows[:, COLUMN[f"{name}_after"]] = getattr(after, name)
