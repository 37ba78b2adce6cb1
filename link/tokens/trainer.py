"""Training a SentencePiece vocabulary for a language model, from a stream of text.

The defaults are those of vocabularies of language models (Llama, Gemma), not SentencePiece's own,
which were made for translation; docs/tokens.md has the reason of each. What this file does not do:
choose the text (`sample.py` does).
"""

import io
import math
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from link.errors import LinkError, UsageError
from link.run.documents import PASSAGE_BYTES
from link.tokens.extra import needed

BPE, UNIGRAM = "bpe", "unigram"
MODEL_TYPES = (BPE, UNIGRAM)
LINE_BREAKS_AND_TABS = ("\n", "\r", "\t")
"""Pieces of their own: SentencePiece sees no line breaks in training, and takes a tab for a mark of
its own, so that it would spell them in bytes."""

RESERVED = "\u2585".encode()
"""SentencePiece uses this character for itself (▅), and drops sentences that hold it."""

_NEVER_IN_SYMBOLS = {"\0", " ", "▁", "▅"}
"""SentencePiece takes symbols with these, and never finds them in a text."""

_BYTES = 256
_ERRORS_ALONE = 2
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """What vocabulary is wanted. Raises `UsageError` for a value that cannot be.

    `character_coverage`: the share of the text's characters that get pieces of their own; the rest
    falls back to bytes. `control_symbols`: pieces that no text can hold; `user_symbols`: pieces
    that are cut out wherever they stand. `threads`: more than one may change the last bits of a
    unigram model.
    """

    vocabulary_size: int = 32_000
    model_type: str = BPE
    byte_fallback: bool = True
    character_coverage: float = 0.9999
    split_digits: bool = True
    dummy_prefix: bool = False
    whitespace_pieces: bool = True
    longest_piece: int = 16
    normalisation: str = "identity"
    pad: bool = False
    control_symbols: tuple[str, ...] = ()
    user_symbols: tuple[str, ...] = ()
    threads: int = 1

    def __post_init__(self) -> None:
        if self.model_type not in MODEL_TYPES:
            raise UsageError(f"model type {self.model_type!r}; known are {', '.join(MODEL_TYPES)}")
        if not 0.98 <= self.character_coverage <= 1:  # SentencePiece's own bounds
            raise UsageError(
                f"character coverage must be 0.98 to 1, not {self.character_coverage:g}"
            )
        self._check_symbols()
        least = self._fixed_pieces + 1
        if self.vocabulary_size < least:
            raise UsageError(
                f"vocabulary size {self.vocabulary_size:,} is too low: bytes and symbols alone are "
                f"{least - 1:,} pieces; take at least some thousands"
            )

    @property
    def _fixed_pieces(self) -> int:
        """Pieces that are there whatever the text."""
        symbols = len(self.control_symbols) + len(self.user_symbols)
        return (
            3
            + self.pad
            + len(LINE_BREAKS_AND_TABS)
            + symbols
            + (_BYTES if self.byte_fallback else 0)
        )

    def _check_symbols(self) -> None:
        taken = {"<unk>", "<s>", "</s>", *LINE_BREAKS_AND_TABS} | ({"<pad>"} if self.pad else set())
        for symbol in (*self.control_symbols, *self.user_symbols):
            if not symbol or set(symbol) & _NEVER_IN_SYMBOLS:
                raise UsageError(
                    f"{symbol!r} cannot be a symbol: it is empty, or holds a space or a NUL"
                )
            if symbol in taken:
                raise UsageError(f"symbol {symbol!r} is there already; leave it out")
            taken.add(symbol)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sentences(passage: bytes) -> Iterator[bytes]:
    """A passage of UTF-8 text, of `PASSAGE_BYTES` at most, as SentencePiece takes it: its lines.

    Nothing else than line breaks and the reserved character is lost.

    >>> list(sentences("one\\n\\ntwo ▅ three".encode()))
    [b'one', b'two ', b' three']
    """
    yield from filter(None, re.split(rb"\n|" + RESERVED, passage))


