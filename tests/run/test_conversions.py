"""Conversions between containers: the same swaps, no value lost, or a refusal that says why."""

import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link.lexicon import Lexicon
from link.policy import Policy
from link.shards.fields import Fields
from link.shards.formats import ARROW, COLUMNAR, FORMATS, JSONL, PARQUET, SUFFIX_OF_FORMAT
from link.shards.quarantine import QUARANTINE, SKIP
from link.substituter import Substituter
from tests.helpers import json_lines, some_records
from tests.run.conversions import ALL, NOTHING, TEXTS, convert, plain, read, table_of, write
from tests.run.helpers import manifest_of, run, spec_of

# --- the same swaps -------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.3, 1])
@pytest.mark.parametrize(("of", "portion"), [("words", 1), ("eligible", 0.5)])
@pytest.mark.parametrize(("source", "target"), [*itertools.product(FORMATS, FORMATS)])
def test_texts_get_the_same_swaps_in_another_format(
    source: str,
    target: str,
    of: str,
    portion: float,
    ratio: float,
    tmp_path: Path,
    lexicon: Lexicon,
) -> None:
    policy = Policy(ratio=ratio, of=of, portion=portion, seed=4)
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    write(shard, [{"text": text} for text in TEXTS])
    out = convert(shard, target, tmp_path / "out", lexicon, policy)
    assert out.name == f"a{SUFFIX_OF_FORMAT[target]}"
    expected = Substituter(lexicon, policy).batch(TEXTS)
    assert expected != TEXTS
    assert read(out) == [{"text": text} for text in expected]
    totals = manifest_of(tmp_path / "out")["totals"]
    assert totals["records_read"] == totals["records_written"] == totals["documents"] == len(TEXTS)


