"""The solver: caps and shares are kept, the budget is met if it can be, and everything adds up."""

import math
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import UsageError
from link.mixture.count import Amount
from link.mixture.plan import WEIGHT_ONE, Short, Wanted, solved, tree, weights_of
from link.mixture.solve import Node, exact_parts, part
from link.mixture.sources import ROLES, Source

EPOCHS = st.fractions(min_value=0, max_value=20, max_denominator=20)
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=50)


def leaves(node: Node) -> Iterator[Node]:
    """The sources in it."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 2, name: str = "root") -> Node:
    weight = draw(SHARES)
    if depth and draw(st.booleans() if name != "root" else st.just(True)):
        count = draw(st.integers(1, 4))
        children = tuple(draw(nodes(depth=depth - 1, name=f"{name}/{n}")) for n in range(count))
        return Node(name, weight, children=children)
    return Node(name, weight, draw(st.integers(0, 1000)))


def spread(node: Node, parts: dict[str, Fraction]) -> Fraction:
    return sum((parts[leaf.name] for leaf in leaves(node)), Fraction(0))


def exact(root: Node, budget: int) -> dict[str, Fraction]:
    return dict(exact_parts(root, Fraction(min(budget, root.capacity))))


@given(nodes(), st.integers(0, 5000))
def test_no_source_is_above_its_cap_and_the_budget_is_met_if_it_can_be(
    root: Node, budget: int
) -> None:
    parts = part(root, budget)
    assert sum(parts.values()) == min(budget, root.capacity)
    assert all(0 <= parts[leaf.name] <= leaf.cap for leaf in leaves(root))


@given(nodes(), st.integers(0, 5000))
def test_whole_tokens_are_within_one_of_the_exact_parts(root: Node, budget: int) -> None:
    parts, fractions = part(root, budget), exact(root, budget)
    assert all(abs(parts[name] - fractions[name]) < 1 for name in parts)


@given(nodes(), st.integers(0, 5000))
def test_a_share_is_met_if_its_sources_can_meet_it(root: Node, budget: int) -> None:
    """Of a node whose ancestors are met: it has at least its share, or all that it can take."""
    fractions = exact(root, budget)

    def check(node: Node) -> None:
        amount, total = spread(node, fractions), sum(child.weight for child in node.children)
        for child in node.children:
            wanted = amount * child.weight / total if total else Fraction(0)
            assert spread(child, fractions) >= min(wanted, Fraction(child.capacity))
            assert child.weight or not spread(child, fractions)
            check(child)

    check(root)


@given(nodes(), st.integers(0, 5000), st.integers(0, 500))
def test_a_larger_budget_takes_nothing_from_any_source(root: Node, budget: int, more: int) -> None:
    before, after = exact(root, budget), exact(root, budget + more)
    assert all(before[name] <= after[name] for name in before)


@given(nodes(depth=1), st.integers(0, 5000), st.integers(0, 500), st.data())
def test_a_higher_cap_takes_nothing_from_its_source(
    root: Node, budget: int, more: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(root.children) - 1))
    child = root.children[place]
    raised = Node(child.name, child.weight, child.cap + more)
    children = (*root.children[:place], raised, *root.children[place + 1 :])
    before = exact(root, budget)
    after = exact(Node(root.name, root.weight, children=children), budget)
    assert before[child.name] <= after[child.name]
    assert sum(before.values()) <= sum(after.values())
    assert all(before[n] >= after[n] for n in before if n != child.name) or budget > root.capacity


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_weights_add_up_to_one_exactly(tokens: list[int]) -> None:
    named = {str(place): each for place, each in enumerate(tokens)}
    assert sum(weights_of(named).values()) == (WEIGHT_ONE if sum(tokens) else 0)


# --- what is asked for ---


def source(name: str, role: str, epochs: str | None = None) -> Source:
    return Source(name, (name,), role, None if epochs is None else Fraction(epochs))


def amounts(**tokens: int) -> dict[str, Amount]:
    return {name: Amount(each // 100, each, each // 2, each * 4) for name, each in tokens.items()}


EN, DE, TARGET = source("en", "english"), source("de", "substituted"), source("xx", "target")


def test_shares_portion_and_rest() -> None:
    wanted = Wanted(1000, {"target": Fraction("0.05")}, Fraction("0.4"))
    tokens, short = solved([EN, DE, TARGET], amounts(en=9000, de=9000, xx=900), wanted)
    assert tokens == {"en": 570, "de": 380, "xx": 50}
    assert not short


def test_without_shares_sources_give_by_what_they_have() -> None:
    tokens, _ = solved([EN, DE, TARGET], amounts(en=300, de=100, xx=100), Wanted(500))
    assert tokens == {"en": 300, "de": 100, "xx": 100}


def test_what_one_half_of_english_lacks_the_other_gives() -> None:
    wanted = Wanted(1000, {"target": Fraction("0.1")}, Fraction("0.5"), Fraction(1))
    tokens, [short] = solved([EN, DE, TARGET], amounts(en=900, de=200, xx=900), wanted)
    assert tokens == {"en": 700, "de": 200, "xx": 100}
    assert (short.name, short.of, short.wanted, short.possible) == (
        "substituted",
        "English",
        450,
        200,
    )


def test_what_a_share_lacks_the_rest_gives_and_the_mends_are_told() -> None:
    wanted = Wanted(10_000, {"target": Fraction("0.05")}, None)
    tokens, [short] = solved([EN, TARGET], amounts(en=90_000, xx=100), wanted)
    assert tokens == {"en": 9600, "xx": 400}
    assert short == Short(
        name="target",
        of="the budget",
        share=0.05,
        wanted=500,
        possible=400,
        more_tokens=25,
        more_words=12,
        max_epochs=5.0,
        smaller_share=0.04,
        smaller_budget=8000,
    )


def test_a_budget_that_all_cannot_meet_is_short() -> None:
    tokens, [short] = solved([EN, DE], amounts(en=10, de=10), Wanted(100))
    assert tokens == {"en": 40, "de": 40}
    assert (short.name, short.share, short.smaller_budget) == ("the budget", None, 80)


def test_of_text_that_is_kept_in_part_more_has_to_be_added() -> None:
    """Of 100 tokens more, at `keep` 0.1, 10 are there."""
    wanted = Wanted(200, max_epochs=Fraction(1))
    for keep, more in ((Fraction(1, 10), 1000), (Fraction(0), None)):
        source = Source("xx", ("xx",), "target", keep=keep)
        _, [short] = solved([source], amounts(xx=100), wanted)
        assert short.more_tokens == more


@given(
    st.integers(1, 10_000),
    st.integers(0, 1000),
    st.fractions(min_value=Fraction(1, 50), max_value=Fraction(49, 50), max_denominator=50),
    st.fractions(min_value=Fraction(1, 10), max_value=8, max_denominator=10),
)
def test_each_mend_mends(budget: int, tokens: int, share: Fraction, cap: Fraction) -> None:
    plenty = {"en": Amount(1, 10**9, 1, 1)}

    def shorts(
        budget: int = budget, tokens: int = tokens, share: Fraction = share, cap: Fraction = cap
    ) -> list[Short]:
        target = Source("xx", ("xx",), "target", cap)
        amount = {"xx": Amount(1, tokens, tokens, 1)}
        return solved([EN, target], plenty | amount, Wanted(budget, {"xx": share}))[1]

    for short in shorts():
        assert short.name == "xx"
        assert short.more_tokens is not None
        assert not shorts(tokens=tokens + short.more_tokens)
        if short.max_epochs is not None:
            assert not shorts(cap=Fraction(str(short.max_epochs)))
        if short.smaller_share:
            assert not shorts(share=Fraction(str(short.smaller_share)))
        if short.smaller_budget:
            assert not shorts(budget=short.smaller_budget)
        assert tokens == 0 or short.max_epochs is not None


@given(
    st.lists(
        st.tuples(st.sampled_from(ROLES), EPOCHS, st.integers(0, 1000)), min_size=1, max_size=6
    ),
    SHARES,
    SHARES,
    st.integers(1, 10_000),
)
def test_any_plan_keeps_caps_and_adds_up(
    given_: list[tuple[str, Fraction, int]], share: Fraction, portion: Fraction, budget: int
) -> None:
    sources = [
        Source(f"s{number}", ("x",), role, epochs)
        for number, (role, epochs, _) in enumerate(given_)
    ]
    has = amounts(**{f"s{number}": tokens for number, (*_, tokens) in enumerate(given_)})
    wanted = Wanted(budget, {"target": share}, portion)
    try:
        tokens, short = solved(sources, has, wanted)
    except UsageError:  # of shares that contradict, or a role that no source has
        return
    caps = {
        each.name: math.floor((has[each.name].tokens or 0) * wanted.cap(each)) for each in sources
    }
    assert all(tokens[name] <= caps[name] for name in tokens)
    assert sum(tokens.values()) == min(budget, tree(sources, has, wanted).capacity)
    target = [each.name for each in sources if each.role == "target"]
    if sum(caps[name] for name in target) >= share * budget and not short:
        assert abs(sum(tokens[name] for name in target) - share * budget) < len(target)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(10, {"xx": Fraction(1, 2), "en": Fraction(3, 4)}), "add up to 1.25"),
        (Wanted(10, {"klingon": Fraction(1, 2)}), "no source has that name or role"),
        (Wanted(10, {"en": Fraction(1, 2)}, Fraction(1, 2)), "leave it out"),
        (Wanted(10, {"target": Fraction(1, 2)}, Fraction(1, 2)), "needs a source with role=subst"),
    ],
)
def test_contradictions_are_told(wanted: Wanted, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        solved([EN, TARGET], amounts(en=10, xx=10), wanted)
