"""Sources as the user names them."""

from fractions import Fraction

import pytest

from link.errors import UsageError
from link.mixture.sources import Source, check_names, parse_share, parse_source, parse_tokens


def test_a_source_with_all_its_settings() -> None:
    text = "de=out=1/a,b,role=substituted,max-epochs=1.5,keep=0.05,copies-of=web"
    wanted = Source("de", ("out=1/a,b",), "substituted", Fraction(3, 2), Fraction(1, 20), "web")
    assert parse_source(text) == wanted


def test_the_name_of_a_role_is_its_role() -> None:
    assert parse_source("target=x").role == "target"
    assert parse_source("english=x").copies_of is None
    assert parse_source("substituted=x").copies_of == "substituted"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("german=x", "needs a role"),
        ("german=x,role=goal", "needs a role"),
        ("=x,role=target", "name of a source"),
        ("a b=x,role=target", "name of a source"),
        ("target=", "needs an input"),
        ("target", "needs an input"),
        ("target=x,keep=2", "keep of target is a number from 0 to 1"),
        ("target=x,max-epochs=-1", "max-epochs of target"),
        ("target=x,max-epochs=many", "max-epochs of target"),
        ("target=x,max-epochs=1/0", "max-epochs of target"),
        ("target=x,max-epochs=1e999999999", "max-epochs of target"),
        ("target=x,keep=1e-999999999", "keep of target"),
        ("target=x,role=other,role=other", "two values for role"),
    ],
)
def test_what_is_no_source_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_source(text)


@pytest.mark.parametrize("text", ["", "many", "-1", "0", "1e99", "0.5", "10X", "1 000", "9" * 5000])
def test_what_is_no_number_of_tokens_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="number of tokens"):
        parse_tokens(text)


@pytest.mark.parametrize("text", ["target", "target=2", "=0.5", "target=nan"])
def test_what_is_no_share_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="share"):
        parse_share(text)


def test_two_sources_of_one_name_are_told() -> None:
    with pytest.raises(UsageError, match="two sources are called target"):
        check_names([parse_source("target=a"), parse_source("target=b")])
    with pytest.raises(UsageError, match="no source given"):
        check_names([])
