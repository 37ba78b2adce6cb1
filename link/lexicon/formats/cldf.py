"""Word lists in CLDF (cldf.clld.org): a folder of CSV files, and JSON that says what is in them.

    cldf-metadata.json     which file holds which table, how its columns are called, the licence
    forms.csv              ID,Language_ID,Parameter_ID,Form
    languages.csv          ID,Name,Glottocode,ISO639P3code
    parameters.csv         ID,Name              a concept each, by an English gloss

The folder, the metadata or `forms.csv` name them all. Forms are joined with the glosses; `--lang`
picks a language by its name, Glottocode or ISO code. Many lists hold sounds instead of spellings.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from link.errors import LexiconError
from link.lexicon.decode import decoded
from link.lexicon.formats.concepts import Word, join
from link.lexicon.formats.csv_table import reader_of
from link.lexicon.formats.parsed import INCOMPLETE, Format, Parsed, trimmed
from link.lexicon.languages import known_tag, language_of

_TERMS = "http://cldf.clld.org/v1.0/terms.rdf#"
_FORMS, _LANGUAGES, _PARAMETERS = "FormTable", "LanguageTable", "ParameterTable"
_FILES = {_FORMS: "forms.csv", _LANGUAGES: "languages.csv", _PARAMETERS: "parameters.csv"}
_COLUMNS = {
    "id": "ID",
    "name": "Name",
    "glottocode": "Glottocode",
    "iso639P3code": "ISO639P3code",
    "languageReference": "Language_ID",
    "parameterReference": "Parameter_ID",
    "form": "Form",
}
_METADATA = "-metadata.json"
_PARTS = re.compile(r"\s*(?:[/;=,]|\bor\b)\s*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
NO_LANGUAGE = "skipped, English itself"
_NO_FORMS = "no word list of CLDF: there must be a table of forms beside the metadata"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's file, and the names of its columns by CLDF's terms."""

    file: str
    columns: Mapping[str, str]


def recognise(head: str) -> bool:
    """Whether it is the metadata."""
    return head.lstrip().startswith("{") and f"{_TERMS}Wordlist" in head


def gather(path: Path) -> list[Path]:
    """The files of a word list, its metadata first; none if it is no such list."""
    is_metadata = path.name.endswith(_METADATA) and path.is_file()
    if not (path.is_dir() or is_metadata or path.name == _FILES[_FORMS]):
        return []
    folder = path if path.is_dir() else path.parent
    metadata = [path] if is_metadata else sorted(folder.glob(f"*{_METADATA}"))[:1]
    named = _named(metadata[0].read_bytes(), str(metadata[0])) if metadata else {}
    for table in named.values():
        if not (folder / table.file).is_file():
            raise LexiconError(
                f"{metadata[0]}: names {table.file!r}, but there is no such file beside it; fetch "
                f"or unpack it"
            )
    tables = {**_default(), **named}
    found = [folder / table.file for table in tables.values() if (folder / table.file).is_file()]
    has_forms = folder / tables[_FORMS].file in found
    return [*metadata, *found] if has_forms and len(found) > 1 else []


def is_bundle(files: Sequence[tuple[str, bytes]]) -> bool:
    """Whether there are forms, and more than these."""
    names = [PurePath(path).name for path, _ in files]
    return len(names) > 1 and (
        _FILES[_FORMS] in names or any(name.endswith(_METADATA) for name in names)
    )


