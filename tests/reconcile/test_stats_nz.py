"""The 24 crossings of Stats NZ are the lives of six people.

Source: StatisticsNZ/migstat, border_crossings.csv (MIT); its people are invented. Names are single
words and there is no birth date. Eisha is written Esha once, on her own passport. Cai travels on
two passports, and nothing but a name of three letters says so: no rule links them, and none
should. A reviewer who knows it says so, as `pulang linkage review` lets them.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis

from pipelines import keys, night
from pipelines.lake import open_lake
from tests import papers, story
from tests.link import people
from tests.link.verdicts import judged

from . import stories

CROSSINGS = """
1,Cai,C103,2009-05-02 07:23:41,Arrival
2,Amy,A101,2009-05-18 12:01:33,Arrival
3,Amy,A101,2009-05-25 01:23:54,Departure
4,Eisha,E105,2009-10-06 13:09:33,Departure
5,Eisha,E105,2009-10-21 21:51:03,Arrival
6,Cai,X200,2010-02-15 19:23:04,Departure
7,David,D104,2010-02-16 18:32:03,Departure
8,Cai,C103,2010-02-25 06:31:28,Arrival
9,Amy,A101,2010-05-13 22:57:44,Arrival
10,Amy,A101,2010-05-20 05:31:54,Departure
11,Eisha,E105,2010-05-28 14:12:32,Departure
12,Cai,C103,2010-06-02 15:43:22,Departure
13,Bader,B102,2010-08-12 15:20:13,Arrival
14,Esha,E105,2010-08-27 16:06:48,Arrival
15,Bader,B102,2010-09-03 17:31:00,Departure
16,Bader,B102,2010-10-01 11:10:49,Arrival
17,Cai,C103,2011-01-22 22:43:09,Arrival
18,Cai,X200,2011-06-28 11:15:02,Departure
19,Cai,C103,2011-07-12 20:15:03,Arrival
20,Eisha,E105,2011-07-13 22:16:54,Departure
21,Eisha,E105,2011-08-09 13:41:03,Arrival
22,Fatima,F106,2011-10-02 19:32:01,Arrival
23,Amy,A101,2011-11-27 14:22:10,Arrival
24,Amy,A101,2011-12-05 16:13:09,Departure
"""
Journey = tuple[str | None, str | None]

#: (exit, return) of each journey; None where the record has none.
AMY: list[Journey] = [(None, "2"), ("3", "9"), ("10", "23"), ("24", None)]
BADER: list[Journey] = [(None, "13"), ("15", "16")]
DAVID: list[Journey] = [("7", None)]
EISHA: list[Journey] = [("4", "5"), ("11", "14"), ("20", "21")]
FATIMA: list[Journey] = [(None, "22")]
CAI: list[Journey] = [(None, "1"), ("6", "8"), ("12", "17"), ("18", "19")]
CAI_ON_EACH_PASSPORT: list[list[Journey]] = [
    [(None, "1"), (None, "8"), ("12", "17"), (None, "19")],
    [("6", None), ("18", None)],
]
OTHERS = [AMY, BADER, DAVID, EISHA, FATIMA]


def rows() -> Iterator[papers.Row]:
    for line in CROSSINGS.split("\n")[1:-1]:
        key, name, passport, at, direction = line.split(",")
        yield papers.crossing(
            key, nama_lengkap=name, nomor_dokumen=passport, waktu_perlintasan=f"{at}+07:00",
            arah={"Departure": "KELUAR", "Arrival": "MASUK"}[direction], tanggal_lahir=None,
            jenis_kelamin=None, tempat_lahir=None, negara_tujuan_asal=None,
        )  # fmt: skip


def lives(departures: list[dict[str, Any]]) -> list[list[Journey]]:
    """The journeys of each person, without saying who it is."""
    found: dict[str, list[Journey]] = {}
    for row in departures:
        journey = (row["exit_crossing_id"], row["return_crossing_id"])
        found.setdefault(row["person_id"], []).append(journey)
    return told(found.values())


def told(people_of: Iterable[Iterable[Journey]]) -> list[list[Journey]]:
    return sorted((sorted(journeys, key=str) for journeys in people_of), key=str)


def test_with_one_word_of_a_reviewer_they_are_six(tmp_path: Path) -> None:
    now = papers.home(tmp_path)
    papers.write(now.home.landing / "perlintasan" / "nz.csv", list(rows()))
    same = judged("D:C103", "D:X200", judged_at=datetime(2011, 12, 31, tzinfo=UTC))
    with open_lake(now, keys.load(now.home.keys, now.key, False)) as lake, lake.transaction():
        lake.insert("identity", "judgements", [same])
    night.run(now, date(2012, 1, 1))
    with story.opened(now) as lake:
        assert lives(story.rows(lake, "reconciled", "departures")) == told([*OTHERS, CAI])


def test_by_the_rules_alone_the_two_passports_are_two_travellers() -> None:
    linked = people.Linked(ibis.duckdb.connect(), [_record(row) for row in rows()])
    travellers = linked.travellers()
    history = [
        stories.crossing(
            row["arah"] == "KELUAR", row["waktu_perlintasan"][:10], None,
            {"at": row["waktu_perlintasan"][11:19], "crossing_id": row["id_perlintasan"],
             "person_id": travellers[row["id_perlintasan"]]},
        )
        for row in rows()
    ]  # fmt: skip
    departures = stories.story(*history).departures
    assert lives(departures) == told([*OTHERS, *CAI_ON_EACH_PASSPORT])


def _record(row: papers.Row) -> people.Row:
    return people.crossing(
        row["id_perlintasan"], document_number=row["nomor_dokumen"],
        full_name=row["nama_lengkap"].upper(), birth_date=None, sex=None, birth_place=None,
        issuing_office=None, crossed_at=datetime.fromisoformat(row["waktu_perlintasan"]),
    )  # fmt: skip
