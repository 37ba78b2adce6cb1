"""Panels of a picture as SVG: curves of losses, bars of right answers. Nothing is fetched."""

from html import escape
from statistics import mean

COLOURS = {"baseline": "#6b7280", "link": "#2563eb", "wrong_lexicon": "#d97706"}
NAMES = {"baseline": "baseline", "link": "LINK", "wrong_lexicon": "wrong lexicon"}
WIDTH, HEIGHT, MARGIN = 440, 300, 44  # of a panel, in pixels
Curve = list[tuple[float, float]]


def picture(panels: list[str]) -> str:
    """Panels side by side, two a row."""
    width, height = WIDTH * min(2, len(panels)), HEIGHT * -(-len(panels) // 2)
    placed = "".join(
        f'<g transform="translate({WIDTH * (n % 2)},{HEIGHT * (n // 2)})">{panel}</g>'
        for n, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="white"/>{placed}</svg>\n'
    )


def curves(arms: dict[str, list[Curve]], title: str) -> str:
    """Loss against tokens: seeds thin, their mean thick, their range a band; the dashed line is
    where the mean baseline ends."""
    points = [point for seeds in arms.values() for curve in seeds for point in curve]
    right = max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    room = 0.05 * (high - low) or 1.0
    low, high = low - room, high + room

    def place(x: float, y: float) -> str:
        across, up = x / right, (y - low) / (high - low)
        left = MARGIN + across * (WIDTH - 1.5 * MARGIN)
        return f"{left:.1f},{HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN):.1f}"

    # Names stand where curves that fall, or some that rise, leave room at the right.
    ends = [curve[-1][1] for seeds in arms.values() for curve in seeds]
    names = MARGIN + 14 if max(ends) < (low + high) / 2 else HEIGHT / 2 - 16
    drawn = [frame(title)]
    for step in range(5):
        value = low + (high - low) * step / 4
        drawn.append(text(*place(0, value).split(","), f"{value:.2f}", "end", -4))
        x, _ = place(right * step / 4, low).split(",")
        drawn.append(text(x, str(HEIGHT - MARGIN + 16), thousands(right * step / 4), "middle"))
    for place_of_name, (arm, seeds) in enumerate(arms.items()):
        colour = COLOURS[arm]
        xs = [x for x, _ in seeds[0]]
        ys = list(zip(*([y for _, y in curve] for curve in seeds), strict=True))
        edge = [place(x, max(y)) for x, y in zip(xs, ys, strict=True)]
        edge += [place(x, min(y)) for x, y in reversed(list(zip(xs, ys, strict=True)))]
        drawn.append(f'<polygon points="{" ".join(edge)}" fill="{colour}" opacity="0.15"/>')
        for curve, thick in [
            *((one, 0.7) for one in seeds),
            (zip(xs, map(mean, ys), strict=True), 2.2),
        ]:
            line = " ".join(place(x, y) for x, y in curve)
            drawn.append(
                f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{thick}"/>'
            )
        y = str(names + 16 * place_of_name)
        drawn.append(text(str(WIDTH - MARGIN), y, NAMES[arm], "end", 0, colour))
    if arms.get("baseline"):
        end = mean(curve[-1][1] for curve in arms["baseline"])
        (x1, y1), (x2, _) = place(0, end).split(","), place(right, end).split(",")
        drawn.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y1}" stroke="{COLOURS["baseline"]}" '
            'stroke-dasharray="4 3"/>'
        )
    drawn.append(text(str(WIDTH / 2), str(HEIGHT - 10), "tokens seen, of both languages", "middle"))
    return "".join(drawn)


def bars(arms: dict[str, list[float]], chance: float, title: str) -> str:
    """Shares of right answers: means as bars, seeds as dots; the dashed line is chance."""
    top, bottom = MARGIN, HEIGHT - MARGIN
    high = min(1.0, 1.25 * max(chance, *(max(values) for values in arms.values())))

    def up(value: float) -> float:
        return bottom - value / high * (bottom - top)

    drawn = [frame(title)]
    wide = (WIDTH - 2 * MARGIN) / len(arms)
    for n, (arm, values) in enumerate(arms.items()):
        left, middle = MARGIN + wide * (n + 0.2), MARGIN + wide * (n + 0.5)
        y = up(mean(values))
        drawn.append(
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{0.6 * wide:.1f}" height="{bottom - y:.1f}" '
            f'fill="{COLOURS[arm]}" opacity="0.75"/>'
        )
        for value in values:
            drawn.append(f'<circle cx="{middle:.1f}" cy="{up(value):.1f}" r="3" fill="black"/>')
        above = str(up(max(chance, *values)) - 8)
        drawn.append(text(str(middle), above, f"{mean(values):.0%}", "middle"))
        drawn.append(text(str(middle), str(bottom + 16), NAMES[arm], "middle", 0, COLOURS[arm]))
    y = up(chance)
    drawn.append(
        f'<line x1="{MARGIN}" y1="{y:.1f}" x2="{WIDTH - MARGIN - 8}" y2="{y:.1f}" stroke="black" '
        'stroke-dasharray="4 3"/>'
    )
    drawn.append(text(str(WIDTH - MARGIN), f"{y + 4:.1f}", "chance", "start", -6))
    return "".join(drawn)


def frame(title: str) -> str:
    return (
        f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN / 2}" fill="none" '
        f'stroke="#9ca3af"/>{text(str(MARGIN), "24", title, "start", 0, "black", "bold")}'
    )


def text(
    x: str,
    y: str,
    what: str,
    anchor: str,
    shift: float = 0,
    colour: str = "#374151",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{float(x) + shift:.1f}" y="{float(y):.1f}" text-anchor="{anchor}" '
        f'fill="{colour}" font-weight="{weight}">{escape(what)}</text>'
    )


def thousands(tokens: float) -> str:
    return f"{tokens / 1e6:.2f}M" if tokens >= 1e6 else f"{tokens / 1e3:.0f}k"
