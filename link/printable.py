"""Text from data on its way to a terminal or a page."""

import unicodedata

_JOINERS = "\u200c\u200d"  # of Hindi, Persian, emoji: they join letters and steer nothing


def printable(text: str) -> str:
    """The text with control characters spelled out: a name may not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(text: str) -> str:
    """A document's text: with its line breaks, spaces and joiners, and all else spelled out.

    >>> shown("a\\tb\\u202ec\\x1b[2J\\r\\nd")
    'a    b\\\\u202ec\\\\x1b[2J\\nd'
    """
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if _is_harmless(c) else printable(c) for c in text)


def _is_harmless(character: str) -> bool:
    return (
        character.isprintable()
        or character in "\n" + _JOINERS
        or unicodedata.category(character) == "Zs"
    )


def counted(number: int, thing: str) -> str:
    """A number of things.

    >>> counted(1, "shard"), counted(1_234, "shard")
    ('1 shard', '1,234 shards')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def size_text(size_bytes: float) -> str:
    """A number of bytes for people.

    >>> size_text(90_200), size_text(1_234_567_890)
    ('90.2 kB', '1,234.6 MB')
    """
    return f"{size_bytes / 1e3:,.1f} kB" if size_bytes < 1e6 else f"{size_bytes / 1e6:,.1f} MB"
