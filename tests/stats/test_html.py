"""Pages: every plot is there, nothing of the data becomes markup, nothing is loaded.

A browser looks at them as well, where there is one.
"""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from link.preview.documents import Figures, Previewed, Swap, Version, with_new_ones
from link.preview.page import write_preview
from link.preview.terminal import Heading
from link.stats.page import write_report
from tests.stats.stats_example import EVIL, ODD, SVGS, stats

VOID = {"meta", "br", "hr", "img", "input", "link"}
ALONE = {"rect", "line", "path", "circle"}  # of SVG, written as <rect/>


class Page(HTMLParser):
    """A page's elements and text; raises if elements are not nested well."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def report_page(folder: Path, figures: dict[str, Any] | None = None) -> str:
    write_report(folder / "report.html", stats() if figures is None else figures)
    return (folder / "report.html").read_text(encoding="utf-8")


def preview_page(folder: Path) -> str:
    figures = Figures(9, 5, 4, 2, 0.3, is_touched=True)
    parts = (f"{EVIL} ", Swap(39, EVIL, f"كلب{EVIL}", "ar"), ODD, Swap(60, "a", " (b)", EVIL, True))
    versions = [Version((EVIL,), figures), Version(parts, figures)]
    document = Previewed(EVIL, 7, EVIL, f"{EVIL} {EVIL}{ODD}a", with_new_ones(versions))
    heading = Heading((("lexicon", EVIL),), ("ar", EVIL), (EVIL,))
    write_preview(folder / "preview.html", heading, [document], characters=0)
    return (folder / "preview.html").read_text(encoding="utf-8")


PAGES = {"report": report_page, "preview": preview_page}


@pytest.mark.parametrize("kind", PAGES)
def test_what_data_holds_stays_text(kind: str, tmp_path: Path) -> None:
    text = PAGES[kind](tmp_path)
    page = Page(text)
    assert "script" not in page.tags
    assert EVIL in "".join(page.text)
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_loads_nothing_and_may_not(kind: str, tmp_path: Path) -> None:
    text = PAGES[kind](tmp_path)
    page = Page(text)
    assert not {"link", "img", "iframe", "object", "script"} & set(page.tags)
    assert not {"src", "href", "srcset", "action"} & {name for name, _ in page.attributes}
    assert "url(" not in text
    assert "@import" not in text
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert text.index("Content-Security-Policy") < text.index("<style>")


def svgs_of(text: str) -> dict[str, ET.Element]:
    """Plots by the identifier of their title."""
    found = {}
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        tree = ET.fromstring(svg)
        title, description = tree.findall("title")[0], tree.findall("desc")[0]
        assert tree.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text
        assert description.text
        found[str(title.get("id")).removeprefix("title-")] = tree
    return found


def test_every_plot_is_there_with_a_mark_for_each_number(tmp_path: Path) -> None:
    svgs = svgs_of(report_page(tmp_path))
    assert sorted(svgs) == sorted(SVGS)
    for name, (tag, count) in SVGS.items():
        marks = [each for each in svgs[name] if each.tag == tag]
        assert len(marks) == count, name
        for each in marks:
            for side in ("width", "height", "r"):
                assert float(each.get(side, "1")) >= 0
            assert each.find("title") is not None, name


def test_marks_lie_within_their_plot(tmp_path: Path) -> None:
    for name, svg in svgs_of(report_page(tmp_path)).items():
        _, _, width, height = map(float, str(svg.get("viewBox")).split())
        for each in svg:
            x = float(each.get("x", each.get("cx", each.get("x1", "0"))))
            y = float(each.get("y", each.get("cy", each.get("y1", "0"))))
            right = x + float(each.get("width", "0"))
            assert 0 <= x <= right <= width, name
            assert 0 <= y <= y + float(each.get("height", "0")) <= height, name


def test_errors_of_a_sample_are_shown(tmp_path: Path) -> None:
    svgs = svgs_of(report_page(tmp_path))
    for name in ("shares", "tokens-0"):
        assert any(each.get("class") == "error" for each in svgs[name])
    figures = {**stats(), "sample": None}
    for svg in svgs_of(report_page(tmp_path, figures)).values():
        assert not any(each.get("class") == "error" for each in svg)


def test_the_numbers_of_every_plot_stand_in_a_table(tmp_path: Path) -> None:
    text = report_page(tmp_path)
    assert text.count("<details>") == len(SVGS)
    assert "".join(Page(text).text).count("Numbers") == len(SVGS)
    for number in ("0.7777", "40,000", "der, &lt;script&gt;", "876"):  # the last of 25 words
        assert number in text


@pytest.mark.parametrize("key", [*stats(), None])
def test_a_figure_that_is_absent_leaves_out_its_part_alone(key: str | None, tmp_path: Path) -> None:
    figures = stats()
    figures.pop(key, None) if key else figures.clear()
    page = report_page(tmp_path, figures)
    assert Page(page).tags.count("h1") == 1
    assert len(svgs_of(page)) >= (len(SVGS) - 2 if key else 0)


@pytest.mark.parametrize("key", stats())
def test_a_figure_may_be_null(key: str, tmp_path: Path) -> None:
    assert Page(report_page(tmp_path, {**stats(), key: None})).tags.count("h1") == 1


def test_an_empty_corpus_has_a_page(tmp_path: Path) -> None:
    figures = stats()
    for key, value in figures.items():
        if isinstance(value, int | float):
            figures[key] = 0
        elif isinstance(value, list):
            figures[key] = []
        elif isinstance(value, dict):
            figures[key] = {}
    assert Page(report_page(tmp_path, figures)).tags.count("h1") == 1


def test_swaps_are_isolated_and_named_by_their_language(tmp_path: Path) -> None:
    text = preview_page(tmp_path)
    assert '<bdi dir="auto" lang="ar">كلب' in text
    assert '<rt><bdi dir="auto" lang="en">&lt;script&gt;' in text


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_report(tmp_path / "nowhere" / "report.html", stats())


# --- as a browser sees them ----------------------------------------------------------------------

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
NARROW, WIDE = 360, 1280

MEASURE = """
<script>
addEventListener("load", () => {
  const result = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, root = page.documentElement;
    const plots = {};
    for (const svg of page.querySelectorAll("svg")) {
      const box = svg.getBoundingClientRect();
      const name = svg.querySelector("title").id.replace("title-", "");
      const marks = [...svg.querySelectorAll("rect, circle")].filter(
        mark => mark.getBoundingClientRect().width > 0);
      plots[name] = {width: box.width, height: box.height, right: box.right,
                     rect: marks.filter(mark => mark.tagName === "rect").length,
                     circle: marks.filter(mark => mark.tagName === "circle").length};
    }
    result[frame.id] = {
      width: root.clientWidth, scroll: root.scrollWidth, plots,
      scripts: page.scripts.length, title: page.title, text: page.body.innerText,
      rubies: page.querySelectorAll("ruby").length,
    };
  }
  const out = document.createElement("pre");
  out.id = "result";
  out.textContent = JSON.stringify(result);
  document.body.append(out);
});
</script>
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser makes of the pages: each in a narrow frame and in a wide one."""
    if BROWSER is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    folder = tmp_path_factory.mktemp("browser")
    frames = "".join(
        f'<iframe id="{kind}-{width}" width="{width}" height="800" srcdoc="{html.escape(page)}">'
        "</iframe>"
        for kind, make in PAGES.items()
        for page in [make(folder)]
        for width in (NARROW, WIDE)
    )
    outside = folder / "outside.html"
    outside.write_text(f'<!doctype html><meta charset="utf-8">{frames}{MEASURE}', "utf-8")
    options = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--dump-dom"),
        *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000"),
    )
    done = subprocess.run(
        [BROWSER, *options, outside.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r'<pre id="result">(.*)</pre>', done.stdout, re.DOTALL)
    if found is None:
        pytest.skip(f"{BROWSER} does not run here: {done.stderr.strip()[-200:]}")
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    return seen


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_browser_shows_every_plot(seen: dict[str, Any], width: int) -> None:
    plots = seen[f"report-{width}"]["plots"]
    assert sorted(plots) == sorted(SVGS)
    for name, (tag, count) in SVGS.items():
        assert plots[name]["width"] > 250
        assert plots[name]["height"] > 20
        assert plots[name]["right"] <= width
        assert plots[name][tag] == count, name


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_no_wider_than_the_window(seen: dict[str, Any], kind: str, width: int) -> None:
    page = seen[f"{kind}-{width}"]
    assert page["scroll"] <= page["width"] <= width


@pytest.mark.parametrize("kind", PAGES)
def test_in_a_browser_data_stays_text(seen: dict[str, Any], kind: str) -> None:
    page = seen[f"{kind}-{WIDE}"]
    assert page["scripts"] == 0
    assert page["title"] != "owned"
    assert EVIL in page["text"]
    assert page["rubies"] == (1 if kind == "preview" else 0)
