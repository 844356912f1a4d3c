"""A delivered file -> Arrow rows of text under the contract's column names, numbered as delivered.

CSV (plain, gz, zst; comma, semicolon, tab; UTF-8 with or without BOM, Latin-1), Parquet and plain
XLSX. Nothing is interpreted here; a row that has not the columns of its header comes out as
malformed, with its number and its text.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from pipelines.contracts import Table
from pipelines.intake.arrivals import open_text

DELIMITERS = ",;\t|"
HEADER_BYTES = 1 << 16
CSV_BLOCK = 1 << 20
EXACT_INTEGER = 10**15  # above this a spreadsheet's number has lost digits
READABLE = (".csv", ".csv.gz", ".csv.zst", ".parquet", ".xlsx")


class UnreadableError(Exception):
    """The file as a whole cannot be read; `reason` is a closed code."""

    def __init__(self, reason: str, message: str) -> None:
        """Say what is wrong with the file without quoting it."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class MalformedRow:
    """A line that has not the columns of its header."""

    row_number: int
    text: str


@dataclass
class Delivery:
    """One readable file: chunks of numbered rows, and what did not fit.

    `rows` counts every data row as the reader met it; it is complete when `chunks` is exhausted.
    """

    columns: dict[str, str]
    unknown: list[str]
    missing: list[str]
    chunks: Iterator[pa.Table]
    malformed: list[MalformedRow] = field(default_factory=list)
    rows: int = 0


def open_delivery(path: Path, encoding: str, contract: Table) -> Delivery:
    """Open a file by the ending of its name; raises UnreadableError."""
    name = path.name.lower()
    reader = next((r for ending, r in _READERS.items() if name.endswith(ending)), None)
    if reader is None:
        raise UnreadableError("unknown_format", f"{path.name}: not one of {', '.join(READABLE)}")
    try:
        return reader(path, encoding, contract)
    except (pa.ArrowException, OSError, CalamineError) as error:
        raise UnreadableError("unreadable_file", f"{path.name}: {type(error).__name__}") from None


def rows(delivery: Delivery) -> Iterator[pa.Table]:
    """The numbered rows of a delivery; raises UnreadableError where the file breaks off."""
    try:
        yield from delivery.chunks
    except (pa.ArrowException, OSError, EOFError) as error:
        raise UnreadableError("unreadable_file", type(error).__name__) from None


def match_header(header: list[str], contract: Table) -> tuple[dict[str, str], list[str], list[str]]:
    """(contract column -> delivered column), unknown delivered columns, missing required ones.

    A name of the contract wins over an alias, and the first of two columns that mean the same.
    """
    delivered: dict[str, str] = {}
    for name in header:
        delivered.setdefault(_plain(name), name)
    columns: dict[str, str] = {}
    for column in contract.columns:
        names = (column.name, *column.aliases)
        found = next((delivered[_plain(n)] for n in names if _plain(n) in delivered), None)
        if found is not None and found not in columns.values():
            columns[column.name] = found
    used = set(columns.values())
    unknown = [name for name in header if name not in used]
    missing = [c.name for c in contract.columns if c.is_required and c.name not in columns]
    return columns, unknown, missing


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _numbered(table: pa.Table, columns: dict[str, str], contract: Table, numbers: Any) -> pa.Table:
    """The contract's columns as text, absent ones empty, with `row_number`."""
    arrays = [
        _text(table[columns[name]]) if name in columns else pa.nulls(table.num_rows, pa.string())
        for name in contract.names
    ]
    return pa.table([*arrays, pa.array(numbers, pa.int64())], names=[*contract.names, "row_number"])


