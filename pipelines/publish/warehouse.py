"""The published warehouse: a plain DuckDB file with meanings on every table and column.

It is built beside the old one and renamed over it, so that a reader sees one whole night: whoever
has the old file open keeps it, whoever opens it next gets the new one. Every published file is
kept for a time (kept.py). Of a table with millions of rows a night changes few: it is taken over
from the file of the night before and patched, everything else is written anew.
"""

import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from pipelines import contracts, statements
from pipelines.publish import kept

ALIAS = "warehouse"
WORN = 1.25  # rows of a patched table, with those deleted, to those that are there


class IdentifierError(Exception):
    """A published table would carry a direct identifier."""


@dataclass(frozen=True)
class Patch:
    """What makes a table of one night that of the next; all by the keys of its contract.

    The rows of `gone` (keys) go and `fresh` (all columns) come; then the columns of `told` (keys
    and those columns) are set. `rows` are the rows that there must be then (one number).
    """

    gone: ir.Table
    fresh: ir.Table
    told: ir.Table
    rows: ir.IntegerScalar


def write(
    engine: Backend,
    path: Path,
    tables: Mapping[str, ir.Table],
    base: Path | None = None,
    patches: Mapping[str, Patch] = MappingProxyType({}),
) -> None:
    """Write the tables of schemas/marts/ to `path` in one atomic step.

    With `base`, the file of the night before, the tables of `patches` are made of what it has,
    unless too much of it is what earlier patches left.
    Raises IdentifierError where a contract publishes a direct identifier, KeyError where a
    table of the contracts is not given or one that is not there is.
    """
    _refuse_identifiers()
    if missing := set(contracts.marts()) ^ set(tables):
        raise KeyError(f"tables and contracts differ: {sorted(missing)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    try:
        half = path.with_name(f".{path.name}.half")
        if base is None or _is_worn(base, patches):
            patches = {}
        else:
            shutil.copyfile(base, half)
        _build(engine, half, tables, patches)
        kept.keep(path)
        _settle(half, path)
        kept.keep(path)
    finally:
        _sweep(path)


def _sweep(path: Path) -> None:
    """Take away what a killed night left: the half file, and its log, which would be replayed."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()


def _refuse_identifiers() -> None:
    for table in contracts.marts().values():
        for column in table.columns:
            if column.classification == contracts.DIRECT_IDENTIFIER:
                raise IdentifierError(f"{table.name}.{column.name} is a direct identifier")


def _build(
    engine: Backend, half: Path, tables: Mapping[str, ir.Table], patches: Mapping[str, Patch]
) -> None:
    engine.con.execute(f"ATTACH '{half}' AS {ALIAS}")
    try:
        for name, rows in tables.items():
            contract = contracts.marts()[name]
            if name in patches and _patched(engine, contract, patches[name]):
                continue
            engine.con.execute(f"DROP TABLE IF EXISTS {ALIAS}.{name}")
            contracted = statements.as_contracted(rows, contract)
            statements.create(engine, name, contracted, (ALIAS, "main"))
            _comment(engine, contract)
    finally:
        engine.con.execute(f"DETACH {ALIAS}")


def _is_worn(base: Path, names: Collection[str]) -> bool:
    """Whether deleted rows, whose room the engine does not give back, are too many of a table."""
    with duckdb.connect(str(base), read_only=True) as con:
        told = [con.table(name).aggregate("max(rowid) + 1, count(*)").fetchone() for name in names]
    return any(row is None or (row[0] or 0) > WORN * row[1] for row in told)


def _patched(engine: Backend, contract: contracts.Table, patch: Patch) -> bool:
    """Patch the table that is there; whether it is what it must be.

    It is not where somebody wrote to a published file, and is then written anew.
    """
    table = f"{ALIAS}.{contract.name}"
    told = [name for name in patch.told.columns if name not in contract.keys]
    fresh = statements.as_contracted(patch.fresh, contract)
    for made, rows in {"gone": patch.gone, "fresh": fresh, "told": patch.told}.items():
        statements.create(engine, made, rows)
    same = " AND ".join(f't."{key}" = s."{key}"' for key in contract.keys)
    differs = " OR ".join(f't."{name}" IS DISTINCT FROM s."{name}"' for name in told)
    values = ", ".join(f'"{name}" = s."{name}"' for name in told)
    for order in (
        f"DELETE FROM {table} AS t USING gone AS s WHERE {same}",  # noqa: S608
        f"INSERT INTO {table} BY NAME FROM fresh",
        f"UPDATE {table} AS t SET {values} FROM told AS s WHERE {same} AND ({differs})",  # noqa: S608
        "DROP TABLE gone; DROP TABLE fresh; DROP TABLE told",
    ):
        engine.con.execute(order)
    there = engine.table(contract.name, database=(ALIAS, "main")).count()
    return bool(there.to_pyarrow().as_py() == patch.rows.to_pyarrow().as_py())


def _comment(engine: Backend, contract: contracts.Table) -> None:
    """Meanings in both languages, where DESCRIBE and every tool of an analyst find them."""
    table = f"{ALIAS}.{contract.name}"
    said = _both(contract.description_en, contract.description_id)
    engine.con.execute(f"COMMENT ON TABLE {table} IS {said}")
    for column in contract.columns:
        said = _both(column.description_en, column.description_id)
        engine.con.execute(f'COMMENT ON COLUMN {table}."{column.name}" IS {said}')


def _both(english: str, indonesian: str) -> str:
    text = f"{english} | {indonesian}".replace("'", "''")
    return f"'{text}'"


def _settle(half: Path, path: Path) -> None:
    """Rename once the bytes are on the disk, and the rename too."""
    with half.open("rb") as whole:
        os.fsync(whole.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
