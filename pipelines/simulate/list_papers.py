"""`pemulangan`: repatriation lists as their senders write them, by hand and from memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import reference
from pipelines.simulate import garble, lists, wording
from pipelines.simulate.atlas import countries, gates, regions
from pipelines.simulate.crossing_papers import REASONS
from pipelines.simulate.draws import Bools, Floats, Ints, keyed
from pipelines.simulate.model import CATEGORIES, IN_LIEU, Columns, Listings
from pipelines.simulate.nation import Nation
from pipelines.simulate.placement_papers import VILLAGES

COLUMNS = (
    "no", "nama", "jenis_kelamin", "tanggal_lahir", "umur", "nomor_dokumen", "nik", "desa",
    "kecamatan", "kab_kota",
    "provinsi", "negara", "tanggal_tiba", "titik_tiba", "kategori", "gelombang", "keterangan",
)  # fmt: skip
_REMARKS = (
    "SPLP",
    "tanpa paspor",
    "dijanjikan bekerja di restoran",
    "melalui perantara",
    "gaji tidak dibayar",
)
_SPOILT = 0.004
_KEY = 2**44


@dataclass(frozen=True)
class Lines(Columns):
    """One row per delivered line: list row, file, number in it, reason if unusable."""

    listing: Ints
    file: Ints
    number: Ints
    reason: Ints


@dataclass(frozen=True)
class ListFile:
    """One list: name of the file and the day on which it is delivered."""

    name: str
    delivered: int
    is_sheet: bool


def files_and_lines(nation: Nation) -> tuple[list[ListFile], Lines]:
    """Lists by sender and month of arrival; the Myanmar operation is one list."""
    listings, calendar = nation.listings, nation.calendar
    month = np.asarray(
        [
            calendar.date(day).year * 12 + calendar.date(day).month - 1
            for day in range(calendar.days + 1)
        ]
    )
    group = listings.series * 1_000_000 + np.where(
        listings.series == lists.MYANMAR, 0, month[listings.arrived]
    )
    groups, file = np.unique(group, return_inverse=True)
    last = np.zeros(len(groups), dtype=np.int64)
    np.maximum.at(last, file, listings.arrived)
    names = [_file_name(int(g)) for g in groups]
    files = [
        ListFile(name, min(int(day) + 3, calendar.days), lists.SERIES[int(g) // 1_000_000].is_sheet)
        for name, day, g in zip(names, last, groups, strict=True)
    ]
    return files, _numbered(nation, file)


def _file_name(group: int) -> str:
    series, month = lists.SERIES[group // 1_000_000], group % 1_000_000
    stem = (
        f"{series.stem}_546" if month == 0 else f"{series.stem}_{month // 12}-{month % 12 + 1:02d}"
    )
    return stem + (".xlsx" if series.is_sheet else ".csv")


def _numbered(nation: Nation, file: Ints) -> Lines:
    """Lines by file and arrival, numbered from 1; a few unusable ones end their file."""
    listings, seed = nation.listings, nation.seed
    rows = np.arange(len(listings))
    spoilt = rows[(keyed(seed, rows, "line spoilt") < _SPOILT) & (listings.series != lists.MYANMAR)]
    listing = np.concatenate([rows, spoilt])
    is_spoilt = np.arange(len(listing)) >= len(rows)
    draws = (keyed(seed, listing, "line reason") * 3).astype(np.int64)
    reason = np.where(is_spoilt, np.asarray([2, 3, 4])[draws], 0)
    order = np.lexsort((listing, listings.arrived[listing], is_spoilt, file[listing]))
    listing, reason = listing[order], reason[order]
    at = file[listing]
    starts = np.searchsorted(at, np.arange(at.max(initial=-1) + 2))
    return Lines(listing, at, np.arange(len(at)) - starts[at] + 1, reason)


class Clerk:
    """Writes list lines as a table of text."""

    def __init__(self, nation: Nation, harshness: float) -> None:
        self.nation, self.harshness, self.seed = nation, harshness, nation.seed
        self.trip = np.full(len(nation.listings), -1)
        rows = np.flatnonzero(nation.trips.listing >= 0)
        self.trip[nation.trips.listing[rows]] = rows

    def table(self, lines: Lines) -> pa.Table:
        """The lines as 17 columns of text, empty as null."""
        entry, keys = self.nation.listings.take(lines.listing), lines.listing + _KEY
        lost = lines.reason == REASONS.index("no_identity")
        date, age = self._birth(entry, keys)
        columns = [
            wording.blank(
                pc.cast(pa.array(lines.number), pa.string()),
                lines.reason == REASONS.index("missing_key"),
            ),
            wording.blank(self._names(entry, keys), lost),
            pa.array(["L", "P"]).take(
                pa.array(self.nation.people.is_female[entry.person].astype(np.int8))
            ),
            date,
            age,
            wording.blank(self._numbers(lines.listing, keys), lost),
            wording.blank(
                wording.niks(self.nation, entry.person), lost | (self._draw(keys, "nik") > 0.22)
            ),
            *self._address(entry, keys),
            self._countries(entry, keys),
            self._arrived(entry, lines, keys),
            pa.array(gates().names).take(pa.array(entry.gate)),
            pa.array(CATEGORIES).take(pa.array(entry.category)),
            pc.cast(pa.array(entry.wave, mask=entry.wave < 0), pa.string()),
            wording.blank(
                wording.texts(_REMARKS, self._draw(keys, "remark")),
                self._draw(keys, "no remark") < 0.35,
            ),
        ]
        return pa.table(dict(zip(COLUMNS, columns, strict=True)))

    def _draw(self, keys: Ints, label: str) -> Floats:
        return keyed(self.seed, keys, "list " + label)

    def _names(self, entry: Listings, keys: Ints) -> pa.Array:
        has_father = self._draw(keys, "father") < 0.03
        name = wording.name_on(
            self.nation, entry.person, has_father, keys, self.harshness, factor=4.0
        )
        draws = self._draw(keys, "case")
        name = garble.change(name, draws < 0.4, garble.small, draws / 0.4 % 1.0)
        return garble.change(name, draws > 0.995, garble.titled, draws)

    def _birth(self, entry: Listings, keys: Ints) -> tuple[pa.Array, pa.Array]:
        """A date of birth, or only an age, or both."""
        day = wording.birth_date(self.nation, entry.person, keys, self.harshness, wrong=0.012)
        date = wording.dates(day, self._draw(keys, "birth form"), (55, 18, 17, 10))
        has_date = self._draw(keys, "birth date") < 0.66
        arrived = entry.arrived + self.nation.calendar.first_epoch
        age = ((arrived - self.nation.people.birth_day[entry.person]) / 365.2425).astype(np.int64)
        has_age = ~has_date | (self._draw(keys, "age") < 0.4)
        return wording.blank(date, ~has_date), wording.blank(
            pc.cast(pa.array(age), pa.string()), ~has_age
        )

    def _numbers(self, listing: Ints, keys: Ints) -> pa.Array:
        """The paper of the way home, the passport, or nothing."""
        trip = self.trip[listing].clip(0)
        person = self.nation.listings.person[listing]
        in_lieu = self.nation.trips.paper_in[trip] == IN_LIEU
        second = self.nation.listings.arrived[listing] >= self.nation.people.renewed[person]
        number = pc.if_else(
            pa.array(in_lieu), wording.papers_in_lieu(trip), wording.passports(person, second)
        )
        draws = self._draw(keys, "number")
        number = garble.change(number, draws > 0.985, garble.loosened, draws)
        return wording.blank(number, draws < 0.36)

    def _address(
        self, entry: Listings, keys: Ints
    ) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
        """Village, district, regency and province; the province is always there."""
        people, here = self.nation.people, regions()
        home = people.home[entry.person]
        villages = wording.blank(
            wording.texts(VILLAGES, self._draw(keys, "village")),
            self._draw(keys, "no village") < 0.6,
        )
        districts = pa.array(here.district_names).take(pa.array(people.district[entry.person]))
        no_regency = self._draw(keys, "no regency") < 0.14
        return (
            villages,
            wording.blank(districts, self._draw(keys, "no district") < 0.5),
            wording.blank(self._regency(home, keys), no_regency),
            self._province(home, keys),
        )

    def _regency(self, home: Ints, keys: Ints) -> pa.Array:
        """With or without its kind; never without where a city and a regency share the name."""
        here = regions()
        kinds = [("Kota ", "KOTA ") if city else ("Kab. ", "KABUPATEN ") for city in here.is_city]
        ways = [
            way
            for name, (kind, loud) in zip(here.names, kinds, strict=True)
            for way in (
                kind + name,
                loud + name.upper(),
                kind.replace(".", "") + name,
                name,
                name.upper(),
                name.replace(" ", ""),
            )
        ]
        way = (self._draw(keys, "regency way") ** 0.8 * 5.08).astype(np.int64)
        way = np.where(here.is_ambiguous[home], way % 3, way)
        written = pa.array(ways).take(pa.array(home * 6 + way))
        return garble.variants(
            written, self._draw(keys, "regency slip"), ((0.01, garble.mistyped),)
        )

    def _province(self, home: Ints, keys: Ints) -> pa.Array:
        table, width = _province_ways(), len(_province_ways()) // len(regions().provinces)
        way = (self._draw(keys, "province way") * width).astype(np.int64)
        return table.take(pa.array(regions().province[home] * width + way))

    def _countries(self, entry: Listings, keys: Ints) -> pa.Array:
        names = pa.array(countries().names).take(pa.array(entry.country))
        coded = countries().written(self.seed, entry.country, keys, "list country")
        return pc.if_else(pa.array(self._draw(keys, "country") < 0.8), names, coded)

    def _arrived(self, entry: Listings, lines: Lines, keys: Ints) -> pa.Array:
        day = entry.arrived + self.nation.calendar.first_epoch
        good = wording.dates(day, self._draw(keys, "arrived form"), (60, 15, 15, 10))
        bad = wording.texts(
            (f"{self.nation.calendar.year}-02-30", "31/06/" + str(self.nation.calendar.year), None),
            self._draw(keys, "bad day"),
        )
        return pc.if_else(pa.array(lines.reason == REASONS.index("bad_event_date")), bad, good)


def _province_ways() -> pa.Array:
    """Eight ways to write each province: the name, mostly, and its short forms."""
    here = regions()
    aliases = reference.load("region_aliases").to_pylist()
    ways: list[str] = []
    for code, name in zip(here.provinces, here.province_names, strict=True):
        short = [
            str(row["alias"])
            for row in aliases
            if row["code"] == code and not set(str(row["alias"])) & set(',;"')
        ]
        ways += ([name] * 4 + [name.upper()] + (short or [name]) * 3)[:8]
    return pa.array(ways)


def is_usable(lines: Lines) -> Bools:
    return np.asarray(lines.reason == 0)
