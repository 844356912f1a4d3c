"""Groups of people: who is in which, and how far apart they are linked."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import reference
from pipelines.evaluate import groups, linkage
from tests.evaluate.nights import identities, name_words, table, written

PASSPORT, SPLP = ("passport", "A", "P1"), ("splp", "A", "P1")
WORDS = name_words(
    ("SITORUS", "clan", "batak"), ("MARPAUNG", "clan", "batak"), ("SURYANTO", "word", "java"),
    ("BUDI", "word", "java"), ("MADE", "order", "bali"), ("AYU", "word", "bali"),
    ("CUT", "title", "aceh"), ("MUHAMAD", "family", "malay_muslim"), ("SARI", "word", None),
    ("KOMANG", "order", "bali"), ("BIN", "connector", "malay_muslim"),
)  # fmt: skip


def departures(*provinces: str | None) -> ir.Table:
    """Departures of A from the provinces."""
    rows = [("A", province, None) for province in provinces]
    return table("person_key origin_province_code origin_regency_code", rows)


def group(
    dimension: str,
    *ways: tuple[Any, ...],
    papers: tuple[tuple[Any, ...], ...] = (("D:1", *PASSPORT),),
    left: ir.Table | None = None,
) -> str:
    """The group of A, whose papers are written in these ways."""
    found = groups.labels(
        identities(*papers), written(*ways), departures() if left is None else left, WORDS
    )
    [row] = found.to_pyarrow().to_pylist()
    assert row["person_key"] == "A"
    return str(row[dimension])


def named(name: str | None, records: int = 1, document: str = "D:1") -> tuple[Any, ...]:
    return (document, name, None, True, records)


# Who is in which group


def test_sex_is_what_most_records_say() -> None:
    assert group("sex", ("D:1", "A", "P", True, 3), ("D:1", "B", "L", True, 2)) == "P"
    assert group("sex", ("D:1", "A", "P", True, 2), ("D:1", "B", "L", True, 2)) == "L"


def test_a_sex_that_is_another_word_is_not_repeated() -> None:
    assert group("sex", ("D:1", "A", "KENARI", True, 3), ("D:1", "B", "P", True, 1)) == "P"
    assert group("sex", ("D:1", "A", "KENARI", True)) == "unknown"


def test_sex_counts_every_paper_of_the_person() -> None:
    papers = (("D:1", *PASSPORT), ("L:l.csv#1", "undated_row", "A", "P9"))
    ways = (("D:1", None, None, True), ("L:l.csv#1", None, "P", False))
    assert group("sex", *ways, papers=papers) == "P"


def test_province_is_that_of_most_departures_and_of_equals_the_smallest() -> None:
    assert group("province", left=departures("52", "32", "52")) == "52"
    assert group("province", left=departures("52", "32", None)) == "32"
    assert group("province", left=departures(None)) == "unknown"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SUHARTO", "1"), ("BUDI SURYANTO", "2"), ("BUDI SURYANTO PUTRA", "3"),
        ("BUDI SURYANTO PUTRA WIJAYA", "4+"), ("A B C D E", "4+"), (None, "unknown"),
    ],
)  # fmt: skip
def test_words_of_a_name(name: str | None, expected: str) -> None:
    assert group("name_words", named(name)) == expected


def test_the_name_is_that_on_most_crossings() -> None:
    assert group("name_words", named("BUDI", 2), named("BUDI SURYANTO", 3)) == "2"
    assert group("name_words", named("BUDI", 3), named("BUDI SURYANTO", 3)) == "1"


def test_a_passport_says_more_about_a_name_than_other_documents() -> None:
    ways = named("BUDI SURYANTO PUTRA", 1), named("BUDI", 9, "D:2")
    papers = ("D:1", *PASSPORT), ("D:2", *SPLP)
    assert group("name_words", *ways, papers=papers) == "3"
    assert group("name_words", *ways, papers=papers[1:]) == "1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BUDI SITORUS", "batak"),  # a clan before a given name
        ("MADE BUDI", "java"),  # a given name before an order of birth
        ("CUT KOMANG", "bali"),  # an order of birth before a title
        ("CUT MUHAMAD", "aceh"),  # a title before a family of spellings
        ("MUHAMAD X", "malay_muslim"),
        ("X BIN Y", "other"),  # a word between names is of no tradition
        ("AYU BUDI SURYANTO", "java"),  # most of one kind
        ("AYU BUDI", "bali"),  # of equals the smallest
        ("SARI", "other"),  # known, but of no tradition
        ("X", "other"),
        (None, "unknown"),
    ],
)
def test_tradition_of_a_name(name: str | None, expected: str) -> None:
    assert group("name_tradition", named(name)) == expected


def test_the_shipped_words_are_of_these_kinds() -> None:
    shipped = reference.load("name_words")
    assert {"word", "kind", "tradition"} <= set(shipped.column_names)
    assert set(groups.KINDS) <= set(shipped["kind"].to_pylist())


def test_nothing_but_labels_comes_out() -> None:
    found = groups.labels(
        identities(("D:1", *PASSPORT)), written(named("BUDI SITORUS")), departures("52"), WORDS
    )
    assert found.to_pyarrow().to_pylist() == [
        {
            "person_key": "A", "sex": "unknown", "province": "52", "name_words": "2",
            "name_tradition": "batak",
        }
    ]  # fmt: skip


# Which pairs count


def by_sex(*rows: tuple[str, str, str | None]) -> dict[str, tuple[int, ...]]:
    """(true, predicted, correct) by sex, for (paper, person_key, person_id); A is a man."""
    world = identities(*((str(number), *row) for number, row in enumerate(rows)))
    labels = table(
        f"person_key {' '.join(groups.DIMENSIONS)}",
        [("A", "L", "52", "1", "other"), ("B", "P", "52", "1", "other")],
    )
    counted = groups.pair_counts(groups.concerned(linkage.cells(world)), labels)
    found = groups.report(counted)["sex"]["groups"]
    return {sex: tuple(scores["pairs"].values()) for sex, scores in found.items()}


def test_renewals_are_not_counted_and_everything_else_is() -> None:
    assert by_sex(("passport", "A", "P1"), ("passport", "A", "P1")) == {}
    assert by_sex(("passport", "A", "P1"), ("other_document", "A", "P1")) == {}
    for paper in groups.REGISTERED:
        assert by_sex(("passport", "A", "P1"), (paper, "A", "P1")) == {"L": (1, 1, 1)}
        assert by_sex((paper, "A", "P1"), (paper, "A", "P1")) == {"L": (1, 1, 1)}


def test_every_paper_is_either_renewed_or_registered() -> None:
    assert sorted(groups.RENEWED + groups.REGISTERED) == sorted(linkage.PAPERS)


def test_a_wrong_pair_across_groups_counts_against_both() -> None:
    found = by_sex(("passport", "A", "P1"), ("splp", "B", "P1"))
    assert found == {"L": (0, 1, 0), "P": (0, 1, 0)}


def test_a_wrong_pair_within_a_group_counts_once() -> None:
    found = by_sex(("passport", "A", "P1"), ("splp", "A", "P1"), ("passport", "B", "P2"))
    assert found == {"L": (1, 1, 1)}


# The gap


def told(**pairs: tuple[int, int, int]) -> dict[str, Any]:
    """What is reported of groups with (true, predicted, correct) pairs."""
    kinds = ("true", "predicted", "correct")
    counts = {name: dict(zip(kinds, counted, strict=True)) for name, counted in pairs.items()}
    rows = [("sex", name, kind, n) for name, of in counts.items() for kind, n in of.items()]
    counted = table("dimension group kind pairs", rows, pairs=pa.int64())
    found: dict[str, Any] = groups.report(counted)["sex"]
    assert set(found["groups"]) == set(pairs)
    return found


def gap(**pairs: tuple[int, int, int]) -> tuple[Any, ...]:
    """(worst_gap, best, worst) of groups with (true, predicted, correct) pairs."""
    found = told(**pairs)
    return found["worst_gap"], found["best"], found["worst"]


def bounds(true: int, predicted: int, correct: int) -> tuple[float, float]:
    """(f1_low, f1_high) of a group."""
    found = told(a=(true, predicted, correct))["groups"]["a"]
    return found["f1_low"], found["f1_high"]


def test_the_gap_is_between_best_and_worst() -> None:
    found = gap(a=(100, 100, 90), b=(100, 100, 60), c=(100, 100, 70))
    assert found == (pytest.approx(0.3), "a", "b")


def test_groups_of_less_than_a_hundred_true_pairs_do_not_make_a_gap() -> None:
    assert gap(a=(100, 100, 90), b=(99, 99, 0), c=(200, 200, 200)) == (
        pytest.approx(0.1), "c", "a",
    )  # fmt: skip
    assert gap(a=(100, 100, 90), b=(99, 99, 0)) == (None, None, None)


def test_people_of_whom_nothing_is_known_do_not_make_a_gap() -> None:
    assert gap(a=(100, 100, 90), unknown=(100, 100, 0)) == (None, None, None)


# What of it is beyond chance


def f1(share: float) -> float:
    """F1 where this share of the pairs of truth or of ours are of both."""
    return 2 * share / (1 + share)


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    # Their interval for 0 of 10 is 0 to 0.3085, for 5 of 10 it is 0.1871 to 0.8129 (95 %).
    assert bounds(10, 0, 0) == (0.0, pytest.approx(f1(0.3085), abs=1e-4))
    assert bounds(10, 10, 10) == (pytest.approx(f1(1 - 0.3085), abs=1e-4), 1.0)
    found = (pytest.approx(f1(0.1871), abs=1e-4), pytest.approx(f1(0.8129), abs=1e-4))
    assert bounds(10, 5, 5) == bounds(5, 10, 5) == bounds(8, 7, 5) == found


@given(true=st.integers(0, 500), predicted=st.integers(0, 500), data=st.data())
def test_f1_lies_between_its_bounds(true: int, predicted: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, min(true, predicted)))
    if true + predicted:
        low, high = bounds(true, predicted, correct)
        assert 0 <= low <= 2 * correct / (true + predicted) <= high <= 1


def test_the_same_share_of_errors_is_chance_in_a_few_pairs_and_not_in_many() -> None:
    few = told(a=(150, 150, 150), b=(150, 147, 147))
    assert (few["worst_gap"], few["sure_gap"]) == (pytest.approx(1 - 294 / 297), 0.0)
    many = told(a=(15_000, 15_000, 15_000), b=(15_000, 14_700, 14_700))
    assert many["worst_gap"] == few["worst_gap"]
    assert 0.005 < many["sure_gap"] < many["worst_gap"]


def test_a_large_group_may_be_worse_for_sure_where_the_worst_is_not() -> None:
    found = told(a=(10_000, 10_000, 10_000), b=(10_000, 9_800, 9_800), c=(100, 97, 97))
    assert found["worst"] == "c"
    of_b = found["groups"]["a"]["f1_low"] - found["groups"]["b"]["f1_high"]
    of_c = found["groups"]["a"]["f1_low"] - found["groups"]["c"]["f1_high"]
    assert found["sure_gap"] == of_b > of_c


def test_fewer_than_two_groups_have_no_gap_for_sure() -> None:
    assert told(a=(100, 100, 90), b=(99, 99, 0))["sure_gap"] is None
