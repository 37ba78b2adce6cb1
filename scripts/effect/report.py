"""From records to `effect.json`, tables, a picture and a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import mean, stdev

from clone import CHANCE
from draw import bars, curves, picture

ARMS = ("baseline", "link", "wrong_lexicon")
TITLES = {"baseline": "baseline", "link": "LINK", "wrong_lexicon": "wrong lexicon"}
Record = dict  # what train.run gives


@dataclass(frozen=True)
class Results:
    """Records of one experiment, by arm and seed."""

    records: list[Record]

    def of(self, arm: str) -> list[Record]:
        """One a seed, in order of the seeds."""
        found = [record for record in self.records if record["job"]["arm"] == arm]
        return sorted(found, key=lambda record: record["job"]["seed"])

    def arms(self) -> list[str]:
        return list(dict.fromkeys(record["job"]["arm"] for record in self.records))

    def shares(self, arm: str) -> list[float | None]:
        """Tokens to the baseline's final target loss, as a share of the baseline's, by seed; None
        where the arm did not get there."""
        return [
            tokens_to(record["curve"], base["curve"][-1][1])
            for record, base in zip(self.of(arm), self.of("baseline"), strict=True)
        ]

    def changes(self, arm: str, column: int) -> list[float]:
        """Final loss less the baseline's, in nats a token, by seed: column 1 of the curves is the
        target language, 2 is English."""
        pairs = zip(self.of(arm), self.of("baseline"), strict=True)
        return [
            round(one["curve"][-1][column] - base["curve"][-1][column], 4) for one, base in pairs
        ]

    def values(self, arm: str, key: str) -> list[float]:
        return [record[key] for record in self.of(arm)]

    def answers(self, arm: str, kind: str) -> list[float]:
        """Share of right answers at the end, by seed."""
        return [record["answers"][-1][1][kind] for record in self.of(arm)]


def tokens_to(curve: Sequence[Sequence[float]], loss: float) -> float | None:
    """Where a curve first is at a loss, as a share of the run; between two points it is a line."""
    before = None
    for point in curve:
        if point[1] <= loss:
            at = point[0]
            if before is not None and before[1] > point[1]:
                at = before[0] + (at - before[0]) * (before[1] - loss) / (before[1] - point[1])
            return round(at / curve[-1][0], 4)
        before = point
    return None


def summary(parts: dict[str, Results], settings: dict[str, object]) -> dict[str, object]:
    """effect.json: lists are by seed, in the order of `settings.seeds`."""
    found: dict[str, object] = {}
    if facts := parts.get("facts"):
        for name in ("facts", "told_in_swapped", "in_english"):
            found[name] = {arm: facts.answers(arm, name) for arm in facts.arms()}
            found[name]["chance"] = CHANCE
    if target := parts.get("target"):
        others = [arm for arm in target.arms() if arm != "baseline"]
        found["target"] = {
            "tokens_to_equal_loss": {arm: target.shares(arm) for arm in others},
            "loss": {arm: [one["curve"][-1][1] for one in target.of(arm)] for arm in target.arms()},
            "loss_change": {arm: target.changes(arm, 1) for arm in others},
        }
    if english := target or facts:
        found["english_loss_change"] = {
            arm: english.changes(arm, 2) for arm in english.arms() if arm != "baseline"
        }
    found["meaning_mates"] = {
        part: {arm: results.values(arm, "meaning_mates") for arm in results.arms()}
        for part, results in parts.items()
    }
    return {**found, "settings": settings}


Table = tuple[str, list[list[str]]]  # title, rows; the first row is the head


def tables(parts: dict[str, Results], doses: dict[str, float]) -> list[Table]:
    found = []
    if facts := parts.get("facts"):
        rows = [["arm", "asked in the clone language", "told in swapped documents", "in English"]]
        for arm in facts.arms():
            keys = ("facts", "told_in_swapped", "in_english")
            rows.append([TITLES[arm], *(percent(facts.answers(arm, key)) for key in keys)])
        rows.append(["chance", *[f"{CHANCE:.1%}"] * 3])
        found.append(("Facts stated in English only: right answers of twelve", rows))
    for part, results in parts.items():
        rows = [["arm", "loss", "tokens to the baseline's", "English loss", "meaning-mates nearer"]]
        for arm in results.arms():
            if arm in doses:
                continue
            rows.append([TITLES[arm], *figures(results, arm)])
        found.append((f"Loss of {LANGUAGES[part]}, in nats a token", rows))
    if doses:
        rows = [["setting", "dose", *found[-1][1][0][1:]]]
        for arm, dose in doses.items():
            rows.append([arm, f"{dose:.3f}", *figures(parts["target"], arm)])
        found.append(("Settings of LINK", rows))
    return found


LANGUAGES = {"facts": "the clone language", "target": "the target language"}


def figures(results: Results, arm: str) -> list[str]:
    mates = [one for one in results.values(arm, "meaning_mates") if one is not None]
    last = [percent(mates) if mates else "none given"]
    if arm == "baseline":
        loss, english = (
            spread([one["curve"][-1][column] for one in results.of(arm)]) for column in (1, 2)
        )
        return [loss, "1", english, *last]
    shares = results.shares(arm)
    reached = [share for share in shares if share is not None]
    tokens = spread(reached) if len(reached) == len(shares) else "not reached by all seeds"
    changes = (spread(results.changes(arm, column), "+") for column in (1, 2))
    return [next(changes), tokens, next(changes), *last]


def spread(values: Sequence[float], sign: str = "") -> str:
    """Mean and, of several, the sample's standard deviation."""
    text = f"{mean(values):{sign}.3f}"
    return f"{text} ± {stdev(values):.3f}" if len(values) > 1 else text


