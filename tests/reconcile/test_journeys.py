"""Exits and entries of one person become journeys."""

import pytest

from .stories import Row, Told, after, entry, exit, person, story

BOTH = (entry, exit)


def kinds(told: Told) -> list[str]:
    ordered = sorted(told.journeys, key=lambda row: row["departed_at"] or row["departure_key"])
    return [row["return_kind"] for row in ordered]


def keys(told: Told) -> list[str]:
    return sorted(row["departure_key"] for row in told.journeys)


def test_an_exit_and_an_entry_are_one_journey() -> None:
    (journey,) = story(exit("2025-01-03", "MYS"), entry("2025-01-20")).journeys
    assert journey["departure_key"] == "X:c001"
    assert journey["return_kind"] == "recorded"
    assert (journey["exit_crossing_id"], journey["return_crossing_id"]) == ("c001", "c002")


def test_two_exits_in_a_row_imply_a_return_between_them() -> None:
    told = story(exit("2025-01-03"), exit("2025-03-01"), entry("2025-03-05"))
    assert kinds(told) == ["implied", "recorded"]
    assert str(told.journeys[0]["next_exit_on"]) == "2025-03-01"
    assert told.codes == ["two_exits_in_a_row"]


def test_an_exit_and_nothing_more_is_open() -> None:
    assert kinds(story(exit("2025-01-03"))) == ["none"]


def test_an_entry_with_no_exit_before_it_stands_alone() -> None:
    told = story(entry("2025-01-03"))
    assert keys(told) == ["E:c001"]
    assert told.codes == ["entry_without_exit"]


def test_a_second_entry_without_exit_stands_alone_too() -> None:
    told = story(exit("2025-01-03"), entry("2025-01-09"), entry("2025-02-09"))
    assert keys(told) == ["E:c003", "X:c001"]


def test_order_of_delivery_does_not_matter() -> None:
    told = story(entry("2025-01-20"), exit("2025-01-03"))
    assert keys(told) == ["X:c002"]


def test_in_one_minute_somebody_at_home_leaves_and_then_enters() -> None:
    told = story(entry("2025-01-03"), exit("2025-01-03"))
    assert keys(told) == ["X:c002"]
    assert told.codes == ["same_minute_pair"]


def test_in_one_minute_somebody_abroad_enters_and_then_leaves() -> None:
    told = story(
        exit("2025-01-01", "MYS"), exit("2025-01-03", "MYS"), entry("2025-01-03"),
        entry("2025-01-09"),
    )  # fmt: skip
    assert {row["exit_crossing_id"]: row["return_crossing_id"] for row in told.journeys} == {
        "c001": "c003",
        "c002": "c004",
    }
    assert told.codes == ["same_minute_pair"]


def test_somebody_back_home_leaves_first_again() -> None:
    told = story(exit("2025-01-01"), entry("2025-01-02"), entry("2025-01-03"), exit("2025-01-03"))
    assert keys(told) == ["X:c001", "X:c004"]
    assert kinds(told) == ["recorded", "recorded"]


def test_one_such_minute_after_another_leaves_the_state_as_it_was() -> None:
    turned = [crossing("2025-01-03", at=at) for at in ("08:00", "12:00") for crossing in BOTH]
    told = story(exit("2025-01-01"), *turned)
    assert kinds(told) == ["recorded", "recorded", "none"]
    assert {row["return_kind"] for row in story(*turned).journeys} == {"recorded"}


def test_seconds_do_not_tell_the_order_within_a_minute_but_minutes_do() -> None:
    told = story(entry("2025-01-03", at="08:00:10"), exit("2025-01-03", at="08:00:50"))
    assert keys(told) == ["X:c002"]
    told = story(entry("2025-01-03", at="08:00:59"), exit("2025-01-03", at="08:01:00"))
    assert keys(told) == ["E:c001", "X:c002"]


def test_an_entry_just_before_an_exit_without_return_may_be_out_of_order() -> None:
    told = story(entry("2025-01-03", at="08:00"), exit("2025-01-04", at="07:00"))
    assert told.codes == ["entry_without_exit", "out_of_order_times"]


