"""Where lexicons lie: a path, `./lexicons/NAME.tsv`, those shipped, the user's cache; in order."""

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from link.errors import LexiconError
from link.lexicon.languages import known_tag, language_in

SUFFIX = ".tsv"


def shipped_folder() -> Path:
    """The lexicons that come with LINK: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "_lexicons"
    return installed if installed.is_dir() else package.parent / "lexicons"


def user_folder() -> Path:
    """Where the user's own downloaded lexicons are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "link-corpus" / "lexicons"


def folders() -> tuple[Path, ...]:
    return Path("lexicons"), shipped_folder(), user_folder()


def available() -> Iterator[str]:
    """The names that `find_lexicon` knows, without repetition."""
    seen = set()
    for folder in folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if path.stem not in seen:
                seen.add(path.stem)
                yield path.stem


def _spelled(name: str) -> str:
    """A lexicon's name with its language's shortest code: `muse-en-de`, of `muse-en-deu` too."""
    return re.sub(r"(?<=[-_])[A-Za-z]{2,3}$", lambda match: known_tag(match[0]) or match[0], name)


def find_lexicon(name: str) -> Path:
    """The file of a lexicon given by path or by name; a name may spell its language otherwise.

    >>> find_lexicon("en-deu").name
    'en-de.tsv'
    """
    if not name:
        raise LexiconError("a lexicon's name is empty; give a file or a name such as en-de")
    path = Path(name)
    if path.is_file():
        return path
    if os.sep not in name and not name.endswith(SUFFIX):
        for folder in folders():
            candidate = folder / f"{name}{SUFFIX}"
            if candidate.is_file():
                return candidate
    if path.is_dir():
        raise LexiconError(f"lexicon {name!r} is a folder; name a file in it")
    names = list(available())
    same = [each for each in names if language_in(name) and _spelled(each) == _spelled(name)]
    if same and os.sep not in name:
        return find_lexicon(same[0])
    near = difflib.get_close_matches(path.stem, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known names: {', '.join(names)}"
    raise LexiconError(f"lexicon {name!r} is neither a file nor a known name; {hint}")
