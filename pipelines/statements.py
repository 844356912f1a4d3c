"""Tables of the engine made of Ibis expressions, by one statement each.

What Ibis offers for it parses the SQL that it has just written, and asks the engine for the columns
that it has just given: a third of a small night.
"""

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType

TEMPORARY = ("temp", "main")  # where the engine keeps the tables of one connection
Place = tuple[str, str]  # catalog and schema


def create(engine: Backend, name: str, rows: ir.Table, place: Place = TEMPORARY) -> ir.Table:
    """A new table of `rows`, with their columns and types."""
    columns = rows.schema()
    types = ", ".join(f'"{column}" {DuckDBType.to_string(t)}' for column, t in columns.items())
    kind = "TEMP TABLE" if place == TEMPORARY else "TABLE"
    engine.con.execute(f"CREATE {kind} {_named(name, place)} ({types})")
    insert(engine, name, rows, place)
    return known(engine, name, columns, place)


def insert(engine: Backend, name: str, rows: ir.Table, place: Place) -> None:
    """Append rows to a table that is there; columns go by their names."""
    listed = ", ".join(f'"{column}"' for column in rows.columns)
    engine._run_pre_execute_hooks(rows)  # it registers what is held in memory
    engine.con.execute(f"INSERT INTO {_named(name, place)} ({listed}) {engine.compile(rows)}")


def known(engine: Backend, name: str, columns: ibis.Schema, place: Place) -> ir.Table:
    """A table of which the columns are known, without asking the engine."""
    space = ops.Namespace(catalog=place[0], database=place[1])
    table = ops.DatabaseTable(name, schema=columns, source=engine, namespace=space)
    return table.to_expr()


def _named(name: str, place: Place) -> str:
    return ".".join((*place, name))
