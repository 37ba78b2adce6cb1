"""Restore: the original of a run's output, from the sidecars of its swaps.

Records that were left out are not in the output, and so not in what is restored; those that were
set aside are put back where lines are, as they are, records.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from link.audit.differences import telling
from link.audit.undo import Document, Row, Swaps, in_json, undo_text, undone, without_marks
from link.errors import ShardError, UsageError, reason_of
from link.policy import Policy
from link.publish import publish_bytes, published, sync_folders
from link.run.counts import Count
from link.run.folder import FOLDER, RunFolder
from link.run.run_json import read_run, refuse_damaged
from link.run.task import ShardReport
from link.shards.batch import Batch, Piece, UnfitError
from link.shards.codecs import NONE, CompressedSink, Reader, Tally, compressor, decompressing
from link.shards.fields import Fields, parse_where, path_of
from link.shards.find import split_name
from link.shards.formats import COLUMNAR, FORMAT_OF_SUFFIX, JSONL, TEXT
from link.shards.jsonl import BOM, JsonLines
from link.shards.quarantine import QUARANTINE, read_reasons
from link.shards.rows import Rows
from link.shards.sidecar import read_sidecar, sidecar_path
from link.shards.sink import sink_like
from link.shards.source import Source
from link.shards.text import LINE, PlainText
from link.untrusted import of_kind, open_file, read_file, read_json

OWN = "restored.json"
"""In BACK/_link: what was restored there, so that it may be done again."""

_MOST_READ = 1 << 20

SAME = "the same bytes as the original"
SAME_CONTENT = "the same bytes as the original, decompressed"
UNKNOWN = "its hash cannot be compared"


@dataclass(slots=True)
class Restored:
    """What came of it. `shards`: name and what is known of each; `left_out`: name -> records that
    are not in the output; `put_back`: records that were set aside.
    """

    shards: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    put_back: int = 0


def restore(
    output: Path,
    back: Path,
    *,
    link_dir: Path | None = None,
    overwrite: bool = False,
    begin: Callable[[int], Callable[[int], object]] = lambda _size: lambda _: None,
) -> Restored:
    """Undo a run's swaps into another folder.

    `begin` is called with the size of the output, as stored, and gives what is called with the
    bytes that are done. Raises `UsageError` where that cannot be done at all.
    """
    folder = RunFolder(output, link_dir)
    run = read_run(folder)
    refuse_damaged(run, folder)
    if not run.get("swaps"):
        raise UsageError(
            f"the run in {output} left no sidecars, so nothing tells what was swapped; "
            f"run it again with --swaps"
        )
    names = folder.planned()
    _open_back(output, back, run, names, overwrite)
    progress = begin(sum(_size_of(output / name) for name in names))
    result = Restored()
    for name in names:
        failures: list[str] = []
        with telling(str(output / name), failures.append):
            if split_name(Path(name).name) is None or _is_companion(name):
                publish_bytes(back / name, read_file(output / name))
            else:
                known = _Shard(name, run, folder, back, progress).restore(result)
                result.shards.append((name, known))
        result.failed += [(name, reason) for reason in failures]
    return result


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_companion(name: str) -> bool:
    """Whether a file only goes with the shards of a saved dataset."""
    return Path(name).name in ("state.json", "dataset_info.json", "dataset_dict.json")


def _open_back(
    output: Path, back: Path, run: dict[str, Any], names: Sequence[str], overwrite: bool
) -> None:
    """Make sure that nothing of anybody else's is in the way, and say whose the folder is."""
    one, other = output.resolve(), back.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise UsageError(f"{back} and {output} lie in one another; name a folder elsewhere")
    own = back / FOLDER / OWN
    about = {"run": run, "names": list(names)}
    if back.exists():
        if not back.is_dir():
            raise UsageError(f"{back} is a file; name a folder")
        try:
            is_own = read_json(own, dict[str, Any]) == about
        except (OSError, ValueError):
            is_own = False
        holds_more = any(
            path != own and (path.is_symlink() or not path.is_dir()) for path in back.rglob("*")
        )
        if holds_more and not is_own and not overwrite:
            raise UsageError(
                f"{back} holds something else than what is restored from {output}; name an empty "
                f"or a new folder, or give --overwrite to replace the files of the same names"
            )
    publish_bytes(own, (json.dumps(about, indent=2) + "\n").encode())


