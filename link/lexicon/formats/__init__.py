"""The formats of lexicon files, one small module each; a file's beginning tells which one it is."""

from collections.abc import Sequence

from link.errors import LexiconError
from link.lexicon.formats import (
    apertium,
    buchmeier,
    canonical,
    cedict,
    csv_table,
    dsl,
    json_object,
    kaikki,
    omw,
    pairs,
    swadesh,
    tei,
)
from link.lexicon.formats.parsed import Format, Parsed

# In the order in which they are tried; any text could be pairs.
FORMATS = (
    canonical.FORMAT,
    apertium.FORMAT,
    tei.FORMAT,
    dsl.FORMAT,
    kaikki.FORMAT,
    json_object.FORMAT,
    omw.FORMAT,
    buchmeier.FORMAT,
    cedict.FORMAT,
    csv_table.FORMAT,
    swadesh.FORMAT,
    pairs.FORMAT,
)
BY_NAME = {format_.name: format_ for format_ in FORMATS}

_HEAD = 1 << 16


def format_of(texts: Sequence[str], name: str | None = None) -> Format:
    """The format of some files' texts, or the one that is named.

    Raises `LexiconError` if there is none of that name.
    """
    if name is not None:
        if name not in BY_NAME:
            raise LexiconError(f"{name!r} is no format; known are {', '.join(BY_NAME)}")
        return BY_NAME[name]
    head = texts[0][:_HEAD]
    if len(texts) == 2:
        return omw.FORMAT if omw.recognise(head) else swadesh.FORMAT
    return next(format_ for format_ in FORMATS if format_.recognise(head))


def read(texts: Sequence[str], paths: Sequence[str], name: str | None = None) -> Parsed:
    """The rows of a lexicon's file, or of the files that make one together."""
    if len(texts) > 2:
        raise LexiconError(f"{len(texts)} files make no lexicon; name one, or two that are joined")
    format_ = format_of(texts, name)
    if len(texts) == 2 and format_.files == 1:
        raise LexiconError(f"{paths[1]}: a lexicon of {format_.title} is one file")
    return format_.read(texts, paths)
