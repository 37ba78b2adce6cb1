"""Derive a domain's word list from two corpora, for `link substitute --only-words`.

    python scripts/domain_words.py --domain papers/ --general web/ -o domain.txt

The words of the domain are those that it uses more often than general text does, by weighted
log-odds with an informative Dirichlet prior: Monroe, Colaresi and Quinn, "Fightin' Words: Lexical
Feature Selection and Evaluation for Identifying the Content of Political Conflict", Political
Analysis 16(4), 2008. Shards of any format are streamed once; memory holds the vocabulary.

What it does not do: look at a lexicon (a word that it lacks does no harm in a list), or reduce
words to their lemmas.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from link.block import Block
from link.errors import LinkError
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.language.english import CONTRACTIONS_IN_S
from link.language.unicode import fold_text
from link.publish import publish_bytes
from link.run.job import Job
from link.shards.fields import Fields, parse_where
from link.shards.find import find_shards
from link.shards.source import Source

Floats = npt.NDArray[np.float64]

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the domain: how sure that is, and how often it was counted on both sides."""

    form: str
    z: float
    in_domain: int
    in_general: int


def z_scores(domain: Floats, general: Floats, prior: float) -> Floats:
    """How sure it is that each word is more frequent in the domain; shape (words,).

    `domain`, `general`: each word's counts; none is 0 in both, and neither side is empty. `prior`:
    the words that the prior is worth, which speak as both corpora together do. Of Monroe, Colaresi
    and Quinn 2008 (equations 15 to 22), with y the counts of one side, n their sum, and a word's
    share a of the prior A:

        log-odds   log((y + a) / (n + A - y - a)), of the domain less that of the general side
        variance   1 / (y + a) of the domain, plus that of the general side
        z          log-odds / sqrt(variance)

    >>> z_scores(np.array([3.0, 1.0]), np.array([1.0, 3.0]), prior=8.0).round(3).tolist()
    [1.149, -1.149]
    """
    both = domain + general
    shares = both * (prior / both.sum())
    log_odds = _log_odds(domain, shares) - _log_odds(general, shares)
    z: Floats = log_odds / np.sqrt(1 / (domain + shares) + 1 / (general + shares))
    return z


def _log_odds(counts: Floats, shares: Floats) -> Floats:
    total = counts.sum() + shares.sum()
    log_odds: Floats = np.log(counts + shares) - np.log(total - counts - shares)
    return log_odds


def domain_words(domain: Counter[str], general: Counter[str], prior: float) -> list[Word]:
    """All words of two counts, the surest domain words first."""
    for name, counts in (("domain", domain), ("general", general)):
        if not counts:
            raise LinkError(f"the {name} corpus has no words; are input and text field right?")
    forms = sorted(domain.keys() | general.keys())
    if len(forms) == 1:
        raise LinkError(f"both corpora hold no other word than {forms[0]!r}; give more text")
    scores = z_scores(_array(domain, forms), _array(general, forms), prior)
    words = [Word(f, float(z), domain[f], general[f]) for f, z in zip(forms, scores, strict=True)]
    return sorted(words, key=lambda word: -word.z)  # and equal ones by the alphabet


def _array(counts: Counter[str], forms: Sequence[str]) -> Floats:
    return np.array([counts[form] for form in forms], np.float64)


# --- counting -------------------------------------------------------------------------------------


def count_words(inputs: Sequence[str], fields: Fields) -> Counter[str]:
    """How often each word stands in the documents of shards, folded as in a lexicon's lookup."""
    counts: Counter[str] = Counter()
    for block in _blocks(inputs, fields):
        for raw, count in _raw_words(block).items():
            counts[folded(raw)] += count
    return counts


def _blocks(inputs: Sequence[str], fields: Fields) -> Iterator[Block]:
    """The documents of shards; bad records are left out, and said so."""
    for shard in find_shards(inputs).shards:
        bad = 0
        with Source(shard.path, shard.format, shard.codec) as source:
            job = Job(shard.path, shard.format, shard.format, fields, schema=source.schema)
            for piece in source.pieces():
                batch = job.finder.find(job.needed_of(piece), piece.first)
                bad += len(batch.bad)
                yield from batch.blocks
        if bad:
            click.echo(f"domain_words: {shard.path}: {bad:,} bad records left out", err=True)


def _raw_words(block: Block) -> Counter[bytes]:
    window = window_of(block.texts)
    words = find_words(window)
    spans = zip(words.starts.tolist(), words.ends.tolist(), strict=True)
    return Counter(window.data[start:end] for start, end in spans)


