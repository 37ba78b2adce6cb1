"""Protected spans: kinds, counts, and how far a rule looks; the rules are in tests/reference."""

import pytest

from link.language.rules import CODE, EMAILS, LOST_TO, MARKUP, URLS
from link.policy import PROTECT, Policy
from tests.kernel.helpers import SPANS, both, headwords_of, swapped_text

HEADWORDS = headwords_of({word: f"{word}zz" for word in ("dog", "cat", *"abcde")})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (URLS, "dog@dog dog/dog/dog <dog> `dog` www.cat"),
        (EMAILS, "http://dog dog/dog/dog <dog> `dog` @cat"),
        (CODE, "www,dog @dog <dog> &dog; [dog](dog) `cat`"),
        (MARKUP, "http://dog @dog dog/dog/dog `dog` dog.dog --dog <cat>"),
    ],
)
def test_each_kind_is_asked_for_on_its_own(kind: str, text: str) -> None:
    policy = Policy(ratio=1, names="swap", protect=kind)
    assert swapped_text(text, HEADWORDS, policy) == text.replace("dog", "dogzz")
    kept = Policy(ratio=1, names="swap", protect="none")
    new = swapped_text(text, HEADWORDS, kept)
    assert new == text.replace("dog", "dogzz").replace("cat", "catzz")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dog ```\n`dog", "dog` dog"),
        ("```\ncat", "dog\n```\ncat"),
        ("~~~\ncat", "dog"),
        ("dog@", "dog"),
        ("#", "dog"),
        ("http:", "//dog"),
        ("dog.", "dog"),
        ("dog=", "a"),
        ("<dog", "dog=a>"),
        ("\\cite{dog", "dog}"),
        ("&dog", ";dog"),
        ("[dog]", "(dog)"),
        ("[dog]", "[dog]"),
        ("dog $", "dog$ dog"),
        ("\\(dog", "dog\\)"),
        ("<!-- dog", "dog -->"),
        ("<pre>dog", "dog</pre>"),
        ("dog(", ") dog"),
        ("dog -", "-dog"),
        ("dog/dog", "/dog"),
        ("{dog", "dog}"),
        ("%", "(dog"),
        ("dog::", "    dog"),
        (".. code::", "dog"),
        ("    cat = cat(cat)", "dog dog dog dog dog"),
    ],
)
def test_no_rule_looks_beyond_the_document(one: str, other: str) -> None:
    some = [one.encode(), other.encode()]
    alone = [both([text], HEADWORDS, SPANS, keys=[7]).texts[0] for text in some]
    assert both(some, HEADWORDS, SPANS, keys=[7, 7]).texts == alone


@pytest.mark.parametrize("protect", [(), *((kind,) for kind in PROTECT), PROTECT])
def test_words_are_counted_whether_protected_or_not(protect: tuple[str, ...]) -> None:
    text = b"dog http://cat.org <cat> `cat` cat@cat dog"
    policy = Policy(ratio=1, names="swap", protect=protect)
    counts = both([text], HEADWORDS, policy).counts
    assert (counts.words.tolist(), counts.covered.tolist()) == ([9], [7])


def test_of_several_rules_that_hold_the_first_is_counted() -> None:
    """So that the counts of all rules sum up to the words that are lost."""
    counts = both([b"`http://cat` <cat> `@cat`"], HEADWORDS, SPANS).counts
    lost = {rule: int(n) for rule, n in zip(LOST_TO, counts.lost, strict=True) if n}
    assert lost == {"url": 1, "tag": 1, "email": 1}
