"""Bilingual lexicons: found, read, cleaned and compiled. Shards are no concern of this room.

    name, path or URL ──▶ files ──▶ rows ──▶ entries ──▶ headwords ──▶ arrays
                     find      formats   clean      inflect       arrays
                     download  decode    steps      select        tables
                               target    parting    compile       cache

`lexicon.Lexicon` is the whole way, `read` its first half; `several.Lexicons` are those of a run;
`report` says what became of the rows. Where to add
a format: `formats/`; a cleaning rule: the tables of `steps`; a publisher: `download/sources`.
"""

from link.lexicon.clean import Translation
from link.lexicon.lexicon import Lexicon
from link.lexicon.report import LoadReport
from link.lexicon.several import Lexicons

__all__ = ["Lexicon", "Lexicons", "LoadReport", "Translation"]
