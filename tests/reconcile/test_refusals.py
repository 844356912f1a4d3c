"""Refused at a gate, and who left afterwards."""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines.reconcile import LEFT_BY_ANOTHER_GATE, followed, left_by_another_gate
from pipelines.reconcile.findings import finding_codes

from .stories import POLICY, after

REFUSED = "2025-06-01"
REFUSALS = pa.schema(
    {"refusal_id": pa.string(), "person_id": pa.string(), "refused_on": pa.date32(),
     "gate_code": pa.string(), "batch_id": pa.string(), "row_number": pa.int64()}
)  # fmt: skip
DEPARTURES = pa.schema(
    {"departure_key": pa.string(), "person_id": pa.string(), "departed_on": pa.date32(),
     "gate_code": pa.string(), "outcome": pa.string()}
)  # fmt: skip


def left(days: int | None, gate: str | None = "CGK", person: str = "P1") -> dict[str, Any]:
    """Somebody who left so many days after the refusal; None: by no exit on record."""
    on = None if days is None else after(REFUSED, days)
    return {
        "departure_key": f"X:{days}", "person_id": person, "departed_on": on, "gate_code": gate,
        "outcome": "awaiting",
    }  # fmt: skip


def of(*departures: dict[str, Any], person: str | None = "P1") -> ibis.Table:
    """What became of somebody refused at Batam Centre."""
    refused = {
        "refusal_id": "R1", "person_id": person, "refused_on": date.fromisoformat(REFUSED),
        "gate_code": "BTC", "batch_id": "B1", "row_number": 4,
    }  # fmt: skip
    return followed(
        ibis.memtable(pa.Table.from_pylist([refused], REFUSALS)),
        ibis.memtable(pa.Table.from_pylist(list(departures), DEPARTURES)),
        POLICY,
    )


def left_on(rows: ibis.Table) -> date | None:
    [row] = rows.to_pyarrow().to_pylist()
    found: date | None = row["left_on"]
    return found


@pytest.mark.parametrize(
    ("days", "is_followed"),
    [(-1, False), (0, True), (POLICY.refusal_watch_days, True),
     (POLICY.refusal_watch_days + 1, False), (None, False)],
)  # fmt: skip
def test_who_leaves_within_the_days_after_is_told(days: int | None, is_followed: bool) -> None:
    assert (left_on(of(left(days))) is not None) is is_followed


def test_the_first_departure_afterwards_counts_and_only_that_of_the_person() -> None:
    assert left_on(of(left(9), left(3), left(1, person="P2"))) == after(REFUSED, 3)


def test_a_refused_person_whom_nobody_knows_left_nowhere() -> None:
    assert left_on(of(left(3), person=None)) is None


@pytest.mark.parametrize(("gate", "findings"), [("CGK", 1), ("BTC", 0), (None, 0)])
def test_only_another_gate_is_a_finding(gate: str | None, findings: int) -> None:
    found = left_by_another_gate(of(left(3, gate))).to_pyarrow().to_pylist()
    assert len(found) == findings


def test_the_finding_names_the_refusal_and_the_gate_of_the_exit() -> None:
    [found] = left_by_another_gate(of(left(3))).to_pyarrow().to_pylist()
    assert (found["code"], found["source"]) == (LEFT_BY_ANOTHER_GATE, "penundaan")
    assert (found["batch_id"], found["row_number"], found["person_id"]) == ("B1", 4, "P1")
    assert (found["occurred_on"], found["gate_code"]) == (after(REFUSED, 3), "CGK")
    assert found["detail"] == "refused_at=BTC refused_on=2025-06-01 outcome=awaiting"
    assert LEFT_BY_ANOTHER_GATE in {row["code"] for row in finding_codes().to_pylist()}
