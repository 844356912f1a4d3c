"""A rule that changes applies from its day on; a departure is judged by the rule of its day."""

from datetime import date
from typing import Any

import pytest

from pipelines.policy import Policy

from .stories import POLICY, after, entry, exit, gap, listed, person, story

CHANGED = date(2025, 7, 1)
BEFORE, FROM = "2025-06-30", "2025-07-01"


def changing(name: str, then: Any, now: Any) -> Policy:
    """The declared policy with one parameter that changes on 1 July 2025."""
    periods = ((date(2018, 1, 1), then), (CHANGED, now))
    return POLICY.model_copy(update={name: now, "changes": ((name, periods),)})


@pytest.mark.parametrize(("left", "due_in"), [(BEFORE, 120), (FROM, 60)])
def test_grace(left: str, due_in: int) -> None:
    policy = changing("grace_days", 90, 30)
    on_time = story(exit(left, "MYS"), policy=policy, as_of=after(left, due_in))
    assert on_time.outcome == "awaiting"
    late = story(exit(left, "MYS"), policy=policy, as_of=after(left, due_in + 1))
    assert late.outcome == "suspected_undocumented"


@pytest.mark.parametrize(("left", "outcome"), [(BEFORE, "exempt"), (FROM, "returned_late")])
def test_exempt_purposes(left: str, outcome: str) -> None:
    policy = changing("exempt_purposes", ("study", "official"), ("study",))
    away = [exit(left, "MYS", purpose="official"), entry(after(left, 31))]
    assert story(*away, policy=policy).outcome == outcome


@pytest.mark.parametrize(
    ("left", "outcome"), [(BEFORE, "confirmed_undocumented"), (FROM, "returned_late")]
)
def test_lists_are_judged_by_the_day_of_the_exit(left: str, outcome: str) -> None:
    policy = changing("list_categories_proving_work", ("OVERSTAY",), ("TPPO",))
    told = story(exit(left, "MYS"), listed("2025-09-01", "MYS", "OVERSTAY"), policy=policy)
    assert told.outcome == outcome


@pytest.mark.parametrize(("left", "rule"), [(BEFORE, "overdue_of_working_age"),
                                            (FROM, "outside_working_age")])  # fmt: skip
def test_working_age(left: str, rule: str) -> None:
    policy = changing("working_age_min", 17, 21)
    assert story(exit(left, "MYS"), person(born="2006-01-01"), policy=policy).rule == rule


@pytest.mark.parametrize(
    ("left", "outcome"), [(BEFORE, "returned_within_stay"), (FROM, "returned_late")]
)
def test_permitted_stays(left: str, outcome: str) -> None:
    back = entry(after(left, 60))
    policy = changing("permitted_stay_days_default", 90, 59)
    assert story(exit(left, "JPN"), back, policy=policy).outcome == outcome
    policy = changing("border_pass_stay_days", 60, 10)
    assert story(exit(left, document_type="PLB"), back, policy=policy).outcome == outcome


@pytest.mark.parametrize(("left", "is_transit"), [(BEFORE, True), (FROM, False)])
def test_countries_of_transit(left: str, is_transit: bool) -> None:
    told = story(exit(left, "THA"), policy=changing("transit_countries", ("THA",), ("SGP",)))
    assert ("declared_transit" in told.only["reasons"]) == is_transit


@pytest.mark.parametrize(("left", "rule"), [(BEFORE, "feed_gap"), (FROM, "overdue_of_working_age")])
def test_the_reach_of_a_gap(left: str, rule: str) -> None:
    missing = gap(after(left, 5), False)
    for name in ("feed_gap_trip_days", "feed_gap_reach_days"):
        told = story(exit(left, "MYS"), missing, policy=changing(name, 30, 3))
        assert told.rule == rule


def test_before_its_first_day_the_first_value_holds() -> None:
    policy = changing("grace_days", 90, 30).model_copy(
        update={"changes": (("grace_days", ((date(2025, 6, 1), 90), (CHANGED, 30))),)}
    )
    told = story(exit("2025-01-03", "MYS"), policy=policy, as_of=after("2025-01-03", 120))
    assert told.outcome == "awaiting"
