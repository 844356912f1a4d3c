"""Rows that are left are held against an extract one by one: the same, another, or gone."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from pipelines.audit import compose, proof
from pipelines.audit.remains import GONE, OTHER, SAME, Remains, Taken, compared
from tests.audit import tiny

DELIVERY = "B" + "1" * 16


@pytest.fixture(scope="module")
def extract() -> proof.Extract:
    """Sixty departures, of which months are shown by quarter or year only."""
    return proof.extract_of(tiny.files())


def left(*gone: int, **changed: Any) -> compose.Parts:
    """What the lake has by now: all but `gone`, the first one `changed`."""
    rows = [tiny.coarse(number) for number in range(60) if number not in gone]
    rows[0] |= changed
    ids = [row["row_id"] for row in rows]
    whole = pa.table({"row_id": ids, "seal": ["f" * 64] * len(ids)})
    by_role = whole.append_column("role", pa.repeat(pa.scalar("exit"), len(ids)))
    return compose.Parts(pa.Table.from_pylist(rows, tiny.SCHEMA), by_role, whole.slice(0, 0), whole)


def looked(extract: proof.Extract, parts: compose.Parts, **taken: Any) -> Remains:
    return compared(extract, parts, Taken(**taken))


def test_what_is_left_is_the_same_whatever_is_withheld_of_it(extract: proof.Extract) -> None:
    assert "*" in {v for row in extract.rows("departures").to_pylist() for v in row.values()}
    assert looked(extract, left()) == Remains(Counter({SAME: 60}), Counter({SAME: 60}))


def test_one_that_an_erasure_emptied_is_gone(extract: proof.Extract) -> None:
    found = looked(extract, left(7), departures=1)
    assert found == Remains(Counter({SAME: 59, GONE: 1}), Counter({SAME: 59, GONE: 1}))


def test_more_missing_than_was_emptied_is_another(extract: proof.Extract) -> None:
    found = looked(extract, left(7, 8), departures=1)
    assert found.departures == Counter({SAME: 58, OTHER: 2})


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "exempt"},
        {"period": "2024-01"},
        {"origin_regency_code": "52.01"},
        {"destination_country": None},
    ],
)
def test_a_value_that_is_shown_and_not_true_is_another(
    extract: proof.Extract, changed: dict[str, Any]
) -> None:
    assert looked(extract, left(**changed), departures=9).departures[OTHER] == 1


def test_a_seal_that_is_not_the_same_is_another_unless_its_delivery_is_gone(
    extract: proof.Extract,
) -> None:
    parts = left()
    wrong = parts.evidence.set_column(1, "seal", pa.array(["0" * 64] + ["f" * 64] * 59))
    empty = compose.Parts(parts.departures, wrong, parts.deliveries, parts.deliveries)
    assert looked(extract, empty).evidence == Counter({SAME: 59, OTHER: 1})
    found = looked(extract, empty, deliveries=frozenset({DELIVERY}))
    assert found.evidence == Counter({SAME: 59, GONE: 1})
