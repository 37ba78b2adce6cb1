"""The plan of a mixture: how many tokens each source gives, what is short, and what would mend it.

    the budget ── each share that was asked for: of a source, or of all sources of a role
               └─ the rest ── English and substituted English, by the portion if one was asked for
                           └─ every other source

Sources under one heading give by the tokens that they have. `solve.py` has the rule by which what
one cannot give is given by others.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from link import __version__
from link.errors import UsageError, reason_of
from link.mixture.count import Amount
from link.mixture.solve import Node, needed_epochs, part, whole
from link.mixture.sources import ENGLISH, NAME, ROLES, SUBSTITUTED, Source
from link.run.counts import Count
from link.untrusted import read_json

WEIGHT_ONE = 1_000_000_000
"""Weights are whole billionths, which add up to one."""

REST = "the rest"
_ROUNDED_UP = 1 + 1e-12  # max_epochs may be a fraction that a float only comes near to
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `shares`: of the budget, by source or role. `portion`: of the English,
    how much is substituted; None for as much as there is of each. `max_epochs`: of sources that
    have no cap of their own.
    """

    tokens: int
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    portion: Fraction | None = None
    max_epochs: Fraction = Fraction(4)

    def cap(self, source: Source) -> Fraction:
        return self.max_epochs if source.max_epochs is None else source.max_epochs


@dataclass(frozen=True, slots=True)
class Short:
    """A share that cannot be had. `share`: that was asked for, of what `of` names; None for the
    budget itself. `wanted`, `possible`: tokens.

    What would mend it, each alone: so many tokens of text more (of the source that gives most of
    it, by its cap and `keep`), words of them, a higher cap, a smaller share, a smaller budget.
    """

    name: str
    of: str
    share: float | None
    wanted: int
    possible: int
    more_tokens: int | None
    more_words: int | None
    max_epochs: float | None
    smaller_share: float | None
    smaller_budget: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSource:
    """A source in the mixture. `available`: what it has, of documents that are kept.

    `shards`, `size_bytes`: of its inputs, as they were found. `endings`: of their names.
    `documents_touched`: that are read at least once; `documents_read`: with repetitions; both are
    what may be expected, since documents are drawn.
    """

    name: Annotated[str, msgspec.Meta(pattern=NAME)]
    role: Literal["english", "substituted", "target", "other"]
    inputs: Annotated[list[str], msgspec.Meta(min_length=1)]
    shards: Count
    size_bytes: Count
    endings: list[str]
    max_epochs: Annotated[float, msgspec.Meta(ge=0)]
    keep: Share
    copies_of: str | None = None
    available: Amount
    errors: Amount | None
    tokens: Count
    weight: Share
    epochs: Annotated[float, msgspec.Meta(ge=0)]
    documents_touched: Count
    documents_read: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A mixture. `tokens`: that it has; `budget`: that were asked for."""

    version: Literal[1] = 1
    link: str = __version__
    seed: int = 0
    budget: Count
    tokens: Count
    tokenizer: dict[str, str]
    text_fields: Annotated[list[str], msgspec.Meta(min_length=1)]
    key_field: str | None = None
    where: list[tuple[str, str]]
    document: str | None = None
    copies_per_document: Count | None = None
    skip_bad: bool = False
    sources: list[PlannedSource]
    short: list[Short]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load_plan(path: str) -> Plan:
    """A plan from its JSON. Raises `UsageError` if it cannot be read, or is none."""
    try:
        plan = read_json(path, Plan)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise UsageError(f"{path} was not written by `link plan --json FILE` ({error})") from error
    names = [source.name for source in plan.sources]
    if len(set(names)) < len(names) or sum(each.tokens for each in plan.sources) != plan.tokens:
        raise UsageError(f"{path}: names repeat, or tokens do not add up; make the plan again")
    weights = weights_of({source.name: source.tokens for source in plan.sources})
    for source in plan.sources:
        most = (source.available.tokens or 0) * source.max_epochs
        if source.tokens > math.ceil(most * _ROUNDED_UP):
            raise UsageError(f"{path}: {source.name} gives tokens that it does not have")
        for name, value in figures_of(
            source.tokens, weights[source.name], source.available
        ).items():
            if getattr(source, name) != value:
                raise UsageError(
                    f"{path}: {name} of {source.name} is {getattr(source, name)}, and should be "
                    f"{value} for its tokens; do not edit a plan; make it again with other options"
                )
    if not 0 <= plan.seed < 1 << 64:
        raise UsageError(f"{path}: the seed must be from 0 to 2^64 - 1; make the plan again")
    return plan


def solved(
    sources: Sequence[Source], available: Mapping[str, Amount], wanted: Wanted
) -> tuple[dict[str, int], list[Short]]:
    """Tokens by source, and what is short. Raises `UsageError` for shares that contradict."""
    root = tree(sources, available, wanted)
    return part(root, wanted.tokens), list(_short(root, wanted, sources, available))


def weights_of(tokens: Mapping[str, int]) -> dict[str, int]:
    """Weights in billionths, which add up to `WEIGHT_ONE` (if there is any token).

    Of equal remainders the first name gets the last billionth, whatever the order of the sources.
    """
    total = sum(tokens.values())
    if not total:
        return dict.fromkeys(tokens, 0)
    exact = {name: Fraction(WEIGHT_ONE * tokens[name], total) for name in sorted(tokens)}
    return whole(exact, WEIGHT_ONE)


def figures_of(tokens: int, weight: int, amount: Amount) -> dict[str, Any]:
    """What follows from a source's tokens, as `PlannedSource` has it. `weight`: in billionths."""
    epochs = Fraction(tokens, amount.tokens or 1)
    documents = amount.documents or 0
    return {
        "weight": weight / WEIGHT_ONE,
        "epochs": float(epochs),
        "documents_touched": round(documents * min(epochs, Fraction(1))),
        "documents_read": round(documents * epochs),
    }


