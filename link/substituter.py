"""Substituter: the library's face, for text that is in memory already.

    substituter = Substituter(Lexicon.load("en-de"), Policy(ratio=0.3, seed=7))

What it does to a text is what `link substitute` does to a document with that text.
"""

import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from link.block import Block, Buffer, Int64s, UInt64s, block_of
from link.errors import LinkError
from link.kernel import KERNEL_VERSION
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import substitute
from link.lexicon import Lexicon, Lexicons
from link.lexicon.arrays_file import ARRAYS, load_compiled, save_compiled
from link.policy import Policy
from link.splice import Spliced, splice

_LARGEST_32_BIT = (1 << 31) - 1


class Substituter:
    """Swaps words of texts by a lexicon, or several, and a policy; it has no other state.

    It can be pickled, so that other processes and machines can use it. A copy holds the compiled
    lexicon (about 3 MB for 5,000 headwords), and not `lexicons`.
    """

    def __init__(
        self, lexicon: Lexicon | Lexicons | Iterable[Lexicon], policy: Policy | None = None
    ) -> None:
        if isinstance(lexicon, Lexicon):
            lexicon = [lexicon]
        self.lexicons = lexicon if isinstance(lexicon, Lexicons) else Lexicons.of(lexicon)
        self.policy = policy or Policy()
        self._copied: CompiledLexicon | None = None

    @property
    def compiled(self) -> CompiledLexicon:
        """The arrays that the kernel works on."""
        return self._copied or self.lexicons.compiled

    def __getstate__(self) -> dict[str, Any]:
        """The same bytes for the same lexicon and policy: `datasets` tells its caches by them."""
        with tempfile.TemporaryDirectory() as folder:
            save_compiled(self.compiled, Path(folder))
            arrays = (Path(folder) / ARRAYS).read_bytes()
        return {"kernel_version": KERNEL_VERSION, "policy": self.policy, "arrays": arrays}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["kernel_version"] != KERNEL_VERSION:
            raise LinkError(
                f"this substituter comes from kernel version {state['kernel_version']}, but "
                f"{KERNEL_VERSION} is installed here; install the same link-corpus everywhere"
            )
        self.policy = state["policy"]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ARRAYS).write_bytes(state["arrays"])
            self._copied = load_compiled(Path(folder), is_checked=True)  # stays mapped

    def __call__(self, text: str) -> str:
        """One document's text with words swapped."""
        return self.batch([text])[0]

    def batch(self, texts: Iterable[str], keys: Iterable[str | int] | None = None) -> list[str]:
        """Several documents' texts. Lone surrogates pass through.

        `keys`: what names each document instead of its text, as `--key-field` does. Raises
        `TypeError` for texts that are no strings and keys that are neither strings nor whole
        numbers, `ValueError` if there are more of one than of the other.
        """
        if isinstance(texts, (str, bytes)):
            raise TypeError("a list of strings is needed; for one string, call the substituter")
        texts = list(texts)
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"a string is needed, but this is one of {type(text).__name__}")
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        names = raw if keys is None else [_key_bytes(key) for key in keys]
        if len(names) != len(raw):
            raise ValueError(f"there are {len(raw)} texts, but {len(names)} keys")
        done = self.block(block_of(raw, _keys(names)))
        data = bytes(done.data)
        return [
            data[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip(done.starts.tolist(), done.ends.tolist(), strict=True)
        ]

    def arrow(self, array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """An Arrow array of strings (string, large_string, or a view type), chunked or not.

        The result has the same type, length and nulls. An array of 32-bit offsets whose text grows
        beyond 2 GiB comes back chunked. Raises `TypeError` for other types.
        """
        if not (
            pa.types.is_string(array.type)
            or pa.types.is_large_string(array.type)
            or pa.types.is_string_view(array.type)
        ):
            raise TypeError(f"an array of strings is needed, but this is one of {array.type}")
        if isinstance(array, pa.ChunkedArray):
            chunks = [piece for chunk in array.chunks for piece in self._chunks(chunk)]
            return pa.chunked_array(chunks, type=array.type)
        chunks = self._chunks(array)
        return chunks[0] if len(chunks) == 1 else pa.chunked_array(chunks, type=array.type)

    def _chunks(self, array: pa.Array) -> list[pa.Array]:
        large = array.cast(pa.large_string())
        starts, data = _offsets_and_data(large)
        view = memoryview(data)
        texts = [view[start:end] for start, end in pairwise(starts.tolist())]
        block = Block(view, starts[:-1], starts[1:], _keys(texts), escaped=False, texts=texts)
        done = self.block(block)
        offsets = np.append(done.starts, done.ends[-1:]) if len(large) else starts
        nulls = large.is_null().to_numpy(zero_copy_only=False)
        mask = pa.array(~nulls).buffers()[1] if large.null_count else None
        buffers = [mask, pa.py_buffer(offsets), pa.py_buffer(done.data)]
        new = pa.Array.from_buffers(pa.large_string(), len(large), buffers)
        return _in_type(new, array.type)

    def block(self, block: Block) -> Spliced:
        """The documents of a block: what everything else here comes to."""
        lexicon = self.compiled
        done = substitute(block.texts, block.keys, lexicon, self.policy)
        return splice(block, done.swaps, lexicon, self.policy)


def _key_bytes(key: str | int) -> bytes:
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"a key is a string or a whole number, but this is {key!r:.60}")
    return str(key).encode("utf-8", "surrogatepass")


def _keys(texts: Sequence[Buffer]) -> UInt64s:
    return np.fromiter(map(xxhash.xxh3_64_intdigest, texts), np.uint64, len(texts))


def _offsets_and_data(large: pa.LargeStringArray) -> tuple[Int64s, bytes | pa.Buffer]:
    """Offsets from 0 and the bytes they point into, whatever slice of its buffers an array is."""
    _, offsets, data = large.buffers()
    if not len(large) or data is None:
        return np.zeros(len(large) + 1, np.int64), b""
    own = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
    return own - own[0], data.slice(own[0], own[-1] - own[0])


def _in_type(large: pa.LargeStringArray, wanted: pa.DataType) -> list[pa.Array]:
    """The array in the wanted type, halved as often as 32-bit offsets need."""
    if pa.types.is_string(wanted) and large.nbytes > _LARGEST_32_BIT and len(large) > 1:
        middle = len(large) // 2
        return _in_type(large[:middle], wanted) + _in_type(large[middle:], wanted)
    return [large.cast(wanted)]
