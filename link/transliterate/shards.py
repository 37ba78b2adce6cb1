"""Shards transliterated: the texts of their records, everything else as it was.

Each shard is written under a hidden name and appears when it is whole. A run that is started again
does the shards that are missing; one with other settings is refused.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from link.block import Block, Buffer
from link.errors import ShardError, UsageError
from link.publish import publish_bytes, published, sync_folders
from link.run.documents import read_documents, reading_tasks
from link.run.engine import Here, Processes
from link.run.folder import RunFolder
from link.run.progress import Meter
from link.run.shards import as_shard_errors
from link.shards.batch import BadRecord
from link.shards.codecs import NONE, CompressedSink, Tally, compressor
from link.shards.fields import Fields, path_of
from link.shards.find import Shard, find_shards
from link.shards.formats import JSONL, TEXT
from link.shards.jsonl import JsonLines
from link.shards.rows import Rows, Swapped
from link.shards.sink import sink_like
from link.shards.source import Source
from link.shards.text import PlainText
from link.transliterate.model import CharacterModel, words_in
from link.transliterate.words import Transliterator, transliterator

SETTINGS = Path("_link", "transliterate.json")


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the output. `rules`: a file's name, or a library's; `words`: of the target
    language, with their counts, empty for no model.
    """

    rules: str
    words: tuple[tuple[str, int], ...]
    fields: Fields
    document: str

    def transliterator(self) -> Transliterator:
        """What the settings stand for."""
        return transliterator(self.rules, CharacterModel(dict(self.words)) if self.words else None)


def target_words(inputs: Sequence[str], most_bytes: int) -> tuple[tuple[str, int], ...]:
    """The words of shards of target text, up to some bytes of text, with their counts."""
    texts: list[str] = []
    size = 0
    for text in _documents(inputs):
        texts.append(bytes(text[: most_bytes - size]).decode("utf-8", "replace"))
        size += len(text)
        if size >= most_bytes:
            break
    words = words_in(texts)
    if not words:
        raise UsageError(f"{', '.join(inputs)}: no words of target text")
    return tuple(sorted(words.items()))


def _documents(inputs: Sequence[str]) -> Iterator[Buffer]:
    for task in reading_tasks(find_shards(inputs), Fields(), None):
        for read in read_documents(task):
            if read.batch.bad:
                raise ShardError(read.why_bad(str(task.path), read.batch.bad[0]))
            yield from (text for block in read.batch.blocks for text in block.texts)


def transliterate_shards(
    inputs: Sequence[str],
    output: Path,
    settings: Settings,
    *,
    jobs: int = 1,
    overwrite: bool = False,
    report: Callable[[int], object] = lambda _: None,
) -> tuple[int, list[str]]:
    """Transliterate shards into a folder; gives how many were made, and why others failed.

    `report` is called with the bytes of input, as stored, of each shard that is done. Raises
    `UsageError` for a folder of other settings or with other files, or where another run is at
    work.
    """
    settings.transliterator()  # what is wrong with it is told at once
    shards = find_shards(inputs).shards
    folder = RunFolder(output)
    if not (output / SETTINGS).is_file():
        folder.refuse_strangers()
        if folder.run_path.exists():
            raise UsageError(f"{output} holds a run of link substitute; name another folder")
    with folder.locked() as lock:
        todo = _todo(shards, output, settings, overwrite)
        report(sum(map(size_of, shards)) - sum(map(size_of, todo)))
        jobs = min(jobs, len(todo))
        setup = partial(_set_up, settings)
        engine = Here(setup, Meter()) if jobs < 2 else Processes(jobs, setup, Meter(), lock)
        reasons = {}
        with closing(engine):
            do = partial(_transliterate, output=output, settings=settings)
            for shard, result in engine.map(do, ((shard, shard) for shard in todo)):
                report(size_of(shard))
                if isinstance(result, ShardError):
                    reasons[shard.name] = str(result)
        sync_folders(output / shard.name for shard in todo if shard.name not in reasons)
    return len(todo) - len(reasons), [reason for _, reason in sorted(reasons.items())]


def _set_up(settings: Settings, _meter: Meter) -> Transliterator:
    return settings.transliterator()