@pytest.mark.parametrize("later", [[exit("2025-01-05")], [exit("2025-01-04"), entry("2025-01-07")]])
def test_an_exit_days_later_or_with_its_own_return_is_in_order(later: list[Row]) -> None:
    assert story(entry("2025-01-03"), *later).codes == ["entry_without_exit"]


def test_two_documents_of_one_person_are_one_life() -> None:
    told = story(
        exit("2025-01-03", document_number="A1"), entry("2025-01-09", document_number="B2"),
        exit("2025-02-03", document_number="A1"), entry("2025-02-09", document_number="B2"),
    )  # fmt: skip
    assert kinds(told) == ["recorded", "recorded"]
    assert told.codes == ["two_live_passports"]


def test_a_commuter_whose_entry_was_missed_is_not_suspected() -> None:
    told = story(
        exit("2025-01-06", "SGP", at="06:00"),
        *[
            crossing(after("2025-01-07", number), "SGP", at=at)
            for number in range(4)
            for crossing, at in ((exit, "06:00"), (entry, "18:00"))
        ],
    )
    assert kinds(told) == ["implied"] + ["recorded"] * 4
    assert {row["outcome"] for row in told.departures} == {"returned_within_stay"}
    assert told.codes == ["two_exits_in_a_row"]


def test_people_do_not_mix() -> None:
    told = story(exit("2025-01-03"), entry("2025-01-20", person_id="P2"))
    assert keys(told) == ["E:c002", "X:c001"]


def test_crossings_without_a_person_stand_alone() -> None:
    told = story(exit("2025-01-03", person_id=None), entry("2025-01-20", person_id=None))
    assert keys(told) == ["E:c002", "X:c001"]
    assert {row["person_id"] for row in told.journeys} == {None}


def test_a_poorly_identified_person_still_gets_a_row() -> None:
    told = story(exit("2025-01-03"), person(is_poorly_identified=True))
    assert told.rule == "poorly_identified"


def test_a_second_scan_within_the_hour_is_merged_into_the_first() -> None:
    told = story(exit("2025-01-03", at="08:00"), exit("2025-01-03", at="09:00"))
    assert keys(told) == ["X:c001"]
    assert told.journeys[0]["merged_crossing_ids"] == "c002"
    assert kinds(told) == ["none"]
    assert told.codes == ["duplicate_crossing"]


def test_a_second_scan_after_the_hour_is_a_second_exit() -> None:
    told = story(exit("2025-01-03", at="08:00"), exit("2025-01-03", at="09:01"))
    assert keys(told) == ["X:c001", "X:c002"]


def test_a_second_scan_at_another_gate_is_a_second_exit() -> None:
    told = story(exit("2025-01-03", at="08:00"), exit("2025-01-03", at="08:10", gate_code="SUB"))
    assert keys(told) == ["X:c001", "X:c002"]


def test_a_run_of_scans_is_one_crossing_and_keeps_the_return() -> None:
    told = story(
        exit("2025-01-03", at="08:00"),
        exit("2025-01-03", at="08:50"),
        exit("2025-01-03", at="09:40"),
        entry("2025-01-20", at="10:00"),
        entry("2025-01-20", at="10:05"),
        exit("2025-02-01"),
    )
    assert keys(told) == ["X:c001", "X:c006"]
    first = told.journeys[0]
    assert first["return_crossing_id"] == "c004"
    assert first["merged_crossing_ids"] == "c002;c003;c005"
    assert told.codes == ["duplicate_crossing"] * 3


def test_repeated_scans_of_a_lone_entry_are_merged_once() -> None:
    told = story(entry("2025-01-20", at="10:00"), entry("2025-01-20", at="10:05"))
    assert keys(told) == ["E:c001"]
    assert told.journeys[0]["merged_crossing_ids"] == "c002"
    assert told.codes == ["duplicate_crossing", "entry_without_exit"]


def test_a_return_on_an_splp_is_seen() -> None:
    told = story(exit("2025-01-03"), entry("2025-01-20", document_type="SPLP"))
    assert "splp_return" in told.only["reasons"].split(";")
