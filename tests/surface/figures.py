"""Small reconciled tables for the published figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.surface.origins import Trust

POLICY = Policy.load()

DEPARTURES = pa.schema(
    [
        ("departure_key", pa.string()),
        ("departed_on", pa.date32()),
        ("returned_on", pa.date32()),
        ("occurred_on", pa.date32()),
        ("gate_code", pa.string()),
        ("declared_country", pa.string()),
        ("observed_country", pa.string()),
        ("origin_province_code", pa.string()),
        ("origin_regency_code", pa.string()),
        ("origin_basis", pa.string()),
        ("outcome", pa.string()),
        ("exit_crossing_id", pa.string()),
        ("return_crossing_id", pa.string()),
        ("list_file", pa.string()),
        ("list_number", pa.string()),
        ("placement_id", pa.string()),
        ("placement_country", pa.string()),
        ("next_exit_on", pa.date32()),
        ("due_on", pa.date32()),
        ("sex", pa.string()),
    ]
)
PROVINCES = pa.table(
    {
        "code": ["11", "21", "52"],
        "name": ["Aceh", "Kepulauan Riau", "Nusa Tenggara Barat"],
        "population": [5_000_000, 2_000_000, 5_500_000],
    }
)
REGENCIES = pa.table(
    {
        "code": ["52.03", "52.71", "21.71"],
        "province_code": ["52", "52", "21"],
        "name": ["Lombok Timur", "Mataram", "Batam"],
        "kind": ["KABUPATEN", "KOTA", "KOTA"],
        "population": [1_300_000, 400_000, 1_200_000],
    }
)
PLACEMENTS = ibis.memtable(
    pa.table(
        {
            "placement_id": ["p1", "p2", "p3", "p4"],
            "valid_from": [date(2025, 1, 5), date(2025, 1, 6), date(2025, 1, 7), date(2025, 2, 1)],
            "is_valid": [True, True, False, False],
            "province_code": ["52", "52", "52", "21"],
            "regency_code": ["52.03", None, "52.03", "21.71"],
        }
    )
)
CHANCES = pa.schema(
    [
        ("departure_key", pa.string()),
        ("occurred_on", pa.date32()),
        ("origin_province_code", pa.string()),
        ("origin_regency_code", pa.string()),
        ("origin_basis", pa.string()),
        ("undocumented_probability", pa.float64()),
        ("chance_late", pa.float64()),
        ("lesson", pa.string()),
        ("late_sd", pa.float64()),
        ("province_sd", pa.float64()),
        ("regency_sd", pa.float64()),
        ("hidden_sd", pa.float64()),
    ]
)
NO_STRAYS = pa.schema(
    {"basis": pa.string(), "province_code": pa.string(), "people": pa.int64()}
).empty_table()
TRUST = Trust(
    agreement=ibis.memtable(
        pa.table({"basis": ["nik", "birth_place"], "regency": [0.9, 0.8], "province": [0.95, 0.9]})
    ),
    strays=ibis.memtable(NO_STRAYS),
    unplaced=ibis.memtable(pa.table({"home": ["52.03", "52.71"], "unplaced": [0.0, 0.5]})),
    namesakes=ibis.memtable(
        pa.table(
            {
                "regency_code": ["52.06", "52.06", "52.72", "52.72"],
                "home": ["52.06", "52.72", "52.06", "52.72"],
                "share": [0.75, 0.25, 0.75, 0.25],
            }
        )
    ),
)
GATES = pa.table(
    {
        "code": ["CGK", "BTC"],
        "name": ["Soekarno-Hatta", "Batam Centre"],
        "kind": ["UDARA", "LAUT"],
        "province_code": ["36", "21"],
    }
)


def departure(on: str, outcome: str = "suspected_undocumented", **values: Any) -> dict[str, Any]:
    day = date.fromisoformat(on)
    return {
        "departed_on": day,
        "occurred_on": day,
        "gate_code": "CGK",
        "declared_country": "MYS",
        "origin_province_code": "52",
        "origin_regency_code": "52.03",
        "origin_basis": "nik",
        "outcome": outcome,
        "exit_crossing_id": "c",
        **values,
    }


def departures(*rows: dict[str, Any]) -> ir.Table:
    keyed = [{"departure_key": f"X:{number}", **row} for number, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(keyed, schema=DEPARTURES))


def chance(probability: float, on: str = "2025-01-03", **values: Any) -> dict[str, Any]:
    """A departure of Lombok Timur, by an address, with its chance to count as undocumented."""
    return {
        "occurred_on": date.fromisoformat(on),
        "origin_province_code": "52",
        "origin_regency_code": "52.03",
        "origin_basis": "list",
        "undocumented_probability": probability,
        "late_sd": 0.0,
        "province_sd": 0.0,
        "regency_sd": 0.0,
        "hidden_sd": 0.0,
        **values,
    }


def residents(*counts: tuple[str, str, str, int]) -> ir.Table:
    """Delivered population: region, half-year, its last day, people."""
    schema = pa.schema(
        {"region_code": pa.string(), "semester": pa.string(), "counted_on": pa.date32(),
         "population": pa.int64()}
    )  # fmt: skip
    rows = [
        {"region_code": code, "semester": half, "counted_on": date.fromisoformat(day),
         "population": people}
        for code, half, day, people in counts
    ]  # fmt: skip
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema))


def chances(*rows: dict[str, Any]) -> ir.Table:
    keyed = [{"departure_key": f"X:{number}", **row} for number, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(keyed, schema=CHANCES))


def rows_of(table: ir.Table, **where: Any) -> list[dict[str, Any]]:
    """Rows with these values, in a fixed order."""
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    chosen = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return sorted(chosen, key=lambda row: [str(value) for value in row.values()])
