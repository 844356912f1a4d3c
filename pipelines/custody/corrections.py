"""Rows set apart are looked at and released, accepted records corrected; the next night does it.

Both are one order (ops.corrections): the row as it should have been delivered. What is corrected is
given in a file, never in arguments, and the log has who ordered it, why, and the names of columns.
UU 27/2022 article 6: correction.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import yaml

from pipelines import access_log, contracts, keys, settings
from pipelines.contracts import Table
from pipelines.custody.subject import write_private
from pipelines.desks import archive
from pipelines.desks.front import reading, secret_of
from pipelines.intake.corrections import CorrectionError, cells_of, corrected, latest
from pipelines.intake.refusals import ERASED
from pipelines.lake import Lake, open_lake, open_to_note, rows_of
from pipelines.night.corrections import judged

RELEASE, CORRECTION = "release", "correction"
LISTED = ("batch_id", "source", "file", "row_number", "file_position", "field", "reason")
Row = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """Why a row is taken in otherwise than it came; the law and an approver where one is needed."""

    reason: str
    legal_basis: str = ""
    approver: str = ""


@dataclass(frozen=True)
class Ordered:
    """What the next night will do: kind of order, columns that differ from what came."""

    kind: str
    columns: list[str]


@dataclass(frozen=True)
class _Found:
    """A delivered row where it is now: `apart` in quarantine, or a record; `came` as delivered."""

    batch: Row
    number: int
    contract: Table
    came: str
    apart: Row | None
    record: Row | None
    standing: str | None  # as an order has it already

    @property
    def cells(self) -> dict[str, str | None] | None:
        """As it counts, or would count: by an earlier order, or as it came."""
        return cells_of(self.standing or self.came, self.contract)


def listed(
    now: settings.Settings, source: str | None = None, reason: str | None = None
) -> list[Row]:
    """Rows set apart, by file and row, with field and reason; never a value.

    `is_ordered`: whether the next night releases it. Rows that were erased are not among them.
    """
    with reading(now) as lake:
        apart, batches = lake.table("ops", "quarantine"), lake.table("ops", "batches")
        orders = lake.table_if_there("ops", "corrections")
        waiting = orders.filter(orders.night.isnull()).select("batch_id", "row_number").distinct()
        rows = apart.filter(apart.reason != ERASED)
        rows = rows.filter(rows.source == source) if source else rows
        rows = rows.filter(rows.reason == reason) if reason else rows
        named = rows.inner_join(batches.select("batch_id", "file"), "batch_id")
        told = named.left_join(waiting, ["batch_id", "row_number"])
        shown = told.select(*LISTED, is_ordered=told.batch_id_right.notnull())
        return rows_of(shown.order_by("source", "file", "batch_id", "row_number"))


def show(now: settings.Settings, batch_id: str, number: int, file: Path) -> None:
    """Write a delivered row to `file`, for its owner only, as a correction that changes nothing.

    Raises CorrectionError where there is no such row, PersonError where the file exists.
    """
    secret = secret_of(now)
    with open_to_note(now, secret) as lake:
        found = _found(lake, now, secret, batch_id, number)
        access_log.note(lake, now, "look_at_row", _named(found))
    cells = found.cells or dict.fromkeys(found.contract.names)
    filled = {name: cell or "" for name, cell in cells.items()}
    text = yaml.safe_dump(filled, allow_unicode=True, sort_keys=False)
    if found.cells is None:
        text = "".join(f"# {line}\n" for line in found.came.splitlines()) + text
    write_private(file, text, None)


def release(
    now: settings.Settings, batch_id: str, number: int, given: TextIO | None, order: Order
) -> Ordered:
    """Order that a row set apart is taken in, with the cells of `given` in place of what came.

    Raises CorrectionError where there is no such row, or the contract would refuse it again.
    """
    return _order(now, batch_id, number, RELEASE, given, order)


def correct(
    now: settings.Settings, batch_id: str, number: int, given: TextIO, order: Order
) -> Ordered:
    """Order that an accepted record counts with the cells of `given`.

    The agency's next delivery under its key replaces it like any other version. Raises
    CorrectionError where nobody else approves, a later delivery counts, or the key changes.
    """
    if not order.legal_basis or not order.approver or order.approver in now.actor:
        raise CorrectionError("legal basis and an approver other than the actor are needed")
    return _order(now, batch_id, number, CORRECTION, given, order)


def _order(
    now: settings.Settings,
    batch_id: str,
    number: int,
    kind: str,
    given: TextIO | None,
    order: Order,
) -> Ordered:
    if not order.reason:
        raise CorrectionError("a reason is needed")
    secret = secret_of(now)
    with open_lake(now, secret) as lake:
        found = _found(lake, now, secret, batch_id, number)
        _refuse(found, kind)
        cells = corrected(found.cells, _given(given), found.contract)
        was = cells_of(found.came, found.contract) or {}
        changed = [name for name in found.contract.names if cells[name] != was.get(name)]
        if kind == CORRECTION:
            _refuse_keys(found, changed)
        row = _row(found, kind, cells, now, order)
        _refuse_again(lake, row, found)
        why = {name: value for name, value in vars(order).items() if value}
        told = _named(found) | why | {"columns": changed}
        with access_log.alone(now), lake.transaction():
            access_log.enter(lake, row["ordered_at"], now.actor, kind, told)
            lake.insert("ops", "corrections", [row])
    return Ordered(kind, changed)


def _given(file: TextIO | None) -> dict[str, str]:
    """Columns and their cells from YAML or JSON. Raises CorrectionError, without quoting it."""
    if file is None:
        return {}
    try:
        said = yaml.load(file, yaml.BaseLoader)  # noqa: S506  # texts only
    except yaml.YAMLError:
        raise CorrectionError("the correction is neither YAML nor JSON") from None
    if not isinstance(said, dict) or any(isinstance(cell, dict | list) for cell in said.values()):
        raise CorrectionError("the correction is not columns with one cell each")
    return said


def _found(
    lake: Lake, now: settings.Settings, secret: keys.Keys, batch_id: str, number: int
) -> _Found:
    batches = lake.table("ops", "batches")
    of_batch = rows_of(batches.filter(batches.batch_id == batch_id))
    if not of_batch:
        raise CorrectionError(f"no delivery {batch_id}; `pulang quarantine list` names them")
    [batch] = of_batch
    contract = contracts.sources()[batch["source"]]
    apart, record, order = (
        _only(table, batch_id, number)
        for table in (
            lake.table("ops", "quarantine"),
            lake.table("records", contracts.records_of(batch["source"]).name),
            latest(lake.table_if_there("ops", "corrections")),
        )
    )
    if not (apart or record) or (apart and apart["reason"] == ERASED):
        raise CorrectionError(f"{batch['file']} has no row {number} that is held")
    came = order["delivered_row"] if order else apart and apart["delivered_row"]
    if not came:
        read = archive.row_of(now, secret, batch, number)
        if read is None:
            raise CorrectionError(f"the archive does not keep row {number} of {batch['file']}")
        came = json.dumps(read, ensure_ascii=False)
    standing = order["corrected_row"] if order else None
    return _Found(batch, number, contract, came, apart, record, standing)


def _only(table: ir.Table, batch_id: str, number: int) -> Row | None:
    rows = rows_of(table.filter((table.batch_id == batch_id) & (table.row_number == number)))
    return rows[0] if rows else None


def _named(found: _Found) -> Row:
    """As the log says it."""
    reason = (found.apart or {}).get("reason")
    told = {"batch_id": found.batch["batch_id"], "row_number": found.number}
    return told | ({"set_apart_for": reason} if reason else {})


def _refuse(found: _Found, kind: str) -> None:
    if kind == RELEASE and not found.apart:
        raise CorrectionError("the row is not set apart; `pulang person correct` corrects records")
    if kind == CORRECTION and not found.record:
        raise CorrectionError("the row is set apart; `pulang quarantine release` releases it")
    if found.record and found.record["superseded_by"]:
        raise CorrectionError(f"a later delivery counts: {found.record['superseded_by']}")


def _refuse_keys(found: _Found, changed: list[str]) -> None:
    """A record under another key would leave what it replaced without one that counts."""
    for name in found.contract.keys:
        if name in changed:
            raise CorrectionError(f"{name} is the key of the record and stays as it is")
    if not changed:
        raise CorrectionError("the correction changes nothing")


def _row(
    found: _Found, kind: str, cells: dict[str, str | None], now: settings.Settings, order: Order
) -> Row:
    """The row of ops.corrections; of an earlier order for the same row what was set apart."""
    apart = found.apart or {}
    return {
        "batch_id": found.batch["batch_id"], "row_number": found.number,
        "ordered_at": datetime.now(UTC), "kind": kind, "source": found.batch["source"],
        **{name: apart.get(name) for name in ("field", "reason", "file_position")},
        "delivered_row": found.came, "corrected_row": json.dumps(cells, ensure_ascii=False),
        "ordered_by": now.actor, "why": order.reason,
    }  # fmt: skip


def _refuse_again(lake: Lake, row: Row, found: _Found) -> None:
    """Raise where the contract refuses the row, or a list has its number for somebody else."""
    schema = contracts.lake()["ops", "corrections"].arrow_schema
    order = ibis.memtable(pa.Table.from_pylist([row], schema))
    [read] = judged(lake, order, row["source"]).to_pylist()
    if read["reason"]:
        raise CorrectionError(f"{read['field'] or 'the row'} would be refused: {read['reason']}")
    if found.contract.is_keyed_by_file:
        of_list = lake.table("records", contracts.records_of(row["source"]).name)
        same = of_list.filter(
            of_list.batch_id == row["batch_id"], of_list.list_number == read["list_number"],
            of_list.row_number != row["row_number"],
        )  # fmt: skip
        if same.count().to_pyarrow().as_py():
            raise CorrectionError(f"{found.contract.keys[-1]} is the number of another row")
