"""A small nation, simulated once, and its files read back as plain rows."""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.simulate import Summary, simulate

Row = dict[str, object]


@dataclass(frozen=True)
class Simulated:
    """The folder of a nation, what `simulate` said of it, and its rows by source and file."""

    path: Path
    summary: Summary
    rows: dict[str, dict[str, list[Row]]]

    def truth(self, table: str) -> list[Row]:
        return pq.read_table(self.path / "truth" / f"{table}.parquet").to_pylist()

    def all(self, source: str) -> Iterator[tuple[str, int, Row]]:
        """File, row number from 1, and row; resent files left out."""
        for file, rows in sorted(self.rows[source].items()):
            if "kirim_ulang" not in file:
                for number, row in enumerate(rows, start=1):
                    yield file, number, row


def read_rows(path: Path) -> list[Row]:
    """The rows of one delivery as a careful clerk would read them."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".xlsx":
        header, *lines = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [dict(zip(header, line, strict=True)) for line in lines]
    return _read_csv(content(path))


def content(path: Path) -> bytes:
    """The bytes of a CSV, unpacked."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return pa.CompressedInputStream(str(path), "zstd").read()
    return path.read_bytes()


def _read_csv(raw: bytes) -> list[Row]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    separator = ";" if ";" in text.split("\n", 1)[0] else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=separator)
    return [{name: value or None for name, value in row.items()} for row in rows]


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    path = tmp_path_factory.mktemp("nation")
    summary = simulate(path, 0.01, 7)
    landing = path / "landing"
    rows = {
        folder.name: {file.name: read_rows(file) for file in sorted(folder.iterdir())}
        for folder in sorted(landing.iterdir())
    }
    return Simulated(path, summary, rows)
