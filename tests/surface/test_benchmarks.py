"""Our figures beside published ones: what is compared, and what may be said of a difference."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from pipelines import reference
from pipelines.surface import benchmarks
from pipelines.surface.benchmarks import DIMENSIONS

from .figures import POLICY, departure, departures, rows_of

TRAFFIC = pa.schema(
    [
        ("crossed_on", pa.date32()),
        ("is_exit", pa.bool_()),
        ("gate_code", pa.string()),
        ("crossings", pa.int64()),
    ]
)
PLACEMENTS = pa.schema(
    [
        ("valid_from", pa.date32()),
        ("is_valid", pa.bool_()),
        ("province_code", pa.string()),
        ("regency_code", pa.string()),
        ("country_code", pa.string()),
        ("sex", pa.string()),
    ]
)
ROWS = pa.schema(
    [
        ("list_file", pa.string()),
        ("list_number", pa.string()),
        ("arrived_on", pa.date32()),
        ("country_code", pa.string()),
        ("province_code", pa.string()),
        ("gate_code", pa.string()),
        ("sex", pa.string()),
    ]
)
FIGURES = pa.schema(
    [
        ("figure", pa.string()),
        ("year", pa.int64()),
        ("dimension", pa.string()),
        ("code", pa.string()),
        ("value", pa.float64()),
        ("source", pa.string()),
    ]
)
MEASURES = pa.schema(
    [
        ("figure", pa.string()),
        ("year", pa.int64()),
        ("measure", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        *(
            (name, pa.string())
            for name in ("country_code", "parts", "restated_by", "note_id", "note_en", "scope_id",
                         "scope_en")
        ),
    ]
)  # fmt: skip
FIRST, LAST = date(2024, 1, 1), date(2024, 3, 31)


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def crossing(on: date, is_exit: bool = True, gate_code: str = "SUB") -> dict[str, Any]:
    return {"crossed_on": on, "is_exit": is_exit, "gate_code": gate_code, "crossings": 1}


def placement(on: date, **values: Any) -> dict[str, Any]:
    return {
        "valid_from": on, "is_valid": True, "province_code": "52", "regency_code": "52.03",
        "country_code": "MYS", "sex": "L", **values,
    }  # fmt: skip


def listed(number: int, on: str = "2024-03-18", **values: Any) -> dict[str, Any]:
    return {
        "list_file": "kemlu.xlsx", "list_number": str(number), "arrived_on": date.fromisoformat(on),
        "country_code": "MMR", "province_code": "12", "gate_code": "CGK", "sex": "L", **values,
    }  # fmt: skip


def figure(
    value: float, dimension: str = "all", code: str = "ALL", name: str = "told"
) -> dict[str, Any]:
    return {
        "figure": name, "year": 2024, "dimension": dimension, "code": code, "value": value,
        "source": "the press",
    }  # fmt: skip


def measure(name: str, **values: Any) -> dict[str, Any]:
    return {
        "figure": "told", "year": 2024, "measure": name, "period_start": FIRST, "period_end": LAST,
        **values,
    }  # fmt: skip


def table(rows: list[dict[str, Any]], schema: pa.Schema) -> ir.Table:
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema))


def compared(
    figures: list[dict[str, Any]],
    measures: list[dict[str, Any]],
    crossings: list[dict[str, Any]] | None = None,
    left: list[dict[str, Any]] | None = None,
    placements: list[dict[str, Any]] | None = None,
    rows: list[dict[str, Any]] | None = None,
    repeated: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    rows = rows or []
    matched = pa.table(
        {
            "list_file": pa.array([row["list_file"] for row in rows], pa.string()),
            "list_number": pa.array([row["list_number"] for row in rows], pa.string()),
            "position": pa.array([int(row["list_number"] in repeated) for row in rows], pa.int64()),
        }
    )
    found = benchmarks(
        table(figures, FIGURES), table(measures, MEASURES), table(crossings or [], TRAFFIC),
        departures(*(left or [])), table(placements or [], PLACEMENTS), table(rows, ROWS),
        ibis.memtable(matched), POLICY,
    )  # fmt: skip
    return rows_of(found)


def explained(published: float, ours: int, **values: Any) -> str:
    """What is said where `ours` placements stand beside a published total."""
    placements = [placement(day) for day in days()]
    placements += [placement(LAST)] * (ours - len(placements))
    (row,) = [
        row
        for row in compared(
            [figure(published), figure(1.08 * published, name="again")],
            [measure("placements", **values)],
            placements=placements,
        )
        if row["figure"] == "told"
    ]
    assert row["our_value"] == ours
    assert row["difference"] == pytest.approx(ours - published)
    return str(row["explanation"])


# Counts


def test_flows_count_by_direction_and_gate() -> None:
    crossings = [crossing(day) for day in days()]
    crossings += [crossing(LAST, gate_code="CGK"), crossing(LAST, is_exit=False)]
    figures = [figure(100), figure(90, "gate", "SUB"), figure(5, "gate", "DPS")]
    rows = compared(figures, [measure("exits")], crossings)
    assert {row["code"]: row["our_value"] for row in rows} == {"ALL": 92, "SUB": 91, "DPS": 0}
    (both,) = compared([figure(100)], [measure("crossings")], crossings)
    assert both["our_value"] == 93


def test_placements_count_the_valid_by_region_destination_and_sex() -> None:
    placements = [placement(day) for day in days()]
    placements += [
        placement(LAST, is_valid=False),
        placement(LAST, province_code="32", regency_code="32.12", country_code="HKG", sex="P"),
        placement(date(2024, 4, 1)),
    ]
    figures = [
        figure(90), figure(1, "province", "32"), figure(1, "regency", "32.12"),
        figure(1, "country", "HKG"), figure(1, "sex", "P"),
    ]  # fmt: skip
    rows = compared(figures, [measure("placements")], placements=placements)
    assert {row["code"]: row["our_value"] for row in rows} == {
        "ALL": 92, "32": 1, "32.12": 1, "HKG": 1, "P": 1,
    }  # fmt: skip


def test_documented_departures_are_exits_with_a_placement() -> None:
    left = [departure(day.isoformat()) for day in days()]
    left += [
        departure("2024-03-01", "documented", placement_country="HKG"),
        departure("2024-03-02", "documented_diverted", placement_country="MYS"),
        departure("2024-03-03", "documented", departed_on=None),
    ]
    figures = [figure(2), figure(1, "country", "HKG"), figure(2, "province", "52")]
    measures = [measure("documented_departures"), measure("placements")]
    placements = [placement(day) for day in days()]
    rows = compared(figures, measures, left=left, placements=placements)
    found = {r["code"]: r["our_value"] for r in rows if r["measure"] == "documented_departures"}
    assert found == {"ALL": 2, "HKG": 1, "52": 2}


def test_nobody_is_documented_where_no_placements_were_delivered() -> None:
    left = [departure(day.isoformat()) for day in days()]
    measures = [measure("documented_departures"), measure("placements")]
    assert {row["our_value"] for row in compared([figure(2)], measures, left=left)} == {None}


def test_a_return_on_two_lists_counts_once() -> None:
    rows = [listed(1), listed(2), listed(3, country_code="KHM"), listed(4, "2024-04-01")]
    figures = [figure(2), figure(2, "province", "12")]
    of_country = [measure("listed_returns", country_code="MMR")]
    assert {r["our_value"] for r in compared(figures, of_country, rows=rows)} == {2}
    once = compared(figures, of_country, rows=rows, repeated=("2",))
    assert {row["our_value"] for row in once} == {1}


# What may be said of a difference


@pytest.mark.parametrize(
    ("published", "explanation"),
    [(100, "agrees"), (105, "agrees"), (106, "unexplained"), (95.3, "agrees"), (95, "unexplained")],
)
def test_up_to_a_twentieth_of_the_published_figure_agrees(
    published: float, explanation: str
) -> None:
    assert explained(published, 100) == explanation


def test_what_the_publisher_restated_may_lie_between_both_prints() -> None:
    again = {"restated_by": "again"}
    assert explained(100, 107) == "unexplained"
    assert explained(100, 107, **again) == "restated"
    assert explained(100, 113, **again) == "restated"
    assert explained(100, 114, **again) == "unexplained"
    assert explained(100, 94, **again) == "unexplained"


def test_another_definition_is_said_only_where_figures_differ() -> None:
    assert explained(100, 104, scope_en="other", scope_id="lain") == "agrees"
    assert explained(100, 120, scope_en="other", scope_id="lain") == "scope"


def test_another_definition_does_not_explain_more_than_a_factor_of_two() -> None:
    other = {"scope_en": "other", "scope_id": "lain"}
    assert explained(200, 100, **other) == "scope"
    assert explained(201, 100, **other) == "unexplained"
    assert explained(50, 100, **other) == "scope"
    assert explained(49, 100, **other) == "unexplained"


@pytest.mark.parametrize(("placed", "explanation"), [(91, "scope"), (80, "unexplained")])
def test_exits_differ_from_placements_only_where_placements_agree(
    placed: int, explanation: str
) -> None:
    left = [departure(day.isoformat(), "documented") for day in days()[:60]]
    left += [departure(LAST.isoformat(), "documented")]
    measures = [measure("documented_departures", scope_en="other"), measure("placements")]
    placements = [placement(day) for day in days()[-placed:]]
    placements += [placement(FIRST)]
    rows = compared([figure(92)], measures, left=left, placements=placements)
    found = {row["measure"]: row["explanation"] for row in rows}
    assert found["documented_departures"] == explanation


def listed_total(rows: int, total: float = 20, sumut: float = 9, jabar: float = 8) -> Any:
    """A list of so many people of province 12 beside 20 announced, of whom 17 by province."""
    figures = [
        figure(total), figure(sumut, "province", "12"), figure(jabar, "province", "32"),
        figure(20, "sex", "L"),
    ]  # fmt: skip
    found = compared(
        figures,
        [measure("listed_returns", parts="province")],
        rows=[listed(n) for n in range(rows)],
    )
    return {row["code"]: row for row in found}


def test_parts_that_do_not_reach_their_total_stand_beside_it() -> None:
    rows = listed_total(17)
    assert {code: row["published_parts"] for code, row in rows.items()} == {
        "ALL": 17.0, "12": None, "32": None, "L": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "explanation"),
    [(20, "agrees"), (19, "agrees"), (18, "does_not_add_up"), (17, "does_not_add_up"),
     (16, "unexplained"), (22, "unexplained")],
)  # fmt: skip
def test_a_total_may_lack_what_its_parts_lack(rows: int, explanation: str) -> None:
    assert listed_total(rows)["ALL"]["explanation"] == explanation


@pytest.mark.parametrize(
    ("rows", "explanation"),
    [(9, "agrees"), (12, "does_not_add_up"), (13, "unexplained"), (8, "unexplained")],
)
def test_a_part_may_hold_what_the_parts_lack(rows: int, explanation: str) -> None:
    assert listed_total(rows)["12"]["explanation"] == explanation


def test_a_roll_of_names_agrees_to_the_person() -> None:
    measures = [measure("listed_returns", country_code="MMR")]
    told = [listed(n) for n in range(100)]
    assert [r["explanation"] for r in compared([figure(100)], measures, rows=told)] == ["agrees"]
    (row,) = compared([figure(101)], measures, rows=told)
    assert row["explanation"] == "unexplained"


def test_a_sum_that_adds_up_explains_nothing() -> None:
    assert listed_total(17, jabar=11)["ALL"]["explanation"] == "unexplained"


# Not delivered


@pytest.mark.parametrize(
    ("delivered", "is_covered"),
    [
        (days(), True),
        (days(FIRST + timedelta(days=7), LAST - timedelta(days=7)), True),
        (days(first=FIRST + timedelta(days=8)), False),
        (days(last=LAST - timedelta(days=8)), False),
        ([day for day in days() if day.month != 2], False),
        ([FIRST, date(2024, 2, 15), LAST], True),
        (days(date(2023, 1, 1), date(2023, 12, 31)), False),
        ([], False),
    ],
)
def test_a_feed_covers_a_period_when_it_reaches_its_edges_and_misses_no_month(
    delivered: list[date], is_covered: bool
) -> None:
    rows = compared([figure(100)], [measure("exits")], [crossing(day) for day in delivered])
    (row,) = rows
    assert (row["our_value"] is not None) is is_covered
    assert (row["explanation"] != "not_delivered") is is_covered
    assert (row["difference"] is None) is not is_covered


def test_a_list_need_not_come_every_month() -> None:
    measures = [measure("listed_returns", country_code="MMR")]
    (row,) = compared([figure(5)], measures, rows=[listed(1)])
    assert (row["our_value"], row["explanation"]) == (1, "unexplained")
    (row,) = compared([figure(5)], measures, rows=[listed(1, country_code="KHM")])
    assert (row["our_value"], row["explanation"]) == (None, "not_delivered")


def test_what_no_delivery_holds_is_not_delivered() -> None:
    (row,) = compared([figure(5, "gate_group", "BATAM_PORTS")], [measure("refusals")])
    assert (row["our_value"], row["explanation"]) == (None, "not_delivered")


# The reference


def test_benchmarks_compile_for_spark(spark: str) -> None:
    matched = ibis.memtable({"list_file": ["a"], "list_number": ["1"], "position": [0]})
    found = benchmarks(
        table([figure(1)], FIGURES), table([measure("exits")], MEASURES),
        table([crossing(FIRST)], TRAFFIC), departures(departure("2024-01-01")),
        table([placement(FIRST)], PLACEMENTS), table([listed(1)], ROWS), matched, POLICY,
    )  # fmt: skip
    assert "SELECT" in str(ibis.to_sql(found, dialect=spark))


def shipped() -> list[dict[str, Any]]:
    found = benchmarks(
        reference.memtable("published_figures"), reference.memtable("published_measures"),
        table([], TRAFFIC), departures(), table([], PLACEMENTS),
        table([listed(n, "2025-03-18") for n in range(541)], ROWS),
        ibis.memtable(
            {
                "list_file": ["kemlu.xlsx"] * 541,
                "list_number": [str(n) for n in range(541)],
                "position": [0] * 541,
            }
        ),
        POLICY,
    )  # fmt: skip
    return rows_of(found)


def test_every_figure_stands_once_and_has_its_source() -> None:
    rows = shipped()
    key = ("figure", "period_start", "measure", "dimension", "code")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows) > 150
    assert all(row["source"] and row["published_value"] for row in rows)
    assert {row["dimension"] for row in rows} <= {d for ds in DIMENSIONS.values() for d in ds} | {
        "gate_group"
    }


def test_the_list_of_march_2025_was_announced_as_554_and_sums_to_541() -> None:
    (row,) = [
        row
        for row in shipped()
        if row["figure"] == "list_myanmar_march" and row["dimension"] == "all"
    ]
    assert (row["published_value"], row["published_parts"], row["our_value"]) == (554, 541, 541)
    assert row["explanation"] == "does_not_add_up"
    assert row["difference"] == -13


def test_the_restated_year_is_known() -> None:
    rows = {(r["figure"], str(r["period_start"])): r for r in shipped() if r["dimension"] == "all"}
    assert rows["placements", "2023-01-01"]["published_value"] == 274_965
    assert rows["placements_restated", "2023-01-01"]["published_value"] == 297_108
