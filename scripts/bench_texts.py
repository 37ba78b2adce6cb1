"""The texts that `bench.py` measures on: a corpus brought to a size, in several spellings."""

import io
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from link.block import Block
from link.lexicon import Lexicon
from link.shards.codecs import Tally, decompressing
from link.shards.fields import Fields
from link.shards.find import find_shards
from link.shards.formats import JSONL
from link.shards.jsonl import JsonLines, pieces

ENGLISH, CURLY, CYRILLIC, ESCAPED = "English", "curly quotes", "Cyrillic", r"Cyrillic as \u"
_LETTERS = (
    "абцдефгхийклмнопярстувшыжз"  # one for each of a to z, so that the same words are covered
)
TO_CYRILLIC = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTERS + _LETTERS.upper()
)


def read_lines(corpus: str, wanted: int) -> list[bytes]:
    """Records of a corpus, repeated or cut to a size, in random order."""
    lines: list[bytes] = []
    for shard in find_shards([corpus]).shards:
        if shard.format != JSONL:
            raise click.ClickException(f"{shard.path}: only JSON Lines are measured here")
        with Path(shard.path).open("rb") as file:
            stream = decompressing(Tally(file), shard.codec, str(shard.path))
            for piece in pieces(stream):
                assert isinstance(piece.content, bytes)
                lines += [line + b"\n" for line in piece.content.splitlines() if line.strip()]
    if not lines:
        raise click.ClickException(f"{corpus}: no shards with records in them")
    size = sum(map(len, lines))
    random.Random(0).shuffle(lines)
    lines = lines * (wanted // size + 1)
    return first_of(lines, wanted)


def first_of(texts: list[Any], size: int) -> list[Any]:
    """The first texts that make up a size, with the one that reaches it."""
    so_far = np.cumsum(list(map(len, texts)))
    return texts[: int(np.searchsorted(so_far, size)) + 1]


def spellings(documents: list[str]) -> dict[str, bytes]:
    """The same documents as JSON Lines in different letters."""
    cyrillic = [text.translate(TO_CYRILLIC) for text in documents]
    return {
        ENGLISH: b"".join(map(json_line, documents)),
        CURLY: b"".join(json_line(curly(text)) for text in documents),
        CYRILLIC: b"".join(map(json_line, cyrillic)),
        ESCAPED: b"".join(json.dumps({"text": t}).encode() + b"\n" for t in cyrillic),
    }


def json_line(text: str) -> bytes:
    return json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n"


def curly(text: str) -> str:
    text = re.sub(r"""(^|[\s(\[])"(?=\w)""", r"\1“", text).replace('"', "”").replace("'", "’")
    return text.replace("--", "—").replace(" - ", " — ")


def in_letters_of(text: str, lexicon: Lexicon) -> Lexicon:
    """The lexicon whose headwords are spelled as that text is."""
    if text not in (CYRILLIC, ESCAPED):
        return lexicon
    entries = {word.translate(TO_CYRILLIC): each for word, each in lexicon.entries.items()}
    return replace(lexicon, entries=entries)


def only_words(lexicon: Lexicon) -> Lexicon:
    entries = {word: each for word, each in lexicon.entries.items() if word.isalpha()}
    return replace(lexicon, entries=entries)


def each_block(data: bytes) -> Iterator[Block]:
    finder = JsonLines(Fields())
    for piece in pieces(io.BytesIO(data)):
        assert isinstance(piece.content, bytes)
        yield finder.find(piece.content, piece.first).blocks[0]


def blocks_of(data: bytes) -> list[Block]:
    return list(each_block(data))


def decoded(block: Block) -> list[str]:
    return [str(text, "utf-8", "ignore") for text in block.texts]  # without lone surrogates


def text_bytes(blocks: Sequence[Block]) -> int:
    return sum(len(text) for block in blocks for text in block.texts)
