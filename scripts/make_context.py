"""Make link/language/context.txt from link/language/english.txt and a corpus.

    python scripts/make_context.py CORPUS...

CORPUS: JSON Lines in Zstandard, with a field `text`. Words that are nearly always one part of
speech teach what stands beside it; their counts become scores. A change of either file changes
swaps: raise KERNEL_VERSION.
"""

import json
import math
from pathlib import Path

import click
import zstandard

from link.language import context
from link.reference.senses import sides
from link.reference.text import Text

SURE = 0.94
MODALS = "will would can could may might must shall should".split()
BE, HAVE = "is are am was were be been being".split(), "have has had having".split()
ADVERBS = {context.CLASSES.index(name) for name in ("ADV", "ALSO", "NOT", "VERY")}
ING = context.CLASSES.index("ING")
PARTICIPLES = {context.CLASSES.index(name) for name in ("ED", "VERB")}
BEHIND_HAVE = PARTICIPLES | {context.CLASSES.index(name) for name in ("BE", "HAVE")}
PARTICLE, VERB = context.PARTS.index("PART"), context.CLASSES.index("VERB")
SMOOTHING, SMOOTHING_OF_ENDING = 20, 200
TARGET = Path(context.__file__).parent


@click.command()
@click.argument("corpus", nargs=-1, required=True)
@click.option("--words", default=3_000_000, show_default=True, help="Words to learn from.")
def main(corpus: tuple[str, ...], words: int) -> None:
    """The scores of what stands beside words that are nearly always one part of speech."""
    sure = {
        word: max(of, key=lambda part: of[part])
        for word, of in context.shares().items()
        if max(of.values()) >= SURE and PARTICLE not in of and word not in BE
    }
    size = len(context.CLASSES)
    counts = [[[[0] * size, [0] * size] for _ in context.PARTS] for _ in range(context.ENDINGS)]
    for text in texts(corpus, words):
        for word, form in enumerate(text.forms):
            part, found = sure.get(form), sides(text, word)
            if form in BE or form in HAVE:
                part = auxiliary_of(text, word)
            if part is not None:
                for side, one in enumerate(found):
                    counts[context.ending_of(form)][part][side][one] += 1
            if form == "to" and found[1] == VERB:
                counts[0][PARTICLE][0][found[0]] += 1
            if form in MODALS:  # behind them stands what stands behind `to` before a verb
                counts[0][PARTICLE][1][found[1]] += 1
    lines = [
        "# Scores of what stands beside a word, by its ending, its part of speech, and the side:",
        f"# ending part side {' '.join(context.CLASSES)}",
    ]
    for ending in range(context.ENDINGS):
        for part, name in enumerate(context.PARTS):
            for side in (0, 1):
                row = scores_of(counts, ending, part, side)
                lines.append(" ".join(map(str, (ending, name, "<>"[side], *row))))
    TARGET.joinpath("context.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


def auxiliary_of(text: Text, word: int) -> int | None:
    """Which auxiliary a form of `be` or `have` is, by the next word that is no adverb; None for
    `have` as a verb of its own.
    """
    behind = sides(text, word)[1]
    if behind in ADVERBS:
        behind = sides(text, word + 1)[1]
    is_be = text.forms[word] in BE
    if behind in (PARTICIPLES if is_be else BEHIND_HAVE):
        return context.PARTS.index("AUX-PART")
    if is_be:
        return context.PARTS.index("AUX-ING" if behind == ING else "AUX")
    return None


def scores_of(counts: list[list[list[list[int]]]], ending: int, part: int, side: int) -> list[int]:
    """Logarithms of how often each class stands there, smoothed towards all endings and parts."""
    classes = range(len(context.CLASSES))
    everywhere = [1 + sum(of[side][one] for by in counts for of in by) for one in classes]
    of_part = [sum(by[part][side][one] for by in counts) for one in classes]
    own = counts[ending][part][side]
    result = []
    for one in classes:
        expected = everywhere[one] / sum(everywhere)
        of_any = (of_part[one] + SMOOTHING * expected) / (sum(of_part) + SMOOTHING)
        share = (own[one] + SMOOTHING_OF_ENDING * of_any) / (sum(own) + SMOOTHING_OF_ENDING)
        result.append(round(context.SCALE * math.log(share)))
    return result


def texts(corpus: tuple[str, ...], words: int) -> list[Text]:
    """The first texts, of which a long one counts in part, until there are so many words."""
    found = []
    for path in corpus:
        with zstandard.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                if words <= 0:
                    return found
                found.append(Text(json.loads(line)["text"][:200_000]))
                words -= len(found[-1].words)
    return found


if __name__ == "__main__":
    main()
