"""The swaps sidecar: with it the output gives back the input; it is there, and always the same."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.job import Job
from link.run.plan import RunSpec, plan
from link.shards import sidecar as sidecars
from link.shards.columns import infer_columns
from link.shards.fields import Fields
from link.shards.formats import ARROW, JSONL, PARQUET, TEXT
from tests.helpers import (
    compress,
    data_tree,
    json_lines,
    partial_files,
    shard_records,
    some_records,
    stored_lines,
    tree,
)
from tests.run.helpers import manifest_of, run
from tests.run.swaps import BOM, inside_json, of_text, rows_of, sidecar, undone, undone_lines
from tests.strategies import examples

GERMAN = Lexicon.from_pairs(
    [
        *(("the", "der"), ("dog", "Hund"), ("house", "Haus"), ("river", "Fluß"), ("green", "grün")),
        *(("ice cream", "Eis"), ("café", 'Ca"fé'), ("don't", "nicht"), ("x", "\\")),
        *(("naïve", "naiv"), ("I", "ich"), ("walks", "läuft"), ("𝐱𝐲", "𝐳")),
    ],
    language="de",
)
SPANISH = Lexicon.from_pairs(
    [("the", "el"), ("dog", "perro"), ("house", "casa"), ("ice cream", "helado"), ("x", "é\u0301")],
    language="es",
)
ONE, TWO = Lexicons.of([GERMAN]), Lexicons.of([GERMAN, SPANISH])

ALL = Policy(ratio=1, names="swap", protect=())
POLICIES = {
    "replace": (ONE, ALL),
    "annotate": (ONE, replace(ALL, mode="annotate")),
    "both": (TWO, replace(ALL, mode="replace=1,annotate=1", mix="word")),
    "some": (TWO, Policy(ratio=0.3, portion=0.7, seed=3)),
    "eligible": (TWO, Policy(ratio=0.4, of="eligible", translation="first", seed=4)),
}

ODD = (
    *("", " ", "dog", "The dog's house, the DOG’S ice cream.", 'say "dog" \\ "the\\nhouse"'),
    *(
        "犬 the 犬 𝐱𝐲 dog 😀 café cafe\u0301 naïve",
        "the\0dog\x1f the\x7fdog \u2028 dog",
        "don’t\tdon't",
    ),
    *("ice cream ICE-CREAM Ice\u00a0cream", "\ufeffthe dog", "x X \\u0041 \\\\ dog / x", "I walks"),
)
BREAKS = ("ice\ncream and ice \n cream", "the\r\ndog\r\n", "ice\r\ncream", "\n", "dog\n\nhouse")
TEXTS = [*ODD, *BREAKS, *(record["text"] for record in some_records(60, 5))]
RECORDS = [
    {
        "id": n,
        "lang": "en" if n % 3 else "fr",
        "title": None if n % 4 == 3 else TEXTS[-1 - n],
        "text": None if n % 7 == 6 else text,
    }
    for n, text in enumerate(TEXTS)
]


def spec_of(corpus: Path, out: Path | None, policy: str = "replace", **more: Any) -> RunSpec:
    lexicons, chosen = POLICIES[policy]
    more = {"swaps": True, **more}
    return RunSpec(inputs=[str(corpus)], output=out, lexicons=lexicons, policy=chosen, **more)


def _written(folder: Path, data: bytes, name: str = "a.jsonl") -> Path:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / name).write_bytes(data)
    return folder / "in"


# --- JSON Lines -----------------------------------------------------------------------------------

TWISTED = (
    BOM
    + b'{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
    + b'  \t\r\n{"text":null}\r\n'
    + b'{"x":"dog","text":"the","text":"th\\u0065 d\\u006fg\\/ \\ud83d \\u2019"}\n'
    + b"\n"
    + b'{ "title" : "ic\\u0065\\ncream" , "text" : '
    + b'"don\\u2019t \\"dog\\" \\\\dog \\ud835\\udc31\\ud835\\udc32 x" } \r\n'
    + b'{"title":"the dog"}\n{"text":"ice cream, the dog"}'
)


@pytest.mark.parametrize("codec", ["none", "gz", "zst"])
@pytest.mark.parametrize("policy", POLICIES)
def test_json_lines_are_undone_byte_for_byte(policy: str, codec: str, tmp_path: Path) -> None:
    name = f"a.jsonl{'' if codec == 'none' else '.' + codec}"
    names = ("text", "title")
    for number, data in enumerate(
        (TWISTED, json_lines(RECORDS), json_lines(RECORDS, ensure_ascii=False), b"", b"\n")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        corpus, out = _written(folder, compress(data, codec), name), folder / "out"
        report = run(spec_of(corpus, out, policy, fields=Fields(names)))
        assert not report.failed
        rows = rows_of(out, name)
        new = stored_lines(out / name)
        assert undone_lines(new, rows, names) == data
        assert bool(rows) == (new != data)


def test_the_columns_say_what_was_swapped(tmp_path: Path) -> None:
    data = (
        b'\n{"id":"k","text":"a caf\\u00e9. Dog\\u2019s ICE\\n cream"}\nno\n{"text":"dog","id":7}\n'
    )
    corpus, out = _written(tmp_path, data, "deep.json.l.jsonl"), tmp_path / "out"
    fields = Fields(key="id")
    run(spec_of(corpus, out, fields=fields, on_error="skip"))
    rows = rows_of(out, "deep.json.l.jsonl")
    key = xxhash.xxh3_64_intdigest(b"k")
    common = {"record": 0, "record_in": 1, "field": "text", "key": key}
    german = {"language": "de", "mode": "replace"}
    assert rows == [
        {
            **common,
            "start": 2,
            "length": 9,
            "new_start": 2,
            "new_length": 7,
            "original": b"caf\\u00e9",
            "source": "café",
            "translation": 'Ca"fé',
            **german,
        }
        | {"new_length": len('Ca\\"fé'.encode()), "translation": 'Ca"fé'},
        {
            **common,
            "start": 13,
            "length": 3,
            "new_start": 11,
            "new_length": 4,
            "original": b"Dog",
            "source": "Dog",
            "translation": "Hund",
            **german,
        },
        {
            **common,
            "start": 24,
            "length": 11,
            "new_start": 23,
            "new_length": 3,
            "original": b"ICE\\n cream",
            "source": "ICE\n cream",
            "translation": "Eis",
            **german,
        },
        {
            **common,
            "record": 1,
            "record_in": 3,
            "key": xxhash.xxh3_64_intdigest(b"7"),
            "start": 0,
            "length": 3,
            "new_start": 0,
            "new_length": 4,
            "original": b"dog",
            "source": "dog",
            "translation": "Hund",
            **german,
        },
    ]
    kinds = {
        field.name: str(field.type) for field in pq.read_schema(sidecar(out, "deep.json.l.jsonl"))
    }
    name = "dictionary<values=string, indices=int32, ordered=0>"
    assert kinds == {
        **dict.fromkeys(("record", "record_in", "start", "length"), "int64"),
        **dict.fromkeys(("new_start", "new_length"), "int64"),
        **dict.fromkeys(("field", "language", "mode"), name),
        "key": "uint64",
        "original": "binary",
        "source": "string",
        "translation": "string",
    }


def test_an_annotation_is_what_was_put_behind_the_word(tmp_path: Path) -> None:
    corpus, out = _written(tmp_path, b'{"text":"a dog\'s x"}\n'), tmp_path / "out"
    run(spec_of(corpus, out, "annotate"))
    assert (out / "a.jsonl").read_bytes() == b'{"text":"a dog\'s (Hund) x (\\\\)"}\n'
    dog, x = rows_of(out, "a.jsonl")
    assert (dog["start"], dog["length"], dog["new_start"], dog["new_length"]) == (2, 3, 7, 7)
    assert (dog["original"], dog["translation"], dog["mode"]) == (b"dog", "Hund", "annotate")
    assert (x["new_start"], x["new_length"], x["translation"]) == (16, 5, "\\")


def test_where_leaves_other_records_out(tmp_path: Path) -> None:
    corpus, out = _written(tmp_path, json_lines(RECORDS)), tmp_path / "out"
    run(spec_of(corpus, out, fields=Fields(where=(("lang", "fr"),))))
    rows = rows_of(out, "a.jsonl")
    assert {RECORDS[row["record"]]["lang"] for row in rows} == {"fr"}
    assert undone_lines((out / "a.jsonl").read_bytes(), rows) == json_lines(RECORDS)


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
def test_records_are_numbered_as_they_are_written_and_as_they_were_read(
    on_error: str, tmp_path: Path
) -> None:
    lines = [
        line
        for n, record in enumerate(RECORDS)
        for line in (json.dumps(record).encode(), *([b"\xff"] * (n % 3)), *([b" "] * (n % 2)))
    ]
    corpus, out = _written(tmp_path, b"\n".join(lines) + b"\n"), tmp_path / "out"
    report = run(spec_of(corpus, out, on_error=on_error, fields=Fields(("title", "text"))))
    assert report.totals.records_read > report.totals.records_written > 0
    rows = rows_of(out, "a.jsonl")
    kept = b"".join(line + b"\n" for line in lines if line != b"\xff")
    written = [line for line in lines if line not in (b"\xff", b" ")]
    assert undone_lines((out / "a.jsonl").read_bytes(), rows, ("title", "text")) == kept
    assert all(lines[row["record_in"]] == written[row["record"]] for row in rows)


# --- columns and plain text -----------------------------------------------------------------------

SCHEMA = pa.schema(
    [("id", pa.int64()), ("lang", pa.string()), ("title", pa.large_string()), ("text", pa.string())]
)


def _table(*, damaged: bool = False) -> pa.Table:
    """The records as columns; some texts are not UTF-8 if it is damaged."""
    table = pa.Table.from_pylist(RECORDS, SCHEMA)
    if not damaged:
        return table
    texts = [
        None if record["text"] is None else record["text"].encode() + b"\xff" * (n % 5 == 1)
        for n, record in enumerate(RECORDS)
    ]
    return table.set_column(3, "text", pa.array(texts, pa.binary()))


def _columns(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open("rb") as file:
        return pa.ipc.open_file(file).read_all().to_pylist()


def _write_columns(folder: Path, name: str, table: pa.Table) -> Path:
    (folder / "in").mkdir()
    if name.endswith(".parquet"):
        pq.write_table(table, folder / "in" / name, row_group_size=13)
    else:
        pyarrow.feather.write_feather(table, folder / "in" / name, chunksize=13)
    return folder / "in"


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("policy", POLICIES)
def test_columns_are_undone(policy: str, name: str, tmp_path: Path) -> None:
    corpus, out = _write_columns(tmp_path, name, _table()), tmp_path / "out"
    run(spec_of(corpus, out, policy, fields=Fields(("text", "title"))))
    rows = rows_of(out, name)
    assert rows
    for number, (record, new) in enumerate(zip(RECORDS, _columns(out / name), strict=True)):
        for field in ("text", "title"):
            own = of_text(rows, number, field)
            if record[field] is None:
                assert (new[field], own) == (None, [])
            else:
                assert undone(new[field].encode(), own) == record[field].encode()
    assert rows == sorted(rows, key=lambda row: row["record"])
    assert all(row["record"] == row["record_in"] for row in rows)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_rows_that_are_set_aside_are_no_records(name: str, tmp_path: Path) -> None:
    table = _table(damaged=True)
    corpus, out = _write_columns(tmp_path, name, table), tmp_path / "out"
    report = run(spec_of(corpus, out, on_error="quarantine"))
    assert report.totals.records_quarantined > 5
    before, after = table.to_pylist(), _columns(out / name)
    for row in rows_of(out, name):
        assert before[row["record_in"]]["id"] == after[row["record"]]["id"]
    for number, new in enumerate(after):
        if new["text"] is not None:
            own = of_text(rows_of(out, name), number)
            assert undone(new["text"], own) == before[new["id"]]["text"]


PARAGRAPHS = b"\n \nthe dog\nice\ncream\n\n\n house \nx\r\n\t\r\nthe river ice \r\n cream"
DOCUMENTS = {  # each, and the line it begins in
    "line": [
        *((b"the dog", 2), (b"ice", 3), (b"cream", 4), (b" house ", 7), (b"x", 8)),
        *((b"the river ice ", 10), (b" cream", 11)),
    ],
    "paragraph": [
        *((b"the dog\nice\ncream", 2), (b" house \nx", 7), (b"the river ice \r\n cream", 10)),
    ],
    "file": [(PARAGRAPHS, 0)],
}


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("policy", ["replace", "annotate"])
def test_plain_text_is_undone(document: str, policy: str, tmp_path: Path) -> None:
    corpus, out = _written(tmp_path, PARAGRAPHS, "a.txt"), tmp_path / "out"
    report = run(spec_of(corpus, out, policy, document=document))
    assert not report.failed
    rows = rows_of(out, "a.txt")
    phrases = sum("cream" in row["source"] for row in rows)
    assert phrases == (0 if document == "line" else 2)
    new, rebuilt = (out / "a.txt").read_bytes(), PARAGRAPHS
    at = 0
    for number, (text, line) in enumerate(DOCUMENTS[document]):
        own = of_text(rows, number)
        assert {row["record_in"] for row in own} <= {line}
        size = len(text) + sum(row["new_length"] for row in own)
        size -= sum(row["length"] for row in own if row["mode"] == "replace")
        before, text_before, rebuilt = rebuilt.partition(text)
        assert new[at : at + len(before)] == before
        at += len(before) + size
        assert undone(new[at - size : at], own) == text_before == text
    assert new[at:] == rebuilt


# --- conversions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("name", "container"),
    [
        *(("a.jsonl", PARQUET), ("b.jsonl", PARQUET), ("varied.jsonl", ARROW)),
        *(("a.parquet", JSONL), ("a.parquet", ARROW), ("a.arrow", JSONL), ("a.arrow", PARQUET)),
    ],
)
def test_a_conversion_places_swaps_in_the_output(
    name: str, container: str, policy: str, tmp_path: Path
) -> None:
    if name.endswith(".jsonl"):
        more = [{"odd": 1, "text": "dog"}] if name == "varied.jsonl" else []
        data = json_lines([*RECORDS, *more], ensure_ascii=name != "b.jsonl")
        corpus = _written(tmp_path, data, name)
    else:
        corpus = _write_columns(tmp_path, name, _table())
    out = tmp_path / "out"
    report = run(
        spec_of(corpus, out, policy, fields=Fields(("text", "title")), container=container)
    )
    assert not report.failed
    written = f"{name.split('.')[0]}.{container}"
    rows = rows_of(out, written)
    assert rows
    if container == JSONL:
        new_data = (out / written).read_bytes()
        assert undone_lines(new_data, rows, ("text", "title"), inside_json) == json_lines(
            RECORDS, ensure_ascii=False
        )
        return
    for number, (record, new) in enumerate(zip(RECORDS, _columns(out / written), strict=False)):
        for field in ("text", "title"):
            if record[field] is not None:
                own = of_text(rows, number, field)
                assert undone(new[field].encode(), own, str.encode) == record[field].encode()


@pytest.mark.parametrize("container", [JSONL, PARQUET])
def test_plain_text_that_becomes_records_places_swaps_in_them(
    container: str, tmp_path: Path
) -> None:
    corpus, out = _written(tmp_path, PARAGRAPHS, "a.txt"), tmp_path / "out"
    run(spec_of(corpus, out, "both", document="paragraph", container=container))
    name = f"a.{container}"
    path, rows = out / name, rows_of(out, name)
    texts = [text.decode() for text, _ in DOCUMENTS["paragraph"]]
    if container == JSONL:
        expected = json_lines([{"text": text} for text in texts], ensure_ascii=False)
        assert undone_lines(path.read_bytes(), rows, spelled=inside_json) == expected
        return
    for number, (text, new) in enumerate(zip(texts, _columns(path), strict=True)):
        assert undone(new["text"].encode(), of_text(rows, number)) == text.encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_records_that_become_plain_text_place_swaps_in_it(name: str, tmp_path: Path) -> None:
    texts = [text for text in ODD if text.strip() and text[0] != "\ufeff"]
    records = [{"text": text} for text in texts]
    if name == "a.jsonl":
        corpus = _written(tmp_path, json_lines(records))
    else:
        corpus = _write_columns(tmp_path, name, pa.table({"text": texts}))
    out = tmp_path / "out"
    assert not run(spec_of(corpus, out, "both", container=TEXT)).failed
    new = (
        (out / "a.text").read_bytes() if (out / "a.text").exists() else (out / "a.txt").read_bytes()
    )
    for number, line in enumerate(new.split(b"\n")[:-1]):
        own = of_text(rows_of(out, "a.txt"), number)
        assert undone(line, own, str.encode) == texts[number].encode()


def test_binary_text_that_becomes_base64_is_refused(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([b"the dog"])})
    corpus, out = _write_columns(tmp_path, "a.parquet", table), tmp_path / "out"
    [(_, reason)] = run(spec_of(corpus, out, container=JSONL)).failed
    assert "'text' is binary" in reason
    assert not data_tree(out)
    assert not sidecar(out, "a.jsonl").exists()
    assert not run(spec_of(corpus, tmp_path / "without", container=JSONL, swaps=False)).failed


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["the", "dog", "Dog", "ice cream", "café", "x", "don’t", "𝐱𝐲", "river"]),
        st.sampled_from([" ", " ", "\n", '"', "\\", "'s", "/", "\t", "😀", ". ", "\u2028"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    ),
    max_size=30,
).map("".join)


@examples(100)
@given(
    st.lists(PIECES, min_size=1, max_size=6),
    st.sampled_from(sorted(POLICIES)),
    st.booleans(),
)
def test_any_text_is_undone_in_any_spelling(
    texts: list[str], policy: str, ensure_ascii: bool
) -> None:
    lexicons, chosen = POLICIES[policy]
    compiled = lexicons.compiled
    fields = Fields()
    data = json_lines([{"text": text} for text in texts], ensure_ascii=ensure_ascii)
    rows = pa.RecordBatch.from_pylist([{"text": text} for text in texts])
    columns = infer_columns([data], fields)

    done = Job("a", JSONL, JSONL, fields, swaps=True).swapped(data, compiled, chosen)
    assert done.swaps is not None
    swaps = done.swaps.to_pylist()
    out = b"".join(memoryview(piece) for piece in done.content)
    assert undone_lines(out, swaps) == data

    job = Job("a", JSONL, PARQUET, fields, columns=columns, swaps=True)
    done = job.swapped(data, compiled, chosen)
    assert done.swaps is not None
    swaps = done.swaps.to_pylist()
    for number, new in enumerate(done.content.column("text").to_pylist()):  # type: ignore[union-attr]
        own = of_text(swaps, number)
        assert undone(new.encode(), own, str.encode) == texts[number].encode()

    job = Job("a", PARQUET, JSONL, fields, schema=rows.schema, swaps=True)
    done = job.swapped(rows, compiled, chosen)
    assert done.swaps is not None
    undone_data = undone_lines(done.content[0], done.swaps.to_pylist(), spelled=inside_json)  # type: ignore[arg-type]
    assert undone_data == json_lines([{"text": text} for text in texts], ensure_ascii=False)


# --- the account ----------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Small shards of several containers."""
    corpus = _write_columns(tmp_path, "b.parquet", _table())
    _written(tmp_path, json_lines(RECORDS))
    _written(tmp_path, compress(json_lines(RECORDS), "zst"), "c.jsonl.zst")
    (corpus / "sub").mkdir()
    (corpus / "sub" / "d.txt.gz").write_bytes(compress(PARAGRAPHS, "gz"))
    return corpus


