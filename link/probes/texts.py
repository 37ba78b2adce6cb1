"""Texts of shards, and pairs of texts that mean the same."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from link.errors import ShardError, UsageError
from link.export.documents import Run
from link.export.sentences import sentences_of
from link.run.documents import read_documents, reading_tasks
from link.shards.codecs import NONE, SUFFIXES, Tally, decompressing
from link.shards.fields import Fields
from link.shards.files import open_input
from link.shards.find import find_shards
from link.shards.jsonl import BLOCK_BYTES, runs_of_lines

Pair = tuple[str, str]


def texts_of(inputs: Sequence[str], fields: Fields) -> Iterator[tuple[tuple[str, int], int, str]]:
    """The documents of shards: shard and record, which of the fields, and the text.

    Raises `ShardError` for a record that cannot be read.
    """
    for task in reading_tasks(find_shards(inputs), fields, None):
        first = 0
        for read in read_documents(task, numbered=True):
            batch = read.batch
            if batch.bad:
                raise ShardError(read.why_bad(str(task.path), batch.bad[0]))
            found = []
            for block, places in zip(batch.blocks, batch.places, strict=True):
                columns = (places.record.tolist(), places.field.tolist(), block.texts)
                found += list(zip(*columns, strict=True))
            for record, field, text in sorted(found, key=lambda each: each[:2]):
                whole = bytes(text).decode("utf-8", "surrogatepass")
                yield (task.path, first + record), fields.texts.index(read.names[field]), whole
            first += batch.records


def pairs_of_fields(inputs: Sequence[str], first: str, second: str) -> Iterator[Pair]:
    """Two fields of each record of shards; records that lack one give an empty text for it."""
    place, texts = ("", -1), ["", ""]
    for at, field, text in texts_of(inputs, Fields((first, second))):
        if at != place and place[1] >= 0:
            yield texts[0], texts[1]
            texts = ["", ""]
        place, texts[field] = at, text
    if place[1] >= 0:
        yield texts[0], texts[1]


def pairs_of_files(first: Path, second: Path) -> Iterator[Pair]:
    """Two files line by line. Raises `UsageError` if one has more lines."""
    for number, (one, other) in enumerate(zip_longest(_lines(first), _lines(second)), start=1):
        if one is None or other is None:
            short, long = (first, second) if one is None else (second, first)
            raise UsageError(
                f"{short} ends after line {number - 1:,}, and {long} goes on; lines must be aligned"
            )
        yield one, other


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file that may be compressed, as its ending says."""
    number = 0
    with open_input(str(path)) as file:
        codec = SUFFIXES.get(path.suffix.lower(), NONE)
        for run in runs_of_lines(decompressing(Tally(file), codec, str(path)), BLOCK_BYTES):
            for line in run.removesuffix(b"\n").split(b"\n"):
                number += 1
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise ShardError(f"{path}: line {number:,}: no UTF-8 ({error})") from error


def pairs_of_run(output: Path, link_dir: Path | None = None) -> Iterator[Pair]:
    """Each sentence of a run in which words were swapped, before and after."""
    for document in Run(output, link_dir).documents():
        for sentence in sentences_of(document.parts):
            if sentence.swaps:
                yield sentence.before, sentence.after
