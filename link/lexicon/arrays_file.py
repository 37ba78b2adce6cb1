"""The compiled lexicon as one file, which processes map into memory and share."""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from link.arrays import UInt8s
from link.kernel.compiled import CompiledLexicon, Phrases, Table

ARRAYS = "arrays"
"""The file's name: a hash of all behind it, a table of the arrays in JSON, and the arrays."""

_ALIGNED = 64


def save_compiled(lexicon: CompiledLexicon, folder: Path) -> None:
    """Write the arrays as one file into an existing folder, for `load_compiled`."""
    table: dict[str, tuple[str, tuple[int, ...], int]] = {}
    pieces: list[bytes | memoryview] = [b""]
    size = 0
    for name, array in _flat(lexicon).items():
        table[name] = (array.dtype.str, array.shape, size)
        pieces += [
            np.ascontiguousarray(array).reshape(-1).view(np.uint8).data,
            bytes(-array.nbytes % _ALIGNED),
        ]
        size += array.nbytes + len(pieces[-1])
    text = json.dumps(table)
    pieces[0] = f" {text}{' ' * (-(len(text) + _SUM + 2) % _ALIGNED)}\n".encode()
    sum_ = xxhash.xxh3_128()
    for piece in pieces:
        sum_.update(piece)
    with (folder / ARRAYS).open("wb") as file:
        file.writelines([sum_.hexdigest().encode(), *pieces])


_SUM = 32  # bytes


def load_compiled(folder: Path, *, is_checked: bool = False) -> CompiledLexicon:
    """The lexicon that `save_compiled` wrote, memory-mapped, so that processes share its pages.

    `is_checked`: `ValueError` if the file is not what was written.
    """
    with (folder / ARRAYS).open("rb") as file:
        head = file.readline()
        data: UInt8s = np.memmap(file, np.uint8, "r").view(np.ndarray)
    if is_checked and xxhash.xxh3_128_hexdigest(data[_SUM:].data).encode() != head[:_SUM]:
        raise ValueError(f"{folder / ARRAYS} is not what was written")
    arrays: dict[str, Any] = {
        name: np.ndarray(shape, dtype, data, len(head) + begin)
        for name, (dtype, shape, begin) in json.loads(head[_SUM:]).items()
    }
    lanes = sorted(int(name.removeprefix("keys-")) for name in arrays if name.startswith("keys-"))
    phrases = Phrases(
        transitions=_table_from(arrays, "phrases") if "keys_phrases" in arrays else None,
        entries=arrays["phrases-entries"],
        extends=arrays["phrases-extends"],
        first_node=int(arrays["phrases-first_node"][0]),
        pairs=arrays["phrases-pairs"],
    )
    return CompiledLexicon(
        tables=tuple(Table(*(arrays[f"{part.name}-{n}"] for part in fields(Table))) for n in lanes),
        phrases=phrases,
        texts=_from_buffers(arrays, "texts"),
        json_texts=_from_buffers(arrays, "json_texts"),
        codes=tuple(arrays["codes"].tobytes().decode().split("\n")),
        **{
            field.name: arrays[field.name]
            for field in fields(CompiledLexicon)
            if field.name in arrays and field.name != "codes"
        },
    )


def _flat(lexicon: CompiledLexicon) -> Mapping[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
        "codes": np.frombuffer("\n".join(lexicon.codes).encode(), np.uint8),
    }
    for field in fields(lexicon):
        value = getattr(lexicon, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, pa.LargeBinaryArray):
            _, offsets, data = value.buffers()
            arrays[f"{field.name}-offsets"] = np.frombuffer(offsets, np.int64)[: len(value) + 1]
            arrays[f"{field.name}-data"] = np.frombuffer(data, np.uint8)
    for table in lexicon.tables:
        for part in fields(Table):
            arrays[f"{part.name}-{table.lanes}"] = getattr(table, part.name)
    arrays["phrases-entries"] = lexicon.phrases.entries
    arrays["phrases-extends"] = lexicon.phrases.extends
    arrays["phrases-pairs"] = lexicon.phrases.pairs
    arrays["phrases-first_node"] = np.array([lexicon.phrases.first_node])
    if lexicon.phrases.transitions is not None:
        for part in fields(Table):
            arrays[f"{part.name}_phrases"] = getattr(lexicon.phrases.transitions, part.name)
    return arrays


def _table_from(arrays: Mapping[str, Any], name: str) -> Table:
    return Table(*(arrays[f"{part.name}_{name}"] for part in fields(Table)))


def _from_buffers(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> pa.LargeBinaryArray:
    offsets, data = arrays[f"{name}-offsets"], arrays[f"{name}-data"]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
