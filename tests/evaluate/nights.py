"""Small nights and their truths, written row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.evaluate import Night, Truth

Row = tuple[Any, ...]


def table(columns: str, rows: list[Row], **types: pa.DataType) -> ir.Table:
    """Rows under the named columns; text unless another type is given."""
    names = columns.split()
    values = {
        name: pa.array([row[i] for row in rows], types.get(name, pa.string()))
        for i, name in enumerate(names)
    }
    return ibis.memtable(pa.table(values))


def crossings(*rows: Row) -> ir.Table:
    """(crossing_id, document_number, person_id) on a passport, or with another document_type."""
    whole = [(*row, "PASPOR")[:4] for row in rows]
    return table("crossing_id document_number person_id document_type", whole)


def written(*rows: Row) -> ir.Table:
    """(record_key, name, sex, is_dated), on one record or on the given number of records."""
    whole = [(*row, 1)[:5] for row in rows]
    columns = "record_key name sex is_dated records"
    return table(columns, whole, is_dated=pa.bool_(), records=pa.int64())


def identities(*rows: Row) -> ir.Table:
    """(identity, paper, person_key, person_id), as `linkage.identities` gives them."""
    return table("identity paper person_key person_id", list(rows))


def scored(*rows: Row) -> ir.Table:
    """(record_key, anchor_key, kind, link_probability)"""
    columns = "record_key anchor_key kind link_probability"
    return table(columns, list(rows), link_probability=pa.float64())


def name_words(*rows: Row) -> ir.Table:
    """(word, kind, tradition)"""
    return table("word kind tradition", list(rows))


def person_records(*rows: Row) -> ir.Table:
    """(record_key, person_id); the source follows from the key."""
    sources = {"P": "penempatan", "L": "pemulangan", "D": "perlintasan"}
    whole = [(sources[key[0]], key, person) for key, person in rows]
    return table("source record_key person_id", whole)


def persons(*rows: Row) -> ir.Table:
    """(source, delivery_file, record_key, person_key)"""
    return table("source delivery_file record_key person_key", list(rows))


def true_departures(*rows: Row) -> ir.Table:
    """(person_key, exit_record_key, list_delivery_file, list_record_key, outcome)"""
    names = "person_key exit_record_key list_delivery_file list_record_key outcome"
    here = [(*row, "52", "52.03") for row in rows]
    return table(f"{names} origin_province_code origin_regency_code", here)


def departures(*rows: Row) -> ir.Table:
    """(departure_key, person_id, outcome, day of January); an X: key begins with its exit."""
    whole = [
        (key, who, said, date(2025, 1, day), key[2:] if key[0] == "X" else None, "52", "52.03")
        for key, who, said, day in rows
    ]
    names = "departure_key person_id outcome occurred_on exit_crossing_id"
    columns = f"{names} origin_province_code origin_regency_code"
    return table(columns, whole, occurred_on=pa.date32())


def list_matches(*rows: Row) -> ir.Table:
    """(list_file, list_number, departure_key)"""
    return table("list_file list_number departure_key", list(rows))


def truth(of_persons: ir.Table | None = None, of_departures: ir.Table | None = None) -> Truth:
    """A truth, empty where nothing is given."""
    return Truth(
        persons() if of_persons is None else of_persons,
        true_departures() if of_departures is None else of_departures,
    )


def night(**given: ir.Table) -> Night:
    """A night, empty where nothing is given."""
    empty = {
        "person_records": person_records(),
        "crossings": crossings(),
        "departures": departures(),
        "list_matches": list_matches(),
        "written": written(),
    }
    return Night(**{**empty, **given})
