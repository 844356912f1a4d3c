"""Writers of the corpus: workbooks of three formats, and PDF by hand."""

import datetime as dt
import io
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlwt

Cell = Any
Lines = list[list[Cell]]


@dataclass
class Sheet:
    """A sheet: lines of cells, merged ranges (top, left, bottom, right) from 0."""

    lines: Lines
    name: str = "Sheet1"
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    hidden_columns: str = ""


def xlsx(*sheets: Sheet) -> bytes:
    """An Office Open XML workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        made = book.create_sheet(sheet.name)
        for line in sheet.lines:
            made.append(line)
        for top, left, bottom, right in sheet.merged:
            made.merge_cells(
                start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
            )
        for letter in sheet.hidden_columns:
            made.column_dimensions[letter].hidden = True
        made.sheet_state = "hidden" if sheet.hidden else "visible"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(*sheets: Sheet) -> bytes:
    """A workbook of Excel 97 to 2003."""
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for sheet in sheets:
        made = book.add_sheet(sheet.name)
        heads = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merged}
        for y, line in enumerate(sheet.lines):
            for x, value in enumerate(line):
                if (y, x) in heads:
                    bottom, right = heads[y, x]
                    made.write_merge(y, bottom, x, right, value)
                elif value is not None:
                    made.write(
                        y, x, value, day if isinstance(value, dt.date) else xlwt.Style.default_style
                    )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)


def ods(*sheets: Sheet) -> bytes:
    """An OpenDocument workbook, with the empty rows that LibreOffice writes below."""
    content = ODS.format("".join(map(_ods_table, sheets)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


def _ods_table(sheet: Sheet) -> str:
    heads = {(t, left): (b - t + 1, r - left + 1) for t, left, b, r in sheet.merged}
    covered = {
        (y, x)
        for t, left, b, r in sheet.merged
        for y in range(t, b + 1)
        for x in range(left, r + 1)
    } - set(heads)
    rows = []
    for y, line in enumerate(sheet.lines):
        cells = "".join(
            _ods_cell(v, heads.get((y, x)), (y, x) in covered) for x, v in enumerate(line)
        )
        rows.append(f"<table:table-row>{cells}</table:table-row>")
    rows.append(
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    return f'<table:table table:name="{escape(sheet.name)}">{"".join(rows)}</table:table>'


def _ods_cell(value: Cell, span: tuple[int, int] | None, is_covered: bool) -> str:
    if is_covered:
        return "<table:covered-table-cell/>"
    spans = ""
    if span:
        spans = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"'
    if value is None:
        return f"<table:table-cell{spans}/>"
    if isinstance(value, dt.date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return (
        f"<table:table-cell{spans} {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
    )


class Pdf:
    """Pages of text (Helvetica) and ruled lines; points from the left and from the top."""

    def __init__(self, width: float = 842, height: float = 595) -> None:
        """A page in landscape A4 unless said otherwise."""
        self.width, self.height = width, height
        self.pages: list[list[str]] = []

    def page(self) -> "Pdf":
        """Begin a page."""
        self.pages.append([])
        return self

    def text(self, x: float, y: float, words: str, size: float = 9) -> None:
        """Words with their base line at y."""
        said = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.pages[-1].append(f"BT /F1 {size} Tf {x} {self.height - y} Td ({said}) Tj ET")

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A thin line."""
        self.pages[-1].append(f"0.5 w {x0} {self.height - y0} m {x1} {self.height - y1} l S")

    def picture(self) -> None:
        """A grey picture over the whole page, as a scanner makes it."""
        self.pages[-1].append(f"q {self.width} 0 0 {self.height} 0 0 cm /Im1 Do Q")

    def bytes(self) -> bytes:
        """The document."""
        things: list[bytes] = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>"
            % (len(self.pages), b" ".join(b"%d 0 R" % (5 + 2 * n) for n in range(len(self.pages)))),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
            b"/BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream",
        ]
        for number, page in enumerate(self.pages):
            stream = zlib.compress("\n".join(page).encode("cp1252"))
            things.append(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Contents %d 0 R /Resources "
                b"<< /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >> >>"
                % (self.width, self.height, 6 + 2 * number)
            )
            things.append(
                b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream"
                % (len(stream), stream)
            )
        out = io.BytesIO()
        out.write(b"%PDF-1.4\n")
        places = []
        for number, thing in enumerate(things, start=1):
            places.append(out.tell())
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, thing))
        xref = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(things) + 1))
        out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
        out.write(
            b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
            % (len(things) + 1, xref)
        )
        return out.getvalue()


def ruled(
    pdf: Pdf,
    top: float,
    widths: list[float],
    lines: list[list[str]],
    high: float = 16,
    left: float = 30,
) -> float:
    """A ruled table; a line break in a cell wraps it. Gives where the table ends."""
    edges = [left]
    for width in widths:
        edges.append(edges[-1] + width)
    y = top
    pdf.rule(edges[0], y, edges[-1], y)
    for line in lines:
        rows = max(cell.count("\n") + 1 for cell in line)
        bottom = y + high + (rows - 1) * 10
        for x, cell in zip(edges, line, strict=False):
            for n, words in enumerate(cell.split("\n")):
                pdf.text(x + 2, y + 11 + n * 10, words, 8)
        pdf.rule(edges[0], bottom, edges[-1], bottom)
        for x in edges:
            pdf.rule(x, y, x, bottom)
        y = bottom
    return y
