"""Write `link/language/unicode.txt`, frozen Unicode tables, from the Unicode Character Database.

    python scripts/make_unicode_tables.py /usr/share/unicode 15.0.0

The folder must hold the official `UnicodeData.txt`, `CaseFolding.txt` and `SpecialCasing.txt`
(Debian: package `unicode-data`). The tables are frozen because a swap may not depend on the
Unicode version that a Python happens to carry. Regenerating them with a newer database changes
what a word is, hence is a new `KERNEL_VERSION`.

What it does not do: normalise. NFC is applied to lexicons when they are loaded, never to a corpus.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

OUT = Path(__file__).parent.parent / "link" / "language" / "unicode.txt"

# General category -> the letter that stands for it in the table; what is absent separates words.
CLASS_OF_CATEGORY = {
    "Lu": "U",  # upper-case letter
    "Ll": "L",  # lower-case letter
    "Lt": "T",  # title-case letter
    "Lm": "O",  # other letters
    "Lo": "O",
    "Mn": "M",  # marks
    "Mc": "M",
    "Me": "M",
    "Nd": "D",  # digits
}
APOSTROPHES = (0x0027, 0x2019, 0x02BC)
UNDERSCORE = 0x5F


def fields(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            yield [field.strip() for field in line.split(";")]


def text_of(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split())


def classes(folder: Path) -> dict[int, str]:
    result: dict[int, str] = {}
    first = 0
    for row in fields(folder / "UnicodeData.txt"):
        point, name, category = int(row[0], 16), row[1], row[2]
        if name.endswith(", First>"):
            first = point
            continue
        span = range(first, point + 1) if name.endswith(", Last>") else (point,)
        if category in CLASS_OF_CATEGORY:
            result.update(dict.fromkeys(span, CLASS_OF_CATEGORY[category]))
    result.update(dict.fromkeys(APOSTROPHES, "A"))
    result[UNDERSCORE] = "C"  # connects
    return result


def folds(folder: Path) -> dict[int, int]:
    """Simple case folding (statuses C and S), so that one character folds to one character.

    Without the two whose fold is longer in UTF-8: texts are folded in place.
    """
    pairs = (
        (int(row[0], 16), int(row[2], 16))
        for row in fields(folder / "CaseFolding.txt")
        if row[1] in "CS"
    )
    return {own: fold for own, fold in pairs if len(chr(fold).encode()) <= len(chr(own).encode())}


def capitals(folder: Path) -> dict[int, tuple[str, str]]:
    """code point -> (upper case, title case), full mappings without conditions."""
    result: dict[int, tuple[str, str]] = {}
    for row in fields(folder / "UnicodeData.txt"):
        upper, title = text_of(row[12]), text_of(row[14])
        if upper or title:
            own = chr(int(row[0], 16))
            result[int(row[0], 16)] = (upper or own, title or upper or own)
    for row in fields(folder / "SpecialCasing.txt"):
        conditional = len(row) > 5
        if not conditional:
            result[int(row[0], 16)] = (text_of(row[3]), text_of(row[2]))
    return result


def ranges(table: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    start = previous = -1
    for point in sorted(table):
        if point != previous + 1 or table[point] != table[start]:
            if start >= 0:
                yield start, previous, table[start]
            start = point
        previous = point
    yield start, previous, table[start]


def main(folder: Path, version: str) -> None:
    lines = [
        f"# Unicode {version}, made by scripts/make_unicode_tables.py. Do not edit.",
        "# class: first last class (U L T O letters, M mark, D digit, A apostrophe, C underscore)",
        *(f"class {a:04X} {b:04X} {c}" for a, b, c in ranges(classes(folder))),
        "# fold: from to (simple case folding)",
        *(f"fold {a:04X} {b:04X}" for a, b in sorted(folds(folder).items())),
        "# capital: character upper title (full, unconditional; hexadecimal, joined by +)",
        *(
            f"capital {point:04X} {joined(upper)} {joined(title)}"
            for point, (upper, title) in sorted(capitals(folder).items())
        ),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{OUT}: {len(lines)} lines, Unicode {version}")


def joined(text: str) -> str:
    return "+".join(f"{ord(character):04X}" for character in text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
