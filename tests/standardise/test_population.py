"""Counts of residents, and recruitment content, under the codes of our tables."""

from typing import Any

import pytest

from pipelines import reference, standardise

from .tables import POPULATION, RECRUITMENT, table

REGIONS = ("provinces", "regencies")


def counted(con: Any, code: str, semester: str = "2025-1", **given: Any) -> list[tuple[Any, ...]]:
    row = {"region_code": code, "semester": semester, "population": 7} | given
    regions = (reference.memtable(name) for name in REGIONS)
    rows = con.to_pyarrow(standardise.population(table(POPULATION, [row]), *regions)).to_pylist()
    return [(r["region_code"], r["semester"], str(r["counted_on"]), r["population"]) for r in rows]


@pytest.mark.parametrize(
    ("code", "known"), [("52", "52"), ("52.03", "52.03"), ("5203", "52.03"), ("3201", "32.01")]
)
def test_codes_are_read_with_or_without_the_dot(con: Any, code: str, known: str) -> None:
    assert counted(con, code) == [(known, "2025-1", "2025-06-30", 7)]


def test_a_half_year_ends_in_june_or_december(con: Any) -> None:
    assert counted(con, "52", "2024-2") == [("52", "2024-2", "2024-12-31", 7)]


def test_a_corrected_count_is_left_aside(con: Any) -> None:
    assert counted(con, "52", superseded_by="B2") == []


def test_a_code_of_no_region_of_today_is_told_and_not_used(con: Any) -> None:
    assert counted(con, "99.99") == []
    rows = table(POPULATION, [{"region_code": code, "semester": "2025-1"} for code in ("99", "52")])
    regions = (reference.memtable(name) for name in REGIONS)
    [told] = con.to_pyarrow(standardise.unresolved_population(rows, *regions)).to_pylist()
    assert told == {"source": "penduduk", "field": "region_code", "value": "99", "rows": 1}


def test_a_promised_country_becomes_a_code_or_is_told(con: Any) -> None:
    words = ["Kamboja", "Atlantis", None]
    rows = table(RECRUITMENT, [{"takedown_id": str(n), "country_name": word}
                               for n, word in enumerate(words)])  # fmt: skip
    countries = reference.memtable("countries")
    cases = con.to_pyarrow(standardise.recruitment(rows, countries)).to_pylist()
    assert {row["takedown_id"]: row["country_code"] for row in cases} == {
        "0": "KHM", "1": None, "2": None,
    }  # fmt: skip
    [told] = con.to_pyarrow(standardise.unresolved_recruitment(rows, countries)).to_pylist()
    assert (told["source"], told["value"], told["rows"]) == ("takedown", "Atlantis", 1)
