"""Refusals as the lake gives them, to gates, countries and numbers."""

from datetime import date
from typing import Any

import pytest

from pipelines import reference, standardise

from .tables import REFUSALS, reasons, table, utc


def told(con: Any, **given: Any) -> list[dict[str, Any]]:
    """A man refused at Batam Centre on 1 June, 8 in the morning of Jakarta."""
    row = {
        "refusal_id": "R1", "refused_at": utc("2025-06-01", 1), "gate_code": "BTC",
        "document_number": "c 1000001", "full_name": "BUDI SANTOSO", "country_name": "Malaysia",
        "refusal_reason": "NONPROSEDURAL", "batch_id": "B1", "row_number": 1,
    } | given  # fmt: skip
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    found = standardise.refusals(table(REFUSALS, [row]), reasons(), countries, gates)
    rows: list[dict[str, Any]] = con.to_pyarrow(found).to_pylist()
    return rows


def test_words_become_codes(con: Any) -> None:
    [row] = told(con)
    assert (row["gate_code"], row["country_code"], row["document_number"], row["name"]) == (
        "BTC", "MYS", "C1000001", "BUDI SANTOSO",
    )  # fmt: skip


@pytest.mark.parametrize(("hour", "day"), [(16, 1), (17, 2)])
def test_the_day_is_that_of_the_gate(con: Any, hour: int, day: int) -> None:
    [row] = told(con, refused_at=utc("2025-06-01", hour))
    assert row["refused_on"] == date(2025, 6, day)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("NONPROSEDURAL", True),
        ("CPMI Non-prosedural", True),
        ("DOKUMEN", False),
        ("lain", False),
        (None, False),
    ],
)
def test_only_the_fear_of_work_outside_the_channel_counts_as_that(
    con: Any, reason: str | None, said: bool
) -> None:
    [row] = told(con, refusal_reason=reason)
    assert row["is_nonprocedural"] is said


def test_an_unknown_gate_stays_and_a_corrected_row_does_not(con: Any) -> None:
    assert [row["gate_code"] for row in told(con, gate_code="zzz")] == ["ZZZ"]
    assert told(con, superseded_by="B2") == []


def test_unknown_words_are_counted_for_the_findings(con: Any) -> None:
    rows = [
        {"refusal_id": str(n), "gate_code": gate, "country_name": country, "refusal_reason": "X"}
        for n, (gate, country) in enumerate([("BTC", "Atlantis"), ("ZZZ", "Malaysia")])
    ]
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    found = standardise.unresolved_refusals(table(REFUSALS, rows), reasons(), countries, gates)
    assert sorted((r["field"], r["value"]) for r in con.to_pyarrow(found).to_pylist()) == [
        ("country_name", "Atlantis"), ("gate_code", "ZZZ"), ("refusal_reason", "X"),
    ]  # fmt: skip
