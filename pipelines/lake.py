"""The one place that opens DuckLake: tables in, tables out, snapshots.

The Parquet files are encrypted, and so is the catalog (catalog.py). Tables are those of
schemas/lake/, created on first use.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from pipelines import contracts, keys, settings, spills, statements
from pipelines.catalog import (
    CATALOG,
    LakeBusyError,
    LakeShutError,
    attach,
    exists,
    set_format,
    writing,
)
from pipelines.statements import Hold

__all__ = [
    "CATALOG",
    "Change",
    "Door",
    "Lake",
    "LakeBusyError",
    "LakeShutError",
    "exists",
    "open_lake",
    "open_to_note",
    "rows_of",
]
SMALL_FILE = 32 * 1024**2  # bytes; larger ones are not rewritten for a night's few rows
ACCESS_LOG = ("ops", "access_log")
A_LITTLE = 10.0  # seconds
EXTENSIONS = ("httpfs", "ducklake")


def _extension(name: str) -> Path:
    """The extension in its wheel. Loaded from there: installing it would need a home directory."""
    package = resources.files(f"duckdb_extension_{name}")
    version = f"v{duckdb.__version__}"
    return Path(str(package)) / "extensions" / version / f"{name}.duckdb_extension"


def _engine(now: settings.Settings, spills: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory engine; its spills are private and encrypted."""
    con = duckdb.connect(config={"temp_directory": str(spills)})
    for extension in (*EXTENSIONS, *(["postgres_scanner"] if now.catalog else [])):
        con.load_extension(str(_extension(extension)))
    con.execute("SET temp_file_encryption = true")
    con.execute("SET enable_progress_bar = false")
    con.execute("SET preserve_insertion_order = false")
    # The system keeps what it read of a local file; a second copy took a fourteenth of a night.
    con.execute("SET enable_external_file_cache = false")
    con.execute("SET memory_limit = ?", [now.memory_limit])
    if now.threads:
        con.execute("SET threads = ?", [now.threads])
    return con


@dataclass(frozen=True)
class Change:
    """What makes a table another: the rows that go, by their keys (None: all), and that come."""

    schema: str
    name: str
    gone: ir.Table | None
    came: ir.Table


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small table, one dictionary each."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


