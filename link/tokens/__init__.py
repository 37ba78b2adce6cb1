"""Tokenizers: how many tokens a text is, and how to train a vocabulary.

    tokenizer = load_tokenizer("llama/tokenizer.model")
    tokenizer.count(["The Hund sleeps."]).tokens      # array([5])

A tokenizer is a local file, told by its content: a SentencePiece model, or the `tokenizer.json` of
Hugging Face `tokenizers`. Nothing is ever fetched.
"""

from link.tokens.counts import SENTENCEPIECE, TOKENIZERS, TokenCounts, Tokenizer
from link.tokens.load import load_tokenizer

__all__ = ["SENTENCEPIECE", "TOKENIZERS", "TokenCounts", "Tokenizer", "load_tokenizer"]
