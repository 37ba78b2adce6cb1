"""The lexicon and the corpus of runs."""

from tests.run.conftest import corpus, lexicon

__all__ = ["corpus", "lexicon"]
