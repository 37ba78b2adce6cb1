"""Which fields of a record matter: its texts, its key, and whether it is meant at all."""

from dataclasses import dataclass, field

from link.errors import UsageError

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of fields; `a.b` is field `b` of the object in field `a`.

    `texts`: the fields whose strings are documents, at least one; a record may lack some of them,
    but not all. `key`: the field that names the document; without it the text does. `where`: pairs
    (field, value) that a record must have for its texts to be documents.
    """

    texts: tuple[str, ...] = ("text",)
    key: str | None = None
    where: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.texts:
            raise UsageError("no text field is named")
        names = (*self.texts, *(name for name, _ in self.where))
        for name in names if self.key is None else (*names, self.key):
            try:
                name.encode()
            except UnicodeEncodeError:
                raise UsageError(f"field name {name!r} is not UTF-8") from None


def path_of(name: str) -> Path:
    """The way to a field.

    >>> path_of("meta.body")
    ('meta', 'body')
    """
    return tuple(name.split("."))


def parse_where(text: str) -> tuple[str, str]:
    """`FIELD=VALUE` as (field, value)."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--where takes FIELD=VALUE, not {text!r}")
    return name, value