class _Shard:
    """One shard to be restored."""

    def __init__(
        self,
        name: str,
        run: dict[str, Any],
        folder: RunFolder,
        back: Path,
        progress: Callable[[int], object],
    ) -> None:
        self.path = folder.output / name
        self.back = back / name
        self.name = name
        self.progress = progress
        self.sidecar = sidecar_path(folder.swaps, name)
        self.document = run["document"]
        self.mark: str | None = run["mark"]
        self.texts = tuple(run["text_field"])
        self.where = tuple(map(parse_where, run["where"]))
        self.brackets = Policy(seed=run["seed"], **run["policy"]).bracket_pair
        self.record = _record_of(folder, name)
        self.format, self.codec = _form(name)
        self.format_in = self._format_of_input()
        self.quarantine = folder.swaps.parent / QUARANTINE / self._name_of_input()

    def _name_of_input(self) -> str:
        """Of a shard that was converted, in the place of its output."""
        stored = Path(self.record.input.path).name
        if stored == "-":
            return self.name
        return str(Path(self.name).with_name(stored))

    def _format_of_input(self) -> str:
        parts = split_name(Path(self.record.input.path).name)
        return FORMAT_OF_SUFFIX[parts[1]] if parts else self.format

    @property
    def spell(self) -> Callable[[Row], bytes]:
        """What is put back: the bytes as they were, or in the spelling of another format."""
        if (self.format_in == JSONL) == (self.format == JSONL):
            return itemgetter("original")
        return in_json if self.format == JSONL else lambda row: str(row["source"]).encode()

    def restore(self, result: Restored) -> str:
        """Publish the shard as it was; says what is known of its bytes."""
        if not self.path.is_file():
            raise ShardError(f"{self.path}: is not there; the run has not done it, or it failed")
        totals = self.record.totals
        aside = totals.records_quarantined
        with ExitStack() as stack:
            source = stack.enter_context(
                Source(
                    str(self.path),
                    self.format,
                    self.codec,
                    document=self.document,
                    progress=self.progress,
                )
            )
            file = stack.enter_context(published(self.back))
            tally = Tally(file)
            content_hash = hashlib.sha256()
            packed = CompressedSink(tally, compressor(self.codec))
            texts = [path_of(name) for name in self.texts]
            sink = sink_like(source, packed, texts)
            stack.push(lambda kind, _error, _trace: sink.abandon() if kind else None)
            swaps = Swaps(read_sidecar(self.sidecar), str(self.sidecar))
            put_back = self._bad_lines() if aside and self._takes_lines else iter(())
            for piece, content in self._pieces(source, swaps, put_back):
                sink.write(content)
                if not isinstance(content, pa.RecordBatch):
                    for part in content:
                        content_hash.update(part)
                if piece is not None and piece.ends_group:
                    sink.end_group(piece.metadata)
            swaps.refuse_more()
            sink.close()
            self._check_output(source)
            put = aside if self._takes_lines else 0
            missing = totals.records_skipped + aside - put
            known = self._known(tally, content_hash.hexdigest(), whole=not missing)
        sync_folders([self.back])
        result.put_back += put
        if missing:
            result.left_out[self.name] = missing
        return known

    # --- what it was ---

    def _finder(self, schema: pa.Schema | None) -> JsonLines | PlainText | Rows:
        fields = Fields(self.texts, where=self.where)
        if self.format == JSONL:
            return JsonLines(self._converted(fields), placed=True)
        if self.format == TEXT:
            return PlainText(Fields(self.texts[:1]), self.document)
        return Rows(self._converted(fields), schema, placed=True)

    def _converted(self, fields: Fields) -> Fields:
        """Conditions on fields that another format may hold elsewhere are left to the sidecar."""
        return fields if self.format_in == self.format else Fields(self.texts)

    def _pieces(
        self, source: Source, swaps: Swaps, bad: Iterator[tuple[int, bytes]]
    ) -> Iterator[tuple[Piece | None, Any]]:
        """Pieces of the output and what they were; at the end, bad lines that are left."""
        finder = self._finder(source.schema)
        records = lines = read_bytes = 0
        next_bad = next(bad, None)
        for piece in source.pieces():
            content = piece.content
            batch = finder.find(content, piece.first)
            if batch.bad:
                first = batch.bad[0]
                raise ShardError(f"{self.path}: record {records}: {first.reason}")
            rows = swaps.before(records + batch.records)
            try:
                new = self._undone(batch, finder, records, rows)
            except UnfitError as error:
                place = "" if self.format in COLUMNAR else f" (byte {read_bytes + error.byte})"
                raise ShardError(
                    f"{self.path}: the sidecar {self.sidecar} does not fit: {error.reason}{place}"
                ) from None
            records += batch.records
            if isinstance(content, bytes):
                read_bytes += len(content)
                assert isinstance(new, bytes), "bytes come from bytes"
                parts = []
                if not lines and next_bad is not None and next_bad[0] == 0 and new.startswith(BOM):
                    parts.append(BOM)  # which stays in OUT, before whatever is first there
                    new = new.removeprefix(BOM)
                for line in io.BytesIO(new):
                    while next_bad is not None and next_bad[0] == lines:
                        parts.append(next_bad[1])
                        lines += 1
                        next_bad = next(bad, None)
                    parts.append(line)
                    lines += 1
                yield piece, parts if self._takes_lines else [new]
            else:
                yield piece, new
        while next_bad is not None:
            yield None, [next_bad[1]]
            next_bad = next(bad, None)

    def _undone(
        self,
        batch: Batch,
        finder: JsonLines | PlainText | Rows,
        records: int,
        rows: dict[Document, list[Row]],
    ) -> bytes | pa.RecordBatch:
        undo = partial(undo_text, spell=self.spell, brackets=self.brackets)
        each = undone(batch, finder.names, records, rows, undo)
        if isinstance(finder, Rows):
            assert batch.rows is not None, "rows were read"
            return finder.put_back(batch.rows, each)
        [(data, _, ends)] = each
        if self.mark is None:
            return bytes(data)
        last: dict[int, int] = {}  # record -> the end of its last text
        for record, end in zip(batch.places[0].record.tolist(), ends.tolist(), strict=True):
            last[record] = end
        return without_marks(bytes(data), self.mark, iter(last.values()))

    # --- what was set aside ---

    @property
    def _takes_lines(self) -> bool:
        """Whether records that were set aside can be put back."""
        is_lines = self.format == JSONL or (self.format == TEXT and self.document == LINE)
        return is_lines and self.format_in == self.format

    def _bad_lines(self) -> Iterator[tuple[int, bytes]]:
        """Number (from 0) and bytes of the lines that were set aside."""
        codec = _form(self.quarantine.name)[1]
        place = 0
        try:
            with open_file(self.quarantine) as file:
                stream = decompressing(Tally(file), codec, str(self.quarantine))
                for line in read_reasons(self.quarantine):
                    told = of_kind(line, _SetAside)
                    _read(stream, told.offset - place)
                    yield told.line - 1, _read(stream, told.size_bytes)
                    place = told.offset + told.size_bytes
        except (OSError, ValueError) as error:
            raise ShardError(
                f"{self.path}: the bad records in quarantine cannot be put back: "
                f"{self.quarantine} cannot be read ({reason_of(error)})"
            ) from error

    # --- what is known ---

    def _check_output(self, source: Source) -> None:
        if source.sha256 != self.record.output.sha256:
            raise ShardError(f"{self.path}: is not what the run wrote: its hash is another one")

    def _known(self, tally: Tally, content_sha256: str, *, whole: bool) -> str:
        """What the hashes of the original say of the restored file."""
        if tally.sha256 == self.record.input.sha256:
            return SAME
        wanted = self.record.input.content_sha256
        if wanted is None or not whole or self.format != self.format_in:
            return UNKNOWN
        if content_sha256 == wanted:
            return SAME_CONTENT
        raise ShardError(
            f"{self.path}: what is restored is not the original: the hash of its content is "
            f"{content_sha256}, but the original's was {wanted}"
        )


@dataclass(frozen=True)
class _SetAside:
    """What is needed of the reason why a line was set aside."""

    line: Count
    offset: Count
    size_bytes: Count


def _read(stream: Reader, size_bytes: int) -> bytes:
    """So many bytes of a stream; nobody knows whether it has them."""
    parts = []
    while size_bytes > 0:
        part = stream.read(min(size_bytes, _MOST_READ))
        if not part:
            raise ValueError("it ends too early")
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)


def _form(name: str) -> tuple[str, str]:
    """Format and compression of a shard, by its name."""
    parts = split_name(Path(name).name)
    return (FORMAT_OF_SUFFIX[parts[1]], parts[2]) if parts else (JSONL, NONE)


def _record_of(folder: RunFolder, name: str) -> ShardReport:
    record = folder.records.get(name)
    if record is None:
        raise ShardError(
            f"{folder.output / name}: there is no record of it in {folder.records.folder} that can "
            f"be read; the run has not done it, or it failed"
        )
    if Path(record.input.path).name in ("", ".."):
        raise ShardError(
            f"{folder.output / name}: {record.input.path!r} in its record is the path of no input"
        )
    return record
