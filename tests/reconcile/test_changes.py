"""What became of departures since the night before, and why."""

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines.reconcile.changes import CAUSES, COLUMNS, causes, changes, differing
from pipelines.reconcile.news import news

NIGHT = date(2025, 6, 2)
DATES = ("departed_on", "returned_on", "next_exit_on", "due_on")
DEPARTURES = pa.schema(
    [
        *((name, pa.string()) for name in ("departure_key", "departure_id", "person_id")),
        *((name, pa.date32()) for name in DATES),
        *(
            (name, pa.string())
            for name in (
                "return_kind", "declared_country", "observed_country", "list_category", "purpose",
                "exit_crossing_id", "return_crossing_id", "placement_id", "list_file",
                "list_number", "outcome", "rule",
            )
        ),
        ("age_at_departure", pa.int64()),
    ]
)  # fmt: skip
NEWS = pa.schema(
    [("record", pa.string()), ("person_id", pa.string()), ("is_correction", pa.bool_())]
)


def departure(key: str = "X:1", **values: Any) -> dict[str, Any]:
    """Somebody who left and is awaited until 1 June, unless said otherwise."""
    return {
        "departure_key": key, "departure_id": f"D-{key}", "person_id": "P1",
        "departed_on": date(2025, 2, 1), "due_on": date(2025, 6, 1), "return_kind": "none",
        "exit_crossing_id": "c1", "outcome": "awaiting", "rule": "not_yet_due",
        "age_at_departure": 30, **values,
    }  # fmt: skip


BACK = {
    "returned_on": date(2025, 3, 1), "return_kind": "recorded", "return_crossing_id": "c2",
    "outcome": "returned_within_stay", "rule": "returned_within_stay",
}  # fmt: skip
OVERDUE = {"outcome": "suspected_undocumented", "rule": "overdue_of_working_age"}
PLACED = {"placement_id": "p1", "outcome": "documented", "rule": "placement_covers"}


def came(record: str, person: str = "P1", corrects: bool = False) -> dict[str, Any]:
    return {"record": record, "person_id": person, "is_correction": corrects}


def table(rows: list[dict[str, Any]], schema: pa.Schema) -> ir.Table:
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema))


def changed(
    before: list[dict[str, Any]],
    tonight: list[dict[str, Any]],
    *told: dict[str, Any],
    are_rules_new: bool = False,
    is_linkage_new: bool = False,
    night: date = NIGHT,
) -> list[dict[str, Any]]:
    nights = table(before, DEPARTURES), table(tonight, DEPARTURES)
    found = changes(
        differing(*nights), *nights, table(list(told), NEWS),
        are_rules_new=are_rules_new, is_linkage_new=is_linkage_new, night=night, night_number=2,
    )  # fmt: skip
    rows: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return rows


def cause(
    now: dict[str, Any], *told: dict[str, Any], was: dict[str, Any] | None = None, **given: Any
) -> str:
    """Why a departure became `now`; it was awaited unless said otherwise."""
    (row,) = changed([departure(**(was or {}))], [departure(**now)], *told, **given)
    return str(row["cause"])


def test_nothing_new_is_no_change() -> None:
    assert changed([departure()], [departure()]) == []
    assert changed([departure()], [departure()], came("c1"), are_rules_new=True) == []


def test_a_change_says_what_became_what() -> None:
    (row,) = changed([departure()], [departure(**BACK)], came("c2"))
    assert tuple(row) == COLUMNS
    assert row == {
        "night_number": 2, "night": NIGHT, "departure_id": "D-X:1", "person_id": "P1",
        "previous_outcome": "awaiting", "outcome": "returned_within_stay",
        "previous_rule": "not_yet_due", "rule": "returned_within_stay", "cause": "new_record",
    }  # fmt: skip


def test_another_rule_is_a_change_although_the_outcome_stays() -> None:
    (row,) = changed([departure(**BACK)], [departure(**(BACK | {"rule": "return_implied"}))])
    assert row["previous_outcome"] == row["outcome"]


