"""`link verify` passes on what a run made, and on nothing else."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner

from link.cli import cli
from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.plan import RunSpec
from link.run.verify import Verification, verify
from link.shards.fields import Fields
from tests.helpers import compress, json_lines
from tests.run.helpers import run

PAIRS = [
    *(("the", "der"), ("dog", "Hund"), ("dog", "Köter"), ("house", "Haus"), ("river", "Fluß")),
    *(("ice cream", "Eis"), ("café", 'Ca"fé'), ("don't", "nicht"), ("I", "ich"), ("x", "\\")),
    *(("walks", "läuft"), ("mark", "Zeichen"), ("green", "grün"), ("Monday", "Montag")),
]
GERMAN = Lexicon.from_pairs(PAIRS, language="de")
SPANISH = Lexicon.from_pairs([("the", "el"), ("dog", "perro"), ("house", "casa")], language="es")
ONE, TWO = Lexicons.of([GERMAN]), Lexicons.of([GERMAN, SPANISH], [2, 1])
INFLECTED = Lexicons.of([replace(GERMAN, inflect=True)])
MERGED = Lexicons.of([GERMAN, Lexicon.from_pairs([("old", "alt")], language="de")])

TEXTS = (
    "The dog walks to the house. Mark and I see the green river, don't we? See https://a.b/dog.",
    'A café with "ice cream" \\ x.\nThe dog\'s house, THE DOG, the Dog.',
    "",
    "犬 the 犬 \U0001f600 dog \u2019 don\u2019t; `the dog` and <b>the dog</b> on Monday.",
    "one line of the dog and the house and the river",
)
RECORDS = [
    {"id": n, "kind": "ab"[n % 2], "text": None if n % 9 == 8 else f"{n} {text}", "s": n / 3}
    for n, text in enumerate(TEXTS * 3)
]
ODD = (
    b'\xef\xbb\xbf{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
    b'\n{"text":null}\r\n{"text":"the","text":"th\\u0065 d\\u006fg\\/ \\ud83d \\u2019"}\n \n'
    b'{"title":"the dog"}\n{"text":"no final newline, the dog"}'
)
PLAIN = b"\xef\xbb\xbfThe dog walks.\r\nThe ice\ncream.\n\n  \nthe dog and Mark\n\n\nthe house"


def spec(corpus: Path, out: Path, **more: Any) -> RunSpec:
    more = {"lexicons": ONE, "policy": Policy(ratio=0.5, seed=3), **more}
    return RunSpec(inputs=[str(corpus)], output=out, **more)


def shards(root: Path, **files: bytes) -> Path:
    for name, data in files.items():
        path = root / "in" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root / "in"


def table() -> pa.Table:
    return pa.table(
        {
            "id": pa.array(range(len(RECORDS)), pa.int32()),
            "text": pa.array([one["text"] for one in RECORDS], pa.string()),
            "f": pa.array([float("nan"), -0.0] * 7 + [None], pa.float64()),
            "nested": pa.array([[{"a": float("nan")}]] * len(RECORDS)),
        }
    ).replace_schema_metadata({"note": "kept"})


def columns(root: Path) -> Path:
    (root / "in").mkdir()
    pq.write_table(table(), root / "in" / "a.parquet", row_group_size=4)
    for name, new in (("b.arrow", pa.ipc.new_file), ("c.arrow", pa.ipc.new_stream)):
        with new(root / "in" / name, table().schema) as writer:
            writer.write_table(table(), max_chunksize=6)
    encoded = table().set_column(1, "text", table()["text"].dictionary_encode())
    pq.write_table(encoded, root / "in" / "d.parquet", compression="zstd")
    return root / "in"


def checked(corpus: Path, out: Path, **more: Any) -> Verification:
    found = verify([str(corpus)], out, **more)
    assert found.differences.count >= len(found.differences.shown)
    return found


def passes(corpus: Path, out: Path, **more: Any) -> Verification:
    found = checked(corpus, out, **more)
    assert found.differences.shown == []
    assert found.shards > 0
    return found


# --- what a run made ------------------------------------------------------------------------------

ANY = {"ratio": 0.5, "seed": 3}
WAYS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "everything": {"policy": Policy(ratio=1, names="swap", protect="none", translation="per-word")},
    "annotated": {"policy": Policy(**ANY, mode="annotate", brackets="「」")},
    "both modes": {"policy": Policy(**ANY, mode="replace=1,annotate=1"), "swaps": True},
    "eligible": {"policy": Policy(**ANY, of="eligible", translation="first")},
    "portion": {"policy": Policy(**ANY, portion=0.5), "swaps": True},
    "nothing": {"policy": Policy(ratio=0)},
    "two languages": {"lexicons": TWO, "swaps": True},
    "languages by word": {"lexicons": TWO, "policy": Policy(ratio=0.8, mix="word"), "swaps": True},
    "inflected": {"lexicons": INFLECTED},
    "merged": {"lexicons": MERGED},
    "only words": {"lexicons": ONE.restricted(only=["dog", "the"], skip=["The"]), "swaps": True},
    "sample": {"lexicons": ONE.restricted(sample=0.5, seed=3)},
    "several fields": {"fields": Fields(("text", "title")), "swaps": True},
    "where": {"fields": Fields(where=(("kind", "a"),)), "on_error": "skip"},
    "key": {"fields": Fields(key="id"), "on_error": "skip", "swaps": True},
    "mark": {"fields": Fields(("text", "title"), mark="link"), "lexicons": TWO},
    "mark eligible": {
        "fields": Fields(mark="link"),
        "policy": Policy(ratio=0.5, of="eligible", mode="replace=1,annotate=1", portion=0.8),
        "swaps": True,
        "on_error": "skip",
    },
    "to parquet": {"container": "parquet", "swaps": True, "on_error": "skip"},
    "to arrow": {"container": "arrow", "swaps": True, "on_error": "skip"},
    "compressed": {"compression": ("zst", 7), "on_error": "quarantine"},
}


@pytest.mark.parametrize("way", WAYS)
def test_json_lines_of_any_run_pass(way: str, tmp_path: Path) -> None:
    data = json_lines(RECORDS, ensure_ascii=False)
    corpus = shards(
        tmp_path,
        a_jsonl=data,
        b_jsonl_gz=compress(json_lines(RECORDS[:6]), "gz"),
        sub__c_json_zst=compress(ODD, "zst"),
        empty_jsonl=b"",
        blank_jsonl=b"\n \n",
    )
    more = {"on_error": "skip", **WAYS[way]}
    report = run(spec(corpus, tmp_path / "out", **more))
    assert report.failed == []
    found = passes(corpus, tmp_path / "out")
    assert found.totals == report.totals


BAD = (
    b'{"text":"the dog"}\nno json\n{"text":7}\n{"text":"the house \xff"}\n\n{"text":"a dog"}\n[]\n'
)


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
def test_bad_records_are_accounted_for(on_error: str, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD, b_jsonl_gz=gzip.compress(BAD), c_txt=b"the \xff\ndog\n")
    report = run(spec(corpus, tmp_path / "out", on_error=on_error, swaps=True))
    assert report.totals.records_read > report.totals.records_written
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
@pytest.mark.parametrize("name", ["a_txt", "a_txt_zst"])
def test_a_bad_file_that_is_a_document_leaves_an_empty_shard(
    name: str, on_error: str, tmp_path: Path
) -> None:
    data = b"the \xff dog\n"
    corpus = shards(tmp_path, **{name: compress(data, "zst") if name.endswith("zst") else data})
    run(spec(corpus, tmp_path / "out", on_error=on_error, document="file"))
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("container", [None, "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("way", ["both modes", "portion"])
def test_columns_pass(way: str, container: str | None, tmp_path: Path) -> None:
    corpus = columns(tmp_path)
    if container == "arrow":
        (corpus / "d.parquet").unlink()  # its dictionary has no place in an Arrow file
    if container:
        (corpus / "c.arrow").rename(corpus / "e.arrow")
    report = run(spec(corpus, tmp_path / "out", container=container, **WAYS[way]))
    assert report.failed == []
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("container", [None, "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("document", ["line", "paragraph", "file"])
def test_plain_text_passes(document: str, container: str | None, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_txt=PLAIN, b_txt_zst=compress(PLAIN[3:] + b"\n", "zst"), c_txt=b"")
    more = {"document": document, "container": container, "swaps": True}
    assert not run(spec(corpus, tmp_path / "out", **more)).failed
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("document", ["line", "paragraph"])
def test_json_lines_that_became_plain_text_pass(document: str, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines([{"text": text} for text in TEXTS if text]))
    more = {"document": document, "container": "text", "swaps": True, "on_error": "skip"}
    run(spec(corpus, tmp_path / "out", **more))
    passes(corpus, tmp_path / "out")


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS), b_jsonl=json_lines(RECORDS[::-1]))
    run(spec(corpus, tmp_path / "out", swaps=True))
    assert (
        passes(corpus, tmp_path / "out", jobs=2).totals == passes(corpus, tmp_path / "out").totals
    )


@pytest.mark.parametrize("sample", [0.0, 0.5])
@pytest.mark.parametrize("way", ["both modes", "languages by word", "mark eligible"])
def test_a_sample_of_a_run_passes(way: str, sample: float, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    report = run(spec(corpus, tmp_path / "out", **WAYS[way]))
    assert passes(corpus, tmp_path / "out", sample=sample).totals == report.totals


def test_sidecars_and_quarantine_may_lie_elsewhere(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    beside = tmp_path / "beside"
    run(spec(corpus, tmp_path / "out", on_error="quarantine", swaps=True, link_dir=beside))
    passes(corpus, tmp_path / "out", link_dir=beside)
    assert checked(corpus, tmp_path / "out").differences


# --- what was tampered with -----------------------------------------------------------------------

Tamper = Callable[[Path], object]
NAME = "a.jsonl.zst"


def lines(out: Path) -> list[bytes]:
    with zstandard.ZstdDecompressor().stream_reader((out / NAME).read_bytes()) as reader:
        return reader.read().splitlines(keepends=True)


def store(out: Path, new: list[bytes]) -> None:
    (out / NAME).write_bytes(zstandard.ZstdCompressor().compress(b"".join(new)))


def swapped(old: bytes, new: bytes) -> Tamper:
    def tamper(out: Path) -> None:
        data = b"".join(lines(out))
        assert old in data
        store(out, [data.replace(old, new, 1)])

    return tamper


def moved(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    return lambda out: store(out, change(lines(out)))


def edited(name: str, change: Callable[[Any], None]) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / "_link" / name
        value = json.loads(path.read_bytes())
        change(value)
        path.write_text(json.dumps(value))

    return tamper


def sidecar(change: Callable[[pa.Table], pa.Table]) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / "_link" / "swaps" / f"{NAME}.parquet"
        table = change(pq.read_table(path)).cast(pq.read_schema(path))
        pq.write_table(table, path)

    return tamper


def with_column(name: str, row: int, value: Any) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        values[row] = value
        at = table.schema.get_field_index(name)
        return table.set_column(at, name, pa.array(values, table.schema.field(at).type))

    return change


def truncated(out: Path) -> None:
    path = out / NAME
    path.write_bytes(path.read_bytes()[:-20])


def rewritten(out: Path) -> None:
    """Every hash and size in the record made to fit the files as they are now."""
    path = out / "_link" / "records" / f"{NAME}.json"
    record = json.loads(path.read_bytes())
    for side, file in (
        ("output", out / NAME),
        ("swaps", out / "_link" / "swaps" / f"{NAME}.parquet"),
    ):
        if file.exists():
            record[side]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
            record[side]["size_bytes"] = file.stat().st_size
    path.write_text(json.dumps(record))


# What is done to the output -> what is said of it, whatever the record says of hashes.
TEXT_IS = (
    "The dog walks to the house near Mark. A river, a river and the green dog. "
    "See https://x.y/dog today."
)
TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a byte outside a word": (
        swapped(b" near Mark.", b" near Mark!"),
        'bytes outside words differ: "ear Mark. A',
    ),
    "a swap not in the lexicon": (swapped(b" near ", b" nahe "), '"near" -> "nahe": "near" is not'),
    "another word for a swap": (
        swapped(b"Hund", b"Kind"),
        '"dog" -> "Kind": not a translation of "dog" in de; it should be "Hund"',
    ),
    "another translation": (
        swapped(b"Hund", "Köter".encode()),
        '"dog" -> "Köter": a translation, but not the one that is drawn; it should be "Hund"',
    ),
    "a name swapped": (
        swapped(b"near Mark.", b"near Zeichen."),
        '"Mark" -> "Zeichen": not eligible',
    ),
    "a protected word swapped": (swapped(b"x.y/dog", b"x.y/Hund"), '"dog" -> "Hund": not eligible'),
    "a word that was not drawn": (swapped(b"today", b"heute"), '"today" -> "heute": not drawn'),
    "a drawn word put back": (swapped(b"Hund", b"dog"), '"dog" was drawn, but not swapped; it'),
    "a missing record": (moved(lambda all_: all_[:3] + all_[4:]), "line 4 of the original: the"),
    "the last record missing": (
        moved(lambda all_: all_[:-1]),
        "of the original: the record is missing",
    ),
    "a doubled record": (moved(lambda all_: all_[:3] + all_[2:]), "twice, first at line 3"),
    "a moved record": (
        moved(lambda all_: all_[:1] + all_[2:5] + all_[1:2] + all_[5:]),
        "was moved; it is line 2 of the original",
    ),
    "two records exchanged": (
        moved(lambda all_: [*all_[:1], all_[6], *all_[2:6], all_[1], *all_[7:]]),
        "was moved; it is line 7 of the original",
    ),
    "a foreign record": (
        moved(lambda all_: [*all_[:4], b'{"text":"no"}\n', *all_[4:]]),
        "the record is none of the original's",
    ),
    "a blank line": (moved(lambda all_: [*all_[:4], b"\n", *all_[4:]]), "the line is none of the"),
    "an altered field": (swapped(b'"id": 3', b'"id": 8'), "bytes outside the text differ"),
    "a float respelled": (swapped(b"1.50", b"1.5"), "bytes outside the text differ"),
    "a text respelled": (swapped(b"The", b"\\u0054he"), "the same text, but spelled otherwise"),
    "no record any more": (swapped(b'"id": 2', b'"id" 2'), "is no record any more"),
    "a truncated shard": (truncated, "cut off"),
    "a sidecar with another place": (
        sidecar(with_column("start", 3, 77)),
        'row 4: start should be "',
    ),
    "a sidecar with another word": (
        sidecar(with_column("translation", 2, "Kind")),
        'row 3: translation should be "',
    ),
    "a sidecar without a swap": (sidecar(lambda table: table.slice(0, 5)), "row 6: is missing"),
    "a sidecar with a swap too many": (
        sidecar(lambda table: pa.concat_tables([table, table.slice(0, 1)])),
        "is of no swap in the shard",
    ),
}
# Whatever lies, but the data.
LIES: dict[str, tuple[Tamper, str]] = {
    "a count in the record": (
        edited(f"records/{NAME}.json", lambda r: r["totals"].update(swapped=1)),
        "swapped is 77, but it says 1",
    ),
    "lost words in the record": (
        edited(f"records/{NAME}.json", lambda r: r["totals"]["lost"].update(url=1)),
        "lost should add up to",
    ),
    "the hash of the input": (
        edited(f"records/{NAME}.json", lambda r: r["input"].update(sha256="0" * 64)),
        "sha256 of the input is",
    ),
    "the hash of the output": (
        edited(f"records/{NAME}.json", lambda r: r["output"].update(sha256="0" * 64)),
        "sha256 of the output is",
    ),
    "the hash of the sidecar": (
        edited(f"records/{NAME}.json", lambda r: r["swaps"].update(sha256="0" * 64)),
        "sha256 of the swaps is",
    ),
    "another shard's record": (
        edited(f"records/{NAME}.json", lambda r: r.update(name="b")),
        "is the record of 'b'",
    ),
    "no record": (lambda out: (out / f"_link/records/{NAME}.json").unlink(), "is not there"),
    "a damaged record": (
        lambda out: (out / f"_link/records/{NAME}.json").write_text("{"),
        "cannot be read",
    ),
    "a total": (
        edited("manifest.json", lambda m: m["totals"].update(words=1)),
        "but it says 1",
    ),
    "a total that is not there": (
        edited("manifest.json", lambda m: m["totals"].pop("lost")),
        "but it says None",
    ),
    "the manifest's policy": (
        edited("manifest.json", lambda m: m["policy"].update(ratio=0.1)),
        "policy is not what run.json says",
    ),
    "no manifest": (lambda out: (out / "_link/manifest.json").unlink(), "is not there"),
    "the plan": (
        lambda out: (out / "_link/plan.json").write_text(f'["{NAME}", "b.jsonl", "z.jsonl"]'),
        "names z.jsonl",
    ),
    "a missing shard": (lambda out: (out / "b.jsonl").unlink(), "is missing"),
    "a foreign shard": (
        lambda out: (out / "c.jsonl").write_text('{"text":"dog"}\n'),
        "is no shard of this run",
    ),
    "a foreign sidecar": (
        lambda out: (out / "_link/swaps/c.jsonl.parquet").write_text("x"),
        "belongs to no shard",
    ),
    "a foreign quarantine": (
        lambda out: [
            (out / "_link/quarantine").mkdir(),
            (out / "_link/quarantine/c.jsonl").write_text("x"),
        ],
        "belongs to no shard",
    ),
    "no sidecar": (
        lambda out: (out / f"_link/swaps/{NAME}.parquet").unlink(),
        "the sidecar: is not there",
    ),
    "an altered lexicon": (
        lambda out: (out / "_link/lexicon.tsv").write_text("dog\tKind\n"),
        "its hash is not the one in run.json",
    ),
    "another lexicon": (
        lambda out: (out / "_link/lexicon-es.tsv").write_text("dog\tperro\n"),
        "is no file of this run",
    ),
    "another lexicon, with its hash": (
        lambda out: [
            (out / "_link/lexicon.tsv").write_text("dog\tKind\n"),
            edited(
                "run.json",
                lambda r: r["files"].update(
                    {"lexicon.tsv": hashlib.sha256(b"dog\tKind\n").hexdigest()}
                ),
            )(out),
        ],
        "has two hashes of lexicon.tsv",
    ),
    "no hashes": (edited("run.json", lambda r: r.update(files={})), "has two hashes of lexicon"),
    "no mark in the manifest": (
        edited("manifest.json", lambda m: m.pop("mark")),
        "mark is not what run.json says",
    ),
    "the seed": (edited("run.json", lambda r: r.update(seed=4)), "it should be"),
    "the ratio": (edited("run.json", lambda r: r["policy"].update(ratio=0.2)), "not drawn"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A corpus, and every file of the run on it."""
    root = tmp_path_factory.mktemp("made")
    records = [{"id": n, "score": 1.5, "text": f"{n}. {TEXT_IS}"} for n in range(9)]
    data = json_lines(records).replace(b"1.5", b"1.50")
    corpus = shards(root, a_jsonl_zst=compress(data, "zst"), b_jsonl=b'{"text":"a dog"}\n')
    lexicon = Lexicon.from_pairs([*PAIRS, ("today", "heute")], language="de")
    policy = Policy(ratio=0.4, seed=1)
    run(spec(corpus, root / "out", lexicons=Lexicons.of([lexicon]), policy=policy, swaps=True))
    passes(corpus, root / "out")
    files = (root / "out").rglob("*")
    return corpus, {
        str(path.relative_to(root / "out")): path.read_bytes() for path in files if path.is_file()
    }


