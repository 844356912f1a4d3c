"""When two dates of birth, or two names, may belong to one person."""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.link import compatible

DATES = [
    ("1990-05-17", "1990-05-17", True, "equal"),
    ("1990-05-07", "1990-07-05", True, "day and month swapped"),
    ("1990-05-17", "1991-05-17", True, "another year"),
    ("1990-05-17", "1990-06-17", True, "another month"),
    ("1990-05-17", "1990-05-18", True, "another day"),
    ("1990-05-17", "1991-06-17", False, "another year and month"),
    ("1990-05-17", "1991-05-18", False, "another year and day"),
    ("1990-05-17", "1990-06-18", False, "another month and day"),
    ("1990-05-07", "1991-07-05", False, "swapped, and another year"),
    ("1990-05-17", None, False, "one is missing"),
    (None, None, False, "both are missing"),
]
NAMES = [
    ("SITI RAHAYU", "SITI RAHAYU", True, "equal"),
    ("SITI RAHAYU", "RAHAYU SITI", True, "in another order"),
    ("SITI", "SITI RAHAYU", True, "a mononym, and the longer form"),
    ("SITI RAHAYU", "SITI RAHAYU BINTI AHMAD", True, "a father's name added"),
    ("SITI SITI", "SITI", True, "a word repeated"),
    ("MOHAMAD YUSUF", "MUHAMMAD YUSUF", True, "two letters of fourteen"),
    ("ABCD", "ABCX", True, "one letter of four: at the limit"),
    ("ABC", "ABX", False, "one letter of three: above it"),
    ("ABCDEFGH", "ABCDEFXY", True, "two letters of eight: at the limit"),
    ("ABCDEFGH", "ABCDEXYZ", False, "three letters of eight: above it"),
    ("SITI RAHAYU", "BUDI SANTOSO", False, "somebody else"),
    ("SITI RAHAYU", "SITI AMINAH", False, "one word of two"),
    ("SITI", None, False, "one is missing"),
    (None, None, False, "both are missing"),
]


def pairs(con: Any, function: Any, left: list[Any], right: list[Any], kind: Any) -> list[bool]:
    arrays = {"n": range(len(left)), "a": pa.array(left, kind), "b": pa.array(right, kind)}
    table = ibis.memtable(pa.table(arrays))
    found = con.to_pyarrow(table.select("n", y=function(table.a, table.b)).order_by("n"))
    return list(found["y"].to_pylist())


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def test_birth_dates(con: Any) -> None:
    left, right = [day(a) for a, *_ in DATES], [day(b) for _, b, *_ in DATES]
    for one, other in ((left, right), (right, left)):
        found = pairs(con, compatible.birth_dates, one, other, pa.date32())
        said = [(why, is_one) for _, _, is_one, why in DATES]
        assert list(zip([why for *_, why in DATES], found, strict=True)) == said


def test_names(con: Any) -> None:
    left, right = [a for a, *_ in NAMES], [b for _, b, *_ in NAMES]
    for one, other in ((left, right), (right, left)):
        found = pairs(con, compatible.names, one, other, pa.string())
        said = [(why, is_one) for _, _, is_one, why in NAMES]
        assert list(zip([why for *_, why in NAMES], found, strict=True)) == said


def oracle(a: date, b: date) -> bool:
    """The same rule, told slowly."""
    differing = sum(x != y for x, y in zip(a.timetuple()[:3], b.timetuple()[:3], strict=True))
    return differing <= 1 or (a.year, a.month, a.day) == (b.year, b.day, b.month)


DAYS = st.builds(date, st.integers(1989, 1991), st.integers(1, 12), st.integers(1, 13))


@settings(max_examples=10, deadline=None)
@given(both=st.lists(st.tuples(DAYS, DAYS), min_size=30, max_size=60))
def test_birth_dates_as_an_oracle_says(con: Any, both: list[tuple[date, date]]) -> None:
    left, right = [list(side) for side in zip(*both, strict=True)]
    expected = [oracle(a, b) for a, b in both]
    assert pairs(con, compatible.birth_dates, left, right, pa.date32()) == expected


@pytest.mark.parametrize("name", ["", "A", "SITI RAHAYU"])
def test_a_name_agrees_with_itself(con: Any, name: str) -> None:
    assert pairs(con, compatible.names, [name], [name], pa.string()) == [True]
