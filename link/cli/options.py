"""Options that several commands share, and what they make together."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.config import read_config
from link.cli.grouped import grouped_option
from link.cli.presets import preset_option
from link.policy import MIX, MODES, NAMES, NOTHING, OF, PROTECT, SENSE, TRANSLATION, Policy

if TYPE_CHECKING:
    from link.lexicon import Lexicons
    from link.shards.fields import Fields

DEFAULT = Policy()
DOCUMENT = ("line", "paragraph", "file")

Command = Callable[..., Any]


def lexicon_options(command: Command) -> Command:
    """Which words are swapped for what: the lexicon, and which of its forms."""
    options = (
        grouped_option(
            "Lexicon",
            "-l",
            "--lexicon",
            "lexicons",
            multiple=True,
            metavar="LEXICON[=WEIGHT]",
            help="Lexicon: a file, or a name such as en-de. Several of one language are merged; "
            "several languages are drawn by weight. Required.",
        ),
        grouped_option(
            "Lexicon",
            "--inflect/--no-inflect",
            default=None,
            help="Find inflected forms (dogs, walked) of headwords as well. "
            "[default: if a lexicon holds dictionary forms only]",
        ),
        grouped_option(
            "Lexicon",
            "--only-words",
            multiple=True,
            metavar="FILE",
            help="Swap only these words, of those the lexicon holds: one a line. Repeatable.",
        ),
        grouped_option(
            "Lexicon",
            "--skip-words",
            multiple=True,
            metavar="FILE",
            help="Never swap these words: one a line. Repeatable.",
        ),
        grouped_option(
            "Lexicon",
            "--inflect-words",
            is_flag=True,
            help="Words of these files stand for their inflected forms (dogs, walked) as well.",
        ),
        grouped_option(
            "Lexicon",
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


def policy_options(command: Command) -> Command:
    """How much is swapped, and which words may be."""
    options = (
        grouped_option(
            "Swaps",
            "-r",
            "--ratio",
            type=float,
            default=DEFAULT.ratio,
            show_default=True,
            help="Share of words to swap, 0 to 1.",
        ),
        grouped_option(
            "Swaps",
            "--of",
            type=click.Choice(OF),
            default=DEFAULT.of,
            show_default=True,
            help="What the ratio is a share of: all words, or those that may be swapped.",
        ),
        grouped_option(
            "Swaps",
            "--portion",
            type=float,
            default=DEFAULT.portion,
            show_default=True,
            help="Share of documents to touch at all, 0 to 1.",
        ),
        grouped_option(
            "Swaps",
            "--seed",
            type=int,
            default=DEFAULT.seed,
            show_default=True,
            help="Seed of the draws.",
        ),
        grouped_option(
            "Swaps",
            "--translation",
            type=click.Choice(TRANSLATION),
            default=DEFAULT.translation,
            show_default=True,
            help="Which of several translations: one draw a document, one a word, or the first.",
        ),
        grouped_option(
            "Swaps",
            "--sense",
            type=click.Choice(SENSE),
            default=DEFAULT.sense,
            show_default=True,
            help="What chooses a translation's part of speech: the words around, or weights alone; "
            "strict: a word stays if the lexicon lacks the part that fits.",
        ),
        grouped_option(
            "Swaps",
            "--names",
            type=click.Choice(NAMES),
            default=DEFAULT.names,
            show_default=True,
            help="Whether what looks like a name stays, or is swapped like other words.",
        ),
        grouped_option(
            "Swaps",
            "--protect",
            metavar=f"{','.join(PROTECT)}|{NOTHING}",
            default=",".join(DEFAULT.protect),
            show_default=True,
            help="Kinds of text in which nothing is swapped.",
        ),
        grouped_option(
            "Swaps",
            "--protect-pattern",
            multiple=True,
            metavar="REGEX",
            help="Swap nothing in what this regular expression (of RE2) matches. Repeatable.",
        ),
        grouped_option(
            "Swaps",
            "--mix",
            type=click.Choice(MIX),
            default=DEFAULT.mix,
            show_default=True,
            help="With several languages: whether each document takes one, or each word.",
        ),
        grouped_option(
            "Swaps",
            "--mode",
            metavar=f"{'|'.join(MODES)}|replace=W,annotate=W",
            default=DEFAULT.mode,
            show_default=True,
            help="Whether a translation takes the word's place, or follows it in brackets.",
        ),
        grouped_option(
            "Swaps",
            "--brackets",
            metavar="PAIR",
            default=DEFAULT.brackets,
            show_default=True,
            help="Brackets of an annotation: what opens, then what closes.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def text_options(where: str, *, key: bool = True) -> Callable[[Command], Command]:
    """Where the documents are. `where`: what is done with records that `--where` names."""
    options = [
        grouped_option(
            "Input",
            "--text-field",
            "text_fields",
            multiple=True,
            default=("text",),
            metavar="FIELD",
            help="Field that holds a record's text; a.b for nested ones; repeatable. "
            "[default: text]",
        ),
        grouped_option(
            "Input",
            "--key-field",
            help="Field that names the document, a string or whole number. "
            "[default: the text itself]",
        ),
        grouped_option(
            "Input",
            "--where",
            multiple=True,
            metavar="FIELD=VALUE",
            help=f"{where} Repeatable: all must hold.",
        ),
        grouped_option(
            "Input",
            "--document",
            type=click.Choice(DOCUMENT),
            help="What of plain text is a document; standard input is plain text then. "
            "[default: line]",
        ),
    ]
    if key:
        options.insert(0, preset_option)
    else:
        del options[1]

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


config_option = grouped_option(
    "Running",
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=read_config,
    help="YAML file of options (long names); the command line wins over it.",
)


def fields_of(options: dict[str, Any]) -> "Fields":
    """The fields of records that `text_options`, and `--mark`, name."""
    from link.shards.fields import Fields, parse_where

    where = tuple(map(parse_where, options["where"]))
    return Fields(options["text_fields"], options.get("key_field"), where, options.get("mark"))


def policy_of(options: dict[str, Any]) -> Policy:
    """The policy that `policy_options` ask for."""
    return Policy(**{field.name: options[field.name] for field in fields(Policy)})


def load_lexicons(options: dict[str, Any], seed: int) -> "Lexicons":
    """The lexicons that `lexicon_options` ask for."""
    from link.lexicon import Lexicon, Lexicons
    from link.lexicon.select import read_words
    from link.lexicon.several import parse_weight

    only, skip = options["only_words"], options["skip_words"]
    if options["inflect_words"] and not (only or skip):
        raise click.UsageError("--inflect-words needs --only-words or --skip-words")
    given = [
        (text, None) if Path(text).is_file() else parse_weight(text) for text in options["lexicons"]
    ]
    whole = Lexicons.of(
        [Lexicon.load(name, inflect=options["inflect"]) for name, _ in given],
        [weight for _, weight in given],
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
