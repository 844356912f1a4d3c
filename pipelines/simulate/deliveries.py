"""Files as agencies send them: CSV of several kinds, gzip, zstd, Parquet and spreadsheets, with
their file times.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

#: A fixed moment inside spreadsheets, which otherwise carry the time of writing.
_MOMENT = dt.datetime(2025, 1, 1, 12, 0, 0)


@dataclass(frozen=True)
class Dress:
    """How a file is dressed: its suffix, encoding, separator and columns."""

    suffix: str = ".csv"
    encoding: str = "utf-8"
    separator: str = ","
    is_reordered: bool = False
    extra: str | None = None


def crossing_dress(day: int) -> Dress:
    """Plain CSV mostly; each peculiarity on some days of the year."""
    peculiar = {
        49: Dress(encoding="latin-1"),
        154: Dress(encoding="latin-1"),
        222: Dress(encoding="latin-1"),
        318: Dress(encoding="latin-1"),
        77: Dress(encoding="utf-8-sig"),
        96: Dress(separator=";"),
        133: Dress(is_reordered=True),
        187: Dress(separator=";"),
        214: Dress(extra="kode_loket"),
        263: Dress(is_reordered=True),
        301: Dress(".csv.gz", separator=";"),
    }
    by_turn = {3: ".csv.gz", 11: ".csv.gz", 17: ".csv.gz", 8: ".csv.zst", 20: ".parquet"}
    return peculiar.get(day, Dress(by_turn.get(day % 23, ".csv")))


def placement_dress(week: int) -> Dress:
    """CSV, with semicolons now and then; one spreadsheet, one Parquet."""
    peculiar = {11: Dress(".xlsx"), 23: Dress(".parquet"), 37: Dress(encoding="utf-8-sig")}
    return peculiar.get(week, Dress(separator=";" if week % 9 == 5 else ","))


def write(path: Path, table: pa.Table, dress: Dress, delivered_at: float) -> None:
    """Write one delivery, dressed, with the time of its delivery."""
    if dress.is_reordered:
        table = table.select(table.column_names[3:] + table.column_names[:3])
    if dress.extra:
        table = table.append_column(dress.extra, pa.repeat("L2", len(table)))
    _WRITERS[dress.suffix](path, table, dress)
    os.utime(path, (delivered_at, delivered_at))


def copy(path: Path, name: str, delivered_at: float) -> Path:
    """The same bytes under another name, later."""
    twin = path.with_name(name)
    twin.write_bytes(path.read_bytes())
    os.utime(twin, (delivered_at, delivered_at))
    return twin


def _csv_bytes(table: pa.Table, dress: Dress) -> pa.Buffer:
    """No value holds a separator or a quote, so none is quoted."""
    sink = pa.BufferOutputStream()
    sink.write((dress.separator.join(table.column_names) + "\n").encode())
    options = pcsv.WriteOptions(
        include_header=False, quoting_style="none", delimiter=dress.separator
    )
    pcsv.write_csv(table, sink, options)
    content = sink.getvalue()
    return (
        content
        if dress.encoding == "utf-8"
        else pa.py_buffer(content.to_pybytes().decode().encode(dress.encoding))
    )


def _write_csv(path: Path, table: pa.Table, dress: Dress) -> None:
    path.write_bytes(_csv_bytes(table, dress))


def _write_compressed(codec: str) -> Callable[[Path, pa.Table, Dress], None]:
    def write_file(path: Path, table: pa.Table, dress: Dress) -> None:
        with pa.CompressedOutputStream(str(path), codec) as sink:
            sink.write(_csv_bytes(table, dress))

    return write_file


def _write_parquet(path: Path, table: pa.Table, dress: Dress) -> None:  # noqa: ARG001
    pq.write_table(table, path, compression="zstd")


def _write_sheet(path: Path, table: pa.Table, dress: Dress) -> None:  # noqa: ARG001
    """A spreadsheet whose bytes depend on its rows alone."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _MOMENT
    sheet = book.create_sheet("Sheet")
    sheet.append(table.column_names)
    cells = [
        _cells(name, column.to_pylist())
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    for row in zip(*cells, strict=True):
        sheet.append(row)
    draft = io.BytesIO()
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()
    _repack(draft, path)


def _repack(draft: io.BytesIO, path: Path) -> None:
    """The same entries with a fixed time."""
    with (
        zipfile.ZipFile(draft) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=_MOMENT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))


def _cells(column: str, values: list[str | None]) -> list[object]:
    """Numbers as numbers; every second ISO date as a date, every seventh as a serial number."""
    if column in ("no", "umur", "gelombang"):
        return [None if value is None else int(value) for value in values]
    if column in ("tanggal_tiba", "tanggal_lahir"):
        return [_date_cell(value, turn) for turn, value in enumerate(values)]
    return list(values)


def _date_cell(value: str | None, turn: int) -> object:
    try:
        date = dt.datetime.strptime(value or "", "%Y-%m-%d")
    except ValueError:
        return value
    if turn % 7 == 3:
        return (date - dt.datetime(1899, 12, 30)).days
    return date if turn % 2 else value


_WRITERS: dict[str, Callable[[Path, pa.Table, Dress], None]] = {
    ".csv": _write_csv,
    ".csv.gz": _write_compressed("gzip"),
    ".csv.zst": _write_compressed("zstd"),
    ".parquet": _write_parquet,
    ".xlsx": _write_sheet,
}
