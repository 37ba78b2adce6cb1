"""Plots as inline SVG, made from numbers: axes, lines, bands, histograms, bars.

Colours are classes of the page's style sheet, so that a plot is right in light, dark and print. A
plot has a title and a description for those who do not see it, and its numbers in a table.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

WIDTH, HEIGHT = 420, 262
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 26, 42  # margins around what is plotted
LABEL_WIDTH, VALUE_WIDTH, ROW_HEIGHT = 132, 62, 19  # of bars
LONGEST_LABEL = 18  # letters, of which a wide one counts as two; the bar's own title has all

Number = int | float
Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot and its numbers. `svg`: an element, as text. `rows`: one a mark, under `columns`."""

    title: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    caption: str = ""
    is_tall: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """From values between `low` and `high` to places between `begin` and `end`."""

    low: float
    high: float
    begin: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The place of a value; values beyond the ends are put there.

        >>> Scale(0, 10, 0, 100).at(5), round(Scale(1, 100, 0, 100, is_log=True).at(10), 6)
        (50.0, 50.0)
        """
        value = min(max(value, self.low), self.high)
        if self.high == self.low:
            return self.begin
        if self.is_log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> list[float]:
        """Round values to be written at the axis."""
        return _log_ticks(self.low, self.high) if self.is_log else _ticks(self.low, self.high)


def _ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten.

    >>> _ticks(0, 1)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(each * step, 12) for each in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten, or with 2 and 5 times them where there are few.

    >>> _log_ticks(1, 1000)
    [1.0, 10.0, 100.0, 1000.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 2, 5)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) >= 3:
            break
    skip = math.ceil(len(ticks) / 7)
    return ticks[::skip] or [low]


# --- how numbers are said ------------------------------------------------------------------------


def percent(share: float) -> str:
    """
    >>> percent(0.5), percent(0.0123)
    ('50%', '1.2%')
    """
    text = f"{share * 100:.1f}".removesuffix(".0")
    return f"{text}%"


def count(number: float) -> str:
    """
    >>> count(950), count(12_000), count(3_400_000)
    ('950', '12k', '3.4M')
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:g}" if number == int(number) else f"{number:.3g}"


# --- the elements --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Canvas:
    """An SVG element that grows. `number` keeps its identifiers apart from other plots'."""

    number: str
    title: str
    description: str
    height: float = HEIGHT
    svg: ET.Element = field(init=False)

    def __post_init__(self) -> None:
        title, description = f"title-{self.number}", f"desc-{self.number}"
        self.svg = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {WIDTH} {_n(self.height)}",
                "role": "img",
                "aria-labelledby": f"{title} {description}",
                "class": "plot",
            },
        )
        ET.SubElement(self.svg, "title", {"id": title}).text = self.title
        ET.SubElement(self.svg, "desc", {"id": description}).text = self.description

    def add(self, tag: str, style: str, hint: str = "", **places: float | str) -> ET.Element:
        given = {name.replace("_", "-"): _n(value) for name, value in places.items()}
        element = ET.SubElement(self.svg, tag, {"class": style, **given})
        if hint:
            ET.SubElement(element, "title").text = hint
        return element

    def text(self, x: float, y: float, words: str, style: str = "", **more: str) -> None:
        self.add("text", style or "tick", x=x, y=y, **more).text = words

    def path(self, style: str, places: Sequence[tuple[float, float]], *, closed: bool) -> None:
        steps = " L".join(f"{_n(x)} {_n(y)}" for x, y in places)
        self.add("path", style, d=f"M{steps}{'Z' if closed else ''}")

    def axes(self, x: Scale, y: Scale, labels: tuple[str, str], say: tuple[Say, Say]) -> None:
        for tick in y.ticks():
            place = y.at(tick)
            self.add("line", "grid", x1=x.begin, x2=x.end, y1=place, y2=place)
            self.text(x.begin - 6, place + 4, say[1](tick), text_anchor="end")
        for tick in x.ticks():
            place = x.at(tick)
            self.add("line", "axis", x1=place, x2=place, y1=y.begin, y2=y.begin + 4)
            self.text(place, y.begin + 17, say[0](tick), text_anchor="middle")
        self.add("line", "axis", x1=x.begin, x2=x.end, y1=y.begin, y2=y.begin)
        self.text((x.begin + x.end) / 2, self.height - 6, labels[0], "label", text_anchor="middle")
        self.text(2, TOP - 14, labels[1], "label")

    def done(self) -> str:
        return ET.tostring(self.svg, encoding="unicode")


