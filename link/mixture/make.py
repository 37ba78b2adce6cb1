"""Making a plan: find the shards of each source, count them, part the budget."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PurePosixPath

from link.errors import UsageError
from link.mixture.choose import Choice
from link.mixture.count import Counted, count_source, tokenizer_of
from link.mixture.plan import Plan, PlannedSource, Wanted, figures_of, solved, weights_of
from link.mixture.sources import Source, check_names
from link.run.documents import reading_tasks
from link.run.engine import Engine, Here, Processes
from link.run.progress import Meter
from link.run.task import Task
from link.shards.fields import Fields
from link.shards.files import is_url
from link.shards.find import STANDARD_STREAM, find_shards, split_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSpec:
    """What is asked for. `sample_bytes`: of each source; None to count all. `copies`: of one
    document, in how many sources of one `copies_of` it may be; None for all.
    """

    sources: Sequence[Source]
    wanted: Wanted
    tokenizer: str
    fields: Fields = field(default_factory=Fields)
    document: str | None = None
    sample_bytes: int | None = None
    copies: int | None = None
    seed: int = 0
    skip_bad: bool = False
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """The shards of a source, and what is left alone."""

    tasks: list[Task]
    left_alone: list[Path | str]

    @property
    def size_bytes(self) -> int:
        return sum(task.size_bytes for task in self.tasks)


def find_sources(spec: PlanSpec) -> dict[str, Found]:
    """The shards of each source. Raises `UsageError` for what can be known to be wrong at once."""
    check_names(spec.sources)
    tokenizer_of(spec.tokenizer)
    if spec.copies is not None and spec.fields.key is None:
        raise UsageError(
            "--copies-per-document needs --key-field, the field that names a document in all its "
            "copies: swapped texts differ, and nothing else tells that they are copies"
        )
    found = {
        source.name: found_in(source.inputs, spec.fields, spec.document) for source in spec.sources
    }
    owners: dict[str, str] = {}
    for name, each in found.items():
        for path in (task.path for task in each.tasks):
            file = path if is_url(path) else os.path.realpath(path)
            if before := owners.get(file):
                where = f"twice in source {name}" if before == name else f"in {before} and {name}"
                raise UsageError(
                    f"{path} is {where}, so its text would count twice and be read more often "
                    f"than max-epochs says; name each shard in one source, once"
                )
            owners[file] = name
    return found


def found_in(inputs: Sequence[str], fields: Fields, document: str | None) -> Found:
    """The shards of a source. Raises `UsageError` if there are none, or one is a pipe."""
    found = find_shards(inputs)
    tasks = reading_tasks(found, fields, document)
    if any(task.path == STANDARD_STREAM for task in tasks):
        raise UsageError("a source is files, which are read more than once; - is none")
    return Found(tasks, found.left_alone)


def found_again(plan: Plan, source: PlannedSource) -> Found:
    """The shards of a planned source. Raises `UsageError` if they are not those of the plan."""
    where = tuple((name, value) for name, value in plan.where)
    fields = Fields(tuple(plan.text_fields), plan.key_field, where)
    found = found_in(source.inputs, fields, plan.document)
    if (len(found.tasks), found.size_bytes) != (source.shards, source.size_bytes):
        raise UsageError(
            f"source {source.name} has {len(found.tasks):,} shards of {found.size_bytes:,} "
            f"bytes, but the plan was made for {source.shards:,} of {source.size_bytes:,}; "
            f"make the plan again, or run where its paths lead to the same files"
        )
    return found


def choices_of(
    sources: Sequence[Source] | Sequence[PlannedSource], seed: int, copies: int | None
) -> dict[str, Choice]:
    """What of each source is there. `copies`: of one document, in how many sources of one
    `copies_of`; None for all.
    """
    choices = {}
    for one in sources:
        others = (other.name for other in sources if other.copies_of == one.copies_of)
        siblings = () if copies is None or one.copies_of is None else tuple(sorted(others))
        keep = Fraction(str(float(one.keep)))
        choices[one.name] = Choice(one.name, seed, keep, copies if siblings else None, siblings)
    return choices


def make_plan(spec: PlanSpec, found: dict[str, Found], meter: Meter) -> tuple[Plan, dict[str, int]]:
    """The plan, and how many bad records were left out of each source.

    Raises `ShardError` for a shard that cannot be read to its end, or (without `skip_bad`) has a
    bad record.
    """
    choices = choices_of(spec.sources, spec.seed, spec.copies)
    counted: dict[str, Counted] = {}
    with closing(engine_for(spec.jobs, meter)) as engine:
        for source in spec.sources:
            counted[source.name] = count_source(
                engine,
                found[source.name].tasks,
                choices[source.name],
                spec.tokenizer,
                sample_bytes=spec.sample_bytes,
                skip_bad=spec.skip_bad,
            )
    amounts = {name: each.amount for name, each in counted.items()}
    tokens, short = solved(spec.sources, amounts, spec.wanted)
    weights = weights_of(tokens)
    tokenizer = tokenizer_of(spec.tokenizer)
    planned = []
    for source in spec.sources:
        amount, given = amounts[source.name], tokens[source.name]
        planned.append(
            PlannedSource(
                name=source.name,
                role=source.role,  # type: ignore[arg-type]  # one of ROLES
                inputs=list(source.inputs),
                shards=len(found[source.name].tasks),
                size_bytes=found[source.name].size_bytes,
                endings=_endings(found[source.name].tasks),
                max_epochs=float(spec.wanted.cap(source)),
                keep=float(source.keep),
                copies_of=source.copies_of,
                available=amount,
                errors=counted[source.name].errors,
                tokens=given,
                **figures_of(given, weights[source.name], amount),
            )
        )
    plan = Plan(
        seed=spec.seed,
        budget=spec.wanted.tokens,
        tokens=sum(tokens.values()),
        tokenizer={"name": tokenizer.name, "sha256": tokenizer.sha256},
        text_fields=list(spec.fields.texts),
        key_field=spec.fields.key,
        where=list(spec.fields.where),
        document=spec.document,
        copies_per_document=spec.copies,
        skip_bad=spec.skip_bad,
        sources=planned,
        short=short,
    )
    return plan, {name: each.bad for name, each in counted.items() if each.bad}


def engine_for(jobs: int, meter: Meter, lock: int | None = None) -> Engine:
    """Processes whose context is nothing but a meter."""
    return Here(_itself, meter) if jobs == 1 else Processes(jobs, _itself, meter, lock)


def _itself(meter: Meter) -> Meter:
    return meter


def _endings(tasks: Sequence[Task]) -> list[str]:
    """The endings of the shards' names, such as `.jsonl.zst`."""
    names = [PurePosixPath(task.name).name for task in tasks]
    stems = [parts[0] for name in names if (parts := split_name(name))]
    return sorted({name[len(stem) :] for name, stem in zip(names, stems, strict=True)})
