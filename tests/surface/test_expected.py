"""Expected figures: sums of chances, and what widens or moves their interval."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from scipy.stats import gamma

from pipelines.surface import trust
from pipelines.surface.expected import _bounded, expected
from pipelines.surface.origins import Trust

from .figures import NO_STRAYS, REGENCIES, TRUST, chance, chances, rows_of

LEVEL = 0.9
REGIONS = ibis.memtable(
    pa.table(
        {
            "level": ["province"] * 2 + ["regency"] * 3,
            "region_code": ["21", "52", "52.03", "52.71", "21.71"],
            "population": [1_000, 3_000, 2_000, 1_000, 1_000],
        }
    )
)


def year(*rows: dict[str, Any], region: str = "52.03") -> dict[str, Any]:
    """The figure of a region for the year."""
    found = expected(chances(*rows), TRUST, REGIONS, LEVEL)
    (row,) = rows_of(found, grain="year", region_code=region)
    return row


def width(row: dict[str, Any]) -> float:
    return float(row["expected_high"] - row["expected_low"])


def test_the_expected_figure_is_the_sum_of_the_chances() -> None:
    told = (chance(0.25), chance(0.5, "2025-11-03"), chance(1.0, origin_regency_code=None))
    assert year(*told)["expected_undocumented"] == 0.75
    assert year(*told, region="52")["expected_undocumented"] == 1.75


def test_every_period_adds_up_to_the_year() -> None:
    told = chances(chance(0.25), chance(0.5, "2025-11-03"), chance(0.125, "2025-11-30"))
    rows = rows_of(expected(told, TRUST, REGIONS, LEVEL), region_code="52.03")
    for grain in ("month", "quarter", "year"):
        of_grain = [row["expected_undocumented"] for row in rows if row["grain"] == grain]
        assert sum(of_grain) == 0.875


def test_what_is_certain_lies_within_half_a_count() -> None:
    row = year(*[chance(1.0)] * 10)
    assert (row["expected_low"], row["expected_high"]) == (9.5, 10.5)


def test_what_is_uncertain_lies_wider_and_never_below_nought() -> None:
    row = year(*[chance(0.5)] * 20)
    assert width(row) == pytest.approx(2 * 1.645 * 5**0.5 + 1, abs=0.1)
    assert year(chance(0.1))["expected_low"] == 0.0


@pytest.mark.parametrize("error", ["late_sd", "province_sd", "regency_sd", "hidden_sd"])
def test_errors_that_departures_share_do_not_cancel_out(error: str) -> None:
    apart = year(*[chance(0.9)] * 100)
    together = year(*[chance(0.9, lesson="a", **{error: 0.05})] * 100)
    assert width(together) > 1.8 * width(apart)


def test_errors_of_different_curves_cancel_out_in_part() -> None:
    one = [chance(0.9, lesson="a", late_sd=0.05)] * 100
    two = [chance(0.9, lesson="b", late_sd=0.05)] * 100
    both = width(year(*one, *two))
    assert width(year(*one)) < both < width(year(*one * 2))


def test_an_unknown_origin_lifts_the_interval_and_not_the_figure() -> None:
    known = [chance(1.0, origin_basis="nik", origin_regency_code="52.71")] * 10
    unknown = chance(
        1.0, origin_basis="unknown", origin_province_code=None, origin_regency_code=None
    )
    row, lifted = (year(*told, region="52.71") for told in (known, [*known, unknown, unknown]))
    assert row["expected_undocumented"] == lifted["expected_undocumented"] == 10.0
    assert lifted["expected_high"] > row["expected_high"] + 1


def test_an_unknown_origin_is_not_where_birth_places_are_clear() -> None:
    known = [chance(1.0, origin_basis="nik")] * 10
    unknown = chance(
        1.0, origin_basis="unknown", origin_province_code=None, origin_regency_code=None
    )
    clear = [chance(1.0, origin_basis="nik", origin_regency_code="52.71")]
    row, other = year(*known, *clear), year(*known, *clear, unknown)
    assert row["expected_high"] == other["expected_high"]


def test_an_origin_by_nik_is_less_certain_than_an_address() -> None:
    by_nik, by_list = (year(*[chance(1.0, origin_basis=basis)] * 100) for basis in ("nik", "list"))
    assert width(by_nik) > width(by_list)
    assert by_nik["expected_low"] <= 100 <= by_nik["expected_high"]


def test_bounds_are_those_of_the_gamma_distribution() -> None:
    row = {
        "period_start": ["2025-01-01"], "grain": ["year"], "level": ["regency"],
        "region_code": ["52.03"], "expected": [12.0], "middle": [12.0], "variance": [6.0],
    }  # fmt: skip
    (found,) = _bounded(ibis.memtable(pa.table(row)), LEVEL).to_pyarrow().to_pylist()
    low, high = gamma.ppf([0.05, 0.95], 24, scale=0.5)
    assert found["expected_low"] == pytest.approx(low - 0.5, abs=0.01)
    assert found["expected_high"] == pytest.approx(high + 0.5, abs=0.01)


def people(*rows: tuple[str, str | None, str | None]) -> ir.Table:
    """(person, regency of the NIK, regency of birth)"""
    names = ("person_id", "nik_regency_code", "birth_regency_code")
    columns = zip(*rows, strict=True)
    persons = ibis.memtable(
        pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
    )
    return persons.mutate(
        birth_province_code=persons.birth_regency_code.left(2),
        birth_likely_regency_code=ibis.null("string"),
    )


def addresses(*rows: tuple[str, str | None]) -> ir.Table:
    names = ("person_id", "regency_code")
    columns = zip(*rows, strict=True)
    return ibis.memtable(
        pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
    )


def trusted(persons: ir.Table, *homes: tuple[str, str | None]) -> Trust:
    placed = addresses(*homes) if homes else addresses(("", None))
    return trust(persons, placed, placed, ibis.memtable(REGENCIES))


PERSONS = (
    ("A", "52.03", "52.71"), ("B", "52.03", "21.71"), ("C", None, "52.03"), ("D", "21.71", None),
)  # fmt: skip
HOMES = (("A", "52.03"), ("B", "52.71"), ("C", "52.03"))


def test_an_address_tells_how_far_nik_and_birth_place_can_be_trusted() -> None:
    found = trusted(people(*PERSONS), *HOMES).agreement
    told = {row["basis"]: row for row in found.to_pyarrow().to_pylist()}
    assert (told["nik"]["regency"], told["nik"]["province"]) == (0.5, 1.0)
    assert told["birth_place"]["regency"] == pytest.approx(1 / 3)
    assert told["birth_place"]["province"] == pytest.approx(2 / 3)


def test_in_a_province_that_is_known_those_of_the_right_province_tell() -> None:
    found = trusted(people(*PERSONS), *HOMES).agreement
    told = {row["basis"]: row for row in found.to_pyarrow().to_pylist()}
    inside = told["province_with_birth_place"]
    assert (inside["regency"], inside["province"]) == (pytest.approx(1 / 2), 1.0)


def test_an_address_tells_which_wrong_provinces_are_named() -> None:
    found = trusted(people(*PERSONS), *HOMES).strays.to_pyarrow().to_pylist()
    assert found == [{"basis": "birth_place", "province_code": "21", "people": 1}]


def test_who_is_at_home_in_a_province_tells_nothing_of_being_taken_to_be_from_there() -> None:
    """Of six people three live in 52, of whom one is said to be from 21; one of the others from 52:
    one in three there, and so two in six."""
    born = ("52.03", "52.03", "21.71", "21.71", "21.71", "52.03")
    homes = ("52.03", "52.03", "52.03", "21.71", "21.71", "21.71")
    persons = people(*((str(number), None, place) for number, place in enumerate(born)))
    told = trusted(persons, *((str(number), home) for number, home in enumerate(homes))).strays
    found = {row["province_code"]: row["people"] for row in told.to_pyarrow().to_pylist()}
    assert found == {"21": 2, "52": 2}


def test_a_name_that_two_regencies_share_tells_its_province() -> None:
    persons = people(("A", None, None)).mutate(birth_province_code=ibis.literal("32"))
    found = trusted(persons, ("A", "52.03")).strays.to_pyarrow().to_pylist()
    assert [(row["basis"], row["province_code"]) for row in found] == [("birth_place", "32")]


def test_birth_places_that_name_no_region_are_counted_by_the_region_of_the_nik() -> None:
    persons = people(("A", "52.03", "52.71"), ("B", "52.03", None), ("C", None, None))
    found = trusted(persons).unplaced
    assert found.to_pyarrow().to_pylist() == [{"home": "52.03", "unplaced": 0.5}]


def test_a_birth_place_that_is_likely_is_not_without_a_region() -> None:
    persons = people(("A", "52.03", None)).mutate(birth_likely_regency_code=ibis.literal("52.06"))
    assert trusted(persons).unplaced.to_pyarrow()["unplaced"].to_pylist() == [0.0]


def test_namesakes_share_their_people() -> None:
    rows = [("52.06", "Bima", "52", 3), ("52.72", "Bima", "52", 1), ("52.03", "Lombok", "52", 9),
            ("21.01", "Bima", "21", 9)]  # fmt: skip
    names = ("code", "name", "province_code", "population")
    regencies = ibis.memtable([dict(zip(names, row, strict=True)) for row in rows])
    nobody = people(("A", None, None))
    found = trust(nobody, addresses(("A", None)), addresses(("A", None)), regencies).namesakes
    shares = {(r["regency_code"], r["home"]): r["share"] for r in found.to_pyarrow().to_pylist()}
    assert shares == {
        ("52.06", "52.06"): 0.75, ("52.06", "52.72"): 0.25,
        ("52.72", "52.06"): 0.75, ("52.72", "52.72"): 0.25,
    }  # fmt: skip


BIMA = {"origin_basis": "shared_birth_place", "origin_regency_code": "52.06"}
TWO = ibis.memtable(
    {
        "level": ["province", "province", "regency", "regency"],
        "region_code": ["52", "21", "52.06", "52.72"],
        "population": [3_000, 1_000, 2_000, 1_000],
    }
)


def of_two(region: str, basis: Trust = TRUST, **values: Any) -> dict[str, Any]:
    told = chances(*[chance(1.0, **values)] * 100)
    (row,) = rows_of(expected(told, basis, TWO, LEVEL), grain="year", region_code=region)
    return row


def test_what_two_regencies_of_one_name_share_is_expected_of_both() -> None:
    city, regency = (of_two(code, **BIMA)["expected_undocumented"] for code in ("52.72", "52.06"))
    assert (city, regency) == (25.0, 75.0)
    assert of_two("52", **BIMA)["expected_undocumented"] == 100.0


def test_a_known_regency_is_expected_of_itself_alone() -> None:
    known = BIMA | {"origin_basis": "birth_place"}
    assert of_two("52.06", **known)["expected_undocumented"] == 100.0


def test_wrong_origins_are_expected_where_those_of_known_address_went() -> None:
    away = pa.table(
        {"basis": ["birth_place"], "province_code": ["21"], "people": [10_000]}, NO_STRAYS.schema
    )
    born = {
        "origin_basis": "birth_place",
        "origin_province_code": "21",
        "origin_regency_code": None,
    }
    by_people = of_two("21", **born)
    by_strays = of_two("21", TRUST._replace(strays=ibis.memtable(away)), **born)
    assert by_strays["expected_low"] < by_people["expected_low"]
