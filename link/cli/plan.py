"""`link plan`: how many tokens each source gives to a training run."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from link.cli.config import check_options, load_options
from link.cli.files import put_file, refuse_shards, refuse_unwritable
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import fields_of, jobs_option, text_options
from link.cli.progress import progress_bar
from link.cli.sizes import Size
from link.cli.terminal import standard_output
from link.errors import UsageError
from link.printable import printable, size_text

if TYPE_CHECKING:
    from link.mixture.make import PlanSpec
    from link.mixture.plan import Plan, PlannedSource, Short

STANDARD_STREAM = "-"
STACKS = ("megatron", "nanotron", "litgpt", "olmo-core", "torchtitan", "torchtune", "mosaic")
_SOURCES = "link.sources"
_OF_A_MADE_PLAN = frozenset({"file", "json_file", "stack", "prepared", "quiet"})


def _read(context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A click callback: a YAML file's values are the command's defaults."""
    if name is None or name.lower().endswith(".json"):
        return name
    values = load_options(name)
    sources = values.pop("sources", [])
    if not (isinstance(sources, list) and all(isinstance(each, dict) for each in sources)):
        raise UsageError(f"{name}: sources must be a list of `name: …`, `input: …` and so on")
    context.meta[_SOURCES] = sources
    if isinstance(values.get("share"), dict):
        values["share"] = [f"{key}={share}" for key, share in values["share"].items()]
    for key in ("tokens", "portion", "max-epochs"):
        if isinstance(values.get(key), int | float) and not isinstance(values[key], bool):
            values[key] = str(values[key])
    checked = check_options(context.command, name, values)
    context.default_map = {**(context.default_map or {}), **checked}
    return name


@click.command(cls=GroupedCommand)
@click.argument("file", metavar="[FILE]", required=False, is_eager=True, callback=_read)
@grouped_option(
    "Mixture",
    "--source",
    "sources",
    multiple=True,
    metavar="NAME=FOLDER[,role=ROLE][,max-epochs=N][,keep=SHARE][,copies-of=X]",
    help="Text of one kind. ROLE: english, substituted, target, other. Repeatable.",
)
@grouped_option("Mixture", "--tokens", metavar="N", help="Budget, such as 300M or 10B. Required.")
@grouped_option(
    "Mixture",
    "--share",
    "shares",
    multiple=True,
    metavar="NAME=SHARE",
    help="Share of the budget for a source, or for a role: target=0.05. Repeatable.",
)
@grouped_option(
    "Mixture",
    "--portion",
    metavar="SHARE",
    help="Share of the English that is substituted. [default: by the tokens there are]",
)
@grouped_option(
    "Mixture",
    "--max-epochs",
    default="4",
    show_default=True,
    metavar="N",
    help="How often text may be read, 1.5 for instance, unless a source says otherwise.",
)
@grouped_option(
    "Mixture",
    "--copies-per-document",
    "copies",
    type=click.IntRange(min=0),
    metavar="N",
    help="Let a document be in at most N of the substituted sources, or of those with one "
    "copies-of; needs --key-field.",
)
@text_options("Count only records with this value.")
@grouped_option(
    "Input",
    "--on-error",
    type=click.Choice(("fail", "skip")),
    default="fail",
    show_default=True,
    help="Whether a bad record ends it all, or is left out.",
)
@grouped_option("Count", "--tokenizer", metavar="MODEL", help="Tokenizer's file. Required.")
@grouped_option(
    "Count",
    "--sample",
    type=Size(),
    default="100MB",
    show_default=True,
    metavar="BYTES",
    help="Text of each source to count; the rest is estimated, with its error.",
)
@grouped_option("Count", "--count", "is_whole", is_flag=True, help="Count all text.")
@grouped_option(
    "Count",
    "--seed",
    type=click.IntRange(min=0, max=(1 << 64) - 1),
    default=0,
    show_default=True,
    help="Seed of samples, and of which documents are kept.",
)
@grouped_option(
    "Report", "--json", "json_file", metavar="FILE|-", help="Write the plan; `-`: print only that."
)
@grouped_option(
    "Report",
    "--for",
    "stack",
    type=click.Choice(STACKS),
    help="Print the data section of this stack's configuration instead of the table.",
)
@grouped_option(
    "Report",
    "--prepared",
    default="prepared",
    show_default=True,
    metavar="FOLDER",
    help="Where the stack will find each source as its own tools have prepared it.",
)
@jobs_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no table.")
def plan(
    file: str | None, json_file: str | None, stack: str | None, quiet: bool, **options: Any
) -> None:
    """Part a budget of tokens among sources: weights, epochs, and what is short.

    FILE is a YAML file with these options by their long names, and `sources`, a list; or the JSON
    of a plan that has been made, to print it or its configuration again.

    \b
    Examples:
      link plan --source english=en/ --source de=swapped/,role=substituted \\
        --source target=de/ --tokens 10B --share target=0.05 --portion 0.5 \\
        --tokenizer mixed.model --json plan.json
      link plan plan.json --for megatron
    """
    if stack and json_file == STANDARD_STREAM:
        raise click.UsageError("--for and --json - both print; let --json name a file")
    if file and file.lower().endswith(".json"):
        _refuse_changes()
        from link.mixture.plan import load_plan

        made = load_plan(file)
    else:
        json_path = Path(json_file) if json_file and json_file != STANDARD_STREAM else None
        refuse_unwritable({"--json": json_path})
        made = _make(_spec(options), quiet, (file, json_path))
    for short in made.short:
        click.echo(f"link: warning: {printable(_told(short))}", err=True)
    text = json.dumps(made.as_dict(), indent=1) + "\n"
    if json_file and json_file != STANDARD_STREAM:
        put_file(Path(json_file), text.encode())
    if stack:
        from link.mixture.configs import config_text, ignored_settings

        text = config_text(made, stack, options["prepared"])
        if stack != "litgpt" and (ignored := ignored_settings(made)):
            click.echo(
                f"link: warning: {stack} knows nothing of {', '.join(ignored)}; prepare only the "
                f"documents that the plan keeps, or the shards of `link mix`",
                err=True,
            )
    if stack or json_file == STANDARD_STREAM:
        with standard_output():
            sys.stdout.write(text)
    elif not quiet:
        _print(made)


