"""Texts in lists, and shards that are one list: refused by name, with a way out."""

import pyarrow as pa
import pytest

from link.errors import ShardError
from link.shards.fields import Fields
from link.shards.jsonl import JsonLines
from link.shards.rows import Rows
from tests.helpers import json_lines

CHAT = {"messages": [{"role": "user", "content": "the dog"}], "meta": {"n": 1}}


def _reason(data: bytes, field: str = "text") -> str:
    return JsonLines(Fields((field,))).find(data).bad[0].reason


@pytest.mark.parametrize("field", ["messages", "messages.content", "messages[].content"])
def test_a_text_in_a_list_is_refused_by_name(field: str) -> None:
    reason = _reason(json_lines([CHAT]), field)
    assert reason.startswith(f"field {field!r} is not a string" if "." not in field else "no field")
    assert "texts in lists, as of chat messages, are not reached" in reason
    assert "link.Substituter" in reason


@pytest.mark.parametrize("field", ["messages", "messages.content", "messages[].content"])
@pytest.mark.parametrize("kind", [pa.list_, pa.large_list, lambda item: pa.list_(item, 1)])
def test_a_column_of_lists_is_refused_by_name(field: str, kind: type[pa.DataType]) -> None:
    item = pa.struct([("role", pa.string()), ("content", pa.string())])
    schema = pa.schema([("messages", kind(item)), ("id", pa.string())])
    with pytest.raises(ShardError, match="texts in lists, as of chat messages, are not reached"):
        Rows(Fields((field,)), schema)


@pytest.mark.parametrize("field", ["text", "meta.content", "meta.n.x"])
def test_other_absent_fields_ask_for_the_name(field: str) -> None:
    hint = "name the one that holds the text with --text-field"
    assert _reason(json_lines([CHAT]), field).endswith(hint)
    with pytest.raises(ShardError, match=f"{hint}$"):
        Rows(Fields((field,)), pa.schema([("messages", pa.list_(pa.string())), ("n", pa.int8())]))


@pytest.mark.parametrize(
    "data",
    [
        b'[{"text":"the dog"},{"text":"a cat"}]',
        b'[{"text":"the dog"},\n {"text":"a cat"}]\n',
        b'[\n  {\n    "text": "the dog"\n  }\n]\n',
        b"[]\n",
    ],
)
def test_a_shard_that_is_one_list_is_refused_with_a_way_out(data: bytes) -> None:
    bad = JsonLines(Fields()).find(data).bad[0]
    assert (bad.number, bad.byte) == (1, 0)
    assert bad.reason.startswith("a list, not a JSON object; if the shard is one JSON list")
    assert "jq -c '.[]' FILE.json > FILE.jsonl" in bad.reason