@pytest.mark.parametrize(
    "fields",
    [
        Fields(key="id"),
        Fields(key="n", where=(("meta.lang", "en"),)),
        Fields(("text", "meta.body"), where=(("n", "5"),)),
        Fields(("text", "meta.body"), key="meta.body"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("source", "target"), [*itertools.permutations((JSONL, PARQUET, ARROW), 2)], ids=str
)
def test_keys_and_conditions_decide_as_before_the_conversion(
    source: str, target: str, fields: Fields, tmp_path: Path, lexicon: Lexicon
) -> None:
    policy = Policy(ratio=0.5, seed=8)
    records = [
        {
            "id": f"k{n // 3}",
            "n": n // 10,
            "meta": {"lang": "en" if n % 2 else "fr", "body": "the dog and the house " * 4},
            "text": None if n == 7 else record["text"],
        }
        for n, record in enumerate(some_records(60, 5))
    ]
    shard, same = (tmp_path / f"a{SUFFIX_OF_FORMAT[each]}" for each in (source, JSONL))
    for path in (shard, same):
        write(path, records)
    expected = read(convert(same, JSONL, tmp_path / "same", lexicon, policy, fields=fields))
    out = convert(shard, target, tmp_path / "out", lexicon, policy, fields=fields)
    assert read(out) == expected
    assert expected != records


# --- JSON Lines in columns, and back --------------------------------------------------------------

VARIED = b"""\xef\xbb\xbf{"text":"the dog","date":"2026-01-31T12:00:00Z","id":"007"}\r
{"id":12345678901234567890123,"text":"","x":null}

{"text":null,"x":1.0}
{"x":1,"text":"a","y":NaN,"z":-Infinity,"zero":-0.0,"big":1e400,"small":1e-7}
 {"meta":{"text":"the dog","deep":[[{"a":[]},{}],null,"\\ud83d\\ude00"]},"text":"\\u00e9\\n\\u0000"}
{"lone":"\\ud800 x","\\udfff":1,"text":"dog","\xc3\xa9":"\xf0\x9f\x98\x80"}
{"a":1,"a":{"b":2},"text":"first","text":"last","":0,"text.x":5,"a.b":"c"}
{"text":"t","record":{"text":"no text"},"link":true,"int":9223372036854775808}
{"deep":%s,"text":"nested"}
{"text":"no final newline","n":0.1}""" % (b"[" * 100 + b"]" * 100)


UNIFORM = (
    b'{"text":"the dog","n":1,"f":1.0,"b":true,"s":"2026-01-31","l":[1,null],"o":{"a":null}}\n'
    b'{"f":NaN,"text":null,"n":null,"b":null,"s":"007","l":[],"o":{"a":"x"}}\n'
    b'{"text":"","n":-9223372036854775808,"f":-0.0,"b":false,"s":"","l":null,"o":null}\n'
)


CORPORA: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "varied": (VARIED, ("text",)),
    "uniform": (UNIFORM, ("text",)),
    "empty": (b"", ("text",)),
    "blank lines": (b"\n \r\n\n", ("text",)),
    "int and float": (b'{"text":"a","x":1}\n{"text":"b","x":1.0}\n', ("text",)),
    "int beyond 64 bits": (b'{"text":"a","x":9223372036854775808}\n', ("text",)),
    "null and absent": (b'{"text":"a","x":null}\n{"text":"b"}\n', ("text",)),
    "empty object": (b'{"text":"a","x":{}}\n', ("text",)),
    "list of nulls": (b'{"text":"a","x":[null,null]}\n{"text":"a","x":[null]}\n', ("text",)),
    "empty list": (b'{"text":"a","x":[]}\n', ("text",)),
    "nothing but null": (b'{"text":null,"x":null}\n', ("text",)),
    "list of different": (b'{"text":"a","x":[1,"a"]}\n', ("text",)),
    "nested text, uniform": (b'{"m":{"t":"a","n":1}}\n{"m":{"n":2,"t":null}}\n', ("m.t",)),
    "nested text, varied": (
        b'{"m":{"t":"a","n":1}}\n{"m":{"t":"dog"},"z":2}\n{"m":{"t":null},"q":[]}\n',
        ("m.t",),
    ),
    "two texts, one absent": (
        b'{"a":"the dog","b":"a house"}\n{"b":"dog","c":1}\n{"a":"x","m":{}}\n{"a":null,"b":"y"}\n',
        ("a", "b"),
    ),
    "texts in one object": (
        b'{"m":{"a":"the dog","b":null,"c":{"x":1}}}\n{"m":{"b":"y"}}\n{"m":{"a":"x"},"z":[]}\n',
        ("m.a", "m.b"),
    ),
    **{
        f"{value.decode() or 'nothing'} in place of the object around a text": (
            b'{"t":"the dog","m":{"t":"dog"},"z":1}\n{"t":"a"%b}\n' % (value and b',"m":' + value),
            ("t", "m.t"),
        )
        for value in (b"null", b"7", b'"dog"', b"[]", b"{}", b'{"t":null}', b"")
    },
    "dotted name beside": (b'{"m":{"t":"a"},"m.t":"b"}\n{"m":{"t":"a"}}\n', ("m.t",)),
    **{
        f"{levels} {what} in each other": (
            b'{"text":"the dog","x":%b}\n' % (begin * levels + b"1" + end * levels),
            ("text",),
        )
        for levels in (40, 100, 400)
        for what, begin, end in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}"))
    },
    "a field called record": (b'{"text":"a","record":"{\\"b\\":1}"}\n', ("text",)),
    "a varied field called record": (b'{"text":"a","record":1}\n{"text":"b"}\n', ("text",)),
}


@pytest.mark.parametrize("container", COLUMNAR)
@pytest.mark.parametrize("name", CORPORA)
def test_json_lines_come_back_from_columns_as_they_were(
    name: str, container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    data, texts = CORPORA[name]
    (tmp_path / "a.jsonl").write_bytes(data)
    fields = Fields(texts)
    columns = convert(tmp_path / "a.jsonl", container, tmp_path / "there", lexicon, fields=fields)
    back = convert(columns, JSONL, tmp_path / "back", lexicon, fields=fields)
    assert plain(back.read_bytes()) == plain(data)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["\ud83d", "2026-01-31", "007", 10**22, 1.0, 1, -0.0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "text", "é"]), inner, max_size=3)
    ),
    max_leaves=6,
)


RECORDS = st.fixed_dictionaries(
    {"text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)},
    optional={"m": JSON_VALUES, "a": JSON_VALUES, "record": JSON_VALUES, "\ud800": st.just(1)},
)


@settings(max_examples=50, deadline=None)
@given(st.lists(RECORDS, max_size=4), st.booleans(), st.sampled_from(COLUMNAR))
def test_any_json_lines_come_back_from_columns_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, Any]],
    ascii_: bool,
    container: str,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    lone = any("\\ud" in json.dumps(record) for record in records)
    data = json_lines(records, ensure_ascii=ascii_ or lone)
    (folder / "a.jsonl").write_bytes(data)
    lexicon = Lexicon.from_pairs([("dog", "Hund")], language="de")
    columns = convert(folder / "a.jsonl", container, folder / "there", lexicon)
    back = convert(columns, JSONL, folder / "back", lexicon)
    assert plain(back.read_bytes()) == plain(data)


