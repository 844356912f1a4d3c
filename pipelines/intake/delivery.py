"""One delivered file, opened: its columns, its numbered rows of text, and what did not fit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Table
from pipelines.intake import grids
from pipelines.intake.refusals import SET_APART, MalformedRow, UnreadableError
from pipelines.intake.totals import Total


@dataclass
class Delivery:
    """One readable file: chunks of numbered rows, and what did not fit.

    `rows` counts every data row as the reader met it; it and `malformed` are complete when `rows()`
    is exhausted. `skipped` lists what is no row: titles, totals, signatures.
    """

    columns: dict[str, str]
    unknown: list[str]
    missing: list[str]
    chunks: Iterator[pa.Table]
    malformed: list[MalformedRow] = field(default_factory=list)
    rows: int = 0
    skipped: list[str] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    is_mixed: bool = False
    contract: Table | None = None
    titles: list[str] = field(default_factory=list)  # of the columns, as they stand

    @property
    def stated_rows(self) -> int | None:
        """Rows that the delivery says it has, by its own totals; None where it says nothing."""
        if not self.totals:
            return None
        wrong = [total for total in self.totals if total.stated != total.found]
        return self.rows + (wrong[-1].stated - wrong[-1].found if wrong else 0)

    def refuse_if_hopeless(self) -> None:
        """Raise UnreadableError where more rows are set apart than anybody will look at."""
        if len(self.malformed) > SET_APART:
            raise UnreadableError("no_table", "too many rows that no column can be read from")


def numbered(table: pa.Table, columns: dict[str, str], contract: Table, numbers: Any) -> pa.Table:
    """The contract's columns as text, absent ones empty, with `row_number`."""
    arrays = [
        text(table[columns[name]]) if name in columns else pa.nulls(table.num_rows, pa.string())
        for name in contract.names
    ]
    return pa.table([*arrays, pa.array(numbers, pa.int64())], names=[*contract.names, "row_number"])


def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without white space around them; an empty cell is null."""
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.min(pc.binary_length(trimmed)).as_py() == 0:
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return trimmed


def of_grid(found: grids.Found, contract: Table) -> Delivery:
    table = pa.table(
        {
            **{n: pa.array([r.values[n] for r in found.rows], pa.string()) for n in contract.names},
            "row_number": pa.array([row.row_number for row in found.rows], pa.int64()),
            "file_position": pa.array([row.position for row in found.rows], pa.string()),
            "missing_column": pa.array([row.missing for row in found.rows], pa.string()),
        }
    )
    return Delivery(
        found.columns, found.unknown, found.missing, iter([table]),
        malformed=list(found.apart), rows=len(found.rows) + len(found.apart),
        skipped=found.skipped, totals=found.totals, titles=found.titles,
    )  # fmt: skip
