"""The preview on a terminal: marks, and what may not get through."""

import pytest

from link.preview.documents import (
    GAP,
    Figures,
    Part,
    Previewed,
    Swap,
    Version,
    excerpt,
    with_new_ones,
)
from link.preview.terminal import Heading, print_preview

FIGURES = Figures(words=9, covered=5, eligible=4, swapped=2, asked=0.3, is_touched=True)
ARABIC = "كلب"


def heading(*languages: str) -> Heading:
    return Heading((("documents", "1"),), languages)


def previewed(*versions: tuple[Part, ...], before: str = "The dog sleeps.") -> Previewed:
    made = [Version(parts, FIGURES) for parts in versions]
    return Previewed("a.jsonl", 7, "", before, with_new_ones(made))


def swap(at: int = 4, source: str = "dog", written: str = "Hund", language: str = "de") -> Swap:
    return Swap(at, source, written, language)


def printed(
    capsys: pytest.CaptureFixture[str],
    document: Previewed,
    *languages: str,
    characters: int = 0,
    width: int | None = None,
) -> str:
    print_preview(heading(*languages or ("de",)), [document], characters=characters, width=width)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("parts", "languages", "shown"),
    [
        (("The ", swap(), " sleeps."), ["de"], "The [Hund←dog] sleeps."),
        (("The ", swap(), " sleeps."), ["de", "es"], "The [de:Hund←dog] sleeps."),
        (
            (Swap(0, "dog", " (Hund)", "de", True, "'s"), " house"),
            ["de"],
            "[dog's (Hund)] house",
        ),
        ((swap(0, "went  \n home", "ging heim"),), ["de"], "[ging heim←went home]"),
    ],
    ids=["a word", "several languages", "an annotation", "a phrase on two lines"],
)
def test_without_colours_swaps_are_marked_with_their_source(
    capsys: pytest.CaptureFixture[str],
    parts: tuple[Part, ...],
    languages: list[str],
    shown: str,
) -> None:
    assert shown in printed(capsys, previewed(parts), *languages)


def test_a_sweep_marks_what_a_ratio_adds(capsys: pytest.CaptureFixture[str]) -> None:
    low = ("The ", swap(), " sleeps.")
    high = (swap(0, "The", "Der"), " ", swap(), " sleeps.")
    text = printed(capsys, previewed(low, high))
    assert "The [Hund←dog] sleeps." in text
    assert "[+Der←The] [Hund←dog] sleeps." in text


@pytest.mark.parametrize("variable", ["", "NO_COLOR"])
def test_colours_are_for_terminals_that_want_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a terminal
    monkeypatch.setenv("TERM", "xterm-256color")
    if variable:
        monkeypatch.setenv(variable, "1")
    text = printed(capsys, previewed(("The ", swap(), ".")))
    assert ("\x1b[" in text) == (not variable)
    assert ("[Hund←dog]" in text) == bool(variable)


@pytest.mark.parametrize(
    "evil", ["\x1b[2J", "\x9b31m", "\u202e", "\u2066", "\u200f", "\x00", "\x07", "\ud800", "\r"]
)
def test_nothing_of_the_data_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], evil: str
) -> None:
    parts = (f"a{evil}b ", swap(5, f"do{evil}g", f"Hu{evil}nd", "de"), " c")
    document = Previewed(
        f"{evil}.jsonl", 1, f"x{evil}", f"a{evil}b do{evil}g c", (Version(parts, FIGURES),)
    )
    text = printed(capsys, document)
    assert evil not in text
    assert text.count(evil.encode("unicode_escape").decode()) == 7


def test_text_from_right_to_left_is_isolated(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, previewed(("The ", swap(written=ARABIC, language="ar"), ".")), "ar")
    assert f"The [\u2068{ARABIC}\u2069←\u2068dog\u2069]." in text
    assert "\u2068" not in printed(capsys, previewed(("The ", swap(), ".")))


def test_joiners_and_wide_spaces_stay(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, previewed((swap(0, "a", "क\u200d\u3000ष"),)))
    assert "क\u200d" in text


def test_lines_are_no_wider_than_asked(capsys: pytest.CaptureFixture[str]) -> None:
    parts = (*(each for n in range(40) for each in (swap(8 * n), " and ")),)
    text = printed(capsys, previewed(parts), width=50)
    assert max(map(len, text.splitlines())) <= 50
    assert text.count("←dog]") + text.count("←\n        dog]") == 40


def test_the_figures_of_a_document_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, previewed(("The ", swap(), ".")))
    assert "9 words, 5 covered (56%), 4 eligible (44%), 2 swapped, ratio 0.222" in text


def test_a_document_that_is_not_touched_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures(9, 0, 0, 0, 0.3, is_touched=False)
    document = Previewed("a", 1, "", "The dog.", (Version(("The dog.",), figures),))
    assert "9 words, not touched (--portion)" in printed(capsys, document)


# --- excerpts ------------------------------------------------------------------------------------


def long_document(*swapped: int) -> Previewed:
    """200 words of four characters and a space each, some of them swapped."""
    before = " ".join(f"w{n:03}" for n in range(200))
    parts: list[Part] = []
    done = 0
    for n in swapped:
        parts += [before[done : 5 * n], Swap(5 * n, f"w{n:03}", f"W{n:03}", "de")]
        done = 5 * n + 4
    made = Version((*parts, before[done:]), FIGURES)
    plain = Version((before,), FIGURES)
    return Previewed("a", 1, "", before, (plain, made))


def test_an_excerpt_is_the_stretch_with_most_swaps_in_all_versions() -> None:
    cut = excerpt(long_document(10, 120, 122, 125, 190), 100)
    plain, made = cut.versions
    assert [each.source for each in made.swaps] == ["w120", "w122", "w125"]
    assert cut.before == "".join(plain.parts)  # type: ignore[arg-type]
    assert cut.before == "".join(
        part if isinstance(part, str) else part.source for part in made.parts
    )
    words = cut.before.strip(GAP).split()
    assert all(len(word) == 4 for word in words)
    assert 15 <= len(words) <= 25


@pytest.mark.parametrize("characters", [1, 7, 50, 333, 996, 997, 998])
@pytest.mark.parametrize("swapped", [(), (0,), (199,), tuple(range(200))])
def test_an_excerpt_says_where_it_is_cut_and_keeps_swaps_whole(
    characters: int, swapped: tuple[int, ...]
) -> None:
    document = long_document(*swapped)
    cut = excerpt(document, characters)
    kept = cut.before.removeprefix(GAP).removesuffix(GAP)
    assert kept in document.before
    assert cut.before.startswith(GAP) == (not document.before.startswith(kept))
    assert cut.before.endswith(GAP) == (not document.before.endswith(kept))
    assert {each.source for each in cut.versions[1].swaps} <= {
        each.source for each in document.versions[1].swaps
    }


def test_without_a_limit_nothing_is_cut() -> None:
    document = long_document(3)
    assert excerpt(document, 0) is document