class Lake:
    """Tables of the lake as Ibis expressions, and the ways to write them."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Wrap a connection with the lake attached; use `open_lake`."""
        self.con = con
        # The engine merges nested selects itself; doing it before took a tenth of a small night.
        ibis.options.sql.fuse_selects = False
        self.ibis: Backend = ibis.duckdb.from_connection(con)
        self._scratch = 0
        self._there: dict[tuple[str, str], list[str]] | None = None  # once asked for

    def table(self, schema: str, name: str) -> ir.Table:
        """A lake table as it is now, with those columns of its contract that are there."""
        if self._there is None:
            self._there = self._columns()
        there = self._there.get((schema, name), [])
        contract = statements.columns_of(contracts.lake()[schema, name])
        columns = {column: kind for column, kind in contract.items() if column in there}
        return statements.known(self.ibis, name, ibis.schema(columns), (CATALOG, schema))

    def table_if_there(self, schema: str, name: str) -> ir.Table:
        """A lake table as it is now; empty where the lake was written by a version without."""
        if name in self.ibis.list_tables(database=(CATALOG, schema)):
            return self.table(schema, name)
        return ibis.memtable(contracts.lake()[schema, name].arrow_schema.empty_table())

    def table_at(self, schema: str, name: str, snapshot_id: int) -> ir.Table:
        """A lake table as it was in a snapshot, empty where it was not there yet; the engine
        refuses a snapshot that was expired.

        Not for use inside a transaction, whose own rows it would show as well.
        """
        view = f"then_{schema}_{name}"
        try:
            self.con.execute(
                f"CREATE OR REPLACE TEMP VIEW {view} AS "  # noqa: S608
                f"SELECT * FROM {CATALOG}.{schema}.{name} AT (VERSION => {int(snapshot_id)})"
            )
        except duckdb.CatalogException:
            return self.table_if_there(schema, name).limit(0)
        return self.ibis.table(view, database=statements.TEMPORARY)

    def create_missing(self, *names: tuple[str, str]) -> None:
        """Create the tables and columns of the contracts that are not there; all, or `names`."""
        wanted = {name: contracts.lake()[name] for name in names or contracts.lake()}
        there = self._columns()
        missing = {name: table for name, table in wanted.items() if name not in there}
        with self.transaction():
            for schema in sorted({schema for schema, _ in missing}):
                self.con.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{schema}")
            for (schema, name), table in missing.items():
                made = statements.columns_of(table)
                self.ibis.create_table(name, schema=made, database=(CATALOG, schema))
            for (schema, name), columns in there.items():
                if (schema, name) in wanted:
                    self._add_missing(schema, name, columns)
        self._there = None

    def _add_missing(self, schema: str, name: str, there: list[str]) -> None:
        """Add the columns of the contract to a table that an earlier version has written."""
        for column, kind in statements.columns_of(contracts.lake()[schema, name]).items():
            if column not in there:
                self.con.execute(
                    f"ALTER TABLE {CATALOG}.{schema}.{name} "
                    f"ADD COLUMN {column} {statements.type_of(kind)}"
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
        if isinstance(rows, list):
            rows = pa.Table.from_pylist(rows, contracts.lake()[schema, name].arrow_schema)
        table = ibis.memtable(rows) if isinstance(rows, pa.Table) else rows
        ordered = statements.as_contracted(table, contracts.lake()[schema, name])
        statements.insert(self.ibis, name, ordered, (CATALOG, schema))

    def replace(self, schema: str, name: str, rows: ir.Table | pa.Table) -> None:
        """Replace all rows of a table."""
        self.clear(schema, name)
        self.insert(schema, name, rows)

    def put(self, schema: str, name: str, fresh: ir.Table, old: ir.Table | None) -> None:
        """Put the rows `fresh` in the place of `old`: `change` and `make` in one."""
        with self.scratchpad() as hold:
            self.make(self.change(hold, schema, name, fresh, old))

    def change(
        self, hold: Hold, schema: str, name: str, fresh: ir.Table, old: ir.Table | None
    ) -> Change:
        """What puts the rows `fresh` in the place of `old`, rows of the table; of all where none
        given.

        Rows that are the same stay untouched. They are told apart by the keys of the contract,
        which must be unique. To be worked out before the transaction that makes it: what was held
        within an open one is read several times slower.
        """
        if old is None:
            return Change(schema, name, None, fresh)
        contract = contracts.lake()[schema, name]
        was, now = (hold(statements.as_contracted(rows, contract)) for rows in (old, fresh))
        gone = hold(was.difference(now, distinct=False).select(*contract.keys))
        return Change(schema, name, gone, now.difference(was, distinct=False))

    def make(self, change: Change) -> None:
        """Delete the rows that go and append those that come."""
        schema, name = change.schema, change.name
        if change.gone is None:
            self.replace(schema, name, change.came)
            return
        self._delete(schema, name, change.gone, change.gone.columns)
        self.insert(schema, name, change.came)

    def clear(self, schema: str, name: str) -> None:
        """Delete all rows of a table."""
        self.ibis.truncate_table(name, database=(CATALOG, schema))

    def remove_unnamed(self, schema: str, name: str, column: str) -> None:
        """Delete the rows of a table that have nothing in `column`."""
        self.con.execute(f'DELETE FROM {CATALOG}.{schema}.{name} WHERE "{column}" IS NULL')  # noqa: S608

    def remove(self, schema: str, name: str, column: str, values: ir.Table) -> None:
        """Delete the rows of a table whose `column` is among `values`, a table of that column."""
        with self.scratchpad() as hold:
            self._delete(schema, name, hold(values.select(column).distinct()), [column])

    def _delete(self, schema: str, name: str, gone: ir.Table, columns: Sequence[str]) -> None:
        """Delete the rows that are as a row of the scratch table `gone` in `columns`."""
        same = " AND ".join(f't."{column}" = gone."{column}"' for column in columns)
        self.con.execute(
            f"DELETE FROM {CATALOG}.{schema}.{name} AS t "  # noqa: S608
            f"USING {gone.op().name} AS gone WHERE {same}"
        )

    def changed(self, schema: str, name: str, since: int) -> ir.Table:
        """Rows of a table that came or went after a snapshot, both as they were and as they are.

        The columns are those of the table and `is_now`: whether the row came, or went. Nothing of
        an open transaction is among them.
        """
        view, last = f"changed_{schema}_{name}", self.snapshot_id
        columns = self.table(schema, name).schema()
        listed = ", ".join(f'"{column}"' for column in columns)
        is_now, rows = "true", f"{CATALOG}.{schema}.{name} LIMIT 0"
        if last > since:
            is_now = "change_type IN ('insert', 'update_postimage')"
            rows = f"ducklake_table_changes('{CATALOG}', '{schema}', '{name}', {since + 1}, {last})"
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS "  # noqa: S608
            f"SELECT {listed}, {is_now} AS is_now FROM {rows}"
        )
        told = ibis.schema({**columns, "is_now": "boolean"})
        return statements.known(self.ibis, view, told, statements.TEMPORARY)

    @property
    def oldest_snapshot_id(self) -> int:
        """The oldest snapshot that was not expired."""
        return self._snapshot("min")

    def expire_before(self, snapshot_id: int) -> int:
        """Forget older snapshots and delete the files that only they needed; gives how many."""
        found = self.con.execute(
            f"SELECT snapshot_id FROM ducklake_snapshots('{CATALOG}') WHERE snapshot_id < ?",  # noqa: S608
            [snapshot_id],
        ).fetchall()
        old = [number for (number,) in found]
        if old:
            self.con.execute(f"CALL ducklake_expire_snapshots('{CATALOG}', versions => ?)", [old])
        self.con.execute(f"CALL ducklake_cleanup_old_files('{CATALOG}', cleanup_all => true)")
        return len(old)

    def compact(self) -> None:
        """Delete what killed runs left in the files' folder, and join small files of nights.

        Snapshots and what changed between them stay as they are. Only for the one writer.
        """
        self.con.execute(f"CALL ducklake_delete_orphaned_files('{CATALOG}', cleanup_all => true)")
        self.con.execute(
            f"CALL ducklake_merge_adjacent_files('{CATALOG}', max_file_size => {SMALL_FILE})"
        )
        self.con.execute(f"CALL ducklake_cleanup_old_files('{CATALOG}', cleanup_all => true)")

    def forget_night(self, schema: str, name: str, night_number: int) -> None:
        """Delete what a run that was killed had kept under the number of this one."""
        self.con.execute(
            f"DELETE FROM {CATALOG}.{schema}.{name} WHERE night_number = ?",  # noqa: S608
            [night_number],
        )

    def mark_superseded(self, name: str, losers: ir.Table) -> list[str]:
        """Set `superseded_by` of the versions in `losers` (see `supersede.losers`); gives their
        batches.

        Of the files only those are read that hold records received when one of them was.
        """
        with self.scratchpad() as hold:
            lost = hold(losers)
            received, batch = lost.received_at, lost.batch_id
            [told] = rows_of(
                lost.agg(
                    first=received.min(), last=received.max(), batches=batch.collect(distinct=True)
                )
            )
            if told["first"] is None:
                return []  # even an update of nothing reads the whole table
            self.con.execute(
                f"UPDATE {CATALOG}.records.{name} AS r SET superseded_by = s.superseded_by "  # noqa: S608
                f"FROM {lost.op().name} AS s "
                "WHERE r.batch_id = s.batch_id AND r.row_number = s.row_number "
                "AND r.received_at BETWEEN ? AND ?",
                [told["first"], told["last"]],
            )
            return list(told["batches"])

    def scratch(self, rows: ir.Table) -> ir.Table:
        """Work out an expression once, for this connection only; dropped with it."""
        self._scratch += 1
        return statements.create(self.ibis, f"scratch_{self._scratch}", rows)

    def aside(self, stage: Callable[[ir.Table], ir.Table]) -> Callable[[pa.Table], pa.Table]:
        """A stage on Arrow rows by a connection of its own, so that another thread may run it."""
        backend = ibis.duckdb.from_connection(self.con.cursor())
        compiled: dict[pa.Schema, str] = {}

        def run(rows: pa.Table) -> pa.Table:
            backend.con.register("delivered", rows)
            try:
                if rows.schema not in compiled:
                    wanted = stage(backend.table("delivered"))
                    compiled[rows.schema] = backend.compile(wanted)
                return backend.con.sql(compiled[rows.schema]).to_arrow_table()  # on all cores
            finally:
                backend.con.unregister("delivered")

        return run

    def drop_scratch(self, *tables: ir.Table) -> None:
        """Give the memory of scratch tables back."""
        for table in tables:
            self.ibis.drop_table(table.op().name, database=statements.TEMPORARY)

    @contextmanager
    def scratchpad(self) -> Iterator[Hold]:
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
        return self._snapshot("max")

    def _snapshot(self, which: str) -> int:
        found: Any = self.con.execute(
            f"SELECT {which}(snapshot_id) FROM ducklake_snapshots('{CATALOG}')"  # noqa: S608
        ).fetchone()
        return int(found[0])


