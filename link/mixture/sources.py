"""What a mixture is made of, as the user names it: on the command line, or in a YAML file.

german=shards/de,role=target,max-epochs=8         {name: german, input: shards/de, role: target,
                                                   max-epochs: 8}
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from link.errors import UsageError

ENGLISH, SUBSTITUTED, TARGET, OTHER = "english", "substituted", "target", "other"
ROLES = (ENGLISH, SUBSTITUTED, TARGET, OTHER)
MOST_EPOCHS = 1_000_000

_KEYS = ("name", "input", "role", "max-epochs", "keep", "copies-of")
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z"
_UNITS = {"": 0, "k": 3, "m": 6, "b": 9, "g": 9, "t": 12}
_LONGEST = 40  # characters of a number
_HUGE = re.compile(r"[eE][+-]?[0-9_]{3}")  # an exponent that would take all memory to write out
_TOKENS = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e\+?[0-9]{1,2})?) ?([kmbgt]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Text of one kind. `max_epochs`: how often a document may be read; None for the cap of all.
    `keep`: the share of its documents that is there at all. `copies_of`: what its documents are
    copies of; sources that say the same hold the same documents, each in its own language.
    """

    name: str
    inputs: tuple[str, ...]
    role: str
    max_epochs: Fraction | None = None
    keep: Fraction = Fraction(1)
    copies_of: str | None = None


def source_of(values: Mapping[str, Any]) -> Source:
    """A source from its settings. Raises `UsageError` for what is none."""
    for key in values:
        if key not in _KEYS:
            raise UsageError(f"a source has no {key!r}, but {', '.join(_KEYS)}: {dict(values)!r}")
    name, given = values.get("name"), values.get("input")
    inputs = given if isinstance(given, list) else [given]
    if not isinstance(name, str) or not re.search(NAME, name):
        raise UsageError(
            f"the name of a source is letters, digits, - _ and ., not {name!r}; "
            f"a source is NAME=FOLDER, such as german=shards/de"
        )
    if not inputs or not all(isinstance(text, str) and text for text in inputs):
        raise UsageError(f"source {name} needs an input: a folder, file or glob, or a list of them")
    role = values.get("role", name if name in ROLES else None)
    if role not in ROLES:
        raise UsageError(f"source {name} needs a role ({', '.join(ROLES)}), such as role=target")
    if not isinstance(values.get("copies-of", ""), str):
        raise UsageError(f"copies-of of {name} is a name, not {values['copies-of']!r}")
    epochs = values.get("max-epochs")
    return Source(
        name,
        tuple(map(str, inputs)),
        role,
        None if epochs is None else number_of(f"max-epochs of {name}", epochs, MOST_EPOCHS),
        Fraction(str(float(number_of(f"keep of {name}", values.get("keep", 1), 1)))),  # as in JSON
        values.get("copies-of", SUBSTITUTED if role == SUBSTITUTED else None),
    )


def parse_source(text: str) -> Source:
    """`NAME=FOLDER[,role=ROLE][,max-epochs=N][,keep=SHARE][,copies-of=NAME]` as a source.

    >>> parse_source("german=de,x/,role=target").inputs
    ('de,x/',)
    """
    name, _, rest = text.partition("=")
    values: dict[str, Any] = {}
    while found := re.search(r",(role|max-epochs|keep|copies-of)=([^,=]*)$", rest):
        if found[1] in values:
            raise UsageError(f"source {name} has two values for {found[1]}: {text!r}")
        values[found[1]] = found[2]
        rest = rest[: found.start()]
    return source_of({"name": name, "input": rest, **values})


def number_of(what: str, value: object, most: int) -> Fraction:
    """An exact number from 0 to `most`. Raises `UsageError`."""
    text = str(value)
    try:
        number = Fraction(text if len(text) <= _LONGEST and not _HUGE.search(text) else -1)
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if isinstance(value, bool) or not 0 <= number <= most:
        raise UsageError(f"{what} is a number from 0 to {most:,}, not {text[:_LONGEST]!r}")
    return number


def parse_share(text: str) -> tuple[str, Fraction]:
    """`NAME=SHARE`: of a source, or of all sources of a role.

    >>> parse_share("target=0.05")
    ('target', Fraction(1, 20))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--share takes NAME=SHARE, such as target=0.05, not {text!r}")
    return name, number_of(f"the share of {name}", value, 1)


def parse_tokens(text: str) -> int:
    """Tokens, with k, M, B (or G) and T for thousands, millions, billions and trillions.

    >>> parse_tokens("10B"), parse_tokens("1.5e9"), parse_tokens("300 k")
    (10000000000, 1500000000, 300000)
    """
    found = _TOKENS.fullmatch(text.strip().lower().replace("_", "")[: _LONGEST + 1])
    number = Fraction(found[1]) * 10 ** _UNITS[found[2]] if found else Fraction(0)
    if not 1 <= number <= 10**18:
        raise UsageError(f"a number of tokens is such as 300M, 10B or 2e9, not {text[:_LONGEST]!r}")
    return int(number)


def check_names(sources: Sequence[Source]) -> None:
    """Raise `UsageError` if there is no source, or two have one name."""
    if not sources:
        raise UsageError("no source given; name each with --source NAME=FOLDER, or in a YAML file")
    names = [source.name for source in sources]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two sources are called {twice}; give each a name of its own")
