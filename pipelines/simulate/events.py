"""From trips to crossings: what the gates recorded, in order of time, and when it reached the
record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import Array, Bools, Floats, Ints, keyed
from pipelines.simulate.model import BORDER_PASS, IN_LIEU, Columns
from pipelines.simulate.nation import Nation

#: Documents of a crossing: the first passport, its successor, a border pass, a paper in lieu of a
#: passport.
FIRST, SECOND, PASS, LIEU = range(4)
LOST_EXITS, LOST_ENTRIES = 0.0004, 0.0003
LATE = 0.012
#: The day without a feed: nine in ten of its rows come later, the others never.
LOST_OF_THE_MISSING_DAY = 0.10
#: Of those with a second passport, how many keep using the first.
TWO_PASSPORTS = 0.02
WORKING_DAYS = (18.1 * 365.2425, 58.0 * 365.2425)


def missing_day(calendar: Calendar) -> int:
    """The day without a feed: Independence Day."""
    return calendar.day(8, 17)


@dataclass(frozen=True)
class Events(Columns):
    """One row per recorded crossing, in order of (local) time; the key of row i is i + 1."""

    trip: Ints
    person: Ints
    is_entry: Bools
    day: Ints
    second: Ints
    gate: Ints
    country: Ints
    purpose: Ints
    document: Ints
    delivered: Ints


@dataclass(frozen=True)
class Record:
    """The crossings, and per trip the key of its exit and entry (0 when not on record)."""

    events: Events
    exit_key: Ints
    entry_key: Ints


def record(nation: Nation) -> Record:
    """What the gates recorded of the nation's trips."""
    is_out, is_in = _recorded(nation)
    out, back = _exits(nation, np.flatnonzero(is_out)), _entries(nation, np.flatnonzero(is_in))
    joined = {name: np.concatenate([out.pop(name), back.pop(name)]) for name in list(out)}
    order = np.argsort(joined["day"].astype(np.int64) * 100_000 + joined["second"], kind="stable")
    columns = {name: joined.pop(name)[order] for name in list(joined)}
    delivered = _delivered(nation, columns["day"])
    events = Events(**columns, delivered=delivered)
    return Record(events, *_keys(events, len(nation.trips)))


def _keys(events: Events, trips: int) -> tuple[Ints, Ints]:
    keys = np.arange(1, len(events) + 1, dtype=np.int32)
    exit_key, entry_key = np.zeros(trips, dtype=np.int32), np.zeros(trips, dtype=np.int32)
    exit_key[events.trip[~events.is_entry]] = keys[~events.is_entry]
    entry_key[events.trip[events.is_entry]] = keys[events.is_entry]
    return exit_key, entry_key


def _recorded(nation: Nation) -> tuple[Bools, Bools]:
    """Which exits and entries are on record.

    Entries are lost of people of working age only: of others no rule says what became of them.
    Exits under a
    placement are not lost: whether a placement covers a departure that nobody saw is not for a
    truth to say.
    """
    trips, seed, people = nation.trips, nation.seed, nation.people
    numbers, gap = np.arange(len(trips)), missing_day(nation.calendar)
    lost_out = keyed(seed, numbers, "lost exit") < np.where(
        trips.left == gap, LOST_OF_THE_MISSING_DAY, LOST_EXITS
    )
    lost_in = keyed(seed, numbers, "lost entry") < np.where(
        trips.back == gap, LOST_OF_THE_MISSING_DAY, LOST_ENTRIES
    )
    days_old = trips.left + nation.calendar.first_epoch - people.birth_day[trips.person]
    is_working = (days_old > WORKING_DAYS[0]) & (days_old < WORKING_DAYS[1])
    is_named = people.placeholder[trips.person] == 0
    is_out = ~trips.is_irregular & ~(lost_out & (trips.placement < 0))
    is_in = (
        (trips.back < NEVER)
        & trips.is_entry_recorded
        & ~(lost_in & is_working & (trips.listing < 0))
        & is_named
    )
    return is_out, is_in


def _document(nation: Nation, person: Ints, day: Ints, paper: Ints) -> Ints:
    """The passport of the day; a few go on using the old one beside the new."""
    old_too = keyed(nation.seed, person, "old passport") < TWO_PASSPORTS
    is_old = old_too & (keyed(nation.seed, person * 512 + day, "which passport") < 0.4)
    passport = np.where((day >= nation.people.renewed[person]) & ~is_old, SECOND, FIRST)
    return np.where(paper == BORDER_PASS, PASS, np.where(paper == IN_LIEU, LIEU, passport))


def _slim(columns: dict[str, Array]) -> dict[str, Array]:
    """Narrow columns: a national year has 22 million rows."""
    kinds: dict[str, npt.DTypeLike] = {
        "trip": np.int32,
        "person": np.int32,
        "day": np.int16,
        "second": np.int32,
        "gate": np.int16,
    }
    kinds |= {"country": np.int16, "purpose": np.int8, "document": np.int8, "is_entry": np.bool_}
    return {name: values.astype(kinds[name]) for name, values in columns.items()}


def _exits(nation: Nation, rows: Ints) -> dict[str, Array]:
    trips = nation.trips
    person, day = trips.person[rows], trips.left[rows]
    clock = keyed(nation.seed, rows, "exit time")
    short = np.where(trips.back[rows] == day, 8.0, 17.5)
    return _slim(
        {
            "trip": rows,
            "person": person,
            "is_entry": np.zeros(len(rows), dtype=bool),
            "day": day,
            "second": ((5.0 + clock * short) * 3600).astype(np.int64),
            "gate": trips.gate_out[rows],
            "country": trips.declared[rows],
            "purpose": trips.purpose[rows],
            "document": _document(nation, person, day, trips.paper_out[rows]),
        }
    )


def _entries(nation: Nation, rows: Ints) -> dict[str, Array]:
    """Entries come from the true country, or from where the ticket said; they state no purpose."""
    trips = nation.trips
    person, day = trips.person[rows], trips.back[rows]
    from_declared = (keyed(nation.seed, rows, "said to come from") < 0.5) & (
        trips.listing[rows] < 0
    )
    return _slim(
        {
            "trip": rows,
            "person": person,
            "is_entry": np.ones(len(rows), dtype=bool),
            "day": day,
            "second": ((13.5 + keyed(nation.seed, rows, "entry time") * 9.5) * 3600).astype(
                np.int64
            ),
            "gate": trips.gate_in[rows],
            "country": np.where(from_declared, trips.declared[rows], trips.country[rows]),
            "purpose": np.full(len(rows), -1),
            "document": _document(nation, person, day, trips.paper_in[rows]),
        }
    )


def _delivered(nation: Nation, day: Ints) -> Ints:
    """The next day as a rule, some days or weeks later for a few, never after the run date."""
    calendar, keys = nation.calendar, np.arange(1, len(day) + 1)
    delay = np.exp(1.5 + 1.0 * _normal(nation.seed, keys)).astype(np.int64).clip(1, 60)
    is_late = (keyed(nation.seed, keys, "late") < LATE) | (day == missing_day(calendar))
    delivered = (day + 1 + np.where(is_late, delay, 0)).clip(None, calendar.days)
    gap = missing_day(calendar) + 1
    return np.where(delivered == gap, gap + 1, delivered).astype(np.int16)


def _normal(seed: int, keys: Ints) -> Floats:
    """Nearly normal: the sum of four draws."""
    total = sum(keyed(seed, keys, f"delay {turn}") for turn in range(4))
    return np.asarray((np.asarray(total) - 2.0) * np.sqrt(3.0))
