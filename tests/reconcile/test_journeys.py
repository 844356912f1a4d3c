"""Exits and entries of one person become journeys."""

from .stories import Told, entry, exit, person, story


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


def test_at_the_same_minute_the_exit_comes_first() -> None:
    told = story(entry("2025-01-03"), exit("2025-01-03"))
    assert keys(told) == ["X:c002"]


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
