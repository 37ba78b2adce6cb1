"""DuckDB: a function of SQL over Arrow."""

import pyarrow as pa
from duckdb import DuckDBPyConnection

from link.integrations.tables import Tables
from link.substituter import Substituter


def register(
    connection: DuckDBPyConnection, substituter: Substituter, name: str = "link_substitute"
) -> None:
    """Create `name(text)` and `name_by(text, key)`, which names documents by another column.

    A null text stays null. A key is a string; cast whole numbers: `name_by(text, n::VARCHAR)`.
    """
    by_text, by_key = Tables(substituter), Tables(substituter, key_field="key")

    def swap(text: pa.ChunkedArray) -> pa.ChunkedArray:
        return by_text(pa.table({"text": text}))["text"]

    def swap_by(text: pa.ChunkedArray, key: pa.ChunkedArray) -> pa.ChunkedArray:
        return by_key(pa.table({"text": text, "key": key}))["text"]

    options = {"type": "arrow", "null_handling": "special"}
    connection.create_function(name, swap, [str], str, **options)
    connection.create_function(f"{name}_by", swap_by, [str, str], str, **options)
