"""One engine for all cases, and a way to put a list of values through a function of a column."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest

Column = Callable[[Any], Any]
Evaluate = Callable[[Column, Sequence[str | None]], list[Any]]


@pytest.fixture(scope="session")
def con() -> Iterator[Any]:
    """An empty DuckDB."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture(scope="session")
def evaluate(con: Any) -> Evaluate:
    """`evaluate(function, values)`: the function of a string column, value by value."""

    def run(function: Column, values: Sequence[str | None]) -> list[Any]:
        numbered = {"i": list(range(len(values))), "x": pa.array(values, pa.string())}
        table = ibis.memtable(pa.table(numbered))
        result = table.select("i", y=function(table.x)).order_by("i")
        return con.to_pyarrow(result)["y"].to_pylist()

    return run


@pytest.fixture(scope="session")
def rows_of(con: Any) -> Callable[[Any], list[dict[str, Any]]]:
    """The rows of an expression as dictionaries."""
    return lambda expression: con.to_pyarrow(expression).to_pylist()
