"""How many of those who were not back came back later, and when that can be known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines.surface import coverage

from .figures import PLACEMENTS, departure, departures, rows_of
from .test_tables import list_rows, matches

LEFT, DUE = "2025-01-10", date(2025, 5, 10)
LATER = date(2026, 6, 30)


def january(*told: dict[str, Any], as_of: date = LATER, record_to: date = LATER) -> dict[str, Any]:
    """Coverage of January 2025 in a border record that ends on `record_to`."""
    days = pa.array([date.fromisoformat(LEFT), record_to])
    crossings = ibis.memtable(pa.table({"crossed_on": days}))
    rows = coverage(crossings, departures(*told), PLACEMENTS, list_rows({}), matches("X:0"), as_of)
    return rows_of(rows, period_start=date(2025, 1, 1))[0]


def left(days_late: int | None = None, **values: Any) -> dict[str, Any]:
    """Somebody who left in January and was due on DUE; back so many days after that day."""
    back = None if days_late is None else DUE + timedelta(days=days_late)
    return departure(LEFT, **({"due_on": DUE, "returned_on": back} | values))


def resolved(row: dict[str, Any]) -> list[int | None]:
    return [row[f"resolved_{days}"] for days in (30, 60, 90, 180)]


@pytest.mark.parametrize(
    ("days_late", "overdue", "expected"),
    [
        (0, 0, [0, 0, 0, 0]),
        (1, 1, [1, 1, 1, 1]),
        (30, 1, [1, 1, 1, 1]),
        (31, 1, [0, 1, 1, 1]),
        (90, 1, [0, 0, 1, 1]),
        (91, 1, [0, 0, 0, 1]),
        (180, 1, [0, 0, 0, 1]),
        (181, 1, [0, 0, 0, 0]),
        (None, 1, [0, 0, 0, 0]),
    ],
)
def test_the_overdue_are_resolved_by_the_day_they_come_back(
    days_late: int | None, overdue: int, expected: list[int]
) -> None:
    row = january(left(days_late))
    assert (row["overdue"], resolved(row)) == (overdue, expected)


def test_shares_are_of_the_overdue() -> None:
    row = january(left(10), left(70), left(None), left(None), left(-5))
    assert (row["overdue"], row["resolved_30_share"], row["resolved_90_share"]) == (4, 0.25, 0.5)


def test_a_month_without_overdue_has_no_share() -> None:
    row = january(left(-5))
    assert (row["overdue"], row["resolved_30"], row["resolved_30_share"]) == (0, 0, None)


def test_placed_and_exempt_people_were_never_unmatched() -> None:
    row = january(left(None, placement_id="p1"), left(None, outcome="exempt"))
    assert row["overdue"] == 0


def test_who_left_again_had_come_back_by_then() -> None:
    row = january(left(None, next_exit_on=DUE + timedelta(days=40)))
    assert resolved(row) == [0, 1, 1, 1]


@pytest.mark.parametrize(("passed", "known"), [(30, False), (31, True)])
def test_nothing_is_known_before_the_days_have_passed(passed: int, known: bool) -> None:
    day = DUE + timedelta(days=passed)
    assert (january(left(5), as_of=day)["resolved_30"] == 1) is known
    assert (january(left(5), record_to=day)["resolved_30"] == 1) is known


def test_the_whole_month_must_be_knowable() -> None:
    """Another exit of the month falls due sixty days later."""
    day = DUE + timedelta(days=31)
    later = left(None, due_on=DUE + timedelta(days=60))
    assert resolved(january(left(5), later, as_of=day)) == [None] * 4
    assert january(left(5), later, as_of=day)["overdue"] == 1


def test_a_departure_is_overdue_on_the_day_after_it_was_due() -> None:
    assert january(left(None), as_of=DUE)["overdue"] == 0
    assert january(left(None), as_of=DUE + timedelta(days=1))["overdue"] == 1
