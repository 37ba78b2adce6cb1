"""Rows as JSON Lines: every value is spelled so that it is kept, or its type is refused."""

import base64
import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import ShardError
from link.shards.spell import RECORD_FIELD, RECORD_MARK, check_spellable, json_lines
from tests.strategies import examples

BERLIN, KOLKATA = "Europe/Berlin", "+05:30"


def spelled(column: pa.Array) -> list[str]:
    """A column's values as the JSON text that they become."""
    rows = pa.record_batch([column], ["x"])
    check_spellable(rows.schema)
    lines = json_lines(rows).decode().split("\n")
    assert lines.pop() == ""
    assert all(line.startswith('{"x": ') and line.endswith("}") for line in lines)
    return [line[len('{"x": ') : -1] for line in lines]


def ticks(kind: pa.DataType, *values: int) -> pa.Array:
    """Values of a type by the whole numbers that stand for them."""
    raw = pa.int32() if kind.bit_width == 32 else pa.int64()
    return pa.array(values, raw).view(kind)


# --- type by type ---------------------------------------------------------------------------------

_DAY = datetime.date(2020, 2, 29)
_LAST = (1 << 53) + 1  # no float holds it
TYPES: dict[str, tuple[pa.Array, list[str]]] = {
    "null": (pa.nulls(2), ["null", "null"]),
    "float64": (
        pa.array([1.5, 0.1, -0.0, 1e300, 5e-324, float("nan"), float("inf"), -float("inf"), 3.0]),
        ["1.5", "0.1", "-0.0", "1e+300", "5e-324", "NaN", "Infinity", "-Infinity", "3.0"],
    ),
    "float32": (
        pa.array([1.5, 0.1, float("nan"), None], pa.float32()),
        ["1.5", "0.10000000149011612", "NaN", "null"],
    ),
    "string": (
        pa.array(['a "b"', "é犬😀", "\\", "\n\u2028\x00\x7f", "", None]),
        [r'"a \"b\""', '"é犬😀"', r'"\\"', '"\\n\u2028\\u0000\x7f"', '""', "null"],
    ),
    "string view": (pa.array(["é" * 9, None], pa.string_view()), [f'"{"é" * 9}"', "null"]),
    "binary": (pa.array([b"\xff\x00", b"", None]), ['"/wA="', '""', "null"]),
    "fixed-size binary": (pa.array([b"dog"], pa.binary(3)), ['"ZG9n"']),
    "decimal128 of 38 digits": (
        pa.array([Decimal("9" * 38)], pa.decimal128(38, 0)),
        [f'"{"9" * 38}"'],
    ),
    "decimal256": (
        pa.array([Decimal("9" * 66 + "." + "1" * 10)], pa.decimal256(76, 10)),
        [f'"{"9" * 66}.{"1" * 10}"'],
    ),
    "date32": (
        pa.array([_DAY, datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
        ['"2020-02-29"', '"0001-01-01"', '"9999-12-31"', "null"],
    ),
    "time32[s]": (ticks(pa.time32("s"), 0, 86_399), ['"00:00:00"', '"23:59:59"']),
    "time32[ms]": (ticks(pa.time32("ms"), 1), ['"00:00:00.001"']),
    "time64[ns]": (ticks(pa.time64("ns"), 86_399_999_999_999), ['"23:59:59.999999999"']),
    "timestamp[s]": (
        ticks(pa.timestamp("s"), 0, -1, 253_402_300_800),
        ['"1970-01-01 00:00:00"', '"1969-12-31 23:59:59"', '"10000-01-01 00:00:00"'],
    ),
    "timestamp[ns]": (ticks(pa.timestamp("ns"), -1), ['"1969-12-31 23:59:59.999999999"']),
    "timestamp[us] at an offset": (
        ticks(pa.timestamp("us", KOLKATA), 1),
        ['"1970-01-01 00:00:00.000001Z"'],
    ),
    "timestamp[ns] in no known zone": (
        ticks(pa.timestamp("ns", "Mars/Olympus_Mons"), 1),
        ['"1970-01-01 00:00:00.000000001Z"'],
    ),
    "list of zoned timestamps": (
        pa.array([[0]], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("s", BERLIN))),
        ['["1970-01-01 00:00:00Z"]'],
    ),
    "map": (
        pa.array([[("a", 1), ("a", None)], [], None], pa.map_(pa.string(), pa.int8())),
        ['[["a", 1], ["a", null]]', "[]", "null"],
    ),
    "map of dates": (
        pa.array([[(_LAST, _DAY)]], pa.map_(pa.int64(), pa.date32())),
        [f'[[{_LAST}, "2020-02-29"]]'],
    ),
    "dictionary of dates": (pa.array([_DAY]).dictionary_encode(), ['"2020-02-29"']),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_value_is_spelled_as_its_type_says(name: str) -> None:
    column, expected = TYPES[name]
    assert spelled(column) == expected
    assert spelled(pa.concat_arrays([column, column]).slice(1)) == [*expected[1:], *expected]
    assert spelled(column.slice(0, 0)) == []


# --- any type, any value --------------------------------------------------------------------------

Spelling = Callable[[Any], Any]
"""What `json.loads` gives for a value, by Python's own means."""

_UNITS = {"s": 0, "ms": 3, "us": 6}
_MOMENTS = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31))


