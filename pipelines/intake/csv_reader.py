"""CSV: header, delimiter and encoding as they come; no line is lost to another."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines.contracts import Table
from pipelines.intake import grid_headers, grids, headers, lines
from pipelines.intake.arrivals import open_text
from pipelines.intake.delivery import Delivery, numbered, of_grid
from pipelines.intake.refusals import (
    COLUMNS,
    LINE_BYTES,
    MALFORMED,
    NO_HEADER,
    SET_APART,
    UNCLOSED_QUOTE,
    MalformedRow,
    UnreadableError,
)

DELIMITERS = ",;\t|"
HEADER_BYTES = 1 << 16
CSV_BLOCK = 1 << 22
GRID_BYTES = 16 << 20  # a CSV with titles above its header is not larger
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Excel 97 to 2003, XLSX and zip, gzip, Zstandard, PDF, Parquet
OTHERS = (
    b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"%PDF", b"PAR1",
)  # fmt: skip
TITLES = 60  # lines in which a header is looked for
# Below the header; an end of line to begin with is found several times faster than any word. What
# stands before the word stays on its line: else each of many empty rows would look at all others.
TOTAL = re.compile(rb'(?i)\n[ \t\r\f\v,;|"]*(?:sub\s*-?\s*|grand\s+)?(?:total|jumlah|jml)\b')


@dataclass(frozen=True)
class _Head:
    """The first line of a CSV as a header."""

    names: list[str]
    delimiter: str
    lines: int  # with the hint `sep=;` above it
    hits: int
    has_more: bool
    line: bytes  # as it stands in the file, in UTF-8


def read(path: Path, encoding: str, contract: Table) -> Delivery:
    _refuse_other_formats(path, encoding)
    head = _csv_head(path, encoding, contract)
    columns, unknown, missing = headers.match(head.names, contract)
    small = _small(path, encoding)
    has_more = small is not None and head.hits > 0 and _has_more_than_rows(small, head, contract)
    if small is not None and (missing or has_more):
        grid = _csv_grid(small, contract, encoding)
        if grid and len(grid.missing) < len(missing) + has_more:
            return grid
    if not head.hits:
        return _without_header(path, encoding, contract, head)
    delivery = Delivery(
        columns, unknown, missing, iter(()), is_mixed=encoding == "mixed", titles=head.names
    )
    if head.has_more:
        delivery.chunks = _csv_chunks(path, encoding, head, contract, delivery)
    return delivery


def _refuse_other_formats(path: Path, encoding: str) -> None:
    """What only its name makes a CSV would be quarantined line by line."""
    with _stream(path, encoding) as text:
        if lines.start(text, len(OTHERS[0])).startswith(OTHERS):
            raise UnreadableError("unreadable_file", "the file is no text")


def _small(path: Path, encoding: str) -> bytes | None:
    """A CSV as a whole; None where it is too large to be made by hand."""
    if path.stat().st_size > GRID_BYTES:
        return None
    with _stream(path, encoding) as text:
        raw = lines.start(text, GRID_BYTES + 1)
    return raw if len(raw) <= GRID_BYTES else None


def _has_more_than_rows(raw: bytes, head: _Head, contract: Table) -> bool:
    """Whether totals, empty rows or words below the table may stand among the rows."""
    if TOTAL.search(raw):
        return True
    if raw.count(head.line) > 1:
        return True  # its header comes again
    if not contract.is_keyed_by_file:
        return False  # nobody writes below an export; a line of it is a row, whatever it lacks
    if head.delimiter.encode() * max(1, len(head.names) - 1) in raw:
        return True
    last = raw.rstrip()[-LINE_BYTES:].replace(b"\r", b"\n").rsplit(b"\n", 1)[-1]
    return last.count(head.delimiter.encode()) < len(head.names) - 1


def _stream(path: Path, encoding: str) -> lines.Bounded | lines.Transcoded:
    """The bytes of a CSV, unpacked within bounds; UTF-16 as UTF-8."""
    bounded = lines.Bounded(open_text(path), path.stat().st_size)
    return lines.Transcoded(bounded) if encoding == "utf-16" else bounded


def _decoded(raw: bytes, encoding: str) -> str:
    codec = "utf-8" if encoding in ("utf-16", "mixed", "") else encoding
    return raw.decode(codec, errors="replace").removeprefix("\ufeff")


def _delimiter(line: str, words: frozenset[str]) -> str:
    """The delimiter that finds most words of the contract, or the most frequent one."""
    return max(DELIMITERS, key=lambda d: (_hits(line, d, words), line.count(d)))


def _csv_head(path: Path, encoding: str, contract: Table) -> _Head:
    """Column names, delimiter, and whether a line follows: Arrow refuses a header alone."""
    with _stream(path, encoding) as text:
        raw = lines.start(text, HEADER_BYTES)
    found = lines.split(_decoded(raw, encoding))
    if not any(line.strip() for line in found):
        raise UnreadableError("empty_file", "no header")
    if len(found) == 1 and len(raw) >= HEADER_BYTES:
        raise UnreadableError("line_too_long", "the first line goes on without an end")
    above = 0
    while above < len(found) and (not found[above].strip() or lines.is_hint(found[above])):
        above += 1
    if above == len(found):
        raise UnreadableError("empty_file", "no header")
    words = headers.known_words(contract)
    line, below = _header_line(found, above, words)
    best = _delimiter(line, words)
    names = [UNSEEN.sub("", " ".join(name.split())) for name in _cells(line, best)]
    if len(names) > COLUMNS:
        raise UnreadableError("too_wide", "the header has too many columns")
    has_more = any(line.strip() for line in found[below:]) or len(raw) >= HEADER_BYTES
    return _Head(_distinct(names), best, below, _hits(line, best, words), has_more, line.encode())


def _header_line(texts: list[str], at: int, words: frozenset[str]) -> tuple[str, int]:
    """The line at `at`, with those over which its quoted titles go on; where the next begins."""
    line = texts[at]
    for end in range(at + 1, min(at + lines.MOST_LINES, len(texts) - 1) + 1):
        if line.count('"') % 2 == 0:
            break
        line += "\n" + texts[end]
        if line.count('"') % 2 == 0 and _are_titles(line, _delimiter(line, words)):
            return line, end + 1
    return texts[at], at + 1


def _are_titles(text: str, delimiter: str) -> bool:
    """Whether lines are one row of titles, and not a quotation that swallowed what follows."""
    rows = _rows(text, delimiter)
    broken = [cell for cell in rows[0] if "\n" in cell] if len(rows) == 1 else []
    return bool(broken) and not any(
        len(cell) > headers.LONGEST or re.search(r"\d", cell) for cell in broken
    )


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []


def _cells(line: str, delimiter: str) -> list[str]:
    rows = _rows(line, delimiter)
    return rows[0] if rows else [line]


def _hits(line: str, delimiter: str, words: frozenset[str]) -> int:
    return sum(headers.canonical(cell) in words for cell in _cells(line, delimiter))


def _distinct(header: list[str]) -> list[str]:
    """Empty and repeated names made distinct, so that no column hides another."""
    names: list[str] = []
    for position, name in enumerate(header, start=1):
        names.append(name if name and name not in names else f"{name or 'column'}#{position}")
    return names


def _csv_chunks(
    path: Path, encoding: str, head: _Head, contract: Table, into: Delivery
) -> Iterator[pa.Table]:
    stream = _stream(path, encoding)
    mended = lines.Mended(stream, _mended_encoding(encoding), head.delimiter, len(head.names))
    mended.skip(head.lines)
    ragged: list[int] = []

    def set_aside(row: Any) -> str:
        ragged.append(row.number)
        original = mended.original(row.text)
        malformed = (
            MalformedRow(row.number, row.text)
            if original is None
            else MalformedRow(row.number, original, UNCLOSED_QUOTE)
        )
        into.malformed.append(malformed)
        return "skip" if len(into.malformed) <= SET_APART else "error"

    # Columns go by their place: a name may hold what Arrow does not take for one.
    places = [f"c{n}" for n in range(len(head.names))]
    named = {name: places[head.names.index(title)] for name, title in into.columns.items()}
    reader = pa_csv.open_csv(
        pa.PythonFile(mended, "r"),
        pa_csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK, column_names=places),
        pa_csv.ParseOptions(
            delimiter=head.delimiter, newlines_in_values=True, invalid_row_handler=set_aside
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    last = seen = 0
    for batch in reader:
        numbers, last = _row_numbers(last, batch.num_rows, ragged[seen:])
        seen = sum(1 for number in ragged if number <= last) if ragged else 0
        into.rows = last
        into.refuse_if_hopeless()
        yield numbered(pa.table(batch), named, contract, numbers)
    into.rows = max([last, *ragged[-1:]])


def _mended_encoding(encoding: str) -> str:
    return "utf-8" if encoding == "utf-16" else encoding


def _row_numbers(last: int, count: int, ragged: list[int]) -> tuple[Any, int]:
    """Numbers of the next `count` good rows after row `last`, leaving out the ragged ones."""
    bad = np.array([number for number in ragged if number > last], dtype=np.int64)
    numbers = np.arange(last + 1, last + 1 + count + len(bad), dtype=np.int64)
    good = numbers[~np.isin(numbers, bad)][:count]
    return good, int(good[-1]) if count else last


def _csv_grid(raw: bytes, contract: Table, encoding: str) -> Delivery | None:
    """A CSV with more in it than a header and rows: titles, totals, words below.

    None where no header is found in it.
    """
    texts = lines.split(_decoded(raw, encoding))
    words = headers.known_words(contract)
    for at in range(min(TITLES, len(texts))):
        line, below = _header_line(texts, at, words)
        delimiter = _delimiter(line, words)
        if _hits(line, delimiter, words) >= grid_headers.FEWEST:
            page = _page(texts, below, delimiter, len(_cells(line, delimiter)))
            delivery = of_grid(grids.read([page], contract), contract)
            delivery.is_mixed = encoding == "mixed"
            return delivery
    return None


def _page(texts: list[str], below: int, delimiter: str, width: int) -> grid_headers.Page:
    """Lines as one page; those after the header that have not its columns are broken."""
    raw = io.BytesIO("\n".join(texts).encode())
    mended = lines.Mended(raw, "utf-8", delimiter, width)
    whole = io.StringIO(mended.readall().decode(), newline="")
    reader = csv.reader(whole, delimiter=delimiter)
    page: list[grid_headers.Cells] = []
    broken: dict[int, tuple[str, str]] = {}
    for cells in reader:
        if not cells and reader.line_num > below:
            continue  # an empty line has no number
        original = mended.original(delimiter.join(cells))
        if original is not None:
            broken[len(page)] = UNCLOSED_QUOTE, original
        elif reader.line_num > below and len(cells) != width:
            broken[len(page)] = MALFORMED, delimiter.join(cells)
        page.append([original] if original is not None else [c.strip() or None for c in cells])
    return grid_headers.Page("line", page, broken=broken)


def _without_header(path: Path, encoding: str, contract: Table, head: _Head) -> Delivery:
    """Every line is a row that no column can be read from; the first is not lost as a header."""
    delivery = Delivery({}, [], headers.missing({}, contract), iter(()), titles=head.names)
    with _stream(path, encoding) as stream:
        for block in lines.whole(stream, _mended_encoding(encoding)):
            for line in lines.split(block.decode(errors="replace").removeprefix("\ufeff")):
                if line.strip():
                    delivery.rows += 1
                    delivery.malformed.append(MalformedRow(delivery.rows, line, NO_HEADER))
            delivery.refuse_if_hopeless()
    return delivery
