"""Bilingual lexicons: finding, reading, cleaning and compiling them. Shards are no concern of it."""

from link.lexicon.lexicon import Lexicon, LoadReport, Translation

__all__ = ["Lexicon", "LoadReport", "Translation"]
