"""What a run is to do: its specification, and the plan of its shards, made before any work."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from link import __version__
from link.errors import LexiconError, UsageError
from link.kernel import KERNEL_VERSION
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.context import Ray
from link.run.folder import RunFolder, Slice
from link.run.task import ErrorPolicy, Input, Output, Remote, Task
from link.shards.arrow import body_codec_of
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.files import is_url, local_path
from link.shards.find import (
    STANDARD_STREAM,
    Found,
    Shard,
    find_shards,
    fixed_part,
    output_name,
    refuse_clashes,
    split_name,
)
from link.shards.formats import ARROW, COLUMNAR, JSONL, TEXT
from link.shards.parquet import compression_settings
from link.shards.quarantine import FAIL, QUARANTINE
from link.shards.sidecar import SWAPS, sidecar_path
from link.shards.text import FILE, LINE


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What is to be done, as the command line or a configuration says it.

    `output`: a folder, or None for standard output. `container`: the format to convert to, or None
    to keep each input's. `compression`: (codec, level), or None likewise. `document`: what of plain
    text is one; None for lines, and for standard input that is JSON Lines.
    `swaps`: each shard gets a sidecar that says what was swapped in it. `link_dir`: where a
    quarantine and sidecars go, if not under the output folder's `_link`. `part`: what of the run is
    done here. `ray`: the cluster it is done on; None for `jobs` processes. `url`: where the output
    really goes; then `output` is an empty local folder that stands for it.
    """

    inputs: Sequence[str]
    output: Path | None
    lexicons: Lexicons
    policy: Policy
    fields: Fields = field(default_factory=Fields)
    container: str | None = None
    compression: tuple[str, int | None] | None = None
    document: str | None = None
    on_error: str = FAIL
    max_errors: int | None = None
    swaps: bool = False
    link_dir: Path | None = None
    jobs: int = 1
    part: Slice | None = None
    ray: Ray | None = None
    overwrite: bool = False
    url: str | None = None

    @property
    def shown(self) -> str:
        """The output as messages say it."""
        return self.url or (str(self.output) if self.output else "standard output")

    def as_dict(self) -> dict[str, Any]:
        """All that decides the output's bytes."""
        policy = self.policy.as_dict()
        codec, level = self.compression or (None, None)
        return {
            "version": __version__,
            "kernel_version": KERNEL_VERSION,
            "seed": policy.pop("seed"),
            "policy": policy,
            "lexicons": self.lexicons.as_dicts(),
            "select": self.lexicons.parts[0].selection.as_dict(),
            "text_field": list(self.fields.texts),
            "key_field": self.fields.key,
            "where": [f"{name}={value}" for name, value in self.fields.where],
            "on_error": self.on_error,
            "swaps": self.swaps,
            "mark": self.fields.mark,
            "format": self.container,
            "document": self.document or LINE,
            "compression": codec and f"{codec}{'' if level is None else f':{level}'}",
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The shards of a run and where they go. `size_bytes`: of the inputs as stored, if known.

    `companions`: files that go with a saved dataset, and their names relative to the output folder.
    """

    tasks: list[Task]
    left_alone: list[Path | str]
    companions: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of all outputs."""
        return [task.name for task in self.tasks] + [name for _, name in self.companions]

    @property
    def size_bytes(self) -> int:
        return sum(task.size_bytes for task in self.tasks)


def plan(spec: RunSpec) -> Plan:
    """Find the shards and name their outputs; raises `UsageError` before any work is done."""
    refuse_useless(spec.lexicons)
    found: Found = find_shards(spec.inputs)
    _refuse_output_inside_input(spec)
    shards = [as_said(shard, spec.document) for shard in found.shards]
    codec, _ = spec.compression or (None, None)
    names = [(shard, output_name(shard, spec.container, codec)) for shard in shards]
    companions = found.companions if spec.container in (None, ARROW) else []
    if spec.output:
        refuse_clashes(
            [*names, *((Shard(str(path), name, NONE), name) for path, name in companions)]
        )
        _refuse_input_inside_output(shards, spec.output, spec.url)
    else:
        _refuse_mixture(spec, shards)
        if spec.on_error == QUARANTINE:
            refuse_clashes([(shard, shard.name) for shard in shards])
        if spec.swaps:
            refuse_clashes(names)
    _refuse_files_of_one_document(spec, shards)
    _refuse_marks(spec, shards)
    tasks = [_task(spec, shard, name) for shard, name in names]
    if spec.output is None:
        _refuse_files_beside_a_pipe(tasks)
        tasks = [*map(_followed, tasks[:-1]), *tasks[-1:]]
    left_alone = [path for path, _ in found.companions if not companions] + found.left_alone
    return Plan(tasks, left_alone, companions)


def _followed(task: Task) -> Task:
    return replace(task, output=replace(task.output, followed=True))


def refuse_useless(lexicons: Lexicons) -> None:
    """Raise `LexiconError` if no text can hold a headword."""
    if lexicons.unused == lexicons.headwords:
        raise LexiconError(
            f"lexicon {lexicons.name}: none of its {lexicons.headwords:,} headwords "
            f"is a word or phrase; expected lines of `source<tab>target`"
        )


def as_said(shard: Shard, document: str | None) -> Shard:
    """Standard input is plain text if it is said what of it is a document."""
    if shard.path == STANDARD_STREAM and document is not None:
        return replace(shard, name="stdin.txt", format=TEXT)
    return shard


def _task(spec: RunSpec, shard: Shard, name: str) -> Task:
    return Task(
        name,
        Input(shard.path, shard.format, shard.codec, spec.fields, spec.document or LINE),
        _output(spec, shard, name),
        ErrorPolicy(spec.on_error, _quarantine_of(spec, shard), spec.max_errors),
    )


def _output(spec: RunSpec, shard: Shard, name: str) -> Output:
    container = spec.container or shard.format
    codec, level = spec.compression or (NONE, None)
    if spec.output or container in COLUMNAR:
        kept = split_name(Path(name).name)
        assert kept is not None, "a shard's output has a shard's name"
        codec = kept[2]
    inner = spec.compression if container in COLUMNAR else None
    if inner and container == ARROW:
        body_codec_of(inner[0])
    elif inner:
        compression_settings(*inner)
    swaps = None
    if spec.swaps:
        swaps = sidecar_path(_link_folder(spec, "the swaps' sidecar needs") / SWAPS, name)
    return Output(
        path=spec.output / name if spec.output else None,
        format=container,
        codec=codec,
        level=level,
        inner=inner,
        swaps=swaps,
        remote=Remote(spec.url, spec.output) if spec.url and spec.output else None,
    )


def _quarantine_of(spec: RunSpec, shard: Shard) -> Path | None:
    if spec.on_error != QUARANTINE:
        return None
    return _link_folder(spec, "a quarantine needs") / QUARANTINE / shard.name


def _refuse_files_beside_a_pipe(tasks: Sequence[Task]) -> None:
    """A pipe's quarantine and sidecars have no run's folder that would tell whose they are."""
    for task in tasks:
        for path in (task.errors.quarantine, task.output.swaps):
            if path and path.exists():
                raise UsageError(
                    f"{path} exists, perhaps from another pipe; "
                    f"name another --link-dir, or move it away first"
                )


def _refuse_marks(spec: RunSpec, shards: Sequence[Shard]) -> None:
    """Only JSON Lines can take another field and be otherwise as they were."""
    if spec.fields.mark is None:
        return
    for shard in shards:
        container = spec.container or shard.format
        if (shard.format, container) != (JSONL, JSONL):
            raise UsageError(
                f"--mark adds a field to JSON Lines only, not to {shard.path} ({shard.format} to "
                f"{container}); leave it out, or take --swaps, which records more"
            )


def _refuse_files_of_one_document(spec: RunSpec, shards: Sequence[Shard]) -> None:
    """Several records would be one document, when the file is read again."""
    if spec.document == FILE and spec.container == TEXT:
        for shard in shards:
            if shard.format != TEXT:
                raise UsageError(
                    f"{shard.path} cannot become plain text with --document file, in which all its "
                    f"records would be one; use --document line or paragraph"
                )


def _refuse_mixture(spec: RunSpec, shards: Sequence[Shard]) -> None:
    """Standard output is one stream, of one container."""
    containers = {spec.container or shard.format for shard in shards}
    apart = set(COLUMNAR) if spec.document in (None, LINE) else {*COLUMNAR, TEXT}
    if len(containers) > 1 or (len(shards) > 1 and containers & apart):
        raise UsageError(
            f"{len(shards)} shards ({', '.join(sorted(containers))}) cannot be written one after "
            f"another to standard output; name a folder with -o, or one shard at a time"
        )


def _link_folder(spec: RunSpec, needs: str) -> Path:
    """The folder of the quarantine and the sidecars."""
    if spec.link_dir:
        return spec.link_dir
    if spec.output is None:
        raise UsageError(
            f"{needs} a place when the output goes to standard output; "
            f"name a folder with --link-dir"
        )
    return RunFolder(spec.output).path


def _refuse_output_inside_input(spec: RunSpec) -> None:
    if spec.output is None:
        return
    output = spec.output.resolve()
    for text in map(local_path, spec.inputs):
        if is_url(text):
            inside = spec.url is not None and _is_below(spec.url, text.partition("**")[0])
        else:
            folder = fixed_part(text) if "**" in text else Path(text)
            is_folder = text != STANDARD_STREAM and folder.is_dir()
            inside = is_folder and folder.resolve() in (output, *output.parents)
        if inside:
            raise UsageError(
                f"output folder {spec.url or spec.output} lies inside the input {text}, where it "
                f"would be read as input the next time; name a folder elsewhere"
            )


def _refuse_input_inside_output(shards: Sequence[Shard], output: Path, url: str | None) -> None:
    """Output may be removed by a later run (`--overwrite`), so it may not be input as well."""
    for shard in shards:
        if shard.path == STANDARD_STREAM:
            continue
        if is_url(shard.path):
            inside = url is not None and _is_below(shard.path, url)
        else:
            inside = output.resolve() in Path(shard.path).resolve().parents
        if inside:
            raise UsageError(
                f"input {shard.path} lies inside the output folder {url or output}; "
                f"name another folder"
            )


def _is_below(url: str, folder: str) -> bool:
    """Whether a URL is another, or lies in it."""
    return f"{url.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