def size_of(shard: Shard) -> int:
    """The bytes of a shard as stored; 0 where that is not known."""
    path = Path(shard.path)
    return path.stat().st_size if path.is_file() else 0


def _todo(
    shards: Sequence[Shard], output: Path, settings: Settings, overwrite: bool
) -> list[Shard]:
    told = json.dumps(_told(settings), indent=2, ensure_ascii=False).encode() + b"\n"
    own = output / SETTINGS
    known = own.read_bytes() if own.is_file() else None
    if known not in (None, told) and not overwrite:
        raise UsageError(
            f"{output} was transliterated with other settings ({own}); give the same, or "
            f"--overwrite to do all shards again"
        )
    own_folder = output.resolve()
    for shard in shards:
        if own_folder in Path(shard.path).resolve().parents:
            raise UsageError(f"{shard.path} lies in {output}, the output; name another folder")
    targets = {output / shard.name for shard in shards}
    if known not in (None, told):  # two settings never mix
        for path in output.rglob("*"):
            if path.is_file() and path not in targets and own.parent not in path.parents:
                raise UsageError(
                    f"{path} was made otherwise, and these inputs do not replace it; move it away, "
                    f"or name an empty or a new folder"
                )
    if overwrite:  # so that a run that resumes this one does not take them for its own
        for target in targets:
            target.unlink(missing_ok=True)
    publish_bytes(own, told)
    return [shard for shard in shards if not (output / shard.name).exists()]


def _told(settings: Settings) -> dict[str, Any]:
    from link.transliterate.rules import read_rules

    is_library = ":" in settings.rules or settings.rules == "uroman"
    text = settings.rules if is_library else read_rules(settings.rules).text
    return {
        "rules": settings.rules,
        "rules_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "words_sha256": hashlib.sha256(repr(settings.words).encode()).hexdigest(),
        "text_field": list(settings.fields.texts),
        "document": settings.document,
    }


def _transliterate(
    transliterator: Transliterator, shard: Shard, output: Path, settings: Settings
) -> None:
    with as_shard_errors(str(shard.path), shard.format, output):
        _write(transliterator, shard, output / shard.name, settings)


def _write(transliterator: Transliterator, shard: Shard, target: Path, settings: Settings) -> None:
    source = Source(str(shard.path), shard.format, shard.codec, document=settings.document)
    with source, published(target) as file:
        packed = CompressedSink(Tally(file), compressor(shard.codec or NONE))
        sink = sink_like(source, packed, [path_of(name) for name in settings.fields.texts])
        finder: JsonLines | PlainText | Rows
        if shard.format == JSONL:
            finder = JsonLines(settings.fields)
        elif shard.format == TEXT:
            finder = PlainText(settings.fields, settings.document)
        else:
            finder = Rows(settings.fields, source.schema)
        try:
            lines = 0
            for piece in source.pieces():
                batch = finder.find(piece.content, piece.first)
                if batch.bad:
                    raise _bad(shard, batch.bad[0], lines)
                lines += batch.lines
                new = [_block(block, transliterator) for block in batch.blocks]
                if isinstance(finder, Rows):
                    assert batch.rows is not None, "rows were read"
                    sink.write(finder.put_back(batch.rows, new))
                else:
                    sink.write([new[0][0]])
                if piece.ends_group:
                    sink.end_group(piece.metadata)
            sink.close()
        except BaseException:
            sink.abandon()
            raise


def _bad(shard: Shard, bad: BadRecord, lines: int) -> ShardError:
    return ShardError(f"{shard.path}: record {bad.number + lines}: {bad.reason}")


def _block(block: Block, transliterator: Transliterator) -> Swapped:
    """A block's bytes with its documents transliterated, and where these stand."""
    data = memoryview(block.data)
    parts: list[bytes | memoryview] = []
    done = 0
    growth = np.zeros(len(block.starts), np.int64)
    spans = zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    for number, (start, end) in enumerate(spans):
        text = bytes(data[start:end]).decode("utf-8", "surrogatepass")
        new = transliterator.spelled(text, is_escaped=block.escaped)
        raw = new.encode("utf-8", "surrogatepass")
        parts += [data[done:start], raw]
        growth[number] = len(raw) - (end - start)
        done = end
    parts.append(data[done:])
    grown = growth.cumsum()
    return b"".join(parts), block.starts + grown - growth, block.ends + grown
