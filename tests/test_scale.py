"""The model of large runs: what must hold of any such model."""

import pytest

from scripts.scale import Model, simulate

CALM = Model(spread=0.0, days_between_losses=1e9)


def test_without_trouble_equal_shards_take_the_ideal_time() -> None:
    one = simulate(CALM, megabytes=64_000, cores=64, shard_mb=100)
    assert one.hours == pytest.approx(one.ideal_hours)
    assert one.ideal_hours == pytest.approx(64_000 / CALM.speed_mb_s / 64 / 3600)
    assert (one.lost, one.retries) == (0, 0)


def test_a_last_shard_is_waited_for() -> None:
    one = simulate(CALM, megabytes=6_500, cores=64, shard_mb=100)
    assert one.hours == pytest.approx(2 * 100 / CALM.speed_mb_s / 3600)


def test_lost_nodes_cost_more_the_larger_the_shards_are() -> None:
    model = Model(spread=0.0, days_between_losses=0.01)
    small, large = (simulate(model, 5e6, 128, shard_mb) for shard_mb in (100, 3_000))
    assert 0 < small.lost < large.lost
    assert min(small.hours, large.hours) > small.ideal_hours
    assert simulate(model, 5e6, 128, 100) == small


def test_nothing_to_work_with_is_an_error() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        simulate(CALM, 100, 0, 10)
