"""Pieces as bytes, in whatever way a tokenizer spells them; texts cut within running text."""

import io
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from link.embed.vocabulary import BYTE, SPECIAL, TEXT, Piece, Vocabulary, load_vocabulary
from link.errors import UsageError
from link.tokens.trainer import TrainingOptions, sentences, train
from tests.embed.helpers import byte_level

TEXT_LINES = [
    "The dog sees the green house.",
    "Über den Fluß läuft ein Hund.",
    "日本語 und mehr",
] * 20


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("gpt2") / "tokenizer.json"
    return load_vocabulary(str(byte_level(path, iter(TEXT_LINES), 420)))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """SentencePiece with byte fallback."""
    path = tmp_path_factory.mktemp("llama") / "tokenizer.model"
    text = "\n".join(TEXT_LINES).encode()
    path.write_bytes(train(sentences(text), TrainingOptions(vocabulary_size=330)))
    return load_vocabulary(str(path))


def written_by_google(**options: Any) -> bytes:
    """A SentencePiece model of the library's own defaults: NFKC, a space before each text."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT_LINES),
        model_writer=model,
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return model.getvalue()


def test_both_spellings_of_space_and_bytes_are_undone(gpt2: Vocabulary, llama: Vocabulary) -> None:
    one, other = (vocabulary.by_data for vocabulary in (gpt2, llama))
    for data in (b" the", b" "):
        assert data in one[TEXT]
        assert data in other[TEXT]
    assert " läuft".encode() in one[TEXT]
    assert "ä".encode() in other[TEXT]
    assert set(other[BYTE]) == {bytes([byte]) for byte in range(256)}
    assert {bytes([byte]) for byte in range(256)} <= one[TEXT].keys()
    assert b"<s>" in other[SPECIAL]
    assert b"<|endoftext|>" in one[SPECIAL]


def test_a_piece_finds_its_twin_in_the_other_spelling(gpt2: Vocabulary, llama: Vocabulary) -> None:
    for one, other in ((gpt2, llama), (llama, gpt2)):
        for piece, twin in zip(one.pieces, one.twins(other).tolist(), strict=True):
            if twin < 0:
                assert piece.data not in other.by_data[TEXT]
            elif piece.kind in (TEXT, BYTE):
                assert other.pieces[twin].data == piece.data
    begin, end, byte = (
        llama.by_data[kind][data] for kind, data in ((2, b"<s>"), (2, b"</s>"), (1, b"\xc3"))
    )
    twins = llama.twins(gpt2)
    assert {twins[begin], twins[end]} == {gpt2.by_data[SPECIAL][b"<|endoftext|>"]}
    assert gpt2.pieces[twins[byte]] == Piece(TEXT, b"\xc3")


@pytest.mark.parametrize("text", ["dog", " dog", "Hund läuft", " 日本語", "ø", " The dog"])
def test_pieces_of_a_text_are_its_bytes(gpt2: Vocabulary, llama: Vocabulary, text: str) -> None:
    for vocabulary in (gpt2, llama):
        [cut] = vocabulary.cut([text])
        assert b"".join(vocabulary.pieces[one].data for one in cut) == text.encode()


def test_a_word_can_be_cut_without_the_space_that_a_tokenizer_puts_before_a_text(
    tmp_path: Path,
) -> None:
    path = tmp_path / "dummy.model"
    path.write_bytes(written_by_google())
    vocabulary = load_vocabulary(str(path))
    assert vocabulary.pieces[vocabulary.encode(["dog"])[0][0]].data.startswith(b" ")
    for text in ("dog", " dog"):
        [cut] = vocabulary.cut([text])
        assert b"".join(vocabulary.pieces[one].data for one in cut) == text.encode()


def test_what_a_tokenizer_cannot_spell_has_no_pieces(tmp_path: Path) -> None:
    path = tmp_path / "lower.model"
    path.write_bytes(written_by_google(normalization_rule_name="nmt_nfkc_cf"))
    vocabulary = load_vocabulary(str(path))
    upper, lower, unknown = vocabulary.cut(["Dog", "dog", "ж"])
    assert (upper, unknown) == ((), ())
    assert lower


def test_pieces_are_shown_as_sentencepiece_writes_them(llama: Vocabulary) -> None:
    for number, piece in enumerate(llama.pieces):
        if piece.kind == BYTE:
            assert llama.shown(number) == f"<0x{piece.data[0]:02X}>"
    assert llama.shown(llama.by_data[TEXT][b" the"]) == "▁the"


def test_a_tokenizer_without_a_piece_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models

    Tokenizer(models.BPE()).save(str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match=r"none\.json has no piece"):
        load_vocabulary(str(tmp_path / "none.json"))
