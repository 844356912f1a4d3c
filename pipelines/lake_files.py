"""The lake's data files written anew, each under a fresh key, in every snapshot at once.

DuckLake never changes a file: what was deleted stays readable in older snapshots. Here files are
read and written again, row for row in its order, and the catalog told where it lies now, so that
snapshots, row numbers and the change feed stay as they were. Rows that `blank` names are written
empty. This is the one place that writes the catalog's own tables; only for the one writer.
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines import keys, settings
from pipelines.catalog import FORMAT, PURPOSE, attach_tables, file_of
from pipelines.lake import engine

META = "meta"
VACUUM = "VACUUM (FULL, ANALYZE)"  # statistics quote values too
# Bounds of a column, which may be somebody's own, give way to ones that say nothing. Without any,
# those of the next insert count for all, and older rows are sorted and filtered wrongly.
# Dates and numbers keep theirs: the engine answers min and max of a column from them.
WIDEST = {"varchar": ("", "\U0010ffff")}
WIDEN = """
    UPDATE meta.ducklake_table_column_stats SET min_value = ?, max_value = ?
    WHERE min_value IS NOT NULL AND (table_id, column_id) IN (
        SELECT (table_id, column_id) FROM meta.ducklake_column WHERE lower(column_type) = ?)
"""
# Field numbers of DuckLake's own columns, which it finds by number and not by name.
OWN = {
    "_ducklake_internal_row_id": 2147483540, "_ducklake_internal_snapshot_id": 2147483539,
    "file_path": 2147483546, "pos": 2147483545,
}  # fmt: skip
KEPT = ("batch_id", "row_number", *OWN)  # of a row that is blanked
# Names (schema, table) and gives the condition on the rows to be blanked; None where on none.
Blank = Callable[[str, str], str | None]

DATA = """
    SELECT 'data' AS kind, f.data_file_id AS id, f.table_id, f.begin_snapshot, f.path,
           f.encryption_key, t.path AS table_path, s.path AS schema_path, s.schema_name,
           t.table_name
    FROM meta.ducklake_data_file f JOIN meta.ducklake_table t USING (table_id)
    JOIN meta.ducklake_schema s USING (schema_id) WHERE f.path_is_relative
    UNION ALL
    SELECT 'delete', f.delete_file_id, f.table_id, f.begin_snapshot, f.path, f.encryption_key,
           t.path, s.path, s.schema_name, t.table_name
    FROM meta.ducklake_delete_file f JOIN meta.ducklake_table t USING (table_id)
    JOIN meta.ducklake_schema s USING (schema_id) WHERE f.path_is_relative
    ORDER BY ALL
"""


@dataclass(frozen=True)
class File:
    """A data or delete file of the catalog, and the folder that it lies in."""

    kind: str
    id: int
    table: tuple[str, str]
    table_id: int
    since: int
    folder: Path
    name: str
    key: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name


@contextmanager
def opened(now: settings.Settings, secret: keys.Keys) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with the catalog's own tables as `meta`."""
    with engine(now) as con:
        con.execute("SET preserve_insertion_order = true")
        attach_tables(con, now, secret, META)
        yield con


def files(con: duckdb.DuckDBPyConnection, folder: Path) -> list[File]:
    """Every file that the catalog knows, in any snapshot."""
    return [
        File(kind, number, (schema, table), table_id, since, folder / schema_path / table_path,
             name, key)
        for kind, number, table_id, since, name, key, table_path, schema_path, schema, table
        in con.execute(DATA).fetchall()
    ]  # fmt: skip


def renew(
    con: duckdb.DuckDBPyConnection, now: settings.Settings, blank: Blank | None = None
) -> int:
    """Write files anew and delete the old ones: all, or those with rows to be blanked.

    Gives how many. One transaction of the catalog; killed before or after it, the lake is whole,
    and `sweep` takes away what is left over.
    """
    folder = now.home.lake / "files"
    known = files(con, folder)
    sweep(known, folder)
    written = [done for old in known if (done := _rewritten(con, old, blank))]
    con.execute("BEGIN")
    for old, new, told in written:
        _enter(con, old, new, told, is_blanked=blank is not None)
    con.execute("COMMIT")
    sweep(files(con, folder), folder)
    return len(written)


def forget(
    con: duckdb.DuckDBPyConnection, now: settings.Settings, secret: keys.Keys, blank: Blank
) -> None:
    """Write the rows that `blank` names empty in every snapshot, and the pages of the catalog anew,
    in which old bounds and deleted rows stay until then.

    Over PostgreSQL the server's log and its backups are out of reach.
    """
    renew(con, now, blank)
    con.execute("UPDATE meta.ducklake_table_column_stats SET contains_null = true")
    for kind, bounds in WIDEST.items():
        con.execute(WIDEN, [*bounds, kind])
    if now.catalog:
        con.execute(f"CALL postgres_execute('{META}', '{VACUUM}', use_transaction => false)")
        return
    fresh = now.home.lake / "catalog.fresh"
    copy_catalog(con, fresh, secret)
    con.execute(f"DETACH {META}")
    settle_catalog(fresh, now.home)