def folded(raw: bytes) -> str:
    """The form under which a word is looked up; `dog's` counts as `dog`, `it's` as itself.

    >>> folded("Dog’s".encode()), folded(b"It's")
    ('dog', "it's")
    """
    form = fold_text(unicodedata.normalize("NFC", raw.decode()))
    return form if form in CONTRACTIONS_IN_S else form.removesuffix("'s")


# --- the list -------------------------------------------------------------------------------------


def as_list(words: Sequence[Word], header: Sequence[str]) -> str:
    """The words as a file for `--only-words`, each with z and both counts in a comment."""
    width = max((len(word.form) for word in words), default=0)
    lines = [f"# {line}" for line in header]
    lines += [
        f"{word.form:<{width}}  # {word.z:.2f}\t{word.in_domain}\t{word.in_general}"
        for word in words
    ]
    return "".join(f"{line}\n" for line in lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--domain", multiple=True, required=True, metavar="INPUT", help="Domain's shards.")
@click.option("--general", multiple=True, required=True, metavar="INPUT", help="General shards.")
@click.option(
    "-o", "--output", default=STANDARD_OUTPUT, metavar="FILE", help="[default: standard output]"
)
@click.option(
    "--z",
    "least_z",
    type=float,
    default=1.96,
    show_default=True,
    help="Least z of a domain word; 1.96 is the 97.5th percentile of the normal distribution.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Least count of a word in the domain.",
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N surest words.")
@click.option(
    "--prior",
    type=click.FloatRange(min=0, min_open=True),
    default=500.0,
    show_default=True,
    help="Words that the prior is worth; more of them ask more evidence of rare words.",
)
@click.option(
    "--text-field",
    "text_fields",
    multiple=True,
    default=("text",),
    metavar="FIELD",
    help="Field that holds a record's text, on both sides; repeatable. [default: text]",
)
@click.option(
    "--domain-where",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Of the domain's shards only these records. Repeatable: all must hold.",
)
@click.option(
    "--general-where", multiple=True, metavar="FIELD=VALUE", help="Likewise of the general shards."
)
def main(
    domain: tuple[str, ...],
    general: tuple[str, ...],
    output: str,
    least_z: float,
    min_count: int,
    top: int | None,
    prior: float,
    text_fields: tuple[str, ...],
    domain_where: tuple[str, ...],
    general_where: tuple[str, ...],
) -> None:
    """Write the words that the domain's shards use more often than general shards do.

    INPUT is a file, a folder or a glob, in any format that `link substitute` reads. The list can
    be given to `link substitute` as --only-words or --skip-words.
    """
    try:
        in_domain = count_words(domain, _fields(text_fields, domain_where))
        in_general = count_words(general, _fields(text_fields, general_where))
        words = domain_words(in_domain, in_general, prior)
    except (LinkError, OSError, pa.ArrowException) as error:
        raise click.ClickException(str(error)) from error
    chosen = [word for word in words if word.z >= least_z and word.in_domain >= min_count][:top]
    if not chosen:
        raise click.ClickException(
            f"no word reaches z {least_z:g} and count {min_count}; "
            f"lower --z or --min-count, or give more text"
        )
    header = [
        f"{len(chosen):,} domain words of {len(words):,}, by scripts/domain_words.py",
        "Weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi, Quinn 2008):",
        f"z at least {least_z:g}, count at least {min_count}, prior {prior:g}"
        + (f", the first {top:,}" if top else ""),
        f"domain: {_told(domain, domain_where)}, {in_domain.total():,} words",
        f"general: {_told(general, general_where)}, {in_general.total():,} words",
        "word  # z, count in the domain, count in general text",
    ]
    text = as_list(chosen, header)
    if output == STANDARD_OUTPUT:
        click.echo(text, nl=False)
    else:
        publish_bytes(Path(output), text.encode())
        click.echo(f"domain_words: {header[0]}, written to {output}", err=True)


def _fields(texts: tuple[str, ...], where: tuple[str, ...]) -> Fields:
    return Fields(texts, where=tuple(map(parse_where, where)))


def _told(inputs: Sequence[str], where: Sequence[str]) -> str:
    """Inputs and conditions in a line."""
    told = ", ".join(inputs) + (f" where {' and '.join(where)}" if where else "")
    return " ".join(told.split())


if __name__ == "__main__":
    main()
