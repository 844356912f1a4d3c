"""Lists: addresses in words, ages for birth dates, gates by name."""

from datetime import date

import pytest

from pipelines import reference
from pipelines.standardise import Regions, repatriations, unresolved_repatriations

from .tables import REPATRIATIONS, table, utc

ARRIVED = date(2025, 8, 31)

# birth date, age, birth year
BIRTH_YEARS = [
    (date(1987, 4, 28), None, 1987),
    (date(1987, 4, 28), 20, 1987),  # the date wins
    (None, 39, 1986),
    (None, 0, 2025),
    (None, 120, 1905),
    (None, 121, None),
    (None, -1, None),
    (None, None, None),
]


@pytest.fixture
def standardised(rows_of):
    def run(*rows):
        records = table(
            REPATRIATIONS, [{"list_file": "f.csv", "list_number": "1"} | r for r in rows]
        )
        countries, gates = reference.memtable("countries"), reference.memtable("gates")
        return rows_of(repatriations(records, countries, gates, Regions.shipped()))

    return run


def test_birth_year(standardised):
    rows = [
        {"list_number": str(i), "birth_date": birth_date, "age": age, "arrived_on": ARRIVED}
        for i, (birth_date, age, _) in enumerate(BIRTH_YEARS)
    ]
    found = {int(r["list_number"]): (r["birth_date"], r["birth_year"]) for r in standardised(*rows)}
    assert found == {i: (born, year) for i, (born, _, year) in enumerate(BIRTH_YEARS)}


def test_one_row_in_full(standardised):
    (row,) = standardised(
        {
            "list_number": "200001",
            "full_name": "Moch. Ridwan Iqbal, S.Pd.",
            "sex": "L",
            "age": 39,
            "document_number": "x d13674023",
            "nik": "1117062206860001",
            "district_name": "Puspo",
            "regency_name": "Pasuruan",
            "province_name": "Jatim",
            "country_name": "Kamboja",
            "arrived_on": ARRIVED,
            "arrival_point": "Pelabuhan Tunon Taka Nunukan",
            "category": "PEKERJA",
            "wave": "1",
            "batch_id": "b1",
            "row_number": 1,
            "received_at": utc("2025-09-01"),
        }
    )
    assert row == {
        "list_file": "f.csv",
        "list_number": "200001",
        "name": "MOCH RIDWAN IQBAL",
        "sex": "L",
        "birth_date": None,
        "birth_year": 1986,
        "document_number": "XD13674023",
        "nik": "1117062206860001",
        "province_code": "35",
        "regency_code": "35.14",
        "district_code": "35.14.03",
        "country_code": "KHM",
        "arrived_on": ARRIVED,
        "gate_code": "NNK",
        "category": "PEKERJA",
        "wave": "1",
        "first_received_at": utc("2025-09-01"),
        "batch_id": "b1",
        "row_number": 1,
    }


def test_superseded_rows_are_left_out(standardised):
    assert standardised({"superseded_by": "b2"}) == []


def test_unknown_words_are_counted_and_never_people(rows_of):
    rows = [
        {"full_name": "SUMINAH", "regency_name": "Batem", "province_name": "Kepri"},
        {"full_name": "ANI", "province_name": "Negeri Antah", "arrival_point": "Dermaga"},
    ]
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    found = unresolved_repatriations(
        table(REPATRIATIONS, rows), countries, gates, Regions.shipped()
    )
    assert sorted((r["field"], r["value"], r["rows"]) for r in rows_of(found)) == [
        ("arrival_point", "Dermaga", 1),
        ("province_name", "Negeri Antah", 1),
        ("regency_name", "Batem", 1),
    ]
