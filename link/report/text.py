"""Text from data on its way to a terminal."""


def printable(text: str) -> str:
    """The text with control characters spelled out: a name may not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
