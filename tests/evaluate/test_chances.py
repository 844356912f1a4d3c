"""Chances beside what became true, and intervals beside the true figures of regions."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines.evaluate import chances
from tests.evaluate.nights import list_matches, table

HOTSPOT = ("period_start", "grain", "level", "region_code", "undocumented",
           "expected_undocumented", "expected_low", "expected_high")  # fmt: skip


def truth(*rows: tuple[Any, ...], is_final: bool = True) -> ir.Table:
    """(exit, outcome, whether undocumented in the end), of Lombok Timur."""
    columns = "person_key exit_record_key outcome is_undocumented"
    told = [(f"P{number}", *row) for number, row in enumerate(rows)]
    whole = table(columns, told, is_undocumented=pa.bool_()).mutate(
        origin_province_code=ibis.literal("52"), origin_regency_code=ibis.literal("5203")
    )
    return whole if is_final else whole.drop("is_undocumented")


def ours(*keys: str) -> ir.Table:
    rows = [(f"X:{key}", f"O{key}", "awaiting", key, date(2025, 3, 1)) for key in keys]
    names = "departure_key person_id outcome exit_crossing_id occurred_on"
    return table(names, rows, occurred_on=pa.date32())


def given(*rows: tuple[str, float]) -> ir.Table:
    told = [(f"X:{key}", chance) for key, chance in rows]
    return table("departure_key undocumented_probability", told,
                 undocumented_probability=pa.float64())  # fmt: skip


def known(of_truth: ir.Table, *keys: str) -> ir.Table:
    identities = table("identity paper person_key person_id", [])
    return chances.known(of_truth, ours(*keys), list_matches(), identities)


def found(of_truth: ir.Table, *rows: tuple[str, float]) -> list[tuple[Any, ...]]:
    """(from, to, departures, mean given, share true)"""
    told = chances.calibration(known(of_truth, *(key for key, _ in rows)), given(*rows))
    return [tuple(row.values()) for row in told]


def test_of_two_given_eighty_percent_one_came_true() -> None:
    of_truth = truth(("1", "awaiting", True), ("2", "awaiting", False))
    assert found(of_truth, ("1", 0.8), ("2", 0.82)) == [(0.8, 0.9, 2, pytest.approx(0.81), 0.5)]


@pytest.mark.parametrize(
    ("chance", "low", "high"),
    [(0.0, 0, 0.01), (0.0099, 0, 0.01), (0.01, 0.01, 0.05), (0.99, 0.99, 1), (1.0, 0.99, 1)],
)
def test_a_bin_has_its_lower_edge_and_the_last_one_both(
    chance: float, low: float, high: float
) -> None:
    assert found(truth(("1", "awaiting", True)), ("1", chance))[0][:3] == (low, high, 1)


def test_a_departure_that_truth_does_not_have_is_not_undocumented() -> None:
    assert found(truth(), ("1", 0.95)) == [(0.95, 0.99, 1, pytest.approx(0.95), 0.0)]


def test_a_truth_of_the_run_date_says_nothing_of_those_awaited() -> None:
    of_truth = truth(
        ("1", "awaiting", True), ("2", "suspected_undocumented", True), ("3", "documented", False),
        is_final=False,
    )  # fmt: skip
    rows = found(of_truth, ("1", 0.5), ("2", 1.0), ("3", 0.0))
    assert [(row[0], row[2], row[4]) for row in rows] == [(0, 1, 0.0), (0.99, 1, 1.0)]


def hotspots(*rows: tuple[Any, ...]) -> ir.Table:
    told = [dict(zip(HOTSPOT, (date(2025, 1, 1), "year", *row), strict=True)) for row in rows]
    return ibis.memtable(pa.Table.from_pylist(told))


def test_intervals_that_hold_and_that_do_not() -> None:
    of_truth = truth(("1", "awaiting", True), ("2", "confirmed_undocumented", True))
    published = hotspots(
        ("province", "52", 1, 1.6, 0.4, 2.9),
        ("regency", "52.03", 1, 1.6, 2.1, 2.9),
        ("regency", "52.71", 1, 1.0, 0.5, 1.5),
        ("regency", "21.71", 0, 0.2, 0.0, 0.9),
    )
    rows = chances.coverage(known(of_truth, "1", "2"), ours("1", "2"), published)
    told = {(row["grain"], row["level"]): row for row in rows}
    province, regency = told["year", "province"], told["year", "regency"]
    assert (province["regions"], province["covered_share"], province["true"]) == (1, 1.0, 2)
    assert (regency["regions"], regency["covered_share"], regency["below_share"]) == (2, 0.0, 1.0)


def test_a_region_with_more_than_the_interval_lies_above() -> None:
    of_truth = truth(("1", "awaiting", True), ("2", "awaiting", True))
    published = hotspots(("regency", "52.03", 1, 0.5, 0.0, 1.9))
    (row,) = chances.coverage(known(of_truth, "1", "2"), ours("1", "2"), published)
    assert (row["covered_share"], row["above_share"]) == (0.0, 1.0)
