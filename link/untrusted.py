"""Reading files that others may have put there: small ones, whole, and nothing that never ends."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from link.errors import LinkError, shortage

T = TypeVar("T")

MOST_BYTES = 128 << 20  # the plan of a million shards
MOST_LINE_BYTES = 16 << 20


def open_file(path: Path | str) -> BinaryIO:
    """A file to be read. Raises `OSError` for what is none: a pipe or device might never answer."""
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    except ValueError as error:  # a NUL or half of a surrogate pair in the name
        raise OSError(errno.EINVAL, str(error), str(path)) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def read_file(path: Path | str, most_bytes: int = MOST_BYTES) -> bytes:
    """What a file holds. Raises `OSError` if it cannot be read, or is larger than that."""
    with open_file(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes > most_bytes:
            raise OSError(errno.EINVAL, f"holds more than {most_bytes:,} bytes", str(path))
        return file.read(size_bytes)


def read_json(path: Path | str, kind: type[T]) -> T:
    """A file's JSON value, of a kind as `msgspec` understands it.

    Raises `OSError` if it cannot be read, `ValueError` if it is no JSON, or of another kind; and
    `LinkError` where a limit of the process is in the way, since then nothing is damaged.
    """
    try:
        return parse_json(read_file(path), kind)
    except OSError as error:
        if told := shortage(error):
            raise LinkError(f"{path}: {told}") from error
        raise


def parse_json(data: bytes, kind: type[T]) -> T:
    """A JSON value, as `read_json` gives it; halves of surrogate pairs may stand in its texts.

    >>> parse_json(b'["a"]', list[int])
    Traceback (most recent call last):
    ValueError: Expected `int`, got `str` - at `$[0]`
    """
    try:
        return of_kind(json.loads(data), kind)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def of_kind(value: Any, kind: type[T]) -> T:
    """A value from JSON as another kind; raises `ValueError` if it is of none such."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def load_yaml(text: str) -> Any:
    """A YAML value in which each key stands once: of two, PyYAML would take the last one silently.

    Without aliases, by which a few lines may stand for billions. Raises `ValueError`.
    """
    import yaml  # slow, and few commands need it

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise ValueError("it has aliases (*); write out what they stand for")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            lines: dict[str, int] = {}
            for key, _ in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode):
                    before = lines.get(key.value)
                    if before:
                        raise ValueError(
                            f"{key.value} occurs twice, in line {before} and in line {line}; "
                            f"keep one of them"
                        )
                    lines[key.value] = line
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except ValueError:
        raise
    except RecursionError:
        raise ValueError("not YAML (it is nested too deeply)") from None
    except Exception as error:  # its constructors raise all kinds, for `!!int ''` an IndexError
        raise ValueError(f"not YAML ({' '.join(str(error).split())})") from error
