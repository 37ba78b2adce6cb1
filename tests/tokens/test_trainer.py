"""Training: nothing of the text is dropped in silence, and what cannot be done is said."""

import threading
import time
from _thread import interrupt_main
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import UsageError
from link.run.documents import PASSAGE_BYTES
from link.tokens.sentencepieces import SentencePieces
from link.tokens.trainer import TrainingOptions, sentences, train
from tests.strategies import examples
from tests.tokens.conftest import TEXT


def lines(times: int = 5) -> Iterator[bytes]:
    return sentences(TEXT.encode() * times)


@examples(100)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=5),
            st.sampled_from(["a" * 5000, "犬" * 3000, " " * 9000, "▅", "\n", "\r\n"]),
        )
    ).map("".join)
)
def test_sentences_are_all_of_the_text_but_line_breaks_and_the_reserved_character(
    text: str,
) -> None:
    cut = list(sentences(text.encode()))
    assert b"".join(cut).decode() == text.replace("\n", "").replace("▅", "")
    assert all(cut)
    for sentence in cut:
        sentence.decode()


@pytest.mark.parametrize("model_type", ["bpe", "unigram"])
def test_a_line_as_long_as_a_passage_is_trained_on(model_type: str) -> None:
    line = (TEXT.replace("\n", " ") * 100).encode()[:PASSAGE_BYTES]
    options = TrainingOptions(vocabulary_size=290, model_type=model_type)
    pieces = {piece for piece, _ in SentencePieces("m", train(iter([line]), options)).pieces()}
    assert set(TEXT) - {" ", "\n"} <= pieces


@pytest.mark.parametrize("model_type", ["bpe", "unigram"])
def test_the_same_text_gives_the_same_bytes(model_type: str) -> None:
    options = TrainingOptions(vocabulary_size=290, model_type=model_type)
    assert train(lines(), options) == train(lines(), options)


def test_nothing_is_lost_and_digits_and_line_breaks_have_pieces() -> None:
    import sentencepiece

    symbols = TrainingOptions(
        vocabulary_size=330, control_symbols=("<mask>",), user_symbols=("<a,b>", '"'), pad=True
    )
    data = train(lines(), symbols)
    processor = sentencepiece.SentencePieceProcessor(model_proto=data)
    text = '  Der \t\t Hund\r\n\n  1234\0 ﬁ Ａ <a,b>"\n '
    assert processor.decode(processor.encode(text)) == text
    assert {"\n", "\r", "\t", "<mask>", "<a,b>", '"', "<pad>"} <= {
        piece for piece, _ in SentencePieces("m", data).pieces()
    }
    assert "<mask>" not in processor.encode("<mask>", out_type=str)
    assert "<a,b>" in processor.encode("x<a,b>", out_type=str)
    numbers = [piece for piece in processor.encode("1234", out_type=str) if piece != "▁"]
    assert len(numbers) == 4


def test_a_vocabulary_that_is_too_large_names_the_largest_that_works() -> None:
    with pytest.raises(UsageError, match=r"too high for this text") as raised:
        train(lines(), TrainingOptions(vocabulary_size=5000))
    most = int(str(raised.value).split("--vocab-size ")[1].split()[0])
    assert train(lines(), TrainingOptions(vocabulary_size=most))
    with pytest.raises(UsageError):
        train(lines(), TrainingOptions(vocabulary_size=most + 1))


def test_a_vocabulary_that_is_too_small_names_one_that_works() -> None:
    with pytest.raises(UsageError, match="whose characters alone are 2"):
        train(lines(), TrainingOptions(vocabulary_size=265))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocabulary_size": 100}, "bytes and symbols alone"),
        ({"character_coverage": 0.5}, "0.98 to 1"),
        ({"model_type": "word"}, "known are bpe, unigram"),
        ({"user_symbols": ("\n",)}, "there already"),
        ({"user_symbols": ("a",), "control_symbols": ("a",)}, "there already"),
        ({"control_symbols": ("",)}, "cannot be a symbol"),
        ({"user_symbols": ("a b",)}, "cannot be a symbol"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainingOptions(**options)  # type: ignore[arg-type]


def test_what_goes_wrong_in_the_text_is_what_is_raised() -> None:
    def broken() -> Iterator[bytes]:
        yield from lines()
        raise ZeroDivisionError("of the text")

    with pytest.raises(ZeroDivisionError, match="of the text"):
        train(broken(), TrainingOptions(vocabulary_size=310))


def test_an_interruption_ends_training() -> None:
    def endless() -> Iterator[bytes]:
        yield b"the dog"
        interrupt_main()  # as Ctrl-C does
        while True:
            time.sleep(0.001)
            yield b"the dog"

    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        train(endless(), TrainingOptions(vocabulary_size=310))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # it has nothing to do any more
        assert not thread.is_alive()
