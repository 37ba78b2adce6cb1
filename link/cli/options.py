"""Options that several commands share, and what they make together."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from link.lexicon import Lexicon

Command = Callable[..., Any]


def lexicon_options(command: Command) -> Command:
    """Which words are swapped for what: the lexicon, and which of its forms."""
    options = (
        click.option(
            "-l",
            "--lexicon",
            "lexicons",
            multiple=True,
            metavar="LEXICON",
            help="Lexicon: a file, or a name such as en-de. Several of one language are merged. "
            "Required.",
        ),
        click.option(
            "--inflect/--no-inflect",
            default=None,
            help="Find inflected forms (dogs, walked) of headwords as well. "
            "[default: if a lexicon holds dictionary forms only]",
        ),
        click.option(
            "--only-words",
            multiple=True,
            metavar="FILE",
            help="Swap only these words, of those the lexicon holds: one a line. Repeatable.",
        ),
        click.option(
            "--skip-words",
            multiple=True,
            metavar="FILE",
            help="Never swap these words: one a line. Repeatable.",
        ),
        click.option(
            "--inflect-words",
            is_flag=True,
            help="Words of these files stand for their inflected forms (dogs, walked) as well.",
        ),
        click.option(
            "--lexicon-sample",
            type=float,
            default=1.0,
            show_default=True,
            metavar="SHARE",
            help="Keep this share of the lexicon's headwords, drawn by the seed.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def load_lexicon(options: dict[str, Any], seed: int) -> "Lexicon":
    """The lexicon that `lexicon_options` ask for."""
    from link.lexicon import Lexicon
    from link.lexicon.select import read_words

    only, skip = options["only_words"], options["skip_words"]
    if options["inflect_words"] and not (only or skip):
        raise click.UsageError("--inflect-words needs --only-words or --skip-words")
    whole = Lexicon.merged(
        [Lexicon.load(name, inflect=options["inflect"]) for name in options["lexicons"]]
    )
    if not (only or skip) and options["lexicon_sample"] == 1:
        return whole
    return whole.restricted(
        only=read_words(only) if only else None,
        skip=read_words(skip),
        sample=options["lexicon_sample"],
        seed=seed,
        inflect_words=options["inflect_words"],
    )
