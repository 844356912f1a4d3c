"""Days on which the feed is missing, and what they explain."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest

from pipelines.policy import Policy
from pipelines.reconcile import feed_gaps

from .stories import POLICY, after, entry, exit, gap, listed, placement, story

FIRST = date(2025, 1, 1)
LEFT = "2025-01-03"
OUT, IN = True, False
Volume = Callable[[int], int]
Gap = tuple[int, bool]


def gaps(days: int, exits: Volume, entries: Volume, policy: Policy = POLICY) -> set[Gap]:
    """(number of the day, direction) of the gaps in a record of so many crossings a day."""
    told = [
        (FIRST + timedelta(days=number), is_exit)
        for number in range(days)
        for is_exit, volume in ((OUT, exits), (IN, entries))
        for _ in range(volume(number))
    ]
    columns = {
        "crossed_on": pa.array([on for on, _ in told], pa.date32()),
        "is_exit": pa.array([is_exit for _, is_exit in told], pa.bool_()),
    }
    traffic = ibis.memtable(pa.table(columns)).mutate(crossings=ibis.literal(1))
    found = feed_gaps(traffic, policy).to_pyarrow().to_pylist()
    return {((row["gap_on"] - FIRST).days, row["is_exit"]) for row in found}


def steady(crossings: int) -> Volume:
    return lambda _: crossings


def but_on(days: Iterable[int], crossings: int = 0, usual: int = 60) -> Volume:
    """A steady feed with other volumes on some days."""
    special = set(days)
    return lambda number: crossings if number in special else usual


def test_a_silent_day_of_a_busy_feed_is_a_gap_in_both_directions() -> None:
    silent = but_on([50])
    assert gaps(100, silent, silent) == {(50, OUT), (50, IN)}


def test_a_day_with_exits_and_no_entries_is_a_gap_of_entries() -> None:
    assert gaps(100, steady(60), but_on([50])) == {(50, IN)}


@pytest.mark.parametrize("length", [2, 31, 60])
def test_a_silent_month_is_a_gap_on_each_of_its_days(length: int) -> None:
    silent = range(100, 100 + length)
    assert gaps(300, steady(60), but_on(silent)) == {(number, IN) for number in silent}


def test_two_gaps_close_together_are_both_told() -> None:
    silent = [*range(40, 43), *range(44, 54)]
    assert gaps(120, steady(60), but_on(silent)) == {(number, IN) for number in silent}


def test_a_feed_that_begins_or_ends_early_has_gaps_there() -> None:
    silent = [0, 1, 98, 99]
    assert gaps(100, steady(60), but_on(silent)) == {(number, IN) for number in silent}


def test_days_after_the_last_of_the_record_are_no_gap() -> None:
    silent = but_on(range(80, 100))
    assert gaps(100, silent, silent) == set()


def test_a_crossing_a_week_is_never_a_gap() -> None:
    weekly = but_on(range(0, 700, 7), crossings=1, usual=0)
    assert gaps(700, weekly, weekly) == set()


def test_a_ship_a_week_is_never_a_gap() -> None:
    weekly = but_on(range(0, 350, 7), crossings=300, usual=0)
    assert gaps(350, weekly, weekly) == set()


def test_two_crossings_far_apart_are_no_gap() -> None:
    assert gaps(700, but_on([0, 699], 1, 0), steady(0)) == set()


@pytest.mark.parametrize(("usual", "is_gap"), [(49, False), (50, True)])
def test_silence_counts_from_so_many_crossings_a_day_on(usual: int, is_gap: bool) -> None:
    assert bool(gaps(60, steady(0), but_on([30], usual=usual))) == is_gap


@pytest.mark.parametrize(("crossings", "is_gap"), [(6, True), (7, False)])
def test_a_tenth_of_the_usual_is_a_partial_delivery(crossings: int, is_gap: bool) -> None:
    assert bool(gaps(60, steady(0), but_on([30], crossings=crossings))) == is_gap


@pytest.mark.parametrize(("day", "is_gap"), [(6, False), (7, True), (52, True), (53, False)])
def test_a_record_may_begin_and_end_slowly(day: int, is_gap: bool) -> None:
    assert bool(gaps(60, steady(0), but_on([day], crossings=3))) == is_gap


def test_a_lasting_fall_of_travel_is_no_gap() -> None:
    assert gaps(200, steady(0), lambda number: 1000 if number < 100 else 60) == set()
    assert gaps(200, steady(60), lambda number: 1000 if number < 100 else 0) == set()


def test_an_empty_record_has_no_gaps() -> None:
    assert gaps(0, steady(0), steady(0)) == set()


@pytest.mark.parametrize(
    ("days", "rule"),
    [(-1, "overdue_of_working_age"), (0, "feed_gap"), (15, "feed_gap"),
     (16, "overdue_of_working_age")],
)  # fmt: skip
def test_a_missing_day_explains_the_missing_entry_of_a_short_trip(days: int, rule: str) -> None:
    told = story(exit(LEFT, "MYS"), gap(after(LEFT, days), IN))
    assert told.rule == rule
    assert ("feed_gap" in told.only["reasons"].split(";")) == (rule == "feed_gap")
    assert told.only["outcome_since"] == after(LEFT, 121)


@pytest.mark.parametrize(
    ("days", "rule"),
    [(1, "no_exit_on_record"), (0, "feed_gap"), (-30, "feed_gap"), (-31, "no_exit_on_record")],
)
def test_a_missing_day_explains_the_missing_exit_of_an_ordinary_trip(days: int, rule: str) -> None:
    told = story(entry("2025-06-01", "MYS"), gap(after("2025-06-01", days), OUT))
    assert told.rule == rule
    assert told.outcome == ("insufficient_data" if rule == "feed_gap" else "unrecorded_exit")


@pytest.mark.parametrize(
    ("starts", "length", "is_explained"),
    [(16, 1, False), (29, 1, False), (29, 2, True), (29, 31, True), (30, 31, False)],
)
def test_a_longer_gap_explains_longer_trips(starts: int, length: int, is_explained: bool) -> None:
    silent = [gap(after(LEFT, starts + number), IN) for number in range(length)]
    assert (story(exit(LEFT, "MYS"), *silent).rule == "feed_gap") == is_explained


def test_gaps_beyond_an_ordinary_trip_do_not_add_up() -> None:
    silent = [gap(after(LEFT, days), IN) for days in (20, 31, 40)]
    assert story(exit(LEFT, "MYS"), *silent).rule == "overdue_of_working_age"


def test_a_gap_of_the_other_direction_explains_nothing() -> None:
    assert story(exit(LEFT, "MYS"), gap(LEFT, OUT)).outcome == "suspected_undocumented"
    assert story(entry("2025-06-01"), gap("2025-06-01", IN)).outcome == "unrecorded_exit"


def test_a_gap_does_not_judge_before_the_person_is_overdue() -> None:
    told = story(exit(LEFT, "MYS"), gap(LEFT, IN), as_of=after(LEFT, 120))
    assert told.outcome == "awaiting"


def test_a_gap_takes_nothing_from_what_is_on_record() -> None:
    gaps_then = [gap(after(LEFT, 5), direction) for direction in (IN, OUT)]
    assert story(exit(LEFT, "MYS"), entry(after(LEFT, 9)), *gaps_then).rule == (
        "returned_within_stay"
    )
    placed = placement("MYS", "2024-12-01", "2026-12-01")
    assert story(exit(LEFT, "MYS"), placed, *gaps_then).outcome == "documented"


def test_a_list_that_proves_work_stays_evidence_beside_a_gap() -> None:
    told = story(exit(LEFT, "MYS"), listed("2025-06-01", "MMR", "TPPO"), gap(LEFT, IN))
    assert told.outcome == "confirmed_undocumented"


def test_a_listed_return_whose_exit_may_lie_in_a_gap_proves_no_unrecorded_exit() -> None:
    told = story(listed("2025-06-01", "MMR", "TPPO"), gap("2025-05-28", OUT))
    assert (told.outcome, told.rule) == ("insufficient_data", "feed_gap")
    assert {"list_tppo", "feed_gap", "no_exit"} <= set(told.only["reasons"].split(";"))


def test_somebody_diverted_by_declaration_may_have_come_home_in_a_gap() -> None:
    placed = placement("TWN", "2024-12-01", "2026-12-01")
    assert story(exit(LEFT, "KHM"), placed, gap(after(LEFT, 3), IN)).rule == "feed_gap"


def test_gaps_are_findings_by_direction_and_kind() -> None:
    told = story(gap("2025-05-01", IN), gap("2025-05-01", OUT, crossings=30))
    assert [(row["code"], row["detail"]) for row in told.findings] == [
        ("feed_gap", "direction=MASUK crossings=0 expected=900"),
        ("partial_feed", "direction=KELUAR crossings=30 expected=900"),
    ]