NAMES = ("a.jsonl", "b.parquet", "c.jsonl.zst", "sub/d.txt.gz")


def test_the_data_is_the_same_with_and_without_sidecars(corpus: Path, tmp_path: Path) -> None:
    report = run(spec_of(corpus, tmp_path / "out", "some"))
    plain = run(spec_of(corpus, tmp_path / "plain", "some", swaps=False))
    assert data_tree(tmp_path / "out") == data_tree(tmp_path / "plain")
    assert report.totals == plain.totals
    assert not (tmp_path / "plain" / "_link" / "swaps").exists()
    found = sorted((tmp_path / "out" / "_link" / "swaps").rglob("*.*"))
    assert found == sorted(sidecar(tmp_path / "out", name) for name in NAMES)
    assert manifest_of(tmp_path / "out")["swaps"] is True
    assert manifest_of(tmp_path / "plain")["swaps"] is False


def test_rows_add_up_to_the_totals(corpus: Path, tmp_path: Path) -> None:
    totals = run(spec_of(corpus, tmp_path / "out", "both")).totals
    rows = [row for name in NAMES for row in rows_of(tmp_path / "out", name)]
    words = [(row, 1 + ("cream" in row["source"].lower())) for row in rows]
    by_language: Counter[str] = Counter()
    for row, count in words:
        by_language[row["language"]] += count
    assert sum(by_language.values()) == totals.swapped
    assert by_language == totals.swapped_by_language
    annotated = sum(count for row, count in words if row["mode"] == "annotate")
    assert annotated == totals.annotated


