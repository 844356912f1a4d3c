"""The digest of a published file: what it says and nothing else."""

from pathlib import Path

import duckdb
import pytest

from pipelines import contracts
from pipelines.publish.digest import digests
from tests.story import Told

ROWS = "(1, 'PERTAMA', 0.5), (2, NULL, 0.25), (2, NULL, 0.25)"


def written(path: Path, rows: str = "", types: str = "a BIGINT, b VARCHAR, c DOUBLE") -> str:
    with duckdb.connect(str(path)) as con:
        con.execute(f"CREATE TABLE t ({types})")
        if rows:
            con.execute(f"INSERT INTO t VALUES {rows}")  # noqa: S608
    return digests(path)["t"]


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    other = "(2, NULL, 0.25), (1, 'PERTAMA', 0.5), (2, NULL, 0.25)"
    assert written(tmp_path / "a", ROWS) == written(tmp_path / "b", other)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.replace("0.5", "0.5000000000000001"),
        ROWS.replace("NULL", "''", 1),
        ROWS.replace("NULL", "'NULL'", 1),
        ROWS.replace("PERTAMA", "KEDUA"),
        "(1, 'PERTAMA', 0.5), (2, NULL, 0.25)",
    ],
    ids=["last digit", "empty for missing", "text for missing", "other text", "a row less"],
)
def test_every_value_matters(tmp_path: Path, rows: str) -> None:
    assert written(tmp_path / "a", ROWS) != written(tmp_path / "b", rows)


@pytest.mark.parametrize(
    "types", ["a BIGINT, b VARCHAR, d DOUBLE", "a INTEGER, b VARCHAR, c DOUBLE"]
)
def test_names_and_types_matter_where_no_row_is(tmp_path: Path, types: str) -> None:
    assert written(tmp_path / "a") != written(tmp_path / "b", types=types)


def test_every_published_table_has_one(told: Told) -> None:
    found = digests(told.home.warehouse)
    assert set(found) == set(contracts.marts())
    assert found == digests(told.home.warehouse)


def test_how_often_somebody_looked_is_no_content(told: Told, tmp_path: Path) -> None:
    copy = tmp_path / "pulang.duckdb"
    copy.write_bytes(told.home.warehouse.read_bytes())
    with duckdb.connect(str(copy)) as con:
        con.execute("UPDATE nights SET log_entries = log_entries + 1")
    assert digests(copy) == digests(told.home.warehouse)
