"""A folder to work in: a small corpus, a lexicon, and nothing else."""

from pathlib import Path

import pytest

from tests.helpers import TINY_LEXICON, compress, json_lines, some_records


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The working folder of a `link` process: `in/` with three shards, and `tiny.tsv`."""
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(json_lines(some_records(20, 1)))
    (folder / "b.jsonl.gz").write_bytes(compress(json_lines(some_records(20, 2)), "gz"))
    (folder / "c.jsonl.zst").write_bytes(compress(json_lines(some_records(20, 3)), "zst"))
    return tmp_path