def _refuse_changes() -> None:
    """Raise `UsageError` if a plan that has been made is to be another one."""
    context = click.get_current_context()
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is ParameterSource.COMMANDLINE and option.name not in _OF_A_MADE_PLAN:
            raise click.UsageError(
                f"{option.opts[0]} would change a plan that is made; leave it out, or name the "
                f"sources again"
            )


def _spec(options: dict[str, Any]) -> "PlanSpec":
    from link.mixture.make import PlanSpec
    from link.mixture.plan import Wanted
    from link.mixture.sources import (
        MOST_EPOCHS,
        number_of,
        parse_share,
        parse_source,
        parse_tokens,
        source_of,
    )

    for option in ("tokens", "tokenizer"):
        if options[option] is None:
            raise click.UsageError(f"--{option} is required")
    given = click.get_current_context().meta.get(_SOURCES, [])
    sources = [*map(source_of, given), *map(parse_source, options["sources"])]
    shares = [parse_share(text) for text in options["shares"]]
    names = [name for name, _ in shares]
    if len(set(names)) < len(names):
        raise UsageError("--share names one source or role twice")
    portion = options["portion"]
    wanted = Wanted(
        parse_tokens(options["tokens"]),
        dict(shares),
        None if portion is None else number_of("--portion", portion, 1),
        number_of("--max-epochs", options["max_epochs"], MOST_EPOCHS),
    )
    return PlanSpec(
        sources=sources,
        wanted=wanted,
        tokenizer=options["tokenizer"],
        fields=fields_of(options),
        document=options["document"],
        sample_bytes=None if options["is_whole"] else options["sample"],
        copies=options["copies"],
        seed=options["seed"],
        skip_bad=options["on_error"] == "skip",
        jobs=options["jobs"],
    )


def _make(spec: "PlanSpec", quiet: bool, files: tuple[str | None, Path | None]) -> "Plan":
    """The plan. `files`: the YAML file that is read, the JSON file that will be written."""
    from link.mixture.make import find_sources, make_plan
    from link.run.progress import Meter

    found = find_sources(spec)
    shards = (task.path for each in found.values() for task in each.tasks)
    refuse_shards([files[1]], [files[0], spec.tokenizer, *shards])
    if not quiet:
        for each in found.values():
            for path in each.left_alone:
                click.echo(f"link: not a shard, ignored: {printable(str(path))}", err=True)
    meter = Meter()
    with progress_bar(sum(each.size_bytes for each in found.values()), quiet, meter):
        made, bad = make_plan(spec, found, meter)
    for name, count in bad.items():
        click.echo(f"link: warning: {count:,} bad records of {name} were left out", err=True)
    return made


def _told(short: "Short") -> str:
    """What is short, and what would mend it."""
    of = "" if short.share is None else f", {short.share:.4g} of {short.of},"
    mends = []
    if short.more_tokens is not None:
        words = "" if short.more_words is None else f" (about {short.more_words:,} words)"
        mends.append(f"{short.more_tokens:,} tokens of text more{words}")
    if short.max_epochs is not None:
        mends.append(f"a cap of {short.max_epochs:.2f}".rstrip("0").rstrip(".") + " epochs")
    if short.smaller_share:
        mends.append(f"a share of {short.smaller_share:g}")
    if short.smaller_budget:
        mends.append(f"a budget of {short.smaller_budget:,} tokens")
    return (
        f"{short.name}{of} should have {short.wanted:,} tokens, and can have {short.possible:,}; "
        f"each of these would help: {', or '.join(mends) or 'none: there is no text to read'}"
    )


def _print(plan: "Plan") -> None:
    from rich.table import Table
    from rich.text import Text

    from link.terminal import StandardOutput

    console = StandardOutput(highlight=False)
    if not console.is_terminal:
        console = StandardOutput(highlight=False, width=200, no_color=True)
    table = Table(box=None, pad_edge=False)
    columns = ("source", "role", "has tokens", "words", "text", "documents")
    for number, name in enumerate((*columns, "weight", "epochs", "of", "tokens", "touched")):
        table.add_column(name, justify="right" if number > 1 else "left", no_wrap=True)
    for source in plan.sources:
        table.add_row(*map(Text, _cells(source)))
    console.print(table)
    console.print(f"{plan.tokens:,} of {plan.budget:,} tokens")


def _cells(source: "PlannedSource") -> Iterable[str]:
    def figure(name: str) -> str:
        value = getattr(source.available, name)
        text = size_text(value) if name == "bytes" else f"{value:,}"
        if source.errors is None or name == "bytes":
            return text
        error = getattr(source.errors, name)
        return f"{text} ± {'?' if error is None else f'{error / max(1, value):.1%}'}"

    def cells() -> Iterator[str]:
        yield from (printable(source.name), source.role)
        yield from map(figure, ("tokens", "words", "bytes", "documents"))
        yield f"{source.weight:.6f}"
        yield f"{source.epochs:.4f}"
        yield f"{source.max_epochs:g}"
        yield f"{source.tokens:,}"
        yield f"{source.documents_touched:,}"

    return cells()
