"""Pages: nothing of the data becomes markup, nothing is loaded, every figure is there.

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

import pytest

from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.preview.page import write_preview
from link.preview.terminal import Heading
from link.preview.versions import Figures, Previewed, Swap, Version
from link.stats.page import write_report
from link.stats.view import PAGE, view_of
from tests.helpers import json_lines, some_records
from tests.stats.helpers import stats_of

EVIL = "<script>document.title='owned'</script>"
ODD = "\x00\x1b[2J\u202e\ud800]]>&amp;'\""
VOID = {"meta", "br", "hr", "img", "input", "link"}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Figures with everything that a page can show, and hostile names, words and values."""
    folder = tmp_path_factory.mktemp("page")
    some = enumerate(some_records(30))
    records = [{**record, "by": (EVIL, ODD, "b")[n % 3]} for n, record in some]
    (folder / "a.jsonl").write_bytes(json_lines(records) + b'{"no":1}\n')
    (folder / "b.jsonl.gz").write_bytes(b"no gzip")
    pairs = [("the", EVIL), ("dog", "<b>"), ("cat", "x")]
    lexicons = [Lexicon.from_pairs(pairs, language=code) for code in ("de", "es")]
    told = stats_of(folder, Lexicons.of(lexicons), by="by", policy=Policy(ratio=0.2))
    told["sample"] = {
        "documents": 9,
        "documents_seen": 90,
        "bytes": 1000,
        "confidence": 0.95,
        "errors": {"token_coverage": 0.01, "words": None, "tokens.budget_factor": 0.02},
    }
    names = ("fertility", "unknown", "byte_fallback", "documents_in_budget")
    sides = {f"{name}_{when}": 1 for name in names for when in ("before", "after")}
    told["tokens"] = {"name": EVIL, "before": 10, "after": 12, "budget_factor": 1.2, **sides}
    told["headwords_unseen_examples"] = [EVIL, ODD]
    return told


class Page(HTMLParser):
    """A page's elements and text; raises if elements are not nested well."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def preview_page(path: Path) -> None:
    figures = Figures(9, 5, 4, 2, 0.3, is_touched=True)
    parts = (f"{EVIL} ", Swap(39, EVIL, f"كلب{EVIL}", "ar"), ODD, Swap(60, "a", " (b)", EVIL, True))
    versions = (Version((EVIL,), figures), Version(parts, figures))
    document = Previewed(EVIL, 7, EVIL, f"{EVIL} {EVIL}{ODD}a", versions)
    write_preview(path, Heading((("lexicon", EVIL),), ("ar", EVIL), (EVIL,)), [document])


@pytest.fixture(scope="module")
def pages(figures: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    write_report(folder / "report", figures)
    preview_page(folder / "preview")
    return {kind: (folder / kind).read_text(encoding="utf-8") for kind in KINDS}


KINDS = ("report", "preview")


@pytest.mark.parametrize("kind", KINDS)
def test_what_data_holds_stays_text_and_nothing_is_loaded(kind: str, pages: dict[str, str]) -> None:
    text, page = pages[kind], Page(pages[kind])
    assert EVIL in page.text
    assert not {"link", "img", "iframe", "object", "script"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {"src", "href", "srcset", "action"} & names
    assert not any(name.startswith("on") for name in names)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "url(" not in text
    assert "@import" not in text
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_a_page_has_every_figure_and_a_bar_for_each_row_that_has_one(
    figures: dict[str, Any], pages: dict[str, str]
) -> None:
    page = Page(pages["report"])
    view = view_of(figures)
    cells = [cell for section in view.sections for row in section.rows for cell in row]
    for each in (*(value for _, value, _ in view.main), *filter(str.isascii, cells)):
        assert each in page.text or not each.isprintable(), each
    assert len([s for s in view.sections if s.where == PAGE]) == 5
    bars = [bar for section in view.sections for bar in section.bars]
    assert page.tags.count("i") == sum(map(len, bars)) > 20
    for low, high in (span for bar in bars for span in bar):
        assert -0.05 <= low <= high <= 1.05
    for style in (value for name, value in page.attributes if name == "style"):
        assert all(0 <= float(number) <= 100 for number in re.findall(r"[\d.]+", str(style)))


def test_errors_of_a_sample_are_shown(pages: dict[str, str]) -> None:
    text = Page(pages["report"]).text
    assert "± 0.0100" in text
    assert "± unknown" in text
    assert "A sample: 9 of 90 documents" in text


def test_an_empty_corpus_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    lexicons = Lexicons.of([Lexicon.from_pairs([("the", "der")], language="de")])
    write_report(tmp_path / "page", stats_of(tmp_path, lexicons))
    assert Page((tmp_path / "page").read_text(encoding="utf-8")).tags.count("h1") == 1


def test_swaps_are_isolated_and_named_by_their_language(pages: dict[str, str]) -> None:
    assert '<bdi dir="auto" lang="ar">كلب' in pages["preview"]
    assert '<rt><bdi dir="auto" lang="en">&lt;script&gt;' in pages["preview"]


def test_a_page_that_cannot_be_written_says_so(figures: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_report(tmp_path / "nowhere" / "report.html", figures)


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
    result[frame.id] = {
      width: root.clientWidth, scroll: root.scrollWidth, title: page.title,
      bars: [...page.querySelectorAll(".bars i")].filter(
        bar => bar.getBoundingClientRect().width >= 1).length,
      scripts: page.scripts.length, text: page.body.innerText,
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
def seen(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser makes of the pages: each in a narrow frame and in a wide one."""
    if BROWSER is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    folder = tmp_path_factory.mktemp("browser")
    frames = "".join(
        f'<iframe id="{kind}-{width}" width="{width}" height="800" srcdoc="{html.escape(page)}">'
        "</iframe>"
        for kind, page in pages.items()
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
    measured: dict[str, Any] = json.loads(html.unescape(found[1]))
    return measured


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_browser_a_page_fits_the_window_and_data_stays_text(
    seen: dict[str, Any], pages: dict[str, str], kind: str, width: int
) -> None:
    page = seen[f"{kind}-{width}"]
    assert page["scroll"] <= page["width"] <= width
    assert page["scripts"] == 0
    assert page["title"] != "owned"
    assert EVIL in page["text"]
    assert page["rubies"] == (1 if kind == "preview" else 0)
    assert page["bars"] == Page(pages[kind]).tags.count("i")
