"""Which fields of a record matter: its texts, its key, and whether it is meant at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from link.errors import UsageError

Path = tuple[str, ...]

IN_LISTS = (
    "texts in lists, as of chat messages, are not reached; write each as a record of its own, "
    "or swap them in Python by link.Substituter"
)


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of fields; `a.b` is field `b` of the object in field `a`.

    `texts`: the fields whose strings are documents, at least one; a record may lack some of them,
    but not all. `key`: the field that names the document; without it the text does. `where`: pairs
    (field, value) that a record must have for its texts to be documents. `mark`: a field of the
    record itself that is added to those that are touched, and that none of them may have.
    """

    texts: tuple[str, ...] = ("text",)
    key: str | None = None
    where: tuple[tuple[str, str], ...] = field(default=())
    mark: str | None = None

    def __post_init__(self) -> None:
        if not self.texts:
            raise UsageError("no text field is named")
        names = [*self.texts, *(name for name, _ in self.where)]
        names += [] if self.key is None else [self.key]
        self._check_mark(names)
        check_names(names if self.mark is None else [*names, self.mark])

    def _check_mark(self, names: list[str]) -> None:
        if self.mark is None:
            return
        if not self.mark or "." in self.mark:
            raise UsageError(
                f"--mark takes the name of a new field of the record itself, without dots, "
                f"not {self.mark!r}"
            )
        for name in names:
            if path_of(name)[0] == self.mark:
                raise UsageError(
                    f"--mark {self.mark} would be a second field of that name, beside the one that "
                    f"holds a text, key or condition ({name}); name another"
                )


def check_names(names: Iterable[str]) -> None:
    """Raise `UsageError` if a name is not UTF-8, as those of every format are."""
    for name in names:
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


def list_of(name: str) -> str:
    """The field that must be a list if a name leads into one.

    >>> list_of("messages[].content"), list_of("messages.content"), list_of("messages")
    ('messages', 'messages', 'messages')
    """
    return path_of(name)[0].removesuffix("[]")


def parse_where(text: str) -> tuple[str, str]:
    """`FIELD=VALUE` as (field, value)."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--where takes FIELD=VALUE, not {text!r}")
    return name, value
