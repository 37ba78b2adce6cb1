"""How often a lexicon's translation of an ambiguous word is right in its sentence.

    python scripts/senses.py [--lexicon en-de] [--sense context] [--split final] [--show]

scripts/senses.tsv has sentences, each with one ambiguous word in [[ ]], its parts of speech there,
and what is right for it in German and in Spanish. `develop` sentences were looked at while the
rules were made, `final` ones once, at the end. Prints the expected shares of right and wrong swaps
and of words left in English, over all draws of the translation, and which part of speech was taken
for which. Phrases of the lexicon are left out: they have one sense.
"""

import csv
import re
from collections import Counter
from pathlib import Path

import click

from link.language.context import PARTS
from link.lexicon import Lexicon
from link.policy import SENSE, Policy
from link.reference import Headwords
from link.reference.text import Text
from link.reference.units import find_units

SENTENCES = Path(__file__).with_suffix(".tsv")
MARKED = re.compile(r"\[\[(.*?)\]\]")


@click.command()
@click.option("--lexicon", default="en-de", show_default=True, help="One whose language is listed.")
@click.option("--sense", type=click.Choice(SENSE), default="context", show_default=True)
@click.option("--split", type=click.Choice(["develop", "final", "all"]), default="develop")
@click.option("--show", is_flag=True, help="Print the sentences that are more wrong than right.")
def main(lexicon: str, sense: str, split: str, show: bool) -> None:
    """Print how often translations are right."""
    loaded = Lexicon.load(lexicon)
    words = [one for one in loaded.headwords if not one.later]
    headwords, policy = Headwords(words), Policy(ratio=1, names="swap", sense=sense)
    right = left = 0.0
    confused: Counter[tuple[str, str]] = Counter()
    rows = [row for row in _sentences() if split in (row["split"], "all")]
    for row in rows:
        accepted = {text.casefold() for text in row[loaded.language].split(", ")}
        texts, weights, part = _translations(row["sentence"], headwords, policy)
        parts = row["parts"].split(",")
        if part and part not in parts:
            confused[parts[0], part] += 1
        if not texts:
            left += 1
            continue
        share = sum(
            weight
            for text, weight in zip(texts, weights, strict=True)
            if text.casefold() in accepted
        ) / sum(weights)
        right += share
        if show and share < 0.5:
            wanted = row[loaded.language]
            print(f"{share:.2f}  {row['sentence']}  {', '.join(texts)}  (right: {wanted})")
    wrong = len(rows) - right - left
    print(
        f"{loaded.name}, {sense}, {len(rows)} sentences: right {right / len(rows):.1%}, "
        f"wrong {wrong / len(rows):.1%}, left in English {left / len(rows):.1%}"
    )
    for (real, taken), count in confused.most_common():
        print(f"  {real} taken for {taken}: {count}")


def _sentences() -> list[dict[str, str]]:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _translations(
    marked: str, headwords: Headwords, policy: Policy
) -> tuple[tuple[str, ...], tuple[float, ...], str]:
    """The translations that the marked word may get, their weights, and their part of speech."""
    found = MARKED.search(marked)
    assert found
    plain = MARKED.sub(r"\1", marked)
    for unit in find_units(Text(plain), headwords, policy, [0]):
        if unit.start <= found.start() < unit.end and unit.choices:
            headword = unit.choices[0]
            parts = {*headword.parts}
            name = PARTS[parts.pop()] if len(parts) == 1 else ""
            return headword.translations, headword.weights, name
    return (), (), ""


if __name__ == "__main__":
    main()
