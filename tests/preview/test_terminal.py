"""The preview on a terminal: marks, and what may not get through."""

from dataclasses import replace

import pytest

from link.preview.terminal import Heading, print_preview
from link.preview.versions import Figures, Part, Previewed, Swap, Version

FIGURES = Figures(words=9, covered=5, eligible=4, swapped=2, asked=0.3, is_touched=True)
ARABIC = "كلب"


def heading(*languages: str) -> Heading:
    return Heading((("documents", "1"),), languages)


def previewed(*versions: tuple[Part, ...]) -> Previewed:
    made = tuple(Version(parts, FIGURES) for parts in versions)
    return Previewed("a.jsonl", 7, "", "The dog sleeps.", made)


def swap(at: int = 4, source: str = "dog", written: str = "Hund", language: str = "de") -> Swap:
    return Swap(at, source, written, language)


def printed(
    capsys: pytest.CaptureFixture[str],
    document: Previewed,
    *languages: str,
    width: int | None = None,
) -> str:
    print_preview(heading(*languages or ("de",)), [document], width)
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
    known = replace(swap(), is_new=False)
    high = (swap(0, "The", "Der"), " ", known, " sleeps.")
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
