"""Blocked recruitment content beside departures to the promised country."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines import reference
from pipelines.surface import recruitment

from .figures import departure, departures, rows_of


def cases(*rows: tuple[str | None, str, str | None]) -> ir.Table:
    """Promised country, day of the report, day of the block."""
    days = [[date.fromisoformat(day) if day else None for day in row[1:]] for row in rows]
    table = {
        "takedown_id": pa.array([str(n) for n in range(len(rows))]),
        "country_code": pa.array([country for country, *_ in rows], pa.string()),
        "reported_on": pa.array([reported for reported, _ in days], pa.date32()),
        "blocked_on": pa.array([blocked for _, blocked in days], pa.date32()),
    }
    return ibis.memtable(pa.table(table))


def figures(told: ir.Table, *left: dict[str, Any], grain: str = "year") -> list[dict[str, Any]]:
    countries = reference.memtable("countries")
    return rows_of(recruitment(told, departures(*left), countries), grain=grain)


def test_cases_stand_in_the_period_of_their_report() -> None:
    told = cases(("KHM", "2025-03-31", "2025-04-02"), ("KHM", "2025-04-01", None))
    rows = figures(told, grain="quarter")
    assert [(str(r["period_start"]), r["reported"], r["blocked"]) for r in rows] == [
        ("2025-01-01", 1, 1), ("2025-04-01", 1, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("blocked", "median"),
    [
        (["2025-03-04", "2025-03-06", "2025-03-20"], 5.0),
        (["2025-03-01"], 0.0),
        (["2025-03-02", "2025-03-03"], 1.5),
        ([None], None),
        (["2025-02-28", "2025-03-03"], 2.0),
    ],
    ids=["the middle one", "the same day", "between two", "not yet", "before the report"],
)
def test_the_median_is_of_days_from_report_to_block(
    blocked: list[str | None], median: float | None
) -> None:
    [row] = figures(cases(*(("KHM", "2025-03-01", day) for day in blocked)))
    assert row["median_days_to_block"] == median


def test_departures_to_the_promised_country_stand_beside() -> None:
    [row] = figures(
        cases(("KHM", "2025-03-01", None)),
        departure("2025-05-03", declared_country="KHM"),
        departure("2025-05-03", declared_country="THA", observed_country="KHM"),
        departure("2025-05-03", "documented", declared_country="KHM"),
        departure("2025-05-03", declared_country="KHM", observed_country="MMR"),
        departure("2024-05-03", declared_country="KHM"),
    )
    assert (row["departures"], row["undocumented"]) == (3, 2)
    assert (row["name_id"], row["name_en"]) == ("Kamboja", "Cambodia")


def test_nobody_left_is_nought_and_an_unknown_promise_has_no_departures() -> None:
    told = cases(("KHM", "2025-03-01", None), (None, "2025-03-01", None))
    rows = figures(told, departure("2025-05-03", declared_country=None))
    found = [(row["promised_country"], row["departures"], row["undocumented"]) for row in rows]
    assert found == [("KHM", 0, 0), ("unknown", None, None)]
