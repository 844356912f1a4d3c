"""Refused people among the known persons: by number, and only where a date or a name agrees."""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines.link import refusals_with_person

BORN = date(1990, 5, 17)
NUMBERS = {"document_number": pa.string(), "nik": pa.string(), "name": pa.string(),
           "birth_date": pa.date32()}  # fmt: skip


def person_of(refusal: dict[str, Any], *known: tuple[str, dict[str, Any]]) -> str | None:
    """The person of a refusal among identities (person, what is written)."""
    said = pa.schema({"refusal_id": pa.string(), **NUMBERS})
    papers = pa.schema({"record_key": pa.string(), **NUMBERS})
    written = [{"record_key": str(n)} | row for n, (_, row) in enumerate(known)]
    records = {
        "record_key": [str(n) for n in range(len(known))],
        "person_id": [p for p, _ in known],
    }
    found = refusals_with_person(
        ibis.memtable(pa.Table.from_pylist([{"refusal_id": "R1"} | refusal], said)),
        ibis.memtable(pa.Table.from_pylist(written, papers)),
        ibis.memtable(pa.table(records, pa.schema(dict.fromkeys(records, pa.string())))),
    )
    [row] = found.to_pyarrow().to_pylist()
    return str(row["person_id"]) if row["person_id"] else None


BUDI = {"document_number": "C1", "nik": "N1", "name": "BUDI SANTOSO", "birth_date": BORN}


@pytest.mark.parametrize(
    ("refusal", "person"),
    [
        (BUDI, "P1"),
        (BUDI | {"nik": None, "name": None}, "P1"),
        (BUDI | {"nik": None, "birth_date": None}, "P1"),
        (BUDI | {"nik": None, "birth_date": None, "name": "SITI KENARI"}, None),
        (BUDI | {"document_number": None}, "P1"),
        (BUDI | {"document_number": None, "birth_date": None}, None),
        (BUDI | {"document_number": None, "nik": None}, None),
    ],
    ids=[
        "all agrees", "document and date", "document and name", "another name", "NIK and date",
        "NIK without date", "a name alone",
    ],
)  # fmt: skip
def test_a_number_needs_a_date_or_a_name_beside_it(
    refusal: dict[str, Any], person: str | None
) -> None:
    assert person_of(refusal, ("P1", BUDI)) == person


def test_papers_of_one_person_agree_and_those_of_two_say_nothing() -> None:
    other = BUDI | {"document_number": "C2"}
    assert person_of(BUDI, ("P1", BUDI), ("P1", other)) == "P1"
    assert person_of(BUDI, ("P1", BUDI), ("P2", other)) is None
