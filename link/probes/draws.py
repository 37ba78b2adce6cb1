"""Draws that depend on the seed and on what is drawn for, not on what was drawn before."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import xxhash

from link.language.draws import mix_one, stream

T = TypeVar("T")

PROBES = 96
"""The purpose of these draws, beside the kernel's own."""


def digest(*names: object) -> int:
    """A 64-bit number of some names, the same on every machine."""
    text = "\x1f".join(map(str, names))
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def number(seed: int, *names: object) -> int:
    """A 64-bit number, evenly distributed, for a seed and what the draw is for."""
    return mix_one(stream(seed, PROBES) ^ digest(*names))


def shuffled(items: Iterable[T], seed: int, *names: object) -> list[T]:
    """The items in an order drawn by the seed; each is told apart by how it prints."""
    return sorted(items, key=lambda item: (number(seed, *names, item), str(item)))


def chosen(options: Sequence[T], seed: int, *names: object) -> T:
    """One of the options."""
    return options[number(seed, *names) % len(options)]
