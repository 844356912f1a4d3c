"""Workbooks (XLSX, XLS, ODS) -> pages of cells as people see them. Runs apart (`apart.py`)."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # defused: entities are refused before it reads

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from pipelines.intake.refusals import COLUMNS, RATIO_FROM, UNPACKED_RATIO, UnreadableError

EXACT_INTEGER = 10**15  # above this a spreadsheet's number has lost digits
CELLS = 20_000_000
UNPACKED = 1 << 30  # bytes of a workbook
PROLOGUE = 4096
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
Merged = list[tuple[int, int, int, int]]


def pages(path: Path) -> Iterator[dict[str, Any]]:
    """The sheets of a workbook as `grid_headers.Page` takes them; raises UnreadableError."""
    _look_at(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        yield from (_page(n, book, path) for n in range(len(book.sheet_names)))
    except PasswordError:
        raise UnreadableError("encrypted_file", "the workbook wants a password") from None
    except (CalamineError, OSError, ElementTree.ParseError) as error:
        raise UnreadableError("unreadable_file", type(error).__name__) from None


def _page(number: int, book: CalamineWorkbook, path: Path) -> dict[str, Any]:
    meta = book.sheets_metadata[number]
    if meta.typ != SheetTypeEnum.WorkSheet:
        return {"label": f"sheet {number + 1}", "lines": [], "name": meta.name}
    sheet = book.get_sheet_by_index(number)
    lines = _lines(sheet)
    merged = sheet.merged_cell_ranges
    if merged is None and zipfile.is_zipfile(path):
        merged_ranges = _ods_merged(path, number)
    else:
        merged_ranges = [(*first, *last) for first, last in merged or []]
    return {
        "label": f"sheet {number + 1}",
        "name": meta.name,
        "lines": lines,
        "is_hidden": meta.visible != SheetVisibleEnum.Visible,
        "merged": merged_ranges,
    }


def _lines(sheet: CalamineSheet) -> list[list[str | None]]:
    if sheet.total_width * sheet.total_height > CELLS:
        raise UnreadableError("too_large", "a sheet has too many cells")
    lines = []
    for row in sheet.to_python(skip_empty_area=False):
        cells = [cell(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        if len(cells) > COLUMNS:
            raise UnreadableError("too_wide", "a sheet has too many columns")
        lines.append(cells)
    return lines


def cell(value: Any) -> str | None:
    """A cell as the text that a reader of the sheet would copy; dates in ISO 8601."""
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, bool | timedelta):
        return str(value)
    if isinstance(value, float | int):
        if not float(value).is_integer():
            return repr(value)
        return str(int(value)) if abs(value) < EXACT_INTEGER else f"{value:E}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip() or None


def _look_at(path: Path) -> None:
    """Refuse what unpacks to more than an honest workbook, and XML that defines entities."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as raw:
            start = raw.read(1 << 20)
        if start.startswith(OLD_OFFICE) and ENCRYPTED in start:
            raise UnreadableError("encrypted_file", "the workbook wants a password")
        return
    with zipfile.ZipFile(path) as packed:
        members = packed.infolist()
        unpacked = sum(m.file_size for m in members)
        ratio = unpacked / max(1, path.stat().st_size)
        if unpacked > UNPACKED or (unpacked > RATIO_FROM and ratio > UNPACKED_RATIO):
            raise UnreadableError("too_large", "the workbook unpacks to too much")
        for member in members:
            if member.filename.lower().endswith((".xml", ".rels")):
                _refuse_entities(packed, member)


def _refuse_entities(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    try:
        with packed.open(member) as xml:
            start = xml.read(PROLOGUE)
    except (RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError, EOFError):
        raise UnreadableError("unreadable_file", "a part of the workbook is damaged") from None
    text = start.replace(b"\0", b"")  # UTF-16 too
    if re.search(rb"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UnreadableError("xml_entities", "the workbook defines XML entities")


def _ods_merged(path: Path, number: int) -> Merged:
    """Merged ranges of one sheet of an ODS, which the reader of cells does not tell."""
    merged: Merged = []
    sheet, row, place = -1, 0, 0
    with zipfile.ZipFile(path) as packed, packed.open("content.xml") as xml:
        for event, node in ElementTree.iterparse(xml, ("start", "end")):  # noqa: S314
            if event == "start":
                if node.tag == f"{TABLE}table":
                    sheet, row = sheet + 1, 0
                elif node.tag == f"{TABLE}table-row":
                    place = 0
                elif node.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                    high = int(node.get(f"{TABLE}number-rows-spanned", 1))
                    wide = int(node.get(f"{TABLE}number-columns-spanned", 1))
                    if sheet == number and (high > 1 or wide > 1):
                        merged.append((row, place, row + high - 1, place + wide - 1))
                    place += int(node.get(f"{TABLE}number-columns-repeated", 1))
            elif node.tag == f"{TABLE}table-row":
                row += int(node.get(f"{TABLE}number-rows-repeated", 1))
                node.clear()
            elif node.tag == f"{TABLE}table" and sheet == number:
                break
    return merged