def copy_catalog(con: duckdb.DuckDBPyConnection, file: Path, secret: keys.Keys) -> None:
    """The embedded catalog in a new file under the key of `secret`, without what was deleted."""
    file.unlink(missing_ok=True)
    con.execute(f"CHECKPOINT {META}")
    con.execute(f"ATTACH '{file}' AS fresh (ENCRYPTION_KEY '{secret.derive(PURPOSE)}')")
    con.execute(f"COPY FROM DATABASE {META} TO fresh")
    con.execute("DETACH fresh")
    file.chmod(0o600)


def settle_catalog(fresh: Path, home: settings.Home) -> None:
    """Put a copied catalog in the place of the one that it was copied from, which nobody holds."""
    catalog = file_of(home)
    catalog.with_name(catalog.name + ".wal").unlink(missing_ok=True)  # is in the copy
    fresh.replace(catalog)


def sweep(known: list[File], folder: Path) -> None:
    """Delete the files that no snapshot needs."""
    needed = {file.path for file in known}
    for path in folder.rglob("*.parquet"):
        if path not in needed:
            path.unlink()


def _rewritten(
    con: duckdb.DuckDBPyConnection, old: File, blank: Blank | None
) -> tuple[File, File, dict[str, Any]] | None:
    where = blank(*old.table) if blank and old.kind == "data" else None
    rows, columns = _read(old), _columns(con, old)
    if blank and not (where and _is_among(con, rows, where)):
        return None
    chosen = ", ".join(_chosen(name, where) for name in columns)
    new = File(old.kind, old.id, old.table, old.table_id, old.since, old.folder,
               _name(old), base64.b64encode(secrets.token_bytes(16)).decode())  # fmt: skip
    ids = ", ".join(f'"{name}": {number}' for name, number in columns.items())
    told = (
        con.execute(
            f"COPY (SELECT {chosen} FROM {_read(old, numbered=True)} "  # noqa: S608
            f"ORDER BY file_row_number) TO '{new.path}' ({FORMAT}, "
            f"ENCRYPTION_CONFIG {{footer_key_value: from_base64('{new.key}')}}, "
            f"FIELD_IDS {{{ids}}}, RETURN_STATS true)"
        )
        .fetch_arrow_table()
        .to_pylist()[0]
    )
    return old, new, told


def _is_among(con: duckdb.DuckDBPyConnection, rows: str, where: str) -> bool:
    return con.execute(f"SELECT 1 FROM {rows} WHERE {where} LIMIT 1").fetchone() is not None  # noqa: S608


def _name(old: File) -> str:
    ending = "-delete.parquet" if old.kind == "delete" else ".parquet"
    return f"ducklake-{secrets.token_hex(16)}{ending}"


def _read(file: File, numbered: bool = False) -> str:
    """The rows of a file; `numbered`, since a condition on them may bring them out of order."""
    key = f"encryption_config = {{footer_key_value: from_base64('{file.key}')}}"
    return f"read_parquet('{file.path}', {key}, file_row_number = {str(numbered).lower()})"


def _chosen(name: str, where: str | None) -> str:
    if where is None or name in KEPT:
        return f'"{name}"'
    return f'CASE WHEN {where} THEN NULL ELSE "{name}" END AS "{name}"'


def _columns(con: duckdb.DuckDBPyConnection, file: File) -> dict[str, str]:
    """Name of each column in the file -> its field number; of a list, with that of its items."""
    there = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {_read(file)}").fetchall()]  # noqa: S608
    known = con.execute(
        "SELECT column_name, column_id, parent_column FROM meta.ducklake_column "
        "WHERE table_id = ? AND begin_snapshot <= ? AND coalesce(end_snapshot, ?) >= ?",
        [file.table_id, file.since, file.since + 1, file.since],
    ).fetchall()
    items = {parent: number for _, number, parent in known if parent is not None}
    numbers = {name: str(number) for name, number in OWN.items()}
    for name, number, parent in known:
        if parent is None:
            inside = f"{{__duckdb_field_id: {number}, element: {items.get(number)}}}"
            numbers[name] = inside if number in items else str(number)
    return {name: numbers[name] for name in there}


def _enter(
    con: duckdb.DuckDBPyConnection, old: File, new: File, told: dict[str, Any], is_blanked: bool
) -> None:
    table, key = f"meta.ducklake_{old.kind}_file", f"{old.kind}_file_id"
    con.execute(
        f"UPDATE {table} SET path = ?, encryption_key = ?, file_size_bytes = ?, footer_size = ? "  # noqa: S608
        f"WHERE {key} = ?",
        [new.name, new.key, told["file_size_bytes"], told["footer_size_bytes"], old.id],
    )
    if is_blanked:
        # Without bounds nothing is left out of a search; the old ones may be the person's own.
        con.execute(
            "UPDATE meta.ducklake_file_column_stats SET min_value = NULL, max_value = NULL, "
            "null_count = NULL "
            "WHERE data_file_id = ?",
            [old.id],
        )
