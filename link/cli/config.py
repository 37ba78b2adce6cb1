"""`--config FILE`: long options from a YAML file; what the command line says wins."""

import difflib
from pathlib import Path
from typing import Any

import click

from link.cli.sizes import Size
from link.errors import UsageError, reason_of

MOST_CHARACTERS = 1 << 20


def read_config(
    context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """A click callback: take a configuration's values as the command's defaults."""
    if value is not None:
        context.default_map = {**(context.default_map or {}), **options_of(context.command, value)}
    return value


def options_of(command: click.Command, name: str) -> dict[str, Any]:
    """What a YAML file of long options says, by the names of the command's parameters.

    Raises `UsageError` for a key that is no option of the command, or a value of another type.
    """
    return check_options(command, name, load_options(name))


def check_options(command: click.Command, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values of long options by the names of the command's parameters, as `options_of` does it."""
    known = {
        option: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name != "config"
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    } | {"--inputs": _argument(command)}
    defaults: dict[str, Any] = {}
    taken: dict[str, str] = {}
    for key, given in values.items():
        parameter = known.get(f"--{key}")
        if parameter is None or parameter.name is None:
            names = [name.removeprefix("--") for name in known]
            near = difflib.get_close_matches(str(key), names, n=1, cutoff=0)
            raise UsageError(f"{name}: unknown key {key!r}; the nearest known one is {near[0]!r}")
        several = _takes_several(parameter)
        if isinstance(given, list) and not several:
            raise UsageError(f"{name}: {key} takes one value, not {given!r:.60}")
        given = given if isinstance(given, list) or not several else [given]
        wanted = _type_of(parameter)
        for one in given if several else [given]:
            if type(one) not in _YAML_TYPES[wanted]:
                raise UsageError(f"{name}: {key} must be {wanted}, not {one!r:.60}")
        other = taken.setdefault(parameter.name, str(key))
        if other != key:
            raise UsageError(f"{name}: {other} and {key} are one option; keep one of them")
        defaults[parameter.name] = not given if f"--{key}" in parameter.secondary_opts else given
    return defaults


def load_options(name: str) -> dict[str, Any]:
    """What a YAML file of options holds. Raises `UsageError` if it cannot be read."""
    from link.untrusted import load_yaml

    try:
        with Path(name).open(encoding="utf-8") as file:  # which may be a pipe
            text = file.read(MOST_CHARACTERS + 1)
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"it has more than {MOST_CHARACTERS:,} characters")
        values = load_yaml(text)
    except OSError as error:
        raise UsageError(f"config {name} cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise UsageError(f"config {name}: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UsageError(f"config {name} must be `option: value` lines")
    return values


def _argument(command: click.Command) -> click.Parameter:
    return next(parameter for parameter in command.params if isinstance(parameter, click.Argument))


_YAML_TYPES: dict[str, tuple[type, ...]] = {
    "true or false": (bool,),
    "a number": (int, float),
    "a whole number": (int,),
    "a number of bytes": (int, float, str),
    "text (put it in quotes)": (str,),
}


def _type_of(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return "true or false"
    if isinstance(parameter.type, click.types.FloatParamType):
        return "a number"
    if isinstance(parameter.type, click.types.IntParamType):
        return "a whole number"
    if isinstance(parameter.type, Size):
        return "a number of bytes"
    return "text (put it in quotes)"


def _takes_several(parameter: click.Parameter) -> bool:
    return parameter.multiple if isinstance(parameter, click.Option) else parameter.nargs == -1
