"""Which placement covers a departure."""

import pytest

from .stories import after, entry, exit, listed, placement, story

FIRST, LAST = "2025-01-03", "2026-01-03"


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        ("2025-01-02", "returned_late"),
        ("2025-01-03", "documented"),
        ("2026-01-03", "documented"),
        ("2026-01-04", "returned_late"),
    ],
)
def test_the_window_includes_its_first_and_last_day(left: str, outcome: str) -> None:
    told = story(
        exit(left, "MYS"),
        entry(after(left, 100)),
        placement("MYS", FIRST, LAST),
        as_of="2026-12-31",
    )
    assert told.outcome == outcome


def test_home_leave_is_covered() -> None:
    told = story(
        exit("2025-01-10", "TWN"),
        entry("2025-06-01"),
        exit("2025-06-20", "TWN"),
        placement("TWN", FIRST, LAST),
    )
    assert [row["outcome"] for row in told.departures] == ["documented", "documented"]


def test_a_cancelled_placement_covers_nothing() -> None:
    told = story(exit("2025-01-10", "MYS"), placement("MYS", FIRST, LAST, is_valid=False))
    assert told.outcome == "suspected_undocumented"


def test_somebody_elses_placement_covers_nothing() -> None:
    told = story(exit("2025-01-10", "MYS"), placement("MYS", FIRST, LAST, person_id="P2"))
    assert told.outcome == "suspected_undocumented"


@pytest.mark.parametrize(("days", "is_covered"), [(730, True), (731, False)])
def test_a_contract_without_end_lasts_two_years(days: int, is_covered: bool) -> None:
    told = story(
        exit(after("2023-06-01", days), "MYS"),
        placement("MYS", "2023-06-01", None),
        as_of="2026-12-31",
    )
    assert (told.outcome == "documented") == is_covered


def test_the_placement_to_the_stated_country_is_preferred() -> None:
    told = story(
        exit("2025-02-01", "TWN"),
        placement("TWN", "2024-06-01", "2025-06-01"),
        placement("HKG", "2025-01-01", "2026-01-01"),
    )
    assert told.only["placement_id"] == "p001"


def test_the_placement_to_where_the_person_was_seen_is_preferred_most() -> None:
    told = story(
        exit("2025-02-01", "TWN"),
        listed("2025-09-01", "HKG", "OVERSTAY"),
        placement("TWN", "2024-06-01", "2025-06-01"),
        placement("HKG", "2025-01-01", "2026-01-01"),
    )
    assert (told.only["placement_id"], told.outcome) == ("p002", "documented")


def test_otherwise_the_latest_then_the_lowest_id() -> None:
    told = story(
        exit("2025-02-01", "SGP"),
        placement("TWN", "2024-06-01", "2025-06-01"),
        placement("HKG", "2025-01-01", "2026-01-01"),
        placement("MAC", "2025-01-01", "2026-01-01"),
    )
    assert told.only["placement_id"] == "p002"
