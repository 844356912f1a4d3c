"""Placements: from when to when each is valid, and what becomes of a cancelled one."""

from datetime import date

import pytest

from pipelines import reference
from pipelines.standardise import Regions, placements, unresolved_placements

from .tables import PLACEMENTS, table, utc

START, END = date(2025, 1, 10), date(2027, 1, 10)


def version(status, received, hour=0, superseded_by=None, **more):
    return {
        "placement_id": "P1",
        "status": status,
        "received_at": utc(received, hour),
        "superseded_by": superseded_by,
        "processed_on": START,
        "contract_ends_on": END,
    } | more


# versions in the order of delivery -> valid_to, is_valid
VALIDITY = {
    "issued": ([version("TERBIT", "2025-01-12")], (END, True)),
    "extended": ([version("PERPANJANGAN", "2025-01-12")], (END, True)),
    "no end of contract": (
        [version("TERBIT", "2025-01-12", contract_ends_on=None)],
        (None, True),
    ),
    "cancelled, never valid": ([version("BATAL", "2025-03-01")], (END, False)),
    "cancelled later": (
        [version("TERBIT", "2025-01-12", superseded_by="b2"), version("BATAL", "2025-03-01")],
        (date(2025, 3, 1), True),
    ),
    "cancelled at 17:00 UTC, the next day in Jakarta": (
        [version("TERBIT", "2025-01-12", superseded_by="b2"), version("BATAL", "2025-03-01", 17)],
        (date(2025, 3, 2), True),
    ),
    "cancelled, and delivered again": (
        [
            version("TERBIT", "2025-01-12", superseded_by="b2"),
            version("BATAL", "2025-03-01", superseded_by="b3"),
            version("BATAL", "2025-04-01"),
        ],
        (date(2025, 3, 1), True),
    ),
    "cancelled, renewed, cancelled": (
        [
            version("TERBIT", "2025-01-12", superseded_by="b2"),
            version("BATAL", "2025-03-01", superseded_by="b3"),
            version("TERBIT", "2025-04-01", superseded_by="b4"),
            version("BATAL", "2025-05-01"),
        ],
        (date(2025, 5, 1), True),
    ),
    "cancelled by mistake": (
        [version("BATAL", "2025-01-12", superseded_by="b2"), version("TERBIT", "2025-03-01")],
        (END, True),
    ),
    "an old file that came again after the cancellation": (
        [
            version("TERBIT", "2025-01-12", superseded_by="b2"),
            version("BATAL", "2025-03-01"),
            version("TERBIT", "2025-06-01", superseded_by="b1"),
        ],
        (date(2025, 3, 1), True),
    ),
    "cancelled after the contract": (
        [version("TERBIT", "2025-01-12", superseded_by="b2"), version("BATAL", "2027-03-01")],
        (END, True),
    ),
    "cancelled before it began": (
        [version("TERBIT", "2025-01-02", superseded_by="b2"), version("BATAL", "2025-01-09")],
        (date(2025, 1, 9), False),
    ),
    "cancelled on the first day": (
        [version("TERBIT", "2025-01-02", superseded_by="b2"), version("BATAL", "2025-01-10")],
        (date(2025, 1, 10), True),
    ),
}


@pytest.fixture
def standardised(rows_of):
    def run(*rows):
        records = table(PLACEMENTS, list(rows))
        return rows_of(placements(records, reference.memtable("countries"), Regions.shipped()))

    return run


def test_validity(standardised):
    versions = [v | {"placement_id": case} for case, (vs, _) in VALIDITY.items() for v in vs]
    found = {
        r["placement_id"]: (r["valid_from"], r["valid_to"], r["is_valid"])
        for r in standardised(*versions)
    }
    assert found == {case: (START, *expected) for case, (_, expected) in VALIDITY.items()}


# delivered regency and district -> today's regency and province
REGIONS = {
    ("52.03", "52.03.01"): ("52.03", "52"),
    ("5203", None): ("52.03", "52"),
    ("Kab. Lombok Timur", None): ("52.03", "52"),
    ("91.01", None): ("93.01", "93"),
    (None, "52.03.01"): ("52.03", "52"),
    (None, "520301"): ("52.03", "52"),
    ("52.03", "33.27.14"): ("52.03", "52"),  # the regency weighs more
    ("99.99", None): (None, None),
    (None, None): (None, None),
}


def test_regions(standardised):
    rows = [
        version("TERBIT", "2025-01-12", placement_id=str(i), regency_code=r, district_code=d)
        for i, (r, d) in enumerate(REGIONS)
    ]
    found = {
        int(r["placement_id"]): (r["regency_code"], r["province_code"]) for r in standardised(*rows)
    }
    assert found == dict(enumerate(REGIONS.values()))


def test_one_row_in_full(standardised):
    (row,) = standardised(
        version(
            "TERBIT",
            "2025-01-12",
            nik="3319 0946 0486 0001",
            full_name="Hj. Suminah",
            birth_date=date(1986, 4, 6),
            birth_place="Demak",
            sex="P",
            passport_number="e 1048190",
            regency_code="33.27",
            scheme="MANDIRI",
            sector="INFORMAL",
            country_name="CHINESE TAIPEI",
            batch_id="b1",
            row_number=1,
            received_at=utc("2025-01-12"),
        )
    )
    assert row == {
        "placement_id": "P1",
        "nik": "3319094604860001",
        "name": "SUMINAH",
        "birth_date": date(1986, 4, 6),
        "birth_place": "Demak",
        "sex": "P",
        "passport_number": "E1048190",
        "regency_code": "33.27",
        "province_code": "33",
        "country_code": "TWN",
        "scheme": "MANDIRI",
        "sector": "INFORMAL",
        "processed_on": START,
        "valid_from": START,
        "valid_to": END,
        "is_valid": True,
        "first_received_at": utc("2025-01-12"),
        "batch_id": "b1",
        "row_number": 1,
    }


def test_unknown_words_are_counted(rows_of):
    rows = [
        version("TERBIT", "2025-01-12", regency_code="99.99", country_name="Atlantis"),
        version("TERBIT", "2025-01-12", regency_code="52.03", country_name="MYS"),
    ]
    found = unresolved_placements(
        table(PLACEMENTS, rows), reference.memtable("countries"), Regions.shipped()
    )
    assert sorted((r["field"], r["value"], r["rows"]) for r in rows_of(found)) == [
        ("country_name", "Atlantis", 1),
        ("regency_code", "99.99", 1),
    ]
