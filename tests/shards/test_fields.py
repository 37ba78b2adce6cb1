"""Which values of a record are texts: nested fields, several fields, conditions."""

import io
import json
from typing import Any

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from link.errors import RecordError, UsageError
from link.shards.batch import Batch
from link.shards.fields import Fields, parse_where
from tests.shards.helpers import read_batches
from tests.strategies import examples


def read(data: bytes, fields: Fields) -> Batch:
    [batch] = read_batches(io.BytesIO(data), "a.jsonl", fields)
    return batch


def texts(data: bytes, fields: Fields) -> list[str]:
    """The decoded documents of a shard, in order."""
    block = read(data, fields).blocks[0]
    return [
        json.loads(b'"%b"' % bytes(block.data)[start:end])
        for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    ]


NESTED = [
    ("a.b", '{"a":{"b":"x"}}', ["x"]),
    ("a.b", '{ "a" : { "c" : "b" , "b" : "x" } , "b" : "y" }', ["x"]),
    ("a.b", '{"a":{"b":"x"},"a":{"b":"y"}}', ["y"]),
    ("a.b", '{"a":{"b":"x","b":"y"}}', ["y"]),
    ("a.b", '{"a":{"b":null}}', []),
    ("a.b", '{"n":NaN,"a":{"b":"x"}}', ["x"]),
    ("a.b", '{"a":{"n":NaN,"b":"é\\ud800"}}', ["é\ud800"]),
    ("a.b.c.d", '{"a":{"b":{"c":{"d":"x"}}}}', ["x"]),
    ('a.q"uote', '{"a":{"q\\"uote":"x"}}', ["x"]),
    ("a.é", '{"a":{"\\u00e9":"x"}}', ["x"]),
]


@pytest.mark.parametrize(("name", "line", "expected"), NESTED)
def test_a_dot_leads_into_an_object(name: str, line: str, expected: list[str]) -> None:
    assert texts(line.encode(), Fields((name,))) == expected


@pytest.mark.parametrize(
    "line",
    ['{"a":"b"}', '{"a":null}', '{"a":[{"b":"x"}]}', '{"a":{}}', '{"a.b":"x"}', '{"a":{"b":7}}'],
)
def test_what_a_dotted_name_does_not_find_is_an_error(line: str) -> None:
    with pytest.raises(RecordError, match=r"a\.b"):
        texts(line.encode(), Fields(("a.b",)))


SEVERAL = [
    ('{"title":"x","text":"y"}', ["x", "y"]),
    ('{"text":"y","title":"x"}', ["y", "x"]),
    ('{"text":"y"}', ["y"]),
    ('{"title":null,"text":"y"}', ["y"]),
    ('{"title":null}', []),
    ('{"text":"y","title":"x","n":NaN}', ["y", "x"]),
]


@pytest.mark.parametrize(("line", "expected"), SEVERAL)
def test_several_fields_are_several_documents_in_the_records_order(
    line: str, expected: list[str]
) -> None:
    assert texts(line.encode(), Fields(("title", "text"))) == expected


def test_a_record_without_any_of_several_fields_is_bad() -> None:
    with pytest.raises(RecordError, match="'title' or 'text'"):
        texts(b'{"body":"x"}', Fields(("title", "text")))


def test_a_field_named_twice_counts_once() -> None:
    assert texts(b'{"text":"x"}', Fields(("text", "text"))) == ["x"]


def test_a_nested_key_names_the_document() -> None:
    batch = read(b'{"meta":{"id":7},"text":"x","title":"y"}', Fields(("text", "title"), "meta.id"))
    assert batch.blocks[0].keys.tolist() == [xxhash.xxh3_64_intdigest(b"7")] * 2


def test_an_object_and_a_field_of_it_can_both_matter() -> None:
    fields = Fields(("a",), where=(("b.c", "1"), ("b", '{"c":1}')))
    assert texts(b'{"a":"x","b":{"c":1}}', fields) == ["x"]


WHERE = [
    ("lang=en", '{"lang":"en","text":"x"}', True),
    ("lang=en", '{"lang":"\\u0065n","text":"x"}', True),
    ("lang=en", '{"lang":"de","text":"x"}', False),
    ("lang=en", '{"text":"x"}', False),
    ("lang=en", '{"lang":null,"text":"x"}', False),
    ("lang=null", '{"lang":null,"text":"x"}', True),
    ("n=5", '{"n":5,"text":"x"}', True),
    ("n=5", '{"n":"5","text":"x"}', True),
    ("n=5", '{"n":5.0,"text":"x"}', False),
    ("ok=true", '{"ok":true,"text":"x"}', True),
    ("meta.lang=en", '{"meta":{"lang":"en"},"text":"x"}', True),
    ("meta.lang=en", '{"meta":"en","text":"x"}', False),
    ("q=a=b", '{"q":"a=b","text":"x"}', True),
    ("lang=", '{"lang":"","text":"x"}', True),
    ("text=x", '{"text":"x"}', True),
]


@pytest.mark.parametrize(("condition", "line", "holds"), WHERE)
def test_where_chooses_records(condition: str, line: str, holds: bool) -> None:
    fields = Fields(where=(parse_where(condition),))
    batch = read(line.encode(), fields)
    assert batch.documents == holds
    assert batch.records == 1
    assert batch.blocks[0].data == line.encode()


def test_all_conditions_must_hold() -> None:
    fields = Fields(where=(("a", "1"), ("b", "2")))
    lines = b'{"a":1,"b":2,"text":"x"}\n{"a":1,"b":3,"text":"y"}\n{"b":2,"text":"z"}\n'
    assert texts(lines, fields) == ["x"]


def test_a_record_that_is_not_meant_need_not_have_a_text() -> None:
    assert texts(b'{"lang":"de"}', Fields(where=(("lang", "en"),))) == []


@pytest.mark.parametrize("text", ["", "lang", "=en"])
def test_a_condition_without_field_or_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="FIELD=VALUE"):
        parse_where(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(80)
@given(
    st.dictionaries(st.sampled_from("abc"), values, max_size=3),
    st.lists(st.sampled_from(["a", "b", "a.b", "b.a", "a.b.c", "c.c"]), min_size=1, max_size=3),
    st.booleans(),
)
def test_documents_are_the_strings_that_json_finds_at_the_paths(
    record: dict[str, Any], names: list[str], ascii_only: bool
) -> None:
    def at(name: str) -> Any:
        value: Any = record
        for key in name.split("."):
            value = value.get(key, ...) if isinstance(value, dict) else ...
        return value

    found = [at(name) for name in dict.fromkeys(names)]
    line = json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    wrong = all(value is ... for value in found) or any(
        value is not ... and value is not None and not isinstance(value, str) for value in found
    )
    if wrong:
        with pytest.raises(RecordError):
            texts(line, Fields(tuple(names)))
    else:
        expected = [value for value in found if isinstance(value, str)]
        assert sorted(texts(line, Fields(tuple(names)))) == sorted(expected)
