"""`link verify` finds whatever was done to a run of JSON Lines, or to what stands beside it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import RECORDS, edit_record
from tests.run.verified import (
    NAME,
    Tamper,
    checked,
    edited,
    is_found,
    laid_out,
    lines,
    store,
    with_column,
)


def swapped(old: bytes, new: bytes) -> Tamper:
    def tamper(out: Path) -> None:
        data = b"".join(lines(out))
        assert old in data
        store(out, [data.replace(old, new, 1)])

    return tamper


def moved(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    return lambda out: store(out, change(lines(out)))


def sidecar(change: Callable[[pa.Table], pa.Table]) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / "_link" / "swaps" / f"{NAME}.parquet"
        table = change(pq.read_table(path)).cast(pq.read_schema(path))
        pq.write_table(table, path)

    return tamper


def truncated(out: Path) -> None:
    path = out / NAME
    path.write_bytes(path.read_bytes()[:-20])


def rewritten(out: Path) -> None:
    """Every hash and size in the record made to fit the files as they are now."""

    def rewrite(record: dict[str, Any]) -> None:
        for side, file in (
            ("output", out / NAME),
            ("swaps", out / "_link" / "swaps" / f"{NAME}.parquet"),
        ):
            if file.exists():
                record[side]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
                record[side]["size_bytes"] = file.stat().st_size

    edit_record(out, NAME, rewrite)


# What is done to the output -> what is said of it, whatever the record says of hashes.
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
    "a doubled record": (
        moved(lambda all_: all_[:3] + all_[2:]),
        "the record does not belong here",
    ),
    "a moved record": (
        moved(lambda all_: all_[:1] + all_[2:5] + all_[1:2] + all_[5:]),
        "line 2 of the original: the record is missing",
    ),
    "two records exchanged": (
        moved(lambda all_: [*all_[:1], all_[6], *all_[2:6], all_[1], *all_[7:]]),
        "bytes outside the text differ",
    ),
    "a foreign record": (
        moved(lambda all_: [*all_[:4], b'{"text":"no"}\n', *all_[4:]]),
        "the record does not belong here",
    ),
    "a blank line": (
        moved(lambda all_: [*all_[:4], b"\n", *all_[4:]]),
        "the line does not belong here",
    ),
    "an altered field": (swapped(b'"id": 3', b'"id": 8'), "bytes outside the text differ"),
    "a float respelled": (swapped(b"1.50", b"1.5"), "bytes outside the text differ"),
    "a text respelled": (swapped(b"The", b"\\u0054he"), "the same text, but spelled otherwise"),
    "no record any more": (swapped(b'"id": 2', b'"id" 2'), "is no record any more"),
    "a truncated shard": (truncated, "cut off"),
    "a sidecar with another place": (
        sidecar(with_column("start", 3, 77)),
        "row 4: column 'start' should hold \"",
    ),
    "a sidecar with another word": (
        sidecar(with_column("translation", 2, "Kind")),
        "row 3: column 'translation' should hold \"",
    ),
    "a sidecar without a swap": (sidecar(lambda table: table.slice(0, 5)), "row 6: is missing"),
    "a sidecar with a swap too many": (
        sidecar(lambda table: pa.concat_tables([table, table.slice(0, 1)])),
        "is of no swap in the shard",
    ),
}


def record(change: Callable[[dict[str, Any]], object]) -> Tamper:
    return lambda out: edit_record(out, NAME, change)


# Whatever lies, but the data.
LIES: dict[str, tuple[Tamper, str]] = {
    "a count in the record": (
        record(lambda r: r["totals"].update(swapped=1)),
        "swapped is 77, but it says 1",
    ),
    "lost words in the record": (
        record(lambda r: r["totals"]["lost"].update(url=1)),
        "'url': 9}, but it says {'names': 18, 'url': 1}",
    ),
    "the hash of the input": (
        record(lambda r: r["input"].update(sha256="0" * 64)),
        "sha256 of the input is",
    ),
    "the hash of the output": (
        record(lambda r: r["output"].update(sha256="0" * 64)),
        "sha256 of the output is",
    ),
    "the hash of the sidecar": (
        record(lambda r: r["swaps"].update(sha256="0" * 64)),
        "sha256 of the swaps is",
    ),
    "another shard's record": (
        record(lambda r: r.update(name="b")),
        "the record of a.jsonl.zst: is not there",
    ),
    "no record": (lambda out: edit_record(out, NAME, None), "is not there"),
    "a damaged record": (
        lambda out: (out / RECORDS).write_text("{"),
        "the record of a.jsonl.zst: is not there",
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
        ".parquet: is not there",
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
    is_found(*LIES[what], *made, tmp_path / "out")
