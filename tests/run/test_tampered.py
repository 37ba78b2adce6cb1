"""`link verify` finds whatever was done to a run of JSON Lines, or to what stands beside it."""

import hashlib
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from link.cli import cli
from tests.helpers import RECORDS, edit_record, json_lines, some_text
from tests.run.helpers import run
from tests.run.verified import (
    NAME,
    PAIRS,
    Tamper,
    checked,
    edited,
    is_found,
    laid_out,
    lines,
    shards,
    spec,
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
    "a text respelled": (swapped(b"The", b"\\u0054he"), "the same text, but written differently"),
    "no record any more": (swapped(b'"id": 2', b'"id" 2'), "is not a record any more"),
    "a truncated shard": (truncated, "truncated"),
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
        "is not a shard of this run",
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
        "is not a file of this run",
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
    "the card": (
        lambda out: (out / "_link/README.md").write_text("# Pure English\n"),
        "README.md: is not what the manifest makes",
    ),
    "no card": (lambda out: (out / "_link/README.md").unlink(), "README.md: cannot be read"),
    "which files are data": (
        lambda out: (out / ".huggingface.yaml").write_text("configs: []\n"),
        ".huggingface.yaml: is not what the manifest makes",
    ),
    "a failed shard in the manifest": (
        edited("manifest.json", lambda m: m.update(failed=[{"shard": "b", "reason": "no"}])),
        "names failed shards",
    ),
    "no mark in the manifest": (
        edited("manifest.json", lambda m: m.pop("mark")),
        "mark is not what run.json says",
    ),
    "the seed": (edited("run.json", lambda r: r.update(seed=4)), "it should be"),
    "the ratio": (edited("run.json", lambda r: r["policy"].update(ratio=0.2)), "not drawn"),
}


@pytest.mark.parametrize(
    ("what", "hashes_fit"),
    [
        *((what, True) for what in TAMPERED),
        ("a byte outside a word", False),
        ("a doubled record", False),
    ],
)
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


# --- any change -----------------------------------------------------------------------------------

CHANGES = 1000
WORDS = [word.encode() for pair in PAIRS for word in pair if word.isalpha()]


def changed(line: bytes, random_: random.Random) -> bytes:
    """A line with another byte, a byte more, a byte less, another word, or a word less."""
    at = random_.randrange(len(line))
    byte = bytes([random_.choice([n for n in range(256) if n not in (10, line[at])])])
    words = list(re.finditer(rb"\w+", line))
    word = random_.choice(words)
    other = random_.choice([each for each in WORDS if each != word[0]])
    return random_.choice(
        [
            line[:at] + byte + line[at + 1 :],
            line[:at] + byte + line[at:],
            line[:at] + line[at + 1 :],
            line[: word.start()] + other + line[word.end() :],
            line[: word.start()] + line[word.end() :],
        ]
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_each_of_thousands_of_changes_is_told_of(name: str, tmp_path: Path) -> None:
    random_ = random.Random(name)
    texts = [
        f"{n} {' '.join(some_text(random_, 5).split())} the dog." for n in range(CHANGES * 3 // 2)
    ]
    if name == "a.jsonl":
        corpus = shards(tmp_path, a_jsonl=json_lines([{"id": 1.0, "text": text} for text in texts]))
    else:
        corpus = shards(tmp_path, a_txt="".join(f"{text}\n" for text in texts).encode())
    run(spec(corpus, tmp_path / "out"))
    path = tmp_path / "out" / name
    before = path.read_bytes().splitlines()
    numbers = set(random_.sample(range(len(before)), CHANGES))
    after = [changed(line, random_) if n in numbers else line for n, line in enumerate(before)]
    path.write_bytes(b"".join(line + b"\n" for line in after))
    found = checked(corpus, tmp_path / "out", most_differences=9999, sample=0).differences
    told = [re.search(rf"{name}: line (\d+), byte", one) for one in found.shown]
    lines_ = [int(one[1]) - 1 for one in told if one]
    assert sorted(lines_) == sorted(numbers)
    assert not found.given_up


def test_a_shard_that_is_another_one_is_given_up(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines([{"text": f"dog {n}"} for n in range(150)]))
    run(spec(corpus, tmp_path / "out"))
    path = tmp_path / "out" / "a.jsonl"
    path.write_bytes(json_lines([{"text": f"cat {n}"} for n in range(150)]))
    for most, least in ((10, 100), (120, 120), (9999, 150)):
        found = checked(corpus, tmp_path / "out", most_differences=most).differences
        assert len(found.shown) == min(most, found.count)
        assert least <= found.count <= least + 3
        assert found.given_up == ([] if least == 150 else [str(path)])
    done = CliRunner().invoke(cli, ["verify", str(corpus), str(tmp_path / "out")])
    assert done.exit_code == 1
    assert f"link: given up: {path}: the rest of it was not compared" in done.stderr
    assert "at least 100 differences" in done.stderr
