"""Repatriation lists: which list a returnee comes home on, when, and how the trip ends by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.simulate.atlas import countries, gates, regions
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.draws import Ints, pick_by_row
from pipelines.simulate.model import IN_LIEU, PASSPORT, Listings, Trips


@dataclass(frozen=True)
class Series:
    """Lists of one sender: stem of the file, days between arrivals, gates, XLSX or CSV."""

    stem: str
    every: int
    gates: tuple[str, ...]
    is_sheet: bool


MYANMAR = 0
SERIES = (
    Series("kemlu_myanmar", 1, ("CGK",), True),
    Series("bp3mi_nunukan", 14, ("NNK",), False),
    Series("bp3mi_entikong", 7, ("ENT",), False),
    Series("bp3mi_kepri", 9, ("BTC", "SBP"), False),
    Series("bp3mi_dumai", 12, ("DUM",), False),
    Series("satgas_tppo_kamboja", 18, ("CGK", "KNO"), True),
    Series("kemlu_timur_tengah", 15, ("CGK", "SUB"), True),
    Series("kemlu_lainnya", 15, ("CGK",), False),
)
#: Which list carries those who come from Malaysia, by home province: Nunukan, Entikong, Kepri,
#: Dumai
#: (share of 100; Nunukan: mostly Sulsel and NTT, Dumai: Sumut, Jatim, Aceh, NTB).
_FROM_MALAYSIA = {
    "73": (85, 3, 8, 4), "53": (82, 6, 10, 2), "74": (85, 3, 8, 4), "76": (85, 3, 8, 4),
    "65": (95, 2, 2, 1),
    "61": (2, 92, 4, 2), "12": (1, 2, 42, 55), "11": (1, 1, 38, 60), "14": (0, 1, 39, 60),
    "52": (12, 22, 46, 20),
    "35": (20, 18, 40, 22), "33": (8, 30, 47, 15), "32": (5, 30, 50, 15),
}  # fmt: skip
_FROM_MALAYSIA_ELSEWHERE = (10, 15, 55, 20)
_BY_COUNTRY = {
    "KHM": 5,
    "LAO": 5,
    "PHL": 5,
    "SAU": 6,
    "ARE": 6,
    "QAT": 6,
    "KWT": 6,
    "OMN": 6,
    "JOR": 6,
    "MYS": 0,
}


def _series_of(rng: np.random.Generator, home: Ints, country: Ints) -> Ints:
    by_country = np.asarray([_BY_COUNTRY.get(code, 7) for code in countries().codes])[country]
    weights = [_FROM_MALAYSIA.get(code, _FROM_MALAYSIA_ELSEWHERE) for code in regions().provinces]
    by_home = 1 + pick_by_row(weights, regions().province[home], rng.random(len(home)))
    return np.where(by_country == 0, by_home, by_country)


def rows_for(
    rng: np.random.Generator,
    homes: Ints,
    person: Ints,
    country: Ints,
    category: Ints,
    wished: Ints,
    calendar: Calendar,
) -> Listings:
    """List rows for people who wish to come home on a day: by the next voyage or flight."""
    series = _series_of(rng, homes[person], country)
    every = np.asarray([s.every for s in SERIES])[series]
    arrived = (-(-wished // every) * every + series).clip(None, calendar.days - 5)
    choice = rng.random(len(person))
    gate_table = np.asarray(
        [[gates().number(s.gates[0]), gates().number(s.gates[-1])] for s in SERIES]
    )
    gate = gate_table[series, (choice < 0.3).astype(np.int64)]
    return Listings(person, series, arrived, gate, country, category, np.full(len(person), -1))


def brought_home(rng: np.random.Generator, trips: Trips, rows: Ints, listings: Listings) -> Trips:
    """The trips in `rows` end with the list rows, most on a paper in lieu of a passport."""
    size = len(rows)
    back, gate, paper, listing = (
        c.copy() for c in (trips.back, trips.gate_in, trips.paper_in, trips.listing)
    )
    recorded = trips.is_entry_recorded.copy()
    back[rows] = listings.arrived
    comes_back = trips.comes_back.copy()
    comes_back[rows] = listings.arrived
    gate[rows] = listings.gate
    listing[rows] = np.arange(size)
    country = trips.country.copy()
    country[rows] = listings.country
    in_lieu = rng.random(size) < np.where(trips.is_irregular[rows], 0.93, 0.66)
    paper[rows] = np.where(in_lieu, IN_LIEU, PASSPORT)
    recorded[rows] = rng.random(size) < 0.93
    return replace(
        trips,
        country=country,
        back=back,
        comes_back=comes_back,
        gate_in=gate,
        paper_in=paper,
        listing=listing,
        is_entry_recorded=recorded,
    )
