"""Marks (`--mark`): what was done to a record stands in it, and nothing else of it changes."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import UsageError
from link.kernel import KERNEL_VERSION
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.plan import RunSpec, plan
from link.shards.fields import Fields
from link.shards.mark import with_marks
from tests.helpers import (
    compress,
    data_tree,
    edit_record,
    json_lines,
    some_records,
    stored_lines,
    tree,
)
from tests.run.helpers import run
from tests.run.swaps import BOM
from tests.strategies import examples

GERMAN = Lexicon.from_pairs(
    [("the", "der"), ("dog", "Hund"), ("house", "Haus"), ("ice cream", "Eis"), ("x", "}")],
    language="de",
)
SPANISH = Lexicon.from_pairs([("the", "el"), ("dog", "perro"), ("river", "río")], language="es")
ONE, TWO = Lexicons.of([GERMAN]), Lexicons.of([GERMAN, SPANISH])
ALL = Policy(ratio=1, names="swap", protect=())
MARK = re.compile(rb',"link":(\{[^{}]*\})(?=\}\s*$)', re.MULTILINE)


def spec_of(
    corpus: Path,
    out: Path | None,
    policy: Policy = ALL,
    lexicons: Lexicons = ONE,
    fields: Fields | None = None,
    **more: Any,
) -> RunSpec:
    fields = fields or Fields(mark="link")
    return RunSpec(
        inputs=[str(corpus)], output=out, lexicons=lexicons, policy=policy, fields=fields, **more
    )


def _written(folder: Path, data: bytes, name: str = "a.jsonl") -> Path:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / name).write_bytes(data)
    return folder / "in"


def _marks(data: bytes) -> list[dict[str, Any] | None]:
    return [json.loads(line).get("link") for line in data.splitlines() if line.strip()]


def test_a_mark_says_what_was_done(tmp_path: Path) -> None:
    data = b'{"text": "The dog eats ice cream, not cheese." , "n": 1.0 } \r\n'
    corpus, out = _written(tmp_path, data), tmp_path / "out"
    run(spec_of(corpus, out, replace(ALL, seed=7)))
    mark = (
        b',"link":{"languages":["de"],"words":7,"covered":4,"eligible":4,"swapped":4,"annotated":0,'
        b'"seed":7,"ratio":1.0,"kernel":%d}' % KERNEL_VERSION
    )
    swapped = b'{"text": "Der Hund eats Eis, not cheese." , "n": 1.0 '
    assert (out / "a.jsonl").read_bytes() == swapped + mark + b"} \r\n"


ODD = (
    BOM
    + b' {"text":"th\\u0065 dog }"}\t\r\n\n  \r\n{"n":NaN,"text":"the \\ud83d dog"}\r\n'
    + b'{"text":null}\n{"a":{"link":1},"text":"the","text":"}{\\"\\\\ dog x"}  \n{"text":"zzz"}\n'
    + b'{"text":"the dog","x":[{"link":2}]}'
)


@pytest.mark.parametrize("codec", ["none", "gz", "zst"])
@pytest.mark.parametrize("end", [b"", b"\n", b" \r\n\r\n"])
def test_nothing_but_the_mark_is_added(end: bytes, codec: str, tmp_path: Path) -> None:
    name = f"a.jsonl{'' if codec == 'none' else '.' + codec}"
    corpus, out = _written(tmp_path, compress(ODD + end, codec), name), tmp_path / "out"
    run(spec_of(corpus, tmp_path / "plain", fields=Fields()))
    assert not run(spec_of(corpus, out)).failed
    data = stored_lines(out / name)
    assert MARK.sub(b"", data) == stored_lines(tmp_path / "plain" / name)
    marks = _marks(data.removeprefix(BOM))
    assert [mark and mark["swapped"] for mark in marks] == [2, 2, None, 2, 0, 2]
    assert [mark and mark["languages"] for mark in marks] == [["de"]] * 2 + [None] + [
        *(["de"], [], ["de"])
    ]


def test_untouched_records_have_none(tmp_path: Path) -> None:
    records = [{"lang": "en" if n % 2 else "fr", **r} for n, r in enumerate(some_records(80, 1))]
    corpus, out = _written(tmp_path, json_lines(records)), tmp_path / "out"
    policy = replace(ALL, portion=0.5)
    fields = Fields(where=(("lang", "en"),), mark="link")
    totals = run(spec_of(corpus, out, policy, fields=fields)).totals
    lines = (out / "a.jsonl").read_bytes().splitlines()
    marked = [n for n, line in enumerate(lines) if b'"link"' in line]
    assert len(marked) == totals.documents_touched
    assert all(n % 2 for n in marked)
    unmarked = [line for n, line in enumerate(lines) if n not in marked]
    assert set(unmarked) < set(json_lines(records).splitlines())


@pytest.mark.parametrize(
    "policy",
    [
        replace(ALL, ratio=0.4),
        replace(ALL, mode="annotate"),
        replace(ALL, mode="replace=1,annotate=1", mix="word"),
        replace(ALL, portion=0.6, mode="replace=3,annotate=1"),
    ],
    ids=["ratio", "annotate", "word", "portion"],
)
def test_marks_add_up_to_the_totals(policy: Policy, tmp_path: Path) -> None:
    records = [
        {"title": f"The ice\ncream {n} dog’s ice-cream", **record}
        for n, record in enumerate(some_records(60, 2))
    ]
    corpus, out = _written(tmp_path, json_lines(records)), tmp_path / "out"
    fields = Fields(("title", "text"), mark="link")
    totals = run(spec_of(corpus, out, policy, TWO, fields)).totals
    marks = [mark for mark in _marks((out / "a.jsonl").read_bytes()) if mark]
    sums = {name: sum(mark[name] for mark in marks) for name in ("covered", "eligible", "swapped")}
    assert sums == {name: getattr(totals, name) for name in sums}
    assert sum(mark["words"] for mark in marks) == totals.words_touched
    assert sum(mark["annotated"] for mark in marks) == totals.annotated
    assert {code for mark in marks for code in mark["languages"]} == {"de", "es"}


def test_what_is_only_estimated_is_left_out(tmp_path: Path) -> None:
    corpus, out = _written(tmp_path, b'{"text":"the dog"}\n'), tmp_path / "out"
    run(spec_of(corpus, out, replace(ALL, of="eligible")))
    [mark] = _marks((out / "a.jsonl").read_bytes())
    assert mark is not None
    assert list(mark) == ["languages", "words", "swapped", "annotated", "seed", "ratio", "kernel"]


@pytest.mark.parametrize(
    "record", [b'{"link":0,"text":"a dog"}', b'{"text":"a","l\\u0069nk":null}']
)
@pytest.mark.parametrize("rest", [b"", b',"x":NaN'])
def test_a_record_that_has_such_a_field_is_a_bad_one(
    record: bytes, rest: bytes, tmp_path: Path
) -> None:
    record = record[:-1] + rest + b"}"
    corpus = _written(tmp_path, b'{"text":"dog"}\n' + record + b"\n")
    [(_, reason)] = run(spec_of(corpus, tmp_path / "failed")).failed
    assert "line 2, byte 15: the record has a field 'link' already" in reason
    assert "--mark" in reason
    assert not data_tree(tmp_path / "failed")
    report = run(spec_of(corpus, tmp_path / "aside", on_error="quarantine"))
    assert (report.totals.records_written, report.totals.records_quarantined) == (1, 1)
    aside = tmp_path / "aside" / "_link" / "quarantine" / "a.jsonl"
    assert aside.read_bytes() == record + b"\n"


def test_a_record_that_is_not_meant_may_have_such_a_field(tmp_path: Path) -> None:
    data = b'{"lang":"fr","text":"dog","link":1}\n'
    corpus, out = _written(tmp_path, data), tmp_path / "out"
    assert not run(spec_of(corpus, out, fields=Fields(where=(("lang", "en"),), mark="link"))).failed
    assert (out / "a.jsonl").read_bytes() == data


@pytest.mark.parametrize("field", ['a"b', "größe", "a b", "\\"])
def test_a_mark_may_have_any_name(field: str, tmp_path: Path) -> None:
    corpus, out = _written(tmp_path, b'{"text":"the dog"}\n'), tmp_path / "out"
    run(spec_of(corpus, out, fields=Fields(mark=field)))
    data = (out / "a.jsonl").read_bytes()
    assert data.isascii()
    assert json.loads(data)[field]["swapped"] == 2
    again = _written(tmp_path, data, "b.jsonl") / "b.jsonl"
    [(_, reason)] = run(spec_of(again, tmp_path / "again", fields=Fields(mark=field))).failed
    assert "already" in reason


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mark": "a.b"}, "without dots"),
        ({"mark": ""}, "without dots"),
        ({"mark": "text"}, "a second field"),
        ({"mark": "meta", "texts": ("meta.text",)}, "meta.text"),
        ({"mark": "id", "key": "id"}, "a second field"),
        ({"mark": "lang", "where": (("lang", "en"),)}, "a second field"),
        ({"mark": "\udce9"}, "is not UTF-8"),
    ],
)
def test_a_name_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Fields(**fields)


@pytest.mark.parametrize(
    ("name", "container"), [("a.jsonl", "parquet"), ("a.parquet", None), ("a.parquet", "jsonl")]
)
def test_other_formats_are_refused_before_any_work(
    name: str, container: str | None, tmp_path: Path
) -> None:
    corpus = _written(tmp_path, b'{"text":"dog"}\n', name)
    if name == "a.parquet":
        pq.write_table(pa.table({"text": ["dog"]}), corpus / name)
    with pytest.raises(UsageError, match=r"--mark adds a field to JSON Lines only"):
        plan(spec_of(corpus, tmp_path / "out", container=container))


def test_plain_text_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--mark"):
        plan(spec_of(_written(tmp_path, b"dog", "a.txt"), tmp_path / "out"))


def test_marks_and_sidecars_go_together_whatever_the_processes(tmp_path: Path) -> None:
    records = some_records(400, 3, words=1500)
    assert len(json_lines(records)) > 2_000_000
    corpus = _written(tmp_path, compress(json_lines(records), "zst"), "a.jsonl.zst")
    for jobs in (1, 2):
        spec = spec_of(corpus, tmp_path / str(jobs), ALL, TWO, jobs=jobs, swaps=True)
        assert not run(spec).failed
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    run(spec_of(corpus, tmp_path / "plain", ALL, TWO, Fields(), swaps=True))
    sidecars = [
        (tmp_path / name / "_link/swaps/a.jsonl.zst.parquet").read_bytes()
        for name in ("1", "plain")
    ]
    assert sidecars[0] == sidecars[1]
    assert None not in _marks(stored_lines(tmp_path / "1" / "a.jsonl.zst"))


def test_a_marked_run_resumes(tmp_path: Path) -> None:
    corpus = _written(tmp_path, json_lines(some_records(20, 4)))
    _written(tmp_path, json_lines(some_records(20, 5)), "b.jsonl")
    out = tmp_path / "out"
    run(spec_of(corpus, out))
    before = tree(out)
    edit_record(out, "a.jsonl", None)
    (out / "a.jsonl").unlink()
    assert run(spec_of(corpus, out)).done_before == 1
    assert tree(out) == before


LINES = st.lists(
    st.tuples(
        st.sampled_from([b"", b" ", b"\t\r"]),
        st.dictionaries(st.text(max_size=3), st.text(st.sampled_from('}{"\\\n a'), max_size=5)),
        st.sampled_from([b"", b" ", b"\r", b" \t\r"]),
        st.booleans(),
    ),
    max_size=6,
)


@examples(100)
@given(LINES, st.booleans())
def test_marks_are_put_before_the_last_brace_and_nowhere_else(
    lines: list[tuple[bytes, dict[str, str], bytes, bool]], last: bool
) -> None:
    data, expected, marks = b"", b"", []
    for before, record, after, marked in lines:
        record = {"text": "}", **record}
        inside = json.dumps(record, ensure_ascii=False).encode()[:-1]
        marks.append({"n": 1} if marked else None)
        data += before + inside + b"}" + after + b"\n \n"
        expected += before + inside + b',"m":{"n":1}' * marked + b"}" + after + b"\n \n"
    if last:
        data, expected = data[:-3], expected[:-3]
    assert with_marks(data, "m", marks, first=True) == expected
