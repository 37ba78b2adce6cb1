"""Documents of a run before and after: the text that stayed, and the swaps between, in order.

    The │ dog → Hund │ sleeps in the │ house → Haus │ .

They are put together from the run's output and the sidecars of `--swaps`; the input is not needed.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from link.errors import ShardError, UsageError
from link.language.characters import APOSTROPHES, LOOKALIKES
from link.policy import ANNOTATE, Policy
from link.run.documents import read_documents, reading_tasks
from link.run.folder import RunFolder
from link.run.run_json import read_run, refuse_damaged
from link.shards.batch import Batch
from link.shards.fields import Fields
from link.shards.find import find_shards, split_name
from link.shards.json_values import text_of
from link.shards.sidecar import read_sidecar, sidecar_path

Row = dict[str, Any]

_POSSESSIVE = tuple(mark + s for mark in APOSTROPHES + LOOKALIKES for s in "sS")


@dataclass(frozen=True, slots=True)
class Swap:
    """A swapped or annotated word or phrase.

    `before`, `after`: what stands there in the input and in the output; of an annotation `after`
    is `before` and what was added. `word`: the word itself, which `before` begins with;
    `translation`: without brackets. `language`: its code. `is_annotation`: whether the word stays.
    `opening`: characters between what stays and the translation: a space and a bracket.
    """

    before: str
    after: str
    word: str
    translation: str
    language: str
    is_annotation: bool
    opening: int = 0


Part = str | Swap


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its swaps.

    `record`: its number in the output shard, from 0. `order`: shard, record and field as numbers,
    which ascend in a run.
    """

    shard: str
    record: int
    field: str
    order: tuple[int, int, int]
    parts: tuple[Part, ...]


class Run:
    """A finished run with sidecars.

    Raises `UsageError` if the folder holds none.
    """

    def __init__(self, output: Path, link_dir: Path | None = None) -> None:
        folder = RunFolder(output, link_dir)
        run = read_run(folder)
        refuse_damaged(run, folder)
        if not run.get("swaps"):
            raise UsageError(f"the run in {output} has no sidecars; run it again with --swaps")
        self.sidecars = folder.swaps
        self.brackets = Policy(seed=run["seed"], **run["policy"]).bracket_pair
        self.fields = tuple(run["text_field"])
        found = find_shards([str(output)])
        self.tasks = reading_tasks(found, Fields(self.fields), run["document"])
        self.names = [task.name for task in self.tasks]
        done = set(self.names)
        if missing := [name for name in folder.planned() if split_name(name) and name not in done]:
            raise UsageError(
                f"the run in {output} is not finished (shards missing: {len(missing):,}, the first "
                f"is {missing[0]}); run `link substitute` again to finish it"
            )

    def documents(self) -> Iterator[Document]:
        """The documents in which anything was swapped, in the order of the shards.

        Raises `ShardError` if a shard or its sidecar is damaged, or they do not fit each other.
        """
        for number, task in enumerate(self.tasks):
            rows = _Rows(sidecar_path(self.sidecars, task.name))
            first = 0
            for read in read_documents(task, numbered=True):
                batch = read.batch
                if batch.bad:
                    raise ShardError(read.why_bad(str(task.path), batch.bad[0]))
                wanted = rows.before(first + batch.records)
                for record, field, text, is_escaped in _texts(batch, first, wanted, read.names):
                    name = read.names[field]
                    parts = _parts(text, wanted.pop((record, name)), self.brackets, is_escaped)
                    if parts is None:
                        raise rows.unfit(task.path, record)
                    order = (number, record, field)
                    yield Document(task.name, record, name, order, tuple(parts))
                for record, _ in wanted:
                    raise rows.unfit(task.path, record)
                first += batch.records
            rows.refuse_more(task.path)


class _Rows:
    """The rows of a sidecar, handed out by document, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows = (row for batch in read_sidecar(path) for row in batch.to_pylist())
        self._next: Row | None = next(self._rows, None)

    def before(self, record: int) -> dict[tuple[int, str], list[Row]]:
        """The further rows of records before a number, by record and field."""
        found: dict[tuple[int, str], list[Row]] = {}
        while self._next is not None and self._next["record"] < record:
            found.setdefault((self._next["record"], self._next["field"]), []).append(self._next)
            self._next = next(self._rows, None)
        return found

    def unfit(self, shard: Path | str, record: int) -> ShardError:
        """The error of a row that does not fit its shard."""
        return ShardError(
            f"{shard}: record {record}: the sidecar {self.path} does not match; make both again "
            f"with `link substitute --swaps --overwrite`"
        )

    def refuse_more(self, shard: Path | str) -> None:
        """Raise `ShardError` if there are rows of records that the shard does not have."""
        if self._next is not None:
            raise self.unfit(shard, self._next["record"])


def _texts(
    batch: Batch, first: int, wanted: Collection[tuple[int, str]], names: Sequence[str]
) -> list[tuple[int, int, bytes, bool]]:
    """Record, field, bytes as they are spelled, and whether these have escapes, of some documents
    of a batch, ascending.
    """
    found = []
    for block, places in zip(batch.blocks, batch.places, strict=True):
        data = memoryview(block.data)
        columns = (places.record + first, places.field, block.starts, block.ends)
        for record, field, start, end in zip(*(each.tolist() for each in columns), strict=True):
            if (record, names[field]) in wanted:
                found.append((record, field, bytes(data[start:end]), block.escaped))
    return sorted(found)


def _parts(
    text: bytes, rows: list[Row], brackets: tuple[str, str], is_escaped: bool
) -> list[Part] | None:
    """The parts of a text; None if the rows do not fit it."""
    parts: list[Part] = []
    done = 0
    for row in rows:
        start, end = row["new_start"], row["new_start"] + row["new_length"]
        if not done <= start <= end <= len(text):
            return None
        kept, written = (_decoded(text[a:b], is_escaped) for a, b in ((done, start), (start, end)))
        source, translation = row["source"], row["translation"]
        if row["mode"] == ANNOTATE:
            stems = [kept[:-2]] if kept.endswith(_POSSESSIVE) else []
            stem = next((each for each in (*stems, kept) if each.endswith(source)), None)
            if stem is None or written != f" {brackets[0]}{translation}{brackets[1]}":
                return None
            at = len(stem) - len(source)
            before = kept[at:]
            opening = 1 + len(brackets[0])
            swap = Swap(
                before, before + written, source, translation, row["language"], True, opening
            )
            parts += [kept[:at], swap]
        elif written != translation:
            return None
        else:
            parts += [kept, Swap(source, written, source, translation, row["language"], False)]
        done = end
    return [part for part in (*parts, _decoded(text[done:], is_escaped)) if part != ""]


def _decoded(text: bytes, is_escaped: bool) -> str:
    if is_escaped and b"\\" in text:
        return text_of(b'"%b"' % text)
    return text.decode("utf-8", "surrogatepass")
