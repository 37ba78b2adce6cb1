"""XML that is parsed without resolving external entities and without expanding its own."""

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from link.errors import LexiconError

_PARAMETER = re.compile(r"""<!ENTITY\s+%\s+\S+\s+(?:"[^"<>]*"|'[^'<>]*')\s*>""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def elements(text: str, path: str, *names: str) -> Iterator[Element]:
    """The elements of these names (without namespaces), each when it ends; it is emptied then.

    Raises `LexiconError` for what is no XML, and for XML that defines or refers to entities.
    """
    # The text is decoded already: whatever encoding it declares, it is UTF-8 now.
    text = _without_parameters(_DECLARATION.sub("", text, count=1))
    stream = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    try:
        for _, element in iterparse(stream, events=("end",), forbid_dtd=False):
            if local_name(element) in names:
                yield element
                element.clear()
    except ParseError as error:
        line, column = error.position
        raise LexiconError(
            f"{path}: line {line}, column {column}: damaged, or not XML ({error})"
        ) from error
    except DefusedXmlException as error:
        raise LexiconError(
            f"{path}: refused, because it defines or refers to entities ({error}); "
            f"a dictionary needs none"
        ) from error


def _without_parameters(text: str) -> str:
    """Without declarations of parameter entities (`<!ENTITY % x "INCLUDE">`), which P4 files have
    in their DOCTYPE and make no use of; they could only ever be used there.
    """
    start = text.find("<!DOCTYPE")
    end = text.find("]>", start)
    if start < 0 or end < 0:
        return text
    head = text[start:end]
    return text[:start] + _PARAMETER.sub("", head) + text[end:]


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]  # of a comment it is no string


def inner_text(element: Element) -> str:
    """All text inside an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())