def test_the_record_names_the_sidecar_by_size_and_hash(corpus: Path, tmp_path: Path) -> None:
    run(spec_of(corpus, tmp_path / "out"))
    for name in NAMES:
        record = shard_records(tmp_path / "out")[name]
        data = sidecar(tmp_path / "out", name).read_bytes()
        assert record["swaps"]["size_bytes"] == len(data)
        assert record["swaps"]["sha256"] == hashlib.sha256(data).hexdigest()


def test_sidecars_are_the_same_however_many_processes_there_are(tmp_path: Path) -> None:
    records = [*some_records(300, 8, words=1300), {"text": "the dog sees it.\n" * 150_000}]
    assert len(json_lines(records)) > 4_000_000
    table = pa.Table.from_pylist(records)
    corpus = _write_columns(tmp_path, "b.parquet", table)
    _written(tmp_path, json_lines(records))
    for jobs in (1, 2):
        run(spec_of(corpus, tmp_path / str(jobs), "some", jobs=jobs))
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    new = (tmp_path / "1" / "a.jsonl").read_bytes().splitlines(keepends=True)
    for number in (0, 150, 300):
        only = [("record", "==", number)]
        rows = pq.read_table(sidecar(tmp_path / "1", "a.jsonl"), filters=only).to_pylist()
        rows = [{**row, "record": 0} for row in rows]
        assert undone_lines(new[number], rows) == json_lines(records[number : number + 1])


