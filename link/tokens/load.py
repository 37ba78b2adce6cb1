"""Loading a tokenizer from a file, by its content."""

from pathlib import Path

from link.errors import UsageError, reason_of
from link.tokens.counts import Tokenizer
from link.tokens.hugging_face import HuggingFace
from link.tokens.sentencepieces import SentencePieces
from link.untrusted import read_file

_BOM = b"\xef\xbb\xbf"
_LFS = b"version https://git-lfs"
_NAMES = ("tokenizer.json", "tokenizer.model")


def load_tokenizer(path: str, *, num_threads: int = 1) -> Tokenizer:
    """The tokenizer in a file: a SentencePiece model, or a `tokenizer.json`.

    `num_threads`: how many encode. Raises `UsageError` if the file cannot be read, is no tokenizer,
    or the package that reads it is not installed.
    """
    file = Path(path)
    if file.is_dir():
        raise UsageError(f"{path} is a folder; {_inside(file)}")
    try:
        data = read_file(file)
    except OSError as error:
        raise UsageError(
            f"tokenizer {path} cannot be read: {reason_of(error)}; name a local SentencePiece "
            f"model or tokenizer.json (a name on a hub is not looked up)"
        ) from error
    if not data:
        raise UsageError(f"tokenizer {path} is empty; copy it again")
    if data.startswith(_LFS):
        raise UsageError(f"{path} is a pointer of Git LFS, not the file itself; run git lfs pull")
    if data.removeprefix(_BOM).lstrip()[:1] in (b"{", b"["):
        data = data.removeprefix(_BOM)
        return HuggingFace(file.name, data, threads=num_threads, path=path)
    return SentencePieces(file.name, data, threads=num_threads, path=path)


def _inside(folder: Path) -> str:
    for name in _NAMES:
        if (folder / name).is_file():
            return f"name the file: {folder / name}"
    return "name a SentencePiece model or tokenizer.json"
