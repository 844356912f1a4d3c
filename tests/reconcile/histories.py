"""Many random lives at once, told to the pipeline and to the oracle, and compared."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import ibis
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.reconcile import feed_gaps

from . import oracle
from .oracle_outcomes import COMPARED, Night, Tables, departures
from .stories import SCHEMAS, STAYS, Told, connection, run

FIRST = date(2023, 1, 1)
DAYS = 900
AS_OF = date(2025, 9, 1)
#: Rules that change in the middle of the lives.
POLICY = Policy.load().model_copy(
    update={
        "changes": (
            ("grace_days", ((FIRST, 90), (date(2024, 3, 1), 45))),
            ("working_age_min", ((FIRST, 17), (date(2024, 6, 1), 21))),
            ("exempt_purposes", ((FIRST, ("study", "official")), (date(2024, 1, 1), ("study",)))),
            ("list_categories_proving_work", (
                (FIRST, ("TPPO", "SCAM", "PEKERJA", "OVERSTAY")), (date(2024, 9, 1), ("TPPO",)),
            )),
            ("feed_gap_trip_days", ((FIRST, 30), (date(2024, 2, 1), 10))),
            ("feed_gap_reach_days", ((FIRST, 15), (date(2024, 1, 1), 5))),
            ("transit_countries", ((FIRST, ("SGP", "MYS")), (date(2024, 5, 1), ("SGP",)))),
        )
    }
)  # fmt: skip
NIGHT = Night(POLICY, AS_OF, FIRST, {row["alpha3"]: row["days"] for row in STAYS.to_pylist()})
COUNTRIES = ("MYS", "SGP", "KHM", "MMR", "TWN", "JPN", None)


def lives(persons: int, seed: int) -> Tables:
    """The records of so many people, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    tables: Tables = {name: [] for name in SCHEMAS}
    for number in range(persons):
        person_id = f"P{number}" if chance.random() < 0.98 else None
        _live(tables, person_id, chance)
    keys = {"crossings": "crossing_id", "placements": "placement_id"}
    for name, key in keys.items():
        order = chance.sample(range(len(tables[name])), len(tables[name]))
        for row, place in zip(tables[name], order, strict=True):
            row[key] = f"{name[0]}{place:07}"
    for number, row in enumerate(tables["repatriations"]):
        row |= {"list_file": chance.choice(("a.csv", "b.csv")), "list_number": f"{number:07}"}
    tables["gaps"] = _gaps(chance)
    for rows in tables.values():
        chance.shuffle(rows)
    return tables


def _live(tables: Tables, person_id: str | None, chance: random.Random) -> None:
    near = chance.randrange(DAYS)
    if person_id:
        tables["persons"].append(_person(person_id, chance))
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 6, 9))):
        tables["crossings"].append(_crossing(person_id, _day(near, chance), chance))
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        tables["repatriations"].append(_listed(person_id, _day(near, chance), chance))
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        tables["placements"].append(_placement(person_id, _day(near, chance), chance))


def _day(near: int, chance: random.Random) -> date:
    """Mostly around one time of a life, where records meet; sometimes on the very day."""
    spread = chance.choice((0, 0, 1, 10, 40, 200, DAYS))
    return FIRST + timedelta(days=max(0, min(DAYS, near + chance.randint(-spread, spread))))


def _crossing(person_id: str | None, on: date, chance: random.Random) -> dict[str, Any]:
    # Few minutes of the day, so that crossings share them.
    at = datetime(on.year, on.month, on.day, 8, chance.choice((0, 0, 1, 30, 59)), tzinfo=UTC)
    at += timedelta(hours=chance.choice((0, 0, 1, 9)), seconds=chance.choice((0, 0, 5, 59)))
    return {
        "is_exit": chance.random() < 0.5, "crossed_at": at, "crossed_on": on,
        "gate_code": chance.choice(("CGK", "CGK", "BTC", None)), "is_known_gate": True,
        "document_type": chance.choice(("PASPOR", "PASPOR", "PASPOR", "PLB", "SPLP", None)),
        "country_code": chance.choice(COUNTRIES), "person_id": person_id, "batch_id": "B",
        "purpose": chance.choice((None, None, None, "tourism", "work", "study", "official")),
    }  # fmt: skip


def _listed(person_id: str | None, on: date, chance: random.Random) -> dict[str, Any]:
    regency = chance.choice((None, "52.03", "12.07"))
    return {
        "person_id": person_id, "arrived_on": on, "sex": chance.choice(("L", "P", None)),
        "birth_date": chance.choice((None, date(1990, 2, 28), date(1970, 1, 1))),
        "birth_year": chance.choice((None, 1988)), "regency_code": regency,
        "province_code": regency[:2] if regency else chance.choice((None, "32")),
        "country_code": chance.choice(COUNTRIES), "gate_code": "KNO",
        "category": chance.choice(("TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", None)),
        "link_probability": chance.choice((1.0, 0.97, 0.8)),
    }  # fmt: skip