def percent(values: Sequence[float]) -> str:
    text = f"{mean(values):.1%}"
    return f"{text} ± {100 * stdev(values):.1f}" if len(values) > 1 else text


def headline(parts: dict[str, Results]) -> list[str]:
    """What came out, beside what was hoped for."""
    found = []
    if facts := parts.get("facts"):
        base, link, wrong = (mean(facts.answers(arm, "facts")) for arm in ARMS)
        met = link >= 3 * base and link > wrong
        found.append(
            f"Facts told in English only, asked in the clone language: LINK {link:.0%}, baseline "
            f"{base:.0%}, wrong lexicon {wrong:.0%}, chance {CHANCE:.0%}. Hoped for: three times "
            f"the baseline, and above the wrong lexicon: {'yes' if met else 'no'}."
        )
    if target := parts.get("target"):
        shares, wrong = target.shares("link"), target.shares("wrong_lexicon")
        met = None not in shares and mean(shares) <= 1 / 1.5
        found.append(
            f"Tokens to the baseline's final loss in the target language, as a share: LINK "
            f"{times(shares)}, wrong lexicon {times(wrong)}; English loss changes by "
            f"{mean(target.changes('link', 2)):+.3f} nats a token with LINK. Hoped for: at most "
            f"{1 / 1.5:.2f}: {'yes' if met else 'no'}."
        )
    return found


def times(shares: Sequence[float | None]) -> str:
    reached = [share for share in shares if share is not None]
    if len(reached) < len(shares):
        return f"not reached by {len(shares) - len(reached)} of {len(shares)} seeds"
    return f"{mean(reached):.2f} ({1 / mean(reached):.1f} times fewer)"


