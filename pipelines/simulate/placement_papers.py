"""`penempatan`: the rows that KP2MI delivers, weekly, as they are written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate import garble, wording
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.crossing_papers import BROKEN, FINAL, REASONS, SPOILT, WRONG, Rows
from pipelines.simulate.draws import Floats, Ints, keyed
from pipelines.simulate.events import SECOND
from pipelines.simulate.model import SCHEMES, Placements
from pipelines.simulate.nation import Nation
from pipelines.simulate.placed import JOBS

COLUMNS = (
    "id_pmi", "nik", "nama", "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "nomor_paspor",
    "kode_kab_kota",
    "kode_kecamatan", "desa", "p3mi", "skema", "sektor", "jabatan", "negara_penempatan",
    "tanggal_selesai_proses",
    "tanggal_mulai_kontrak", "tanggal_akhir_kontrak", "status",
)  # fmt: skip
#: A version beside those of crossings: the same record, cancelled.
CANCELLED = 4
_LATE, _CORRECTED, _REPEATED, _SPOILT = 0.04, 0.008, 0.002, 0.0025
_VERSION = 2**40
VILLAGES = (
    "Batu Putih", "Tanjung Sari", "Sukamaju", "Mekar Jaya", "Pematang Panjang", "Wonosari",
    "Karang Anyar",
    "Sumber Rejo", "Sidomulyo", "Sukorejo", "Kertajaya", "Bojongsari", "Aikmel", "Lenek",
    "Margahayu", "Padang Jaya",
)  # fmt: skip
_AGENCIES = (
    "PT Bina Karya Mandiri", "PT Citra Insan Utama", "PT Putra Nusantara Jaya",
    "PT Sumber Tenaga Prima",
    "PT Mitra Sejahtera Abadi", "PT Graha Tenaga Indonesia", "PT Anugerah Karya Bersama",
    "PT Duta Wira Persada",
)  # fmt: skip


def week_of(day: Ints) -> Ints:
    """Number of the week that a day falls in, from 0; weeks are counted from 1 January."""
    return day // 7


def delivery_day(week: Ints, calendar: Calendar) -> Ints:
    """A week is delivered on the day after its last, at the latest on the run date."""
    return np.minimum((week + 1) * 7, calendar.days)


def rows_of(nation: Nation) -> Rows:
    """All rows that are delivered; `delivered` counts weeks."""
    seed = nation.seed
    parts = _versions(nation)
    event, delivered = (np.concatenate([part[column] for part in parts]) for column in (0, 1))
    version = np.concatenate([np.full(len(part[0]), part[2], dtype=np.int8) for part in parts])
    order = np.lexsort((version, event, delivered))
    event, delivered, version = event[order], delivered[order], version[order]
    draws = (keyed(seed, event, "placement reason") * 3).astype(np.int8)
    reason = np.where(version == SPOILT, np.asarray([2, 3, 4], dtype=np.int8)[draws], 0)
    return Rows(event, delivered, version, reason)


def _versions(nation: Nation) -> tuple[tuple[Ints, Ints, int], ...]:
    """Records, their week of delivery and the version, one group after the other."""
    records, numbers = nation.placements, np.arange(len(nation.placements))
    last = int(week_of(np.asarray(nation.calendar.days - 1)))

    def draw(label: str) -> Floats:
        return keyed(nation.seed, numbers, "placement " + label)

    lag = np.where(draw("late") < _LATE, 1 + (draw("weeks") * 4).astype(np.int64), 0)
    week = np.minimum(week_of(records.processed) + lag, last)
    again = week + 1 + (draw("corrected on") * 5).astype(np.int64)
    cancel_week = np.minimum(np.maximum(week_of(records.cancelled), week), last)
    is_cancelled = records.cancelled >= 0
    unseen = is_cancelled & ((cancel_week <= week) | (draw("only cancelled") < 0.04))
    corrected = (draw("corrected") < _CORRECTED) & (again <= last) & ~is_cancelled
    plain = ~unseen & ~corrected
    repeated = plain & (draw("repeated") < _REPEATED)
    spoilt = draw("spoilt") < _SPOILT
    return (
        (numbers[plain], week[plain], FINAL),
        (numbers[corrected], week[corrected], WRONG),
        (numbers[corrected], again[corrected], FINAL),
        (numbers[is_cancelled], cancel_week[is_cancelled], CANCELLED),
        (numbers[repeated], week[repeated], FINAL),
        (numbers[spoilt], week[spoilt], SPOILT),
    )


def key_numbers(rows: Rows, records: int) -> Ints:
    """Numbers behind id_pmi; rows that are never usable come after the records."""
    return np.where(rows.version == SPOILT, records + rows.event + 1, rows.event + 1)


def keys_of(nation: Nation, rows: Rows) -> pa.Array:
    """id_pmi as delivered, empty where the key is missing."""
    numbers = key_numbers(rows, len(nation.placements))
    keys = wording.padded(numbers, 7, f"PMI{nation.calendar.year}")
    return wording.blank(keys, rows.reason == REASONS.index("missing_key"))


def table(nation: Nation, rows: Rows, harshness: float) -> pa.Table:
    """The rows as 19 columns of text, empty as null."""
    p, seed = nation.placements.take(rows.event), nation.seed
    version = np.where(rows.version == CANCELLED, FINAL, rows.version).astype(np.int64)
    keys = rows.event + 1 + version * _VERSION
    lost = rows.reason == REASONS.index("no_identity")

    def draw(label: str) -> Floats:
        return keyed(seed, keys, "placement " + label)

    columns = [
        keys_of(nation, rows),
        wording.blank(wording.niks(nation, p.person), lost | (draw("nik") < 0.02)),
        wording.blank(_names(nation, p, rows, keys, harshness), lost),
        wording.birth_place(nation, p.person, keys + 7, harshness),
        wording.dates(
            wording.birth_date(nation, p.person, keys + 7, harshness),
            draw("birth form"),
            (97, 1.5, 1, 0.5),
        ),
        pa.array(["L", "P"]).take(pa.array(nation.people.is_female[p.person].astype(np.int8))),
        wording.blank(_passports(nation, p), lost | (draw("passport") < 0.2)),
        *_address(nation, p, keys),
        wording.blank(wording.texts(_AGENCIES, draw("agency")), draw("no agency") < 0.18),
        pa.array(SCHEMES).take(pa.array(p.scheme)),
        pa.array([sector for _, sector in JOBS]).take(pa.array(p.job)),
        pa.array([job for job, _ in JOBS]).take(pa.array(p.job)),
        countries().written(seed, p.country, keys, "placement country"),
        _processed(nation, p, rows),
        wording.dates(p.starts + nation.calendar.first_epoch, draw("starts form"), (98, 1, 1)),
        wording.dates(p.ends + nation.calendar.first_epoch, draw("ends form"), (98, 1, 1)),
        _status(p, rows),
    ]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))


def _names(nation: Nation, p: Placements, rows: Rows, keys: Ints, harshness: float) -> pa.Array:
    nobody = np.zeros(len(p), dtype=bool)
    name = wording.name_on(
        nation, p.person, nobody, p.person.astype(np.int64) * 4 + 3, harshness, factor=1.5
    )
    wrong = (rows.version == WRONG) | (rows.version == BROKEN)
    name = garble.change(name, wrong, garble.mistyped, keyed(nation.seed, keys, "placement slip"))
    draws = keyed(nation.seed, keys, "placement case")
    return garble.change(name, draws < 0.3, garble.small, draws / 0.3 % 1.0)


def _passports(nation: Nation, p: Placements) -> pa.Array:
    """The passport that the traveller will hold at the exit, some weeks on."""
    second = p.processed + 25 >= nation.people.renewed[p.person]
    return wording.passports(p.person, np.where(second, SECOND, 0) == SECOND)


def _address(nation: Nation, p: Placements, keys: Ints) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Codes of regency and district, dotted or not, and the village; the regency always."""
    here, seed = regions(), nation.seed
    undotted = keyed(seed, keys, "dots") < 0.12
    home, district = nation.people.home[p.person], nation.people.district[p.person]
    regency_code = pa.array(here.codes).take(pa.array(home))
    district_code = pa.array(here.district_codes).take(pa.array(district))

    def written(codes: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(undotted), pc.replace_substring(codes, ".", ""), codes)

    villages = wording.blank(
        wording.texts(VILLAGES, keyed(seed, keys, "village")), keyed(seed, keys, "no village") < 0.3
    )
    return (
        written(regency_code),
        wording.blank(written(district_code), keyed(seed, keys, "no district") < 0.25),
        villages,
    )


def _processed(nation: Nation, p: Placements, rows: Rows) -> pa.Array:
    draws = keyed(nation.seed, rows.event, "processed form")
    good = wording.dates(p.processed + nation.calendar.first_epoch, draws, (98, 1, 0.7, 0.3))
    bad = wording.texts(
        (f"{nation.calendar.year}-02-30", "31/06/" + str(nation.calendar.year), None), draws
    )
    return pc.if_else(pa.array(rows.reason == REASONS.index("bad_event_date")), bad, good)


def _status(p: Placements, rows: Rows) -> pa.Array:
    words = pa.array(["TERBIT", "PERPANJANGAN", "BATAL"])
    return words.take(pa.array(np.where(rows.version == CANCELLED, 2, p.status)))
