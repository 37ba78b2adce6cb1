"""`--preset NAME`: the fields of a well-known corpus, from a YAML file in the package."""

from pathlib import Path

import click

from link.cli.config import options_of
from link.cli.grouped import grouped_option

_FOLDER = Path(__file__).parent.parent / "presets"
PRESETS = sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def _take(context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A click callback: `--config` wins, whichever of the two is read first."""
    if name is not None:
        values = options_of(context.command, str(_FOLDER / f"{name}.yaml"))
        context.default_map = {**values, **(context.default_map or {})}
    return name


preset_option = grouped_option(
    "Input",
    "--preset",
    type=click.Choice(PRESETS),
    is_eager=True,
    expose_value=False,
    callback=_take,
    help="Text and key field of a well-known corpus; --config and other options override it.",
)
