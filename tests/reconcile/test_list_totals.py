"""Lists beside the totals that were announced for them, and that they state themselves."""

from datetime import UTC, date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines import reference
from pipelines.reconcile.findings import finding_codes
from pipelines.reconcile.list_totals import (
    CODE,
    STATED,
    announced,
    list_total_mismatches,
    stated_total_mismatches,
)

SCHEMA = pa.schema(
    [
        ("list_file", pa.string()),
        ("batch_id", pa.string()),
        ("row_number", pa.int64()),
        ("arrived_on", pa.date32()),
        ("country_code", pa.string()),
    ]
)
ANNOUNCED = ibis.memtable(
    {
        "country_code": ["MMR"],
        "arrived_from": [date(2025, 3, 18)],
        "arrived_to": [date(2025, 3, 19)],
        "announced": [5.0],
    }
)


def listed(people: int, day: str = "2025-03-18", **values: Any) -> list[dict[str, Any]]:
    """A list of so many people, all arrived on one day."""
    row = {
        "list_file": "kemlu.xlsx", "batch_id": "B1", "arrived_on": date.fromisoformat(day),
        "country_code": "MMR",
    }  # fmt: skip
    return [row | values | {"row_number": number} for number in range(1, people + 1)]


def found(*lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = ibis.memtable(pa.Table.from_pylist([r for rows in lists for r in rows], schema=SCHEMA))
    told: list[dict[str, Any]] = list_total_mismatches(rows, ANNOUNCED).to_pyarrow().to_pylist()
    return told


@pytest.mark.parametrize(("people", "findings"), [(4, 1), (5, 0), (6, 1)])
def test_a_list_adds_up_to_the_person_or_is_a_finding(people: int, findings: int) -> None:
    assert len(found(listed(people))) == findings


def test_both_days_of_the_arrival_count_and_no_other() -> None:
    assert found(listed(3), listed(2, "2025-03-19")) == []
    (told,) = found(listed(3), listed(2, "2025-03-20"))
    assert told["detail"] == "country=MMR arrived=2025-03-18..2025-03-19 rows=3 announced=5"


def test_the_finding_names_the_first_row_of_the_list() -> None:
    (told,) = found(listed(3), listed(1, batch_id="B0", day="2025-03-19"))
    assert (told["code"], told["source"]) == (CODE, "pemulangan")
    assert (told["batch_id"], told["row_number"]) == ("B0", 1)
    assert (str(told["occurred_on"]), told["person_id"]) == ("2025-03-18", None)


def test_the_fullest_list_speaks_and_parts_of_other_agencies_do_not() -> None:
    assert found(listed(5), listed(2, list_file="bp3mi_ntb.csv", batch_id="B2")) == []


def test_other_countries_and_missing_lists_say_nothing() -> None:
    assert found(listed(3, country_code="KHM")) == []
    assert found(listed(3, "2025-03-17")) == []
    assert found() == []


def test_what_was_announced_is_of_single_arrivals() -> None:
    known = announced(
        reference.memtable("published_figures"), reference.memtable("published_measures")
    )
    rows = known.order_by("arrived_from").to_pyarrow().to_pylist()
    assert [(r["country_code"], str(r["arrived_from"]), r["announced"]) for r in rows] == [
        ("MMR", "2025-02-21", 46),
        ("MMR", "2025-02-28", 84),
        ("MMR", "2025-03-18", 554),
    ]


def test_the_finding_compiles_for_spark(spark: str) -> None:
    rows = ibis.memtable(pa.Table.from_pylist(listed(1), schema=SCHEMA))
    found = list_total_mismatches(rows, ANNOUNCED)
    assert "SELECT" in str(ibis.to_sql(found, dialect=spark))


BATCHES = pa.schema(
    [
        ("source", pa.string()),
        ("batch_id", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("rows", pa.int64()),
        ("superseded", pa.int64()),
        ("stated_rows", pa.int64()),
    ]
)


def told(**given: Any) -> list[dict[str, Any]]:
    """What is found of a delivery of seven rows, received at 23:30 UTC, six-thirty in Jakarta."""
    batch = {
        "source": "penduduk", "batch_id": "B7", "rows": 7, "superseded": 0, "stated_rows": None,
        "received_at": datetime(2025, 3, 18, 23, 30, tzinfo=UTC),
    } | given  # fmt: skip
    rows = ibis.memtable(pa.Table.from_pylist([batch], BATCHES))
    found: list[dict[str, Any]] = stated_total_mismatches(rows).to_pyarrow().to_pylist()
    return found


@pytest.mark.parametrize(("stated", "findings"), [(None, 0), (6, 1), (7, 0), (8, 1)])
def test_a_delivery_has_as_many_rows_as_it_states(stated: int | None, findings: int) -> None:
    assert len(told(stated_rows=stated)) == findings


def test_the_finding_names_the_delivery_its_source_and_its_day() -> None:
    (found,) = told(stated_rows=8)
    assert (found["code"], found["source"], found["batch_id"]) == (STATED, "penduduk", "B7")
    assert (found["row_number"], found["person_id"]) == (None, None)
    assert (str(found["occurred_on"]), found["detail"]) == ("2025-03-19", "rows=7 off_by=1")


@pytest.mark.parametrize(("superseded", "findings"), [(6, 1), (7, 0)])
def test_a_delivery_that_was_replaced_says_nothing(superseded: int, findings: int) -> None:
    assert len(told(stated_rows=8, superseded=superseded)) == findings


def test_a_delivery_of_a_total_without_rows_is_found() -> None:
    assert len(told(rows=0, stated_rows=5)) == 1


def test_the_codes_have_their_sentences() -> None:
    assert {CODE, STATED} <= {row["code"] for row in finding_codes().to_pylist()}
