"""Rows with named columns: Parquet and Arrow files, and JSON Lines.

    {"en": "dog", "de": "Hund", "pos": "noun"}
    {"source": "dog", "target": ["Hund", "Köter"], "weight": [3, 1]}
    {"translation": {"en": "dog", "de": "Hund", "sw": "mbwa"}}       as `datasets` has it

Columns are known by their names (see `columns.py`), or stand together in one named `translation`.
Targets may be lists, with a weight each or one for all. Of several languages `--lang` picks one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from link.errors import LexiconError
from link.lexicon.decode import MOST_BYTES
from link.lexicon.formats.columns import (
    POS,
    SOURCE,
    TARGET,
    WEIGHT,
    Columns,
    columns_of,
    passed_over,
    rows_of,
    texts_in,
)
from link.lexicon.formats.parsed import Format, Parsed, lines_of

TRANSLATION = "translation"
NO_WORDS = "dropped, a word is missing, or no text"

_PARQUET, _ARROW_FILE, _ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError)
_MOST_ROWS = 50_000_000  # a small file can stand for any number of them

Record = Mapping[str, Any]
_layout = lru_cache(maxsize=1 << 10)(columns_of)


def recognise(head: str) -> bool:
    """Whether the first line is a row, and neither an entry of Wiktionary nor all of the file."""
    lines = [line for line in lines_of(head) if line.strip()][:2]
    first, *rest = map(_object, lines or [""])
    if isinstance(first.get(TRANSLATION), dict):
        return True
    columns = columns_of(list(first), strict=True)
    if columns is None or not (rest and lines[1].startswith("{")):
        return False
    values = list(first.values())
    cells = [one for one in (*values, *rest[0].values()) if isinstance(one, list)]
    has_objects = any(isinstance(each, dict) for cell in cells for each in cell)
    return not has_objects and any(texts_in(values[place]) for place, _ in columns.targets)


def _object(line: str) -> Record:
    try:
        record = json.loads(line) if line.startswith("{") else {}
    except (ValueError, RecursionError):  # the last line of a beginning is often cut off
        record = {}
    return record if isinstance(record, dict) else {}


def read(text: str, path: str) -> Parsed:
    """The rows of JSON Lines."""
    parsed = Parsed()
    records: list[tuple[int, Record]] = []
    for number, line in parsed.lines_of(text):
        try:
            record = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise LexiconError(f"{path}: line {number}: not JSON ({error})") from error
        if not isinstance(record, dict):
            raise LexiconError(f"{path}: line {number}: not a JSON object, which names its columns")
        records.append((number, record))
    take_records(parsed, names_of(records), records, path)
    return parsed


def names_of(records: Iterable[tuple[int, Record]]) -> tuple[str, ...]:
    """The names of all columns of some records."""
    return tuple(dict.fromkeys(name for _, record in records for name in record))


def is_columnar(data: bytes) -> bool:
    """Whether a file's bytes are Parquet or Arrow."""
    return data.startswith((_PARQUET, _ARROW_FILE, _ARROW_STREAM))


def read_columnar(data: bytes, path: str) -> Parsed:
    """The rows of a Parquet or Arrow file, counted from 1.

    Raises `LexiconError` for a damaged file and for one without columns of words.
    """
    parsed = Parsed(unit="row")
    try:
        schema, batches = _opened(data, path)
        take_records(parsed, tuple(schema.names), _records(batches, path), path)
    except MemoryError:
        raise
    except _DAMAGE as error:
        kind = "Parquet" if data.startswith(_PARQUET) else "Arrow"
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise LexiconError(f"{path}: cannot be read as {kind} ({reason})") from error
    return parsed


def _opened(data: bytes, path: str) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema, and the rows without the columns that say nothing here: they may be large."""
    if data.startswith(_PARQUET):
        import pyarrow.parquet as pq  # slow to import, and few lexicons are of this kind

        file = pq.ParquetFile(pa.BufferReader(data))
        groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > MOST_BYTES:
            raise LexiconError(f"{path}: holds more than {MOST_BYTES:,} bytes; is it a lexicon?")
        return file.schema_arrow, file.iter_batches(columns=_wanted(file.schema_arrow, path))
    if data.startswith(_ARROW_FILE):
        reader = pa.ipc.open_file(data)
        batches = map(reader.get_batch, range(reader.num_record_batches))
    else:
        reader = pa.ipc.open_stream(data)
        batches = iter(reader)
    wanted = _wanted(reader.schema, path)
    return reader.schema, (_validated(batch.select(wanted)) for batch in batches)


def _validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Arrow takes a file at its word, and would read what lies outside of its buffers."""
    batch.validate(full=True)
    return batch


