"""Kept counts, moved by what came and went, against counting anew."""

from collections import Counter

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import tallies

WORDS = st.lists(st.sampled_from(["MALAYSIA", "SAUDI", "HONGKONG"]), max_size=6)


def counted(words: Counter[str]) -> ir.Table:
    told = {"word": pa.array(words, pa.string()), "rows": pa.array(words.values(), pa.int64())}
    return ibis.memtable(pa.table(told))


def as_counter(table: ir.Table) -> Counter[str]:
    return Counter({row["word"]: row["rows"] for row in table.to_pyarrow().to_pylist()})


def after(kept: Counter[str], came: Counter[str], went: Counter[str]) -> Counter[str]:
    """The kept table, with what moved in the place of what it was."""
    was = counted(kept)
    moved = tallies.moved(was, counted(came), counted(went), "rows")
    return as_counter(was.anti_join(moved, "word").union(tallies.replacing(was, moved, "rows")[0]))


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS, st.data())
def test_moving_a_count_is_counting_anew(
    stay: list[str], came: list[str], data: st.DataObject
) -> None:
    went = data.draw(WORDS)
    kept = Counter(stay) + Counter(went)
    assert after(kept, Counter(came), Counter(went)) == Counter(stay) + Counter(came)


def test_what_nobody_has_any_more_is_gone() -> None:
    assert after(Counter(SAUDI=2), Counter(), Counter(SAUDI=2)) == {}


def test_what_came_and_went_again_moves_nothing() -> None:
    same = counted(Counter(SAUDI=1))
    moved = tallies.moved(counted(Counter(SAUDI=2)), same, same, "rows")
    assert moved.count().to_pyarrow().as_py() == 0
