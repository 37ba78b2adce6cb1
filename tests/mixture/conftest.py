"""Three corpora and a tokenizer, in the folder that tests run in."""

from pathlib import Path

import pytest

from tests.helpers import json_lines, some_records
from tests.tokens.conftest import model as model

SOURCES = (
    "english=en,max-epochs=1",
    "de=de,role=substituted",
    "target=xx",
)


@pytest.fixture
def corpora(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`en/` and `de/` have 300 documents each, of the same ids, and `xx/` has 30."""
    monkeypatch.chdir(tmp_path)
    for name, count, seed in (("en", 300, 1), ("de", 300, 2), ("xx", 30, 3)):
        records = [record | {"id": n} for n, record in enumerate(some_records(count, seed))]
        folder = tmp_path / name
        folder.mkdir()
        for part in range(3):
            (folder / f"{part}.jsonl").write_bytes(json_lines(records[part::3]))
    (tmp_path / "v.model").write_bytes(model.read_bytes())
    return tmp_path
