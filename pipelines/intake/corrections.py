"""Rows as they should have been delivered: releases from quarantine and corrections of records.

An order (ops.corrections) holds the whole row, as it came and as it shall be taken in. The delivery
itself stays as it came: its bytes are what an agency answers for, and its digest proves them.
"""

import json
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.contracts import Table
from pipelines.errors import PulangError
from pipelines.intake import cells
from pipelines.intake.delivery import text

ROW = ("batch_id", "row_number")
MISSING_COLUMN = "missing_column"
Cells = dict[str, str | None]


class CorrectionError(PulangError):
    """A row that cannot be released or corrected as asked; quotes no value."""


def cells_of(delivered: str, contract: Table) -> Cells | None:
    """The cells of a row as it came, by column of the contract; None of a line that has none."""
    try:
        said = json.loads(delivered)
    except ValueError:
        return None
    return {name: said.get(name) for name in contract.names} if isinstance(said, dict) else None


def corrected(came: Cells | None, given: Mapping[str, Any], contract: Table) -> Cells:
    """The row with the columns of `given` in the place of what came.

    Raises CorrectionError for unknown columns, for a line without cells of which not all are given,
    and for cells that say one thing to people and another to programs.
    """
    if unknown := given.keys() - set(contract.names):
        raise CorrectionError(f"{len(unknown)} columns that {contract.name} does not have")
    if came is None and (absent := [name for name in contract.names if name not in given]):
        raise CorrectionError(f"the line has no cells; give all columns, {absent[0]} among them")
    row = (came or {}) | {name: str(value) for name, value in given.items() if value is not None}
    names = contract.names
    table = pa.table(
        {name: text(pa.chunked_array([[row.get(name)]], pa.string())) for name in names}
    )
    table = table.append_column("row_number", pa.array([1], pa.int64()))
    screened, bad = cells.screened(table, names)
    for one in bad:
        raise CorrectionError(f"{one.field}: {one.reason}")
    [mended] = screened.select(names).to_pylist()
    return dict(mended)


def latest(orders: ir.Table) -> ir.Table:
    """Of several orders for one row the last. Key: batch_id, row_number."""
    newest = ibis.window(group_by=ROW, order_by=ibis.desc("ordered_at"))
    ranked = orders.mutate(place=ibis.row_number().over(newest))
    return ranked.filter(ranked.place == 0).drop("place")


def done(orders: ir.Table) -> ir.Table:
    """The orders that hold, of those that a night has carried out. Key: batch_id, row_number."""
    return latest(orders.filter(orders.night.notnull()))


def rows(
    orders: list[dict[str, Any]], batches: Mapping[str, Mapping[str, Any]], contract: Table
) -> pa.Table:
    """The rows of orders as a chunk of deliveries, to be judged like any other (`typed.typed`)."""
    laid_out = [_row(order, batches[order["batch_id"]], contract) for order in orders]
    texts = [(name, pa.string()) for name in contract.names]
    marks = [
        ("row_number", pa.int64()), ("batch_id", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")), ("list_file", pa.string()),
        ("missing_column", pa.string()), ("file_position", pa.string()),
    ]  # fmt: skip
    return pa.Table.from_pylist(laid_out, pa.schema(texts + marks))


def _row(order: dict[str, Any], batch: Mapping[str, Any], contract: Table) -> dict[str, Any]:
    said = cells_of(order["corrected_row"], contract) or {}
    lacks = order["reason"] == MISSING_COLUMN and said.get(order["field"]) is None
    return said | {
        "row_number": order["row_number"], "batch_id": order["batch_id"],
        "received_at": batch["received_at"], "list_file": batch["file"],
        "missing_column": order["field"] if lacks else None,
        "file_position": order["file_position"],
    }  # fmt: skip
