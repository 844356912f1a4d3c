"""Crossings: the date at the gate, known and unknown words, current rows only."""

from datetime import date

import pytest

from pipelines import reference
from pipelines.standardise import crossings, unresolved_crossings

from .tables import CROSSINGS, synonyms, table, utc

# gate, hour of 1 June 2025 UTC, and the date on the wall of the gate
LOCAL_DATES = [
    ("CGK", 16, date(2025, 6, 1)),  # 23:00 WIB
    ("CGK", 17, date(2025, 6, 2)),  # 00:00 WIB
    ("DPS", 15, date(2025, 6, 1)),  # 23:00 WITA
    ("DPS", 16, date(2025, 6, 2)),  # 00:00 WITA
    ("SKW", 14, date(2025, 6, 1)),  # 23:00 WIT
    ("SKW", 15, date(2025, 6, 2)),  # 00:00 WIT
    ("ZZZ", 16, date(2025, 6, 1)),  # unknown and missing gates: WIB
    ("ZZZ", 17, date(2025, 6, 2)),
    (None, 16, date(2025, 6, 1)),
    (None, 17, date(2025, 6, 2)),
]


@pytest.fixture
def standardised(rows_of):
    def run(*rows):
        numbered = [
            {"crossing_id": str(i), "crossed_at": utc("2025-06-01"), "direction": "KELUAR"} | row
            for i, row in enumerate(rows)
        ]
        gates, countries = reference.memtable("gates"), reference.memtable("countries")
        expression = crossings(table(CROSSINGS, numbered), synonyms(), countries, gates)
        return rows_of(expression.order_by("crossing_id"))

    return run


def test_the_date_is_that_of_the_gate(standardised):
    rows = [{"gate_code": g, "crossed_at": utc("2025-06-01", h)} for g, h, _ in LOCAL_DATES]
    assert [r["crossed_on"] for r in standardised(*rows)] == [day for _, _, day in LOCAL_DATES]


def test_gates(standardised):
    cases = {"CGK": ("CGK", True), "cgk": ("CGK", True), "zzz": ("ZZZ", False), None: (None, False)}
    found = standardised(*({"gate_code": gate} for gate in cases))
    assert [(row["gate_code"], row["is_known_gate"]) for row in found] == list(cases.values())


def test_purposes(standardised):
    cases = {"WISATA": "tourism", "Umrah": "pilgrimage", "MELANCONG": "other", None: None}
    found = standardised(*({"purpose": word} for word in cases))
    assert [row["purpose"] for row in found] == list(cases.values())


def test_one_row_in_full(standardised):
    (row,) = standardised(
        {
            "crossing_id": "PL1",
            "direction": "MASUK",
            "crossed_at": utc("2025-06-01", 3),
            "gate_code": "KNO",
            "document_type": "SPLP",
            "document_number": "x d07515964",
            "country_name": "Tailan",
            "mode": "UDARA",
            "purpose": "BEKERJA",
            "batch_id": "b1",
            "row_number": 7,
        }
    )
    assert row == {
        "crossing_id": "PL1",
        "is_exit": False,
        "crossed_at": utc("2025-06-01", 3),
        "crossed_on": date(2025, 6, 1),
        "gate_code": "KNO",
        "is_known_gate": True,
        "document_type": "SPLP",
        "document_number": "XD07515964",
        "country_code": "THA",
        "purpose": "work",
        "batch_id": "b1",
        "row_number": 7,
    }


def test_superseded_versions_are_left_out(standardised):
    rows = standardised({"crossing_id": "a", "superseded_by": "b2"}, {"crossing_id": "a"})
    assert [row["crossing_id"] for row in rows] == ["a"]


def test_unknown_words_are_counted(rows_of):
    rows = [
        {"gate_code": "ZZZ", "country_name": "Atlantis", "purpose": "MELANCONG"},
        {"gate_code": "ZZZ", "country_name": "MYS", "purpose": "WISATA"},
        {"gate_code": "QQQ", "superseded_by": "b2"},
    ]
    gates, countries = reference.memtable("gates"), reference.memtable("countries")
    found = unresolved_crossings(table(CROSSINGS, rows), synonyms(), countries, gates)
    assert sorted((r["field"], r["value"], r["rows"]) for r in rows_of(found)) == [
        ("country_name", "Atlantis", 1),
        ("gate_code", "ZZZ", 2),
        ("purpose", "MELANCONG", 1),
    ]