# --- the tree ---


def tree(sources: Sequence[Source], available: Mapping[str, Amount], wanted: Wanted) -> Node:
    """What is asked for, as a tree for `solve.part`."""

    def leaf(source: Source) -> Node:
        tokens = available[source.name].tokens or 0
        return Node(source.name, Fraction(tokens), math.floor(tokens * wanted.cap(source)))

    def group(name: str, weight: Fraction, members: Sequence[Source]) -> Node:
        return Node(name, weight, children=tuple(map(leaf, members)), is_asked=True)

    claimed = _claimed(sources, wanted.shares)
    nodes = [group(name, wanted.shares[name], members) for name, members in claimed.items()]
    taken = {source.name for members in claimed.values() for source in members}
    rest = [source for source in sources if source.name not in taken]
    left = 1 - sum(wanted.shares.values(), Fraction(0))
    if left < 0:
        raise UsageError(f"the shares add up to {float(1 - left):g}, which is more than 1")
    if left > 0 and not rest:
        raise UsageError(
            f"the shares add up to {float(1 - left):g}, and there is no source for the rest; "
            f"let them add up to 1, or name a source without a share"
        )
    others = rest
    children: list[Node] = []
    if wanted.portion is not None:
        both = [_of_role(rest, role) for role in (ENGLISH, SUBSTITUTED)]
        if taken & {
            each.name for role in (ENGLISH, SUBSTITUTED) for each in _of_role(sources, role)
        }:
            raise UsageError("--portion parts all English; leave it out, or the shares of English")
        for role, members, given in zip(
            (ENGLISH, SUBSTITUTED), both, (1 - wanted.portion, wanted.portion), strict=True
        ):
            if given and not members:
                raise UsageError(f"--portion needs a source with role={role}")
        halves: tuple[Node, ...] = (
            group(ENGLISH, 1 - wanted.portion, both[0]),
            group(SUBSTITUTED, wanted.portion, both[1]),
        )
        halves = tuple(half for half in halves if half.children)
        weight = sum((child.weight for half in halves for child in half.children), Fraction(0))
        children.append(Node("English", weight, children=halves))
        others = [source for source in rest if source.role not in (ENGLISH, SUBSTITUTED)]
    children += map(leaf, others)
    if children:
        nodes.append(Node(REST, left, children=tuple(children), is_asked=bool(nodes)))
    return Node("the budget", Fraction(1), children=tuple(nodes))


