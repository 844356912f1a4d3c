"""Pairs between identities, counted by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.evaluate import linkage
from tests.evaluate.nights import crossings, person_records, persons, table, written

AT_BORDER = ("perlintasan", "p.csv")
PLACED = ("penempatan", "k.csv")


def report(known: Any, ours: Any, crossed: Any, originals: Any = None) -> dict[str, Any]:
    return linkage.report(linkage.identities(known, ours, crossed, written(), originals))


def test_two_documents_of_one_person_are_one_pair() -> None:
    known = persons((*AT_BORDER, "1", "A"), (*AT_BORDER, "2", "A"))
    found = report(known, person_records(), crossings(("1", "X1", "P1"), ("2", "X2", "P1")))
    assert found["pairs"] == {"true": 1, "predicted": 1, "correct": 1}
    assert (found["precision"], found["recall"], found["f1"]) == (1.0, 1.0, 1.0)


def test_a_frequent_traveller_earns_nothing() -> None:
    known = persons(*((*AT_BORDER, str(i), "A") for i in range(100)))
    found = report(known, person_records(), crossings(*((str(i), "X1", "P1") for i in range(100))))
    assert found["pairs"] == {"true": 0, "predicted": 0, "correct": 0}
    assert found["identities"] == 1
    assert (found["precision"], found["recall"], found["f1"]) == (None, None, None)


def test_repetition_earns_nothing() -> None:
    known = persons(*(("penempatan", f"{day}.csv", "K1", "A") for day in range(9)))
    found = report(known, person_records(("P:K1", "P1")), crossings())
    assert (found["identities"], found["pairs"]["true"]) == (1, 0)


def test_a_split_costs_recall() -> None:
    known = persons(*((*PLACED, key, "A") for key in ("K1", "K2", "K3")))
    ours = person_records(("P:K1", "P1"), ("P:K2", "P1"), ("P:K3", "P2"))
    found = report(known, ours, crossings())
    assert found["pairs"] == {"true": 3, "predicted": 1, "correct": 1}
    assert found["precision"] == 1.0
    assert found["recall"] == pytest.approx(1 / 3)


def test_a_merge_costs_precision() -> None:
    known = persons((*PLACED, "K1", "A"), (*PLACED, "K2", "A"), (*PLACED, "K3", "B"))
    ours = person_records(("P:K1", "P1"), ("P:K2", "P1"), ("P:K3", "P1"))
    found = report(known, ours, crossings())
    assert found["pairs"] == {"true": 1, "predicted": 3, "correct": 1}


def test_by_source_counts_pairs_that_touch_the_source() -> None:
    known = persons(
        (*AT_BORDER, "1", "A"), (*PLACED, "K1", "A"), (*PLACED, "K2", "A"),
        ("pemulangan", "l.csv", "7", "A"),
    )  # fmt: skip
    ours = person_records(("P:K1", "P1"), ("P:K2", "P1"), ("L:l.csv#7", "P2"))
    found = report(known, ours, crossings(("1", "X1", "P1")))
    pairs = {source: scores["pairs"] for source, scores in found["by_source"].items()}
    assert pairs == {
        "perlintasan": {"true": 3, "predicted": 2, "correct": 2},
        "penempatan": {"true": 5, "predicted": 3, "correct": 3},
        "pemulangan": {"true": 3, "predicted": 0, "correct": 0},
    }


def test_what_truth_does_not_know_is_left_out() -> None:
    known = persons((*PLACED, "K1", "A"))
    ours = person_records(("P:K1", "P1"), ("P:K2", "P1"))
    found = report(known, ours, crossings(("1", "X1", "P1")))
    assert (found["unknown_to_truth"], found["pairs"]["predicted"]) == (2, 0)


def test_what_we_lost_counts_against_recall() -> None:
    known = persons((*PLACED, "K1", "A"), (*PLACED, "K2", "A"), (*AT_BORDER, "1", "A"))
    found = report(known, person_records(("P:K1", "P1")), crossings())
    assert found["pairs"] == {"true": 3, "predicted": 0, "correct": 0}
    assert (found["recall"], found["missing"]) == (0.0, 2)


def test_a_lost_crossing_of_somebody_seen_is_no_identity() -> None:
    known = persons((*AT_BORDER, "1", "A"), (*AT_BORDER, "2", "A"))
    found = report(known, person_records(), crossings(("1", "X1", "P1")))
    assert (found["identities"], found["missing"]) == (1, 0)


def test_a_document_belongs_to_most_of_its_crossings_and_ties_to_the_smallest() -> None:
    known = persons(
        *((*AT_BORDER, key, who) for key, who in (("1", "B"), ("2", "B"), ("3", "A"))),
        *((*AT_BORDER, key, who) for key, who in (("4", "D"), ("5", "C"))),
    )
    ours = crossings(
        ("1", "X1", "P2"), ("2", "X1", "P1"), ("3", "X1", "P2"),
        ("4", "X2", "P4"), ("5", "X2", "P3"),
    )  # fmt: skip
    rows = (
        linkage.identities(known, person_records(), ours, written())
        .order_by("identity")
        .to_pyarrow()
    )
    assert [(r["identity"], r["person_key"], r["person_id"]) for r in rows.to_pylist()] == [
        ("D:X1", "B", "P2"),
        ("D:X2", "C", "P3"),
    ]


def test_crossings_without_document_stand_alone() -> None:
    known = persons((*AT_BORDER, "1", "A"), (*AT_BORDER, "2", "A"))
    found = report(known, person_records(), crossings(("1", None, "P1"), ("2", None, None)))
    assert found["pairs"] == {"true": 1, "predicted": 0, "correct": 0}


def test_list_numbers_may_be_whole_numbers_with_gaps() -> None:
    rows = [("pemulangan", "l.csv", 7.0, "A"), ("perlintasan", "p.csv", None, "B")]
    names = "source delivery_file record_key person_key"
    known = table(names, rows, record_key=pa.float64())
    found = linkage.identities(known, person_records(("L:l.csv#7", "P1")), crossings(), written())
    kept = found.filter(found.source == "pemulangan").to_pyarrow().to_pylist()
    assert [(row["person_key"], row["person_id"]) for row in kept] == [("A", "P1")]


def test_a_list_delivered_twice_is_one_list() -> None:
    batches = table(
        "batch_id source file status status_reason",
        [
            ("b1", "pemulangan", "a.csv", "taken_in", None),
            ("b2", "pemulangan", "b.csv", "repeated", "b1"),
        ],
    )
    known = persons(("pemulangan", "a.csv", "1", "A"), ("pemulangan", "b.csv", "1", "A"))
    ours = person_records(("L:a.csv#1", "P1"))
    twice = report(known, ours, crossings())
    once = report(known, ours, crossings(), linkage.original_files(batches))
    assert (twice["missing"], twice["pairs"]["true"]) == (1, 1)
    assert (once["missing"], once["pairs"]["true"]) == (0, 0)


def papers(crossed: Any, ours: Any = None, dated: Any = None) -> dict[str, str]:
    ours = person_records() if ours is None else ours
    found = linkage.identities(persons(), ours, crossed, written() if dated is None else dated)
    return {row["identity"]: row["paper"] for row in found.to_pyarrow().to_pylist()}


def test_a_document_is_what_most_of_its_crossings_call_it_and_ties_go_to_the_first_word() -> None:
    found = papers(
        crossings(
            ("1", "X1", "P1", "SPLP"), ("2", "X1", "P1", "SPLP"), ("3", "X1", "P1", "PASPOR"),
            ("4", "X2", "P1", "SPLP"), ("5", "X2", "P1", "PASPOR"),
            ("6", "X3", "P1", "PLB"), ("7", "X4", "P1", None), ("8", None, "P1", "SPLP"),
        )
    )  # fmt: skip
    assert found == {
        "D:X1": "splp", "D:X2": "passport", "D:X3": "other_document", "D:X4": "other_document",
        "C:8": "splp",
    }  # fmt: skip


def test_a_list_row_is_dated_where_its_record_has_a_birth_date() -> None:
    ours = person_records(("L:l.csv#1", "P1"), ("L:l.csv#2", "P2"), ("L:l.csv#3", "P3"))
    dated = written(("L:l.csv#1", None, "L", True), ("L:l.csv#2", None, "L", False))
    assert papers(crossings(), ours, dated) == {
        "L:l.csv#1": "dated_row", "L:l.csv#2": "undated_row", "L:l.csv#3": "undated_row",
    }  # fmt: skip


def test_what_was_lost_is_another_document_or_an_undated_row() -> None:
    known = persons((*AT_BORDER, "1", "A"), ("pemulangan", "l.csv", "7", "A"), (*PLACED, "K", "A"))
    found = linkage.identities(known, person_records(), crossings(), written())
    rows = {row["identity"]: row["paper"] for row in found.to_pyarrow().to_pylist()}
    assert rows == {"lost:A": "other_document", "L:l.csv#7": "undated_row", "P:K": "placement"}
