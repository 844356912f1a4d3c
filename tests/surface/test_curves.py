"""Return curves against hand-made ones, and who answers whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipelines.surface.curves import ENOUGH, Curve, answered


def curve(own: list[int], listed: list[int], away: list[int]) -> Curve:
    return Curve.of(*(np.array(counts, dtype="int64") for counts in (own, listed, away)))


def asked(curve: Curve, days: int, horizon: int) -> dict[str, float]:
    found = curve.answers(np.array([days]), np.array([horizon]))
    return {name: float(values[0]) for name, values in found.items()}


def counted(*rows: tuple[int, int, int, int], band: int = 0) -> pd.DataFrame:
    """(days, own, listed, away) of tourists by air to a near country."""
    told = pd.DataFrame(rows, columns=["days", "own", "listed", "away"])
    return told.assign(is_near=True, mode="UDARA", purpose="tourism", band=band)


def question(days: int, horizon: int = 300, **other: object) -> pd.DataFrame:
    situation = {"is_near": True, "mode": "UDARA", "purpose": "tourism", "band": 0}
    return pd.DataFrame([{**situation, "days": days, "horizon": horizon, **other}])


def late(counts: pd.DataFrame, situation: pd.DataFrame) -> float:
    return float(answered(counts, situation).to_pylist()[0]["late"])


def test_departures_not_yet_ended_are_censored_and_not_absent() -> None:
    # Kaplan and Meier by hand: 10 left, 2 back on day 1 (.8), 4 censored, 2 of 4 on day 3 (.4).
    told = curve([0, 2, 0, 2], [0, 0, 0, 0], [0, 0, 4, 2])
    assert told.still_away == pytest.approx([1.0, 0.8, 0.8, 0.4])
    assert told.at_risk == pytest.approx([10, 8, 4, 0])


@given(st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=1, max_size=30))
def test_the_curve_is_that_of_a_library(counts: list[tuple[int, int, int]]) -> None:
    own, listed, away = (np.array(column, dtype="int64") for column in zip(*counts, strict=True))
    assume(own.sum() + listed.sum() + away.sum())
    days = np.arange(len(own), dtype="float64")
    sample = stats.CensoredData(
        uncensored=np.repeat(days, own + listed), right=np.repeat(days, away)
    )
    library = stats.ecdf(sample).sf.evaluate(days)
    assert Curve.of(own, listed, away).still_away == pytest.approx(library)


def test_the_chance_to_be_late_is_among_those_still_away() -> None:
    told = curve([0, 2, 0, 2], [0, 0, 0, 0], [0, 0, 4, 2])
    assert asked(told, 0, 300)["late"] == pytest.approx(0.6)
    assert asked(told, 1, 300)["late"] == pytest.approx(0.5)
    assert asked(told, 3, 300)["late"] == 0.0


def test_who_comes_back_after_the_horizon_is_not_late() -> None:
    told = curve([0, 2, 0, 2], [0, 0, 0, 0], [0, 0, 4, 2])
    assert asked(told, 0, 2)["late"] == pytest.approx(0.2)
    assert asked(told, 0, 3)["late"] == pytest.approx(0.6)


def test_a_list_that_proves_work_is_no_late_return() -> None:
    told = curve([0, 1, 0], [0, 3, 0], [0, 0, 6])
    assert told.still_away[1] == pytest.approx(0.6)
    assert asked(told, 0, 300)["late"] == pytest.approx(0.1)


def test_the_error_is_greenwoods() -> None:
    told = curve([0, 2, 0], [0, 0, 0], [0, 0, 8])
    assert asked(told, 0, 300)["late_sd"] == pytest.approx((0.2 * 0.8 / 10) ** 0.5)


def test_returns_seen_for_each_still_away() -> None:
    told = curve([0, 9, 0], [0, 0, 0], [0, 0, 1])
    assert asked(told, 0, 300)["seen_back"] == 0.0
    assert asked(told, 1, 300)["seen_back"] == pytest.approx(9.0)


def test_few_departures_lean_on_the_wider_stratum() -> None:
    # Of the band half come back on day 5, of those by sea none: as many as ENOUGH weigh half.
    few = ENOUGH[-1]
    by_air = counted((5, 500, 0, 0), (300, 0, 0, 500))
    by_sea = counted((300, 0, 0, few)).assign(mode="LAUT")
    both = pd.concat([by_air, by_sea])
    assert late(both, question(1, mode="LAUT")) == pytest.approx(500 / (1000 + few) / 2)
    assert late(both, question(1)) == pytest.approx(0.5, abs=0.01)


def test_without_a_comparable_band_all_departures_answer() -> None:
    told = counted((5, 30, 0, 0), (300, 0, 0, 70))
    assert late(told, question(1, band=7)) == pytest.approx(0.3)


def test_without_any_comparable_departure_nobody_is_late() -> None:
    assert late(counted(), question(1)) == 0.0


def test_no_questions_no_answers() -> None:
    assert answered(counted((5, 30, 0, 0)), question(1).head(0)).num_rows == 0