@contextmanager
def open_to_note(now: settings.Settings, secret: keys.Keys) -> Iterator[Lake]:
    """The lake for one who looks and enters that in the access log; a night over PostgreSQL may
    run meanwhile, one over an embedded catalog is waited for a little.

    Raises LakeBusyError or LakeShutError.
    """
    patient = replace(now, wait=max(now.wait, A_LITTLE))
    alone = nullcontext() if now.catalog else writing(patient)
    with alone, _attached(now, secret) as lake:
        lake.create_missing(ACCESS_LOG)
        yield lake


@contextmanager
def _attached(now: settings.Settings, secret: keys.Keys, read_only: bool = False) -> Iterator[Lake]:
    with engine(now) as con:
        attach(con, now, secret, read_only)
        yield Lake(con)


@contextmanager
def engine(now: settings.Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with nothing attached; what it spills is gone at the end."""
    with spills.folder(now.home.temporary) as spilled:
        con = _engine(now, spilled)
        try:
            yield con
        finally:
            con.close()


@contextmanager
def open_lake(now: settings.Settings, secret: keys.Keys, read_only: bool = False) -> Iterator[Lake]:
    """The lake of a home, created on first use; raises LakeBusyError or LakeShutError."""
    now.home.lake.mkdir(parents=True, exist_ok=True, mode=0o700)
    alone = nullcontext() if read_only else writing(now)
    with alone, _attached(now, secret, read_only) as lake:
        if not read_only:
            spills.clear(now.home.temporary)
            set_format(lake.con)
            lake.create_missing()
        yield lake


# A way to open the lake: `open_lake`, or `open_to_note`.
Door = Callable[[settings.Settings, keys.Keys], AbstractContextManager[Lake]]
