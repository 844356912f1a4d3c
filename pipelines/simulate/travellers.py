"""Those who travel and come home: tourists and relatives, pilgrims, commuters, border people,
students, officials.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.simulate import facts, routes
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import Floats, Ints, expand, log_normal, pick, pick_by_row, stream
from pipelines.simulate.model import BORDER_PASS, PURPOSE, PURPOSES, Cohort, regular_trips

#: Regencies at a land border with the country across.
BORDERLANDS = {
    "61.03": "MYS", "61.07": "MYS", "61.01": "MYS", "61.06": "MYS", "65.03": "MYS", "65.02": "MYS",
    "53.04": "TLS", "53.03": "TLS", "53.21": "TLS", "91.71": "PNG", "91.11": "PNG", "93.01": "PNG",
    "93.02": "PNG",
}  # fmt: skip


def scaled(per_year: float, scale: float, calendar: Calendar) -> int:
    """People of the simulated days, which go on to the run date."""
    return max(1, round(per_year * scale * calendar.days / calendar.length))


def born(
    rng: np.random.Generator, calendar: Calendar, ages: tuple[float, float, float, float], size: int
) -> Ints:
    """Birth days from a mean age, its spread and its bounds."""
    years = _years(rng, ages, size)
    return np.asarray((calendar.first_epoch - years * 365.2425).astype(np.int64))


def _years(rng: np.random.Generator, ages: tuple[float, float, float, float], size: int) -> Floats:
    """Ages around a mean; one out of bounds is drawn anew between them, so no birthday piles up."""
    mean, spread, youngest, oldest = ages
    years, between = rng.normal(mean, spread, size), rng.uniform(youngest, oldest + 1, size)
    return np.where((years < youngest) | (years > oldest + 1), between, years)


def _apart(person: Ints, left: Ints, days: Ints, calendar: Calendar) -> tuple[Ints, Ints]:
    """Trips in order of person and day, not overlapping: rows to keep, and days of return.

    Whoever travels this year travels in the same way in the next, so a last trip ends too.
    """
    is_last = np.append(person[1:] != person[:-1], True)
    first = left[np.searchsorted(person, person)]
    next_year = np.maximum(first + calendar.length, calendar.days + 1)
    following = np.where(is_last, next_year, np.append(left[1:], 0))
    back = np.minimum(left + days, following - 1)
    keep = np.flatnonzero(back >= left)
    return keep, back


def _many_trips(rng: np.random.Generator, counts: Ints, calendar: Calendar) -> tuple[Ints, Ints]:
    """Person and day of each trip, the trips of one person spread over the year."""
    person = expand(counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    turn = np.arange(len(person)) - first
    return person, calendar.spread((turn + rng.random(len(person))) / counts[person])


def _homes(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    return pick(weights, rng.random(size))


def _wealth() -> Floats:
    here = regions()
    return (
        here.population
        * here.by_province(facts.TRAVEL_BY_PROVINCE, 0.6)
        * np.where(here.is_city, 2.2, 1.0)
    )


def _stay(rng: np.random.Generator, purpose: Ints, country: Ints) -> Ints:
    """Days abroad: short nearby, longer far away, longest with relatives (assumption)."""
    near = countries().permitted[country] == 30
    median = np.where(near, 4.0, 8.5)
    median = np.where(purpose == PURPOSE["family"], median * 2.6, median)
    median = np.where(purpose == PURPOSE["business"], median * 0.8, median)
    spread = np.where(purpose == PURPOSE["family"], 0.75, 0.55)
    days = log_normal(rng, median, spread, len(purpose))
    longer = rng.random(len(purpose))
    days = np.where(longer < 0.004, 32 + (longer * 2.0e4).astype(np.int64), days)
    return np.where(longer > 0.9985, NEVER, days)


def _ages(rng: np.random.Generator, people: int) -> Floats:
    """Ages in years: one traveller in eleven is a child."""
    child, adult = rng.uniform(1, 17, people), _years(rng, (39, 12, 17, 84), people)
    return np.where(rng.random(people) < 0.09, child, adult)


def ordinary(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Tourists, relatives, traders, patients; one in a thousand does not come back."""
    rng = stream(seed, "ordinary")
    home, age = _homes(rng, _wealth(), people), _ages(rng, people)
    counts = pick(facts.TRIPS_PER_TRAVELLER, rng.random(people)) + 1
    person, left = _many_trips(rng, counts, calendar)
    weights = [facts.PURPOSES.get(name, 0.0) for name in PURPOSES]
    purpose = pick(weights, rng.random(len(person)))
    country = pick(countries().weights(facts.DESTINATIONS), rng.random(len(person)))
    days = _stay(rng, purpose, country)
    days = np.where((days == NEVER) & ~((age > 18) & (age < 58))[person], 30, days)
    keep, back = _apart(person, left, days, calendar)
    person, left, back, purpose, country = (c[keep] for c in (person, left, back, purpose, country))
    gate_out = routes.choose(rng, home[person], country)
    gate_in = routes.way_back(rng, home[person], country, gate_out)
    return Cohort(
        name="ordinary",
        home=home,
        is_female=rng.random(people) < 0.49,
        birth_day=(calendar.first_epoch - age * 365.2425).astype(np.int64),
        trips=regular_trips(person, left, back, country, purpose, gate_out, gate_in, calendar),
    )