def version() -> str:
    """SentencePiece's. Raises `UsageError` if it is not installed."""
    return str(needed("sentencepiece", "training a tokenizer").__version__)


def train(texts: Iterable[bytes], options: TrainingOptions) -> bytes:
    """A SentencePiece model's bytes, from `sentences`.

    The same sentences and options give the same bytes. Raises `UsageError` where the text does not
    yield the vocabulary asked for, whatever `texts` raises, and `LinkError` for anything else that
    SentencePiece has to say.

    SentencePiece works for minutes without looking at signals. So it has a thread of its own, in
    which it also takes the sentences, while an interruption arrives in this one.
    """
    trainer = needed("sentencepiece", "training a tokenizer").SentencePieceTrainer
    model = io.BytesIO()
    stopped, fed, ended = threading.Event(), threading.Event(), threading.Event()
    errors: list[Exception] = []

    def feed() -> Iterator[bytes]:
        try:
            for sentence in texts:
                if stopped.is_set():
                    raise InterruptedError
                yield sentence
        except Exception as error:
            errors.append(error)
            raise  # which ends the trainer as well
        fed.set()

    def work() -> None:
        try:
            trainer.train(
                sentence_iterator=feed(),
                model_writer=model,
                vocab_size=options.vocabulary_size,
                model_type=options.model_type,
                byte_fallback=options.byte_fallback,
                character_coverage=options.character_coverage,
                split_digits=options.split_digits,
                add_dummy_prefix=options.dummy_prefix,
                allow_whitespace_only_pieces=options.whitespace_pieces,
                remove_extra_whitespaces=False,
                normalization_rule_name=options.normalisation,
                max_sentencepiece_length=options.longest_piece,
                pad_id=3 if options.pad else -1,
                control_symbols=list(options.control_symbols),
                user_defined_symbols=[*LINE_BREAKS_AND_TABS, *options.user_symbols],
                max_sentence_length=PASSAGE_BYTES,  # it drops longer ones
                num_threads=options.threads,
                minloglevel=_ERRORS_ALONE,
            )
        except Exception as error:
            errors.append(explained(error, options))
        finally:
            ended.set()

    try:
        threading.Thread(target=work, daemon=True).start()
        while not ended.wait(_TICK_SECONDS):
            pass
    except RuntimeError:  # no thread can be started
        raise
    except BaseException:
        stopped.set()
        # It must not come back to an interpreter that has ended. While it takes sentences, the
        # next one ends it; once it has all of them, it works by itself until the process ends.
        ended.wait(_TICK_SECONDS if fed.is_set() else None)
        raise
    for first in errors:
        raise first
    return model.getvalue()


_TOO_HIGH = re.compile(r"Vocabulary size too high \(\d+\).*<= (\d+)")
_TOO_LOW = re.compile(r"smaller than required_chars\. \d+ vs (\d+)")


def explained(error: Exception, options: TrainingOptions) -> LinkError:
    """What SentencePiece says, as an error that says what to do."""
    message = str(error)
    size = f"{options.vocabulary_size:,}"
    if found := _TOO_HIGH.search(message):
        most = int(found[1])
        return UsageError(
            f"vocabulary size {size} is too high for this text, which yields {most:,} pieces at "
            f"most; take --vocab-size {most} or less, or more text"
        )
    if found := _TOO_LOW.search(message):
        least = int(found[1])
        return UsageError(
            f"vocabulary size {size} is too low for this text, whose characters alone are "
            f"{least:,} pieces; take --vocab-size {_round_up(least)} or more, or a lower "
            f"--character-coverage than {options.character_coverage:g}"
        )
    return LinkError(
        f"sentencepiece cannot train on this text: {' '.join(message.split())}; "
        f"other options, or more text, may help"
    )


def _round_up(number: int) -> int:
    """A size with room for more than single characters.

    >>> _round_up(1234)
    3000
    """
    return math.ceil(2 * number / 1000) * 1000
