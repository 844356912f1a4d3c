"""Texts and rows as the typing of intake judges them."""

from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa

from pipelines import contracts
from pipelines.intake import typed
from tests import papers

SOURCES = contracts.sources()


def read_as(con: Any, function: Any, texts: list[str]) -> list[Any]:
    table = ibis.memtable(pa.table({"n": range(len(texts)), "x": pa.array(texts, pa.string())}))
    found = con.to_pyarrow(table.select("n", y=function(table.x)).order_by("n"))
    return list(found["y"].to_pylist())


SEPTEMBER = datetime(2025, 9, 2, 3, tzinfo=UTC)


def checked(
    con: Any,
    source: str,
    rows: list[papers.Row],
    received_at: datetime | None = None,
    **marks: Any,
) -> list[papers.Row]:
    """Rows of a delivery, typed; in their order."""
    contract = SOURCES[source]
    texts = pa.schema([(name, pa.string()) for name in contract.names])
    strings = [{k: None if v is None else str(v) for k, v in row.items()} for row in rows]
    table = pa.Table.from_pylist(strings, texts)
    made = {
        "row_number": pa.array(range(1, len(rows) + 1), pa.int64()),
        "batch_id": pa.array(["B1"] * len(rows)),
        "list_file": pa.array(["daftar.xlsx"] * len(rows)),
        "missing_column": pa.array([marks.get("missing_column")] * len(rows), pa.string()),
    }
    if received_at:
        moment = pa.array([received_at] * len(rows), pa.timestamp("us", "UTC"))
        made["received_at"] = moment
    for name, values in made.items():
        table = table.append_column(name, values)
    found = typed.typed(ibis.memtable(table), contract, contracts.records_of(source))
    return list(con.to_pyarrow(found.order_by("row_number")).to_pylist())
