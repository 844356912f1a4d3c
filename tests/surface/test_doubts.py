"""Links that were not made: which departures they put in doubt."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines.surface import doubts

RECORDS = ibis.memtable(
    pa.table({"record_key": ["D:a", "D:b", "D:c", "P:1"], "person_id": ["A", "B", "C", "D"]})
)
DEPARTURES = ibis.memtable(
    pa.table(
        {
            "departure_key": ["X:1", "E:2", "X:3"],
            "person_id": ["A", "B", "C"],
            "return_kind": ["none", "recorded", "recorded"],
            "outcome": ["suspected_undocumented", "unrecorded_exit", "returned_within_stay"],
        }
    )
)


def missed(*pairs: tuple[Any, ...]) -> dict[str, float]:
    names = ("record_key", "anchor_key", "kind", "link_probability", "decision")
    rows = [dict(zip(names, (*pair, "unsure")[:5], strict=True)) for pair in pairs]
    candidates: ir.Table = ibis.memtable(pa.Table.from_pylist(rows))
    found = doubts(DEPARTURES, candidates, RECORDS).to_pyarrow().to_pylist()
    return {row["departure_key"]: pytest.approx(row["missed"]) for row in found}


def test_an_exit_and_an_entry_may_be_one_journey() -> None:
    assert missed(("D:b", "D:a", "renewal", 0.4)) == {"X:1": 0.4, "E:2": 0.4}


def test_a_list_row_that_may_belong_to_an_exit_leaves_the_exit() -> None:
    assert missed(("D:b", "D:a", "list", 0.4)) == {"E:2": 0.4}


def test_a_placement_taken_for_somebody_elses_may_cover_the_exit() -> None:
    assert missed(("P:1", "D:a", "placement", 0.3)) == {"X:1": 0.3}


def test_somebody_who_is_back_takes_away_no_doubt_and_has_none() -> None:
    assert missed(("D:b", "D:c", "renewal", 0.4)) == {}
    assert missed(("D:a", "D:c", "renewal", 0.4)) == {}


@pytest.mark.parametrize("decision", ["linked", "judged_different", "conflict"])
def test_what_is_decided_leaves_no_doubt(decision: str) -> None:
    assert missed(("D:b", "D:a", "renewal", 0.4, decision)) == {}


def test_doubts_add_up_and_never_reach_certainty() -> None:
    both = missed(("D:b", "D:a", "renewal", 0.4), ("P:1", "D:a", "placement", 0.3))
    assert both == {"X:1": 0.7, "E:2": 0.4}
    assert missed(("D:b", "D:a", "renewal", 0.7), ("P:1", "D:a", "placement", 0.7))["X:1"] == 0.99
