"""The compiled lexicon as one file, which processes map into memory and share."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from link.arrays import UInt8s
from link.kernel.compiled import CompiledLexicon, Phrases, Table
from link.publish import published

ARRAYS = "arrays"
"""The file's name: a hash of all behind it, the lexicon in JSON with places in place of arrays, and
the arrays."""

_ALIGNED = 64
_SUM = 32  # bytes
_CLASSES = {one.__name__: one for one in (CompiledLexicon, Phrases, Table)}


def save_compiled(lexicon: CompiledLexicon, folder: Path) -> None:
    """Write the arrays as one file into a folder, for `load_compiled`: whole or not at all."""
    arrays: list[bytes | memoryview] = []
    text = json.dumps(_packed(lexicon, arrays))
    head = f" {text}{' ' * (-(len(text) + _SUM + 2) % _ALIGNED)}\n".encode()
    sum_ = xxhash.xxh3_128(head)
    for each in arrays:
        sum_.update(each)
    with published(folder / ARRAYS, is_contended=True, is_durable=False) as file:
        file.writelines([sum_.hexdigest().encode(), head, *arrays])


def load_compiled(folder: Path, *, is_checked: bool = False) -> CompiledLexicon:
    """The lexicon that `save_compiled` wrote, memory-mapped, so that processes share its pages.

    `is_checked`: `ValueError` if the file is not what was written.
    """
    with (folder / ARRAYS).open("rb") as file:
        head = file.readline()
        data: UInt8s = np.memmap(file, np.uint8, "r").view(np.ndarray)
    if is_checked and xxhash.xxh3_128_hexdigest(data[_SUM:].data).encode() != head[:_SUM]:
        raise ValueError(f"{folder / ARRAYS} is not what was written")
    lexicon: CompiledLexicon = _unpacked(json.loads(head[_SUM:]), data, len(head))
    return lexicon


def _packed(value: Any, arrays: list[bytes | memoryview]) -> Any:
    """A value as JSON can hold it; the bytes of its arrays are added to `arrays`, two a place."""
    if isinstance(value, np.ndarray):
        place = sum(map(len, arrays))
        data = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        arrays += [data, bytes(-len(data) % _ALIGNED)]
        return ["array", value.dtype.str, value.shape, place]
    if isinstance(value, pa.LargeBinaryArray):
        _, offsets, data = value.buffers()
        parts = np.frombuffer(offsets, np.int64)[: len(value) + 1], np.frombuffer(data, np.uint8)
        return ["texts", *[_packed(part, arrays) for part in parts]]
    if is_dataclass(value):
        inner = {one.name: _packed(getattr(value, one.name), arrays) for one in fields(value)}
        return [type(value).__name__, inner]
    if isinstance(value, tuple):
        return ["tuple", *[_packed(one, arrays) for one in value]]
    return value


def _unpacked(value: Any, data: UInt8s, begin: int) -> Any:
    """The value that `_packed` took apart; its arrays begin at `begin` of `data`."""
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "array":
        dtype, shape, place = rest
        return np.ndarray(shape, dtype, data, begin + place)
    if kind in _CLASSES:
        return _CLASSES[kind](**{k: _unpacked(v, data, begin) for k, v in rest[0].items()})
    parts = tuple(_unpacked(one, data, begin) for one in rest)
    if kind == "tuple":
        return parts
    buffers = [None, *map(pa.py_buffer, parts)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(parts[0]) - 1, buffers)
