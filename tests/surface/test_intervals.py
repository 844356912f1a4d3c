"""Poisson bounds and smoothed rates against published and hand-made values."""

import ibis
import pytest

from pipelines.surface.intervals import (
    EXACT_UP_TO,
    poisson_bounds,
    smoothed_rate,
    with_poisson_bounds,
)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.025, 5.572), (10, 4.795, 18.390), (100, 81.364, 121.627)],
)
def test_garwood_bounds(events: int, low: float, high: float) -> None:
    row = poisson_bounds(0.95).slice(events, 1).to_pylist()[0]
    assert row["events"] == events
    assert row["events_low"] == pytest.approx(low, abs=0.0006)
    assert row["events_high"] == pytest.approx(high, abs=0.0006)


def test_a_wider_level_gives_wider_bounds() -> None:
    wide, narrow = (poisson_bounds(level).slice(10, 1).to_pylist()[0] for level in (0.99, 0.9))
    assert wide["events_low"] < narrow["events_low"]
    assert wide["events_high"] > narrow["events_high"]


def test_beyond_the_table_the_approximation_goes_on() -> None:
    counts = ibis.memtable({"n": [EXACT_UP_TO, EXACT_UP_TO + 1]})
    last, next_one = with_poisson_bounds(counts, "n", 0.95).order_by("n").to_pyarrow().to_pylist()
    for bound in ("events_low", "events_high"):
        assert next_one[bound] - last[bound] == pytest.approx(1.0, abs=0.01)


def test_counts_of_nothing_keep_their_bounds() -> None:
    (row,) = with_poisson_bounds(ibis.memtable({"n": [0]}), "n", 0.95).to_pyarrow().to_pylist()
    assert (row["events_low"], row["events_high"]) == (0.0, pytest.approx(3.689, abs=0.001))


def smoothed(counts: list[int], people: list[int | None]) -> list[float]:
    table = ibis.memtable(
        {"n": counts, "people": people, "g": ["all"] * len(counts), "i": range(len(counts))},
        schema={"n": "int64", "people": "int64", "g": "string", "i": "int64"},
    )
    rows = smoothed_rate(table, "n", "people", ["g"]).order_by("i").to_pyarrow().to_pylist()
    return [row["smoothed_rate"] for row in rows]


def test_marshall_by_hand() -> None:
    # m = 33/1100 = .03, s2 = (1000*(.02-.03)^2 + 100*(.13-.03)^2)/1100, A = s2 - .03/550.
    between = (1000 * 0.01**2 + 100 * 0.1**2) / 1100 - 0.03 / 550
    large = 0.03 + between / (between + 0.03 / 1000) * (0.02 - 0.03)
    small = 0.03 + between / (between + 0.03 / 100) * (0.13 - 0.03)
    assert smoothed([20, 13], [1000, 100]) == pytest.approx([large, small])


def test_a_small_region_moves_further_than_a_large_one() -> None:
    large, small, _ = smoothed([30, 3, 0], [1000, 100, 1000])
    assert 0.03 - large < 0.03 - small


def test_regions_without_differences_take_the_common_rate() -> None:
    assert smoothed([1, 1], [100, 100]) == pytest.approx([0.01, 0.01])


def test_nobody_anywhere_is_a_rate_of_zero() -> None:
    assert smoothed([0, 0], [100, 200]) == [0.0, 0.0]


def test_a_region_without_population_has_no_rate() -> None:
    rates = smoothed([5, 1, 1], [None, 100, 100])
    assert rates[0] is None
    assert rates[1:] == pytest.approx([0.01, 0.01])
