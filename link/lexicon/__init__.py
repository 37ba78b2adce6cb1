"""Bilingual lexicons: found, read, cleaned and compiled. Shards are no concern of this room."""

from link.lexicon.clean import Translation
from link.lexicon.lexicon import Lexicon
from link.lexicon.report import LoadReport
from link.lexicon.several import Lexicons

__all__ = ["Lexicon", "Lexicons", "LoadReport", "Translation"]