def _same(value: Any) -> Any:
    return value


def _moment(digits: int, suffix: str) -> Spelling:
    def spell(value: datetime.datetime) -> str:
        fraction = f".{value.microsecond:06}"[: digits + 1] if digits else ""
        whole = value.replace(microsecond=0, tzinfo=None).isoformat(" ")
        return f"{whole}{fraction}{suffix}"

    return spell


def _cut_to(digits: int) -> Callable[[datetime.datetime], datetime.datetime]:
    size = 10 ** (6 - digits)
    return lambda moment: moment.replace(microsecond=moment.microsecond // size * size)


def _leaves() -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any], Spelling]]:
    cents = st.decimals(-999, 999, allow_nan=False, allow_infinity=False, places=4)
    leaves: list[tuple[pa.DataType, st.SearchStrategy[Any], Spelling]] = [
        (pa.bool_(), st.booleans(), _same),
        (pa.int64(), st.integers(-(1 << 63), (1 << 63) - 1), _same),
        (pa.uint64(), st.integers(0, (1 << 64) - 1), _same),
        (pa.float64(), st.floats(), _same),
        (pa.float32(), st.floats(width=32), _same),
        (pa.string(), st.text(), _same),
        (pa.dictionary(pa.int32(), pa.string()), st.text(max_size=3), _same),
        (pa.binary(), st.binary(), lambda value: base64.b64encode(value).decode()),
        (pa.decimal128(10, 4), cents, str),
        (pa.decimal256(50, 4), cents, str),
        (pa.date32(), st.dates(), lambda value: value.isoformat()),
        (pa.date64(), st.dates(), lambda value: value.isoformat()),
        (pa.time64("us"), st.times(), lambda value: value.isoformat("microseconds")),
    ]
    for unit, digits in _UNITS.items():
        moments = _MOMENTS.map(_cut_to(digits))
        leaves.append((pa.timestamp(unit), moments, _moment(digits, "")))
        utc = moments.map(lambda moment: moment.replace(tzinfo=datetime.timezone.utc))
        leaves.append((pa.timestamp(unit, "UTC"), utc, _moment(digits, "Z")))
        leaves.append((pa.timestamp(unit, BERLIN), utc, _moment(digits, "Z")))
    return st.sampled_from(leaves)


Typed = tuple[pa.DataType, st.SearchStrategy[Any], Spelling]


def _or_null(typed: Typed) -> Typed:
    kind, values, spell = typed
    return kind, st.none() | values, lambda value: None if value is None else spell(value)


def _list_of(typed: Typed, make: Callable[[pa.DataType], pa.DataType], size: int | None) -> Typed:
    kind, values, spell = _or_null(typed)
    least, most = (0, 3) if size is None else (size, size)
    lists = st.lists(values, min_size=least, max_size=most)
    return make(kind), lists, lambda value: [spell(each) for each in value]


def _struct_of(members: list[Typed]) -> Typed:
    fields = {f"f{n}": _or_null(member) for n, member in enumerate(members)}
    kind = pa.struct([(name, kind) for name, (kind, _, _) in fields.items()])
    values = st.fixed_dictionaries({name: values for name, (_, values, _) in fields.items()})
    return kind, values, lambda value: {name: fields[name][2](value[name]) for name in fields}


def _map_to(typed: Typed) -> Typed:
    kind, values, spell = _or_null(typed)
    pairs = st.lists(st.tuples(st.text(max_size=3), values), max_size=3)
    return pa.map_(pa.string(), kind), pairs, lambda value: [[k, spell(v)] for k, v in value]


_TYPED: st.SearchStrategy[Typed] = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        inner.map(lambda typed: _list_of(typed, pa.list_, None)),
        inner.map(lambda typed: _list_of(typed, pa.large_list, None)),
        inner.map(lambda typed: _list_of(typed, lambda kind: pa.list_(kind, 2), 2)),
        st.lists(inner, min_size=1, max_size=3).map(_struct_of),
        inner.map(_map_to),
    ),
    max_leaves=4,
)


