"""Departures by region: counts, rates, ranks and changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.reconcile import rules
from pipelines.surface import counts, hotspots
from pipelines.surface.expected import EXPECTED
from pipelines.surface.intervals import poisson_bounds

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

UNDOCUMENTED = ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")


def figures(*rows: dict[str, Any]) -> ir.Table:
    provinces, regencies = ibis.memtable(PROVINCES), ibis.memtable(REGENCIES)
    return hotspots(
        departures(*rows), chances(chance(0.25)), PLACEMENTS, provinces, regencies,
        residents(), TRUST, POLICY,
    )  # fmt: skip


def year(table: ir.Table, level: str = "province") -> dict[str, dict[str, Any]]:
    return {row["region_code"]: row for row in rows_of(table, grain="year", level=level)}


def test_the_columns_are_those_of_the_design() -> None:
    expected = [
        "period_start",
        "grain",
        "level",
        "region_code",
        "region_name",
        "population",
        "departures",
        "documented",
        "confirmed_undocumented",
        "suspected_undocumented",
        "unrecorded_exit",
        "awaiting",
        "undocumented",
        "per_100k",
        "per_100k_low",
        "per_100k_high",
        "smoothed_per_100k",
        "rank_by_count",
        "rank_by_rate",
        "change",
    ]
    assert list(figures(departure("2025-01-03")).columns)[: len(expected)] == expected


def test_valid_placements_stand_beside_the_departures_of_their_region() -> None:
    table = figures(departure("2025-01-03"))
    assert {code: row["placements"] for code, row in year(table).items()} == {
        "11": 0, "21": 0, "52": 2,
    }  # fmt: skip
    regencies = year(table, "regency")
    assert {code: row["placements"] for code, row in regencies.items()} == {
        "21.71": 0, "52.03": 1, "52.71": 0,
    }  # fmt: skip


def test_every_outcome_of_the_rules_is_counted() -> None:
    assert set(counts.OUTCOMES) == {outcome.name for outcome in rules.OUTCOMES}
    assert counts.UNDOCUMENTED == UNDOCUMENTED


def test_undocumented_is_the_sum_of_its_parts() -> None:
    table = figures(*(departure("2025-01-03", outcome) for outcome in counts.OUTCOMES))
    row = year(table)["52"]
    assert (row["departures"], row["undocumented"]) == (len(counts.OUTCOMES), 3)
    assert all(row[outcome] == 1 for outcome in counts.OUTCOMES)


def test_every_region_stands_in_every_period() -> None:
    table = figures(departure("2025-01-03"), departure("2025-05-03"))
    assert len(rows_of(table, grain="month", level="province")) == 2 * 3
    assert len(rows_of(table, grain="quarter", level="regency")) == 2 * 3
    row = year(table)["11"]
    assert (row["departures"], row["undocumented"], row["per_100k"]) == (0, 0, 0.0)


def test_the_expected_figure_stands_beside_the_count_and_is_nought_elsewhere() -> None:
    rows = year(figures(departure("2025-01-03", "awaiting")))
    assert (rows["52"]["undocumented"], rows["52"]["expected_undocumented"]) == (0, 0.25)
    assert rows["52"]["expected_low"] <= 0.25 <= rows["52"]["expected_high"]
    assert {name: rows["21"][name] for name in EXPECTED} == dict.fromkeys(EXPECTED, 0.0)


def test_origins_by_nik_alone_can_be_left_out() -> None:
    told = (
        departure("2025-01-03"),
        departure("2025-01-03", origin_basis="list"),
        departure("2025-01-03", "documented", origin_basis="placement"),
    )
    row = year(figures(*told))["52"]
    assert (row["undocumented"], row["undocumented_without_nik"]) == (2, 1)


def test_a_nik_in_a_province_that_is_known_can_be_left_out_of_the_regency_alone() -> None:
    table = figures(departure("2025-01-03", origin_basis="province_with_nik"))
    province, regency = year(table)["52"], year(table, "regency")["52.03"]
    assert (province["undocumented_without_nik"], regency["undocumented_without_nik"]) == (1, 0)


def test_what_rests_on_a_shared_name_is_said_of_the_regency_and_not_of_its_province() -> None:
    shared = {"origin_basis": "shared_birth_place"}
    told = (
        departure("2025-01-03", **shared),
        departure("2025-01-03"),
        departure("2025-01-03", "documented", **shared),
    )
    table = figures(*told)
    rows = year(table)["52"], year(table, "regency")["52.03"]
    assert [row["undocumented_by_shared_place"] for row in rows] == [0, 1]
    assert [row["undocumented"] for row in rows] == [2, 2]


def test_watch_regions_are_marked() -> None:
    rows = year(figures(departure("2025-01-03")))
    assert {code for code, row in rows.items() if row["is_watch_region"]} == {"21", "52"}


def test_a_regency_and_a_city_are_told_apart() -> None:
    rows = year(figures(departure("2025-01-03")), "regency")
    assert rows["52.03"]["region_name"] == "Kabupaten Lombok Timur"
    assert rows["52.71"]["region_name"] == "Kota Mataram"


def test_a_province_alone_counts_for_the_province_alone() -> None:
    table = figures(departure("2025-01-03", origin_regency_code=None))
    assert year(table)["52"]["undocumented"] == 1
    assert sum(row["departures"] for row in year(table, "regency").values()) == 0


def test_an_unknown_origin_counts_nowhere() -> None:
    unknown = departure("2025-01-03", origin_province_code=None, origin_regency_code=None)
    table = figures(departure("2025-01-03"), unknown)
    assert sum(row["departures"] for row in year(table).values()) == 1


def test_rates_and_their_interval() -> None:
    row = year(figures(*[departure("2025-01-03")] * 10))["52"]
    bounds = poisson_bounds(0.95).slice(10, 1).to_pylist()[0]
    assert row["per_100k"] == pytest.approx(10 / 55)
    assert row["per_100k_low"] == pytest.approx(bounds["events_low"] / 55)
    assert row["per_100k_high"] == pytest.approx(bounds["events_high"] / 55)
    assert 0 < row["smoothed_per_100k"] < row["per_100k"]


def test_ranks_by_count_and_by_rate_differ_and_ties_share_the_first() -> None:
    batam = departure("2025-01-03", origin_province_code="21", origin_regency_code="21.71")
    rows = year(figures(*[departure("2025-01-03")] * 2, batam))
    assert [rows[code]["rank_by_count"] for code in ("52", "21", "11")] == [1, 2, 3]
    assert [rows[code]["rank_by_rate"] for code in ("52", "21", "11")] == [2, 1, 3]
    tied = year(figures(departure("2025-01-03"), batam))
    assert [tied[code]["rank_by_count"] for code in ("52", "21", "11")] == [1, 1, 3]


def test_change_is_against_the_period_before() -> None:
    table = figures(
        departure("2025-01-03"),
        departure("2025-02-03"),
        departure("2025-02-04"),
        departure("2025-04-01"),
    )
    changes = {
        str(row["period_start"]): row["change"]
        for row in rows_of(table, grain="month", level="province", region_code="52")
    }
    assert changes == {"2025-01-01": None, "2025-02-01": 1, "2025-04-01": None}


def test_change_crosses_the_year() -> None:
    table = figures(departure("2024-12-31"), departure("2025-01-01"), departure("2025-01-02"))
    last = rows_of(table, grain="month", level="province", region_code="52")[-1]
    assert (str(last["period_start"]), last["change"]) == ("2025-01-01", 1)


REGIONS = st.sampled_from([("52", "52.03"), ("52", None), ("21", "21.71"), ("11", None)])
ROWS = st.lists(st.tuples(st.integers(0, 800), REGIONS, st.sampled_from(counts.OUTCOMES)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_every_grain_adds_up_to_the_departures(
    rows: list[tuple[int, tuple[str, str | None], str]],
) -> None:
    told = [
        departure(
            str(date(2024, 1, 1) + timedelta(days=days)),
            outcome,
            origin_province_code=province,
            origin_regency_code=regency,
        )
        for days, (province, regency), outcome in rows
    ]
    published = figures(*told).to_pyarrow().to_pylist()
    with_regency = sum(row["origin_regency_code"] is not None for row in told)
    for grain in ("month", "quarter", "year"):
        for level, total in (("province", len(told)), ("regency", with_regency)):
            chosen = [r for r in published if (r["grain"], r["level"]) == (grain, level)]
            assert sum(row["departures"] for row in chosen) == total
    for row in published:
        assert row["undocumented"] == sum(row[part] for part in UNDOCUMENTED)
        assert row["per_100k_low"] <= row["per_100k"] <= row["per_100k_high"]