def _text(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without white space around them; an empty cell is null."""
    trimmed = pc.utf8_trim_whitespace(cells)
    if pc.min(pc.binary_length(trimmed)).as_py() == 0:
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return trimmed


# CSV


def _csv(path: Path, encoding: str, contract: Table) -> Delivery:
    header, delimiter, has_more = _csv_header(path, encoding)
    columns, unknown, missing = match_header(header, contract)
    delivery = Delivery(columns, unknown, missing, iter(()))
    if has_more:
        delivery.chunks = _csv_chunks(path, encoding, delimiter, header, contract, delivery)
    return delivery


def _csv_header(path: Path, encoding: str) -> tuple[list[str], str, bool]:
    """Column names, delimiter, and whether a line follows: Arrow refuses a header alone."""
    with open_text(path) as text:
        start = text.read(HEADER_BYTES).decode(encoding, errors="replace").lstrip("\ufeff")
    lines = start.splitlines()
    if not lines:
        raise UnreadableError("empty_file", f"{path.name}: no header")
    delimiter = max(DELIMITERS, key=lines[0].count)
    header = [name.strip() for name in next(csv.reader([lines[0]], delimiter=delimiter))]
    return _distinct(header), delimiter, len(lines) > 1


def _distinct(header: list[str]) -> list[str]:
    """Empty and repeated names made distinct, so that no column hides another."""
    names: list[str] = []
    for position, name in enumerate(header, start=1):
        names.append(name if name and name not in names else f"{name or 'column'}#{position}")
    return names


def _csv_chunks(
    path: Path, encoding: str, delimiter: str, header: list[str], contract: Table, into: Delivery
) -> Iterator[pa.Table]:
    def set_aside(row: Any) -> str:
        into.malformed.append(MalformedRow(row.number - 1, row.text))  # the header is row 1
        return "skip"

    reader = pa_csv.open_csv(
        open_text(path),
        pa_csv.ReadOptions(
            use_threads=False,
            block_size=CSV_BLOCK,
            encoding=encoding,
            column_names=header,
            skip_rows=1,
        ),
        pa_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    last = 0
    for batch in reader:
        numbers, last = _row_numbers(last, batch.num_rows, into.malformed)
        into.rows = last
        yield _numbered(pa.table(batch), into.columns, contract, numbers)
    into.rows = max([last, *(row.row_number for row in into.malformed)])


def _row_numbers(last: int, count: int, malformed: list[MalformedRow]) -> tuple[Any, int]:
    """Numbers of the next `count` good rows after row `last`, leaving out the malformed ones."""
    bad = np.array([m.row_number for m in malformed if m.row_number > last], dtype=np.int64)
    numbers = np.arange(last + 1, last + 1 + count + len(bad), dtype=np.int64)
    good = numbers[~np.isin(numbers, bad)][:count]
    return good, int(good[-1]) if count else last


# Parquet


def _parquet(path: Path, _encoding: str, contract: Table) -> Delivery:
    file = pq.ParquetFile(path)
    header = file.schema_arrow.names
    if len(set(header)) < len(header):
        raise UnreadableError("unreadable_file", f"{path.name}: two columns of one name")
    columns, unknown, missing = match_header(header, contract)
    delivery = Delivery(columns, unknown, missing, iter(()), rows=file.metadata.num_rows)
    delivery.chunks = _parquet_chunks(file, columns, contract)
    return delivery


def _parquet_chunks(file: Any, columns: dict[str, str], contract: Table) -> Iterator[pa.Table]:
    last = 0
    wanted = list(columns.values()) or file.schema_arrow.names[:1]  # to count the rows at least
    for batch in file.iter_batches(batch_size=1 << 17, columns=wanted):
        texts = [pc.cast(column, pa.string()) for column in batch.columns]
        table = pa.table(texts, names=batch.schema.names)
        yield _numbered(table, columns, contract, np.arange(last + 1, last + 1 + batch.num_rows))
        last += batch.num_rows


# XLSX


def _xlsx(path: Path, _encoding: str, contract: Table) -> Delivery:
    book = CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    if not rows:
        raise UnreadableError("empty_file", f"{path.name}: the first sheet is empty")
    header = _distinct([_cell(value) or "" for value in rows[0]])
    body = [[_cell(value) for value in row] for row in rows[1:]]
    full = [row for row in body if any(row)]
    columns, unknown, missing = match_header(header, contract)
    table = pa.table(
        [pa.array(c, pa.string()) for c in zip(*full, strict=True)]
        if full
        else [pa.array([], pa.string())] * len(header),
        names=header,
    )
    numbers = [n for n, row in enumerate(body, start=1) if any(row)]
    chunk = _numbered(table, columns, contract, numbers)
    return Delivery(columns, unknown, missing, iter([chunk]), rows=len(full))


def _cell(value: Any) -> str | None:
    """A cell as the text that a reader of the sheet would copy; dates in ISO 8601."""
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value)
    if isinstance(value, float):
        if not value.is_integer():
            return repr(value)
        return str(int(value)) if abs(value) < EXACT_INTEGER else f"{value:E}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None


_READERS: dict[str, Callable[[Path, str, Table], Delivery]] = {
    ".csv": _csv,
    ".csv.gz": _csv,
    ".csv.zst": _csv,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
}
