"""The counts of an array job: each task writes its own, and all together are those of one run.

    FOLDER/task-0-of-2.json     settings, what was seen in each of its shards, tally
    FOLDER/task-1-of-2.json

Tallies add up, whatever the order. The settings are all that decides the figures, the names and
sizes of the shards included: counts of something else are refused.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import xxhash

from link.errors import ShardError, UsageError, reason_of
from link.kernel import KERNEL_VERSION
from link.publish import publish_bytes
from link.shards.files import is_url
from link.shards.store import Store
from link.stats.count import Seen, StatsPlan, StatsReport, StatsSpec, tokenizer_of
from link.stats.tally import Tally, TallyTold
from link.untrusted import parse_json, read_file

FORMAT = 1
MOST_BYTES = 1 << 30
"""Of a file of counts. Two million forms of words take 50 to 150 MB."""

_DAMAGE = (ValueError, TypeError, IndexError, OverflowError)
_NAME = re.compile(r"task-(\d+)-of-(\d+)\.json")


@dataclass(frozen=True)
class TaskCounts:
    """What a file holds."""

    settings: dict[str, str]
    shards: list[Seen]
    tally: TallyTold


def write_counts(folder: str, spec: StatsSpec, planned: StatsPlan, report: StatsReport) -> str:
    """Publish the counts of a task in a folder or at a URL; gives the name of the file.

    Raises `UsageError` if it cannot be written.
    """
    counts = TaskCounts(_settings(spec, planned), report.shards, report.tally.as_told())
    data = json.dumps(asdict(counts), separators=(",", ":")).encode()  # in ASCII
    name = f"{spec.part}.json"
    try:
        if is_url(folder):
            Store(folder).put(name, data)
        else:
            publish_bytes(Path(folder) / name, data)
    except (OSError, ShardError) as error:
        raise UsageError(f"{folder}/{name} cannot be written: {_reason(error)}") from error
    return f"{folder.rstrip('/')}/{name}"


def read_counts(folder: str, spec: StatsSpec, planned: StatsPlan) -> StatsReport:
    """What all tasks together have counted.

    Raises `UsageError` if a task's counts are missing, damaged, or of something else.
    """
    report = StatsReport(Tally.of(spec.lexicons.compiled))
    settings = _settings(spec, planned)
    for name in _names(folder):
        try:
            counts = parse_json(_read(folder, name), TaskCounts)
            differences = [
                f"{key} was {counts.settings.get(key)}, now {value}"
                for key, value in settings.items()
                if counts.settings.get(key) != value
            ]
            if not differences:
                report.tally.add_told(counts.tally)
                report.shards += counts.shards
        except (OSError, ShardError, *_DAMAGE) as error:
            raise UsageError(
                f"{folder}/{name} cannot be read ({_reason(error)}); run its task again"
            ) from error
        if differences:
            raise UsageError(
                f"{folder}/{name} counts something else: {'; '.join(differences)}; give the "
                f"options that the tasks had, or remove the folder and run the tasks again"
            )
    report.shards.sort(key=lambda seen: seen.number)
    return report


def _names(folder: str) -> list[str]:
    """The files of all tasks. Raises `UsageError` if there is none, one is missing or too many."""
    try:
        if is_url(folder):
            there = [name for name, _ in Store(folder).list()]
        else:
            there = [path.name for path in Path(folder).iterdir()]
    except (OSError, ShardError) as error:
        raise UsageError(f"{folder} cannot be read: {_reason(error)}") from error
    found = [match for match in map(_NAME.fullmatch, there) if match]
    counts = sorted({int(match[2]) for match in found})
    if not counts:
        raise UsageError(
            f"{folder} has no counts; run the tasks first, with --task-index and --task-count"
        )
    if len(counts) > 1:
        raise UsageError(
            f"{folder} holds counts of {counts[0]} tasks and of {counts[1]}, in which the same "
            f"shards stand twice; remove those of one"
        )
    names = [f"task-{index}-of-{counts[0]}.json" for index in range(counts[0])]
    missing = [name for name in names if name not in there]
    if missing:
        raise UsageError(
            f"{folder} lacks {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}; "
            f"these tasks have not ended"
        )
    return names


def _read(folder: str, name: str) -> bytes:
    if is_url(folder):
        with Store(folder).open(name) as file:
            return file.read()
    return read_file(Path(folder) / name, MOST_BYTES)


def _settings(spec: StatsSpec, planned: StatsPlan) -> dict[str, str]:
    """All that decides the figures, by names that a message can show."""
    shards = [(task.name, task.size_bytes) for task in planned.tasks]
    lexicons = [
        f"{one['name']} {one['sha256'][:16]} {one['inflections_sha256'][:16]} {one['weight']:g}"
        for one in spec.lexicons.as_dicts()
    ]
    settings = {
        **spec.policy.as_dict(),
        "lexicon": lexicons,
        "selection of headwords": spec.lexicons.parts[0].selection.as_dict(),
        **asdict(spec.fields),
        "document": spec.document,
        "by": spec.by,
        "tokenizer": spec.tokenizer and tokenizer_of(spec.tokenizer).sha256,
        "sample": [spec.sample_bytes, spec.sample_seed],
        "shards": [len(shards), xxhash.xxh3_64_hexdigest(json.dumps(shards).encode())],
        "kernel version": KERNEL_VERSION,
        "format": FORMAT,
    }
    return {name: json.dumps(value) for name, value in settings.items()}


def _reason(error: Exception) -> str:
    return reason_of(error) if isinstance(error, OSError) else str(error)
