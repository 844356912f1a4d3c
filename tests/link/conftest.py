"""One engine for all cases."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest


@pytest.fixture(scope="session")
def con() -> Iterator[Any]:
    """A DuckDB of its own."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()
