"""Two extracts are subtracted from each other; the second is not made where that shows anything."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.audit import overlap
from pipelines.audit.overlap import Scope
from pipelines.audit.selection import COARSE
from pipelines.audit.suppression import WITHHELD, K, withhold
from pipelines.audit.tables import BY
from tests.audit import tiny
from tests.audit.test_suppression import combined, rows

YEAR = Scope(1, "2025-01-01", "2025-12-31", ["52"])
Cells = dict[tuple[Any, ...], int]


def recovered(whole: pa.Table, part: pa.Table) -> dict[str, Cells]:
    """What an attacker works out: cells of one less the same of the other, and rows alike."""
    ways = BY | {"rows": COARSE}
    return {name: less for name, columns in ways.items() if (less := _less(whole, part, columns))}


def _less(whole: pa.Table, part: pa.Table, columns: tuple[str, ...]) -> Cells:
    ours, theirs = combined(whole, columns), combined(part, columns)
    both = {cell: ours[cell] - theirs[cell] for cell in ours.keys() & theirs.keys()}
    return {c: n for c, n in both.items() if WITHHELD not in c and 0 < n < K}


# The attack


LOMBOK = {"origin_regency_code": "52.03"}


def test_a_region_less_one_of_its_regencies_shows_the_few_of_the_other() -> None:
    """The extract of the region hides the regencies; that of the regency undoes it."""
    there = [(40, LOMBOK | {"sex": "P"}), (30, LOMBOK)]
    other = [
        (6, {"origin_regency_code": "52.01", "sex": "P"}),
        (3, {"origin_regency_code": "52.01"}),
    ]
    whole, part = withhold(rows(*there, *other)), withhold(rows(*there))
    assert set(whole["origin_regency_code"].to_pylist()) == {WITHHELD}
    found = recovered(whole, part)
    assert found["by_outcome"] == {("awaiting",): 9}
    assert found["by_sex_age"] == {("P", "25-34"): 6, ("L", "25-34"): 3}


def test_a_year_less_its_first_half_shows_the_few_of_the_second() -> None:
    first = [(20, {}), (30, {"sex": "P"})]
    second = [(5, {"period": "2025-09"}), (4, {"period": "2025-09", "sex": "P"})]
    found = recovered(withhold(rows(*first, *second)), withhold(rows(*first)))
    assert found["by_sex_age"] == {("P", "25-34"): 4, ("L", "25-34"): 5}


def test_a_scope_less_those_of_a_list_shows_the_others() -> None:
    on_list, others = (20, {"papers": "exit+list"}), (4, {})
    found = recovered(withhold(rows(on_list, others)), withhold(rows(on_list)))
    assert found["by_rule"] == {("awaiting", "not_yet_due"): 4}


def test_a_night_less_the_one_before_shows_who_is_new() -> None:
    before = rows((20, {}), (20, {"outcome": "exempt"}))
    after = rows((21, {}), (20, {"outcome": "exempt"}))
    assert recovered(withhold(after), withhold(before))["by_outcome"] == {("awaiting",): 1}


# The measure


@pytest.mark.parametrize(
    "changed",
    [
        {"regions": ["52.03"]}, {"regions": []}, {"regions": ["33", "52.03"]},
        {"last": "2025-06-30"}, {"first": "2025-12-31", "last": "2026-01-31"},
        {"outcomes": ["awaiting"]}, {"lists": ["B" + "1" * 16]}, {"night_number": 2},
    ],
)  # fmt: skip
def test_scopes_that_share_departures_can_be_subtracted(changed: dict[str, Any]) -> None:
    other = replace(YEAR, **changed)
    assert YEAR.can_be_subtracted(other)
    assert other.can_be_subtracted(YEAR)


@pytest.mark.parametrize(
    "changed",
    [{}, {"regions": ["53"]}, {"regions": ["5"]}, {"first": "2026-01-01", "last": "2026-01-31"}],
)
def test_the_same_scope_and_those_apart_cannot(changed: dict[str, Any]) -> None:
    assert not YEAR.can_be_subtracted(replace(YEAR, **changed))


def test_outcomes_that_differ_are_apart() -> None:
    one, other = (replace(YEAR, outcomes=[name]) for name in ("awaiting", "exempt"))
    assert not one.can_be_subtracted(other)


def test_who_asks_and_why_is_no_other_scope() -> None:
    one, other = tiny.request(), tiny.request(purpose="lain", requester="Komnas", language="en")
    assert overlap.of(one, 1) == overlap.of(other, 1)
    by_name = tiny.request(first=None, last=None, regions=(), departures=["D" + "a" * 16])
    assert overlap.of(by_name, 1) is None


CODES = st.lists(st.sampled_from(["52", "52.01", "52.03", "33", "33.02"]), max_size=2, unique=True)
DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 9)).map(date.isoformat)
PERIODS = st.tuples(DAYS, DAYS).map(sorted)
OUTCOMES = st.lists(st.sampled_from(["awaiting", "exempt"]), max_size=1)
SCOPES = st.builds(
    lambda period, regions, outcomes: Scope(1, *period, regions, outcomes), PERIODS, CODES, OUTCOMES
)
NATION = [
    (code, f"2025-01-{day:02}", outcome)
    for code in ("52.01", "52.03", "52", "33.02", "33.09")
    for day in range(1, 10)
    for outcome in ("awaiting", "exempt")
]


def inside(scope: Scope) -> set[tuple[str, str, str]]:
    """Who is in a scope: by region, day and outcome."""
    return {
        (code, day, outcome) for code, day, outcome in NATION
        if scope.first <= day <= scope.last and (not scope.outcomes or outcome in scope.outcomes)
        and (not scope.regions or {code, code[:2]} & set(scope.regions))
    }  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(SCOPES, SCOPES)
def test_what_is_not_refused_is_of_the_same_departures_or_of_none_in_common(
    one: Scope, other: Scope
) -> None:
    ours, theirs = inside(one), inside(other)
    if ours & theirs and ours != theirs:
        assert one.can_be_subtracted(other)
        assert other.can_be_subtracted(one)


def test_the_law_above_meets_both_cases() -> None:
    assert len(inside(YEAR)) == 54
    assert Counter(code for code, _, _ in inside(replace(YEAR, regions=["52.03"]))) == {"52.03": 18}
