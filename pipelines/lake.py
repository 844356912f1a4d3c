"""The one place that opens DuckLake: tables in, tables out, snapshots.

The catalog is an encrypted DuckDB file and the Parquet files are encrypted; one process holds it
at a time. Tables are those of schemas/lake/, created on first use.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType

from pipelines import contracts, keys, settings
from pipelines.errors import PulangError

CATALOG = "lake"
EXTENSIONS = ("httpfs", "ducklake")


class LakeBusyError(PulangError):
    """Another process holds the embedded catalog."""


class LakeShutError(PulangError):
    """The key does not open the catalog."""


def exists(home: settings.Home) -> bool:
    """Whether a lake was ever created there."""
    return (home.lake / "catalog.duckdb").exists()


def _extension(name: str) -> Path:
    """The extension in its wheel. Loaded from there: installing it would need a home directory."""
    package = resources.files(f"duckdb_extension_{name}")
    version = f"v{duckdb.__version__}"
    return Path(str(package)) / "extensions" / version / f"{name}.duckdb_extension"


def _engine(now: settings.Settings, spills: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory engine; its spills are private and encrypted."""
    con = duckdb.connect(config={"temp_directory": str(spills)})
    for extension in EXTENSIONS:
        con.load_extension(str(_extension(extension)))
    con.execute("SET temp_file_encryption = true")
    con.execute("SET enable_progress_bar = false")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET memory_limit = ?", [now.memory_limit])
    if now.threads:
        con.execute("SET threads = ?", [now.threads])
    return con


def _attach(con: duckdb.DuckDBPyConnection, folder: Path, key: str, read_only: bool) -> None:
    options = [
        f"DATA_PATH '{folder / 'files'}/'",
        "OVERRIDE_DATA_PATH true",  # a home may be moved, or restored elsewhere
        "ENCRYPTED",
        "DATA_INLINING_ROW_LIMIT 0",
        f"META_ENCRYPTION_KEY '{key}'",
        *(["READ_ONLY"] if read_only else []),
    ]
    catalog = folder / "catalog.duckdb"
    try:
        con.execute(f"ATTACH 'ducklake:{catalog}' AS {CATALOG} ({', '.join(options)})")
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise LakeBusyError(f"another process holds {catalog}") from None
        raise LakeShutError(f"{catalog} cannot be opened with this key") from None


