"""The reference tables as arrays: regions, countries and gates by number, and the ways in which
they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from pipelines import reference
from pipelines.simulate.draws import Bools, Floats, Ints, keyed, pick_by_row

#: Shares of the ways to write a country: alpha-3, Indonesian, capitals, English, capitals,
#: alpha-2, an alias.
_COUNTRY_WAYS = (62.0, 12.0, 9.0, 5.0, 5.0, 3.0, 4.0)
_HOURS = {"WIB": 7, "WITA": 8, "WIT": 9}
MODES = ("UDARA", "LAUT", "DARAT")


def _texts(table: pa.Table, column: str) -> list[str]:
    return [str(value) for value in table[column].to_pylist()]


def _numbers(table: pa.Table, column: str) -> Floats:
    return np.asarray(table[column].to_pylist(), dtype=np.float64)


@dataclass(frozen=True)
class Regions:
    """Provinces, regencies and districts; districts are sorted by regency."""

    provinces: list[str]
    province_names: list[str]
    codes: list[str]
    names: list[str]
    is_city: Bools
    province: Ints
    population: Floats
    latitude: Floats
    longitude: Floats
    district_codes: list[str]
    district_names: list[str]
    district_first: Ints
    district_count: Ints
    prefixes: Ints
    retired_first: Ints
    retired_count: Ints
    retired: Ints

    def by_province(self, values: dict[str, float], other: float) -> Floats:
        """A value per regency from one per province."""
        return np.asarray([values.get(code, other) for code in self.provinces])[self.province]

    def by_regency(self, values: dict[str, float], other: float) -> Floats:
        return np.asarray([values.get(code, other) for code in self.codes])

    def within(self, province_code: str) -> Bools:
        return np.asarray(self.province == self.provinces.index(province_code))

    @property
    def is_ambiguous(self) -> Bools:
        """Names that a city and a regency share (Bandung, Cirebon, ...)."""
        return np.asarray([self.names.count(name) > 1 for name in self.names])


@cache
def regions() -> Regions:
    provinces, regencies = reference.load("provinces"), reference.load("regencies")
    districts = reference.load("districts").sort_by("code")
    codes, province_codes = _texts(regencies, "code"), _texts(provinces, "code")
    number = {code: row for row, code in enumerate(codes)}
    of_regency = np.asarray([number[code] for code in _texts(districts, "regency_code")])
    districts = districts.take(pa.array(np.argsort(of_regency, kind="stable")))
    district_codes = _texts(districts, "code")
    counts = np.bincount(of_regency, minlength=len(codes))
    retired = _retired_prefixes(number, {code.replace(".", "") for code in district_codes})
    retired_counts = np.bincount(retired[0], minlength=len(codes))
    return Regions(
        provinces=province_codes,
        province_names=_texts(provinces, "name"),
        codes=codes,
        names=_texts(regencies, "name"),
        is_city=np.asarray([kind == "KOTA" for kind in _texts(regencies, "kind")]),
        province=np.asarray(
            [province_codes.index(code) for code in _texts(regencies, "province_code")]
        ),
        population=_numbers(regencies, "population"),
        latitude=_numbers(regencies, "latitude"),
        longitude=_numbers(regencies, "longitude"),
        district_codes=district_codes,
        district_names=_texts(districts, "name"),
        district_first=np.cumsum(counts) - counts,
        district_count=counts,
        prefixes=np.asarray([int(code.replace(".", "")) for code in district_codes]),
        retired_first=np.cumsum(retired_counts) - retired_counts,
        retired_count=retired_counts,
        retired=retired[1],
    )


def _retired_prefixes(number: dict[str, int], current: set[str]) -> tuple[Ints, Ints]:
    """Regency number and prefix of each NIK prefix that no district carries today, sorted."""
    table = reference.load("nik_prefixes").to_pylist()
    found = sorted(
        (number[row["regency_code"]], int(row["nik_prefix"]))
        for row in table
        if str(row["nik_prefix"]) not in current and row["regency_code"] in number
    )
    return np.asarray([f[0] for f in found], dtype=np.int64), np.asarray(
        [f[1] for f in found], dtype=np.int64
    )


@dataclass(frozen=True)
class Countries:
    """Countries by number, and how papers write them."""

    codes: list[str]
    names: list[str]
    permitted: Ints
    ways: pa.Array
    way_weights: Floats

    def number(self, code: str) -> int:
        return self.codes.index(code)

    def weights(self, values: dict[str, float]) -> Floats:
        return np.asarray([values.get(code, 0.0) for code in self.codes], dtype=np.float64)

    def written(self, seed: int, country: Ints, keys: Ints, label: str) -> pa.Array:
        """A country in one of the ways that papers write it."""
        way = pick_by_row(self.way_weights, country, keyed(seed, keys, label))
        return self.ways.take(pa.array(country * self.way_weights.shape[1] + way))


def _country_ways(row: dict[str, str]) -> list[tuple[str, float]]:
    """Each spelling of a country with its share, but none that a CSV would have to quote."""
    names = [
        row["alpha3"],
        row["name_id"],
        row["name_id"].upper(),
        row["name_en"],
        row["name_en"].upper(),
        row["alpha2"],
    ]
    aliases = [alias for alias in (row["aliases"] or "").split("|") if alias]
    ways = list(zip(names, _COUNTRY_WAYS[:-1], strict=True))
    ways += [(alias, _COUNTRY_WAYS[-1] / len(aliases)) for alias in aliases]
    return [(name, share) for name, share in ways if not set(name) & set(',;"')]


@cache
def countries() -> Countries:
    """Permitted stays as data/reference has them; elsewhere 90 days, the default policy."""
    rows = reference.load("countries").to_pylist()
    stays = {
        row["alpha3"]: int(row["days"]) for row in reference.load("permitted_stays").to_pylist()
    }
    ways = [_country_ways(row) for row in rows]
    width = max(len(way) for way in ways)
    padded = [way + [("", 0.0)] * (width - len(way)) for way in ways]
    return Countries(
        codes=[row["alpha3"] for row in rows],
        names=[row["name_id"] for row in rows],
        permitted=np.asarray([stays.get(row["alpha3"], 90) for row in rows]),
        ways=pa.array([name for way in padded for name, _ in way]),
        way_weights=np.asarray([[share for _, share in way] for way in padded]),
    )


@dataclass(frozen=True)
class Gates:
    """Immigration gates by number."""

    codes: list[str]
    names: list[str]
    mode: Ints
    hours: Ints
    latitude: Floats
    longitude: Floats

    def number(self, code: str) -> int:
        return self.codes.index(code)


@cache
def gates() -> Gates:
    table = reference.load("gates")
    return Gates(
        codes=_texts(table, "code"),
        names=_texts(table, "name"),
        mode=np.asarray([MODES.index(kind) for kind in _texts(table, "kind")]),
        hours=np.asarray([_HOURS[zone] for zone in _texts(table, "time_zone")]),
        latitude=_numbers(table, "latitude"),
        longitude=_numbers(table, "longitude"),
    )


def distances() -> Floats:
    """Kilometres from regencies to gates on a flat equator: near enough to choose a gate."""
    here, there = regions(), gates()
    north = here.latitude[:, None] - there.latitude[None, :]
    east = here.longitude[:, None] - there.longitude[None, :]
    return np.asarray(111.2 * np.hypot(north, east))
