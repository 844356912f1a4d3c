"""Journeys written from their definition, slowly: the measure for the fast ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any

Crossing = dict[str, Any]


@dataclass
class Event:
    """One crossing with the scans that repeat it."""

    first: Crossing
    repeats: list[Crossing] = field(default_factory=list)


def journeys(crossings: list[Crossing], minutes: int) -> set[tuple[Any, ...]]:
    """(exit, return, kind, next exit on, merged) of every journey."""

    def traveller(row: Crossing) -> str:
        return str(row["person_id"] or row["crossing_id"])

    ordered = sorted(
        crossings,
        key=lambda row: (traveller(row), row["crossed_at"], not row["is_exit"], row["crossing_id"]),
    )
    return {
        journey
        for _, rows in groupby(ordered, key=traveller)
        for journey in _paired(_events(list(rows), timedelta(minutes=minutes)))
    }


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


def _paired(events: list[Event]) -> list[tuple[Any, ...]]:
    journeys = []
    waiting: Event | None = None
    for event in events:
        is_exit = event.first["is_exit"]
        if waiting and is_exit:
            journeys.append(_journey(waiting, None, "implied", event.first["crossed_on"]))
        if waiting and not is_exit:
            journeys.append(_journey(waiting, event, "recorded", None))
        if not waiting and not is_exit:
            journeys.append(_journey(None, event, "recorded", None))
        waiting = event if is_exit else None
    if waiting:
        journeys.append(_journey(waiting, None, "none", None))
    return journeys


def _journey(out: Event | None, back: Event | None, kind: str, next_on: Any) -> tuple[Any, ...]:
    merged = [row["crossing_id"] for event in (out, back) if event for row in event.repeats]
    return (
        out.first["crossing_id"] if out else None,
        back.first["crossing_id"] if back else None,
        kind,
        next_on,
        frozenset(merged),
    )
