"""Conversions between containers: the same swaps, no value lost, or a refusal that says why."""

import dataclasses
import io
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link.errors import UsageError
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import plan
from link.run.run import RunReport
from link.shards import sink
from link.shards.fields import Fields
from link.shards.formats import ARROW, COLUMNAR, FORMATS, JSONL, PARQUET, SUFFIX_OF_FORMAT, TEXT
from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE, SKIP
from link.substituter import Substituter
from tests.helpers import compress, data_tree, json_lines, partial_files, some_records
from tests.run.helpers import do_shard, manifest_of, run, spec_of

NOTHING = Policy(ratio=0)
ALL = Policy(ratio=1)

# What all four formats can spell.
TEXTS = [
    *("The dog sees the house.", "dog", "a 😀 dog \u2028 house", "הכלב \u200fthe dog", "犬 the"),
    *(
        "cafe\u0301 the do\u0301g",
        'the \\u0041 "dog"',
        "the\0dog",
        " the dog\t",
        "a \r dog",
        "\x85",
    ),
    *(r["text"].replace("\n", " ") or "x" for r in some_records(40, 3)),
]


def write(path: Path, records: list[dict[str, Any]]) -> None:
    """A shard of these records in the container that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_bytes(json_lines(records))
    elif path.suffix == ".txt":
        path.write_bytes("".join(record["text"] + "\n" for record in records).encode())
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path, row_group_size=13)
    else:
        table = pa.Table.from_pylist(records)
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=17)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    if path.suffix == ".txt":
        return [{"text": line} for line in path.read_bytes().decode().split("\n")[:-1]]
    return table_of(path).to_pylist()


def table_of(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    data = path.read_bytes()
    opener = pa.ipc.open_file if data.startswith(b"ARROW1") else pa.ipc.open_stream
    return opener(data).read_all()


def plain(data: bytes) -> list[str]:
    """JSON Lines in the one spelling that the standard library gives the values."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [json.dumps(json.loads(line), sort_keys=True) for line in lines if line.strip()]


def convert(
    source: Path, container: str, out: Path, lexicon: Lexicon, policy: Policy = NOTHING, **more: Any
) -> Path:
    """The output of a conversion that must succeed."""
    report = run(spec_of(source, out, lexicon, policy, container=container, **more))
    assert not report.failed, report.failed
    [name] = data_tree(out)
    return out / name


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


# --- what has no place in the other format --------------------------------------------------------


def refused(
    source: Path, container: str, out: Path, lexicon: Lexicon, **more: Any
) -> tuple[str, RunReport]:
    """The reason of the one shard that fails, of which nothing may be left."""
    report = run(spec_of(source, out, lexicon, ALL, container=container, **more))
    [(path, reason)] = report.failed
    assert path == str(source)
    assert reason.startswith(f"{source}: ")
    assert data_tree(out) == {}
    assert partial_files(out) == []
    assert report.totals.records_read == 0
    return reason, report


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("source", [JSONL, PARQUET, ARROW])
def test_plain_text_has_no_place_for_other_fields(
    source: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    write(shard, [{"text": "the dog", "id": 1, "url": "x"}])
    reason, _ = refused(shard, TEXT, tmp_path / "out", lexicon, on_error=on_error)
    assert "plain text" in reason
    assert "id, url" in reason


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.duration("s"), 5),
        (pa.list_(pa.duration("ms")), [5]),
        (pa.struct([("x", pa.duration("us"))]), {"x": 5}),
    ],
    ids=str,
)
@pytest.mark.parametrize("source", COLUMNAR)
def test_a_duration_has_no_spelling_in_json(
    source: str, kind: pa.DataType, value: object, tmp_path: Path, lexicon: Lexicon
) -> None:
    table = pa.table({"text": ["the dog"], "took": pa.array([value], kind)})
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    if source == PARQUET:
        pq.write_table(table, shard)
    else:
        with pa.ipc.new_file(shard, table.schema) as writer:
            writer.write_table(table)
    reason, _ = refused(shard, JSONL, tmp_path / "out", lexicon)
    assert "'took'" in reason
    assert "duration" in reason


