"""`perlintasan`: the rows that Imigrasi delivers, as they are written.

A recorded crossing is delivered once, or twice where it is corrected; some rows are repeated, and
some could never
be used. What a row says depends only on its key and version, so an exact repetition is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate import garble, wording
from pipelines.simulate.atlas import MODES, countries, gates, regions
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.draws import Bools, Floats, Ints, keyed
from pipelines.simulate.events import FIRST, LIEU, PASS, SECOND, Events, missing_day
from pipelines.simulate.model import PURPOSE, Columns
from pipelines.simulate.nation import NO_NAME, PLACEHOLDER_BIRTH, REAL, Nation

COLUMNS = (
    "id_perlintasan", "arah", "waktu_perlintasan", "kode_tpi", "jenis_dokumen", "nomor_dokumen",
    "nama_lengkap",
    "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "kewarganegaraan", "nik", "kantor_penerbit",
    "negara_tujuan_asal", "moda", "nomor_angkutan", "tujuan_perjalanan",
)  # fmt: skip
#: Versions of a row: as it should be, before its correction, unusable before its correction, never
#: usable.
FINAL, WRONG, BROKEN, SPOILT = range(4)
REASONS = ("", "unknown_direction", "bad_event_date", "no_identity", "missing_key")
_CORRECTED, _BROKEN_FIRST, _REPEATED, _SPOILT = 0.004, 0.04, 0.0012, 0.0012
_VERSION = 2**40

_PURPOSE_WORDS = {
    "tourism": ("WISATA", "LIBURAN"), "family": ("KUNJUNGAN KELUARGA", "KELUARGA"),
    "business": ("BISNIS", "USAHA"),
    "work": ("BEKERJA", "KERJA"), "pilgrimage": ("UMRAH", "IBADAH"),
    "study": ("PELAJAR", "PENDIDIKAN"),
    "official": ("DINAS", "PERJALANAN DINAS"), "health": ("BEROBAT", "BEROBAT"),
    "other": ("LAINNYA", "LAIN-LAIN"),
}  # fmt: skip
#: Not in any vocabulary: kept and reported.
_UNMAPPED = ("MENGHADIRI PERNIKAHAN", "OLAHRAGA", "SILATURAHMI")
_AIRLINES = (
    "GA",
    "SQ",
    "MH",
    "QZ",
    "AK",
    "JT",
    "SV",
    "EK",
    "CX",
    "TR",
    "QR",
    "TK",
    "ID",
    "OD",
    "VN",
)
_FERRIES = ("BATAM FAST", "SINDO", "MAJESTIC", "HORIZON", "PURNAMA EXPRESS")
_UNKNOWN_GATES = ("ZZZ", "T99", "QQ1")
_DIRECTIONS = ("TRANSIT", "BATAL BERANGKAT", "?", "X")
_IMPOSSIBLE = (
    "-02-30T10:12:07+07:00",
    "-04-31T06:26:23+07:00",
    "-13-05T17:40:00+07:00",
    "-00-12",
    "",
)


@dataclass(frozen=True)
class Rows(Columns):
    """One row per delivered row: crossing, day of delivery, version, reason if unusable."""

    event: Ints
    delivered: Ints
    version: Ints
    reason: Ints


def rows_of(events: Events, calendar: Calendar, seed: int) -> Rows:
    """All rows that are delivered, in order of delivery and, within a day, of time."""
    numbers = np.arange(len(events), dtype=np.int32)
    later = events.delivered + 2 + (keyed(seed, numbers, "corrected on") * 30).astype(np.int16)
    corrected = (keyed(seed, numbers, "corrected") < _CORRECTED) & (later <= calendar.days)
    later = np.where(later == missing_day(calendar) + 1, later + 1, later)
    is_broken = keyed(seed, numbers[corrected], "broken first") < _BROKEN_FIRST
    repeated = keyed(seed, numbers, "repeated") < _REPEATED
    spoilt = numbers[keyed(seed, numbers, "spoilt") < _SPOILT]
    final = np.where(corrected, later, events.delivered).astype(np.int16)
    event = np.concatenate([numbers, numbers[corrected], numbers[repeated], spoilt])
    version = np.zeros(len(event), dtype=np.int8)
    tail = len(numbers) + is_broken.size
    version[len(numbers) : tail] = np.where(is_broken, BROKEN, WRONG)
    version[len(event) - len(spoilt) :] = SPOILT
    delivered = np.concatenate(
        [final, events.delivered[corrected], final[repeated], events.delivered[spoilt]]
    )
    order = np.lexsort((event, delivered))
    event, delivered, version = event[order], delivered[order], version[order]
    return Rows(event, delivered, version, _reasons(seed, event, version))


def _reasons(seed: int, event: Ints, version: Ints) -> Ints:
    """Why a row is unusable: any reason, but one that leaves the key if it is corrected."""
    reason = np.zeros(len(event), dtype=np.int8)
    rows = np.flatnonzero(version >= BROKEN)
    draws = keyed(seed, event[rows], "reason")
    reason[rows] = 1 + np.where(version[rows] == SPOILT, draws * 4, draws * 2).astype(np.int8)
    return reason


def spoilt_numbers(rows: Rows, events: int) -> Ints:
    """Key numbers of the rows that are never usable: after those of the crossings."""
    return np.where(rows.version == SPOILT, events + rows.event + 1, rows.event + 1)


class Desk:
    """Writes rows of crossings as a table of text; holds what all rows share."""

    def __init__(self, nation: Nation, events: Events, harshness: float) -> None:
        self.nation, self.events, self.harshness = nation, events, harshness
        self.seed = nation.seed
        clock = np.arange(86_400)
        parts = [
            np.char.zfill(p.astype(str), 2) for p in (clock // 3600, clock // 60 % 60, clock % 60)
        ]
        self.clock = pa.array(
            [f"T{h}:{m}:{s}" for h, m, s in zip(*(p.tolist() for p in parts), strict=True)]
        )

    def table(self, rows: Rows) -> pa.Table:
        """The rows as 17 columns of text, empty as null."""
        e = self.events.take(rows.event)
        keys = rows.event.astype(np.int64) + 1 + rows.version.astype(np.int64) * _VERSION
        name, number = self._identity(e, rows, keys)
        lost = rows.reason == REASONS.index("no_identity")
        is_nameless = self.nation.people.placeholder[e.person] != REAL
        columns = [
            self._key(rows),
            self._direction(e, rows),
            self._time(e, rows, keys),
            self._gate(e, keys),
            self._document_kind(e, keys),
            wording.blank(number, lost),
            wording.blank(name, lost),
            wording.birth_place(self.nation, e.person, self._document_key(e), self.harshness),
            self._birth(e, rows, keys),
            self._sex(e, keys),
            wording.texts(
                ("IDN", "INDONESIA", "WNI", "ID"),
                self._draw(keys, "nationality"),
                (97, 1.5, 1, 0.5),
            ),
            wording.blank(self._nik(e, keys), lost | is_nameless),
            self._office(e, keys),
            countries().written(self.seed, e.country.astype(np.int64), keys, "country"),
            pa.array(MODES).take(pa.array(gates().mode[e.gate])),
            self._carrier(e, keys),
            self._purpose(e, keys),
        ]
        return pa.table(dict(zip(COLUMNS, columns, strict=True)))

    def _draw(self, keys: Ints, label: str) -> Floats:
        return keyed(self.seed, keys, label)

    def _document_key(self, e: Events) -> Ints:
        """One key per passport: its holder's name and birth place are printed once."""
        return e.person.astype(np.int64) * 4 + e.document

    def _key(self, rows: Rows) -> pa.Array:
        year = str(self.nation.calendar.year)[2:]
        keys = wording.padded(spoilt_numbers(rows, len(self.events)), 9, f"PL{year}")
        return wording.blank(keys, rows.reason == REASONS.index("missing_key"))

    def _direction(self, e: Events, rows: Rows) -> pa.Array:
        good = pa.array(["KELUAR", "MASUK"]).take(pa.array(e.is_entry.astype(np.int8)))
        bad = wording.texts(_DIRECTIONS, self._draw(rows.event, "direction"))
        return pc.if_else(pa.array(rows.reason == REASONS.index("unknown_direction")), bad, good)

    def _time(self, e: Events, rows: Rows, keys: Ints) -> pa.Array:
        """ISO 8601 at the gate's offset; some without offset (WIB), some in UTC."""
        hours = gates().hours[e.gate]
        draws = self._draw(keys, "time form")
        shift = np.where(draws < 0.04, 7 - hours, np.where(draws < 0.05, -hours, 0))
        second = e.day.astype(np.int64) * 86_400 + e.second + shift * 3600
        form = np.where(draws < 0.04, 0, np.where(draws < 0.05, 1, hours - 5))
        zone = pa.array(["", "Z", "+07:00", "+08:00", "+09:00"]).take(pa.array(form))
        days = wording.dates(second // 86_400 + self.nation.calendar.first_epoch, draws)
        good = pc.binary_join_element_wise(
            days, self.clock.take(pa.array(second % 86_400)), zone, ""
        )
        is_bad = rows.reason == REASONS.index("bad_event_date")
        return pc.replace_with_mask(good, pa.array(is_bad), self._bad_time(rows.event[is_bad]))

    def _bad_time(self, event: Ints) -> pa.Array:
        ends = wording.texts(_IMPOSSIBLE, self._draw(event, "bad time"))
        year = pc.if_else(pc.equal(ends, ""), "", str(self.nation.calendar.year))
        return pc.binary_join_element_wise(year, ends, "")

    def _gate(self, e: Events, keys: Ints) -> pa.Array:
        draws = self._draw(keys, "gate")
        codes = pa.array(gates().codes).take(pa.array(e.gate))
        codes = garble.change(
            codes, draws < 0.0015, lambda _, d: wording.texts(_UNKNOWN_GATES, d / 0.0015), draws
        )
        return wording.blank(codes, draws > 0.9997)

    def _document_kind(self, e: Events, keys: Ints) -> pa.Array:
        kinds = pa.array(["PASPOR", "PASPOR", "PLB", "SPLP"]).take(pa.array(e.document))
        swapped = (self._draw(keys, "kind") < 0.005) & (e.document <= SECOND)
        return pc.if_else(pa.array(swapped), "PASSPORT", kinds)

    def _identity(self, e: Events, rows: Rows, keys: Ints) -> tuple[pa.Array, pa.Array]:
        """Name and document number; a version before its correction has a slip in the name."""
        people = self.nation.people
        has_father = np.where(e.document == FIRST, people.has_father_on[0][e.person], False)
        has_father |= np.where(e.document == SECOND, people.has_father_on[1][e.person], False)
        name = wording.name_on(
            self.nation, e.person, has_father, self._document_key(e), self.harshness
        )
        slips = np.where(rows.version == WRONG, 0.0, self._draw(keys, "scan"))
        name = garble.change(name, slips < 0.004, garble.mistyped, self._draw(keys, "slip"))
        name = garble.change(
            name, self._draw(keys, "case") < 0.006, garble.small, self._draw(keys, "case how")
        )
        return wording.with_placeholders(self.nation, e.person, name, self._number(e, keys))

    def _number(self, e: Events, keys: Ints) -> pa.Array:
        number = wording.passports(e.person, e.document == SECOND)
        for kind, maker, owner in (
            (PASS, wording.border_passes, e.person),
            (LIEU, wording.papers_in_lieu, e.trip),
        ):
            mask = e.document == kind
            number = pc.replace_with_mask(number, pa.array(mask), maker(owner[mask]))
        draws = self._draw(keys, "number")
        number = garble.change(number, draws < 0.002, garble.loosened, draws / 0.002 % 1.0)
        is_named = self.nation.people.placeholder[e.person] != NO_NAME
        return wording.blank(number, (draws > 0.9992) & is_named & (e.document != LIEU))

    def _birth(self, e: Events, rows: Rows, keys: Ints) -> pa.Array:
        """The birth date of the passport; a version before its correction may have it wrong."""
        day = wording.birth_date(self.nation, e.person, self._document_key(e), self.harshness)
        wrong = (rows.version == WRONG) & (self._draw(keys, "wrong birth") < 0.3)
        day = np.where(wrong, garble.shifted_birth(day, self._draw(keys, "how wrong")), day)
        day = np.where(self.nation.people.placeholder[e.person] != REAL, PLACEHOLDER_BIRTH, day)
        return wording.dates(day, self._draw(keys, "birth form"), (99.6, 0.25, 0.1, 0.05))

    def _sex(self, e: Events, keys: Ints) -> pa.Array:
        draws = self._draw(keys, "sex")
        is_female = self.nation.people.is_female[e.person] ^ (draws < 0.0008)
        words = pa.array(["L", "P", "LAKI-LAKI", "PEREMPUAN"])
        column = words.take(pa.array(is_female + 2 * (draws > 0.995)))
        return wording.blank(column, (draws > 0.002) & (draws < 0.004))

    def _nik(self, e: Events, keys: Ints) -> pa.Array:
        """The NIK where the document carries it; seldom on a paper in lieu of a passport."""
        share = np.where(e.document == LIEU, 0.45, 0.96)
        missing = ~self.nation.people.is_nik_printed[e.person] | (self._draw(keys, "nik") > share)
        return wording.blank(wording.niks(self.nation, e.person), missing)

    def _office(self, e: Events, keys: Ints) -> pa.Array:
        offices = pc.utf8_upper(pa.array(regions().names)).take(
            pa.array(self.nation.people.home[e.person])
        )
        return wording.blank(offices, self._draw(keys, "office") < 0.25)

    def _carrier(self, e: Events, keys: Ints) -> pa.Array:
        mode, draws = gates().mode[e.gate], self._draw(keys, "carrier")
        names = pa.array([*_AIRLINES, *(ferry + " " for ferry in _FERRIES)])
        row = np.where(
            mode == 0, draws * len(_AIRLINES), len(_AIRLINES) + draws * len(_FERRIES)
        ).astype(np.int64)
        number = pc.cast(
            pa.array(100 + (self._draw(keys, "voyage") * 900).astype(np.int64)), pa.string()
        )
        return wording.blank(
            pc.binary_join_element_wise(names.take(pa.array(row)), number, ""),
            (mode == 2) | (draws % 0.1 < 0.004),
        )

    def _purpose(self, e: Events, keys: Ints) -> pa.Array:
        """The purpose on exits; never missing where it alone proves an exemption."""
        words = [word for pair in _PURPOSE_WORDS.values() for word in pair]
        draws = self._draw(keys, "purpose")
        second = (draws * 7.0 % 1.0) < 0.25
        column = pa.array(words).take(pa.array(e.purpose.astype(np.int64).clip(0) * 2 + second))
        is_proof = np.isin(e.purpose, [PURPOSE["study"], PURPOSE["official"]])
        odd = (draws < 0.002) & ~is_proof
        column = garble.change(column, odd, lambda _, d: wording.texts(_UNMAPPED, d / 0.002), draws)
        return wording.blank(column, (e.purpose < 0) | (draws > 0.75) & ~is_proof)


def is_first_valid(rows: Rows, events: int) -> Bools:
    """The first usable delivery of each key, for rows in order of delivery."""
    usable = np.flatnonzero(rows.reason == 0)[::-1]
    first_row = np.full(events, -1)
    first_row[rows.event[usable]] = usable  # written backwards: the first delivery is written last
    first = np.zeros(len(rows), dtype=bool)
    first[first_row[first_row >= 0]] = True
    return first