def adapted_losses(records: list[Record]) -> dict[str, dict[str, list[float]]]:
    """Arm -> tokens with the new vocabulary -> loss of the target language, by seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for record in sorted(records, key=lambda record: record["job"]["seed"]):
        for tokens, target, _ in record["curve"]:
            by_tokens = found.setdefault(record["job"]["arm"], {})
            by_tokens.setdefault(str(tokens), []).append(target)
    return found


def adapted_table(records: list[Record]) -> Table:
    losses = adapted_losses(records)
    points = list(next(iter(losses.values())))
    rows = [["new rows", *(f"after {int(point):,} tokens" for point in points)]]
    for arm, by_tokens in losses.items():
        rows.append([TITLES.get(arm, arm), *(spread(by_tokens[point]) for point in points)])
    return "An English model with a new vocabulary: loss of the target language", rows


def report(
    out: Path,
    records: list[Record],
    adapted: list[Record],
    settings: dict[str, object],
    commands: list[str],
    doses: dict[str, float],
) -> None:
    """Writes effect.json, effect.svg and effect.html; prints the tables. `adapted`: the records of
    models with a new vocabulary.
    """
    parts = {
        part: Results([record for record in records if record["job"]["part"] == part])
        for part in dict.fromkeys(record["job"]["part"] for record in records)
    }
    found = summary(parts, settings)
    if adapted:
        found["vocabulary"] = adapted_losses(adapted)
    (out / "effect.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    panels = []
    if "target" in parts:
        title = f"{LANGUAGES['target']} ({settings['lexicon']}): nats a token"
        panels.append(curves(by_arm(parts["target"], 1), title))
    if "facts" in parts:
        right = {arm: parts["facts"].answers(arm, "facts") for arm in ARMS}
        panels.append(bars(right, CHANCE, "facts told in English only, asked in the clone"))
    main = picture(panels)
    (out / "effect.svg").write_text(main, encoding="utf-8")
    more = [curves(by_arm(parts[part], 2), f"English ({part}): nats a token") for part in parts]
    if "facts" in parts:
        more.insert(0, curves(by_arm(parts["facts"], 1), "the clone language: nats a token"))
        right = {
            arm: [[(at, kinds["facts"]) for at, kinds in one["answers"]] for one in records]
            for arm in ARMS
            for records in [parts["facts"].of(arm)]
        }
        more.insert(0, curves(right, "facts told in English only: right answers in the clone"))
    every = tables(parts, doses) + ([adapted_table(adapted)] if adapted else [])
    lines = headline(parts)
    page = html(lines, main + picture(more), every, settings, commands)
    (out / "effect.html").write_text(page, encoding="utf-8")
    for title, rows in every:
        print(f"\n{title}\n{plain(rows)}")
    print("\n" + "\n".join(lines))
    print(f"\n{out}/effect.html has the curves, {out}/effect.json the figures by seed.")


def by_arm(results: Results, column: int) -> dict[str, list[list[tuple[float, float]]]]:
    """Arm -> seed -> points of a curve."""
    return {
        arm: [
            [(row[0], row[column]) for row in record["curve"] if row[column] is not None]
            for record in results.of(arm)
        ]
        for arm in ARMS
    }


def plain(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def html(
    lines: list[str],
    pictures: str,
    every: list[Table],
    settings: dict[str, object],
    commands: list[str],
) -> str:
    def table(rows: list[list[str]]) -> str:
        head, *body = (
            "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"
            for row, tag in zip(rows, ["th"] + ["td"] * (len(rows) - 1), strict=True)
        )
        return f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"

    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    shown = "".join(f"<h2>{escape(title)}</h2>{table(rows)}" for title, rows in every)
    chosen = table([["setting", "value"], *([key, str(value)] for key, value in settings.items())])
    made = escape("\n".join(commands))
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The effect of LINK</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto }}
table {{ border-collapse: collapse }} th, td {{ padding: .2rem .8rem; text-align: left }}
th {{ border-bottom: 2px solid }} td {{ border-bottom: 1px solid #ccc }}
svg {{ max-width: 100%; height: auto }} pre {{ overflow-x: auto; background: #f4f4f4 }}
</style>
<h1>The effect of LINK</h1>{said}{pictures}
<p>Thin lines and dots are seeds, thick lines and bars their mean, bands their range. ± is the
standard deviation over seeds. Losses of all arms but the baseline are differences from the
baseline with the same seed.</p>{shown}
<h2>Settings</h2>{chosen}
<h2>The commands that made the data</h2><pre>{made}</pre></html>
"""
