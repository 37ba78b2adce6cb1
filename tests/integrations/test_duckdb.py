"""DuckDB: the functions give what the command writes."""

from pathlib import Path

import pytest

import link
from tests.integrations.expected import FLAT, Names, by_command, some_table

duckdb = pytest.importorskip("duckdb")
from link.integrations.duckdb import register  # noqa: E402


@pytest.mark.parametrize("names", FLAT)
def test_a_function_gives_what_the_command_writes(
    work: Path, substituter: link.Substituter, names: Names
) -> None:
    table = some_table(3000)  # more than one vector of DuckDB's
    expected = by_command(table, names, work)["text"].to_pylist()
    connection = duckdb.connect()
    register(connection, substituter)
    call = "link_substitute(text)"
    if names.key:
        call = f"link_substitute_by(text, {names.key}::VARCHAR)"
    rows = connection.sql(f"select {call} from '{work}/in.parquet'").fetchall()
    assert [text for (text,) in rows] == expected


def test_a_null_key_is_an_error(substituter: link.Substituter) -> None:
    connection = duckdb.connect()
    register(connection, substituter, "swap")
    assert connection.sql("select swap_by(null, 'a')").fetchall() == [(None,)]
    with pytest.raises(duckdb.Error, match="key column 'key' is null"):
        connection.sql("select swap_by(t, k) from (values ('the dog', null)) _(t, k)").fetchall()
