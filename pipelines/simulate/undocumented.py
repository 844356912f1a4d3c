"""Undocumented careers: out as a tourist or past the gate, to work; some come home on a list, most
do not come yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.simulate import facts, lists, routes
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import Bools, Floats, Ints, log_normal, pick, pick_by_row, stream
from pipelines.simulate.model import (
    IN_LIEU,
    PURPOSE,
    PURPOSES,
    Cohort,
    Trips,
    regular_trips,
    stacked,
)
from pipelines.simulate.travellers import born

#: What is said at the gate by those who go to a country, in percent; a country not named is
#: declared as it is.
_DECLARED: dict[str, dict[str, float]] = {
    "MYS": {"MYS": 93, "SGP": 7},
    "KHM": {"KHM": 52, "SGP": 19, "MYS": 15, "THA": 9, "VNM": 5},
    "MMR": {"THA": 64, "MYS": 20, "SGP": 16},
    "LAO": {"LAO": 30, "THA": 50, "VNM": 20},
    "PHL": {"PHL": 70, "SGP": 15, "HKG": 15},
    "ARE": {"ARE": 70, "SAU": 10, "MYS": 12, "SGP": 8},
    "SAU": {"SAU": 88, "ARE": 6, "MYS": 6},
    "TWN": {"TWN": 82, "HKG": 10, "SGP": 8},
}
_PURPOSES = {"tourism": 62.0, "family": 20.0, "business": 12.0, "health": 2.0, "other": 4.0}
_PURPOSES_SAUDI = {"pilgrimage": 62.0, "tourism": 18.0, "family": 18.0, "business": 2.0}
#: Categories on the lists: TPPO, SCAM, PEKERJA, OVERSTAY, SAKIT, LAINNYA.
_CATEGORIES = (3.0, 0.0, 72.0, 20.0, 3.0, 2.0)
_CATEGORIES_SCAM = (20.0, 68.0, 8.0, 3.0, 0.5, 0.5)
_SCAM_COUNTRIES = ("KHM", "MMR", "LAO", "PHL")


@dataclass(frozen=True)
class Fates:
    """Shares of what becomes of a departure: a list, with or without an exit, or home alone."""

    listed: float = facts.LISTED_WITH_EXIT
    listed_unseen: float = facts.LISTED_WITHOUT_EXIT
    alone: float = facts.RETURNED_ALONE


def origin_weights(seed: int) -> Floats:
    """Expected departures by regency: a rate, known hot spots and a seeded effect."""
    here = regions()
    effect = np.exp(stream(seed, "regency effect").normal(0.0, 0.45, len(here.codes)))
    rate = here.by_province(facts.UNDOCUMENTED_PER_100K, facts.UNDOCUMENTED_ELSEWHERE)
    known = here.by_regency(facts.UNDOCUMENTED_HOTSPOTS, 1.0)
    return np.asarray(
        here.population * rate * known * effect * np.where(here.within(facts.KEPRI), 0.4, 1.0)
    )


def _destinations(rng: np.random.Generator, home: Ints) -> Ints:
    kinds = list(facts.UNDOCUMENTED_DESTINATIONS)
    table = [countries().weights(facts.UNDOCUMENTED_DESTINATIONS[kind]) for kind in kinds]
    kind = np.asarray(
        [kinds.index(facts.UNDOCUMENTED_TYPE.get(code, "default")) for code in regions().provinces]
    )
    return pick_by_row(table, kind[regions().province[home]], rng.random(len(home)))


def declared_country(rng: np.random.Generator, country: Ints) -> Ints:
    """What each says at the gate."""
    there = countries()
    table = np.eye(len(there.codes))
    for code, shares in _DECLARED.items():
        table[there.number(code)] = there.weights(shares)
    return pick_by_row(table, country, rng.random(len(country)))


def declared_purpose(rng: np.random.Generator, country: Ints) -> Ints:
    """What each says to be travelling for: never study or official duty, hardly ever work."""
    weights = [[p.get(name, 0.0) for name in PURPOSES] for p in (_PURPOSES, _PURPOSES_SAUDI)]
    to_saudi = (country == countries().number("SAU")).astype(np.int64)
    purpose = pick_by_row(weights, to_saudi, rng.random(len(country)))
    return np.where(rng.random(len(country)) < 0.01, PURPOSE["work"], purpose)


def categories(rng: np.random.Generator, country: Ints) -> Ints:
    """Category of a list row: scam compounds or work."""
    is_scam = np.isin(country, [countries().number(code) for code in _SCAM_COUNTRIES])
    return pick_by_row(
        [_CATEGORIES, _CATEGORIES_SCAM], is_scam.astype(np.int64), rng.random(len(country))
    )


def departures(
    rng: np.random.Generator, home: Ints, country: Ints, left: Ints, declared: Ints
) -> Trips:
    """Regular exits with a false purpose, nobody back yet."""
    size = len(home)
    gate = routes.choose(rng, home, declared, is_work=True)
    trips = regular_trips(
        np.arange(size),
        left,
        np.full(size, NEVER),
        country,
        declared_purpose(rng, declared),
        gate,
        gate,
    )
    return replace(trips, declared=declared)


def careers(
    name: str,
    home: Ints,
    country: Ints,
    left: Ints,
    calendar: Calendar,
    seed: int,
    declared: Ints | None = None,
    fates: Fates | None = None,
) -> Cohort:
    """One undocumented departure each, and what becomes of it by the run date."""
    rng, fates = stream(seed, name), fates or Fates()
    trips = departures(
        rng, home, country, left, declared_country(rng, country) if declared is None else declared
    )
    fate = rng.random(len(home))
    steps = np.cumsum([fates.listed_unseen, fates.listed, fates.alone])
    is_early = left < calendar.days - 60
    is_unseen = (fate < steps[0]) & is_early
    trips = replace(trips, is_irregular=is_unseen)
    alone = (fate >= steps[1]) & (fate < steps[2]) | is_unseen & (rng.random(len(home)) < 0.15)
    trips = _came_alone(rng, trips, alone, calendar)
    rows = np.flatnonzero((fate < steps[1]) & is_early & ~alone)
    room = calendar.days - 25 - (left[rows] + 20)
    wished = left[rows] + 20 + (rng.random(len(rows)) ** 1.4 * room).astype(np.int64)
    listings = lists.rows_for(
        rng, home, rows, country[rows], categories(rng, country[rows]), wished, calendar
    )
    trips = lists.brought_home(rng, trips, rows, listings)
    trips = stacked([trips, _left_again(rng, trips.take(rows), home, calendar)])
    return Cohort(
        name=name,
        home=home,
        is_female=_women(rng, country),
        birth_day=born(rng, calendar, (30, 7, 18.5, 52), len(home)),
        trips=trips,
        listings=listings,
    )


def _left_again(rng: np.random.Generator, trips: Trips, home: Ints, calendar: Calendar) -> Trips:
    """Some who were brought home leave again, for the same country."""
    left = trips.back + rng.integers(15, 60, len(trips))
    goes = (rng.random(len(trips)) < facts.LEFT_AGAIN) & (left < calendar.days)
    first, left = trips.take(goes), left[goes]
    declared = declared_country(rng, first.country)
    again = departures(rng, home[first.person], first.country, left, declared)
    return replace(again, person=first.person)


def _came_alone(
    rng: np.random.Generator,
    trips: Trips,
    alone: Bools,
    calendar: Calendar,
) -> Trips:
    """Home without a list, mostly too late; the unseen on a paper in lieu of a passport."""
    days = 12 + log_normal(rng, 55.0, 0.7, len(trips))
    latest = calendar.days - 1 - trips.left
    days = np.where(trips.is_irregular, np.minimum(days, latest), days)
    comes_back = np.where(alone, trips.left + days, NEVER)
    back = np.where(days <= latest, comes_back, NEVER)
    paper = np.where(alone & trips.is_irregular, IN_LIEU, trips.paper_in)
    return replace(trips, back=back, comes_back=comes_back, paper_in=paper)


def _women(rng: np.random.Generator, country: Ints) -> Bools:
    there = countries()
    share = np.asarray(
        [
            {"SAU": 0.72, "ARE": 0.72, "HKG": 0.9, "TWN": 0.5, "MYS": 0.36, "KHM": 0.24}.get(
                code, 0.4
            )
            for code in there.codes
        ]
    )
    return rng.random(len(country)) < share[country]


def national(people: int, calendar: Calendar, seed: int) -> Cohort:
    """The undocumented of the nation; those of Kepulauan Riau in Cambodia are counted apart."""
    rng = stream(seed, "undocumented homes")
    home = pick(origin_weights(seed), rng.random(people))
    return careers(
        "undocumented",
        home,
        _destinations(rng, home),
        calendar.spread(rng.random(people)),
        calendar,
        seed,
    )
