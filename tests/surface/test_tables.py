"""Corridors, gates, repatriations and coverage."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import reference
from pipelines.standardise import traffic
from pipelines.surface import corridors, coverage, gates, hotspots, recruitment, repatriations

from .figures import (
    GATES,
    PLACEMENTS,
    POLICY,
    PROVINCES,
    REGENCIES,
    TRUST,
    chance,
    chances,
    departure,
    departures,
    residents,
    rows_of,
)
from .test_recruitment import cases

LISTS = pa.schema(
    [
        ("list_file", pa.string()),
        ("list_number", pa.string()),
        ("province_code", pa.string()),
        ("country_code", pa.string()),
        ("category", pa.string()),
        ("arrived_on", pa.date32()),
    ]
)


def crossings(*rows: tuple[str, bool, str | None]) -> ir.Table:
    """So many crossings, counted as `traffic`."""
    days, exits, codes = zip(*rows, strict=True)
    table = {
        "crossed_on": pa.array([date.fromisoformat(day) for day in days]),
        "is_exit": pa.array(exits),
        "gate_code": pa.array(codes, pa.string()),
    }
    return traffic(ibis.memtable(pa.table(table)))


def list_rows(*rows: dict[str, Any]) -> ir.Table:
    defaults = {
        "list_file": "a.xlsx",
        "province_code": "52",
        "country_code": "MMR",
        "category": "TPPO",
        "arrived_on": date(2025, 3, 18),
    }
    numbered = [{"list_number": str(n), **defaults, **row} for n, row in enumerate(rows, start=1)]
    return ibis.memtable(pa.Table.from_pylist(numbered, schema=LISTS))


def matches(*keys: str) -> ir.Table:
    numbers = [str(n) for n in range(1, len(keys) + 1)]
    return ibis.memtable(
        {"list_file": ["a.xlsx"] * len(keys), "list_number": numbers, "departure_key": list(keys)}
    )


def test_a_corridor_leads_to_where_the_person_was_seen() -> None:
    table = corridors(
        departures(departure("2025-01-03"), departure("2025-02-03", observed_country="MMR")),
        ibis.memtable(PROVINCES),
        ibis.memtable(GATES),
    )
    rows = rows_of(table, grain="quarter")
    assert [(row["destination_country"], row["departures"]) for row in rows] == [
        ("MMR", 1),
        ("MYS", 1),
    ]
    assert rows[0]["origin_province_name"] == "Nusa Tenggara Barat"
    assert rows[0]["gate_name"] == "Soekarno-Hatta"


def test_corridors_add_up_with_unknown_origins() -> None:
    told = [departure("2025-01-03"), departure("2025-01-03", origin_province_code=None)]
    table = corridors(departures(*told), ibis.memtable(PROVINCES), ibis.memtable(GATES))
    assert sum(row["departures"] for row in rows_of(table, grain="year")) == 2


def test_gates_count_crossings_and_departures_apart() -> None:
    table = gates(
        crossings(("2025-01-03", True, "BTC"), ("2025-01-09", False, "BTC")),
        departures(departure("2025-01-03", gate_code="BTC")),
        refusals(),
        ibis.memtable(GATES),
        ibis.memtable(PROVINCES),
    )
    (row,) = rows_of(table)
    assert (row["exits"], row["entries"], row["departures"], row["undocumented"]) == (1, 1, 1, 1)
    assert (row["gate_name"], row["gate_province_name"]) == ("Batam Centre", "Kepulauan Riau")
    assert row["is_known_gate"]


def test_unknown_and_missing_gates_are_kept() -> None:
    table = gates(
        crossings(("2025-01-03", True, "ZZZ"), ("2025-01-03", True, None)),
        departures(departure("2025-01-03", gate_code=None)),
        refusals(),
        ibis.memtable(GATES),
        ibis.memtable(PROVINCES),
    )
    rows = rows_of(table)
    found = [(row["gate_code"], row["exits"], row["is_known_gate"]) for row in rows]
    assert found == [("ZZZ", 1, False), ("unknown", 1, False)]


def test_a_departure_without_exit_is_of_no_gate() -> None:
    table = gates(
        crossings(("2025-01-03", False, "BTC")),
        departures(departure("2025-01-03", "unrecorded_exit", departed_on=None, gate_code=None)),
        refusals(),
        ibis.memtable(GATES),
        ibis.memtable(PROVINCES),
    )
    assert [row["departures"] for row in rows_of(table)] == [0]


def refusals(*rows: dict[str, Any]) -> ir.Table:
    """Refusals at Batam on 30 January, of people who did not leave, unless said otherwise."""
    usual = {
        "refused_on": date(2025, 1, 30), "gate_code": "BTC", "is_nonprocedural": True,
        "left_on": None, "left_gate_code": None,
    }  # fmt: skip
    schema = pa.schema(
        {"refused_on": pa.date32(), "gate_code": pa.string(), "is_nonprocedural": pa.bool_(),
         "left_on": pa.date32(), "left_gate_code": pa.string()}
    )  # fmt: skip
    return ibis.memtable(pa.Table.from_pylist([usual | row for row in rows], schema=schema))


def test_a_refusal_is_no_exit_and_stands_at_its_gate_and_month() -> None:
    table = gates(
        crossings(("2025-02-03", True, "CGK")),
        departures(departure("2025-02-03")),
        refusals(
            {"left_on": date(2025, 2, 3), "left_gate_code": "CGK"},
            {"left_on": date(2025, 2, 3), "left_gate_code": "BTC", "is_nonprocedural": False},
            {},
            {"gate_code": None},
        ),
        ibis.memtable(GATES),
        ibis.memtable(PROVINCES),
    )
    names = (
        "period_start", "gate_code", "exits", "departures", "refused", "refused_nonprocedural",
        "refused_left_later", "refused_left_elsewhere",
    )  # fmt: skip
    assert [tuple(row[name] for name in names) for row in rows_of(table)] == [
        (date(2025, 1, 1), "BTC", 0, 0, 3, 2, 2, 1),
        (date(2025, 1, 1), "unknown", 0, 0, 1, 1, 0, 0),
        (date(2025, 2, 1), "CGK", 1, 1, 0, 0, 0, 0),
    ]


def test_every_list_row_is_found_or_not() -> None:
    told = departures(
        departure("2025-01-03", list_file="a.xlsx", placement_id="p1"),
        departure("2025-03-18", list_file="a.xlsx", departed_on=None, exit_crossing_id=None),
    )
    table = repatriations(
        list_rows({}, {"category": "SCAM"}, {}, {"province_code": None}),
        matches("X:0", "X:0", "X:1", "X:1"),
        told,
        ibis.memtable(PROVINCES),
    )
    unknown, known = sorted(rows_of(table), key=lambda row: row["listed"])
    assert known["province_name"] == "Nusa Tenggara Barat"
    assert (known["listed"], known["exit_found"], known["no_exit_on_record"]) == (3, 2, 1)
    assert (known["had_placement"], known["tppo"], known["scam"]) == (2, 2, 1)
    assert (unknown["province_code"], unknown["listed"]) == (None, 1)


def measured(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    table = coverage(
        crossings(
            ("2025-01-03", True, "CGK"), ("2025-01-05", False, "CGK"), ("2025-03-02", True, "CGK")
        ),
        departures(*rows),
        PLACEMENTS,
        list_rows({}, {}),
        matches("X:0", "X:1"),
        date(2025, 12, 31),
    )
    return rows_of(table)


def test_coverage_by_month() -> None:
    january, march = measured(
        departure("2025-01-03", list_file="a.xlsx", placement_id="p1"),
        departure(
            "2025-01-05",
            departed_on=None,
            exit_crossing_id=None,
            return_crossing_id="e",
            returned_on=date(2025, 1, 5),
            list_file="a.xlsx",
            origin_basis="unknown",
        ),
    )
    assert (january["exits"], january["exits_with_entry"]) == (1, 0)
    assert (january["entries"], january["entries_with_exit"]) == (1, 0)
    assert (january["placements"], january["placements_with_exit"]) == (2, 1)
    assert (march["returnees"], march["returnees_with_exit"]) == (2, 1)
    assert (january["departures"], january["origin_unknown"]) == (2, 1)
    assert january["placements_with_exit_share"] == 0.5
    assert march["exits_with_entry_share"] is None


def test_days_without_feed_are_those_inside_the_record() -> None:
    january, march = measured(departure("2025-01-03"), departure("2025-03-02"))
    # 3 to 31 January, less two days with crossings; 1 March, before the last day of the record.
    assert (january["days_without_feed"], march["days_without_feed"]) == (27, 1)


def test_a_month_without_any_crossing_is_a_gap_of_all_its_days() -> None:
    february = measured(departure("2025-01-03"), departure("2025-02-10"))[1]
    assert (str(february["period_start"]), february["days_without_feed"]) == ("2025-02-01", 28)


def test_the_figures_compile_for_spark(spark: str) -> None:
    told, provinces = departures(departure("2025-01-03")), ibis.memtable(PROVINCES)
    flows, points = crossings(("2025-01-03", True, "CGK")), ibis.memtable(GATES)
    lists, found = list_rows({}), matches("X:0")
    tables = [
        hotspots(
            told,
            chances(chance(0.5)),
            PLACEMENTS,
            provinces,
            ibis.memtable(REGENCIES),
            residents(),
            TRUST,
            POLICY,
        ),
        corridors(told, provinces, points),
        gates(flows, told, refusals(), points, provinces),
        recruitment(cases(("MYS", "2025-01-01", None)), told, reference.memtable("countries")),
        repatriations(lists, found, told, provinces),
        coverage(flows, told, PLACEMENTS, lists, found, date(2025, 12, 31)),
    ]
    for table in tables:
        assert "SELECT" in str(ibis.to_sql(table, dialect=spark))
