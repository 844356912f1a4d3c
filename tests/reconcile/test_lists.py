"""Rows of repatriation lists find the departure they end."""

import pytest

from .stories import Told, after, entry, exit, listed, story

LEFT = "2025-01-03"


def keys(told: Told) -> list[str]:
    return sorted(row["departure_key"] for row in told.departures)


def matched(told: Told) -> dict[str, str]:
    return {row["list_number"]: row["departure_key"] for row in told.matches}


def test_a_list_closes_an_open_journey() -> None:
    only = story(exit(LEFT, "THA"), listed("2025-03-20", "MMR", gate_code="KNO")).only
    assert (only["return_kind"], str(only["returned_on"])) == ("list", "2025-03-20")
    assert (only["return_gate_code"], only["observed_country"]) == ("KNO", "MMR")


def test_an_entry_at_the_border_stays_the_return() -> None:
    only = story(exit(LEFT, "THA"), entry("2025-03-19"), listed("2025-03-20", "MMR")).only
    assert (only["return_kind"], str(only["returned_on"])) == ("recorded", "2025-03-19")
    assert only["list_file"] == "list.xlsx"


@pytest.mark.parametrize(("days", "departures"), [(7, 1), (8, 2)])
def test_a_return_may_lie_so_many_days_before_the_list(days: int, departures: int) -> None:
    told = story(exit(LEFT, "THA"), entry("2025-03-01"), listed(after("2025-03-01", days), "MMR"))
    assert len(told.departures) == departures


def test_a_return_after_the_list_is_still_that_return() -> None:
    told = story(exit(LEFT, "THA"), entry("2025-05-01"), listed("2025-03-20", "MMR"))
    assert keys(told) == ["X:c001"]


def test_a_list_on_the_day_of_the_exit_is_of_that_exit() -> None:
    assert keys(story(exit(LEFT, "THA"), listed(LEFT, "MMR"))) == ["X:c001"]


def test_a_list_before_the_exit_is_of_another_departure() -> None:
    told = story(exit(LEFT, "THA"), listed("2025-01-02", "MMR"))
    assert keys(told) == ["L:list.xlsx#r001", "X:c001"]


def test_the_latest_exit_before_the_list_counts() -> None:
    told = story(exit("2024-06-01", "MYS"), exit(LEFT, "THA"), listed("2025-03-20", "MMR"))
    assert matched(told) == {"r001": "X:c002"}


@pytest.mark.parametrize(("days", "departures"), [(-7, 1), (7, 1), (8, 2), (-8, 2)])
def test_an_entry_without_exit_near_the_list_is_that_return(days: int, departures: int) -> None:
    told = story(entry("2025-03-20"), listed(after("2025-03-20", days), "MYS", "PEKERJA"))
    assert len(told.departures) == departures
    assert {row["outcome"] for row in told.departures} == {"unrecorded_exit"}


def test_two_agencies_lists_are_one_return() -> None:
    told = story(
        listed("2025-03-20", "MMR", "SAKIT", list_file="bp3mi.csv"),
        listed("2025-03-18", "MMR", "TPPO", list_file="kemlu.xlsx"),
    )
    assert keys(told) == ["L:kemlu.xlsx#r002"]
    assert set(matched(told).values()) == {"L:kemlu.xlsx#r002"}
    assert told.only["list_category"] == "TPPO"


def test_the_strongest_category_of_a_return_counts() -> None:
    told = story(
        exit(LEFT, "THA"),
        listed("2025-03-18", "MMR", "SAKIT", list_file="a.csv"),
        listed("2025-03-20", "MMR", "PEKERJA", list_file="b.csv"),
    )
    assert told.outcome == "confirmed_undocumented"
    assert (told.only["list_file"], told.only["list_category"]) == ("a.csv", "PEKERJA")


@pytest.mark.parametrize(("days", "departures"), [(14, 1), (15, 2)])
def test_so_many_days_apart_are_still_one_return(days: int, departures: int) -> None:
    told = story(listed(LEFT, "MYS"), listed(after(LEFT, days), "MYS"))
    assert len(told.departures) == departures


def test_a_journey_takes_its_earliest_return_only() -> None:
    told = story(exit(LEFT, "MYS"), listed("2025-03-01", "MYS"), listed("2025-06-01", "MYS"))
    assert matched(told) == {"r001": "X:c001", "r002": "L:list.xlsx#r002"}


def test_rows_without_a_person_stand_alone() -> None:
    told = story(listed(LEFT, "MYS", person_id=None), listed(LEFT, "MYS", person_id=None))
    assert keys(told) == ["L:list.xlsx#r001", "L:list.xlsx#r002"]


def test_age_and_sex_come_from_the_list_where_nobody_else_knows_them() -> None:
    only = story(listed(LEFT, "MYS", person_id=None, birth_year=1986, sex="L")).only
    assert (only["age_at_departure"], only["sex"]) == (39, "L")
