"""What became of persons from one night to the next."""

import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.link.history import history
from tests.link.people import NIK, Linked, Row, crossing, day, placed
from tests.link.verdicts import identity, judged, person_records, rows

Persons = dict[str, str]
TWO = {"D:C1": "A", "P:1": "A", "D:C2": "B", "P:2": "B"}
ONE = dict.fromkeys(TWO, "A")


def told(
    con: Any,
    before: Persons,
    after: Persons,
    judgements: list[Row] | None = None,
    is_new_model: bool = False,
) -> list[tuple[Any, ...]]:
    """(person, other person, event, identities, reason) of every row, in its order."""
    table = history(
        person_records(before), person_records(after), identity("judgements", judgements or []),
        is_new_model, 7,
    )  # fmt: skip
    assert set(table.columns) == set(contracts.lake()["identity", "person_history"].names)
    found = rows(con, table)
    assert {row["night_number"] for row in found} <= {7}
    names = ("person_id", "other_person_id", "event", "identities", "reason")
    return [tuple(row[name] for name in names) for row in found]


CASES: dict[str, tuple[Persons, Persons, list[tuple[Any, ...]]]] = {
    "nothing": (TWO, TWO, []),
    "the first night": ({}, TWO, []),
    "new identities": (TWO, TWO | {"P:3": "B", "D:C9": "C"}, []),
    "two are one": (TWO, ONE, [("B", "A", "merged", 2, "new_record")]),
    "one is two": (ONE, TWO, [("A", "B", "split", 2, "new_record")]),
    "one identity passes": (TWO, TWO | {"P:2": "A"}, [("B", "A", "split", 1, "new_record")]),
    "identities are exchanged": (
        TWO,
        TWO | {"P:1": "B", "P:2": "A"},
        [("A", "B", "split", 1, "new_record"), ("B", "A", "split", 1, "new_record")],
    ),
    "one becomes three": (
        ONE,
        {"D:C1": "A", "P:1": "A", "D:C2": "B", "P:2": "C"},
        [("A", "B", "split", 1, "new_record"), ("A", "C", "split", 1, "new_record")],
    ),
    "all are gone": (TWO, {"D:C1": "A", "P:1": "A"}, []),
    "one is gone, nobody passed": (TWO, {k: TWO[k] for k in ("D:C1", "D:C2", "P:2")}, []),
    "the name-giver is gone": (
        TWO,
        {"D:C1": "A", "P:1": "A", "P:2": "C"},
        [("B", "C", "merged", 1, "correction")],
    ),
    "one is gone and another passed": (
        ONE,
        {"D:C1": "A", "P:1": "A", "P:2": "B"},
        [("A", "B", "split", 1, "correction")],
    ),
    "somebody else lost one": (
        TWO | {"P:9": "A"},
        ONE,
        [("B", "A", "merged", 2, "new_record")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_who_passed_into_whom(con: Any, case: str) -> None:
    before, after, expected = CASES[case]
    assert told(con, before, after) == expected


def test_reasons_in_order(con: Any) -> None:
    gone = {key: "A" for key in TWO if key != "P:2"}
    assert told(con, TWO, gone) == [("B", "A", "merged", 1, "correction")]
    assert told(con, TWO, gone, is_new_model=True) == [("B", "A", "merged", 1, "model")]
    for one in (judged("D:C2", "P:9"), judged("P:9", "D:C2", "different")):
        assert told(con, TWO, gone, [one], True) == [("B", "A", "merged", 1, "judgement")]


@pytest.mark.parametrize("other", [judged("D:C1", "P:1"), judged("D:C9", "P:9")])
def test_a_judgement_of_identities_that_stayed_is_no_reason(con: Any, other: Row) -> None:
    assert told(con, TWO, ONE, [other]) == [("B", "A", "merged", 2, "new_record")]


def test_a_judgement_is_the_reason_where_it_is_and_nowhere_else(con: Any) -> None:
    after = {"D:C1": "A", "P:1": "A", "D:C2": "B", "P:2": "C"}
    assert told(con, ONE, after, [judged("P:1", "P:2", "different")]) == [
        ("A", "B", "split", 1, "new_record"), ("A", "C", "split", 1, "judgement"),
    ]  # fmt: skip


def test_merged_once_and_the_same_from_then_on(con: Any) -> None:
    assert told(con, TWO, ONE) == [("B", "A", "merged", 2, "new_record")]
    assert told(con, ONE, ONE) == []
    assert told(con, ONE, TWO) == [("A", "B", "split", 2, "new_record")]


# Laws

KEYS = [f"{source}:{number}" for source in "DPL" for number in range(4)]
PERSONS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from("ABCD"))
PASSING = settings(max_examples=15, deadline=None)


def oracle(before: Persons, after: Persons) -> list[tuple[Any, ...]]:
    """The same, told slowly and without reasons other than records."""
    theirs = defaultdict(list)
    for key, person in before.items():
        theirs[person].append(after.get(key))
    found = []
    for person, others in sorted(theirs.items()):
        event = "split" if person in others else "merged"
        reason = "correction" if None in others else "new_record"
        passed = Counter(other for other in others if other not in (None, person))
        found += [(person, str(o), event, n, reason) for o, n in passed.items()]
    return sorted(found)


@PASSING
@given(before=PERSONS, after=PERSONS)
def test_history_as_an_oracle_says(con: Any, before: Persons, after: Persons) -> None:
    assert told(con, before, after) == oracle(before, after)


@PASSING
@given(before=PERSONS, after=PERSONS)
def test_every_identity_that_passed_is_counted_once(
    con: Any, before: Persons, after: Persons
) -> None:
    passed = sum(1 for key in before.keys() & after.keys() if before[key] != after[key])
    assert sum(row[3] for row in told(con, before, after)) == passed


@PASSING
@given(persons=PERSONS, is_new_model=st.booleans())
def test_nothing_changed_is_no_row(con: Any, persons: Persons, is_new_model: bool) -> None:
    all_judged = [judged(key, "D:0") for key in persons]
    assert told(con, persons, persons, all_judged, is_new_model) == []


@PASSING
@given(before=PERSONS, after=PERSONS, seed=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(
    con: Any, before: Persons, after: Persons, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311
    shuffled = [dict(draw.sample(list(p.items()), len(p))) for p in (before, after)]
    judgements = [judged("D:0", "P:0"), judged("L:1", "P:3")]
    assert told(con, *shuffled, judgements[::-1]) == told(con, before, after, judgements)


def test_two_nights_of_linkage(con: Any) -> None:
    first = crossing("1", document_number="A0000001", received_at=day(2))
    second = crossing("2", document_number="B0000002", received_at=day(3), nik=NIK)
    bridge = placed("1", passport_number="A0000001", first_received_at=day(10))
    apart = Linked(con, [first, second]).persons
    joined = Linked(con, [first, second], [bridge]).persons
    assert set(apart) == {"D:A0000001", "D:B0000002"}
    assert told(con, apart, joined) == [("D:B0000002", "D:A0000001", "merged", 1, "new_record")]
