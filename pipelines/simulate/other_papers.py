"""`penundaan`, `penduduk` and `takedown`: refusals, residents, recruitment content.

All draws are of streams of their own: the papers of the other agencies are the same without these.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import reference
from pipelines.simulate import facts, wording
from pipelines.simulate.atlas import MODES, countries, gates
from pipelines.simulate.calendar import NEVER
from pipelines.simulate.draws import Ints, keyed, log_normal, pick, stream
from pipelines.simulate.model import PASSPORT, PURPOSE
from pipelines.simulate.nation import REAL, Nation

Named = tuple[str, int, pa.Table]  # file, day of delivery, rows


def refusals(nation: Nation, scale: float) -> Iterator[Named]:
    """People whom a gate refused, by month.

    Some left days later by another gate or the same, some past all gates, and some had been abroad
    before and did not leave again.
    """
    trip, day = _refused(nation, scale)
    table = _refusal_rows(nation, trip, day)
    calendar = nation.calendar
    month = np.asarray([calendar.date(d).year * 12 + calendar.date(d).month - 1 for d in day])
    for number in np.unique(month).tolist():
        rows = np.flatnonzero(month == number)
        due = min(int(day[rows].max()) + 5, calendar.days)
        name = f"penundaan_{number // 12}-{number % 12 + 1:02d}.csv"
        yield name, due, table.take(pa.array(rows))


def _refused(nation: Nation, scale: float) -> tuple[Ints, Ints]:
    """The trip that each refused person was on or had made before, and the day; by day."""
    trips, calendar = nation.trips, nation.calendar
    rng = stream(nation.seed, "refusals")
    is_ordinary = np.isin(trips.purpose, [PURPOSE["tourism"], PURPOSE["family"]])
    is_tried = (trips.paper_out == PASSPORT) & (trips.placement < 0) & is_ordinary
    is_tried &= nation.people.placeholder[trips.person] == REAL
    ways = (
        np.flatnonzero(is_tried & ~trips.is_irregular & (trips.left > 0)),
        np.flatnonzero(trips.is_irregular & (trips.left > 0)),
        np.flatnonzero(is_tried & (trips.back < calendar.days - 60) & (trips.back < NEVER)),
    )
    wanted = np.round(np.asarray(facts.REFUSED_THEN) * facts.REFUSALS * scale).astype(int)
    before, past, after = (
        np.sort(rng.choice(rows, min(size, len(rows)), replace=False))
        for rows, size in zip(ways, wanted.tolist(), strict=True)
    )
    left = np.concatenate([before, past])
    days_before = 1 + rng.integers(0, 20, len(left))
    days_after = 20 + rng.integers(0, 200, len(after))
    trip = np.concatenate([left, after])
    day = np.concatenate([trips.left[left] - days_before, trips.back[after] + days_after])
    day = day.clip(0, calendar.days - 1)
    order = np.lexsort((trip, day))
    return trip[order], day[order]


def _refusal_rows(nation: Nation, trip: Ints, day: Ints) -> pa.Table:
    trips, people, seed = nation.trips.take(trip), nation.people, nation.seed
    number = np.arange(len(trip))

    def draw(label: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return keyed(seed, number, "refusal " + label)

    codes = list(facts.REFUSING_GATES)
    busy = np.asarray([gates().number(code) for code in codes])
    elsewhere = busy[pick(list(facts.REFUSING_GATES.values()), draw("gate"))]
    same = (draw("same gate") < 0.4) & (trips.gate_out >= 0) & ~trips.is_irregular
    gate = np.where(same, trips.gate_out, elsewhere)
    second = 6 * 3600 + (draw("time") * 15 * 3600).astype(np.int64)
    clock = [f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in second.tolist()]
    zones = pa.array(["+07:00", "+08:00", "+09:00"]).take(pa.array(gates().hours[gate] - 7))
    days = wording.dates(day + nation.calendar.first_epoch, draw("date"))
    person = trips.person
    is_second = day >= people.renewed[person]
    key = person.astype(np.int64) * 4 + is_second
    columns = {
        "id_penundaan": wording.padded(number + 1, 7, f"PN{nation.calendar.year % 100}"),
        "waktu_penundaan": pc.binary_join_element_wise(days, pa.array(clock), zones, ""),
        "kode_tpi": pa.array(gates().codes).take(pa.array(gate)),
        "jenis_dokumen": pa.array(["PASPOR"] * len(trip)),
        "nomor_dokumen": wording.passports(person, is_second),
        "nama_lengkap": wording.name_on(nation, person, np.zeros(len(trip), bool), key, 0.0),
        "tempat_lahir": wording.birth_place(nation, person, key, 0.0),
        "tanggal_lahir": wording.dates(wording.birth_date(nation, person, key, 0.0), draw("born")),
        "jenis_kelamin": pa.array(["L", "P"]).take(pa.array(people.is_female[person].astype(int))),
        "nik": wording.blank(wording.niks(nation, person), draw("nik") < 0.3),
        "negara_tujuan": countries().written(
            seed, trips.declared.astype(int), number, "refusal to"
        ),
        "moda": pa.array(MODES).take(pa.array(gates().mode[gate])),
        "alasan": wording.texts(
            list(facts.REFUSED_WHY), draw("why"), list(facts.REFUSED_WHY.values())
        ),
    }
    return pa.table(columns)


def residents(nation: Nation) -> Iterator[Named]:
    """Provinces and regencies at the end of the year before, and in the middle of this one.

    The first is the table that is shipped, the second has a few more people.
    """
    year, rng = nation.calendar.year, stream(nation.seed, "residents")
    tables = [reference.load(name) for name in ("provinces", "regencies")]
    named = ["code", "population_male", "population_female"]
    codes, male, female = pa.concat_tables([t.select(named) for t in tables]).columns
    for semester, delivered, is_grown in ((f"{year - 1}-2", 40, False), (f"{year}-1", 220, True)):
        growth = 1 + rng.uniform(0.002, 0.009, len(codes)) * is_grown
        people = [np.round(column.to_numpy() * growth).astype(int) for column in (male, female)]
        rows = {
            "kode_wilayah": codes,
            "semester": pa.array([semester] * len(codes)),
            "laki_laki": people[0],
            "perempuan": people[1],
            "jumlah": people[0] + people[1],
        }
        yield f"penduduk_{semester}.csv", delivered, pa.table(rows)


def takedowns(nation: Nation, scale: float) -> Iterator[Named]:
    """Recruitment content that was reported, by quarter; some of it is not blocked yet."""
    calendar, rng = nation.calendar, stream(nation.seed, "takedowns")
    size = max(20, round(facts.TAKEDOWNS * scale))
    reported = np.sort(calendar.spread(rng.random(size)))
    blocked = reported + log_normal(rng, 3.0, 0.9, size)
    is_open = (rng.random(size) < 0.06) | (blocked > calendar.days)
    known = countries()
    promised = pick(known.weights(facts.PROMISED), rng.random(size))
    days = [wording.dates(d + calendar.first_epoch, rng.random(size)) for d in (reported, blocked)]
    numbers = np.arange(size)
    table = pa.table(
        {
            "id_takedown": wording.padded(numbers + 1, 6, f"TD{calendar.year % 100}"),
            "platform": wording.texts(facts.PLATFORMS, rng.random(size), (50, 25, 15, 10)),
            "tanggal_lapor": days[0],
            "tanggal_blokir": wording.blank(days[1], is_open),
            "negara_dijanjikan": known.written(nation.seed, promised, numbers, "promised"),
            "wilayah_sasaran": wording.texts((None, "NTB", "Jawa Barat", "NTT"), rng.random(size)),
            "jenis_pekerjaan": wording.texts(facts.PROMISED_JOBS, rng.random(size)),
        }
    )
    quarter = np.asarray([(d.year * 12 + d.month - 1) // 3 for d in map(calendar.date, reported)])
    for number in np.unique(quarter).tolist():
        rows = np.flatnonzero(quarter == number)
        due = min(int(blocked[rows][~is_open[rows]].max(initial=0)) + 2, calendar.days)
        name = f"takedown_{number // 4}-Q{number % 4 + 1}.csv"
        yield name, max(due, 1), table.take(pa.array(rows))