def laid_out(files: dict[str, bytes], out: Path) -> Path:
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return out


@pytest.mark.parametrize("hashes_fit", [False, True], ids=["as it is", "hashes rewritten"])
@pytest.mark.parametrize("what", TAMPERED)
def test_tampered_data_is_found(
    what: str, hashes_fit: bool, made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    tamper, said = TAMPERED[what]
    tamper(out)
    if hashes_fit:
        rewritten(out)
    shown = checked(corpus, out).differences.shown
    assert any(said in line for line in shown), shown
    assert any("sha256" in line for line in shown) != (hashes_fit or what == "a truncated shard")


@pytest.mark.parametrize("what", LIES)
def test_a_lie_beside_the_data_is_found(
    what: str, made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    tamper, said = LIES[what]
    tamper(out)
    shown = checked(corpus, out).differences.shown
    assert any(said in line for line in shown), shown


# --- columns and text -----------------------------------------------------------------------------


def rewrite(name: str, change: Callable[[pa.Table], pa.Table], rows: int = 4) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / name
        if name.endswith("parquet"):
            pq.write_table(change(pq.read_table(path)), path, row_group_size=rows)
            return
        table = change(pa.ipc.open_file(path).read_all())
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=rows)

    return tamper


def without(row: int) -> Callable[[pa.Table], pa.Table]:
    return lambda table: pa.concat_tables([table.slice(0, row), table.slice(row + 1)])


COLUMNS: dict[str, tuple[Tamper, str]] = {
    "a value": (
        rewrite("a.parquet", with_column("id", 6, 99)),
        'row 7: column \'id\' should hold "6", not "99"',
    ),
    "a zero's sign": (
        rewrite("a.parquet", with_column("f", 3, 0.0)),
        'row 4: column \'f\' should hold "-0.0", not "0.0"',
    ),
    "a nested value": (
        rewrite("b.arrow", with_column("nested", 6, [{"a": 1.0}]), 6),
        "row 7: column 'nested' should hold",
    ),
    "a null": (rewrite("b.arrow", with_column("text", 8, ""), 6), "row 9: column 'text' should"),
    "a text": (
        rewrite("a.parquet", with_column("text", 0, "The dog")),
        "row 1: byte 0 of the text",
    ),
    "a missing row": (
        rewrite("a.parquet", without(6)),
        "row 7 of the original: the row is missing",
    ),
    "the last row": (
        rewrite("b.arrow", without(14), 6),
        "row 15 of the original: the row is missing",
    ),
    "a doubled row": (
        rewrite("a.parquet", lambda t: pa.concat_tables([t.slice(0, 4), t.slice(3)])),
        "row 5: the row",
    ),
    "row groups": (rewrite("a.parquet", lambda table: table, 3), "3, 3, 3, 3, 3 instead of 4, 4"),
    "record batches": (
        rewrite("b.arrow", lambda table: table, 5),
        "5, 1, 5, 1, 3 instead of 6, 6, 3",
    ),
    "metadata": (
        rewrite("a.parquet", lambda table: table.replace_schema_metadata({"note": "lost"})),
        "the schema differs",
    ),
    "a type": (
        rewrite("b.arrow", lambda t: t.set_column(0, "id", t["id"].cast("int64")), 6),
        "the schema differs",
    ),
    "the file's end": (
        lambda out: (out / "a.parquet").write_bytes((out / "a.parquet").read_bytes()[:-9]),
        "cut off or damaged",
    ),
    "a byte of text": (
        lambda out: (out / "t.txt").write_bytes((out / "t.txt").read_bytes()[:-1] + b"x"),
        "of the text",
    ),
    "a paragraph": (
        lambda out: (out / "t.txt").write_bytes(PLAIN[:20] + (out / "t.txt").read_bytes()[3:]),
        "t.txt: line",
    ),
}


@pytest.fixture(scope="module")
def made_of_columns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    root = tmp_path_factory.mktemp("columns")
    corpus = columns(root)
    (corpus / "t.txt").write_bytes(PLAIN)
    run(spec(corpus, root / "out", document="paragraph"))
    passes(corpus, root / "out")
    return corpus, {
        str(path.relative_to(root / "out")): path.read_bytes()
        for path in (root / "out").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("what", COLUMNS)
def test_tampered_columns_and_text_are_found(
    what: str, made_of_columns: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made_of_columns
    out = laid_out(files, tmp_path / "out")
    tamper, said = COLUMNS[what]
    tamper(out)
    shown = checked(corpus, out).differences.shown
    assert any(said in line for line in shown), shown


@pytest.mark.parametrize(
    "tamper",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[1:]),
        lambda path: path.write_bytes(path.read_bytes() + b"{}\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.reasons.jsonl"])
def test_a_quarantine_that_lies_is_found(
    name: str, tamper: Callable[[Path], None], tmp_path: Path
) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    run(spec(corpus, tmp_path / "out", on_error="quarantine"))
    tamper(tmp_path / "out/_link/quarantine" / name)
    assert any("quarantine" in line for line in checked(corpus, tmp_path / "out").differences.shown)


def test_a_tampered_mark_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out", fields=Fields(mark="link")))
    path = tmp_path / "out/a.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"seed":3', b'"seed":4', 1))
    assert "bytes outside the text differ" in checked(corpus, tmp_path / "out").differences.shown[0]


def test_an_original_that_is_another_one_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out"))
    (corpus / "a.jsonl").write_bytes(json_lines(RECORDS).replace(b"house", b"horse"))
    (corpus / "b.jsonl").write_bytes(b'{"text":"dog"}\n')
    shown = "\n".join(checked(corpus, tmp_path / "out", most_differences=99).differences.shown)
    assert "sha256 of the input is" in shown
    assert "b.jsonl: is missing" in shown


def test_a_run_with_a_failed_shard_is_not_complete(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=b'{"text":"dog"}\n', b_jsonl=BAD)
    assert run(spec(corpus, tmp_path / "out")).failed
    [line] = checked(corpus, tmp_path / "out").differences.shown
    assert "b.jsonl: is missing" in line
    assert "has failed" in line


def test_a_bad_record_that_was_let_through_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    run(spec(corpus, tmp_path / "out", on_error="skip"))
    edited("run.json", lambda told: told.update(on_error="fail"))(tmp_path / "out")
    shown = checked(corpus, tmp_path / "out").differences.shown
    assert any("so that its shard should have failed" in line for line in shown)


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda out: (out / "_link/run.json").unlink(), "holds no run of LINK"),
        (lambda out: (out / "_link/run.json").write_text("[]"), "is damaged"),
        (lambda out: (out / "_link/run.json").write_text("{"), "cannot be read"),
        (edited("run.json", lambda told: told.update(kernel_version=99)), "by version 99 of"),
        (edited("run.json", lambda told: told.pop("policy")), "is damaged"),
        (edited("run.json", lambda told: told["policy"].update(ratio=7)), "ratio is 7"),
        (lambda out: (out / "_link/lexicon.tsv").unlink(), "lexicon.tsv cannot be read"),
        (lambda out: (out / "_link/plan.json").write_text("{"), "is damaged"),
    ],
)
def test_what_cannot_be_verified_at_all_is_refused(
    tamper: Tamper, said: str, made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    tamper(laid_out(files, tmp_path / "out"))
    with pytest.raises(UsageError, match=said):
        verify([str(corpus)], tmp_path / "out")


def test_the_command_tells_what_it_found(
    made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    shards_ = [str(path) for path in sorted(corpus.iterdir())]
    done = CliRunner().invoke(cli, ["verify", *shards_, str(out)])
    assert done.exit_code == 0, done.stderr
    assert "verified" in done.stderr
    store(out, [line.replace(b"today", b"\x1b[2Jtoday") for line in lines(out)])
    done = CliRunner().invoke(cli, ["verify", str(corpus), str(out), "--max-differences", "2"])
    assert done.exit_code == 1
    assert done.stderr.count("link: differs: ") == 2
    assert "more differences" in done.stderr
    assert "\x1b" not in done.stderr


def test_runs_without_hashes_of_their_copies_pass(
    made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    edited("run.json", lambda told: told.pop("files"))(out)
    passes(corpus, out)
    (out / "_link/lexicon.tsv").write_text("dog\tKind\n")
    assert checked(corpus, out).differences
