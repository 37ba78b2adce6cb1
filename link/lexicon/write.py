"""A lexicon as a canonical file with a full header."""

from datetime import datetime, timezone

from link.lexicon.formats import canonical
from link.lexicon.lexicon import UNKNOWN_LICENCE, Lexicon

KEYS = ("name", "language", "source", "licence", "date", "headwords")


def as_canonical(lexicon: Lexicon, *, source: str = "", licence: str = "", date: str = "") -> str:
    """The canonical text. What the header lacks of source, licence and date is added.

    A lexicon that came from a canonical file keeps its header as it is.
    """
    about = canonical.metadata(lexicon.comments)
    if lexicon.is_canonical:
        return lexicon.canonical_text()
    values = {
        "name": lexicon.name,
        "language": about.get("language") or lexicon.language,
        "source": about.get("source") or source,
        "licence": licence or (lexicon.licence if lexicon.licence != UNKNOWN_LICENCE else ""),
        "date": about.get("date") or date or f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "headwords": "lemmas" if lexicon.inflect else "",
    }
    values["licence"] = values["licence"] or UNKNOWN_LICENCE
    header = [f"# {key}: {' '.join(values[key].split())}" for key in KEYS if values[key]]
    rest = [
        comment
        for comment in lexicon.comments
        if not any(comment.startswith(f"# {key}:") for key in KEYS)
    ]
    return lexicon.canonical_text((*header, *rest))
