"""A folder with the lexicon, and the substituter that its options stand for."""

from pathlib import Path

import pytest

import link
from tests.helpers import TINY_LEXICON


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    return tmp_path


@pytest.fixture
def substituter(work: Path) -> link.Substituter:
    return link.Substituter(link.Lexicon.load(work / "tiny.tsv"), link.Policy(ratio=0.5, seed=7))
