"""What tests of sidecars share: lexicons, texts and runs that record their swaps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.plan import RunSpec
from tests.helpers import some_records

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


def write_shard(folder: Path, data: bytes, name: str = "a.jsonl") -> Path:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / name).write_bytes(data)
    return folder / "in"


# --- columns and plain text -----------------------------------------------------------------------

SCHEMA = pa.schema(
    [("id", pa.int64()), ("lang", pa.string()), ("title", pa.large_string()), ("text", pa.string())]
)


def odd_table(*, damaged: bool = False) -> pa.Table:
    """The records as columns; some texts are not UTF-8 if it is damaged."""
    table = pa.Table.from_pylist(RECORDS, SCHEMA)
    if not damaged:
        return table
    texts = [
        None if record["text"] is None else record["text"].encode() + b"\xff" * (n % 5 == 1)
        for n, record in enumerate(RECORDS)
    ]
    return table.set_column(3, "text", pa.array(texts, pa.binary()))


def columns(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open("rb") as file:
        return pa.ipc.open_file(file).read_all().to_pylist()


def write_columns(folder: Path, name: str, table: pa.Table) -> Path:
    (folder / "in").mkdir()
    if name.endswith(".parquet"):
        pq.write_table(table, folder / "in" / name, row_group_size=13)
    else:
        pyarrow.feather.write_feather(table, folder / "in" / name, chunksize=13)
    return folder / "in"


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


# --- the account ----------------------------------------------------------------------------------
