"""`link stats`: what a run would do to some shards, or has done, in figures."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from link.cli.engines import array_options, engine_options, ray_of, slice_of
from link.cli.files import output_folder, put_file, refuse_shards, refuse_unwritable
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import (
    config_option,
    fields_of,
    lexicon_options,
    load_lexicons,
    policy_of,
    policy_options,
    text_options,
)
from link.cli.progress import progress_bar
from link.cli.sizes import Size
from link.cli.terminal import standard_output
from link.printable import printable

if TYPE_CHECKING:
    from link.stats.count import StatsReport, StatsSpec

STANDARD_STREAM = "-"
OF_A_RUN = frozenset({"inputs", "json_file", "html_file", "quiet", "config"})
"""What may be asked of a run that has been: the rest stands in its manifest."""


@click.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@lexicon_options
@policy_options
@text_options("Look only at records with this value.")
@grouped_option(
    "Report", "--by", metavar="FIELD", help="Report each value of this field apart, such as source."
)
@grouped_option(
    "Report",
    "--tokenizer",
    metavar="MODEL",
    help="Count tokens before and after, with this tokenizer file.",
)
@grouped_option(
    "Report",
    "--json",
    "json_file",
    metavar="FILE|-",
    help="Write all figures as JSON; `-` prints only that.",
)
@grouped_option(
    "Report", "--html", "html_file", metavar="FILE", help="Write a page with the figures."
)
@grouped_option(
    "Input",
    "--sample",
    type=Size(),
    metavar="BYTES",
    help="Read only a sample of this size (500MB, 1GB), and report the error of the estimates.",
)
@grouped_option(
    "Input",
    "--sample-seed",
    type=click.IntRange(min=0, max=(1 << 64) - 1),
    default=0,
    show_default=True,
    help="Seed of the sample; --seed is that of the swaps.",
)
@engine_options
@array_options
@grouped_option(
    "Running",
    "--counts",
    metavar="FOLDER",
    help="Folder for the counts of each task. Without --task-index: report all of them.",
)
@config_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no table.")
def stats(inputs: tuple[str, ...], quiet: bool, **options: Any) -> None:
    """Report what a run with these options would do to the shards INPUT.

    The figures: coverage, the highest ratio that can be reached, what each rule takes, which words
    the lexicon lacks, and with --tokenizer the tokens. Only --json and --html write files.

    For the output folder of a run, without -l: the ratio achieved against the ratio asked for.

    \b
    Examples:
      link stats corpus/ -l en-de --ratio 0.3 --by source
      link stats corpus/ -l en-de --sample 1GB --json stats.json
      link stats corpus/ -l en-de --slurm --counts counts/
      link stats swapped/
    """
    if not inputs:
        raise click.UsageError("no INPUT given; name a file, a folder, a glob or -")
    refuse_unwritable({"--json": _json_file(options), "--html": _html_file(options)})
    if not options["lexicons"]:
        _write(_of_a_run(inputs, options), quiet, options)
        return
    figures, failed = _of_shards(inputs, quiet, options)
    if figures is not None:
        _write(figures, quiet, options)
    if failed:
        sys.exit(1)


def _json_file(options: dict[str, Any]) -> Path | None:
    file = options["json_file"]
    return Path(file) if file and file != STANDARD_STREAM else None


def _html_file(options: dict[str, Any]) -> Path | None:
    return Path(options["html_file"]) if options["html_file"] else None


def _of_shards(
    inputs: tuple[str, ...], quiet: bool, options: dict[str, Any]
) -> tuple[dict[str, Any] | None, bool]:
    """The figures, and whether a shard failed. A task of an array job has none."""
    spec = _spec(inputs, options)
    counts = options["counts"]
    if spec.part is not None:
        _refuse_for_a_task(options)
    if counts is not None and STANDARD_STREAM in inputs:
        raise click.UsageError("--counts needs files that all tasks can read, not -")

    from link.run.progress import Meter
    from link.stats.count import plan_stats, take_stats
    from link.stats.figures import figures
    from link.stats.task_counts import read_counts, write_counts

    planned = plan_stats(spec)
    refuse_shards((_json_file(options), _html_file(options)), (task.path for task in planned.tasks))
    if not quiet:
        for path in planned.left_alone:
            click.echo(f"link: not a shard, ignored: {printable(str(path))}", err=True)
    spec.lexicons.compiled  # noqa: B018  # now, so that progress is that of the shards
    if counts is not None and spec.part is None:
        report = read_counts(counts, spec, planned)
    else:
        meter = Meter()
        size_bytes = sum(task.size_bytes for _, task in planned.of(spec.part))
        with progress_bar(size_bytes, quiet, meter):
            report = take_stats(spec, planned, meter)
    _warn(report)
    if spec.part is None:
        return figures(spec, planned, report), bool(report.failed)
    file = write_counts(counts, spec, planned, report)
    if not quiet:
        click.echo(
            f"link: this was {spec.part}, its counts are in {printable(file)}; when all tasks are "
            f"done, run the same command without the task options",
            err=True,
        )
    return None, bool(report.failed)


def _refuse_for_a_task(options: dict[str, Any]) -> None:
    if options["counts"] is None:
        raise click.UsageError("the tasks of an array job share a folder; name one with --counts")
    if options["json_file"] or options["html_file"]:
        raise click.UsageError(
            "--json and --html are for the figures of all tasks; give them after all tasks are "
            "done, without --task-index"
        )


def _warn(report: "StatsReport") -> None:
    if report.tally.bad_records:
        click.echo(
            f"link: warning: {report.tally.bad_records:,} bad records were skipped", err=True
        )
        for reason in report.bad_reasons:
            click.echo(f"link: warning: {printable(reason)}", err=True)
    for _, reason in report.failed:
        click.echo(f"link: failed: {printable(reason)}", err=True)


def _spec(inputs: tuple[str, ...], options: dict[str, Any]) -> "StatsSpec":
    policy = policy_of(options)
    from link.stats.count import StatsSpec

    return StatsSpec(
        inputs=inputs,
        lexicons=load_lexicons(options, policy.seed),
        policy=policy,
        fields=fields_of(options),
        document=options["document"],
        by=options["by"],
        tokenizer=options["tokenizer"],
        sample_bytes=options["sample"],
        sample_seed=options["sample_seed"],
        jobs=options["jobs"],
        ray=ray_of(options),
        part=slice_of(options),
    )


def _of_a_run(inputs: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    from link.run.folder import RunFolder
    from link.stats.achieved import achieved

    if len(inputs) == 1 and inputs[0] != STANDARD_STREAM:
        folder, url = output_folder(inputs[0])
        run = RunFolder(folder, url=url)
        run.files.fetch()
        if run.manifest_path.is_file():
            _refuse_what_a_run_decides()
            return achieved(run)
    raise click.UsageError(
        "no lexicon given; name one with -l, for example -l en-de. Only for the output folder "
        "of a run, with its _link/manifest.json, can you leave it out"
    )


def _refuse_what_a_run_decides() -> None:
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in OF_A_RUN and source is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{parameter.opts[-1]} does not apply to a finished run: its figures come from "
                f"its manifest; leave it out, or name a lexicon with -l"
            )


def _write(figures: dict[str, Any], quiet: bool, options: dict[str, Any]) -> None:
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    if options["json_file"] == STANDARD_STREAM:
        with standard_output():
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    elif options["json_file"]:
        put_file(Path(options["json_file"]), text.encode("utf-8", "backslashreplace"))
    if options["html_file"]:
        from link.stats.page import write_report

        write_report(Path(options["html_file"]), figures)
    if not quiet and options["json_file"] != STANDARD_STREAM:
        from link.stats.table import print_stats

        with standard_output():
            print_stats(figures)
