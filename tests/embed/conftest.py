"""A clone of English, in which each word has a made-up twin."""

import random
from pathlib import Path

import pytest

from link.tokens.trainer import TrainingOptions, sentences, train
from tests.embed.helpers import Clone, clone_word, lines

_SYLLABLES = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu".split()
_WORDS, _PIECES = 300, 520


def _trained(path: Path, words: list[str]) -> Path:
    text = "\n".join(lines(words)).encode()
    path.write_bytes(train(sentences(text), TrainingOptions(vocabulary_size=_PIECES)))
    return path


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Tokenizers of both languages, that have about a third of the words as one piece."""
    folder = tmp_path_factory.mktemp("clone")
    draw = random.Random(0)
    words = sorted({"".join(draw.choices(_SYLLABLES, k=draw.randint(2, 3))) for _ in range(_WORDS)})
    return Clone(
        [(word, clone_word(word)) for word in words],
        _trained(folder / "english.model", words),
        _trained(folder / "cloned.model", [clone_word(word) for word in words]),
    )
