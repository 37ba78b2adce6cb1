"""The formats of lexicon files, one small module each; a file's beginning tells which one it is.

A new format is a module with a `FORMAT` (see `parsed.py`) that stands in `FORMATS`, a sample in
`tests/lexicon/samples.py`, and a row in `docs/lexicons.md`. `columns.py` knows what named columns
mean, `pos.py` what parts of speech are called, `xml.py` reads XML safely. A format whose files must
be found or read together stands in `_BUNDLES`, too: its module has `gather`, `is_bundle` and
`read_files`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from link.errors import LexiconError
from link.lexicon.decode import decoded
from link.lexicon.formats import (
    apertium,
    buchmeier,
    canonical,
    cedict,
    cldf,
    cldr,
    concepts,
    csv_table,
    dictd,
    dsl,
    json_object,
    kaikki,
    omw,
    pairs,
    swadesh,
    table,
    tei,
)
from link.lexicon.formats.parsed import Format, Parsed

FORMATS: tuple[Format, ...] = tuple(
    module.FORMAT
    for module in (  # in the order in which they are tried; any text could be pairs
        *(canonical, apertium, tei, cldr, dsl, table, kaikki, cldf, json_object, omw, buchmeier),
        *(cedict, dictd, concepts, csv_table, swadesh, pairs),
    )
)
_JOINED = swadesh.FORMAT  # what two files are that no other format knows
BY_NAME = {format_.name: format_ for format_ in FORMATS}

_BUNDLES = (dictd, cldf)  # read as files that belong together
_HEAD = 1 << 16
_JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.\w+)?$", re.I)


def format_of(texts: Sequence[str], name: str | None = None) -> Format:
    """The format of some files' texts, or the one that is named.

    Raises `LexiconError` if there is none of that name.
    """
    if name is not None:
        if name not in BY_NAME:
            raise LexiconError(f"{name!r} is not a format; choose one of {', '.join(BY_NAME)}")
        return BY_NAME[name]
    head = texts[0][:_HEAD]
    if len(texts) == 2:
        if concepts.recognise_pair(head):
            return concepts.FORMAT
        return next((each for each in (cldr.FORMAT, omw.FORMAT) if each.recognise(head)), _JOINED)
    return next(format_ for format_ in FORMATS if format_.recognise(head))


def gathered(path: Path) -> list[Path]:
    """The files that belong to a file, or to a folder, of a format that has several; else none.

    Raises `OSError`, and `LexiconError` where a file should name others and does not.
    """
    return next(filter(None, (bundle.gather(path) for bundle in _BUNDLES)), [])


def read_bytes(
    files: Sequence[tuple[str, bytes]], name: str | None = None, encoding: str | None = None
) -> tuple[Parsed, Format]:
    """The rows of a lexicon's file, or of the files that make one together; and their format.

    `files`: path and content of each. Raises `LexiconError` for what cannot be read.
    """
    paths = [path for path, _ in files]
    for bundle in _BUNDLES:
        if name == bundle.FORMAT.name or (name is None and bundle.is_bundle(files)):
            return bundle.read_files(files, encoding), bundle.FORMAT
    if len(files) > 2:
        raise LexiconError(
            f"{len(files)} files are not a lexicon; name one, or two that are joined"
        )
    columnar = next((path for path, data in files if table.is_columnar(data)), None)
    if columnar is not None:
        if len(files) > 1:
            raise LexiconError(f"{columnar}: a lexicon of {table.FORMAT.title} is one file")
        if name not in (None, table.FORMAT.name):
            raise LexiconError(f"{columnar}: is Parquet or Arrow, and not of the format {name!r}")
        return table.read_columnar(files[0][1], columnar), table.FORMAT
    texts = [decoded(data, path, encoding) for path, data in files]
    format_ = format_of(texts, name)
    if (
        name is None
        and _JSON_LINES.search(paths[0])
        and format_ in (json_object.FORMAT, pairs.FORMAT)
    ):
        format_ = table.FORMAT  # whose errors speak of columns
    return format_.rows_of(texts, paths), format_