def test_departures_come_and_go() -> None:
    (row,) = changed([], [departure()], came("c1"))
    assert (row["previous_outcome"], row["outcome"], row["cause"]) == (
        None, "awaiting", "new_record",
    )  # fmt: skip
    (row,) = changed([departure()], [], came("c1", corrects=True))
    assert (row["previous_outcome"], row["outcome"], row["cause"]) == ("awaiting", None, "removed")
    assert row["departure_id"] == "D-X:1"


def test_rows_are_in_order() -> None:
    keys = ["X:3", "X:1", "X:2"]
    rows = changed([], [departure(key) for key in keys])
    assert [row["departure_id"] for row in rows] == ["D-X:1", "D-X:2", "D-X:3"]


# Time


@pytest.mark.parametrize(("night", "expected"), [(2, "time_passed"), (1, "rule_change")])
def test_time_passes_for_those_whose_last_day_is_over(night: int, expected: str) -> None:
    assert cause(OVERDUE, night=date(2025, 6, night)) == expected


def test_time_passes_on_a_night_of_new_rules_and_new_records_too() -> None:
    assert cause(OVERDUE, came("c9"), are_rules_new=True) == "time_passed"


def test_a_shorter_grace_is_a_rule_before_the_old_day_is_over() -> None:
    shorter = OVERDUE | {"due_on": date(2025, 5, 1)}
    assert cause(shorter, are_rules_new=True, night=date(2025, 6, 1)) == "rule_change"


def test_a_night_of_an_earlier_date_turns_time_back() -> None:
    now = {"outcome": "awaiting", "rule": "not_yet_due"}
    assert cause(now, was=OVERDUE, night=date(2025, 6, 1)) == "time_passed"


# Records


def test_a_corrected_record_is_a_correction() -> None:
    later = {"departed_on": date(2025, 5, 1), "due_on": date(2025, 9, 1)}
    assert cause(later | {"outcome": "awaiting", "rule": "not_yet_due"},
                 came("c1", corrects=True), was=OVERDUE) == "correction"  # fmt: skip
    assert cause({}, came("c2", corrects=True), was=BACK) == "correction"


def test_a_new_placement_or_list_is_a_new_record() -> None:
    assert cause(PLACED, came("p1")) == "new_record"
    listed = {"list_file": "kemlu.xlsx", "list_number": "7", "outcome": "confirmed_undocumented"}
    assert cause(listed, came("kemlu.xlsx#7")) == "new_record"


def test_a_record_of_the_person_may_move_the_return() -> None:
    """A new exit in between takes the entry; the first exit has no return then."""
    assert cause({}, came("c7"), was=BACK) == "new_record"
    assert cause({}, came("c7", corrects=True), was=BACK) == "correction"


def test_records_of_others_may_weigh() -> None:
    """A day of the feed came, and a gap no longer explains."""
    gap = {"outcome": "insufficient_data", "rule": "feed_gap"}
    assert cause({"outcome": "unrecorded_exit"}, came("c9", "P9"), was=gap) == "new_record"


# Links


def test_a_known_placement_that_is_linked_now_is_a_better_link() -> None:
    assert cause(PLACED) == "better_link"
    assert cause(PLACED, came("c9")) == "better_link"  # the person travelled elsewhere that day
    assert cause({}, was=PLACED) == "better_link"


def test_another_person_is_a_better_link() -> None:
    assert cause(PLACED | {"person_id": "P0"}, came("c9", "P0")) == "better_link"
    assert cause(OVERDUE | {"person_id": "P0", "age_at_departure": 31}) == "better_link"


def test_a_departure_out_of_known_records_is_a_better_link() -> None:
    (row,) = changed([], [departure("E:c2", exit_crossing_id=None, **BACK)])
    assert row["cause"] == "better_link"


# Rules


