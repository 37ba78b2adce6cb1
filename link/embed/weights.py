"""safetensors files: read where they lie, a few rows at a time, and written as a stream.

The package `safetensors` checks a file. It does not tell where a tensor's bytes are, so that the
header is read here too: its length (8 bytes, little-endian), JSON, then the tensors' bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.errors import UsageError, reason_of
from link.tokens.extra import needed
from link.untrusted import open_file

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Progress = Callable[[int], object]

EXTRA = "embed"
FLOATS = ("BF16", "F16", "F32")
_METADATA = "__metadata__"
_COPIED_BYTES = 8 << 20
_BLOCK_BYTES = 4 << 20
_LFS = b"version https://git-lfs"
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor in a file. `dtype`: as safetensors names it; `start`, `size_bytes`: in the file."""

    path: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    size_bytes: int

    @property
    def width(self) -> int:
        """Numbers of a row; 1 of a vector."""
        return prod(self.shape[1:])

    def rows(self, numbers: Int64s) -> Float32s:
        """Some rows: shape (numbers, width). They alone are read, and no page of the file is mapped
        into memory. Raises `UsageError` if the file has become shorter.
        """
        rows = np.empty((len(numbers), self.width), self.as_numpy)
        size_bytes = self.width * rows.itemsize
        with open_file(self.path) as file:
            for number, row in zip(numbers.tolist(), rows.view(np.uint8), strict=True):
                file.seek(self.start + number * size_bytes)
                data = file.read(size_bytes)
                if len(data) < size_bytes:
                    raise UsageError(_shorter(self.path))
                row[:] = np.frombuffer(data, np.uint8)
        return np.asarray(rows, np.float32)

    def blocks(self, rows: int) -> Iterator[Float32s]:
        """The first so many rows, a block after the other."""
        step = block_rows(self.width)
        for begin in range(0, rows, step):
            yield self.rows(np.arange(begin, min(rows, begin + step)))

    @property
    def as_numpy(self) -> "np.dtype[Any]":
        """Its type; bfloat16 is that of the package ml_dtypes."""
        if self.dtype == "BF16":
            bfloat16: np.dtype[Any] = np.dtype(needed("ml_dtypes", "bfloat16", EXTRA).bfloat16)
            return bfloat16
        return np.dtype({"F16": "<f2", "F32": "<f4"}[self.dtype])


def block_rows(width: int) -> int:
    """How many rows of so many numbers are worked on at a time."""
    return max(1, _BLOCK_BYTES // (4 * width))


def unit(rows: Float32s) -> Float32s:
    """Rows of length 1; those that are zero stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, np.finfo(np.float32).tiny), np.float32)


@dataclass(frozen=True)
class Weights:
    """A safetensors file: its tensors by name, in the order of their bytes, and its metadata."""

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] | None


def open_weights(path: Path) -> Weights:
    """The tensors of a file; only its header is read. Raises `UsageError` if it is damaged."""
    safetensors = needed("safetensors", str(path), EXTRA)
    try:
        with open_file(path) as file:
            if file.read(len(_LFS)) == _LFS:
                raise UsageError(f"{path} is a pointer of Git LFS, not the file; run git lfs pull")
            safetensors.safe_open(path, "np")
            file.seek(0)
            length = int.from_bytes(file.read(8), "little")
            header: dict[str, Any] = json.loads(file.read(length))
    except safetensors.SafetensorError as error:
        raise UsageError(
            f"{path} is not a complete safetensors file ({error}); copy it again, or convert "
            f"another format to safetensors"
        ) from error
    except OSError as error:
        raise UsageError(f"model {path} cannot be read: {reason_of(error)}") from error
    metadata = header.pop(_METADATA, None)
    tensors = {}
    for name, about in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = about["data_offsets"]
        tensors[name] = Tensor(
            path, name, about["dtype"], tuple(about["shape"]), 8 + length + begin, end - begin
        )
    return Weights(path, tensors, metadata)


def write_weights(
    file: BinaryIO,
    weights: Weights,
    new: Mapping[str, tuple[int, Iterable[Float32s]]],
    progress: Progress,
) -> int:
    """Write the file's tensors, some with new rows: how many, and the rows block by block.

    All others are copied byte for byte. Returns how many bytes the tensors have. Raises
    `UsageError` for rows that are no finite numbers.
    """
    ordered = sorted(weights.tensors.values(), key=lambda one: -_least(one))  # stays aligned
    resized = [
        replace(one, shape=(new[one.name][0], *one.shape[1:])) if one.name in new else one
        for one in ordered
    ]
    header: dict[str, Any] = {} if weights.metadata is None else {_METADATA: weights.metadata}
    end = 0
    for was, one in zip(ordered, resized, strict=True):
        begin = end
        end += was.size_bytes * one.shape[0] // was.shape[0] if one.name in new else was.size_bytes
        header[one.name] = {"dtype": one.dtype, "shape": one.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    file.write(len(text).to_bytes(8, "little") + text)
    with open_file(weights.path) as source:
        for one in ordered:
            if one.name in new:
                for block in new[one.name][1]:
                    with np.errstate(over="ignore"):
                        rows = block.astype(one.as_numpy)
                    if not np.isfinite(rows).all():
                        raise UsageError(
                            f"{one.path}: new rows of {one.name} would hold NaN or infinity; its "
                            f"own rows hold such values, or {one.dtype} is too narrow: convert "
                            f"the model to F32"
                        )
                    file.write(rows.tobytes())
                progress(one.size_bytes)
            else:
                _copy(source, one, file, progress)
    return end


def _least(tensor: Tensor) -> int:
    """Bytes of a number, by which safetensors orders tensors: the widest first."""
    return tensor.size_bytes // max(1, prod(tensor.shape))


def _shorter(path: Path) -> str:
    return f"{path} became shorter while it was read; copy it again"


def _copy(source: BinaryIO, tensor: Tensor, file: BinaryIO, progress: Progress) -> None:
    source.seek(tensor.start)
    left = tensor.size_bytes
    while left:
        data = source.read(min(left, _COPIED_BYTES))
        if not data:
            raise UsageError(_shorter(tensor.path))
        file.write(data)
        left -= len(data)
        progress(len(data))
