"""Tables of the schema `identity`, written by hand; a case states what matters."""

from typing import Any

import ibis
import pyarrow as pa

from pipelines import contracts
from tests.link.people import Row, day


def judged(record_key: str, anchor_key: str, verdict: str = "same", **given: Any) -> Row:
    """A judgement of the first of January."""
    return {
        "record_key": record_key, "anchor_key": anchor_key, "verdict": verdict,
        "judged_by": "sari", "judged_at": day(1), "why": "foto sama",
    } | given  # fmt: skip


def candidate(record_key: str, anchor_key: str, link_probability: float, **given: Any) -> Row:
    """A pair that was scored, and left open."""
    return {
        "record_key": record_key, "anchor_key": anchor_key, "kind": "placement",
        "match_weight": -1.5, "link_probability": link_probability,
        "evidence": "name:exact;birth_date:year", "decision": "unsure",
    } | given  # fmt: skip


def person_records(persons: dict[str, str]) -> Any:
    """record_key -> person, as a table."""
    source = {"D": "perlintasan", "P": "penempatan", "L": "pemulangan"}
    return identity(
        "person_records",
        [{"source": source[k[0]], "record_key": k, "person_id": p} for k, p in persons.items()],
    )


def identity(name: str, rows: list[Row]) -> Any:
    """Rows as a table of the contract."""
    return ibis.memtable(
        pa.Table.from_pylist(rows, contracts.lake()["identity", name].arrow_schema)
    )


def rows(con: Any, table: Any) -> list[Row]:
    """Rows of an expression."""
    return list(con.to_pyarrow(table).to_pylist())
