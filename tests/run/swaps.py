"""What tests of swaps share: sidecars read back, and swaps undone by them, one after the other."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]
Spell = Callable[[str], bytes]

BOM = b"\xef\xbb\xbf"


def sidecar(out: Path, name: str) -> Path:
    return out / "_link" / "swaps" / f"{name}.parquet"


def rows_of(out: Path, name: str) -> list[Row]:
    rows: list[Row] = pq.read_table(sidecar(out, name)).to_pylist()
    return rows


def of_text(rows: Sequence[Row], record: int, field: str = "text") -> list[Row]:
    return [row for row in rows if (row["record"], row["field"]) == (record, field)]


def inside_json(text: str) -> bytes:
    """What of JSON's spelling of a text stands between the quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()


def undone(text: bytes, rows: Sequence[Row], spelled: Spell | None = None) -> bytes:
    """A text without its swaps. `spelled`: how it spells what was spelled otherwise before."""
    done = -1
    for row in rows:  # ascending, and none inside another
        assert done <= row["new_start"]
        done = row["new_start"] + row["new_length"]
    before = text
    for row in reversed(rows):
        start, end = row["new_start"], row["new_start"] + row["new_length"]
        original = spelled(row["source"]) if spelled else row["original"]
        if row["mode"] == "annotate":
            original = b""
        text = text[:start] + original + text[end:]
    for row in rows:
        written = before[row["new_start"] : row["new_start"] + row["new_length"]]
        if row["mode"] == "annotate":
            assert written[:2] == b" ("
            assert written[-1:] == b")"
            written = written[2:-1]
        assert written in (row["translation"].encode(), inside_json(row["translation"]))
        if not spelled:
            assert text[row["start"] : row["start"] + row["length"]] == row["original"]
    return text


def undone_lines(
    data: bytes,
    rows: Sequence[Row],
    names: Sequence[str] = ("text",),
    spelled: Spell | None = None,
) -> bytes:
    """JSON Lines without their swaps. Of a field that occurs twice in a line, the last counts."""
    lines = []
    record = 0
    for line in data.split(b"\n"):
        if line.removeprefix(BOM).strip(b" \t\r"):
            spans = []
            for name in names:
                pattern = rb'"%b"\s*:\s*"((?:[^"\\]|\\.)*)"' % re.escape(name.encode())
                if found := list(re.finditer(pattern, line)):
                    spans.append((*found[-1].span(1), name))
            for start, end, name in sorted(spans, reverse=True):
                new = undone(line[start:end], of_text(rows, record, name), spelled)
                line = line[:start] + new + line[end:]
            record += 1
        lines.append(line)
    return b"\n".join(lines)
