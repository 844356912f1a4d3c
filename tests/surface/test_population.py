"""Which half-year's residents a rate rests on."""

from __future__ import annotations

from datetime import date

import ibis
import pytest

from pipelines.surface import hotspots, with_latest_population
from pipelines.surface.population import with_population

from .figures import (
    PLACEMENTS,
    POLICY,
    PROVINCES,
    REGENCIES,
    TRUST,
    chance,
    chances,
    departure,
    departures,
    residents,
    rows_of,
)

FIRST, SECOND = ("52", "2025-1", "2025-06-30", 5_600_000), ("52", "2025-2", "2025-12-31", 5_700_000)


@pytest.mark.parametrize(
    ("period", "people", "semester"),
    [
        ("2025-06-01", 5_500_000, "reference"),
        ("2025-07-01", 5_600_000, "2025-1"),
        ("2025-12-01", 5_600_000, "2025-1"),
        ("2026-01-01", 5_700_000, "2025-2"),
    ],
)
def test_a_period_has_the_residents_of_the_last_half_year_before_it(
    period: str, people: int, semester: str
) -> None:
    told = {"region_code": ["52"], "period_start": [date.fromisoformat(period)],
            "population": [5_500_000]}  # fmt: skip
    [row] = rows_of(with_population(ibis.memtable(told), residents(SECOND, FIRST)))
    assert (row["population"], row["population_semester"]) == (people, semester)


def test_a_region_that_was_not_delivered_keeps_the_reference() -> None:
    regions = ibis.memtable({"region_code": ["21", "52"], "population": [2_000_000, 5_500_000]})
    rows = rows_of(with_latest_population(regions, residents(FIRST, SECOND)))
    assert [(r["region_code"], r["population"], r["population_semester"]) for r in rows] == [
        ("21", 2_000_000, "reference"), ("52", 5_700_000, "2025-2"),
    ]  # fmt: skip


def test_rates_rest_on_the_residents_that_stand_beside_them() -> None:
    table = hotspots(
        departures(departure("2025-06-03"), departure("2025-07-03")),
        chances(chance(0.25, "2025-07-03")), PLACEMENTS, ibis.memtable(PROVINCES),
        ibis.memtable(REGENCIES), residents(("52", "2025-1", "2025-06-30", 1_000_000)), TRUST,
        POLICY,
    )  # fmt: skip
    june, july = rows_of(table, grain="month", region_code="52")
    assert june["per_100k"] == pytest.approx(100_000 / 5_500_000)
    assert july["per_100k"] == pytest.approx(0.1)
    assert [row["population_semester"] for row in (june, july)] == ["reference", "2025-1"]