def pilgrims(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Umrah all year, one in seven for the hajj (forty days around the end of May)."""
    rng = stream(seed, "pilgrims")
    here = regions()
    home = _homes(
        rng,
        here.population
        * here.by_province({"51": 0.1, "53": 0.1, "71": 0.3, "12": 0.7, "94": 0.1}, 1.0),
        people,
    )
    is_hajj = rng.random(people) < 0.15
    left = np.where(
        is_hajj,
        calendar.day(5, 2) + rng.integers(0, 30, people),
        calendar.spread(rng.random(people)),
    )
    back = left + np.where(is_hajj, rng.integers(38, 43, people), rng.integers(9, 15, people))
    country = np.full(people, countries().number("SAU"))
    gate = routes.choose(rng, home, country)
    purpose = np.full(people, PURPOSE["pilgrimage"])
    return Cohort(
        name="pilgrims",
        home=home,
        is_female=rng.random(people) < 0.56,
        birth_day=born(rng, calendar, (50, 11, 18, 84), people),
        trips=regular_trips(np.arange(people), left, back, country, purpose, gate, gate, calendar),
    )


def frequent(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Commuters of the strait and traders: many short trips to Singapore and Malaysia."""
    rng = stream(seed, "frequent")
    here = regions()
    lean = here.by_province({"21": 60.0, "31": 5.0, "12": 4.0, "14": 5.0, "65": 8.0}, 0.4)
    home = _homes(rng, here.population * lean, people)
    counts = 3 + rng.geometric(0.16, people).clip(1, 40)
    person, left = _many_trips(rng, counts, calendar)
    favourite = pick(
        countries().weights({"SGP": 58, "MYS": 36, "CHN": 4, "HKG": 2}), rng.random(people)
    )
    keep, back = _apart(person, left, log_normal(rng, 1.6, 0.8, len(person)), calendar)
    person, left, back = person[keep], left[keep], back[keep]
    country = favourite[person]
    gate_out = routes.choose(rng, home[person], country)
    purpose = pick_by_row(
        [[0.3, 0.2, 0.5]], np.zeros(len(person), dtype=np.int64), rng.random(len(person))
    )
    return Cohort(
        name="frequent",
        home=home,
        is_female=rng.random(people) < 0.42,
        birth_day=born(rng, calendar, (40, 11, 18, 75), people),
        trips=regular_trips(
            person,
            left,
            back,
            country,
            purpose,
            gate_out,
            routes.way_back(rng, home[person], country, gate_out),
            calendar,
        ),
    )


def border_people(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Holders of a border pass (PLB): to market and to relatives across, a day or two."""
    rng = stream(seed, "border")
    here = regions()
    home = _homes(
        rng, here.population * here.by_regency(dict.fromkeys(BORDERLANDS, 1.0), 0.0), people
    )
    across = np.zeros(len(here.codes), dtype=np.int64)
    for code, country_code in BORDERLANDS.items():
        across[here.codes.index(code)] = countries().number(country_code)
    counts = 2 + rng.geometric(0.08, people).clip(1, 60)
    person, left = _many_trips(rng, counts, calendar)
    keep, back = _apart(person, left, rng.integers(0, 3, len(person)), calendar)
    person, left, back = person[keep], left[keep], back[keep]
    sea = here.by_regency({"65.03": 1.0}, 0.0)[home[person]] > 0
    by_land = routes.choose(rng, home[person], across[home[person]], mode=routes.LAND)
    by_sea = routes.choose(rng, home[person], across[home[person]], mode=routes.SEA)
    gate = np.where(sea, by_sea, by_land)
    purpose = np.where(rng.random(len(person)) < 0.5, PURPOSE["family"], PURPOSE["business"])
    trips = regular_trips(person, left, back, across[home[person]], purpose, gate, gate, calendar)
    carried = np.full(len(person), BORDER_PASS)
    return Cohort(
        name="border",
        home=home,
        is_female=rng.random(people) < 0.47,
        birth_day=born(rng, calendar, (37, 11, 17, 78), people),
        trips=replace(trips, paper_out=carried, paper_in=carried),
    )


def students(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Students leave before a term and seldom come home within the year."""
    rng = stream(seed, "students")
    home = _homes(rng, _wealth(), people)
    country = pick(countries().weights(facts.STUDY_ABROAD), rng.random(people))
    left = np.where(
        rng.random(people) < 0.6,
        calendar.day(7, 15) + rng.integers(0, 70, people),
        calendar.spread(rng.random(people)),
    )
    back = left + np.where(rng.random(people) < 0.35, rng.integers(60, 200, people), NEVER)
    gate = routes.choose(rng, home, country)
    return Cohort(
        name="students",
        home=home,
        is_female=rng.random(people) < 0.52,
        birth_day=born(rng, calendar, (21, 3, 15, 38), people),
        trips=regular_trips(
            np.arange(people),
            left,
            back,
            country,
            np.full(people, PURPOSE["study"]),
            gate,
            gate,
            calendar,
        ),
    )


def officials(people: int, calendar: Calendar, seed: int) -> Cohort:
    """Official travel; one in twelve is posted abroad."""
    rng = stream(seed, "officials")
    home = _homes(rng, _wealth(), people)
    person, left = _many_trips(rng, 1 + (rng.random(people) < 0.2), calendar)
    days = log_normal(rng, 5.0, 0.5, len(person))
    posted = rng.random(people)[person] < 0.08
    keep, back = _apart(person, left, np.where(posted, NEVER, days), calendar)
    person, left, back = person[keep], left[keep], back[keep]
    country = pick(countries().weights(facts.DESTINATIONS), rng.random(len(person)))
    gate = routes.choose(rng, home[person], country)
    return Cohort(
        name="officials",
        home=home,
        is_female=rng.random(people) < 0.38,
        birth_day=born(rng, calendar, (43, 8, 24, 59), people),
        trips=regular_trips(
            person,
            left,
            back,
            country,
            np.full(len(person), PURPOSE["official"]),
            gate,
            gate,
            calendar,
        ),
    )
