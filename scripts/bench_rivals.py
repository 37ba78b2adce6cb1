"""What `bench.py` measures the kernel beside: what a user would write or install instead."""

import json
import os
import random
import re
from collections.abc import Callable
from contextlib import closing

from link.lexicon import Lexicon
from link.policy import OF_WORDS
from link.run.ahead import read_ahead
from link.run.shard import open_source
from link.run.task import Task
from link.shards.codecs import ZST, CompressedSink, Tally, compressor
from link.shards.fields import Fields
from link.shards.jsonl import JsonLines

VOCABULARY = 16_000

WORD = re.compile(r"[^\W\d_](?:\w|(?<=[^\W\d_])['’ʼ](?=[^\W\d_]))*")


def by_re_sub(table: dict[str, str], ratio: float, of: str, text: str) -> str:
    """The same words, the same case rules and the same meaning of the ratio (so `of words` has to
    count first); draws are Python's.
    """
    draw = random.Random(len(text)).random
    share = ratio
    if of == OF_WORDS:
        words = WORD.findall(text)
        eligible = sum(word.lower() in table for word in words)
        share = min(1.0, ratio * len(words) / max(eligible, 1))

    def swap(match: re.Match[str]) -> str:
        word = match[0]
        translation = table.get(word.lower())
        if translation is None or draw() >= share:
            return word
        if word.islower():
            return translation
        if len(word) > 1 and word.isupper():
            return translation.upper()
        return translation[0].upper() + translation[1:]

    return WORD.sub(swap, text)


def by_re_sub_coded(by: Callable[[str], str], text: bytes) -> bytes:
    return by(str(text, "utf-8")).encode()


def automaton(words: Lexicon, *, whole: bool) -> Callable[[str], object] | None:
    """Finds words in lower-cased text, and does nothing with them; None if not installed."""
    try:
        from ahocorasick_rs import MATCHKIND_LEFTMOST_LONGEST, AhoCorasick
    except ImportError:
        return None
    found = AhoCorasick(list(words.entries), matchkind=MATCHKIND_LEFTMOST_LONGEST)

    def find(text: str) -> list[tuple[int, int, int]]:
        small = text.lower()
        matches: list[tuple[int, int, int]] = found.find_matches_as_indexes(small)
        if not whole:
            return matches
        return [
            (word, start, end)
            for word, start, end in matches
            if not (start and small[start - 1].isalnum()) and not small[end : end + 1].isalnum()
        ]

    return find


def tokenizer(documents: list[str]) -> Callable[[str], object] | None:
    """A byte-level BPE, trained on what it is to encode; one thread; None if not installed."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        return None
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False)
    bpe.train_from_iterator(documents, trainer)
    return lambda text: bpe.encode_batch_fast([text], add_special_tokens=False)[0].ids


def copy(task: Task, change: Callable[[bytes], bytes]) -> None:
    """A shard read and written as `link substitute` does it, with something else in between."""
    assert task.output.path
    with open_source(task) as source, task.output.path.open("wb") as file:
        sink = CompressedSink(Tally(file), compressor(ZST))
        with closing(read_ahead(task.path, source.pieces())) as read:
            for piece in read:
                assert isinstance(piece.content, bytes)
                sink.write(change(piece.content))
        sink.finish()


def through_finder(data: bytes) -> bytes:
    return bytes(JsonLines(Fields()).find(data).blocks[0].data)


def through_json(data: bytes) -> bytes:
    records = map(json.loads, data.splitlines())
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)
