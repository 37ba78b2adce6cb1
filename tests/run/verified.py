"""Runs to be verified, what is done to their files, and what `link verify` says of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from link.audit.verify import Verification, verify
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.plan import RunSpec
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


BAD = (
    b'{"text":"the dog"}\nno json\n{"text":7}\n{"text":"the house \xff"}\n\n{"text":"a dog"}\n[]\n'
)
TEXT_IS = (
    "The dog walks to the house near Mark. A river, a river and the green dog. "
    "See https://x.y/dog today."
)


Tamper = Callable[[Path], object]
NAME = "a.jsonl.zst"


def lines(out: Path) -> list[bytes]:
    with zstandard.ZstdDecompressor().stream_reader((out / NAME).read_bytes()) as reader:
        return reader.read().splitlines(keepends=True)


def store(out: Path, new: list[bytes]) -> None:
    (out / NAME).write_bytes(zstandard.ZstdCompressor().compress(b"".join(new)))


def edited(name: str, change: Callable[[Any], None]) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / "_link" / name
        value = json.loads(path.read_bytes())
        change(value)
        path.write_text(json.dumps(value))

    return tamper


def files_of(out: Path) -> dict[str, bytes]:
    """Every file of a run, by its name in the folder."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


def laid_out(files: dict[str, bytes], out: Path) -> Path:
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return out


def is_found(tamper: Tamper, said: str, corpus: Path, files: dict[str, bytes], out: Path) -> None:
    """What is done to a run's files is told of."""
    tamper(laid_out(files, out))
    shown = checked(corpus, out).differences.shown
    assert any(said in line for line in shown), shown


def with_column(name: str, row: int, value: Any) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        values[row] = value
        at = table.schema.get_field_index(name)
        return table.set_column(at, name, pa.array(values, table.schema.field(at).type))

    return change


def make_run(root: Path) -> tuple[Path, dict[str, bytes]]:
    """A corpus, and every file of the run on it."""
    records = [{"id": n, "score": 1.5, "text": f"{n}. {TEXT_IS}"} for n in range(9)]
    data = json_lines(records).replace(b"1.5", b"1.50")
    corpus = shards(root, a_jsonl_zst=compress(data, "zst"), b_jsonl=b'{"text":"a dog"}\n')
    lexicon = Lexicon.from_pairs([*PAIRS, ("today", "heute")], language="de")
    policy = Policy(ratio=0.4, seed=1)
    run(spec(corpus, root / "out", lexicons=Lexicons.of([lexicon]), policy=policy, swaps=True))
    passes(corpus, root / "out")
    return corpus, files_of(root / "out")
