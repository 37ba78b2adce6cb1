"""Options that several commands share, and what they make together."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.config import read_config
from link.cli.grouped import Command, grouped_option, together
from link.cli.presets import preset_option
from link.policy import MIX, MODES, NAMES, NOTHING, OF, PROTECT, SENSE, TRANSLATION, Policy

if TYPE_CHECKING:
    from link.lexicon import Lexicons
    from link.shards.fields import Fields

DEFAULT = Policy()
DOCUMENT = ("line", "paragraph", "file")

_input = partial(grouped_option, "Input")

jobs_option = grouped_option(
    "Running",
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes.",
)
"""Of commands that run on this machine alone; others take `engines.engine_options`."""


_lexicon = partial(grouped_option, "Lexicon")
lexicon_options = together(
    _lexicon(
        "-l",
        "--lexicon",
        "lexicons",
        multiple=True,
        metavar="LEXICON[=WEIGHT]",
        help="Lexicon: a name such as en-de, a file, or a URL. Lexicons of one language are "
        "merged; several languages are drawn by weight. Required.",
    ),
    _lexicon(
        "--inflect/--no-inflect",
        default=None,
        help="Match inflected forms (dogs, walked) of headwords too. "
        "[default: if a lexicon holds dictionary forms only]",
    ),
    _lexicon(
        "--only-words",
        multiple=True,
        metavar="FILE",
        help="Swap only the words in this file, one a line. Repeatable.",
    ),
    _lexicon(
        "--skip-words",
        multiple=True,
        metavar="FILE",
        help="Never swap the words in this file, one a line. Repeatable.",
    ),
    _lexicon(
        "--inflect-words",
        is_flag=True,
        help="Words in these files include their inflected forms (dogs, walked).",
    ),
    _lexicon(
        "--lexicon-sample",
        type=float,
        default=1.0,
        show_default=True,
        metavar="SHARE",
        help="Keep this share of the lexicon's headwords, drawn by the seed.",
    ),
)
"""Which words are swapped for what: the lexicon, and which of its forms."""


def _policy(*names: str, help: str, **attributes: Any) -> Callable[[Command], Command]:
    """An option for a field of `Policy`, which has its default."""
    default = getattr(DEFAULT, names[-1].removeprefix("--").replace("-", "_"))
    default = ",".join(default) if isinstance(default, tuple) else default
    return grouped_option(
        "Swaps", *names, default=default, show_default=True, help=help, **attributes
    )


def _choice(name: str, choices: Sequence[str], help: str) -> Callable[[Command], Command]:
    return _policy(name, type=click.Choice(choices), help=help)


policy_options = together(
    _policy("-r", "--ratio", type=float, help="Share of words to swap, 0 to 1."),
    _choice(
        "--of",
        OF,
        "What the ratio is a share of: all words, or eligible ones (those that may be swapped).",
    ),
    _policy("--portion", type=float, help="Share of documents to touch at all, 0 to 1."),
    _policy("--seed", type=int, help="Seed of the draws."),
    _choice(
        "--translation",
        TRANSLATION,
        "How to choose among translations: one draw for each document and word, one for each "
        "occurrence, or always the first.",
    ),
    _choice(
        "--sense",
        SENSE,
        "What chooses the part of speech: the neighbouring words, or only the lexicon's weights; "
        "strict: as context, but a word stays if the lexicon lacks the part that fits.",
    ),
    _choice(
        "--names", NAMES, "Whether to keep words that look like names, or swap them like others."
    ),
    _policy(
        "--protect",
        metavar=f"{','.join(PROTECT)}|{NOTHING}",
        help="Kinds of text in which to swap nothing.",
    ),
    grouped_option(
        "Swaps",
        "--protect-pattern",
        multiple=True,
        metavar="REGEX",
        help="Swap nothing in matches of this regular expression (RE2 syntax). Repeatable.",
    ),
    _choice("--mix", MIX, "With several languages: one for each document, or one for each word."),
    _policy(
        "--mode",
        metavar=f"{'|'.join(MODES)}|replace=W,annotate=W",
        help="Replace the word by its translation, or keep it and add the translation in brackets.",
    ),
    _policy(
        "--brackets",
        metavar="PAIR",
        help="Brackets of an annotation: the opening one, then the closing one.",
    ),
)
"""How much is swapped, and which words may be."""


def text_options(where: str, *, key: bool = True) -> Callable[[Command], Command]:
    """Where the documents are.

    `where`: what is done with records that `--where` names. `key`: whether documents have keys.
    """
    key_field = _input(
        "--key-field",
        help="Field that identifies the document: a string or whole number. [default: the text]",
    )
    return together(
        *([preset_option] if key else []),
        _input(
            "--text-field",
            "text_fields",
            multiple=True,
            default=("text",),
            metavar="FIELD",
            help="Field with the text of a record; a.b for nested fields. Repeatable. "
            "[default: text]",
        ),
        *([key_field] if key else []),
        _input(
            "--where",
            multiple=True,
            metavar="FIELD=VALUE",
            help=f"{where} Repeatable: all conditions must hold.",
        ),
        _input(
            "--document",
            type=click.Choice(DOCUMENT),
            help="What a document is in plain text. Standard input then is plain text. "
            "[default: line]",
        ),
    )


config_option = grouped_option(
    "Running",
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=read_config,
    help="YAML file of options (long names); the command line overrides it.",
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
