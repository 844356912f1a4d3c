"""The facts of the brief, at full size whatever the scale (all figures here are labelled 'from
brief' in facts.py).

The Myanmar list of 546, and Kepulauan Riau with its 1,070 placements and 3,500 people in Cambodia.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.simulate import facts, lists, undocumented
from pipelines.simulate.atlas import countries, gates, regions
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.draws import Bools, Floats, Ints, expand, pick, share_out, stream
from pipelines.simulate.model import CATEGORY, ISSUED, Cohort, Listings, Placements
from pipelines.simulate.orders import Orders, homes_within
from pipelines.simulate.placed import placed
from pipelines.simulate.travellers import born

#: Provinces of the seven that the published list leaves unnamed (assumption).
_SINGLES = ("53", "73", "74", "81", "16", "62", "64")
_DECLARED = {"THA": 62.0, "MYS": 22.0, "SGP": 16.0}
_UNSEEN = 0.16
#: Listed in Myanmar with a valid placement to another country.
_WITH_PLACEMENT = 12


def myanmar_by_province() -> dict[str, int]:
    """Listed people: Sumatera Utara from the brief, the others as published."""
    published = facts.published("list_myanmar_march", 2025, "province")
    others = {code: number for code, number in published.items() if code != "12"}
    others |= dict.fromkeys(_SINGLES, 1.0)
    parts = share_out(facts.MYANMAR_LISTED - facts.MYANMAR_SUMUT, list(others.values()))
    return {"12": facts.MYANMAR_SUMUT} | dict(zip(others, (int(p) for p in parts), strict=True))


def _arrivals(calendar: Calendar) -> tuple[Ints, Ints]:
    """Day of arrival and number of the wave of each listed person; 18 and 19 March are one wave."""
    days = [calendar.day(month, day) for month, day, _ in facts.MYANMAR_WAVES]
    turn = expand([people for _, _, people in facts.MYANMAR_WAVES])
    return np.asarray(days)[turn], np.asarray([1, 2, 3, 3, 4])[turn]


def myanmar(calendar: Calendar, seed: int) -> Cohort:
    """The list of 546, flown home in waves; most exits on record, to somewhere else."""
    rng = stream(seed, "myanmar")
    here, size = regions(), facts.MYANMAR_LISTED
    numbers = {here.provinces.index(code): people for code, people in myanmar_by_province().items()}
    province = rng.permutation(np.repeat(list(numbers), list(numbers.values())))
    home = homes_within(rng, province, _town_weights())
    arrived, wave = _arrivals(calendar)
    left = 1 + (rng.random(size) * (arrived - 19)).astype(np.int64)
    country = np.full(size, countries().number("MMR"))
    declared = pick(countries().weights(_DECLARED), rng.random(size))
    trips = undocumented.departures(rng, home, country, left, declared)
    trips = replace(trips, is_irregular=rng.random(size) < _UNSEEN)
    listings = Listings(
        person=np.arange(size),
        series=np.full(size, lists.MYANMAR),
        arrived=arrived,
        gate=np.full(size, gates().number("CGK")),
        country=country,
        category=np.where(rng.random(size) < 0.3, CATEGORY["TPPO"], CATEGORY["SCAM"]),
        wave=wave,
    )
    trips = lists.brought_home(rng, trips, np.arange(size), listings)
    placements, placement = _placements_elsewhere(rng, home, left, trips.is_irregular)
    return Cohort(
        name="myanmar",
        home=home,
        is_female=rng.random(size) < facts.published("list_myanmar_march", 2025, "sex")["P"] / 554,
        birth_day=born(rng, calendar, (27, 4.5, 18.5, 45), size),
        trips=replace(trips, placement=placement),
        placements=placements,
        listings=listings,
    )


def _town_weights() -> Floats:
    """People lured to scam compounds: more from towns (assumption)."""
    here = regions()
    return np.asarray(here.population * np.where(here.is_city, 2.0, 1.0))


def _placements_elsewhere(
    rng: np.random.Generator,
    home: Ints,
    left: Ints,
    is_unseen: Bools,
) -> tuple[Placements, Ints]:
    """Valid placements to Malaysia of a few listed people, none of Kepulauan Riau."""
    can_be = np.flatnonzero(~is_unseen & (left > 12) & ~regions().within(facts.KEPRI)[home])
    person = np.sort(rng.permutation(can_be)[:_WITH_PLACEMENT])
    processed = left[person] - 10
    size = len(person)
    placement = np.full(len(home), -1)
    placement[person] = np.arange(size)
    records = Placements(
        person=person, processed=processed, starts=processed + 20, ends=processed + 750,
        country=np.full(size, countries().number("MYS")), scheme=np.zeros(size, dtype=np.int64),
        job=np.full(size, 3), status=np.full(size, ISSUED), cancelled=np.full(size, -1),
    )  # fmt: skip
    return records, placement


def _kepri_homes(rng: np.random.Generator, size: int) -> Ints:
    here = regions()
    lean = here.by_regency({"21.71": 1.6}, 1.0)
    return pick(here.population * here.within(facts.KEPRI) * lean, rng.random(size))


def kepri_placements(calendar: Calendar, seed: int) -> Cohort:
    """Kepulauan Riau's placements of the calendar year: all standing, one record each."""
    rng = stream(seed, "kepri orders")
    size = facts.KEPRI_PLACEMENTS
    abroad = {"MYS": 56, "SGP": 22, "TWN": 7, "HKG": 6, "BRN": 4, "JPN": 3, "KOR": 2}
    country = pick(countries().weights(dict(abroad)), rng.random(size))
    orders = Orders(
        _kepri_homes(rng, size), country, rng.integers(0, calendar.length, size), is_plain=True
    )
    return placed("kepri placements", orders, calendar, seed)


def kepri_cambodia(calendar: Calendar, seed: int) -> Cohort:
    """Kepulauan Riau's undocumented in Cambodia: mostly by ferry, mostly saying where to."""
    rng = stream(seed, "kepri cambodia homes")
    size = facts.KEPRI_CAMBODIA
    declared = pick(
        countries().weights({"KHM": 70, "SGP": 17, "MYS": 10, "THA": 3}), rng.random(size)
    )
    cohort = undocumented.careers(
        "kepri cambodia",
        _kepri_homes(rng, size),
        np.full(size, countries().number("KHM")),
        (rng.random(size) * 300).astype(np.int64),
        calendar,
        seed,
        declared=declared,
        fates=undocumented.Fates(listed=0.13, listed_unseen=0.05, alone=0.04),
    )
    return _by_ferry(rng, cohort)


def _by_ferry(rng: np.random.Generator, cohort: Cohort) -> Cohort:
    """Three in four take a ferry from Batam, whatever country they name."""
    trips = cohort.trips
    ports = np.asarray([gates().number(code) for code in ("BTC", "SKP", "HRB", "TBK", "SBP")])
    ferry = ports[pick([58, 14, 14, 7, 7], rng.random(len(trips)))]
    gate = np.where(rng.random(len(trips)) < 0.75, ferry, trips.gate_out)
    return replace(cohort, trips=replace(trips, gate_out=gate))
