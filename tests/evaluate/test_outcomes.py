"""Departures of truth and ours, matched one to one."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from pipelines.evaluate import linkage, outcomes
from tests.evaluate import nights
from tests.evaluate.nights import departures, list_matches, true_departures

Row = tuple[Any, ...]


def identities(*rows: Row) -> ir.Table:
    """(person_key, person_id) of placements, one each."""
    known = [("penempatan", "k.csv", str(i), who) for i, (who, _) in enumerate(rows)]
    ours = [(f"P:{i}", who) for i, (_, who) in enumerate(rows)]
    tables = nights.persons(*known), nights.person_records(*ours), nights.crossings()
    return linkage.identities(*tables, nights.written())


def confused(
    truth: ir.Table, ours: ir.Table, lists: ir.Table | None = None, who: ir.Table | None = None
) -> dict[tuple[str | None, str | None], int]:
    lists = list_matches() if lists is None else lists
    rows = outcomes.confusion(truth, ours, lists, identities() if who is None else who)
    counted = rows.to_pyarrow().to_pylist()
    return {(row["true_outcome"], row["outcome"]): row["departures"] for row in counted}


def test_by_exit() -> None:
    truth = true_departures(
        ("A", "1", None, None, "documented"), ("B", "2", None, None, "awaiting")
    )
    ours = departures(("X:1", "P1", "documented", 1), ("X:2", "P2", "suspected_undocumented", 2))
    assert confused(truth, ours) == {
        ("documented", "documented"): 1,
        ("awaiting", "suspected_undocumented"): 1,
    }


def test_an_exit_that_we_merged_away_stays_unmatched() -> None:
    truth = true_departures(("A", "2", None, None, "documented"))
    ours = departures(("X:1", "P1", "documented", 1))
    found = confused(truth, ours, who=identities(("A", "P1")))
    assert found == {("documented", None): 1, (None, "documented"): 1}


def test_by_list_row() -> None:
    truth = true_departures(("A", None, "l.csv", "7", "unrecorded_exit"))
    ours = departures(("E:9", "P1", "unrecorded_exit", 1))
    found = confused(truth, ours, list_matches(("l.csv", "7", "E:9"), ("m.csv", "7", "E:8")))
    assert found == {("unrecorded_exit", "unrecorded_exit"): 1}


def test_by_the_number_of_a_list_row_alone() -> None:
    truth = nights.table(
        "person_key list_record_key outcome",
        [("A", 7, "unrecorded_exit"), ("B", None, "awaiting")],
        list_record_key=pa.float64(),
    )
    ours = departures(("L:l.csv#7", "P1", "unrecorded_exit", 1))
    found = confused(truth, ours, list_matches(("l.csv", "7", "L:l.csv#7")))
    assert found == {("unrecorded_exit", "unrecorded_exit"): 1, ("awaiting", None): 1}


def test_a_file_that_is_named_is_not_ignored() -> None:
    truth = true_departures(("A", None, "other.csv", "7", "unrecorded_exit"))
    ours = departures(("L:l.csv#7", "P1", "unrecorded_exit", 1))
    found = confused(truth, ours, list_matches(("l.csv", "7", "L:l.csv#7")))
    assert found == {("unrecorded_exit", None): 1, (None, "unrecorded_exit"): 1}


def test_without_any_key_by_the_first_departure_without_exit_of_the_person() -> None:
    truth = nights.table("person_key outcome", [("A", "unrecorded_exit")])
    ours = departures(
        ("X:1", "P1", "documented", 1),
        ("E:4", "P1", "awaiting", 5),
        ("E:3", "P2", "unrecorded_exit", 3),
        ("E:5", "P2", "exempt", 3),
        ("E:2", "P3", "returned_late", 2),
    )
    found = confused(truth, ours, who=identities(("A", "P1"), ("A", "P2"), ("B", "P3")))
    assert found.pop(("unrecorded_exit", "unrecorded_exit")) == 1
    assert sorted(found) == [
        (None, said) for said in ("awaiting", "documented", "exempt", "returned_late")
    ]


def test_a_departure_of_ours_is_given_away_once() -> None:
    truth = true_departures(
        ("A", "1", None, None, "documented"),
        ("B", "1", None, None, "awaiting"),
        ("C", None, "l.csv", "7", "exempt"),
        ("A", None, None, None, "unrecorded_exit"),
        ("B", None, None, None, "unrecorded_exit"),
    )
    ours = departures(("X:1", "P1", "documented", 1), ("E:2", "P1", "unrecorded_exit", 1))
    lists = list_matches(("l.csv", "7", "X:1"))
    found = confused(truth, ours, lists, identities(("A", "P1"), ("B", "P1")))
    assert found == {
        ("documented", "documented"): 1,
        ("unrecorded_exit", "unrecorded_exit"): 1,
        ("unrecorded_exit", None): 1,
        ("awaiting", None): 1,
        ("exempt", None): 1,
    }


def test_extra_departures_lower_precision_and_lost_ones_recall() -> None:
    rows: list[dict[str, Any]] = [
        {"true_outcome": "documented", "outcome": "documented", "departures": 3},
        {"true_outcome": None, "outcome": "documented", "departures": 1},
        {"true_outcome": "documented", "outcome": None, "departures": 2},
        {"true_outcome": "exempt", "outcome": None, "departures": 1},
    ]
    found = outcomes.report(rows)
    assert found["documented"] == {
        "precision": 0.75, "recall": 0.6, "f1": 2 * 3 / 9, "support": 5, "predicted": 4,
    }  # fmt: skip
    assert found["exempt"] == {
        "precision": None, "recall": 0.0, "f1": 0.0, "support": 1, "predicted": 0,
    }  # fmt: skip
    assert list(found) == ["documented", "exempt"]
