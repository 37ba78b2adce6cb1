"""What the user's cache knows of lexicons: made once, never trusted, done without if need be."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xxhash

from link.kernel.compiled import CompiledLexicon
from link.lexicon import Lexicon, cache, formats
from link.lexicon.arrays import compile_headwords
from link.lexicon.arrays_file import ARRAYS, load_compiled
from link.policy import Policy
from link.run.context import compiled_files
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
        assert cache.path_of(lexicon().compiled)
        assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert len(compilations) == 1
    assert len(list(home.iterdir())) == 1  # no litter


def test_other_content_is_another_entry(home: Path, compilations: list[int]) -> None:
    Lexicon.from_pairs(PAIRS, language="de").compiled  # noqa: B018
    Lexicon.from_pairs(PAIRS[:1], language="de").compiled  # noqa: B018
    Lexicon.from_pairs(PAIRS, language="tr").compiled  # noqa: B018
    assert len(compilations) == len(list(home.iterdir())) == 3


def spoil_array(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def matching_sum_of_nonsense(path: Path) -> None:
    path.write_bytes(xxhash.xxh3_128_hexdigest(b"nonsense").encode() + b"nonsense")


SPOILT = [spoil_array, cut_off, matching_sum_of_nonsense]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_cache_that_is_not_what_was_written_is_made_anew(
    home: Path, compilations: list[int], spoil: Callable[[Path], None]
) -> None:
    lexicon().compiled  # noqa: B018
    [folder] = home.iterdir()
    good = files_of(folder)
    spoil(folder / ARRAYS)
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert files_of(folder) == good
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert len(compilations) == 2


def test_without_a_cache_that_can_be_written_lexicons_work_all_the_same(
    tmp_path: Path, home: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert swaps(lexicon()) == "x Katze, Cat CAT"
    assert cache.path_of(lexicon().compiled) is None
    (tmp_path / "mine.tsv").write_text(TEXT)
    assert told(Lexicon.load(tmp_path / "mine.tsv")) == told(Lexicon.load(tmp_path / "mine.tsv"))


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
    (cached / ARRAYS).unlink()
    (cached / ARRAYS).write_bytes(b"nonsense")
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


# --- what was read --------------------------------------------------------------------------------

TEXT = "# name: mine\n# language: de\ndog\tHund\ndog\tKöter\ndog\tHund\ncat\tKatze\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A lexicon's file."""
    path = tmp_path / "mine.tsv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each file that is parsed."""
    made: list[int] = []
    parse = formats.read_bytes

    def counted(*given: Any) -> Any:
        made.append(1)
        return parse(*given)

    monkeypatch.setattr(formats, "read_bytes", counted)
    return made


def told(lexicon: Lexicon) -> list[object]:
    """All that a run says and keeps of a lexicon."""
    return [lexicon.as_dict(), lexicon.report, lexicon.texts(), lexicon.content, swaps(lexicon)]


@pytest.mark.parametrize("inflect", [None, True, False])
def test_a_file_that_was_read_before_is_not_parsed_again(
    home: Path, path: Path, readings: list[int], inflect: bool | None
) -> None:
    first = told(Lexicon.load(path, inflect=inflect))
    again = Lexicon.load(path, inflect=inflect)
    assert told(again) == first
    assert len(readings) == 1
    assert "merged, same pair again: 1 (line 5): dog → Hund" in again.report.lines()
    kept = {path.suffix for path in home.parent.joinpath("read").iterdir()}
    assert kept == ({"", ".forms"} if inflect else {""})  # no litter
    assert again.entries == Lexicon.load(path).entries == {**again.entries}
    assert again.inflections.text() == again.texts()["inflections.tsv"]
    assert swaps(again.restricted(only=["cat"])) == "x Katze, Cat CAT"


@pytest.mark.parametrize("library", ["registry_files", "table_files"])
def test_with_another_release_of_a_library_a_file_is_read_anew(
    home: Path,
    path: Path,
    readings: list[int],
    library: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(Lexicon.load(path))
    monkeypatch.setattr(cache, library, lambda: [b"another"])
    monkeypatch.setattr(cache, "_surroundings", cache._surroundings.__wrapped__)
    told(Lexicon.load(path))
    assert len(readings) == 2


def test_with_and_without_inflected_forms_a_file_is_the_same_file(home: Path, path: Path) -> None:
    for inflect in (False, True, None):
        forms = Lexicon.load(path, inflect=inflect)
        forms.compiled  # noqa: B018
        again = Lexicon.load(path, inflect=inflect)
        assert again.as_dict()["inflected_forms"] == (6 if inflect else 0)
        assert told(again) == told(forms)
        assert again.inflect is bool(inflect)


@pytest.mark.parametrize("spoil", SPOILT)
def test_what_is_not_as_it_was_kept_is_read_anew(
    home: Path, path: Path, readings: list[int], spoil: Callable[[Path], None]
) -> None:
    first = told(Lexicon.load(path))
    [kept] = home.parent.joinpath("read").iterdir()
    good = kept.read_bytes()
    spoil(kept)
    assert told(Lexicon.load(path)) == first
    assert kept.read_bytes() == good
    assert len(readings) == 2


def test_a_file_changed_in_place_is_seen(home: Path, path: Path) -> None:
    Lexicon.load(path).compiled  # noqa: B018
    status = path.stat()
    path.write_text(TEXT.replace("Katze", "Kater"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert swaps(Lexicon.load(path)) == "x Kater, Cat CAT"


@pytest.mark.parametrize(
    "options",
    [{"language": "de-AT"}, {"reverse": True}, {"format": "pairs"}, {"off": ["identity"]}],
)
def test_another_request_is_read_for_itself(
    home: Path, path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Lexicon.load(path).compiled  # noqa: B018
    by_cache = told(Lexicon.load(path, **options))
    monkeypatch.setattr("link.lexicon.lexicon.recall", lambda name: None)
    assert by_cache == told(Lexicon.load(path, **options))
