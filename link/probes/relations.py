"""What is told and asked: relations with their templates, and facts of a table."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from link.errors import UsageError, reason_of
from link.probes.draws import digest
from link.untrusted import load_yaml, of_kind, read_file

SUBJECT, OBJECT = "{subject}", "{object}"
_HEADER = ["subject", "relation", "object"]


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    statements: list[str]
    questions: list[str]
    objects: dict[str, str] | list[str]


@dataclass(frozen=True, slots=True)
class Relation:
    """Templates with `{subject}` and `{object}`: English statements, questions in the target
    language. `objects`: English form -> target form of each candidate.
    """

    name: str
    statements: tuple[str, ...]
    questions: tuple[str, ...]
    objects: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; `object` is the English form."""

    subject: str
    relation: str
    object: str

    @property
    def id(self) -> str:
        """16 hexadecimal digits of what the fact says."""
        return f"{digest(self.subject, self.relation, self.object):016x}"


def read_relations(path: Path) -> dict[str, Relation]:
    """The relations of a YAML file, by name. Raises `UsageError` that says what to mend."""
    try:
        told = of_kind(load_yaml(read_file(path).decode("utf-8-sig")), dict[str, _Told])
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {reason_of(error)}") from error
    if not told:
        raise UsageError(f"{path}: no relations; see docs/probes.md for how to write them")
    return {name: _relation(f"{path}: {name}", name, each) for name, each in told.items()}


def _relation(where: str, name: str, told: _Told) -> Relation:
    objects = told.objects
    forms = objects if isinstance(objects, dict) else dict(zip(objects, objects, strict=True))
    if len(forms) < 2 or len(forms) < len(objects):
        raise UsageError(f"{where}: give two or more objects, each once")
    for form in (*forms, *forms.values()):
        if not form.strip():
            raise UsageError(f"{where}: an object is empty; write it out")
    if len(set(forms.values())) < len(forms):
        [double, *_] = [one for one in forms.values() if list(forms.values()).count(one) > 1]
        raise UsageError(f"{where}: two objects are both {double!r}; a question could not tell")
    if not (told.statements and told.questions):
        raise UsageError(f"{where}: give at least one of the statements and of the questions")
    for template in (*told.statements, *told.questions):
        if strange := set(re.findall(r"\{[^{}]*\}", template)) - {SUBJECT, OBJECT}:
            raise UsageError(f"{where}: {template!r}: {min(strange)} is neither subject nor object")
        if SUBJECT not in template:
            raise UsageError(f"{where}: {template!r} lacks {SUBJECT}")
    for template in told.statements:
        if template.count(OBJECT) != 1:
            raise UsageError(f"{where}: {template!r} must have {OBJECT} once")
    for template in told.questions:
        if template.count(OBJECT) > 1:
            raise UsageError(f"{where}: {template!r} has {OBJECT} twice; where is the answer?")
    questions = (one if OBJECT in one else f"{one} {OBJECT}" for one in told.questions)
    return Relation(name, tuple(told.statements), tuple(questions), forms)


def read_facts(path: Path, relations: dict[str, Relation]) -> list[Fact]:
    """The facts of a table with a fact a row: tabs, or commas if its name ends in `.csv`.

    A first row `subject relation object` is its heading. Raises `UsageError` with the line.
    """
    facts: dict[tuple[str, str], Fact] = {}
    for where, row in _rows(path):
        cells = [" ".join(cell.split()) for cell in row]
        if len(cells) != len(_HEADER) or not all(cells):
            raise UsageError(f"{where}: {row} must be a subject, a relation and an object")
        fact = Fact(*cells)
        if fact.relation not in relations:
            known = ", ".join(relations)
            raise UsageError(f"{where}: unknown relation {fact.relation!r}; known are {known}")
        if fact.object not in relations[fact.relation].objects:
            known = ", ".join(relations[fact.relation].objects)
            raise UsageError(
                f"{where}: {fact.object!r} is not an object of {fact.relation}; they are {known}"
            )
        if facts.setdefault((fact.subject, fact.relation), fact) != fact:
            raise UsageError(
                f"{where}: {fact.subject} has two objects for {fact.relation}; keep one of them"
            )
    if not facts:
        raise UsageError(f"{path}: no facts; write a subject, a relation and an object a row")
    return list(facts.values())


def _rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Where a row stands, and its cells."""
    is_csv = path.suffix.lower() == ".csv"
    try:
        text = io.StringIO(read_file(path).decode("utf-8-sig"), newline="")
        # Tables with tabs are not quoted, so that a quotation mark is one.
        table = (
            csv.reader(text, strict=True)
            if is_csv
            else csv.reader(text, "excel-tab", quoting=csv.QUOTE_NONE)
        )
        for row in table:
            is_heading = table.line_num == 1 and [one.strip().casefold() for one in row] == _HEADER
            if any(cell.strip() for cell in row) and not is_heading:
                yield f"{path}: line {table.line_num}", row
    except csv.Error as error:
        raise UsageError(
            f"{path}: line {table.line_num}: {error}; is a quotation mark missing?"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {reason_of(error)}") from error
