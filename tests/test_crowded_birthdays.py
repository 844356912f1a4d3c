"""A birthday that clerks agree on proves little: of whom only the year is known, many are written
down on the first of January, and two of them who share a name are not one person.
"""

import random
from pathlib import Path
from string import ascii_uppercase

import pytest

from pipelines import night, settings
from pipelines.publish import digest
from tests import papers, story
from tests.papers import Row, crossing

DRAW = random.Random(1)  # noqa: S311
OWN = ["".join(DRAW.choices(ascii_uppercase, k=9)) for _ in range(900)]
COMMON = "CASMADI"  # borne by every tenth
AS_ANYBODY, CROWDED = "2025.csv", "crowd.csv"


def journey(key: str, document: str, out: str, home: str, **given: str | None) -> list[Row]:
    """One who leaves and comes home on a document."""
    return [
        crossing(f"{key}{way}", nomor_dokumen=document, arah=way,
                 waktu_perlintasan=f"{day}T08:00:00+07:00", **given)
        for way, day in (("KELUAR", out), ("MASUK", home))
    ]  # fmt: skip


def namesakes(born: str) -> list[Row]:
    """Two passports in turn, of one name, without a NIK or a place."""
    written = {"nama_lengkap": COMMON, "tempat_lahir": None, "tanggal_lahir": born}
    return [
        *journey("A", "C5550001", "2025-02-01", "2025-02-10", **written),
        *journey("B", "C5550002", "2025-09-01", "2025-09-10", **written),
    ]


def others(first: int, last: int, birthday: str | None = None) -> list[Row]:
    """So many other travellers, each born on another day but for `birthday` (month and day)."""
    return [
        crossing(f"O{n}", nomor_dokumen=f"E{n:07}", tempat_lahir="MEDAN",
                 nama_lengkap=f"{COMMON} {OWN[n]}" if n % 10 == 0 else OWN[n],
                 tanggal_lahir=f"{1971 + n % 30}-{birthday or f'{1 + n % 12:02}-{1 + n % 28:02}'}")
        for n in range(first, last)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("born", "crowd", "people"),
    [("1985-01-01", None, 1), ("1985-01-01", "01-01", 2), ("1985-03-07", "01-01", 1)],
    ids=["nobody else's", "the crowd's", "another than the crowd's"],
)
def test_who_shares_the_birthday_of_a_crowd_may_be_somebody_else(
    tmp_path: Path, born: str, crowd: str | None, people: int
) -> None:
    now = papers.home(tmp_path / "home")
    land(now, AS_ANYBODY, namesakes(born) + others(0, 400))
    land(now, CROWDED, others(400, 900, crowd))
    night.run(now, story.NIGHT)
    assert bearers(now) == people


def test_a_crowd_that_comes_later_parts_them_as_a_rebuild_would(tmp_path: Path) -> None:
    now = papers.home(tmp_path / "home")
    land(now, AS_ANYBODY, namesakes("1985-01-01") + others(0, 400))
    night.run(now, story.NIGHT)
    together = bearers(now)
    land(now, CROWDED, others(400, 900, "01-01"))
    night.run(now, story.NIGHT)
    assert (together, bearers(now)) == (1, 2)
    found = digest.digests(now.home.warehouse)
    night.run(now, story.NIGHT, rebuild=True)
    again = digest.digests(now.home.warehouse)
    assert [name for name in again if again[name] != found[name]] == ["nights"]


def land(now: settings.Settings, file: str, rows: list[Row]) -> None:
    papers.write(now.home.landing / "perlintasan" / file, rows)


def bearers(now: settings.Settings) -> int:
    """How many persons bear the two passports."""
    with story.opened(now) as lake:
        records = lake.table("identity", "person_records")
        theirs = records.filter(records.record_key.isin(["D:C5550001", "D:C5550002"]))
        return int(theirs.person_id.nunique().to_pyarrow().as_py())
