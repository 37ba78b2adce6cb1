"""`link restore` gives back the original of a run with sidecars, or says why it cannot."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from link.audit.restore import SAME, SAME_CONTENT, UNKNOWN, Restored, restore
from link.audit.verify import verify
from link.cli import cli
from link.errors import UsageError
from link.shards.fields import Fields
from tests.helpers import compress, data_tree, edit_record, json_lines, stored_lines, tree
from tests.run.helpers import run
from tests.run.verified import BAD, ODD, PLAIN, RECORDS, TEXTS, WAYS, columns, shards, spec
from tests.spellings import spelled
from tests.strategies import examples, texts

BEFORE = {"a_jsonl": json_lines(RECORDS), "odd_jsonl": ODD, "blank_jsonl": b"\n \n", "b_json": b""}


def made(corpus: Path, out: Path, **more: Any) -> Path:
    report = run(spec(corpus, out, **{**more, "swaps": True}))
    assert report.failed == []
    return out


def restored(out: Path, back: Path, **more: Any) -> Restored:
    result = restore(out, back, **more)
    assert result.failed == []
    return result


def whole(result: Restored) -> bool:
    return all(known == SAME for _, known in result.shards) and not result.left_out


@pytest.mark.parametrize("way", [way for way, more in WAYS.items() if "container" not in more])
def test_json_lines_come_back_byte_for_byte(way: str, tmp_path: Path) -> None:
    # Without lines that `--key-field` or `--text-field` would find bad.
    data = BEFORE if "key" not in way else {"a_jsonl": BEFORE["a_jsonl"]}
    data = {name: each.replace(b'{"title":"the dog"}\n', b"") for name, each in data.items()}
    corpus = shards(tmp_path, **data, sub__c_jsonl_gz=compress(json_lines(RECORDS), "gz"))
    more = {name: value for name, value in WAYS[way].items() if name != "compression"}
    out = made(corpus, tmp_path / "out", **more)
    result = restored(out, tmp_path / "back")
    assert {
        name: stored_lines(tmp_path / "back" / name) for name in data_tree(tmp_path / "back")
    } == {name: stored_lines(corpus / name) for name in tree(corpus)}
    assert {known for name, known in result.shards if not name.endswith("gz")} == {SAME}
    assert {known for _, known in result.shards} <= {SAME, SAME_CONTENT}


@pytest.mark.parametrize("document", ["line", "paragraph", "file"])
def test_plain_text_comes_back_byte_for_byte(document: str, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_txt=PLAIN, b_txt_zst=compress(PLAIN + b"\n", "zst"), c_txt=b"")
    out = made(corpus, tmp_path / "out", document=document, **WAYS["both modes"])
    restored(out, tmp_path / "back")
    assert stored_lines(tmp_path / "back/a.txt") == PLAIN
    assert stored_lines(tmp_path / "back/b.txt.zst") == PLAIN + b"\n"


@pytest.mark.parametrize("way", ["both modes", "two languages"])
def test_columns_come_back_with_schema_and_groups(way: str, tmp_path: Path) -> None:
    corpus = columns(tmp_path)
    restored(made(corpus, tmp_path / "out", **WAYS[way]), tmp_path / "back")
    for name in tree(corpus):
        if name.endswith("parquet"):
            before, after = (pq.ParquetFile(one / name) for one in (corpus, tmp_path / "back"))
            assert before.schema_arrow.equals(after.schema_arrow, check_metadata=True)
            groups = [
                [one.metadata.row_group(n).num_rows for n in range(one.num_row_groups)]
                for one in (before, after)
            ]
            assert groups[0] == groups[1]
            assert repr(before.read().to_pylist()) == repr(after.read().to_pylist())
        else:
            new = pa.ipc.open_file if name == "b.arrow" else pa.ipc.open_stream
            before, after = (new(pa.OSFile(str(one / name))) for one in (corpus, tmp_path / "back"))
            assert before.schema.equals(after.schema, check_metadata=True)
            assert repr(before.read_all().to_pylist()) == repr(after.read_all().to_pylist())


@pytest.mark.parametrize("container", ["parquet", "arrow", "text", "jsonl"])
def test_what_was_converted_has_the_texts_again(container: str, tmp_path: Path) -> None:
    some = [text for text in TEXTS if text and "\n" not in text]
    if container == "jsonl":
        corpus = shards(tmp_path, a_txt="\n".join(some).encode())
    else:
        corpus = shards(tmp_path, a_jsonl=json_lines([{"text": text} for text in some]))
    out = made(corpus, tmp_path / "out", container=container)
    result = restored(out, tmp_path / "back")
    assert [known for _, known in result.shards] == [UNKNOWN]
    [path] = [tmp_path / "back" / name for name in data_tree(tmp_path / "back")]
    if container == "text":
        found = path.read_text(encoding="utf-8").splitlines()
    elif container == "jsonl":
        found = [json.loads(line)["text"] for line in path.read_bytes().splitlines()]
    else:
        read = pq.read_table if container == "parquet" else pa.feather.read_table
        found = read(path)["text"].to_pylist()
    assert found == some


@examples(15)
@given(st.lists(spelled(texts(max_pieces=12)), max_size=5), st.sampled_from(sorted(WAYS)[:6]))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, raw: list[bytes], way: str
) -> None:
    root = tmp_path_factory.mktemp("any")
    data = b"".join(b'{"n":1.0, "text" : "%b" }\r\n' % text for text in raw)
    more = {name: value for name, value in WAYS[way].items() if name in ("policy", "lexicons")}
    out = made(shards(root, a_jsonl=data), root / "out", fields=Fields(mark="m"), **more)
    assert whole(restored(out, root / "back"))
    assert (root / "back/a.jsonl").read_bytes() == data


# --- bad records ----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbfbad at first\n"], ids=["", "BOM"])
@pytest.mark.parametrize("name", ["a_jsonl", "a_jsonl_gz"])
def test_lines_that_were_set_aside_are_put_back(name: str, before: bytes, tmp_path: Path) -> None:
    data = before + BAD + b'{"text":"the dog"}\nno end'
    corpus = shards(tmp_path, **{name: compress(data, "gz") if name.endswith("gz") else data})
    out = made(corpus, tmp_path / "out", on_error="quarantine")
    result = restored(out, tmp_path / "back")
    assert stored_lines(tmp_path / "back" / name.replace("_", ".")) == data
    assert (result.put_back, result.left_out) == (5 + bool(before), {})


def test_records_that_were_left_out_are_counted(tmp_path: Path) -> None:
    out = made(shards(tmp_path, a_jsonl=BAD, b_txt=PLAIN), tmp_path / "out", on_error="skip")
    result = restored(out, tmp_path / "back")
    assert result.left_out == {"a.jsonl": 4}
    assert dict(result.shards) == {"a.jsonl": UNKNOWN, "b.txt": SAME}


def test_paragraphs_that_were_set_aside_are_counted(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_txt=b"the dog\n\nthe \xff dog\nand\n\nthe house\n")
    out = made(corpus, tmp_path / "out", on_error="quarantine", document="paragraph")
    assert restored(out, tmp_path / "back").left_out == {"a.txt": 1}


# --- what does not fit ----------------------------------------------------------------------------


def change(path: Path, name: str, row: int, value: Any) -> None:
    table = pq.read_table(path)
    schema = pq.read_schema(path)
    values = table[name].to_pylist()
    values[row] = value
    at = table.schema.get_field_index(name)
    table = table.set_column(at, name, pa.array(values, table.schema.field(at).type))
    pq.write_table(table.cast(schema), path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("new_start", 1, "the sidecar's places overlap"),
        ("new_start", 99999, "the sidecar's places overlap"),
        ("new_length", -1, "the sidecar's places overlap"),
        ("translation", "Kind", "should stand there, by the sidecar"),
        ("original", b"cat", "what is restored is not the original"),
        ("field", "title", "record 0 has no text in field 'title'"),
        ("record", 99, "has swaps of record"),
    ],
)
def test_a_sidecar_that_does_not_fit_fails_its_shard_alone(
    name: str, value: Any, said: str, tmp_path: Path
) -> None:
    corpus = shards(tmp_path, a_jsonl=BEFORE["a_jsonl"], b_jsonl=b'{"text":"the dog"}\n')
    out = made(corpus, tmp_path / "out")
    path = out / "_link/swaps/a.jsonl.parquet"
    change(path, name, len(pq.read_table(path)) - 1 if name == "record" else 1, value)
    result = restore(out, tmp_path / "back")
    [(shard, reason)] = result.failed
    assert shard == "a.jsonl"
    assert said in reason
    assert list(data_tree(tmp_path / "back")) == ["b.jsonl"]


def test_an_output_that_is_another_one_fails(tmp_path: Path) -> None:
    out = made(shards(tmp_path, a_jsonl=BEFORE["a_jsonl"]), tmp_path / "out")
    path = out / "a.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"id": 3', b'"id": 4', 1))
    [(_, reason)] = restore(out, tmp_path / "back").failed
    assert "is not what the run wrote" in reason
    (out / "_link/swaps/a.jsonl.parquet").write_bytes(b"PAR1")
    [(_, reason)] = restore(out, tmp_path / "back").failed
    assert "the sidecar is damaged" in reason
    (out / "_link/swaps/a.jsonl.parquet").unlink()
    [(_, reason)] = restore(out, tmp_path / "back").failed
    assert "there is no such sidecar" in reason


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("input", "path"), -1.5),
        (("output", "sha256"), None),
        (("totals", "records_skipped"), []),
        (("totals", "records_quarantined"), "1"),
        (("totals",), 7),
    ],
)
def test_a_damaged_record_fails_its_shard_alone(
    place: tuple[str, ...], value: Any, tmp_path: Path
) -> None:
    line = b'{"text":"the dog"}\n'
    out = made(shards(tmp_path, a_jsonl=line, b_jsonl=line), tmp_path / "out")

    def damage(record: dict[str, Any]) -> None:
        inner = record if len(place) == 1 else record[place[0]]
        inner[place[-1]] = value

    edit_record(out, "a.jsonl", damage)
    [(shard, reason)] = restore(out, tmp_path / "back").failed
    assert shard == "a.jsonl"
    assert "record" in reason
    assert list(data_tree(tmp_path / "back")) == ["b.jsonl"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("text_field", [None]), ("where", [7]), ("policy", 1.5), ("format", "zz"), ("seed", True)],
)
def test_a_damaged_run_is_refused(name: str, value: Any, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=b'{"text":"the dog"}\n')
    out = made(corpus, tmp_path / "out")
    path = out / "_link/run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), name: value}))
    with pytest.raises(UsageError, match=rf"run.json is damaged: .*\$\.{name}"):
        restore(out, tmp_path / "back")
    with pytest.raises(UsageError, match=rf"run.json is damaged: .*\$\.{name}"):
        verify([str(corpus)], out)


def test_a_run_without_sidecars_is_refused_with_the_cure(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=b'{"text":"the dog"}\n')
    run(spec(corpus, tmp_path / "out"))
    with pytest.raises(UsageError, match="run it again with --swaps"):
        restore(tmp_path / "out", tmp_path / "back")
    with pytest.raises(UsageError, match="is not the output of a run"):
        restore(corpus, tmp_path / "back")


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    out = made(shards(tmp_path, a_jsonl=b'{"text":"the dog"}\n'), tmp_path / "out")
    back = tmp_path / "back"
    restored(out, back)
    restored(out, back)  # its own
    other = shards(tmp_path / "x", other_jsonl=b"mine\n")
    with pytest.raises(UsageError, match="give --overwrite"):
        restore(out, other)
    assert list(tree(other)) == ["other.jsonl"]
    restored(out, other, overwrite=True)
    assert (other / "other.jsonl").read_bytes() == b"mine\n"
    for inside in (out, out / "back", tmp_path):
        with pytest.raises(UsageError, match="lie in one another"):
            restore(out, inside, overwrite=True)


def test_a_restoration_that_failed_holds_no_folder(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    out, back = made(corpus, tmp_path / "out"), tmp_path / "back"
    assert restore(out, back, link_dir=tmp_path / "nowhere").failed
    made(shards(tmp_path, b_jsonl=json_lines(RECORDS)), out)
    restored(out, back)
    assert data_tree(back) == tree(corpus)


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    out = made(shards(tmp_path, a_jsonl=BAD), tmp_path / "out", on_error="skip")
    done = CliRunner().invoke(cli, ["restore", str(out), "-o", str(tmp_path / "back")])
    assert done.exit_code == 0
    assert "a.jsonl: 4 bad records of the original are missing" in done.stderr
    (out / "a.jsonl").unlink()
    done = CliRunner().invoke(cli, ["restore", str(out), "-o", str(tmp_path / "back")])
    assert done.exit_code == 1
    assert "link: failed: " in done.stderr


def test_marks_that_were_there_before_stay(tmp_path: Path) -> None:
    data = (
        b'{"k":"a","text":"the dog"}\n{"k":"b","text":"the dog","link":{"x":1}}\n'
        b'{"k":"a","text":"the dog \\",\\"link\\":{","o":{"y":1,"link":{"x":1}}}\n'
    )
    fields = Fields(where=(("k", "a"),), mark="link")
    out = made(shards(tmp_path, a_jsonl=data), tmp_path / "out", fields=fields)
    assert whole(restored(out, tmp_path / "back"))
