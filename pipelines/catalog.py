"""The lake's catalog: who may write, and how an engine is attached to it.

Embedded, it is an encrypted DuckDB file of the home, and one process holds it at a time. In
PostgreSQL (`PULANG_CATALOG`) many processes read while one writes; the server then guards what
the file's encryption guards otherwise. There is one writer per home in both.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from platform import node
from typing import Any

import duckdb

from pipelines import keys, settings, whole
from pipelines.errors import PulangError

CATALOG = "lake"
# How the lake's files are written: whole records are read in half to nine tenths of the time that
# the engine's defaults take.
OPTIONS = {"parquet_compression": "lz4_raw", "parquet_version": "2"}
FORMAT = (
    f"FORMAT parquet, COMPRESSION {OPTIONS['parquet_compression']}, "
    f"PARQUET_VERSION V{OPTIONS['parquet_version']}"
)
# Whoever only looks at an embedded lake is done in seconds; a night is not lost to a look.
PATIENCE = 60.0
PURPOSE, SEAL_PURPOSE = "lake catalog", "lake seal"
READY = "ready"
LOOK_AGAIN = 0.2


class LakeBusyError(PulangError):
    """Another process writes the lake, or holds the embedded catalog."""


class LakeShutError(PulangError):
    """The key does not open the catalog, or the catalog is not the one of this home."""


def exists(home: settings.Home) -> bool:
    """Whether a lake was ever created there."""
    return file_of(home).exists() or seal_of(home).exists()


def file_of(home: settings.Home) -> Path:
    return home.lake / "catalog.duckdb"


def seal_of(home: settings.Home) -> Path:
    """Proof of the key for a catalog in PostgreSQL, which is not encrypted with it."""
    return home.lake / "catalog.seal"


@contextmanager
def writing(now: settings.Settings) -> Iterator[None]:
    """The right to write the lake of a home; raises LakeBusyError after `now.wait` seconds.

    The system gives it back when its process ends, however it ends.
    """
    file = now.home.lake / "writer.lock"
    with file.open("a+") as lock:
        try:
            _patiently(lambda: _hold(lock.fileno()), now.wait)
        except BlockingIOError:
            raise LakeBusyError(f"another process holds {now.home.lake}{_who(file)}") from None
        lock.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        lock.write(f"process {os.getpid()} on {node()} since {since}")
        lock.flush()
        yield
        lock.truncate(0)


def _hold(lock: int) -> None:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _who(lock: Path) -> str:
    said = lock.read_text().strip()
    return f" ({said})" if said else ""


def _patiently(attempt: Callable[[], None], seconds: float) -> None:
    """Try again while something else is in the way; the last error is the caller's."""
    until = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (BlockingIOError, LakeBusyError):
            if time.monotonic() >= until:
                raise
        time.sleep(LOOK_AGAIN)


def attach(
    con: duckdb.DuckDBPyConnection, now: settings.Settings, secret: keys.Keys, read_only: bool
) -> None:
    """Attach the lake of a home, created on first use; raises LakeBusyError or LakeShutError."""
    if is_rotating(now.home):
        raise LakeShutError("a change of keys was broken off; run `pulang key rotate` again")
    if now.catalog:
        _attach_postgres(con, now, secret, read_only)
        return
    if seal_of(now.home).exists():
        raise LakeShutError("the catalog of this home is in PostgreSQL; set PULANG_CATALOG")
    patience = 0 if read_only else max(PATIENCE, now.wait)
    _patiently(lambda: _attach_file(con, now.home, secret, read_only), patience)


def attach_tables(
    con: duckdb.DuckDBPyConnection, now: settings.Settings, secret: keys.Keys, name: str
) -> None:
    """The catalog's own tables as the database `name`, after `attach` has opened the lake once."""
    if now.catalog:
        con.execute(f"ATTACH '{now.catalog}' AS {name} (TYPE postgres)")
        return
    file, key = file_of(now.home), secret.derive(PURPOSE)
    try:
        con.execute(f"ATTACH '{file}' AS {name} (ENCRYPTION_KEY '{key}')")
    except duckdb.Error as error:
        raise _why_shut(file, error) from None


def set_format(con: duckdb.DuckDBPyConnection) -> None:
    """What is written to the lake from now on is written with OPTIONS."""
    known = dict(con.execute(f"SELECT option_name, value FROM {CATALOG}.options()").fetchall())  # noqa: S608
    for option, value in OPTIONS.items():
        if known.get(option, "").removeprefix("V") != value:
            con.execute(f"CALL {CATALOG}.set_option(?, ?)", [option, value])


def is_rotating(home: settings.Home) -> bool:
    """Whether new keys lie ready, and have not taken the place of the old ones."""
    return rotation_of(home).joinpath(READY).exists()


def rotation_of(home: settings.Home) -> Path:
    """Where what is under new keys lies until all of it is complete."""
    return home.lake / "rotation"


def _attach(
    con: duckdb.DuckDBPyConnection, catalog: str, home: settings.Home, *own: str, read_only: bool
) -> None:
    options = [
        f"DATA_PATH '{home.lake / 'files'}/'",
        "OVERRIDE_DATA_PATH true",  # a home may be moved, or restored elsewhere
        "ENCRYPTED",
        "DATA_INLINING_ROW_LIMIT 0",
        *own,
        *(["READ_ONLY"] if read_only else []),
    ]
    con.execute(f"ATTACH 'ducklake:{catalog}' AS {CATALOG} ({', '.join(options)})")


def _attach_file(
    con: duckdb.DuckDBPyConnection, home: settings.Home, secret: keys.Keys, read_only: bool
) -> None:
    key = f"META_ENCRYPTION_KEY '{secret.derive(PURPOSE)}'"
    try:
        _attach(con, str(file_of(home)), home, key, read_only=read_only)
    except duckdb.Error as error:
        raise _why_shut(file_of(home), error) from None


def _why_shut(file: Path, error: duckdb.Error) -> PulangError:
    if "Could not set lock" in str(error):
        return LakeBusyError(f"another process holds {file}")
    return LakeShutError(f"{file} cannot be opened with this key")


def _attach_postgres(
    con: duckdb.DuckDBPyConnection, now: settings.Settings, secret: keys.Keys, read_only: bool
) -> None:
    """The seal tells whether this key and this catalog belong to the files of the home."""
    if file_of(now.home).exists():
        raise LakeShutError(
            f"the catalog of this home is {file_of(now.home)}; unset PULANG_CATALOG"
        )
    seal, wanted = seal_of(now.home), secret.derive(SEAL_PURPOSE)
    is_new = not seal.exists()
    if not is_new and seal.read_text() != wanted:
        raise LakeShutError(f"{now.home.lake} cannot be opened with this key")
    create = f"CREATE_IF_NOT_EXISTS {'true' if is_new else 'false'}"
    try:
        _attach(con, f"postgres:{now.catalog}", now.home, create, read_only=read_only)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise LakeShutError(f"the catalog in PostgreSQL cannot be opened: {reason}") from None
    if is_new:
        _refuse_foreign(con)
        whole.write(seal, wanted, mode=0o600)


def _refuse_foreign(con: duckdb.DuckDBPyConnection) -> None:
    """A lake that has a past belongs to the files of another home."""
    past: Any = con.execute(f"SELECT max(snapshot_id) FROM {CATALOG}.snapshots()").fetchone()  # noqa: S608
    if past[0]:
        raise LakeShutError("the catalog in PostgreSQL belongs to another home")