def test_row_groups_end_after_a_number_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidecars, "GROUP_ROWS", 100)
    corpus, out = _written(tmp_path, json_lines(RECORDS)), tmp_path / "out"
    run(spec_of(corpus, out))
    metadata = pq.read_metadata(sidecar(out, "a.jsonl"))
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {100}
    assert len(sizes) > 3
    assert undone_lines((out / "a.jsonl").read_bytes(), rows_of(out, "a.jsonl")) == json_lines(
        RECORDS
    )


# --- published, resumed, refused ------------------------------------------------------------------


def test_a_sidecar_is_published_before_its_shard(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    published: list[str] = []
    rename = Path.replace

    def remember(self: Path, target: Path) -> Path:
        published.append(target.relative_to(out).as_posix())
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", remember)
    run(spec_of(corpus, out))
    for name in NAMES:
        at = [f"_link/swaps/{name}.parquet", name, "_link/records/0000001.jsonl"]
        assert sorted(at, key=published.index) == at


def test_a_shard_that_fails_leaves_no_sidecar(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (corpus / "x.jsonl").write_bytes(json_lines(RECORDS) + b"no\n")
    report = run(spec_of(corpus, out))
    assert len(report.failed) == 1
    assert not sidecar(out, "x.jsonl").exists()
    assert sorted(data_tree(out)) == sorted(NAMES)
    assert partial_files(out) == []


def test_a_shard_that_cannot_be_published_leaves_no_sidecar(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    rename = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target == out / "a.jsonl":
            assert sidecar(out, "a.jsonl").exists()
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    [(_, reason)] = run(spec_of(corpus, out)).failed
    assert "No space left" in reason
    assert not sidecar(out, "a.jsonl").exists()
    monkeypatch.undo()
    assert run(spec_of(corpus, out)).done_before == 3
    run(spec_of(corpus, tmp_path / "whole"))
    assert tree(out) == tree(tmp_path / "whole")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", [Path.unlink, _cut])
def test_a_shard_without_its_sidecar_is_done_again(
    corpus: Path, tmp_path: Path, name: str, damage: Any
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out))
    before = tree(out)
    damage(sidecar(out, name))
    assert run(spec_of(corpus, out)).done_before == len(NAMES) - 1
    assert tree(out) == before
    assert run(spec_of(corpus, out)).done_before == len(NAMES)


@pytest.mark.parametrize("first", [False, True])
def test_a_run_with_sidecars_is_another_run(corpus: Path, tmp_path: Path, first: bool) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, swaps=first))
    before = tree(out)
    with pytest.raises(UsageError, match="swaps was"):
        run(spec_of(corpus, out, swaps=not first))
    assert tree(out) == before
    run(spec_of(corpus, out, swaps=not first, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", swaps=not first))
    fresh = tree(tmp_path / "fresh")
    assert {name for name in tree(out) if not name.endswith("/")} == set(fresh)
    assert tree(out) == fresh


def test_what_a_kill_left_of_a_sidecar_is_removed(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out))
    before = tree(out)
    partial = out / "_link" / "swaps" / "sub" / ".d.txt.gz.parquet.link-partial"
    partial.write_bytes(b"half")
    run(spec_of(corpus, out))
    assert tree(out) == before


def test_a_pipe_needs_a_folder_for_its_sidecar(corpus: Path, tmp_path: Path) -> None:
    pipe = spec_of(corpus / "a.jsonl", None)
    with pytest.raises(UsageError, match="--link-dir"):
        plan(pipe)
    beside = replace(pipe, link_dir=tmp_path / "beside")
    [task] = plan(beside).tasks
    sidecar = task.output.swaps
    assert sidecar == tmp_path / "beside" / "swaps" / "a.jsonl.parquet"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_bytes(b"of another pipe")
    with pytest.raises(UsageError, match=r"a\.jsonl\.parquet exists"):
        plan(beside)


def test_sidecars_may_go_to_another_folder(corpus: Path, tmp_path: Path) -> None:
    out, beside = tmp_path / "out", tmp_path / "beside"
    run(spec_of(corpus, tmp_path / "usual"))
    run(spec_of(corpus, out, link_dir=beside))
    assert not (out / "_link" / "swaps").exists()
    assert tree(beside / "swaps") == tree(tmp_path / "usual" / "_link" / "swaps")
    assert run(spec_of(corpus, out, link_dir=beside)).done_before == len(NAMES)
    (beside / "swaps" / "a.jsonl.parquet").unlink()
    (beside / "swaps" / "precious").write_bytes(b"not ours")
    assert run(spec_of(corpus, out, link_dir=beside)).done_before == len(NAMES) - 1
    run(spec_of(corpus, out, link_dir=beside, swaps=False, overwrite=True))
    assert list(tree(beside)) == ["swaps/precious"]
