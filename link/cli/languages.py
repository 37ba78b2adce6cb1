"""`link languages`: which languages to mix, by how near they are to each other."""

import json
import math
from typing import TYPE_CHECKING, Any

import click

from link.cli.grouped import GroupedCommand, grouped_option
from link.errors import UsageError

if TYPE_CHECKING:
    from link.typology.distances import Distance

_JSON = grouped_option("Report", "--json", "as_json", is_flag=True, help="Print JSON.")
_WEIGHTS = grouped_option(
    "Distance",
    "--weight",
    "weights",
    multiple=True,
    metavar="GROUP=W",
    help="Weight of a group of features; 0 leaves it out. By default syntax=1, phonology=0.5, "
    "inventory=0.5, script=1, family=1, geography=0.5. Repeatable.",
)


@click.group()
def languages() -> None:
    """Compare languages by their features in URIEL+.

    This needs a package: pip install 'link-corpus[languages]'.
    """


@languages.command(cls=GroupedCommand)
@click.argument("code", metavar="CODE")
@grouped_option(
    "Distance",
    "--among",
    metavar="CODE,CODE,...",
    help="Languages to compare with. [default: all that have a two-letter code]",
)
@grouped_option(
    "Report",
    "-n",
    "count",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of languages to show.",
)
@_WEIGHTS
@_JSON
def near(code: str, among: str | None, count: int, weights: tuple[str, ...], as_json: bool) -> None:
    """Rank languages by their distance to CODE: whose lexicons to mix, whose text to borrow.

    \b
    Examples:
      link languages near sw -n 5
      link languages near mt --among ar,he,it,en --weight geography=0
    """
    from link.typology.choose import nearest
    from link.typology.distances import GROUPS, load_features

    asked = _weights(weights)
    features = load_features()
    codes = _codes([among]) if among else _two_letter_codes(features)
    found = nearest(code, codes, asked, features)[:count]
    if not found:
        raise UsageError(
            f"no other language was named that has known features in common with {code}; name "
            f"others with --among"
        )
    if as_json:
        click.echo(json.dumps([_record(each) for each in found], ensure_ascii=False, indent=2))
        return
    groups = [group for group in GROUPS if asked[group]]
    heading = ["language", "", "distance", *groups, "features", "missing"]
    rows = [
        [
            each.code,
            each.name,
            f"{each.total:.3f}",
            *(_shown(each.by_group.get(group)) for group in groups),
            str(each.features),
            str(each.missing),
        ]
        for each in found
    ]
    _print_table([heading, *rows])


@languages.command(cls=GroupedCommand)
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@grouped_option(
    "Distance",
    "-k",
    "count",
    type=click.IntRange(min=1),
    required=True,
    help="Number of languages to choose. Required.",
)
@_WEIGHTS
@_JSON
def cover(codes: tuple[str, ...], count: int, weights: tuple[str, ...], as_json: bool) -> None:
    """Choose a diverse few of these languages, so that each is near to a chosen one (k-medoids).

    \b
    Example:
      link languages cover de nl sv es it ru pl ar he hi tr sw id -k 4
    """
    from link.typology.choose import matrix, medoids
    from link.typology.distances import load_features

    asked, own = _weights(weights), _codes(codes)
    if count > len(own):
        raise UsageError(f"-k {count} is more than the languages that are named ({len(own)})")
    features = load_features()
    chosen, nearest = medoids(matrix(own, asked, features), count)
    clusters = {
        own[row]: [code for code, at in zip(own, nearest.tolist(), strict=True) if at == row]
        for row in chosen
    }
    if as_json:
        click.echo(json.dumps(clusters, indent=2))
        return
    rows = [[code, " ".join(one for one in of if one != code)] for code, of in clusters.items()]
    _print_table([["chosen", "stands for"], *rows])


def _weights(given: tuple[str, ...]) -> dict[str, float]:
    from link.typology.distances import DEFAULT_WEIGHTS

    weights = dict(DEFAULT_WEIGHTS)
    for text in given:
        group, _, value = text.partition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = math.nan
        if group not in weights or not 0 <= weight < math.inf:
            raise UsageError(
                f"--weight takes a group and a number, such as syntax=2, not {text!r}; the groups "
                f"are {', '.join(weights)}"
            )
        weights[group] = weight
    if not any(weights.values()):
        raise UsageError("all groups have weight 0")
    return weights


def _codes(given: "tuple[str, ...] | list[str]") -> list[str]:
    """The codes that are named, the first one of each language."""
    from link.lexicon.languages import known_tag, language_of

    codes: dict[str, str] = {}
    for code in (code for text in given for code in text.replace(",", " ").split()):
        codes.setdefault(language_of(known_tag(code)) or code, code)
    return list(codes.values())


def _two_letter_codes(features: Any) -> list[str]:
    from langcodes.data_dicts import LANGUAGE_ALPHA3

    from link.typology.distances import row_of

    codes = []
    for code in LANGUAGE_ALPHA3:
        if len(code) == 2:
            try:
                row_of(code, features)
            except UsageError:
                continue
            codes.append(code)
    return codes


def _record(each: "Distance") -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.name,
        "distance": round(each.total, 4),
        "by_group": {group: round(far, 4) for group, far in each.by_group.items()},
        "features": each.features,
        "missing": each.missing,
    }


def _shown(distance: float | None) -> str:
    return "unknown" if distance is None else f"{distance:.2f}"


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
