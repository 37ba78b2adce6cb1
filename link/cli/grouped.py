"""Help whose options stand in groups: input, swaps, output, running, report."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class GroupedOption(click.Option):
    """An option that stands under a heading. `group`: the heading."""

    def __init__(self, *args: Any, group: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.group = group


class GroupedCommand(click.Command):
    """A command that shows its options by groups, in the order in which they come up."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for each in self.get_params(ctx):
            record = each.get_help_record(ctx) if isinstance(each, click.Option) else None
            if record is not None:
                groups.setdefault(getattr(each, "group", ""), []).append(record)
        groups["Help"] = groups.pop("", [])
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def grouped_option(group: str, *names: str, **attributes: Any) -> Callable[[Command], Command]:
    """`click.option` under a heading."""
    return click.option(*names, cls=GroupedOption, group=group, **attributes)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help shows them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
