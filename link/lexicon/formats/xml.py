"""XML that is parsed without resolving external entities and without expanding its own."""

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from link.errors import LexiconError

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def elements(text: str, path: str, *names: str) -> Iterator[Element]:
    """The elements of these names (without namespaces), each when it ends; it is emptied then.

    Raises `LexiconError` for what is no XML, and for XML that defines or refers to entities.
    """
    # The text is decoded already: whatever encoding it declares, it is UTF-8 now.
    stream = io.BytesIO(_DECLARATION.sub("", text, count=1).encode("utf-8", "surrogatepass"))
    try:
        for _, element in iterparse(stream, events=("end",), forbid_dtd=False):
            if local_name(element) in names:
                yield element
                element.clear()
    except ParseError as error:
        line, column = error.position
        raise LexiconError(f"{path}: line {line}, column {column}: no XML ({error})") from error
    except DefusedXmlException as error:
        raise LexiconError(
            f"{path}: refused, because it defines or refers to entities ({error}); "
            f"a dictionary needs none"
        ) from error


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]  # of a comment it is no string


def inner_text(element: Element) -> str:
    """All text inside an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())
