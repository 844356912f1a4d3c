"""Journeys and gaps of the feed written from their definition, slowly: the measure for the fast."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from statistics import median
from typing import Any

from pipelines.policy import Policy

Crossing = dict[str, Any]
Key = tuple[date, bool]
ONE_DAY = timedelta(days=1)
WEEK = 7


@dataclass
class Event:
    """One crossing with the scans that repeat it."""

    first: Crossing
    repeats: list[Crossing] = field(default_factory=list)


@dataclass(frozen=True)
class Journey:
    """An exit with what followed it, or an entry with no exit before it."""

    out: Event | None
    back: Event | None
    return_kind: str
    next_exit_on: date | None = None

    @property
    def facts(self) -> tuple[Any, ...]:
        """(exit, return, kind, next exit on, merged)."""
        events = [event for event in (self.out, self.back) if event]
        return (
            self.out.first["crossing_id"] if self.out else None,
            self.back.first["crossing_id"] if self.back else None,
            self.return_kind,
            self.next_exit_on,
            frozenset(row["crossing_id"] for event in events for row in event.repeats),
        )


def journeys(crossings: list[Crossing], policy: Policy) -> list[Journey]:
    """Every journey of everybody."""
    soon = timedelta(minutes=policy.duplicate_scan_minutes)
    lives = groupby(sorted(crossings, key=_traveller), key=_traveller)
    return [
        journey for _, rows in lives for journey in _paired(_events(_in_order(list(rows)), soon))
    ]


def _traveller(row: Crossing) -> str:
    return str(row["person_id"] or row["crossing_id"])


def _in_order(rows: list[Crossing]) -> list[Crossing]:
    """A life, minute by minute: what can be done first depends on where the person is."""

    def minute(row: Crossing) -> Any:
        return row["crossed_at"].replace(second=0, microsecond=0)

    rows = sorted(rows, key=lambda row: (row["crossed_at"], row["crossing_id"]))
    life: list[Crossing] = []
    for _, together in groupby(rows, key=minute):
        is_abroad = bool(life) and life[-1]["is_exit"]
        life += sorted(together, key=lambda row: row["is_exit"] == is_abroad)
    return life


def _events(rows: list[Crossing], soon: timedelta) -> list[Event]:
    events: list[Event] = []
    for row in rows:
        last = (events[-1].repeats or [events[-1].first])[-1] if events else None
        is_repeat = (
            last is not None
            and last["is_exit"] == row["is_exit"]
            and last["gate_code"] == row["gate_code"]
            and row["crossed_at"] - last["crossed_at"] <= soon
        )
        if is_repeat:
            events[-1].repeats.append(row)
        else:
            events.append(Event(row))
    return events


def _paired(events: list[Event]) -> list[Journey]:
    journeys = []
    waiting: Event | None = None
    for event in events:
        is_exit = event.first["is_exit"]
        if waiting and is_exit:
            journeys.append(Journey(waiting, None, "implied", event.first["crossed_on"]))
        if waiting and not is_exit:
            journeys.append(Journey(waiting, event, "recorded"))
        if not waiting and not is_exit:
            journeys.append(Journey(None, event, "recorded"))
        waiting = event if is_exit else None
    if waiting:
        journeys.append(Journey(waiting, None, "none"))
    return journeys


def feed_gaps(crossings: list[Key], policy: Policy) -> set[Key]:
    """(day, is_exit) of the known gaps, from (day, is_exit) of every crossing."""
    if not crossings:
        return set()
    counts = Counter(crossings)
    first, last = min(day for day, _ in crossings), max(day for day, _ in crossings)
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    return {
        (day, is_exit)
        for is_exit in (True, False)
        for day in days
        if _is_gap(day, {other: counts[other, is_exit] for other in days}, policy)
    }


def _is_gap(day: date, counts: dict[date, int], policy: Policy) -> bool:
    reach = policy.feed_gap_window_days * ONE_DAY
    before = [n for other, n in counts.items() if day - reach <= other < day]
    after = [n for other, n in counts.items() if day < other <= day + reach]
    busy = [n for n in before + after if n]
    sides = [[n for n in side if n] for side in (before, after)]
    usual = [median(side) for side in sides if len(side) >= WEEK]
    if not usual or len(busy) * 2 <= len(before) + len(after):
        return False
    expected = min(usual)
    is_thin = counts[day] <= expected * policy.feed_gap_partial_share and len(usual) == 2
    return expected >= policy.feed_gap_min_crossings and (counts[day] == 0 or is_thin)
