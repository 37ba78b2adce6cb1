"""How a budget is parted among sources, by shares and caps.

    budget 10B    target  0.05 of it      German   0.4B at most     a tree: each node's amount is
                  the rest                English  9.0B at most     parted among its children

A node's amount is parted by its children's weights. A child that cannot take its part takes all it
can, and its siblings take the rest, by their weights; only what the siblings cannot take either is
handed up, to the siblings of the node. So the budget is met if all sources together can meet it,
and a share is met if its sources can meet it. (This is water-filling: with a level z, each child
has min(cap, weight * z), and z is such that the sum is the amount.) A child of weight 0 gets
nothing.

Amounts are fractions until the end; whole tokens are made of them by largest remainders.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Node:
    """A source, or several that share an amount.

    `weight`: beside its siblings, 0 or more. `cap`: the most tokens of a source, whole and 0 or
    more; of several, their `capacity` says it. `is_asked`: the weight was asked for, and so it is
    worth telling if it cannot be had.
    """

    name: str
    weight: Fraction
    cap: int = 0
    children: tuple["Node", ...] = ()
    is_asked: bool = False

    @property
    def capacity(self) -> int:
        """The most tokens that all of it can take."""
        if not self.children:
            return self.cap
        return sum(child.capacity for child in self.children if child.weight)


def part(root: Node, budget: int) -> dict[str, int]:
    """Whole tokens by source, which add up to the budget, or to what the root can take of it.

    No source has more than its cap, or differs by a token or more from its exact part.
    """
    amount = min(budget, root.capacity)
    return whole(dict(exact_parts(root, Fraction(amount))), amount)


def exact_parts(node: Node, amount: Fraction) -> Iterator[tuple[str, Fraction]]:
    """The parts of an amount, which the node must be able to take, by source."""
    if not node.children:
        yield node.name, amount
        return
    weights = [child.weight for child in node.children]
    parts = fill(amount, weights, [child.capacity for child in node.children])
    for child, given in zip(node.children, parts, strict=True):
        yield from exact_parts(child, given)


def fill(amount: Fraction, weights: Sequence[Fraction], caps: Sequence[int]) -> list[Fraction]:
    """An amount parted by weights, none above its cap.

    >>> [int(part) for part in fill(Fraction(100), [Fraction(1), Fraction(3)], [10, 1000])]
    [10, 90]
    """
    parts = [Fraction(0)] * len(weights)
    free = [place for place, weight in enumerate(weights) if weight > 0]
    left = amount
    while free and left > 0:
        level = left / sum(weights[place] for place in free)
        full = [place for place in free if caps[place] <= weights[place] * level]
        for place in full or free:
            parts[place] = Fraction(caps[place]) if full else weights[place] * level
        if not full:
            break
        left -= sum(caps[place] for place in full)
        free = [place for place in free if place not in full]
    return parts


def whole(parts: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Fractions that add up to a whole number, in whole numbers, by largest remainders.

    >>> whole({"a": Fraction(1, 3), "b": Fraction(5, 3)}, 2)
    {'a': 0, 'b': 2}
    """
    numbers = {name: math.floor(part) for name, part in parts.items()}
    by_remainder = sorted(parts, key=lambda name: numbers[name] - parts[name])  # the first wins
    for name in by_remainder[: total - sum(numbers.values())]:
        numbers[name] += 1
    return numbers


def needed_epochs(wanted: Fraction, available: Sequence[int], caps: Sequence[Fraction]) -> Fraction:
    """The cap that gives the wanted tokens if all lower caps are raised to it.

    `available`: tokens of each source, at least one above 0.

    >>> needed_epochs(Fraction(60), [10, 10], [Fraction(1), Fraction(4)])
    Fraction(2, 1)
    >>> needed_epochs(Fraction(90), [10, 10], [Fraction(1), Fraction(4)])
    Fraction(9, 2)
    """
    lower = list(range(len(caps)))
    while True:
        kept = sum(caps[i] * available[i] for i in range(len(caps)) if i not in lower)
        epochs = (wanted - kept) / sum(available[i] for i in lower)
        higher = [i for i in lower if caps[i] > epochs and available[i]]
        if not higher:
            return epochs
        lower = [i for i in lower if i not in higher]
