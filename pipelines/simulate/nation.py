"""The people of the nation: homes, names, NIK and passports, for everyone at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate import facts, names, operations, orders, placed, travellers, undocumented
from pipelines.simulate.atlas import regions
from pipelines.simulate.calendar import EPOCH, NEVER, Calendar
from pipelines.simulate.draws import Bools, Ints, pick, pick_below, pick_by_row, stream
from pipelines.simulate.model import Cohort, Listings, Placements, Trips, together

#: Placeholder identities: none, a name that is none, a document that is none.
REAL, NO_NAME, NO_DOCUMENT = range(3)
PLACEHOLDER_BIRTH = (np.datetime64("1900-01-01") - np.datetime64(EPOCH)).astype(int)


@dataclass(frozen=True)
class People:
    """One row per person. `renewed` is the first day of the second passport (NEVER for most)."""

    home: Ints
    is_female: Bools
    birth_day: Ints
    district: Ints
    birth_regency: Ints
    nik: Ints
    is_nik_printed: Bools
    name: pa.Array
    father: Ints
    has_father_on: npt.NDArray[np.bool_]
    renewed: Ints
    placeholder: Ints

    def __len__(self) -> int:
        return len(self.home)


@dataclass(frozen=True)
class Nation:
    """Everything that happened; what the papers say of it comes later."""

    calendar: Calendar
    seed: int
    people: People
    trips: Trips
    placements: Placements
    listings: Listings


def build(calendar: Calendar, scale: float, seed: int) -> Nation:
    """The nation at a scale (1.0 is a national year), with the facts of the brief on top."""
    cohorts = _cohorts(calendar, scale, seed)
    everyone = together(cohorts)
    people = settle(cohorts, everyone, calendar, scale, seed)
    return Nation(calendar, seed, people, everyone.trips, everyone.placements, everyone.listings)


def _cohorts(calendar: Calendar, scale: float, seed: int) -> list[Cohort]:
    def people(per_year: float) -> int:
        return travellers.scaled(per_year, scale, calendar)

    placements = people(facts.placements_per_year() - facts.KEPRI_PLACEMENTS)
    cohorts = [
        placed.placed("placed", orders.national_orders(placements, calendar, seed), calendar, seed),
        undocumented.national(people(facts.UNDOCUMENTED), calendar, seed),
        operations.myanmar(calendar, seed),
        operations.kepri_placements(calendar, seed),
        operations.kepri_cambodia(calendar, seed),
        travellers.pilgrims(people(facts.PILGRIMS), calendar, seed),
        travellers.frequent(people(facts.FREQUENT), calendar, seed),
        travellers.border_people(people(facts.BORDER), calendar, seed),
        travellers.students(people(facts.STUDENTS), calendar, seed),
        travellers.officials(people(facts.OFFICIALS), calendar, seed),
    ]
    return [
        *cohorts,
        travellers.ordinary(_ordinary_people(cohorts, calendar, scale), calendar, seed),
    ]


def _ordinary_people(cohorts: Sequence[Cohort], calendar: Calendar, scale: float) -> int:
    """As many as it takes to reach the published crossings, the facts of the brief apart."""
    fixed = ("myanmar", "kepri placements", "kepri cambodia")
    others = sum(
        len(c.trips) + int((c.trips.back < NEVER).sum()) for c in cohorts if c.name not in fixed
    )
    wanted = facts.crossings_per_year() * scale * calendar.days / calendar.length - others
    weights = np.asarray(facts.TRIPS_PER_TRAVELLER)
    trips = float((weights * np.arange(1, len(weights) + 1)).sum() / weights.sum())
    return max(10, round(wanted / (trips * 1.965)))


def settle(
    cohorts: Sequence[Cohort], everyone: Cohort, calendar: Calendar, scale: float, seed: int
) -> People:
    """Districts, birth places, NIK, names and passports of everyone."""
    rng, here = stream(seed, "people"), regions()
    size, home = len(everyone), everyone.home
    district = here.district_first[home] + pick_below(here.district_count[home], rng.random(size))
    moved = rng.random(size) < 0.10
    birth_regency = np.where(moved, _somewhere_else(rng, home), home)
    mix = names.mix_weights(here.provinces)
    tradition = pick_by_row(
        mix, here.province[np.where(rng.random(size) < 0.5, birth_regency, home)], rng.random(size)
    )
    renewed = np.where(rng.random(size) < 0.07, rng.integers(5, calendar.days, size), NEVER)
    has_father = np.stack(
        [_pilgrims_only(cohorts) & (rng.random(size) < 0.30), rng.random(size) < 0.10]
    )
    return People(
        home=home,
        is_female=everyone.is_female,
        birth_day=everyone.birth_day,
        district=district,
        birth_regency=birth_regency,
        nik=_niks(rng, everyone, district, birth_regency),
        is_nik_printed=rng.random(size) < 0.68,
        name=names.full_names(seed, tradition, everyone.is_female),
        father=rng.integers(0, len(names.fathers()), size),
        has_father_on=has_father,
        renewed=renewed,
        placeholder=_placeholders(rng, cohorts, scale),
    )


def _somewhere_else(rng: np.random.Generator, home: Ints) -> Ints:
    """Born elsewhere: half of them in the same province, the others anywhere, by population."""
    here = regions()
    near = orders.homes_within(rng, here.province[home], here.population)
    far = pick(here.population, rng.random(len(home)))
    return np.where(rng.random(len(home)) < 0.5, near, far)


def _niks(rng: np.random.Generator, everyone: Cohort, district: Ints, birth_regency: Ints) -> Ints:
    """Region of first registration, date of birth (women: 40 added), a serial of its own."""
    here, size = regions(), len(everyone)
    born_there = rng.random(size) < 0.5
    other = here.district_first[birth_regency] + pick_below(
        here.district_count[birth_regency], rng.random(size)
    )
    first = np.where((birth_regency != everyone.home) & born_there, other, district)
    prefix = here.prefixes[first]
    regency = np.where(first == district, everyone.home, birth_regency)
    is_old = (
        (rng.random(size) < 0.35) & (everyone.birth_day < 9_500) & (here.retired_count[regency] > 0)
    )
    retired = here.retired_first[regency] + pick_below(
        here.retired_count[regency], rng.random(size)
    )
    prefix = np.where(is_old, here.retired[retired.clip(0, len(here.retired) - 1)], prefix)
    dates = everyone.birth_day.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months).astype(np.int64) + 1 + np.where(everyone.is_female, 40, 0)
    month = months.astype(np.int64) % 12 + 1
    year = (dates.astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    stem = prefix * 1_000_000 + day * 10_000 + month * 100 + year
    return np.asarray(stem * 10_000 + _turn(stem) + 1)


def _turn(values: Ints) -> Ints:
    """0 for the first row of each value, 1 for the second, ..."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    turn = np.empty(len(values), dtype=np.int64)
    turn[order] = np.arange(len(values)) - np.repeat(
        starts, np.diff(np.append(starts, len(values)))
    )
    return turn


def _pilgrims_only(cohorts: Sequence[Cohort]) -> Bools:
    return np.concatenate([np.full(len(c), c.name == "pilgrims") for c in cohorts])


def _placeholders(rng: np.random.Generator, cohorts: Sequence[Cohort], scale: float) -> Ints:
    """A few travellers whom the papers cannot name, among the last cohort (ordinary travellers)."""
    size, last = sum(len(c) for c in cohorts), len(cohorts[-1])
    chosen = np.unique(size - last + rng.integers(0, last, max(6, round(400 * scale))))
    kinds = np.zeros(size, dtype=np.int64)
    kinds[chosen] = np.where(rng.random(len(chosen)) < 0.5, NO_NAME, NO_DOCUMENT)
    return kinds


def with_father(
    base: pa.Array, father: Ints, is_female: Bools, style: npt.NDArray[np.float64]
) -> pa.Array:
    """The name with the father's: plain, or with bin and binti."""
    link = np.where(style < 0.6, 0, np.where(is_female, 2, 1))
    words = pa.array([" ", " BIN ", " BINTI "]).take(pa.array(link))
    return pc.binary_join_element_wise(base, words, names.fathers().take(pa.array(father)), "")
