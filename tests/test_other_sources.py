"""Refusals, population and takedowns, from their deliveries to the published tables."""

from pathlib import Path
from typing import Any

import fsspec
import pytest

from pipelines import night
from pipelines.desks import replay
from pipelines.intake import feeds
from tests import papers, story
from tests.papers import placement
from tests.story import NIGHT, OVERDUE, TRAFFICKED, Told

REFUSAL = {
    "id_penundaan": "T1", "waktu_penundaan": "2025-04-29T08:00:00+07:00", "kode_tpi": "BTC",
    "jenis_dokumen": "PASPOR", "nomor_dokumen": TRAFFICKED.document,
    "nama_lengkap": TRAFFICKED.name, "tanggal_lahir": TRAFFICKED.born, "jenis_kelamin": "L",
    "nik": TRAFFICKED.nik, "negara_tujuan": "Malaysia", "alasan": "CPMI NONPROSEDURAL",
}  # fmt: skip
NOBODY_KNOWN = REFUSAL | {
    "id_penundaan": "T2", "nomor_dokumen": "C9999999", "nama_lengkap": "SIAPA SAJA", "nik": None,
    "tanggal_lahir": "1991-01-01", "alasan": "DOKUMEN",
}  # fmt: skip
# Yusuf left from Medan two days after he was refused in Batam. The other refused man never did.
REFUSALS = [REFUSAL, NOBODY_KNOWN]
COLUMNS = ("kode_wilayah", "semester", "laki_laki", "perempuan", "jumlah")
POPULATION = [
    dict(zip(COLUMNS, row, strict=True))
    for row in (
        ("52", "2025-1", 2_800_000, 2_900_000, 5_700_000),
        ("12", "2024-2", 7_900_000, 7_900_000, 15_800_000),
        ("JUMLAH", None, 10_700_000, 10_800_000, 21_600_000),
    )
]
CASE = {
    "id_takedown": "K1", "platform": "Facebook", "tanggal_lapor": "2025-05-01",
    "tanggal_blokir": "2025-05-04", "negara_dijanjikan": "Thailand",
}  # fmt: skip
FETCHED = placement("PMI-F", nik="5203014101990009", tanggal_lahir="1999-01-01")
FEEDS = """feeds:
  - {name: kp2mi, source: penempatan, kind: files, address: "memory://penempatan"}
  - {name: putus, source: perlintasan, kind: files, address: "memory://nowhere"}
"""
CASES = [CASE, CASE | {"id_takedown": "K2", "tanggal_blokir": None}]


@pytest.fixture(scope="module")
def heard(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The night after the story, with the three sources."""
    now = story.copied(told, tmp_path_factory.mktemp("heard") / "home")
    for file, content in (
        ("penundaan/a.csv", REFUSALS), ("penduduk/a.xlsx", POPULATION), ("takedown/a.csv", CASES),
    ):  # fmt: skip
        papers.write(now.home.landing / file, content, "2025-12-31T01:00:00+07:00")
    papers.write(now.home.path / feeds.FILE, FEEDS)
    fsspec.filesystem("memory").pipe("/penempatan/b.csv", papers.csv_text([FETCHED]).encode())
    return Told(now, night.run(now, NIGHT))


def ask(heard: Told, sql: str) -> list[tuple[Any, ...]]:
    return story.ask(heard.home, sql)


def test_refusals_stand_at_their_gate_and_nobody_left_by_them(heard: Told) -> None:
    sql = (
        "SELECT gate_code, refused, refused_nonprocedural, refused_left_elsewhere, exits FROM gates"
    )
    assert ask(heard, sql + " WHERE refused > 0") == [("BTC", 2, 1, 1, 0)]


def test_who_left_by_another_gate_is_a_finding_with_its_person(heard: Told) -> None:
    sql = """SELECT gate_code, row_number, detail FROM findings JOIN departures USING (person_id)
             WHERE code = 'left_by_another_gate' AND departures.gate_code = findings.gate_code"""
    detail = "refused_at=BTC refused_on=2025-04-29 outcome=confirmed_undocumented"
    assert ask(heard, sql.replace("gate_code, row", "findings.gate_code, row")) == [
        ("KNO", 1, detail)
    ]


def test_outcomes_are_what_they_were_without_the_three_sources(told: Told, heard: Told) -> None:
    assert story.outcomes(heard.now) == story.outcomes(told.now)


def test_rates_name_the_half_year_that_they_rest_on(heard: Told) -> None:
    sql = """SELECT DISTINCT population, population_semester FROM hotspots
             WHERE region_code = '{}' AND period_start = '2025-{}-01' AND grain = 'month'"""
    found = [ask(heard, sql.format(code, month)) for code, month in (("52", "12"), ("12", "05"))]
    assert found == [[(5_700_000, "2025-1")], [(15_800_000, "2024-2")]]
    [[before]] = ask(heard, sql.format("52", "06").replace("population, ", ""))
    assert before == "reference"
    sql = "SELECT population_semester, count(*) FROM regions GROUP BY 1 ORDER BY 1"
    assert [half for half, _ in ask(heard, sql)] == ["2024-2", "2025-1", "reference"]


def test_a_delivery_that_does_not_add_up_is_a_finding(heard: Told) -> None:
    sql = "SELECT source, detail FROM findings WHERE code = 'stated_total_mismatch'"
    assert ask(heard, sql) == [("penduduk", "rows=2 off_by=100000")]


def test_blocked_content_stands_beside_departures_to_the_promised_country(heard: Told) -> None:
    sql = """SELECT promised_country, reported, blocked, median_days_to_block, name_id,
             undocumented FROM recruitment WHERE grain = 'year'"""
    [[country, reported, blocked, days, name, undocumented]] = ask(heard, sql)
    assert (country, reported, blocked, days, name) == ("THA", 2, 1, 3.0, "Thailand")
    sql = "SELECT sum(undocumented) FROM corridors WHERE grain = 'year'"
    theirs = sql + " AND destination_country = 'THA' AND period_start = '2025-01-01'"
    assert undocumented == (ask(heard, theirs)[0][0] or 0)


def test_the_night_fetches_and_a_feed_that_fails_is_a_warning(heard: Told) -> None:
    assert ("b.csv", 1) in ask(heard, "SELECT file, accepted FROM batches")
    warned = [(c["column_name"], c["passed"]) for c in heard.outcome.checks
              if c["check_id"] == feeds.CHECK]  # fmt: skip
    assert sorted(warned) == [("kp2mi", True), ("putus", False)]
    assert heard.outcome.status == night.PUBLISHED


def test_a_replay_needs_no_feeds_and_says_the_same(heard: Told) -> None:
    assert replay.replay(heard.now, NIGHT).differing == []


def test_the_next_night_says_the_same_and_a_corrected_total_is_heard(
    heard: Told, tmp_path: Path
) -> None:
    now = story.copied(heard, tmp_path / "home")
    whole = [*POPULATION[:-1], POPULATION[-1] | {"jumlah": 21_500_000}]
    papers.write(now.home.landing / "penduduk" / "b.xlsx", whole, "2025-12-31T02:00:00+07:00")
    back = OVERDUE.entry("OVERDUE-IN", "2025-12-30")
    papers.write(now.home.landing / "perlintasan" / "b.csv", [back], "2025-12-31T02:00:00+07:00")
    night.run(now, NIGHT)
    codes = "SELECT code, count(*) FROM findings WHERE code IN {} GROUP BY 1"
    both = codes.format("('left_by_another_gate', 'stated_total_mismatch')")
    assert story.ask(now.home, both) == [("left_by_another_gate", 1)]
