"""Stories of departures, and how likely each counts as undocumented once everything is known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines.surface import chances as weighed
from pipelines.surface import with_chances
from pipelines.surface.chances import Unseen, last_seen

from .figures import GATES, POLICY

NIGHT = date(2025, 12, 31)
COUNTRIES = ibis.memtable(pa.table({"alpha3": ["MYS", "SAU"], "is_asean": [True, False]}))
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in (
            "departure_key", "person_id", "gate_code", "declared_country", "return_kind",
            "origin_province_code", "origin_regency_code", "origin_basis", "outcome", "rule",
            "placement_id", "purpose",
        )),
        *((name, pa.date32()) for name in (
            "departed_on", "returned_on", "occurred_on", "final_on",
        )),
        ("days_away", pa.int64()), ("age_at_departure", pa.int64()),
        ("link_probability", pa.float64()),
    ]
)  # fmt: skip
NONE = ibis.memtable(
    pa.table({"departure_key": pa.array([], pa.string()), "missed": pa.array([], pa.float64())})
)


def left(days_ago: int, outcome: str, back_after: int | None = None, **told: Any) -> dict[str, Any]:
    """Somebody of thirty from Lombok Timur who left for Malaysia, as a tourist, by air."""
    on = NIGHT - timedelta(days=days_ago)
    back = None if back_after is None else on + timedelta(days=back_after)
    return {
        "departed_on": on, "occurred_on": on, "returned_on": back, "days_away": back_after,
        "final_on": on + timedelta(days=300), "return_kind": "recorded" if back else "none",
        "outcome": outcome, "rule": "", "gate_code": "CGK", "declared_country": "MYS",
        "purpose": "tourism", "age_at_departure": 30, "link_probability": 1.0,
        "origin_province_code": "52", "origin_regency_code": "52.03", "origin_basis": "nik",
        **told,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> ir.Table:
    keyed = [{"departure_key": f"X:{n}", "person_id": f"P{n}", **row} for n, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(keyed, schema=SCHEMA))


def others() -> list[dict[str, Any]]:
    """Of a thousand 900 came back on the fifth day, 50 on the sixtieth, 50 stay away.

    Somebody leaves tonight, so that the record goes on to tonight.
    """
    rows = [left(0, "awaiting")]
    for days_ago in range(320, 330):
        rows += [left(days_ago, "returned_within_stay", 5)] * 90
        rows += [left(days_ago, "returned_late", 60)] * 5 + [left(days_ago, SUSPECTED)] * 5
    return rows


SUSPECTED = "suspected_undocumented"


def told(story: dict[str, Any], doubts: ir.Table = NONE) -> dict[str, Any]:
    """What is said of one departure among the others; of most, nothing."""
    departures = table(story, *others())
    points = ibis.memtable(GATES)
    found = weighed(departures, doubts, points, COUNTRIES, POLICY, NIGHT)
    rows: list[dict[str, Any]] = with_chances(departures, found).to_pyarrow().to_pylist()
    return next(row for row in rows if row["departure_key"] == "X:0")


def test_who_left_today_is_most_likely_a_traveller() -> None:
    story = told(left(0, "awaiting"))
    assert story["chance_late"] == pytest.approx(0.95, abs=0.01)
    assert story["undocumented_probability"] == pytest.approx(0.05, abs=0.01)


def test_after_ten_days_half_of_those_away_are_only_late() -> None:
    story = told(left(10, "awaiting"))
    assert story["chance_late"] == pytest.approx(0.5, abs=0.03)
    assert story["undocumented_probability"] == pytest.approx(0.5, abs=0.03)


def test_after_the_last_return_nobody_is_late() -> None:
    story = told(left(200, SUSPECTED))
    assert story["chance_late"] == pytest.approx(0.0, abs=0.01)
    assert 0.95 < story["undocumented_probability"] <= 1.0


@pytest.mark.parametrize(("age", "counts"), [(16, False), (17, True), (60, True), (61, False)])
def test_of_those_awaited_only_working_age_counts_in_the_end(age: int, counts: bool) -> None:
    story = told(left(10, "awaiting", age_at_departure=age))
    assert (story["undocumented_probability"] > 0) is counts


def test_a_chance_to_be_late_is_stated_where_somebody_is_awaited_alone() -> None:
    assert told(left(40, "returned_late", 35))["chance_late"] is None
    assert told(left(40, "documented", placement_id="p"))["chance_late"] is None
    assert told(left(40, "confirmed_undocumented", 35))["chance_late"] is None


def test_who_came_back_or_is_exempt_or_not_known_has_no_chance() -> None:
    for outcome in ("returned_within_stay", "exempt", "insufficient_data"):
        assert told(left(40, outcome, 5))["undocumented_probability"] == 0.0


def test_a_confirmation_is_worth_its_link() -> None:
    story = told(left(40, "confirmed_undocumented", 35, link_probability=0.9))
    assert story["undocumented_probability"] == 0.9


def test_a_placement_covers_as_far_as_its_link_goes() -> None:
    sure = told(left(10, "documented", placement_id="p"))
    unsure = told(left(10, "documented", placement_id="p", link_probability=0.8))
    assert sure["undocumented_probability"] == 0.0
    assert unsure["undocumented_probability"] == pytest.approx(0.2 * 0.5, abs=0.01)


def test_a_doubt_takes_from_both_halves_of_a_journey() -> None:
    doubt = ibis.memtable(pa.table({"departure_key": ["X:0"], "missed": [0.4]}))
    entry = left(40, "unrecorded_exit", departed_on=None, return_kind="recorded")
    assert told(entry)["undocumented_probability"] == 1.0
    assert told(entry, doubt)["undocumented_probability"] == 0.6
    exit_alone = told(left(200, SUSPECTED), doubt)["undocumented_probability"]
    assert exit_alone == pytest.approx(0.6, abs=0.03)


def test_the_first_night_of_a_record_has_chances_too() -> None:
    alone = table(left(3, "awaiting"))
    found = weighed(alone, NONE, ibis.memtable(GATES), COUNTRIES, POLICY, NIGHT)
    (row,) = with_chances(alone, found).to_pyarrow().to_pylist()
    assert (row["chance_late"], row["undocumented_probability"]) == (0.0, 1.0)
    none = weighed(table(), NONE, ibis.memtable(GATES), COUNTRIES, POLICY, NIGHT)
    assert none.count().to_pyarrow().as_py() == 0


def test_unseen_returns_are_told_by_people_who_left_again() -> None:
    again = [left(50, "insufficient_data", return_kind="implied", person_id="P")] * 10
    seen = [left(40, "returned_within_stay", 5, person_id="P")] * 991
    rate = Unseen.of(table(*again, *seen))
    assert rate.rate == pytest.approx(10.5 / 2000)
    assert rate.last == pytest.approx(1 - 990 / 991)


def test_the_record_ends_with_its_last_crossing() -> None:
    assert last_seen(table(left(30, "returned_within_stay", 5)), NIGHT) == date(2025, 12, 6)
    assert last_seen(table(left(-5, "awaiting")), NIGHT) == NIGHT
    assert last_seen(table(), NIGHT) == NIGHT