@examples(80)
@given(typed=_TYPED, data=st.data())
def test_values_of_any_type_are_spelled_as_python_would(typed: Typed, data: st.DataObject) -> None:
    kind, values, spell = _or_null(typed)
    column = data.draw(st.lists(values, max_size=4))
    try:
        array = pa.array(column, kind)
        array.validate(full=True)
    except pa.ArrowException:
        return  # pyarrow makes no dictionaries in lists of lists, and broken ones in null structs
    expected = "".join(
        json.dumps({"x": spell(value)}, ensure_ascii=False) + "\n" for value in column
    )
    rows = pa.record_batch([array], ["x"])
    check_spellable(rows.schema)
    assert json_lines(rows).decode() == expected


# --- what has no spelling -------------------------------------------------------------------------

_STRANGE = {
    "duration": pa.duration("us"),
    "interval": pa.month_day_nano_interval(),
    "dense union": pa.dense_union([pa.field("a", pa.int8()), pa.field("b", pa.string())]),
    "sparse union": pa.sparse_union([pa.field("a", pa.int8())]),
    "struct with a name that occurs twice": pa.struct([("a", pa.int8()), ("a", pa.int8())]),
}


@pytest.mark.parametrize("name", _STRANGE)
def test_a_type_without_a_spelling_is_refused_by_its_columns_name(name: str) -> None:
    kind = _STRANGE[name]
    around = [
        kind,
        pa.list_(kind),
        pa.large_list(kind),
        pa.list_(kind, 2),
        pa.struct([("in", kind)]),
        pa.map_(pa.string(), kind),
    ]
    for each in around:
        with pytest.raises(ShardError, match="column 'odd' holds") as raised:
            check_spellable(pa.schema([("text", pa.string()), ("odd", each)]))
        assert "leave the column out" in str(raised.value)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ShardError, match="two columns have one name"):
        check_spellable(pa.schema([("a", pa.int8()), ("b", pa.int8()), ("a", pa.string())]))


_BEYOND = {
    "timestamp": ticks(pa.timestamp("s"), (1 << 63) - 1),
    "zoned timestamp": ticks(pa.timestamp("s", "UTC"), -(1 << 63)),
    "date32": ticks(pa.date32(), (1 << 31) - 1),
    "date64": ticks(pa.date64(), (1 << 63) - 1),
    "time": ticks(pa.time32("s"), 86_400),
}


@pytest.mark.parametrize("name", _BEYOND)
def test_a_moment_beyond_the_calendar_is_refused_or_kept_but_not_replaced_by_words(
    name: str,
) -> None:
    try:
        [text] = spelled(_BEYOND[name])
    except pa.ArrowInvalid:
        return
    assert "out of range" not in text


# --- fields in the columns' order, and folded ones ------------------------------------------------


def test_a_record_has_its_fields_in_the_columns_order() -> None:
    rows = pa.record_batch({"z": [1, 2], "é": ["a", None], "": [None, [1]], "a b": [0.5, 1.0]})
    assert json_lines(rows).decode() == (
        '{"z": 1, "é": "a", "": null, "a b": 0.5}\n{"z": 2, "é": null, "": [1], "a b": 1.0}\n'
    )


def folded(record: list[str | None], **texts: Any) -> pa.RecordBatch:
    mark = pa.field(RECORD_FIELD, pa.string(), metadata=RECORD_MARK)
    columns = {name: pa.array(values) for name, values in texts.items()}
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    return pa.record_batch(
        [*columns.values(), pa.array(record, pa.string())], schema=schema.append(mark)
    )


def unfolded(rows: pa.RecordBatch) -> list[Any]:
    check_spellable(rows.schema)
    return [json.loads(line) for line in json_lines(rows).decode().split("\n")[:-1]]


def test_the_members_of_a_folded_column_become_fields_again() -> None:
    rows = folded(
        ['{"id": 1, "n": 12345678901234567890123}', '{"id": NaN, "text": null}', "{}", "{}"],
        text=["a", None, "c", None],
    )
    records = unfolded(rows)
    assert records[0] == {"id": 1, "n": 12345678901234567890123, "text": "a"}
    assert records[1].keys() == {"id", "text"}
    assert records[1]["text"] is None
    assert records[2:] == [{"text": "c"}, {}]


def test_a_column_that_is_only_called_record_is_left_as_it_is() -> None:
    rows = pa.record_batch({"text": ["a"], "record": ['{"id": 1}']})
    assert unfolded(rows) == [{"text": "a", "record": '{"id": 1}'}]


@pytest.mark.parametrize("record", [None, "", "x", "[]", '"a"', "null"])
def test_a_folded_column_that_holds_no_object_is_refused(record: str | None) -> None:
    with pytest.raises(pa.ArrowInvalid):
        json_lines(folded([record], text=["a"]))
