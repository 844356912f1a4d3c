"""What holds for every history."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.reconcile import rules

from . import histories, oracle
from .stories import POLICY, Row, Told, after, crossing, listed, placement, story

START = "2024-01-01"
PEOPLE = st.sampled_from(["P1", "P2", "P3", None])
COUNTRIES = st.sampled_from(["MYS", "KHM", "TWN", None])
CATEGORIES = st.sampled_from(["TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA", None])
DAYS = st.integers(0, 600)


@st.composite
def crossings(draw: st.DrawFn) -> Row:
    minute = draw(st.integers(0, 95)) * 15
    values: dict[str, Any] = {
        "at": f"{minute // 60:02}:{minute % 60:02}",
        "person_id": draw(PEOPLE),
        "gate_code": draw(st.sampled_from(["CGK", "BTC", None])),
        "purpose": draw(st.sampled_from(["tourism", "study", None])),
        "document_type": draw(st.sampled_from(["PASPOR", "SPLP"])),
    }
    # Few days, so that crossings meet.
    return crossing(draw(st.booleans()), after(START, draw(DAYS) // 30), draw(COUNTRIES), values)


@st.composite
def list_rows(draw: st.DrawFn) -> Row:
    on = after(START, draw(DAYS))
    return listed(on, draw(COUNTRIES), draw(CATEGORIES), person_id=draw(PEOPLE))  # type: ignore[arg-type]


@st.composite
def placements(draw: st.DrawFn) -> Row:
    first = draw(DAYS)
    last = draw(st.one_of(st.none(), st.integers(0, 400)))
    return placement(
        draw(COUNTRIES),
        after(START, first),
        None if last is None else after(START, first + last),
        person_id=draw(PEOPLE),
        is_valid=draw(st.booleans()),
    )


HISTORIES = st.tuples(
    st.lists(crossings(), max_size=30),
    st.lists(list_rows(), max_size=6),
    st.lists(placements(), max_size=4),
).map(lambda parts: [row for part in parts for row in part])

many = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def named(rows: list[Row]) -> list[Row]:
    """The rows with the keys that the story would give them, so that order stops to matter."""
    keys = {
        "crossings": "crossing_id",
        "repatriations": "list_number",
        "placements": "placement_id",
    }
    return [
        Row(row.table, {**row.values, keys[row.table]: f"{number:03}"})
        for number, row in enumerate(rows)
    ]


def merged(told: Told) -> list[str]:
    return [
        crossing_id
        for row in told.journeys
        for crossing_id in (row["merged_crossing_ids"] or "").split(";")
        if crossing_id
    ]


@many
@given(HISTORIES)
def test_journeys_agree_with_their_definition(rows: list[Row]) -> None:
    history = named(rows)
    told = story(*history)
    fast = {
        (
            row["exit_crossing_id"],
            row["return_crossing_id"],
            row["return_kind"],
            row["next_exit_on"],
            frozenset((row["merged_crossing_ids"] or "").split(";")) - {""},
        )
        for row in told.journeys
    }
    own = [row.values for row in history if row.table == "crossings"]
    assert fast == {journey.facts for journey in oracle.journeys(own, POLICY)}


@many
@given(HISTORIES)
def test_no_row_is_lost_and_none_counts_twice(rows: list[Row]) -> None:
    history = named(rows)
    told = story(*history)
    placed = [row["exit_crossing_id"] for row in told.departures if row["exit_crossing_id"]]
    placed += [row["return_crossing_id"] for row in told.departures if row["return_crossing_id"]]
    delivered = [row.values["crossing_id"] for row in history if row.table == "crossings"]
    assert sorted(placed + merged(told)) == sorted(delivered)


@many
@given(HISTORIES)
def test_every_list_row_belongs_to_one_departure(rows: list[Row]) -> None:
    history = named(rows)
    told = story(*history)
    numbers = [row.values["list_number"] for row in history if row.table == "repatriations"]
    assert sorted(row["list_number"] for row in told.matches) == sorted(numbers)
    listed_keys = {row["departure_key"] for row in told.departures if row["list_file"]}
    assert {row["departure_key"] for row in told.matches} == listed_keys


@many
@given(HISTORIES)
def test_no_departure_without_rule_and_dates(rows: list[Row]) -> None:
    told = story(*rows)
    assert max(Counter(row["departure_key"] for row in told.departures).values(), default=1) == 1
    for row in told.departures:
        assert row["rule"]
        assert row["outcome"]
        assert row["reasons"]
        assert row["outcome_since"] >= row["occurred_on"]
        assert row["final_on"] > row["outcome_since"]
        assert 0 <= row["link_probability"] <= 1


@many
@given(HISTORIES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[Row], chance: random.Random) -> None:
    history = named(rows)
    shuffled = history.copy()
    chance.shuffle(shuffled)
    first, second = story(*history), story(*shuffled)
    assert first.journeys == second.journeys
    assert first.departures == second.departures
    assert first.matches == second.matches


@pytest.mark.parametrize("seed", [1, 2])
def test_thousands_of_lives_agree_with_the_definition(seed: int) -> None:
    compared, differing = histories.differences(histories.lives(1500, seed))
    assert compared > 3000
    assert differing == []


def test_the_comparison_notices_nights_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    later = replace(histories.NIGHT, as_of=histories.NIGHT.as_of + timedelta(days=60))
    monkeypatch.setattr(histories, "NIGHT", later)
    assert histories.differences(histories.lives(500, 3))[1] != []


def test_every_rule_is_met_by_random_lives() -> None:
    met = {row["rule"] for row in histories.told(histories.lives(1500, 1)).departures}
    assert met == {rule.name for rule in rules.RULES}


def test_gaps_of_random_feeds_agree_with_the_definition() -> None:
    feeds = [histories.feed(seed) for seed in range(100)]
    found = [histories.gaps(feed) for feed in feeds]
    assert found == [histories.gaps_by_definition(feed) for feed in feeds]
    assert sum(map(bool, found)) > 20
