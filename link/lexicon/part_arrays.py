"""Which part of speech each sense has, by what stands around: the arrays of `CompiledLexicon`.

light          NOUN 64, ADJ 28, VERB 8 of a hundred       priors, of one row
behind THE     NOUN +4, ADJ +7, VERB -20                  scores, by class
before NOUN    NOUN +1, ADJ +9, VERB -5
               the best sum: ADJ                          its number at [row, THE, NOUN]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from link.language.context import (
    CLASSES,
    LEAST_SCORE,
    PARTS,
    ending_of,
    priors,
    scores,
    shares,
)
from link.language.headwords import Headword

Int16s = npt.NDArray[np.int16]


def part_arrays(
    with_parts: Sequence[tuple[int, Headword, dict[int, float]]],
    narrowed: Sequence[tuple[int, int, Headword]],
    senses: int,
    first_narrowed: int,
) -> dict[str, npt.NDArray[Any]]:
    """`alternatives`, `part_senses`, `lacks`, `contexts` and `numbers`; see CompiledLexicon."""
    sense_of = {
        (number, part): sense for sense, (number, part, _) in enumerate(narrowed, first_narrowed)
    }
    rows: list[list[tuple[int, int, int, int]]] = [[]]
    places = np.zeros(senses, np.int32)
    for number, headword, weights in with_parts:
        form = headword.forms[0]
        if weights and len(weights.keys() | shares().get(form, weights).keys()) > 1:
            usual, every = (priors(form, weights, strict) for strict in (False, True))
            places[number] = len(rows)
            rows.append(
                [
                    (
                        (ending_of(form) * len(PARTS) + part) * 2 * len(CLASSES),
                        sense_of.get((number, part), number if part in weights else 0),
                        usual.get(part, LEAST_SCORE),
                        every[part],
                    )
                    for part in sorted(every)
                ]
            )
    most = max(1, *map(len, rows))
    filler = (0, 0, LEAST_SCORE, LEAST_SCORE)
    table = np.array([[*row, *[filler] * (most - len(row))] for row in rows]).T
    scores_at, part_senses, both = table[0], table[1].astype(np.int32), table[2:].astype(np.int16)
    contexts, numbers = _numbers(both, scores_at)
    return {
        "alternatives": places,
        "part_senses": np.ascontiguousarray(part_senses.T),
        "lacks": ((both > LEAST_SCORE) & (part_senses == 0)).any(axis=1),
        "contexts": contexts,
        "numbers": numbers,
    }


def _numbers(
    priors: Int16s, scores_at: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """`contexts` and `numbers` of CompiledLexicon.

    `priors`: shape (2, most, rows), the second with `--sense strict`; `scores_at`: where the scores
    of each alternative begin, of all scores. Rows of the same relative scores share their numbers.
    """
    size, rows = len(CLASSES), priors.shape[2]
    is_part = priors > LEAST_SCORE
    best = priors.max(axis=1, where=is_part, initial=LEAST_SCORE, keepdims=True)
    relative = np.where(is_part, priors - best, LEAST_SCORE)
    alike = np.concatenate((relative, scores_at * is_part), axis=1)
    kinds, kind = np.unique(np.concatenate(alike, axis=1), axis=1, return_inverse=True)
    relative, scores_at = np.split(kinds, 2)
    every = np.array(scores(), np.int16).reshape(-1)
    best = np.full((kinds.shape[1], size, size), LEAST_SCORE, np.int16)
    numbers = np.zeros(best.shape, np.uint8)
    for number, own in enumerate(relative.astype(np.int16)):
        some = np.flatnonzero(own > LEAST_SCORE)
        side = scores_at[number, some, None] + np.arange(size)
        before = every[side] + own[some, None]
        score = before[:, :, None] + every[side + size][:, None]
        better = score > best[some]
        numbers[some] = np.where(better, np.uint8(number), numbers[some])
        best[some] = np.maximum(score, best[some])
    return kind.reshape(2, rows) * size**2, numbers.reshape(-1)
