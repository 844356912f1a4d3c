"""The conservation law as an oracle: whatever comes is refused in a closed word, or accounted for.

And the pieces of which files are made that nobody would send.
"""

import re
from pathlib import Path
from typing import Any

from pipelines import contracts
from pipelines.intake import arrivals, grid_headers, grids, pdf_tables, read
from pipelines.intake.refusals import REFUSALS

LISTS = contracts.sources()["pemulangan"]
CROSSINGS = contracts.sources()["perlintasan"]
HEADER = ",".join(c.name for c in CROSSINGS.columns)
PIECES = (
    "A1", "A2", '"', '""', ",", ",,,", ";", "\n", "\r\n", "\r", "\x00", "=1+1", "é", "\u202e",
    "SITI", HEADER, HEADER.replace(",", ";"), "sep=;\n", "\t", "\x1a0", "1E+15", " ", "\ufeff",
    "," * (len(CROSSINGS.columns) - 1), '","' * 5,
)  # fmt: skip
CODECS = ("utf-8", "latin-1", "utf-16", "cp1252")
TITLES = ("No", "Nama", "L/P", "Umur", "Provinsi", "Negara", "Tanggal Tiba", "Titik", "Kategori")
CELLS = (
    None, None, "1", "2", "3", "SITI", "L", "NTB", "Myanmar", "2025-09-01", "TOTAL", "Jumlah: 3",
    "(1)", "Negara: Myanmar", *TITLES,
)  # fmt: skip
Lines = list[list[str | None]]


def accounted(path: Path, contract: Any) -> str:
    """Every row of a file has one number of its own, and none is lost; gives how it ended."""
    [arrival] = arrivals.find(path.parent.parent, [path.parent.name])
    try:
        delivery = read.open_delivery(path, arrivals.fingerprint(arrival).encoding, contract)
        rows = [row for table in read.rows(delivery) for row in table.to_pylist()]
    except read.UnreadableError as error:
        REFUSALS[error.reason]  # a KeyError: not a closed word
        return error.reason
    numbers = [row["row_number"] for row in rows] + [m.row_number for m in delivery.malformed]
    assert len(numbers) == len(set(numbers)) == delivery.rows
    assert all(number > 0 for number in numbers)
    return "read"


def pages_accounted(pages: list[Lines], goes_on: bool, hidden: bool) -> None:
    """Every filled line of every page is a row, part of one, set apart, or listed as skipped."""
    made = [
        grid_headers.Page(f"sheet {n}", lines, goes_on=goes_on, is_hidden=hidden and n == 1)
        for n, lines in enumerate(pages, start=1)
    ]
    found = grids.read(made, LISTS)
    said = [row.position for row in found.rows] + [bad.position for bad in found.apart]
    there = {*said, *found.used, *(line.rsplit(": ", 1)[0] for line in found.skipped)}
    there |= {re.sub(r" table \d+", "", where) for where in there}  # tables beside each other
    full = {
        f"sheet {n} row {m}"
        for n, lines in enumerate(pages, start=1)
        for m, line in enumerate(lines, start=1)
        if any(line)
    }
    assert full <= there
    assert len(said) == len(set(said))
    numbers = [row.row_number for row in found.rows] + [bad.row_number for bad in found.apart]
    assert len(numbers) == len(set(numbers))


def words_accounted(words: list[tuple[int, int]], rules: list[tuple[bool, int, int, int]]) -> None:
    """Every word of a page of a PDF is in some cell, once."""
    placed = [
        pdf_tables.Word(f"w{n}", 9 * x, 12 * y, 9 * x + 8, 12 * y + 9)
        for n, (x, y) in enumerate(words)
    ]
    drawn = [pdf_tables.Rule(up, 9 * at, 9 * min(a, b), 9 * max(a, b)) for up, at, a, b in rules]
    lines, _ = pdf_tables.lines(placed, drawn)
    told = " ".join(cell for line in lines for cell in line if cell).split()
    assert sorted(told) == sorted(word.text for word in placed)
