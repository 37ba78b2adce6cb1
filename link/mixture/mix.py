"""The shards of a mixture: JSON Lines, in an order that seed, documents and epochs alone decide.

First each shard of the sources is read, and its records go to temporary files (`take.py`,
`spill.py`); then each shard of the mixture is put together from these, and published whole. A
killed run goes on where it was. Beside the shards:

    OUT/_link/mix.json         what decides the mixture, written first
    OUT/_link/records/         one file a shard, written after it
    OUT/_link/manifest.json    counts, written last
    OUT/_link/spill/           temporary files, as large as the mixture; gone at the end
"""

import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from link.errors import LinkError, ShardError, UsageError
from link.mixture.choose import Epochs
from link.mixture.make import choices_of, engine_for, found_again
from link.mixture.plan import Plan
from link.mixture.spill import Spilled, read_spill, segments_of, sorted_records
from link.mixture.take import Taking, take_shard
from link.publish import publish_bytes, published, sync_folders
from link.run.engine import Engine, WorkerDiedError
from link.run.folder import FOLDER, RunFolder
from link.run.progress import Meter
from link.run.task import Task
from link.shards.codecs import SUFFIX_OF, CompressedSink, Tally, compressor
from link.shards.files import is_url, status_of
from link.shards.find import fixed_part
from link.untrusted import read_json

Say = Callable[[str], object]
"""Told of each shard that cannot be read."""

_JOINED_BYTES = 1 << 20
_MORE_THAN_TEXT = 1.1
"""A record is about so much larger than its text."""

_OWN = re.compile(r"\.?mix-[0-9]{5}-of-[0-9]{5,6}\.jsonl(\.[a-z0-9]+)?(\.link-partial)?")
"""Names of a mixture's shards, and of those that a kill left unfinished."""

MOST_SHARDS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSpec:
    """What is to be done. `output`: None to count only. `seed`: of documents for part of an epoch,
    and of their order. `shard_bytes`: of a shard, about, uncompressed; `shards`: how many instead.
    `compression`: codec and level. `source_field`: is added to each record.
    """

    plan: Plan
    output: Path | None
    seed: int
    shard_bytes: int = 256 << 20
    shards: int | None = None
    compression: tuple[str, int | None] = ("none", None)
    source_field: str | None = None
    overwrite: bool = False
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Mixing:
    """A mixture that can be made. `takings`: of all shards of the sources."""

    spec: MixSpec
    names: list[str]
    takings: list[Taking]
    left_alone: list[Path | str]

    @property
    def used(self) -> list[str]:
        """The sources that give tokens."""
        return [source.name for source in self.spec.plan.sources if source.tokens]

    @property
    def size_bytes(self) -> int:
        return sum(taking.task.size_bytes for taking in self.takings)


def plan_mix(spec: MixSpec) -> Mixing:
    """Find the shards of the sources. Raises `UsageError` if they are not those of the plan."""
    plan = spec.plan
    used = [source for source in plan.sources if source.tokens]
    if not used:
        raise UsageError("the plan has no tokens, and so no mixture")
    size = sum(source.epochs * (source.available.bytes or 0) for source in used)
    shards = spec.shards or max(1, math.ceil(_MORE_THAN_TEXT * size / spec.shard_bytes))
    if spec.source_field == "":
        raise UsageError("--source-field has no name; name a field, or leave it out")
    if shards > MOST_SHARDS:
        raise UsageError(f"that would be {shards:,} shards; raise --shard-size")
    choices = choices_of(plan.sources, plan.seed, plan.copies_per_document)
    takings: list[Taking] = []
    left_alone: list[Path | str] = []
    for number, source in enumerate(used):
        found = found_again(plan, source)
        left_alone += found.left_alone
        if spec.output:
            _refuse_mingled(spec.output, source.inputs, found.tasks)
        assert source.available.tokens, "load_plan has seen to it"
        full, rest = divmod(source.tokens, source.available.tokens)
        epochs = Epochs(source.name, spec.seed, full, Fraction(rest, source.available.tokens))
        takings += [
            Taking(
                task,
                choices[source.name],
                epochs,
                number,
                shards,
                spec.source_field,
                spec.output and _spill(spec.output / FOLDER, len(takings) + place),
                plan.skip_bad,
            )
            for place, task in enumerate(found.tasks)
        ]
    ending = f".jsonl{SUFFIX_OF[spec.compression[0]]}"
    names = [f"mix-{number:05}-of-{shards:05}{ending}" for number in range(shards)]
    return Mixing(spec, names, takings, left_alone)


