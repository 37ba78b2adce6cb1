"""`link languages`: distances over what is known of both, and choices that depend on them alone."""

import itertools
import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from link.cli import cli
from link.errors import UsageError
from link.typology import distances as module
from link.typology.choose import matrix, medoids, nearest
from link.typology.distances import DEFAULT_WEIGHTS, Features, distances, row_of
from tests.strategies import examples

NAN = math.nan
CODES = ["deu", "nld", "spa", "swa", "swh", "tur"]


def table(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


FEATURES = Features(
    rows={code: row for row, code in enumerate(CODES)},
    groups={
        "syntax": table(
            [1, 0, 1, 0], [1, 0, 1, 1], [0, 1, 1, 0], [NAN] * 4, [0, 1, 0, 1], [0, 0, 0, NAN]
        ),
        "phonology": table([1, 1, 0], [1, 1, NAN], [0, 1, 0], [NAN] * 3, [1, 0, 1], [1, 1, 1]),
        "inventory": table(*[[NAN, 1, 0]] * 6),
        "script": table([1, 0, 0], [1, 0, 0], [1, 0, 0], [NAN] * 3, [1, 0, 0], [1, 0, 0]),
        "family": table([1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]),
        "geography": table([0.1, 0.5], [0.1, 0.4], [0.2, 0.5], [0.5, 0.1], [0.5, 0.1], [0.3, 0.3]),
    },
)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_features", lambda: FEATURES)


def test_a_distance_is_over_the_features_known_for_both() -> None:
    [dutch, turkish] = distances("de", ["nl", "tr"], DEFAULT_WEIGHTS, FEATURES)
    assert dutch.by_group == pytest.approx(
        {"syntax": 0.25, "script": 0, "family": 0, "geography": 0.1}  # of too few sounds
    )
    # Of the sounds too little is known: Dutch is as far there as languages are on average.
    sounds = (0 + 1 / 3 + 2 / 3 + 1 / 3) / 4
    assert dutch.total == pytest.approx((0.25 + 0.5 * sounds + 0.5 * 0.1) / 4.0)
    assert (dutch.features, dutch.missing) == (4 + 2 + 2 + 3, 2)
    assert turkish.by_group["syntax"] == pytest.approx(2 / 3)
    assert "family" not in turkish.by_group  # nothing is known of its lineage


@pytest.mark.parametrize("code", ["sw", "swa", "swh"])
def test_of_a_language_and_its_main_member_the_better_known_is_taken(code: str) -> None:
    assert row_of(code, FEATURES) == CODES.index("swh")


@pytest.mark.parametrize("code", ["qqq", "", "ja"])
def test_a_language_of_which_nothing_is_known_is_an_error(code: str) -> None:
    with pytest.raises(UsageError, match=r"not a language code|no data for"):
        row_of(code, FEATURES)


def test_the_nearest_come_first_and_the_language_itself_is_none() -> None:
    found = nearest("de", ["tr", "es", "de", "nl"], DEFAULT_WEIGHTS, FEATURES)
    assert [each.code for each in found] == ["nl", "es", "tr"]
    only_geography = dict.fromkeys(DEFAULT_WEIGHTS, 0.0) | {"geography": 1}
    found = nearest("de", ["tr", "es", "nl", "sw"], only_geography, FEATURES)
    assert [each.code for each in found] == ["nl", "es", "tr", "sw"]


@examples(100)
@given(
    arrays.arrays(np.float64, (7, 2), elements=st.integers(0, 9).map(float)),
    st.integers(1, 7),
)
def test_no_other_single_exchange_is_better(points: np.ndarray, count: int) -> None:
    far = np.abs(points[:, None] - points[None]).sum(axis=2)
    chosen, near = medoids(far, count)
    assert len(set(chosen)) == count
    assert chosen == sorted(chosen)
    assert (far[np.arange(7), near] == far[:, chosen].min(axis=1)).all()
    cost = far[:, chosen].min(axis=1).sum()
    for place, row in itertools.product(range(count), range(7)):
        other = [*chosen[:place], row, *chosen[place + 1 :]]
        assert cost <= far[:, other].min(axis=1).sum() + 1e-9


def test_two_groups_of_languages_have_a_medoid_each() -> None:
    far = matrix(["de", "nl", "es", "sw"], DEFAULT_WEIGHTS, FEATURES)
    assert np.allclose(far, far.T)
    chosen, near = medoids(far, 2)
    assert 3 in chosen
    assert near.tolist() == [chosen[0]] * 3 + [3]


@pytest.mark.usefixtures("known")
def test_both_commands_print_a_table_or_json() -> None:
    done = CliRunner().invoke(cli, ["languages", "near", "de", "--among", "nl,es", "-n", "1"])
    assert done.exit_code == 0, done.exception
    assert done.stdout.splitlines()[1].split()[:2] == ["nl", "Dutch"]
    done = CliRunner().invoke(cli, ["languages", "near", "de", "--among", "nl es", "--json"])
    assert [each["code"] for each in json.loads(done.stdout)] == ["nl", "es"]
    done = CliRunner().invoke(
        cli, ["languages", "cover", "de", "nl", "es", "sw", "-k", "2", "--json"]
    )
    assert sorted(json.loads(done.stdout)["sw"]) == ["sw"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["near", "de", "--weight", "taste=1"], "the groups are syntax"),
        (["near", "de", "--weight", "syntax=-1"], "a group and a number"),
        (["cover", "de", "nl", "-k", "3"], "languages that are named (2)"),
        (["near", "de", "--among", "xx9"], "not a language code"),
        (["near", "de", "--among", "deu"], "no other language was named"),
        (["cover", "de", "deu", "ger", "-k", "2"], "languages that are named (1)"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(cli, ["languages", *arguments])
    assert told in str(done.exception)


def test_with_uriel_german_is_nearer_to_dutch_than_to_turkish() -> None:
    pytest.importorskip("urielplus")
    done = CliRunner().invoke(cli, ["languages", "near", "de", "--among", "tr,nl,es", "--json"])
    found = json.loads(done.stdout)
    assert next(each["code"] for each in found) == "nl"
    assert all(each["features"] > 50 for each in found)