def test_new_rules_explain_what_nothing_else_does() -> None:
    exempt = {"outcome": "exempt", "rule": "exempt_purpose"}
    early = date(2025, 5, 1)
    assert cause(exempt, are_rules_new=True, night=early) == "rule_change"
    assert cause(exempt, came("c9", "P9"), are_rules_new=True, night=early) == "rule_change"
    assert cause(PLACED, are_rules_new=True) == "rule_change"
    assert cause(PLACED, came("p1"), are_rules_new=True) == "new_record"
    assert cause(exempt, came("c1", corrects=True), are_rules_new=True) == "correction"


def test_a_new_linkage_explains_other_links_before_new_rules_do() -> None:
    both = {"are_rules_new": True, "is_linkage_new": True, "night": date(2025, 5, 1)}
    assert cause(BACK, **both) == "better_link"
    assert cause({"outcome": "exempt", "rule": "exempt_purpose"}, **both) == "rule_change"


def test_the_causes_are_closed_and_have_their_sentences() -> None:
    assert [c.code for c in CAUSES] == [
        "new_record", "correction", "time_passed", "better_link", "rule_change", "removed",
    ]  # fmt: skip
    assert all(row["sentence_id"] and row["sentence_en"] for row in causes().to_pylist())


def test_changes_compile_for_spark(spark: str) -> None:
    nights = table([departure()], DEPARTURES), table([departure(**OVERDUE)], DEPARTURES)
    found = changes(
        differing(*nights), *nights, table([], NEWS), are_rules_new=False, is_linkage_new=False,
        night=NIGHT, night_number=2,
    )  # fmt: skip
    assert "SELECT" in str(ibis.to_sql(found, dialect=spark))


# News


def version(key: str, batch: str, purpose: str | None = "WISATA", by: str | None = None) -> Any:
    return {"crossing_id": key, "purpose": purpose, "batch_id": batch, "row_number": 1,
            "received_at": batch, "superseded_by": by}  # fmt: skip


def news_of(*versions: dict[str, Any]) -> dict[str, bool]:
    """record -> is_correction, where B1 and B2 were known the night before."""
    names = ("crossing_id", "purpose", "batch_id", "received_at", "superseded_by")
    schema = pa.schema([*((n, pa.string()) for n in names), ("row_number", pa.int64())])
    known = ("B1", "B2")
    before = [v | {"superseded_by": v["superseded_by"] if v["superseded_by"] in known else None}
              for v in versions if v["batch_id"] in known]  # fmt: skip
    came = [v | {"is_now": True} for v in versions if v not in before]
    went = [v | {"is_now": False} for v in before if v not in versions]
    schema = schema.append(pa.field("is_now", pa.bool_()))
    kept = table([*came, *went], schema)
    nothing = {
        "placements": pa.schema([("placement_id", pa.string()), *list(schema)]),
        "repatriations": pa.schema(
            [("list_file", pa.string()), ("list_number", pa.string()), *list(schema)]
        ),
    }
    records = {"crossings": kept, **{n: table([], s) for n, s in nothing.items()}}
    persons = {n: t.mutate(person_id=ibis.literal("P1")) for n, t in records.items()}
    found = news(records, persons)
    return {row["record"]: row["is_correction"] for row in found.to_pyarrow().to_pylist()}


def test_what_was_not_there_is_new() -> None:
    assert news_of(version("c1", "B1"), version("c2", "B3")) == {"c2": False}


def test_what_came_with_other_content_is_a_correction() -> None:
    assert news_of(version("c1", "B1", by="B3"), version("c1", "B3", "KERJA")) == {"c1": True}
    assert news_of(version("c1", "B1", None, by="B3"), version("c1", "B3")) == {"c1": True}


def test_what_came_again_as_it_was_is_no_news() -> None:
    assert news_of(version("c1", "B1", by="B3"), version("c1", "B3")) == {}


def test_a_correction_taken_back_is_a_correction() -> None:
    """Compared is the version that counted, not any that ever came."""
    told = (version("c1", "B1", by="B3"), version("c1", "B2", "KERJA", by="B3"))
    assert news_of(*told, version("c1", "B3")) == {"c1": True}


def test_a_version_that_does_not_count_is_no_news() -> None:
    assert news_of(version("c1", "B2"), version("c1", "B3", "KERJA", by="B2")) == {}
