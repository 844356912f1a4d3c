"""The tables of the simulated nation: people by cohort, trips, placements and list rows, as columns
of arrays.

Rows refer to one another by number. A cohort counts its people, placements and list rows from 0;
`together` makes one nation of the cohorts and moves the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Self, TypeVar

import numpy as np

from pipelines.simulate.calendar import NEVER, Calendar
from pipelines.simulate.draws import Array, Bools, Ints

#: Purposes of travel, as declared at the gate.
PURPOSES = (
    "tourism", "family", "business", "work", "pilgrimage", "study", "official", "health", "other",
)  # fmt: skip
PURPOSE = {name: number for number, name in enumerate(PURPOSES)}
#: What a traveller carries: the passport of the day, a border pass, a paper in lieu of a passport.
PASSPORT, BORDER_PASS, IN_LIEU = range(3)
CATEGORIES = ("TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA")
CATEGORY = {name: number for number, name in enumerate(CATEGORIES)}
SCHEMES = ("P2P", "G2G", "UKPS", "MANDIRI", "SSW")
ISSUED, EXTENDED = 0, 1

T = TypeVar("T", bound="Columns")


@dataclass(frozen=True)
class Columns:
    """Columns of equal length."""

    def __len__(self) -> int:
        first: Array = getattr(self, fields(self)[0].name)
        return len(first)

    def take(self, rows: Ints | Bools) -> Self:
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def stacked(tables: Sequence[T]) -> T:
    """One table of several, in their order."""
    names = [f.name for f in fields(tables[0])]
    columns = {name: np.concatenate([getattr(table, name) for table in tables]) for name in names}
    return replace(tables[0], **columns)


@dataclass(frozen=True)
class Trips(Columns):
    """One row per departure. `back` is NEVER if not back by the run date; -1 means none.

    `comes_back` is the day of the return even where the run date does not see it.
    """

    person: Ints
    left: Ints
    back: Ints
    comes_back: Ints
    country: Ints
    declared: Ints
    purpose: Ints
    gate_out: Ints
    gate_in: Ints
    paper_out: Ints
    paper_in: Ints
    is_irregular: Bools
    is_entry_recorded: Bools
    placement: Ints
    listing: Ints


@dataclass(frozen=True)
class Placements(Columns):
    """One row per placement record (id_pmi); days from 1 January; `cancelled` is -1 if not."""

    person: Ints
    processed: Ints
    starts: Ints
    ends: Ints
    country: Ints
    scheme: Ints
    job: Ints
    status: Ints
    cancelled: Ints


@dataclass(frozen=True)
class Listings(Columns):
    """One row per line of a repatriation list; `series` says which list it is."""

    person: Ints
    series: Ints
    arrived: Ints
    gate: Ints
    country: Ints
    category: Ints
    wave: Ints


def regular_trips(
    person: Ints,
    left: Ints,
    back: Ints,
    country: Ints,
    purpose: Ints,
    gate_out: Ints,
    gate_in: Ints,
    calendar: Calendar | None = None,
) -> Trips:
    """Trips through both gates on a passport, to the declared country; `replace` says otherwise.

    With a calendar, returns after its last day are left to come.
    """
    size = len(person)
    seen = back if calendar is None else np.where(back >= calendar.days, NEVER, back)
    return Trips(
        person=person,
        left=left,
        back=seen,
        comes_back=back,
        country=country,
        declared=country,
        purpose=purpose,
        gate_out=gate_out,
        gate_in=gate_in,
        paper_out=np.full(size, PASSPORT),
        paper_in=np.full(size, PASSPORT),
        is_irregular=np.zeros(size, dtype=bool),
        is_entry_recorded=np.ones(size, dtype=bool),
        placement=np.full(size, -1),
        listing=np.full(size, -1),
    )


def no_placements() -> Placements:
    return Placements(*([np.empty(0, dtype=np.int64)] * 9))


def no_listings() -> Listings:
    return Listings(*([np.empty(0, dtype=np.int64)] * 7))


@dataclass(frozen=True)
class Cohort:
    """People of one kind and what they do. `home` is a regency, `birth_day` counts from 1970."""

    name: str
    home: Ints
    is_female: Bools
    birth_day: Ints
    trips: Trips
    placements: Placements = field(default_factory=no_placements)
    listings: Listings = field(default_factory=no_listings)

    def __len__(self) -> int:
        return len(self.home)


def _moved(numbers: Ints, by: int) -> Ints:
    return np.where(numbers < 0, numbers, numbers + by)


def together(cohorts: Sequence[Cohort]) -> Cohort:
    """One nation of several cohorts: people, placements and list rows keep their order."""
    people = listings = placements = 0
    trips: list[Trips] = []
    placed: list[Placements] = []
    listed: list[Listings] = []
    for cohort in cohorts:
        trips.append(
            replace(
                cohort.trips,
                person=cohort.trips.person + people,
                placement=_moved(cohort.trips.placement, placements),
                listing=_moved(cohort.trips.listing, listings),
            )
        )
        placed.append(replace(cohort.placements, person=cohort.placements.person + people))
        listed.append(replace(cohort.listings, person=cohort.listings.person + people))
        people += len(cohort)
        placements += len(cohort.placements)
        listings += len(cohort.listings)
    return Cohort(
        name="nation",
        home=np.concatenate([cohort.home for cohort in cohorts]),
        is_female=np.concatenate([cohort.is_female for cohort in cohorts]),
        birth_day=np.concatenate([cohort.birth_day for cohort in cohorts]),
        trips=stacked(trips),
        placements=stacked(placed),
        listings=stacked(listed),
    )
