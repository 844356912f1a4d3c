"""Legal careers: a placement, then an exit; or cancelled, extended, on leave, or never left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipelines.simulate import facts, lists, routes
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import Bools, Floats, Ints, pick, pick_below, pick_by_row, stream
from pipelines.simulate.model import (
    CATEGORY,
    EXTENDED,
    ISSUED,
    PURPOSE,
    Cohort,
    Listings,
    Placements,
    Trips,
    regular_trips,
    stacked,
)
from pipelines.simulate.orders import Orders
from pipelines.simulate.travellers import born

JOBS = (
    ("Pekerja Rumah Tangga", "INFORMAL"), ("Perawat Lansia", "INFORMAL"),
    ("Pekerja Ladang", "FORMAL"),
    ("Operator Produksi", "FORMAL"), ("Konstruksi", "FORMAL"), ("Awak Kapal", "FORMAL"),
    ("Caregiver", "FORMAL"),
    ("Terapis Spa", "FORMAL"), ("Pelayan Restoran", "FORMAL"), ("Petugas Kebersihan", "FORMAL"),
)  # fmt: skip
#: Jobs by destination and sex in percent (assumption; together near the published 56 per cent
#: formal).
_JOBS_ELSEWHERE = ((5, 5, 5, 25, 15, 15, 5, 0, 15, 10), (30, 5, 0, 10, 0, 0, 15, 15, 15, 10))
_JOBS_BY_COUNTRY = {
    "HKG": ((80, 10, 0, 0, 0, 0, 0, 0, 0, 10), (97, 3, 0, 0, 0, 0, 0, 0, 0, 0)),
    "SGP": ((20, 0, 0, 30, 20, 20, 0, 0, 0, 10), (94, 4, 0, 0, 0, 0, 2, 0, 0, 0)),
    "TWN": ((2, 5, 0, 55, 8, 30, 0, 0, 0, 0), (9, 21, 0, 38, 0, 0, 30, 0, 0, 2)),
    "MYS": ((0, 0, 68, 18, 12, 0, 0, 0, 2, 0), (30, 0, 10, 50, 0, 0, 0, 0, 5, 5)),
    "SAU": ((10, 0, 0, 10, 30, 0, 0, 0, 20, 30), (55, 5, 0, 0, 0, 0, 25, 0, 5, 10)),
    "JPN": ((0, 0, 10, 50, 25, 0, 15, 0, 0, 0), (0, 0, 5, 45, 0, 0, 50, 0, 0, 0)),
    "KOR": ((0, 0, 5, 75, 5, 15, 0, 0, 0, 0), (0, 0, 5, 90, 0, 0, 5, 0, 0, 0)),
}
#: Schemes by destination in percent: P2P, G2G, UKPS, MANDIRI, SSW.
_SCHEMES_ELSEWHERE = (70, 0, 4, 26, 0)
_SCHEMES_BY_COUNTRY = {
    "KOR": (10, 84, 0, 6, 0),
    "JPN": (22, 12, 0, 6, 60),
    "MYS": (72, 0, 22, 6, 0),
    "HKG": (92, 0, 0, 8, 0),
}
_MONTHS = ((24, 0.70), (36, 0.20), (12, 0.07), (7, 0.03))


def placed(name: str, orders: Orders, calendar: Calendar, seed: int) -> Cohort:
    """Careers of the people in `orders`, one placement each; the trips follow from it."""
    rng, size = stream(seed, name), len(orders.home)
    fate = rng.random(size)
    is_female = _women(rng, orders)
    records = _records(rng, orders, is_female, _cancelled(rng, orders, fate, calendar))
    careers = _Careers(rng, calendar, orders.home, records)
    trips, listings = careers.listed(careers.first_exits(fate))
    trips = stacked([trips, careers.after_leave(trips), careers.left_all_the_same()])
    if not orders.is_plain:
        records = stacked([records, careers.extensions(trips)])
    return Cohort(
        name=name,
        home=orders.home,
        is_female=is_female,
        birth_day=born(rng, calendar, (31, 6.5, 20, 50), size),
        trips=trips,
        placements=records,
        listings=listings,
    )


def _cancelled(rng: np.random.Generator, orders: Orders, fate: Floats, calendar: Calendar) -> Ints:
    """Day of the cancellation, -1 for placements that stand."""
    day = orders.processed + rng.integers(5, 40, len(fate))
    stands = (fate >= facts.CANCELLED) | (day >= calendar.days - 10) | orders.is_plain
    return np.where(stands, -1, day)


@dataclass(frozen=True)
class _Careers:
    """What follows from the placements of people with these homes."""

    rng: np.random.Generator
    calendar: Calendar
    home: Ints
    records: Placements

    def first_exits(self, fate: Floats) -> Trips:
        """The exit, some weeks after the process finished; a few come home early or on leave."""
        records, rng = self.records, self.rng
        wait = 3 + np.exp(rng.normal(2.6, 0.6, len(records))).astype(np.int64).clip(0, 62)
        left = records.processed + wait
        goes = (records.cancelled < 0) & (fate < 1.0 - facts.NEVER_LEFT)
        rows = np.flatnonzero(goes & (left < self.calendar.days))
        is_home = rng.random(len(rows)) < facts.HOME_LEAVE + facts.WENT_HOME_EARLY
        back = np.where(is_home, left[rows] + rng.integers(50, 240, len(rows)), NEVER)
        return self._exits(rows, left[rows], np.where(back >= self.calendar.days, NEVER, back))

    def listed(self, trips: Trips) -> tuple[Trips, Listings]:
        """A few come home on a list, of the country of the placement or, diverted, of another."""
        rng, latest = self.rng, self.calendar.days - 40
        fate, earliest = rng.random(len(trips)), trips.left + 25
        can_be = (earliest < latest) & (trips.back == NEVER)
        rows = np.flatnonzero(can_be & (fate < facts.DIVERTED + facts.PLACED_AND_LISTED))
        astray = fate[rows] < facts.DIVERTED
        scams = pick(countries().weights(facts.DIVERTED_TO), rng.random(len(rows)))
        ordinary = pick(facts.PLACED_CATEGORIES, rng.random(len(rows)))
        listings = lists.rows_for(
            rng,
            self.home,
            person=trips.person[rows],
            country=np.where(astray, scams, trips.country[rows]),
            category=np.where(astray, CATEGORY["SCAM"], ordinary),
            wished=earliest[rows] + pick_below(latest - earliest[rows], rng.random(len(rows))),
            calendar=self.calendar,
        )
        return lists.brought_home(rng, trips, rows, listings), listings

    def after_leave(self, trips: Trips) -> Trips:
        """Leave is over: out again under the same placement."""
        on_leave = (trips.back < NEVER) & (trips.listing < 0)
        share = facts.HOME_LEAVE / (facts.HOME_LEAVE + facts.WENT_HOME_EARLY)
        rows = np.flatnonzero(on_leave & (self.rng.random(len(trips)) < share))
        left = trips.back[rows] + self.rng.integers(12, 40, len(rows))
        ends = self.records.ends[trips.placement[rows]]
        is_valid = (left < self.calendar.days) & (left < ends - 5)
        rows, left = rows[is_valid], left[is_valid]
        return self._exits(trips.placement[rows], left, np.full(len(rows), NEVER))

    def left_all_the_same(self) -> Trips:
        """Some of the cancelled leave weeks later, as tourists and without a valid placement."""
        records, rng = self.records, self.rng
        goes = rng.random(len(records)) < facts.LEFT_ALL_THE_SAME
        rows = np.flatnonzero((records.cancelled >= 0) & goes)
        left = records.cancelled[rows] + rng.integers(45, 95, len(rows))
        rows, left = rows[left < self.calendar.days], left[left < self.calendar.days]
        trips = self._exits(rows, left, np.full(len(rows), NEVER))
        tourism = np.full(len(rows), PURPOSE["tourism"])
        return replace(trips, placement=np.full(len(rows), -1), purpose=tourism)

    def extensions(self, trips: Trips) -> Placements:
        """Contracts extended abroad: a record of their own, and no exit of their own."""
        rng, calendar = self.rng, self.calendar
        is_away = (trips.back == NEVER) & (trips.left < calendar.days - 60) & (trips.placement >= 0)
        away = np.unique(trips.placement[is_away])
        first = self.records.take(away[rng.random(len(away)) < facts.EXTENDED_ABROAD])
        size = len(first)
        processed = (first.processed + rng.integers(150, 330, size)).clip(None, calendar.days - 12)
        return replace(
            first,
            processed=processed,
            starts=processed + 20,
            ends=processed + 750,
            status=np.full(size, EXTENDED),
            cancelled=np.full(size, -1),
        )

    def _exits(self, rows: Ints, left: Ints, back: Ints) -> Trips:
        """Trips of the placements in `rows`."""
        records = self.records.take(rows)
        declared = _declared(self.rng, records.country)
        gate = routes.choose(self.rng, self.home[records.person], declared)
        is_work = self.rng.random(len(rows)) < 0.94
        purpose = np.where(is_work, PURPOSE["work"], PURPOSE["family"])
        trips = regular_trips(records.person, left, back, records.country, purpose, gate, gate)
        return replace(trips, declared=declared, placement=rows)


def _women(rng: np.random.Generator, orders: Orders) -> Bools:
    there, here = countries(), regions()
    share = np.asarray([facts.WOMEN_BY_DESTINATION.get(code, 0.38) for code in there.codes])[
        orders.country
    ]
    ntb_to_malaysia = here.within("52")[orders.home] & (orders.country == there.number("MYS"))
    return rng.random(len(share)) < np.where(ntb_to_malaysia, 0.03, share)


def _by_country(
    rng: np.random.Generator,
    table: Mapping[str, tuple[int, ...]],
    other: tuple[int, ...],
    country: Ints,
) -> Ints:
    weights = [table.get(code, other) for code in countries().codes]
    return pick_by_row(weights, country, rng.random(len(country)))


def _jobs(rng: np.random.Generator, country: Ints, is_female: Bools) -> Ints:
    picked = [
        _by_country(
            rng,
            {code: jobs[sex] for code, jobs in _JOBS_BY_COUNTRY.items()},
            _JOBS_ELSEWHERE[sex],
            country,
        )
        for sex in (0, 1)
    ]
    return np.where(is_female, picked[1], picked[0])


def _records(
    rng: np.random.Generator, orders: Orders, is_female: Bools, cancelled: Ints
) -> Placements:
    size = len(orders.home)
    months = np.asarray([m for m, _ in _MONTHS])[pick([w for _, w in _MONTHS], rng.random(size))]
    starts = orders.processed + rng.integers(7, 45, size)
    extended = (rng.random(size) < 0.05) & (not orders.is_plain)
    return Placements(
        person=np.arange(size),
        processed=orders.processed,
        starts=starts,
        ends=starts + (months * 30.4375).astype(np.int64),
        country=orders.country,
        scheme=_by_country(rng, _SCHEMES_BY_COUNTRY, _SCHEMES_ELSEWHERE, orders.country),
        job=_jobs(rng, orders.country, is_female),
        status=np.where(extended, EXTENDED, ISSUED),
        cancelled=cancelled,
    )


def _declared(rng: np.random.Generator, country: Ints) -> Ints:
    """The destination, or one of the usual stops on the way."""
    stops = np.asarray([countries().number(code) for code in ("SGP", "MYS", "THA")])
    stop = stops[pick([60, 30, 10], rng.random(len(country)))]
    return np.where(rng.random(len(country)) < 0.10, stop, country)
