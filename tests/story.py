"""A nation of two dozen people, small enough to know each of them: every outcome, told by hand.

The border record begins on 1 January 2024 and the night is that of 31 December 2025, so that a
return without an exit counts from February 2025 on. All people are invented.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines import keys, night, settings
from pipelines.lake import Lake, open_lake
from tests import papers
from tests.papers import Row, crossing, listed, placement

NIGHT = date(2025, 12, 31)
RECORD_STARTS_ON = "2024-01-01T08:00:00+07:00"


class Person(NamedTuple):
    """Somebody of the story: the identifiers are written on every paper alike."""

    name: str
    document: str
    born: str
    nik: str | None = None
    sex: str = "L"

    def crossing(self, key: str, when: str, **given: object) -> Row:
        """This person at the border, at eight in the morning of `when`."""
        written = {
            "nama_lengkap": self.name, "nomor_dokumen": self.document, "tanggal_lahir": self.born,
            "nik": self.nik, "jenis_kelamin": self.sex,
            "waktu_perlintasan": f"{when}T08:00:00+07:00",
        }  # fmt: skip
        return crossing(key, **(written | given))

    def entry(self, key: str, when: str, **given: object) -> Row:
        """This person coming home."""
        return self.crossing(key, when, arah="MASUK", **given)

    def placement(self, key: str, **given: object) -> Row:
        """This person placed."""
        written = {
            "nama": self.name, "nomor_paspor": self.document, "tanggal_lahir": self.born,
            "nik": self.nik, "jenis_kelamin": self.sex,
        }  # fmt: skip
        return placement(key, **(written | given))

    def listed(self, number: int, **given: object) -> Row:
        """This person on a list."""
        written = {
            "nama": self.name, "nomor_dokumen": self.document, "tanggal_lahir": self.born,
            "nik": self.nik, "jenis_kelamin": self.sex,
        }  # fmt: skip
        return listed(number, **(written | given))


FIRST = Person("PERTAMA SEKALI", "C0000001", "1980-01-01")
STUDENT = Person("PUTRI PELAJAR", "C0000002", "2003-02-02", sex="P")
PLACED = Person("AGUS RESMI", "C0000003", "1992-03-03", "5203010303920001")
DIVERTED = Person("DEWI TERSESAT", "C0000004", "1993-04-04", "3204014404930001", "P")
TRAFFICKED = Person("YUSUF KORBAN", "C0000005", "1994-05-05", "1271010505940001")
UNRECORDED = Person("RINA TANPA JEJAK", "C0000006", "1995-06-06", sex="P")
TOURIST = Person("BAMBANG WISATA", "C0000007", "1970-07-07")
LATE = Person("SRI TERLAMBAT", "C0000008", "1985-08-08", sex="P")
WAITING = Person("JOKO MENUNGGU", "C0000009", "1988-09-09")
OVERDUE = Person("NUR BELUM PULANG", "C0000010", "1991-10-10", "3204015010910001", "P")
CHILD = Person("ANAK KECIL", "C0000011", "2015-11-11")
NOBODY = Person("TANPA NAMA", "C0000012", "1970-01-01")
SPLP = Person("HASAN SURAT", "SPLP-777", "1990-12-12", "5203011212900001")
CORRECTED = Person("WATI DIKOREKSI", "C0000013", "1996-01-13", sex="P")

OUTCOMES = {
    "X:FIRST-OUT": "returned_within_stay",
    "X:STUDENT-OUT": "exempt",
    "X:PLACED-OUT": "documented",
    "X:DIVERTED-OUT": "documented_diverted",
    "X:TRAFFICKED-OUT": "confirmed_undocumented",
    "L:kemlu_mmr.xlsx#3": "unrecorded_exit",
    "X:TOURIST-OUT": "returned_within_stay",
    "X:LATE-OUT": "returned_late",
    "X:WAITING-OUT": "awaiting",
    "X:OVERDUE-OUT": "suspected_undocumented",
    "X:CHILD-OUT": "insufficient_data",
    "X:NOBODY-OUT": "insufficient_data",
    "E:SPLP-IN": "unrecorded_exit",
    "X:CORRECTED-OUT": "suspected_undocumented",
}

EARLY = [FIRST.crossing("FIRST-OUT", "2024-01-01"), FIRST.entry("FIRST-IN", "2024-01-05")]
CROSSINGS = [
    STUDENT.crossing("STUDENT-OUT", "2025-02-01", tujuan_perjalanan="PELAJAR"),
    PLACED.crossing("PLACED-OUT", "2025-06-01"),
    DIVERTED.crossing("DIVERTED-OUT", "2025-06-02"),
    TRAFFICKED.crossing("TRAFFICKED-OUT", "2025-05-01", negara_tujuan_asal="THA", kode_tpi="KNO"),
    TOURIST.crossing("TOURIST-OUT", "2025-05-01", tujuan_perjalanan="WISATA"),
    TOURIST.entry("TOURIST-IN", "2025-05-31"),
    LATE.crossing("LATE-OUT", "2025-05-01"),
    LATE.entry("LATE-IN", "2025-06-01"),
    WAITING.crossing("WAITING-OUT", "2025-12-01"),
    OVERDUE.crossing("OVERDUE-OUT", "2025-05-01", kode_tpi="ZZZ"),
    CHILD.crossing("CHILD-OUT", "2025-05-01"),
    NOBODY.crossing("NOBODY-OUT", "2025-05-01"),
    SPLP.entry("SPLP-IN", "2025-08-08", jenis_dokumen="SPLP"),
    CORRECTED.crossing("CORRECTED-OUT", "2025-05-01"),
]
WRONG = [
    STUDENT.crossing("", "2025-02-01"),
    STUDENT.crossing("WRONG-1", "2025-02-01", arah="TRANSIT"),
    STUDENT.crossing("WRONG-2", "2025-02-01", waktu_perlintasan="2025-02-30T08:00:00+07:00"),
    crossing("WRONG-3", nomor_dokumen="", nama_lengkap="TANPA NAMA"),
]
REASONS = {
    ("id_perlintasan", "missing_key"): 1,
    ("arah", "unknown_direction"): 1,
    ("waktu_perlintasan", "bad_event_date"): 1,
    ("", "no_identity"): 1,
    ("", "malformed_row"): 1,
    ("tanggal_selesai_proses", "missing_column"): 2,
}
PLACEMENTS = [
    PLACED.placement("PMI-1"),
    DIVERTED.placement("PMI-2", kode_kab_kota="3204"),
    FIRST.placement("PMI-3", nomor_paspor=None, nik="3171010101800001", status="BATAL"),
]
LIST = [
    TRAFFICKED.listed(1, kab_kota="MEDAN", provinsi="SUMUT"),
    DIVERTED.listed(2, kab_kota="KAB. BANDUNG", provinsi="JAWA BARAT", kategori="SCAM"),
    UNRECORDED.listed(3, kab_kota=None, kategori="PEKERJA"),
]
CORRECTION = [CORRECTED.crossing("CORRECTED-OUT", "2025-12-20")]


def landed(landing: Path) -> None:
    """Deliver the whole story, in order of receipt."""
    crossings = landing / "perlintasan"
    papers.write(crossings / "2024.csv.gz", EARLY, "2024-01-06T01:00:00+07:00")
    text = papers.csv_text([*CROSSINGS, *WRONG], ";") + "terpotong;KELUAR\n"
    papers.write(crossings / "2025.csv", text, "2025-12-30T01:00:00+07:00")
    papers.write(crossings / "2025_salinan.csv", text, "2025-12-30T02:00:00+07:00")
    papers.write(crossings / "2025_12.parquet", CROSSINGS[-1:], "2025-12-30T03:00:00+07:00")
    papers.write(crossings / "rusak.parquet", b"PAR1", "2025-12-30T04:00:00+07:00")
    placements = landing / "penempatan"
    papers.write(placements / "siskop2mi.xlsx", PLACEMENTS, "2025-12-30T01:00:00+07:00")
    kept = [name for name in PLACEMENTS[0] if name != "tanggal_selesai_proses"]
    cut = papers.csv_text(PLACEMENTS[:2], columns=[*kept, "warna"])
    papers.write(placements / "tanpa_kolom.csv", cut, "2025-12-30T02:00:00+07:00")
    papers.write(landing / "pemulangan" / "kemlu_mmr.xlsx", LIST, "2025-12-29T01:00:00+07:00")


def corrected(landing: Path) -> None:
    """Deliver the correction of one crossing, a day later."""
    file = landing / "perlintasan" / "koreksi.csv"
    papers.write(file, CORRECTION, "2025-12-31T01:00:00+07:00")


@dataclass(frozen=True)
class Told:
    """A home in which the story was told, and how its latest night ended."""

    now: settings.Settings
    outcome: night.Outcome

    @property
    def home(self) -> settings.Home:
        """The home itself."""
        return self.now.home


def tell(path: Path) -> Told:
    """The first night of the story, in a new home."""
    now = papers.home(path)
    landed(now.home.landing)
    return Told(now, night.run(now, NIGHT))


def copied(told: Told, path: Path) -> settings.Settings:
    """The same home elsewhere, to go on from."""
    shutil.copytree(told.home.path, path)
    return replace(told.now, home=settings.Home(path))


def go_on(now: settings.Settings) -> Told:
    """The next night: a file was sent again as it is, and the correction has come."""
    (now.home.landing / "perlintasan" / "2025.csv").touch()
    corrected(now.home.landing)
    return Told(now, night.run(now, NIGHT))


def published(home: settings.Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every published table, in one order, read as an analyst would."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        names = [name for (name,) in con.execute("SHOW TABLES").fetchall()]
        return {name: con.table(name).order("ALL").fetchall() for name in names}


def ask(home: settings.Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published file."""
    return ask_file(home.warehouse, sql)


def ask_file(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a published file of any night."""
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(sql).fetchall()


@contextmanager
def opened(now: settings.Settings) -> Iterator[Lake]:
    """The lake of a home, for reading."""
    with open_lake(now, keys.load(now.home.keys, now.key, True), read_only=True) as lake:
        yield lake


def rows(lake: Lake, schema: str, name: str) -> list[Row]:
    """All rows of a lake table."""
    return list(lake.table(schema, name).to_pyarrow().to_pylist())


def outcomes(now: settings.Settings) -> dict[str, str]:
    """departure_key -> outcome."""
    with opened(now) as lake:
        departures = rows(lake, "reconciled", "departures")
    return {row["departure_key"]: row["outcome"] for row in departures}
