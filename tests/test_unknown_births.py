"""A birth date that only fills the field says nothing: it brings nobody together, and gives no age.

Whoever types 1900-01-01 at a gate has no date to type. Two people who share it, and the city in
which they got their passports, are two people.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines import night, settings
from tests import papers, story
from tests.papers import Row, crossing, listed

FILLED, KNOWN = "1900-01-01", "1991-07-23"


def two_people(born: str) -> list[Row]:
    """One who left on a passport without a name on record, one who came without a document."""
    written = {"tanggal_lahir": born, "nik": None, "jenis_kelamin": "L",
               "tempat_lahir": "JAKARTA TIMUR", "kantor_penerbit": "JAKARTA TIMUR"}  # fmt: skip
    return [
        crossing("K1", nama_lengkap="TIDAK ADA", nomor_dokumen="C5550001",
                 waktu_perlintasan="2025-02-09T08:00:00+07:00", **written),
        crossing("K2", nama_lengkap="BURHAN SYAH", nomor_dokumen="-", arah="MASUK",
                 waktu_perlintasan="2025-05-13T08:00:00+07:00", **written),
    ]  # fmt: skip


@pytest.mark.parametrize(("born", "people"), [(FILLED, 2), (KNOWN, 1)])
def test_a_date_brings_two_papers_together_only_if_it_says_something(
    tmp_path: Path, born: str, people: int
) -> None:
    now = _after_a_night(tmp_path / "home", two_people(born))
    with story.opened(now) as lake:
        assert lake.table("identity", "persons").count().to_pyarrow().as_py() == people


@pytest.mark.parametrize("born", [FILLED, "1970-01-01"])
def test_a_default_date_is_neither_an_age_nor_a_conflict(tmp_path: Path, born: str) -> None:
    rows = [crossing("K1"), crossing("K2", nomor_dokumen="C1000002", tanggal_lahir=born),
            crossing("K3", arah="MASUK", tanggal_lahir=born,
                     waktu_perlintasan="2025-06-09T08:00:00+07:00")]  # fmt: skip
    now = _after_a_night(tmp_path / "home", rows)
    with story.opened(now) as lake:
        told = {row["departure_key"]: row for row in story.rows(lake, "reconciled", "departures")}
        findings = {row["code"] for row in story.rows(lake, "reconciled", "findings")}
    assert told["X:K2"]["rule"] == "age_unknown"
    assert told["X:K1"]["returned_on"] is not None
    assert "conflicting_birth_dates" not in findings


def test_the_age_on_a_list_counts_where_the_date_does_not(tmp_path: Path) -> None:
    rows = [listed(1, tanggal_lahir=FILLED, umur=34), listed(2, nama="SITI AMINAH", umur=34)]
    now = _after_a_night(tmp_path / "home", [crossing("K1")], rows)
    with story.opened(now) as lake:
        found = lake.table("standard", "repatriations").order_by("list_number")
        years = found.select("birth_date", "birth_year").to_pyarrow().to_pylist()
    assert [(str(row["birth_date"]), row["birth_year"]) for row in years] == [
        ("None", 2025 - 34),
        ("1990-05-17", 1990),
    ]


def _after_a_night(
    path: Path, crossings: Sequence[Row], rows: Sequence[Row] = ()
) -> settings.Settings:
    now = papers.home(path)
    papers.write(now.home.landing / "perlintasan" / "2025.csv", crossings)
    if rows:
        papers.write(now.home.landing / "pemulangan" / "kemlu.xlsx", rows)
    night.run(now, story.NIGHT)
    return now
