"""What is written: lines of JSON, or of three parallel files as aligners take them."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from link.export.documents import Run
from link.export.records import pairs_of, prompts_of, words_of
from link.publish import written
from link.shards.codecs import NONE, SUFFIXES, CompressedSink, Tally, compressor

_SURROGATE = re.compile("[\ud800-\udfff]")


def lines_of(runs: Sequence[Run], kind: str) -> Iterator[Sequence[bytes]]:
    """The next line of each file, without its end. `kind`: one of `KINDS`."""
    if kind == "prompts":
        yield from ([_json(record)] for record in prompts_of(runs))
        return
    for document in runs[0].documents():
        for record in words_of(document) if kind == "words" else pairs_of(document):
            if kind == "pharaoh":
                tokens = (" ".join(record[name]) for name in ("source_tokens", "target_tokens"))
                yield [_utf8(each) for each in (*tokens, record["alignment"])]
            else:
                yield [_json(record)]


def _utf8(text: str) -> bytes:
    """A text in UTF-8, which knows no lone surrogates: U+FFFD stands for one."""
    return _SURROGATE.sub("\ufffd", text).encode()


def _json(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(record).encode()


def parallel_names(file: str) -> list[str]:
    """The names of Pharaoh's three files: `a.source`, … of `a`, and `a.source.gz`, … of `a.gz`."""
    ending = Path(file).suffix
    ending = ending if ending.lower() in SUFFIXES else ""
    stem = file.removesuffix(ending)
    return [f"{stem}.{each}{ending}" for each in ("source", "target", "align")]


@contextmanager
def packed(path: Path) -> Iterator[CompressedSink]:
    """A file to write, compressed by its ending, that is there once the block has ended."""
    with written(path) as file:
        sink = CompressedSink(Tally(file), compressor(SUFFIXES.get(path.suffix.lower(), NONE)))
        yield sink
        sink.finish()
