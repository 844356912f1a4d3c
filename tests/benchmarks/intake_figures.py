"""How long the intake of single deliveries takes: the stage of a night, from landing/ to the lake.

    python tests/benchmarks/intake_figures.py [--runs 3]

Four files that hold what the aims of intake speak of, made here of invented people: a day of 60,000
crossings as CSV, a list of 5,000 rows as XLSX and as ODS, and one over 50 pages of PDF, ruled and
not. Every one is taken in by a home of its own whose lake is there, after a file of one row. Prints
seconds of wall clock (the stage, and with opening the lake) and of CPU (with opening, and those of
the readers' own processes), beside the CPU of a file of two rows, and stops where a row is missing.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from pipelines import keys, night
from pipelines.lake import open_lake
from tests import papers
from tests.cases.deliveries import people, writers

NIGHT = date(2025, 9, 2)
LONG_AGO = 1_756_684_800  # a file that nobody is writing to any more
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=7, leading=8)
WIDTHS = [30, 120, 26, 60, 70, 80, 60, 60, 60, 60, 60]
ROWS_PER_PAGE = 24


@dataclass(frozen=True)
class Case:
    """A delivery, what makes it, and within how many seconds it should be taken in."""

    name: str
    file: str
    rows: int
    aim: float
    make: Callable[[int], bytes]


def crossings(rows: int) -> bytes:
    """A day of crossings as CSV."""
    made = (papers.crossing(f"A{n}", nomor_dokumen=f"C{n:07}", nama_lengkap=people.name(n))
            for n in range(1, rows + 1))  # fmt: skip
    return papers.csv_text(list(made)).encode()


def sheet(writer: Callable[[writers.Sheet], bytes]) -> Callable[[int], bytes]:
    """A list as a workbook, with titles above and signatures below."""

    def make(rows: int) -> bytes:
        lines = [*people.TITLE, people.TITLES, *people.people(1, rows), *people.SIGNED]
        return writer(writers.Sheet(lines))

    return make


def pdf(is_ruled: bool) -> Callable[[int], bytes]:
    """A list as a document whose header comes again on every page."""

    def make(rows: int) -> bytes:
        lines = [people.TITLES, *people.words_only(people.people(1, rows))]
        cells = [[Paragraph(cell, CELL) for cell in line] for line in lines]
        style = [("VALIGN", (0, 0), (-1, -1), "TOP")]
        grid = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if is_ruled else []
        with tempfile.NamedTemporaryFile(suffix=".pdf") as out:
            document = SimpleDocTemplate(out.name, pagesize=landscape(A4), title="Daftar")
            table = Table(cells, WIDTHS, repeatRows=1, style=TableStyle([*style, *grid]))
            document.build([table])
            return Path(out.name).read_bytes()

    return make


CASES = (
    Case("60,000 crossings, CSV", "perlintasan/hari.csv", 60_000, 3, crossings),
    Case("5,000 rows, XLSX", "pemulangan/daftar.xlsx", 5_000, 2, sheet(writers.xlsx)),
    Case("5,000 rows, ODS", "pemulangan/daftar.ods", 5_000, 2, sheet(writers.ods)),
    Case("50 pages ruled, PDF", "pemulangan/daftar.pdf", 50 * ROWS_PER_PAGE, 30, pdf(True)),
    Case("50 pages by white, PDF", "pemulangan/daftar.pdf", 50 * ROWS_PER_PAGE, 30, pdf(False)),
)


def timed(case: Case) -> dict[str, Any]:
    """One intake; raises AssertionError where a row was not accepted."""
    with tempfile.TemporaryDirectory() as folder:
        now = papers.home(Path(folder))
        file = now.home.landing / case.file
        first = file.with_stem("sebelum")
        _land(first, case.make(1))
        night.run_stage(now, NIGHT, "intake")
        _land(file.with_stem("kecil"), case.make(2))
        before = _cpu()
        night.run_stage(now, NIGHT, "intake")
        of_two_rows = _cpu() - before
        _land(file, case.make(case.rows))
        before = _cpu()
        start = time.perf_counter()
        stage = night.run_stage(now, NIGHT, "intake")
        whole = time.perf_counter() - start
        _all_accepted(now, case)
        return {"seconds": stage.seconds, "with_opening": whole, "cpu": _cpu() - before,
                "cpu_of_two_rows": of_two_rows}  # fmt: skip


def _land(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (LONG_AGO, LONG_AGO))


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def _all_accepted(now: Any, case: Case) -> None:
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake:
        rows = lake.table("ops", "batches").to_pyarrow().to_pylist()
    [batch] = [row for row in rows if row["file"] == Path(case.file).name]
    assert (batch["rows"], batch["quarantined"]) == (case.rows, 0), batch


def main() -> Iterator[dict[str, Any]]:
    """The figures of every case, the quickest of its runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    for case in CASES:
        best = min((timed(case) for _ in range(runs)), key=lambda found: found["seconds"])
        yield {"case": case.name, "aim": case.aim} | {k: round(v, 2) for k, v in best.items()}


if __name__ == "__main__":
    for told in main():
        print(json.dumps(told), flush=True)
