"""The lexicon and the corpus of runs, and the lexicon as `link stats` takes it."""

import pytest

from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from tests.run.conftest import corpus, lexicon

__all__ = ["corpus", "lexicon"]


@pytest.fixture(scope="module")
def german(lexicon: Lexicon) -> Lexicons:
    return Lexicons.of([lexicon])
