"""What was true as of the run date, for `evaluate`: who is behind each record, and what each
departure was.

Outcomes follow the definitions of the design, applied to what happened, not to what a pipeline
could find out:
somebody whose entry was lost has come home all the same. Three things depend on the record itself,
as the
definitions say: whether an exit is on record, whether a purpose was stated, whether the list had
arrived.
A departure that no record shows (out past the gate, not back, on no list) is not in the truth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate import wording
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import NEVER
from pipelines.simulate.draws import Bools, Ints
from pipelines.simulate.events import Record
from pipelines.simulate.list_papers import Lines, ListFile, is_usable
from pipelines.simulate.model import CATEGORY, PURPOSE
from pipelines.simulate.nation import REAL, Nation

#: Grace after the permitted stay, in days, and the working ages: settled points of the design.
#: Days after which a late record seldom changes an outcome, so that it is final.
GRACE, LATE = 90, 180
WORKING_AGES = (17, 60)
PROOF = tuple(CATEGORY[name] for name in ("TPPO", "SCAM", "PEKERJA", "OVERSTAY"))
EXEMPT = tuple(PURPOSE[name] for name in ("study", "official"))
OUTCOMES = (
    "exempt", "documented", "documented_diverted", "confirmed_undocumented", "unrecorded_exit",
    "returned_within_stay", "returned_late", "awaiting", "suspected_undocumented",
    "insufficient_data",
)  # fmt: skip
UNDOCUMENTED = tuple(
    OUTCOMES.index(name)
    for name in ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")
)


def person_keys(person: Ints) -> pa.Array:
    """Keys of persons in the truth: P and seven digits."""
    return wording.padded(person.astype(np.int64) + 1, 7, "P")


def outcomes(nation: Nation, record: Record) -> Ints:
    """Number of the outcome of each trip on the run date, -1 where no record shows it."""
    trips, calendar = nation.trips, nation.calendar
    overdue = calendar.days - trips.left > _due_after(nation)
    return _outcomes(nation, record, trips.back < NEVER, overdue)


def final_outcomes(nation: Nation, record: Record) -> Ints:
    """The same once everything is known, with the returns that the run date does not see."""
    trips = nation.trips
    last = trips.left + _due_after(nation) + LATE
    is_back = (trips.back < NEVER) | (trips.comes_back <= last)
    return _outcomes(nation, record, is_back, np.ones(len(trips), dtype=bool))


def _due_after(nation: Nation) -> Ints:
    """Days from the exit to the end of permitted stay and grace."""
    return np.asarray(countries().permitted[nation.trips.declared] + GRACE)


def _outcomes(nation: Nation, record: Record, is_back: Bools, overdue: Bools) -> Ints:
    """The first rule wins."""
    trips = nation.trips
    has_exit = record.exit_key > 0
    on_list = trips.listing >= 0
    seen = has_exit | (record.entry_key > 0) | on_list
    listing = trips.listing.clip(0)
    proof = on_list & np.isin(_of_list(nation.listings.category, listing), PROOF)
    placed = trips.placement >= 0
    diverted = placed & on_list & _was_astray(nation)
    stay = countries().permitted[trips.declared]
    away = np.minimum(trips.back, trips.comes_back) - trips.left
    is_working = _age_between(nation, *WORKING_AGES)
    rules = (
        (~seen, -1),
        (nation.people.placeholder[trips.person] != REAL, "insufficient_data"),
        (has_exit & np.isin(trips.purpose, EXEMPT), "exempt"),
        (diverted, "documented_diverted"),
        (placed, "documented"),
        (has_exit & proof, "confirmed_undocumented"),
        (~has_exit, "unrecorded_exit"),
        (is_back & (away <= stay), "returned_within_stay"),
        (is_back, "returned_late"),
        (~overdue, "awaiting"),
        (is_working, "suspected_undocumented"),
    )
    numbers = [-1 if name == -1 else OUTCOMES.index(str(name)) for _, name in rules]
    conditions = [condition for condition, _ in rules]
    return np.select(conditions, numbers, OUTCOMES.index("insufficient_data"))


def _of_list(column: Ints, listing: Ints) -> Ints:
    return column[listing] if len(column) else np.full(len(listing), -1)


def _was_astray(nation: Nation) -> Bools:
    """Listed by another country than that of the placement."""
    trips, placements, listings = nation.trips, nation.placements, nation.listings
    if not len(placements) or not len(listings):
        return np.zeros(len(trips), dtype=bool)
    listed = listings.country[trips.listing.clip(0)]
    return np.asarray(listed != placements.country[trips.placement.clip(0)])


def _age_between(nation: Nation, youngest: int, oldest: int) -> Bools:
    """Age in completed years at departure."""
    trips = nation.trips
    left = (trips.left + nation.calendar.first_epoch).astype("datetime64[D]")
    born = nation.people.birth_day[trips.person].astype("datetime64[D]")
    years = (left.astype("datetime64[Y]") - born.astype("datetime64[Y]")).astype(np.int64)
    age = years - (_day_of_year(left) < _day_of_year(born))
    return np.asarray((age >= youngest) & (age <= oldest))


def _day_of_year(dates: npt.NDArray[np.datetime64]) -> Ints:
    """Month and day as one number."""
    months = dates.astype("datetime64[M]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(months.astype(np.int64) % 12 * 32 + day)


def departures(nation: Nation, record: Record, files: list[ListFile], lines: Lines) -> pa.Table:
    """truth/departures: one row per departure on any record (key: person, exit or list row).

    `outcome` is that of the run date; `is_undocumented` says what the final one counts as.
    """
    outcome = outcomes(nation, record)
    final = final_outcomes(nation, record)
    rows = np.flatnonzero(outcome >= 0)
    trips, here = nation.trips.take(rows), regions()
    home = nation.people.home[trips.person]
    file, number = _list_keys(nation, files, lines)
    return pa.table(
        {
            "person_key": person_keys(trips.person),
            "exit_record_key": crossing_keys(nation, record.exit_key[rows]),
            "list_delivery_file": file.take(pa.array(trips.listing, mask=trips.listing < 0)),
            "list_record_key": number.take(pa.array(trips.listing, mask=trips.listing < 0)),
            "outcome": pa.array(OUTCOMES).take(pa.array(outcome[rows])),
            "origin_province_code": pa.array(here.provinces).take(pa.array(here.province[home])),
            "origin_regency_code": pa.array(here.codes).take(pa.array(home)),
            "is_undocumented": pa.array(np.isin(final[rows], UNDOCUMENTED)),
        }
    )


def crossing_keys(nation: Nation, key: Ints) -> pa.Array:
    """id_perlintasan of the crossings, empty where there is none."""
    written = wording.padded(key, 9, f"PL{str(nation.calendar.year)[2:]}")
    return wording.blank(written, key <= 0)


def _list_keys(nation: Nation, files: list[ListFile], lines: Lines) -> tuple[pa.Array, pa.Array]:
    """File and number of every list row."""
    usable = lines.take(is_usable(lines))
    file = np.zeros(len(nation.listings), dtype=np.int64)
    number = np.zeros(len(nation.listings), dtype=np.int64)
    file[usable.listing], number[usable.listing] = usable.file, usable.number
    names = pa.array([f.name for f in files], pa.string())
    return names.take(pa.array(file)), pc.cast(pa.array(number), pa.string())


def persons(source: str, file: pa.Array, key: pa.Array, person: Ints) -> pa.Table:
    """truth/persons: one row per usable record key (key: source, delivery_file, record_key)."""
    return pa.table(
        {
            "source": pa.repeat(source, len(key)),
            "delivery_file": file,
            "record_key": key,
            "person_key": person_keys(person),
        }
    )


def invalid_rows(source: str, file: pa.Array, row_number: Ints, reason: pa.Array) -> pa.Table:
    """truth/invalid_rows: one row per delivered row that cannot be used (key: source,
    delivery_file, row_number).
    """
    return pa.table(
        {
            "source": pa.repeat(source, len(reason)),
            "delivery_file": file,
            "row_number": pa.array(row_number, pa.int64()),
            "reason": reason,
        }
    )
