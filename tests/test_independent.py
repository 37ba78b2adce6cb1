"""A finished run, checked by a reader that shares nothing with LINK.

Both sides are parsed by the standard `json` module, the lexicon by splitting its lines at tabs, and
texts are aligned by a word pattern of `re` and the translations that the lexicon allows.
"""

import gzip
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import DEMO_CORPUS, SHIPPED_LEXICON, link

Pairs = list[tuple[str, Any]]

# A letter, then letters, marks, digits, underscores, and apostrophes before a letter.
_WORD = re.compile(r"[^\W\d_](?:[\w\u0300-\u036f]|['’ʼ](?=[^\W\d_]))*")
_TEXT_FIELD = re.compile(rb'"text"\s*:\s*"((?:[^"\\]|\\.)*)"')


class Number(str):
    """A number as it is spelled."""


def read_lines(path: Path) -> list[bytes]:
    stored = path.read_bytes()
    return (gzip.decompress(stored) if path.suffix == ".gz" else stored).split(b"\n")


def parse(line: bytes) -> Pairs:
    """A record's fields in order, duplicates too, with numbers spelled as they are."""
    pairs = json.loads(
        line.decode(),
        object_pairs_hook=list,
        parse_int=Number,
        parse_float=Number,
        parse_constant=Number,
    )
    assert isinstance(pairs, list)
    return pairs


def read_translations() -> dict[str, set[str]]:
    """Headword in lower case -> its translations."""
    translations: dict[str, set[str]] = {}
    for line in SHIPPED_LEXICON.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            source, target = line.split("\t")[:2]
            translations.setdefault(source.lower(), set()).add(target)
    return translations


def spellings(word: str, translations: dict[str, set[str]]) -> set[str]:
    """All that may stand for a word: itself, or a translation in any case."""
    found = {word}
    plain = unicodedata.normalize("NFC", re.sub("[’ʼ]", "'", word.rstrip("_"))).lower()
    options = [(plain, word[len(word.rstrip("_")) :])]
    if plain.endswith("'s"):
        options.append((plain[:-2], word[len(plain) - 2 :]))
    for headword, rest in options:
        for target in translations.get(headword, ()):
            cases = (target, target[0].upper() + target[1:], target.upper())
            found.update(case + rest for case in cases)
    return found


def tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Words (True) and what stands between them (False), which together are the text."""
    done = 0
    for match in _WORD.finditer(text):
        yield text[done : match.start()], False
        yield match[0], True
        done = match.end()
    yield text[done:], False


def aligns(old: str, new: str, translations: dict[str, set[str]]) -> bool:
    """Whether the new text is the old one but for translated words."""
    places = {0}
    for token, is_word in tokens(old):
        allowed = spellings(token, translations) if is_word else {token}
        places = {
            place + len(spelling)
            for place in places
            for spelling in allowed
            if new.startswith(spelling, place)
        }
    return len(new) in places


@pytest.fixture(scope="module", params=["0.3", "1"])
def out(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """What the shipped lexicon makes of the demo corpus, at a ratio."""
    folder = tmp_path_factory.mktemp("independent")
    rows = SHIPPED_LEXICON.read_text(encoding="utf-8").splitlines(keepends=True)
    words = [row for row in rows if row[0] == "#" or not {*" -"} & {*row.partition("\t")[0]}]
    (folder / "words.tsv").write_text("".join(words), encoding="utf-8")  # all but the phrases
    arguments = ("-l", "words.tsv", "--no-inflect", "--ratio", request.param, "-q")
    done = link("substitute", DEMO_CORPUS, "-o", "out", *arguments, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    return folder / "out"


@pytest.fixture
def both_sides(out: Path) -> list[tuple[bytes, bytes]]:
    """Each line before and after."""
    sides: list[tuple[bytes, bytes]] = []
    for path in sorted(DEMO_CORPUS.iterdir()):
        sides += zip(read_lines(path), read_lines(out / path.name), strict=True)
    assert len(sides) > 30
    return sides


def test_records_and_fields_are_the_same_in_the_same_order(
    both_sides: list[tuple[bytes, bytes]],
) -> None:
    changed = 0
    for before, after in both_sides:
        if not before.strip():
            assert after == before
            continue
        old, new = parse(before), parse(after)
        assert [name for name, _ in old] == [name for name, _ in new]
        kept = [(name, value) for name, value in old if name != "text"]
        assert [(name, value) for name, value in new if name != "text"] == kept
        assert [type(value) for _, value in new] == [type(value) for _, value in old]
        changed += old != new
    assert changed > 20


def test_bytes_outside_the_texts_string_are_the_same(
    both_sides: list[tuple[bytes, bytes]],
) -> None:
    for before, after in both_sides:
        matches = list(_TEXT_FIELD.finditer(before))
        if not matches:
            assert after == before
            continue
        start, end = matches[-1].span(1)
        assert after.startswith(before[:start])
        assert after.endswith(before[end:])


def test_text_outside_words_is_the_same_and_swaps_are_in_the_lexicon(
    both_sides: list[tuple[bytes, bytes]],
) -> None:
    translations = read_translations()
    for before, after in both_sides:
        if before.strip():
            old, new = dict(parse(before))["text"], dict(parse(after))["text"]
            assert aligns(old, new, translations), (old[:200], new[:200])


def test_spelling_by_escapes_is_kept_outside_of_swaps(
    both_sides: list[tuple[bytes, bytes]],
) -> None:
    escapes = re.compile(rb"\\u[0-9a-fA-F]{4}|\\.")
    seen = 0
    for before, after in both_sides:
        old = [escape for escape in escapes.findall(before) if escape != rb"\u2019"]
        new = [escape for escape in escapes.findall(after) if escape != rb"\u2019"]
        seen += len(old)
        assert len(new) <= len(old)
        assert len(new) >= 0.9 * len(old)  # those inside swapped words may go
    assert seen > 100
