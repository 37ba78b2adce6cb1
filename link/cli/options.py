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


_lexicon = partial(grouped_option, "Lexicon")
lexicon_options = together(
    _lexicon(
        "-l",
        "--lexicon",
        "lexicons",
        multiple=True,
        metavar="LEXICON[=WEIGHT]",
        help="Lexicon: a file, or a name such as en-de. Several of one language are merged; "
        "several languages are drawn by weight. Required.",
    ),
    _lexicon(
        "--inflect/--no-inflect",
        default=None,
        help="Find inflected forms (dogs, walked) of headwords as well. "
        "[default: if a lexicon holds dictionary forms only]",
    ),
    _lexicon(
        "--only-words",
        multiple=True,
        metavar="FILE",
        help="Swap only these words, of those the lexicon holds: one a line. Repeatable.",
    ),
    _lexicon(
        "--skip-words",
        multiple=True,
        metavar="FILE",
        help="Never swap these words: one a line. Repeatable.",
    ),
    _lexicon(
        "--inflect-words",
        is_flag=True,
        help="Words of these files stand for their inflected forms (dogs, walked) as well.",
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
    _choice("--of", OF, "What the ratio is a share of: all words, or those that may be swapped."),
    _policy("--portion", type=float, help="Share of documents to touch at all, 0 to 1."),
    _policy("--seed", type=int, help="Seed of the draws."),
    _choice(
        "--translation",
        TRANSLATION,
        "Which of several translations: one draw a document, one a word, or the first.",
    ),
    _choice(
        "--sense",
        SENSE,
        "What chooses a translation's part of speech: the words around, or weights alone; "
        "strict: a word stays if the lexicon lacks the part that fits.",
    ),
    _choice(
        "--names", NAMES, "Whether what looks like a name stays, or is swapped like other words."
    ),
    _policy(
        "--protect",
        metavar=f"{','.join(PROTECT)}|{NOTHING}",
        help="Kinds of text in which nothing is swapped.",
    ),
    grouped_option(
        "Swaps",
        "--protect-pattern",
        multiple=True,
        metavar="REGEX",
        help="Swap nothing in what this regular expression (of RE2) matches. Repeatable.",
    ),
    _choice("--mix", MIX, "With several languages: whether each document takes one, or each word."),
    _policy(
        "--mode",
        metavar=f"{'|'.join(MODES)}|replace=W,annotate=W",
        help="Whether a translation takes the word's place, or follows it in brackets.",
    ),
    _policy(
        "--brackets",
        metavar="PAIR",
        help="Brackets of an annotation: what opens, then what closes.",
    ),
)
"""How much is swapped, and which words may be."""


def text_options(where: str, *, key: bool = True) -> Callable[[Command], Command]:
    """Where the documents are.

    `where`: what is done with records that `--where` names. `key`: whether documents have keys.
    """
    key_field = _input(
        "--key-field",
        help="Field that names the document, a string or whole number. [default: the text itself]",
    )
    return together(
        *([preset_option] if key else []),
        _input(
            "--text-field",
            "text_fields",
            multiple=True,
            default=("text",),
            metavar="FIELD",
            help="Field that holds a record's text; a.b for nested ones; repeatable. "
            "[default: text]",
        ),
        *([key_field] if key else []),
        _input(
            "--where",
            multiple=True,
            metavar="FIELD=VALUE",
            help=f"{where} Repeatable: all must hold.",
        ),
        _input(
            "--document",
            type=click.Choice(DOCUMENT),
            help="What of plain text is a document; standard input is plain text then. "
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