@pytest.mark.parametrize("container", COLUMNAR)
def test_a_text_field_called_record_cannot_stand_beside_the_folded_fields(
    container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / "a.jsonl"
    fields = Fields(("record",))
    shard.write_bytes(b'{"record":"the dog"}\n{"record":"a dog","n":1}\n')
    reason, _ = refused(shard, container, tmp_path / "out", lexicon, fields=fields)
    assert "'record'" in reason
    shard.write_bytes(b'{"record":"the dog","n":0}\n{"record":"a dog","n":1}\n')
    out = convert(shard, container, tmp_path / "columns", lexicon, fields=fields)
    assert table_of(out).schema.names == ["record", "n"]
    back = convert(out, JSONL, tmp_path / "back", lexicon, fields=fields)
    assert plain(back.read_bytes()) == plain(shard.read_bytes())


UNFIT = {  # for a line of plain text
    "line feed": ("the\ndog", "line break"),
    "CRLF": ("the dog\r\n", "line break"),
    "final carriage return": ("the dog\r", "line break"),
    "null": (None, "null"),
    "empty": ("", "empty"),
    "blank": (" \t\v", "blank"),
    "byte order mark": ("\ufeffthe dog", "byte order mark"),
}


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("source", [JSONL, PARQUET, ARROW])
@pytest.mark.parametrize("kind", UNFIT)
def test_a_text_that_is_no_line_is_a_bad_record(
    kind: str, source: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    text, expected = UNFIT[kind]
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    write(shard, [{"text": "the dog"}, {"text": text}, {"text": "a dog"}])
    if on_error == FAIL:
        reason, _ = refused(shard, TEXT, tmp_path / "out", lexicon)
        assert expected in reason
        assert ("line 2" if source == JSONL else "row 2") in reason
        return
    out = convert(shard, TEXT, tmp_path / "out", lexicon, on_error=on_error)
    assert read(out) == [{"text": "the dog"}, {"text": "a dog"}]
    totals = manifest_of(tmp_path / "out")["totals"]
    assert (totals["records_read"], totals["records_written"], totals["documents"]) == (3, 2, 2)
    aside = int(on_error == QUARANTINE)
    assert (totals["records_quarantined"], totals["records_skipped"]) == (aside, 1 - aside)
    quarantine = tmp_path / "out" / "_link" / "quarantine" / shard.name
    assert quarantine.exists() == bool(aside)
    if aside:
        assert read(quarantine) == [{"text": text}]


@pytest.mark.parametrize(
    ("text", "fits"),
    [("the dog\na house", True), *((text, False) for text in ("a\n\nb", "a\n \nb", "a\n", " \n"))],
)
def test_a_paragraph_may_have_line_breaks_but_no_blank_line(
    text: str, fits: bool, tmp_path: Path, lexicon: Lexicon
) -> None:
    write(tmp_path / "a.jsonl", [{"text": "one"}, {"text": text}, {"text": "two"}])
    more: dict[str, Any] = {"document": "paragraph", "on_error": "skip"}
    out = convert(tmp_path / "a.jsonl", TEXT, tmp_path / "out", lexicon, **more)
    written = [{"text": "one"}, *([{"text": text}] if fits else []), {"text": "two"}]
    back = convert(out, JSONL, tmp_path / "back", lexicon, document="paragraph")
    assert read(back) == written


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("container", COLUMNAR)
def test_a_lone_surrogate_in_a_text_is_a_bad_record_for_columns(
    container: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / "a.jsonl"
    bad = b'{"text":"dog \\ud83d"}\n'
    shard.write_bytes(b'{"text":"the dog"}\n' + bad + b'{"text":"\\ud83d\\ude00"}\n')
    if on_error == FAIL:
        reason, _ = refused(shard, container, tmp_path / "out", lexicon)
        assert "line 2" in reason
        assert "surrogate" in reason
        return
    out = convert(shard, container, tmp_path / "out", lexicon, on_error=on_error)
    assert [record["text"] for record in read(out)] == ["the dog", "😀"]
    if on_error == QUARANTINE:
        assert (tmp_path / "out" / "_link" / "quarantine" / "a.jsonl").read_bytes() == bad


# --- the output's bytes ---------------------------------------------------------------------------


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups and record batches of a few records."""
    defaults = sink.RowsSink.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "most_bytes", 20_000)
    monkeypatch.setattr(sink, "ARROW_BATCH_BYTES", 20_000)
    monkeypatch.setattr(sink, "ARROW_BATCH_ROWS", 70)


def group_sizes(path: Path) -> list[int]:
    if path.suffix == ".parquet":
        metadata = pq.ParquetFile(path).metadata
        return [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    return [batch.num_rows for batch in pa.ipc.open_file(path.read_bytes()).read_all().to_batches()]


def _lines(records: list[dict[str, Any]]) -> bytes:
    return json_lines(records)


def _varied_lines(records: list[dict[str, Any]]) -> bytes:
    return json_lines([{**r, f"x{n % 3}": n} for n, r in enumerate(records)], ensure_ascii=False)


def _plain_lines(records: list[dict[str, Any]]) -> bytes:
    return "\n".join(record["text"].replace("\n", " ") for record in records).encode()


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("container", FORMATS)
@pytest.mark.parametrize(
    ("name", "spell"),
    [("a.jsonl", _lines), ("b.jsonl.zst", _varied_lines), ("c.txt.gz", _plain_lines)],
)
def test_the_block_size_does_not_change_the_bytes_nor_the_row_groups(
    name: str,
    spell: Callable[[list[dict[str, Any]]], bytes],
    container: str,
    tmp_path: Path,
    lexicon: Lexicon,
) -> None:
    records = some_records(400, 9)
    if container == TEXT:
        records = [{"text": r["text"].replace("\n", " ") or "x"} for r in records]
        spell = _lines if spell is _varied_lines else spell
    codec = {"zst": "zst", "gz": "gz"}.get(name.rpartition(".")[2], "none")
    (tmp_path / name).write_bytes(compress(spell(records), codec))
    policy = Policy(seed=2)
    [task] = plan(spec_of(tmp_path / name, tmp_path / "out", lexicon, container=container)).tasks
    stored = []
    for block_bytes in (1 << 20, 30_000, 999):
        out = tmp_path / f"{block_bytes}" / task.name
        sized = dataclasses.replace(
            task,
            input=dataclasses.replace(task.input, block_bytes=block_bytes),
            output=dataclasses.replace(task.output, path=out),
        )
        report = do_shard(sized, lexicon, policy)
        assert report.totals.swapped > 0
        assert report.totals.records_written == report.totals.records_read > 390
        stored.append(out.read_bytes())
    assert len(set(stored)) == 1
    if container in COLUMNAR:
        groups = group_sizes(out)
        assert len(groups) > 2
        assert sum(groups) == report.totals.records_written
        assert container == PARQUET or max(groups) <= 70


@pytest.mark.parametrize(("container", "jobs"), [(PARQUET, 2), (ARROW, 2)])
def test_the_number_of_processes_does_not_change_the_bytes_nor_the_row_groups(
    container: str, jobs: int, small_groups: None, tmp_path: Path, lexicon: Lexicon
) -> None:
    records = some_records(700, 1, words=90) * 12
    write(tmp_path / "a.jsonl", [{**record, "n": n} for n, record in enumerate(records)])
    assert (tmp_path / "a.jsonl").stat().st_size > 3_000_000
    one, more = (
        convert(tmp_path / "a.jsonl", container, tmp_path / f"{n}", lexicon, ALL, jobs=n)
        for n in (1, jobs)
    )
    assert len(group_sizes(one)) > 100
    assert one.read_bytes() == more.read_bytes()


@pytest.mark.parametrize("container", COLUMNAR)
@pytest.mark.parametrize(
    ("data", "names"),
    [(b"", ["text"]), (b"\n\n", ["text"]), (b"no\n", ["text"]), (b'{"text":null}\n', ["text"])],
)
def test_a_shard_without_documents_still_has_a_text_column(
    data: bytes, names: list[str], container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    out = convert(tmp_path / "a.jsonl", container, tmp_path / "out", lexicon, on_error="skip")
    assert table_of(out).schema.equals(pa.schema([(name, pa.string()) for name in names]))


# --- names and streams ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "container", "compression", "expected"),
    [
        ("a.jsonl", PARQUET, None, "a.parquet"),
        ("a.b.ndjson.gz", PARQUET, None, "a.b.parquet"),
        ("a.jsonl.zst", ARROW, None, "a.arrow"),
        ("a.jsonl.zst", TEXT, None, "a.txt.zst"),
        ("a.json.gz", TEXT, ("zst", None), "a.txt.zst"),
        ("a.parquet", JSONL, None, "a.jsonl"),
        ("a.feather", JSONL, ("gz", None), "a.jsonl.gz"),
        ("a.arrow", PARQUET, ("zst", 5), "a.parquet"),
        ("a.txt.gz", JSONL, ("none", None), "a.jsonl"),
        ("a.ndjson", JSONL, None, "a.ndjson"),
        ("a.feather", ARROW, None, "a.feather"),
    ],
)
def test_the_name_says_the_new_container_and_compression(
    name: str,
    container: str,
    compression: tuple[str, int | None] | None,
    expected: str,
    tmp_path: Path,
    lexicon: Lexicon,
) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / name).touch()
    more = {"container": container, "compression": compression}
    planned = plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon, **more))
    assert planned.names == [f"sub/{expected}"]


@pytest.mark.parametrize(
    ("names", "container"),
    [
        (("a.jsonl", "a.parquet"), PARQUET),
        (("a.jsonl", "a.jsonl.gz"), PARQUET),
        (("a.arrow", "a.txt"), JSONL),
        (("a.json", "a.ndjson"), TEXT),
    ],
)
def test_two_shards_of_one_new_name_are_refused(
    names: tuple[str, str], container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).touch()
    assert len(plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon)).names) == 2
    with pytest.raises(UsageError, match="would both be written to") as raised:
        plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon, container=container))
    assert all(name in str(raised.value) for name in names)


@pytest.mark.parametrize("container", COLUMNAR)
def test_standard_output_takes_one_columnar_shard(
    container: str, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in" / "a.jsonl", some_records(20))
    out = convert(tmp_path / "in" / "a.jsonl", container, tmp_path / "out", lexicon, ALL)
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, ALL, container=container)
    assert not run(dataclasses.replace(spec, output=None)).failed
    stdout.flush()
    data = stdout.buffer.getvalue()  # type: ignore[attr-defined]
    assert data == out.read_bytes()


@pytest.mark.parametrize(
    ("names", "container"),
    [
        (("a.jsonl", "b.jsonl"), PARQUET),
        (("a.arrow", "b.jsonl"), ARROW),
        (("a.parquet", "b.parquet"), None),
        (("a.jsonl", "b.txt"), None),
        (("a.jsonl", "b.parquet"), None),
    ],
)
def test_standard_output_takes_no_mixture_and_no_two_columnar_shards(
    names: tuple[str, str], container: str | None, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).touch()
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, container=container)
    with pytest.raises(UsageError, match="standard output"):
        plan(dataclasses.replace(spec, output=None))


def test_standard_output_takes_several_shards_as_lines(
    tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"text": text} for text in TEXTS[:6]]
    for n, suffix in enumerate((".jsonl", ".parquet", ".arrow", ".txt")):
        write(tmp_path / "in" / f"{n}{suffix}", records)
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, ALL, container=JSONL)
    report = run(dataclasses.replace(spec, output=None))
    assert report.totals.records_written == 24
    stdout.flush()
    lines = stdout.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    texts = [json.loads(line)["text"] for line in lines]
    assert texts == Substituter(lexicon, ALL).batch(TEXTS[:6]) * 4