class Lake:
    """Tables of the lake as Ibis expressions, and the ways to write them."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Wrap a connection with the lake attached; use `open_lake`."""
        self.con = con
        self.ibis: Backend = ibis.duckdb.from_connection(con)
        self._scratch = 0

    def table(self, schema: str, name: str) -> ir.Table:
        """A lake table as it is now."""
        return self.ibis.table(name, database=(CATALOG, schema))

    def table_at(self, schema: str, name: str, snapshot_id: int) -> ir.Table:
        """A lake table as it was in a snapshot; the engine refuses one that was expired.

        Not for use inside a transaction, whose own rows it would show as well.
        """
        view = f"then_{schema}_{name}"
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS "  # noqa: S608
            f"SELECT * FROM {CATALOG}.{schema}.{name} AT (VERSION => {int(snapshot_id)})"
        )
        return self.ibis.table(view, database=("temp", "main"))

    def create_missing(self) -> None:
        """Create the tables and columns of the contracts that are not there yet."""
        for schema in sorted({schema for schema, _ in contracts.lake()}):
            self.con.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{schema}")
        there = self._columns()
        for (schema, name), table in contracts.lake().items():
            columns = ibis.schema(table.arrow_schema)
            if (schema, name) not in there:
                self.ibis.create_table(name, schema=columns, database=(CATALOG, schema))
                continue
            for column in columns:
                if column not in there[schema, name]:
                    kind = DuckDBType.to_string(columns[column])
                    self.con.execute(
                        f"ALTER TABLE {CATALOG}.{schema}.{name} ADD COLUMN {column} {kind}"
                    )

    def _columns(self) -> dict[tuple[str, str], list[str]]:
        """Columns of each table by (schema, name), in one look at the catalog."""
        found = self.con.execute(
            "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
            "WHERE database_name = ? GROUP BY ALL",
            [CATALOG],
        ).fetchall()
        return {(schema, name): columns for schema, name, columns in found}

    def insert(
        self, schema: str, name: str, rows: ir.Table | pa.Table | list[dict[str, Any]]
    ) -> None:
        """Append rows; columns and types are those of the contract, by name."""
        wanted = contracts.lake()[schema, name].arrow_schema
        if isinstance(rows, list):
            rows = pa.Table.from_pylist(rows, wanted)
        table = ibis.memtable(rows) if isinstance(rows, pa.Table) else rows
        types = ibis.schema(wanted)
        ordered = table.select(**{column: table[column].cast(types[column]) for column in types})
        self.ibis.insert(name, ordered, database=(CATALOG, schema))

    def replace(self, schema: str, name: str, rows: ir.Table | pa.Table) -> None:
        """Replace all rows of a table."""
        self.ibis.truncate_table(name, database=(CATALOG, schema))
        self.insert(schema, name, rows)

    def forget_night(self, schema: str, name: str, night_number: int) -> None:
        """Delete what a run that was killed had kept under the number of this one."""
        self.con.execute(
            f"DELETE FROM {CATALOG}.{schema}.{name} WHERE night_number = ?",  # noqa: S608
            [night_number],
        )

    def mark_superseded(self, name: str, losers: ir.Table) -> None:
        """Set `superseded_by` of the versions in `losers` (batch_id, row_number, superseded_by)."""
        lost = self.scratch(losers)
        self.con.execute(
            f"UPDATE {CATALOG}.records.{name} AS r SET superseded_by = s.superseded_by "  # noqa: S608
            f"FROM {lost.op().name} AS s "
            "WHERE r.batch_id = s.batch_id AND r.row_number = s.row_number"
        )
        self.drop_scratch(lost)

    def scratch(self, rows: ir.Table) -> ir.Table:
        """Work out an expression once, for this connection only; dropped with it."""
        self._scratch += 1
        return self.ibis.create_table(f"scratch_{self._scratch}", rows, temp=True)

    def aside(self, stage: Callable[[ir.Table], ir.Table]) -> Callable[[pa.Table], pa.Table]:
        """A stage on Arrow rows by a connection of its own, so that another thread may run it."""
        backend = ibis.duckdb.from_connection(self.con.cursor())

        def run(rows: pa.Table) -> pa.Table:
            backend.con.register("delivered", rows)
            try:
                wanted = backend.compile(stage(backend.table("delivered")))
                return backend.con.execute(wanted).to_arrow_table()
            finally:
                backend.con.unregister("delivered")

        return run

    def drop_scratch(self, *tables: ir.Table) -> None:
        """Give the memory of scratch tables back."""
        for table in tables:
            self.ibis.drop_table(table.op().name, database=("temp", "main"))

    @contextmanager
    def scratchpad(self) -> Iterator[Callable[[ir.Table], ir.Table]]:
        """`scratch` for one piece of work; all that it made is dropped at the end."""
        made: list[ir.Table] = []

        def hold(rows: ir.Table) -> ir.Table:
            made.append(self.scratch(rows))
            return made[-1]

        try:
            yield hold
        finally:
            self.drop_scratch(*made)

    @contextmanager
    def delivered(self, rows: pa.Table | pa.RecordBatchReader) -> Iterator[ir.Table]:
        """Arrow rows as a table of the engine, without copying them.

        A transaction holds them until its end; give a long one a reader, which holds nothing.
        """
        self.con.register("delivered", rows)
        try:
            yield self.ibis.table("delivered")
        finally:
            self.con.unregister("delivered")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.con.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.con.execute("ROLLBACK")
            raise
        self.con.execute("COMMIT")

    @property
    def snapshot_id(self) -> int:
        """The newest snapshot of the lake."""
        found: Any = self.con.execute(
            f"SELECT max(snapshot_id) FROM ducklake_snapshots('{CATALOG}')"  # noqa: S608
        ).fetchone()
        return int(found[0])


@contextmanager
def open_lake(now: settings.Settings, secret: keys.Keys, read_only: bool = False) -> Iterator[Lake]:
    """The lake of a home, created on first use; raises LakeBusyError or LakeShutError."""
    now.home.lake.mkdir(parents=True, exist_ok=True, mode=0o700)
    now.home.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
    spills = Path(tempfile.mkdtemp(dir=now.home.temporary))
    con = _engine(now, spills)
    try:
        _attach(con, now.home.lake, secret.derive("lake catalog"), read_only)
        _clear(now.home.temporary, spills)
        lake = Lake(con)
        if not read_only:
            lake.create_missing()
        yield lake
    finally:
        con.close()
        shutil.rmtree(spills, ignore_errors=True)


def _clear(temporary: Path, spills: Path) -> None:
    """Remove what a killed process left behind; whoever holds the catalog is alone."""
    for left in temporary.iterdir():
        if left.is_dir() and left != spills:
            shutil.rmtree(left, ignore_errors=True)
        elif left.is_file():
            left.unlink(missing_ok=True)