def _wanted(schema: pa.Schema, path: str) -> list[str]:
    """The names of the columns that count. Raises `LexiconError` if one of words holds none."""
    names: list[str] = schema.names
    if TRANSLATION in names and pa.types.is_struct(schema.field(TRANSLATION).type):
        return [name for name in names if name == TRANSLATION or _is_more(name)]
    columns = columns_of(names)
    if columns is None:
        raise _no_columns(path, names)
    targets = [place for place, _ in columns.targets]
    words = [place for place in targets if _may_be_words(schema.field(place).type)]  # `id` may not
    for place in [columns.source] if words else targets:
        if not _may_be_words(schema.field(place).type):
            raise LexiconError(
                f"{path}: column {names[place]!r} holds {schema.field(place).type}; "
                f"a column of words holds strings, or lists of strings"
            )
    wanted = (columns.source, *words, columns.weight, columns.pos)
    return [names[place] for place in wanted if place is not None]


def _is_more(name: str) -> bool:
    """Whether a column says more of the words in another one."""
    return name.lower() in (*WEIGHT, *POS)


def _may_be_words(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_) or pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return _may_be_words(type_.value_type)
    return str(type_) in ("string", "large_string", "string_view", "null")


def _records(batches: Iterable[pa.RecordBatch], path: str) -> Iterator[tuple[int, Record]]:
    number = 0
    for batch in batches:
        if number + batch.num_rows > _MOST_ROWS:
            raise LexiconError(f"{path}: has more than {_MOST_ROWS:,} rows; is it a lexicon?")
        for record in batch.to_pylist():
            number += 1
            yield number, record


def _no_columns(path: str, names: Iterable[str]) -> LexiconError:
    if "text" in names:
        return LexiconError(
            f"{path}: seems to be a shard of documents, not a lexicon; its columns are "
            f"{', '.join(names)}, and none is known to hold words (as word or en) and another "
            f"their translations (as translation or de)"
        )
    return LexiconError(
        f"{path}: no column is known to hold words and another their translations; there are "
        f"{', '.join(names) or 'none'}; known are {', '.join(SOURCE)}, with "
        f"{', '.join(TARGET)} or a language's code; or one column {TRANSLATION!r} that holds them "
        f"by language"
    )


# --- from records to rows ------------------------------------------------------------------------


def take_records(
    parsed: Parsed, names: tuple[str, ...], records: Iterable[tuple[int, Record]], path: str
) -> None:
    """Add the rows of records, each with its number. `names`: of all of their columns.

    Raises `LexiconError` if no columns are known to hold words, or all are empty.
    """
    is_known = False
    parsed.notes += [] if TRANSLATION in names else passed_over(_layout(names))
    for number, record in records:
        values, columns = _laid_out(record, names)
        is_known = is_known or columns is not None
        parsed.take(number, rows_of(number, values, columns) if columns else (), NO_WORDS)
    if not is_known:
        raise _no_columns(path, names)
    if not parsed.rows:
        raise LexiconError(f"{path}: {_ALL_EMPTY}")


def _laid_out(record: Record, names: tuple[str, ...]) -> tuple[list[Any], Columns | None]:
    """A record's values, and which is what: by `names`, or by what stands in its `translation`."""
    inner = record.get(TRANSLATION)
    if isinstance(inner, dict):
        more = {name: record[name] for name in record if _is_more(name)}
        record = {**more, **_by_language(inner)}
        names = tuple(record)
    return [record.get(name) for name in names], _layout(names)


def _by_language(inner: Record) -> Record:
    """`{"language": ["de", "en"], "translation": ["Hund", "dog"]}` as `{"de": …, "en": …}`."""
    languages, texts = inner.get("language"), inner.get(TRANSLATION)
    if not (isinstance(languages, list) and isinstance(texts, list)):
        return inner
    found: dict[str, list[object]] = {}
    for language, text in zip(languages, texts, strict=False):
        found.setdefault(str(language), []).append(text)
    return found


_ALL_EMPTY = "no row holds a word and its translation; all are empty"

FORMAT = Format(
    "table", "Parquet, Arrow or JSON Lines with named columns", recognise, read, _ALL_EMPTY
)
