"""Records as the lake gives them: a case states what matters, the rest is filled in."""

from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa

MOMENT = pa.timestamp("us", "UTC")
STRING, DATE, INT = pa.string(), pa.date32(), pa.int64()

CROSSINGS = {
    "crossing_id": STRING, "direction": STRING, "crossed_at": MOMENT, "gate_code": STRING,
    "document_type": STRING, "document_number": STRING, "full_name": STRING,
    "birth_place": STRING, "birth_date": DATE, "sex": STRING, "nationality": STRING,
    "nik": STRING, "issuing_office": STRING, "country_name": STRING, "mode": STRING,
    "carrier_number": STRING, "purpose": STRING, "batch_id": STRING, "row_number": INT,
    "received_at": MOMENT, "superseded_by": STRING,
}  # fmt: skip

PLACEMENTS = {
    "placement_id": STRING, "nik": STRING, "full_name": STRING, "birth_place": STRING,
    "birth_date": DATE, "sex": STRING, "passport_number": STRING, "regency_code": STRING,
    "district_code": STRING, "village": STRING, "agency": STRING, "scheme": STRING,
    "sector": STRING, "occupation": STRING, "country_name": STRING, "processed_on": DATE,
    "contract_starts_on": DATE, "contract_ends_on": DATE, "status": STRING, "batch_id": STRING,
    "row_number": INT, "received_at": MOMENT,
    "superseded_by": STRING,
}  # fmt: skip

REPATRIATIONS = {
    "list_file": STRING, "list_number": STRING, "full_name": STRING, "sex": STRING,
    "birth_date": DATE, "age": INT, "document_number": STRING, "nik": STRING, "village": STRING,
    "district_name": STRING, "regency_name": STRING, "province_name": STRING,
    "country_name": STRING, "arrived_on": DATE, "arrival_point": STRING, "category": STRING,
    "wave": STRING, "remarks": STRING, "batch_id": STRING, "row_number": INT,
    "received_at": MOMENT, "superseded_by": STRING,
}  # fmt: skip

REFUSALS = {
    "refusal_id": STRING, "refused_at": MOMENT, "gate_code": STRING, "document_type": STRING,
    "document_number": STRING, "full_name": STRING, "birth_place": STRING, "birth_date": DATE,
    "sex": STRING, "nik": STRING, "country_name": STRING, "mode": STRING,
    "refusal_reason": STRING, "batch_id": STRING, "row_number": INT, "received_at": MOMENT,
    "superseded_by": STRING,
}  # fmt: skip

POPULATION = {
    "region_code": STRING, "semester": STRING, "population_male": INT, "population_female": INT,
    "population": INT, "batch_id": STRING, "row_number": INT, "received_at": MOMENT,
    "superseded_by": STRING,
}  # fmt: skip

RECRUITMENT = {
    "takedown_id": STRING, "platform": STRING, "reported_on": DATE, "blocked_on": DATE,
    "country_name": STRING, "target_region": STRING, "occupation": STRING, "batch_id": STRING,
    "row_number": INT, "received_at": MOMENT, "superseded_by": STRING,
}  # fmt: skip


def table(columns: dict[str, pa.DataType], rows: list[dict[str, Any]]) -> Any:
    """An Ibis table of `rows`; a column that a row leaves out is null."""
    assert {key for row in rows for key in row} <= set(columns)
    arrays = {c: pa.array([row.get(c) for row in rows], kind) for c, kind in columns.items()}
    return ibis.memtable(pa.table(arrays))


def unbound(name: str, columns: dict[str, pa.DataType]) -> Any:
    """A table without an engine, to compile against."""
    return ibis.table(ibis.Schema.from_pyarrow(pa.schema(list(columns.items()))), name=name)


def synonyms() -> Any:
    """Purposes as a contract gives them."""
    words = {"WISATA": "tourism", "UMRAH": "pilgrimage", "BEKERJA": "work", "DINAS": "official"}
    return ibis.memtable(pa.table({"word": list(words), "purpose": list(words.values())}))


def reasons() -> Any:
    """Reasons of refusals as a contract gives them."""
    words = {"CPMI NONPROSEDURAL": "NONPROSEDURAL", "PASPOR RUSAK": "DOKUMEN"}
    words |= {word: word for word in ("NONPROSEDURAL", "DOKUMEN")}
    return ibis.memtable(pa.table({"word": list(words), "reason": list(words.values())}))


def utc(day: str, hour: int = 0) -> datetime:
    """A moment: `2025-06-01` and an hour, UTC."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
