"""Tables made of expressions have the columns and types that the expressions say."""

from collections.abc import Iterator

import duckdb
import ibis
import ibis.expr.types as ir
import pytest
from ibis.backends.duckdb import Backend

from pipelines import statements


@pytest.fixture
def engine() -> Iterator[Backend]:
    with duckdb.connect() as con:
        yield ibis.duckdb.from_connection(con)


def test_a_sum_keeps_its_type_and_rows_in_memory_are_seen(engine: Backend) -> None:
    given = ibis.memtable({"gate": ["CGK", "CGK", "BTC"], "crossings": [1, 2, 4]})
    counted = given.group_by("gate").agg(crossings=given.crossings.sum())
    made = statements.create(engine, "counted", counted)
    assert made.schema() == counted.schema()
    assert engine.table("counted", database=statements.TEMPORARY).schema() == counted.schema()
    rows = made.order_by("gate").to_pyarrow().to_pylist()
    assert rows == [{"gate": "BTC", "crossings": 4}, {"gate": "CGK", "crossings": 3}]


def test_columns_go_by_their_names(engine: Backend) -> None:
    made = statements.create(engine, "gates", ibis.memtable({"code": ["CGK"], "kind": ["UDARA"]}))
    other = ibis.memtable({"kind": ["LAUT"], "code": ["BTC"]})
    statements.insert(engine, "gates", other, statements.TEMPORARY)
    rows = made.order_by("code").to_pyarrow().to_pylist()
    assert rows == [{"code": "BTC", "kind": "LAUT"}, {"code": "CGK", "kind": "UDARA"}]


def used_twice(table: ir.Table) -> ir.Table:
    """The parts of a whole beside it: `table` stands at two places of the statement."""
    whole = table.agg(whole=table.crossings.sum())
    return table.cross_join(whole).select("gate", share=lambda t: t.crossings / t.whole)


GIVEN = ibis.memtable({"gate": ["CGK", "CGK", "BTC"], "crossings": [1, 2, 1]})


@pytest.mark.parametrize(
    ("table", "is_kept"),
    [
        (GIVEN.filter(GIVEN.gate != "DPS").mutate(crossings=GIVEN.crossings * 1), False),
        (GIVEN.group_by("gate").agg(crossings=GIVEN.crossings.sum()), True),
        (GIVEN.distinct(), True),
        (GIVEN.semi_join(GIVEN.view(), "gate").filter(GIVEN.crossings > 0), True),
        (GIVEN.mutate(crossings=GIVEN.crossings.sum().over(group_by="gate")), True),
        (GIVEN.mutate(gate=GIVEN.gate.re_replace("G", "g")), True),
        (GIVEN.union(GIVEN.limit(1)), True),
    ],
    ids=["read", "counted", "distinct", "joined", "over a window", "rewritten", "united"],
)
def test_what_took_work_is_kept_and_what_is_only_read_is_read_again(
    engine: Backend, table: ir.Table, is_kept: bool
) -> None:
    rows = used_twice(table)
    made = statements.create(engine, "shares", rows)
    assert ("CTE" in plan(engine, statements.compiled(engine, rows))) is is_kept
    assert made.count().to_pyarrow().as_py() == table.count().to_pyarrow().as_py()


def plan(engine: Backend, statement: str) -> str:
    """How the engine carries the statement out."""
    rows = engine.con.execute(f"EXPLAIN {statement}").fetchall()
    return "\n".join(text for _, text in rows)
