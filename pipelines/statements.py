"""Tables of the engine made of Ibis expressions.

What Ibis offers for it parses the SQL that it has just written, and asks the engine for the columns
that it has just given: a seventh of a small night.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType

from pipelines import contracts

TEMPORARY = ("temp", "main")  # where the engine keeps the tables of one connection
# Whoever wants this twice is better off with what was kept.
WORK = (
    sge.AggFunc, sge.Distinct, sge.Group, sge.Join, sge.RegexpReplace, sge.SetOperation, sge.Window,
)  # fmt: skip
Place = tuple[str, str]  # catalog and schema
Hold = Callable[[ir.Table], ir.Table]  # works an expression out once
Scratchpad = Callable[[], AbstractContextManager[Hold]]  # a hold that leaves nothing at its end


def create(engine: Backend, name: str, rows: ir.Table, place: Place = TEMPORARY) -> ir.Table:
    """A new table of `rows`, with their columns and types."""
    columns = rows.schema()
    types = ", ".join(f'"{column}" {type_of(t)}' for column, t in columns.items())
    kind = "TEMP TABLE" if place == TEMPORARY else "TABLE"
    engine.con.execute(f"CREATE {kind} {_named(name, place)} ({types})")
    insert(engine, name, rows, place)
    return known(engine, name, columns, place)


def insert(engine: Backend, name: str, rows: ir.Table, place: Place) -> None:
    """Append rows to a table that is there; columns go by their names."""
    listed = ", ".join(f'"{column}"' for column in rows.columns)
    engine._run_pre_execute_hooks(rows)  # it registers what is held in memory
    engine.con.execute(f"INSERT INTO {_named(name, place)} ({listed}) {compiled(engine, rows)}")


def compiled(engine: Backend, rows: ir.Table) -> str:
    """The statement of an expression; what it only reads is read at each of its uses.

    Ibis names what an expression uses twice, and the engine keeps whatever is named, whole: all
    columns of a nation's records, where each use wants three.
    """
    query = engine.compiler.to_sqlglot(rows)
    for named in query.ctes:
        if not named.find(*WORK):
            named.set("materialized", False)
    strict = sg.ErrorLevel.RAISE  # what the engine lacks is an error, as in Ibis
    return str(query.sql(dialect=engine.dialect, copy=False, unsupported_level=strict))


def as_contracted(rows: ir.Table, contract: contracts.Table) -> ir.Table:
    """Columns and types of the contract, in its order."""
    types = columns_of(contract)
    return rows.select(**{name: rows[name].cast(types[name]) for name in types})


@cache
def columns_of(contract: contracts.Table) -> ibis.Schema:
    """The columns of a contract and their types."""
    return ibis.schema(contract.arrow_schema)


def known(engine: Backend, name: str, columns: ibis.Schema, place: Place) -> ir.Table:
    """A table of which the columns are known, without asking the engine."""
    space = ops.Namespace(catalog=place[0], database=place[1])
    table = ops.DatabaseTable(name, schema=columns, source=engine, namespace=space)
    return table.to_expr()


@cache
def type_of(kind: dt.DataType) -> str:
    """The type as the engine writes it."""
    return str(DuckDBType.to_string(kind))


def _named(name: str, place: Place) -> str:
    return ".".join((*place, name))
