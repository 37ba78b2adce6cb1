"""A lexicon and a corpus for runs."""

from pathlib import Path

import pytest

from link.lexicon import Lexicon
from tests.helpers import TINY_LEXICON, compress, json_lines, some_records
from tests.run.verified import make_run


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    path = tmp_path_factory.mktemp("lexicon") / "tiny.tsv"
    path.write_text(TINY_LEXICON, encoding="utf-8")
    return Lexicon.load(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Shards of every compression and spelling, in folders, beside a file that is none."""
    root = tmp_path / "in"
    special = (
        b"\xef\xbb\xbf"
        + b'{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
        + b'\n{"text":null}\n{"text":""}\n{"text":"the","text":"a dog\\u0027s house"}\n \n'
        + b'{"text":"\\ud800 the dog \\ud83d"}\n{"text":"no final newline, the dog"}'
    )
    shards = {
        "a.jsonl": json_lines(some_records(30, 1)),
        "b.jsonl.gz": compress(json_lines(some_records(30, 2), ensure_ascii=False), "gz"),
        "sub/c.ndjson.zst": compress(json_lines(some_records(30, 3)), "zst"),
        "sub/deep/d.json": special,
        "sub/empty.jsonl": b"",
        "README.md": b"not a shard",
    }
    for name, data in shards.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A corpus, and every file of the run on it."""
    return make_run(tmp_path_factory.mktemp("made"))
