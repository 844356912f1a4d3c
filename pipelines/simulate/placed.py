"""Legal careers: a placement, then an exit; cancelled, extended, on leave, home early, or never
left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.simulate import facts, lists, routes
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import (
    Bools,
    Floats,
    Ints,
    expand,
    pick,
    pick_by_row,
    share_out,
    stream,
)
from pipelines.simulate.model import (
    CATEGORY,
    EXTENDED,
    ISSUED,
    PASSPORT,
    PURPOSE,
    SCHEMES,
    Cohort,
    Listings,
    Placements,
    Trips,
    stacked,
)
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
    "TWN": ((2, 5, 0, 55, 8, 30, 0, 0, 0, 0), (18, 40, 0, 30, 0, 0, 12, 0, 0, 0)),
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


@dataclass(frozen=True)
class Orders:
    """Who is placed where, and when the process finished; `is_plain` keeps one standing record per
    person.
    """

    home: Ints
    country: Ints
    processed: Ints
    is_plain: bool = False


def _destination_margin() -> Floats:
    """Placements by country: the published ten, and the rest of the published total shared by
    assumption.
    """
    published = facts.published("placements", 2024, "country")
    rest = facts.published("placements", 2024, "all")["ALL"] - sum(published.values())
    others = facts.OTHER_PLACEMENT_COUNTRIES
    margin = countries().weights(published)
    return margin + countries().weights(others) * rest / sum(others.values())


def _province_margin() -> Floats:
    """Placements by province, Kepulauan Riau left out: its number is given at every scale."""
    published = facts.published("placements", 2025, "province")
    rest = facts.placements_per_year() - sum(published.values()) - facts.KEPRI_PLACEMENTS
    here = regions()
    population = np.bincount(here.province, here.population, len(here.provinces))
    lean = [facts.PLACEMENT_LEANING_REST.get(code, 0.7) for code in here.provinces]
    is_other = [code not in published and code != facts.KEPRI for code in here.provinces]
    others = population * lean * is_other
    margin = np.asarray([published.get(code, 0.0) for code in here.provinces])
    return np.asarray(margin + others * rest / others.sum())


def province_by_country() -> Floats:
    """Placements by province and country: the leanings, fitted to both published margins (iterative
    fitting).
    """
    rows, columns = _province_margin(), _destination_margin()
    columns = columns * rows.sum() / columns.sum()
    cells = np.outer(rows, columns) / rows.sum()
    for (province, country), lean in facts.PLACEMENT_LEANINGS.items():
        cells[regions().provinces.index(province), countries().number(country)] *= lean
    for _ in range(200):
        cells *= (rows / np.maximum(cells.sum(axis=1), 1e-9))[:, None]
        cells *= columns / np.maximum(cells.sum(axis=0), 1e-9)
    return cells


def _regency_weights(rng: np.random.Generator) -> Floats:
    """Weights of regencies within their province: known shares, the rest by population and a seeded
    effect.
    """
    here = regions()
    effect = np.exp(rng.normal(0.0, 0.5, len(here.codes))) * np.where(here.is_city, 0.35, 1.0)
    known = here.by_regency(facts.PLACEMENTS_IN_PROVINCE, 0.0)
    left_over = 1.0 - np.bincount(here.province, known)[here.province]
    plain = np.where(known > 0, 0.0, here.population * effect)
    share = plain / np.maximum(np.bincount(here.province, plain)[here.province], 1e-9)
    return known + left_over * share


def homes_within(rng: np.random.Generator, province: Ints, weights: Floats) -> Ints:
    """A regency for each number of a province."""
    here = regions()
    table = np.where(
        here.province[None, :] == np.arange(len(here.provinces))[:, None], weights, 0.0
    )
    return pick_by_row(table, province, rng.random(len(province)))


def national_orders(total: int, calendar: Calendar, seed: int) -> Orders:
    """Placements of the nation without Kepulauan Riau, at the published shares."""
    rng = stream(seed, "orders")
    cells = province_by_country()
    cell = rng.permutation(expand(share_out(total, cells.ravel())))
    province, country = np.divmod(cell, cells.shape[1])
    home = homes_within(rng, province, _regency_weights(rng))
    return Orders(home, country, calendar.spread(rng.random(total)))


def _women(rng: np.random.Generator, orders: Orders) -> Bools:
    there, here = countries(), regions()
    share = np.asarray([facts.WOMEN_BY_DESTINATION.get(code, 0.38) for code in there.codes])[
        orders.country
    ]
    ntb_to_malaysia = here.within("52")[orders.home] & (orders.country == there.number("MYS"))
    return rng.random(len(share)) < np.where(ntb_to_malaysia, 0.03, share)


def _by_country(
    rng: np.random.Generator,
    table: dict[str, tuple[int, ...]],
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


def _exits(rng: np.random.Generator, cohort: Cohort, rows: Ints, left: Ints, back: Ints) -> Trips:
    """Trips of the placements in `rows`."""
    records, size = cohort.placements, len(rows)
    person = records.person[rows]
    declared = _declared(rng, records.country[rows])
    gate = routes.choose(rng, cohort.home[person], declared)
    purpose = np.where(rng.random(size) < 0.94, PURPOSE["work"], PURPOSE["family"])
    return Trips(
        person=person, left=left, back=back, country=records.country[rows], declared=declared, purpose=purpose,
        gate_out=gate, gate_in=gate, paper_out=np.full(size, PASSPORT), paper_in=np.full(size, PASSPORT),
        is_irregular=np.zeros(size, dtype=bool), is_entry_recorded=np.ones(size, dtype=bool), placement=rows,
        listing=np.full(size, -1), is_work=np.ones(size, dtype=bool),
    )  # fmt: skip


def _cancelled_all_the_same(rng: np.random.Generator, cohort: Cohort, calendar: Calendar) -> Trips:
    """Some of the cancelled leave weeks later, as tourists and without a valid placement."""
    records = cohort.placements
    rows = np.flatnonzero(
        (records.cancelled >= 0) & (rng.random(len(records)) < facts.LEFT_ALL_THE_SAME)
    )
    left = records.cancelled[rows] + rng.integers(30, 80, len(rows))
    rows, left = rows[left < calendar.days], left[left < calendar.days]
    trips = _exits(rng, cohort, rows, left, np.full(len(rows), NEVER))
    tourism = np.full(len(rows), PURPOSE["tourism"])
    return Trips(**{**vars(trips), "placement": np.full(len(rows), -1), "purpose": tourism})


def _listed(
    rng: np.random.Generator, cohort: Cohort, trips: Trips, calendar: Calendar
) -> tuple[Trips, Listings]:
    """A few come home on a list: from the country of the placement, or, diverted, from another one."""
    fate = rng.random(len(trips))
    earliest = trips.left + 25
    can_be = (earliest < calendar.days - 40) & (trips.back == NEVER)
    rows = np.flatnonzero(can_be & (fate < facts.DIVERTED + 0.012))
    astray = fate[rows] < facts.DIVERTED
    scams = pick(
        countries().weights({"KHM": 60, "MMR": 20, "LAO": 10, "PHL": 10}), rng.random(len(rows))
    )
    country = np.where(astray, scams, trips.country[rows])
    category = np.where(
        astray, CATEGORY["SCAM"], pick([0, 0, 60, 15, 20, 5], rng.random(len(rows)))
    )
    wished = earliest[rows] + pick_up_to(rng, calendar.days - 40 - earliest[rows])
    listings = lists.rows_for(
        rng, cohort.home, trips.person[rows], country, category, wished, calendar
    )
    return lists.brought_home(rng, trips, rows, listings), listings


def pick_up_to(rng: np.random.Generator, most: Ints) -> Ints:
    """A whole number from 0 up to each bound."""
    return (rng.random(len(most)) * np.maximum(most, 1)).astype(np.int64)


def placed(name: str, orders: Orders, calendar: Calendar, seed: int) -> Cohort:
    """The careers of the people in `orders`, one standing placement each; the trips follow from it."""
    rng = stream(seed, name)
    size = len(orders.home)
    fate = rng.random(size)
    is_cancelled = (fate < facts.CANCELLED) & (not orders.is_plain)
    cancelled = np.where(is_cancelled, orders.processed + rng.integers(5, 40, size), -1)
    cancelled = np.where(cancelled >= calendar.days - 10, -1, cancelled)
    is_female = _women(rng, orders)
    birth_day = born(rng, calendar, (31, 6.5, 20, 50), size)
    records = _records(rng, orders, is_female, cancelled)
    empty = _exits(
        rng,
        Cohort(name, orders.home, is_female, birth_day, _no_trips(), records),
        np.empty(0, np.int64),
        *[np.empty(0, np.int64)] * 2,
    )
    cohort = Cohort(name, orders.home, is_female, birth_day, empty, records)
    trips = _first_exits(rng, cohort, fate, calendar)
    trips, listings = _listed(rng, cohort, trips, calendar)
    again = _after_leave(rng, cohort, trips, calendar)
    late = _cancelled_all_the_same(rng, cohort, calendar)
    records = (
        records
        if orders.is_plain
        else stacked([records, _extensions(rng, records, trips, calendar)])
    )
    return Cohort(
        name, orders.home, is_female, birth_day, stacked([trips, again, late]), records, listings
    )


def _no_trips() -> Trips:
    return Trips(*([np.empty(0, dtype=np.int64)] * 15))


def _first_exits(
    rng: np.random.Generator, cohort: Cohort, fate: Floats, calendar: Calendar
) -> Trips:
    """The exit, some weeks after the process finished; a few come home early or on leave."""
    records = cohort.placements
    wait = 3 + np.exp(rng.normal(2.6, 0.6, len(records))).astype(np.int64).clip(0, 62)
    left = records.processed + wait
    goes = (records.cancelled < 0) & (fate < 1.0 - facts.NEVER_LEFT) & (left < calendar.days)
    rows = np.flatnonzero(goes)
    home = rng.random(len(rows)) < facts.HOME_LEAVE + facts.WENT_HOME_EARLY
    back = np.where(home, left[rows] + rng.integers(50, 240, len(rows)), NEVER)
    back = np.where(back >= calendar.days, NEVER, back)
    return _exits(rng, cohort, rows, left[rows], back)


def _after_leave(
    rng: np.random.Generator, cohort: Cohort, trips: Trips, calendar: Calendar
) -> Trips:
    """Leave is over: out again under the same placement."""
    on_leave = (trips.back < NEVER) & (trips.listing < 0)
    share = facts.HOME_LEAVE / (facts.HOME_LEAVE + facts.WENT_HOME_EARLY)
    rows = np.flatnonzero(on_leave & (rng.random(len(trips)) < share))
    left = trips.back[rows] + rng.integers(12, 40, len(rows))
    is_valid = (left < calendar.days) & (left < cohort.placements.ends[trips.placement[rows]] - 5)
    rows, left = rows[is_valid], left[is_valid]
    return _exits(rng, cohort, trips.placement[rows], left, np.full(len(rows), NEVER))


def _extensions(
    rng: np.random.Generator, records: Placements, trips: Trips, calendar: Calendar
) -> Placements:
    """Contracts extended abroad: a record of their own, and no exit of their own."""
    away = np.unique(trips.placement[(trips.back == NEVER) & (trips.left < calendar.days - 60)])
    rows = away[rng.random(len(away)) < facts.EXTENDED_ABROAD]
    first = records.take(rows)
    processed = (first.processed + rng.integers(150, 330, len(rows))).clip(None, calendar.days - 12)
    fields = {
        **vars(first),
        "processed": processed,
        "starts": processed + 20,
        "ends": processed + 750,
    }
    return Placements(
        **{**fields, "status": np.full(len(rows), EXTENDED), "cancelled": np.full(len(rows), -1)}
    )


def scheme_names() -> tuple[str, ...]:
    return SCHEMES
