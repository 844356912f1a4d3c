"""Lists beside the totals that were announced for them."""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines import reference
from pipelines.reconcile.findings import finding_codes
from pipelines.reconcile.list_totals import CODE, announced, list_total_mismatches

from .test_engines import SparkOptions

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


def test_the_finding_compiles_for_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    rows = ibis.memtable(pa.Table.from_pylist(listed(1), schema=SCHEMA))
    found = list_total_mismatches(rows, ANNOUNCED)
    assert "SELECT" in str(ibis.to_sql(found, dialect="pyspark"))


def test_the_code_has_its_sentences() -> None:
    assert CODE in {row["code"] for row in finding_codes().to_pylist()}
