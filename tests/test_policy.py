"""A policy is validated when it is made, says what is wrong, and comes back from its manifest."""

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest

from link.errors import LinkError, PolicyError
from link.policy import PROTECT, Policy

WRONG = [
    *(("ratio", value, "a number from 0 to 1") for value in (-0.1, 1.5, float("nan"), "0.3", None)),
    *(("ratio", value, "a number from 0 to 1") for value in (True, [0.3], float("inf"))),
    *(("portion", value, "a number from 0 to 1") for value in (-1, 2, "all", False)),
    *(("seed", value, "a whole number") for value in (1.0, "7", None, True)),
    *(("seed", value, "from 0 to 2**64 - 1") for value in (-1, 1 << 64)),
    *(("of", value, "one of words, eligible") for value in ("tokens", "", None, "Words")),
    *(("translation", value, "one of per-document, per-word, first") for value in ("last", 1)),
    *(("names", value, "one of keep, swap") for value in ("drop", True, None)),
    *(("mix", value, "one of document, word") for value in ("words", "", 0)),
    *(
        ("protect", value, "none, or some of urls, emails, markup, code")
        for value in ("url", "all")
    ),
    *(
        ("protect", value, "none, or some of")
        for value in (["code", "x"], "urls,,code", "urls,none")
    ),
    *(("mode", value, "replace, annotate, or weights of both") for value in ("", "swap", None, 1)),
    *(
        ("mode", value, "weights of both such as")
        for value in ("replace=", "replace=x", "annotate=-1")
    ),
    *(("mode", value, "weights of both") for value in ("replace=0", "replace=0,annotate=0")),
    *(
        ("mode", value, "weights of both")
        for value in ("replace=inf", "replace=nan", "replace=1,x=1")
    ),
    *(("mode", value, "weights of both") for value in ("replace=1,replace=1", "annotate,annotate")),
    *(("brackets", value, "of equal length") for value in ("", "(", "(()", None, 5)),
    *(("brackets", value, "printable") for value in ("\n\n", "(\x00", "\u200b\u200b")),
]


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG)
def test_a_wrong_value_is_an_error_that_names_it_and_says_what_is_allowed(
    name: str, value: Any, allowed: str
) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy(**{name: value})
    message = str(raised.value)
    assert message.startswith(name)
    assert allowed in message
    shown = repr(value)
    if name == "protect":
        shown = {"urls,,code": "''", "urls,none": "none"}.get(str(value), "")
    assert shown in message
    assert isinstance(raised.value, LinkError)


def test_nothing_but_the_known_fields_is_taken() -> None:
    with pytest.raises(TypeError):
        Policy(rate=0.3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Policy(0.3)  # type: ignore[misc]


@pytest.mark.parametrize("value", [None, 5])
def test_what_is_no_sequence_names_no_kinds_of_spans(value: Any) -> None:
    with pytest.raises(PolicyError, match="protect is"):
        Policy(protect=value)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("none", ()),
        ("", ()),
        ((), ()),
        (["none"], ()),
        ("code", ("code",)),
        ("code,urls", ("urls", "code")),
        (" code , urls ", ("urls", "code")),
        (["code", "urls", "code"], ("urls", "code")),
        (("markup",), ("markup",)),
        ({"emails": 1}, ("emails",)),
        ("urls,emails,markup,code", PROTECT),
        (reversed(PROTECT), PROTECT),
    ],
)
def test_what_is_protected_is_a_list_in_any_order_or_none(
    given: Any, found: tuple[str, ...]
) -> None:
    assert Policy(protect=given).protect == found


@pytest.mark.parametrize(
    ("given", "found", "share"),
    [
        ("replace", "replace", 0),
        ("annotate", "annotate", 1),
        ("replace=1", "replace", 0),
        ("annotate=0.1", "annotate", 1),
        ("replace=0,annotate=3", "annotate", 1),
        ("annotate=0,replace", "replace", 0),
        ("replace=0.5,annotate=0.5", "replace=0.5,annotate=0.5", 0.5),
        ("annotate=1,replace=3", "replace=0.75,annotate=0.25", 0.25),
        (" replace=1 , annotate=1", "replace=0.5,annotate=0.5", 0.5),
        ("replace,annotate", "replace=0.5,annotate=0.5", 0.5),
        ("replace=1e-3,annotate=999e-3", "replace=0.001,annotate=0.999", 0.999),
    ],
)
def test_a_mode_has_one_form_whatever_its_weights_sum_to(
    given: str, found: str, share: float
) -> None:
    policy = Policy(mode=given)
    assert policy.mode == found
    assert policy.annotate_share == share
    assert Policy(mode=policy.mode) == policy


@pytest.mark.parametrize(
    ("brackets", "pair"),
    [("()", ("(", ")")), ("<<>>", ("<<", ">>")), ("「」", ("「", "」")), ("  ", (" ", " "))],
)
def test_brackets_are_what_opens_and_then_what_closes(brackets: str, pair: tuple[str, str]) -> None:
    assert Policy(brackets=brackets).bracket_pair == pair


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(ratio=0, portion=1, seed=2**64 - 1, protect="none", names="swap", mix="word"),
        Policy(of="eligible", translation="first", mode="annotate=1,replace=2", brackets='"\\'),
        Policy(protect="markup,urls", brackets="「」", translation="per-word", mode="annotate"),
    ],
)
def test_a_policy_comes_back_from_json(policy: Policy) -> None:
    written = json.loads(json.dumps(policy.as_dict()))
    assert Policy(**written) == policy
    assert list(written) == [field.name for field in fields(Policy)]
    assert Policy(**written).as_dict() == written


def test_numbers_of_other_libraries_are_numbers() -> None:
    policy = Policy(ratio=np.float64(0.3), portion=1, seed=np.int64(7))  # type: ignore[arg-type]
    assert policy == Policy(ratio=0.3, seed=7)
    assert (type(policy.ratio), type(policy.portion), type(policy.seed)) == (float, float, int)


def test_a_policy_does_not_change_and_can_be_a_key() -> None:
    policy = Policy()
    with pytest.raises(FrozenInstanceError):
        policy.ratio = 1.0  # type: ignore[misc]
    assert {policy: 1}[Policy(ratio=0.3)] == 1


def test_the_defaults_are_those_of_the_command() -> None:
    assert Policy().as_dict() == {
        "ratio": 0.3,
        "of": "words",
        "portion": 1.0,
        "seed": 0,
        "translation": "per-document",
        "sense": "context",
        "names": "keep",
        "protect": ["urls", "emails", "markup", "code"],
        "protect_pattern": [],
        "mix": "document",
        "mode": "replace",
        "brackets": "()",
    }
