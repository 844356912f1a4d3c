"""Where a departure comes from, and who says so."""

from typing import Any

from .stories import Row, exit, listed, person, placement, story

LEFT = exit("2025-02-01", "MYS")
PLACED = placement("MYS", "2025-01-01", "2026-01-01", regency_code="35.02", province_code="35")


def origin(*rows: Row) -> tuple[Any, Any, Any]:
    only = story(*rows).only
    return only["origin_basis"], only["origin_province_code"], only["origin_regency_code"]


def test_the_address_on_the_list_comes_first() -> None:
    home = listed("2025-06-01", "MYS", regency_code="12.07", province_code="12")
    assert origin(LEFT, PLACED, home) == ("list", "12", "12.07")


def test_a_province_alone_is_an_origin() -> None:
    home = listed("2025-06-01", "MYS", province_code="12")
    assert origin(LEFT, PLACED, home) == ("list", "12", None)


def test_then_the_placement() -> None:
    assert origin(LEFT, PLACED, listed("2025-06-01", "MYS")) == ("placement", "35", "35.02")


def test_then_the_region_of_the_nik() -> None:
    assert origin(LEFT, person(nik_regency_code="52.03")) == ("nik", "52", "52.03")


def test_then_the_place_of_birth() -> None:
    born = {"birth_province_code": "33", "birth_regency_code": "33.01"}
    assert origin(LEFT, person(nik_regency_code=None, **born)) == ("birth_place", "33", "33.01")


def test_of_a_city_and_a_regency_of_one_name_the_province_is_known() -> None:
    born_in_bandung = person(nik_regency_code=None, birth_province_code="32")
    assert origin(LEFT, born_in_bandung) == ("birth_place", "32", None)


BORN_IN_CIREBON = {"birth_province_code": "32", "birth_likely_regency_code": "32.09"}


def test_where_most_live_in_the_one_of_them_it_counts_there_and_says_so() -> None:
    born = person(nik_regency_code=None, **BORN_IN_CIREBON)
    assert origin(LEFT, born) == ("shared_birth_place", "32", "32.09")


def test_any_other_evidence_comes_before_the_name_that_two_share() -> None:
    assert origin(LEFT, person(nik_regency_code="32.74", **BORN_IN_CIREBON)) == (
        "nik", "32", "32.74",
    )  # fmt: skip


IN_SUMATRA = listed("2025-06-01", "MYS", province_code="12")


def test_a_province_on_the_list_and_a_regency_in_it_on_the_nik_go_together() -> None:
    told = origin(LEFT, IN_SUMATRA, person(nik_regency_code="12.07"))
    assert told == ("province_with_nik", "12", "12.07")


def test_a_regency_of_another_province_does_not() -> None:
    assert origin(LEFT, IN_SUMATRA, person(nik_regency_code="52.03")) == ("list", "12", None)


def test_a_nik_of_another_province_leaves_room_for_the_place_of_birth() -> None:
    born = {"birth_province_code": "12", "birth_regency_code": "12.07"}
    told = origin(LEFT, IN_SUMATRA, person(nik_regency_code="52.03", **born))
    assert told == ("province_with_birth_place", "12", "12.07")


def test_the_placement_tells_the_regency_where_the_list_names_its_province_alone() -> None:
    home = listed("2025-06-01", "MYS", province_code="35")
    assert origin(LEFT, PLACED, home) == ("province_with_placement", "35", "35.02")


def test_a_shared_name_in_the_province_of_the_list_says_so_too() -> None:
    home = listed("2025-06-01", "MYS", province_code="32")
    told = origin(LEFT, home, person(nik_regency_code=None, **BORN_IN_CIREBON))
    assert told == ("shared_birth_place", "32", "32.09")


def test_or_nobody_knows() -> None:
    assert origin(LEFT, person(nik_regency_code=None)) == ("unknown", None, None)


def test_a_better_address_of_the_same_return_is_used() -> None:
    told = story(
        listed("2025-06-01", "MYS", province_code="12", list_file="a.csv"),
        listed("2025-06-02", "MYS", province_code="12", regency_code="12.07", list_file="b.csv"),
    )
    assert told.only["origin_regency_code"] == "12.07"