def _n(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def _across(low: float, high: float, *, is_log: bool = False) -> Scale:
    return Scale(low, high, LEFT, WIDTH - RIGHT, is_log)


def _upward(high: float) -> Scale:
    return Scale(0.0, high or 1.0, HEIGHT - BOTTOM, TOP)


# --- the plots -----------------------------------------------------------------------------------


def line(
    number: str,
    title: str,
    description: str,
    points: Sequence[tuple[float, float]],
    labels: tuple[str, str],
) -> str:
    """A share (0 to 1) over a quantity on a logarithmic axis, as a line over a filled ground."""
    canvas = _Canvas(number, title, description)
    x = _across(max(1, points[0][0]), max(2, points[-1][0]), is_log=True)
    y = _upward(1.0)
    canvas.axes(x, y, labels, (count, percent))
    places = [(x.at(one), y.at(other)) for one, other in points]
    ground = [(places[0][0], y.begin), *places, (places[-1][0], y.begin)]
    canvas.path("area", ground, closed=True)
    canvas.path("line", places, closed=False)
    for (one, other), (at_x, at_y) in zip(points, places, strict=True):
        hint = f"{count(one)}: {percent(other)}"
        canvas.add("circle", "dot", hint, cx=at_x, cy=at_y, r=2.5 if len(points) < 30 else 1.5)
    return canvas.done()


def histogram(
    number: str,
    title: str,
    description: str,
    bins: Sequence[tuple[float, float, int]],
    labels: tuple[str, str],
    mark: tuple[float, str] | None = None,
) -> str:
    """How many fall between two shares; `mark`: a share to be marked, and what it is called."""
    canvas = _Canvas(number, title, description)
    reached = [high for _, high, height in bins if height] or [1.0]
    right = min(max(high for _, high, _ in bins), max(reached) * 1.15)
    right = max(right, mark[0] * 1.15 if mark else 0.0)
    x = _across(min(low for low, _, _ in bins), min(1.0, right) if right <= 1 else right)
    y = _upward(max(height for _, _, height in bins))
    canvas.axes(x, y, labels, (percent, count))
    for low, high, height in bins:
        if not height or low >= x.high:
            continue
        begin, end, top = x.at(low), x.at(high), y.at(height)
        hint = f"{percent(low)} to {percent(high)}: {height:,}"
        width = max(0.5, end - begin - 1)
        canvas.add("rect", "bar", hint, x=begin, y=top, width=width, height=y.begin - top)
    if mark:
        place = x.at(mark[0])
        canvas.add("line", "mark", x1=place, x2=place, y1=y.end, y2=y.begin)
        canvas.text(min(place, x.end - 32), y.end - 6, mark[1], "mark-label", text_anchor="middle")
    return canvas.done()


def bands(
    number: str,
    title: str,
    description: str,
    rows: Sequence[tuple[float, float, Sequence[float]]],
    labels: tuple[str, str],
    mark: tuple[float, str] | None = None,
) -> str:
    """Quantiles (ascending) of a share over ranges of a quantity, on a logarithmic axis.

    The outer quantiles bound the bands; the middle one is a line.
    """
    canvas = _Canvas(number, title, description)
    x = _across(max(1, rows[0][0]), max(2, rows[-1][1]), is_log=True)
    y = _upward(1.0)
    canvas.axes(x, y, labels, (count, percent))
    middles = [x.at(math.sqrt(max(1, low) * max(1, high))) for low, high, _ in rows]
    places = len(rows[0][2])
    for inner in range(places // 2):
        lower = [(at, y.at(row[2][inner])) for at, row in zip(middles, rows, strict=True)]
        upper = [
            (at, y.at(row[2][places - 1 - inner])) for at, row in zip(middles, rows, strict=True)
        ]
        canvas.path("band", [*lower, *reversed(upper)], closed=True)
    if mark:
        place = y.at(mark[0])
        canvas.add("line", "mark", x1=x.begin, x2=x.end, y1=place, y2=place)
        canvas.text(x.end - 2, place - 5, mark[1], "mark-label", text_anchor="end")
    if places % 2:
        centre = [(at, y.at(row[2][places // 2])) for at, row in zip(middles, rows, strict=True)]
        canvas.path("line", centre, closed=False)
        for (at_x, at_y), row in zip(centre, rows, strict=True):
            hint = f"{count(row[0])} to {count(row[1])}: {percent(row[2][places // 2])}"
            canvas.add("circle", "dot", hint, cx=at_x, cy=at_y, r=2.5)
    return canvas.done()


def bars(
    number: str,
    title: str,
    description: str,
    rows: Sequence[tuple[str, float]],
    say: Say = count,
    style: str = "bar",
    errors: Sequence[float] = (),
) -> str:
    """A bar a row, its label before and its value behind it; `errors`: how far each may be off."""
    canvas = _Canvas(number, title, description, height=len(rows) * ROW_HEIGHT + 6)
    most = max((value for _, value in rows), default=1) or 1
    longest = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    for place, (label, value) in enumerate(rows):
        middle = place * ROW_HEIGHT + ROW_HEIGHT / 2 + 3
        canvas.text(LABEL_WIDTH - 8, middle + 4, clipped(label), "row-label", text_anchor="end")
        size = max(1.0, longest * value / most)
        hint = f"{label}: {say(value)}"
        canvas.add("rect", style, hint, x=LABEL_WIDTH, y=middle - 6, width=size, height=12, rx=2)
        if errors:
            off = longest * errors[place] / most
            ends = (LABEL_WIDTH + max(0.0, size - off), LABEL_WIDTH + size + off)
            canvas.add("line", "error", x1=ends[0], x2=ends[1], y1=middle, y2=middle)
            for end in ends:
                canvas.add("line", "error", x1=end, x2=end, y1=middle - 4, y2=middle + 4)
            size += off
        canvas.text(LABEL_WIDTH + size + 6, middle + 4, say(value), "value")
    return canvas.done()


def clipped(label: str) -> str:
    """A label that has room before its bar.

    >>> clipped("word" * 9), clipped("犬" * 9), clipped("犬" * 10)
    ('wordwordwordwordw…', '犬犬犬犬犬犬犬犬犬', '犬犬犬犬犬犬犬犬…')
    """
    if _width(label) <= LONGEST_LABEL:
        return label
    label = label[:LONGEST_LABEL]
    while _width(label) >= LONGEST_LABEL:
        label = label[:-1]
    return label + "…"


def _width(label: str) -> int:
    return sum(1 + (east_asian_width(each) in "WF") for each in label)
