"""An engine for rows of text."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()