def read_files(files: Sequence[tuple[str, bytes]], encoding: str | None) -> Parsed:
    """The rows of all languages; lines are those of the forms. `Parsed.languages` says which there
    are.
    """
    by_name = {PurePath(path).name: (path, data) for path, data in files}
    metadata = next((one for name, one in by_name.items() if name.endswith(_METADATA)), None)
    tables = {**_default(), **(_named(metadata[1], metadata[0]) if metadata else {})}
    if tables[_FORMS].file not in by_name:
        raise LexiconError(f"{files[0][0]}: {_NO_FORMS}")
    parsed = Parsed(about=_about(metadata[1]) if metadata else {})

    def rows_of(role: str, *terms: str) -> Iterator[tuple[int, list[str]]]:
        if file := by_name.get(tables[role].file):
            yield from _rows(decoded(file[1], file[0], encoding), file[0], tables[role], terms)

    for _, (id_, name, glottocode, code) in rows_of(
        _LANGUAGES, "id", "name", "glottocode", "iso639P3code"
    ):
        parsed.languages[id_] = (known_tag(code), name, glottocode, code, id_)
    glosses = {id_: name for _, (id_, name) in rows_of(_PARAMETERS, "id", "name")}
    forms: list[Word] = []
    for line, (language, concept, form) in rows_of(
        _FORMS, "languageReference", "parameterReference", "form"
    ):
        parsed.languages.setdefault(language, ("", language))
        if not (language and concept and form):
            parsed.drop(INCOMPLETE, line)
        elif language_of(parsed.languages[language][0]) == "en":
            parsed.drop(NO_LANGUAGE, line)
        else:
            forms.append(Word(line, concept, form, language))
    english = [
        Word(0, concept, word, "en")
        for concept in dict.fromkeys(form.concept for form in forms)
        for word in _glosses(glosses.get(concept, "") if glosses else concept)
    ]
    join(parsed, english, forms)
    present = {row.language for row in parsed.rows}
    parsed.languages = {id_: one for id_, one in parsed.languages.items() if id_ in present}
    if not parsed.rows:
        raise LexiconError(f"{by_name[tables[_FORMS].file][0]}: {FORMAT.expects}")
    return parsed


def _default() -> dict[str, _Table]:
    return {role: _Table(file, _COLUMNS) for role, file in _FILES.items()}


def _named(metadata: bytes, path: str) -> dict[str, _Table]:
    """The tables by their roles, as the metadata describes them."""
    found = {}
    for table in _objects(_loaded(metadata, path).get("tables")):
        role = str(table.get("dc:conformsTo")).removeprefix(_TERMS)
        if role not in _FILES:
            continue
        file, schema = str(table.get("url")), table.get("tableSchema")
        if PurePath(file).name != file:
            raise LexiconError(f"{path}: names {file!r}, but there is no such file beside it")
        named = {
            str(column.get("propertyUrl")).removeprefix(_TERMS): str(column.get("name"))
            for column in _objects(schema.get("columns") if isinstance(schema, dict) else None)
        }
        found[role] = _Table(file, {**_COLUMNS, **named})
    return found


def _loaded(metadata: bytes, path: str) -> dict[str, Any]:
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError) as error:
        raise LexiconError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise LexiconError(f"{path}: no metadata of CLDF, which are a JSON object")
    return found


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _about(metadata: bytes) -> dict[str, str]:
    values = _loaded(metadata, "")
    keys = {"name": "rdf:ID", "licence": "dc:license", "source": "dc:bibliographicCitation"}
    return {key: values[term] for key, term in keys.items() if isinstance(values.get(term), str)}


def _rows(
    text: str, path: str, table: _Table, terms: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """Line and values of some columns; the last ones of a table need not be there."""
    reader = reader_of(text, ",")
    try:
        header: list[str] = next(reader, [])
        for term in terms if "form" in terms else terms[:1]:
            if table.columns[term] not in header:
                raise LexiconError(
                    f"{path}: line 1 names no column {table.columns[term]!r}; there are "
                    f"{', '.join(header) or 'none'}"
                )
        places = [
            header.index(table.columns[term]) if table.columns[term] in header else len(header)
            for term in terms
        ]
        for row in reader:
            values = [*row, *[""] * (len(header) + 1)]
            yield reader.line_num, [trimmed(values[place]) for place in places]
    except csv.Error as error:
        raise LexiconError(f"{path}: line {reader.line_num}: {error}") from error


def _glosses(gloss: str) -> list[str]:
    """The English words of a gloss: `the hand/arm` has two. Concepticon's are in capitals."""
    plain = " ".join(_BRACKETS.sub(" ", gloss.replace("_", " ")).split())
    plain = plain.lower() if plain.isupper() and len(plain) > 1 else plain
    return [word for word in _PARTS.split(plain) if word]


def read(*texts_and_paths: str) -> Parsed:
    path = texts_and_paths[len(texts_and_paths) // 2]
    raise LexiconError(f"{path}: {_NO_FORMS}; name the folder that holds them")


FORMAT = Format(
    "cldf",
    "CLDF word list (a folder)",
    recognise,
    read,
    "no form is joined with a concept",
    files=0,
)