def _placement(person_id: str | None, on: date, chance: random.Random) -> dict[str, Any]:
    length = chance.choice((None, 0, 30, 400))
    return {
        "person_id": person_id, "regency_code": chance.choice(("35.02", None)),
        "province_code": chance.choice(("35", None)), "country_code": chance.choice(COUNTRIES),
        "valid_from": on, "valid_to": None if length is None else on + timedelta(days=length),
        "is_valid": chance.random() < 0.8, "batch_id": "B",
        "link_probability": chance.choice((1.0, 0.99, 0.6)),
    }  # fmt: skip


def _person(person_id: str, chance: random.Random) -> dict[str, Any]:
    year = chance.choice((1940, 1963, 1964, 1990, 2003, 2006, 2007, 2015))
    born = date(year, chance.randint(1, 12), chance.randint(1, 28))
    birth_province, birth_regency, likely = chance.choice(
        (("33", "33.01", None), ("32", None, "32.09"), ("33", None, None), (None, None, None))
    )
    return {
        "person_id": person_id, "sex": chance.choice(("L", "P", None)),
        "birth_date": chance.choice((born, born, born, None, date(1900, 1, 1))),
        "nik_regency_code": chance.choice(("52.03", "32.12", None)),
        "birth_province_code": birth_province, "birth_regency_code": birth_regency,
        "birth_likely_regency_code": likely,
        "is_poorly_identified": chance.choice((False,) * 15 + (True, None)),
    }  # fmt: skip


def _gaps(chance: random.Random) -> list[dict[str, Any]]:
    """Single days and whole weeks, either way."""
    days = {(chance.randrange(DAYS), chance.random() < 0.5) for _ in range(6)}
    days |= {(day + 400, False) for day in range(chance.choice((0, 7, 31)))}
    return [
        {"gap_on": FIRST + timedelta(days=day), "is_exit": is_exit, "crossings": 0,
         "expected_crossings": 900.0}
        for day, is_exit in sorted(days)
    ]  # fmt: skip


def told(tables: Tables) -> Told:
    """What the pipeline makes of the lives."""
    arrow = {
        name: pa.Table.from_pylist(_numbered(rows), schema=SCHEMAS[name])
        for name, rows in tables.items()
    }
    return run(arrow, POLICY, AS_OF, FIRST)


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"row_number": number, **row} for number, row in enumerate(rows)]


def differences(tables: Tables) -> tuple[int, list[tuple[Any, Any]]]:
    """How many departures both made, and those in which pipeline and definition differ."""
    fast = {row["departure_key"]: _compared(row) for row in told(tables).departures}
    slow = {row["departure_key"]: _compared(row) for row in departures(tables, NIGHT)}
    pairs = [(fast.get(key), slow.get(key)) for key in sorted(fast.keys() | slow.keys())]
    return len(slow), [(left, right) for left, right in pairs if left != right]


def _compared(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COMPARED}


Feed = list[oracle.Key]
#: A window and a volume small enough for a feed of some weeks.
SMALL = POLICY.model_copy(update={"feed_gap_window_days": 14, "feed_gap_min_crossings": 5})


def feed(seed: int) -> Feed:
    """(day, is_exit) of every crossing of some weeks: busy, sparse and silent stretches."""
    chance = random.Random(seed)  # noqa: S311
    crossings: Feed = []
    for is_exit in (True, False):
        on = FIRST + timedelta(days=chance.randint(0, 3))
        for _ in range(chance.randint(0, 8)):
            usual = chance.choice((0, 0, 1, 5, 6, 20, 30))
            for _ in range(chance.choice((1, 1, 2, 7, 15, 30))):
                crossings += [(on, is_exit)] * max(0, usual + chance.choice((-1, 0, 0, 1)))
                on += timedelta(days=1)
    return crossings


def gaps(crossings: Feed) -> set[oracle.Key]:
    """The known gaps as the pipeline finds them."""
    con = connection()
    table = {"crossed_on": [on for on, _ in crossings], "is_exit": [out for _, out in crossings]}
    con.register("feed", pa.table(table, schema=FEED))
    return set(con.execute(_gaps_query()).fetchall())


FEED = pa.schema([("crossed_on", pa.date32()), ("is_exit", pa.bool_())])


@lru_cache(maxsize=1)
def _gaps_query() -> str:
    crossings = ibis.table(ibis.Schema.from_pyarrow(FEED), name="feed")
    found = feed_gaps(crossings.mutate(crossings=ibis.literal(1)), SMALL).select(
        "gap_on", "is_exit"
    )
    return str(ibis.to_sql(found, dialect="duckdb"))


def gaps_by_definition(crossings: Feed) -> set[oracle.Key]:
    """The known gaps by their definition."""
    return oracle.feed_gaps(crossings, SMALL)
