"""Bilingual lexicons: found, read, cleaned and compiled. Shards are no concern of this room."""

from link.lexicon.hygiene import LoadReport, Translation
from link.lexicon.lexicon import Lexicon

__all__ = ["Lexicon", "LoadReport", "Translation"]
