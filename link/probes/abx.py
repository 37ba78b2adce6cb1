"""Triplets for form against meaning, and the item file that fastabx reads.

    A  Der Hund schläft im Haus.     A and X mean the same in two languages,
    B  The cat walks by a river.     B means something else;
    X  The dog sleeps in the house.  which of A and B is nearer to X?

After de Seyssel et al. 2025 (arXiv 2505.17747). B is in X's language, so that form speaks for it,
or in A's, so that form speaks for neither. No model is in it: who has one measures distances.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace
from pathlib import Path
from typing import Any

from link.errors import UsageError
from link.export.sentences import tokens_of
from link.probes.draws import number
from link.probes.texts import Pair
from link.probes.write import publish_lines, published_folder
from link.publish import publish_bytes

OF_X, OF_A = "x", "a"
"""Whose language B is in."""

_LABEL = re.compile(r"[\w.-]+")  # item files part columns by spaces
_COLUMNS = ("#file", "onset", "offset", "meaning", "language", "triplet", "direction", "role")


@dataclass(frozen=True, slots=True)
class Triplet:
    """Places of pairs. A and X are of `pair`, B is of `other`. `x`, `b`: which text of the pair."""

    pair: int
    other: int
    x: int
    b: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """`pairs`: those kept, in drawn order; `read`: all; `left_out`: those that tell nothing."""

    pairs: list[Pair]
    read: int
    left_out: int


def drawn_pairs(pairs: Iterable[Pair], most: int, seed: int) -> Drawn:
    """Some of the pairs, drawn by their first texts, so that a larger number holds a smaller one.

    Left out are pairs without a text, of twice the same text, and texts that were there before.
    Memory: that of `most` pairs.
    """
    kept: dict[int, Pair] = {}
    heap: list[int] = []  # the draws of those kept, negated: the largest one goes first
    read = left_out = 0
    for one, other in pairs:
        read += 1
        first, second = " ".join(one.split()), " ".join(other.split())
        draw = number(seed, "pair", first)
        if not (first and second) or first == second or draw in kept:
            left_out += 1
        elif len(heap) < most:
            heappush(heap, -draw)
            kept[draw] = first, second
        elif draw < -heap[0]:
            del kept[-heapreplace(heap, -draw)]
            kept[draw] = first, second
    seconds = {second: (first, second) for _, (first, second) in sorted(kept.items(), reverse=True)}
    unique = [kept[draw] for draw in sorted(kept) if seconds[kept[draw][1]] == kept[draw]]
    return Drawn(unique, read, left_out + len(kept) - len(unique))


def triplets_of(pairs: Sequence[Pair], b_language: str, seed: int) -> Iterator[Triplet]:
    """Two triplets a pair, one with X in each language.

    B is the text of another pair whose number of tokens is nearest to that of the text of the own
    pair in B's language; of equally near ones one is drawn. Raises `UsageError` for fewer than two
    pairs.
    """
    if len(pairs) < 2:
        raise UsageError("two pairs at least are needed, of different texts")
    mates = [_Mates([len(tokens_of(pair[side])) for pair in pairs]) for side in (0, 1)]
    for place in range(len(pairs)):
        for x in (0, 1):
            b = x if b_language == OF_X else 1 - x
            draw = number(seed, "mate", x, pairs[place][0])
            yield Triplet(place, mates[b].of(place, draw), x, b)


class _Mates:
    """Texts by their number of tokens."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.by_size: dict[int, list[int]] = {}
        for place, size in enumerate(sizes):
            self.by_size.setdefault(size, []).append(place)
        self.all_sizes = sorted(self.by_size)

    def of(self, place: int, draw: int) -> int:
        """Another text of about the size of one."""
        size = self.sizes[place]
        own = self.by_size[size]
        if len(own) > 1:
            at = draw % (len(own) - 1)
            return own[at + (at >= bisect_left(own, place))]
        at = bisect_left(self.all_sizes, size)
        near = [*self.all_sizes[max(0, at - 1) : at], *self.all_sizes[at + 1 : at + 2]]
        least = min(abs(other - size) for other in near)
        found = [one for other in near if abs(other - size) == least for one in self.by_size[other]]
        return found[draw % len(found)]


def write_triplets(
    pairs: Sequence[Pair],
    languages: tuple[str, str],
    b_language: str,
    seed: int,
    output: Path,
) -> int:
    """Write `abx.item`, `texts.jsonl` and `triplets.jsonl`; the number of triplets.

    The folder appears once all is written. Raises `UsageError` if it holds something already.
    """
    for language in languages:
        if not _LABEL.fullmatch(language):
            raise UsageError(
                f"a language is named by letters, digits, `-`, `_` and `.`, not {language!r}"
            )
    if languages[0] == languages[1]:
        raise UsageError(f"both languages are called {languages[0]}; name two")
    texts = [
        {"file": f"{place:06}-{language}", "meaning": place, "language": language, "text": text}
        for place, pair in enumerate(pairs)
        for language, text in zip(languages, pair, strict=True)
    ]
    items, records = [" ".join(_COLUMNS)], []
    for count, each in enumerate(triplets_of(pairs, b_language, seed)):
        own = {
            "a": texts[2 * each.pair + 1 - each.x],
            "b": texts[2 * each.other + each.b],
            "x": texts[2 * each.pair + each.x],
        }
        direction = f"{own['a']['language']}-{own['x']['language']}"
        records.append({"triplet": count, "direction": direction, **own})
        items += [_item(own[name], count, direction, name) for name in own]
    with published_folder(output) as folder:
        publish_bytes(folder / "abx.item", "".join(f"{item}\n" for item in items).encode())
        publish_lines(folder / "texts.jsonl", texts)
        return publish_lines(folder / "triplets.jsonl", records)


def _item(text: dict[str, Any], triplet: int, direction: str, name: str) -> str:
    """A row of the item file. A text is one frame, from 0 to 1, at a frequency of 1.

    The times have decimals, since fastabx cannot read a column of bare zeros.
    """
    role = "probe" if name == "x" else "choice"
    columns = (
        text["file"],
        "0.0",
        "1.0",
        text["meaning"],
        text["language"],
        triplet,
        direction,
        role,
    )
    return " ".join(map(str, columns))
