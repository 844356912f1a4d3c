"""data.xlsx: the rows, the tables and their meaning as typed sheets. No cell is a formula."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import xlsxwriter

from pipelines.contracts import Table

MADE = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)
MOST_ROWS = 1_000_000  # a sheet holds 1,048,576
LONGEST = 32_767  # characters of a cell
PLAIN = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False, "nan_inf_to_errors": False,
}  # fmt: skip
NARROW, WIDE = 12, 60
About = Sequence[tuple[str, str]]


class Book:
    """A workbook that is written from left to right."""

    def __init__(self, title: str, watermark: str | None) -> None:
        """`watermark` stands at the foot of every page that is printed."""
        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.out, PLAIN)
        self.book.set_properties({"title": title, "author": "Pulang", "created": MADE})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.number = self.book.add_format({"num_format": "#,##0"})
        self.wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.watermark = watermark

    def sheet(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A sheet with a header that stays in sight and filters."""
        sheet = self.book.add_worksheet(name)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column, self.head)
        last = 0
        for last, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                self._cell(sheet, last, at, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
        for at, column in enumerate(columns):
            wide = WIDE if column in ("meaning", "arti", "value", "fields") else NARROW
            sheet.set_column(at, at, max(wide, len(column) + 2))
        if self.watermark:
            sheet.set_footer("&L" + self.watermark.replace("&", "&&")[:200])

    def _cell(self, sheet: Any, row: int, at: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, at, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, at, value, self.number if isinstance(value, int) else None)
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, self.day)
        else:
            sheet.write_string(row, at, str(value)[:LONGEST])

    def close(self) -> bytes:
        """The bytes of the workbook."""
        self.book.close()
        return self.out.getvalue()


def written(
    about: About,
    departures: pa.Table,
    tables: Mapping[str, pa.Table],
    deliveries: pa.Table,
    meanings: Sequence[Table],
    watermark: str | None,
) -> bytes:
    """The whole workbook."""
    book = Book(about[0][1], watermark)
    book.sheet("about", ("what", "value"), about)
    for number, name in enumerate(sheets(departures.num_rows)):
        _table(book, name, departures.slice(number * MOST_ROWS, MOST_ROWS))
    for name, rows in tables.items():
        _table(book, name, rows)
    _table(book, "deliveries", deliveries)
    lines = [
        (table.name, c.name, c.logical_type, c.description_en, c.description_id)
        for table in meanings
        for c in table.columns
    ]
    book.sheet("definitions", ("table", "column", "type", "meaning", "arti"), lines)
    return book.close()


def sheets(rows: int) -> list[str]:
    """The names of the sheets that hold the departures."""
    more = (f"departures {number}" for number in range(2, -(-rows // MOST_ROWS) + 1))
    return ["departures", *more]


def _table(book: Book, name: str, rows: pa.Table) -> None:
    columns = [column.to_pylist() for column in rows.columns]
    book.sheet(name, rows.column_names, zip(*columns, strict=True))