@pytest.mark.parametrize("container", [*COLUMNAR, JSONL])
@pytest.mark.parametrize("levels", [700, 900, 985, 1500])
def test_nesting_of_any_depth_stops_no_run(
    levels: int, container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    deep = b'{"text":"dog","x":%b}\n' % (b'{"a":' * levels + b"1" + b"}" * levels)
    (tmp_path / "in" / "deep.jsonl").write_bytes(deep)
    write(tmp_path / "in" / "good.jsonl", [{"text": "the dog"}])
    out = tmp_path / "out"
    spec = spec_of(tmp_path / "in", out, lexicon, NOTHING, container=container, on_error=SKIP)
    report = run(spec)
    assert report.shards + len(report.failed) == 2
    assert read(out / f"good{SUFFIX_OF_FORMAT[container]}") == [{"text": "the dog"}]
    assert report.totals.conserved


@pytest.mark.parametrize("container", COLUMNAR)
def test_swaps_of_a_varied_corpus_in_columns_are_those_of_its_lines(
    container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "a.jsonl").write_bytes(VARIED)
    kept = convert(tmp_path / "a.jsonl", JSONL, tmp_path / "kept", lexicon, ALL)
    columns = convert(tmp_path / "a.jsonl", container, tmp_path / "there", lexicon, ALL)
    back = convert(columns, JSONL, tmp_path / "back", lexicon)
    assert plain(back.read_bytes()) == plain(kept.read_bytes()) != plain(VARIED)


@pytest.mark.parametrize("container", COLUMNAR)
def test_records_that_a_condition_passes_over_need_no_text_in_columns_either(
    container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    lines = (
        '{"text":"dog","l":"en"}',
        '{"l":"fr"}',
        '{"l":"fr","text":null}',
        '{"text":"dog","l":1}',
    )
    data = "\n".join(lines).encode()
    (tmp_path / "a.jsonl").write_bytes(data)
    fields = Fields(where=(("l", "en"),))
    kept = convert(tmp_path / "a.jsonl", JSONL, tmp_path / "kept", lexicon, ALL, fields=fields)
    out = convert(tmp_path / "a.jsonl", container, tmp_path / "out", lexicon, ALL, fields=fields)
    back = convert(out, JSONL, tmp_path / "back", lexicon)
    assert plain(back.read_bytes()) == plain(kept.read_bytes()) != plain(data)


@pytest.mark.parametrize("container", COLUMNAR)
def test_uniform_fields_become_columns(container: str, tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "a.jsonl").write_bytes(UNIFORM)
    table = table_of(convert(tmp_path / "a.jsonl", container, tmp_path / "out", lexicon))
    columns = {
        "text": pa.string(),
        "n": pa.int64(),
        "f": pa.float64(),
        "b": pa.bool_(),
        "s": pa.string(),
        "l": pa.list_(pa.int64()),
        "o": pa.struct([("a", pa.string())]),
    }
    assert {field.name: field.type for field in table.schema} == columns
    assert table["n"].to_pylist() == [1, None, -(1 << 63)]
    assert table["s"].to_pylist() == ["2026-01-31", "007", ""]


@pytest.mark.parametrize("container", COLUMNAR)
def test_varied_fields_are_folded_into_one_column(
    container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"x":1.0,"text":"the"}\n{"text":"dog","y":NaN}\n')
    table = table_of(convert(tmp_path / "a.jsonl", container, tmp_path / "out", lexicon))
    assert table.schema.names == ["text", "record"]
    assert table["text"].to_pylist() == ["the", "dog"]
    assert [record.replace(" ", "") for record in table["record"].to_pylist()] == [
        '{"x":1.0}',
        '{"y":NaN}',
    ]


@pytest.mark.parametrize("on_error", [SKIP, QUARANTINE])
@pytest.mark.parametrize(
    "bad",
    [b'{"other":[1]}', b"no JSON", b'{"text":5,"n":"x"}', b'{"text":"\\ud800","n":7}'],
    ids=str,
)
def test_bad_records_do_not_decide_the_columns(
    bad: bytes, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    good = b'{"text":"the dog","n":1}\n'
    (tmp_path / "a.jsonl").write_bytes(good + bad + b"\n" + good)
    out = convert(tmp_path / "a.jsonl", PARQUET, tmp_path / "out", lexicon, on_error=on_error)
    assert table_of(out).schema.names == ["text", "n"]
    assert read(out) == [{"text": "the dog", "n": 1}] * 2
