"""Compiled lexicons in the user's cache: made once, never trusted, done without if need be."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from link.kernel.compiled import (
    CompiledLexicon,
    compile_headwords,
    load_compiled,
    save_compiled,
)
from link.lexicon import Lexicon, cache
from link.policy import Policy
from link.run.local import compiled_files
from link.substituter import Substituter

PAIRS = [("dog", "Hund"), ("dog", "Köter"), ("cat", "Katze")]


def lexicon() -> Lexicon:
    return Lexicon.from_pairs(PAIRS, language="de")


def swaps(lexicon: Lexicon) -> str:
    return Substituter(lexicon, Policy(ratio=1.0))("x cat, Cat CAT")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache of its own: the folder of what is compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "link-corpus" / "compiled"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each lexicon that is compiled."""
    made: list[int] = []

    def counted(*given: object) -> CompiledLexicon:
        made.append(1)
        return compile_headwords(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("link.lexicon.lexicon.compile_headwords", counted)
    return made


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_lexicon_is_compiled_once_and_mapped_from_the_cache(
    home: Path, compilations: list[int]
) -> None:
    for _ in range(3):
        assert isinstance(lexicon().compiled.first.base, np.memmap)
        assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert len(compilations) == 1
    assert len(list(home.iterdir())) == 1  # no litter


def test_other_content_is_another_entry(home: Path, compilations: list[int]) -> None:
    Lexicon.from_pairs(PAIRS, language="de").compiled  # noqa: B018
    Lexicon.from_pairs(PAIRS[:1], language="de").compiled  # noqa: B018
    Lexicon.from_pairs(PAIRS, language="tr").compiled  # noqa: B018
    assert len(compilations) == len(list(home.iterdir())) == 3


def spoil_array(folder: Path) -> None:
    path = folder / "first.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_array(folder: Path) -> None:
    (folder / "lemmas.npy").write_bytes(b"")


def lose_array(folder: Path) -> None:
    (folder / "texts-data.npy").unlink()


def spoil_sums(folder: Path) -> None:
    (folder / "sums.json").write_text("{")


def sums_of_another_shape(folder: Path) -> None:
    (folder / "sums.json").write_text("[null]")


def lose_sums(folder: Path) -> None:
    (folder / "sums.json").unlink()


def strange_array(folder: Path) -> None:
    (folder / "strange.npy").write_bytes(b"x")


def matching_sums_of_nonsense(folder: Path) -> None:
    for path in folder.glob("*.npy"):
        path.write_bytes(b"nonsense")
    (folder / "sums.json").write_text(json.dumps(cache._sums(folder)))


@pytest.mark.parametrize(
    "spoil",
    [
        *(spoil_array, cut_array, lose_array, spoil_sums, sums_of_another_shape),
        *(lose_sums, strange_array, matching_sums_of_nonsense),
    ],
)
def test_a_cache_that_is_not_what_was_written_is_made_anew(
    home: Path, compilations: list[int], spoil: Callable[[Path], None]
) -> None:
    lexicon().compiled  # noqa: B018
    [folder] = home.iterdir()
    good = files_of(folder)
    spoil(folder)
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert files_of(folder) == good
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert len(compilations) == 2


def test_without_a_cache_that_can_be_written_lexicons_work_all_the_same(
    tmp_path: Path, home: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert not isinstance(lexicon().compiled.first.base, np.memmap)


def test_whoever_comes_first_wins(home: Path) -> None:
    compiled = lexicon().compiled
    [folder] = home.iterdir()
    before = folder.stat().st_ino
    cache._store(compiled, folder)
    assert folder.stat().st_ino == before


# --- workers --------------------------------------------------------------------------------------


def same_files(one: Path, other: Path) -> bool:
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        (one / name).samefile(other / name) for name in names
    )


def test_workers_map_the_cached_files_themselves(tmp_path: Path, home: Path) -> None:
    compiled = lexicon().compiled
    [cached] = home.iterdir()
    with compiled_files(compiled, tmp_path / "scratch") as folder:
        assert same_files(folder, cached)
        shutil.rmtree(cached)  # a cache that is emptied meanwhile takes nothing from the workers
        assert load_compiled(folder).first.tolist() == compiled.first.tolist()
    assert not (tmp_path / "scratch").exists()


def test_workers_are_not_given_what_was_put_in_the_place_of_the_cached_files(
    tmp_path: Path, home: Path
) -> None:
    compiled = lexicon().compiled
    first = compiled.first.tolist()
    [cached] = home.iterdir()
    (cached / "first.npy").unlink()
    (cached / "first.npy").write_bytes(b"nonsense")
    with compiled_files(compiled, tmp_path / "scratch") as folder:
        assert load_compiled(folder).first.tolist() == first


def no_link(*_: object) -> None:
    raise OSError(18, "Invalid cross-device link")


@pytest.mark.parametrize("is_cached", [True, False])
def test_where_no_links_can_be_made_workers_have_a_copy(
    tmp_path: Path, home: Path, is_cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_cached:
        monkeypatch.setattr(Path, "hardlink_to", no_link)
    else:
        (tmp_path / "cache").write_text("a file where the folder should be")
    compiled = lexicon().compiled
    with compiled_files(compiled, tmp_path / "scratch") as folder:
        assert load_compiled(folder).first.tolist() == compiled.first.tolist()
        assert all(path.stat().st_nlink == 1 for path in folder.iterdir())


def test_what_was_cut_off_while_it_was_written_is_not_mapped(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(compiled: CompiledLexicon, folder: Path) -> None:
        save_compiled(compiled, folder)
        cut_array(folder)

    monkeypatch.setattr(cache, "save_compiled", cut_off)
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert not isinstance(lexicon().compiled.first.base, np.memmap)
