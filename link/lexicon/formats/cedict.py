"""CC-CEDICT, which is from Chinese, read from its right side.

    便當 便当 [bian4 dang4] /convenient/handy/easy/
    變成 变成 [bian4 cheng2] /to change into/to turn into/to become/

A gloss of a few words is a headword, without `to` before a verb; explanations in brackets are left
to hygiene. Each gloss gives the simplified form, or with `--lang zh-Hant` the traditional one; the
first gloss of an entry weighs more than the later ones.
"""

import re

from link.lexicon.formats.parsed import INCOMPLETE, Format, Parsed, Row, lines_of

_LINE = re.compile(r"(?P<trad>\S+) (?P<simp>\S+) \[[^\]]*\]\s+/(?P<glosses>.*)/\s*")
_REFERENCE = re.compile(r"(?:see|see also|(?:old )?variant of|also written|abbr\.) |CL:")
_ABOUT = {"license": "licence", "publisher": "source", "date": "date"}
SIMPLIFIED, TRADITIONAL = "zh", "zh-Hant"
REFERENCE = "skipped, a reference or classifier instead of a gloss"


def recognise(head: str) -> bool:
    lines = [line for line in lines_of(head) if line and not line.startswith("#")]
    lines = lines[:-1] or lines  # the last one may be cut off
    return sum(map(bool, map(_LINE.fullmatch, lines))) > 0.8 * len(lines) > 0


def read(text: str, path: str) -> Parsed:
    parsed = Parsed(about={"language": SIMPLIFIED})
    for number, line in parsed.lines_of(text):
        match = _LINE.fullmatch(line)
        if line.startswith("#"):
            parsed.comments.append(line)
            key, _, value = line.lstrip("#! ").partition("=")
            if key in _ABOUT:
                parsed.about[_ABOUT[key]] = value
        elif not match:
            parsed.drop(INCOMPLETE, number)
        else:
            glosses = map(str.strip, match["glosses"].replace(";", "/").split("/"))
            for place, gloss in enumerate(filter(None, glosses)):
                if _REFERENCE.match(gloss):
                    parsed.drop(REFERENCE, number)
                    continue
                word = gloss.removeprefix("to ").removeprefix("a ").removeprefix("the ")
                weight, pos = "1" if place == 0 else "0.5", "verb" * gloss.startswith("to ")
                parsed.rows += [
                    Row(number, word, match["simp"], weight, pos, SIMPLIFIED),
                    Row(number, word, match["trad"], weight, pos, TRADITIONAL),
                ]
    return parsed


FORMAT = Format(
    "cedict",
    "CC-CEDICT",
    recognise,
    read,
    "no line is `traditional simplified [pinyin] /gloss/`",
)
