"""Which documents of a shard a sample takes, and what of each: every byte of text alike.

    document of 3 KB       taken with chance `rate`, whole
    document of 80 KB      taken with chance 7 * `rate`, and of it an excerpt of 12 KB:

    |--####------------####------------####------------####----------|   six passages, evenly
                                                                         spread from a random place

So every byte has the same chance, many documents are seen, and no long one outweighs the rest. A
passage begins and ends behind a line break, or a space where there is none near. What a document's
draws are named by is the shard, the piece of it, and its place in that: neither the number of
processes nor the rest of the corpus has a say in them, and one sampling seed takes the same
documents whatever the policy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash

from link.block import Block, Buffer, Int64s, UInt64s
from link.kernel import draw
from link.language import draws

Floats = npt.NDArray[np.float64]

EXCERPT_BYTES = 12 << 10
PASSAGES = 6
NEARLY_WHOLE = 0.8
"""A document of which more would be read is read whole."""

AUXILIARIES = ("bytes", "letter runs", "documents")
"""What is known of every document that is seen, taken or not; runs of letters are nearly words."""

_NEAR_BYTES = 512
_FENCE = re.compile(rb"(?:^|\n)[ ]{0,3}```[^`\n]*(?=\n|$)")
_PUNCTUATION = re.compile(rb"\xe2\x80[\x80-\x98\x9a-\xbf]")  # dashes and quotes, no apostrophe
_TAKEN, _PLACED = 1, 2  # what a draw is for

_IS_LETTER = bytearray(256)
for _byte in (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1), *range(0x80, 0x100)):
    _IS_LETTER[_byte] = 1
_IS_LETTER[ord("'")] = 1
_LETTERS = bytes(_IS_LETTER)


@dataclass(frozen=True, slots=True)
class Excerpts:
    """The documents of a block that are taken; shapes are (taken,).

    `texts`: what is read of them. `keys`: uint64, of the documents. `index`: which of the block's.
    `chance`: to be taken; `share`: how much of the text is read, by letter runs (which are nearly
    words). `known`: `AUXILIARIES` of whole documents, shape (taken, 3); `known_of_all`: summed over
    all of the block's, shape (3,).
    """

    texts: Sequence[bytes]
    keys: UInt64s
    index: Int64s
    chance: Floats
    share: Floats
    known: Floats
    known_of_all: Floats


@dataclass(frozen=True, slots=True)
class Sampling:
    """How documents are drawn. `rate`: the share of all text that is read, above 0 and below 1."""

    seed: int
    rate: float
    excerpt_bytes: int = EXCERPT_BYTES

    def take(self, block: Block, place: str) -> Excerpts:
        """Draw among a block's documents; `place` names the block within the corpus."""
        sizes = np.fromiter(map(len, block.texts), np.int64, len(block.texts))
        chance = np.minimum(1.0, self.rate * np.maximum(1.0, sizes / self.excerpt_bytes))
        index = np.flatnonzero(self._draws(place, _TAKEN, len(sizes)) < chance)
        offsets = self._draws(place, _PLACED, len(sizes))
        known = auxiliaries(block.texts)
        read: list[bytes] = []
        for document in index.tolist():
            text = bytes(block.texts[document])
            wanted = self.rate * len(text) / float(chance[document])
            if wanted < NEARLY_WHOLE * len(text):
                passages = _passages(text, wanted, float(offsets[document]))
                text = _with_fences(text, passages)
            read.append(text)
        share = _shares(auxiliaries(read), known[index])
        keys = block.keys[index]
        return Excerpts(read, keys, index, chance[index], share, known[index], known.sum(axis=0))

    def _draws(self, place: str, purpose: int, count: int) -> Floats:
        """Numbers from 0 to below 1, one a document."""
        state = xxhash.xxh3_64_intdigest(place.encode("utf-8", "surrogatepass"), seed=self.seed)
        states = np.full(count, draws.mix_one(state ^ purpose), np.uint64)
        numbers: Floats = draw.draws_of(draw.word_numbers(states, np.arange(count))) / draws.ONE
        return numbers


def auxiliaries(texts: Sequence[Buffer]) -> Floats:
    """`AUXILIARIES` of each document, shape (documents, 3)."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    data = _PUNCTUATION.sub(b"   ", b"\n".join([*texts, b""]))
    letters = np.frombuffer(data.translate(_LETTERS), np.bool_)
    begins = np.flatnonzero(letters[1:] > letters[:-1]) + 1
    if letters[:1].any():
        begins = np.concatenate((np.zeros(1, np.int64), begins))
    runs = np.diff(np.searchsorted(begins, np.cumsum(sizes + 1)), prepend=0)
    return np.stack([sizes, runs, np.ones(len(sizes))], axis=1).astype(np.float64)


def _shares(read: Floats, whole: Floats) -> Floats:
    """How much of each document was read: by letter runs, or by bytes where there are none."""
    by_runs = (read[:, 1] > 0) & (whole[:, 1] > 0)
    column = np.where(by_runs, 1, 0)
    rows = np.arange(len(read))
    shares: Floats = read[rows, column] / np.maximum(whole[rows, column], 1)
    return np.where(read[:, 0] == whole[:, 0], 1.0, np.minimum(shares, 1.0))


@dataclass(frozen=True, slots=True)
class _Passage:
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def _passages(text: bytes, wanted: float, offset: float) -> list[_Passage]:
    """Where the passages of a long text stand, that are about `wanted` bytes together."""
    count = max(PASSAGES, round(wanted * PASSAGES / EXCERPT_BYTES))
    size, step = wanted / count, len(text) / count
    passages: list[_Passage] = []
    done = 0
    for number in range(count):
        begin = int(number * step + offset * (step - size))
        start = max(done, _cut(text, begin))
        end = max(start, _cut(text, int(start + size)))
        if end > start:
            passages.append(_Passage(start, end))
        done = end
    return passages


def _cut(text: bytes, at: int) -> int:
    """A place at which the text may be cut, near behind another one."""
    if at <= 0 or at >= len(text):
        return min(max(at, 0), len(text))
    for mark, limit in ((b"\n", at + _NEAR_BYTES), (b" ", len(text))):
        found = text.find(mark, at, limit)
        if found >= 0:
            return found + 1
    return len(text)


def _with_fences(text: bytes, passages: list[_Passage]) -> bytes:
    """The passages, one behind the other; one that begins inside fenced code is fenced."""
    parts = [text[passage.start : passage.end] for passage in passages]
    if b"```" not in text:
        return b"".join(parts)
    is_open = False
    out: list[bytes] = []
    for passage, part in zip(passages, parts, strict=True):
        inside = len(_FENCE.findall(text, 0, passage.start)) % 2 == 1
        out += [b"```\n", part] if inside != is_open else [part]
        is_open = inside != (len(_FENCE.findall(part)) % 2 == 1)
    return b"".join(out)
