"""The published warehouse: a plain DuckDB file with meanings on every table and column.

It is built beside the old one and renamed over it, so that a reader sees one whole night: whoever
has the old file open keeps it, whoever opens it next gets the new one. Every published file is
kept for a time (kept.py).
"""

import os
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from pipelines import contracts
from pipelines.publish import kept

ALIAS = "warehouse"


class IdentifierError(Exception):
    """A published table would carry a direct identifier."""


def write(engine: Backend, path: Path, tables: dict[str, ir.Table]) -> None:
    """Write the tables of schemas/marts/ to `path` in one atomic step.

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
        _build(engine, half, tables)
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


def _build(engine: Backend, half: Path, tables: dict[str, ir.Table]) -> None:
    engine.con.execute(f"ATTACH '{half}' AS {ALIAS}")
    try:
        for name, rows in tables.items():
            contract = contracts.marts()[name]
            engine.create_table(name, _as_contracted(rows, contract), database=(ALIAS, "main"))
            _comment(engine, contract)
    finally:
        engine.con.execute(f"DETACH {ALIAS}")


def _as_contracted(rows: ir.Table, contract: contracts.Table) -> ir.Table:
    """Columns and types of the contract, in its order."""
    types = ibis.schema(contract.arrow_schema)
    return rows.select(**{name: rows[name].cast(types[name]) for name in types})


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
