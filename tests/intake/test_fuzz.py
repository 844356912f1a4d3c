"""Whatever comes: a clear refusal, or every row accounted for once. No crash, no hang, no loss."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.intake import arrivals, csv_reader, grid_headers, grids, pdf_tables, read
from pipelines.intake.refusals import REFUSALS

LISTS = contracts.sources()["pemulangan"]
CROSSINGS = contracts.sources()["perlintasan"]
OFTEN = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HEADER = ",".join(c.name for c in CROSSINGS.columns)
PIECES = st.sampled_from(
    ["A1", "A2", '"', '""', ",", ",,,", ";", "\n", "\r\n", "\r", "\x00", "=1+1", "é", "\u202e",
     "SITI", HEADER, HEADER.replace(",", ";"), "sep=;\n", "\t", "\x1a0", "1E+15", " ", "\ufeff",
     "," * (len(CROSSINGS.columns) - 1), '","' * 5]
)  # fmt: skip


def accounted(path: Path, contract: Any) -> None:
    [arrival] = arrivals.find(path.parent.parent, [path.parent.name])
    try:
        delivery = read.open_delivery(path, arrivals.fingerprint(arrival).encoding, contract)
        rows = [row for table in read.rows(delivery) for row in table.to_pylist()]
    except read.UnreadableError as error:
        known = error.reason in REFUSALS
        if not known:
            pytest.fail(f"{error.reason} is no closed reason")
        return
    numbers = [row["row_number"] for row in rows] + [m.row_number for m in delivery.malformed]
    assert len(numbers) == len(set(numbers)) == delivery.rows
    assert all(number > 0 for number in numbers)


@OFTEN
@given(pieces=st.lists(PIECES, max_size=60), has_header=st.booleans(), block=st.sampled_from(
    [256, 1 << 20]), codec=st.sampled_from(["utf-8", "latin-1", "utf-16", "cp1252"]))  # fmt: skip
def test_any_text(
    tmp_path: Path, pieces: list[str], has_header: bool, block: int, codec: str
) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    text = (HEADER + "\n" if has_header else "") + "".join(pieces)
    (folder / "a.csv").write_bytes(text.encode(codec, errors="replace"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_reader, "CSV_BLOCK", max(block, 4 * len(text)))
        accounted(folder / "a.csv", CROSSINGS)


@OFTEN
@given(content=st.binary(max_size=400), ending=st.sampled_from(
    ["csv", "csv.gz", "csv.zst", "parquet", "zip"]))  # fmt: skip
def test_any_bytes(tmp_path: Path, content: bytes, ending: str) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / f"a.{ending}").write_bytes(content)
    accounted(folder / f"a.{ending}", CROSSINGS)


@OFTEN
@given(members=st.lists(st.lists(PIECES, max_size=20), max_size=4))
def test_any_archive(tmp_path: Path, members: list[list[str]]) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for n, pieces in enumerate(members):
            packed.writestr(f"{n}.csv", HEADER + "\n" + "".join(pieces))
    (folder / "a.zip").write_bytes(out.getvalue())
    accounted(folder / "a.zip", CROSSINGS)


TITLES = ["No", "Nama", "L/P", "Umur", "Provinsi", "Negara", "Tanggal Tiba", "Titik", "Kategori"]
CELLS = st.sampled_from(
    [None, None, "1", "2", "3", "SITI", "L", "NTB", "Myanmar", "2025-09-01", "TOTAL", "Jumlah: 3",
     "(1)", "Negara: Myanmar", *TITLES]
)  # fmt: skip
LINE = st.one_of(st.just(list[str | None](TITLES)), st.lists(CELLS, max_size=10))
PAGE = st.lists(LINE, max_size=14)


@OFTEN
@given(pages=st.lists(PAGE, max_size=3), goes_on=st.booleans(), hidden=st.booleans())
def test_every_line_of_every_page_is_somewhere(
    pages: list[list[list[str | None]]], goes_on: bool, hidden: bool
) -> None:
    made = [
        grid_headers.Page(f"sheet {n}", lines, goes_on=goes_on, is_hidden=hidden and n == 1)
        for n, lines in enumerate(pages, start=1)
    ]
    found = grids.read(made, LISTS)
    said = [row.position for row in found.rows] + [bad.position for bad in found.apart]
    there = {*said, *found.used, *(line.rsplit(": ", 1)[0] for line in found.skipped)}
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


@OFTEN
@given(
    words=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 40)), max_size=60, unique=True),
    rules=st.lists(
        st.tuples(st.booleans(), st.integers(0, 80), st.integers(0, 80), st.integers(0, 80)),
        max_size=20,
    ),
)
def test_every_word_of_a_page_is_in_some_cell(
    words: list[tuple[int, int]], rules: list[tuple[bool, int, int, int]]
) -> None:
    placed = [
        pdf_tables.Word(f"w{n}", 9 * x, 12 * y, 9 * x + 8, 12 * y + 9)
        for n, (x, y) in enumerate(words)
    ]
    drawn = [pdf_tables.Rule(up, 9 * at, 9 * min(a, b), 9 * max(a, b)) for up, at, a, b in rules]
    lines, _ = pdf_tables.lines(placed, drawn)
    told = " ".join(cell for line in lines for cell in line if cell).split()
    assert sorted(told) == sorted(word.text for word in placed)
