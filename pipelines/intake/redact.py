"""Rows taken out of a delivery whose bytes are kept: each leaves a mark in its place.

The rows after it keep their numbers. Where a format cannot be written again (PDF, archives), or the
result does not read as it should, nothing is given back: the copy has to go as a whole.
"""

import gzip
import io
import re
import tempfile
from collections.abc import Callable
from csv import reader, writer
from pathlib import Path

import ibis.expr.types as ir
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts import Table
from pipelines.intake import read
from pipelines.intake.arrivals import encoding_of

MARK = "DIHAPUS"  # erased
UNLIKE = "[^A-Z0-9]+"
DELIMITERS = ",;\t|"
IsTheirs = Callable[[list[str]], bool]


def redacted(
    content: bytes, file: str, contract: Table, theirs: list[frozenset[str]], scratch: Path
) -> bytes | None:
    """The delivery `file` without the rows that hold all the cells of one of `theirs`.

    Cells are compared as `plain` gives them. None where a row of theirs is not met.
    """
    name, met = file.lower(), set[frozenset[str]]()

    def is_theirs(cells: list[str]) -> bool:
        there = {plain(cell) for cell in cells}
        found = [row for row in theirs if row <= there]
        met.update(found)
        return bool(found)

    if name.endswith(".csv"):
        fresh = _lines(content, is_theirs)
    elif name.endswith(".csv.gz"):
        fresh = gzip.compress(_lines(gzip.decompress(content), is_theirs), mtime=0)
    elif name.endswith(".csv.zst"):
        fresh = _zst(_lines(_unzst(content), is_theirs))
    elif name.endswith(".parquet"):
        fresh = _parquet(content, is_theirs)
    elif name.endswith(".xlsx"):
        fresh = _workbook(content, is_theirs)
    else:
        return None
    before, after = (_rows(bits, file, contract, scratch) for bits in (content, fresh))
    return fresh if met == set(theirs) and before == after else None


def plain(cell: str) -> str:
    """A cell without what formats write differently: capitals, letters and digits only."""
    return re.sub(UNLIKE, "", cell.upper())


def plain_text(text: ir.StringValue) -> ir.StringValue:
    """`plain` for the engine."""
    return text.upper().re_replace(UNLIKE, "")


def _rows(content: bytes, file: str, contract: Table, scratch: Path) -> int:
    """How many rows a delivery has; none that can be read: -1."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / Path(file).name
        path.touch(mode=0o600)
        path.write_bytes(content)
        try:
            delivery = read.open_delivery(path, encoding_of(path), contract)
            taken: int = sum(table.num_rows for table in read.rows(delivery))
            return taken + len(delivery.malformed)
        except read.UnreadableError:
            return -1


def _lines(content: bytes, is_theirs: IsTheirs) -> bytes:
    """CSV of any delimiter and encoding that has its signs for line and cell in one byte each."""
    lines = re.split(rb"(\r\n|\n|\r)", content)
    return b"".join(_line(line, is_theirs) for line in lines)


def _line(line: bytes, is_theirs: IsTheirs) -> bytes:
    text = line.decode("utf-8", errors="replace")
    for delimiter in DELIMITERS:
        cells = next(reader([text], delimiter=delimiter), [])
        if len(cells) > 1 and is_theirs(cells):
            out = io.StringIO()
            marked = [MARK] + [""] * (len(cells) - 1)
            writer(out, delimiter=delimiter, lineterminator="").writerow(marked)
            return out.getvalue().encode()
    return line


def _unzst(content: bytes) -> bytes:
    packed = pa.CompressedInputStream(pa.BufferReader(content), "zstd")
    return bytes(packed.read())


def _zst(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as packed:
        packed.write(content)
    return bytes(out.getvalue())


def _parquet(content: bytes, is_theirs: IsTheirs) -> bytes:
    table = pq.read_table(pa.BufferReader(content))
    rows = table.to_pylist()
    theirs = [is_theirs([str(v) for v in row.values() if v is not None]) for row in rows]
    keep = pa.array([not gone for gone in theirs])
    columns = [pc.if_else(keep, column, pa.scalar(None, column.type)) for column in table.columns]
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, names=table.column_names), out)
    return bytes(out.getvalue())


def _workbook(content: bytes, is_theirs: IsTheirs) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            if is_theirs([str(cell.value) for cell in row if cell.value is not None]):
                for cell in row:
                    cell.value = None
                row[0].value = MARK
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
