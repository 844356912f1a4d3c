"""A delivered file -> Arrow rows of text under the contract's column names, numbered as delivered.

CSV (plain, gz, zst; comma, semicolon, tab, bar), Parquet, workbooks (XLSX, XLS, ODS), PDF with a
text layer, and zips of these. Nothing is interpreted here; a row that cannot be read, or says one
thing to people and another to programs, comes out as malformed, with its number and its text.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts import Table
from pipelines.intake import (
    apart,
    archives,
    cells,
    csv_reader,
    grid_headers,
    grids,
    headers,
    lines,
    parts,
)
from pipelines.intake.arrivals import open_text
from pipelines.intake.delivery import Delivery, numbered, of_grid
from pipelines.intake.refusals import COLUMNS, MalformedRow, UnreadableError

READABLE = (
    ".csv", ".csv.gz", ".csv.zst", ".parquet", ".xlsx", ".xlsm", ".xls", ".ods", ".pdf", ".zip",
)  # fmt: skip
__all__ = ["READABLE", "Delivery", "MalformedRow", "UnreadableError", "open_delivery", "rows"]


def open_delivery(path: Path, encoding: str, contract: Table) -> Delivery:
    """Open a file by the ending of its name; raises UnreadableError."""
    name = path.name.lower()
    reader = next((r for ending, r in _READERS.items() if name.endswith(ending)), None)
    if reader is None:
        raise UnreadableError("unknown_format", f"not one of {', '.join(READABLE)}")
    if not path.stat().st_size:
        raise UnreadableError("empty_file", "there is nothing in the file")
    try:
        delivery = reader(path, encoding, contract)
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise UnreadableError("unreadable_file", type(error).__name__) from None
    delivery.contract = contract
    return delivery


def rows(delivery: Delivery) -> Iterator[pa.Table]:
    """The numbered rows of a delivery; raises UnreadableError where the file breaks off."""
    contract = delivery.contract
    numbering = parts.Numbering(contract) if contract and contract.is_keyed_by_file else None
    try:
        for chunk in delivery.chunks:
            table, bad = cells.screened(
                chunk, contract.names if contract else [], delivery.is_mixed
            )
            delivery.malformed += bad
            delivery.refuse_if_hopeless()
            yield numbering.qualified(table) if numbering else table
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        delivery.refuse_if_hopeless()
        raise UnreadableError("unreadable_file", type(error).__name__) from None


# Parquet


def _parquet(path: Path, _encoding: str, contract: Table) -> Delivery:
    file = pq.ParquetFile(path)
    header = file.schema_arrow.names
    if len(set(header)) < len(header):
        raise UnreadableError("unreadable_file", "two columns of one name")
    if len(header) > COLUMNS:
        raise UnreadableError("too_wide", "the file has too many columns")
    columns, unknown, missing = headers.match(header, contract)
    rows = file.metadata.num_rows
    delivery = Delivery(columns, unknown, missing, iter(()), rows=rows, titles=header)
    delivery.chunks = _parquet_chunks(file, columns, contract)
    return delivery


def _parquet_chunks(file: Any, columns: dict[str, str], contract: Table) -> Iterator[pa.Table]:
    last = 0
    wanted = list(columns.values()) or file.schema_arrow.names[:1]  # to count the rows at least
    for batch in file.iter_batches(batch_size=1 << 17, columns=wanted):
        texts = [pc.cast(column, pa.string()) for column in batch.columns]
        table = pa.table(texts, names=batch.schema.names)
        table.validate(full=True)  # Arrow believes that its texts are UTF-8
        yield numbered(table, columns, contract, np.arange(last + 1, last + 1 + batch.num_rows))
        last += batch.num_rows


# Pages: workbooks and PDF


def _workbook(path: Path, _encoding: str, contract: Table) -> Delivery:
    return _pages("sheets", path, contract)


def _pdf(path: Path, _encoding: str, contract: Table) -> Delivery:
    delivery = _pages("pdf", path, contract)
    if not delivery.columns:
        raise UnreadableError("no_table", "no header of the contract on any page")
    return delivery


def _pages(kind: str, path: Path, contract: Table) -> Delivery:
    pages = [grid_headers.Page(**page) for page in apart.pages(kind, path)]
    if not any(any(line) for page in pages for line in page.lines):
        raise UnreadableError("empty_file", "there is nothing on any page")
    return of_grid(grids.read(pages, contract), contract)


# Zip


def _zip(path: Path, _encoding: str, contract: Table) -> Delivery:
    """The files of an archive as one delivery, numbered through in the order of their names."""
    delivery = Delivery({}, [], [], iter(()))
    delivery.chunks = archives.chunks(path, contract, delivery, _member)
    return delivery


def _member(path: Path, contract: Table) -> Delivery:
    with open_text(path) as raw:
        encoding = lines.encoding_of(raw) if ".csv" in path.name else ""
    return open_delivery(path, encoding, contract)


_READERS: dict[str, Callable[[Path, str, Table], Delivery]] = {
    ".csv": csv_reader.read,
    ".csv.gz": csv_reader.read,
    ".csv.zst": csv_reader.read,
    ".parquet": _parquet,
    ".xlsx": _workbook,
    ".xlsm": _workbook,
    ".xls": _workbook,
    ".ods": _workbook,
    ".pdf": _pdf,
    ".zip": _zip,
}