def _refuse_mingled(output: Path, inputs: Sequence[str], tasks: Sequence[Task]) -> None:
    """Raise `UsageError` if the mixture would be written among the shards of a source, or a shard
    of a source lies where `--overwrite` removes files.
    """
    own = output.resolve()
    for text in inputs:
        folder = fixed_part(text) if "**" in text else Path(text)
        if not is_url(text) and folder.is_dir() and folder.resolve() in (own, *own.parents):
            raise UsageError(f"{output} is in {text}, a source; name a folder elsewhere")
    for task in tasks:
        if not is_url(task.path) and own in Path(task.path).resolve().parents:
            raise UsageError(f"{task.path}, of a source, is in {output}; name a folder elsewhere")


def _spill(own: Path, number: int) -> Path:
    """The temporary files of a shard of the sources, without ending."""
    return own / "spill" / f"{number:06}"


def list_mix(mixing: Mixing, meter: Meter, say: Say) -> dict[str, Any]:
    """What `write_mix` would write, by counting alone."""
    with closing(engine_for(mixing.spec.jobs, meter)) as engine:
        return _account(mixing, _taken(engine, mixing, say))


def write_mix(mixing: Mixing, meter: Meter, say: Say) -> dict[str, Any]:
    """Write the mixture; the manifest. Raises `LinkError` if a shard cannot be read or written."""
    spec = mixing.spec
    assert spec.output is not None, "there is somewhere to write to"
    folder = RunFolder(spec.output)
    own = folder.path
    decides = _what_decides(mixing)
    if not (own / "mix.json").exists():
        folder.refuse_strangers()
        if folder.run_path.exists():
            raise UsageError(f"{spec.output} holds a run of link substitute; name another folder")
    with folder.locked() as lock:
        if not spec.overwrite and (manifest := _begun(own, decides, spec.output)):
            shutil.rmtree(own / "spill", ignore_errors=True)  # a kill may have left part of it
            if all(_is_there(own, spec.output, name) for name in mixing.names):
                return manifest
        elif spec.overwrite:
            _remove(own, spec.output)
        (own / "spill").mkdir(parents=True, exist_ok=True)
        publish_bytes(own / "mix.json", json.dumps(decides, indent=1).encode())
        with closing(engine_for(spec.jobs, meter, lock)) as engine:
            account = _account(mixing, _taken(engine, mixing, say))
            account["shards"] = _written(engine, mixing)
        written = sum(shard["records"] for shard in account["shards"])
        if written != account["totals"]["records"]:
            raise LinkError("records were lost, which is a defect of LINK")
        publish_bytes(own / "manifest.json", json.dumps(account, indent=1).encode())
        shutil.rmtree(own / "spill")
    return account


def _what_decides(mixing: Mixing) -> dict[str, Any]:
    spec = mixing.spec
    decides = {
        "plan": spec.plan.as_dict(),
        "seed": spec.seed,
        "shards": len(mixing.names),
        "compression": spec.compression,
        "source_field": spec.source_field,
        "input_files": _files_of(mixing.takings),
    }
    return json.loads(json.dumps(decides))  # type: ignore[no-any-return]  # tuples are lists there


def _files_of(takings: Sequence[Taking]) -> str:
    """A hash of the names, sizes and times of all shards of the sources."""
    found = ((taking.task.path, status_of(taking.task.path)) for taking in takings)
    told = [[path, status.size_bytes, status.modified_ns] for path, status in found]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _begun(own: Path, decides: dict[str, Any], output: Path) -> dict[str, Any] | None:
    """The manifest of this mixture, if it was ended before. Raises `UsageError` if another one is
    in the folder.
    """
    if not (own / "mix.json").exists():
        return None
    try:
        before = read_json(own / "mix.json", dict[str, Any])
        manifest = own / "manifest.json"
        ended = read_json(manifest, dict[str, Any]) if manifest.exists() else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{own}: {error}; run again with --overwrite") from error
    different = [name for name in decides if before.get(name) != decides[name]]
    if different:
        raise UsageError(
            f"{output} holds another mixture ({', '.join(different)}); name another folder, or "
            f"give --overwrite"
        )
    return ended


def _remove(own: Path, output: Path) -> None:
    """Remove an earlier mixture: what it has written, and nothing else."""
    for path in output.iterdir():  # a killed mix may have left a shard without its record
        if _OWN.fullmatch(path.name):
            path.unlink()
    for name in ("records", "spill"):
        shutil.rmtree(own / name, ignore_errors=True)
    for name in ("manifest.json", "mix.json"):
        (own / name).unlink(missing_ok=True)