def _of_role(sources: Sequence[Source], role: str) -> list[Source]:
    return [source for source in sources if source.role == role]


def _claimed(sources: Sequence[Source], shares: Mapping[str, Fraction]) -> dict[str, list[Source]]:
    """The sources that each share is of: those of a role without such that have their own."""
    own = {source.name: source for source in sources if source.name in shares}
    claimed: dict[str, list[Source]] = {}
    for name in shares:
        in_role = _of_role(sources, name)
        if name in own:
            if any(source.name != name for source in in_role):
                raise UsageError(f"--share {name} names a source, and a role of others; rename one")
            claimed[name] = [own[name]]
            continue
        claimed[name] = [source for source in in_role if source.name not in own]
        if not claimed[name]:
            known = ", ".join(dict.fromkeys([*(each.name for each in sources), *ROLES]))
            raise UsageError(f"--share {name}: no source has that name or role; known are {known}")
    return claimed


# --- what is short ---


def _short(
    root: Node, wanted: Wanted, sources: Sequence[Source], available: Mapping[str, Amount]
) -> Iterator[Short]:
    """What was asked for and cannot be had, and what would mend it."""
    caps = {source.name: wanted.cap(source) for source in sources}
    gains = {source.name: caps[source.name] * source.keep for source in sources}

    def walk(node: Node, of: str, amount: Fraction, share: Fraction | None) -> Iterator[Short]:
        if amount > node.capacity and (share is None or node.is_asked):
            yield _mended(node, of, amount, share, wanted.tokens, caps, gains, available)
        total = sum((child.weight for child in node.children), Fraction(0))
        for child in node.children if total else ():
            given = child.weight / total
            yield from walk(child, node.name, amount * given, given)

    yield from walk(root, "", Fraction(wanted.tokens), None)


def _mended(
    node: Node,
    of: str,
    amount: Fraction,
    share: Fraction | None,
    budget: int,
    caps: Mapping[str, Fraction],
    gains: Mapping[str, Fraction],
    available: Mapping[str, Amount],
) -> Short:
    """`gains`: how many tokens a token of text more gives: its cap, by the share that is kept."""
    names = list(_names(node))
    tokens = [available[name].tokens or 0 for name in names]
    words = sum(available[name].words or 0 for name in names)
    highest = max((gains[name] for name in names), default=Fraction(0))
    least = math.ceil(amount)
    more = math.ceil((least - node.capacity) / highest) if highest else None
    epochs = None
    if sum(tokens):
        needed = needed_epochs(Fraction(least), tokens, [caps[name] for name in names])
        epochs = math.ceil(100 * needed) / 100
    smaller = None
    if share is not None:
        smaller = math.floor(10_000 * share * node.capacity / amount) / 10_000
    return Short(
        name=node.name,
        of=of,
        share=None if share is None else float(share),
        wanted=least,
        possible=node.capacity,
        more_tokens=more,
        more_words=None if more is None or not sum(tokens) else round(more * words / sum(tokens)),
        max_epochs=epochs,
        smaller_share=smaller,
        smaller_budget=math.floor(budget * node.capacity / amount),
    )


def _names(node: Node) -> Iterator[str]:
    """The sources that give to a node; not those whose share is 0."""
    if not node.children:
        yield node.name
    for child in node.children:
        if child.weight or not child.children:
            yield from _names(child)
