"""Tables made of expressions have the columns and types that the expressions say."""

from collections.abc import Iterator

import duckdb
import ibis
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
