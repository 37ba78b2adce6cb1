"""Where a lexicon is looked for, in order, and what is said when it is nowhere."""

from pathlib import Path

import pytest

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.find import available, find_lexicon, shipped_folder, user_folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an empty user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(path: Path, target: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"dog\t{target}\n", encoding="utf-8")
    return path


def found(name: str) -> str:
    """The translation of `dog` in the lexicon that is found."""
    return Lexicon.load(name).entries["dog"][0].text


def test_a_shipped_lexicon_is_found_by_name_from_anywhere(elsewhere: Path) -> None:
    assert find_lexicon("en-de") == shipped_folder() / "en-de.tsv"
    assert found("en-de") == "Hund"


def test_a_path_wins_then_the_local_folder_then_the_shipped_then_the_cache(elsewhere: Path) -> None:
    write(user_folder() / "en-de.tsv", "cached")
    assert found("en-de") == "Hund"
    write(elsewhere / "lexicons" / "en-de.tsv", "local")
    assert found("en-de") == "local"
    write(elsewhere / "en-de", "by path")
    assert found("en-de") == "by path"


def test_without_xdg_cache_home_the_cache_is_in_the_home_folder(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(elsewhere))
    for unset in (True, False):  # an empty variable counts as none
        if unset:
            monkeypatch.delenv("XDG_CACHE_HOME")
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", "")
        assert user_folder() == elsewhere / ".cache" / "link-corpus" / "lexicons"


def test_a_lexicon_is_loaded_by_its_path(elsewhere: Path) -> None:
    path = write(elsewhere / "some" / "words.txt", "x")
    assert found(str(path)) == "x"
    assert found("some/words.txt") == "x"
    assert Lexicon.load(path).name == "words"


def test_the_known_names_are_those_of_all_folders_once(elsewhere: Path) -> None:
    write(elsewhere / "lexicons" / "en-de.tsv", "local")
    write(elsewhere / "lexicons" / "en-xx.tsv", "local")
    write(user_folder() / "en-yy.tsv", "cached")
    names = list(available())
    assert {"en-de", "en-xx", "en-yy"} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name", ["en-ed", "en-de.tsv", "en_de", "lexicons/en-de.tsv", "somewhere/en-dd.tsv"]
)
def test_an_unknown_name_is_an_error_that_names_the_nearest(elsewhere: Path, name: str) -> None:
    with pytest.raises(LexiconError, match=rf"'{name}' is neither .* did you mean .*en-de"):
        Lexicon.load(name)


@pytest.mark.parametrize("name", [".", "folder"])
def test_a_folder_is_no_lexicon(elsewhere: Path, name: str) -> None:
    (elsewhere / "folder").mkdir()
    with pytest.raises(LexiconError, match="is a folder; name a file in it"):
        Lexicon.load(name)