def _record(own: Path, name: str) -> Path:
    return own / "records" / f"{name}.json"


def _is_there(own: Path, output: Path, name: str) -> bool:
    """Whether a shard has its record, and is as large as that says."""
    try:
        record = read_json(_record(own, name), dict[str, Any])
        return bool((output / name).stat().st_size == record["size_bytes"])
    except (OSError, ValueError, KeyError):
        return False


def _taken(engine: Engine, mixing: Mixing, say: Say) -> list[Spilled]:
    """What came of each source: of all its shards together."""
    shards = len(mixing.names)
    sums = [Spilled([0] * shards, [0] * shards) for _ in mixing.used]
    items = []
    for taking in mixing.takings:
        if before := read_spill(taking.spill) if taking.spill else None:
            sums[taking.number].add(before)
        else:
            items.append((taking, taking))
    failed = 0
    for taking, result in engine.map(take_shard, items):
        if isinstance(result, ShardError):
            say(_told(result, taking.task.path))
            failed += 1
        else:
            sums[taking.number].add(result)
    if failed:
        raise LinkError(f"{failed:,} of {len(mixing.takings):,} shards could not be read")
    return sums


def _told(error: ShardError, name: str) -> str:
    return f"{name}: {error}" if isinstance(error, WorkerDiedError) else str(error)


def _account(mixing: Mixing, taken: Sequence[Spilled]) -> dict[str, Any]:
    """Counts by source and by shard of the mixture."""
    by_source = dict(zip(mixing.used, taken, strict=True))
    sources = {
        name: {
            "documents": own.documents,
            "records": sum(own.records),
            "bytes": sum(own.bytes),
            "bad_records": own.bad,
            "records_without_text": own.without_text,
        }
        for name, own in by_source.items()
    }
    shards = [
        {
            "name": name,
            "records": sum(own.records[number] for own in taken),
            "bytes": sum(own.bytes[number] for own in taken),
            "sources": {name: own.records[number] for name, own in by_source.items()},
        }
        for number, name in enumerate(mixing.names)
    ]
    totals = {
        key: sum(own[key] for own in sources.values()) for key in next(iter(sources.values()))
    }
    return {"seed": mixing.spec.seed, "totals": totals, "sources": sources, "shards": shards}


@dataclass(frozen=True, slots=True)
class Writing:
    """A shard of the mixture, one of `shards`. `spills`: how many there are."""

    name: str
    number: int
    shards: int
    output: Path
    spills: int
    compression: tuple[str, int | None]


def _written(engine: Engine, mixing: Mixing) -> list[dict[str, Any]]:
    """The records of all shards, of which those are written that are not there."""
    output = mixing.spec.output
    assert output is not None, "there is somewhere to write to"
    own = output / FOLDER
    shards, spills = len(mixing.names), len(mixing.takings)
    items = (
        (name, Writing(name, number, shards, output, spills, mixing.spec.compression))
        for number, name in enumerate(mixing.names)
        if not _is_there(own, output, name)
    )
    for name, result in engine.map(write_shard, items):
        if isinstance(result, ShardError):
            raise LinkError(_told(result, name))
    return [read_json(_record(own, name), dict[str, Any]) for name in mixing.names]


def write_shard(_meter: Meter, writing: Writing) -> None:
    """Put a shard of the mixture together, and publish it."""
    final, own = writing.output / writing.name, writing.output / FOLDER
    records = size = held_bytes = 0
    held: list[bytes] = []
    with published(final) as file:
        tally = Tally(file)
        sink = CompressedSink(tally, compressor(*writing.compression))
        spills = (_spill(own, number) for number in range(writing.spills))
        segments = segments_of(spills, writing.number, writing.shards)
        for record in sorted_records(own / "spill", segments):
            held.append(record)
            held_bytes += len(record)
            records += 1
            if held_bytes >= _JOINED_BYTES:
                size += sink.write(b"".join(held))
                held, held_bytes = [], 0
        size += sink.write(b"".join(held))
        sink.finish()
    sync_folders([final])
    told = {
        "name": writing.name,
        "records": records,
        "bytes": size,
        "size_bytes": tally.size_bytes,
        "sha256": tally.sha256,
    }
    _record(own, writing.name).parent.mkdir(exist_ok=True)
    publish_bytes(_record(own, writing.name), json.dumps(told).encode())
